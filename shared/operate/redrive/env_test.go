package redrive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/engine/enginetest"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

const orders = "shopify-orders-to-netsuite"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// env is a local store with a worker that takes a route's messages and ends them as the test
// says.
type env struct {
	testing.TB
	clock   *porttest.Clock
	table   []routes.Route
	store   *local.Store
	ends    func(event string) port.Stage // nil: confirmed
	effects map[string]int                // by event
	idle    bool                          // the worker does nothing
	random  float64
}

func newEnv(t testing.TB) *env { t.Helper(); return newEnvOf(t, routes.Table) }

// newEnvOf is newEnv with another table. Its worker takes the messages of every route of orders.
func newEnvOf(t testing.TB, table []routes.Route) *env {
	t.Helper()
	e := &env{TB: t, table: table, clock: porttest.NewClock(noon), effects: map[string]int{}}
	var err error
	e.store, err = local.Open(t.Context(), local.Config{
		Path: filepath.Join(t.TempDir(), "c.db"), Now: e.clock.Now, Routes: table, Systems: routes.Sources(table),
		Visibility: time.Minute, MaxReceives: 100, Build: "test",
	})
	must(t, err)
	t.Cleanup(func() { must(t, e.store.Close()) })
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// operator returns one whose engine may be changed. Its sleep lets the clock go on and the
// worker work.
func (e *env) operator(who string, change func(*engine.Engine)) *redrive.Operator {
	e.Helper()
	desk := e.store.Desk()
	if change != nil {
		change(&desk)
	}
	d, err := operate.New(desk, e.table)
	must(e, err)
	return &redrive.Operator{Desk: d, Who: who, Random: func() float64 { e.random += 0.001; return e.random }, Sleep: e.sleep}
}

func (e *env) sleep(ctx context.Context, d time.Duration) error {
	e.clock.Advance(d)
	if !e.idle {
		e.work()
	}
	return ctx.Err()
}

// work ends every message of the routes of orders. An event whose effect was made is a
// duplicate.
func (e *env) work() {
	e.Helper()
	for _, route := range e.table {
		if route.From == "shopify" && route.Flow == "orders" {
			e.workOn(route.Name())
		}
	}
}

func (e *env) workOn(route string) {
	e.Helper()
	ctx := context.Background()
	for {
		batch, err := e.store.Receive(ctx, route, 10, 0)
		must(e, err)
		if len(batch) == 0 {
			return
		}
		for _, in := range batch {
			m, err := message.Decode(in.Body)
			must(e, err)
			stage := port.Confirmed
			if e.ends != nil {
				stage = e.ends(m.ID)
			}
			entry := port.Entry{At: e.clock.Now(), Trace: m.CorrelationID, Event: m.ID, Entity: m.Key(), Version: m.Sequence, Route: route, Stage: stage, Outcome: "o", Message: in.MessageID, RedriveCount: in.Redrives()}
			switch {
			case stage == port.Confirmed && e.effects[m.ID] > 0:
				entry.Stage, entry.Outcome = port.Skipped, "duplicate"
			case stage == port.Confirmed:
				e.effects[m.ID]++
			case stage == port.Dead:
				entry.Error = failure(fault.MissingRef)
				e.letter(m, fault.MissingRef, in)
			}
			must(e, e.store.Append(ctx, entry))
			must(e, e.store.Delete(ctx, in))
		}
	}
}

func failure(class fault.Class) *port.EntryError {
	return port.NewEntryError(orders, &fault.Error{Kind: fault.Rejected, Class: class, Code: "CODE", Field: "lines[0].sku", Detail: "no item"})
}

// event returns a canonical order event.
func event(id string) *message.Message {
	money := canonical.Money{Minor: 100, Currency: "EUR"}
	order := &canonical.Order{
		ID: id, Name: "#" + id, Status: canonical.OrderOpen, Financial: canonical.Paid, PlacedAt: noon, UpdatedAt: noon, Currency: "EUR",
		Lines: []canonical.OrderLine{{ID: "1", Kind: canonical.ProductLine, SKU: "SKU-" + id, Quantity: canonical.Pieces(canonical.NewDecimal(1, 0)), UnitPrice: canonical.NewDecimal(1, 0), Discount: zero(), Tax: zero()}},
		Tax:   zero(), Rounding: zero(), Total: money,
	}
	body, err := canonical.Encode(order)
	if err != nil {
		panic(err)
	}
	return &message.Message{
		ID: "event-" + id, Source: "causeway.shopify", Type: canonical.OrderPlaced, Subject: "order/" + id, Time: noon, Tenant: "brand.example",
		Schema: "order/1", Sequence: message.NewSequence(noon, false, time.Time{}), CorrelationID: "trace-" + id, CausationID: "raw-" + id, Origin: "shopify", Body: body,
	}
}

func zero() canonical.Money { return canonical.Money{Currency: "EUR"} }

// letter puts a dead letter of the event into its queue, as the pipeline does.
func (e *env) letter(m *message.Message, class fault.Class, before port.Incoming) {
	e.Helper()
	body, err := m.Encode()
	must(e, err)
	f := failure(class)
	cause, err := json.Marshal(port.Cause{Stage: port.Dead, Kind: f.Kind, Class: class, Code: f.Code, Field: f.Field, At: e.clock.Now(), Alike: before.Alike(f.Fingerprint) - 1})
	must(e, err)
	attributes := map[string]string{
		port.AttrTrace: m.CorrelationID, port.AttrEvent: m.ID, port.AttrEntity: m.Key().String(), port.AttrVersion: string(m.Sequence), port.AttrRoute: orders,
		port.AttrReason: string(class) + " CODE lines[0].sku", port.AttrCause: string(cause), port.AttrFingerprint: f.Fingerprint, port.AttrFirstSeen: noon.Format(time.RFC3339),
	}
	if n := before.Attributes[port.AttrRedrives]; n != "" {
		attributes[port.AttrRedrives] = n
	}
	must(e, e.store.Send(context.Background(), routes.Dead(orders), []port.Outgoing{{Body: body, Attributes: attributes}}))
}

func (e *env) bury(n int, class fault.Class) {
	e.Helper()
	for i := range n {
		e.letter(event(fmt.Sprint(class, "-", i)), class, port.Incoming{})
	}
}

// events returns the events in a queue, sorted, copies included.
func (e *env) events(queue string) (ids []string) {
	e.Helper()
	must(e, e.store.Browse(context.Background(), queue, func(in port.Incoming) bool {
		ids = append(ids, operate.ReadLetter(in).Event)
		return true
	}))
	slices.Sort(ids)
	return ids
}

func (e *env) dead() []string { e.Helper(); return e.events(routes.Dead(orders)) }

func (e *env) plan(o *redrive.Operator, kind redrive.Kind, s operate.Selector, options redrive.Options) redrive.Plan {
	e.Helper()
	p, err := o.Plan(e.Context(), kind, s, options)
	must(e, err)
	return p
}

var errKilled = errors.New("killed")

// killer fails the n-th call of any port that changes something, and every one after it, as
// of a process that was killed: before the call took effect, or after it.
type killer struct {
	at    int
	after bool
	calls []string
}

func (k *killer) call(name string, act func() error) error {
	k.calls = append(k.calls, name)
	switch n := len(k.calls); {
	case k.at > 0 && n > k.at, n == k.at && !k.after:
		return errKilled
	case n == k.at:
		return errors.Join(act(), errKilled)
	}
	return act()
}

func (k *killer) wrap(e *engine.Engine) { *e = enginetest.Intercept(*e, k.call) }
