package pipeline_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

func TestE1AValueThatChangedMeanwhileIsReadAgain(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.CompareAndSet})
	v.version(1)
	v.rows[0].state, v.rows[0].name = 17, "another user's"
	v.version(2)
	v.settle(time.Minute)
	if got := v.holds(); got != "[v2]" {
		t.Errorf("the vendor has %s", got)
	}
	if d := v.calls; len(d) != 3 || d[1].Expected != "1" || d[2].Expected != "" || d[1].Confirmed == "" {
		t.Errorf("calls %+v, want one with the state that was confirmed and, refused, one that reads", d)
	}
}

// TestE1AValueInDoubtIsReadFirst has the answer of a write be lost.
func TestE1AValueInDoubtIsReadFirst(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.CompareAndSet})
	v.version(1)
	v.acts = []act{acts["answer lost after the effect"]}
	v.version(2)
	v.finish(time.Hour)
	if d := v.calls; len(d) != 3 || d[1].Expected != "1" || d[2].Expected != "" || v.holds() != "[v2]" {
		t.Errorf("calls %+v, the vendor has %s", d, v.holds())
	}
}

// TestE1ALateRequestFindsAValueThatReturned has a target compare nothing but values, and a request
// take effect late, when the target has again the value that the request expects.
func TestE1ALateRequestFindsAValueThatReturned(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.CompareAndSet})
	v.byValue, v.acts = true, []act{acts["no fault"], acts["takes effect late"]}
	for i, name := range []string{"10", "9", "8", "10"} {
		v.post(name, change{Type: customer, ID: "7", Version: i + 1, Name: name})
		v.settle(time.Second)
	}
	v.finish(time.Hour)
	if got := v.holds(); got != "[10]" {
		t.Errorf("the vendor has %s", got)
	}
	v.settled()
}

// TestE1AnOlderStateDoesNotReplaceANewerOneOfUnknownOutcome has the answer of the newer one be lost,
// and its next attempt be an hour later.
func TestE1AnOlderStateDoesNotReplaceANewerOneOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.CompareAndSet})
	unknown := *lost
	unknown.After = time.Hour
	v.byValue, v.acts = true, []act{afterEffect(unknown)}
	v.version(2)
	v.version(1)
	v.finish(2 * time.Hour)
	if len(v.calls) != 2 || v.holds() != "[v2]" || v.rows[0].state != 1 {
		t.Errorf("after %d calls the vendor has %s, written %d times", len(v.calls), v.holds(), v.rows[0].state)
	}
	v.settled()
}

func TestE1AConflictThatStaysIsDeadAfterAFewAttempts(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.CompareAndSet})
	v.acts = slices.Repeat([]act{refuse(fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "CHANGE_FROM_QUANTITY_STALE"})}, 50)
	v.version(1)
	v.settle(time.Hour)
	if e := v.entry(port.Dead); e.Error.Class != fault.Conflict || len(v.calls) != v.retry.ConflictTries {
		t.Errorf("dead after %d writes because of %+v", len(v.calls), e.Error)
	}
}

func TestAStateThatTheTargetHasNewerIsSuperseded(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.CompareAndSet})
	v.version(1)
	v.rows[0].version = "9"
	v.version(2)
	v.settle(time.Minute)
	if e := v.entry(port.Superseded); !strings.Contains(e.Outcome, "newer") || v.holds() != "[v1]" {
		t.Errorf("%q, the vendor has %s", e.Outcome, v.holds())
	}
	v.version(3)
	v.settle(time.Minute)
	v.settled()
}

func TestARequestThatTheNetworkRepeatsHasOneEffect(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		if operation.Guarantee == connector.Search {
			continue // such a target does not recognize the repetition
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, operation)
			v.acts = []act{func(v *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
				v.late = append(v.late, lateWrite{v.clock.Now().Add(time.Minute), func() { _, _ = apply() }})
				_, _ = apply()
				return connector.Receipt{}, lost
			}}
			v.version(1)
			v.post("2", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
			v.settle(time.Hour)
			if got := v.holds(); got != "[v2]" {
				t.Errorf("the vendor has %s", got)
			}
		})
	}
}

// TestH10AnEventOlderThanTheTargetsMemoryIsLookedForFirst has the target's records survive,
// without our memory.
func TestH10AnEventOlderThanTheTargetsMemoryIsLookedForFirst(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		v := newVendor(t, operation)
		v.version(1)
		again := newVendor(t, operation)
		again.rows = v.rows
		again.clock.Advance(48 * time.Hour)
		again.version(1)
		again.finish(time.Hour)
		if got := again.holds(); got != "[v1]" {
			t.Errorf("the vendor has %s, want the row that was there", got)
		}
		again.entry(port.Confirmed)
	})
}

func TestMemoryKeepsTheFirstChoice(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	memory := pipeline.Memory{State: e.memory, Now: e.clock.Now}
	key := message.Key{System: "shop", Tenant: "t1", Type: "order", ID: "1"}
	for _, choice := range []string{"shop", "presentment"} {
		if got, err := memory.Bind(t.Context(), key, "currency", choice); err != nil || got != "shop" {
			t.Errorf("Bind(%q) = %q, %v, want the first choice", choice, got, err)
		}
	}
	if got, err := memory.Bind(t.Context(), key, "other", "x"); err != nil || got != "x" {
		t.Errorf("another attribute: %q, %v", got, err)
	}
	raced := interleaved{e.memory, "bind.raced|" + key.String(), "mine", func() {
		_, err := memory.Bind(t.Context(), key, "raced", "theirs")
		e.must(err)
	}}
	if got, err := (pipeline.Memory{State: &raced, Now: e.clock.Now}).Bind(t.Context(), key, "raced", "mine"); err != nil || got != "theirs" {
		t.Errorf("a race that was lost: %q, %v", got, err)
	}
	memory.State = brokenPort{}
	if _, err := memory.Bind(t.Context(), key, "currency", "x"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("state away: %v", err)
	}
}

func TestMemoryGathersTheNewestOfEachPart(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	memory := pipeline.Memory{State: e.memory, Now: e.clock.Now}
	key := message.Key{System: "shop", Tenant: "t1", Type: "stock", ID: "TEE"}
	began := e.clock.Now()
	version := func(minute int) message.Sequence {
		return message.NewSequence(began.Add(time.Duration(minute)*time.Minute), true, time.Time{})
	}
	gather := func(of pipeline.Memory, name string, minute int, value string, want map[string]string) {
		t.Helper()
		got, err := of.Gather(t.Context(), key, "levels", connector.Portion{Name: name, Version: version(minute), Value: value})
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s %s: %v, %v, want %v", name, value, got, err, want)
		}
	}
	gather(memory, "5", 2, "7", map[string]string{"5": "7"})
	gather(memory, "6", 1, "3", map[string]string{"5": "7", "6": "3"})
	gather(memory, "5", 1, "9", map[string]string{"5": "7", "6": "3"}) // late
	gather(memory, "5", 2, "8", map[string]string{"5": "7", "6": "3"}) // again
	gather(memory, "5", 3, "4", map[string]string{"5": "4", "6": "3"})
	name := "bind.levels|" + key.String()
	raced := interleaved{e.memory, name, `{"5":`, func() { gather(memory, "6", 5, "1", map[string]string{"5": "4", "6": "1"}) }}
	gather(pipeline.Memory{State: &raced, Now: e.clock.Now}, "5", 6, "2", map[string]string{"5": "2", "6": "1"})
	e.clock.Advance(10 * 365 * 24 * time.Hour)
	gather(memory, "6", 0, "0", map[string]string{"5": "2", "6": "1"})
	memory.State = brokenPort{}
	if _, err := memory.Gather(t.Context(), key, "levels", connector.Portion{Name: "5"}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("state away: %v", err)
	}
}
