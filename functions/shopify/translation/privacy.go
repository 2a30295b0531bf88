package translation

import (
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/wire"
)

// privacyTopics are what an app must subscribe to by Shopify's page "Privacy law compliance".
var privacyTopics = map[string]connector.PrivacyKind{"customers/redact": connector.EraseCustomer, "customers/data_request": connector.ReportCustomer, "shop/redact": connector.EraseShop}

// privacy translates such a request. The person's address and number, which it has too, stay out.
func (t *translating) privacy() (connector.Translation, error) {
	request := connector.PrivacyRequest{Kind: privacyTopics[t.raw.Topic], Due: t.raw.ReceivedAt.AddDate(0, 0, 30)} // Shopify's term
	r := payload.NewReader(t.raw.Body)
	named, bad := payload.ReadPrivacy(r)
	if bad != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(bad))
	}
	if named.Customer != nil {
		request.Customer = t.key(payload.EntityCustomer, named.Customer.ID)
	}
	for _, id := range named.Orders {
		request.Orders = append(request.Orders, t.key(payload.EntityOrder, id))
	}
	return connector.Translation{Skip: request.Words(t.raw.Tenant), Privacy: &request}, nil
}
