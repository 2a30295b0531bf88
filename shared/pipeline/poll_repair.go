package pipeline

import (
	"context"
	"errors"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// feedName tells a feed apart from the others of a system.
type feedName struct{ tenant, topic string }

// repairs is what looking after the webhook subscriptions came to, by the feed that finds
// what they missed.
type repairs struct {
	stopped map[feedName]time.Time // since when, as far as the system says so
	broken  map[feedName]bool      // one of them is not set up again
}

// repair looks after the webhook subscriptions before anything is polled, so that what
// changes from now on is told again, and what changed before is polled.
func (r *round) repair(ctx context.Context) (done repairs, err error) {
	done = repairs{map[feedName]time.Time{}, map[feedName]bool{}}
	if r.System.Subscriber == nil {
		return done, nil
	}
	var all []connector.Subscription
	err = r.patiently(ctx, func() (err error) {
		all, err = r.System.Subscriber.Subscriptions(ctx)
		return err
	})
	failures := []error{fault.Doing("looking at the webhooks of "+r.System.Profile.Name, failing(err))}
	for _, s := range all {
		if s.State == connector.Active {
			continue
		}
		name := feedName{s.Tenant, s.Feed}
		if first := done.stopped[name]; !s.Since.IsZero() && (first.IsZero() || s.Since.Before(first)) {
			done.stopped[name] = s.Since
		}
		mended, err := r.mend(ctx, s)
		done.broken[name] = done.broken[name] || !mended
		failures = append(failures, err)
	}
	return done, errors.Join(failures...)
}

// mend repairs one subscription, but leaves one alone that somebody switched off. A feed
// that is read only when a webhook had stopped is noted as due before: afterwards nobody
// would know.
func (r *round) mend(ctx context.Context, s connector.Subscription) (mended bool, err error) {
	for _, feed := range r.System.Poller.Feeds() {
		if feed.Whole && feed.Tenant == s.Tenant && feed.Topic == s.Feed {
			if err := r.due(ctx, feed, s.Since); errors.Is(err, ErrConflict) {
				return false, nil // another run does it
			} else if err != nil {
				return false, err
			}
		}
	}
	if s.State == connector.Paused {
		return false, r.tellPaused(ctx, s)
	}
	err = r.patiently(ctx, func() error { return r.System.Subscriber.Subscribe(ctx, s) })
	if errors.Is(err, errPaused) {
		return false, nil // the next run does it
	}
	return err == nil, r.tellMended(ctx, s, err)
}

// due makes the feed's mark one of a sweep under way, that has to begin anew.
func (r *round) due(ctx context.Context, feed connector.Feed, stopped time.Time) error {
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

// tellMended is loud about a subscription that had stopped: whatever ended it may end it
// again.
func (r *round) tellMended(ctx context.Context, s connector.Subscription, err error) error {
	e := r.subscription(s)
	e.Outcome = "the webhook " + s.Topic + " was " + string(s.State) + " and is set up again; " + missed(s)
	if err != nil {
		e.Error = port.NewEntryError("", fault.As(err))
		e.Outcome = "the webhook " + s.Topic + " is " + string(s.State) + " and cannot be set up: " + e.Error.Message
	}
	r.Config.Log.WarnContext(ctx, "a webhook subscription had stopped", "system", r.System.Profile.Name,
		"tenant", s.Tenant, "topic", s.Topic, "state", s.State, "error", err)
	if lost := r.Config.Ledger.Append(ctx, e); lost != nil {
		return errors.Join(err, port.Unavailable("writing the ledger", lost))
	}
	return err
}

// missed says what becomes of what the webhook did not tell.
func missed(s connector.Subscription) string {
	if s.Feed == "" {
		return "nothing polls what it missed, which has to be sent again"
	}
	return "what it missed is polled"
}

// tellPaused says once that a subscription is left as its owner wants it.
func (r *round) tellPaused(ctx context.Context, s connector.Subscription) error {
	e := r.subscription(s)
	e.Outcome = "the webhook " + s.Topic + " is paused, and left so until somebody switches it on; " + missed(s)
	told, err := r.Config.Ledger.Find(ctx, Query{Entity: e.Entity, Stage: Reconciled})
	if err != nil {
		return port.Unavailable("looking up what was told of "+e.Entity.String(), err)
	}
	if n := len(told); n > 0 && told[n-1].Outcome == e.Outcome {
		return nil
	}
	if err := r.Config.Ledger.Append(ctx, e); err != nil {
		return port.Unavailable("writing the ledger", err)
	}
	return nil
}

func (r *round) subscription(s connector.Subscription) Entry {
	e := r.Config.entry(r.System.Profile, connector.Poll, Reconciled)
	e.Type = TypeDegraded
	e.Entity = message.Key{System: r.System.Profile.Name, Tenant: s.Tenant, Type: "subscription", ID: s.Topic}
	e.Event = message.DeriveID(e.Entity.String(), string(s.State), e.At.Format(time.RFC3339Nano))
	e.Trace = e.Event
	return e
}
