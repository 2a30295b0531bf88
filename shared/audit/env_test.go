package audit_test

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/audit"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// berlin has a day of 23 hours on 2026-03-29 and one of 25 on 2026-10-25.
var berlin = mustZone("Europe/Berlin")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func eur(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "EUR"} }

var book = connector.Book{System: "toy", Tenant: "t1", Type: "order"}

// fakeBooks is a system with records, on either side. It counts its calls.
type fakeBooks struct {
	calendar connector.Calendar
	records  []connector.Record
	pageSize int
	sums     bool // it can sum up
	counts   bool // it can count
	calls    map[string]int
	fail     error
	failing  int                          // calls that fail with it
	owed     map[string]canonical.Money   // amounts that only the whole entity shows
	parts    []connector.Part             // of every record
	during   func(f *fakeBooks, page int) // called after a page was read
	broken   map[string]error             // entities that cannot be fetched
}

func (f *fakeBooks) call(name string) error {
	f.calls[name]++
	if f.failing > 0 {
		f.failing--
		return f.fail
	}
	return nil
}

func (f *fakeBooks) Books() []connector.Book      { return []connector.Book{book} }
func (f *fakeBooks) Calendar() connector.Calendar { return f.calendar }

func (f *fakeBooks) within(span connector.Span) (all []connector.Record) {
	for _, r := range f.records {
		if !r.At.Before(span.From) && r.At.Before(span.To) {
			all = append(all, r)
		}
	}
	return all
}

func (f *fakeBooks) check(span connector.Span) {
	if midnight := func(at time.Time) bool { return at.In(f.calendar.Zone).Format("15:04:05") == "00:00:00" }; f.calendar.Days && !(midnight(span.From) && midnight(span.To)) {
		panic("a span of less than a day")
	}
}

func (f *fakeBooks) Totals(_ context.Context, _ connector.Book, span connector.Span) (connector.Totals, error) {
	f.check(span)
	if !f.counts {
		return connector.Totals{}, connector.ErrNoTotals
	}
	if err := f.call("totals"); err != nil {
		return connector.Totals{}, err
	}
	found := f.within(span)
	totals := connector.Totals{Count: len(found)}
	if !f.sums {
		return totals, nil
	}
	totals.Sums = []canonical.Money{}
	for _, r := range found {
		if r.Err != nil {
			continue
		}
		i := slices.IndexFunc(totals.Sums, func(m canonical.Money) bool { return m.Currency == r.Amount.Currency })
		if i < 0 {
			totals.Sums = append(totals.Sums, r.Amount)
			continue
		}
		totals.Sums[i] = totals.Sums[i].Add(r.Amount)
	}
	return totals, nil
}

func (f *fakeBooks) Records(_ context.Context, _ connector.Book, span connector.Span, cursor string) (connector.RecordPage, error) {
	f.check(span)
	if err := f.call("records"); err != nil {
		return connector.RecordPage{}, err
	}
	all := f.within(span)
	from, _ := strconv.Atoi(cursor)
	to := min(from+f.pageSize, len(all))
	page := connector.RecordPage{Records: slices.Clone(all[min(from, to):to])}
	if to < len(all) {
		page.Cursor = strconv.Itoa(to)
	}
	if f.during != nil {
		f.during(f, f.calls["records"])
	}
	return page, nil
}

func (f *fakeBooks) Lookup(_ context.Context, _ connector.Book, ids []string) (found []connector.Record, err error) {
	if len(ids) == 0 || len(ids) > connector.MaxLookup {
		panic("a lookup of " + strconv.Itoa(len(ids)))
	}
	for _, r := range f.records {
		if slices.Contains(ids, r.ID) {
			found = append(found, r)
		}
	}
	return found, f.call("lookup")
}

// Itemize implements connector.Itemizer.
func (f *fakeBooks) Itemize(context.Context, connector.Record, any) ([]connector.Part, error) {
	return f.parts, f.call("itemize")
}

// Feeds implements connector.Poller.
func (f *fakeBooks) Feeds() []connector.Feed {
	return []connector.Feed{{Tenant: "t2", Topic: "o", Entity: "order"}, {Tenant: "t1", Topic: "orders", Entity: "order"}}
}

// Changes implements connector.Poller.
func (f *fakeBooks) Changes(context.Context, connector.Ask) (connector.Page, error) {
	panic("not asked for")
}

// Fetch implements connector.Poller.
func (f *fakeBooks) Fetch(_ context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	if err := cmp.Or(f.call("fetch"), f.broken[change.ID]); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(f.records, func(r connector.Record) bool { return r.ID == change.ID })
	if i < 0 {
		return nil, nil
	}
	amount := f.records[i].Amount
	if owed, known := f.owed[change.ID]; known {
		amount = owed
	}
	body, err := json.Marshal(canonical.Order{ID: change.ID, Total: amount})
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, Body: body}, err
}

// Receive implements connector.Source.
func (f *fakeBooks) Receive(context.Context, connector.Request) (*message.Raw, error) {
	panic("no door")
}

// Translate implements connector.Source.
func (f *fakeBooks) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	var order canonical.Order
	err := json.Unmarshal(raw.Body, &order)
	return connector.Translation{Events: []connector.Event{
		{Type: canonical.CustomerUpserted, Entity: message.Key{System: "toy", Tenant: raw.Tenant, Type: "customer", ID: "1"}, Body: &canonical.Customer{}},
		{Type: canonical.OrderChanged, Entity: message.Key{System: "toy", Tenant: raw.Tenant, Type: "order", ID: order.ID}, Body: &order},
	}}, err
}

// env is an auditor over two fake systems.
type env struct {
	*testing.T
	store, erp *fakeBooks
	memory     *porttest.Memory
	now        time.Time
	paused     []time.Duration
	pair       audit.Pair
	config     audit.Config
	*audit.Auditor
}

var table = []routes.Route{
	{From: "toy", Flow: "customers", To: "erp", Types: []string{canonical.CustomerUpserted}},
	{From: "toy", Flow: "orders", To: "erp", Types: []string{canonical.OrderPlaced, canonical.OrderChanged}},
	{From: "toy", Flow: "orders", To: "crm", Types: []string{canonical.OrderPlaced}},
}

// newEnv audits by business days in Berlin; the ERP has dates only.
func newEnv(t *testing.T, change func(*env)) *env {
	t.Helper()
	e := &env{T: t, now: time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)}
	e.store = &fakeBooks{pageSize: 100, sums: true, counts: true, calls: map[string]int{}}
	e.erp = &fakeBooks{pageSize: 100, sums: true, counts: true, calls: map[string]int{}, calendar: connector.Calendar{Zone: berlin, Days: true}}
	clock := func() time.Time { return e.now }
	e.memory = porttest.NewMemory(clock)
	e.memory.Routes, e.memory.Systems = table, []string{"toy"}
	e.config = audit.Config{
		Runtime: port.Runtime{
			Ports: port.Ports{Queue: e.memory, State: e.memory, Ledger: e.memory, Vault: e.memory, Bus: e.memory},
			Now:   clock, Random: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Build: "test",
		},
		Systems: map[string]connector.System{
			"toy": {Profile: connector.Profile{Name: "toy"}, Source: e.store, Poller: e.store, Auditor: e.store},
			"erp": {Profile: connector.Profile{Name: "erp"}, Auditor: e.erp},
			"crm": {Profile: connector.Profile{Name: "crm"}},
		},
		Routes: table, Plan: audit.DefaultPlan(),
		Wait: func(_ context.Context, pause time.Duration) error {
			e.paused = append(e.paused, pause)
			e.now = e.now.Add(pause)
			return nil
		},
	}
	if change != nil {
		change(e)
	}
	a, err := audit.New(e.config)
	if err != nil {
		t.Fatal(err)
	}
	if pairs := a.Pairs(); len(pairs) != 1 || pairs[0] != (audit.Pair{Book: book, Target: "erp", Route: "toy-orders-to-erp"}) {
		t.Fatalf("pairs %+v", pairs)
	}
	e.Auditor, e.pair = a, a.Pairs()[0]
	return e
}

// sell puts an order into the store, and book into the ERP as the connector does.
func (e *env) sell(id int, at time.Time, amount canonical.Money) connector.Record {
	r := connector.Record{ID: strconv.Itoa(id), Name: "#" + strconv.Itoa(id), Ref: strconv.Itoa(id), At: at.UTC(), UpdatedAt: at.UTC(), Amount: amount}
	e.store.records = append(e.store.records, r)
	return r
}

func (e *env) booked(r connector.Record) connector.Record {
	local := r.At.In(berlin)
	r.At = time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, berlin)
	if !e.erp.calendar.Days {
		r.At = local
	}
	r.Ref, r.Number, r.UpdatedAt = "n"+r.ID, "SO-"+r.ID, time.Time{}
	return r
}

func (e *env) book(r connector.Record) {
	e.erp.records = append(e.erp.records, e.booked(r))
}

func (e *env) note(id string, stage port.Stage, outcome string, at time.Time, change func(*port.Entry)) {
	e.Helper()
	entry := port.Entry{
		At: at, Entity: message.Key{System: "toy", Tenant: "t1", Type: "order", ID: id}, Event: "e" + id, Trace: "t" + id,
		Route: "toy-orders-to-erp", Stage: stage, Outcome: outcome, Function: "erp-deliver", Message: outcome,
	}
	if change != nil {
		change(&entry)
	}
	if err := e.memory.Append(e.Context(), entry); err != nil {
		e.Fatal(err)
	}
}

func (e *env) day(date string) audit.Day {
	e.Helper()
	day, err := e.Audit(e.Context(), e.pair, date)
	if err != nil {
		e.Fatal(err)
	}
	return day
}

func (e *env) calls() (n int) {
	for _, side := range []*fakeBooks{e.store, e.erp} {
		for _, calls := range side.calls {
			n += calls
		}
	}
	return n
}

func throttled(after time.Duration) error {
	return &fault.Error{Kind: fault.Throttled, Class: fault.RateLimit, After: after}
}
