package pipeline_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// metered is a register that takes a call only so often, and says how long to wait; with
// no word of how long if mute.
type metered struct {
	*register
	now     func() time.Time
	every   time.Duration
	free    time.Time // when it takes the next call
	refused int
	mute    bool
}

func (m *metered) take() error {
	now := m.now()
	if now.Before(m.free) {
		m.refused++
		slowly := &fault.Error{Kind: fault.Throttled, Class: fault.RateLimit, Doing: "asking", Detail: "slowly"}
		if !m.mute {
			slowly.After = m.free.Sub(now)
		}
		return slowly
	}
	m.free = now.Add(m.every)
	return nil
}

func (m *metered) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	if err := m.take(); err != nil {
		return connector.Page{}, err
	}
	return m.register.Changes(ctx, ask)
}

func (m *metered) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	if err := m.take(); err != nil {
		return nil, err
	}
	return m.register.Fetch(ctx, feed, change)
}

func (m *metered) Subscriptions(ctx context.Context) ([]connector.Subscription, error) {
	if err := m.take(); err != nil {
		return nil, err
	}
	return m.register.Subscriptions(ctx)
}

func (m *metered) Subscribe(ctx context.Context, s connector.Subscription) error {
	if err := m.take(); err != nil {
		return err
	}
	return m.register.Subscribe(ctx, s)
}

func newMetered(t *testing.T, every time.Duration, facts ...toyFact) (*polling, *metered) {
	t.Helper()
	p := newPolling(t, facts...)
	m := &metered{register: p.register, now: p.clock.Now, every: every}
	p.poller.System.Poller, p.poller.System.Subscriber = m, m
	return p, m
}

func TestASourceThatThrottlesIsWaitedForWithinTheRun(t *testing.T) {
	t.Parallel()
	for name, mute := range map[string]bool{"which says how long": false, "which does not": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := newMetered(t, 5*time.Second, numbered(10)...)
			m.mute = mute
			p.register.subs = []connector.Subscription{{Tenant: "t1", Topic: "b", Feed: "facts", State: connector.Missing}}
			p.counts(p.round(), 0, 0, 10, 0)
			if len(p.register.mended) != 1 || m.refused == 0 {
				t.Errorf("mended %q, refused %d times", p.register.mended, m.refused)
			}
			if !mute && len(p.waits) != m.refused {
				t.Errorf("%d waits for %d refusals", len(p.waits), m.refused)
			}
		})
	}
}

// TestAWaitThatDoesNotFitEndsTheRunWithoutAnError: what is slow is not broken, and the
// next run goes on.
func TestAWaitThatDoesNotFitEndsTheRunWithoutAnError(t *testing.T) {
	t.Parallel()
	p, _ := newMetered(t, time.Minute, numbered(10)...)
	gaps, runs := 0, 0
	for behind := true; behind && runs < 20; runs++ {
		r := p.round()
		gaps, behind = gaps+r.Gaps, r.Behind
		p.clock.Advance(time.Minute)
	}
	if gaps != 10 || runs < 4 || runs > 8 {
		t.Errorf("%d gaps in %d runs", gaps, runs)
	}
}

func TestAListThatIsThrottledForTooLongIsAskedForInTheNextRun(t *testing.T) {
	t.Parallel()
	p, m := newMetered(t, 0, changed("7", 30))
	m.free = p.clock.Now().Add(time.Hour)
	p.register.subs = []connector.Subscription{{Tenant: "t1", Topic: "b", Feed: "facts", State: connector.Missing}}
	if r := p.round(); !r.Behind || r.Gaps != 0 || len(p.waits) != 0 || len(p.entries(pipeline.Reconciled)) != 0 {
		t.Errorf("%+v after %v, and the ledger says %+v", r, p.waits, p.entries(pipeline.Reconciled))
	}
	p.clock.Advance(2 * time.Hour)
	if r := p.round(); r.Behind || r.Gaps != 1 || len(p.register.mended) != 1 {
		t.Errorf("%+v, mended %q", r, p.register.mended)
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPolling(t, changed("7", 30))
		p.config.Now = time.Now
		p.register.refuse = &fault.Error{Kind: fault.Throttled, After: time.Minute}
		p.poller.Wait, p.poller.Plan = nil, pipeline.DefaultPollPlan()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		begun := time.Now()
		if err := p.poller.Run(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) != 10*time.Second {
			t.Errorf("Run = %v after %v", err, time.Since(begun))
		}
		p.register.refuse = &fault.Error{Kind: fault.Throttled, After: time.Minute}
		begun = time.Now()
		if err := p.poller.Run(t.Context()); err != nil || len(p.register.asked) != 3 || time.Since(begun) != time.Minute+time.Second/2 {
			t.Errorf("Run = %v after %v and %d lists", err, time.Since(begun), len(p.register.asked))
		}
	})
}

// TestTheFirstMarkKnowsWhenTheWebhooksStopped even if the list could not be asked for in
// the run that mended them: the next one sees them active.
func TestTheFirstMarkKnowsWhenTheWebhooksStopped(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]*fault.Error{
		"throttled": {Kind: fault.Throttled, After: time.Hour},
		"down":      {Kind: fault.Unavailable},
	} {
		p := newPolling(t)
		stopped := p.clock.Now().Add(-72 * time.Hour)
		p.register.subs = []connector.Subscription{{Tenant: "t1", Topic: "b", Feed: "facts", State: connector.Disabled, Since: stopped}}
		p.register.refuse = failure
		if err := p.poller.Run(t.Context()); (err != nil) != (name == "down") {
			t.Errorf("%s: %v", name, err)
		}
		p.register.subs = nil
		p.round()
		if asked := p.register.asked; !asked[1].Since.Equal(stopped) {
			t.Errorf("%s: asked since %v, want %v", name, asked[1].Since, stopped)
		}
	}
}

func TestThrottlingOfATranslationIsWaitedFor(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(2)...)
	n := 0
	p.toy.translation = func(f toyFact) []connector.Event {
		if n++; n == 1 {
			p.toy.translateErr = &fault.Error{Kind: fault.Throttled, After: 2 * time.Second}
		}
		return []connector.Event{f.event()}
	}
	wait := p.poller.Wait
	p.poller.Wait = func(ctx context.Context, pause time.Duration) error {
		p.toy.translateErr = nil
		return wait(ctx, pause)
	}
	if p.counts(p.round(), 0, 0, 2, 0); len(p.waits) != 1 {
		t.Errorf("waited %v, for %s", p.waits, strconv.Itoa(n))
	}
}
