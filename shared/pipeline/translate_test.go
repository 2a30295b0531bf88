package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

func TestAJourneyIsReadableFromTheLedger(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7", Name: "Ada"})
	e.drain(time.Minute)
	found, err := e.memory.Find(t.Context(), port.Query{Trace: "trace-1"})
	e.must(err)
	var stages []string
	for _, entry := range found {
		stages = append(stages, string(entry.Stage))
	}
	if got := strings.Join(stages, " "); got != "translated published sent confirmed" {
		t.Errorf("stages: %s", got)
	}
}

func TestA1TheSameDeliveryTwiceIsOneEvent(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	c := change{Type: customer, ID: "7"}
	e.post("1", c)
	e.post("1", c)
	e.drain(time.Minute)
	if n := len(e.entries(port.Published)); n != 1 {
		t.Errorf("published %d times, want once", n)
	}
	if entry := e.entry(port.Skipped); !strings.HasPrefix(entry.Outcome, "duplicate") {
		t.Errorf("the second copy ended as %q", entry.Outcome)
	}
	if len(e.system.written) != 1 {
		t.Errorf("written %d times", len(e.system.written))
	}
}

func TestUnusableBytesAreKeptWithTheirReason(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body   string
		event  func(change) []connector.Event
		reason string
		text   string
	}{
		"unreadable":         {`{"type":`, nil, "parse body", "body"},
		"missing required":   {`{"type":"customer.upserted"}`, nil, "schema required id", "id: is missing"},
		"unknown event type": {`{}`, func(change) []connector.Event { return []connector.Event{{Type: "odd.thing"}} }, "bug", "event type is missing"},
		"does not balance":   {`{}`, unbalanced, "value balance_mismatch total", "1.00 EUR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.system.translation = tc.event
			e.raw(e.rawWith("1", tc.body))
			e.drain(30 * time.Minute)
			letters := e.dead(inbox)
			if len(letters) != 1 || letters[0].Attributes[port.AttrReason] != tc.reason {
				t.Fatalf("dead letters %+v, want one with reason %q", letters, tc.reason)
			}
			raw, err := message.DecodeRaw(letters[0].Body)
			if err != nil || string(raw.Body) != tc.body {
				t.Errorf("kept %q (%v), want %q", raw.Body, err, tc.body)
			}
			if entry := e.entry(port.Dead); !strings.Contains(entry.Error.Message, tc.text) {
				t.Errorf("reason %q does not name %q", entry.Error.Message, tc.text)
			}
		})
	}
}

// unbalanced is an order that is one euro short.
func unbalanced(change) []connector.Event {
	order := change{Type: canonical.OrderPlaced, ID: "1"}.event()
	order.Body.(*canonical.Order).Total.Minor = 100
	return []connector.Event{order}
}

func TestASkippedDeliveryHasItsReason(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.skip = "moved to trash"
	e.post("1", change{})
	e.drain(time.Minute)
	if entry := e.entry(port.Skipped); entry.Outcome != "moved to trash" {
		t.Errorf("outcome %q", entry.Outcome)
	}
}

func TestAPrivacyRequestIsRecordedUntilItIsCarriedOut(t *testing.T) {
	t.Parallel()
	due := epoch.Add(30 * 24 * time.Hour)
	store := message.Key{System: "shop", Tenant: "t1", Type: "store", ID: "t1"}
	for name, c := range map[string]struct {
		customer message.Key
		want     message.Key
	}{"of a customer": {customerKey("7"), customerKey("7")}, "of a store": {message.Key{}, store}} {
		e := newEnv(t)
		e.system.skip = "erase it"
		e.system.privacy = &connector.PrivacyRequest{Kind: connector.EraseCustomer, Customer: c.customer, Due: due, Orders: []message.Key{customerKey("8")}}
		e.post("1", change{})
		e.post("1", change{})
		e.drain(time.Minute)
		entry := e.entry(port.Privacy)
		if entry.Type != port.TypePrivacyRequest || entry.Entity != c.want || entry.Outcome != "erase it" || entry.Event == "" {
			t.Errorf("%s: %+v", name, entry)
		}
		want := []connector.Note{{Field: port.NoteKind, What: "erase"}, {Field: port.NoteDue, What: due.UTC().Format(time.RFC3339)}, {Field: port.NoteOrder, What: "shop/t1/customer/8"}}
		if !slices.Equal(entry.Notes, want) {
			t.Errorf("%s: notes %v", name, entry.Notes)
		}
		if n := len(e.entries(port.Privacy)); n != 1 {
			t.Errorf("%s: recorded %d times", name, n)
		}
	}
}

func TestNothingIsLostWhileTheBusIsAway(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.ports.Bus = brokenPort{}
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(5 * time.Minute)
	if len(e.system.written) != 0 || len(e.entries(port.Deferred)) == 0 {
		t.Fatal("the message did not wait")
	}
	e.mend()
	e.drain(10 * time.Minute)
	if len(e.system.written) != 1 {
		t.Errorf("written %d times after the bus came back", len(e.system.written))
	}
}

func TestALargeBodyTravelsAsAClaimCheck(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	name := strings.Repeat("ä", message.InlineLimit)
	e.post("1", change{Type: customer, ID: "7", Name: name})
	e.drain(time.Minute)
	if len(e.system.deliveries) != 1 {
		t.Fatalf("%d deliveries", len(e.system.deliveries))
	}
	d := e.system.deliveries[0]
	if d.Message.Claim == nil || len(d.Message.Body) != 0 {
		t.Error("the body was sent inline")
	}
	if got := nameOf(d.Body); got != name {
		t.Errorf("the target got %d bytes of name, want %d", len(got), len(name))
	}
}

func TestATranslationWaitsForWhatItHasToAsk(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.translateErr = &fault.Error{Kind: fault.Throttled, After: 90 * time.Second}
	e.post("1", change{Type: customer, ID: "7"})
	_, err := e.step()
	e.must(err)
	entry := e.entry(port.Deferred)
	if wait := entry.Next.Sub(entry.At); wait < 90*time.Second || wait > 92*time.Second {
		t.Errorf("deferred by %v, want the 90 s that the source asked for", wait)
	}
	e.system.translateErr = nil
	e.drain(3 * time.Minute)
	if len(e.system.written) != 1 {
		t.Errorf("written %d times", len(e.system.written))
	}
}

// TestF80ADeliveryIDThatIsReusedIsTranslatedTwice has the second delivery under one id have
// another body, and its translation fail a few times; then both come again.
func TestF80ADeliveryIDThatIsReusedIsTranslatedTwice(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	first, second := change{Type: customer, ID: "7", Name: "first"}, change{Type: customer, ID: "8", Name: "second"}
	e.post("1", first)
	e.drain(time.Minute)
	e.ports.Bus = brokenPort{}
	e.post("1", second)
	e.drain(time.Minute)
	e.mend()
	e.drain(10 * time.Minute)
	if got := e.system.names(); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("written %q", got)
	}
	e.post("1", first)
	e.post("1", second)
	e.drain(time.Minute)
	conflict := e.entry(port.Received)
	if conflict.Error.Class != fault.Conflict || conflict.Causation != message.DeriveID("shop", "1") || conflict.Event == conflict.Causation {
		t.Errorf("entry %+v", conflict)
	}
	if !slices.Equal(e.alarms, []string{pipeline.AlarmDeliveryID}) || len(e.system.written) != 2 {
		t.Errorf("alarms %q, %d writes", e.alarms, len(e.system.written))
	}
}

// TestF80BothAreTranslatedWhicheverFailsFirst has the first of two deliveries with one id
// fail until the second is translated.
func TestF80BothAreTranslatedWhicheverFailsFirst(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.translateErr = &fault.Error{Kind: fault.Throttled, After: time.Minute}
	e.post("1", change{Type: customer, ID: "7", Name: "first"})
	_, err := e.step()
	e.must(err)
	e.system.translateErr = nil
	e.post("1", change{Type: customer, ID: "8", Name: "second"})
	e.drain(10 * time.Minute)
	got := e.system.names()
	if slices.Sort(got); !slices.Equal(got, []string{"first", "second"}) || len(e.alarms) != 1 {
		t.Errorf("written %q, alarms %q", got, e.alarms)
	}
}

func TestTwoForeignMessagesAreTwoDeadLetters(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"no JSON": "not ours", "no id": `{"system":"shop","body":"e30="}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			for range 2 {
				e.send(inbox, port.Outgoing{Body: []byte(body)})
			}
			e.drain(time.Minute)
			letters := e.dead(inbox)
			if len(letters) != 2 || string(letters[0].Body) != body || letters[0].Attributes[port.AttrEvent] == letters[1].Attributes[port.AttrEvent] {
				t.Errorf("dead letters %+v", letters)
			}
			if len(e.entries(port.Dead)) != 2 {
				t.Errorf("entries %+v", e.entries(port.Dead))
			}
			e.settled()
		})
	}
}

func TestAMessageOfTheRouteThatCannotBeReadIsBuried(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no JSON": "x", "no id": `{"type":"customer.upserted","subject":"customer/7","body":{}}`, "no subject": `{"id":"1","type":"customer.upserted"}`,
		"unknown type": `{"id":"1","subject":"odd/7","type":"odd.thing"}`,
		"wrong body":   `{"id":"1","subject":"customer/7","type":"customer.upserted","body":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.retry.Config = time.Minute
			for range 2 {
				e.send(queue, port.Outgoing{Body: []byte(body)})
			}
			e.drain(5 * time.Minute)
			letters := e.dead(queue)
			if len(letters) != 2 || string(letters[0].Body) != body || len(e.entries(port.Dead)) != 2 {
				t.Errorf("dead letters %+v, %d entries", letters, len(e.entries(port.Dead)))
			}
			e.settled()
		})
	}
}

// TestF74ASourceClockThatIsAheadIsDatedByArrival has a source's clock be a day ahead, then
// right: the true change is not outdated by it.
func TestF74ASourceClockThatIsAheadIsDatedByArrival(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	ahead := 24 * time.Hour
	e.system.translation = func(c change) []connector.Event {
		event := c.event()
		event.UpdatedAt = e.clock.Now().Add(ahead)
		return []connector.Event{event}
	}
	e.post("1", change{Type: customer, ID: "7", Name: "ahead"})
	e.drain(time.Minute)
	published := e.entry(port.Published)
	if len(published.Notes) != 1 || !strings.Contains(published.Notes[0].What, "24h0m0s") || !slices.Equal(e.alarms, []string{pipeline.AlarmClock}) {
		t.Errorf("notes %+v, alarms %q", published.Notes, e.alarms)
	}
	ahead = 0
	e.post("2", change{Type: customer, ID: "7", Name: "right"})
	e.drain(time.Minute)
	if got := e.system.names(); !slices.Equal(got, []string{"ahead", "right"}) {
		t.Errorf("written %q", got)
	}
	ahead = 5 * time.Minute
	e.post("3", change{Type: customer, ID: "7", Name: "within tolerance"})
	e.drain(time.Minute)
	if len(e.alarms) != 1 || len(e.system.written) != 3 {
		t.Errorf("alarms %q, %d writes at exactly 5 minutes", e.alarms, len(e.system.written))
	}
}

// TestF77TextThatAQueueRefusesIsReplaced has the characters that SQS refuses be in a body.
func TestF77TextThatAQueueRefusesIsReplaced(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7", Name: "a\ufffeb\uffffc"})
	e.drain(time.Minute)
	if got := e.system.names(); !slices.Equal(got, []string{"a\ufffdb\ufffdc"}) {
		t.Errorf("written %q", got)
	}
	if notes := e.entry(port.Published).Notes; len(notes) != 1 || !strings.Contains(notes[0].What, "U+FFFE") {
		t.Errorf("notes %+v", notes)
	}
}

func TestADecisionThatNobodyMadeDeletesNothing(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.send(queue, port.Outgoing{Body: []byte("x")})
	in := e.take(queue)[0]
	if err := (port.Decision{}).Apply(t.Context(), e.memory, in); err == nil {
		t.Error("the zero decision is applied")
	}
	e.clock.Advance(time.Hour)
	if len(e.take(queue)) != 1 {
		t.Error("the message is gone")
	}
	if err := port.Settle(t.Context(), e.memory, undecided{}, in); err == nil || e.memory.Left() != 1 {
		t.Errorf("%v, %d left", err, e.memory.Left())
	}
	if err := port.Settle(t.Context(), e.memory, undecided{errPort}, in); !errors.Is(err, errPort) || e.memory.Left() != 1 {
		t.Errorf("%v, %d left", err, e.memory.Left())
	}
}

// undecided is a Handler that decides nothing.
type undecided struct{ err error }

func (u undecided) Handle(_ context.Context, _ port.Incoming) (port.Decision, error) {
	return port.Decision{}, u.err
}
