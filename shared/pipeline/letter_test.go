package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

func TestADeadLetterHasItsCause(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.fail = []error{
		&fault.Error{Kind: fault.Unavailable, Status: 503},
		&fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "INVALID_KEY", Field: "lines[3].sku", Status: 400, Detail: "no item for ada@example.com"},
	}
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(time.Minute)
	letter, entry := e.dead(queue)[0], e.entry(port.Dead)
	var cause port.Cause
	e.must(json.Unmarshal([]byte(letter.Attributes[port.AttrCause]), &cause))
	want := port.Cause{
		Stage: port.Dead, Kind: "rejected", Class: fault.MissingRef, Code: "INVALID_KEY", Field: "lines[3].sku",
		Status: 400, Attempts: 2, At: entry.At,
	}
	if cause != want {
		t.Errorf("cause %+v, want %+v", cause, want)
	}
	for key, want := range map[string]string{
		port.AttrReason: "missing_ref INVALID_KEY lines[3].sku", port.AttrRoute: queue, port.AttrEntity: "shop/t1/customer/7",
		port.AttrFirstSeen: epoch.Format(time.RFC3339), port.AttrTrace: "trace-1", port.AttrEvent: entry.Event,
		port.AttrVersion: string(entry.Version), port.AttrFingerprint: entry.Error.Fingerprint,
	} {
		if got := letter.Attributes[key]; got != want || want == "" {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	if len(letter.Attributes) > 10 || strings.Contains(entry.Outcome+entry.Error.Message, "ada@") {
		t.Errorf("attributes %v, outcome %q", letter.Attributes, entry.Outcome)
	}
}

func TestF60AMessageThatFailsTheSameWayAfterThreeRedrivesIsParked(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]func(*testEnv, port.Incoming){"counted": (*testEnv).redrive, "moved as it is": (*testEnv).moveBack} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.system.failing = func(connector.Delivery) error {
				return &fault.Error{Kind: fault.Rejected, Code: "NO", Detail: "item 'A-1' is unknown"}
			}
			e.post("1", change{Type: customer, ID: "7"})
			e.drain(time.Minute)
			for redrives := range 4 {
				letter := e.letter()
				got := letter.Attributes
				if got[port.AttrFirstSeen] != epoch.Format(time.RFC3339) || got[port.AttrEvent] == "" || len(got) > 10 {
					t.Errorf("after %d redrives: %v", redrives, got)
				}
				if parked := strings.Contains(got[port.AttrCause], `"stage":"parked"`); parked != (redrives == e.retry.Loops) {
					t.Errorf("after %d redrives parked is %v", redrives, parked)
				}
				if redrives < 3 {
					back(e, letter)
					e.drain(time.Minute)
				}
			}
			if entry := e.entry(port.Parked); !strings.Contains(entry.Outcome, "redriven 3 times") || len(e.entries(port.Dead)) != 3 {
				t.Errorf("parked: %q, %d dead", entry.Outcome, len(e.entries(port.Dead)))
			}
		})
	}
}

func TestF60AnotherFailureBeginsANewCount(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, code := range []string{"A", "A", "B", "A"} {
		e.system.fail = append(e.system.fail, &fault.Error{Kind: fault.Rejected, Code: code})
	}
	e.post("1", change{Type: customer, ID: "7"})
	e.drain(time.Minute)
	for range 3 {
		e.redrive(e.letter())
		e.drain(time.Minute)
	}
	if n := len(e.entries(port.Dead)); n != 4 {
		t.Errorf("%d dead, want all four: the cause changed in between", n)
	}
}

func TestF59ARedriveOfWhatIsDoneIsResolvedAndNotSent(t *testing.T) {
	t.Parallel()
	for name, newer := range map[string]bool{"confirmed": false, "superseded": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.system.fail = []error{&fault.Error{Kind: fault.Rejected}}
			e.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
			e.drain(time.Minute)
			letter, stage := e.letter(), port.Skipped
			if newer {
				stage = port.Superseded
				e.post("2", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
			} else {
				e.redrive(letter)
			}
			e.drain(time.Minute)
			calls := len(e.system.deliveries)
			e.redrive(letter)
			e.drain(time.Minute)
			outcomes := e.outcomes(stage)
			if last := outcomes[len(outcomes)-1]; !strings.HasPrefix(last, "resolved") || len(e.system.deliveries) != calls {
				t.Errorf("%q after %d calls, want none after %d", outcomes, len(e.system.deliveries), calls)
			}
		})
	}
}

// TestF69ANewerStateSupersedesADeadLetter has an entity be corrected at its source.
func TestF69ANewerStateSupersedesADeadLetter(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, operation)
			v.acts = []act{refuse(fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Status: 400})}
			v.version(1)
			died := v.entry(port.Dead)
			v.version(2)
			v.settle(time.Minute)
			if got := v.holds(); got != "[v2]" {
				t.Errorf("the vendor has %s", got)
			}
			entry := v.entry(port.Superseded)
			if entry.Event != died.Event || entry.Trace != died.Trace || entry.Version != died.Version || !strings.Contains(entry.Outcome, "dead letter") {
				t.Errorf("superseded %+v", entry)
			}
			v.version(3) // the letter is reported once
			v.entry(port.Superseded)
			v.settled()
		})
	}
}

// TestF68WhateverBecomesOfALetterTheFactIsDelivered has a fact die; its letter expires, or is
// moved back in one of the ways that there are; then the same fact is reported again.
func TestF68WhateverBecomesOfALetterTheFactIsDelivered(t *testing.T) {
	t.Parallel()
	for name, becomes := range map[string]func(e *testEnv, letter port.Incoming){
		"expired": func(e *testEnv, letter port.Incoming) {
			e.must(e.memory.Delete(e.Context(), letter))
			e.clock.Advance(15 * 24 * time.Hour)
		},
		"expired long ago": func(e *testEnv, letter port.Incoming) {
			e.must(e.memory.Delete(e.Context(), letter))
			e.clock.Advance(100 * 24 * time.Hour)
		},
		"purged":               func(e *testEnv, letter port.Incoming) { e.must(e.memory.Delete(e.Context(), letter)) },
		"moved as it is":       (*testEnv).moveBack,
		"redriven by count":    (*testEnv).redrive,
		"sent without reasons": func(e *testEnv, letter port.Incoming) { e.send(queue, port.Outgoing{Body: letter.Body}) },
		"count alone": func(e *testEnv, letter port.Incoming) {
			e.send(queue, port.Outgoing{Body: letter.Body, Attributes: map[string]string{port.AttrRedrives: "1"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.system.fail = []error{&fault.Error{Kind: fault.Rejected}}
			e.post("1", change{Type: captured, ID: "9", Version: 1, Name: "paid"})
			e.drain(time.Minute)
			becomes(e, e.letter())
			e.drain(time.Minute)
			e.post("2", change{Type: captured, ID: "9", Version: 2, Name: "paid"})
			e.drain(time.Minute)
			if got := e.system.names(); !slices.Equal(got, []string{"paid"}) {
				t.Errorf("written %q", got)
			}
			e.settled()
		})
	}
}

// TestTheVerySameMessageWritesNoSecondLetter has deleting the message fail after its letter
// was written, so that the queue returns it.
func TestTheVerySameMessageWritesNoSecondLetter(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.failing = func(connector.Delivery) error { return &fault.Error{Kind: fault.Rejected} }
	e.post("1", change{Type: captured, ID: "9", Version: 1})
	e.post("2", change{Type: captured, ID: "9", Version: 2}) // a copy of the event, with a letter of its own
	for _, in := range slices.Repeat(e.translated(2), 3) {
		decision, err := e.one().deliver.Handle(t.Context(), in)
		if err != nil || !decision.Done {
			t.Fatal(decision, err)
		}
	}
	if letters := e.dead(queue); len(letters) != 2 || len(e.entries(port.Dead)) != 2 || len(e.system.deliveries) != 2 {
		t.Errorf("%d letters, %d entries, %d calls", len(letters), len(e.entries(port.Dead)), len(e.system.deliveries))
	}
	for _, outcome := range e.outcomes(port.Skipped) {
		if !strings.Contains(outcome, "dead letter of this very message") {
			t.Errorf("skipped: %q", outcome)
		}
	}
}

// TestF68EachLetterOfAFactIsSuperseded has a fact be reported in several versions, of which
// all but the last die. Each letter has its own end in the ledger, except one that was
// redriven: that letter is the message which is confirmed, or died again.
func TestF68EachLetterOfAFactIsSuperseded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		redriven   int // versions whose letter is redriven before the last is reported
		superseded int
	}{"none is redriven": {0, 3}, "one is redriven and dies again": {1, 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			const copies = 3
			for range copies + tc.redriven {
				e.system.fail = append(e.system.fail, &fault.Error{Kind: fault.Rejected})
			}
			died := map[string]port.Entry{}
			for n := range copies {
				e.post(strconv.Itoa(n), change{Type: captured, ID: "9", Version: copies - n, Name: "paid"})
				e.drain(time.Minute)
				if n < tc.redriven {
					e.redrive(e.letter())
					e.drain(time.Minute)
				}
			}
			for _, entry := range e.entries(port.Dead) {
				died[entry.Trace] = entry
			}
			e.post("last", change{Type: captured, ID: "9", Version: 1, Name: "paid"})
			e.drain(time.Minute)
			closed := e.entries(port.Superseded)
			for _, entry := range closed {
				if dead, known := died[entry.Trace]; !known || dead.Event != entry.Event || dead.Version != entry.Version {
					t.Errorf("%s %s is superseded, it died as %+v", entry.Trace, entry.Version, dead)
				}
				delete(died, entry.Trace)
			}
			if len(closed) != tc.superseded || len(died) > 0 || len(e.system.names()) != 1 {
				t.Errorf("%d letters are superseded, open %v, written %q", len(closed), died, e.system.names())
			}
			e.settled()
		})
	}
}

// flakyQueue fails to send to a dead-letter queue for a number of times.
type flakyQueue struct {
	port.Queue
	times int
}

func (q *flakyQueue) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	if strings.HasSuffix(queue, routes.Dead("")) {
		if q.times--; q.times >= 0 {
			return errPort
		}
	}
	return q.Queue.Send(ctx, queue, batch)
}

func TestADeadLetterQueueThatCannotBeWrittenLosesNothing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"rejected": "", "foreign": "not ours"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.system.failing = func(connector.Delivery) error { return &fault.Error{Kind: fault.Rejected} }
			e.ports.Queue = &flakyQueue{Queue: e.memory, times: 3}
			if e.post("1", change{Type: customer, ID: "7"}); body != "" {
				e.must(e.memory.Delete(t.Context(), e.take(inbox)[0]))
				e.send(queue, port.Outgoing{Body: []byte(body)})
			}
			failures := 0
			for end := e.clock.Now().Add(2 * time.Hour); e.clock.Now().Before(end); e.clock.Advance(10 * time.Second) {
				if _, err := e.step(); err != nil {
					if failures++; !errors.Is(err, errPort) || e.memory.Left() != 1 {
						t.Fatalf("%v, %d left", err, e.memory.Left())
					}
				}
			}
			if letters := e.dead(queue); len(letters) != 1 || failures != 3 {
				t.Errorf("%d dead letters after %d failures", len(letters), failures)
			}
			e.settled()
		})
	}
}

// TestF50ALedgerThatIsAwayGetsOneDeadLetter has a message that dies without an attempt be
// received again and again meanwhile.
func TestF50ALedgerThatIsAwayGetsOneDeadLetter(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no body": `{"specversion":"1.0","id":"1","type":"customer.upserted","subject":"customer/7","tenant":"t1","source":"causeway.shop","body":[]}`,
		"no JSON": `x`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.send(queue, port.Outgoing{Body: []byte(body)})
			e.ports.Ledger = brokenPort{}
			for range 12 {
				_, _ = e.step() // the ledger fails
				e.clock.Advance(5 * time.Minute)
			}
			e.mend()
			e.drain(time.Hour)
			if n := len(e.dead(queue)); n != 1 || len(e.entries(port.Dead)) != 1 {
				t.Errorf("%d dead letters, %d entries", n, len(e.entries(port.Dead)))
			}
		})
	}
}

// TestAMessageOfOneMebibyteIsBuriedAndRedriven has no room for its reason beside its body.
func TestAMessageOfOneMebibyteIsBuriedAndRedriven(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	limit := sizeLimit{e.memory}
	e.ports.Queue = limit
	e.system.fail = []error{&fault.Error{Kind: fault.Rejected}, &fault.Error{Kind: fault.Rejected}}
	event := change{Type: customer, ID: "7", Name: "large"}.event()
	body, err := canonical.Encode(event.Body)
	e.must(err)
	envelope := map[string]any{
		"id": "e1", "type": customer, "source": "causeway.shop", "subject": "customer/7", "tenant": "t1", "sequence": "1",
		"correlationid": "trace", "body": json.RawMessage(body), "padding": "",
	}
	data, err := json.Marshal(envelope)
	e.must(err)
	envelope["padding"] = strings.Repeat("x", mostBytes-len(data))
	data, err = json.Marshal(envelope)
	e.must(err)
	if len(data) != mostBytes {
		t.Fatal(len(data))
	}
	e.must(limit.Send(t.Context(), queue, []port.Outgoing{{Body: data}}))
	e.drain(time.Minute)
	for range 2 {
		letter := e.letter()
		if len(letter.Body) > 1000 || letter.Attributes[port.AttrEvent] != "e1" {
			t.Errorf("the letter has %d bytes and %v", len(letter.Body), letter.Attributes)
		}
		e.redrive(letter)
		e.drain(time.Minute)
	}
	if got := e.system.names(); !slices.Equal(got, []string{"large"}) {
		t.Errorf("written %q", got)
	}
	e.settled()
}

// mostBytes is what SQS takes as one message, attributes included.
const mostBytes = 1 << 20

// sizeLimit is a queue that refuses what SQS refuses.
type sizeLimit struct{ port.Queue }

func (q sizeLimit) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	for _, out := range batch {
		size := len(out.Body)
		for name, value := range maps.All(out.Attributes) {
			size += len(name) + len("String") + len(value)
		}
		if size > mostBytes {
			return fault.New(fault.Rejected, fault.TooLarge, "sending", strconv.Itoa(size)+" bytes")
		}
	}
	return q.Queue.Send(ctx, queue, batch)
}

// TestADeadEventOfUnknownOutcomeAllowsNoSecondRecord has the first version die of an outage while
// its outcome is unknown.
func TestADeadEventOfUnknownOutcomeAllowsNoSecondRecord(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"answer lost after the effect", "lost before the effect"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, connector.Operation{Guarantee: connector.Search})
			v.retry.Transient = time.Minute
			v.acts = append([]act{acts[name]}, slices.Repeat([]act{refuse(fault.Error{Kind: fault.Unavailable})}, 20)...)
			v.version(1)
			v.settle(3 * time.Hour)
			letter, calls, finds := v.letter(), len(v.calls), v.finds
			v.acts = nil
			v.post("2", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
			v.settle(time.Minute)
			if got := v.holds(); len(v.calls) != calls+1 || got != "[v2]" {
				t.Fatalf("%d calls and %d searches more, the vendor has %s", len(v.calls)-calls, v.finds-finds, got)
			}
			v.redrive(letter) // which a newer state has superseded
			v.settle(time.Minute)
			if got := v.holds(); len(v.calls) != calls+1 || got != "[v2]" {
				t.Errorf("%d calls more, the vendor has %s", len(v.calls)-calls, got)
			}
		})
	}
}

// TestALetterThatLosesARaceIsWrittenOnce has another message of the entity be recorded while
// the letter of one is written that held no lease, because its body is gone.
func TestALetterThatLosesARaceIsWrittenOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.translation = largeBody
	e.post("1", change{Type: customer, ID: "7", Version: 1})
	in := e.translated(1)[0]
	e.system.translation = nil
	e.post("2", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
	newer := e.translated(1)[0]
	other := e.another("other", e.clock.Now)
	e.ports.Vault = brokenVault{e.memory, fault.New(fault.Rejected, fault.MissingRef, "loading", "gone")}
	e.ports.State = &interleaved{e.memory, recordOf7, `"letter"`, func() {
		e.system.fail = []error{&fault.Error{Kind: fault.Throttled, After: time.Minute}}
		_, err := other.deliver.Handle(t.Context(), newer)
		e.must(err)
	}}
	for range 2 { // the queue returns it, because deleting it failed
		decision, err := e.one().deliver.Handle(t.Context(), in)
		if err != nil || !decision.Done {
			t.Errorf("until %v, %v", decision.Until, err)
		}
	}
	if n := len(e.dead(queue)); n != 1 || len(e.entries(port.Dead)) != 1 {
		t.Errorf("%d letters, %d entries", n, len(e.entries(port.Dead)))
	}
	e.clock.Advance(time.Hour)
	if decision, err := other.deliver.Handle(t.Context(), newer); err != nil || !decision.Done || len(e.system.written) != 1 {
		t.Errorf("the other message: %v, %v, %d writes", decision, err, len(e.system.written))
	}
}
