package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/port"
)

// TestH10AFirstImportAdoptsAndDoublesNothing has a store that is full of orders: the ERP has one
// of them from an earlier installation of Causeway whose table is gone, and none of the others.
func TestH10AFirstImportAdoptsAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.order(1001, "TEE-BLK-M", nil)
	w.pass(time.Hour)
	w.forgetState()
	for i := range 9 {
		past := shopifytest.Purchase{
			ID: int64(7000 + i), Number: 1100 + i, Customer: int64(80 + i%3), Email: fmt.Sprintf("ada%d@example.com", i%3), Currency: "USD",
			PlacedAt: w.clock.Now().AddDate(0, -8, i), UpdatedAt: w.clock.Now().AddDate(0, -8, i),
			Items: []shopifytest.Item{{SKU: "TEE-BLK-M", Quantity: 1, Price: 1900}},
		}
		w.shop.Put(past.Body())
	}
	w.play("backfill", "shopify", "--from", "2026-01-01", "--entity", "order")
	if code, _, complaints := w.run("backfill", "shopify", "--from", "2026-01-01", "--apply"); code == screen.ExitOK || !strings.Contains(complaints, "--reason") {
		t.Errorf("without a reason: %d %s", code, complaints)
	}
	w.play("backfill", "shopify", "--from", "2026-01-01", "--entity", "order", "--apply", "--reason", "first import")
	w.pass(2 * time.Hour)
	w.play("backfill", "shopify", "--from", "2026-01-01", "--entity", "order")
	w.golden("backfill")
	if orders, doubled := len(w.erp.Orders()), w.erp.Duplicates(); orders != 10 || len(doubled) != 0 || len(w.erp.Deposits()) != 10 {
		t.Errorf("the ERP has %d orders and %d deposits, doubled %v", orders, len(w.erp.Deposits()), doubled)
	}
	entries, err := w.store.Find(t.Context(), port.Query{Stage: port.Reconciled, Limit: 100})
	must2(t, err)
	for _, e := range entries {
		if e.Type != port.TypeUnconfirmed || !strings.Contains(e.Outcome, "first import, by ") {
			t.Errorf("the ledger has %s: %s", e.Type, e.Outcome)
		}
	}
	if code, _, complaints := w.run("backfill", "netsuite", "--from", "2026-01-01"); code != screen.ExitNotFound || !strings.Contains(complaints, "can be listed") {
		t.Errorf("a system without lists: %d %s", code, complaints)
	}
	if code, _, complaints := w.run("backfill", "shopify", "--from", "30d"); code != screen.ExitUsage || !strings.Contains(complaints, `"30d" is neither a date`) {
		t.Errorf("no date: %d %s", code, complaints)
	}
}

// TestABackfillOfItemFulfillmentsGoesByTheBackfillLane has a person's item fulfillment in the ERP from before the
// setting: the lists of one entity are told apart, and the parcel is found by its tracking number.
func TestABackfillOfItemFulfillmentsGoesByTheBackfillLane(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"NETSUITE_STOCK_LOCATIONS": "5", "NETSUITE_SHIPPING_LOCATIONS": "5", "NETSUITE_SHIPPING_DELETED": "true"})
	w.real()
	w.order(1001, "TEE-BLK-M", nil)
	parcel := netsuitetest.Parcel{Location: "5", Status: "C", Pieces: map[int]string{1: "1"}, Tracking: []string{"TRACK-1"}, Carrier: "UPS", Method: "UPS Ground"}
	_, err := w.erp.Pack(w.erp.Orders()[0].ExternalID, parcel)
	must2(t, err)
	w.pass(time.Hour)
	_, out, _ := w.run("backfill", "netsuite", "--from", "2026-01-01")
	for _, want := range []string{"inventories of 1234567_SB1 (inventory/kit) ", "shipments of 1234567_SB1 (shipment/changed)      1 ", "shipments of 1234567_SB1 (shipment/deleted)      0 "} {
		if !strings.Contains(out, want) {
			t.Errorf("without %q:\n%s", want, out)
		}
	}
	w.run("backfill", "netsuite", "--from", "2026-01-01", "--entity", "shipment", "--apply", "--reason", "history")
	if _, out, _ := w.run("status", "--jq", `.status.routes[] | select(.route == "netsuite-inbox-backfill") | .waiting`); strings.TrimSpace(out) != "1" {
		t.Errorf("status says %s", out)
	}
	w.pass(30 * time.Minute)
	if _, out, _ := w.run("trace", "TRACK-1"); !strings.HasPrefix(out, "shipment ") || !strings.Contains(out, "backfill: shipment ") {
		t.Errorf("trace says %s", out)
	}
}
