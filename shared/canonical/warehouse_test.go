package canonical_test

import (
	"testing"

	"causeway.example/shared/canonical"
)

func TestAWarehousesOrderIsSaidInWordsAndByItsEvent(t *testing.T) {
	t.Parallel()
	two, three := canonical.Pieces(mustDecimal(t, "2")), canonical.Pieces(mustDecimal(t, "3"))
	for _, c := range []struct {
		order canonical.WarehouseOrder
		event string
		words string
	}{
		{canonical.WarehouseOrder{Status: canonical.WarehouseReleased, Lines: []canonical.WarehouseLine{{SKU: "TEE", Ordered: two}}}, canonical.OrderReleased, "released"},
		{canonical.WarehouseOrder{Status: canonical.WarehouseCancelled}, canonical.FulfillmentCancelled, "cancelled"},
		{canonical.WarehouseOrder{Status: canonical.WarehouseHeld, Holds: []canonical.Hold{{Reason: "OutOfStock", SKU: "TEE"}, {Reason: "InvalidAddress"}}}, canonical.OrderHeld, "held: OutOfStock (TEE), InvalidAddress"},
		{canonical.WarehouseOrder{Status: canonical.WarehouseDiscrepancy, Lines: []canonical.WarehouseLine{{SKU: "TEE", Ordered: three, Shipped: &two}, {SKU: "HOOD", Ordered: two}}}, canonical.ShipmentDiscrepancy, "discrepancy: 2 of 3 TEE left"},
	} {
		if event, words := c.order.EventType(), c.order.Words(); event != c.event || words != c.words {
			t.Errorf("%+v is %s, %q", c.order, event, words)
		}
	}
}

func TestAReturnIsSaidInWords(t *testing.T) {
	t.Parallel()
	one, two := canonical.Pieces(mustDecimal(t, "1")), canonical.Pieces(mustDecimal(t, "2"))
	r := canonical.Return{Lines: []canonical.ReturnLine{{SKU: "TEE", Quantity: two, Restocked: &one}, {SKU: "HOOD", Quantity: one}}}
	if got := r.Words(); got != "2 TEE (1 restocked), 1 HOOD" {
		t.Errorf("got %q", got)
	}
}
