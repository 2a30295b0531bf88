package shopify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// TestPrivacyRequestsAreUnderstood has the payloads of Shopify's page "Privacy law compliance",
// with a made-up person.
func TestPrivacyRequestsAreUnderstood(t *testing.T) {
	t.Parallel()
	const store = `"shop_id":954889,"shop_domain":"` + shopifytest.Shop + `"`
	const person = `"customer":{"id":191167,"email":"canary@example.com","phone":"555-625-1199"}`
	key := func(kind, id string) message.Key {
		return message.Key{System: "shopify", Tenant: shopifytest.Shop, Type: kind, ID: id}
	}
	for topic, c := range map[string]struct {
		body string
		want connector.PrivacyRequest
	}{
		"customers/redact": {
			`{` + store + `,` + person + `,"orders_to_redact":[299938,280263]}`,
			connector.PrivacyRequest{Kind: connector.EraseCustomer, Customer: key("customer", "191167"), Orders: []message.Key{key("order", "299938"), key("order", "280263")}},
		},
		"customers/data_request": {
			`{` + store + `,"orders_requested":[299938],` + person + `,"data_request":{"id":9999}}`,
			connector.PrivacyRequest{Kind: connector.ReportCustomer, Customer: key("customer", "191167"), Orders: []message.Key{key("order", "299938")}},
		},
		"shop/redact": {`{` + store + `}`, connector.PrivacyRequest{Kind: connector.EraseShop}},
	} {
		got, err := open(t, nil).translate(t, topic, []byte(c.body))
		if err != nil || got.Privacy == nil {
			t.Errorf("%s: %+v, %v", topic, got, err)
			continue
		}
		if r := got.Privacy; r.Kind != c.want.Kind || r.Customer != c.want.Customer || !slices.Equal(r.Orders, c.want.Orders) || !r.Due.Equal(now.Add(30*24*time.Hour)) {
			t.Errorf("%s: %+v", topic, *r)
		}
		if !strings.HasPrefix(got.Skip, "privacy request: ") || strings.Contains(got.Skip, "canary") || len(got.Events) != 0 {
			t.Errorf("%s: %q, %d events", topic, got.Skip, len(got.Events))
		}
	}
	if _, err := open(t, nil).translate(t, "customers/redact", []byte(`{"customer":`)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("half a payload: %v", err)
	}
}
