package pipeline

import (
	"context"
	"errors"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
)

// Poller is the reconciliation of one source system: it repairs the webhook
// subscriptions, asks the system what changed since the last time, and hands what no
// delivery has told to the inbox. What it hands on is a raw message like any other.
//
// What it promises: a change is found however its webhook was lost, even within the
// second of another one; what the ledger shows as published is not told again; what
// was handed on by a run that then crashed is recognised by its name in the inbox.
// The mark, which says how far the asking got, is stored after the messages that it
// speaks of are durable.
type Poller struct {
	Config *Config
	System connector.System
	Plan   PollPlan         // the zero value stands for DefaultPollPlan
	Report func(PollReport) // told of each feed, for a metric; may be nil
}

// PollReport tells what one run found in one feed.
type PollReport struct {
	Feed      connector.Feed
	Seen      int // looked at in this run or an earlier one, in this version
	Confirmed int // told before by a delivery
	Gaps      int // never told, now handed on
	Failed    int // could not be read; the ledger says why
	Behind    bool
}

// Run makes one round over all feeds. A feed that fails does not keep the others from
// being polled; the error names each. It ends early, without an error, when the plan's
// time is used up, and the next run goes on from there.
func (p *Poller) Run(ctx context.Context) error {
	if p.System.Poller == nil || p.System.Source == nil {
		return fault.New(fault.Rejected, fault.Config, "polling "+p.System.Profile.Name, "it has nothing to poll")
	}
	round := &round{Poller: p, plan: p.Plan.orDefault()}
	round.until = round.deadline(ctx, p.Config.Now())
	stopped, err := p.repair(ctx)
	failures := []error{err}
	for _, feed := range p.System.Poller.Feeds() {
		failures = append(failures, round.feed(ctx, feed, stopped[feed.Tenant]))
	}
	return errors.Join(failures...)
}

// round is one run over all feeds.
type round struct {
	*Poller
	plan  PollPlan
	until time.Time
}

// grace is what is left of the context's time to store how far the run got.
const grace = 10 * time.Second

// deadline is when the run has to end: never later than its context lets it.
func (r *round) deadline(ctx context.Context, now time.Time) time.Time {
	until := now.Add(r.plan.Time)
	if end, bounded := ctx.Deadline(); bounded && end.Add(-grace).Before(until) {
		return end.Add(-grace)
	}
	return until
}

// feed polls one feed and reports what came of it.
func (r *round) feed(ctx context.Context, feed connector.Feed, stopped time.Time) error {
	doing := "polling " + feed.Topic + " of " + feed.Tenant
	m, err := r.loadMark(ctx, feed, stopped)
	if err != nil {
		return fault.Doing(doing, err)
	}
	s := &sweep{round: r, feed: feed, mark: m, report: PollReport{Feed: feed}}
	err = s.run(ctx)
	s.report.Behind = m.Behind
	log := r.Config.Log.With("system", r.System.Profile.Name, "tenant", feed.Tenant, "topic", feed.Topic)
	log.InfoContext(ctx, "polled", "seen", s.report.Seen, "confirmed", s.report.Confirmed,
		"gaps", s.report.Gaps, "failed", s.report.Failed, "behind", m.Behind)
	if r.Report != nil {
		r.Report(s.report)
	}
	if errors.Is(err, ErrConflict) {
		log.InfoContext(ctx, "another run polls this feed")
		return nil
	}
	return fault.Doing(doing, err)
}

// sweep is the way through one feed, from its mark to the changes of now.
type sweep struct {
	*round
	feed   connector.Feed
	mark   *mark
	report PollReport
}

// run goes page by page and stores the mark after each.
func (s *sweep) run(ctx context.Context) error {
	for range s.plan.Pages {
		page, err := s.System.Poller.Changes(ctx, connector.Ask{Feed: s.feed, Since: s.mark.Since, Cursor: s.mark.Cursor})
		if err != nil {
			return s.refused(ctx, err)
		}
		end, err := s.page(ctx, page)
		s.mark.turn(page, end, s.plan)
		if err := errors.Join(err, s.saveMark(ctx, s.mark)); err != nil {
			return err
		}
		if end != goesOn || !s.mark.Behind {
			return nil
		}
	}
	return nil
}

// refused forgets a cursor that the system no longer takes: the next run begins at the
// mark again, instead of failing for ever.
func (s *sweep) refused(ctx context.Context, err error) error {
	if fault.KindOf(err) != fault.Rejected || s.mark.Cursor == "" {
		return err
	}
	s.mark.restart(s.plan)
	return errors.Join(err, s.saveMark(ctx, s.mark))
}

// end is why a page was left.
type end uint8

const (
	goesOn   end = iota // it was read to its end
	caughtUp            // what follows is too young
	cut                 // time is up, or something failed: the rest of the page is for the next run
)

// page looks at each change of the page.
func (s *sweep) page(ctx context.Context, page connector.Page) (end, error) {
	youngest := s.Config.Now().Add(-s.plan.Lag)
	for _, change := range page.Changes {
		switch now := s.Config.Now(); {
		case change.At.After(youngest):
			return caughtUp, nil
		case s.mark.knows(change):
			s.report.Seen++
			continue
		case !now.Before(s.until):
			return cut, nil
		}
		if err := s.change(ctx, change); err != nil {
			return cut, err
		}
		s.mark.note(change)
	}
	return goesOn, nil
}

// change looks at one change. An entity that cannot be read for a reason of its own
// must not hold up those behind it.
func (s *sweep) change(ctx context.Context, change connector.Change) error {
	f, err := s.look(ctx, change)
	switch {
	case err != nil && halts(ctx, err):
		return err
	case err != nil:
		s.report.Failed++
		return s.unread(ctx, change, fault.As(err))
	case f == nil || f.told:
		s.report.Confirmed++
		return nil
	}
	s.report.Gaps++
	return s.handOn(ctx, f)
}

// halts reports whether a failure is the connection's and not the entity's.
func halts(ctx context.Context, err error) bool {
	switch fault.KindOf(err) {
	case fault.Throttled, fault.Unavailable, fault.Unauthorized:
		return true
	}
	return ctx.Err() != nil
}
