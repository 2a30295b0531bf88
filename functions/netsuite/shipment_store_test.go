package netsuite_test

import (
	"strings"
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// storeShips delivers a shipment that the store of the order published.
func (s *sale) storeShips(body *canonical.Shipment) (connector.Receipt, error) {
	s.t.Helper()
	m := s.shipmentEvent(body)
	m.Source, m.Tenant = "causeway."+saleKey.System, saleKey.Tenant
	return s.deliver(s.t.Context(), m)
}

// numbered is a shipment with a tracking number that others have too.
func numbered(id, number string, articles map[string]string) *canonical.Shipment {
	body := shipment(id, articles)
	body.Tracking[0].Number = number
	return body
}

func TestTwoFulfillmentsOfAStoreWithOneNumberAreTwoItemFulfillments(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	for _, id := range []string{"F-1", "F-2", "F-1"} {
		_, err := s.storeShips(numbered(id, "1Z1", map[string]string{"TEE-BLK-M": "1"}))
		s.must(err)
	}
	if made := s.fake.ItemFulfillments(); len(made) != 2 || s.fake.Orders()[0].Lines[0].Fulfilled != "2" {
		t.Errorf("got %+v", made)
	}
}

// The shop cancels a fulfillment and makes another of the same pieces; the second is delivered first.
func TestAFulfillmentWaitsForThatWhichItReplaces(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	first := numbered("F-1", "1Z1", map[string]string{"TEE-BLK-M": "2"})
	_, err := s.storeShips(first)
	s.must(err)
	second := numbered("F-2", "1Z1", map[string]string{"TEE-BLK-M": "2"})
	_, err = s.storeShips(second)
	if f := fault.As(err); f == nil || f.Kind != fault.NotReady || f.Class != fault.Conflict || !strings.Contains(f.Detail, "waits until that one is cancelled") {
		t.Fatalf("got %v", err)
	}
	first.Status = canonical.ShipmentCancelled
	_, err = s.storeShips(first)
	s.must(err)
	_, err = s.storeShips(second)
	s.must(err)
	if made := s.fake.ItemFulfillments(); len(made) != 1 || !strings.Contains(made[0].Memo, "F-2") {
		t.Errorf("got %+v", made)
	}
}

// Pieces that no fulfillment of the store has are more than was ordered, for a person.
func TestMoreThanWasOrderedDoesNotWait(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	s.mustShip(numbered("S-1", "1Z1", map[string]string{"TEE-BLK-M": "1"})) // by a warehouse
	_, err := s.storeShips(numbered("F-1", "1Z2", map[string]string{"TEE-BLK-M": "2"}))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Code != "over_fulfilled" && f.Class != fault.Conflict {
		t.Errorf("got %v", err)
	}
	same, err := s.storeShips(numbered("F-2", "1Z1", map[string]string{"TEE-BLK-M": "1"}))
	s.must(err)
	if made := s.fake.ItemFulfillments(); len(made) != 1 || same.Ref != made[0].ID {
		t.Errorf("the warehouse's parcel that a person entered again: %+v, %+v", same, made)
	}
}
