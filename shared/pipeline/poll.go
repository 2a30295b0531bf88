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
	// Wait waits until the time has passed or ctx ends, and returns ctx's error; nil
	// stands for a timer.
	Wait func(ctx context.Context, pause time.Duration) error
}

// PollReport tells what one run found in one feed.
type PollReport struct {
	Feed      connector.Feed
	Seen      int // looked at in this run or an earlier one, in this version
	Confirmed int // told before by a delivery
	Gaps      int // never told, now handed on
	Failed    int // could not be read, which the ledger has not said before
	Behind    bool
}

// Run makes one round over all feeds. A feed that fails does not keep the others from
// being polled; the error names each. It ends early, without an error, when the plan's
// time is used up or too short for the wait that the system asks for, and the next run
// goes on from there.
func (p *Poller) Run(ctx context.Context) error {
	if p.System.Poller == nil || p.System.Source == nil {
		return fault.New(fault.Rejected, fault.Config, "polling "+p.System.Profile.Name, "it has nothing to poll")
	}
	round := &round{Poller: p, plan: p.Plan.orDefault(), began: p.Config.Now()}
	round.until = round.deadline(ctx, round.began)
	done, err := round.repair(ctx)
	failures := []error{err}
	for _, feed := range p.System.Poller.Feeds() {
		name := feedName{feed.Tenant, feed.Topic}
		if !feed.Whole || !done.broken[name] {
			failures = append(failures, round.feed(ctx, feed, done.stopped[name]))
		}
	}
	return errors.Join(failures...)
}

// round is one run over all feeds.
type round struct {
	*Poller
	plan  PollPlan
	began time.Time
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
	if feed.Whole && !m.Behind && len(m.Unread) == 0 {
		return nil // nothing is due
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

// run goes through the pages, and then to what could not be read before.
func (s *sweep) run(ctx context.Context) error {
	if s.feed.Whole && !s.mark.Behind {
		return s.again(ctx)
	}
	if on, err := s.pages(ctx); err != nil || !on {
		return err
	}
	return s.again(ctx)
}

// pages goes page by page and stores the mark after each. It reports whether the run can
// go on.
func (s *sweep) pages(ctx context.Context) (on bool, err error) {
	for range s.plan.Pages {
		page, err := s.list(ctx)
		if err != nil {
			return false, s.refused(ctx, err)
		}
		end, err := s.page(ctx, page)
		s.mark.turn(page, end, s.plan)
		if err := errors.Join(failing(err), s.saveMark(ctx, s.mark)); err != nil {
			return false, err
		}
		if end != goesOn || !s.mark.Behind {
			return end != cut, nil
		}
	}
	return true, nil
}

func (s *sweep) list(ctx context.Context) (page connector.Page, err error) {
	err = s.patiently(ctx, func() (err error) {
		page, err = s.System.Poller.Changes(ctx, connector.Ask{Feed: s.feed, Since: s.mark.Since, Cursor: s.mark.Cursor})
		return err
	})
	return page, err
}

// refused is about a list that the system does not give. A cursor that it no longer takes
// is forgotten: the next run begins at the mark again, instead of failing for ever. A
// first mark is stored, since it may be the only one that knows when webhooks stopped.
func (s *sweep) refused(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errPaused):
		s.mark.Behind = true
	case fault.KindOf(err) == fault.Rejected && s.mark.Cursor != "" && s.feed.Whole:
		s.mark.Cursor = ""
	case fault.KindOf(err) == fault.Rejected && s.mark.Cursor != "":
		s.mark.restart(s.plan)
	case s.mark.revision != 0:
		return err
	}
	return errors.Join(failing(err), s.saveMark(ctx, s.mark))
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
		case change.At.After(youngest) && !s.feed.Whole:
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

// change looks at one change.
func (s *sweep) change(ctx context.Context, change connector.Change) error {
	f, err := s.read(ctx, change)
	if err != nil {
		return s.failed(ctx, change, err)
	}
	if err := s.compare(ctx, f); err != nil {
		return err
	}
	if f.told {
		s.report.Confirmed++
	} else {
		s.report.Gaps++
		err = s.handOn(ctx, f)
	}
	if err == nil {
		delete(s.mark.Unread, change.ID)
	}
	return err
}
