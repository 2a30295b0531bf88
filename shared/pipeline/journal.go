package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/port"
)

// The journal of a delivery is its claim: the lease is durable before the target is
// called and is given back only with the outcome. A lease that ran out without that,
// after a crash, and a call whose answer was lost, both mean that a write may have
// taken effect, or may take effect yet (FAULTS F3, F6, F33, F34). This page keeps that
// knowledge; what a message may do with it is the page of its guarantee.

// Crashed is the code of a message that waits because its handling ended in a crash.
const Crashed = "crashed"

// crashed takes a lease that ran out without being given back for what it tells: its holder
// crashed, which counts against the event it held it for. Whoever was in the same process
// crashed with it: from the second time on each comes again at a time of its own, so that
// one that kills does not take the same others with it until all of them count as poison.
func (s *handling) crashed(ctx context.Context) (decision Decision, ended bool, err error) {
	r, left := s.record, s.record.Lease
	if left != nil {
		t, began := r.try(left.Event), left.Until.Add(-left.For)
		if t.Crashes == 0 {
			t.Row = began
		}
		t.Crashes++
		t.open(began)
		s.unanswered(left)
		r.Lease = nil
	}
	t, doing := r.try(s.event.ID), "handling "+s.event.ID
	var f *fault.Error
	switch {
	case t.Crashes >= s.Policy.Crashes:
		if decision, ended, err = s.acquitted(ctx, t); ended || err != nil || t.Crashes == 0 {
			return decision, ended, err
		}
		f = fault.New(fault.Rejected, fault.Poison, doing, "every attempt so far ended in a crash")
	case left != nil && left.Event == s.event.ID && t.Crashes > 1:
		f = &fault.Error{
			Kind: fault.Unavailable, Class: fault.Intermittent, Code: Crashed, Doing: doing,
			Detail: fmt.Sprintf("%d attempts in a row ended in a crash", t.Crashes), After: s.Policy.Backoff.Wait(t.Crashes+2, s.Random),
		}
	default:
		return Decision{}, false, nil
	}
	s.attempt = t.Count
	decision, err = s.fail(ctx, f)
	return decision, true, err
}

// acquitted asks the ledger about a message that is about to be called poison: if the end of
// an attempt stands there that counts as crashed, or of one in between, it was the State
// that did not take it.
func (s *handling) acquitted(ctx context.Context, t *try) (decision Decision, ended bool, err error) {
	told, err := s.Ledger.Find(ctx, Query{Event: s.event.ID, Route: s.route})
	if err != nil {
		return Decision{}, false, port.Unavailable("reading the ledger", err)
	}
	for _, e := range told {
		done := e.Stage == Confirmed || e.Stage == Translated
		switch {
		case done && e.Version == s.event.Sequence:
			s.record.confirm(s.event, s.effect, e.TargetRef, "")
			if err := s.mark(ctx); err != nil {
				decision, err = s.conflict(err)
				return decision, true, err
			}
			return s.end(ctx, Skipped, "the ledger has it "+string(e.Stage))
		case e.Stage == Deferred && e.Attempt > 0 && !e.At.Before(t.Row) && e.Error != nil && e.Error.Code != Crashed:
			t.Crashes = 0
		}
	}
	return Decision{}, false, nil
}

// claim takes the lease for the message.
func (s *handling) claim() {
	t := s.record.try(s.event.ID)
	t.Count++
	s.version(t)
	t.Touched, t.Sole = s.started, s.sole()
	s.attempt = t.Count
	s.decided(t)
	t.Quiet = nil
	s.lease = s.take(s.event.ID, s.profile.Timeout+s.Policy.Margin)
	s.lease.Linger, s.lease.Version = s.linger(), s.event.Sequence
	s.record.Lease = s.lease
}

// claimed reports whether the claim stands although storing it failed: its answer was lost.
func (s *handling) claimed(ctx context.Context) bool {
	stored, err := load(ctx, s.State, s.record.key)
	for again := 1; again < asks && err != nil; again++ {
		stored, err = load(ctx, s.State, s.record.key)
	}
	if err != nil || !s.lease.same(stored.Lease) {
		return false
	}
	s.record.revision = stored.revision
	return true
}

// abandon gives the lease back after an attempt whose end could not be told: it was no
// crash, and nobody has to wait until the lease is over. That the target has taken the
// write is then known to nobody, so that it is open again.
func (s *handling) abandon(ctx context.Context) {
	if s.lease == nil {
		return
	}
	if s.wrote && s.answer == nil {
		at := s.started // or of the first write under its key, if the end of that was not told either
		if !s.opened.IsZero() {
			at = s.opened
		}
		s.record.try(s.event.ID).open(at)
		if s.operation.Guarantee == connector.Search {
			u := s.take(s.event.ID, 0)
			u.Linger, u.Version = s.operation.Lag, s.event.Sequence
			s.unanswered(u)
		}
	}
	s.record.release(s.lease)
	if err := s.mark(ctx); err != nil {
		s.Log.WarnContext(ctx, "giving a lease back", "event_id", s.event.ID, "error", err)
	}
}

// version notes which version of its event the message is: the newest of those that went
// under one key, as long as the outcome is not known.
func (s *handling) version(t *try) {
	if s.operation.Guarantee != connector.IdempotencyKey || t.Open.IsZero() {
		t.Mixed, t.Version = false, s.event.Sequence
		return
	}
	t.Mixed = t.Mixed || t.Version != s.event.Sequence
	t.Version = max(t.Version, s.event.Sequence)
}

// decided takes an operator's redrive of a message that was parked because nobody can
// tell its outcome as the word that the target has nothing of it.
func (s *handling) decided(t *try) {
	if t.Dead && t.Asked && s.putBack(t) {
		t.Open = time.Time{}
	}
	if s.putBack(t) || t.Lies == s.event.Sequence || t.Lies == "" { // else it is another version that lies dead
		t.Dead, t.Asked = false, false
	}
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
// that may do so for longer. It was made after that one, so that it does unless it lingers
// less; then, as their ends were set by different clocks, this worker's judgement compares
// them.
func (s *handling) unanswered(u *span) {
	key, earlier := s.record.key, s.record.Unanswered
	if earlier == nil || u.For+u.Linger >= earlier.For+earlier.Linger || s.over(key, earlier, earlier.Linger).Before(s.over(key, u, u.Linger)) {
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
		s.opened, t.Open = t.Open, time.Time{}
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
	u.Linger, u.Version = s.operation.Lag, s.event.Sequence
	if inFlight > 0 {
		u.Linger = s.linger()
	}
	if s.operation.Guarantee != connector.CompareAndSet {
		s.unanswered(u)
	}
}

// marks is how often a record is saved anew before what an attempt found is given up, after
// a race that was lost, and after a State that did not answer or was asked too often.
const marks, asks = 5, 2

// mark saves how the attempt ended. A save that lost a race while the attempt's lease
// stands lost it to nobody who may write the entity, but to somebody who needs no claim,
// such as a filter that keeps a version out: what that noted is taken over, and it is
// saved again. Otherwise what is known now would be forgotten until the lease has run out.
func (s *handling) mark(ctx context.Context) error {
	err := s.record.save(ctx, s.State, s.Now())
	for again := 0; again < asks && s.lease != nil && err != nil && !errors.Is(err, ErrConflict); again++ {
		err = s.record.save(ctx, s.State, s.Now())
	}
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
