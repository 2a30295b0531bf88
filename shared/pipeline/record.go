package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
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
	// Lease is held by the one worker that writes the entity, longer than a request can
	// take. It is also the journal: one that was never given back tells that a write may
	// have been made whose outcome nobody noted.
	Lease     *span           `json:"lease,omitempty"`
	Confirmed *confirmed      `json:"confirmed,omitempty"`
	Skipped   *skipped        `json:"skipped,omitempty"`
	Tries     map[string]*try `json:"tries,omitempty"` // by event id, while it has not ended
	// Unanswered is a request that may take effect yet: a late effect must not land on a
	// newer version. Whether its own event may go on meanwhile depends on the guarantee.
	Unanswered *span `json:"unanswered,omitempty"`

	key      string
	revision int64
}

// confirmed is the version fence and the cross-reference in one.
type confirmed struct {
	Sequence message.Sequence `json:"sequence"`
	Ref      string           `json:"ref"`
	Events   []string         `json:"events,omitempty"`  // ids, newest last
	Effects  []string         `json:"effects,omitempty"` // effect and body hash at this sequence
	Version  string           `json:"version,omitempty"` // what the target calls this state of it
}

// skipped remembers that a filter took the entity out of the route.
type skipped struct {
	Reason   string           `json:"reason"`
	Final    bool             `json:"final"`
	Sequence message.Sequence `json:"sequence"` // newest version that was skipped
}

// try is what is remembered of a message that has not ended well yet.
type try struct {
	Count      int               `json:"count"`               // attempts that were made
	Crashes    int               `json:"crashes,omitempty"`   // attempts in a row that left no trace
	Spent      map[string]budget `json:"spent,omitempty"`     // by kind of failure
	Version    message.Sequence  `json:"version,omitempty"`   // of the message
	Open       time.Time         `json:"open,omitzero"`       // since when a write of it has an unknown outcome …
	Sole       bool              `json:"sole,omitempty"`      // … for which every other message has to wait
	Mixed      bool              `json:"mixed,omitempty"`     // … in several versions under one key
	Quiet      *span             `json:"quiet,omitempty"`     // in which the target wants to hear nothing of it
	Generation int               `json:"gen,omitempty"`       // idempotency keys that were spent
	Conflicts  int               `json:"conflicts,omitempty"` // writes that found another value than expected
	Dead       bool              `json:"dead,omitempty"`      // already in the dead-letter queue …
	Lies       message.Sequence  `json:"lies,omitempty"`      // … in this version …
	Redrive    int               `json:"redrive,omitempty"`   // … at this redrive count …
	Buried     time.Time         `json:"buried,omitzero"`     // … since then …
	Asked      bool              `json:"asked,omitempty"`     // … which only a person can judge
	Touched    time.Time         `json:"touched,omitzero"`
	Row        time.Time         `json:"row,omitzero"` // when the first of the attempts began that ended in a crash
}

// budget is how often and since when something did not go on.
type budget struct {
	Times int       `json:"times"`
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
}

// spend counts once more and returns the budget that the kind of failure uses up. Two
// days of waiting for a parent must not count against the target's first failure, nor
// may a time in which the message was held back for another reason, such as an open
// circuit: a gap longer than pause is left out. Clocks may lie apart, so that a gap can be
// longer than the time that passed.
func (t *try) spend(kind fault.Kind, now time.Time, pause time.Duration) budget {
	b := t.Spent[kind.String()]
	if gap := now.Sub(b.Last) - pause; b.Times > 0 && gap > 0 {
		b.Since = b.Since.Add(gap)
	}
	if b.Times == 0 || b.Since.After(now) {
		b.Since = now
	}
	b.Times, b.Last = b.Times+1, now
	if t.Spent == nil {
		t.Spent = map[string]budget{}
	}
	t.Spent[kind.String()] = b
	return b
}

// open notes that a write may have been made whose outcome is not known.
func (t *try) open(at time.Time) {
	if t.Open.IsZero() {
		t.Open = at
	}
}

// bury notes that the version lies in the dead-letter queue. What a later redrive has to
// know stays: a write without a known outcome, and which key comes next.
func (t *try) bury(version message.Sequence, redrives int, at time.Time, because *EntryError) {
	*t = try{
		Dead: true, Lies: version, Redrive: redrives, Buried: at, Asked: because.Code == OutcomeUnknown,
		Version: t.Version, Open: t.Open, Sole: t.Sole, Mixed: t.Mixed, Generation: t.Generation, Touched: t.Touched,
	}
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
	r.forget()
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

func (r *record) try(event string) *try {
	if r.Tries == nil {
		r.Tries = make(map[string]*try)
	}
	if r.Tries[event] == nil {
		r.Tries[event] = &try{}
	}
	return r.Tries[event]
}

// join takes over what others have stored since the attempt loaded the record whose lease
// it holds: their tries, and that a version was skipped.
func (r *record) join(stored *record, own string) {
	mine := r.Tries[own]
	r.revision, r.Tries = stored.revision, stored.Tries
	if delete(r.Tries, own); mine != nil {
		*r.try(own) = *mine
	}
	if r.Confirmed == nil {
		r.Skipped = stored.Skipped
		return
	}
	r.outdate(r.Confirmed.Sequence)
}

// outdate forgets the attempts at versions older than the one that is confirmed.
func (r *record) outdate(fence message.Sequence) {
	maps.DeleteFunc(r.Tries, func(_ string, t *try) bool { return t.Version != "" && t.Version < fence })
}

// forget keeps the record to what it can hold: so many messages whose write has an unknown
// outcome, and as many others. What was touched last would be the wrong measure: each look
// of a message that is forgotten would have another one forgotten, and none would come to
// the end of its budget.
func (r *record) forget() {
	for _, pending := range []bool{true, false} {
		if events := r.tried(pending); len(events) > mostTried {
			slices.SortFunc(events, r.firstKept)
			for _, event := range events[mostTried:] {
				delete(r.Tries, event)
			}
		}
	}
}

// mostTried is how many messages of a kind a record remembers attempts of.
const mostTried = 2 * remembered

// crowded reports whether there are more messages than can be remembered.
func (r *record) crowded() bool { return len(r.tried(false)) > mostTried }

// tried lists the messages whose write has an unknown outcome, or all others.
func (r *record) tried(pending bool) (events []string) {
	for event := range r.Tries {
		if r.pending(event) == pending {
			events = append(events, event)
		}
	}
	return events
}

// firstKept orders messages of one kind by what is to be remembered first: of unknown
// outcomes the newest version, because older ones wait for it; else what has been failing
// longest, whose budget ends first, and dead letters last.
func (r *record) firstKept(a, b string) int {
	t, u := r.Tries[a], r.Tries[b]
	switch {
	case r.pending(a):
		return cmp.Or(cmp.Compare(u.Version, t.Version), cmp.Compare(a, b))
	case t.Dead != u.Dead && t.Dead:
		return 1
	case t.Dead != u.Dead:
		return -1
	case t.Dead:
		return cmp.Or(u.Buried.Compare(t.Buried), cmp.Compare(a, b))
	}
	return cmp.Or(t.failing().Compare(u.failing()), cmp.Compare(a, b))
}

// failing is since when it fails in the way that it has done longest.
func (t *try) failing() (since time.Time) {
	for _, b := range t.Spent {
		if since.IsZero() || b.Since.Before(since) {
			since = b.Since
		}
	}
	return since
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

// release gives an attempt's own lease back when it left a trace. One that was left
// behind by a crash stays: it tells of a write.
func (r *record) release(own *span) {
	if own != nil && r.Lease == own {
		r.try(own.Event).Crashes = 0
		r.Lease = nil
	}
}

// end forgets a message that has ended well, and every attempt at it.
func (r *record) end(m *message.Message) {
	if r.Lease != nil && r.Lease.Event == m.ID {
		r.Lease = nil
	}
	delete(r.Tries, m.ID)
}

// confirm notes the effect, "" if it is not the message's own. Whatever became of older versions, the fence keeps them off.
func (r *record) confirm(m *message.Message, effect, ref, version string) {
	r.end(m)
	r.outdate(m.Sequence)
	r.Skipped = nil
	if r.Confirmed == nil {
		r.Confirmed = &confirmed{}
	}
	c := r.Confirmed
	if c.Sequence != m.Sequence {
		c.Sequence, c.Effects = m.Sequence, nil
	}
	c.Ref, c.Version = ref, version
	c.Events = lastOf(append(c.Events, m.ID))
	if effect != "" {
		c.Effects = lastOf(append(c.Effects, effect))
	}
}

// skip notes that a version was kept out of the target, which still has nothing of it.
func (r *record) skip(reason string, final bool, version message.Sequence) {
	if r.Confirmed != nil || r.Skipped != nil && version <= r.Skipped.Sequence {
		return
	}
	r.Skipped = &skipped{Reason: reason, Final: final, Sequence: version}
}

// keptOut reports whether the target has nothing of the entity because versions of it were
// skipped. While the outcome of a write is not known, that cannot be said by any event but
// the one that wrote.
func (r *record) keptOut(event string) bool {
	others := slices.DeleteFunc(r.tried(true), func(e string) bool { return e == event })
	return r.Confirmed == nil && r.Skipped != nil && len(others) == 0
}

func lastOf(list []string) []string { return list[max(0, len(list)-remembered):] }

// done returns why the message needs no delivery: because the target has it, or has
// a newer version. ok is false if it is to be delivered.
func (r *record) done(m *message.Message, effect string) (stage Stage, why string, ok bool) {
	c := r.Confirmed
	switch {
	case r.keptOut(m.ID) && m.Sequence < r.Skipped.Sequence && !r.pending(m.ID):
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
