package reconcile

import (
	"cmp"
	"context"
	"errors"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// feedName distinguishes the feeds of a system.
type feedName struct{ tenant, topic string }

// repairs is the result of checking the webhook subscriptions, by the feed that lists what
// they missed.
type repairs struct {
	stopped map[feedName]time.Time // since when, as far as the system knows
	broken  map[feedName]bool      // a subscription could not be set up again
}

// repair checks the webhook subscriptions before anything is polled, so that later changes
// are delivered again and earlier ones are polled.
func (r *round) repair(ctx context.Context) (result repairs, err error) {
	result = repairs{map[feedName]time.Time{}, map[feedName]bool{}}
	if r.config.System.Subscriber == nil {
		return result, nil
	}
	var all []connector.Subscription
	err = r.patiently(ctx, func() (err error) {
		all, err = r.config.System.Subscriber.Subscriptions(ctx)
		return err
	})
	failures := []error{fault.Doing("checking the webhooks of "+r.config.System.Profile.Name, failing(err))}
	for _, s := range all {
		if s.State == connector.Active {
			continue
		}
		name := feedName{s.Tenant, s.Feed}
		if first := result.stopped[name]; !s.Since.IsZero() && (first.IsZero() || s.Since.Before(first)) {
			result.stopped[name] = s.Since
		}
		active, err := r.subscribe(ctx, s)
		result.broken[name] = result.broken[name] || !active
		failures = append(failures, err)
	}
	return result, errors.Join(failures...)
}

// subscribe sets one subscription up again, but leaves a paused one alone. A feed that is
// read only when a webhook had stopped is marked as due first: afterwards nothing would
// show that it is.
func (r *round) subscribe(ctx context.Context, s connector.Subscription) (active bool, err error) {
	for _, feed := range r.config.System.Poller.Feeds() {
		if !feed.Whole || feed.Tenant != s.Tenant || feed.Topic != s.Feed {
			continue
		}
		if err := r.markDue(ctx, feed, s.Since); errors.Is(err, port.ErrConflict) {
			return false, nil // another run does it
		} else if err != nil {
			return false, err
		}
	}
	if s.State == connector.Paused {
		return false, r.recordPaused(ctx, s)
	}
	err = r.patiently(ctx, func() error { return r.config.System.Subscriber.Subscribe(ctx, s) })
	if errors.Is(err, retry.ErrNoTime) {
		return false, nil // the next run does it
	}
	return err == nil, r.recordRepair(ctx, s, err)
}

// markDue makes the next sweep of the feed begin where the webhook stopped, or earlier if
// an unfinished sweep does.
func (r *round) markDue(ctx context.Context, feed connector.Feed, stopped time.Time) error {
	m, err := r.loadMark(ctx, feed, stopped)
	if err != nil {
		return err
	}
	if since := r.firstTime(stopped); !m.Behind || since.Before(m.Since) {
		m.Since = since
	}
	m.Cursor, m.Behind = "", true
	return r.saveMark(ctx, m)
}

// recordRepair records a subscription that had stopped, in the ledger and the log.
func (r *round) recordRepair(ctx context.Context, s connector.Subscription, err error) error {
	e := r.subscriptionEntry(s)
	e.Outcome = "the webhook " + s.Topic + " was " + string(s.State) + " and is set up again; " + afterStop(s)
	if err != nil {
		e.Error = port.NewEntryError("", fault.As(err))
		e.Outcome = "the webhook " + s.Topic + " is " + string(s.State) + " and cannot be set up: " + e.Error.Message
	}
	r.config.Log.WarnContext(ctx, "a webhook subscription had stopped", "system", r.config.System.Profile.Name,
		"tenant", s.Tenant, "topic", s.Topic, "state", s.State, "error", err)
	return errors.Join(err, r.append(ctx, e))
}

// recordPaused records once that a subscription is left paused.
func (r *round) recordPaused(ctx context.Context, s connector.Subscription) error {
	e := r.subscriptionEntry(s)
	e.Outcome = "the webhook " + s.Topic + " is paused and left so until it is switched on in " +
		cmp.Or(r.config.System.Profile.Title, r.config.System.Profile.Name) + "; " + afterStop(s)
	bounded, cancel := context.WithTimeout(ctx, ledgerWithin)
	defer cancel()
	last, err := r.config.Ledger.Find(bounded, port.Query{Entity: e.Entity, Stage: port.Reconciled, Limit: 1, Newest: true})
	if err != nil {
		return port.Unavailable("looking up the last entry about "+e.Entity.String(), err)
	}
	if len(last) > 0 && last[0].Outcome == e.Outcome {
		return nil
	}
	return r.append(ctx, e)
}

// afterStop says what happens to the changes that the webhook missed.
func afterStop(s connector.Subscription) string {
	if s.Feed == "" {
		return "the changes that it missed are not polled: send them again from the system"
	}
	return "the changes that it missed are polled"
}

func (r *round) subscriptionEntry(s connector.Subscription) port.Entry {
	e := r.config.Entry(r.config.System.Profile.Name+"-poll", port.Reconciled)
	e.Type = port.TypeDegraded
	e.Entity = message.Key{System: r.config.System.Profile.Name, Tenant: s.Tenant, Type: "subscription", ID: s.Topic}
	e.Event = message.DeriveID(e.Entity.String(), string(s.State), e.At.Format(time.RFC3339Nano))
	e.Trace = e.Event
	return e
}
