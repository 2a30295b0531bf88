package pipeline_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// register is a system that can be asked for changes, page by page.
type register struct {
	facts     []toyFact // as they stand; changed at epoch + Version minutes
	pageSize  int
	asked     []connector.Ask
	fetched   []string
	fail      map[string]error // by id, of Fetch
	refuse    error            // of the next Changes
	subs      []connector.Subscription
	mended    []string
	mendError error
}

var toyFeed = connector.Feed{Tenant: "t1", Topic: "facts", Entity: "customer"}

func (r *register) Feeds() []connector.Feed { return []connector.Feed{toyFeed} }

func (r *register) at(f toyFact) time.Time { return epoch.Add(time.Duration(f.Version) * time.Minute) }

func (r *register) Changes(_ context.Context, ask connector.Ask) (connector.Page, error) {
	r.asked = append(r.asked, ask)
	if err := r.refuse; err != nil {
		r.refuse = nil
		return connector.Page{}, err
	}
	var all []connector.Change
	for _, f := range r.facts {
		if at := r.at(f); !at.Before(ask.Since) {
			all = append(all, connector.Change{ID: f.ID, Name: "#" + f.ID, At: at})
		}
	}
	slices.SortStableFunc(all, func(a, b connector.Change) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	// The cursor names the change that a page ended with, as a keyset does.
	if at, id, found := strings.Cut(ask.Cursor, " "); found {
		all = slices.DeleteFunc(all, func(c connector.Change) bool {
			stamp := c.At.Format(time.RFC3339)
			return stamp < at || stamp == at && c.ID <= id
		})
	}
	if len(all) <= r.pageSize {
		return connector.Page{Changes: all}, nil
	}
	last := all[r.pageSize-1]
	return connector.Page{Changes: all[:r.pageSize], Cursor: last.At.Format(time.RFC3339) + " " + last.ID}, nil
}

func (r *register) Fetch(_ context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	r.fetched = append(r.fetched, change.ID)
	if err := r.fail[change.ID]; err != nil {
		return nil, err
	}
	for _, f := range r.facts {
		if f.ID == change.ID {
			body, err := json.Marshal(f)
			return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, err
		}
	}
	return nil, nil
}

func (r *register) Subscriptions(context.Context) ([]connector.Subscription, error) {
	return r.subs, nil
}

func (r *register) Subscribe(_ context.Context, s connector.Subscription) error {
	r.mended = append(r.mended, s.Topic)
	return r.mendError
}

// polling is a bench whose source can be polled, an hour after the epoch.
type polling struct {
	*bench
	register *register
	poller   *pipeline.Poller
	reports  []pipeline.PollReport
	waits    []time.Duration
}

func newPolling(t *testing.T, facts ...toyFact) *polling {
	t.Helper()
	p := &polling{bench: newBench(t), register: &register{facts: facts, pageSize: 3, fail: map[string]error{}}}
	p.clock.Advance(time.Hour)
	p.poller = &pipeline.Poller{Config: p.config, System: p.translate.System, Report: func(r pipeline.PollReport) { p.reports = append(p.reports, r) }}
	p.poller.System.Poller, p.poller.System.Subscriber = p.register, p.register
	p.poller.Wait = func(ctx context.Context, pause time.Duration) error {
		p.waits = append(p.waits, pause)
		p.clock.Advance(pause)
		return ctx.Err()
	}
	return p
}

// round runs once and returns what it reported.
func (p *polling) round() pipeline.PollReport {
	p.Helper()
	if err := p.poller.Run(p.Context()); err != nil {
		p.Fatal(err)
	}
	return p.reports[len(p.reports)-1]
}

// counts checks seen, confirmed, gaps and failed of a report.
func (p *polling) counts(r pipeline.PollReport, seen, confirmed, gaps, failed int) {
	p.Helper()
	if r.Seen != seen || r.Confirmed != confirmed || r.Gaps != gaps || r.Failed != failed {
		p.Errorf("%+v, want seen %d, confirmed %d, gaps %d, failed %d", r, seen, confirmed, gaps, failed)
	}
}

// written counts the effects at the target by entity and version.
func (p *polling) written() map[string]int {
	count := map[string]int{}
	for _, d := range p.toy.deliveries {
		count[d.Message.Key().ID+"@"+d.Message.Sequence.UpdatedAt().Format("15:04")]++
	}
	return count
}

func changed(id string, minute int) toyFact {
	return toyFact{Type: canonical.CustomerUpserted, ID: id, Version: minute, Name: "Ada " + id}
}

func numbered(n int) []toyFact {
	var facts []toyFact
	for i := range n {
		facts = append(facts, changed(strconv.Itoa(100+i), i))
	}
	return facts
}

func TestA5AChangeThatNoWebhookToldIsToldByThePoll(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	p.counts(p.round(), 0, 0, 1, 0)
	p.drain(time.Minute)
	gap := p.one(pipeline.Reconciled)
	if gap.Type != pipeline.TypeGap || gap.Entity.ID != "7" || gap.Function != "toy-poll" ||
		gap.Outcome != "gap found: customer 7 (#7), changed 2026-11-22T12:30:00Z was never told by a webhook" {
		t.Errorf("the ledger says %+v", gap)
	}
	if received := p.one(pipeline.Received); received.Function != "toy-poll" || received.Trace != gap.Trace {
		t.Errorf("received %+v", received)
	}
	p.counts(p.round(), 1, 0, 0, 0)
	p.post("late", changed("7", 30))
	p.drain(time.Minute)
	if got := p.written(); len(got) != 1 || got["7@12:30"] != 1 {
		t.Errorf("written %v, want version 12:30 once", got)
	}
}

func TestWhatAWebhookToldIsNotToldAgain(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30), changed("8", 31))
	p.post("w1", changed("7", 30))
	p.post("w2", changed("8", 40)) // newer than what the list shows
	p.drain(time.Minute)
	p.counts(p.round(), 0, 2, 0, 0)
	p.counts(p.round(), 2, 0, 0, 0)
	if len(p.entries(pipeline.Received)) != 2 || len(p.entries(pipeline.Reconciled)) != 0 {
		t.Error("the poll handed on what was told")
	}
	if len(p.register.fetched) != 2 {
		t.Errorf("fetched %v: what was seen is not fetched again", p.register.fetched)
	}
}

func TestASecondChangeWithinTheSameSecondIsFound(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	first := changed("7", 30)
	first.Name = "Grace" // what the webhook told, before the change of the same second
	p.post("w1", first)
	p.drain(time.Minute)
	p.counts(p.round(), 0, 0, 1, 0)
	p.drain(time.Minute)
	if got := p.one(pipeline.Reconciled).Outcome; !strings.HasSuffix(got, ": this change was never told by a webhook") {
		t.Errorf("the ledger says %q", got)
	}
	if got := p.written(); got["7@12:30"] != 2 {
		t.Errorf("written %v, want both changes of 12:30", got)
	}
}

func TestAFactOfOnceIsLookedForByItsName(t *testing.T) {
	t.Parallel()
	placed := changed("7", 30)
	placed.Once = true
	p := newPolling(t, placed)
	p.post("w1", changed("7", 30)) // the change was told, that it was placed was not
	p.drain(time.Minute)
	p.counts(p.round(), 0, 0, 1, 0)
	p.drain(time.Minute)

	p.clock.Advance(61 * 24 * time.Hour)
	p.register.facts[0].Version++
	p.post("w2", changed("7", 31))
	p.drain(time.Minute)
	p.counts(p.round(), 0, 1, 0, 0) // older than what the ledger surely remembers
}

func TestTheMarkIsTheSystemsOwnTime(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	p.round()
	p.clock.Advance(48 * time.Hour)
	p.round()
	asked := p.register.asked
	if first := epoch.Add(time.Hour - 24*time.Hour); !asked[0].Since.Equal(first) {
		t.Errorf("first asked since %v, want %v", asked[0].Since, first)
	}
	if again := epoch.Add(20 * time.Minute); !asked[1].Since.Equal(again) {
		t.Errorf("then asked since %v, want %v: the change of 12:30 less the overlap", asked[1].Since, again)
	}
}

func TestOnePageAfterTheOtherAndEachOnce(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(10)...)
	p.counts(p.round(), 0, 0, 10, 0)
	p.drain(time.Minute)
	if len(p.register.asked) != 4 || len(p.toy.deliveries) != 10 {
		t.Errorf("%d pages, %d deliveries", len(p.register.asked), len(p.toy.deliveries))
	}
}

func TestChangesOfOneSecondAcrossPagesAreAllFound(t *testing.T) {
	t.Parallel()
	p := newPolling(t)
	for i := range 11 {
		p.register.facts = append(p.register.facts, changed(strconv.Itoa(100+i), 30))
	}
	p.poller.Plan = pipeline.DefaultPollPlan()
	p.poller.Plan.Pages = 2 // fewer than the second fills
	p.counts(p.round(), 0, 0, 6, 0)
	p.counts(p.round(), 0, 0, 5, 0)
	p.register.facts = append(p.register.facts, changed("050", 30)) // the second again, before all others
	p.poller.Plan.Pages = 40
	p.counts(p.round(), 11, 0, 1, 0)
}

func TestWhatIsTooYoungIsLeftToTheNextRun(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30), changed("8", 59), changed("9", 60))
	p.counts(p.round(), 0, 0, 1, 0)
	p.post("w8", changed("8", 59))
	p.drain(10 * time.Second)
	p.clock.Advance(2 * time.Minute)
	p.counts(p.round(), 1, 1, 1, 0)
}

func TestARunIsBoundedAndTheNextGoesOn(t *testing.T) {
	t.Parallel()
	for name, bound := range map[string]func(*polling){
		"pages": func(p *polling) { p.poller.Plan.Pages = 1 },
		"time": func(p *polling) { // each fetch takes two of three minutes
			p.toy.translation = func(f toyFact) []connector.Event {
				p.clock.Advance(2 * time.Minute)
				return []connector.Event{f.event()}
			}
			p.poller.Plan.Time = 3 * time.Minute
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPolling(t, numbered(10)...)
			p.poller.Plan = pipeline.DefaultPollPlan()
			bound(p)
			gaps, runs := 0, 0
			for behind := true; behind && runs < 20; runs++ {
				r := p.round()
				gaps, behind = gaps+r.Gaps, r.Behind
			}
			if gaps != 10 || runs < 4 || runs > 6 {
				t.Errorf("%d gaps in %d runs", gaps, runs)
			}
		})
	}
}

func TestAContextThatEndsSoonBoundsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // where real time stands long before the bench's
		p := newPolling(t, changed("7", 30))
		ctx, cancel := context.WithDeadline(t.Context(), p.clock.Now().Add(9*time.Second))
		defer cancel()
		if err := p.poller.Run(ctx); err != nil {
			t.Fatal(err)
		}
		p.counts(p.reports[0], 0, 0, 0, 0)
		if !p.reports[0].Behind {
			t.Error("the run took no account of its context's end")
		}
	})
}

func TestOldGapsTravelInTheBackfillLane(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", -30), changed("8", 30))
	p.round()
	p.drain(time.Minute)
	lanes := map[string]message.Lane{}
	for _, d := range p.toy.deliveries {
		lanes[d.Message.Key().ID] = d.Message.Lane
	}
	if lanes["7"] != message.Backfill || lanes["8"] != message.Live {
		t.Errorf("lanes %q", lanes)
	}
}

func TestAnEntityThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30), changed("8", 31), changed("9", 32))
	p.register.fail["8"] = fault.New(fault.Rejected, fault.Value, "fetching customer 8", "the system says no")
	p.counts(p.round(), 0, 0, 2, 1)
	p.counts(p.round(), 3, 0, 0, 0)
	entries := p.entries(pipeline.Reconciled)
	failed := entries[slices.IndexFunc(entries, func(e pipeline.Entry) bool { return e.Entity.ID == "8" })]
	if failed.Error == nil || !strings.HasPrefix(failed.Outcome, "cannot be read: customer 8 (#8), changed") {
		t.Errorf("the ledger says %+v", failed)
	}
}

func TestAConnectionThatFailsIsTriedAgainFromWhereItFailed(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Unavailable, fault.Unauthorized} {
		p := newPolling(t, numbered(5)...)
		p.register.fail["104"] = fault.New(kind, fault.Intermittent, "fetching", "not now")
		if err := p.poller.Run(t.Context()); fault.KindOf(err) != kind {
			t.Errorf("Run = %v, want %v", err, kind)
		}
		p.counts(p.reports[0], 0, 0, 4, 0)
		delete(p.register.fail, "104")
		p.counts(p.round(), 1, 0, 1, 0)
		p.drain(time.Minute)
		if got := p.written(); len(got) != 5 {
			t.Errorf("%v: written %v", kind, got)
		}
	}
}

func TestWhatCannotBeTranslatedIsHandedOnOnceAndKept(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	p.toy.translateErr = fault.New(fault.Invalid, fault.Schema, "translating", "field unknown")
	p.counts(p.round(), 0, 0, 1, 0)
	p.drain(time.Minute)
	p.counts(p.round(), 1, 0, 0, 0)
	if n := len(p.dead("toy-inbox")); n != 1 {
		t.Errorf("%d dead letters, want 1", n)
	}
}

func TestATranslationThatPanicsOrFindsNobodyIsToldApart(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	p.toy.translation = func(toyFact) []connector.Event { panic("Ada") }
	p.counts(p.round(), 0, 0, 1, 0)
	p = newPolling(t, changed("7", 30))
	p.toy.translateErr = fault.New(fault.Unavailable, fault.Connection, "asking", "no route")
	if err := p.poller.Run(t.Context()); fault.KindOf(err) != fault.Unavailable || p.reports[0].Gaps != 0 {
		t.Errorf("Run = %v, %+v", err, p.reports[0])
	}
	p.toy.translateErr, p.toy.skip = nil, "not used"
	p.counts(p.round(), 0, 1, 0, 0)
}

func TestAnEntityThatIsGoneIsNoGap(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	vanishing := &vanished{p.register}
	p.poller.System.Poller = vanishing
	p.counts(p.round(), 0, 1, 0, 0)
}

type vanished struct{ *register }

func (*vanished) Fetch(context.Context, connector.Feed, connector.Change) (*message.Raw, error) {
	return nil, nil
}

func TestACursorThatIsRefusedIsForgotten(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(10)...)
	p.poller.Plan = pipeline.DefaultPollPlan()
	p.poller.Plan.Pages = 1
	p.round()
	p.register.refuse = fault.New(fault.Rejected, fault.Value, "asking", "no such cursor")
	if err := p.poller.Run(t.Context()); fault.KindOf(err) != fault.Rejected {
		t.Errorf("Run = %v", err)
	}
	p.poller.Plan.Pages = 40
	if r := p.round(); r.Gaps != 7 || p.register.asked[2].Cursor != "" {
		t.Errorf("%+v after asking %+v", r, p.register.asked)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(9)...)
	p.poller.Plan = pipeline.DefaultPollPlan()
	p.poller.Plan.Remember = 4
	p.counts(p.round(), 0, 0, 9, 0)
	p.drain(time.Minute)
	p.counts(p.round(), 4, 5, 0, 0) // what was forgotten is found in the ledger
	if n := len(p.toy.deliveries); n != 9 {
		t.Errorf("%d deliveries", n)
	}
}

func TestTwoRunsAtOnceTellEachChangeOnce(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(3)...)
	other := *p.poller
	other.Report = nil
	p.toy.translation = func(f toyFact) []connector.Event {
		p.toy.translation = nil
		if err := other.Run(t.Context()); err != nil {
			t.Errorf("the other run: %v", err)
		}
		return []connector.Event{f.event()}
	}
	p.round()
	p.drain(time.Minute)
	if got := p.written(); len(got) != 3 || len(p.toy.deliveries) != 3 {
		t.Errorf("written %v", got)
	}
	if !bytes.Contains(p.log.Bytes(), []byte("another run polls this feed")) {
		t.Error("the run that lost does not say so")
	}
}

func TestWhatCannotBePolledSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := (&pipeline.Poller{Config: b.config, System: b.translate.System}).Run(t.Context())
	if f := fault.As(err); f == nil || f.Class != fault.Config {
		t.Errorf("Run = %v", err)
	}
}
