package woocommerce_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// pluginList returns the plugins' list as text.
func pluginList(t testing.TB, fake *woocommercetest.Fake) string {
	t.Helper()
	text, err := json.Marshal(fake.Meta(42)["_wc_shipment_tracking_items"])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func notesOf(fake *woocommercetest.Fake) (all []string) {
	for _, note := range fake.Notes(42) {
		all = append(all, note.Text)
	}
	return all
}

func withNumber(number string) func(*canonical.Shipment) {
	return func(s *canonical.Shipment) {
		s.Tracking = []canonical.Tracking{{Number: number, URL: "https://track.example/?n=" + number}}
	}
}

func TestACorrectedNumberReplacesTheOldOne(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, map[string]string{"WOOCOMMERCE_SHIPMENT_TRACKING": "true"})
	goods := map[string]int64{"A": 3, "B": 1}
	mustShip(t, system, shipmentOf("S-1", goods))
	for range 2 {
		mustShip(t, system, laterOf(shipmentOf("S-1", goods), withNumber("1ZNEW")))
	}
	mustShip(t, system, laterOf(shipmentOf("S-1", goods), func(s *canonical.Shipment) {
		withNumber("1ZNEW")(s)
		s.Status = canonical.Delivered
	}))
	notes, list := notesOf(fake), pluginList(t, fake)
	if len(notes) != 2 || notes[1] != "Shipment S-1 of depot, new tracking: UPS 1ZNEW https://track.example/?n=1ZNEW" {
		t.Errorf("notes %q", notes)
	}
	if strings.Contains(list, "1ZS-1") || strings.Count(list, `"1ZNEW"`) != 1 || fake.Status(42) != "completed" {
		t.Errorf("list %s, status %s", list, fake.Status(42))
	}
	found := false
	for key, value := range fake.Meta(42) {
		text, _ := value.(string)
		found = found || strings.HasPrefix(key, "_causeway_shipment_") && strings.Contains(text, `"status":"delivered","tracking":["1ZNEW"]`)
	}
	if !found {
		t.Errorf("meta data %v", fake.Meta(42))
	}
}

// TestTheSameNumberOfTwoSystems is two shipments, each with notes of its own.
func TestTheSameNumberOfTwoSystems(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 2}))
	other := shippedEvent(t, laterOf(shipmentOf("S-1", map[string]int64{"A": 1}), withNumber("1ZOTHER")))
	other.Source, other.Tenant = "causeway.netsuite", "1234567"
	gone := shippedEvent(t, laterOf(shipmentOf("S-1", map[string]int64{"A": 1}), func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled }))
	gone.Source, gone.Tenant = other.Source, other.Tenant
	for _, m := range []*message.Message{other, other, gone, gone} {
		if _, err := ship(t, system, m); err != nil {
			t.Fatal(err)
		}
	}
	mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 2}))
	want := []string{
		"Shipment S-1 of depot: 2 × A. UPS 1ZS-1 https://track.example/?a=1&n=1ZS-1",
		"Shipment S-1 of netsuite: 1 × A. UPS 1ZOTHER https://track.example/?n=1ZOTHER", "Shipment S-1 of netsuite, cancelled: it did not leave.",
	}
	if notes := notesOf(fake); !slices.Equal(notes, want) {
		t.Errorf("notes %q", notes)
	}
}

// TestANoteOfBeforeThereWereSystemsCounts, so that no customer has a second mail of the same parcel.
func TestANoteOfBeforeThereWereSystemsCounts(t *testing.T) {
	t.Parallel()
	for older, want := range map[string]int{"Shipment S-1: 2 × A. UPS 1ZS-1": 1, "Shipment S-1, cancelled: it did not leave.": 2, "Shipment S-11: 2 × A. UPS 1ZS-1": 2} {
		fake := storeWith()
		fake.Remark(42, older)
		mustShip(t, mustOpenWith(t, fake, nil), shipmentOf("S-1", map[string]int64{"A": 2}))
		if notes := notesOf(fake); len(notes) != want {
			t.Errorf("after %q: %q", older, notes)
		}
	}
}

// TestAParcelOfTwoShipmentsStaysUntilBothAreCancelled: the customer has one mail of it, and one of its end.
func TestAParcelOfTwoShipmentsStaysUntilBothAreCancelled(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, map[string]string{"WOOCOMMERCE_SHIPMENT_TRACKING": "true"})
	goods := map[string]int64{"A": 3, "B": 1}
	for _, id := range []string{"S-1", "S-2", "S-3"} {
		mustShip(t, system, laterOf(shipmentOf(id, goods), withNumber("1Z1")))
	}
	for i, id := range []string{"S-1", "S-2", "S-3"} {
		for range 2 {
			mustShip(t, system, laterOf(shipmentOf(id, goods), func(s *canonical.Shipment) { withNumber("1Z1")(s); s.Status = canonical.ShipmentCancelled }))
		}
		list, last := pluginList(t, fake), i == 2
		if got := fake.Status(42); (got == "completed") == last || strings.Count(list, `"tracking_number":"1Z1"`) != map[bool]int{false: 1}[last] {
			t.Errorf("without %s: %s, list %s, meta data %v", id, got, list, fake.Meta(42))
		}
	}
	if notes := notesOf(fake); len(notes) != 2 || notes[1] != "Shipment S-1 of depot, cancelled: it did not leave." {
		t.Errorf("notes %q", notes)
	}
}

// TestAParcelThatAnotherShipmentKeepsHasOneMail under the name that the customer knows, whatever happens to it.
func TestAParcelThatAnotherShipmentKeepsHasOneMail(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	goods := map[string]int64{"A": 3, "B": 1}
	state := func(id, number string, status canonical.ShipmentStatus) {
		for range 2 {
			mustShip(t, system, laterOf(shipmentOf(id, goods), func(s *canonical.Shipment) { withNumber(number)(s); s.Status = status }))
		}
	}
	state("S-1", "1Z1", "")
	state("S-2", "1Z1", "")
	state("S-1", "1Z1", canonical.ShipmentCancelled)
	state("S-2", "1Z1", canonical.Delivered)
	if notes := notesOf(fake); len(notes) != 1 {
		t.Errorf("notes %q", notes)
	}
	state("S-2", "1Z2", "")
	state("S-1", "1Z2", "") // it left after all, as the same parcel
	state("S-2", "1Z2", canonical.ShipmentCancelled)
	state("S-1", "1Z3", "")
	state("S-1", "1Z3", canonical.ShipmentCancelled)
	notes := notesOf(fake)
	for i, begins := range []string{"Shipment S-1 of depot: 3", "Shipment S-1 of depot, new tracking: UPS 1Z2", "Shipment S-1 of depot, new tracking: UPS 1Z3", "Shipment S-1 of depot, cancelled"} {
		if len(notes) != 4 || !strings.HasPrefix(notes[i], begins) {
			t.Errorf("notes %q, want %q", notes, begins)
		}
	}
}

// TestACancelledShipmentOpensTheOrderAgain: its pieces may be shipped by another, which completes the
// order again.
func TestACancelledShipmentOpensTheOrderAgain(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, map[string]string{"WOOCOMMERCE_SHIPMENT_TRACKING": "true"})
	mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 2}))
	mustShip(t, system, shipmentOf("S-2", map[string]int64{"A": 1, "B": 1}))
	if fake.Status(42) != "completed" {
		t.Fatalf("status %s", fake.Status(42))
	}
	for range 2 {
		mustShip(t, system, laterOf(shipmentOf("S-1", nil), func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled }))
	}
	notes, list := notesOf(fake), pluginList(t, fake)
	if fake.Status(42) != "processing" || strings.Contains(list, "1ZS-1") || !strings.Contains(list, "1ZS-2") || len(notes) != 3 || notes[2] != "Shipment S-1 of depot, cancelled: it did not leave." {
		t.Errorf("status %s, list %s, notes %q", fake.Status(42), list, notes)
	}
	mustShip(t, system, shipmentOf("S-3", map[string]int64{"A": 2}))
	if fake.Status(42) != "completed" {
		t.Errorf("after the next shipment: %s", fake.Status(42))
	}
}

// TestAShipmentOfFewerPiecesOpensTheOrderAgain: a person corrected what left, and ships the rest later.
func TestAShipmentOfFewerPiecesOpensTheOrderAgain(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 3, "B": 1}))
	for range 2 {
		mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 2, "B": 1}))
		if fake.Status(42) != "processing" {
			t.Errorf("after 3 of 4: %s", fake.Status(42))
		}
	}
	mustShip(t, system, shipmentOf("S-2", map[string]int64{"A": 1}))
	if fake.Status(42) != "completed" {
		t.Errorf("after the rest: %s", fake.Status(42))
	}
}

// TestWhatAPersonCompletedStays: no shipment of ours completed the order.
func TestWhatAPersonCompletedStays(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, map[string]string{"WOOCOMMERCE_COMPLETE": "false"})
	s := shipmentOf("S-1", map[string]int64{"A": 3, "B": 1})
	mustShip(t, system, s)
	fake.SetStatus(42, "completed")
	receipt := mustShip(t, system, laterOf(s, func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled }))
	if fake.Status(42) != "completed" || !strings.Contains(receipt.Detail, "stays completed") {
		t.Errorf("status %s, %+v", fake.Status(42), receipt)
	}
}

func TestACancelledShipmentThatTheOrderDoesNotHaveChangesNothing(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	before := string(fake.Body(42))
	s := laterOf(shipmentOf("S-1", nil), func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled })
	if receipt := mustShip(t, mustOpenWith(t, fake, nil), s); !receipt.Linked || string(fake.Body(42)) != before || len(fake.Notes(42)) != 0 {
		t.Errorf("got %+v, %+v", receipt, fake.Notes(42))
	}
	fake.Delete(42) // which cancelled it at the warehouse
	if receipt := mustShip(t, mustOpenWith(t, fake, nil), s); !receipt.Linked {
		t.Errorf("of an order that is gone: %+v", receipt)
	}
}

// TestACancelledShipmentThatLeftAfterAllIsShipped: the warehouse took the cancellation back.
func TestACancelledShipmentThatLeftAfterAllIsShipped(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	goods := map[string]int64{"A": 3, "B": 1}
	mustShip(t, system, shipmentOf("S-1", goods))
	mustShip(t, system, laterOf(shipmentOf("S-1", goods), func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled }))
	mustShip(t, system, shipmentOf("S-1", goods))
	if notes := notesOf(fake); fake.Status(42) != "completed" || len(notes) != 3 || !strings.HasPrefix(notes[2], "Shipment S-1 of depot, it left: 3 × A, 1 × B. UPS") {
		t.Errorf("status %s, notes %q", fake.Status(42), notes)
	}
}
