package pipeline_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
	"causeway/shared/routes"
)

// keepsOut has a filter keep out what is named so, for good.
func (b *bench) keepsOut(name string) {
	b.deliver.Route.Filters = []routes.Filter{{
		Name: "out", Reason: "handed over", Default: true, Final: true,
		Pattern: routes.MustPattern(`{"detail":{"body":{"first_name":["` + name + `"]}}}`),
	}}
}

// TestF33WhatIsKeptOutResolvesNoUnknownOutcome has a first version's answer be lost, and a
// newer version be kept out, which is another event or the same: the first comes again.
func TestF33WhatIsKeptOutResolvesNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.None {
			continue // whose unknown outcome is a person's
		}
		for _, same := range []bool{false, true} {
			t.Run(name+map[bool]string{true: "/the same event", false: "/another event"}[same], func(t *testing.T) {
				t.Parallel()
				b, s := onShelf(t, operation)
				b.keepsOut("out")
				s.acts = []act{acts["answer lost after the effect"]}
				b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1", Once: true})
				_, _ = b.step()
				b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "out", Once: same})
				_, _ = b.step()
				b.post("3", toyFact{Type: amended, ID: "7", Version: 3, Name: "v3"})
				b.post("4", toyFact{Type: amended, ID: "child", Version: 1, Name: "child", Parents: []string{"7"}})
				s.settle(24 * time.Hour)
				if got := s.holds(); got != "[v3 child]" || len(b.entries(pipeline.Skipped)) != 1 || b.memory.Left() > 0 {
					t.Errorf("the shelf holds %s, %d skipped, %d left", got, len(b.entries(pipeline.Skipped)), b.memory.Left())
				}
			})
		}
	}
}

// TestWhatIsKeptOutTakesNoLeaseOfItsOwnEvent has the other version be in the call meanwhile.
func TestWhatIsKeptOutTakesNoLeaseOfItsOwnEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.keepsOut("out")
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1", Once: true})
	b.post("2", toyFact{Type: amended, ID: "7", Version: 2, Name: "out", Once: true})
	batchOf(t, b, "toy-inbox", b.translate)
	batch, err := b.memory.Receive(t.Context(), route.Queue(), 10, 0)
	if err != nil || len(batch) != 2 {
		t.Fatal(len(batch), err)
	}
	first, second := batch[0], batch[1]
	if !strings.Contains(string(first.Body), `"v1"`) {
		first, second = second, first
	}
	other := b.another("other", b.clock.Now)
	other.Route = b.deliver.Route
	b.toy.duringDeliver = func() {
		b.toy.duringDeliver = nil
		if err := pipeline.Settle(t.Context(), b.memory, other, second); err != nil {
			t.Error(err)
		}
	}
	if err := pipeline.Settle(t.Context(), b.memory, b.deliver, first); err != nil {
		t.Fatal(err)
	}
	b.post("3", toyFact{Type: amended, ID: "7", Version: 3, Name: "v3"})
	b.drain(time.Hour)
	if last := b.toy.deliveries[len(b.toy.deliveries)-1]; len(b.toy.deliveries) != 2 || last.Ref == "" {
		t.Errorf("%d deliveries, the last knows the id %q", len(b.toy.deliveries), last.Ref)
	}
}

// TestF51TwoCopiesAtOneTickOfTheClockAreTwo has one worker claim for a copy while it is in
// the call for the other.
func TestF51TwoCopiesAtOneTickOfTheClockAreTwo(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.None})
	b.config.Worker = "one"
	in := b.queued(1)[0]
	inside, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	s.acts = []act{func(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		close(inside)
		<-goOn
		return apply()
	}}
	b.config.State = &beforehand{State: b.memory, first: func() {
		go func() {
			_, err := b.deliver.Handle(t.Context(), in)
			done <- err
		}()
		<-inside
	}}
	_, err := b.deliver.Handle(t.Context(), in)
	close(goOn)
	if err := errors.Join(err, <-done); err != nil || len(s.calls) != 1 {
		t.Errorf("%d writes, %v", len(s.calls), err)
	}
}

func TestF50AnEndThatWasStoredUnheardKeepsItsWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.config.Policy.Breaker.Failures = 0
	b.config.State = &deaf{b.memory, 0, func(n int) bool { return n%2 == 0 }} // a claim, an end, a claim …
	b.toy.failing = func() error { return &fault.Error{Kind: fault.Unavailable, Status: 503} }
	b.post("1", toyFact{Type: amended, ID: "7"})
	b.drain(10 * time.Minute)
	if n := len(b.toy.deliveries); n > 20 {
		t.Errorf("%d calls in ten minutes", n)
	}
}

// TestF50ALedgerThatIsAwayGetsOneDeadLetter has a message that dies without an attempt be
// received again and again meanwhile.
func TestF50ALedgerThatIsAwayGetsOneDeadLetter(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no body": `{"specversion":"1.0","id":"1","type":"customer.upserted","subject":"customer/7","tenant":"t1","source":"causeway.toy","body":[]}`,
		"no JSON": `x`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if err := b.memory.Send(t.Context(), route.Queue(), []pipeline.Outgoing{{Body: []byte(body)}}); err != nil {
				t.Fatal(err)
			}
			b.config.Ledger = brokenPort{}
			for range 12 {
				_, _ = b.step() // the ledger fails
				b.clock.Advance(5 * time.Minute)
			}
			b.config.Ledger = b.memory
			b.drain(time.Hour)
			if n := len(b.dead(route.Queue())); n != 1 || len(b.entries(pipeline.Dead)) != 1 {
				t.Errorf("%d dead letters, %d entries", n, len(b.entries(pipeline.Dead)))
			}
		})
	}
}

// settlesAs plays steps at a shelf, the first write befallen by act, and wants it to end so.
func (s *shelf) settlesAs(want string, befalls act, facts ...toyFact) {
	b := s.b
	b.Helper()
	for i, f := range facts {
		if b.post(strconv.Itoa(i), f); f.Version == 0 {
			b.Fatal("a fact without a version")
		}
		if befalls != nil && len(s.calls) == 0 {
			s.acts = []act{befalls}
		}
		_, _ = b.step()
	}
	s.settle(24 * time.Hour)
	if got := s.holds(); got != want || b.memory.Left() > 0 {
		b.Errorf("the shelf holds %s, want %s; %d left", got, want, b.memory.Left())
	}
}

func TestF33WhatIsLetInIsWrittenAlthoughANewerVersionIsKeptOut(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.None {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, s := onShelf(t, operation)
			s.b.keepsOut("out")
			s.settlesAs("[v2]", acts["answer lost after the effect"], toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"},
				toyFact{Type: amended, ID: "7", Version: 3, Name: "out"}, toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"})
		})
		t.Run(name+"/a change that placed it", func(t *testing.T) {
			t.Parallel()
			operation := operation
			operation.Amends = true
			_, s := onShelf(t, operation)
			s.b.keepsOut("out")
			s.b.deliver.Route.Filters = append(s.b.deliver.Route.Filters, routes.Filter{
				Name: "later", Reason: "not yet", Default: true, Pattern: routes.MustPattern(`{"detail":{"body":{"first_name":["later"]}}}`),
			})
			s.settlesAs("[v4]", acts["answer lost after the effect"], toyFact{Type: amended, ID: "7", Version: 1, Name: "later"},
				toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"}, toyFact{Type: amended, ID: "7", Version: 3, Name: "out"},
				toyFact{Type: amended, ID: "7", Version: 4, Name: "v4"})
		})
	}
}

// TestF33AFilterThatIsSwitchedOnResolvesNoUnknownOutcome has it match what was written.
func TestF33AFilterThatIsSwitchedOnResolvesNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.None {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := onShelf(t, operation)
			s.acts = []act{acts["answer lost after the effect"]}
			b.post("first", toyFact{Type: amended, ID: "7", Version: 1, Name: "out"})
			_, _ = b.step()
			b.keepsOut("out")
			s.settlesAs("[v2 child]", nil, toyFact{Type: amended, ID: "7", Version: 2, Name: "v2"},
				toyFact{Type: amended, ID: "child", Version: 1, Name: "child", Parents: []string{"7"}})
		})
	}
}

// TestF33AChildOfUnknownOutcomeIsNotSkippedWithItsParent has its parent be kept out after it
// was written.
func TestF33AChildOfUnknownOutcomeIsNotSkippedWithItsParent(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.None {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := onShelf(t, operation)
			parent := toyFact{ID: "p"}.event().Entity
			s.rows = []*row{{key: parent, name: "parent", made: b.clock.Now().Add(-time.Hour)}} // from before our memory
			s.acts = []act{lostForAnHour}
			b.post("first", toyFact{Type: amended, ID: "child", Version: 1, Name: "child", Parents: []string{"p"}})
			for len(s.calls) == 0 {
				_, _ = b.step()
				b.clock.Advance(time.Second)
			}
			b.keepsOut("out")
			s.settlesAs("[parent child2]", nil, toyFact{Type: amended, ID: "p", Version: 2, Name: "out"},
				toyFact{Type: amended, ID: "child", Version: 2, Name: "child2"})
			if e := b.one(pipeline.Skipped); e.Entity.ID != "p" {
				t.Errorf("%s is skipped: %s", e.Entity.ID, e.Outcome)
			}
		})
	}
}
