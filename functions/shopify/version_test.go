package shopify_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// triggered is the X-Shopify-Triggered-At of the recorded deliveries.
var triggered = time.Date(2026, 11, 22, 21, 5, 44, 123456789, time.UTC)

// deliver translates a webhook that Shopify triggered at a time.
func (s *shop) deliver(t testing.TB, d shopifytest.Delivery) []connector.Event {
	t.Helper()
	raw, err := s.Source.Receive(t.Context(), d.Request(now))
	if err != nil {
		t.Fatal(err)
	}
	translation, err := s.Source.Translate(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return translation.Events
}

// versionOf returns the version that the pipeline gives to the event about the entity type.
// Without a hint it takes the time of receipt.
func versionOf(t testing.TB, events []connector.Event, entity string, polled bool, received time.Time) message.Sequence {
	t.Helper()
	i := slices.IndexFunc(events, func(e connector.Event) bool { return e.Entity.Type == entity })
	if i < 0 {
		t.Fatalf("no event about a %s among %v", entity, types(events))
	}
	hint := events[i].Hint
	if hint.IsZero() {
		hint = received
	}
	return message.NewSequence(events[i].UpdatedAt, polled, hint)
}

func TestHintIsTheTimeAtWhichShopifyTriggeredTheDelivery(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(shopifytest.Sample())
	for _, name := range []string{"orders-create", "orders-updated", "orders-cancelled", "customers-create"} {
		raw, err := s.Source.Receive(t.Context(), recorded(t, name, name+".sample"))
		if err != nil {
			t.Fatal(err)
		}
		checkHints(t, s, raw, triggered)
	}
	raw, err := adopt(t.Context(), s, mustRead(t, "partner-event.json"))
	if err != nil {
		t.Fatal(err)
	}
	checkHints(t, s, raw, triggered)
}

func checkHints(t *testing.T, s *shop, raw *message.Raw, want time.Time) {
	t.Helper()
	translation, err := s.Source.Translate(t.Context(), raw)
	if err != nil || len(translation.Events) == 0 {
		t.Fatalf("%s %s: %d events, %v", raw.Trigger, raw.Topic, len(translation.Events), err)
	}
	for _, event := range translation.Events {
		if !event.Hint.Equal(want) {
			t.Errorf("%s %s: %s has the hint %v, want %v", raw.Trigger, raw.Topic, event.Type, event.Hint, want)
		}
	}
}

func TestAnUnreadableHintIsNone(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for name, value := range map[string]string{
		"missing": "", "no time": "soon", "no zone": "2026-11-22T21:05:44", "seconds": "1795381544",
		"beyond the calendar": "9999-12-31T23:59:59-23:00", "year 0": "0000-01-01T00:00:00Z",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}.Request(now)
			request.Header.Set("X-Shopify-Triggered-At", value)
			raw, err := s.Source.Receive(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			checkHints(t, s, raw, time.Time{})
		})
	}
}

// TestStatesOfOneSecondAreOrderedByTheirTrigger has the order paid and cancelled within one
// second of updated_at, with the later delivery arriving first. A poll of that second reads
// the state that is current, so that it is newer than both.
func TestStatesOfOneSecondAreOrderedByTheirTrigger(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	purchase := shopifytest.Purchase{ID: 42}
	paid := shopifytest.Delivery{Topic: "orders/paid", Body: purchase.Body(), TriggeredAt: shopifytest.Start.Add(100 * time.Millisecond)}
	purchase.CancelledAt = shopifytest.Start
	cancelled := shopifytest.Delivery{Topic: "orders/cancelled", Body: purchase.Body(), TriggeredAt: shopifytest.Start.Add(900 * time.Millisecond)}

	newer := versionOf(t, s.deliver(t, cancelled), "order", false, now)
	older := versionOf(t, s.deliver(t, paid), "order", false, now.Add(time.Minute))
	if older >= newer {
		t.Errorf("paid has version %s, cancelled %s", older, newer)
	}
	s.fake.Put(cancelled.Body)
	_, events := s.polled(t, "order", "42")
	if polled := versionOf(t, events, "order", true, now); polled <= newer {
		t.Errorf("the poll has version %s, the webhook %s", polled, newer)
	}
}

// TestADeliveryReportsTheOrderOnce gives every topic an order that was paid and cancelled in
// the second in which it was placed.
func TestADeliveryReportsTheOrderOnce(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	body := shopifytest.Purchase{CancelledAt: shopifytest.Start, PlacedAt: shopifytest.Start, UpdatedAt: shopifytest.Start}.Body()
	for _, topic := range []string{"orders/create", "orders/updated", "orders/paid", "orders/cancelled"} {
		want := []string{"customer.upserted", "order.cancelled", "payment.captured"}
		if got := types(s.report(t, topic, body)); !slices.Equal(got, want) {
			t.Errorf("%s gives %v, want %v", topic, got, want)
		}
	}
}

// TestAnOlderOrderDoesNotRestoreAnAddress changes the first of two orders of one buyer after
// the second was placed. Its address is older all the same.
func TestAnOlderOrderDoesNotRestoreAnAddress(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	day := func(n int) time.Time { return shopifytest.Start.AddDate(0, 0, n) }
	for name, purchase := range map[string]shopifytest.Purchase{
		"guest":                     {Guest: true, Email: "bo@example.com"},
		"customer without own date": {Customer: 7, Change: undated},
	} {
		first, second := purchase, purchase
		first.PlacedAt, first.UpdatedAt = day(1), day(9)
		second.PlacedAt, second.UpdatedAt = day(5), day(5)
		older := versionOf(t, s.report(t, "orders/updated", first.Body()), "customer", false, day(9))
		newer := versionOf(t, s.mustTranslate(t, "orders/create", second.Body()), "customer", false, day(5))
		if older >= newer {
			t.Errorf("%s: the older order gives the customer version %s, the newer %s", name, older, newer)
		}
	}
}

// TestAnEmbeddedCustomerHasItsOwnVersion uses the recorded cancellation: two hours after the
// sale it embeds the customer with the updated_at of the sale's second. Order and customer
// webhook thus report one version with one content.
func TestAnEmbeddedCustomerHasItsOwnVersion(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	body := mustRead(t, "orders-cancelled.sample", "in.json")
	var members struct {
		Customer json.RawMessage `json:"customer"`
	}
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	own, events := s.mustTranslate(t, "customers/update", members.Customer), s.mustTranslate(t, "orders/cancelled", body)
	embedded := events[0]
	if diff := cmp.Diff(own[0], embedded, allText); diff != "" {
		t.Errorf("customer webhook -, order webhook +\n%s", diff)
	}
	if sale := order(t, events); !sale.UpdatedAt.After(embedded.UpdatedAt) {
		t.Errorf("the recorded order changed at %v, its customer at %v", sale.UpdatedAt, embedded.UpdatedAt)
	}
}

func TestHintsOfHeadersInAnyCase(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	event := `{"source":"aws.partner/shopify.com/1/x","detail":{"payload":` + string(shopifytest.Sample()) +
		`,"metadata":{"x-shopify-topic":"orders/create","x-shopify-shop-domain":"` + shopifytest.Shop +
		`","x-shopify-triggered-at":"2026-11-22T21:05:44.5Z"}}}`
	raw, err := adopt(t.Context(), s, []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	if raw.Header[http.CanonicalHeaderKey("x-shopify-triggered-at")] == "" {
		t.Errorf("the raw message keeps %v", raw.Header)
	}
	checkHints(t, s, raw, time.Date(2026, 11, 22, 21, 5, 44, 500_000_000, time.UTC))
}
