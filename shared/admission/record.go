package admission

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// record is what the State holds of one target for all workers and routes. All of its
// times except those of spans and unreported changes are by the clock of the worker that
// stored it (adopt).
type record struct {
	Stored     time.Time           `json:"stored,omitzero"`
	Circuits   map[string]*circuit `json:"circuits,omitempty"`   // the open ones, by operation; "" for that of the whole target
	Grants     map[string]grant    `json:"grants,omitempty"`     // permits by worker
	Limit      int                 `json:"limit,omitempty"`      // calls at once that the target took when last lowered; 0: as its profile says
	LimitSet   time.Time           `json:"limit_set,omitzero"`   // when Limit was lowered
	RateUsed   time.Time           `json:"rate_used,omitzero"`   // until when the calls of the rate are given out
	Pause      *retry.Span         `json:"pause,omitempty"`      // while it lasts the target wants no call at all
	Live       time.Time           `json:"live,omitzero"`        // when a live message last entered, or waited to
	BulkUntil  time.Time           `json:"bulk_until,omitzero"`  // until when backfill has had its share, if that is one of time
	Unreported []report            `json:"unreported,omitempty"` // changes of circuits that the ledger may not have yet
}

// recordLife is how long a record outlives its last change.
const recordLife = 90 * 24 * time.Hour

// recordPrefix precedes the name of a target in the key of its record.
const recordPrefix = "connection|"

func (t *Target) key() string { return recordPrefix + t.profile.Name }

// clone returns a copy that can be changed. Spans are never changed in place.
func (c record) clone() record {
	circuits := make(map[string]*circuit, len(c.Circuits)+1)
	for name, open := range c.Circuits {
		copied := *open
		circuits[name] = &copied
	}
	grants := make(map[string]grant, len(c.Grants)+1)
	maps.Copy(grants, c.Grants)
	c.Circuits, c.Grants, c.Unreported = circuits, grants, slices.Clone(c.Unreported)
	return c
}

// look reads the record if what is known of it is older than Breaker.Look. Of several
// goroutines one reads; the others wait for it.
func (t *Target) look(ctx context.Context) error {
	if t.fresh() {
		return nil
	}
	if err := t.takeTurn(ctx); err != nil {
		return err
	}
	defer t.endTurn()
	if t.fresh() {
		return nil
	}
	return t.load(ctx)
}

func (t *Target) fresh() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	age := t.config.Now().Sub(t.read)
	return age >= 0 && age < t.config.Policy.Breaker.Look
}

// takeTurn waits until no other goroutine of this process reads or stores the record.
func (t *Target) takeTurn(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return port.Unavailable("waiting for the connection to "+t.profile.Name, ctx.Err())
	}
}

func (t *Target) endTurn() { <-t.turn }

// load reads the record. It needs the turn.
func (t *Target) load(ctx context.Context) error {
	began := t.config.Now()
	item, err := t.config.State.Get(ctx, t.key())
	if err != nil {
		return port.Unavailable("reading the connection to "+t.profile.Name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if item.Revision != t.revision {
		var stored record
		if err := json.Unmarshal(item.Value, &stored); err != nil && len(item.Value) > 0 {
			return fault.Doing("reading the connection to "+t.profile.Name, err)
		}
		t.adopt(&stored)
		if p := stored.Pause; p != nil && !p.Same(t.stored.Pause) {
			t.pauseSure = !t.read.IsZero() && t.plausible(p.Began())
		}
		t.stored, t.revision = stored, item.Revision
	}
	t.read = began
	return nil
}

// change has f change the record as it is now, stores it, and then calls done, if that is
// not nil. f and done are called with mu locked. f reports whether it changed anything
// for others; if it did not, nothing is stored. f may be called several times, first
// without the turn, so that a call which changes nothing waits for no other goroutine.
// It fails with ErrConflict if other workers keep being first.
func (t *Target) change(ctx context.Context, f func(*record) bool, done func()) error {
	const attempts = 5
	if _, changed := t.draft(f, false); !changed {
		return nil
	}
	if err := t.takeTurn(ctx); err != nil {
		return err
	}
	defer t.endTurn()
	for range attempts {
		next, changed := t.draft(f, true)
		if !changed {
			return nil
		}
		err := t.store(ctx, next, done)
		if err == nil {
			return nil
		}
		if !errors.Is(err, port.ErrConflict) {
			return port.Unavailable("writing the connection to "+t.profile.Name, err)
		}
		if err := t.load(ctx); err != nil {
			return err
		}
	}
	return port.ErrConflict
}

// draft returns the record after f. If it is going to be stored and changes what this worker
// has, no call fits in the hand until it is stored: the old or the new grant may turn out to
// be the valid one.
func (t *Target) draft(f func(*record) bool, storing bool) (next record, changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if next = t.stored.clone(); !f(&next) {
		return next, false
	}
	me, now := t.config.Worker.Name(), t.config.Now()
	if storing {
		t.asking = next.Grants[me] != t.stored.Grants[me] || next.RateUsed != t.stored.RateUsed
	}
	if next.Stored = now; !t.paused(&next, now) {
		next.Pause = nil // so that no worker that sees it for the first time waits for its end
	}
	return next, true
}

// store writes the record. It needs the turn.
func (t *Target) store(ctx context.Context, next record, done func()) error {
	value, err := json.Marshal(next)
	var revision int64
	if err == nil {
		t.mu.Lock()
		item := port.Item{Key: t.key(), Value: value, Revision: t.revision, Expires: next.Stored.Add(recordLife)}
		t.mu.Unlock()
		revision, err = t.config.State.Put(ctx, item)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	asking := t.asking
	t.asking = false
	if err != nil && asking {
		t.hand.held = t.hand.used // the write may have been made, and have given permits back
	}
	if err != nil {
		return err
	}
	t.stored, t.revision, t.read = next, revision, next.Stored
	if done != nil {
		done()
	}
	return nil
}

// plausible reports whether a clock that says so can be right about when something was
// stored that this worker sees for the first time: after its last look, by more or less
// the time that a call of the State takes, and before now.
func (t *Target) plausible(at time.Time) bool {
	now, slack := t.config.Now(), t.config.Policy.Breaker.Look
	return !at.After(now) && (t.read.IsZero() || !at.Before(t.read.Add(-slack)))
}

// adopt corrects the times of a record that another worker stored to this worker's clock:
// if the time of storing is not plausible, it counts as stored just now. So of two clocks
// that differ neither keeps a target waiting for as long as they do, nor gives calls out
// twice. A record that a worker sees at its first look is as old as it says.
func (t *Target) adopt(c *record) {
	now := t.config.Now()
	if c.Stored.IsZero() || t.plausible(c.Stored) {
		return
	}
	times := []*time.Time{&c.RateUsed, &c.BulkUntil, &c.Live, &c.LimitSet}
	for _, open := range c.Circuits {
		times = append(times, &open.Since, &open.Probe, &open.Answers, &open.Records)
	}
	for _, at := range times {
		if !at.IsZero() {
			*at = at.Add(now.Sub(c.Stored))
		}
	}
}
