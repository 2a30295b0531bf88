package entity

import (
	"cmp"
	"slices"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/retry"
)

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
	KeysSpent int                     `json:"keys,omitempty"`     // idempotency keys that were spent
	Conflicts int                     `json:"conflict,omitempty"` // writes in a row that found another value than expected

	// OpenSince is since when a write may have been made whose outcome is unknown; By is
	// what the target offers to find out.
	OpenSince time.Time           `json:"open,omitzero"`
	By        connector.Guarantee `json:"by,omitempty"`

	Letter *Letter `json:"letter,omitempty"`
	// Judged is the time of the letter whose redrive said that the target has nothing of
	// the event. A copy of that redrive says nothing more.
	Judged time.Time `json:"judged,omitzero"`
}

// Letter is a dead letter that was written. It blocks nothing: it only shows a copy of the
// very same queue message, what waits for the entity, and which letter a newer state
// supersedes.
type Letter struct {
	MessageID string           `json:"message_id"` // the queue's id of the message that died
	Event     string           `json:"event"`
	Trace     string           `json:"trace"`
	Version   message.Sequence `json:"version,omitempty"`
	At        time.Time        `json:"at"`
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

// MarkOpen records that a write may have been made at that time.
func (a *Attempt) MarkOpen(at time.Time) {
	if a.OpenSince.IsZero() {
		a.OpenSince = at
	}
}

// Spend uses up the budget for failures of the kind, and returns it.
func (a *Attempt) Spend(kind fault.Kind, now time.Time, pause time.Duration) retry.Budget {
	if a.Spent == nil {
		a.Spent = map[string]retry.Budget{}
	}
	a.Spent[kind.String()] = a.Spent[kind.String()].Spend(now, pause)
	return a.Spent[kind.String()]
}

// Bury returns what is kept of the attempt once its dead letter is written: the letter,
// and what a redrive must know, which is a write of unknown outcome and the next key.
func (a *Attempt) Bury(letter Letter) Attempt {
	return Attempt{
		Version: a.Version, Hash: a.Hash, Once: a.Once, Letter: &letter,
		OpenSince: a.OpenSince, By: a.By, KeysSpent: a.KeysSpent, Judged: a.Judged,
	}
}

// Letters reports whether an event of the entity has a dead letter.
func (r *Record) Letters() bool {
	for _, a := range r.Attempts {
		if a.Letter != nil {
			return true
		}
	}
	return false
}

// mostAttempts is how many attempts of a sort a record keeps: at writes of unknown
// outcome, and at others.
const mostAttempts = 32

// forget keeps the record to what it can hold. The attempts that were touched last would
// be the wrong ones to keep: each look of a message that was forgotten would have another
// one forgotten, and none would come to the end of its budget.
func (r *Record) forget() {
	for _, open := range []bool{true, false} {
		if events := r.tried(open); len(events) > mostAttempts {
			slices.SortFunc(events, r.firstKept)
			for _, event := range events[mostAttempts:] {
				delete(r.Attempts, event)
			}
		}
	}
}

// Crowded reports whether there are more attempts than can be kept.
func (r *Record) Crowded() bool { return len(r.tried(false)) > mostAttempts }

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
	case (t.Letter == nil) != (u.Letter == nil):
		if t.Letter != nil {
			return 1
		}
		return -1
	case r.Open(a):
		return cmp.Or(cmp.Compare(u.Version, t.Version), cmp.Compare(a, b))
	case t.Letter != nil:
		return cmp.Or(u.Letter.At.Compare(t.Letter.At), cmp.Compare(a, b))
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
