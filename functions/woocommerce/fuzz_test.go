package woocommerce_test

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

var topics = []string{"order.created", "order.updated", "order.deleted", "customer.created", "customer.deleted", "product.created"}

func seed(f *testing.F, add func(body []byte)) {
	f.Helper()
	paths, err := filepath.Glob("testdata/*/in.body*")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		add(body)
	}
}

// FuzzTranslate checks for any body: no panic, an invalid or rejected fault or events of known types whose
// bodies the canonical rules can validate, and the same result a second time.
func FuzzTranslate(f *testing.F) {
	seed(f, func(body []byte) {
		for topic := range topics {
			f.Add(topic, body)
		}
	})
	source := mustOpen(f, map[string]string{"WOOCOMMERCE_TIMEZONE": "America/New_York"}).Source
	f.Fuzz(func(t *testing.T, topic int, body []byte) {
		sent := raw(topics[uint(topic)%uint(len(topics))], body)
		first, err := source.Translate(t.Context(), sent)
		known := fault.KindOf(err) == fault.Invalid || fault.KindOf(err) == fault.Rejected // a status to map, an order that is gone
		if err != nil && (!known || len(first.Events) > 0) {
			t.Fatalf("%v with %d events", err, len(first.Events))
		}
		if err == nil && (first.Skip == "") != (len(first.Events) > 0) {
			t.Fatalf("neither skipped nor used: %+v", first)
		}
		second, _ := source.Translate(t.Context(), sent)
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("two translations differ:\n%+v\n%+v", first, second)
		}
		for _, e := range first.Events {
			checkEvent(t, e)
		}
	})
}

func checkEvent(t *testing.T, e connector.Event) {
	t.Helper()
	known, ok := canonical.TypeNamed(e.Type)
	if !ok || reflect.TypeOf(known.New()) != reflect.TypeOf(e.Body) {
		t.Errorf("%s has a body of type %T", e.Type, e.Body)
	}
	if e.Entity.ID == "" || e.UpdatedAt.IsZero() || e.At.IsZero() {
		t.Errorf("%s is incomplete: %+v", e.Type, e)
	}
	order, ok := e.Body.(*canonical.Order)
	if !ok || canonical.Validate(order) != nil {
		return
	}
	sum, err := order.Sum()
	if err != nil || sum.Add(order.Rounding) != order.Total {
		t.Errorf("an order was accepted that does not add up: %v + %v is not %v: %v", sum, order.Rounding, order.Total, err)
	}
}

// FuzzReceive checks that an unsigned request is rejected, or is a ping.
func FuzzReceive(f *testing.F) {
	seed(f, func(body []byte) {
		header := woocommercetest.Header("order.created", []byte("another body"))
		f.Add(header.Get(signature), "order.created", woocommercetest.Store, "application/json", body)
	})
	f.Add("", "", "", "application/x-www-form-urlencoded", []byte("webhook_id=1"))
	source := mustOpen(f, nil).Source
	f.Fuzz(func(t *testing.T, signed, topic, store, media string, body []byte) {
		header := http.Header{}
		for name, value := range map[string]string{
			signature: signed, "X-WC-Webhook-Topic": topic, "X-WC-Webhook-Source": store, "Content-Type": media,
		} {
			if value != "" {
				header.Set(name, value)
			}
		}
		genuine := signed == woocommercetest.Header(topic, body).Get(signature)
		raw, err := source.Receive(t.Context(), connector.Request{Method: http.MethodPost, Header: header, Body: body, At: arrival})
		if raw != nil && !genuine {
			t.Fatalf("a forgery was accepted: %+v", raw)
		}
		if raw == nil && err == nil && len(body) > 32 {
			t.Fatalf("%d bytes were taken for a ping", len(body))
		}
	})
}
