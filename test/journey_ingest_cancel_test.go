package test_test

import (
	"strconv"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
)

// ingestCancelled returns the order as it is once it is cancelled in the second of its
// last change, and as it was just before.
func ingestCancelled(id int64, financial string) (before, after shopifytest.Purchase) {
	before = ingestSale(id, 0, 1)
	before.Financial = financial
	after = before
	after.CancelledAt = after.UpdatedAt
	return before, after
}

func TestA7AShopifyUpdateOfTheSameSecondDoesNotReopenACancelledOrder(t *testing.T) {
	t.Parallel()
	for name, gap := range map[string]time.Duration{"at once": 0, "an hour late": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				before, after := ingestCancelled(42, "paid")
				w.shopify("orders/create", before.Body())
				w.pass(time.Minute)
				triggered := shopifytest.Start.Add(time.Second)
				w.deliver(shopifytest.Delivery{Topic: "orders/cancelled", Body: after.Body(), TriggeredAt: triggered})
				w.pass(gap)
				late := before
				late.Change = func(order map[string]any) { order["note"] = "changed before it was cancelled" }
				w.deliver(shopifytest.Delivery{Topic: "orders/updated", Body: late.Body(), TriggeredAt: triggered.Add(-time.Millisecond)})
				w.pass(time.Hour)
				if order := w.order("shopify", "42"); order.Status != "closed" {
					t.Errorf("status %s, want closed\n%s", order.Status, w.story())
				}
			})
		})
	}
}

func TestA10AnOrderCancelledBeforeItWasPaidNeverReachesTheERP(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		before, after := ingestCancelled(43, "authorized")
		after.Financial = "voided"
		w.shopify("orders/create", before.Body())
		w.pass(time.Minute)
		w.shopify("orders/cancelled", after.Body())
		w.shopify("orders/updated", after.Body())
		w.pass(time.Hour)
		w.noOrder(strconv.Itoa(43))
		for _, end := range w.ends("shopify", "order", "43") {
			if end != "order.placed skipped" && end != "order.cancelled skipped" {
				t.Errorf("ended as %q", end)
			}
		}
	})
}
