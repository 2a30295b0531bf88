package shopify

import (
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/wire"
)

// privacyTopics are what an app must subscribe to by Shopify's page "Privacy law compliance".
var privacyTopics = map[string]connector.PrivacyKind{
	"customers/redact": connector.EraseCustomer, "customers/data_request": connector.ReportCustomer, "shop/redact": connector.EraseShop,
}

// privacyTerm is how long Shopify gives an app to carry a request out.
const privacyTerm = 30 * 24 * time.Hour

// privacy reads a request about a person or a whole shop. The person's address and number,
// which its payload has as well, stay out of the result.
func (t *translator) privacy() (connector.Translation, error) {
	request := connector.PrivacyRequest{Kind: privacyTopics[t.raw.Topic], Due: t.raw.ReceivedAt.Add(privacyTerm)}
	r := newReader(t.raw.Body)
	for key := range r.Object() {
		if key == "customer" {
			if c := r.customer(); c != nil && c.ID != "" {
				request.Customer = t.key(entityCustomer, c.ID)
			}
		} else if strings.HasPrefix(key, "orders_") {
			for range r.Array() {
				request.Orders = append(request.Orders, t.key(entityOrder, r.id()))
			}
		}
	}
	if err := r.End(); err != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(err))
	}
	return connector.Translation{Skip: request.Words(t.raw.Tenant), Privacy: &request}, nil
}
