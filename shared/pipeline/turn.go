package pipeline

import (
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
)

// Whose turn it is at an entity, asked before each claim, in this order:
//
//  1. The target named a time before which it wants to hear nothing of the message, or a
//     worker is writing the entity: come again then (held).
//  2. A write of another message has an unknown outcome. What that means for this one is
//     a matter of what the target offers (ahead):
//     - IdempotencyKey, None, and Search while the target's id is not known: only the very
//     message can find out, by its key, its search or a person. All others wait for it.
//     - ExternalID, and Search once the id is known: an older version waits, since the
//     newer one may be there; a newer one may go.
//     - CompareAndSet: nobody waits, the target tells.
//  3. A request may take effect yet, and would do so on top of this one: come again when
//     it no longer can (late).
//
// Waiting for an outcome is waiting as for a parent: it shows in the ledger, uses up no
// attempt, and ends after Policy.Parent in a dead letter that names the message to be
// resolved first. Most are resolved by coming again. One that lies dead has to be
// redriven; it blocks its entity and nothing else. One that is nowhere any more, because
// somebody deleted it, is given up when what waits for it was redriven and it did not
// show in another Policy.Parent.
//
// No two messages wait for each other: a message whose own outcome is unknown waits only
// for such as come before it in one order, the newest version first (before), and for
// no parent, because a claim is made only when all of them are there (attend).

// OutcomeOpen is the code of a message that waits for another one of its entity, whose
// write has no known outcome yet. If that lies dead the code is ParentDead.
const OutcomeOpen = "outcome_open"

// held returns until when the message has to stay away whatever it is.
func (s *handling) held() time.Time {
	r := s.record
	if t := r.Tries[s.event.ID]; t != nil && t.Quiet != nil {
		end := t.Quiet.Until
		if t.Quiet.Event != s.in.MessageID { // a copy, which no queue has kept away so far
			end = s.over(r.key+"|quiet", t.Quiet, 0)
		}
		if s.started.Before(end) {
			return end
		}
	}
	if r.Lease != nil {
		if end := s.over(r.key, r.Lease, 0); s.started.Before(end) {
			return s.beforeEnd(r.Lease, end)
		}
	}
	return time.Time{}
}

// beforeEnd looks again while another worker holds the entity, which mostly takes much
// less than its lease: after half as long as it has held it, at first at once. By a clock
// that is behind it would have held it for no time at all, so what was watched counts too.
func (s *handling) beforeEnd(lease *span, end time.Time) time.Time {
	held := max(s.started.Sub(lease.Until.Add(-lease.For)), s.started.Sub(s.since(s.record.key, lease)))
	next := s.started.Add(Patience{Part: 2, Least: 100 * time.Millisecond, Most: time.Minute}.Wait(held, s.Random))
	if next.After(end) {
		return end
	}
	return next
}

// sole reports whether nobody but the message itself can find out what became of a write.
func (s *handling) sole() bool {
	switch s.operation.Guarantee {
	case connector.IdempotencyKey, connector.None:
		return true
	case connector.Search:
		return s.knownRef() == ""
	}
	return false
}

// pending reports whether a write of the event may have been made whose outcome nobody
// noted: its answer was lost, or its lease was never given back.
func (r *record) pending(event string) bool {
	t := r.Tries[event]
	return t != nil && (!t.Open.IsZero() || r.Lease != nil && r.Lease.Event == event)
}

// wrote reports whether that write was of this very version.
func (r *record) wrote(m *message.Message) bool {
	return r.pending(m.ID) && r.Tries[m.ID].Version == m.Sequence
}

// ahead returns the event whose outcome must be known before this message may write: of
// several the one that comes first, "" if there is none.
func (s *handling) ahead() (first string) {
	r, me := s.record, s.event.ID
	for event, t := range r.Tries {
		if !r.pending(event) || event == me && !s.behind(t) || event != me && (!s.waitsFor(event, t) || s.givenUp(event, t)) {
			continue
		}
		if first == "" || before(t.Version, event, r.Tries[first].Version, first) {
			first = event
		}
	}
	return first
}

func (s *handling) waitsFor(event string, t *try) bool {
	if s.sole() || t.Sole {
		return !s.record.pending(s.event.ID) || before(t.Version, event, s.event.Sequence, s.event.ID)
	}
	return s.operation.Guarantee != connector.CompareAndSet && t.Version > s.event.Sequence
}

// behind reports whether the write of unknown outcome is a newer version of this very
// event, which the other message of it finds out. Under one key both are one write, and a
// compare-and-set tells.
func (s *handling) behind(t *try) bool {
	switch s.operation.Guarantee {
	case connector.IdempotencyKey, connector.CompareAndSet:
		return false
	}
	return t.Version > s.event.Sequence
}

// before orders messages of unknown outcome: newer versions first.
func before(v message.Sequence, event string, w message.Sequence, other string) bool {
	return v > w || v == w && event < other
}

// givenUp reports whether the message was parked for the event once, put back by a
// person, and has now waited as long again without a sign of it; then nobody will
// resolve the event any more, and it is forgotten.
func (s *handling) givenUp(event string, t *try) bool {
	r, waited := s.record, budget{}
	if mine := r.Tries[s.event.ID]; mine != nil {
		waited = mine.Spent[fault.NotReady.String()]
	}
	last := max(s.Policy.Parent-s.Policy.Parents.Most, s.Policy.Parent/2) // the next look might be the one that parks it
	if s.in.Redrives() == 0 || waited.Last.Sub(waited.Since) < last || !t.Touched.Before(waited.Since) {
		return false
	}
	delete(r.Tries, event)
	if r.Lease != nil && r.Lease.Event == event {
		r.Lease = nil
	}
	return true
}

// awaits is why a message waits for the event's outcome.
func (s *handling) awaits(event string) *fault.Error {
	f := &fault.Error{
		Kind: fault.NotReady, Class: fault.Ambiguous, Code: OutcomeOpen, Doing: s.doing(),
		Detail: "a write of event " + event + " has no known outcome yet, and has to be resolved first",
	}
	if s.record.Tries[event].Dead {
		f.Class, f.Code, f.Field = fault.MissingRef, ParentDead, s.event.EntityType()
		f.Detail = "event " + event + " of it lies in the dead-letter queue with an unknown outcome; this goes on when that is redriven"
	}
	return f
}

// late returns until when a request of the entity may take effect yet, that must not do
// so on top of this message; zero if none can. The same write again, which is the same
// event in the same version, is harmless, but for a search, which has to wait until it can
// see.
func (s *handling) late() (until time.Time) {
	r := s.record
	for _, u := range []*span{r.Unanswered, r.Lease} {
		same := u != nil && u.Event == s.event.ID && u.Version == s.event.Sequence
		if u == nil || same && s.operation.Guarantee != connector.Search {
			continue
		}
		if end := s.over(r.key, u, u.Linger); s.started.Before(end) && end.After(until) {
			until = end
		}
	}
	return until
}
