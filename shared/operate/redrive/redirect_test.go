package redrive_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

const depot = "shopify-orders-to-depot"

// withDepot is the table with a second target of orders.
func withDepot() []routes.Route {
	return append(slices.Clone(routes.Table), routes.Route{From: "shopify", Flow: "orders", To: "depot", Types: []string{canonical.OrderPlaced}})
}

// A redirect sends what died on one route to another one: paced, judged, and closed in the
// ledger where it died. What the own target has, or may have, stays.
func TestRedirectSendsToAnotherRoute(t *testing.T) {
	t.Parallel()
	e := newEnvOf(t, withDepot())
	e.bury(40, fault.MissingRef)
	e.letter(event("unclear"), fault.Ambiguous, port.Incoming{})
	e.letter(event("there"), fault.MissingRef, port.Incoming{})
	e.confirm("there", noon)
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redirect, operate.Selector{Queue: orders}, redrive.Options{To: depot})
	if p.Count(redrive.Send) != 40 || p.Count(redrive.Unclear) != 1 || p.Count(redrive.Confirmed) != 1 || !slices.Equal(p.Targets(), []string{depot}) {
		t.Fatalf("plan of %d: %d, %d, %d to %v", len(p.Items), p.Count(redrive.Send), p.Count(redrive.Unclear), p.Count(redrive.Confirmed), p.Targets())
	}
	began := e.clock.Now()
	op, err := o.Apply(t.Context(), p.ID, "ERP is closed")
	must(t, err)
	if op.Counts.Confirmed != 40 || op.Counts.Resolved != 1 || op.Counts.Left != 1 || len(e.dead()) != 1 || e.clock.Now().Sub(began) < 3*time.Second {
		t.Errorf("operation %+v after %s, %d dead", op, e.clock.Now().Sub(began), len(e.dead()))
	}
	for _, route := range []string{orders, depot} {
		stage := map[string]port.Stage{orders: operate.Settled, depot: operate.Redriven}[route]
		entries, err := e.store.Find(t.Context(), port.Query{Event: "event-missing_ref-7", Route: route, Stage: stage})
		if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Outcome, "redirect to "+depot) || !strings.Contains(entries[0].Outcome, "ana: ERP is closed") {
			t.Errorf("%s has %+v, %v", route, entries, err)
		}
	}
	trace, err := o.Trace(t.Context(), event("missing_ref-7").Key())
	must(t, err)
	if strings.Contains(trace.Verdict, "NOT in depot") || !strings.Contains(trace.Verdict, "is in depot") {
		t.Errorf("the trace says %q", trace.Verdict)
	}
}

// A letter that the other route could not get by the bus is left alone, with the reason.
func TestRedirectLeavesWhatTheRouteDoesNotTake(t *testing.T) {
	t.Parallel()
	e := newEnvOf(t, withDepot())
	cancelled := event("1")
	cancelled.Type = "order.cancelled"
	foreign := event("2")
	foreign.Source = "causeway.woocommerce"
	e.letter(cancelled, fault.MissingRef, port.Incoming{})
	e.letter(foreign, fault.MissingRef, port.Incoming{})
	raw, err := (&message.Raw{ID: "raw-3", System: "shopify", Tenant: "brand.example", Topic: "orders/create", Body: []byte(`{"id":3}`)}).Encode()
	must(t, err)
	must(t, e.store.Send(t.Context(), routes.Dead(routes.Inbox("shopify")), []port.Outgoing{{Body: raw}}))
	o := e.operator("ana", nil)
	p := e.plan(o, redrive.Redirect, operate.Selector{}, redrive.Options{To: depot})
	reasons := []string{}
	for _, item := range p.Items {
		reasons = append(reasons, item.Why)
	}
	all := strings.Join(reasons, "\n")
	if p.Count(redrive.Misfit) != 3 || !strings.Contains(all, "does not take order.cancelled") || !strings.Contains(all, "it is of woocommerce") || !strings.Contains(all, "belongs to its own system") {
		t.Errorf("plan %+v", p.Items)
	}
	if op, err := o.Apply(t.Context(), p.ID, "r"); err != nil || op.Counts.Left != 3 || len(e.dead()) != 2 {
		t.Errorf("operation %+v, %v", op, err)
	}
	p = e.plan(o, redrive.Redirect, operate.Selector{}, redrive.Options{To: orders})
	if p.Count(redrive.Misfit) != 3 || p.Count(redrive.Send) != 0 {
		t.Errorf("to the route where they died: %+v", p.Items)
	}
	for _, to := range []string{"", "shopify-orders-to-nobody"} {
		if _, err := o.Plan(t.Context(), redrive.Redirect, operate.Selector{}, redrive.Options{To: to}); fault.As(err).Code != "no_route" {
			t.Errorf("to %q: %v", to, err)
		}
	}
}
