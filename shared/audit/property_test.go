package audit_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/audit"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// generated is a book of five days around a change of the clocks, with injected gaps.
type generated struct {
	*env
	random *rand.Rand
	dates  []string
	want   map[string][]string // named gaps by date
	next   int
}

func (g *generated) amount() canonical.Money {
	currency := "EUR"
	if g.random.IntN(5) == 0 {
		currency = "JPY"
	}
	return canonical.Money{Minor: 1 + g.random.Int64N(50_000), Currency: currency}
}

// instant returns a time of the day; every fourth is its first or last second.
func (g *generated) instant(date string) time.Time {
	noon, err := time.ParseInLocation("2006-01-02 15", date+" 12", berlin)
	if err != nil {
		g.Fatal(err)
	}
	from := time.Date(noon.Year(), noon.Month(), noon.Day(), 0, 0, 0, 0, berlin)
	to := from.AddDate(0, 0, 1)
	switch g.random.IntN(8) {
	case 0:
		return from
	case 1:
		return to.Add(-time.Second)
	}
	return from.Add(time.Duration(g.random.Int64N(int64(to.Sub(from)/time.Second))) * time.Second)
}

func (g *generated) expect(date string, kind audit.Kind, id string) {
	g.want[date] = append(g.want[date], string(kind)+" "+id)
}

// trade makes one order of the day, mostly booked as it is.
func (g *generated) trade(date string) {
	g.next++
	id := strconv.Itoa(g.next)
	r := g.sell(g.next, g.instant(date), g.amount())
	b := g.booked(r)
	switch g.random.IntN(40) {
	case 0:
		g.expect(date, audit.Missing, id)
		return
	case 1:
		g.note(id, port.Skipped, "test order", r.At, nil)
		return
	case 2:
		g.note(id, port.Dead, "dead", r.At, func(e *port.Entry) { e.Error = &port.EntryError{Message: "no item"} })
		return
	case 3:
		g.note(id, port.Deferred, "waits", g.now.Add(-time.Hour), nil)
		return
	case 4:
		b.Amount.Minor += 1 + g.random.Int64N(1_000_000)
		g.expect(date, audit.Amount, id)
	case 5:
		b.Amount.Currency = "USD"
		g.expect(date, audit.Currency, id)
	case 6:
		g.erp.records = append(g.erp.records, connector.Record{ID: id, Ref: "copy" + id, At: b.At, Amount: g.amount()})
		g.expect(date, audit.Twice, id)
	case 7:
		g.erp.records = append(g.erp.records, connector.Record{ID: "x" + id, Ref: "x" + id, At: b.At, Amount: g.amount()})
		g.expect(date, audit.Unexpected, "x"+id)
	case 8:
		b.At = b.At.AddDate(0, 0, 1)
		if moved := b.At.Format("2006-01-02"); slices.Contains(g.dates, moved) {
			g.expect(moved, audit.Moved, id)
		}
		g.expect(date, audit.Moved, id)
	case 9:
		b.Amount, b.Err = canonical.Money{}, fault.New(fault.Rejected, fault.Value, "reading", "no currency")
		g.expect(date, audit.Unreadable, id)
	case 10: // an edited order: the list shows what is not owed
		b.Amount.Minor += 1 + g.random.Int64N(1_000_000)
		g.store.owed[id] = b.Amount
	case 11: // deleted in the store and closed in the ERP
		g.store.records = g.store.records[:len(g.store.records)-1]
		b.State = connector.Withdrawn
	}
	g.erp.records = append(g.erp.records, b)
}

// TestGeneratedBooks injects gaps and wants exactly them named, and every day balanced.
func TestGeneratedBooks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(25) {
		for _, first := range []string{"2026-03-27", "2026-10-23"} {
			g := &generated{random: rand.New(rand.NewPCG(seed, 7)), want: map[string][]string{}}
			g.env = newEnv(t, func(e *env) {
				e.store.owed, e.store.pageSize, e.erp.pageSize = map[string]canonical.Money{}, 1+g.random.IntN(40), 1+g.random.IntN(40)
				e.store.sums, e.store.counts = g.random.IntN(3) > 0, g.random.IntN(4) > 0
				e.store.sums = e.store.sums && e.store.counts
				e.config.Plan.Rows, e.config.Plan.Held = 10, 5+g.random.IntN(200)
				if g.random.IntN(2) == 0 { // an ERP that keeps the time of day
					e.erp.calendar = connector.Calendar{Zone: berlin}
				}
				start, _ := time.Parse("2006-01-02", first)
				for i := range 5 {
					g.dates = append(g.dates, start.AddDate(0, 0, i).Format("2006-01-02"))
				}
				e.now = start.AddDate(0, 0, 8)
			})
			for _, date := range g.dates {
				for range g.random.IntN(70) {
					g.trade(date)
				}
			}
			g.random.Shuffle(len(g.erp.records), func(i, j int) {
				g.erp.records[i], g.erp.records[j] = g.erp.records[j], g.erp.records[i]
			})
			for _, date := range g.dates {
				g.wantDay(g.day(date), fmt.Sprintf("seed %d, %s", seed, date))
			}
		}
	}
}

func (g *generated) wantDay(day audit.Day, situation string) {
	g.Helper()
	var got []string
	var named audit.Sum
	for _, gap := range day.Gaps {
		got = append(got, string(gap.Kind)+" "+gap.Entity)
		named = named.Plus(gap.Effect)
	}
	want := slices.Clone(g.want[day.Date])
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		g.Errorf("%s: gaps %q, want %q", situation, got, want)
	}
	if !named.Equal(day.Unexplained) {
		g.Errorf("%s: the gaps add up to %s, unexplained is %s", situation, named, day.Unexplained)
	}
	sum := day.Target.Plus(day.Skipped).Plus(day.Waiting).Plus(day.Dead).Plus(day.Unexplained)
	if !sum.Equal(day.Source) {
		g.Errorf("%s: the day does not balance: %+v", situation, day.Result)
	}
	var source, target audit.Sum
	for _, r := range g.store.within(day.Span) {
		if owed, known := g.store.owed[r.ID]; known {
			r.Amount = owed
		}
		source = source.Plus(audit.Sum{Count: 1, Amounts: []canonical.Money{r.Amount}})
	}
	for _, r := range g.erp.within(day.Span) {
		target = target.Plus(audit.Sum{Count: 1, Amounts: []canonical.Money{r.Amount}})
	}
	if !day.Source.Equal(source) || !day.Target.Equal(target) {
		g.Errorf("%s: source %s, want %s; target %s, want %s", situation, day.Source, source, day.Target, target)
	}
}
