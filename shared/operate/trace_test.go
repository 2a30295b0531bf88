package operate_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
)

// TestAParcelWaitsForTheDeadOrderOfItsStore has the order be one of another system than the parcel.
func TestAParcelWaitsForTheDeadOrderOfItsStore(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	memory := porttest.NewMemory(func() time.Time { return noon })
	order := message.Key{System: "shop", Tenant: "brand", Type: "order", ID: "6001"}
	other := message.Key{System: "shop", Tenant: "brand", Type: "refund", ID: "6001"}
	parcel := message.Key{System: "warehouse", Tenant: "main", Type: "shipment", ID: "77"}
	failed := func(code, text string) *port.EntryError {
		return &port.EntryError{Kind: fault.NotReady.String(), Class: fault.MissingRef, Code: code, Message: text}
	}
	for _, e := range []port.Entry{
		{Stage: port.Dead, Entity: other, Route: "shop-refunds-to-erp", Error: failed("", "writing refund 6001: the refund is wrong")},
		{Stage: port.Dead, Entity: order, Route: "shop-orders-to-erp", Error: failed("", "writing order 6001: the article is unknown")},
		{Stage: port.Deferred, Entity: parcel, Route: "warehouse-shipments-to-erp", Error: failed(pipeline.ParentDead, "delivering shipment 77: order 6001 has a dead letter; redrive it: …")},
	} {
		e.At, e.Trace, e.Event, e.Keys = noon, "t", e.Entity.ID, []string{port.SearchKey(port.KeyID, e.Entity.ID)}
		if err := memory.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	desk := &operate.Desk{Engine: engine.Engine{Ledger: memory, State: memory, Now: func() time.Time { return noon }}}
	trace, err := desk.Trace(t.Context(), parcel)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(trace.Verdict, "WAITS for order 6001 at erp, dead since") || !strings.Contains(trace.Verdict, "article is unknown") {
		t.Errorf("verdict %q", trace.Verdict)
	}
}

// open is a valve that nobody has closed.
type open struct{ engine.Valve }

// Pauses implements engine.Valve.
func (open) Pauses(context.Context) ([]engine.Pause, error) { return nil, nil }

// What only repeats an event that ended says nothing new: neither that a dead order is at the target, nor
// that it is on its way again.
func TestARepeatedEventDecidesNothing(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	order := message.Key{System: "shop", Tenant: "brand", Type: "order", ID: "6001"}
	dead := &port.EntryError{Kind: fault.Rejected.String(), Class: fault.MissingRef, Message: "writing order 6001: the article is unknown"}
	cases := map[string]struct {
		entries []port.Entry
		verdict string
	}{
		"dead, and its letter again": {[]port.Entry{
			{Stage: port.Dead, Event: "a", Version: "1", Error: dead},
			{Stage: port.Queued, Event: "a", Version: "1"},
			{Stage: port.Skipped, Event: "a", Version: "1", Outcome: port.OutcomeDuplicate + port.OutcomeLetter},
		}, "is NOT in erp: dead since 12:00Z: the article is unknown"},
		"confirmed, and the same content in a newer version": {[]port.Entry{
			{Stage: port.Confirmed, Event: "a", Version: "1", TargetRef: "88"},
			{Stage: port.Queued, Event: "b", Version: "2"},
			{Stage: port.Skipped, Event: "b", Version: "2", Outcome: port.OutcomeDuplicate + "erp has this content already"},
		}, "is in erp as 88, since 12:00Z"},
		"the newer version is under way": {[]port.Entry{
			{Stage: port.Confirmed, Event: "a", Version: "1", TargetRef: "88"},
			{Stage: port.Skipped, Event: "a", Version: "1", Outcome: port.OutcomeDuplicate + "erp has this content already"},
			{Stage: port.Queued, Event: "b", Version: "2"},
		}, "is queued for erp since 12:00Z"},
		"the ledger has nothing else": {[]port.Entry{
			{Stage: port.Queued, Event: "a", Version: "1"},
			{Stage: port.Skipped, Event: "a", Version: "1", Outcome: port.OutcomeDuplicate + "erp has this content already"},
		}, "is in erp already: erp has this content already"},
		"the ledger has the repeated letter alone": {[]port.Entry{
			{Stage: port.Skipped, Event: "a", Version: "1", Outcome: port.OutcomeDuplicate + port.OutcomeLetter},
		}, "is NOT in erp: skipped, duplicate: the dead letter of this very message was written"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memory := porttest.NewMemory(func() time.Time { return noon })
			for _, e := range c.entries {
				e.At, e.Trace, e.Entity, e.Route, e.Keys = noon, "t", order, "shop-orders-to-erp", []string{port.SearchKey(port.KeyID, "6001")}
				if err := memory.Append(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
			desk := &operate.Desk{Engine: engine.Engine{Ledger: memory, State: memory, Valve: open{}, Now: func() time.Time { return noon }}}
			trace, err := desk.Trace(t.Context(), order)
			if err != nil || trace.Verdict != c.verdict {
				t.Errorf("verdict %q, want %q (%v)", trace.Verdict, c.verdict, err)
			}
		})
	}
}
