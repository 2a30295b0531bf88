package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
	"causeway/shared/routes"
)

// unanswered takes effect, and is tried again only after an hour.
func unanswered(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
	_, _ = apply()
	return connector.Receipt{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, After: time.Hour}
}

// version sends one version of the entity and lets a little time pass.
func (s *shelf) version(n int) {
	name := "v" + strconv.Itoa(n)
	s.b.post(name, toyFact{Type: amended, ID: "7", Version: n, Name: name})
	s.settle(3 * time.Second)
}

// confirmedInOrder fails unless the ledger's confirmed versions increase.
func (s *shelf) confirmedInOrder() {
	s.b.Helper()
	entries := s.b.entries(pipeline.Confirmed)
	if !slices.IsSortedFunc(entries, func(a, b pipeline.Entry) int { return strings.Compare(string(a.Version), string(b.Version)) }) {
		s.b.Errorf("confirmed out of order: %+v", entries)
	}
}

func TestF33AllWaitForAWriteThatOnlyItsOwnMessageCanFindOutAbout(t *testing.T) {
	t.Parallel()
	for _, guarantee := range []connector.Guarantee{connector.IdempotencyKey, connector.Search} {
		for _, other := range []int{1, 3} {
			t.Run(fmt.Sprint(guarantee, other), func(t *testing.T) {
				t.Parallel()
				b, s := onShelf(t, connector.Operation{Guarantee: guarantee})
				s.acts = []act{unanswered}
				s.version(2)
				s.version(other)
				s.settle(40 * time.Minute) // long after it can take effect any more
				if len(s.calls) != 1 {
					t.Fatalf("%d writes while the outcome of the first is open", len(s.calls))
				}
				if e := b.entries(pipeline.Deferred); e[1].Error.Code != pipeline.OutcomeOpen || !strings.Contains(e[1].Outcome, e[0].Event) {
					t.Errorf("it waits because of %+v, want the event %s named", e[1], e[0].Event)
				}
				s.settle(2 * time.Hour)
				if got, want := s.holds(), fmt.Sprintf("[v%d]", max(2, other)); got != want {
					t.Errorf("the shelf holds %s, want %s", got, want)
				}
				s.confirmedInOrder()
			})
		}
	}
}

func TestF3AnotherVersionWaitsForWhatIsParkedAndGoesOnWhenThatIsRedriven(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.None})
	s.acts = []act{acts["lost before the effect"]}
	s.version(1)
	s.version(2)
	s.settle(24 * time.Hour)
	letters := b.dead(route.Queue())
	if len(letters) != 1 || len(s.calls) != 1 {
		t.Fatalf("%d dead letters, %d writes", len(letters), len(s.calls))
	}
	waits := b.entries(pipeline.Deferred)
	if e := waits[len(waits)-1]; e.Error.Code != pipeline.ParentDead || !strings.Contains(e.Outcome, letters[0].Attributes[pipeline.AttrEvent]) {
		t.Errorf("it waits because of %+v", e.Error)
	}
	b.redrive(letters[0], "1")
	s.settle(10 * time.Hour)
	if got := s.holds(); got != "[v2]" {
		t.Errorf("the shelf holds %s", got)
	}
	s.confirmedInOrder()
}

// TestF63 has the parked message deleted by somebody, and nobody told us.
func TestF63WhatNobodyWillResolveIsGivenUpAfterARedriveOfWhatWaits(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.None})
	s.acts = []act{acts["lost before the effect"]}
	s.version(1)
	gone := b.dead(route.Queue())[0]
	if err := b.memory.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	s.version(2)
	s.settle(74 * time.Hour)
	letter := b.dead(route.Queue())[0]
	if reason := letter.Attributes[pipeline.AttrReason]; reason != "missing_ref parent_dead customer" {
		t.Errorf("parked because of %q", reason)
	}
	b.redrive(letter, "1")
	s.settle(24 * time.Hour)
	if len(s.rows) != 0 {
		t.Fatal("written a day after the redrive, in which the other could have been redriven too")
	}
	s.settle(50 * time.Hour)
	if got := s.holds(); got != "[v2]" {
		t.Errorf("the shelf holds %s", got)
	}
}

func TestF50AnOlderVersionWaitsForOneThatWasConfirmedButNotMarked(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := onShelf(t, operation)
			s.acts = []act{func(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
				b.config.State = brokenPort{} // the ledger goes on
				return apply()
			}}
			s.version(3)
			b.one(pipeline.Confirmed)
			s.version(2)
			s.settle(3 * time.Hour)
			if got := s.holds(); got != "[v3]" || len(b.entries(pipeline.Superseded)) != 1 {
				t.Errorf("the shelf holds %s, superseded %+v", got, b.entries(pipeline.Superseded))
			}
			s.confirmedInOrder()
			if dead := b.dead(route.Queue()); len(dead) > 0 {
				t.Errorf("dead letters %+v", dead)
			}
		})
	}
}

// TestF48AnOlderVersionWaits has a version found by its search, whose state cannot be set
// for an hour: what was found may hold it already.
func TestF48AnOlderVersionWaitsForOneThatWasFoundButNotSet(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.Search})
	b.config.Policy.Breaker.Failures = 0
	s.acts = []act{acts["answer lost after the effect"], refuse(fault.Error{Kind: fault.Throttled, After: time.Hour})}
	s.version(3)
	s.settle(30 * time.Minute)
	if len(s.calls) != 2 {
		t.Fatalf("%d writes, want the lost one and the throttled one", len(s.calls))
	}
	s.version(2)
	s.settle(20 * time.Minute)
	if len(s.calls) != 2 {
		t.Error("the older version was written meanwhile")
	}
	s.version(4) // which nothing can go back on
	b.one(pipeline.Confirmed)
	s.settle(3 * time.Hour)
	if got := s.holds(); got != "[v4]" || len(b.entries(pipeline.Superseded)) != 2 {
		t.Errorf("the shelf holds %s, superseded %+v", got, b.entries(pipeline.Superseded))
	}
	s.confirmedInOrder()
}

// TestTwoUnknownOutcomesAreResolvedNewestFirst has a record in which each of two versions
// is one that all others have to wait for, as a change of an operation's guarantee leaves it.
func TestTwoUnknownOutcomesAreResolvedNewestFirst(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.IdempotencyKey, KeyLife: 24 * time.Hour})
	tries := map[string]any{}
	for v := 1; v <= 2; v++ {
		name := "v" + strconv.Itoa(v)
		b.post(name, toyFact{Type: amended, ID: "7", Version: v, Name: name})
	}
	batchOf(t, b, "toy-inbox", b.translate)
	for _, e := range b.entries(pipeline.Published) {
		tries[e.Event] = map[string]any{"count": 1, "open": epoch, "sole": true, "version": e.Version}
	}
	value, err := json.Marshal(map[string]any{"tries": tries})
	if err != nil || len(tries) != 2 {
		t.Fatalf("%d tries, %v", len(tries), err)
	}
	if _, err := b.memory.Put(t.Context(), pipeline.Item{Key: recordOf7, Value: value}); err != nil {
		t.Fatal(err)
	}
	s.settle(time.Hour)
	if len(s.calls) != 1 || s.holds() != "[v2]" || len(b.entries(pipeline.Superseded)) != 1 {
		t.Errorf("%d writes, the shelf holds %s: they wait for each other", len(s.calls), s.holds())
	}
}

// recordOf7 is the key of the record that the tests' entity has.
const recordOf7 = "toy2|toy/t1/customer/7"

func TestANewerVersionUnderAnExternalIDGoesOnBesideAPoisonedOne(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.ExternalID})
	s.acts = slices.Repeat([]act{refuse(fault.Error{Kind: fault.Unknown})}, 5)
	s.version(2)
	s.settle(time.Hour)
	b.one(pipeline.Dead)
	s.version(1)
	s.settle(time.Hour)
	if len(s.rows) != 0 {
		t.Error("the older version was written, although the newer one may be there")
	}
	s.version(3)
	s.settle(10 * time.Hour)
	if got := s.holds(); got != "[v3]" || len(b.entries(pipeline.Superseded)) != 1 {
		t.Errorf("the shelf holds %s", got)
	}
}

// TestWhatWaitsHoldsNothing has a change and the placing of its entity look at each other
// in step: were the change to claim the entity only to find that it has to wait, the
// placing would find it taken, again and again.
func TestWhatWaitsHoldsNothing(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.Search, Amends: true})
	s.version(2)
	item, err := b.memory.Get(t.Context(), recordOf7)
	if err != nil || len(item.Value) == 0 || strings.Contains(string(item.Value), `"lease"`) {
		t.Errorf("%s, %v: what waits holds the entity", item.Value, err)
	}
	if len(b.entries(pipeline.Deferred)) == 0 || len(s.calls) != 0 {
		t.Error("it does not wait")
	}
}

func TestF27ACopyCallsNoEarlierThanTheTargetAsked(t *testing.T) {
	t.Parallel()
	for name, ledger := range map[string]func(*pipeline.Config) pipeline.Ledger{
		"sound ports":          func(c *pipeline.Config) pipeline.Ledger { return c.Ledger },
		"ledger throttled":     func(*pipeline.Config) pipeline.Ledger { return brokenPort{} },
		"killed at the ledger": func(c *pipeline.Config) pipeline.Ledger { return lastWord{c.Ledger, c} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.post("1", toyFact{Type: amended, ID: "7"})
			batchOf(t, b, "toy-inbox", b.translate)
			in, err := b.memory.Receive(t.Context(), route.Queue(), 1, 0)
			if err != nil {
				t.Fatal(err)
			}
			calls := 0
			asked := targetFunc(func(context.Context, connector.Delivery) (connector.Receipt, error) {
				calls++
				return connector.Receipt{}, &fault.Error{Kind: fault.Throttled, After: 10 * time.Minute}
			})
			first, other := b.another("first", b.clock.Now), b.another("other", b.skewed(-5*time.Minute))
			first.System.Target, other.System.Target = asked, asked
			first.Config.Ledger = ledger(first.Config)
			decision, err := first.Handle(t.Context(), in[0])
			if err != nil || decision.Until.Before(epoch.Add(10*time.Minute)) {
				t.Fatalf("told %v, %v", decision, err)
			}
			copied := in[0]
			copied.MessageID = "another"
			if _, err = other.Handle(t.Context(), copied); err != nil { // which begins to watch the lease, if there is one yet
				t.Fatal(err)
			}
			b.clock.Advance(9 * time.Minute)
			if decision, err = other.Handle(t.Context(), copied); err != nil || decision.Ended() || calls != 1 {
				t.Errorf("the copy was told %v, %v after %d calls", decision, err, calls)
			}
			b.clock.Advance(11 * time.Minute)
			if _, err = other.Handle(t.Context(), copied); err != nil || calls != 2 {
				t.Errorf("%v after %d calls: the copy is kept off for ever", err, calls)
			}
		})
	}
}

// lastWord is a Ledger in whose first call the process is killed: nothing that comes
// after it reaches the State.
type lastWord struct {
	pipeline.Ledger
	config *pipeline.Config
}

func (l lastWord) Append(context.Context, ...pipeline.Entry) error {
	l.config.State = brokenPort{}
	return errPort
}

func TestALaterRefusalSaysNothingAboutAnEarlierWrite(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]fault.Error{
		"429": {Kind: fault.Throttled, After: time.Hour}, "401": {Kind: fault.Unauthorized, After: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := onShelf(t, connector.Operation{Guarantee: connector.IdempotencyKey, KeyLife: 30 * time.Minute})
			b.config.Policy.Breaker.Failures = 0
			s.acts = []act{acts["answer lost after the effect"], refuse(refusal)}
			s.version(1)
			clear(s.keys)
			s.settle(3 * time.Hour)
			if e := b.one(pipeline.Parked); e.Error.Code != pipeline.OutcomeUnknown || len(s.rows) != 1 {
				t.Errorf("%d rows, ended as %+v", len(s.rows), e.Error)
			}
		})
	}
}

// TestARedrive of what died of something else is no word about its outcome.
func TestARedriveIsAPersonsWordOnlyWhereOneWasAsked(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.IdempotencyKey, KeyLife: time.Hour})
	b.config.Policy.Transient = time.Minute
	s.acts = append([]act{acts["answer lost after the effect"]}, slices.Repeat([]act{refuse(fault.Error{Kind: fault.Unavailable})}, 20)...)
	s.version(1)
	s.settle(30 * time.Minute)
	s.acts = nil
	clear(s.keys)
	b.redrive(b.dead(route.Queue())[0], "1")
	b.clock.Advance(2 * time.Hour)
	s.settle(time.Minute)
	if e := b.one(pipeline.Parked); e.Error.Code != pipeline.OutcomeUnknown || len(s.rows) != 1 {
		t.Fatalf("%d rows, ended as %+v", len(s.rows), e.Error)
	}
	b.redrive(pipeline.Incoming{Body: b.letter().Body}, "2")
	s.settle(time.Minute)
	if b.one(pipeline.Confirmed); len(s.rows) != 1 {
		t.Errorf("%d rows, want the one that is found", len(s.rows))
	}
}

// letter returns the newest dead letter of the route.
func (b *bench) letter() pipeline.Incoming {
	b.Helper()
	b.clock.Advance(time.Hour) // what was looked at is visible again
	letters, err := b.memory.Receive(b.Context(), routes.Dead(route.Queue()), 10, 0)
	if err != nil || len(letters) == 0 {
		b.Fatalf("%d letters, %v", len(letters), err)
	}
	return letters[len(letters)-1]
}

// TestF2 has a row from before our memory, and a crash before anything was written.
func TestF2WhatASearchFindsIsSetEvenAfterACrash(t *testing.T) {
	t.Parallel()
	_, s := onShelf(t, connector.Operation{Guarantee: connector.Search})
	s.acts = []act{acts["crash before the effect"]}
	s.rows = []*row{{key: toyFact{ID: "7"}.event().Entity, name: "from before", made: epoch.Add(-time.Hour)}}
	s.version(1)
	s.settle(time.Hour)
	if got := s.holds(); got != "[v1]" {
		t.Errorf("the shelf holds %s: what was there was taken for our own write", got)
	}
}

// TestASearchKeepsTheFence has a version that was confirmed without an id, a newer one
// that is found and cannot be set, and an older one that comes late.
func TestASearchKeepsTheFence(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.Search})
	b.config.Policy.Breaker.Failures = 0
	s.acts = []act{
		func(_ *shelf, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
			_, _ = apply()
			return connector.Receipt{}, &fault.Error{Kind: fault.Duplicate}
		},
		refuse(fault.Error{Kind: fault.Throttled, After: 10 * time.Hour}),
	}
	s.version(2)
	b.one(pipeline.Confirmed)
	s.version(3)
	s.version(1)
	s.settle(2 * time.Hour)
	if got := s.holds(); got != "[v2]" || len(b.entries(pipeline.Superseded)) != 1 {
		t.Errorf("the shelf holds %s, superseded %+v", got, b.entries(pipeline.Superseded))
	}
}

// TestF63ShortDeadlines has an installation that waits ten minutes for parents.
func TestF63WhatIsGivenUpWasWaitedForAgainWhateverTheDeadline(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.None})
	b.config.Policy.Parent = 10 * time.Minute
	s.acts = []act{acts["answer lost after the effect"]}
	s.version(1)
	s.settle(time.Hour)
	s.version(2)
	s.settle(time.Hour)
	letters := b.dead(route.Queue())
	if len(letters) != 2 {
		t.Fatalf("%d dead letters, want both versions", len(letters))
	}
	b.redrive(letters[1], "1")
	s.settle(4 * time.Minute)
	if len(s.rows) != 1 {
		t.Errorf("it was written after less than half of the deadline: the shelf holds %s", s.holds())
	}
}

// TestF27ALongWaitThatTheTargetNamedIsNoFailing has one of longer than the budget.
func TestF27ALongWaitThatTheTargetNamedIsNoFailing(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.ExternalID})
	s.acts = slices.Repeat([]act{refuse(fault.Error{Kind: fault.Throttled, After: 80 * time.Hour})}, 2)
	s.version(1)
	s.settle(200 * time.Hour)
	b.one(pipeline.Confirmed)
}
