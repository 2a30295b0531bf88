package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"causeway/shared/admission"
	"causeway/shared/connector"
	"causeway/shared/entity"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
	"causeway/shared/retry"
)

// attempt is one attempt at one message. run shows the whole sequence.
type attempt struct {
	*Pipeline
	profile   connector.Profile
	role      connector.Role
	in        port.Incoming
	route     string // "" in the inbox
	event     *message.Message
	state     entity.State
	operation connector.Operation // at the target; zero in the inbox
	record    *entity.Record
	began     time.Time
	outage    bool        // the circuit of the target is open
	lease     *retry.Span // of this attempt; nil until the claim
}

// work is how a kind of message does its steps: a delivery or a translation.
type work interface {
	// filter returns the ending of a message that a rule keeps from the target; it is
	// asked only if the target has nothing of the entity. The zero ending: no rule does.
	filter() (ending, error)
	// enter waits for admission to the target. It returns a passage, or when to come back;
	// neither if there is no target to be admitted to.
	enter(ctx context.Context) (*admission.Passage, time.Time, error)
	// prepare looks up what the effect needs. It returns an ending if nothing is to be
	// written, the zero ending if the effect can go on, and with a fault.NotReady the
	// record of the entity that is waited for, if it is one.
	prepare(ctx context.Context) (ending, *entity.Record, error)
	// effect makes the effect once.
	effect(ctx context.Context) (ending, error)
	// answer is how the target answered the last call of the attempt.
	answer() admission.Answer
}

// ending is how an attempt ends that did not fail.
type ending struct {
	stage port.Stage // Confirmed, Translated, Superseded or Skipped; "" in the zero ending
	why   string
	keep  keep
	final bool         // with keepSkip: what depends on the entity is skipped with it
	ref   string       // target's id
	tag   string       // what the target calls the state
	at    time.Time    // when it happened; zero: now
	trace []port.Entry // written before the entry of the ending
	after []port.Entry // written after it
}

// keep is what the record keeps of an ending.
type keep uint8

const (
	keepNothing keep = iota
	keepState        // the target has the state
	keepSkip         // a rule kept the state from the target
	keepEnd          // the attempt has ended; the target has something else
)

// run takes the message through one attempt, top to bottom. An error means that a port
// failed and nothing was decided: the queue will return the message.
//
//	known      the record shows that no write is needed       → skipped, superseded
//	turn       another event of the entity comes first        → deferred
//	admission  the target's circuit, permits and rate         → deferred
//	prepare    parents and filters                            → deferred, skipped
//	crash      an earlier worker left its lease behind        → deferred, dead
//	claim      one conditional write takes the lease          → deferred if another was first
//	effect     the target is called, as its guarantee demands
//	verdict    confirmed, superseded, deferred, dead or parked
//	settlement ledger, record, dead letter, and whoever waits for the entity
func (a *attempt) run(ctx context.Context, w work) (Decision, error) {
	a.began = a.Now()
	a.record.Landed(a.worker, a.began)
	if e, err := a.known(w); err != nil {
		return a.fail(ctx, fault.As(err), false, nil)
	} else if e.stage != "" {
		return a.settle(ctx, e)
	}
	turn := a.record.Turn(a.worker, a.claimant(), a.Retry.Parent, a.Random)
	switch {
	case !turn.Until.IsZero():
		return later(turn.Until), nil
	case turn.Ahead != "":
		return a.fail(ctx, a.outcomeOpen(turn.Ahead), false, nil)
	}
	passage, until, err := w.enter(ctx)
	switch {
	case err != nil:
		return Decision{}, err
	case !until.IsZero():
		return later(until), nil
	case passage == nil:
		return a.admitted(ctx, w, false)
	}
	a.began = a.Now() // admission may have taken its time
	decision, err := a.admitted(ctx, w, passage.Probing())
	return decision.notBefore(passage.Leave(context.WithoutCancel(ctx), w.answer())), err
}

// admitted is the part of an attempt in which the target may be called. What is needed is
// looked up before the claim, so that a lease that is left behind shows that a write was
// about to be made.
func (a *attempt) admitted(ctx context.Context, w work, probing bool) (Decision, error) {
	// The lease must outlive the call: what comes before the call is taken from its time.
	bounded, cancel := context.WithTimeout(ctx, a.profile.Timeout-a.Now().Sub(a.began))
	defer cancel()
	var awaited *entity.Record
	e, err := a.guard(bounded, func(ctx context.Context) (e ending, err error) {
		e, awaited, err = w.prepare(ctx)
		return e, err
	})
	switch {
	case err != nil:
		return a.fail(ctx, fault.As(err), probing, awaited)
	case e.stage != "":
		return a.settle(ctx, e)
	}
	e, f, err := a.crash(ctx)
	switch {
	case err != nil:
		return Decision{}, err
	case f != nil:
		return a.fail(ctx, f, false, nil)
	case e.stage != "":
		return a.settle(ctx, e)
	}
	if claimed, err := a.claim(ctx); err != nil || !claimed {
		return later(a.Now().Add(a.Retry.Parents.Wait(0, a.Random))), err
	}
	e, err = a.guard(bounded, w.effect)
	if err != nil {
		return a.fail(ctx, fault.As(err), probing, nil)
	}
	return a.settle(ctx, e)
}

// known returns the ending of a message that needs no write: the target has its state or a
// newer one, its own dead letter was written, or a rule keeps it from the target.
func (a *attempt) known(w work) (e ending, err error) {
	switch a.record.Standing(a.state, a.effectName()) {
	case entity.Same:
		e = ending{stage: port.Skipped, why: "duplicate: " + a.profile.Name + " has this content already"}
		if c := a.record.Confirmed; !a.state.Once && a.state.Version > c.Version {
			e.keep, e.ref, e.tag = keepState, a.record.Ref, c.Tag
		}
	case entity.Old:
		e = ending{stage: port.Superseded, why: "a newer version is confirmed"}
	case entity.Outdated:
		e = ending{stage: port.Superseded, why: "a newer version was skipped: " + a.record.Skipped.Reason}
	}
	if e.stage != "" {
		if a.in.Redriven() {
			e.why = "resolved, not sent again: " + e.why
		}
		return e, nil
	}
	if t := a.record.Attempts[a.event.ID]; t != nil && t.Letter != nil && t.Letter.MessageID == a.in.MessageID {
		return ending{stage: port.Skipped, why: "duplicate: the dead letter of this very message was written"}, nil
	}
	if a.record.Untouched() {
		return w.filter()
	}
	return ending{}, nil
}

func (a *attempt) claimant() entity.Claimant {
	return entity.Claimant{
		Event: a.event.ID, State: a.state, MessageID: a.in.MessageID, Guarantee: a.operation.Guarantee, Since: a.began,
	}
}

// effectName names what the work would write.
func (a *attempt) effectName() string {
	if a.operation.Effect != "" {
		return a.operation.Effect
	}
	return a.event.Type
}

// guard turns a panic into a fault, so that it fails its own message only. The panic's
// value may quote the message, so it goes nowhere, except to the log if it is the
// runtime's own.
func (a *attempt) guard(ctx context.Context, step func(context.Context) (ending, error)) (e ending, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			cause, _ := thrown.(runtime.Error)
			a.Log.ErrorContext(ctx, "recovering from a panic", "event_id", a.event.ID, "error", cause, "stack", string(debug.Stack()))
			err = &fault.Error{Kind: fault.Unknown, Class: fault.Bug, Code: "panic", Doing: "handling " + a.event.ID, Detail: "the code panicked; the log has the stack"}
		}
	}()
	return step(ctx)
}

// claim takes the lease of the entity for this attempt. It reports false if another worker
// was first. A race that was lost to a writer that needs no claim, such as a message that
// registers as waiting, is run again.
func (a *attempt) claim(ctx context.Context) (claimed bool, err error) {
	for range 3 {
		a.take()
		failed := a.record.Save(ctx, a.State, a.began)
		if failed == nil {
			return true, nil
		}
		stored, err := a.record.Again(ctx, a.State)
		if err != nil {
			return false, errors.Join(failed, err)
		}
		if a.lease.Same(stored.Lease) { // stored, and the answer was lost
			a.record.Join(stored, a.event.ID)
			return true, nil
		}
		if !errors.Is(failed, port.ErrConflict) {
			return false, failed
		}
		a.record, a.lease = stored, nil
		if stored.Lease != nil || stored.Standing(a.state, a.effectName()) != entity.New || stored.Turn(a.worker, a.claimant(), a.Retry.Parent, a.Random) != (entity.Turn{}) {
			return false, nil
		}
	}
	return false, nil
}

// take puts the lease of this attempt into the record, which is not saved yet.
func (a *attempt) take() {
	t := a.record.Attempt(a.event.ID)
	t.Count++
	t.Version, t.Hash, t.Once, t.NotBefore = a.state.Version, a.state.Hash, a.state.Once, nil
	if t.OpenSince.IsZero() {
		t.By = a.operation.Guarantee
	}
	if cause, redriven := a.in.Cause(); redriven {
		t.Letter = nil
		// Redriving a message that was parked because its outcome is unknown says that the
		// target has nothing of it. A copy of that redrive says nothing about what came after.
		if cause.Code == OutcomeUnknown && !cause.At.Equal(t.Judged) {
			t.OpenSince, t.Judged = time.Time{}, cause.At
		}
	}
	a.lease = a.worker.Take(a.event.ID, a.profile.Timeout+a.Retry.Margin)
	a.lease.Linger, a.lease.Version = a.linger(), a.state.Version
	a.record.Lease = a.lease
}

// raced turns a lost race for the record into a short wait.
func (a *attempt) raced(err error) (Decision, error) {
	if errors.Is(err, port.ErrConflict) {
		return later(a.Now().Add(a.Retry.Parents.Wait(0, a.Random))), nil
	}
	return Decision{}, err
}

// settle writes the ledger, then the record: done is recorded after the effect, so that a
// crash in between repeats a harmless write instead of hiding it.
func (a *attempt) settle(ctx context.Context, e ending) (Decision, error) {
	entry := a.entry(a.event, e.stage)
	entry.Outcome, entry.TargetRef = e.why, e.ref
	if a.lease != nil {
		entry.Took = a.Now().Sub(a.began)
	}
	if !e.at.IsZero() {
		entry.At = e.at
	}
	entries := slices.Concat(e.trace, []port.Entry{entry}, e.after)
	if e.keep == keepState {
		entries = append(entries, a.superseded()...)
	}
	if err := a.Ledger.Append(ctx, entries...); err != nil {
		a.abandon(ctx)
		return Decision{}, port.Unavailable("writing the ledger", err)
	}
	switch e.keep {
	case keepNothing:
		return done(), nil
	case keepState:
		a.record.Confirm(a.event.ID, a.effectName(), a.state, e.ref, e.tag)
	case keepSkip:
		a.record.Skip(a.event.ID, a.state, e.why, e.final)
	case keepEnd:
		a.record.End(a.event.ID)
	}
	if err := a.save(ctx, true); err != nil {
		return a.raced(err)
	}
	return done(), nil
}

// fail counts the failure, decides by the table of package retry, and leaves its trace.
// awaited is the record of the entity that the message waits for, nil if it waits for none.
func (a *attempt) fail(ctx context.Context, f *fault.Error, probing bool, awaited *entity.Record) (Decision, error) {
	now := a.Now()
	if until := a.briefWait(f, now); !until.IsZero() {
		return a.wait(ctx, until, awaited)
	}
	t := a.record.Attempt(a.event.ID)
	t.Version, t.Hash, t.Once = a.state.Version, a.state.Hash, a.state.Once
	spent := retry.Budget{Times: 1, Since: now}
	ofEntity := f.ScopeOrDefault() == fault.EntityScope && !retry.Waits(f) // what it waits for may be held back by the outage
	if ofEntity || !probing || !retry.Passes(f) {                          // an outage that a probe finds is no failure of its message
		spent = t.Spend(f.Kind, now, a.longestPause(ofEntity))
	}
	count := t.Count
	if a.lease != nil && (probing || retry.Waits(f)) {
		t.Count-- // waiting uses up no attempt
	}
	if f.After > 0 {
		t.NotBefore = a.worker.Take(a.in.MessageID, f.After)
	}
	v := a.Retry.Judge(f, spent, now, a.Random)
	if v.Stage == port.Confirmed {
		return a.settle(ctx, ending{stage: port.Confirmed, why: v.Why, keep: keepState, ref: a.record.Ref})
	}
	v.Until = a.spread(v, now)
	a.release()
	entry := a.entry(a.event, v.Stage)
	entry.Error, entry.Next, entry.Took, entry.Attempt = port.NewEntryError(a.route, f), v.Until, now.Sub(a.began), count
	entry.Outcome = v.Why + ": " + entry.Error.Message
	a.ring(ctx, f)
	if v.Stage != port.Deferred {
		return a.bury(ctx, f, entry)
	}
	return a.postpone(ctx, entry, f.After > 0, awaited)
}

// brief is how long a message may wait for something of ours without a trace of it.
const brief = time.Minute

// briefWait returns until when a message that has waited for less than a minute waits for a
// parent or for another event's outcome; zero if the wait is to be recorded.
func (a *attempt) briefWait(f *fault.Error, now time.Time) time.Time {
	age := now.Sub(a.in.SentAt)
	if f.Kind != fault.NotReady || f.ClassOrDefault() == fault.Config || f.After > 0 || a.lease != nil || age >= brief {
		return time.Time{}
	}
	return now.Add(a.Retry.Parents.Wait(age, a.Random))
}

// longestPause is the longest time since the last failure that counts as failing: the
// longest of our own waits, so that a wait that the target named is left out. Nothing of an
// outage counts, except for a failure that is the entity's own.
func (a *attempt) longestPause(ofEntity bool) time.Duration {
	b := a.Admission.Breaker
	switch {
	case ofEntity:
		return b.Return.Most + b.Probes.Most
	case a.outage:
		return 0
	}
	return max(a.Retry.Backoff.Cap, a.Retry.Parents.Most)
}

// spread returns when a message that is deferred comes back: later where the record cannot
// keep all attempts of the entity, and at least as rarely as the circuit is probed while
// it is open.
func (a *attempt) spread(v retry.Verdict, now time.Time) time.Time {
	if v.Stage != port.Deferred {
		return time.Time{}
	}
	until, age := v.Until, now.Sub(a.in.SentAt)
	if a.record.Crowded() {
		until = latest(until, now.Add(a.Retry.Parents.Wait(age, a.Random)))
	}
	if a.outage {
		b := a.Admission.Breaker
		until = latest(until, now.Add(min(b.Return.Wait(age, a.Random), b.Probes.Most)))
	}
	return until
}

// postpone leaves the trace of an attempt that is followed by another. The record comes
// first: the next attempt, or a duplicate, goes by it. Retry-After is honored even if the
// trace cannot be written; otherwise the message would return after its visibility timeout.
func (a *attempt) postpone(ctx context.Context, entry port.Entry, named bool, awaited *entity.Record) (Decision, error) {
	unsaved := a.save(ctx, false)
	unwritten := a.Ledger.Append(ctx, entry)
	switch {
	case named && (unsaved != nil || unwritten != nil):
		a.Log.WarnContext(ctx, "deferring without a trace", "event_id", a.event.ID, "until", entry.Next, "error", errors.Join(unsaved, unwritten))
	case unwritten != nil:
		return Decision{}, errors.Join(port.Unavailable("writing the ledger", unwritten), unsaved)
	case unsaved != nil && a.lease == nil:
		return a.raced(unsaved)
	case unsaved != nil && !errors.Is(unsaved, port.ErrConflict):
		return Decision{}, unsaved
	}
	return a.wait(ctx, entry.Next, awaited)
}

// release gives the attempt's own lease back, because it left a trace. A lease that a crash
// left behind stays: it shows a write.
func (a *attempt) release() {
	if a.lease != nil && a.record.Lease == a.lease {
		a.record.Attempt(a.event.ID).Crashes = 0
		a.record.Lease = nil
	}
}

// abandon gives the lease back after an attempt whose end could not be written to the
// ledger: it was no crash, and nobody has to wait for the lease to end. Whether the target
// took the write is open again.
func (a *attempt) abandon(ctx context.Context) {
	if a.lease == nil {
		return
	}
	if t := a.record.Attempts[a.event.ID]; t != nil && !t.OpenSince.IsZero() && a.operation.Guarantee == connector.Search {
		unseen := a.worker.Take(a.event.ID, 0)
		unseen.Linger, unseen.Version = a.operation.Lag, a.state.Version
		a.record.MayLand(a.worker, unseen)
	}
	a.release()
	if err := a.save(ctx, false); err != nil {
		a.Log.WarnContext(ctx, "giving a lease back", "event_id", a.event.ID, "error", err)
	}
}

// save stores the record, and wakes the messages that wait for the entity if it is at its
// end. A save that lost a race while the attempt's lease is valid lost it to a writer that
// needs no claim, such as a filter, or a message that waits: what that writer stored is
// joined, and it is saved again. Otherwise what is known now would be forgotten until the
// lease ends.
func (a *attempt) save(ctx context.Context, wake bool) error {
	const races, failures = 5, 2
	var waiters []entity.Waiter
	for races, failures := races, failures; ; {
		if wake {
			waiters, a.record.Waiters = append(waiters, a.record.Waiters...), nil
		}
		err := a.record.Save(ctx, a.State, a.Now())
		switch {
		case err == nil:
			a.wake(ctx, waiters)
			return nil
		case a.lease == nil:
			return err
		case !errors.Is(err, port.ErrConflict):
			if failures--; failures < 0 {
				return err
			}
			continue
		}
		stored, failed := a.record.Again(ctx, a.State)
		if failed != nil {
			return errors.Join(err, failed)
		}
		if races--; races < 0 || !a.lease.Same(stored.Lease) {
			return err
		}
		a.record.Join(stored, a.event.ID)
	}
}

// entry returns a ledger entry of this attempt about the message.
func (a *attempt) entry(m *message.Message, stage port.Stage) port.Entry {
	e := a.Entry(a.profile.Name+"-"+string(a.role), stage)
	e.Trace, e.Event, e.Causation, e.Type = m.CorrelationID, m.ID, m.CausationID, m.Type
	e.Entity, e.Version, e.Route = m.Key(), m.Sequence, a.route
	e.ReceiveCount, e.RedriveCount = a.in.ReceiveCount, a.in.Redrives()
	if t := a.record.Attempts[m.ID]; t != nil {
		e.Attempt = t.Count
	}
	return e
}

// superseded returns the ledger entries of the dead letters that a confirmation supersedes.
func (a *attempt) superseded() (entries []port.Entry) {
	for _, letter := range a.record.Superseded(a.event.ID, a.state) {
		e := a.entry(a.event, port.Superseded)
		e.Event, e.Trace, e.Version, e.Attempt = letter.Event, letter.Trace, letter.Version, 0
		e.Outcome = fmt.Sprintf("version %s is confirmed; the dead letter of %s is superseded", a.state.Version, letter.At.UTC().Format(time.RFC3339))
		entries = append(entries, e)
	}
	return entries
}

// ring lets an operator hear of a failure that only our own configuration mends.
func (a *attempt) ring(ctx context.Context, f *fault.Error) {
	if f.ClassOrDefault() == fault.Config {
		a.OnAlarm(AlarmConfig)
		a.Log.WarnContext(ctx, "a message waits for our configuration", "key", f.Field, "missing", f.Detail, "route", a.route, "event_id", a.event.ID)
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
