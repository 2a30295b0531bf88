package shopify_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// set delivers a state of a shipment that has the fulfillment ref.
func (s *shop) set(t testing.TB, of *canonical.Shipment, ref string) (connector.Receipt, error) {
	t.Helper()
	return s.Target.Deliver(t.Context(), connector.Delivery{Message: shippedMessage(t, of), Body: of, Ref: ref, Attempt: 1})
}

// openTwoPlaces ships order 5001 from two locations, and returns the shipment and its ref.
func openTwoPlaces(t *testing.T, number string) (*shop, *canonical.Shipment, string) {
	t.Helper()
	s := open(t, nil)
	s.fake.Put(threeTees())
	s.fake.Assign("5001", "12", "2", 1)
	p := parcel("S-1", number, shippedLine("HOOD-M", 1), shippedLine("TEE-BLK-M", 2))
	receipt, err := s.ship(t, shippedMessage(t, p), 1)
	if err != nil || len(s.fake.Fulfillments("5001")) != 2 {
		t.Fatalf("got %+v, %v", s.fake.Fulfillments("5001"), err)
	}
	return s, p, receipt.Ref
}

// TestACorrectedNumberReachesEveryFulfillment: also after an attempt that corrected one of two.
func TestACorrectedNumberReachesEveryFulfillment(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"1Z1", ""} { // a number may come later than the shipment
		s, p, ref := openTwoPlaces(t, before)
		next := later(p, func(p *canonical.Shipment) {
			p.Tracking = []canonical.Tracking{{Number: "1ZNEW", URL: "https://track.example/1ZNEW"}}
		})
		s.fake.LoseAnswer("fulfillmentTrackingInfoUpdate")
		if _, err := s.set(t, next, ref); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("%q: the first attempt: %v", before, err)
		}
		for range 2 {
			if _, err := s.set(t, next, ref); err != nil {
				t.Fatal(err)
			}
		}
		made := s.fake.Fulfillments("5001")
		if len(made) != 2 || made[0].Numbers[0] != "1ZNEW" || made[1].Numbers[0] != "1ZNEW" || made[0].Mails != 2 || made[1].URLs[0] != "https://track.example/1ZNEW" {
			t.Errorf("%q: got %+v", before, made)
		}
	}
}

func TestADeliveredShipmentHasOneEvent(t *testing.T) {
	t.Parallel()
	s, p, ref := openTwoPlaces(t, "1Z1")
	next := later(p, func(p *canonical.Shipment) { p.Status, p.DeliveredAt = canonical.Delivered, now.Add(48*time.Hour) })
	for range 2 {
		if _, err := s.set(t, next, ref); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range s.fake.Fulfillments("5001") {
		if !slices.Equal(f.Events, []string{"DELIVERED"}) || f.Mails != 1 {
			t.Errorf("got %+v", f)
		}
	}
}

// TestTheFirstStateThatArrivesCreates: a delivered shipment that Shopify has nothing of is whole at once.
func TestTheFirstStateThatArrivesCreates(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	p := later(parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1)), func(p *canonical.Shipment) { p.Status, p.DeliveredAt = canonical.Delivered, now })
	receipt, err := s.ship(t, shippedMessage(t, p), 1)
	made := s.fake.Fulfillments("5001")
	if err != nil || len(made) != 1 || !slices.Equal(made[0].Events, []string{"DELIVERED"}) || receipt.Ref != strconv.FormatInt(made[0].ID, 10) {
		t.Errorf("got %+v, %v, %+v", receipt, err, made)
	}
}

// TestACancelledShipmentIsNotFulfilled: its pieces are open again, and another shipment takes them.
func TestACancelledShipmentIsNotFulfilled(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"1Z1", ""} {
		s, p, ref := openTwoPlaces(t, number)
		gone := later(p, func(p *canonical.Shipment) { p.Status = canonical.ShipmentCancelled })
		s.fake.LoseAnswer("fulfillmentCancel")
		if _, err := s.set(t, gone, ref); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("%q: the first attempt: %v", number, err)
		}
		for range 2 {
			if receipt, err := s.set(t, gone, ref); err != nil || receipt.Ref != ref {
				t.Fatalf("%q: %+v, %v", number, receipt, err)
			}
		}
		for _, f := range s.fake.Fulfillments("5001") {
			if f.Status != "CANCELLED" {
				t.Errorf("%q: got %+v", number, f)
			}
		}
		if _, err := s.ship(t, shippedMessage(t, parcel("S-2", "1Z2", shippedLine("HOOD-M", 1), shippedLine("TEE-BLK-M", 3))), 1); err != nil {
			t.Errorf("%q: shipped again: %v", number, err)
		}
	}
}

// TestAFulfillmentOfTwoShipmentsStaysUntilBothAreCancelled: a warehouse may make a shipment again with the same
// number before it cancels the first.
func TestAFulfillmentOfTwoShipmentsStaysUntilBothAreCancelled(t *testing.T) {
	t.Parallel()
	s, p, ref := openTwoPlaces(t, "1Z1")
	again := later(p, func(p *canonical.Shipment) { p.ID = "S-2" })
	if receipt, err := s.ship(t, shippedMessage(t, again), 1); err != nil || receipt.Ref != ref {
		t.Fatalf("again: %+v, %v", receipt, err)
	}
	for i, of := range []*canonical.Shipment{p, again} {
		for range 2 {
			if _, err := s.set(t, later(of, func(p *canonical.Shipment) { p.Status = canonical.ShipmentCancelled }), ref); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range s.fake.Fulfillments("5001") {
			if (f.Status == "CANCELLED") != (i == 1) {
				t.Errorf("after %s: %+v", of.ID, f)
			}
		}
	}
	if made := s.fake.Fulfillments("5001"); len(made) != 2 {
		t.Errorf("got %+v", made)
	}
}

// TestAParcelStaysWithAShipmentThatLeftAfterAll: of two shipments of one parcel, one is cancelled and shipped again
// before the other is cancelled.
func TestAParcelStaysWithAShipmentThatLeftAfterAll(t *testing.T) {
	t.Parallel()
	for again := range 2 {
		s := open(t, nil)
		s.fake.Put(threeTees())
		var both [2]*canonical.Shipment
		ref := ""
		for i, id := range []string{"S-1", "S-2"} {
			both[i] = parcel(id, "1Z1", shippedLine("TEE-BLK-M", 2))
			receipt, err := s.ship(t, shippedMessage(t, both[i]), 1)
			if err != nil || ref != "" && receipt.Ref != ref {
				t.Fatalf("%+v, %v", receipt, err)
			}
			ref = receipt.Ref
		}
		gone := func(p *canonical.Shipment) { p.Status = canonical.ShipmentCancelled }
		first, second := both[again], both[1-again]
		for i, step := range []struct {
			of     *canonical.Shipment
			status string
		}{{later(first, gone), "SUCCESS"}, {first, "SUCCESS"}, {later(second, gone), "SUCCESS"}, {later(first, gone), "CANCELLED"}} {
			m := shippedMessage(t, step.of)
			m.Sequence = message.NewSequence(now.Add(time.Duration(i+1)*time.Minute), false, time.Time{})
			for range 2 {
				if _, err := s.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: step.of, Ref: ref, Attempt: 1}); err != nil {
					t.Fatal(i, err)
				}
			}
			if made := s.fake.Fulfillments("5001"); len(made) != 1 || made[0].Status != step.status {
				t.Errorf("%s again, step %d: %+v", first.ID, i, made)
			}
		}
	}
}

// TestACancelledShipmentThatShopifyDoesNotHaveChangesNothing leaves another shipment's fulfillment
// as it is.
func TestACancelledShipmentThatShopifyDoesNotHaveChangesNothing(t *testing.T) {
	t.Parallel()
	s, _, _ := openTwoPlaces(t, "1Z1")
	for _, number := range []string{"1Z2", ""} {
		gone := later(parcel("S-2", number, shippedLine("TEE-BLK-M", 1)), func(p *canonical.Shipment) { p.Status = canonical.ShipmentCancelled })
		receipt, err := s.ship(t, shippedMessage(t, gone), 1)
		if err != nil || !receipt.Linked || !strings.Contains(receipt.Detail, "has no fulfillment of the shipment") {
			t.Errorf("%q: got %+v, %v", number, receipt, err)
		}
		gone.Lines = nil
		if receipt, err = s.ship(t, shippedMessage(t, gone), 1); err != nil || !receipt.Linked {
			t.Errorf("%q without lines: got %+v, %v", number, receipt, err)
		}
	}
	for _, f := range s.fake.Fulfillments("5001") {
		if f.Status != "SUCCESS" {
			t.Errorf("got %+v", f)
		}
	}
}

// TestShipmentsOfOneNumberAreApart: two shipments in one parcel. What happens to one leaves the other.
func TestShipmentsOfOneNumberAreApart(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	large, small := parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 2)), parcel("S-2", "1Z1", shippedLine("HOOD-M", 1))
	refs := map[string]string{}
	for _, p := range []*canonical.Shipment{large, small} {
		receipt, err := s.ship(t, shippedMessage(t, p), 1)
		if err != nil {
			t.Fatal(err)
		}
		refs[p.ID] = receipt.Ref
	}
	one := parcel("S-3", "1Z1", shippedLine("TEE-BLK-M", 1)) // a part of what S-1 had, under an id of its own
	for _, c := range []struct {
		of    *canonical.Shipment
		lines []canonical.ShipmentLine
		live  int
	}{{small, small.Lines, 1}, {large, nil, 0}} {
		gone := later(c.of, func(p *canonical.Shipment) { p.Status, p.Lines = canonical.ShipmentCancelled, c.lines })
		if _, err := s.set(t, gone, refs[c.of.ID]); err != nil {
			t.Fatal(err)
		}
		live := slices.DeleteFunc(s.fake.Fulfillments("5001"), func(f shopifytest.Fulfillment) bool { return f.Status != "SUCCESS" })
		if len(live) != c.live {
			t.Errorf("after %s: %+v", c.of.ID, live)
		}
	}
	if _, err := s.ship(t, shippedMessage(t, one), 1); err != nil {
		t.Error(err)
	}
}

// TestACancelledShipmentOfAnUnknownOrderChangesNothing: the order was deleted, which cancelled it.
func TestACancelledShipmentOfAnUnknownOrderChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	gone := later(parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 1)), func(p *canonical.Shipment) { p.Status = canonical.ShipmentCancelled })
	if receipt, err := s.ship(t, shippedMessage(t, gone), 1); err != nil || !receipt.Linked {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

// TestAPersonsCancellationInShopifyIsKept: a later state of the shipment is no second fulfillment.
func TestAPersonsCancellationInShopifyIsKept(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	p := parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 2))
	receipt, err := s.ship(t, shippedMessage(t, p), 1)
	if err != nil {
		t.Fatal(err)
	}
	fewer := later(p, func(p *canonical.Shipment) { p.Lines = []canonical.ShipmentLine{shippedLine("TEE-BLK-M", 1)} })
	_, err = s.set(t, fewer, receipt.Ref)
	wantFault(t, err, fault.Rejected, fault.Conflict, "lines")
	s.fake.CancelFulfillment(s.fake.Fulfillments("5001")[0].ID)
	_, err = s.set(t, later(p, func(p *canonical.Shipment) { p.Status = canonical.Delivered }), receipt.Ref)
	wantFault(t, err, fault.Rejected, fault.Conflict, "status")
	if made := s.fake.Fulfillments("5001"); len(made) != 1 {
		t.Errorf("got %+v", made)
	}
}

// TestWhatIsAddedToAShipmentIsFulfilledToo: the warehouse reports one piece more under the same id.
func TestWhatIsAddedToAShipmentIsFulfilledToo(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(threeTees())
	p := parcel("S-1", "1Z1", shippedLine("TEE-BLK-M", 2))
	receipt, err := s.ship(t, shippedMessage(t, p), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.set(t, later(p, func(p *canonical.Shipment) { p.Lines = []canonical.ShipmentLine{shippedLine("TEE-BLK-M", 3)} }), receipt.Ref); err != nil {
		t.Fatal(err)
	}
	if made := s.fake.Fulfillments("5001"); len(made) != 2 || made[1].Lines["11"] != 1 {
		t.Errorf("got %+v", made)
	}
}
