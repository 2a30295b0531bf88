package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Span is the part of a source's history that a backfill reads.
type Span struct {
	From   time.Time // of the last change, by the system's clock, included
	To     time.Time // of the last change, included; zero, or in the future: up to now
	Entity string    // such as "order"; "" for all that the system lists
	Apply  bool      // false: only count, and store nothing
	Reason string    // why, and who asked: the ledger keeps it with each change that is handed on
	// Progress is called after each page with the count so far; nil: not called.
	Progress func(Report)
}

// Backfill compares everything in the source that changed last within the span with what the
// targets confirmed, and hands on what a target does not have, in the backfill lane. It returns
// one Report per feed. A target adopts what it has under the same key; nothing is written twice.
//
// With Apply the way through each feed is stored after every page. A backfill that was stopped
// continues there when it is asked for again with the same span and entity, and begins anew once
// it had reached the end. Changes that cannot be read are counted in Failed and reported in the
// ledger. A context that has ended stops it after the change at hand, without an error if the
// next call can continue; Behind says so.
func (p *Poller) Backfill(ctx context.Context, span Span) ([]Report, error) {
	now := p.config.Now()
	if span.To.IsZero() || span.To.After(now) {
		span.To = now
	}
	feeds, err := p.feedsOf(span)
	if err != nil {
		return nil, err
	}
	config := p.config
	config.Plan.Live, config.Plan.Pages = 0, 1
	r := &round{Poller: &Poller{config: config, targets: p.targets, receiver: p.receiver}, began: now, until: now.Add(longest), span: &span}
	var reports []Report
	var failures []error
	for _, feed := range feeds {
		s := &sweep{round: r, feed: feed, report: Report{Feed: feed}}
		err := s.backfill(ctx)
		switch {
		case errors.Is(err, port.ErrConflict):
			err = fault.New(fault.Rejected, fault.Conflict, "", "another backfill of the same time is at work")
		case ctx.Err() != nil && s.report.Behind:
			err = nil
		}
		if err = errors.Join(err, s.unwritten); err != nil {
			failures = append(failures, fmt.Errorf("backfilling %s of %s: %w", feed.Topic, feed.Tenant, err))
		}
		reports = append(reports, s.report)
	}
	return reports, errors.Join(failures...)
}

// longest bounds one call of Backfill. The next one continues.
const longest = 7 * 24 * time.Hour

// feedsOf returns the feeds of the span's entity. A snapshot has no history, and each poll reads
// it whole.
func (p *Poller) feedsOf(span Span) (feeds []connector.Feed, err error) {
	name, known := p.config.System.Profile.Name, []string{}
	for _, feed := range p.config.System.Poller.Feeds() {
		if feed.Snapshot {
			continue
		}
		if known = append(known, feed.Entity); span.Entity == "" || feed.Entity == span.Entity {
			feeds = append(feeds, feed)
		}
	}
	slices.Sort(known)
	switch {
	case span.From.IsZero() || span.From.After(span.To):
		err = fault.New(fault.Invalid, fault.Schema, "backfilling "+name, "the time must begin before it ends: it begins at "+span.From.Format(time.RFC3339)+" and ends at "+span.To.Format(time.RFC3339))
	case len(known) == 0:
		err = fault.New(fault.Rejected, fault.MissingRef, "backfilling "+name, "nothing of it can be listed with its settings")
	case len(feeds) == 0:
		err = fault.New(fault.Rejected, fault.MissingRef, "backfilling "+name, fmt.Sprintf("%s lists no %q; it lists %s", name, span.Entity, strings.Join(slices.Compact(known), ", ")))
	}
	return feeds, err
}

// backfill goes through the feed from its stored mark to the end of the span.
func (s *sweep) backfill(ctx context.Context) error {
	var err error
	if s.mark, err = s.loadSpan(ctx, s.feed); err != nil {
		return err
	}
	for s.mark.Behind = true; s.mark.Behind; {
		on, err := s.pages(ctx)
		s.report.Behind = s.mark.Behind
		if s.span.Progress != nil {
			s.span.Progress(s.report)
		}
		if err != nil || !on {
			return err
		}
	}
	return nil
}

// loadSpan returns the mark of the span in the feed: a stored one if it was not read to its end.
func (r *round) loadSpan(ctx context.Context, feed connector.Feed) (*mark, error) {
	to := r.span.To.UTC().Truncate(time.Minute).Format(time.RFC3339)
	if r.span.To.Equal(r.began) {
		to = "now"
	}
	m := newMark("backfill|" + r.markKey(feed).String() + "|" + r.span.From.UTC().Format(time.RFC3339) + "|" + to)
	if r.span.Apply {
		if err := r.readMark(ctx, m); err != nil {
			return nil, err
		}
	}
	if !m.Behind {
		fresh := newMark(m.key)
		fresh.revision, fresh.At, fresh.Since = m.revision, r.span.From.UTC(), r.span.From.UTC()
		return fresh, nil
	}
	return m, nil
}

// previews reports whether the run only counts.
func (r *round) previews() bool { return r.span != nil && !r.span.Apply }

// beyond reports whether the change lies behind the span's end.
func (r *round) beyond(change connector.Change) bool {
	return r.span != nil && change.At.After(r.span.To)
}

// backfilled is the text of the ledger entry about a change that is handed on.
func (s *sweep) backfilled(f *finding) string {
	lacking := []string{}
	for _, each := range f.missing {
		if !slices.Contains(lacking, each.target) {
			lacking = append(lacking, each.target)
		}
	}
	why := "cannot be translated"
	if f.untranslated == nil {
		why = strings.Join(lacking, ", ") + " has not confirmed it"
	}
	return "backfill: " + named(f.key, f.change) + ": " + why + "; handed on: " + s.span.Reason
}
