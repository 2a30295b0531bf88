package test_test

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// pollSystems are the sources with the settings that let their webhooks be looked after.
func (w *world) pollSystems() map[string]connector.System {
	w.Helper()
	return w.openSystems(setup{settings: map[string]string{
		"SHOPIFY_WEBHOOK_URL": pollDoor + "shopify", "WOOCOMMERCE_WEBHOOK_URL": pollDoor + "woocommerce",
	}})
}

// pollDoor is the door as the stores see it.
const pollDoor = "https://causeway.example/hooks/"

// pollSender delivers to that address as a store would.
func (w *world) pollSender() *http.Client {
	return &http.Client{Transport: pollWay{w.net.transport(w.T)}}
}

// pollWay leads from the public address to the door.
type pollWay struct{ inner http.RoundTripper }

func (p pollWay) RoundTrip(r *http.Request) (*http.Response, error) {
	inside := r.Clone(r.Context())
	inside.URL.Scheme, inside.URL.Host, inside.Host = "http", doorAddress, doorAddress
	return p.inner.RoundTrip(inside)
}

// poll runs the system's poller once and returns what all its feeds reported together.
func (w *world) poll(system string) (sum reconcile.Report) {
	w.Helper()
	if err := w.pollUntil(w.Context(), system, &sum); err != nil {
		w.Fatalf("polling %s: %v\n%s", system, err, w.story())
	}
	return sum
}

func (w *world) pollUntil(ctx context.Context, system string, sum *reconcile.Report) error {
	p := w.poller(w.pollSystems()[system], w.config.Runtime, func(r reconcile.Report) {
		sum.Seen, sum.Confirmed, sum.Gaps, sum.Failed = sum.Seen+r.Seen, sum.Confirmed+r.Confirmed, sum.Gaps+r.Gaps, sum.Failed+r.Failed
	})
	return p.Run(ctx)
}

// pollCounts fails unless the round found so many gaps and so much confirmed.
func (w *world) pollCounts(got reconcile.Report, confirmed, gaps int) {
	w.Helper()
	if got.Confirmed != confirmed || got.Gaps != gaps || got.Failed != 0 {
		w.Fatalf("the round found %+v, want confirmed %d and gaps %d\n%s", got, confirmed, gaps, w.story())
	}
}

// pollStore is what a journey does with either store.
type pollStore struct {
	system, created, updated string // and the topics
	// put changes the order in the store, so many seconds after it was placed, and
	// returns the body of its webhook.
	put func(w *world, id, seconds, shirts int64) []byte
	// emit delivers the webhook as the store does, to whoever subscribed.
	emit func(w *world, topic string, body []byte) int
}

var pollStores = []pollStore{
	{
		"shopify", "orders/create", "orders/updated",
		func(w *world, id, seconds, shirts int64) []byte {
			body := ingestSale(id, time.Duration(seconds)*time.Second, shirts).Body()
			w.shop.Put(body)
			return body
		},
		func(w *world, topic string, body []byte) int {
			d := shopifytest.Delivery{Topic: topic, Body: body}
			return w.shop.Emit(w.Context(), w.pollSender(), d, func() { w.pass(30 * time.Minute) })
		},
	},
	{
		"woocommerce", "order.created", "order.updated",
		func(w *world, id, seconds, shirts int64) []byte {
			order := ingestWooSale(id, 0, shirts)
			order.Created, order.Paid = shopifytest.Start, shopifytest.Start
			order.Modified = order.Created.Add(time.Duration(seconds) * time.Second)
			w.wooStore.Put(order)
			return order.Body()
		},
		func(w *world, topic string, body []byte) int {
			return w.wooStore.Emit(w.Context(), w.pollSender(), topic, body)
		},
	},
}

// deliver sends the webhook to the door, whether or not the store would.
func (s pollStore) deliver(w *world, topic string, body []byte) {
	w.Helper()
	if s.system == "shopify" {
		w.ingestOK(w.shopify(topic, body))
		return
	}
	w.ingestOK(w.woo(topic, body))
}

// each plays the journey with either store.
func pollEach(t *testing.T, play func(w *world, s pollStore)) {
	t.Helper()
	for _, s := range pollStores {
		t.Run(s.system, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) { play(w, s) })
		})
	}
}

// pollShirts fails unless the order stands at the ERP with so many shirts, one deposit,
// and was written so often.
func (w *world) pollShirts(s pollStore, id, shirts int64, writes int) {
	w.Helper()
	name := strconv.FormatInt(id, 10)
	w.ingestPaid(s.system, name, strconv.FormatInt(10*shirts, 10)+".00", 1)
	if order := w.order(s.system, name); order.Writes != writes {
		w.Errorf("order %s was written %d times, want %d\n%s", name, order.Writes, writes, w.story())
	}
}

func TestA5AWebhookThatNeverArrivesIsMadeUpByThePoll(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		body := s.put(w, 42, 0, 3)
		w.pollCounts(w.poll(s.system), 0, 1)
		w.pass(10 * time.Minute)
		w.pollShirts(s, 42, 3, 1)
		w.ingestWrittenOnce(s.system, "42")
		w.pollCounts(w.poll(s.system), 0, 0)

		s.deliver(w, s.created, body) // late
		s.deliver(w, s.updated, body)
		w.pass(10 * time.Minute)
		w.ingestWrittenOnce(s.system, "42")
		w.pollCounts(w.poll(s.system), 0, 0)
		w.ingestNoneDead()
	})
}

func TestA5TheGapIsInTheLedger(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		s.put(w, 42, 0, 3)
		w.poll(s.system)
		w.pass(10 * time.Minute)
		gaps := slices.DeleteFunc(w.entries(port.Reconciled), func(e port.Entry) bool { return e.Type != port.TypeGap })
		want := "gap found: order 42"
		if len(gaps) != 1 || gaps[0].Type != port.TypeGap || !strings.HasPrefix(gaps[0].Outcome, want) ||
			!strings.HasSuffix(gaps[0].Outcome, ", changed 2026-11-22T21:05:44Z: no delivery reported this change; handed on") {
			t.Errorf("the ledger says %+v", gaps)
		}
		if ends := w.ends(s.system, "order", "42"); !slices.Contains(ends, "order.changed confirmed") {
			t.Errorf("the order ended as %q", ends)
		}
	})
}

func TestA5WhatWebhooksToldIsLeftAlone(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		for id := range int64(5) {
			s.deliver(w, s.created, s.put(w, 40+id, id, 3))
		}
		w.pass(time.Minute) // what is reported at once may be written at once
		s.deliver(w, s.updated, s.put(w, 42, 9, 4))
		w.pass(10 * time.Minute)
		w.pollCounts(w.poll(s.system), 5, 0)
		w.pass(10 * time.Minute)
		w.pollShirts(s, 42, 4, 2)
		w.pollShirts(s, 43, 3, 1)
		if n := len(w.entries(port.Received)); n != 6 {
			t.Errorf("%d messages came in, want the six webhooks", n)
		}
	})
}

// TestA5AChangeThatWasLostIsMadeUp: its webhook is lost, that of the order is not.
func TestA5AChangeThatWasLostIsMadeUp(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		s.deliver(w, s.created, s.put(w, 42, 0, 3))
		w.pass(10 * time.Minute)
		w.pollCounts(w.poll(s.system), 1, 0)
		changed := s.put(w, 42, 60, 5)
		w.pass(5 * time.Minute)
		w.pollCounts(w.poll(s.system), 0, 1)
		w.pass(10 * time.Minute)
		w.pollShirts(s, 42, 5, 2)
		s.deliver(w, s.updated, changed)
		w.pass(10 * time.Minute)
		w.pollShirts(s, 42, 5, 2)
	})
}

// TestA5AnOrderOfWhichOnlyAChangeCameIsPlacedByIt: the webhook of its creation is lost.
func TestA5AnOrderOfWhichOnlyAChangeCameIsPlacedByIt(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		s.deliver(w, s.updated, s.put(w, 42, 30, 3))
		w.pass(10 * time.Minute)
		w.pollShirts(s, 42, 3, 1)
		w.pollCounts(w.poll(s.system), 1, 0)
		w.pass(30 * time.Minute)
		w.pollShirts(s, 42, 3, 1)
	})
}

// TestA5TwoChangesOfOneSecondAreToldApart: the store counts in seconds, so both have one
// version; the webhook of the second is lost.
func TestA5TwoChangesOfOneSecondAreToldApart(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		s.deliver(w, s.created, s.put(w, 42, 0, 3))
		s.put(w, 42, 0, 5)
		w.pass(10 * time.Minute)
		w.pollCounts(w.poll(s.system), 0, 1)
		w.pass(10 * time.Minute)
		w.pollShirts(s, 42, 5, 2)
	})
}

// TestA5AnOrderOfTheMarksOwnSecondIsFound: it becomes visible after the poll that looked
// at that second.
func TestA5AnOrderOfTheMarksOwnSecondIsFound(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		s.put(w, 42, 0, 3)
		w.pollCounts(w.poll(s.system), 0, 1)
		s.put(w, 41, 0, 2)
		s.put(w, 43, 0, 4)
		s.put(w, 44, -300, 1) // within the overlap
		w.pollCounts(w.poll(s.system), 0, 3)
		w.pass(10 * time.Minute)
		for id, shirts := range map[int64]int64{41: 2, 42: 3, 43: 4, 44: 1} {
			w.pollShirts(s, id, shirts, 1)
		}
	})
}

// TestA5AWebhookUnderWayIsNoGap leaves what is younger than the lag to its webhook.
func TestA5AWebhookUnderWayIsNoGap(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		body := s.put(w, 42, 256, 3) // now, nearly
		w.pollCounts(w.poll(s.system), 0, 0)
		s.deliver(w, s.created, body)
		w.pass(5 * time.Minute)
		w.pollCounts(w.poll(s.system), 1, 0)
		w.ingestWrittenOnce(s.system, "42")
	})
}

// TestA6AStoreThatEndedItsWebhooksIsSubscribedAgainAndMadeUp has the door down until the
// store gives up, as WooCommerce does after six deliveries and Shopify after nine tries.
func TestA6AStoreThatEndedItsWebhooksIsSubscribedAgainAndMadeUp(t *testing.T) {
	t.Parallel()
	pollEach(t, func(w *world, s pollStore) {
		w.poll(s.system) // makes the webhooks, and the first mark
		s.deliver(w, s.created, s.put(w, 40, 0, 1))
		w.net.unplug(doorAddress)
		for id := range int64(6) {
			if n := s.emit(w, s.created, s.put(w, 41+id, 10+id, 2+id)); n != 0 {
				t.Fatalf("%d deliveries while the door is down", n)
			}
		}
		w.net.plug(doorAddress)
		lost := s.put(w, 47, 20, 9)
		if s.emit(w, s.created, lost) != 0 {
			t.Fatal("the store has not ended its webhook")
		}
		w.pass(5 * time.Minute)
		w.pollCounts(w.poll(s.system), 1, 7) // one cycle
		w.pass(10 * time.Minute)
		for id := range int64(8) {
			want := []int64{1, 2, 3, 4, 5, 6, 7, 9}[id]
			w.pollShirts(s, 40+id, want, 1)
		}
		alarm := pollDegraded(w.entries(port.Reconciled), s.created)
		if len(alarm) != 2 { // none at the beginning, and now
			t.Errorf("the ledger tells of the webhook %q", alarm)
		}
		if !strings.Contains(w.log.String(), "a webhook subscription had stopped") {
			t.Error("nothing in the log to alert on")
		}
		if n := s.emit(w, s.created, s.put(w, 48, 40, 3)); n != 1 {
			t.Errorf("%d deliveries to the webhook that was set up again", n)
		}
		w.pass(10 * time.Minute)
		w.pollShirts(s, 48, 3, 1)
		w.ingestNoneDead()
	})
}

// pollDegraded returns what the ledger says of the topic's webhook.
func pollDegraded(entries []port.Entry, topic string) (said []string) {
	for _, e := range entries {
		if e.Type == port.TypeDegraded && e.Entity.ID == topic {
			said = append(said, e.Outcome)
		}
	}
	return said
}

// TestA6WebhooksThatStoppedBeforeAnybodyPolledAreMadeUpFromThere: the first run goes back
// to the moment at which the store disabled them.
func TestA6WebhooksThatStoppedBeforeAnybodyPolledAreMadeUpFromThere(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		s := pollStores[1]
		w.wooStore.SetWebhooks(woocommercetest.Webhook{
			ID: 3, Name: "Causeway order.updated", Topic: "order.updated", Status: "disabled", URL: pollDoor + "woocommerce",
			Secret: woocommercetest.Secret, Modified: time.Now().Add(-72 * time.Hour),
		})
		s.put(w, 42, -48*3600, 3)
		s.put(w, 43, -96*3600, 3) // before they stopped
		w.pollCounts(w.poll(s.system), 0, 1)
		w.pass(10 * time.Minute)
		w.pollShirts(s, 42, 3, 1)
		w.noOrder("43")
	})
}
