package reconcile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

func TestNewNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := reconcile.New(reconcile.Config{})
	if f := fault.As(err); f == nil || f.Class != fault.Config {
		t.Fatalf("New = %v", err)
	}
	for _, name := range []string{"State", "Random", "System.Source", "System.Poller", "a route that begins in the system", "Queue", "Ledger", "Vault", "Now", "Log"} {
		if !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

func TestZeroPlanAndRetryHaveDefaults(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(4)...)
	e.config.Plan, e.config.Report = reconcile.Plan{}, nil
	if err := e.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e.deliver(); len(e.written) != 4 {
		t.Errorf("written %v", e.written)
	}
}

func TestTheMarkIsTheSystemsOwnTime(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.round()
	e.clock.Advance(48 * time.Hour)
	e.round()
	asked := e.toy.asked
	if first := epoch.Add(time.Hour - 24*time.Hour); !asked[0].Since.Equal(first) {
		t.Errorf("first asked since %v, want %v", asked[0].Since, first)
	}
	if again := epoch.Add(20 * time.Minute); !asked[1].Since.Equal(again) {
		t.Errorf("then asked since %v, want %v: the change of 12:30 less the overlap", asked[1].Since, again)
	}
}

func TestEveryPageIsReadOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(10)...)
	e.counts(e.round(), reconcile.Report{Gaps: 10})
	if e.deliver(); len(e.toy.asked) != 4 || len(e.written) != 10 {
		t.Errorf("%d pages, written %v", len(e.toy.asked), e.written)
	}
}

func TestChangesOfOneSecondAcrossPagesAreAllFound(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for i := range 11 {
		e.toy.facts = append(e.toy.facts, changed(strconv.Itoa(100+i), 30))
	}
	e.config.Plan.Pages = 2 // fewer than the second fills
	e.counts(e.round(), reconcile.Report{Gaps: 6})
	e.counts(e.round(), reconcile.Report{Gaps: 5})
	e.toy.facts = append(e.toy.facts, changed("050", 30)) // in the same second, listed before all others
	e.config.Plan.Pages = 40
	e.counts(e.round(), reconcile.Report{Seen: 11, Gaps: 1})
}

func TestAYoungChangeIsLeftToTheNextRun(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30), changed("8", 59), changed("9", 60))
	e.counts(e.round(), reconcile.Report{Gaps: 1})
	e.post("w8", changed("8", 59))
	e.deliver()
	e.clock.Advance(2 * time.Minute)
	e.counts(e.round(), reconcile.Report{Seen: 1, Confirmed: 1, Gaps: 1})
}

func TestARunIsBoundedAndTheNextContinues(t *testing.T) {
	t.Parallel()
	for name, bound := range map[string]func(*testEnv){
		"pages": func(e *testEnv) { e.config.Plan.Pages = 1 },
		"time": func(e *testEnv) { // each translation takes two of three minutes
			e.toy.translation = func(f fact) []connector.Event {
				e.clock.Advance(2 * time.Minute)
				return []connector.Event{f.event()}
			}
			e.config.Plan.Time = 3 * time.Minute
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, numbered(10)...)
			bound(e)
			gaps, runs := 0, 0
			for behind := true; behind && runs < 20; runs++ {
				r := e.round()
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
	synctest.Test(t, func(t *testing.T) { // whose time is long before the tests' clock
		e := newEnv(t, changed("7", 30))
		ctx, cancel := context.WithDeadline(t.Context(), e.clock.Now().Add(9*time.Second))
		defer cancel()
		if err := e.run(ctx); err != nil {
			t.Fatal(err)
		}
		if e.counts(e.reports[0], reconcile.Report{}); !e.reports[0].Behind {
			t.Error("the run ignored the end of its context")
		}
	})
}

func TestOldChangesTravelInTheBackfillLane(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", -30), changed("8", 30))
	e.round()
	e.deliver()
	lanes := map[string]message.Lane{}
	for _, raw := range e.raws {
		var f fact
		if err := json.Unmarshal(raw.Body, &f); err != nil {
			t.Fatal(err)
		}
		lanes[f.ID] = raw.Lane
	}
	if lanes["7"] != message.Backfill || lanes["8"] != message.Live {
		t.Errorf("lanes %q", lanes)
	}
}

func TestACursorThatIsRejectedIsForgotten(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(10)...)
	e.config.Plan.Pages = 1
	e.round()
	e.toy.refuse = []error{fault.New(fault.Rejected, fault.Value, "asking", "no such cursor")}
	if err := e.run(t.Context()); fault.KindOf(err) != fault.Rejected {
		t.Errorf("Run = %v", err)
	}
	e.config.Plan.Pages = 40
	if r := e.round(); r.Gaps != 7 || e.toy.asked[2].Cursor != "" {
		t.Errorf("%+v after asking %+v", r, e.toy.asked)
	}
}

// TestAnOutageKeepsTheCursor: a bulk edit can fill more pages than a run reads, so that a
// sweep that began again would never get to its end.
func TestAnOutageKeepsTheCursor(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Unavailable, fault.Unauthorized, fault.Throttled, fault.Unknown} {
		e := newEnv(t, numbered(10)...)
		e.toy.refuse = []error{nil, &fault.Error{Kind: kind, After: time.Hour}} // in the middle of a run …
		if err := e.run(t.Context()); (err == nil) != (kind == fault.Throttled) {
			t.Errorf("%v: Run = %v", kind, err)
		}
		e.toy.refuse = []error{&fault.Error{Kind: kind, After: time.Hour}} // … and at the beginning of one
		_ = e.run(t.Context())
		cursor := e.toy.asked[1].Cursor
		e.round()
		if got := e.toy.asked[3].Cursor; cursor == "" || got != cursor {
			t.Errorf("%v: asked for page %q, want %q", kind, got, cursor)
		}
		if e.deliver(); len(e.written) != 10 {
			t.Errorf("%v: written %v", kind, e.written)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(9)...)
	e.config.Plan.Remember = 4
	e.counts(e.round(), reconcile.Report{Gaps: 9})
	e.deliver()
	e.counts(e.round(), reconcile.Report{Seen: 4, Confirmed: 5}) // forgotten changes are compared again
	if n := len(e.raws); n != 9 {
		t.Errorf("%d messages", n)
	}
}

// TestTheMarkStaysBelow200KB with as many changes of one second, and as many unread ones,
// as the plan keeps.
func TestTheMarkStaysBelow200KB(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.toy.skip = "not used"
	for i := range 4400 {
		e.toy.facts = append(e.toy.facts, changed(fmt.Sprintf("gid-%019d", i), 30))
		if i < 100 {
			e.toy.fail[e.toy.facts[i].ID] = fault.New(fault.Rejected, fault.Value, "fetching", "no")
		}
	}
	e.toy.pageSize = 500
	e.counts(e.round(), reconcile.Report{Confirmed: 4300, Failed: 100})
	item, err := e.memory.Get(t.Context(), "poll|toy/t1/feed/facts")
	if err != nil || len(item.Value) > 200_000 || len(item.Value) < 100_000 {
		t.Errorf("the mark has %d bytes, %v", len(item.Value), err)
	}
	if bytes.ContainsAny(item.Value, "ABCDEFGHIJKLMNOPQRSUVWXY") { // T and Z are in times
		t.Errorf("names are not in snake case: %.300s", item.Value)
	}
}

func TestTwoRunsAtOnceHandOnEachChangeOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(3)...)
	e.toy.translation = func(f fact) []connector.Event {
		e.toy.translation = nil
		if err := e.run(t.Context()); err != nil {
			t.Errorf("the other run: %v", err)
		}
		return []connector.Event{f.event()}
	}
	e.round()
	if e.deliver(); len(e.written) != 3 || len(e.raws) != 3 {
		t.Errorf("written %v", e.written)
	}
	if !strings.Contains(e.log.String(), "another run polls this feed") {
		t.Error("the run that lost does not log it")
	}
}

// TestTwoOfEverything: two shops with two feeds, two changes and two broken webhooks each,
// two targets, and two feeds that fail once.
func TestTwoOfEverything(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.toy.feeds = nil
	e.config.Routes[2].From = "toy" // to the second target
	for _, tenant := range []string{"t1", "t2"} {
		for _, topic := range []string{"facts", "figures"} {
			e.toy.feeds = append(e.toy.feeds, connector.Feed{Tenant: tenant, Topic: topic, Entity: "customer"})
			e.toy.subs = append(e.toy.subs, connector.Subscription{Tenant: tenant, Topic: topic + "/hook", Feed: topic, State: connector.Missing})
			for i := range 2 {
				f := changed(topic+strconv.Itoa(i), 30+i)
				f.Tenant, f.Topic = tenant, topic
				e.toy.facts = append(e.toy.facts, f)
			}
		}
	}
	e.toy.refuse = []error{nil, fault.New(fault.Unavailable, "", "asking", "down"), nil, fault.New(fault.Unauthorized, "", "asking", "no token")}
	err := e.run(t.Context())
	for _, failed := range []int{1, 3} { // in the order in which they were asked for
		if feed := e.toy.asked[failed].Feed; err == nil || !strings.Contains(err.Error(), "polling "+feed.Topic+" of "+feed.Tenant+": ") {
			t.Errorf("%v does not name %s of %s", err, feed.Topic, feed.Tenant)
		}
	}
	if e.deliver(); len(e.written) != 8 || len(e.toy.repaired) != 4 {
		t.Errorf("two feeds of four failed: written %v, repaired %q", e.written, e.toy.repaired)
	}
	e.toy.subs = nil
	e.round()
	e.deliver()
	for _, f := range e.toy.facts {
		for _, target := range []string{"erp", "crm"} {
			name := target + " " + f.Tenant + " " + f.ID + "@" + f.at().Format("15:04")
			if e.written[name] != 1 {
				t.Errorf("%s was written %d times", name, e.written[name])
			}
		}
	}
	if len(e.written) != 16 || len(e.reports) != 8 {
		t.Errorf("written %v, %d reports", e.written, len(e.reports))
	}
}

// TestALongBacklogDoesNotStarveTheOtherFeeds: runs begin with different feeds.
func TestALongBacklogDoesNotStarveTheOtherFeeds(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(50)...)
	other := changed("900", 30)
	other.Tenant = "t2"
	e.toy.facts = append(e.toy.facts, other)
	e.toy.feeds = append(e.toy.feeds, connector.Feed{Tenant: "t2", Topic: "facts", Entity: "customer"})
	e.toy.translation = func(f fact) []connector.Event {
		e.clock.Advance(2 * time.Minute)
		return []connector.Event{f.event()}
	}
	n := 0
	e.config.Random = func() float64 {
		n++
		return float64(n%2) / 2
	}
	e.rounds(2)
	if !slices.ContainsFunc(e.raws, func(raw *message.Raw) bool { return raw.Tenant == "t2" }) {
		t.Errorf("two runs had no time for the second feed: %+v", e.reports)
	}
}

// TestAStateThatIsDownFailsTheRunAndLosesNothing: nothing can be compared, and no mark
// stored.
func TestAStateThatIsDownFailsTheRunAndLosesNothing(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(4)...)
	for name, state := range map[string]port.State{
		"reading": brokenState{e.memory, func(string) bool { return true }, nil},
		"writing": brokenState{e.memory, nil, func(string) bool { return true }},
		"records": brokenState{e.memory, func(key string) bool { return !strings.HasPrefix(key, "poll|") }, func(string) bool { return true }},
	} {
		e.config.State = state
		if err := e.run(t.Context()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: Run = %v", name, err)
		}
	}
	e.config.State = e.memory
	e.round()
	if e.deliver(); len(e.written) != 4 {
		t.Errorf("written %v", e.written)
	}
}

// brokenState fails the calls that the functions say; nil: none.
type brokenState struct {
	port.State
	get, put func(key string) bool
}

func (s brokenState) Get(ctx context.Context, key string) (port.Item, error) {
	if s.get != nil && s.get(key) {
		return port.Item{}, errKilled
	}
	return s.State.Get(ctx, key)
}

func (s brokenState) Put(ctx context.Context, item port.Item) (int64, error) {
	if s.put != nil && s.put(item.Key) {
		return 0, errKilled
	}
	return s.State.Put(ctx, item)
}
