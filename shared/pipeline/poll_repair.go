package pipeline

import (
	"context"
	"errors"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
)

// repair looks after the webhook subscriptions before anything is polled, so that what
// changes from now on is told again, and what changed before is polled. It returns
// since when each tenant's webhooks had stopped, as far as the system says so.
func (r *round) repair(ctx context.Context) (stopped map[string]time.Time, err error) {
	if r.System.Subscriber == nil {
		return nil, nil
	}
	var all []connector.Subscription
	err = r.patiently(ctx, func() (err error) {
		all, err = r.System.Subscriber.Subscriptions(ctx)
		return err
	})
	failures := []error{fault.Doing("looking at the webhooks of "+r.System.Profile.Name, failing(err))}
	stopped = map[string]time.Time{}
	for _, s := range all {
		if s.State == connector.Active {
			continue
		}
		if first := stopped[s.Tenant]; !s.Since.IsZero() && (first.IsZero() || s.Since.Before(first)) {
			stopped[s.Tenant] = s.Since
		}
		failures = append(failures, r.resubscribe(ctx, s))
	}
	return stopped, errors.Join(failures...)
}

// resubscribe repairs one subscription, and is loud about it: whatever ended it may end
// it again.
func (r *round) resubscribe(ctx context.Context, s connector.Subscription) error {
	err := r.patiently(ctx, func() error { return r.System.Subscriber.Subscribe(ctx, s) })
	if errors.Is(err, errPaused) {
		return nil // the next run does it
	}
	e := r.Config.entry(r.System.Profile, connector.Poll, Reconciled)
	e.Type = TypeDegraded
	e.Entity = message.Key{System: r.System.Profile.Name, Tenant: s.Tenant, Type: "subscription", ID: s.Topic}
	e.Event = message.DeriveID(e.Entity.String(), string(s.State), e.At.Format(time.RFC3339Nano))
	e.Trace = e.Event
	e.Outcome = "the webhook " + s.Topic + " was " + string(s.State) + " and is set up again; what it missed is polled"
	if err != nil {
		e.Error = entryError("", fault.As(err))
		e.Outcome = "the webhook " + s.Topic + " is " + string(s.State) + " and cannot be set up: " + e.Error.Message
	}
	r.Config.Log.WarnContext(ctx, "a webhook subscription had stopped", "system", r.System.Profile.Name,
		"tenant", s.Tenant, "topic", s.Topic, "state", s.State, "error", err)
	if lost := r.Config.Ledger.Append(ctx, e); lost != nil {
		return errors.Join(err, unavailable("writing the ledger", lost))
	}
	return err
}
