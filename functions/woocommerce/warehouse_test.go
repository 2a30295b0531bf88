package woocommerce_test

import (
	"slices"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// stateEvent is the event of what a warehouse has of order 42.
func stateEvent(t testing.TB, status canonical.WarehouseStatus) *message.Message {
	t.Helper()
	two := canonical.Pieces(canonical.NewDecimal(2, 0))
	w := &canonical.WarehouseOrder{ID: "567", Order: "42", Status: status, ReleasedAt: time.Now(), Lines: []canonical.WarehouseLine{{SKU: "A", Ordered: two}}}
	switch status {
	case canonical.WarehouseHeld:
		w.Holds = []canonical.Hold{{Reason: "OutOfStock", SKU: "A"}}
	case canonical.WarehouseDiscrepancy:
		w.Lines[0].Shipped = new(canonical.Pieces(canonical.NewDecimal(1, 0)))
	}
	m := shippedEvent(t, shipmentOf("S-1", map[string]int64{"A": 1}))
	body, err := canonical.Encode(w)
	if err != nil {
		t.Fatal(err)
	}
	m.ID, m.Type, m.Subject, m.Schema, m.Body = "event-"+string(status), w.EventType(), "warehouse_order/"+m.Parents[0].String(), "warehouse_order/1", body
	return m
}

// TestAHoldOfTheWarehouseIsAnInternalNote: each change once, and none of an order that was never held.
func TestAHoldOfTheWarehouseIsAnInternalNote(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	for _, status := range []canonical.WarehouseStatus{canonical.WarehouseReleased, canonical.WarehouseHeld, canonical.WarehouseHeld, canonical.WarehouseReleased, canonical.WarehouseDiscrepancy} {
		if _, err := ship(t, system, stateEvent(t, status)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"Warehouse: held: OutOfStock (A)", "Warehouse: released", "Warehouse: discrepancy: 1 of 2 A left"}
	if notes := notesOf(fake); !slices.Equal(notes, want) || fake.Notes(42)[0].Customer || fake.Status(42) != "processing" {
		t.Errorf("notes %q, status %s", notes, fake.Status(42))
	}
	fake.Delete(42)
	_, err := ship(t, system, stateEvent(t, canonical.WarehouseHeld))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "order" {
		t.Errorf("of an order that is gone: %v", err)
	}
}
