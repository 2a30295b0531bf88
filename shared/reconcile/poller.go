package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// Config is what a Poller needs. Bus and Build of the runtime may be missing, and Plan,
// Retry, Report and Wait have defaults.
type Config struct {
	port.Runtime
	System connector.System
	Routes []routes.Route // of the installation; those that begin in the system name the targets
	Retry  retry.Policy   // zero: retry.DefaultPolicy
	Plan   Plan           // zero: DefaultPlan
	Report func(Report)   // called once for each feed and run, for a metric; nil: not called
	// Wait returns when the time has passed or ctx has ended, then with ctx's error; nil:
	// a timer.
	Wait func(ctx context.Context, pause time.Duration) error
}

// Report is the result of one run in one feed.
type Report struct {
	Feed        connector.Feed
	Seen        int  // changes that this run or an earlier one had looked at in this version
	Confirmed   int  // … that every target has
	InHand      int  // … with an attempt, or a dead letter, at a target that does not have them
	Gaps        int  // … that no delivery reported; handed on
	Unconfirmed int  // … that a delivery may have reported and a target does not have; handed on
	Failed      int  // … that could not be read for the first time
	Behind      bool // the run did not reach the end of the feed
}

// Poller reconciles one source system with its targets. Create it with New.
type Poller struct {
	config   Config
	targets  map[string][]string // by event type
	receiver *intake.Receiver
}

// New checks the configuration; its error names what is missing.
func New(config Config) (*Poller, error) {
	p := &Poller{config: config, targets: map[string][]string{}}
	p.config.Retry, p.config.Plan = cmp.Or(config.Retry, retry.DefaultPolicy()), cmp.Or(config.Plan, DefaultPlan())
	for _, route := range config.Routes {
		for _, kind := range route.Types {
			if route.From == config.System.Profile.Name && !slices.Contains(p.targets[kind], route.To) {
				p.targets[kind] = append(p.targets[kind], route.To)
			}
		}
	}
	missing := port.Require(
		port.Field{Name: "State", Set: config.State != nil},
		port.Field{Name: "Random", Set: config.Random != nil},
		port.Field{Name: "System.Source", Set: config.System.Source != nil},
		port.Field{Name: "System.Poller", Set: config.System.Poller != nil},
		port.Field{Name: "a route that begins in the system", Set: len(p.targets) > 0},
	)
	var err error
	p.receiver, err = intake.New(config.Runtime, config.System)
	if err := errors.Join(missing, err); err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "making the poller of " + config.System.Profile.Name, Err: err}
	}
	return p, nil
}

// Run makes one round over all feeds, beginning with a random one, so that a feed with a
// long backlog cannot use up the time of the same others in every run. A feed that fails
// does not keep the others from being polled; the error names each. A run ends early and
// without an error when its time is used up, or too short for a wait that the system asks
// for. The next run continues there.
func (p *Poller) Run(ctx context.Context) error {
	r := &round{Poller: p, began: p.config.Now()}
	r.until = r.began.Add(p.config.Plan.Time)
	if end, bounded := ctx.Deadline(); bounded && end.Add(-grace).Before(r.until) {
		r.until = end.Add(-grace)
	}
	subscriptions, err := r.repair(ctx)
	failures := []error{err}
	feeds := p.config.System.Poller.Feeds()
	first := int(p.config.Random() * float64(len(feeds)))
	for _, feed := range slices.Concat(feeds[first:], feeds[:first]) {
		name := feedName{feed.Tenant, feed.Topic}
		if !feed.Whole || !subscriptions.broken[name] {
			failures = append(failures, r.feed(ctx, feed, subscriptions.stopped[name]))
		}
	}
	return errors.Join(failures...)
}

// grace is the part of the context's time that is left for storing how far the run got.
const grace = 10 * time.Second

// round is one run over all feeds.
type round struct {
	*Poller
	began time.Time
	until time.Time
	span  *Span // of a backfill; nil: a poll
}

// feed polls one feed and reports the result.
func (r *round) feed(ctx context.Context, feed connector.Feed, stopped time.Time) error {
	s := &sweep{round: r, feed: feed, report: Report{Feed: feed}}
	var err error
	if s.mark, err = r.loadMark(ctx, feed, stopped); err == nil {
		if feed.Whole && !s.mark.Behind && len(s.mark.Unread) == 0 {
			return nil // nothing is due
		}
		err = s.run(ctx)
		s.report.Behind = s.mark.Behind
		r.config.Log.InfoContext(ctx, "polled", append(s.labels(), "seen", s.report.Seen, "confirmed", s.report.Confirmed, "in_hand", s.report.InHand,
			"gaps", s.report.Gaps, "unconfirmed", s.report.Unconfirmed, "failed", s.report.Failed, "behind", s.report.Behind)...)
		if r.config.Report != nil {
			r.config.Report(s.report)
		}
	}
	if errors.Is(err, port.ErrConflict) {
		r.config.Log.InfoContext(ctx, "another run polls this feed", s.labels()...)
		err = nil
	}
	if err = errors.Join(err, s.unwritten); err != nil {
		return fmt.Errorf("polling %s of %s: %w", feed.Topic, feed.Tenant, err)
	}
	return nil
}

// sweep is the way through one feed, from its mark to the newest change.
type sweep struct {
	*round
	feed      connector.Feed
	mark      *mark
	report    Report
	unwritten error // the first ledger entry that could not be written
}

func (s *sweep) labels() []any {
	return []any{"system", s.config.System.Profile.Name, "tenant", s.feed.Tenant, "topic", s.feed.Topic}
}

// run goes through the pages, and then asks for the unread changes.
func (s *sweep) run(ctx context.Context) error {
	if s.feed.Whole && !s.mark.Behind {
		return s.retryUnread(ctx)
	}
	if on, err := s.pages(ctx); err != nil || !on {
		return err
	}
	return s.retryUnread(ctx)
}

// pages goes from page to page and stores the mark after each. It reports whether the run
// can continue.
func (s *sweep) pages(ctx context.Context) (on bool, err error) {
	for range s.config.Plan.Pages {
		page, err := s.list(ctx)
		if err != nil {
			return false, s.unlisted(ctx, err)
		}
		end, err := s.page(ctx, page)
		s.mark.turn(s.feed, page, end, s.config.Plan)
		if err := errors.Join(failing(err), s.saveMark(ctx, s.mark)); err != nil {
			return false, err
		}
		if end != readToEnd || !s.mark.Behind {
			return end != cut, nil
		}
	}
	return true, nil
}

func (s *sweep) list(ctx context.Context) (page connector.Page, err error) {
	err = s.patiently(ctx, func() (err error) {
		page, err = s.config.System.Poller.Changes(ctx, connector.Ask{Feed: s.feed, Since: s.mark.Since, Cursor: s.mark.Cursor})
		return err
	})
	return page, err
}

// unlisted handles a list that failed. A cursor that the system rejects is forgotten: the
// next run begins at the mark instead of failing for ever. Any other failure keeps it. A
// first mark is stored, because it may be the only record of when webhooks stopped.
func (s *sweep) unlisted(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, retry.ErrNoTime):
		s.mark.Behind = true
	case fault.KindOf(err) == fault.Rejected && s.mark.Cursor != "" && s.feed.Whole:
		s.mark.Cursor = ""
	case fault.KindOf(err) == fault.Rejected && s.mark.Cursor != "":
		s.mark.restart(s.config.Plan)
	case s.mark.revision != 0:
		return err
	}
	return errors.Join(failing(err), s.saveMark(ctx, s.mark))
}

// end is why a page was left.
type end uint8

const (
	readToEnd end = iota
	caughtUp      // the next changes are too young
	cut           // time is up, or something failed: the rest of the page is for the next run
)

// done reports whether the context has ended.
func done(ctx context.Context) bool { return ctx.Err() != nil }

// page looks at each change of the page.
func (s *sweep) page(ctx context.Context, page connector.Page) (end, error) {
	youngest := s.config.Now().Add(-s.config.Plan.Lag)
	for _, change := range page.Changes {
		switch {
		case (change.At.After(youngest) || s.beyond(change)) && !s.feed.Whole && !s.feed.Snapshot:
			return caughtUp, nil
		case s.beyond(change):
			continue
		case s.mark.knows(s.feed, change):
			s.report.Seen++
			continue
		case !s.config.Now().Before(s.until) || done(ctx):
			return cut, nil
		}
		if err := s.change(ctx, change); err != nil {
			return cut, err
		}
		s.mark.note(s.feed, change)
	}
	return readToEnd, nil
}

// change looks at one change and hands it on if a target does not have it.
func (s *sweep) change(ctx context.Context, change connector.Change) error {
	f, err := s.read(ctx, change)
	if err != nil {
		return s.failed(ctx, change, err)
	}
	s.compare(ctx, f)
	switch {
	case f.untranslated != nil || len(f.missing) > 0:
		err = s.handOn(ctx, f)
	case f.inHand:
		s.report.InHand++
	default:
		s.report.Confirmed++
	}
	if err == nil {
		delete(s.mark.Unread, change.ID)
	}
	return err
}
