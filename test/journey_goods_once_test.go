package test_test

import (
	"slices"
	"testing"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/message"
)

// twoLines is order 42 with two lines of one SKU, two pieces and one.
func twoLines(after time.Duration) shopifytest.Purchase {
	sale := ingestSale(42, after, 2)
	sale.Items = append(sale.Items, shopifytest.Item{ID: 2, SKU: "TEE-BLK-M", Title: "Merino Tee, reduced", Quantity: 1, Price: 700})
	return sale
}

// TestMovementGoodsOfOneSKUAreCountedOnceWithEachSetting: movements, a shipment, a return and its refund at one center,
// whose ERP receives returns and publishes its orders and stock. The order has two lines of the SKU.
func TestMovementGoodsOfOneSKUAreCountedOnceWithEachSetting(t *testing.T) {
	t.Parallel()
	for name, refundFirst := range map[string]bool{"the refund first": true, "the return first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := withMovements(map[string]string{
				"NETSUITE_RETURNS": "receipt", "NETSUITE_INVOICE": "shipped", "NETSUITE_ORDERS": "all", "NETSUITE_LOCATION": "5",
			})
			journey(t, s, func(w *world) {
				w.warehouse.Stow("TEE-BLK-M", 9, 40, "115316", "1")
				w.pollsMovements()
				w.ingestOK(w.shopify("orders/create", twoLines(0).Body()))
				w.pass(10 * time.Minute)
				w.warehouse.Adjust("TEE-BLK-M", 9, -2)
				shipment := w.shipsOrder42()
				w.pollsMovements()
				w.sameStock(0)
				refunded := func() {
					sale := twoLines(3 * time.Hour)
					refund := payBack{tees: 2, paid: 2000, status: "success"}.shopify(0)
					refund["refund_line_items"].([]any)[0].(map[string]any)["subtotal_set"] = backBag(2000)
					refund["order_adjustments"] = []any{}
					sale.Change = func(order map[string]any) {
						order["refunds"], order["financial_status"] = []any{refund}, "partially_refunded"
					}
					w.ingestOK(w.shopify("orders/updated", sale.Body()))
					w.pass(time.Hour)
				}
				if refundFirst {
					refunded()
				}
				id := w.warehouse.Expect(shipment, map[string]int{"TEE-BLK-M": 3})
				w.pollsMovements()
				if err := w.warehouse.CompleteReturn(id, map[string]map[string]int{"TEE-BLK-M": {"Restock": 2, "Dispose": 1}}); err != nil {
					t.Fatal(err)
				}
				w.warehouse.Relocate("TEE-BLK-M", 9, 12, 6)
				w.pollsMovements()
				w.pollsMovements()
				if !refundFirst {
					refunded()
				}
				w.pass(2 * time.Hour)
				w.pollsMovements()
				w.sameStock(0)
				if got := w.warehouse.OnHand("TEE-BLK-M", 9); got != 40-2-3+2-6 || len(w.erp.CreditMemos()) != 1 {
					t.Errorf("the warehouse has %d, and the ERP %+v\n%s", got, w.erp.CreditMemos(), w.story())
				}
				w.wantERPReturns("H 2 of 2 TEE-BLK-M; H 0 of 1 TEE-BLK-M; receipt 2 TEE-BLK-M at 5; back 2")
				if got, want := w.adjustedBy(), []string{"5 TEE-BLK-M -2", "5 TEE-BLK-M -6", "5 TEE-BLK-M 40", "6 TEE-BLK-M 6"}; !slices.Equal(got, want) {
					t.Errorf("the ERP has %q, want %q", got, want)
				}
				w.noDead()
			})
		})
	}
}

// TestERPOrderAPersonAndTheStoreChangeAnOrderThatIsShippedAndComesBack: both books have the same in the end, and
// nothing goes on between them.
func TestERPOrderAPersonAndTheStoreChangeAnOrderThatIsShippedAndComesBack(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			s := withSalesOrders(map[string]string{"NETSUITE_RETURNS": "receipt", "NETSUITE_INVOICE": "shipped", "NETSUITE_SHIP_LOCATIONS": "9=5"})
			journey(t, s, func(w *world) {
				w.sold(system)
				w.try(w.erp.ChangeQuantity(w.external(system), 1, "2"))
				w.try(w.erp.ChangeMemo(w.external(system), w.order(system, "42").Memo+"; one less, by phone"))
				w.pollsERP()
				w.shows(system, "pending fulfillment", "TEE-BLK-M: 3 in the store, 2 in netsuite (SO)", tagged)
				if got := w.order(system, "42").Lines[0].Quantity; got != "2" {
					t.Errorf("the ERP has %s\n%s", got, w.story())
				}
				w.storeSells(system, 4)
				w.pollsERP()
				w.shows(system, "pending fulfillment", "none", settled)
				again, err := shipbob.Reference(message.Key{System: system, Tenant: tenants[system], Type: "order", ID: "42"}, 2) // issued anew
				w.try(err)
				shipment := w.shippedFor(again)
				w.goodsReturn(shipment, 3, 2, true)
				w.pollsERP()
				w.shows(system, "billed", "none", settled)
				w.wantERPReturns("H 2 of 3 TEE-BLK-M; receipt 2 TEE-BLK-M at 5; back 2")
				if got := w.order(system, "42").Lines[0]; got.Quantity != "4" || len(w.erp.ItemFulfillments()) != 1 {
					t.Errorf("the ERP has %+v\n%s", got, w.story())
				}
				w.quiet(system)
				w.noDead()
			})
		})
	}
}
