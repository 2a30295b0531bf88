package shopify_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func TestSource(t *testing.T) {
	t.Parallel()
	built := shopifytest.Delivery{Topic: "orders/updated", Body: shopifytest.Order(5)}
	connectortest.TestSource(t, connectortest.SourceHarness{
		Open: func(t *testing.T) connector.System {
			s := open(t, nil)
			s.fake.Pay("820982911946154508", sale(1, "SALE", "SUCCESS", "shopify_payments", 17965))
			return s.System
		},
		Signature: "X-Shopify-Hmac-Sha256",
		Deliveries: []connectortest.SourceDelivery{
			{Name: "orders-create", Request: recorded(t, "orders-create", "orders-create.sample")},
			{Name: "orders-updated", Request: recorded(t, "orders-updated", "orders-updated.sample")},
			{Name: "orders-cancelled", Request: recorded(t, "orders-cancelled", "orders-cancelled.sample")},
			{Name: "multicurrency", Request: recorded(t, "orders-create.multicurrency", "orders-create.multicurrency")},
			{Name: "customers-create", Request: recorded(t, "customers-create", "customers-create.sample")},
			{Name: "built", Request: built.Request(now)},
		},
	})
}

func TestReceiveNamesTheDelivery(t *testing.T) {
	t.Parallel()
	request := recorded(t, "orders-create", "orders-create.sample")
	raw, err := open(t, nil).Source.Receive(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	want := &message.Raw{
		ID:     message.DeriveID("shopify", shopifytest.Shop, "orders/create", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd040"),
		System: "shopify", Tenant: shopifytest.Shop, Topic: "orders/create", Trigger: message.Webhook,
		Header: map[string]string{
			"X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": shopifytest.Shop, "X-Shopify-Api-Version": "2026-10",
			"X-Shopify-Webhook-Id":   "b54557e4-bdd9-4b37-8a5f-bf7d70bcd040",
			"X-Shopify-Event-Id":     "98880550-7158-44d4-b7cd-2c97c8a09150",
			"X-Shopify-Triggered-At": "2026-11-22T21:05:44.123456789Z",
		},
		ContentType: "application/json", ReceivedAt: now, Body: request.Body,
	}
	if diff := cmp.Diff(want, raw); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReceiveTellsDeliveriesApart(t *testing.T) {
	t.Parallel()
	source := open(t, overrides{"SHOPIFY_SHOPS": shopifytest.Shop + ",second-brand.myshopify.com"}).Source
	first := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample(), WebhookID: "w-1", EventID: "e-1"}
	id := func(change func(*shopifytest.Delivery)) string {
		d := first
		change(&d)
		raw, err := source.Receive(t.Context(), d.Request(now))
		if err != nil {
			t.Fatal(err)
		}
		return raw.ID
	}
	same := id(func(*shopifytest.Delivery) {})
	if again := id(func(d *shopifytest.Delivery) { d.EventID, d.Body = "e-2", shopifytest.Order(1) }); again != same {
		t.Error("A1: the same webhook id gave two names")
	}
	for name, change := range map[string]func(*shopifytest.Delivery){
		"another topic of the same action": func(d *shopifytest.Delivery) { d.Topic = "orders/paid" },
		"another shop":                     func(d *shopifytest.Delivery) { d.Shop = "second-brand.myshopify.com" },
		"another delivery":                 func(d *shopifytest.Delivery) { d.WebhookID = "w-2" },
	} {
		if id(change) == same {
			t.Errorf("A1: %s must have a name of its own", name)
		}
	}
}

func TestReceiveNamesADeliveryWithoutIDByItsBody(t *testing.T) {
	t.Parallel()
	source := open(t, nil).Source
	id := func(body []byte) string {
		request := shopifytest.Delivery{Topic: "orders/create", Body: body}.Request(now)
		request.Header.Del("X-Shopify-Webhook-Id")
		raw, err := source.Receive(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return raw.ID
	}
	first, again, other := id(shopifytest.Order(1)), id(shopifytest.Order(1)), id(shopifytest.Order(2))
	if first != again || first == other {
		t.Error("the body must name a delivery that has no id")
	}
}

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_SECRETS": "next-secret," + shopifytest.Secret})
	good := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}
	for name, c := range map[string]struct {
		change func(http.Header)
		kind   fault.Kind
		class  fault.Class
		field  string
	}{
		"a shop that is not ours":      {set("X-Shopify-Shop-Domain", "evil.myshopify.com"), fault.Unauthentic, fault.Auth, "X-Shopify-Shop-Domain"},
		"no shop":                      {set("X-Shopify-Shop-Domain", ""), fault.Unauthentic, fault.Auth, "X-Shopify-Shop-Domain"},
		"no topic":                     {set("X-Shopify-Topic", ""), fault.Invalid, fault.Schema, "X-Shopify-Topic"},
		"two topics":                   {add("X-Shopify-Topic", "orders/paid"), fault.Invalid, fault.Schema, "X-Shopify-Topic"},
		"two webhook ids":              {add("X-Shopify-Webhook-Id", "x"), fault.Invalid, fault.Schema, "X-Shopify-Webhook-Id"},
		"signature with a wrong digit": {set("X-Shopify-Hmac-Sha256", strings.Repeat("A", 43)+"="), fault.Unauthentic, fault.Auth, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := good.Request(now)
			c.change(request.Header)
			raw, err := s.Source.Receive(t.Context(), request)
			wantFault(t, err, c.kind, c.class, c.field)
			if raw != nil {
				t.Error("a rejected delivery has a raw message")
			}
		})
	}
}

func set(name, value string) func(http.Header) {
	return func(h http.Header) { h.Set(name, value) }
}

func add(name, value string) func(http.Header) {
	return func(h http.Header) { h.Add(name, value) }
}

func TestReceiveAcceptsEitherSecretWhileOneIsReplaced(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_SECRETS": "next-secret," + shopifytest.Secret})
	for _, secret := range []string{"next-secret", shopifytest.Secret} {
		d := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample(), Secret: secret}
		if _, err := s.Source.Receive(t.Context(), d.Request(now)); err != nil {
			t.Errorf("a signature under a configured secret is rejected: %v", err)
		}
	}
}

func adopt(ctx context.Context, s *shop, event []byte) (*message.Raw, error) {
	return s.Source.(connector.Partner).Adopt(ctx, event, now)
}

func TestPartnerEventIsTheSameDelivery(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	adopted, err := adopt(t.Context(), s, mustRead(t, "partner-event.json"))
	if err != nil {
		t.Fatal(err)
	}
	received, err := s.Source.Receive(t.Context(), recorded(t, "orders-create", "orders-create.sample"))
	if err != nil {
		t.Fatal(err)
	}
	if adopted.Trigger != message.Partner || adopted.ID != received.ID {
		t.Errorf("got trigger %s and id %s, want %s and %s", adopted.Trigger, adopted.ID, message.Partner, received.ID)
	}
	byEvent, err := s.Source.Translate(t.Context(), adopted)
	if err != nil {
		t.Fatal(err)
	}
	byWebhook, err := s.Source.Translate(t.Context(), received)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(byWebhook, byEvent, allText); diff != "" {
		t.Errorf("webhook and event mean different things (-webhook +event):\n%s", diff)
	}
}

func TestPartnerEventKeepsThePayloadByteForByte(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	d := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}
	event, err := d.Event()
	if err != nil {
		t.Fatal(err)
	}
	lower := strings.NewReplacer("X-Shopify-Topic", "x-shopify-topic", "X-Shopify-Webhook-Id", "x-shopify-webhook-ID").Replace(string(event))
	adopted, err := adopt(t.Context(), s, []byte(lower))
	if err != nil {
		t.Fatal(err)
	}
	received, err := s.Source.Receive(t.Context(), d.Request(now))
	if err != nil {
		t.Fatal(err)
	}
	adopted.Trigger = received.Trigger
	if diff := cmp.Diff(received, adopted); diff != "" {
		t.Errorf("raw message differs (-webhook +event):\n%s", diff)
	}
}

func TestAdoptRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	const head = `{"source":"aws.partner/shopify.com/1/x","detail":`
	const meta = `"metadata":{"X-Shopify-Topic":"orders/create","X-Shopify-Shop-Domain":"example-brand.myshopify.com"`
	for name, c := range map[string]struct {
		event string
		kind  fault.Kind
		class fault.Class
		field string
	}{
		"no JSON":              {`{'source'`, fault.Invalid, fault.Parse, ""},
		"no detail":            {`{"source":"aws.partner/shopify.com/1/x"}`, fault.Invalid, fault.Schema, "detail"},
		"no payload":           {head + `{` + meta + `}}}`, fault.Invalid, fault.Schema, "detail.payload"},
		"no metadata":          {head + `{"payload":{}}}`, fault.Unauthentic, fault.Auth, "X-Shopify-Shop-Domain"},
		"another source":       {`{"source":"my.app","detail":{"payload":{},` + meta + `}}}`, fault.Unauthentic, fault.Auth, "source"},
		"a shop not ours":      {head + `{"payload":{},"metadata":{"X-Shopify-Shop-Domain":"evil.myshopify.com"}}}`, fault.Unauthentic, fault.Auth, "X-Shopify-Shop-Domain"},
		"one header twice":     {head + `{"payload":{},` + meta + `,"x-shopify-topic":"orders/paid"}}}`, fault.Invalid, fault.Schema, "X-Shopify-Topic"},
		"payload of two kinds": {head + `{"payload":{},"payload":{},` + meta + `}}}`, fault.Invalid, fault.Parse, "detail.payload"},
		"something behind":     {head + `{"payload":{},` + meta + `}}}{}`, fault.Invalid, fault.Parse, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := adopt(t.Context(), s, []byte(c.event))
			wantFault(t, err, c.kind, c.class, c.field)
		})
	}
}
