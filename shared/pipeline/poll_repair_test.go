package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// wholeFeed is a register whose list is read only when a webhook had stopped.
type wholeFeed struct{ *register }

func (w wholeFeed) Feeds() []connector.Feed {
	feed := toyFeed
	feed.Whole = true
	return []connector.Feed{feed}
}

// Subscribe makes the subscription active.
func (w wholeFeed) Subscribe(ctx context.Context, s connector.Subscription) error {
	err := w.register.Subscribe(ctx, s)
	if err == nil {
		w.subs = nil
	}
	return err
}

func newWhole(t *testing.T, facts ...toyFact) *polling {
	t.Helper()
	p := newPolling(t, facts...)
	p.poller.System.Poller, p.poller.System.Subscriber = wholeFeed{p.register}, wholeFeed{p.register}
	return p
}

func (p *polling) stop(state connector.SubscriptionState, ago time.Duration) {
	p.register.subs = []connector.Subscription{{Tenant: "t1", Topic: "b", Feed: "facts", State: state, Since: p.clock.Now().Add(-ago)}}
}

// repairs returns what the ledger says of subscriptions.
func (p *polling) repairs() (said []string) {
	p.Helper()
	for _, e := range p.entries(pipeline.Reconciled) {
		if e.Type == pipeline.TypeDegraded {
			said = append(said, e.Outcome)
		}
	}
	return said
}

func TestA6AListThatKnowsNoTimeIsReadWhenItsWebhookHadStopped(t *testing.T) {
	t.Parallel()
	p := newWhole(t, numbered(10)...)
	if p.rounds(2); len(p.register.asked) != 0 {
		t.Fatalf("asked %+v without need", p.register.asked)
	}
	p.poller.Plan = pipeline.DefaultPollPlan()
	p.poller.Plan.Pages = 1
	p.stop(connector.Disabled, 72*time.Hour)
	stopped := p.register.subs[0].Since
	if failed := p.rounds(6); failed != 0 || len(p.written()) != 10 || len(p.register.asked) != 4 {
		t.Errorf("%d runs failed, %d pages, written %v", failed, len(p.register.asked), p.written())
	}
	for _, ask := range p.register.asked {
		if !ask.Since.Equal(stopped) {
			t.Errorf("asked since %v, want %v", ask.Since, stopped)
		}
	}
	if said := p.repairs(); len(said) != 1 || !strings.HasSuffix(said[0], "what it missed is polled") {
		t.Errorf("the ledger says %q", said)
	}
}

// TestA6AWebhookThatCannotBeMendedIsPolledForOnceItIs: from when it stopped first.
func TestA6AWebhookThatCannotBeMendedIsPolledForOnceItIs(t *testing.T) {
	t.Parallel()
	p := newWhole(t, numbered(2)...)
	p.stop(connector.Disabled, 72*time.Hour)
	stopped := p.register.subs[0].Since
	p.register.mendError = fault.New(fault.Unauthorized, fault.Auth, "making webhook b", "the key may only read")
	p.rounds(2)
	p.register.subs[0].Since = p.clock.Now()
	if failed := p.rounds(2); failed != 2 || len(p.register.asked) != 0 {
		t.Errorf("%d runs failed, asked %+v", failed, p.register.asked)
	}
	p.register.mendError = nil
	if p.rounds(2); len(p.register.asked) != 1 || !p.register.asked[0].Since.Equal(stopped) || len(p.written()) != 2 {
		t.Errorf("asked %+v, written %v", p.register.asked, p.written())
	}
}

// TestAListThatIsDueStaysSoThroughACursorThatIsRefused and through a change that cannot be
// read, which is asked for when nothing is due any more.
func TestAListThatIsDueStaysSoThroughACursorThatIsRefused(t *testing.T) {
	t.Parallel()
	p := newWhole(t, numbered(5)...)
	p.poller.Plan = pipeline.DefaultPollPlan()
	p.poller.Plan.Pages = 1
	p.register.fail["101"] = fault.New(fault.Rejected, fault.Value, "fetching", "no")
	p.stop(connector.Missing, 0)
	p.rounds(1)
	p.register.refuse = fault.New(fault.Rejected, fault.Value, "asking", "no such cursor")
	if failed := p.rounds(4); failed != 1 || len(p.written()) != 4 {
		t.Errorf("%d runs failed, written %v", failed, p.written())
	}
	asked := len(p.register.asked)
	clear(p.register.fail)
	if p.rounds(2); len(p.written()) != 5 || len(p.register.asked) != asked {
		t.Errorf("written %v, asked %d times more", p.written(), len(p.register.asked)-asked)
	}
}

func TestAWebhookThatSomebodyPausedIsLeftSo(t *testing.T) {
	t.Parallel()
	p := newWhole(t, numbered(2)...)
	p.stop(connector.Paused, time.Hour)
	if failed := p.rounds(3); failed != 0 || len(p.register.mended) != 0 || len(p.register.asked) != 0 {
		t.Errorf("%d runs failed, mended %q, asked %+v", failed, p.register.mended, p.register.asked)
	}
	want := "the webhook b is paused, and left so until somebody switches it on; what it missed is polled"
	if said := p.repairs(); len(said) != 1 || said[0] != want {
		t.Errorf("the ledger says %q", said)
	}
	p.register.subs = nil // switched on
	if p.rounds(1); len(p.written()) != 2 {
		t.Errorf("written %v", p.written())
	}
}

func TestWhatNothingPollsIsNotSaidToBePolled(t *testing.T) {
	t.Parallel()
	p := newPolling(t)
	p.register.subs = []connector.Subscription{{Tenant: "t1", Topic: "b", State: connector.Missing}}
	p.round()
	want := "the webhook b was missing and is set up again; nothing polls what it missed, which has to be sent again"
	if said := p.repairs(); len(said) != 1 || said[0] != want {
		t.Errorf("the ledger says %q", said)
	}
}
