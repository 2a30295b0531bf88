package pipeline_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// unanswered takes effect, and is tried again only after an hour.
var unanswered = afterEffect(fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, After: time.Hour})

// confirmedInOrder fails unless the ledger's confirmed versions increase.
func (v *fakeVendor) confirmedInOrder() {
	v.Helper()
	entries := v.entries(port.Confirmed)
	if !slices.IsSortedFunc(entries, func(a, b port.Entry) int { return strings.Compare(string(a.Version), string(b.Version)) }) {
		v.Errorf("confirmed out of order: %+v", entries)
	}
}

func TestF33AllWaitForAWriteThatOnlyItsOwnMessageCanFindOutAbout(t *testing.T) {
	t.Parallel()
	for _, other := range []int{1, 3} {
		t.Run(strconv.Itoa(other), func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, connector.Operation{Guarantee: connector.Search})
			v.acts = []act{unanswered}
			v.version(2)
			v.version(other)
			v.settle(40 * time.Minute) // long after it can take effect any more
			if len(v.calls) != 1 {
				t.Fatalf("%d writes while the outcome of the first is unknown", len(v.calls))
			}
			if e := v.entries(port.Deferred); e[1].Error.Code != pipeline.OutcomeOpen || !strings.Contains(e[1].Outcome, e[0].Event) {
				t.Errorf("it waits because of %+v, want the event %s named", e[1], e[0].Event)
			}
			v.settle(2 * time.Hour)
			if got, want := v.holds(), fmt.Sprintf("[v%d]", max(2, other)); got != want {
				t.Errorf("the vendor has %s, want %s", got, want)
			}
			v.confirmedInOrder()
		})
	}
}

// TestWaitingForAnOutcomeEndsAfterItsDeadline has the event of unknown outcome never come
// back, as its queue was purged.
func TestWaitingForAnOutcomeEndsAfterItsDeadline(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		v := newVendor(t, operation)
		v.retry.Parent = 2 * time.Hour
		v.post("2", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
		in := v.translated(1)[0]
		v.acts = []act{acts["lost before the effect"]}
		_, err := v.one().deliver.Handle(t.Context(), in)
		v.must(err)
		v.must(v.memory.Delete(t.Context(), in))
		v.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
		v.settle(118 * time.Minute)
		if len(v.rows) > 0 {
			t.Errorf("before the deadline the vendor has %s", v.holds())
		}
		v.settle(30 * time.Minute)
		if got := v.holds(); got != "[v1]" || len(v.entries(port.Parked)) != 0 {
			t.Errorf("the vendor has %s, parked %q", got, v.outcomes(port.Parked))
		}
		v.settled()
	})
}

// TestADeadLetterBlocksNothing has a write be of unknown outcome and its message die: the
// states before and after it go on at once.
func TestADeadLetterBlocksNothing(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		for _, other := range []int{1, 3} {
			v := newVendor(t, operation)
			v.admission.Breaker.Failures = 0
			v.acts = slices.Repeat([]act{refuse(fault.Error{Kind: fault.Unknown})}, v.retry.UnknownTries)
			v.version(2)
			v.settle(2 * time.Hour)
			v.entry(port.Dead)
			v.version(other)
			v.settle(10 * time.Minute)
			if got, want := v.holds(), fmt.Sprintf("[v%d]", other); got != want {
				t.Errorf("the vendor has %s, want %s", got, want)
			}
			if n := len(v.entries(port.Superseded)); n != map[int]int{1: 0, 3: 1}[other] {
				t.Errorf("version %d: %d superseded", other, n)
			}
			v.settled()
		}
	})
}

func TestF50AnOlderVersionWaitsForOneThatWasConfirmedButNotRecorded(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, operation)
			v.acts = []act{func(_ *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
				v.ports.State = brokenPort{} // the ledger works
				return apply()
			}}
			v.version(3)
			v.entry(port.Confirmed)
			v.version(2)
			v.settle(3 * time.Hour)
			if got := v.holds(); got != "[v3]" || len(v.entries(port.Superseded)) != 1 {
				t.Errorf("the vendor has %s, superseded %+v", got, v.entries(port.Superseded))
			}
			v.confirmedInOrder()
			if dead := v.dead(queue); len(dead) > 0 {
				t.Errorf("dead letters %+v", dead)
			}
		})
	}
}

// TestF48AnOlderVersionWaitsForOneThatWasFoundButNotSet has a version be found by its search,
// whose state cannot be set for an hour: what was found may have it already.
func TestF48AnOlderVersionWaitsForOneThatWasFoundButNotSet(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.Search})
	v.admission.Breaker.Failures = 0
	v.acts = []act{acts["answer lost after the effect"], refuse(fault.Error{Kind: fault.Throttled, After: time.Hour})}
	v.version(3)
	v.settle(30 * time.Minute)
	if len(v.calls) != 2 {
		t.Fatalf("%d writes, want the lost one and the throttled one", len(v.calls))
	}
	v.version(2)
	v.settle(20 * time.Minute)
	if len(v.calls) != 2 {
		t.Error("the older version was written meanwhile")
	}
	v.version(4)
	v.entry(port.Confirmed)
	v.settle(3 * time.Hour)
	if got := v.holds(); got != "[v4]" || len(v.entries(port.Superseded)) != 2 {
		t.Errorf("the vendor has %s, superseded %+v", got, v.entries(port.Superseded))
	}
	v.confirmedInOrder()
}

// TestTwoUnknownOutcomesAreResolvedNewestFirst has a record in which each of two versions is
// one that all others have to wait for, as a change of an operation's guarantee leaves it.
func TestTwoUnknownOutcomesAreResolvedNewestFirst(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.Search})
	attempts := map[string]any{}
	for n := 1; n <= 2; n++ {
		name := "v" + strconv.Itoa(n)
		v.post(name, change{Type: customer, ID: "7", Version: n, Name: name})
	}
	for _, in := range v.take(inbox) {
		v.must(port.Settle(t.Context(), v.memory, v.one().translate, in))
	}
	for _, e := range v.entries(port.Published) {
		attempts[e.Event] = map[string]any{"count": 1, "open": epoch, "by": connector.Search, "version": e.Version}
	}
	value, err := json.Marshal(map[string]any{"attempts": attempts})
	if err != nil || len(attempts) != 2 {
		t.Fatalf("%d attempts, %v", len(attempts), err)
	}
	_, err = v.memory.Put(t.Context(), port.Item{Key: recordOf7, Value: value})
	v.must(err)
	v.settle(time.Hour)
	if len(v.calls) != 1 || v.holds() != "[v2]" || len(v.entries(port.Superseded)) != 1 {
		t.Errorf("%d writes, the vendor has %s: they wait for each other", len(v.calls), v.holds())
	}
}

// TestF2WhatASearchFindsIsSetEvenAfterACrash has a row from before our memory, and a crash
// before anything was written.
func TestF2WhatASearchFindsIsSetEvenAfterACrash(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.Search})
	v.acts = []act{acts["crash before the effect"]}
	v.rows = []*row{{key: customerKey("7"), name: "from before", made: epoch.Add(-time.Hour)}}
	v.version(1)
	v.settle(time.Hour)
	if got := v.holds(); got != "[v1]" {
		t.Errorf("the vendor has %s: what was there was taken for our own write", got)
	}
}

// TestASearchKeepsTheFence has a version be confirmed without an id, a newer one be found and
// not set, and an older one arrive late.
func TestASearchKeepsTheFence(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.Search})
	v.admission.Breaker.Failures = 0
	v.acts = []act{afterEffect(fault.Error{Kind: fault.Duplicate}), refuse(fault.Error{Kind: fault.Throttled, After: 10 * time.Hour})}
	v.version(2)
	v.entry(port.Confirmed)
	v.version(3)
	v.version(1)
	v.settle(2 * time.Hour)
	if got := v.holds(); got != "[v2]" || len(v.entries(port.Superseded)) != 1 {
		t.Errorf("the vendor has %s, superseded %+v", got, v.entries(port.Superseded))
	}
}

func TestF48TheSearchIsNotMadeBeforeItCanSee(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.Search, Lag: 20 * time.Minute})
	v.acts = []act{acts["500 after the effect"]}
	v.version(1)
	v.settle(19 * time.Minute)
	if v.finds != 1 || len(v.calls) != 1 {
		t.Fatalf("%d searches, %d writes before the first can be seen", v.finds, len(v.calls))
	}
	v.settle(5 * time.Minute)
	if e := v.entry(port.Confirmed); v.holds() != "[v1]" || len(v.calls) != 2 || v.calls[1].Ref != "0" || e.TargetRef != "0" {
		t.Errorf("the vendor has %s after %d writes, ref %q", v.holds(), len(v.calls), e.TargetRef)
	}
}
