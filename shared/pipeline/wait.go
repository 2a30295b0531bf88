package pipeline

import (
	"context"
	"errors"
	"time"

	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/valuemap"
)

// OutcomeOpen is the code of a message that waits for another event of its entity, whose
// write has an unknown outcome.
const OutcomeOpen = "outcome_open"

// wait defers the message. If it waits for an entity, it is registered in the record of
// that entity, and woken when the entity is at the target; until is then only when it looks
// by itself.
//
// Deferred first and registered then: a worker that confirms the entity in between changes its
// record, so that registering fails, and the message is woken here.
func (a *attempt) wait(ctx context.Context, until time.Time, awaited *entity.Record) (port.Decision, error) {
	if awaited == nil {
		return port.Decision{Until: until}, nil
	}
	if err := a.Queue.Defer(ctx, a.in, until); err != nil {
		return port.Decision{Until: until}, nil //nolint:nilerr // deferring is tried once more when the decision is applied
	}
	waiter := entity.Waiter{Event: a.event.ID, Queue: a.in.Queue, Handle: a.in.Handle}
	for range 3 {
		if !awaited.Wait(waiter) {
			break
		}
		err := awaited.Save(ctx, a.State, a.Now())
		if !errors.Is(err, port.ErrConflict) {
			break // without a place in the record it looks by itself
		}
		if awaited, err = awaited.Again(ctx, a.State); err != nil {
			break
		}
		if awaited.Present() || awaited.Skipped != nil {
			a.wake(ctx, []entity.Waiter{waiter}, a.Now())
			break
		}
	}
	return port.Decision{Until: until, Left: true}, nil //nolint:nilerr // a message that is not registered looks by itself
}

// waitForEntry defers the message and registers it for the map whose entry it missed, so that it is
// woken when entries of it are imported; until is only when it looks by itself. If entries were imported
// meanwhile, it looks as soon as they may be read again. Its next attempt is made with them, so
// that nothing goes round in a circle.
func (a *attempt) waitForEntry(ctx context.Context, until time.Time) (port.Decision, error) {
	if err := a.Queue.Defer(ctx, a.in, until); err != nil {
		return port.Decision{Until: until}, nil //nolint:nilerr // deferring is tried once more when the decision is applied
	}
	w := valuemap.Waiter{Event: a.event.ID, Queue: a.in.Queue, Handle: a.in.Handle, Until: until}
	imported, err := valuemap.Wait(ctx, a.State, a.profile.Name, a.exchange.Missing, w, a.Now())
	if err != nil {
		a.Log.InfoContext(ctx, "registering a message that waits for a map entry", "event_id", a.event.ID, "setting", a.exchange.Missing.Setting, "error", err)
	}
	if next := a.Now().Add(valuemap.Pause); err == nil && imported && next.Before(until) {
		a.wake(ctx, []entity.Waiter{{Event: w.Event, Queue: w.Queue, Handle: w.Handle}}, next)
	}
	return port.Decision{Until: until, Left: true}, nil
}

// wake makes messages visible at that time. A message that is not woken looks by itself, so that a
// failure is only logged.
func (a *attempt) wake(ctx context.Context, waiters []entity.Waiter, at time.Time) {
	for _, w := range waiters {
		if err := a.Queue.Defer(ctx, port.Incoming{Queue: w.Queue, Handle: w.Handle}, at); err != nil {
			a.Log.InfoContext(ctx, "waking a message", "event_id", w.Event, "queue", w.Queue, "error", err)
		}
	}
}

// outcomeOpen is why a message waits for the outcome of another event.
func (a *attempt) outcomeOpen(event string) *fault.Error {
	return &fault.Error{
		Kind: fault.NotReady, Class: fault.Ambiguous, Code: OutcomeOpen, Doing: a.doing,
		Detail: "the outcome of event " + event + " of the same " + a.event.EntityType() + " is unknown, and has to be known first",
	}
}
