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

func returnOf(id string, restocked int64) *canonical.Return {
	r := &canonical.Return{ID: id, Order: "5001", At: noon.Add(72 * time.Hour), Lines: []canonical.ReturnLine{{SKU: "TEE-BLK-M", Quantity: pieces(2)}}}
	if restocked >= 0 {
		r.Lines[0].Restocked = new(pieces(restocked))
	}
	return r
}

// TestAReturnIsListedOnce: whichever of its two facts is reported first.
func TestAReturnIsListedOnce(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{{canonical.ReturnRequested, canonical.ReturnReceived}, {canonical.ReturnReceived, canonical.ReturnRequested}} {
		a := newAccount(t, nil)
		a.confirm(sale(nil), returnOf("78", -1))
		for range 2 {
			for _, kind := range order {
				r := returnOf("77", map[string]int64{canonical.ReturnRequested: -1, canonical.ReturnReceived: 1}[kind])
				d := a.delivery(r)
				d.Message.Type = kind
				if receipt, err := a.system.Target.Deliver(t.Context(), d); err != nil || receipt.Ref == "" {
					t.Fatalf("%s: %+v, %v", kind, receipt, err)
				}
			}
		}
		a.want(a.only("orders"), map[string]string{"causeway_returns": "77: shipbob 2026-11-25 received 2 TEE-BLK-M (1 restocked)\n78: shipbob 2026-11-25 requested 2 TEE-BLK-M"})
	}
}
