package shopify

import (
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/wire"
)

// privacyTopics are what an app must subscribe to by Shopify's page "Privacy law compliance".
var privacyTopics = map[string]connector.PrivacyKind{"customers/redact": connector.EraseCustomer, "customers/data_request": connector.ReportCustomer, "shop/redact": connector.EraseShop}

// privacy reads such a request. The person's address and number, which it has too, stay out.
func (t *translator) privacy() (connector.Translation, error) {
	request := connector.PrivacyRequest{Kind: privacyTopics[t.raw.Topic], Due: t.raw.ReceivedAt.AddDate(0, 0, 30)} // Shopify's term
	r := newReader(t.raw.Body)
	for key := range r.Object() {
		if key == "customer" {
			if c := r.customer(); c != nil {
				request.Customer = t.key(entityCustomer, c.ID)
			}
		} else if key == "orders_to_redact" || key == "orders_requested" {
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
