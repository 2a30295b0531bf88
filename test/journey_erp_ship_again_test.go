package test_test

import (
	"testing"
)

// TestERPShipsAgainWhatWasDeletedAndMadeAgain: a person deletes an item fulfillment and makes it again with the
// number of the same parcel, before the next poll. The store has the parcel once, and keeps it.
func TestERPShipsAgainWhatWasDeletedAndMadeAgain(t *testing.T) {
	t.Parallel()
	eachStore(t, nil, func(w *world, system string, _ setup) {
		id := w.erpShips(system, "3", "1Z1")
		before := w.order(system, "42")
		w.shippedByERP(system, before, []string{"3 by 1Z1"}, []string{"1Z1: 3 TEE-BLK-M"})
		if err := w.erp.Unpack(id); err != nil {
			w.Fatal(err)
		}
		w.erpShips(system, "3", "1Z1")
		before = w.order(system, "42")
		w.shippedByERP(system, before, []string{"3 by 1Z1"}, []string{"1Z1: 3 TEE-BLK-M", "1Z1: 3 TEE-BLK-M; cancelled"})
	})
}
