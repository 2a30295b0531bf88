package audit_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/audit"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

const friday = "2026-11-27"

// at is a time on that Friday in Berlin.
func at(hour, minute int) time.Time { return time.Date(2026, 11, 27, hour, minute, 0, 0, berlin) }

// traded has n orders on the day, a minute or less apart, all booked.
func traded(t *testing.T, n int, change func(*env)) *env {
	t.Helper()
	e := newEnv(t, change)
	for i := range n {
		e.book(e.sell(1000+i, at(0, 0).Add(time.Duration(i)*24*time.Hour/time.Duration(n)), eur(int64(1000+i))))
	}
	return e
}

func TestACleanDayCostsTwoRequests(t *testing.T) {
	t.Parallel()
	e := traded(t, 10_000, nil)
	day := e.day(friday)
	if e.calls() != 2 || day.Requests != 2 || day.Source.Count != 10_000 || !day.Source.Equal(day.Target) || len(day.Gaps) > 0 || day.Unexplained.Count != 0 {
		t.Errorf("%d requests: %+v", e.calls(), day.Result)
	}
}

func TestADayWithoutRecordsCostsTwoRequests(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	if day := e.day(friday); e.calls() != 2 || !day.Source.Equal(audit.Sum{}) || !day.Unexplained.Equal(audit.Sum{}) {
		t.Errorf("%d requests: %+v", e.calls(), day.Result)
	}
}

// TestASourceThatOnlyCountsIsListedAlone needs the amounts, but not the target's list.
func TestASourceThatOnlyCountsIsListedAlone(t *testing.T) {
	t.Parallel()
	e := traded(t, 950, func(e *env) { e.store.sums = false })
	if day := e.day(friday); e.calls() != 12 || e.erp.calls["records"] != 0 || len(day.Gaps) > 0 || !day.Source.Equal(day.Target) {
		t.Errorf("store %v, erp %v: %+v", e.store.calls, e.erp.calls, day.Result)
	}
	e.erp.records[7].Amount.Minor++
	if day := e.day(friday); len(day.Gaps) != 1 || day.Gaps[0].Kind != audit.Amount {
		t.Errorf("a cent more: %+v", day.Gaps)
	}
}

func TestABookThatCannotBeCountedIsListed(t *testing.T) {
	t.Parallel()
	e := traded(t, 250, func(e *env) { e.store.counts = false })
	if day := e.day(friday); e.store.calls["records"] != 3 || e.erp.calls["records"] != 0 || day.Requests != 4 || len(day.Gaps) > 0 {
		t.Errorf("store %v, erp %v: %+v", e.store.calls, e.erp.calls, day.Result)
	}
}

// TestOnlyTheHourThatDiffersIsListed has 9,600 orders and one cent.
func TestOnlyTheHourThatDiffersIsListed(t *testing.T) {
	t.Parallel()
	e := traded(t, 9_600, func(e *env) { e.erp.calendar = connector.Calendar{Zone: berlin} })
	e.erp.records[5_000].Amount.Minor++
	day := e.day(friday)
	if len(day.Gaps) != 1 || day.Gaps[0].Entity != e.erp.records[5_000].ID || !day.Unexplained.Equal(audit.Sum{Amounts: []canonical.Money{eur(-1)}}) {
		t.Fatalf("%+v", day.Gaps)
	}
	// 24 h, 12 h, 6 h, 3 h, then 1 h: two totals each for both halves, and 400 records in pages of 100.
	listed, totals := e.store.calls["records"]+e.erp.calls["records"], e.store.calls["totals"]+e.erp.calls["totals"]
	if listed > 16 || totals > 22 || day.Source.Count != 9_600 {
		t.Errorf("%d pages and %d totals", listed, totals)
	}
}

// TestDaysWithTheClockSetBackAndForward audits each date in the business zone.
func TestDaysWithTheClockSetBackAndForward(t *testing.T) {
	t.Parallel()
	for date, hours := range map[string]int{"2026-03-29": 23, "2026-10-25": 25, "2026-10-26": 24} {
		e := newEnv(t, nil)
		noon, err := time.ParseInLocation("2006-01-02 15", date+" 12", berlin)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(noon.Year(), noon.Month(), noon.Day(), 0, 0, 0, 0, berlin)
		for i := range hours * 2 {
			e.book(e.sell(i, from.Add(time.Duration(i)*30*time.Minute), eur(100)))
		}
		e.book(e.sell(900, from.Add(-time.Second), eur(5)))
		e.book(e.sell(901, from.AddDate(0, 0, 1), eur(7)))
		day := e.day(date)
		if day.Span.To.Sub(day.Span.From) != time.Duration(hours)*time.Hour || day.Source.Count != hours*2 || !day.Source.Equal(day.Target) || e.calls() != 2 {
			t.Errorf("%s: %+v in %v", date, day.Result, day.Span)
		}
	}
	for zone, first := range map[string]string{"Asia/Beirut": "2026-03-29 01:00", "America/Havana": "2026-11-01 00:00"} {
		zone := mustZone(zone)
		e := newEnv(t, func(e *env) { e.erp.calendar = connector.Calendar{Zone: zone} })
		day := e.day(first[:10])
		if got := day.Span.From; got.In(zone).Format("2006-01-02 15:04") != first || got.Add(-time.Second).In(zone).Format("2006-01-02") == first[:10] {
			t.Errorf("%s begins at %s", first[:10], got.In(zone))
		}
	}
}

// TestTheLedgerExplains has one missing order for each history in the ledger.
func TestTheLedgerExplains(t *testing.T) {
	t.Parallel()
	failure := func(e *port.Entry) {
		e.Error = &port.EntryError{Class: fault.MissingRef, Message: `lines[0].sku "TRAIL-42": no item`}
	}
	for name, c := range map[string]struct {
		note func(e *env)
		want audit.Bucket // "" for a gap
		text string
	}{
		"no message":      {func(*env) {}, "", "no message in the ledger"},
		"skipped":         {func(e *env) { e.note("1", port.Skipped, "test order", at(9, 0), nil) }, audit.Skipped, "test order"},
		"dead":            {func(e *env) { e.note("1", port.Dead, "dead", at(9, 0), failure) }, audit.Dead, `dead: lines[0].sku "TRAIL-42": no item`},
		"parked":          {func(e *env) { e.note("1", port.Parked, "parked", at(9, 0), nil) }, audit.Dead, "parked"},
		"waits":           {func(e *env) { e.note("1", port.Deferred, "waits for customer 7", at(9, 0), nil) }, audit.Waiting, "in flight, deferred"},
		"confirmed":       {func(e *env) { e.note("1", port.Confirmed, "sales order 5", at(9, 0), nil) }, "", "erp confirmed it at 2026-11-27T08:00:00Z"},
		"lost on the way": {func(e *env) { e.note("1", port.Queued, "queued", at(9, 0).AddDate(0, 0, -9), nil) }, "", "was last seen queued"},
		"another target": {func(e *env) {
			e.note("1", port.Dead, "dead", at(9, 0), func(p *port.Entry) { p.Route = "toy-orders-to-crm" })
		}, "", "no message"},
		"dead, then sent on": {func(e *env) {
			e.note("1", port.Dead, "dead", at(9, 0), failure)
			e.note("1", port.Deferred, "waits", at(9, 5), nil)
		}, audit.Waiting, "in flight"},
		"dead in translation": {func(e *env) {
			e.note("1", port.Dead, "dead", at(9, 0), func(p *port.Entry) { failure(p); p.Route = "" })
		}, audit.Dead, "no item"},
		"a duplicate came later": {func(e *env) {
			e.note("1", port.Dead, "dead", at(9, 0), failure)
			e.note("1", port.Published, "published", at(9, 1), func(p *port.Entry) { p.Event, p.Route = "e2", "" })
			e.note("1", port.Skipped, "duplicate: of e1", at(9, 2), func(p *port.Entry) { p.Event = "e2" })
		}, audit.Dead, "no item"},
		"confirmed, and received twice": {func(e *env) {
			e.note("1", port.Confirmed, "sales order 5", at(9, 0), nil)
			e.note("1", port.Skipped, "duplicate: erp has this content already", at(9, 1), nil)
		}, "", "erp confirmed it"},
		"confirmed, and redriven": {func(e *env) {
			e.note("1", port.Confirmed, "sales order 5", at(9, 0), nil)
			e.note("1", port.Skipped, "resolved, not sent again: duplicate: erp has this content already", at(9, 1), nil)
		}, "", "erp confirmed it"},
		"dead, and received twice": {func(e *env) {
			e.note("1", port.Dead, "dead", at(9, 0), failure)
			e.note("1", port.Skipped, "duplicate: the dead letter of this very message was written", at(9, 1), nil)
		}, audit.Dead, "no item"},
		"superseded at another target": {func(e *env) {
			e.note("1", port.Dead, "dead", at(9, 0), failure)
			e.note("1", port.Superseded, "a newer version is confirmed", at(9, 1), func(p *port.Entry) { p.Route = "toy-orders-to-crm" })
		}, audit.Dead, "no item"},
		"an older version came later": {func(e *env) {
			e.note("1", port.Dead, "dead", at(9, 0), failure)
			e.note("1", port.Queued, "queued", at(9, 1), func(p *port.Entry) { p.Event = "e2" })
			e.note("1", port.Superseded, "older", at(9, 2), func(p *port.Entry) { p.Event = "e2" })
		}, audit.Dead, "no item"},
	} {
		e := newEnv(t, nil)
		e.sell(1, at(9, 0), eur(11900))
		c.note(e)
		day := e.day(friday)
		if c.want == "" {
			if len(day.Gaps) != 1 || day.Gaps[0].Kind != audit.Missing || !strings.Contains(day.Gaps[0].Text, c.text) || day.Unexplained.Count != 1 ||
				day.Gaps[0].Confirmed != strings.HasPrefix(name, "confirmed") {
				t.Errorf("%s: %+v", name, day.Result)
			}
			continue
		}
		sums := map[audit.Bucket]audit.Sum{audit.Skipped: day.Skipped, audit.Waiting: day.Waiting, audit.Dead: day.Dead}
		if len(day.Gaps) > 0 || len(day.Reasons) != 1 || day.Reasons[0].Bucket != c.want || !strings.Contains(day.Reasons[0].Text, c.text) ||
			day.Reasons[0].Example != "1" || sums[c.want].Of("EUR") != eur(11900) || !day.Unexplained.Equal(audit.Sum{}) {
			t.Errorf("%s: %+v", name, day.Result)
		}
	}
}

// TestH8TheCentIsNamed is the second half of scenario H8.
func TestH8TheCentIsNamed(t *testing.T) {
	t.Parallel()
	e := traded(t, 20, nil)
	e.erp.parts = []connector.Part{{Name: "SOCK-3PK, quantity 3", Want: eur(2100), Found: eur(2101)}, {Name: "delivery", Want: eur(500), Found: eur(500)}}
	e.erp.records[3].Amount.Minor++
	e.note("1003", port.Confirmed, "sales order", at(9, 2), nil)
	day := e.day(friday)
	want := audit.Gap{
		Kind: audit.Amount, Entity: "1003", Name: "#1003", Number: "SO-1003", Ref: "n1003",
		Text: "erp has 10.04 EUR, toy 10.03 EUR; erp confirmed it at 2026-11-27T08:02:00Z",
	}
	if len(day.Gaps) != 1 {
		t.Fatalf("%+v", day.Gaps)
	}
	got := day.Gaps[0]
	if got.Kind != want.Kind || got.Entity != want.Entity || got.Name != want.Name || got.Number != want.Number || got.Ref != want.Ref || got.Text != want.Text ||
		*got.Source != eur(1003) || *got.Target != eur(1004) || !slices.Equal(got.Parts, []audit.Part{{Name: "SOCK-3PK, quantity 3", Source: eur(2100), Target: eur(2101)}}) {
		t.Errorf("%+v", got)
	}
	if !day.Unexplained.Equal(audit.Sum{Amounts: []canonical.Money{eur(-1)}}) {
		t.Errorf("unexplained %s", day.Unexplained)
	}
}

// TestANewerVersionOnItsWayExplainsAnAmount has an order that was changed and waits.
func TestANewerVersionOnItsWayExplainsAnAmount(t *testing.T) {
	t.Parallel()
	e := traded(t, 3, nil)
	e.store.records[1].Amount.Minor += 500
	e.note("1001", port.Confirmed, "sales order", at(9, 2), nil)
	e.note("1001", port.Deferred, "circuit open", at(9, 3), func(p *port.Entry) { p.Event = "e2" })
	if day := e.day(friday); len(day.Gaps) > 0 || day.Waiting.Count != 0 || day.Waiting.Of("EUR") != eur(500) || !day.Unexplained.Equal(audit.Sum{}) {
		t.Errorf("%+v", day.Result)
	}
}

// TestAnEntityThatCannotBeFetchedIsComparedByItsList, and does not stop the others.
func TestAnEntityThatCannotBeFetchedIsComparedByItsList(t *testing.T) {
	t.Parallel()
	e := traded(t, 5, func(e *env) {
		e.store.broken = map[string]error{"1001": fault.New(fault.Unavailable, "", "fetching", "no")}
	})
	e.erp.records[1].Amount.Minor++
	e.erp.records[2].Amount.Minor++
	day := e.day(friday)
	if len(day.Gaps) != 2 || day.Gaps[0].Entity != "1001" || day.Gaps[1].Entity != "1002" {
		t.Errorf("%+v", day.Gaps)
	}
}

func TestWhatChangesWhileTheListsAreReadIsNoGap(t *testing.T) {
	t.Parallel()
	e := traded(t, 150, nil)
	late := e.sell(5000, at(23, 0), eur(5))
	e.store.during = func(_ *fakeBooks, page int) { // the ERP writes it after its list was read past it
		if page == 1 {
			e.erp.during = func(*fakeBooks, int) {
				if e.erp.calls["records"] == 2 {
					e.book(late)
				}
			}
		}
	}
	if day := e.day(friday); len(day.Gaps) > 0 || !day.Source.Equal(day.Target) || !day.Unexplained.Equal(audit.Sum{}) {
		t.Errorf("%+v", day.Result)
	}
}

// TestAnOrderThatIsPlacedWhileTheListsAreReadIsNoGap appears in the store after its list was read,
// and in the ERP before its list is.
func TestAnOrderThatIsPlacedWhileTheListsAreReadIsNoGap(t *testing.T) {
	t.Parallel()
	e := traded(t, 50, nil)
	e.erp.records[0].Amount.Minor++ // so that the lists are read
	e.store.during = func(*fakeBooks, int) { e.book(e.sell(5000, at(23, 0), eur(5))) }
	day := e.day(friday)
	if len(day.Gaps) != 1 || day.Gaps[0].Kind != audit.Amount || day.Source.Count != 51 || day.Target.Count != 51 {
		t.Errorf("%+v", day.Result)
	}
}

func TestMemoryIsBoundedBySeveralPasses(t *testing.T) {
	t.Parallel()
	e := traded(t, 1000, func(e *env) { e.config.Plan.Held = 150 })
	e.erp.records[500].Amount.Minor++
	e.erp.records = slices.Delete(e.erp.records, 700, 701)
	day := e.day(friday)
	if len(day.Gaps) != 2 || day.Source.Count != 1000 || day.Target.Count != 999 || e.erp.calls["records"] < 8*10 {
		t.Errorf("%+v, %d pages", day.Gaps, e.erp.calls["records"])
	}
}

func TestMoreGapsThanAreNamedAreCounted(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(e *env) { e.config.Plan.Named = 7 })
	for i := range 30 {
		e.sell(i, at(9, i), eur(100))
	}
	if day := e.day(friday); len(day.Gaps) != 7 || day.Unnamed != 23 || day.Unexplained.Count != 30 || e.erp.calls["lookup"] != 1 {
		t.Errorf("%+v", day.Result)
	}
}

func TestAThrottledSystemIsWaitedFor(t *testing.T) {
	t.Parallel()
	e := traded(t, 5, func(e *env) { e.erp.fail, e.erp.failing = throttled(40*time.Second), 2 })
	if day := e.day(friday); len(e.paused) != 2 || e.paused[0] < 40*time.Second || day.Requests != 4 {
		t.Errorf("paused %v, %+v", e.paused, day.Result)
	}
	e.erp.fail, e.erp.failing = throttled(time.Hour), 1
	if _, err := e.Audit(t.Context(), e.pair, friday); err == nil || fault.KindOf(err) != fault.Throttled {
		t.Errorf("a wait longer than the run: %v", err)
	}
	e.erp.fail, e.erp.failing = errors.New("down"), 1
	if _, err := e.Audit(t.Context(), e.pair, friday); err == nil || !strings.Contains(err.Error(), "down") || !strings.Contains(err.Error(), "toy-orders-to-erp t1") {
		t.Errorf("an error: %v", err)
	}
}

func TestReasonsBeyondAFewAreSummedUp(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	for i := range 80 {
		e.sell(i, at(9, 0), eur(1))
		e.note(strconv.Itoa(i), port.Skipped, "reason "+strconv.Itoa(i), at(9, 0), nil)
	}
	day := e.day(friday)
	if n := len(day.Reasons); n > 51 || day.Skipped.Count != 80 || day.Reasons[0].Text != "other reasons" || day.Reasons[0].Sum.Count != 30 {
		t.Errorf("%d reasons, the first %+v", n, day.Reasons[0])
	}
}
