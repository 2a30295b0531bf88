package test_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/port"
)

// TestF66WhatWasSkippedAndThenCancelledIsClosed: the first state is authorized only, which a
// filter skips. Webhooks of what follows are lost, and the poll reads the cancelled order.
func TestF66WhatWasSkippedAndThenCancelledIsClosed(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{"skipped by a webhook": true, "nothing of it was reported": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				authorized, cancelled := ingestSale(42, 0, 3), ingestSale(42, 0, 3)
				authorized.Financial, cancelled.CancelledAt = "authorized", cancelled.UpdatedAt // paid and cancelled in one second
				if told {
					w.ingestOK(w.shopify("orders/create", authorized.Body()))
					w.pass(time.Minute)
					w.noOrder("42")
				}
				w.shop.Put(cancelled.Body())
				w.pollCounts(w.poll("shopify"), 0, 1)
				w.pass(time.Minute)
				w.closed("shopify")
				w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/create", Body: authorized.Body(), WebhookID: "late"}))
				w.pass(time.Hour)
				w.closed("shopify")
				w.ingestNoneDead()
			})
		})
	}
}

// closed fails unless order 42 is closed at the ERP.
func (w *world) closed(system string) {
	w.Helper()
	if order := w.order(system, "42"); order.Status != "closed" {
		w.Errorf("status %s, want closed\n%s", order.Status, w.story())
	}
}

// TestF64PaidAndCancelledInOneSecond has either be the state that the store ends with, and
// its deliveries come in either order. WooCommerce counts seconds only.
func TestF64PaidAndCancelledInOneSecond(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrival []string
		want    string
	}{
		"paid, then cancelled":          {[]string{"processing", "cancelled"}, "closed"},
		"paid, then cancelled, swapped": {[]string{"cancelled", "processing"}, "closed"},
		"cancelled, then paid":          {[]string{"cancelled", "processing"}, "B"},
		"cancelled, then paid, swapped": {[]string{"processing", "cancelled"}, "B"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				order := ingestWooSale(42, 0, 3)
				order.Modified = order.Created.Add(time.Hour)
				for _, status := range c.arrival {
					order.Status = status
					w.ingestOK(w.woo("order.updated", order.Body()))
					w.pass(time.Second)
				}
				order.Status = map[string]string{"closed": "cancelled", "B": "processing"}[c.want]
				order.Modified = order.Created.Add(time.Hour)
				w.wooStore.Put(order)
				w.pass(5 * time.Minute)
				w.poll("woocommerce")
				w.pass(time.Minute)
				if got := w.order("woocommerce", "42"); got.Status != c.want || len(w.erp.Deposits()) != 1 {
					t.Errorf("status %s with %d deposits, want %s with one\n%s", got.Status, len(w.erp.Deposits()), c.want, w.story())
				}
				w.ingestNoneDead()
			})
		})
	}
}

// TestF67AReplayOfAnyAgeSetsNothingBack: the delivery of the creation comes again after 20
// newer events, and again after 91 days and three years, under its own id and a new one. The
// store's memory of deliveries has expired by then.
func TestF67AReplayOfAnyAgeSetsNothingBack(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		placed := ingestSale(42, 0, 1)
		placed.Financial = "pending"
		create := shopifytest.Delivery{Topic: "orders/create", Body: placed.Body()}
		w.ingestOK(w.deliver(create))
		for i := range 20 {
			w.pass(20 * time.Second)
			w.ingestTell("shopify", ingestTold{"updated", int64(10 + i), int64(2 + i)})
		}
		w.pass(time.Minute)
		settled := w.order("shopify", "42")
		if settled.Status != "B" || settled.Total != "210.00" {
			w.Fatalf("before the replay: %+v\n%s", settled, w.story())
		}
		for i, age := range []time.Duration{0, time.Hour, 91 * 24 * time.Hour, 3 * 365 * 24 * time.Hour} {
			w.stop()
			<-time.After(age)
			w.openEngine(setup{})
			for _, id := range []string{"", "replay-" + strconv.Itoa(i)} {
				again := create
				again.WebhookID = id
				w.ingestOK(w.deliver(again))
				w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/updated", Body: ingestSale(42, 10*time.Second, 2).Body(), WebhookID: id + "u"}))
				w.pass(time.Minute)
			}
			got := w.order("shopify", "42")
			if got.Status != settled.Status || got.Total != settled.Total || got.Writes != settled.Writes || len(w.erp.Deposits()) != 1 || w.erp.Deposits()[0].Writes != 1 {
				w.Fatalf("after %v: %+v with %d deposits, was %+v\n%s", age, got, len(w.erp.Deposits()), settled, w.story())
			}
		}
		erpQuiet(w)
	})
}

// TestF68AnExpiredLetterIsNoLongerRemembered: an order dies of its data, its letter expires
// with the queue or is purged, and the same fact is delivered when it is reported again.
func TestF68AnExpiredLetterIsNoLongerRemembered(t *testing.T) {
	t.Parallel()
	for name, age := range map[string]time.Duration{"purged after an hour": time.Hour, "expired after 20 days": 20 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				create := shopifytest.Delivery{Topic: "orders/create", Body: erpUnknown(42, "NEW-ARTICLE").Body()}
				w.ingestOK(w.deliver(create))
				w.pass(time.Minute)
				w.noOrder("42")
				for _, letter := range w.ingestDead(erpOrders) { // purged; the ledger alone remembers
					if err := w.store.Delete(w.Context(), letter); err != nil {
						w.Fatal(err)
					}
				}
				w.stop()
				<-time.After(age)
				if err := w.erp.AddItem("NEW-ARTICLE"); err != nil {
					w.Fatal(err)
				}
				w.openEngine(setup{})
				create.WebhookID = "again"
				w.ingestOK(w.deliver(create))
				w.pass(10 * time.Minute)
				if got := erpLines(w.order("shopify", "42")); !strings.HasPrefix(got[0], "NEW-ARTICLE 1 ") {
					w.Errorf("lines %q", got)
				}
			})
		})
	}
}

// TestF80OneDeliveryIDWithTwoBodies: both are processed, the second with a conflict in the
// ledger and a warning.
func TestF80OneDeliveryIDWithTwoBodies(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		for i := range 3 { // the third is the second again
			w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/create", Body: ingestSale(42+int64(min(i, 1)), 0, 1).Body(), WebhookID: "one"}))
			w.pass(time.Minute)
		}
		w.ingestWrittenOnce("shopify", "42")
		w.ingestWrittenOnce("shopify", "43")
		conflicts := 0
		for _, e := range w.entries(port.Received) {
			if e.Error != nil && e.Error.Code == "delivery_id_reused" {
				conflicts++
			}
		}
		if conflicts != 1 || !strings.Contains(w.log.String(), "two deliveries with one id") {
			t.Errorf("%d conflicts in the ledger, want 1\n%s", conflicts, w.story())
		}
	})
}

// TestF74AStoreWhoseClockRanAheadLosesNoLaterChange: a version of tomorrow is dated by its
// arrival, noted and reported, so that true changes of today pass.
func TestF74AStoreWhoseClockRanAheadLosesNoLaterChange(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		s := woocommercetest.NewOrder(42, 1)
		created := time.Now().Add(-time.Hour)
		for i, modified := range []time.Duration{24 * time.Hour, 0} { // tomorrow, and then the truth
			order := ingestWooSale(42, 0, int64(3+i))
			order.Created, order.Paid, order.Modified = created, created, time.Now().Add(modified)
			w.ingestOK(w.woo("order.updated", order.Body()))
			w.pass(10 * time.Minute)
		}
		w.ingestPaid("woocommerce", strconv.FormatInt(s.ID, 10), "40.00", 1)
		if !strings.Contains(w.log.String(), "the source's clock is ahead") {
			t.Error("the log has no warning of the clock")
		}
		w.ingestNoneDead()
	})
}

// TestF77TextThatAQueueRefusesArrives has a name with U+FFFE and U+FFFF, which SQS refuses.
func TestF77TextThatAQueueRefusesArrives(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		sale := ingestSale(42, 0, 3)
		sale.Change = func(o map[string]any) { o["customer"].(map[string]any)["last_name"] = "Love\ufffelace\uffff" }
		w.ingestOK(w.shopify("orders/create", sale.Body()))
		order := ingestWooSale(43, 0, 3)
		order.Buyer.LastName = "\ufffeByron"
		w.ingestOK(w.woo("order.created", order.Body()))
		w.pass(time.Minute)
		w.ingestPaid("shopify", "42", "30.00", 1)
		w.ingestPaid("woocommerce", "43", "30.00", 1)
		for system, id := range map[string]string{"shopify": "42", "woocommerce": "43"} {
			if got := erpCustomer(w, w.order(system, id).Entity).LastName; strings.ContainsAny(got, "\ufffe\uffff") || !strings.Contains(got, "\ufffd") {
				w.Errorf("the name is %q", got)
			}
		}
		noted := 0
		for _, e := range w.entries(port.Published) {
			for _, note := range e.Notes {
				if strings.Contains(note.What, "U+FFFE") {
					noted++
				}
			}
		}
		if noted == 0 {
			t.Errorf("the ledger does not note what was replaced\n%s", w.story())
		}
		w.ingestNoneDead()
	})
}
