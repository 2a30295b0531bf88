package reconcile_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// subscription is one of the feed's, in the state.
func subscription(topic string, state connector.SubscriptionState) connector.Subscription {
	return connector.Subscription{Tenant: "t1", Topic: topic, Feed: "facts", State: state}
}

func TestEverySubscriptionThatStoppedIsSetUpAgain(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.toy.subs = []connector.Subscription{
		subscription("a", connector.Active), subscription("b", connector.Missing),
		subscription("c", connector.Disabled), subscription("d", connector.Elsewhere),
	}
	e.counts(e.round(), reconcile.Report{Gaps: 1})
	if want := []string{"t1 b", "t1 c", "t1 d"}; !slices.Equal(e.toy.repaired, want) {
		t.Errorf("set up again: %q", e.toy.repaired)
	}
	texts := map[string]string{}
	for _, entry := range e.entries(port.Reconciled) {
		if entry.Type == port.TypeDegraded {
			texts[entry.Entity.String()] = entry.Outcome
		}
	}
	if len(texts) != 3 || texts["toy/t1/subscription/c"] != "the webhook c was disabled and is set up again; the changes that it missed are polled" {
		t.Errorf("the ledger has %q", texts)
	}
}

func TestASubscriptionThatCannotBeSetUpDoesNotPreventPolling(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.toy.subs = []connector.Subscription{subscription("b", connector.Missing)}
	e.toy.repairError = fault.New(fault.Unauthorized, fault.Auth, "making webhook b", "the key may only read")
	if err := e.run(t.Context()); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("Run = %v", err)
	}
	e.counts(e.reports[0], reconcile.Report{Gaps: 1})
	for _, entry := range e.entries(port.Reconciled) {
		if entry.Type == port.TypeDegraded && (entry.Error == nil || entry.Error.Class != fault.Auth) {
			t.Errorf("the ledger has %+v", entry)
		}
	}
}

// TestTheFirstRunGoesBackToWhereTheWebhooksStopped is A6 for a store whose webhooks
// stopped before anything was polled; later runs have their mark.
func TestTheFirstRunGoesBackToWhereTheWebhooksStopped(t *testing.T) {
	t.Parallel()
	start := epoch.Add(time.Hour)
	for name, c := range map[string]struct {
		stopped, want time.Time
	}{
		"before the lookback": {start.Add(-72 * time.Hour), start.Add(-72 * time.Hour)},
		"after it":            {start.Add(-time.Minute), start.Add(-24 * time.Hour)},
		"unknown":             {time.Time{}, start.Add(-24 * time.Hour)},
		"before the horizon":  {start.AddDate(-3, 0, 0), start.Add(-60 * 24 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			first, other := subscription("b", connector.Disabled), subscription("b", connector.Disabled)
			first.Since = c.stopped
			other.Tenant, other.Since = "t2", start.Add(-1000*time.Hour)
			later, unknown := first, subscription("c", connector.Disabled)
			later.Since = start
			e.toy.subs = []connector.Subscription{later, first, unknown, later, other}
			e.round()
			if got := e.toy.asked[0].Since; !got.Equal(c.want) {
				t.Errorf("asked since %v, want %v", got, c.want)
			}
		})
	}
}

// newWhole has a feed that is read only when a webhook had stopped.
func newWhole(t *testing.T, facts ...fact) *testEnv {
	t.Helper()
	e := newEnv(t, facts...)
	e.toy.feeds[0].Whole = true
	e.config.System.Subscriber = activating{e.toy}
	return e
}

// activating makes subscriptions active.
type activating struct{ *fakeSystem }

func (a activating) Subscribe(ctx context.Context, s connector.Subscription) error {
	err := a.fakeSystem.Subscribe(ctx, s)
	if err == nil {
		a.subs = nil
	}
	return err
}

// stop makes the feed's webhook one that stopped that long ago.
func (e *testEnv) stop(state connector.SubscriptionState, ago time.Duration) (since time.Time) {
	s := subscription("b", state)
	s.Since = e.clock.Now().Add(-ago)
	e.toy.subs = []connector.Subscription{s}
	return s.Since
}

func TestA6AWholeFeedIsReadWhenItsWebhookHadStopped(t *testing.T) {
	t.Parallel()
	e := newWhole(t, numbered(10)...)
	if e.rounds(2); len(e.toy.asked) != 0 {
		t.Fatalf("asked %+v without need", e.toy.asked)
	}
	e.config.Plan.Pages = 1
	stopped := e.stop(connector.Disabled, 72*time.Hour)
	if failed := e.rounds(6); failed != 0 || len(e.written) != 10 || len(e.toy.asked) != 4 {
		t.Errorf("%d runs failed, %d pages, written %v", failed, len(e.toy.asked), e.written)
	}
	for _, ask := range e.toy.asked {
		if !ask.Since.Equal(stopped) {
			t.Errorf("asked since %v, want %v", ask.Since, stopped)
		}
	}
	if texts := e.outcomes(port.TypeDegraded); len(texts) != 1 || !strings.HasSuffix(texts[0], "; the changes that it missed are polled") {
		t.Errorf("the ledger has %q", texts)
	}
}

// TestAWholeFeedHasItsYoungChangesReadToo: no later run would list them.
func TestAWholeFeedHasItsYoungChangesReadToo(t *testing.T) {
	t.Parallel()
	e := newWhole(t, changed("7", 60), changed("8", 30))
	e.stop(connector.Disabled, 72*time.Hour)
	e.counts(e.round(), reconcile.Report{Gaps: 2})
}

// TestA6AWebhookThatCannotBeSetUpIsPolledForOnceItIs: from when it stopped first.
func TestA6AWebhookThatCannotBeSetUpIsPolledForOnceItIs(t *testing.T) {
	t.Parallel()
	e := newWhole(t, numbered(2)...)
	stopped := e.stop(connector.Disabled, 72*time.Hour)
	e.toy.repairError = fault.New(fault.Unauthorized, fault.Auth, "making webhook b", "the key may only read")
	e.rounds(2)
	e.toy.subs[0].Since = e.clock.Now()
	if failed := e.rounds(2); failed != 2 || len(e.toy.asked) != 0 {
		t.Errorf("%d runs failed, asked %+v", failed, e.toy.asked)
	}
	e.toy.repairError = nil
	if e.rounds(2); len(e.toy.asked) != 1 || !e.toy.asked[0].Since.Equal(stopped) || len(e.written) != 2 {
		t.Errorf("asked %+v, written %v", e.toy.asked, e.written)
	}
}

// TestAWholeFeedStaysDue through a cursor that is rejected and a change that cannot be
// read, which is asked for again when nothing is due any more.
func TestAWholeFeedStaysDue(t *testing.T) {
	t.Parallel()
	e := newWhole(t, numbered(5)...)
	e.config.Plan.Pages = 1
	e.toy.fail["101"] = fault.New(fault.Rejected, fault.Value, "fetching", "no")
	e.stop(connector.Missing, 0)
	e.rounds(1)
	e.toy.refuse = []error{fault.New(fault.Rejected, fault.Value, "asking", "no such cursor")}
	if failed := e.rounds(4); failed != 1 || len(e.written) != 4 {
		t.Errorf("%d runs failed, written %v", failed, e.written)
	}
	asked := len(e.toy.asked)
	clear(e.toy.fail)
	if e.rounds(2); len(e.written) != 5 || len(e.toy.asked) != asked {
		t.Errorf("written %v, asked %d times more", e.written, len(e.toy.asked)-asked)
	}
}

func TestAPausedWebhookIsLeftSo(t *testing.T) {
	t.Parallel()
	e := newWhole(t, numbered(2)...)
	e.stop(connector.Paused, time.Hour)
	if failed := e.rounds(3); failed != 0 || len(e.toy.repaired) != 0 || len(e.toy.asked) != 0 {
		t.Errorf("%d runs failed, set up %q, asked %+v", failed, e.toy.repaired, e.toy.asked)
	}
	want := "the webhook b is paused and left so until it is switched on in Toy; the changes that it missed are polled"
	if texts := e.outcomes(port.TypeDegraded); len(texts) != 1 || texts[0] != want {
		t.Errorf("the ledger has %q", texts)
	}
	e.toy.subs = nil // switched on
	if e.rounds(1); len(e.written) != 2 {
		t.Errorf("written %v", e.written)
	}
}

func TestAWebhookWithoutAFeedIsNotSaidToBePolled(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.toy.subs = []connector.Subscription{{Tenant: "t1", Topic: "b", State: connector.Missing}}
	e.round()
	want := "the webhook b was missing and is set up again; the changes that it missed are not polled: send them again from the system"
	if texts := e.outcomes(port.TypeDegraded); len(texts) != 1 || texts[0] != want {
		t.Errorf("the ledger has %q", texts)
	}
}
