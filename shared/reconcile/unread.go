package reconcile

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// A change that the system does not return is never lost, holds up no other, and keeps the
// mark small:
//
//  1. A failure that may be the connection's is tested by asking for the list again. If
//     the list fails too, the run ends at this change with an error, and the next run
//     continues there.
//  2. Otherwise the change is unread: the ledger reports it with its reason, the mark
//     keeps it by name, and the run goes on.
//  3. Each later run asks for the unread changes at its end, the longest not asked first.
//     An answer that fails is no error of that run. A change that can be read is compared
//     like any other.
//  4. After Plan.Keep the change is given up, and the ledger reports that. The mark keeps
//     Plan.Unread changes at most: while it is full, the next change that cannot be read
//     ends the run at its place as in 1.

// unread is a change that could not be read.
type unread struct {
	Name  string    `json:"name,omitempty"`
	At    time.Time `json:"at"`    // of the change, by the system's clock
	Since time.Time `json:"since"` // when it became unread, by ours
	Asked time.Time `json:"asked"` // the last time
}

// failed handles a change that the system does not return.
func (s *sweep) failed(ctx context.Context, change connector.Change, err error) error {
	kept, known := s.mark.Unread[change.ID]
	switch {
	case ctx.Err() != nil || errors.Is(err, retry.ErrNoTime):
		return err
	case known:
		s.stillUnread(ctx, change, kept, err)
		return nil
	case fault.As(err).ScopeOrDefault() == fault.ConnectionScope && !s.answers(ctx):
		return err
	case len(s.mark.Unread) >= s.config.Plan.Unread:
		s.config.Log.WarnContext(ctx, "too many changes are unread; the feed stops here until one can be read", append(s.labels(), "unread", len(s.mark.Unread))...)
		return err
	}
	s.recordUnread(ctx, change, err, "; it is asked for again")
	s.report.Failed++
	now := s.config.Now().UTC()
	s.mark.Unread[change.ID] = unread{Name: change.Name, At: change.At.UTC(), Since: now, Asked: now}
	return nil
}

// answers reports whether the system still returns the list.
func (s *sweep) answers(ctx context.Context) bool {
	_, err := s.list(ctx)
	return err == nil
}

// stillUnread keeps the change for the next run, unless it was kept for long enough.
func (s *sweep) stillUnread(ctx context.Context, change connector.Change, kept unread, err error) {
	now := s.config.Now().UTC()
	if now.Sub(kept.Since) > s.config.Plan.Keep {
		delete(s.mark.Unread, change.ID)
		s.recordUnread(ctx, change, err, "; given up after "+s.config.Plan.Keep.String())
		return
	}
	kept.Asked = now
	if change.At.After(kept.At) {
		kept.At = change.At.UTC()
	}
	s.mark.Unread[change.ID] = kept
}

// retryUnread asks for the changes that earlier runs could not read, and stores the mark.
func (s *sweep) retryUnread(ctx context.Context) error {
	due := slices.SortedFunc(maps.Keys(s.mark.Unread), func(a, b string) int {
		return cmp.Or(s.mark.Unread[a].Asked.Compare(s.mark.Unread[b].Asked), cmp.Compare(a, b))
	})
	asked := false
	for _, id := range due {
		kept := s.mark.Unread[id]
		if !kept.Asked.Before(s.began) || !s.config.Now().Before(s.until) {
			break
		}
		asked = true
		if err := s.change(ctx, connector.Change{ID: id, Name: kept.Name, At: kept.At}); err != nil {
			return errors.Join(failing(err), s.saveMark(ctx, s.mark))
		}
	}
	if !asked {
		return nil
	}
	return s.saveMark(ctx, s.mark)
}

func (s *sweep) recordUnread(ctx context.Context, change connector.Change, err error, next string) {
	e := s.config.Entry(s.config.System.Profile.Name+"-poll", port.Reconciled)
	e.Entity = s.key(change)
	e.Event = message.DeriveID(e.Entity.String(), change.At.UTC().Format(time.RFC3339Nano))
	e.Trace, e.Type, e.Error = e.Event, port.TypeGap, port.NewEntryError("", fault.As(err))
	e.Outcome = "cannot be read: " + named(e.Entity, change) + ": " + e.Error.Message + next
	s.record(ctx, e)
}
