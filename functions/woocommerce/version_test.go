package woocommerce_test

import (
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// TestVersionIsTheStoresLastChange: a delivery has no finer time, so there is no hint, and
// of two states of one second the one that was received last is the newer.
func TestVersionIsTheStoresLastChange(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	read := func(name string) *connector.Event {
		return orderEvent(t, mustTranslate(t, source, "order.updated", mustRead(t, name, "in.body.json")))
	}
	completed, refunded := read("order.updated.completed"), read("order.updated.refunded")
	for _, e := range []*connector.Event{completed, refunded} {
		if e.UpdatedAt.IsZero() || !e.UpdatedAt.Equal(e.Body.(*canonical.Order).UpdatedAt) || !e.Hint.IsZero() {
			t.Errorf("version %v with the hint %v", e.UpdatedAt, e.Hint)
		}
	}
	if !completed.UpdatedAt.Equal(refunded.UpdatedAt) {
		t.Fatalf("recorded at %v and %v, want one second", completed.UpdatedAt, refunded.UpdatedAt)
	}
	if older, newer := versionOf(completed, arrival), versionOf(refunded, arrival.Add(time.Millisecond)); older >= newer {
		t.Errorf("completed has version %s, refunded %s", older, newer)
	}
}

// TestADeliveryReportsTheOrderOnce gives every topic an order that was paid and cancelled in
// the second in which it was placed.
func TestADeliveryReportsTheOrderOnce(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	order := woocommercetest.NewOrder(12, 1)
	order.Status, order.Paid, order.Modified = "cancelled", order.Created, order.Created
	for _, topic := range []string{"order.created", "order.updated", "order.restored"} {
		const want = "customer.upserted order.cancelled payment.captured"
		if got := types(mustTranslate(t, source, topic, order.Body())); got != want {
			t.Errorf("%s gives %s, want %s", topic, got, want)
		}
	}
}

// TestAnOlderOrderDoesNotRestoreAnAddress changes the first of two orders of one buyer after
// the second was placed. Its address is older all the same.
func TestAnOlderOrderDoesNotRestoreAnAddress(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, customer := range map[string]int64{"guest": 0, "registered": 7} {
		first := woocommercetest.NewOrder(12, 1)
		first.Customer = customer
		second := first
		second.ID, second.Created = 13, first.Created.Add(time.Hour)
		second.Modified = second.Created
		first.Modified = second.Created.Add(time.Hour)
		older := event(mustTranslate(t, source, "order.updated", first.Body()), canonical.CustomerUpserted)
		newer := event(mustTranslate(t, source, "order.created", second.Body()), canonical.CustomerUpserted)
		if older.Entity != newer.Entity || versionOf(older, first.Modified) >= versionOf(newer, second.Modified) {
			t.Errorf("%s: the older order gives %s version %v, the newer gives %s %v", name, older.Entity, older.UpdatedAt, newer.Entity, newer.UpdatedAt)
		}
		if body := older.Body.(*canonical.Customer); !body.UpdatedAt.Equal(first.Created) || !older.At.Equal(first.Created) {
			t.Errorf("%s: the body is dated %v, the event %v, want %v", name, body.UpdatedAt, older.At, first.Created)
		}
	}
}

// TestACustomersOwnChangeIsOrderedAmongTheOrders: it replaces the address of an order placed
// before it, and is replaced by that of an order placed after it.
func TestACustomersOwnChangeIsOrderedAmongTheOrders(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	order := woocommercetest.NewOrder(12, 1)
	reported := event(mustTranslate(t, source, "order.updated", order.Body()), canonical.CustomerUpserted)
	customer := woocommercetest.Customer{ID: order.Customer, Billing: order.Buyer, Created: time.Date(2003, 5, 27, 0, 0, 0, 0, time.UTC)}
	version := func(modified time.Time) message.Sequence {
		customer.Modified = modified
		own := event(mustTranslate(t, source, "customer.updated", customer.Body()), canonical.CustomerUpserted)
		if own.Entity != reported.Entity {
			t.Fatalf("%s and %s are two customers", own.Entity, reported.Entity)
		}
		return versionOf(own, arrival)
	}
	before, after := version(order.Created.Add(-time.Second)), version(order.Created.Add(time.Second))
	if got := versionOf(reported, arrival); got <= before || got >= after {
		t.Errorf("the order's customer has version %s, want it between %s and %s", got, before, after)
	}
}
