package pipeline

import (
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
)

// handling is what happens to one message from a queue: claim, work, and the end,
// whichever it is. Translate and Deliver differ only in their work.
type handling struct {
	*Config
	profile connector.Profile
	role    connector.Role
	in      Incoming
	route   string           // "" in the inbox
	event   *message.Message // for the inbox: an envelope that names the raw message
	record  *record
	effect  string // identifies what the work would write; "" in the inbox
	started time.Time
	attempt int
}

// outcome is how the work ended when it did not fail.
type outcome struct {
	stage  Stage
	why    string
	ref    string
	at     time.Time // when the final entry happened; zero: now
	before []Entry   // to be written before the final entry …
	after  []Entry   // … and after it
}

// run claims the record, does the work once, and settles. An error means that a
// port failed: nothing was decided, the queue will hand the message out again.
func (s *handling) run(ctx context.Context, work func(context.Context) (outcome, error)) (Decision, error) {
	s.started = s.Now()
	if decision, settled, err := s.settled(ctx); settled || err != nil {
		return decision, err
	}
	t := s.record.claim(s.event.ID, s.leaseFor(s.profile.Timeout))
	s.attempt = t.Count
	if t.Crashes >= s.Policy.Crashes {
		return s.fail(ctx, fault.New(fault.Rejected, fault.Poison, "handling "+s.event.ID, "every attempt so far ended in a crash"))
	}
	if err := s.record.save(ctx, s.State, s.started); err != nil {
		return s.conflict(err)
	}
	bounded, cancel := context.WithTimeout(ctx, s.profile.Timeout)
	defer cancel()
	result, err := s.guard(bounded, work)
	if err != nil {
		return s.fail(ctx, fault.As(err))
	}
	return s.succeed(ctx, result)
}

// settled decides what needs no claim: the message is done, was buried, or another
// worker holds the entity.
func (s *handling) settled(ctx context.Context) (Decision, bool, error) {
	if stage, why, ok := s.record.done(s.event, s.effect); ok {
		return s.end(ctx, stage, why)
	}
	if t := s.record.Tries[s.event.ID]; t != nil && t.Dead && s.in.Redrives() <= t.Redrive {
		return s.end(ctx, Skipped, "a copy of this message lies in the dead-letter queue already")
	}
	if until := s.record.held(s.event.ID, s.started); !until.IsZero() {
		return s.afterHolder(until), true, nil
	}
	return Decision{}, false, nil
}

// afterHolder waits for whoever holds the entity: mostly that takes much less than
// the lease, so the queue's receive count paces the looks until it ends.
func (s *handling) afterHolder(until time.Time) Decision {
	next := s.started.Add(s.Policy.Parents.Wait(s.in.ReceiveCount, s.Random))
	if next.After(until) {
		next = until
	}
	return deferUntil(next)
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
		return deferUntil(s.Now().Add(s.Policy.Parents.Wait(s.in.ReceiveCount, s.Random))), nil
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
	if err := s.Ledger.Append(ctx, slices.Concat(result.before, []Entry{e}, result.after)...); err != nil {
		return Decision{}, fmt.Errorf("writing the ledger: %w", err)
	}
	if result.stage == Skipped && s.role == connector.Deliver {
		s.record.pass(s.event)
	} else {
		s.record.confirm(s.event, s.effect, result.ref)
	}
	if err := s.record.save(ctx, s.State, s.Now()); err != nil {
		return s.conflict(err)
	}
	return Ack, nil
}

// fail counts the failure, decides by the table, and leaves its trace.
func (s *handling) fail(ctx context.Context, f *fault.Error) (Decision, error) {
	now := s.Now()
	t := s.record.try(s.event.ID)
	spent := t.spend(f.Kind, now)
	if f.Kind == fault.NotReady || f.Kind == fault.Throttled {
		t.Count-- // waiting uses up no attempt
	}
	v := s.Policy.judge(f, t.Count, spent, now, s.Random)
	if v.stage == Confirmed {
		return s.succeed(ctx, outcome{stage: Confirmed, why: v.why, ref: s.knownRef()})
	}
	if f.Class == fault.Ambiguous {
		s.record.Unanswered = &lease{Event: s.event.ID, Until: s.leaseFor(s.profile.Timeout + s.profile.Linger)}
	}
	s.record.release()
	e := s.entryFor(s.event, v.stage)
	e.Error, e.Next, e.Took = entryError(s.route, f), v.until, now.Sub(s.started)
	e.Outcome = v.why + ": " + e.Error.Message
	if v.stage != Deferred {
		if err := s.bury(ctx, s.in, f, e); err != nil {
			return Decision{}, err
		}
		*t = try{Dead: true, Redrive: s.in.Redrives()}
	}
	if err := s.Ledger.Append(ctx, e); err != nil {
		return Decision{}, fmt.Errorf("writing the ledger: %w", err)
	}
	if err := s.record.save(ctx, s.State, now); err != nil {
		return s.conflict(err)
	}
	return Decision{Until: v.until}, nil
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
	e.Event, e.Trace, e.Error = in.MessageID, in.MessageID, entryError(in.Queue, f)
	e.Outcome = "no retry can help: " + e.Error.Message
	if err := c.bury(ctx, in, f, e); err != nil {
		return Decision{}, err
	}
	if err := c.Ledger.Append(ctx, e); err != nil {
		return Decision{}, fmt.Errorf("writing the ledger: %w", err)
	}
	return Ack, nil
}
