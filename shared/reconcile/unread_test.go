package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// unreadable returns the texts of the ledger about changes that cannot be read.
func (e *testEnv) unreadable() []string {
	e.Helper()
	return slices.DeleteFunc(e.outcomes(port.TypeGap), func(text string) bool { return !strings.HasPrefix(text, "cannot be read: ") })
}

var (
	// down is how a connection fails, and also how one entity fails that crashes the system.
	down = &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: "fetching", Detail: "the answer is not what the API promises"}
	// own is a failure of one entity.
	own = fault.New(fault.Rejected, fault.Value, "fetching", "no")
)

// TestF82AnEntityThatCannotBeReadHoldsUpNoOther: the others pass in the same round,
// however it fails. It is asked for again until it can be read.
func TestF82AnEntityThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]*fault.Error{
		"rejected":         own,
		"unavailable":      down,
		"unauthorized":     {Kind: fault.Unauthorized, Doing: "fetching"},
		"its own 500":      {Kind: fault.Unavailable, Scope: fault.EntityScope, Doing: "fetching"},
		"no permission":    {Kind: fault.Rejected, Scope: fault.OperationScope, Doing: "fetching"},
		"a bug":            {Kind: fault.Rejected, Class: fault.Bug, Doing: "fetching"},
		"a setting":        {Kind: fault.Rejected, Class: fault.Config, Doing: "fetching"},
		"not classified":   {Doing: "fetching"},
		"the last changed": down,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, numbered(5)...)
			failing := "101"
			if name == "the last changed" {
				failing = "104"
			}
			e.toy.fail[failing] = failure
			e.counts(e.round(), reconcile.Report{Gaps: 4, Failed: 1})
			if failed := e.rounds(20); failed != 0 || len(e.written) != 4 {
				t.Errorf("%d runs failed, written %v", failed, e.written)
			}
			want := "cannot be read: customer " + failing + " (#" + failing + "), changed "
			if texts := e.unreadable(); len(texts) != 1 || !strings.HasPrefix(texts[0], want) || !strings.Contains(texts[0], ": fetching") {
				t.Errorf("the ledger has %q", texts)
			}
			clear(e.toy.fail)
			if e.rounds(1); len(e.written) != 5 {
				t.Errorf("it can be read again: written %v", e.written)
			}
			fetched := len(e.toy.fetched)
			if e.rounds(3); len(e.toy.fetched) != fetched {
				t.Error("a change that was read is asked for again")
			}
		})
	}
}

// TestAConnectionThatFailsEndsTheRun, which continues where it failed.
func TestAConnectionThatFailsEndsTheRun(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Unavailable, fault.Unauthorized} {
		e := newEnv(t, numbered(5)...)
		failure := fault.New(kind, fault.Intermittent, "fetching", "not now")
		e.toy.fail["104"], e.toy.refuse = failure, []error{nil, nil, failure} // two pages, and the test of the connection
		if err := e.run(t.Context()); fault.KindOf(err) != kind {
			t.Errorf("Run = %v, want %v", err, kind)
		}
		e.counts(e.reports[0], reconcile.Report{Gaps: 4})
		clear(e.toy.fail)
		e.counts(e.round(), reconcile.Report{Seen: 1, Gaps: 1})
		if e.deliver(); len(e.written) != 5 || len(e.unreadable()) != 0 {
			t.Errorf("%v: written %v, and the ledger has %q", kind, e.written, e.unreadable())
		}
	}
}

// TestAQueryThatIsWrongLosesNothing: a rejection that is our own fault hits every entity.
func TestAQueryThatIsWrongLosesNothing(t *testing.T) {
	t.Parallel()
	for _, runs := range []int{1, 40} {
		e := newEnv(t, numbered(5)...)
		for i := range 5 {
			e.toy.fail[fmt.Sprint(100+i)] = &fault.Error{Kind: fault.Rejected, Class: fault.Bug, Code: "undefinedField"}
		}
		if e.rounds(runs); len(e.unreadable()) != 5 {
			t.Errorf("the ledger has %q", e.unreadable())
		}
		clear(e.toy.fail)
		if failed := e.rounds(2); failed != 0 || len(e.written) != 5 {
			t.Errorf("corrected after %d runs: %d failed, written %v", runs, failed, e.written)
		}
	}
}

func TestAnUnreadChangeIsAskedForUntilItCanBeReadOrIsTooOld(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30), changed("8", 31), changed("9", 32))
	e.toy.fail["8"], e.toy.fail["9"] = own, own
	if failed := e.rounds(1); failed != 0 || len(e.unreadable()) != 2 {
		t.Errorf("%d runs failed, and the ledger has %q", failed, e.unreadable())
	}
	e.clock.Advance(6 * 24 * time.Hour)
	e.rounds(3)
	delete(e.toy.fail, "8")
	if e.rounds(1); len(e.written) != 2 || len(e.unreadable()) != 2 {
		t.Errorf("written %v, and the ledger has %q", e.written, e.unreadable())
	}
	e.clock.Advance(24 * time.Hour)
	e.rounds(1)
	if texts := e.unreadable(); len(texts) != 3 || !strings.HasSuffix(texts[2], ": fetching: no; given up after 168h0m0s") {
		t.Errorf("the ledger has %q", texts)
	}
	fetched := len(e.toy.fetched)
	if e.rounds(3); len(e.toy.fetched) != fetched {
		t.Error("a change that was given up is asked for again")
	}
}

// TestAnUnreadEntityThatChangesIsReportedOnce, and holds up no other.
func TestAnUnreadEntityThatChangesIsReportedOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t, changed("7", 30))
	e.toy.fail["7"] = down
	e.rounds(3)
	e.toy.facts = []fact{changed("7", 70), changed("8", 71)}
	e.clock.Advance(time.Hour)
	if failed := e.rounds(2); failed != 0 || len(e.written) != 1 || len(e.unreadable()) != 1 {
		t.Errorf("%d runs failed, written %v, and the ledger has %q", failed, e.written, e.unreadable())
	}
	clear(e.toy.fail)
	if e.rounds(1); e.written["erp t1 7@13:10"] != 1 {
		t.Errorf("written %v", e.written)
	}
}

func TestUnreadChangesAreBounded(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(6)...)
	e.config.Plan.Unread = 2
	for i := range 4 {
		e.toy.fail[fmt.Sprint(100+i)] = own
	}
	if failed := e.rounds(4); failed != 4 || len(e.unreadable()) != 2 || len(e.written) != 0 {
		t.Errorf("%d runs failed, written %v, and the ledger has %q", failed, e.written, e.unreadable())
	}
	if !strings.Contains(e.log.String(), "too many changes are unread") {
		t.Error("the log does not say why the feed stops")
	}
	clear(e.toy.fail)
	if failed := e.rounds(2); failed != 0 || len(e.written) != 6 {
		t.Errorf("%d runs failed, written %v", failed, e.written)
	}
}

// TestUnreadChangesTakeNoMoreThanTheRunHas: those not asked for longest come first.
func TestUnreadChangesTakeNoMoreThanTheRunHas(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(6)...)
	for i := range 6 {
		e.toy.fail[fmt.Sprint(100+i)] = own
	}
	e.rounds(1)
	e.config.System.Poller = &metered{fakeSystem: e.toy, now: e.clock.Now, every: time.Minute}
	for range 4 {
		e.toy.fetched = nil
		if e.rounds(1) != 0 || len(e.toy.fetched) > 4 {
			t.Fatalf("fetched %q", e.toy.fetched)
		}
		for _, id := range e.toy.fetched {
			delete(e.toy.fail, id)
		}
	}
	if len(e.toy.fail) != 0 {
		t.Errorf("%v were never asked for", e.toy.fail)
	}
}

// TestAnEntryOfTheListThatIsWrongHoldsUpNoOther: it is fetched by its id later.
func TestAnEntryOfTheListThatIsWrongHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	e := newEnv(t, numbered(3)...)
	e.config.System.Poller = misprinting{e.toy}
	e.counts(e.round(), reconcile.Report{Gaps: 2, Failed: 1})
	if slices.Contains(e.toy.fetched, "101") {
		t.Error("a wrong entry was fetched at once")
	}
	e.clock.Advance(5 * time.Minute)
	e.counts(e.round(), reconcile.Report{Seen: 3, Gaps: 1})
}

// misprinting lists change 101 wrongly.
type misprinting struct{ *fakeSystem }

func (m misprinting) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	page, err := m.fakeSystem.Changes(ctx, ask)
	for i, change := range page.Changes {
		if change.ID == "101" {
			page.Changes[i].Err = fault.New(fault.Invalid, fault.Schema, "listing", "no date")
		}
	}
	return page, err
}
