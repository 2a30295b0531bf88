package reconcile_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// backfill reads a span, which must not fail, and returns the report of the only feed.
func (e *testEnv) backfill(span reconcile.Span) reconcile.Report {
	e.Helper()
	p, err := reconcile.New(e.config)
	if err != nil {
		e.Fatal(err)
	}
	reports, err := p.Backfill(e.Context(), span)
	if err != nil || len(reports) != 1 {
		e.Fatalf("%+v, %v", reports, err)
	}
	return reports[0]
}

// history is a day of changes that ended months ago.
func history(n int) []fact {
	facts := numbered(n)
	for i := range facts {
		facts[i].Minute -= 90 * 24 * 60
	}
	return facts
}

func TestABackfillHandsOnWhatATargetDoesNotHave(t *testing.T) {
	t.Parallel()
	facts := history(10)
	e := newEnv(t, facts...)
	for _, f := range facts[4:6] {
		e.post("w"+f.ID, f)
	}
	e.deliver()
	span := reconcile.Span{From: facts[2].at(), To: facts[8].at(), Apply: true, Reason: "first import, by ada"}
	e.counts(e.backfill(span), reconcile.Report{Confirmed: 2, Unconfirmed: 5})
	e.deliver()
	if len(e.written) != 7 || e.written["erp t1 102@12:02"] != 1 || e.written["erp t1 108@12:08"] != 1 {
		t.Errorf("written %v, want 102 to 108 once", e.written)
	}
	for _, raw := range e.raws[2:] {
		if raw.Lane != message.Backfill {
			t.Errorf("%s travels with live messages", raw.ID)
		}
	}
	want := "backfill: customer 102 (#102), changed 2026-08-24T12:02:00Z: erp has not confirmed it; handed on: first import, by ada"
	if texts := e.outcomes(port.TypeUnconfirmed); len(texts) != 5 || texts[0] != want || len(e.outcomes(port.TypeGap)) != 0 {
		t.Errorf("the ledger has %q", texts)
	}
	e.counts(e.backfill(span), reconcile.Report{Confirmed: 7})
	if e.counts(e.round(), reconcile.Report{}); len(e.written) != 7 {
		t.Error("a backfill moved the mark of the poll")
	}
}

func TestAPreviewOfABackfillStoresNothing(t *testing.T) {
	t.Parallel()
	e := newEnv(t, history(10)...)
	e.toy.fail["103"] = fault.New(fault.Invalid, fault.Parse, "reading", "bad")
	whole := e.config.Ports
	d := &dying{Ports: whole}
	e.config.Ports = d.ports() // which refuse every effect
	pages := 0
	got := e.backfill(reconcile.Span{From: epoch.AddDate(-1, 0, 0), Progress: func(reconcile.Report) { pages++ }})
	if e.counts(got, reconcile.Report{Unconfirmed: 9, Failed: 1}); got.Behind || pages != 4 {
		t.Errorf("%+v after %d pages", got, pages)
	}
}

// TestABackfillThatIsKilledAnywhereLosesAndDoublesNothing kills it after each of its effects in
// turn, and asks for it again.
func TestABackfillThatIsKilledAnywhereLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	span := reconcile.Span{From: epoch.AddDate(-1, 0, 0), Apply: true, Reason: "first import"}
	for kill := 0; ; kill++ {
		e := newEnv(t, history(8)...)
		whole := e.config.Ports
		d := &dying{Ports: whole, left: kill}
		e.config.Ports = d.ports()
		p, err := reconcile.New(e.config)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Backfill(t.Context(), span)
		e.config.Ports = whole
		if kill%2 == 0 {
			e.deliver()
		}
		seen := len(e.toy.fetched)
		e.clock.Advance(time.Minute)
		e.backfill(span)
		e.deliver()
		if len(e.written) != 8 || len(e.raws) != 8 {
			t.Fatalf("killed after %d effects: %d messages, written %v", kill, len(e.raws), e.written)
		}
		if err == nil {
			return
		}
		if again := len(e.toy.fetched) - seen; d.effects > 20 && again > 5 {
			t.Fatalf("killed after %d effects, it read %d of 8 changes again", kill, again)
		}
	}
}

// TestABackfillThatIsStoppedContinues ends the context, as an operator does.
func TestABackfillThatIsStoppedContinues(t *testing.T) {
	t.Parallel()
	e := newEnv(t, history(10)...)
	ctx, cancel := context.WithCancel(t.Context())
	span := reconcile.Span{From: epoch.AddDate(-1, 0, 0), Apply: true, Progress: func(r reconcile.Report) {
		if r.Unconfirmed == 3 {
			cancel()
		}
	}}
	p, err := reconcile.New(e.config)
	if err != nil {
		t.Fatal(err)
	}
	reports, err := p.Backfill(ctx, span)
	if err != nil || !reports[0].Behind || reports[0].Unconfirmed != 3 {
		t.Fatalf("stopped: %+v, %v", reports, err)
	}
	if e.counts(e.backfill(span), reconcile.Report{Unconfirmed: 7}); len(e.toy.fetched) != 10 {
		t.Errorf("fetched %v", e.toy.fetched)
	}
}

// TestAListWithoutAnOrderIsReadToItsEnd: what changed after the span does not end it.
func TestAListWithoutAnOrderIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	facts := history(7)
	e := newEnv(t, facts...)
	e.toy.feeds = []connector.Feed{{Tenant: "t1", Topic: "facts", Entity: "customer", Whole: true}}
	e.counts(e.backfill(reconcile.Span{From: facts[0].at(), To: facts[1].at(), Apply: true}), reconcile.Report{Unconfirmed: 2})
	if len(e.toy.asked) != 3 {
		t.Errorf("asked for %d pages of 3", len(e.toy.asked))
	}
}

func TestABackfillSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		span reconcile.Span
		want string
	}{
		"no begin":   {reconcile.Span{}, "the time must begin before it ends"},
		"after now":  {reconcile.Span{From: epoch.AddDate(0, 0, 1)}, "the time must begin before it ends"},
		"no such":    {reconcile.Span{From: epoch, Entity: "invoice"}, `toy lists no "invoice"; it lists customer`},
		"backwards":  {reconcile.Span{From: epoch, To: epoch.AddDate(0, 0, -1)}, "it begins at 2026-11-22T12:00:00Z and ends at 2026-11-21T12:00:00Z"},
		"two at one": {reconcile.Span{From: epoch.AddDate(-1, 0, 0), Apply: true}, "another backfill of the same time is at work"},
	} {
		e := newEnv(t, history(1)...)
		if name == "two at one" {
			e.config.State = conflicting{e.memory}
		}
		p, err := reconcile.New(e.config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Backfill(t.Context(), c.span); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := newEnv(t)
	e.toy.refuse = []error{errors.New("away")}
	p, err := reconcile.New(e.config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Backfill(t.Context(), reconcile.Span{From: epoch}); err == nil || !strings.Contains(err.Error(), "backfilling facts of t1: away") {
		t.Errorf("a list that fails: %v", err)
	}
}

// conflicting is a state that another one has just changed.
type conflicting struct{ port.State }

func (conflicting) Put(context.Context, port.Item) (int64, error) { return 0, port.ErrConflict }
