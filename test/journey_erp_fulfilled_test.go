package test_test

import (
	"slices"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
)

// TestAFulfilledOrderThatChangesInTheShopSurvives: NetSuite replaces no line that is
// fulfilled or billed, so that only what differs is sent.
func TestAFulfilledOrderThatChangesInTheShopSurvives(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*shopifytest.Purchase)
		total  string
		dead   bool
	}{
		"a note":           {func(p *shopifytest.Purchase) { p.Change = func(o map[string]any) { o["note"] = "leave at the door" } }, "30.00", false},
		"shipping":         {func(p *shopifytest.Purchase) { p.Shipping = 500 }, "35.00", false},
		"more of the line": {func(p *shopifytest.Purchase) { p.Items[0].Quantity = 5 }, "50.00", false},
		"a line more": {func(p *shopifytest.Purchase) {
			p.Items = append(p.Items, shopifytest.Item{ID: 2, SKU: "HOOD-M", Title: "Hoodie", Quantity: 1, Price: 7950})
		}, "109.50", false},
		"less than is fulfilled":   {func(p *shopifytest.Purchase) { p.Items[0].Quantity = 1 }, "30.00", true},
		"the line is another item": {func(p *shopifytest.Purchase) { p.Items[0].SKU = "HOOD-M" }, "30.00", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
				w.pass(time.Minute)
				order := w.order("shopify", "42")
				if err := w.erp.Fulfill(order.ExternalID, order.Lines[0].Number, "2"); err != nil {
					w.Fatal(err)
				}
				changed := ingestSale(42, time.Minute, 3)
				c.change(&changed)
				w.ingestOK(w.shopify("orders/updated", changed.Body()))
				w.pass(10 * time.Minute)
				got := w.order("shopify", "42")
				if got.Total != c.total || got.Lines[0].Fulfilled != "2" {
					t.Errorf("total %s, lines %+v; want %s\n%s", got.Total, got.Lines, c.total, w.story())
				}
				dead := w.entries(port.Dead)
				if (len(dead) == 1) != c.dead || slices.ContainsFunc(dead, func(e port.Entry) bool { return e.Error.Class != "conflict" }) {
					t.Errorf("dead letters %+v", dead)
				}
			})
		})
	}
}
