package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// handling is what happens to one message from a queue: claim, work, and the end,
// whichever it is. Translate and Deliver differ only in their work.
type handling struct {
	*Config
	profile   connector.Profile
	role      connector.Role
	in        Incoming
	route     string              // "" in the inbox
	event     *message.Message    // for the inbox: an envelope that names the raw message
	operation connector.Operation // at the target; zero in the inbox
	record    *record
	effect    string // identifies what the work would write; "" in the inbox
	started   time.Time
	attempt   int
	lease     *span                                  // of this attempt; nil until it has claimed the record
	ready     func(context.Context) (outcome, error) // what is looked up before the claim; nil in the inbox
	passage   passage                                // to the target; nil in the inbox
	asked     bool                                   // the target was called …
	wrote     bool                                   // … to write …
	answer    *fault.Error                           // … and last answered so, nil for a success
	trace     []Entry                                // of the work: written with the entry that tells how it ended
	opened    time.Time                              // since when the write had an unknown outcome that is known now
	stands    message.Sequence                       // what a success confirms, if not the version of the message; "" if it is
	pause     time.Duration
	outage    bool // the circuit to the target is open …
	probing   bool // … and this is its probe
}

// outcome is how the work ended when it did not fail.
type outcome struct {
	stage Stage
	why   string
	ref   string
	as    string    // what the target calls the state that it is in now
	at    time.Time // when the final entry happened; zero: now
	after []Entry   // to be written after the final entry
}

// passage leads to a target that all workers share, and may be closed for a while.
type passage interface {
	// enter returns until when the message has to stay away; zero if it may go on, after
	// which leave must be called. That returns until when no message need come again.
	enter(ctx context.Context, s *handling) (until time.Time, err error)
	leave(ctx context.Context, s *handling) (until time.Time)
}

// run claims the record, does the work once, and settles. An error means that a
// port failed: nothing was decided, the queue will hand the message out again.
func (s *handling) run(ctx context.Context, work func(context.Context) (outcome, error)) (decision Decision, err error) {
	s.started = s.Now()
	if decision, settled, err := s.settled(ctx); settled || err != nil {
		return decision, err
	}
	if s.passage == nil {
		return s.attend(ctx, work)
	}
	if until, err := s.passage.enter(ctx, s); err != nil || !until.IsZero() {
		return deferUntil(until), err
	}
	defer func() {
		until := s.passage.leave(context.WithoutCancel(ctx), s)
		if !decision.Ended() && decision.Until.Before(until) {
			decision.Until = until
		}
	}()
	return s.attend(ctx, work)
}

// attend is one attempt: what it needs is there, or it ends without a claim, which
// therefore tells that a write was about to be made.
func (s *handling) attend(ctx context.Context, work func(context.Context) (outcome, error)) (Decision, error) {
	// What comes before the call is the call's loss: the lease must outlive it.
	bounded, cancel := context.WithTimeout(ctx, s.profile.Timeout-s.Now().Sub(s.started))
	defer cancel()
	if s.ready != nil {
		if result, err := s.guard(bounded, s.ready); err != nil {
			return s.fail(ctx, fault.As(err))
		} else if result.stage != "" {
			return s.succeed(ctx, result)
		}
	}
	if decision, ended, err := s.crashed(ctx); ended || err != nil {
		return decision, err
	}
	s.claim()
	if err := s.record.save(ctx, s.State, s.started); err != nil && !s.claimed(ctx) {
		return s.conflict(err)
	}
	result, err := s.guard(bounded, work)
	if err != nil {
		return s.fail(ctx, fault.As(err))
	}
	return s.succeed(ctx, result)
}

// settled decides what needs no claim: the message is done, was buried, or has to keep
// off the entity.
func (s *handling) settled(ctx context.Context) (Decision, bool, error) {
	if stage, why, ok := s.record.done(s.event, s.effect); ok {
		if s.in.Redrives() > 0 {
			why = "resolved, not sent again: " + why
		}
		return s.end(ctx, stage, why)
	}
	if t := s.record.Tries[s.event.ID]; t != nil && t.Dead && !s.putBack(t) && s.event.Sequence == cmp.Or(t.Lies, t.Version) {
		return s.end(ctx, Skipped, "a copy of this message lies in the dead-letter queue already")
	}
	if until := s.held(); !until.IsZero() {
		return deferUntil(until), true, nil
	}
	if event := s.ahead(); event != "" {
		decision, err := s.fail(ctx, s.awaits(event))
		return decision, true, err
	}
	if until := s.late(); !until.IsZero() {
		return deferUntil(until), true, nil
	}
	return Decision{}, false, nil
}

// putBack reports whether somebody put the message back that lies dead: by a redrive, which
// counts, or as it lay, which is what the queue service's own redrive does.
func (s *handling) putBack(t *try) bool {
	return s.in.Redrives() > t.Redrive || letterOf(s.in, t.Buried)
}

// unfit fails a message that cannot be looked into, without a claim.
func (s *handling) unfit(ctx context.Context, f *fault.Error) (Decision, error) {
	s.started = s.Now()
	if decision, settled, err := s.settled(ctx); settled || err != nil {
		return decision, err
	}
	return s.fail(ctx, f)
}

// end writes the final ledger entry of a message that needed no work.
func (s *handling) end(ctx context.Context, stage Stage, why string) (Decision, bool, error) {
	e := s.entryFor(s.event, stage)
	e.Outcome = why
	if err := s.Ledger.Append(ctx, e); err != nil {
		return Decision{}, true, fmt.Errorf("writing the ledger: %w", err)
	}
	return Ack, true, nil
}

// conflict turns a lost race into a short deferral.
func (s *handling) conflict(err error) (Decision, error) {
	if errors.Is(err, ErrConflict) {
		return deferUntil(s.Now().Add(s.Policy.Parents.Wait(0, s.Random))), nil
	}
	return Decision{}, err
}

// guard turns a panic into a fault, so that it fails its own message only. What was
// thrown may quote the message, so it is told to nobody but, where it is the
// runtime's own finding, the log.
func (s *handling) guard(ctx context.Context, work func(context.Context) (outcome, error)) (result outcome, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			cause, _ := thrown.(runtime.Error)
			s.Log.ErrorContext(ctx, "recovering from a panic", "event_id", s.event.ID, "error", cause, "stack", string(debug.Stack()))
			err = &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Code: "panic", Doing: "handling " + s.event.ID, Detail: "the code panicked; the log has the stack"}
		}
	}()
	return work(ctx)
}

// succeed writes the ledger, then the record: done is marked after the effect, and a
// crash in between repeats a harmless write instead of hiding it.
func (s *handling) succeed(ctx context.Context, result outcome) (Decision, error) {
	e := s.entryFor(s.event, result.stage)
	e.Outcome, e.TargetRef, e.Took = result.why, result.ref, s.Now().Sub(s.started)
	if !result.at.IsZero() {
		e.At = result.at
	}
	if err := s.Ledger.Append(ctx, slices.Concat(s.trace, []Entry{e}, result.after)...); err != nil {
		s.abandon(ctx)
		return Decision{}, fmt.Errorf("writing the ledger: %w", err)
	}
	if s.role == connector.Deliver && result.stage != Confirmed && s.stands == "" {
		s.record.end(s.event)
	} else {
		confirmed, effect := s.confirms()
		s.record.confirm(confirmed, effect, result.ref, result.as)
	}
	if err := s.mark(ctx); err != nil {
		return s.conflict(err)
	}
	return Ack, nil
}

// confirms returns what a success confirms: the message and its effect, or the version of
// the event that the target may have taken instead, and then no effect.
func (s *handling) confirms() (*message.Message, string) {
	if s.stands == "" {
		return s.event, s.effect
	}
	other := *s.event
	other.Sequence = s.stands
	return &other, ""
}

// fail counts the failure, decides by the table, and leaves its trace.
func (s *handling) fail(ctx context.Context, f *fault.Error) (Decision, error) {
	now := s.Now()
	t := s.record.try(s.event.ID)
	spent := budget{Times: 1, Since: now}
	if probed := s.probing && dispositions[f.Kind] == retry; !probed { // what a probe finds is no failure of its message
		spent = t.spend(f.Kind, now, s.between())
	}
	if waits := f.Kind == fault.NotReady || f.Kind == fault.Throttled || s.probing; waits && s.lease != nil {
		t.Count-- // waiting uses up no attempt
	}
	if t.Touched = now; f.After > 0 {
		t.Quiet = s.take(s.in.MessageID, f.After)
	}
	v := s.Policy.judge(f, spent, now, s.Random)
	if v.stage == Deferred && s.record.crowded() { // of which it may be forgotten that it was here
		v.until = later(v.until, now.Add(s.Policy.Parents.Wait(now.Sub(s.in.SentAt), s.Random)))
	}
	if v.stage == Confirmed {
		return s.succeed(ctx, outcome{stage: Confirmed, why: v.why, ref: s.knownRef()})
	}
	if s.outage && v.stage == Deferred { // the wait that was judged does not grow in an outage
		p := s.Policy.Breaker
		v.until = later(v.until, now.Add(min(p.Return.Wait(now.Sub(s.in.SentAt), s.Random), p.Probes.Most)))
	}
	s.record.release(s.lease)
	e := s.entryFor(s.event, v.stage)
	e.Error, e.Next, e.Took = port.NewEntryError(s.route, f), v.until, now.Sub(s.started)
	e.Outcome = v.why + ": " + e.Error.Message
	if v.stage == Deferred {
		return s.deferred(ctx, e, f.After > 0)
	}
	dead := *t
	if !s.record.pending(s.event.ID) { // else the version stays that of the write without a known outcome
		s.version(&dead)
	}
	dead.bury(s.event.Sequence, s.in.Redrives(), e.At, e.Error)
	s.loops(&e)
	return s.buried(ctx, f, e, dead)
}

// between is how much of the time since a message last failed in this way is called
// failing: not more than our own waits, so that a longer one that the target named is left
// out, and nothing of an outage.
func (s *handling) between() time.Duration {
	if s.outage {
		return 0
	}
	return max(s.Policy.Backoff.Cap, s.Policy.Parents.Most)
}

// buried sends the dead letter and leaves the trace. The ledger comes first: one that is out
// of reach must not be found out when the letter is sent already, which would be sent again
// with each receive.
func (s *handling) buried(ctx context.Context, f *fault.Error, e Entry, dead try) (Decision, error) {
	if err := s.Ledger.Append(ctx, append(s.trace, e)...); err != nil {
		s.abandon(ctx)
		return Decision{}, fmt.Errorf("writing the ledger: %w", err)
	}
	if err := s.bury(ctx, s.in, f, e); err != nil {
		s.abandon(ctx)
		return Decision{}, err
	}
	*s.record.try(s.event.ID) = dead
	if err := s.mark(ctx); err != nil {
		return s.conflict(err)
	}
	return Ack, nil
}

// deferred leaves the trace of an attempt that is followed by another. A time that the
// target named is kept even if the trace cannot be written, which would otherwise bring
// the message back with its visibility. The record comes first: of the two it is the one
// that the next attempt, or a copy, goes by.
func (s *handling) deferred(ctx context.Context, e Entry, named bool) (Decision, error) {
	err := s.mark(ctx)
	untold := s.Ledger.Append(ctx, append(s.trace, e)...)
	if untold != nil {
		untold = fmt.Errorf("writing the ledger: %w", untold)
	}
	switch {
	case named && (err != nil || untold != nil):
		s.Log.WarnContext(ctx, "deferring without a trace", "event_id", s.event.ID, "until", e.Next, "error", errors.Join(untold, err))
	case untold != nil:
		return Decision{}, errors.Join(untold, err)
	case err != nil && s.lease == nil:
		return s.conflict(err)
	case err != nil && !errors.Is(err, ErrConflict):
		return Decision{}, err
	}
	return deferUntil(e.Next), nil // of two answers to one save the one that was lost may have been the good one
}

// loops parks what was put back again and again and always failed the same way.
func (s *handling) loops(e *Entry) {
	if alike := s.in.Alike(e.Error.Fingerprint); e.Stage == Dead && alike > s.Policy.Loops {
		e.Stage, e.Outcome = Parked, fmt.Sprintf("redriven %d times, and failed the same way each time: %s", alike-1, e.Error.Message)
	}
}

func (s *handling) knownRef() string {
	if s.record.Confirmed == nil {
		return ""
	}
	return s.record.Confirmed.Ref
}

// entryFor returns a ledger entry of this handling about the message.
func (s *handling) entryFor(m *message.Message, stage Stage) Entry {
	e := s.entry(s.profile, s.role, stage)
	e.Trace, e.Event, e.Causation, e.Type = m.CorrelationID, m.ID, m.CausationID, m.Type
	e.Entity, e.Version, e.Route = m.Key(), m.Sequence, s.route
	e.Attempt, e.ReceiveCount, e.RedriveCount = s.attempt, s.in.ReceiveCount, s.in.Redrives()
	return e
}

// unreadable buries a message that is not in the form that our own queues carry.
func (c *Config) unreadable(ctx context.Context, in Incoming, f *fault.Error, profile connector.Profile, role connector.Role) (Decision, error) {
	e := c.entry(profile, role, Dead)
	e.Event, e.Trace, e.Error = in.MessageID, in.MessageID, port.NewEntryError(in.Queue, f)
	e.Outcome = "no retry can help: " + e.Error.Message
	if err := c.Ledger.Append(ctx, e); err != nil { // before the letter, as in buried
		return Decision{}, fmt.Errorf("writing the ledger: %w", err)
	}
	if err := c.bury(ctx, in, f, e); err != nil {
		return Decision{}, err
	}
	return Ack, nil
}

// called notes that the target was called, and how that ended.
func (s *handling) called(err error) { s.answer, s.asked = fault.As(err), true }
