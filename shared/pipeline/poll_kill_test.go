package pipeline_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// dying is ports that do what they are told a number of times and then nothing more, as
// a process that is killed. Effects counts what was done.
type dying struct {
	pipeline.Ports
	left, effects int
}

var errKilled = errors.New("killed")

func (d *dying) effect() bool {
	if d.left == 0 {
		return false
	}
	d.left--
	d.effects++
	return true
}

func (d *dying) ports() pipeline.Ports {
	return pipeline.Ports{Bus: d.Bus, Queue: dyingQueue{d.Queue, d}, State: dyingState{d.State, d}, Ledger: dyingLedger{d.Ledger, d}, Vault: d.Vault}
}

type dyingQueue struct {
	pipeline.Queue
	*dying
}

func (q dyingQueue) Send(ctx context.Context, queue string, batch []pipeline.Outgoing) error {
	if !q.effect() {
		return errKilled
	}
	return q.Queue.Send(ctx, queue, batch)
}

type dyingState struct {
	pipeline.State
	*dying
}

func (s dyingState) Put(ctx context.Context, item pipeline.Item) (int64, error) {
	if !s.effect() {
		return 0, errKilled
	}
	return s.State.Put(ctx, item)
}

type dyingLedger struct {
	pipeline.Ledger
	*dying
}

func (l dyingLedger) Append(ctx context.Context, entries ...pipeline.Entry) error {
	if !l.effect() {
		return errKilled
	}
	return l.Ledger.Append(ctx, entries...)
}

// TestARunThatIsKilledAnywhereLosesAndDoublesNothing kills a run after each of its
// effects in turn. The plan has no overlap that could hide a mark that ran ahead.
func TestARunThatIsKilledAnywhereLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for kill := 0; ; kill++ {
		p := newPolling(t, numbered(8)...)
		p.poller.Plan = pipeline.DefaultPollPlan()
		p.poller.Plan.Overlap = 0
		whole := p.config.Ports
		d := &dying{Ports: whole, left: kill}
		p.config.Ports = d.ports()
		err := p.poller.Run(t.Context())
		p.config.Ports = whole
		if kill%2 == 0 {
			p.drain(10 * time.Second) // the inbox goes on before the next run
		}
		p.round()
		p.drain(time.Minute)
		if len(p.toy.deliveries) != 8 || len(p.written()) != 8 {
			t.Fatalf("killed after %d effects: %v", kill, p.written())
		}
		if err == nil {
			if d.effects < 24 { // eight messages, two entries for each, and a mark
				t.Fatalf("a whole run has %d effects", d.effects)
			}
			return
		}
	}
}

// TestTheMarkIsStoredAfterTheMessages looks at the order of effects itself.
func TestTheMarkIsStoredAfterTheMessages(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(3)...)
	whole := p.config.Ports
	d := &dying{Ports: whole, left: 3*3 - 1} // all but the last message's entry in the ledger
	p.config.Ports = d.ports()
	if err := p.poller.Run(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("Run = %v", err)
	}
	item, err := whole.State.Get(t.Context(), "poll|toy/t1/feed/facts")
	if err != nil || item.Revision != 0 {
		t.Errorf("the mark is %s, %v; want none: its own write failed too", item.Value, err)
	}
	if depth := len(p.entries(pipeline.Received)); depth != 3 {
		t.Errorf("%d messages in the inbox", depth)
	}
}

func TestEveryStateOfASubscriptionButActiveIsMended(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	p.register.subs = []connector.Subscription{
		{Tenant: "t1", Topic: "a", Feed: "facts", State: connector.Active},
		{Tenant: "t1", Topic: "b", Feed: "facts", State: connector.Missing},
		{Tenant: "t1", Topic: "c", Feed: "facts", State: connector.Disabled},
		{Tenant: "t1", Topic: "d", Feed: "facts", State: connector.Elsewhere},
	}
	p.counts(p.round(), 0, 0, 1, 0)
	if got := p.register.mended; len(got) != 3 || got[0] != "b" || got[1] != "c" || got[2] != "d" {
		t.Errorf("mended %q", got)
	}
	told := map[string]string{}
	for _, e := range p.entries(pipeline.Reconciled) {
		if e.Type == pipeline.TypeDegraded {
			told[e.Entity.String()] = e.Outcome
		}
	}
	if len(told) != 3 || told["toy/t1/subscription/c"] != "the webhook c was disabled and is set up again; what it missed is polled" {
		t.Errorf("the ledger says %q", told)
	}
}

func TestASubscriptionThatCannotBeMendedDoesNotKeepFromPolling(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	p.register.subs = []connector.Subscription{{Tenant: "t1", Topic: "b", Feed: "facts", State: connector.Missing}}
	p.register.mendError = fault.New(fault.Unauthorized, fault.Auth, "making webhook b", "the key may only read")
	if err := p.poller.Run(t.Context()); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("Run = %v", err)
	}
	p.counts(p.reports[0], 0, 0, 1, 0)
	for _, e := range p.entries(pipeline.Reconciled) {
		if e.Type == pipeline.TypeDegraded && (e.Error == nil || e.Error.Class != fault.Auth) {
			t.Errorf("the ledger says %+v", e)
		}
	}
}

// TestTheFirstRunGoesBackToWhereTheWebhooksStopped holds A6 for a store whose webhooks
// stopped before anything was polled; later runs have their mark.
func TestTheFirstRunGoesBackToWhereTheWebhooksStopped(t *testing.T) {
	t.Parallel()
	start := epoch.Add(time.Hour)
	for name, c := range map[string]struct {
		stopped, want time.Time
	}{
		"before the lookback":     {start.Add(-72 * time.Hour), start.Add(-72 * time.Hour)},
		"after it":                {start.Add(-time.Minute), start.Add(-24 * time.Hour)},
		"unknown":                 {time.Time{}, start.Add(-24 * time.Hour)},
		"longer than is wise ago": {start.AddDate(-3, 0, 0), start.Add(-60 * 24 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPolling(t)
			p.register.subs = []connector.Subscription{
				{Tenant: "t1", Topic: "b", Feed: "facts", State: connector.Disabled, Since: c.stopped},
				{Tenant: "t2", Topic: "b", Feed: "facts", State: connector.Disabled, Since: start.Add(-1000 * time.Hour)},
			}
			p.round()
			if got := p.register.asked[0].Since; !got.Equal(c.want) {
				t.Errorf("asked since %v, want %v", got, c.want)
			}
		})
	}
}

// TestTheFeedOfOneTenantDoesNotKeepTheOthersFromBeingPolled: each feed has its mark.
func TestTheFeedOfOneTenantDoesNotKeepTheOthersFromBeingPolled(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	two := &twoFeeds{register: p.register}
	p.poller.System.Poller = two
	p.register.refuse = fault.New(fault.Unauthorized, fault.Auth, "asking", "wrong token")
	if err := p.poller.Run(t.Context()); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("Run = %v", err)
	}
	if len(p.reports) != 2 || p.reports[0].Gaps != 0 || p.reports[1].Gaps != 1 {
		t.Errorf("reports %+v", p.reports)
	}
	if p.round(); p.reports[2].Gaps != 1 || p.reports[3].Seen != 1 {
		t.Errorf("reports %+v", p.reports[2:])
	}
}

type twoFeeds struct{ *register }

func (twoFeeds) Feeds() []connector.Feed {
	other := toyFeed
	other.Tenant = "t0"
	return []connector.Feed{other, toyFeed}
}

func (f *twoFeeds) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	return f.register.Fetch(ctx, feed, change)
}
