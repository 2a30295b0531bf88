package test_test

import "testing"

// TestERPShipsAgainWhatWasDeletedAndMadeAgain: a person deletes an item fulfillment and makes it again with the
// number of the same parcel, and the store is told of the second before it is told of the end of the first.
func TestERPShipsAgainWhatWasDeletedAndMadeAgain(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			without := withERPShipping(map[string]string{"NETSUITE_SHIPPING_DELETED": "false"})
			journey(t, without, func(w *world) {
				w.sold(system)
				first := w.erpShips(system, "3", "1Z1")
				w.polledERP()
				if err := w.erp.Unpack(first); err != nil {
					t.Fatal(err)
				}
				second := w.erpShips(system, "3", "1Z1")
				w.polledERP()
				w.restart(withERPShipping(nil))
				before := w.order(system, "42")
				w.shippedByERP(system, before, []string{"3 by 1Z1"}, []string{"1Z1: 3 TEE-BLK-M", "1Z1: 3 TEE-BLK-M; cancelled"})
				if err := w.erp.Unpack(second); err != nil {
					t.Fatal(err)
				}
				before = w.order(system, "42")
				w.shippedByERP(system, before, nil, []string{"1Z1: 3 TEE-BLK-M; cancelled", "1Z1: 3 TEE-BLK-M; cancelled"})
			})
		})
	}
}
