package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

func TestJourneyIsReadableFromTheLedger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "7", Name: "Ada"})
	b.drain(time.Minute)
	trace := b.one(pipeline.Received).Trace
	found, err := b.memory.Find(t.Context(), pipeline.Query{Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	var stages []string
	for _, e := range found {
		stages = append(stages, string(e.Stage))
	}
	if got := strings.Join(stages, " "); got != "received translated published sent confirmed" {
		t.Errorf("stages: %s", got)
	}
}

func TestA1TheSameDeliveryTwiceIsOneEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fact := toyFact{Type: amended, ID: "7"}
	if first, second := b.post("1", fact), b.post("1", fact); first != 200 || second != 200 {
		t.Fatalf("answers %d, %d", first, second)
	}
	b.drain(time.Minute)
	if n := len(b.entries(pipeline.Published)); n != 1 {
		t.Errorf("published %d times, want once", n)
	}
	if e := b.one(pipeline.Skipped); !strings.HasPrefix(e.Outcome, "duplicate") {
		t.Errorf("the second copy ended as %q", e.Outcome)
	}
	if len(b.toy.written) != 1 {
		t.Errorf("written %d times", len(b.toy.written))
	}
}

func TestTheSameFactFromTwoDeliveriesHasOneID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Once: true})
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Once: true, Name: "later"})
	b.drain(time.Minute)
	published := b.entries(pipeline.Published)
	if len(published) != 2 || published[0].Event != published[1].Event {
		t.Errorf("published %+v", published)
	}
	if len(b.toy.written) != 1 {
		t.Errorf("a fact that happens once was written %d times", len(b.toy.written))
	}
}

func TestUnusableBytesAreKeptWithTheirReason(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body   string
		event  func(toyFact) []connector.Event
		reason string
		text   string
	}{
		"unreadable":         {`{"type":`, nil, "parse body", "body"},
		"missing required":   {`{"type":"customer.upserted"}`, nil, "schema required id", "id: is missing"},
		"unknown event type": {`{}`, func(toyFact) []connector.Event { return []connector.Event{{Type: "odd.thing"}} }, "bug", "no such event type"},
		"does not balance":   {`{}`, unbalanced, "value balance_mismatch total", "1.00 EUR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.toy.translation = tc.event
			b.request("1", "good", tc.body)
			b.drain(30 * time.Minute)
			letters := b.dead("toy-inbox")
			if len(letters) != 1 || letters[0].Attributes[pipeline.AttrReason] != tc.reason {
				t.Fatalf("dead letters %+v, want one with reason %q", letters, tc.reason)
			}
			raw, err := message.DecodeRaw(letters[0].Body)
			if err != nil || string(raw.Body) != tc.body {
				t.Errorf("kept %q (%v), want %q", raw.Body, err, tc.body)
			}
			if e := b.one(pipeline.Dead); !strings.Contains(e.Error.Message, tc.text) {
				t.Errorf("reason %q does not name %q", e.Error.Message, tc.text)
			}
		})
	}
}

// unbalanced is an order that is one euro short.
func unbalanced(toyFact) []connector.Event {
	zero := canonical.Money{Currency: "EUR"}
	key := message.Key{System: "toy", Tenant: "t1", Type: "order", ID: "1"}
	return []connector.Event{{Type: canonical.OrderPlaced, Entity: key, Body: &canonical.Order{
		ID: "1", Name: "1", Status: canonical.OrderOpen, Financial: canonical.Paid, PlacedAt: epoch, UpdatedAt: epoch,
		Currency: "EUR", Tax: zero, Rounding: zero, Total: canonical.Money{Minor: 100, Currency: "EUR"},
	}}}
}

func TestASkippedDeliverySaysWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.skip = "moved to trash"
	b.post("1", toyFact{})
	b.drain(time.Minute)
	if e := b.one(pipeline.Skipped); e.Outcome != "moved to trash" {
		t.Errorf("outcome %q", e.Outcome)
	}
}

func TestNothingIsLostWhileTheBusIsAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bus := b.config.Bus
	b.config.Bus = brokenPort{}
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(5 * time.Minute)
	if len(b.toy.written) != 0 || len(b.entries(pipeline.Deferred)) == 0 {
		t.Fatal("the message did not wait")
	}
	b.config.Bus = bus
	b.drain(10 * time.Minute)
	if len(b.toy.written) != 1 {
		t.Errorf("written %d times after the bus came back", len(b.toy.written))
	}
}

func TestALargeBodyTravelsAsAClaimCheck(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	name := strings.Repeat("ä", message.InlineLimit)
	b.post("1", toyFact{Type: amended, ID: "7", Name: name})
	b.drain(time.Minute)
	if len(b.toy.deliveries) != 1 {
		t.Fatalf("%d deliveries", len(b.toy.deliveries))
	}
	d := b.toy.deliveries[0]
	if d.Message.Claim == nil || len(d.Message.Body) != 0 {
		t.Error("the body travelled inline")
	}
	if got := d.Body.(*canonical.Customer).FirstName.String(); got != name {
		t.Errorf("the target got %d bytes of name, want %d", len(got), len(name))
	}
}

func TestTranslationWaitsForWhatItHasToAsk(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.translateErr = &fault.Error{Kind: fault.Throttled, After: 90 * time.Second}
	b.post("1", toyFact{Type: amended, ID: "7"})
	if _, err := b.step(); err != nil {
		t.Fatal(err)
	}
	e := b.one(pipeline.Deferred)
	if wait := e.Next.Sub(e.At); wait < 90*time.Second || wait > 92*time.Second {
		t.Errorf("deferred by %v, want the 90 s that were asked for", wait)
	}
	b.toy.translateErr = nil
	b.drain(3 * time.Minute)
	if len(b.toy.written) != 1 {
		t.Errorf("written %d times", len(b.toy.written))
	}
}

func TestAForeignMessageInTheInboxIsBuried(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.memory.Send(t.Context(), "toy-inbox", []pipeline.Outgoing{{Body: []byte("not ours")}}); err != nil {
		t.Fatal(err)
	}
	b.drain(time.Minute)
	if letters := b.dead("toy-inbox"); len(letters) != 1 || string(letters[0].Body) != "not ours" {
		t.Errorf("dead letters %+v", letters)
	}
}
