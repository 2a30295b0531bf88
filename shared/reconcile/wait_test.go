package reconcile_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// metered takes a call only so often, and says how long to wait unless it is mute.
type metered struct {
	*fakeSystem
	now       func() time.Time
	every     time.Duration
	free      time.Time // when it takes the next call
	throttled int
	mute      bool
}

func (m *metered) take() error {
	now := m.now()
	if now.Before(m.free) {
		m.throttled++
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
	return m.fakeSystem.Changes(ctx, ask)
}

func (m *metered) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	if err := m.take(); err != nil {
		return nil, err
	}
	return m.fakeSystem.Fetch(ctx, feed, change)
}

func (m *metered) Subscriptions(ctx context.Context) ([]connector.Subscription, error) {
	if err := m.take(); err != nil {
		return nil, err
	}
	return m.fakeSystem.Subscriptions(ctx)
}

func (m *metered) Subscribe(ctx context.Context, s connector.Subscription) error {
	if err := m.take(); err != nil {
		return err
	}
	return m.fakeSystem.Subscribe(ctx, s)
}

func newMetered(t *testing.T, every time.Duration, facts ...fact) (*testEnv, *metered) {
	t.Helper()
	e := newEnv(t, facts...)
	m := &metered{fakeSystem: e.toy, now: e.clock.Now, every: every}
	e.config.System.Poller, e.config.System.Subscriber = m, m
	return e, m
}

func TestASourceThatThrottlesIsWaitedForWithinTheRun(t *testing.T) {
	t.Parallel()
	for name, mute := range map[string]bool{"with a stated wait": false, "without one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, m := newMetered(t, 5*time.Second, numbered(10)...)
			m.mute = mute
			e.toy.subs = []connector.Subscription{subscription("b", connector.Missing)}
			e.counts(e.round(), reconcile.Report{Gaps: 10})
			if len(e.toy.repaired) != 1 || m.throttled == 0 {
				t.Errorf("set up %q, throttled %d times", e.toy.repaired, m.throttled)
			}
			if !mute && len(e.waits) != m.throttled {
				t.Errorf("%d waits for %d throttles", len(e.waits), m.throttled)
			}
		})
	}
}

// TestAWaitThatDoesNotFitEndsTheRunWithoutAnError: the next run continues.
func TestAWaitThatDoesNotFitEndsTheRunWithoutAnError(t *testing.T) {
	t.Parallel()
	e, _ := newMetered(t, time.Minute, numbered(10)...)
	gaps, runs := 0, 0
	for behind := true; behind && runs < 20; runs++ {
		r := e.round()
		gaps, behind = gaps+r.Gaps, r.Behind
		e.clock.Advance(time.Minute)
	}
	if gaps != 10 || runs < 4 || runs > 8 {
		t.Errorf("%d gaps in %d runs", gaps, runs)
	}
}

func TestAListThatIsThrottledForTooLongIsAskedForInTheNextRun(t *testing.T) {
	t.Parallel()
	e, m := newMetered(t, 0, changed("7", 30))
	m.free = e.clock.Now().Add(time.Hour)
	e.toy.subs = []connector.Subscription{subscription("b", connector.Missing)}
	if r := e.round(); !r.Behind || r.Gaps != 0 || len(e.waits) != 0 || len(e.entries(port.Reconciled)) != 0 {
		t.Errorf("%+v after %v, and the ledger has %+v", r, e.waits, e.entries(port.Reconciled))
	}
	e.clock.Advance(2 * time.Hour)
	if r := e.round(); r.Behind || r.Gaps != 1 || len(e.toy.repaired) != 1 {
		t.Errorf("%+v, set up %q", r, e.toy.repaired)
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t, changed("7", 30))
		e.config.Now, e.config.Wait = time.Now, nil
		e.toy.refuse = []error{&fault.Error{Kind: fault.Throttled, After: time.Minute}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		begun := time.Now()
		if err := e.run(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) != 10*time.Second {
			t.Errorf("Run = %v after %v", err, time.Since(begun))
		}
		e.toy.refuse = []error{&fault.Error{Kind: fault.Throttled, After: time.Minute}}
		begun = time.Now()
		if err := e.run(t.Context()); err != nil || len(e.toy.asked) != 3 || time.Since(begun) != time.Minute+time.Second/2 {
			t.Errorf("Run = %v after %v and %d lists", err, time.Since(begun), len(e.toy.asked))
		}
	})
}

// TestTheFirstMarkKnowsWhenTheWebhooksStopped even if the list failed in the run that set
// them up again: the next one finds them active.
func TestTheFirstMarkKnowsWhenTheWebhooksStopped(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]*fault.Error{
		"throttled": {Kind: fault.Throttled, After: time.Hour},
		"down":      {Kind: fault.Unavailable},
	} {
		e := newEnv(t)
		stopped := e.stop(connector.Disabled, 72*time.Hour)
		e.toy.refuse = []error{failure}
		if err := e.run(t.Context()); (err != nil) != (name == "down") {
			t.Errorf("%s: %v", name, err)
		}
		e.toy.subs = nil
		e.round()
		if asked := e.toy.asked; !asked[1].Since.Equal(stopped) {
			t.Errorf("%s: asked since %v, want %v", name, asked[1].Since, stopped)
		}
	}
}

func TestThrottlingOfATranslationIsWaitedFor(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(2)...)
	e.toy.translateErr = &fault.Error{Kind: fault.Throttled, After: 2 * time.Second}
	wait := e.config.Wait
	e.config.Wait = func(ctx context.Context, pause time.Duration) error {
		e.toy.translateErr = nil
		return wait(ctx, pause)
	}
	if e.counts(e.round(), reconcile.Report{Gaps: 2}); len(e.waits) != 1 {
		t.Errorf("waited %v", e.waits)
	}
}
