package test_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// ingestEdit changes the document of an order.
type ingestEdit func(order map[string]any)

// ingestBody is order 42 of the store, edited.
func ingestBody(system string, edit ingestEdit) []byte {
	if system == "shopify" {
		sale := ingestSale(42, 0, 3)
		sale.Change = edit
		return sale.Body()
	}
	order := map[string]any{}
	ingestDecode(ingestWooSale(42, 0, 3).Body(), &order)
	edit(order)
	return ingestMust(json.Marshal(order))
}

// ingestCreate sends the body as that of a new order.
func (w *world) ingestCreate(system string, body []byte) {
	w.Helper()
	if system == "shopify" {
		w.ingestOK(w.shopify("orders/create", body))
		return
	}
	w.ingestOK(w.woo("order.created", body))
}

// ingestFirst returns the first element of a list.
func ingestFirst(order map[string]any, list string) map[string]any {
	return order[list].([]any)[0].(map[string]any)
}

func TestA9WhatOnlyDescribesPasses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		system string
		edit   ingestEdit
	}{
		"a new field":                   {"shopify", func(o map[string]any) { o["loyalty_tier"] = "gold" }},
		"a new object":                  {"shopify", func(o map[string]any) { o["carbon"] = map[string]any{"grams": []any{1, nil, "x"}} }},
		"a new field of a line":         {"shopify", func(o map[string]any) { ingestFirst(o, "line_items")["gift_wrap"] = true }},
		"a new field of the customer":   {"shopify", func(o map[string]any) { o["customer"].(map[string]any)["birthday"] = "1815-12-10" }},
		"a new channel":                 {"shopify", func(o map[string]any) { o["source_name"] = "space-portal" }},
		"a new state of fulfillment":    {"shopify", func(o map[string]any) { o["fulfillment_status"] = "teleported" }},
		"a new gateway":                 {"shopify", func(o map[string]any) { o["payment_gateway_names"] = []string{"moon_pay"} }},
		"a new reason":                  {"shopify", func(o map[string]any) { o["cancel_reason"] = "bored" }},
		"a new field, WooCommerce":      {"woocommerce", func(o map[string]any) { o["loyalty_tier"] = "gold" }},
		"a new line field, WooCommerce": {"woocommerce", func(o map[string]any) { ingestFirst(o, "line_items")["gift_wrap"] = 1 }},
		"a new channel, WooCommerce":    {"woocommerce", func(o map[string]any) { o["created_via"] = "space-portal" }},
		"a new gateway, WooCommerce":    {"woocommerce", func(o map[string]any) { o["payment_method"] = "moon_pay" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				w.ingestCreate(c.system, ingestBody(c.system, c.edit))
				w.pass(time.Minute)
				w.ingestPaid(c.system, "42", "30.00", 1)
				w.ingestNoneDead()
			})
		})
	}
}

// TestA9WhatDecidesAndIsUnknownIsRefusedWithItsPath holds for missing members too, and
// for values that break a rule of the canonical model.
func TestA9WhatDecidesAndIsUnknownIsRefusedWithItsPath(t *testing.T) {
	t.Parallel()
	for path, c := range map[string]struct {
		system string
		class  string
		edit   ingestEdit
	}{
		"financial_status": {"shopify", "schema", func(o map[string]any) { o["financial_status"] = "half_paid" }},
		"total_price_set.shop_money": {"shopify", "value", func(o map[string]any) {
			o["total_price_set"].(map[string]any)["shop_money"].(map[string]any)["currency_code"] = "XQX"
		}},
		"updated_at":             {"shopify", "schema", func(o map[string]any) { delete(o, "updated_at") }},
		"name":                   {"shopify", "schema", func(o map[string]any) { delete(o, "name") }},
		"line_items[0].quantity": {"shopify", "schema", func(o map[string]any) { delete(ingestFirst(o, "line_items"), "quantity") }},
		"line_items[0].price_set": {"shopify", "schema", func(o map[string]any) {
			delete(ingestFirst(o, "line_items"), "price_set")
		}},
		"currency":               {"woocommerce", "value", func(o map[string]any) { o["currency"] = "XQX" }},
		"total":                  {"woocommerce", "schema", func(o map[string]any) { delete(o, "total") }},
		"date_modified_gmt":      {"woocommerce", "schema", func(o map[string]any) { delete(o, "date_modified_gmt"); delete(o, "date_modified") }},
		"line_items[0].subtotal": {"woocommerce", "schema", func(o map[string]any) { delete(ingestFirst(o, "line_items"), "subtotal") }},
		"lines[0].sku":           {"woocommerce", "value", func(o map[string]any) { ingestFirst(o, "line_items")["sku"] = strings.Repeat("S", 200) }},
		"shipping.country":       {"woocommerce", "value", func(o map[string]any) { o["shipping"].(map[string]any)["country"] = "ZZ" }},
	} {
		t.Run(c.system+" "+path, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				body := ingestBody(c.system, c.edit)
				w.ingestCreate(c.system, body)
				w.ingestCreate(c.system, ingestOther(c.system))
				w.pass(time.Minute)
				w.noOrder("42")
				w.order(c.system, "43")
				w.ingestRefused(routes.Inbox(c.system), c.class, path, body)
			})
		})
	}
}

// ingestOther is a sound order that must not suffer from the other.
func ingestOther(system string) []byte {
	if system == "shopify" {
		return ingestSale(43, 0, 1).Body()
	}
	return ingestWooSale(43, 0, 1).Body()
}

// ingestRefused fails unless one dead letter holds the delivery as it came, and its
// reason and the ledger's name class and path.
func (w *world) ingestRefused(queue, class, path string, body []byte) {
	w.Helper()
	dead := w.ingestDead(queue)
	if len(dead) != 1 {
		w.Fatalf("%d dead letters\n%s", len(dead), w.story())
	}
	raw, err := message.DecodeRaw(dead[0].Body)
	if err != nil || !bytes.Equal(raw.Body, body) {
		w.Errorf("the dead letter does not hold the delivery: %v", err)
	}
	reason := strings.Fields(dead[0].Attributes[port.AttrReason])
	if reason[0] != class || reason[len(reason)-1] != path {
		w.Errorf("reason %q, want %s … %s", reason, class, path)
	}
	entries := w.entries(port.Dead)
	if len(entries) != 1 || entries[0].Error.Field != path || !strings.Contains(entries[0].Outcome, path) {
		w.Errorf("the ledger says %+v", entries)
	}
}

func TestA9AnUnknownTopicIsKept(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		body := []byte(`{"id":1,"note":"a subscription that nobody meant to make"}`)
		w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "carts/create", Body: body}))
		w.pass(time.Minute)
		w.ingestRefused("shopify-inbox", "schema", "topic", body)
	})
}
