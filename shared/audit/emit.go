package audit

import (
	"cmp"
	"context"
	"errors"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Emit puts the records that are missing at the target in the inbox of the source, as raw
// messages like any other delivery, and returns how many. It leaves out accepted gaps, and records
// that the target had confirmed: they were deleted there. Repeating it for the same audit of a day
// has no effect. A record that cannot be fetched does not stop the others; the error names
// each.
func (a *Auditor) Emit(ctx context.Context, day Day) (int, error) {
	var failures []error
	emitted := 0
	for _, gap := range day.Gaps {
		if gap.Kind != Missing || gap.Confirmed || gap.Accepted != nil {
			continue
		}
		handed, err := a.emit(ctx, day, gap)
		if handed {
			emitted++
		}
		failures = append(failures, err)
	}
	return emitted, errors.Join(failures...)
}

func (a *Auditor) emit(ctx context.Context, day Day, gap Gap) (bool, error) {
	source := a.config.Systems[day.Pair.Book.System]
	now := a.config.Now()
	s := &side{source, day.Pair.Book, a.pacer(now.Add(a.config.Plan.Time)), new(int)}
	raw, err := a.fetch(ctx, s, gap.Entity, gap.Within, day.Span.From)
	if err != nil || raw == nil {
		return false, err
	}
	raw.System = source.Profile.Name
	raw.ID = message.DeriveID("audit", raw.System, raw.Tenant, raw.Topic, gap.ID, day.Read.Format(time.RFC3339Nano), port.Digest(raw.Body))
	raw.Lane = message.Backfill
	return true, a.receivers[source.Profile.Name].Accept(ctx, raw, now)
}

// fetch returns the entity as the poller has it, nil if it is gone. An entity without a feed
// is reported by another one, as a payment by its order.
func (a *Auditor) fetch(ctx context.Context, s *side, id, within string, at time.Time) (raw *message.Raw, err error) {
	kind := s.book.Type
	if within != "" {
		kind = "order"
	}
	for _, feed := range s.system.Poller.Feeds() {
		if feed.Tenant != s.book.Tenant || feed.Entity != kind {
			continue
		}
		err = s.call(ctx, func() (err error) {
			raw, err = s.system.Poller.Fetch(ctx, feed, connector.Change{ID: cmp.Or(within, id), At: at})
			return err
		})
		return raw, err
	}
	return nil, nil
}
