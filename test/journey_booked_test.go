package test_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/port"
)

// TestI12AStatusOrATagAloneWritesNothing: the ERP has fulfilled or billed the order, and gets no
// write for what it has no place for, nor for a state that only describes.
func TestI12AStatusOrATagAloneWritesNothing(t *testing.T) {
	t.Parallel()
	edits := map[string]map[string]ingestEdit{
		"shopify": {
			"tag":    func(o map[string]any) { o["tags"] = "vip, gift" },
			"status": func(o map[string]any) { o["fulfillment_status"] = "fulfilled" },
			"closed": func(o map[string]any) { o["closed_at"] = "2026-11-22T17:00:00-05:00" },
		},
		"woocommerce": {
			"tag": func(o map[string]any) {
				o["meta_data"] = []any{map[string]any{"id": 9, "key": "_wc_order_attribution_utm_source", "value": "newsletter"}}
			},
			"status": func(o map[string]any) { o["status"] = "completed" },
		},
	}
	for system, each := range edits {
		for name, edit := range each {
			for done, does := range bookedBy {
				t.Run(system+" "+name+" "+done, func(t *testing.T) {
					t.Parallel()
					journey(t, setup{}, func(w *world) {
						w.bookedAndDone(system, does)
						w.ingestUpdate(system, time.Minute, edit)
						w.pass(30 * time.Minute)
						if order := w.order(system, "42"); order.Writes != 1 || order.Lines[0].Closed || order.Total != "30.00" {
							t.Errorf("%d writes, lines %+v, total %s; want the first write alone\n%s", order.Writes, order.Lines, order.Total, w.story())
						}
						w.noneDead()
					})
				})
			}
		}
	}
}

// TestI12ACancellationAfterFulfillmentIsForAPerson: goods that left stay in the books.
func TestI12ACancellationAfterFulfillmentIsForAPerson(t *testing.T) {
	t.Parallel()
	edits := map[string]ingestEdit{
		"shopify": func(o map[string]any) {
			o["cancelled_at"], o["cancel_reason"] = "2026-11-22T16:09:00-05:00", "customer"
		},
		"woocommerce": func(o map[string]any) { o["status"] = "cancelled" },
	}
	for system, edit := range edits {
		for done, does := range bookedBy {
			t.Run(system+" "+done, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{}, func(w *world) {
					w.bookedAndDone(system, does)
					w.ingestUpdate(system, time.Minute, edit)
					w.pass(30 * time.Minute)
					order, dead := w.order(system, "42"), w.entries(port.Dead)
					if len(dead) != 1 || dead[0].Error.Class != "conflict" || order.Writes != 1 || order.Lines[0].Closed {
						t.Errorf("%d dead letters, %d writes, lines %+v; want one conflict and the order as it was\n%s", len(dead), order.Writes, order.Lines, w.story())
					}
				})
			})
		}
	}
}

// bookedBy is what the ERP did of an order, which nothing of ours may undo.
var bookedBy = map[string]func(w *world, order string, line int) error{
	"fulfilled": func(w *world, order string, line int) error { return w.erp.Fulfill(order, line, "3") },
	"in part":   func(w *world, order string, line int) error { return w.erp.Fulfill(order, line, "2") },
	"billed": func(w *world, order string, line int) error {
		if err := w.erp.Fulfill(order, line, "3"); err != nil {
			return err
		}
		return w.erp.Bill(order, line, "3")
	},
}

// bookedAndDone places order 42, three shirts, and lets the ERP do something of it.
func (w *world) bookedAndDone(system string, does func(w *world, order string, line int) error) {
	w.Helper()
	w.ingestCreate(system, ingestBody(system, func(map[string]any) {}))
	w.pass(time.Minute)
	order := w.order(system, "42")
	if err := does(w, order.ExternalID, order.Lines[0].Number); err != nil {
		w.Fatal(err)
	}
}

// TestI5ABookedLineKeepsItsItemWhenItsProductIsDeleted: the store forgets the product between two
// versions of the order, and either keeps the line's SKU or not.
func TestI5ABookedLineKeepsItsItemWhenItsProductIsDeleted(t *testing.T) {
	t.Parallel()
	for _, s := range pollStores {
		for _, sku := range []bool{true, false} {
			t.Run(fmt.Sprint(s.system, " keeps the SKU ", sku), func(t *testing.T) {
				t.Parallel()
				journey(t, setup{}, func(w *world) {
					w.ingestCreate(s.system, ingestBody(s.system, func(map[string]any) {}))
					w.pass(time.Minute)
					w.ingestUpdate(s.system, time.Minute, productGone(s.system, sku))
					w.pass(10 * time.Minute)
					w.bookedShirts(s.system, 1)
				})
			})
		}
	}
}

// TestI5AnOrderThatIsHeardOfAfterTheDeletionIsBookedBySKU: the SKU names the item whether or not the
// store still has the product.
func TestI5AnOrderThatIsHeardOfAfterTheDeletionIsBookedBySKU(t *testing.T) {
	t.Parallel()
	for _, s := range pollStores {
		t.Run(s.system, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				w.ingestCreate(s.system, ingestBody(s.system, productGone(s.system, true)))
				w.pass(10 * time.Minute)
				w.bookedShirts(s.system, 1)
			})
		})
	}
}

// productGone is what a store reports of a line whose product was deleted.
func productGone(system string, sku bool) ingestEdit {
	return func(o map[string]any) {
		line := ingestFirst(o, "line_items")
		if !sku {
			line["sku"] = ""
		}
		if system == "shopify" {
			line["product_exists"], line["product_id"], line["variant_id"] = false, nil, nil
			return
		}
		line["product_id"], line["variation_id"] = 0, 0
	}
}

// bookedShirts fails unless order 42 has its three shirts, of their item, in so many writes.
func (w *world) bookedShirts(system string, writes int) {
	w.Helper()
	order := w.order(system, "42")
	if lines := erpLines(order); !slices.Equal(lines, []string{"TEE-BLK-M 3 30.00"}) || order.Writes != writes {
		w.Errorf("lines %v in %d writes, want three shirts in %d\n%s", lines, order.Writes, writes, w.story())
	}
	w.noneDead()
}
