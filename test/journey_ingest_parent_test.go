package test_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// TestA8WhatComesBeforeItsCreationIsTheOrder: each delivery has the whole state, so that
// the order does not wait for the one that says that it was placed.
func TestA8WhatComesBeforeItsCreationIsTheOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		early    []ingestTold
		total    string
		status   string
		systems  []string
		deposits int
	}{
		"paid":                  {[]ingestTold{{"paid", 60, 1}}, "10.00", "B", []string{"shopify"}, 1},
		"updated":               {[]ingestTold{{"updated", 60, 5}}, "50.00", "B", []string{"shopify", "woocommerce"}, 1},
		"cancelled":             {[]ingestTold{{"cancelled", 60, 1}}, "10.00", "closed", []string{"shopify", "woocommerce"}, 1},
		"all, newest first":     {[]ingestTold{{"cancelled", 90, 5}, {"updated", 60, 5}, {"paid", 30, 5}}, "50.00", "closed", []string{"shopify"}, 1},
		"all, oldest first":     {[]ingestTold{{"paid", 30, 5}, {"updated", 60, 5}, {"cancelled", 90, 5}}, "50.00", "closed", []string{"shopify"}, 1},
		"in one second with it": {[]ingestTold{{"paid", 0, 1}}, "10.00", "B", []string{"shopify"}, 1},
	} {
		for when, delay := range map[string]time.Duration{"at once": 0, "a second": time.Second, "an hour": time.Hour} {
			for _, system := range c.systems {
				t.Run(name+" "+when+" "+system, func(t *testing.T) {
					t.Parallel()
					journey(t, setup{}, func(w *world) {
						for _, told := range c.early {
							w.ingestTell(system, told)
						}
						w.pass(delay)
						if delay > 0 {
							w.ingestPaid(system, "42", c.total, c.deposits)
						}
						w.ingestPlace(system)
						w.pass(30 * time.Minute)
						w.ingestPaid(system, "42", c.total, c.deposits)
						if order := w.order(system, "42"); order.Status != c.status {
							t.Errorf("status %s, want %s\n%s", order.Status, c.status, w.story())
						}
						w.ingestNoneDead()
					})
				})
			}
		}
	}
}

// ingestPlace tells that order 42 was placed, unpaid.
func (w *world) ingestPlace(system string) {
	w.Helper()
	if system == "woocommerce" {
		order := ingestWooSale(42, 0, 1)
		order.Status, order.Paid = "pending", time.Time{}
		w.ingestOK(w.woo("order.created", order.Body()))
		return
	}
	sale := ingestSale(42, 0, 1)
	sale.Financial = "pending"
	w.ingestOK(w.shopify("orders/create", sale.Body()))
}

func TestA8ADepositWaitsForAnOrderThatTheERPRefuses(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		sale := ingestSale(42, 0, 1)
		sale.Items[0].SKU = "NOT-THERE-YET"
		w.ingestOK(w.shopify("orders/create", sale.Body()))
		w.pass(20 * time.Minute)
		w.noOrder("42")
		reasons := w.ingestReasons(port.Deferred, "42-paid")
		if n := len(w.erp.Deposits()); n != 0 || !strings.Contains(strings.Join(reasons, "\n"), pipeline.ParentDead) {
			t.Errorf("%d deposits, waits: %q\n%s", n, reasons, w.story())
		}
	})
}

// TestA8WhatWaitsTooLongIsParkedAndNotDiscarded: after the deadline a payment whose order is
// dead is in the dead-letter queue with the reason. Once the order is corrected in the shop,
// its next delivery brings both to the ERP.
func TestA8WhatWaitsTooLongIsParkedAndNotDiscarded(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		w.stop()
		w.config.Retry.Parent = time.Hour
		w.ingestRunTwo(1)
		sale := ingestSale(42, 0, 1)
		sale.Items[0].SKU = "NOBODY-KNOWS"
		w.ingestOK(w.shopify("orders/create", sale.Body()))
		w.pass(90 * time.Minute)
		if got := w.ends("shopify", "payment", "42-paid"); !slices.Equal(got, []string{"payment.captured parked"}) {
			w.Fatalf("ended as %q\n%s", got, w.story())
		}
		for queue, reason := range map[string]string{
			"shopify-orders-to-netsuite":   "missing_ref INVALID_VALUE lines[0].sku",
			"shopify-payments-to-netsuite": "missing_ref parent_dead order",
		} {
			dead := w.ingestDead(queue)
			if len(dead) != 1 || dead[0].Attributes[port.AttrReason] != reason {
				w.Errorf("%s: dead letters %+v", queue, dead)
			}
		}
		w.ingestOK(w.shopify("orders/updated", ingestSale(42, time.Hour, 1).Body()))
		w.pass(10 * time.Minute)
		w.ingestPaid("shopify", "42", "10.00", 1)
		w.ingestSettled("order", "42")
		w.ingestSettled("payment", "42-paid")
	})
}

// ingestSettled fails unless the entity's dead letter is superseded and its last message
// confirmed.
func (w *world) ingestSettled(kind, id string) {
	w.Helper()
	ends := w.ends("shopify", kind, id)
	superseded := slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(end, " superseded") })
	confirmed := slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(end, " confirmed") })
	if !superseded || !confirmed {
		w.Errorf("%s %s ended as %q\n%s", kind, id, ends, w.story())
	}
}
