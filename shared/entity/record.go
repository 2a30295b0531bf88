package entity

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// life is how long a record without anything confirmed outlives its last change: longer
// than a message can be in a queue and, after that, in its dead-letter queue.
const life = 90 * 24 * time.Hour

// Record is what the State holds per target and entity. For an inbox the target is the
// inbox queue and the entity is the raw message.
type Record struct {
	// Ref is the target's id of the entity; "" if it is not known, even if it is there.
	Ref string `json:"ref,omitempty"`
	// Confirmed is the newest state that the target has confirmed.
	Confirmed *Confirmed `json:"confirmed,omitempty"`
	// Facts are the types of the facts that the target has.
	Facts []string `json:"facts,omitempty"`
	// Skipped is the newest state that a rule kept from the target, which has nothing of
	// the entity.
	Skipped *Skipped `json:"skipped,omitempty"`
	// Lease is held by the one worker that writes the entity, for longer than a request can
	// take. It is also the journal: a lease that was not given back shows that a write may
	// have been made.
	Lease *retry.Span `json:"lease,omitempty"`
	// Landing is the request that may take effect last of all that were given up. No other
	// state may be written before.
	Landing *retry.Span `json:"landing,omitempty"`
	// Attempts are those at events that have not ended well, by event id.
	Attempts map[string]*Attempt `json:"attempts,omitempty"`
	// Waiters are messages that wait in their queues until this entity is at the target.
	Waiters []Waiter `json:"waiters,omitempty"`

	key      string
	revision int64
	passes   bool // see Load
}

// Confirmed is a state that the target has confirmed.
type Confirmed struct {
	Version message.Sequence `json:"version"`
	Hash    string           `json:"hash"`
	Effects []string         `json:"effects,omitempty"` // of the operations that wrote it
	Tag     string           `json:"tag,omitempty"`     // what the target calls this state, such as an ETag
}

// Skipped is a state that a rule kept from the target; without its version if it is a fact.
type Skipped struct {
	Version message.Sequence `json:"version"`
	Hash    string           `json:"hash"`
	Reason  string           `json:"reason"`
	Final   bool             `json:"final,omitempty"` // what depends on the entity is skipped with it
}

// Waiter is a message that is hidden in its queue.
type Waiter struct {
	Event  string `json:"event"`
	Queue  string `json:"queue"`
	Handle string `json:"handle"`
}

// mostWaiters is how many messages a record wakes. The others look again by themselves.
const mostWaiters = 16

// Load reads the record of the entity at the target; one that was never written is empty.
// A record that passes expires even if something is confirmed, as those of an inbox do:
// there are as many as deliveries.
func Load(ctx context.Context, state port.State, target string, key message.Key, passes bool) (*Record, error) {
	r := &Record{key: target + "|" + key.String(), passes: passes}
	return r.Again(ctx, state)
}

// Again reads the record as it is stored now.
func (r *Record) Again(ctx context.Context, state port.State) (*Record, error) {
	item, err := state.Get(ctx, r.key)
	if err != nil {
		return nil, port.Unavailable("reading record "+r.key, err)
	}
	stored := &Record{key: r.key, revision: item.Revision, passes: r.passes}
	if len(item.Value) > 0 {
		err = json.Unmarshal(item.Value, stored)
	}
	if err != nil {
		return nil, fmt.Errorf("reading record %s: %w", r.key, err)
	}
	return stored, nil
}

// Save writes the record if nothing has changed since it was loaded. Otherwise it fails
// with port.ErrConflict.
func (r *Record) Save(ctx context.Context, state port.State, now time.Time) error {
	if len(r.Attempts) > MostAttempts {
		r.forget()
	}
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	item := port.Item{Key: r.key, Value: value, Revision: r.revision}
	if r.passes || !r.Present() {
		item.Expires = now.Add(life)
	}
	revision, err := state.Put(ctx, item)
	if err != nil {
		return fmt.Errorf("writing record %s: %w", r.key, err)
	}
	r.revision = revision
	return nil
}

// Present reports whether the target has the entity.
func (r *Record) Present() bool { return r.Confirmed != nil || len(r.Facts) > 0 || r.Ref != "" }

// Join takes over what others have stored since the record was loaded by the worker that
// holds its lease: their attempts, their waiters, and that a rule skipped a state.
func (r *Record) Join(stored *Record, own string) {
	mine := r.Attempts[own]
	r.revision, r.Attempts, r.Waiters = stored.revision, stored.Attempts, stored.Waiters
	if delete(r.Attempts, own); mine != nil {
		*r.Attempt(own) = *mine
	}
	if !r.Present() {
		r.Skipped = stored.Skipped
		return
	}
	r.outdate()
}

// Confirm records that the target has the state, by the effect of the event.
func (r *Record) Confirm(event, effect string, s State, ref, tag string) {
	r.drop(event)
	if r.Skipped = nil; ref != "" {
		r.Ref = ref
	}
	if s.Once {
		if !slices.Contains(r.Facts, s.Type) {
			r.Facts = append(r.Facts, s.Type)
		}
		return
	}
	if c := r.Confirmed; c == nil || c.Hash != s.Hash {
		r.Confirmed = &Confirmed{}
	}
	c := r.Confirmed
	c.Version, c.Hash, c.Tag = s.Version, s.Hash, tag
	if !slices.Contains(c.Effects, effect) {
		c.Effects = append(c.Effects, effect)
	}
	if len(r.Attempts) > 0 {
		r.outdate()
	}
}

// Skip records that a rule kept the state from the target, which has nothing of the entity.
func (r *Record) Skip(event string, s State, reason string, final bool) {
	r.drop(event)
	skipped := &Skipped{Version: s.Version, Hash: s.Hash, Reason: reason, Final: final}
	if s.Once {
		skipped.Version = "" // a fact outdates no state
	}
	if r.Present() || r.Skipped != nil && skipped.Version < r.Skipped.Version {
		return
	}
	r.Skipped = skipped
}

// End ends an event whose state the target does not have, because it has a newer one. Dead letters
// of it stay until what the target has is confirmed.
func (r *Record) End(event string) {
	a := r.Attempts[event]
	if r.drop(event); a != nil && len(a.Letters) > 0 {
		*r.Attempt(event) = Attempt{Version: a.Version, Hash: a.Hash, Once: a.Once, Count: a.Count, Letters: a.Letters}
	}
}

// drop forgets an event that has ended, and every attempt at it.
func (r *Record) drop(event string) {
	if r.Lease != nil && r.Lease.Event == event {
		r.Lease = nil
	}
	delete(r.Attempts, event)
}

// outdate forgets the attempts at states that are older than the confirmed one.
func (r *Record) outdate() {
	c := r.Confirmed
	if c == nil {
		return
	}
	maps.DeleteFunc(r.Attempts, func(_ string, a *Attempt) bool { return a.older(c.Version, c.Hash) })
}

// Superseded returns the dead letters that confirming the event's state supersedes, oldest
// first: those of older states, and all earlier ones of the event itself.
func (r *Record) Superseded(event string, s State) (letters []Letter) {
	for id, a := range r.Attempts {
		if id == event || !s.Once && a.older(s.Version, s.Hash) {
			letters = append(letters, a.Letters...)
		}
	}
	slices.SortFunc(letters, func(a, b Letter) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Event, b.Event)) })
	return letters
}

// Wait adds a message that waits for the entity, and replaces its earlier handle. It
// reports whether there was room.
func (r *Record) Wait(w Waiter) bool {
	r.Waiters = slices.DeleteFunc(r.Waiters, func(o Waiter) bool { return o.Event == w.Event && o.Queue == w.Queue })
	if len(r.Waiters) >= mostWaiters {
		return false
	}
	r.Waiters = append(r.Waiters, w)
	return true
}

// Attempt is what is recorded of an event that has not ended well.
type Attempt struct {
	Version message.Sequence `json:"version,omitempty"`
	Hash    string           `json:"hash,omitempty"`
	Once    bool             `json:"once,omitempty"`

	Count     int                     `json:"count"`              // attempts that were made
	Crashes   int                     `json:"crashes,omitempty"`  // attempts in a row that left no trace …
	Crashed   time.Time               `json:"crashed,omitzero"`   // … since when the first of them began
	Spent     map[string]retry.Budget `json:"spent,omitempty"`    // by kind of failure
	NotBefore *retry.Span             `json:"quiet,omitempty"`    // in which the target wants to hear nothing of it
	Conflicts int                     `json:"conflict,omitempty"` // writes in a row that found another value than expected

	// OpenSince is since when a write may have been made whose outcome is unknown; By is
	// what the target offers to find out.
	OpenSince time.Time           `json:"open,omitzero"`
	By        connector.Guarantee `json:"by,omitempty"`

	// Letters are the dead letters of the event, oldest first, and at most mostLetters of
	// them: one of each copy of the event that died, such as a fact that was reported again.
	Letters []Letter `json:"letters,omitempty"`
}

// mostLetters is how many letters of one event are remembered. Beyond it the oldest is
// forgotten: it stays in its queue, and a redrive finds it confirmed.
const mostLetters = 8

// Letter is a dead letter that was written. It blocks nothing: it only shows a copy of the
// very same queue message, what waits for the entity, and which letters a confirmation
// supersedes.
type Letter struct {
	MessageID string           `json:"message_id"` // the queue's id of the message that died
	Event     string           `json:"event"`
	Trace     string           `json:"trace"`
	Version   message.Sequence `json:"version,omitempty"`
	At        time.Time        `json:"at"`
	Why       string           `json:"why,omitempty"` // the failure as the ledger has it, for what waits for the entity; of the newest only
}

// older reports whether the attempt is at a state older than the one of that version and
// hash. Of two contents of one version the one with the lesser hash is older (Standing).
func (a *Attempt) older(version message.Sequence, hash string) bool {
	return !a.Once && a.Version != "" && (a.Version < version || a.Version == version && a.Hash < hash)
}

// Attempt returns the attempt at the event, a new one if there is none.
func (r *Record) Attempt(event string) *Attempt {
	if r.Attempts == nil {
		r.Attempts = make(map[string]*Attempt)
	}
	if r.Attempts[event] == nil {
		r.Attempts[event] = &Attempt{}
	}
	return r.Attempts[event]
}

// Open reports whether a write of the event may have been made whose outcome is unknown:
// its answer was lost, or its lease was never given back.
func (r *Record) Open(event string) bool {
	a := r.Attempts[event]
	return a != nil && (!a.OpenSince.IsZero() || r.Lease != nil && r.Lease.Event == event)
}

// Bury returns what is kept of the attempt once its dead letter is written: the letter,
// those of other copies of the event, and what a redrive must know, which is a write of
// unknown outcome. moved is the time of the letter that the message was
// before; zero if it was none.
func (a *Attempt) Bury(letter Letter, moved time.Time) Attempt {
	a.Moved(moved)
	for i := range a.Letters {
		a.Letters[i].Why = ""
	}
	return Attempt{
		Version: a.Version, Hash: a.Hash, Once: a.Once, Count: a.Count,
		Letters:   append(a.Letters[max(0, len(a.Letters)+1-mostLetters):], letter),
		OpenSince: a.OpenSince, By: a.By,
	}
}

// Moved forgets the letter of that time, which was moved back into its queue.
func (a *Attempt) Moved(at time.Time) {
	a.Letters = slices.DeleteFunc(a.Letters, func(l Letter) bool { return l.At.Equal(at) })
}

// Letters reports whether an event of the entity has a dead letter.
func (r *Record) Letters() bool {
	for _, a := range r.Attempts {
		if len(a.Letters) > 0 {
			return true
		}
	}
	return false
}

// Why returns why the newest dead letter of the entity was written, "" if there is none.
func (r *Record) Why() string {
	var newest Letter
	for _, a := range r.Attempts {
		for _, l := range a.Letters {
			if cmp.Or(l.At.Compare(newest.At), strings.Compare(l.Event, newest.Event)) >= 0 {
				newest = l
			}
		}
	}
	return newest.Why
}

// MostAttempts is how many attempts of a sort a record keeps: at writes of unknown
// outcome, and at others.
const MostAttempts = 32

// forget keeps the record to what it can hold. The attempts that were touched last would
// be the wrong ones to keep: each look of a message that was forgotten would have another
// one forgotten, and none would come to the end of its budget.
func (r *Record) forget() {
	for _, open := range []bool{true, false} {
		if events := r.tried(open); len(events) > MostAttempts {
			slices.SortFunc(events, r.firstKept)
			for _, event := range events[MostAttempts:] {
				delete(r.Attempts, event)
			}
		}
	}
}

// tried lists the events whose write has an unknown outcome, or all others.
func (r *Record) tried(open bool) (events []string) {
	for event := range r.Attempts {
		if r.Open(event) == open {
			events = append(events, event)
		}
	}
	return events
}

// firstKept orders events of one sort: dead letters last, because nothing waits for them;
// of unknown outcomes the newest version first, because older ones wait for it; of the
// others those that have been failing longest, because their budget ends first.
func (r *Record) firstKept(a, b string) int {
	t, u := r.Attempts[a], r.Attempts[b]
	switch {
	case len(t.Letters) == 0 && len(u.Letters) > 0:
		return -1
	case len(t.Letters) > 0 && len(u.Letters) == 0:
		return 1
	case r.Open(a):
		return cmp.Or(cmp.Compare(u.Version, t.Version), cmp.Compare(a, b))
	case len(t.Letters) > 0:
		return cmp.Or(u.Letters[len(u.Letters)-1].At.Compare(t.Letters[len(t.Letters)-1].At), cmp.Compare(a, b))
	}
	return cmp.Or(t.failingSince().Compare(u.failingSince()), cmp.Compare(a, b))
}

func (a *Attempt) failingSince() (since time.Time) {
	for _, b := range a.Spent {
		if since.IsZero() || b.Since.Before(since) {
			since = b.Since
		}
	}
	return since
}
