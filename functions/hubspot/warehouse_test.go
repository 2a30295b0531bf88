package hubspot_test

import (
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// atWarehouse returns what the warehouse has of order 5001 in the state.
func atWarehouse(status canonical.WarehouseStatus) *canonical.WarehouseOrder {
	w := &canonical.WarehouseOrder{ID: "567", Order: "5001", Status: status, ReleasedAt: noon.Add(time.Hour), Lines: []canonical.WarehouseLine{{SKU: "TEE-BLK-M", Ordered: pieces(2)}}}
	switch status {
	case canonical.WarehouseHeld:
		w.Holds = []canonical.Hold{{Reason: "OutOfStock", SKU: "TEE-BLK-M"}}
	case canonical.WarehouseDiscrepancy:
		w.Lines[0].Shipped = new(pieces(1))
	}
	return w
}

func TestTheCRMShowsWhatTheWarehouseHas(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	if f := a.refuse(atWarehouse(canonical.WarehouseHeld)); f.Kind != fault.NotReady || f.Field != "order" {
		t.Errorf("without the order: %v", f)
	}
	a.confirm(sale(nil))
	for status, words := range map[canonical.WarehouseStatus]string{
		canonical.WarehouseReleased: "released", canonical.WarehouseHeld: "held: OutOfStock (TEE-BLK-M)",
		canonical.WarehouseDiscrepancy: "discrepancy: 1 of 2 TEE-BLK-M left", canonical.WarehouseCancelled: "cancelled",
	} {
		a.confirm(atWarehouse(status))
		a.want(a.only("orders"), map[string]string{"causeway_warehouse": words, "causeway_released_at": "1795352400000"})
	}
}
