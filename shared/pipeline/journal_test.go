package pipeline_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// racing is a State in which the writes of a message's record, after the one that claims
// it, are beaten a number of times by a write of somebody who needs no claim.
type racing struct {
	pipeline.State
	writes, lost int
	note         func(record map[string]any)
}

func (r *racing) Put(ctx context.Context, item pipeline.Item) (int64, error) {
	if strings.HasPrefix(item.Key, "toy2|") {
		if r.writes++; r.writes > 1 && r.writes <= 1+r.lost {
			return 0, r.beaten(ctx, item)
		}
	}
	return r.State.Put(ctx, item)
}

func (r *racing) beaten(ctx context.Context, item pipeline.Item) error {
	stored, err := r.Get(ctx, item.Key)
	if err != nil {
		return err
	}
	record := map[string]any{}
	if err := json.Unmarshal(stored.Value, &record); err != nil {
		return err
	}
	r.note(record)
	if stored.Value, err = json.Marshal(record); err != nil {
		return err
	}
	if _, err := r.State.Put(ctx, stored); err != nil {
		return err
	}
	_, err = r.State.Put(ctx, item) // which comes too late
	return err
}

func TestF51AnOutcomeThatLosesRacesUnderItsOwnLeaseIsSavedAgain(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.None})
	b.config.State = &racing{State: b.memory, lost: 3, note: func(map[string]any) {}}
	b.post("1", toyFact{Type: amended, ID: "7", Version: 1, Name: "v1"})
	b.drain(time.Second)
	b.config.State = b.memory
	if left := b.memory.Left(); left != 0 || len(s.calls) != 1 {
		t.Errorf("%d messages left after %d writes", left, len(s.calls))
	}
	b.one(pipeline.Confirmed)
	s.version(1) // which the record knows by now
	if len(s.calls) != 1 {
		t.Error("the outcome was not saved")
	}
}

// TestF51WhatWonTheRaceIsKept has a filter keep a newer version out while an attempt is
// under way, which then has to wait.
func TestF51WhatWonTheRaceIsKept(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.ExternalID})
	b.config.State = &racing{State: b.memory, lost: 1, note: func(record map[string]any) {
		record["skipped"] = map[string]any{"reason": "kept out", "sequence": "9999"}
		record["tries"].(map[string]any)["other"] = map[string]any{"count": 0, "dead": true}
	}}
	s.acts = []act{refuse(fault.Error{Kind: fault.Throttled, After: time.Hour})}
	s.version(1)
	item, err := b.memory.Get(t.Context(), recordOf7)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"kept out"`, `"other"`, `"quiet"`} {
		if !strings.Contains(string(item.Value), part) {
			t.Errorf("%s holds no %s", item.Value, part)
		}
	}
	if strings.Contains(string(item.Value), `"lease"`) {
		t.Errorf("%s: the lease was not given back", item.Value)
	}
}

func TestF51AnOutcomeDoesNotTakeTheLeaseOfAnother(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.ExternalID})
	b.config.State = &racing{State: b.memory, lost: 1, note: func(record map[string]any) {
		record["lease"] = map[string]any{"event": "other", "worker": "another", "for_ns": 70e9, "until": epoch.Add(time.Hour)}
	}}
	s.acts = []act{refuse(fault.Error{Kind: fault.Throttled, After: time.Hour})}
	s.version(1)
	item, err := b.memory.Get(t.Context(), recordOf7)
	if err != nil || !strings.Contains(string(item.Value), `"another"`) {
		t.Errorf("%s, %v: the lease that another holds is gone", item.Value, err)
	}
}

func TestF51WhatIsOutdatedStaysForgotten(t *testing.T) {
	t.Parallel()
	b, s := onShelf(t, connector.Operation{Guarantee: connector.ExternalID})
	b.config.State = &racing{State: b.memory, lost: 1, note: func(record map[string]any) {
		record["tries"].(map[string]any)["older"] = map[string]any{"count": 1, "open": epoch, "version": "0001"}
	}}
	s.version(1)
	item, err := b.memory.Get(t.Context(), recordOf7)
	if err != nil || strings.Contains(string(item.Value), `"older"`) || !strings.Contains(string(item.Value), `"confirmed"`) {
		t.Errorf("%s, %v: it holds an attempt at an older version", item.Value, err)
	}
}

// beforehand has something happen before the first write of a message's record.
type beforehand struct {
	pipeline.State
	first func()
}

func (r *beforehand) Put(ctx context.Context, item pipeline.Item) (int64, error) {
	if then := r.first; then != nil && strings.HasPrefix(item.Key, "toy2|") {
		r.first = nil
		then()
	}
	return r.State.Put(ctx, item)
}
