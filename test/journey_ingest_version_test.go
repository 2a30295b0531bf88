package test_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
)

// ingestTold is one delivery of order 42: the state of the order so long after it was
// placed, when it held so many shirts.
type ingestTold struct {
	topic  string
	after  int64 // seconds
	shirts int64
}

// at is the time that the order was changed, after it was placed.
func (told ingestTold) at() time.Duration { return time.Duration(told.after) * time.Second }

// ingestTell sends the delivery; a cancelled order was cancelled when it last changed.
func (w *world) ingestTell(system string, told ingestTold) {
	w.Helper()
	if system == "woocommerce" {
		order := ingestWooSale(42, told.at(), told.shirts)
		if told.topic == "cancelled" {
			order.Status, told.topic = "cancelled", "updated"
		}
		w.ingestOK(w.woo("order."+told.topic, order.Body()))
		return
	}
	sale := ingestSale(42, told.at(), told.shirts)
	if told.topic == "cancelled" {
		sale.CancelledAt = sale.UpdatedAt
	}
	if told.topic == "created" {
		told.topic = "create"
	}
	w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/" + told.topic, Body: sale.Body(), TriggeredAt: time.Now()}))
}

func TestA7AnOldStateThatComesLateChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told   []ingestTold
		shirts string
		status string
	}{
		"an update after a newer one":       {[]ingestTold{{"created", 0, 1}, {"updated", 60, 5}, {"updated", 30, 3}}, "50.00", "B"},
		"one second older":                  {[]ingestTold{{"created", 0, 1}, {"updated", 60, 5}, {"updated", 59, 3}}, "50.00", "B"},
		"many, the newest in the middle":    {[]ingestTold{{"created", 0, 1}, {"updated", 3, 4}, {"updated", 6, 7}, {"updated", 5, 6}, {"updated", 2, 3}}, "70.00", "B"},
		"the state of its creation, again":  {[]ingestTold{{"created", 0, 1}, {"updated", 60, 5}, {"updated", 0, 1}}, "50.00", "B"},
		"an update after the cancellation":  {[]ingestTold{{"created", 0, 1}, {"cancelled", 60, 1}, {"updated", 30, 3}}, "10.00", "closed"},
		"a cancellation after its reversal": {[]ingestTold{{"created", 0, 1}, {"updated", 60, 5}, {"cancelled", 30, 1}}, "50.00", "B"},
	} {
		for when, gap := range map[string]time.Duration{"at once": 0, "an hour late": time.Hour} {
			for _, system := range []string{"shopify", "woocommerce"} {
				t.Run(name+" "+when+" "+system, func(t *testing.T) {
					t.Parallel()
					journey(t, setup{}, func(w *world) {
						for i, told := range c.told {
							w.ingestTell(system, told)
							if i == len(c.told)-2 {
								w.pass(gap)
							}
						}
						w.pass(2 * time.Minute)
						// Closing an order leaves its lines as they are.
						unread := gap == 0 && c.status == "closed"
						if order := w.order(system, "42"); order.Total != c.shirts && !unread || order.Status != c.status {
							t.Errorf("total %s, status %s; want %s, %s\n%s", order.Total, order.Status, c.shirts, c.status, w.story())
						}
						if gap > 0 {
							w.ingestSuperseded("42")
						}
						w.ingestNoneDead()
					})
				})
			}
		}
	}
}

// ingestSuperseded fails unless the ledger says of one message of the order that the
// ERP has something newer.
func (w *world) ingestSuperseded(id string) {
	w.Helper()
	reasons := w.ingestReasons(port.Superseded, id)
	if !slices.ContainsFunc(reasons, func(r string) bool { return strings.HasSuffix(r, ": a newer version is confirmed") }) {
		w.Errorf("superseded: %q\n%s", reasons, w.story())
	}
}

// TestA7EveryOrderOfArrivalEndsWithTheNewest holds the ERP back until all states of the
// order are in the queue, so that they reach it in any order, too.
func TestA7EveryOrderOfArrivalEndsWithTheNewest(t *testing.T) {
	t.Parallel()
	for _, arrival := range [][]int64{{1, 2, 3, 4}, {4, 3, 2, 1}, {3, 1, 4, 2}, {2, 4, 1, 3}, {4, 1, 3, 2}} {
		for _, system := range []string{"shopify", "woocommerce"} {
			t.Run(system+strings.ReplaceAll(strings.Trim(string(ingestMust(json.Marshal(arrival))), "[]"), ",", ""), func(t *testing.T) {
				t.Parallel()
				journey(t, setup{}, func(w *world) {
					w.net.unplug(erpAddress)
					for _, version := range arrival {
						topic := "updated"
						if version == 1 {
							topic = "created"
						}
						w.ingestTell(system, ingestTold{topic, version, version})
					}
					w.pass(time.Minute)
					w.net.plug(erpAddress)
					w.pass(30 * time.Minute)
					w.ingestPaid(system, "42", "40.00", 1)
					w.ingestNoneDead()
				})
			})
		}
	}
}

// TestA7OfTwoStatesOfOneSecondThePollDecides: by webhooks alone the states of one second
// can be ordered only as far as the delivery says when it was triggered.
func TestA7OfTwoStatesOfOneSecondThePollDecides(t *testing.T) {
	t.Parallel()
	for name, arrival := range map[string][]int64{
		"the newer one last": {3, 5}, "the older one last": {5, 3}, "again and again": {3, 5, 3, 5}, "A, B, A": {5, 3, 5},
	} {
		for _, s := range pollStores {
			t.Run(name+" "+s.system, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{}, func(w *world) {
					s.deliver(w, s.created, s.put(w, 42, 0, 1))
					w.pass(time.Minute)
					bodies := map[int64][]byte{3: s.put(w, 42, 60, 3), 4: s.put(w, 42, 60, 4), 5: s.put(w, 42, 60, 5)} // the store has five
					for _, shirts := range arrival {
						s.deliver(w, s.updated, bodies[shirts])
						w.pass(time.Minute)
					}
					w.poll(s.system)
					w.pass(time.Minute)
					w.ingestPaid(s.system, "42", "50.00", 1)
					w.pass(time.Hour)
					s.deliver(w, s.updated, bodies[3]) // a duplicate
					s.deliver(w, s.updated, bodies[4]) // and one that is an hour late
					w.pass(time.Minute)
					w.ingestPaid(s.system, "42", "50.00", 1)
					w.ingestNoneDead()
				})
			})
		}
	}
}

// TestA7TheTriggerTimeOrdersStatesOfOneSecond: Shopify says to the nanosecond when each
// delivery was triggered, so that no poll is needed.
func TestA7TheTriggerTimeOrdersStatesOfOneSecond(t *testing.T) {
	t.Parallel()
	for name, arrival := range map[string][]int64{"in order": {1, 2, 3}, "reversed": {3, 2, 1}, "the newest in the middle": {1, 3, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				second := shopifytest.Start.Add(time.Minute)
				shirts := map[int64]int64{1: 5, 2: 3, 3: 5} // A, B, A
				for _, nth := range arrival {
					w.ingestOK(w.deliver(shopifytest.Delivery{
						Topic: "orders/updated", Body: ingestSale(42, time.Minute, shirts[nth]).Body(),
						WebhookID: "w-" + strconv.FormatInt(nth, 10), TriggeredAt: second.Add(time.Duration(nth) * time.Millisecond),
					}))
					w.pass(time.Minute)
				}
				w.ingestPaid("shopify", "42", "50.00", 1)
				w.ingestNoneDead()
			})
		})
	}
}

// TestA7MoneyThatCameInIsBookedThoughTheOrderMovedOn: the state that a late delivery
// tells is old, the payment that it tells is not.
func TestA7MoneyThatCameInIsBookedThoughTheOrderMovedOn(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		placed, changed := ingestSale(42, 0, 1), ingestSale(42, time.Minute, 3)
		placed.Financial, changed.Financial = "pending", "partially_paid"
		w.ingestOK(w.shopify("orders/create", placed.Body()))
		w.ingestOK(w.shopify("orders/updated", changed.Body()))
		w.pass(time.Hour)
		w.ingestOK(w.shopify("orders/paid", ingestSale(42, 30*time.Second, 1).Body()))
		w.pass(time.Minute)
		w.ingestPaid("shopify", "42", "30.00", 1)
		w.ingestSuperseded("42")
	})
}

func TestA7AnOrderOfLastWeekDoesNotPutTheCustomerBack(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]func(*world, []byte){
		"an order that carries the customer": func(w *world, _ []byte) {
			w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 1).Body()))
		},
		"an older customers/update": func(w *world, old []byte) { w.ingestOK(w.shopify("customers/update", old)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				w.ingestOK(w.shopify("customers/update", ingestCustomer("Lovelace", time.Hour)))
				w.pass(5 * time.Hour)
				late(w, ingestCustomer("Byron", time.Minute))
				w.pass(time.Minute)
				if c := w.erp.Customers(); len(c) != 1 || c[0].LastName != "Lovelace" || c[0].Writes != 1 {
					t.Errorf("customers %+v\n%s", c, w.story())
				}
				w.ingestSuperseded(string(ingestMember(shopifytest.Sample(), "customer", "id")))
			})
		})
	}
}

// ingestCustomer is the customer of every order here, renamed so long after the orders
// were placed.
func ingestCustomer(last string, after time.Duration) []byte {
	customer := map[string]json.RawMessage{}
	ingestDecode(ingestMember(shopifytest.Sample(), "customer"), &customer)
	customer["last_name"] = json.RawMessage(strconv.Quote(last))
	customer["updated_at"] = ingestMust(json.Marshal(shopifytest.Start.Add(after)))
	return ingestMust(json.Marshal(customer))
}

// ingestMember returns the bytes of a member of nested objects.
func ingestMember(document []byte, path ...string) json.RawMessage {
	for _, name := range path {
		members := map[string]json.RawMessage{}
		ingestDecode(document, &members)
		document = members[name]
	}
	return bytes.Clone(document)
}

func ingestDecode(document []byte, into any) {
	if err := json.Unmarshal(document, into); err != nil {
		panic(err)
	}
}

func ingestMust(body []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return body
}
