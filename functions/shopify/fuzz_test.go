package shopify_test

import (
	"errors"
	"net/http"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var topics = []string{"orders/create", "orders/updated", "orders/paid", "orders/cancelled", "customers/create", "customers/update"}

// smallest is an order with required members only.
const smallest = `{"id":1,"name":"#1","email":"a@b","created_at":"2026-11-22T16:05:44Z","updated_at":"2026-11-22T16:05:44Z",` +
	`"currency":"USD","financial_status":"paid","total_price_set":{"shop_money":{"amount":"2.00","currency_code":"USD"},` +
	`"presentment_money":{"amount":"2.00","currency_code":"USD"}},"total_tax_set":{"shop_money":{"amount":"0","currency_code":"USD"},` +
	`"presentment_money":{"amount":"0","currency_code":"USD"}},"line_items":[{"id":1,"quantity":1,"price_set":{"shop_money":` +
	`{"amount":"2","currency_code":"USD"},"presentment_money":{"amount":"2","currency_code":"USD"}}}]}`

// FuzzTranslate checks that a body is translated or rejected as invalid, and that the model
// accepts a translation or rejects it with a field.
func FuzzTranslate(f *testing.F) {
	s := open(f, overrides{"SHOPIFY_ADMIN_TOKEN": ""})
	for i, purchase := range []shopifytest.Purchase{{}, {Guest: true}, {Tip: 1, Duty: 2, Fee: 3, CashRounded: 1}, {Presentment: "EUR", Factor: 2}} {
		f.Add(purchase.Body(), uint8(i))
	}
	f.Add(shopifytest.Sample(), uint8(0))
	f.Add([]byte(smallest), uint8(0))
	f.Add([]byte(`{"id":1,"updated_at":"2026-11-22T16:05:44-05:00","default_address":{}}`), uint8(4))
	f.Fuzz(func(t *testing.T, body []byte, topic uint8) {
		raw := &message.Raw{ID: "raw", Tenant: shopifytest.Shop, Topic: topics[int(topic)%len(topics)], Body: body}
		translation, err := s.Source.Translate(t.Context(), raw)
		if err != nil {
			if e := fault.As(err); e.Kind != fault.Invalid && e.Class != fault.Config {
				t.Fatalf("%v: %v", e.Kind, err)
			}
			return
		}
		for _, event := range translation.Events {
			if rule, ok := errors.AsType[*canonical.Error](canonical.Validate(event.Body)); ok && rule.Field == "" {
				t.Fatalf("%s breaks a rule without a field: %v", event.Type, rule)
			}
			if _, err := canonical.Encode(event.Body); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzReceive checks that an unsigned request is rejected.
func FuzzReceive(f *testing.F) {
	s := open(f, nil)
	good := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}
	f.Add(good.Body, good.Header().Get("X-Shopify-Hmac-Sha256"), good.Topic, shopifytest.Shop)
	f.Add([]byte("{}"), "", "", "")
	f.Fuzz(func(t *testing.T, body []byte, signature, topic, domain string) {
		header := http.Header{"X-Shopify-Hmac-Sha256": {signature}, "X-Shopify-Topic": {topic}, "X-Shopify-Shop-Domain": {domain}}
		raw, err := s.Source.Receive(t.Context(), connector.Request{Method: http.MethodPost, Header: header, Body: body, At: now})
		signed := signature == shopifytest.Delivery{Body: body}.Header().Get("X-Shopify-Hmac-Sha256")
		if (raw != nil) == (err != nil) || (raw != nil && !signed) {
			t.Fatalf("raw %v, error %v, signed %v", raw, err, signed)
		}
	})
}

// FuzzAdopt checks that an event is adopted for a configured shop, or rejected.
func FuzzAdopt(f *testing.F) {
	s := open(f, nil)
	event, err := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}.Event()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(event)
	f.Add([]byte(`{"source":"aws.partner/shopify.com/1/x","detail":{"payload":1,"metadata":{"x-shopify-topic":"a"}}}`))
	f.Fuzz(func(t *testing.T, event []byte) {
		raw, err := adopt(t.Context(), s, event)
		switch {
		case err != nil:
			if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Unauthentic {
				t.Fatalf("%v: %v", kind, err)
			}
		case raw.Tenant != shopifytest.Shop || raw.Topic == "" || raw.ID == "" || len(raw.Body) == 0:
			t.Fatalf("adopted %+v", raw)
		}
	})
}
