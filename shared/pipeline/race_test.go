package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// racingState is a State in which the writes of a record, after the one that claims it, lose
// a race a number of times to a writer that needs no claim.
type racingState struct {
	port.State
	writes, lost int
	write        func(record map[string]any)
}

func (r *racingState) Put(ctx context.Context, item port.Item) (int64, error) {
	if item.Key == recordOf7 {
		if r.writes++; r.writes > 1 && r.writes <= 1+r.lost {
			return 0, r.beaten(ctx, item)
		}
	}
	return r.State.Put(ctx, item)
}

func (r *racingState) beaten(ctx context.Context, item port.Item) error {
	stored, err := r.Get(ctx, item.Key)
	if err != nil {
		return err
	}
	record := map[string]any{}
	if err := json.Unmarshal(stored.Value, &record); err != nil {
		return err
	}
	r.write(record)
	if stored.Value, err = json.Marshal(record); err != nil {
		return err
	}
	if _, err := r.State.Put(ctx, stored); err != nil {
		return err
	}
	_, err = r.State.Put(ctx, item) // which is too late
	return err
}

// record returns the stored record of customer 7.
func (e *testEnv) record() string {
	e.Helper()
	item, err := e.memory.Get(e.Context(), recordOf7)
	e.must(err)
	return string(item.Value)
}

func TestF51AnOutcomeThatLosesRacesUnderItsOwnLeaseIsSavedAgain(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.ExternalID})
	v.ports.State = &racingState{State: v.memory, lost: 3, write: func(map[string]any) {}}
	v.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
	v.drain(time.Second)
	v.mend()
	v.settled()
	v.entry(port.Confirmed)
	v.version(1) // which the record knows by now
	if len(v.calls) != 1 {
		t.Errorf("%d writes: the outcome was not saved", len(v.calls))
	}
}

// TestF51TheWriteThatWonTheRaceIsKept has a filter skip a newer state, and another message
// register as waiting, while an attempt is in flight, which then has to wait.
// TestF51AMessageThatLosesTheRaceForItsRecordEndsOnce: a newer state of equal content is skipped,
// while another writer confirms a state that is newer still. The message is judged again, and has
// one ending.
func TestF51AMessageThatLosesTheRaceForItsRecordEndsOnce(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.CompareAndSet})
	v.post("1", change{Type: customer, ID: "7", Version: 1, Name: "A"})
	v.settle(3 * time.Second)
	v.ports.State = &racingState{State: v.memory, writes: 1, lost: 1, write: func(record map[string]any) {
		confirmed := record["confirmed"].(map[string]any)
		confirmed["version"], confirmed["hash"] = "9999", "of another content"
	}}
	v.post("2", change{Type: customer, ID: "7", Version: 3, Name: "A"})
	v.settle(3 * time.Second)
	if skipped, superseded := v.entries(port.Skipped), v.entries(port.Superseded); len(skipped) != 0 || len(superseded) != 1 {
		t.Errorf("one message is skipped %d times and superseded %d times", len(skipped), len(superseded))
	}
}

func TestF51TheWriteThatWonTheRaceIsKept(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.ExternalID})
	v.ports.State = &racingState{State: v.memory, lost: 1, write: func(record map[string]any) {
		record["skipped"] = map[string]any{"reason": "kept out", "version": "9999"}
		record["attempts"].(map[string]any)["other"] = map[string]any{"count": 0}
		record["waiters"] = []any{map[string]any{"event": "waits", "queue": queue, "handle": "1"}}
	}}
	v.acts = []act{refuse(fault.Error{Kind: fault.Throttled, After: time.Hour})}
	v.version(1)
	for _, part := range []string{`"kept out"`, `"other"`, `"quiet"`, `"waits"`} {
		if !strings.Contains(v.record(), part) {
			t.Errorf("%s has no %s", v.record(), part)
		}
	}
	if strings.Contains(v.record(), `"lease"`) {
		t.Errorf("%s: the lease was not given back", v.record())
	}
}

func TestF51AnOutcomeDoesNotTakeTheLeaseOfAnother(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.ExternalID})
	v.ports.State = &racingState{State: v.memory, lost: 1, write: func(record map[string]any) {
		record["lease"] = map[string]any{"event": "other", "worker": "another", "for_ns": 70e9, "until": epoch.Add(time.Hour)}
	}}
	v.acts = []act{refuse(fault.Error{Kind: fault.Throttled, After: time.Hour})}
	v.version(1)
	if !strings.Contains(v.record(), `"another"`) {
		t.Errorf("%s: the lease of another worker is gone", v.record())
	}
}

func TestF51AnAttemptThatIsOutdatedStaysForgotten(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.ExternalID})
	v.ports.State = &racingState{State: v.memory, lost: 1, write: func(record map[string]any) {
		record["attempts"].(map[string]any)["older"] = map[string]any{"count": 1, "open": epoch, "version": "0001"}
	}}
	v.version(1)
	if strings.Contains(v.record(), `"older"`) || !strings.Contains(v.record(), `"confirmed"`) {
		t.Errorf("%s has an attempt at an older version", v.record())
	}
}

// TestF51TwoAttemptsAtOneTickOfTheClockAreTwo has one worker claim for a copy of a message
// while it is in the call for the other.
func TestF51TwoAttemptsAtOneTickOfTheClockAreTwo(t *testing.T) {
	t.Parallel()
	v := newVendor(t, connector.Operation{Guarantee: connector.ExternalID})
	v.post("1", change{Type: customer, ID: "7", Version: 1, Name: "v1"})
	in := v.translated(1)[0]
	inside, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	v.acts = []act{func(_ *fakeVendor, apply func() (connector.Receipt, error)) (connector.Receipt, error) {
		close(inside)
		<-goOn
		return apply()
	}}
	w := v.one()
	v.ports.State = &interleaved{v.memory, recordOf7, `"lease"`, func() {
		go func() {
			_, err := w.deliver.Handle(t.Context(), in)
			done <- err
		}()
		<-inside
	}}
	_, err := w.deliver.Handle(t.Context(), in)
	close(goOn)
	if err := errors.Join(err, <-done); err != nil || len(v.calls) != 1 {
		t.Errorf("%d writes, %v", len(v.calls), err)
	}
}

func TestARecordThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.post("1", change{Type: customer, ID: "7"})
	in := e.translated(1)[0]
	_, err := e.memory.Put(t.Context(), port.Item{Key: recordOf7, Value: []byte("no JSON")})
	e.must(err)
	if decision, err := e.one().deliver.Handle(t.Context(), in); err == nil || decision.Done {
		t.Errorf("%v, %v", decision, err)
	}
}
