package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// attempt is one attempt at one message. run shows the whole sequence.
type attempt struct {
	*Pipeline
	profile  connector.Profile
	function string // "netsuite-deliver"
	in       port.Incoming
	route    string // "" in the inbox
	event    *message.Message
	body     json.RawMessage // canonical, of the event; nil in the inbox
	doing    string          // what is being attempted, for errors
	claimant entity.Claimant // the message, as one that is about to write the entity
	effect   string          // names what the work would write
	record   *entity.Record
	gate     admission.Gate                        // what is known of the target; zero in the inbox
	keys     []string                              // by which a failure is searched; nil if its event has them
	lease    *retry.Span                           // of this attempt; nil until the claim
	linger   time.Duration                         // how long after a call was given up its effect may still appear
	delivery *delivery                             // nil in the inbox
	exchange connector.Exchange                    // with the system that is called
	work     func(context.Context) (ending, error) // makes the effect, once
}

// ending is how an attempt ends that did not fail. The zero ending: it goes on.
type ending struct {
	stage port.Stage // Confirmed, Translated, Superseded or Skipped
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
//	prepare    parents                                        → deferred, skipped
//	crash      an earlier worker left its lease behind        → deferred, dead
//	claim      one conditional write takes the lease          → deferred if another was first
//	effect     the target is called, as its guarantee demands
//	verdict    confirmed, superseded, deferred, dead or parked
//	settlement ledger, record, dead letter, and the messages that wait for the entity
func (a *attempt) run(ctx context.Context) (port.Decision, error) {
	a.claimant.Since = a.Now()
	if e, err := a.known(); err != nil {
		return a.fail(ctx, fault.As(err), false, nil)
	} else if e.stage != "" {
		return a.settleUnwritten(ctx, e)
	}
	switch turn := a.record.Turn(a.worker, a.claimant, a.Retry.Parent, a.Random); {
	case !turn.Until.IsZero():
		return port.Decision{Until: turn.Until}, nil
	case turn.Ahead != "":
		return a.fail(ctx, a.outcomeOpen(turn.Ahead), false, nil)
	}
	d := a.delivery
	if d == nil || d.broken != nil {
		return a.admitted(ctx, false)
	}
	passage, until, err := d.by.admission.Enter(ctx, admission.Call{
		Event: a.event.ID, Entity: a.event.Subject, Operation: d.operation.Name, Lane: a.event.Lane, SentAt: a.in.SentAt,
		Batch: d.operation.Batch,
	})
	if err != nil || passage == nil {
		return port.Decision{Until: until}, err
	}
	a.claimant.Since = a.Now() // admission may have taken its time
	decision, err := a.admitted(ctx, passage.Probing())
	if closed := passage.Leave(context.WithoutCancel(ctx), d.answer); !decision.Done && decision.Until.Before(closed) {
		decision.Until = closed
	}
	return decision, err
}

// admitted is the part of an attempt in which the target may be called. Everything that the
// write needs is looked up before the claim, so that a lease that is left behind shows that a write was
// about to be made.
func (a *attempt) admitted(ctx context.Context, probing bool) (port.Decision, error) {
	// The lease must outlive the call: what comes before the call is taken from its time.
	bounded, cancel := context.WithTimeout(ctx, a.profile.Timeout-a.Now().Sub(a.claimant.Since))
	defer cancel()
	bounded = connector.WithExchange(bounded, &a.exchange)
	if d := a.delivery; d != nil && (d.broken != nil || len(a.event.Parents) > 0) {
		e, err := a.guard(bounded, d.prepare)
		if err != nil {
			return a.fail(ctx, fault.As(err), probing, d.awaited)
		} else if e.stage != "" {
			return a.settleUnwritten(ctx, e)
		}
	}
	if t := a.record.Attempts[a.event.ID]; a.record.Lease != nil || t != nil && t.Crashes > 0 {
		e, f, err := a.crash(ctx)
		switch {
		case err != nil:
			return port.Decision{}, err
		case f != nil:
			return a.fail(ctx, f, false, nil)
		case e.stage != "":
			return a.settle(ctx, e)
		}
	}
	if claimed, err := a.claim(ctx); err != nil || !claimed {
		return port.Decision{Until: a.Now().Add(a.Retry.Parents.Wait(0, a.Random))}, err
	}
	e, err := a.guard(bounded, a.work)
	if err != nil {
		return a.fail(ctx, fault.As(err), probing, nil)
	}
	return a.settle(ctx, e)
}

// known returns the ending of a message that needs no write: the target has its state or a
// newer one, its own dead letter was written, or a rule keeps it from the target.
func (a *attempt) known() (e ending, err error) {
	t := a.record.Attempts[a.event.ID]
	if t != nil && t.Hash == a.claimant.State.Hash && t.Version > a.claimant.State.Version {
		a.claimant.State.Version = t.Version // a poll found that it is the newest
	}
	switch a.record.Standing(a.claimant.State, a.effect) {
	case entity.Same:
		e = ending{stage: port.Skipped, why: port.OutcomeDuplicate + a.profile.Name + " has this content already"}
		if c := a.record.Confirmed; !a.claimant.State.Once && a.claimant.State.Version > c.Version {
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
	if t != nil && slices.ContainsFunc(t.Letters, func(l entity.Letter) bool { return l.MessageID == a.in.MessageID }) {
		return ending{stage: port.Skipped, why: port.OutcomeDuplicate + port.OutcomeLetter}, nil
	}
	if a.delivery != nil && (len(a.delivery.by.filters) > 0 || a.Skip != nil) && a.record.Untouched() {
		return a.delivery.filter()
	}
	return ending{}, nil
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
		t, state := a.record.Attempt(a.event.ID), a.claimant.State
		t.Count++
		t.Version, t.Hash, t.Once, t.NotBefore = state.Version, state.Hash, state.Once, nil
		if t.OpenSince.IsZero() {
			t.By = a.claimant.Guarantee
		}
		if a.in.Attributes[port.AttrCause] != "" { // a redriven letter
			cause, _ := a.in.Cause()
			t.Moved(cause.At)
		}
		a.lease = a.worker.Take(a.event.ID, a.profile.Timeout+a.Retry.Margin)
		a.lease.Version, a.lease.Linger = state.Version, a.linger
		a.record.Lease = a.lease
		failed := a.record.Save(ctx, a.State, a.claimant.Since)
		if failed == nil {
			return true, nil
		}
		stored, err := a.record.Again(ctx, a.State)
		switch {
		case err != nil:
			return false, errors.Join(failed, err)
		case a.lease.Same(stored.Lease): // stored, and the answer was lost
			a.record.Join(stored, a.event.ID)
			return true, nil
		case !errors.Is(failed, port.ErrConflict):
			return false, failed
		}
		a.record, a.lease = stored, nil
		if stored.Lease != nil || stored.Standing(state, a.effect) != entity.New ||
			stored.Turn(a.worker, a.claimant, a.Retry.Parent, a.Random) != (entity.Turn{}) {
			return false, nil
		}
	}
	return false, nil
}

// settle writes the ledger, then the record: done is recorded after the effect, so that a
// crash in between repeats a harmless write instead of hiding it.
func (a *attempt) settle(ctx context.Context, e ending) (port.Decision, error) {
	entry := a.entry(a.event, e.stage)
	entry.Outcome, entry.TargetRef = e.why, e.ref
	if a.lease != nil {
		entry.Took = a.Now().Sub(a.claimant.Since)
	}
	if !e.at.IsZero() {
		entry.At = e.at
	}
	entries := slices.Concat(e.trace, []port.Entry{entry}, e.after)
	if e.keep == keepState && a.record.Letters() {
		entries = append(entries, a.superseded()...)
	}
	if err := a.Ledger.Append(ctx, entries...); err != nil {
		a.abandon(ctx)
		return port.Decision{}, port.Unavailable("writing the ledger", err)
	}
	switch e.keep {
	case keepNothing:
		return port.Decision{Done: true}, nil
	case keepState:
		a.record.Confirm(a.event.ID, a.effect, a.claimant.State, e.ref, e.tag)
	case keepEnd:
		a.record.End(a.event.ID)
	}
	if err := a.save(ctx, true); err != nil {
		return a.raced(err)
	}
	return port.Decision{Done: true}, nil
}

// settleUnwritten ends a message without an effect: it writes the record, then the ledger. There
// is nothing to repeat, and a message that loses the race for the record is judged again and may
// end otherwise, so it must not have ended in the ledger yet. After a crash in between, the record
// skips the message again. Letters that a state supersedes are known to the record only, so those
// are written to the ledger first.
func (a *attempt) settleUnwritten(ctx context.Context, e ending) (port.Decision, error) {
	switch {
	case e.keep == keepState && !a.record.Letters():
		a.record.Confirm(a.event.ID, a.effect, a.claimant.State, e.ref, e.tag)
	case e.keep == keepSkip:
		a.record.Skip(a.event.ID, a.claimant.State, e.why, e.final)
	default:
		return a.settle(ctx, e)
	}
	if err := a.save(ctx, true); err != nil {
		return a.raced(err)
	}
	e.keep = keepNothing
	return a.settle(ctx, e)
}

// raced turns a lost race for the record into a short wait.
func (a *attempt) raced(err error) (port.Decision, error) {
	if errors.Is(err, port.ErrConflict) {
		return port.Decision{Until: a.Now().Add(a.Retry.Parents.Wait(0, a.Random))}, nil
	}
	return port.Decision{}, err
}

// brief is how long a message may wait for something of ours without a trace of it.
const brief = time.Minute

// fail counts the failure, decides by the table of package retry, and leaves its trace.
// awaited is the record of the entity that the message waits for, nil if it waits for none.
func (a *attempt) fail(ctx context.Context, f *fault.Error, probing bool, awaited *entity.Record) (port.Decision, error) {
	now, what := a.Now(), retry.DispositionOf(f)
	age := now.Sub(a.in.SentAt)
	if what == retry.Wait && f.After == 0 && a.lease == nil && age < brief {
		return a.wait(ctx, now.Add(a.Retry.Parents.Wait(age, a.Random)), awaited)
	}
	t, state := a.record.Attempt(a.event.ID), a.claimant.State
	t.Version, t.Hash, t.Once = state.Version, state.Hash, state.Once
	v := a.Retry.Judge(f, a.spend(t, f, probing, now), now, a.Random)
	if v.Stage == port.Confirmed {
		return a.settle(ctx, ending{stage: port.Confirmed, why: v.Why, keep: keepState, ref: a.record.Ref})
	}
	entry := a.entry(a.event, v.Stage)
	entry.Error, entry.Took, entry.Next = port.NewEntryError(a.route, f), now.Sub(a.claimant.Since), v.Until
	entry.Outcome = v.Why + ": " + entry.Error.Message
	entry.Exchange = a.exchange.Failed(f, a.event.Type, a.body)
	if a.lease != nil { // it leaves a trace; a lease that a crash left behind stays: it shows a write
		t.Crashes, a.record.Lease = 0, nil
		if probing || what >= retry.Wait || f.Kind == fault.Throttled {
			t.Count-- // waiting uses up no attempt
		}
	}
	if what == retry.Configure {
		a.OnAlarm(AlarmConfig)
		a.Log.WarnContext(ctx, "a message waits for our configuration", "key", f.Field, "missing", f.Detail, "route", a.route, "event_id", a.event.ID)
	}
	if v.Stage != port.Deferred {
		return a.bury(ctx, f, entry)
	}
	return a.postpone(ctx, entry, f.After, awaited)
}

// spend uses up the budget for failures of this kind, and returns it. An outage that a probe
// finds is no failure of its message. Time since the last failure counts up to the longest
// of our own waits, so that a wait that the target named is left out; nothing of an outage
// counts, except for a failure that is the entity's own. Once all entities have failed for
// as long as a message may wait (Gate.Records), that is an outage too, and nothing counts
// until the target accepts a write.
func (a *attempt) spend(t *entity.Attempt, f *fault.Error, probing bool, now time.Time) retry.Budget {
	b, what, kind := a.Admission.Breaker, retry.DispositionOf(f), f.Kind.String()
	pause, all := max(a.Retry.Backoff.Cap, a.Retry.Parents.Most), a.gate.Records
	spent := t.Spent[kind]
	switch {
	case what == retry.Outlast:
		kind = f.Scope.String()
		spent = t.Spent[kind]
	case f.ScopeOrDefault() == fault.EntityScope && what < retry.Wait: // what it waits for may be held back by the outage
		if pause = b.Return.Most + b.Probes.Most; !all.IsZero() {
			pause = min(pause, max(0, all.Add(pause).Sub(spent.Last)))
			if what == retry.Few {
				spent = retry.Budget{}
			}
		}
	case probing && what == retry.Retry:
		return retry.Budget{Times: 1, Since: now}
	case a.gate.Outage:
		pause = 0
	}
	if t.Spent == nil {
		t.Spent = map[string]retry.Budget{}
	}
	t.Spent[kind] = spent.Spend(now, pause)
	return t.Spent[kind]
}

// postpone leaves the trace of an attempt that is followed by another. The record comes
// first: the next attempt, or a duplicate, goes by it. Retry-After is honored even if the
// trace cannot be written; otherwise the message would return after its visibility timeout.
func (a *attempt) postpone(ctx context.Context, entry port.Entry, after time.Duration, awaited *entity.Record) (port.Decision, error) {
	now := a.Now()
	age := now.Sub(a.in.SentAt)
	if after > 0 {
		a.record.Attempt(a.event.ID).NotBefore = a.worker.Take(a.in.MessageID, after)
	}
	if len(a.record.Attempts) > entity.MostAttempts { // the record may not keep all of them
		entry.Next = retry.Later(entry.Next, now.Add(a.Retry.Parents.Wait(age, a.Random)))
	}
	if b := a.Admission.Breaker; a.gate.Outage { // at least as rarely as the circuit is probed
		entry.Next = retry.Later(entry.Next, now.Add(min(b.Return.Wait(age, a.Random), b.Probes.Most)))
	}
	unsaved := a.save(ctx, false)
	unwritten := a.Ledger.Append(ctx, entry)
	switch failed := errors.Join(unsaved, unwritten); {
	case after > 0 && failed != nil:
		a.Log.WarnContext(ctx, "deferring without a trace", "event_id", a.event.ID, "until", entry.Next, "error", failed)
	case unwritten != nil:
		return port.Decision{}, errors.Join(port.Unavailable("writing the ledger", unwritten), unsaved)
	case unsaved != nil && (a.lease == nil || !errors.Is(unsaved, port.ErrConflict)):
		return a.raced(unsaved)
	}
	if a.exchange.Misses(entry.Error.Field) {
		return a.waitForEntry(ctx, entry.Next)
	}
	if awaited == nil {
		return port.Decision{Until: entry.Next}, nil
	}
	return a.wait(ctx, entry.Next, awaited)
}

// abandon gives the lease back after an attempt whose end could not be written to the
// ledger: it was no crash, and no message has to wait for the lease to end. Whether the target
// took the write is open again.
func (a *attempt) abandon(ctx context.Context) {
	if a.lease == nil {
		return
	}
	if a.delivery != nil && a.record.Open(a.event.ID) {
		a.delivery.unseen()
	}
	a.record.Attempt(a.event.ID).Crashes, a.record.Lease = 0, nil
	if err := a.save(ctx, false); err != nil {
		a.Log.WarnContext(ctx, "giving a lease back", "event_id", a.event.ID, "error", err)
	}
}

// save stores the record, and with wake it wakes the messages that wait for the entity. A
// save that lost a race while the attempt's lease is valid lost it to a writer that needs
// no claim, such as a filter, or a message that waits: what that writer stored is joined,
// and it is saved again. Otherwise what is known now would be forgotten until the lease ends.
func (a *attempt) save(ctx context.Context, wake bool) error {
	var waiters []entity.Waiter
	for races, failures := 5, 2; ; {
		if wake {
			waiters, a.record.Waiters = append(waiters, a.record.Waiters...), nil
		}
		err := a.record.Save(ctx, a.State, a.Now())
		switch {
		case err == nil && len(waiters) > 0:
			a.wake(ctx, waiters, a.Now())
			return nil
		case err == nil || a.lease == nil:
			return err
		case !errors.Is(err, port.ErrConflict):
			if failures--; failures < 0 {
				return err
			}
			continue
		}
		stored, failed := a.record.Again(ctx, a.State)
		if races--; failed != nil || races < 0 || !a.lease.Same(stored.Lease) {
			return errors.Join(err, failed)
		}
		a.record.Join(stored, a.event.ID)
	}
}

// entry returns a ledger entry of this attempt about the message.
func (a *attempt) entry(m *message.Message, stage port.Stage) port.Entry {
	e := port.Entry{At: a.Now().UTC(), Stage: stage, Function: a.function, Build: a.Build}
	e.Trace, e.Event, e.Causation, e.Type = m.CorrelationID, m.ID, m.CausationID, m.Type
	e.Entity, e.Version, e.Route, e.Keys = m.Key(), m.Sequence, a.route, a.keys
	e.Message, e.ReceiveCount = a.in.MessageID, a.in.ReceiveCount
	if len(a.in.Attributes) > 0 {
		e.RedriveCount = a.in.Redrives()
	}
	if t := a.record.Attempts[a.event.ID]; t != nil {
		e.Attempt = t.Count
	}
	return e
}

// superseded returns the ledger entries of the dead letters that a confirmation supersedes.
func (a *attempt) superseded() (entries []port.Entry) {
	for _, letter := range a.record.Superseded(a.event.ID, a.claimant.State) {
		e := a.entry(a.event, port.Superseded)
		e.Event, e.Trace, e.Version, e.Attempt = letter.Event, letter.Trace, letter.Version, 0
		e.Outcome = fmt.Sprintf("version %s is confirmed; the dead letter of %s is superseded", a.claimant.State.Version, letter.At.UTC().Format(time.RFC3339))
		entries = append(entries, e)
	}
	return entries
}
