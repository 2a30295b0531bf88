package entity

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"causeway/shared/message"
	"causeway/shared/port"
	"causeway/shared/retry"
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
	passing  bool // expires even if something is confirmed
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

func recordKey(target string, key message.Key) string { return target + "|" + key.String() }

// Load reads the record of the entity at the target; one that was never written is empty.
func Load(ctx context.Context, state port.State, target string, key message.Key) (*Record, error) {
	return load(ctx, state, recordKey(target, key))
}

// LoadPassing reads a record that expires even if something is confirmed, as the records
// of an inbox do: there are as many as deliveries.
func LoadPassing(ctx context.Context, state port.State, target string, key message.Key) (*Record, error) {
	r, err := Load(ctx, state, target, key)
	if err == nil {
		r.passing = true
	}
	return r, err
}

func load(ctx context.Context, state port.State, key string) (*Record, error) {
	item, err := state.Get(ctx, key)
	if err != nil {
		return nil, port.Unavailable("reading record "+key, err)
	}
	r := &Record{key: key, revision: item.Revision}
	if len(item.Value) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(item.Value, r); err != nil {
		return nil, fmt.Errorf("reading record %s: %w", key, err)
	}
	return r, nil
}

// Again reads the record as it is stored now.
func (r *Record) Again(ctx context.Context, state port.State) (*Record, error) {
	stored, err := load(ctx, state, r.key)
	if err == nil {
		stored.passing = r.passing
	}
	return stored, err
}

// Save writes the record if nothing has changed since it was loaded. Otherwise it fails
// with port.ErrConflict.
func (r *Record) Save(ctx context.Context, state port.State, now time.Time) error {
	r.forget()
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	item := port.Item{Key: r.key, Value: value, Revision: r.revision}
	if r.passing || !r.Present() {
		item.Expires = now.Add(life)
	}
	revision, err := state.Put(ctx, item)
	if err != nil {
		return fmt.Errorf("writing record %s: %w", r.key, err)
	}
	r.revision = revision
	return nil
}

// Name returns the key under which the record is stored.
func (r *Record) Name() string { return r.key }

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
	r.End(event)
	r.Skipped = nil
	if ref != "" {
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
	r.outdate()
}

// Skip records that a rule kept the state from the target, which has nothing of the entity.
func (r *Record) Skip(event string, s State, reason string, final bool) {
	r.End(event)
	skipped := &Skipped{Version: s.Version, Hash: s.Hash, Reason: reason, Final: final}
	if s.Once {
		skipped.Version = "" // a fact outdates no state
	}
	if r.Present() || r.Skipped != nil && skipped.Version < r.Skipped.Version {
		return
	}
	r.Skipped = skipped
}

// End forgets an event that has ended well, and every attempt at it.
func (r *Record) End(event string) {
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
// first: those of older states, and an earlier one of the event itself.
func (r *Record) Superseded(event string, s State) (letters []Letter) {
	for id, a := range r.Attempts {
		if a.Letter != nil && (id == event || !s.Once && a.older(s.Version, s.Hash)) {
			letters = append(letters, *a.Letter)
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
