package operate_test

import (
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
