package pipeline

import (
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
)

// The journal of a delivery is its claim: the lease is durable before the target is
// called and is given back only with the outcome. A lease that ran out without that,
// after a crash, and a call whose answer was lost, both mean that a write may have
// taken effect, or may take effect yet (FAULTS F3, F6, F33, F34). This page keeps that
// knowledge; what a message may do with it is the page of its guarantee.

// claim takes the lease for the message. A lease that ran out without being given back
// tells that its holder crashed, which counts against the event it held it for.
func (s *handling) claim() *try {
	r := s.record
	if crashed := r.Lease; crashed != nil {
		t := r.try(crashed.Event)
		t.Crashes++
		t.open(crashed.Until.Add(-crashed.For))
		s.unanswered(crashed)
	}
	t := r.try(s.event.ID)
	t.Count++
	t.Touched = s.started
	s.attempt = t.Count
	s.decided(t)
	r.Lease = s.take(s.event.ID, s.profile.Timeout+s.Policy.Margin)
	r.Lease.Linger = s.linger()
	return t
}

// decided takes an operator's redrive of a message with an unknown outcome as the word
// that the target has nothing of it, where nothing else can tell.
func (s *handling) decided(t *try) {
	if t.Dead && s.operation.Guarantee != connector.Search {
		t.Open = time.Time{}
	}
	t.Dead = false
}

// linger is how long after a call was given up its effect may still appear, or a search
// still miss it. A compare-and-set that comes late is refused by the target.
func (s *handling) linger() time.Duration {
	switch s.operation.Guarantee {
	case connector.CompareAndSet:
		return 0
	case connector.Search:
		return s.profile.Linger + s.operation.Lag
	}
	return s.profile.Linger
}

// unanswered remembers a request that may take effect yet, unless one is remembered
// that may do so for longer.
func (s *handling) unanswered(u *span) {
	earlier := s.record.Unanswered
	if earlier == nil || earlier.Until.Add(earlier.Linger).Before(u.Until.Add(u.Linger)) {
		s.record.Unanswered = u
	}
}

// attempted notes how a write ended, f being nil for a success.
func (s *handling) attempted(f *fault.Error) {
	t := s.record.try(s.event.ID)
	if f == nil || definite(f) {
		t.Open = time.Time{}
		return
	}
	t.open(s.Now())
	var inFlight time.Duration
	if f.Class == fault.Ambiguous || f.Kind == fault.Unknown {
		inFlight = s.profile.Timeout + s.Policy.Margin // it may not have arrived yet
	} else if s.operation.Guarantee != connector.Search {
		return // the target has answered: what it did is done
	}
	u := s.take(s.event.ID, inFlight)
	u.Linger = s.operation.Lag
	if inFlight > 0 {
		u.Linger = s.linger()
	}
	if s.operation.Guarantee != connector.CompareAndSet {
		s.unanswered(u)
	}
}

// definite reports whether a failed write has certainly had no effect. A 500 is no such
// certainty (F32).
func definite(f *fault.Error) bool {
	switch f.Kind {
	case fault.Invalid, fault.Unauthentic, fault.Rejected, fault.NotReady, fault.Throttled, fault.Unauthorized, fault.Duplicate:
		return f.Class != fault.Ambiguous
	case fault.Unavailable:
		return f.Class == fault.Connection || f.Class == fault.Conflict
	}
	return false
}

// blocked returns until when the message has to keep off the entity, zero if nothing is
// in its way: another worker writes it, or a request of it may take effect yet.
func (s *handling) blocked() time.Time {
	r := s.record
	if r.Lease != nil {
		if end := s.over(r.key, r.Lease, 0); s.started.Before(end) {
			return s.beforeEnd(r.Lease, end)
		}
	}
	var until time.Time
	for _, u := range []*span{r.Unanswered, r.Lease} {
		if u == nil || u.Event == s.event.ID && s.operation.Guarantee != connector.Search {
			continue // the same write again, which its guarantee makes harmless
		}
		if end := s.over(r.key, u, u.Linger); s.started.Before(end) && end.After(until) {
			until = end
		}
	}
	return until
}

// beforeEnd looks again while another worker holds the entity, which mostly takes much
// less than its lease: after half as long as it has held it, at first at once.
func (s *handling) beforeEnd(lease *span, end time.Time) time.Time {
	held := s.started.Sub(lease.Until.Add(-lease.For))
	next := s.started.Add(Patience{Part: 2, Least: 100 * time.Millisecond, Most: time.Minute}.Wait(held, s.Random))
	if next.After(end) {
		return end
	}
	return next
}
