package entity

import (
	"context"
	"errors"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// Standing is how a state compares with what the record holds.
type Standing uint8

const (
	// New means that the target does not have the state.
	New Standing = iota
	// Same means that the target has the state, under this or an older version, or the fact.
	Same
	// Old means that the target has a newer state.
	Old
	// Outdated means that the target has nothing, and a newer state was skipped by a rule.
	Outdated
)

// Standing compares a state that the effect would write with the record.
//
// Two different contents under one version are both new to each other; so that every order
// of arrival ends alike, the one with the greater hash counts as newer. The next poll
// settles which of them the source has.
func (r *Record) Standing(s State, effect string) Standing {
	c := r.Confirmed
	switch {
	case s.Once:
		if slices.Contains(r.Facts, s.Type) {
			return Same
		}
		return New
	case c == nil:
		if r.Skipped != nil && !r.Present() && s.Version < r.Skipped.Version && !r.unsettled() {
			return Outdated
		}
		return New
	case s.Version < c.Version:
		return Old
	case s.Hash == c.Hash && slices.Contains(c.Effects, effect):
		if s.Version > c.Version && r.unsettled() {
			return New // a write between the two may have taken effect
		}
		return Same
	case s.Version == c.Version && s.Hash < c.Hash:
		return Old
	}
	return New
}

// unsettled reports whether a write may have been made whose outcome is not recorded.
func (r *Record) unsettled() bool {
	if r.Lease != nil || r.Landing != nil {
		return true
	}
	for event := range r.Attempts {
		if r.Open(event) {
			return true
		}
	}
	return false
}

// Untouched reports whether the target has nothing of the entity for certain, as far as we
// wrote it. Only then may a rule keep a state from it.
func (r *Record) Untouched() bool { return !r.Present() && !r.unsettled() }

// Finding is how a polled state compares with a target.
type Finding uint8

const (
	// Missing means that the target has confirmed neither this state nor a newer one.
	Missing Finding = iota
	// Known means that it has, or a rule skipped the state.
	Known
	// InHand means that an attempt at the polled state is recorded, or the dead letter of its content.
	InHand
)

// Compare reports how a polled state compares with what the target confirmed last, with
// one read of the State. Where the content is equal and the version older, it records the
// version too, because a poll reads the newest: a late delivery of the same second must
// not overwrite it, nor supersede its dead letter. For the same reason a state that only a
// delivery has in hand counts as Missing: once it is confirmed, the polled state only raises
// its version.
func Compare(ctx context.Context, state port.State, target string, key message.Key, s State, now time.Time) (Finding, error) {
	for range 3 {
		found, err := compare(ctx, state, target, key, s, now)
		if !errors.Is(err, port.ErrConflict) {
			return found, err
		}
	}
	return InHand, nil // workers deliver the entity all the time
}

// compare is one look. It fails with port.ErrConflict if another writer was first.
func compare(ctx context.Context, state port.State, target string, key message.Key, s State, now time.Time) (Finding, error) {
	r, err := Load(ctx, state, target, key, false)
	if err != nil {
		return Missing, err
	}
	switch {
	case r.has(s), r.skips(s): // what is skipped is not confirmed
		return Known, nil
	case r.hasOlder(s):
		r.Confirmed.Version = s.Version
		return Known, r.Save(ctx, state, now)
	}
	a := r.inHand(s)
	switch {
	case a == nil:
		return Missing, nil
	case s.Once || a.Version >= s.Version:
		return InHand, nil
	}
	a.Version = s.Version
	return InHand, r.Save(ctx, state, now)
}

// has reports whether the target confirmed the state, or a newer one.
func (r *Record) has(s State) bool {
	if s.Once {
		return slices.Contains(r.Facts, s.Type)
	}
	c := r.Confirmed
	return c != nil && (c.Version > s.Version || c.Version == s.Version && c.Hash == s.Hash && !r.unsettled())
}

// hasOlder reports whether the target confirmed the same content with an older version.
func (r *Record) hasOlder(s State) bool {
	c := r.Confirmed
	return !s.Once && c != nil && c.Hash == s.Hash && c.Version < s.Version && !r.unsettled()
}

// skips reports whether a rule skipped the state, or a newer one, and the target has nothing else.
func (r *Record) skips(s State) bool {
	return r.Skipped != nil && !r.Present() && (r.Skipped.Hash == s.Hash || r.Skipped.Version > s.Version)
}

// inHand returns the attempt at the polled state, or the one whose dead letter has its
// content; nil if there is none.
func (r *Record) inHand(s State) *Attempt {
	for _, a := range r.Attempts {
		if a.Hash != s.Hash || a.Once != s.Once {
			continue
		}
		if polled := a.Version.Polled() && a.Version.UpdatedAt().Equal(s.Version.UpdatedAt()); s.Once || polled || len(a.Letters) > 0 {
			return a
		}
	}
	return nil
}

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
//     dead letter. The next step depends on what the target offers:
//     - Search, while the target's id is not known: only that very event can find out. All
//     others wait for it.
//     - ExternalID, CompareAndSet, and Search once the id is known: an older state waits, because
//     the newer one may be there; a newer state may go. A compare-and-set of the older state
//     would read the newer value and replace it.
//  3. A request that was given up may take effect yet, and would do so on top of this one:
//     come back when it no longer can. The same state again is harmless, except for a
//     search, which has to wait until it can see.
//
// No two events wait for each other: an event whose own outcome is unknown waits only for
// events that come before it in one order, the newest version first.
func (r *Record) Turn(w *retry.Worker, c Claimant, patience time.Duration, random func() float64) Turn {
	own, others := r.Attempts[c.Event], len(r.Attempts)
	if own != nil {
		others--
	}
	if r.Lease != nil || own != nil && own.NotBefore != nil {
		if until := r.held(w, c, random); c.Since.Before(until) {
			return Turn{Until: until}
		}
	}
	if others > 0 {
		if event := r.ahead(c, patience); event != "" {
			return Turn{Ahead: event}
		}
	}
	if r.Lease == nil && (r.Landing == nil || r.Landing.Event == c.Event && r.Landing.Version == c.State.Version && c.Guarantee != connector.Search) {
		return Turn{} // no other request may take effect yet
	}
	return Turn{Until: r.landing(w, c)}
}

// held returns until when no write of the entity may be made.
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
		if event == c.Event || !r.Open(event) || len(a.Letters) > 0 || c.Since.Sub(r.openSince(event)) > patience {
			continue
		}
		before := comesBefore(a, event, c)
		waits := before || !open
		if !r.sole(c.Guarantee) && !r.sole(a.By) {
			waits = a.Version > c.State.Version
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
func (r *Record) sole(g connector.Guarantee) bool { return g == connector.Search && r.Ref == "" }

// comesBefore orders events of unknown outcome: newer versions first.
func comesBefore(a *Attempt, event string, c Claimant) bool {
	return a.Version > c.State.Version || a.Version == c.State.Version && event < c.Event
}

// landing returns until when a request of the entity may take effect yet that must not do
// so on top of the claimant's state; zero if none can. It forgets a request that no longer can.
func (r *Record) landing(w *retry.Worker, c Claimant) (until time.Time) {
	for _, request := range []*retry.Span{r.Landing, r.Lease} {
		if request == nil || request.Event == c.Event && (c.State.Once || request.Version == c.State.Version) && c.Guarantee != connector.Search {
			continue
		}
		switch end := w.Over(r.key, request, request.Linger); {
		case c.Since.Before(end):
			until = retry.Later(until, end)
		case request == r.Landing:
			r.Landing = nil
		}
	}
	return until
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
