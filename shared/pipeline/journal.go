package pipeline

import (
	"context"
	"errors"
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
	t.Touched, t.Version, t.Sole, t.Quiet = s.started, s.event.Sequence, s.sole(), nil
	s.attempt = t.Count
	s.decided(t)
	s.lease = s.take(s.event.ID, s.profile.Timeout+s.Policy.Margin)
	s.lease.Linger = s.linger()
	r.Lease = s.lease
	return t
}

// decided takes an operator's redrive of a message that was parked because nobody can
// tell its outcome as the word that the target has nothing of it.
func (s *handling) decided(t *try) {
	if t.Dead && t.Asked {
		t.Open = time.Time{}
	}
	t.Dead, t.Asked = false, false
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
// that may do so for longer. Their ends were set by different clocks, so that it is this
// worker's judgement that compares them.
func (s *handling) unanswered(u *span) {
	key, earlier := s.record.key, s.record.Unanswered
	if earlier == nil || s.over(key, earlier, earlier.Linger).Before(s.over(key, u, u.Linger)) {
		s.record.Unanswered = u
	}
}

// attempted notes how a write ended, f being nil for a success. What is known of this
// one says nothing about an earlier one that is still open, unless it had the same
// idempotency key: then what the target decided it has decided for both.
func (s *handling) attempted(f *fault.Error) {
	t := s.record.try(s.event.ID)
	both := s.operation.Guarantee == connector.IdempotencyKey && f != nil && f.Kind == fault.Rejected
	switch {
	case f == nil || both && definite(f):
		t.Open = time.Time{}
		return
	case definite(f):
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

// marks is how often a record is saved anew before what an attempt found is given up.
const marks = 5

// mark saves how the attempt ended. A save that lost a race while the attempt's lease
// stands lost it to nobody who may write the entity, but to somebody who needs no claim,
// such as a filter that keeps a version out: what that noted is taken over, and it is
// saved again. Otherwise what is known now would be forgotten until the lease has run out.
func (s *handling) mark(ctx context.Context) error {
	err := s.record.save(ctx, s.State, s.Now())
	for again := 0; again < marks && s.lease != nil && errors.Is(err, ErrConflict); again++ {
		stored, failed := load(ctx, s.State, s.record.key)
		if failed != nil {
			return errors.Join(err, failed)
		}
		if !s.lease.same(stored.Lease) {
			return err
		}
		s.record.join(stored, s.event.ID)
		err = s.record.save(ctx, s.State, s.Now())
	}
	return err
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
