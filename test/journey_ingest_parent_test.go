package test_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/functions/shopify/shopifytest"
	"causeway/shared/pipeline"
	"causeway/shared/port"
)

func TestA8WhatComesBeforeItsOrderWaitsForIt(t *testing.T) {
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
		"all, newest first":     {[]ingestTold{{"cancelled", 90, 5}, {"updated", 60, 5}, {"paid", 30, 1}}, "50.00", "closed", []string{"shopify"}, 1},
		"all, oldest first":     {[]ingestTold{{"paid", 30, 1}, {"updated", 60, 5}, {"cancelled", 90, 5}}, "50.00", "closed", []string{"shopify"}, 1},
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
							w.ingestWaits("42")
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

// ingestWaits fails unless messages of the order wait, with a reason, and nothing of it
// is at the ERP.
func (w *world) ingestWaits(id string) {
	w.Helper()
	w.noOrder(id)
	if n := len(w.erp.Deposits()); n != 0 {
		w.Errorf("%d deposits of an order that is not there", n)
	}
	reasons := w.ingestReasons(port.Deferred, id)
	if !slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(r, "not there yet") }) {
		w.Errorf("nothing says what is waited for: %q\n%s", reasons, w.story())
	}
	w.ingestNoneDead()
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

// TestA8WhatWaitsTooLongIsParkedAndNotDiscarded: after the deadline the message lies
// where an operator finds it, with the reason; and an order that comes after all is
// placed.
func TestA8WhatWaitsTooLongIsParkedAndNotDiscarded(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		w.stop()
		w.config.Retry.Parent = time.Hour
		w.ingestRunTwo(1)
		w.ingestOK(w.shopify("orders/paid", ingestSale(42, time.Minute, 1).Body()))
		w.pass(90 * time.Minute)
		if got := w.ends("shopify", "order", "42"); !slices.Equal(got, []string{"order.changed parked"}) {
			t.Fatalf("ended as %q", got)
		}
		for queue, reason := range map[string]string{
			"shopify-orders-to-netsuite":   "missing_ref parent_missing order",
			"shopify-payments-to-netsuite": "missing_ref parent_missing order",
		} {
			dead := w.ingestDead(queue)
			if len(dead) != 1 || dead[0].Attributes[port.AttrReason] != reason {
				t.Errorf("%s: dead letters %+v", queue, dead)
			}
		}
		w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/create", Body: ingestSale(42, 0, 1).Body()}))
		w.pass(time.Minute)
		if order := w.order("shopify", "42"); order.Total != "10.00" {
			t.Errorf("total %s", order.Total)
		}
	})
}
