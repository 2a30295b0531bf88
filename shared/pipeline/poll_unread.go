package pipeline

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// What becomes of a change that the system does not give. Nothing of it is lost, nothing
// is held up by it for ever, and the mark stays small:
//
//  1. A failure that may be the connection's or our own (it is down, the token is refused,
//     a query is wrong) ends the run at that change, with an error; the next run comes
//     back to it. The mark counts the runs that ended so.
//  2. After PollPlan.Stops of them at the same change, or at once if the failure is the
//     entity's own, the change is unread: the ledger says so with its reason, the mark
//     keeps it by name, and those behind it are polled.
//  3. What is unread is asked for again at the end of each later run, longest not asked
//     first, and whatever the answer, the run is none the worse for it. What can be read
//     again is a gap like any other, or told already.
//  4. After PollPlan.Keep it is given up, and the ledger says that too. The mark keeps no
//     more than PollPlan.Unread of them: while it is full, the next one that cannot be read
//     ends the run at its place as in 1.
//
// So a query that is wrong for a day costs a run's error each time, a few lines in the
// ledger, and no order.

// unread is a change that could not be read.
type unread struct {
	Name  string    `json:"name,omitempty"`
	At    time.Time `json:"at"`    // of the change, by the system's clock
	Since time.Time `json:"since"` // when it became unread, by ours
	Asked time.Time `json:"asked"` // the last time
}

// stop is the change at which the last run ended with an error.
type stop struct {
	ID   string `json:"id"`
	Runs int    `json:"runs"` // in a row
}

// stopped counts another run that ended at the change.
func (m *mark) stopped(id string) int {
	if m.Stop == nil || m.Stop.ID != id {
		m.Stop = &stop{ID: id}
	}
	m.Stop.Runs++
	return m.Stop.Runs
}

// failed is about a change that the system does not give.
func (s *sweep) failed(ctx context.Context, change connector.Change, err error) error {
	if ctx.Err() != nil || errors.Is(err, errPaused) {
		return err
	}
	if held, known := s.mark.Unread[change.ID]; known {
		return s.stillUnread(ctx, change, held, err)
	}
	if general(err) && s.mark.stopped(change.ID) < s.plan.Stops {
		return err
	}
	if len(s.mark.Unread) >= s.plan.Unread {
		s.Config.Log.WarnContext(ctx, "too many changes are unread; the feed stands still", "system", s.System.Profile.Name,
			"tenant", s.feed.Tenant, "topic", s.feed.Topic, "unread", len(s.mark.Unread))
		return err
	}
	if err := s.tellUnread(ctx, change, err, ""); err != nil {
		return err
	}
	s.report.Failed++
	now := s.Config.Now().UTC()
	s.mark.Unread[change.ID] = unread{Name: change.Name, At: change.At.UTC(), Since: now, Asked: now}
	return nil
}

// general reports whether a failure may be the connection's or our own, and is not
// certainly the entity's.
func general(err error) bool {
	f := fault.As(err)
	switch f.Kind {
	case fault.Throttled, fault.Unavailable, fault.Unauthorized, fault.Unknown:
		return true
	}
	switch f.ClassOrDefault() {
	case fault.Bug, fault.Config, fault.Auth, fault.Connection, fault.Intermittent, fault.RateLimit:
		return true
	}
	return false
}

// stillUnread keeps the change for the next run, unless it was kept long enough.
func (s *sweep) stillUnread(ctx context.Context, change connector.Change, held unread, err error) error {
	now := s.Config.Now().UTC()
	if now.Sub(held.Since) > s.plan.Keep {
		delete(s.mark.Unread, change.ID)
		return s.tellUnread(ctx, change, err, "; it is no longer asked for")
	}
	held.Asked = now
	if change.At.After(held.At) {
		held.At = change.At.UTC()
	}
	s.mark.Unread[change.ID] = held
	return nil
}

// again asks for what could not be read in earlier runs, and stores the mark.
func (s *sweep) again(ctx context.Context) error {
	due := slices.SortedFunc(maps.Keys(s.mark.Unread), func(a, b string) int {
		return cmp.Or(s.mark.Unread[a].Asked.Compare(s.mark.Unread[b].Asked), cmp.Compare(a, b))
	})
	asked := false
	for _, id := range due {
		held := s.mark.Unread[id]
		if !held.Asked.Before(s.began) || !s.Config.Now().Before(s.until) {
			break
		}
		asked = true
		if err := s.change(ctx, connector.Change{ID: id, Name: held.Name, At: held.At}); err != nil {
			return errors.Join(failing(err), s.saveMark(ctx, s.mark))
		}
	}
	if !asked {
		return nil
	}
	return s.saveMark(ctx, s.mark)
}

// tellUnread tells of a change that the system does not give.
func (s *sweep) tellUnread(ctx context.Context, change connector.Change, err error, what string) error {
	entity := s.entity(change)
	e := s.Config.entry(s.System.Profile, connector.Poll, Reconciled)
	e.Event = message.DeriveID(entity.String(), change.At.UTC().Format(time.RFC3339Nano))
	e.Trace, e.Type, e.Entity, e.Error = e.Event, TypeGap, entity, port.NewEntryError("", fault.As(err))
	e.Outcome = "cannot be read: " + named(entity, change) + ": " + e.Error.Message + what
	return s.tell(ctx, e)
}
