package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"causeway/shared/fault"
	"causeway/shared/message"
)

// recordLife is how long a record outlives its last change: longer than a message
// can lie in a queue and, after that, in its dead-letter queue.
const recordLife = 90 * 24 * time.Hour

// remembered is how many event ids a record keeps. Older ones need no memory: their
// version is behind the fence.
const remembered = 16

// record is what the State holds per (scope, entity): who is writing it now, what was
// last confirmed, and which messages have failed. For a target the scope is its
// name; for an inbox it is the inbox queue, and the entity is the raw message.
type record struct {
	Lease     *lease          `json:"lease,omitempty"`
	Confirmed *confirmed      `json:"confirmed,omitempty"`
	Skipped   *skipped        `json:"skipped,omitempty"`
	Tries     map[string]*try `json:"tries,omitempty"` // by event id, while it has not ended
	// Unanswered is a request that may take effect yet. Until then only its own event,
	// which writes the same, goes to the target: a late effect must not land on a newer version.
	Unanswered *lease `json:"unanswered,omitempty"`

	key      string
	revision int64
}

// lease is held by the one worker that writes the entity. It outlives any request
// that may still be in flight, so that a late one cannot land on a newer version.
type lease struct {
	Event string    `json:"event"`
	Until time.Time `json:"until"`
}

// confirmed is the version fence and the cross-reference in one.
type confirmed struct {
	Sequence message.Sequence `json:"sequence"`
	Ref      string           `json:"ref"`
	Events   []string         `json:"events,omitempty"`  // ids, newest last
	Effects  []string         `json:"effects,omitempty"` // effect and body hash at this sequence
}

// skipped remembers that a filter took the entity out of the route.
type skipped struct {
	Reason   string           `json:"reason"`
	Final    bool             `json:"final"`
	Sequence message.Sequence `json:"sequence"` // newest version that was skipped
}

// try is the failure budget of one message.
type try struct {
	Count   int    `json:"count"`             // attempts that were made
	Crashes int    `json:"crashes,omitempty"` // attempts in a row that left no trace
	Waiting budget `json:"waiting,omitzero"`  // for something else that has to come first
	Failing budget `json:"failing,omitzero"`  // at the target
	Dead    bool   `json:"dead,omitempty"`    // already in the dead-letter queue …
	Redrive int    `json:"redrive,omitempty"` // … at this redrive count
}

// budget is how often and since when something did not go on.
type budget struct {
	Times int       `json:"times"`
	Since time.Time `json:"since"`
}

// spend counts once more and returns the budget that the kind of failure uses up. Two
// days of waiting for a parent must not count against the target's first failure.
func (t *try) spend(kind fault.Kind, now time.Time) budget {
	b := &t.Failing
	if kind == fault.NotReady {
		b = &t.Waiting
	}
	if b.Times == 0 {
		b.Since = now
	}
	b.Times++
	return *b
}

func recordKey(scope string, key message.Key) string { return scope + "|" + key.String() }

// load reads the record; one that was never written is empty.
func load(ctx context.Context, state State, key string) (*record, error) {
	item, err := state.Get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("reading record %s: %w", key, err)
	}
	r := &record{key: key, revision: item.Revision}
	if len(item.Value) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(item.Value, r); err != nil {
		return nil, fmt.Errorf("reading record %s: %w", key, err)
	}
	return r, nil
}

// save writes the record if nobody else did since it was loaded (ErrConflict otherwise).
func (r *record) save(ctx context.Context, state State, now time.Time) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	revision, err := state.Put(ctx, Item{Key: r.key, Value: value, Revision: r.revision, Expires: now.Add(recordLife)})
	if err != nil {
		return fmt.Errorf("writing record %s: %w", r.key, err)
	}
	r.revision = revision
	return nil
}

// held returns until when the event has to keep off the entity, because of another
// worker or of another event's request without an answer; zero if nothing is in its way.
func (r *record) held(event string, now time.Time) time.Time {
	switch {
	case r.Lease != nil && now.Before(r.Lease.Until):
		return r.Lease.Until
	case r.Unanswered != nil && r.Unanswered.Event != event && now.Before(r.Unanswered.Until):
		return r.Unanswered.Until
	}
	return time.Time{}
}

// claim takes the lease for the event. A lease that ran out without being released
// tells that its holder crashed, which counts against the event it held it for.
func (r *record) claim(event string, until time.Time) *try {
	if r.Lease != nil {
		r.try(r.Lease.Event).Crashes++
	}
	t := r.try(event)
	t.Count++
	r.Lease = &lease{Event: event, Until: until}
	return t
}

func (r *record) try(event string) *try {
	if r.Tries == nil {
		r.Tries = make(map[string]*try)
	}
	if r.Tries[event] == nil {
		r.Tries[event] = &try{}
	}
	return r.Tries[event]
}

// dead reports whether a message of the entity lies in the dead-letter queue.
func (r *record) dead() bool {
	for _, t := range r.Tries {
		if t.Dead {
			return true
		}
	}
	return false
}

// release gives the lease back after an attempt that left a trace.
func (r *record) release() {
	if r.Lease != nil {
		r.try(r.Lease.Event).Crashes = 0
		r.Lease = nil
	}
}

// confirm notes the effect and gives the lease back.
func (r *record) confirm(m *message.Message, effect, ref string) {
	r.release()
	delete(r.Tries, m.ID)
	r.Skipped = nil
	if r.Confirmed == nil {
		r.Confirmed = &confirmed{}
	}
	c := r.Confirmed
	if c.Sequence != m.Sequence {
		c.Sequence, c.Effects = m.Sequence, nil
	}
	c.Ref = ref
	c.Events = lastOf(append(c.Events, m.ID))
	c.Effects = lastOf(append(c.Effects, effect))
}

// skip notes that a version was kept out of the target, which still has nothing of it.
func (r *record) skip(reason string, final bool, version message.Sequence) {
	if r.Confirmed != nil || r.Skipped != nil && version <= r.Skipped.Sequence {
		return
	}
	r.Skipped = &skipped{Reason: reason, Final: final, Sequence: version}
}

// pass gives the lease back after a message that was skipped: the target has nothing
// of it, so what comes later must not find the entity confirmed.
func (r *record) pass(m *message.Message) {
	r.release()
	delete(r.Tries, m.ID)
}

func lastOf(list []string) []string { return list[max(0, len(list)-remembered):] }

// done returns why the message needs no delivery: because the target has it, or has
// a newer version. ok is false if it is to be delivered.
func (r *record) done(m *message.Message, effect string) (stage Stage, why string, ok bool) {
	c := r.Confirmed
	switch {
	case c == nil && r.Skipped != nil && m.Sequence < r.Skipped.Sequence:
		return Superseded, "a newer version was skipped: " + r.Skipped.Reason, true
	case c == nil:
		return "", "", false
	case slices.Contains(c.Events, m.ID):
		return Skipped, "duplicate: this event is confirmed already", true
	case m.Sequence < c.Sequence:
		return Superseded, "a newer version is confirmed", true
	case m.Sequence == c.Sequence && slices.Contains(c.Effects, effect):
		return Skipped, "duplicate: this version with the same content is confirmed already", true
	}
	return "", "", false
}
