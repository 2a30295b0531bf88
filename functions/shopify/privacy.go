package shopify

import (
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/wire"
)

// privacyTopics are the topics by which Shopify passes on the requests of data protection
// laws ("Privacy law compliance"). Apps of the App Store must subscribe to all three.
var privacyTopics = map[string]connector.PrivacyKind{
	"customers/redact": connector.EraseCustomer, "customers/data_request": connector.ReportCustomer, "shop/redact": connector.EraseShop,
}

// privacyTerm is how long Shopify gives an app to carry a request out.
const privacyTerm = 30 * 24 * time.Hour

// privacy reads a request about a person or a whole shop. Its payload has the person's
// address and number as well; they are not needed, and stay out of the result.
func (t *translator) privacy() (connector.Translation, error) {
	request := connector.PrivacyRequest{Kind: privacyTopics[t.raw.Topic], Due: t.raw.ReceivedAt.Add(privacyTerm)}
	r := newReader(t.raw.Body)
	for key := range r.Object() {
		switch key {
		case "customer":
			if c := r.customer(); c != nil && c.ID != "" {
				request.Customer = t.key(entityCustomer, c.ID)
			}
		case "orders_to_redact", "orders_requested":
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
