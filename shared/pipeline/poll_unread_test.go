package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// rounds runs so often, five minutes apart, and returns how many ended with an error.
func (p *polling) rounds(n int) (failed int) {
	p.Helper()
	for range n {
		if p.poller.Run(p.Context()) != nil {
			failed++
		}
		p.clock.Advance(5 * time.Minute)
		p.drain(time.Second)
	}
	return failed
}

// unreadable returns what the ledger says of changes that cannot be read.
func (p *polling) unreadable() (said []string) {
	p.Helper()
	for _, e := range p.entries(pipeline.Reconciled) {
		if strings.HasPrefix(e.Outcome, "cannot be read: ") {
			said = append(said, e.Outcome)
		}
	}
	return said
}

// down is how an entity fails for which the system itself falls over.
var down = &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: "fetching", Detail: "the answer is not what the API promises"}

func TestOneEntityThatAlwaysFailsBlocksNobody(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(5)...)
	p.register.fail["101"] = down
	if failed := p.rounds(2); failed != 2 || len(p.unreadable()) != 0 {
		t.Errorf("%d of two runs failed, and the ledger says %q", failed, p.unreadable())
	}
	if failed := p.rounds(20); failed != 0 || len(p.written()) != 4 {
		t.Errorf("%d runs failed, written %v", failed, p.written())
	}
	want := "cannot be read: customer 101 (#101), changed 2026-11-22T12:01:00Z: fetching: the answer is not what the API promises"
	if said := p.unreadable(); len(said) != 1 || said[0] != want {
		t.Errorf("the ledger says %q", said)
	}
	delete(p.register.fail, "101")
	if p.rounds(1); len(p.written()) != 5 {
		t.Errorf("it can be read again: written %v", p.written())
	}
	fetched := len(p.register.fetched)
	if p.rounds(3); len(p.register.fetched) != fetched {
		t.Error("what was read is asked for again")
	}
}

// TestAQueryThatIsWrongLosesNothing: a refusal that is our own fault hits every entity.
func TestAQueryThatIsWrongLosesNothing(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]*fault.Error{
		"a bug":          {Kind: fault.Rejected, Class: fault.Bug, Code: "undefinedField"},
		"a setting":      {Kind: fault.Rejected, Class: fault.Config},
		"nobody's class": {},
	} {
		for _, runs := range []int{1, 40} {
			p := newPolling(t, numbered(5)...)
			for i := range 5 {
				p.register.fail[fmt.Sprint(100+i)] = failure
			}
			failed := p.rounds(runs)
			if failed == 0 || len(p.register.fetched) == 0 {
				t.Errorf("%s: %d of %d runs failed", name, failed, runs)
			}
			clear(p.register.fail)
			if failed := p.rounds(2); failed != 0 || len(p.written()) != 5 {
				t.Errorf("%s, mended after %d runs: %d failed, written %v", name, runs, failed, p.written())
			}
		}
	}
}

func TestWhatIsUnreadIsAskedForUntilItCanBeReadOrIsTooOld(t *testing.T) {
	t.Parallel()
	own := fault.New(fault.Rejected, fault.Value, "fetching customer 8", "the system says no")
	p := newPolling(t, changed("7", 30), changed("8", 31), changed("9", 32))
	p.register.fail["8"], p.register.fail["9"] = own, own
	if failed := p.rounds(1); failed != 0 || len(p.unreadable()) != 2 {
		t.Errorf("%d runs failed, and the ledger says %q", failed, p.unreadable())
	}
	p.clock.Advance(6 * 24 * time.Hour)
	p.rounds(3)
	delete(p.register.fail, "8")
	if p.rounds(1); len(p.written()) != 2 || len(p.unreadable()) != 2 {
		t.Errorf("written %v, and the ledger says %q", p.written(), p.unreadable())
	}
	p.clock.Advance(24 * time.Hour)
	p.rounds(1)
	if said := p.unreadable(); len(said) != 3 || !strings.HasSuffix(said[2], ": the system says no; it is no longer asked for") {
		t.Errorf("the ledger says %q", said)
	}
	fetched := len(p.register.fetched)
	if p.rounds(3); len(p.register.fetched) != fetched {
		t.Error("what was given up is asked for again")
	}
}

// TestAnUnreadEntityThatChangesIsNotCountedAnew: it holds up nobody, and is told once.
func TestAnUnreadEntityThatChangesIsNotCountedAnew(t *testing.T) {
	t.Parallel()
	p := newPolling(t, changed("7", 30))
	p.register.fail["7"] = down
	p.rounds(3)
	p.register.facts = []toyFact{changed("7", 70), changed("8", 71)}
	p.clock.Advance(time.Hour)
	if failed := p.rounds(2); failed != 0 || len(p.written()) != 1 || len(p.unreadable()) != 1 {
		t.Errorf("%d runs failed, written %v, and the ledger says %q", failed, p.written(), p.unreadable())
	}
	clear(p.register.fail)
	if p.rounds(1); p.written()["7@13:10"] != 1 {
		t.Errorf("written %v", p.written())
	}
}

func TestUnreadChangesAreBounded(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(6)...)
	p.poller.Plan = pipeline.DefaultPollPlan()
	p.poller.Plan.Unread = 2
	for i := range 4 {
		p.register.fail[fmt.Sprint(100+i)] = fault.New(fault.Rejected, fault.Value, "fetching", "no")
	}
	if failed := p.rounds(4); failed != 4 || len(p.unreadable()) != 2 || len(p.written()) != 0 {
		t.Errorf("%d runs failed, written %v, and the ledger says %q", failed, p.written(), p.unreadable())
	}
	if !strings.Contains(p.log.String(), "too many changes are unread") {
		t.Error("nothing in the log says why the feed stands still")
	}
	clear(p.register.fail)
	if failed := p.rounds(2); failed != 0 || len(p.written()) != 6 {
		t.Errorf("%d runs failed, written %v", failed, p.written())
	}
}

// TestUnreadChangesTakeNoMoreThanTheRunHas asks for those that were not asked for longest.
func TestUnreadChangesTakeNoMoreThanTheRunHas(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(6)...)
	for i := range 6 {
		p.register.fail[fmt.Sprint(100+i)] = fault.New(fault.Rejected, fault.Value, "fetching", "no")
	}
	p.rounds(1)
	p.poller.System.Poller = &metered{register: p.register, now: p.clock.Now, every: time.Minute}
	for range 4 {
		p.register.fetched = nil
		if p.rounds(1) != 0 || len(p.register.fetched) > 4 {
			t.Fatalf("fetched %q", p.register.fetched)
		}
		for _, id := range p.register.fetched {
			delete(p.register.fail, id)
		}
	}
	if len(p.register.fail) != 0 {
		t.Errorf("%v were never asked for", p.register.fail)
	}
}

// TestOurOwnPortsAreNoFaultOfAnEntity: what fails is the ledger, and for long.
func TestOurOwnPortsAreNoFaultOfAnEntity(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(3)...)
	whole := p.config.Ledger
	p.config.Ledger = blindLedger{whole}
	if failed := p.rounds(6); failed != 6 {
		t.Errorf("%d of six runs failed", failed)
	}
	p.config.Ledger = whole
	if p.counts(p.round(), 0, 0, 3, 0); len(p.unreadable()) != 0 {
		t.Errorf("the ledger says %q", p.unreadable())
	}
}

type blindLedger struct{ pipeline.Ledger }

func (blindLedger) Find(context.Context, pipeline.Query) ([]pipeline.Entry, error) {
	return nil, errors.New("out of reach")
}

// TestAChangeThatTheListTellsWronglyHoldsUpNoOther: it is fetched by its id later.
func TestAChangeThatTheListTellsWronglyHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newPolling(t, numbered(3)...)
	p.poller.System.Poller = misprint{p.register}
	p.counts(p.round(), 0, 0, 2, 1)
	if slices.Contains(p.register.fetched, "101") {
		t.Error("what the list says is wrong was fetched at once")
	}
	p.clock.Advance(5 * time.Minute)
	p.counts(p.round(), 3, 0, 1, 0)
}

// misprint tells change 101 wrongly.
type misprint struct{ *register }

func (m misprint) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	page, err := m.register.Changes(ctx, ask)
	for i, change := range page.Changes {
		if change.ID == "101" {
			page.Changes[i].Err = fault.New(fault.Invalid, fault.Schema, "listing", "no date")
		}
	}
	return page, err
}
