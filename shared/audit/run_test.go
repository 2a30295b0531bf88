package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/audit"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

func (e *env) gapsInLedger() []port.Entry {
	e.Helper()
	entries, err := e.memory.Find(e.Context(), port.Query{Stage: port.Reconciled})
	if err != nil {
		e.Fatal(err)
	}
	return entries
}

// TestH8ARunAuditsTheLastDays is scenario H8: three orders and a cent.
func TestH8ARunAuditsTheLastDays(t *testing.T) {
	t.Parallel()
	var reported []string
	e := traded(t, 100, func(e *env) {
		e.config.Report = func(d audit.Day) { reported = append(reported, d.Date) }
	})
	e.erp.records[7].Amount.Minor++
	e.erp.records = slices.DeleteFunc(e.erp.records, func(r connector.Record) bool {
		return slices.Contains([]string{"1020", "1040", "1060"}, r.ID)
	})
	if err := e.Auditor.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2026-11-28", "2026-11-27", "2026-11-26", "2026-11-25", "2026-11-24", "2026-11-23", "2026-11-22"}; !slices.Equal(reported, want) {
		t.Errorf("audited %v", reported)
	}
	var outcomes []string
	for _, entry := range e.gapsInLedger() {
		if entry.Type != port.TypeGap || entry.Function != "toy-audit" || entry.Route != "toy-orders-to-erp" || entry.Build != "test" {
			t.Errorf("%+v", entry)
		}
		outcomes = append(outcomes, entry.Entity.ID+": "+entry.Outcome)
	}
	slices.Sort(outcomes)
	want := []string{
		"1007: audit of 2026-11-27: order 1007 (#1007): erp has 10.08 EUR, toy 10.07 EUR; no message in the ledger",
		"1020: audit of 2026-11-27: order 1020 (#1020): missing at erp; no message in the ledger",
		"1040: audit of 2026-11-27: order 1040 (#1040): missing at erp; no message in the ledger",
		"1060: audit of 2026-11-27: order 1060 (#1060): missing at erp; no message in the ledger",
	}
	if !slices.Equal(outcomes, want) {
		t.Errorf("the ledger has %q", outcomes)
	}
	day, err := e.Load(t.Context(), e.pair, friday)
	if err != nil || len(day.Gaps) != 4 || !day.Read.Equal(e.now) || day.Build != "test" {
		t.Errorf("stored %+v, %v", day, err)
	}
	e.now = e.now.Add(24 * time.Hour)
	e.erp.records[30].Amount.Minor += 3
	if err := e.Auditor.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if entries := e.gapsInLedger(); len(entries) != 5 {
		t.Errorf("after the second night the ledger has %d gaps", len(entries))
	}
}

// TestAMovedRecordIsReportedOnce has an order that an accountant dated on the next day, and the
// process killed between the ledger and the result.
func TestAMovedRecordIsReportedOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	r := e.booked(e.sell(1, at(9, 0), eur(100)))
	r.At = r.At.AddDate(0, 0, 1)
	e.erp.records = append(e.erp.records, r)
	state := &brokenState{State: e.memory, broken: true}
	e.config.State = state
	a, err := audit.New(e.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "storing the audit of 2026-11-27") {
		t.Errorf("without a state: %v", err)
	}
	state.broken, e.now = false, e.now.Add(time.Hour)
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries := e.gapsInLedger()
	if len(entries) != 1 || entries[0].Outcome != "audit of 2026-11-27: order 1 (#1): erp has it on 2026-11-28" {
		t.Errorf("the ledger has %+v", entries)
	}
}

// brokenState stores nothing while it is broken.
type brokenState struct {
	port.State
	broken bool
}

func (s *brokenState) Put(ctx context.Context, item port.Item) (int64, error) {
	if s.broken {
		return 0, errors.New("no disk")
	}
	return s.State.Put(ctx, item)
}

// TestARunGoesOnAfterAFailure fails in the first day that is audited.
func TestARunGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	e := traded(t, 10, func(e *env) { e.erp.fail, e.erp.failing = errors.New("down"), 1 })
	err := e.Auditor.Run(t.Context())
	if err == nil || strings.Count(err.Error(), "down") != 1 || e.store.calls["totals"] != 7 {
		t.Errorf("%v, %v", err, e.store.calls)
	}
	before := maps.Clone(e.store.calls)
	e.now = e.now.Add(time.Hour)
	failed, err := e.Load(t.Context(), e.pair, "2026-11-28")
	if err != nil || !failed.Read.IsZero() {
		t.Fatalf("%+v, %v", failed, err)
	}
	if err := e.Auditor.Run(t.Context()); err != nil || e.store.calls["totals"]-before["totals"] != 7 {
		t.Errorf("the second run: %v, %v", err, e.store.calls)
	}
}

// TestARunThatHasNoTimeLeftIsContinued audits in each run the days that were not audited for
// longest.
func TestARunThatHasNoTimeLeftIsContinued(t *testing.T) {
	t.Parallel()
	var reported []string
	e := newEnv(t, func(e *env) {
		e.config.Report = func(d audit.Day) {
			reported = append(reported, d.Date)
			e.now = e.now.Add(5 * time.Minute)
		}
	})
	for range 3 {
		if err := e.Auditor.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(reported) != 9 || len(slices.Compact(slices.Sorted(slices.Values(reported)))) != 7 {
		t.Errorf("audited %v", reported)
	}
}

func TestADayIsClosedWithItsEvidence(t *testing.T) {
	t.Parallel()
	e := traded(t, 10, nil)
	if _, err := e.Close(t.Context(), e.pair, "2026-11-29", "ana", ""); err == nil || !strings.Contains(err.Error(), "is not over") {
		t.Errorf("today: %v", err)
	}
	if _, err := e.Close(t.Context(), e.pair, friday, "", ""); err == nil || !strings.Contains(err.Error(), "who decides") {
		t.Errorf("without a name: %v", err)
	}
	// A missing order and one that was entered by hand, of one amount: the totals are equal.
	e.erp.records[3].ID, e.erp.records[3].Ref = "x", "x"
	if day := e.day(friday); len(day.Gaps) > 0 {
		t.Fatalf("%+v", day.Gaps)
	}
	if _, err := e.Close(t.Context(), e.pair, friday, "ana", ""); err == nil || !strings.Contains(err.Error(), "unexplained gaps") {
		t.Errorf("with gaps: %v", err)
	}
	day, err := e.Load(t.Context(), e.pair, friday)
	if err != nil || len(day.Gaps) != 2 || len(e.gapsInLedger()) != 2 {
		t.Fatalf("closing names %+v, %v", day.Gaps, err)
	}
	for _, gap := range day.Gaps {
		if _, err := e.Accept(t.Context(), e.pair, friday, gap.ID, "ana", ""); err == nil {
			t.Error("accepted without a note")
		}
		if _, err := e.Accept(t.Context(), e.pair, friday, gap.ID, "ana", "entered by hand as "+gap.Entity); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.Accept(t.Context(), e.pair, friday, "nothing", "ana", "x"); err == nil {
		t.Error("a gap that is not there is accepted")
	}
	closed, err := e.Close(t.Context(), e.pair, friday, "ana", "")
	if err != nil || closed.Closed == nil || closed.Closed.By != "ana" || len(closed.Closed.Evidence) != 64 || closed.Gaps[0].Accepted == nil {
		t.Fatalf("%+v, %v", closed, err)
	}
	before := e.calls()
	e.erp.records = nil
	again := e.day(friday)
	want, _ := json.Marshal(closed)
	got, _ := json.Marshal(again)
	if string(got) != string(want) || e.calls() != before {
		t.Errorf("a closed day became %s\nwas %s", got, want)
	}
	if _, err := e.Close(t.Context(), e.pair, friday, "bob", "x"); err == nil || !strings.Contains(err.Error(), "is closed since") {
		t.Errorf("closed again: %v", err)
	}
	if _, err := e.Accept(t.Context(), e.pair, friday, closed.Gaps[0].ID, "bob", "x"); err == nil {
		t.Error("a closed day's gap is accepted")
	}
	if err := e.Auditor.Run(t.Context()); err != nil || e.calls() != before+12 {
		t.Errorf("a run audits %d requests, %v", e.calls()-before, err)
	}
}

// TestTheEvidenceIsTheResult changes one cent of the stored day.
func TestTheEvidenceIsTheResult(t *testing.T) {
	t.Parallel()
	evidence := map[string]bool{}
	for _, amount := range []int64{100, 101} {
		e := newEnv(t, nil)
		e.book(e.sell(1, at(9, 0), eur(amount)))
		day, err := e.Close(t.Context(), e.pair, friday, "ana", "")
		if err != nil {
			t.Fatal(err)
		}
		evidence[day.Closed.Evidence] = true
	}
	if len(evidence) != 2 {
		t.Error("another cent has the same evidence")
	}
}

func (e *env) inbox() (all []*message.Raw) {
	e.Helper()
	got, err := e.memory.Receive(e.Context(), routes.InboxBackfill("toy"), 10, 0)
	if err != nil {
		e.Fatal(err)
	}
	for _, in := range got {
		raw, err := message.DecodeRaw(in.Body)
		if err != nil {
			e.Fatal(err)
		}
		all = append(all, raw)
	}
	return all
}

func TestWhatIsMissingIsHandedOn(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(e *env) { e.store.broken = map[string]error{"4": errors.New("gone")} })
	for id := 1; id <= 5; id++ {
		e.sell(id, at(9, id), eur(100))
	}
	e.note("2", port.Confirmed, "sales order", at(9, 0), nil) // deleted there
	e.note("3", port.Skipped, "test order", at(9, 0), nil)
	e.sell(6, at(9, 6), eur(100))
	day := e.day(friday)
	if len(day.Gaps) != 5 || len(e.inbox()) > 0 {
		t.Fatalf("%+v", day.Gaps)
	}
	day, err := e.Accept(t.Context(), e.pair, friday, day.Gaps[4].ID, "ana", "booked by phone")
	if err != nil || day.Gaps[4].Entity != "6" {
		t.Fatalf("%+v, %v", day.Gaps, err)
	}
	n, err := e.Emit(t.Context(), day)
	if n != 2 || err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("%d handed on, %v", n, err)
	}
	var ids, bodies []string
	for _, raw := range e.inbox() {
		var order canonical.Order
		if err := json.Unmarshal(raw.Body, &order); err != nil || raw.Lane != message.Backfill || raw.Trigger != message.Poll || raw.Topic != "orders" || raw.System != "toy" {
			t.Errorf("%+v, %v", raw, err)
		}
		ids, bodies = append(ids, raw.ID), append(bodies, order.ID)
	}
	if slices.Sort(bodies); !slices.Equal(bodies, []string{"1", "5"}) || ids[0] == ids[1] {
		t.Errorf("handed on %v as %v", bodies, ids)
	}
	if _, err := e.Emit(t.Context(), day); err == nil {
		t.Error("no error")
	}
	for _, raw := range e.inbox() {
		if !slices.Contains(ids, raw.ID) {
			t.Errorf("repeated as %s, which Translate does not recognize", raw.ID)
		}
	}
}

func TestARunHandsOnWhatIsMissingIfThatIsPlanned(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(e *env) { e.config.Plan.Emit = true })
	e.sell(1, at(9, 0), eur(100))
	if err := e.Auditor.Run(t.Context()); err != nil || len(e.inbox()) != 1 {
		t.Error(err)
	}
}

func TestAnAuditorWithoutItsPortsIsRefused(t *testing.T) {
	t.Parallel()
	_, err := audit.New(audit.Config{})
	for _, field := range []string{"State", "Ledger", "Now", "Random", "Log"} {
		if err == nil || !strings.Contains(err.Error(), field+" is missing") {
			t.Errorf("%s: %v", field, err)
		}
	}
	e := newEnv(t, nil)
	other := e.pair
	other.Target = "crm"
	if _, err := e.Audit(t.Context(), other, friday); fault.As(err) == nil || fault.As(err).Class != fault.Config {
		t.Errorf("a pair without an auditor: %v", err)
	}
	if _, err := e.Compare(t.Context(), other, connector.Span{}); fault.As(err) == nil || fault.As(err).Class != fault.Config {
		t.Errorf("a pair without an auditor: %v", err)
	}
	if _, err := e.Audit(t.Context(), e.pair, "27.11.2026"); err == nil || !strings.Contains(err.Error(), "is not a date") {
		t.Errorf("a date of another form: %v", err)
	}
}
