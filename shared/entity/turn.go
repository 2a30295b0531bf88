package entity

import (
	"time"

	"causeway/shared/connector"
	"causeway/shared/retry"
)

// Claimant is a message that is about to write the entity.
type Claimant struct {
	Event     string
	State     State
	MessageID string // the queue's
	Guarantee connector.Guarantee
	Since     time.Time // when this attempt began
}

// Turn is whether a claimant may write now. The zero Turn means that it may.
type Turn struct {
	Until time.Time // come back then
	Ahead string    // the event whose outcome has to be known first
}

// Turn decides in this order:
//
//  1. The target named a time before which it wants to hear nothing of the event, or a
//     worker is writing the entity: come back then.
//  2. A write of another event has an unknown outcome, for less than patience, and has no
//     dead letter. What follows depends on what the target offers:
//     - IdempotencyKey, None, and Search while the target's id is not known: only that very
//     event can find out, by its key, its search or a person. All others wait for it.
//     - ExternalID, and Search once the id is known: an older state waits, because the newer
//     one may be there; a newer state may go.
//     - CompareAndSet: nothing waits, because the target refuses what is late.
//  3. A request that was given up may take effect yet, and would do so on top of this one:
//     come back when it no longer can. The same state again is harmless, except for a
//     search, which has to wait until it can see.
//
// No two events wait for each other: an event whose own outcome is unknown waits only for
// events that come before it in one order, the newest version first.
func (r *Record) Turn(w *retry.Worker, c Claimant, patience time.Duration, random func() float64) Turn {
	if until := r.held(w, c, random); c.Since.Before(until) {
		return Turn{Until: until}
	}
	if event := r.ahead(c, patience); event != "" {
		return Turn{Ahead: event}
	}
	return Turn{Until: r.landing(w, c)}
}

// held returns until when nothing may be written, whatever it is.
func (r *Record) held(w *retry.Worker, c Claimant, random func() float64) (until time.Time) {
	if a := r.Attempts[c.Event]; a != nil && a.NotBefore != nil {
		until = a.NotBefore.Until
		if a.NotBefore.Event != c.MessageID { // a duplicate in the queue, which was not deferred
			until = w.Over(r.key+"|quiet", a.NotBefore, 0)
		}
		if c.Since.Before(until) {
			return until
		}
	}
	if r.Lease == nil {
		return time.Time{}
	}
	end := w.Over(r.key, r.Lease, 0)
	if !c.Since.Before(end) {
		return time.Time{}
	}
	// A lease mostly lasts much less than it may: look again after half as long as it has
	// been held. By a clock that is behind it would have been held for no time at all, so
	// the time for which this worker has seen it counts too.
	held := max(c.Since.Sub(r.Lease.Began()), c.Since.Sub(w.Since(r.key, r.Lease)))
	next := c.Since.Add(retry.Patience{Part: 2, Least: 100 * time.Millisecond, Most: time.Minute}.Wait(held, random))
	if next.After(end) {
		return end
	}
	return next
}

// ahead returns the event whose outcome must be known first: of several the one that comes
// first, "" if there is none.
func (r *Record) ahead(c Claimant, patience time.Duration) (first string) {
	open := r.Open(c.Event)
	for event, a := range r.Attempts {
		if event == c.Event || !r.Open(event) || a.Letter != nil || c.Since.Sub(r.openSince(event)) > patience {
			continue
		}
		before := comesBefore(a, event, c)
		waits := before || !open
		if !r.sole(c.Guarantee) && !r.sole(a.By) {
			waits = c.Guarantee != connector.CompareAndSet && a.Version > c.State.Version
		}
		if waits && (first == "" || comesBefore(a, event, Claimant{Event: first, State: State{Version: r.Attempts[first].Version}})) {
			first = event
		}
	}
	return first
}

func (r *Record) openSince(event string) time.Time {
	if a := r.Attempts[event]; !a.OpenSince.IsZero() {
		return a.OpenSince
	}
	return r.Lease.Began()
}

// sole reports whether only the very event can find out what became of its write.
func (r *Record) sole(g connector.Guarantee) bool {
	switch g {
	case connector.IdempotencyKey, connector.None:
		return true
	case connector.Search:
		return r.Ref == ""
	}
	return false
}

// comesBefore orders events of unknown outcome: newer versions first.
func comesBefore(a *Attempt, event string, c Claimant) bool {
	return a.Version > c.State.Version || a.Version == c.State.Version && event < c.Event
}

// landing returns until when a request of the entity may take effect yet that must not do
// so on top of the claimant's state; zero if none can.
func (r *Record) landing(w *retry.Worker, c Claimant) (until time.Time) {
	for _, request := range []*retry.Span{r.Landing, r.Lease} {
		same := request != nil && request.Event == c.Event && (c.State.Once || request.Version == c.State.Version)
		if request == nil || same && c.Guarantee != connector.Search {
			continue
		}
		if end := w.Over(r.key, request, request.Linger); c.Since.Before(end) && end.After(until) {
			until = end
		}
	}
	return until
}

// Landed forgets the request that may take effect last once it no longer can.
func (r *Record) Landed(w *retry.Worker, now time.Time) {
	if r.Landing != nil && !now.Before(w.Over(r.key, r.Landing, r.Landing.Linger)) {
		r.Landing = nil
	}
}

// MayLand records a request that may take effect yet, unless one is recorded that may do
// so for longer. It was made after that one, so that it does unless it lingers less; then
// this worker compares the ends, because they were set by different clocks.
func (r *Record) MayLand(w *retry.Worker, request *retry.Span) {
	earlier := r.Landing
	if earlier == nil || request.For+request.Linger >= earlier.For+earlier.Linger ||
		w.Over(r.key, earlier, earlier.Linger).Before(w.Over(r.key, request, request.Linger)) {
		r.Landing = request
	}
}
