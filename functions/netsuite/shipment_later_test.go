package netsuite_test

import (
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// set delivers a state of a shipment that has the item fulfillment ref.
func (s *sale) set(ref string, body *canonical.Shipment) (connector.Receipt, error) {
	s.t.Helper()
	m := s.shipmentEvent(body)
	return s.system.Target.Deliver(s.t.Context(), connector.Delivery{
		Message: m, Body: body, Ref: ref, Parents: map[string]string{saleKey.String(): s.fake.Orders()[0].ID}, Attempt: 1,
	})
}

func cancelledShipment(id string, articles map[string]string) *canonical.Shipment {
	body := shipment(id, articles)
	body.Status = canonical.ShipmentCancelled
	return body
}

func TestACorrectedNumberIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	first := shipment("S-1", map[string]string{"TEE-BLK-M": "1"})
	receipt := s.mustShip(first)
	next := shipment("S-1", map[string]string{"TEE-BLK-M": "1"})
	next.Tracking[0].Number = "1ZNEW"
	for range 2 {
		again, err := s.set(receipt.Ref, next)
		if s.must(err); again.Ref != receipt.Ref {
			t.Errorf("got %+v", again)
		}
	}
	made := s.fake.ItemFulfillments()
	if len(made) != 1 || !slices.Equal(made[0].Tracking, []string{"1ZNEW"}) || made[0].Writes != 2 || !strings.HasSuffix(made[0].Memo, "tracking 1ZNEW") {
		t.Errorf("got %+v", made)
	}
	next.Tracking, next.Status = nil, canonical.Delivered
	_, err := s.set(receipt.Ref, next)
	if s.must(err); s.fake.ItemFulfillments()[0].Writes != 2 {
		t.Errorf("a state without a number wrote %+v", s.fake.ItemFulfillments()[0])
	}
}

// TestACancelledShipmentIsRemoved: its pieces are open again, and another shipment takes them.
func TestACancelledShipmentIsRemoved(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	receipt := s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "2"}))
	s.mustShip(shipment("S-2", map[string]string{"HOOD-M": "1"}))
	for range 2 {
		_, err := s.set(receipt.Ref, cancelledShipment("S-1", nil)) // without goods
		s.must(err)
	}
	if made := s.fake.ItemFulfillments(); len(made) != 1 || made[0].ID == receipt.Ref {
		t.Errorf("got %+v", made)
	}
	if l := s.fake.Orders()[0].Lines; l[0].Fulfilled != "0" || l[1].Fulfilled != "1" {
		t.Errorf("the order's lines are %+v", l)
	}
	s.mustShip(shipment("S-3", map[string]string{"TEE-BLK-M": "2"}))
}

func TestACancelledShipmentThatNetSuiteDoesNotHaveChangesNothing(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "1"}))
	receipt, err := s.set("", cancelledShipment("S-2", map[string]string{"TEE-BLK-M": "1"}))
	if s.must(err); !receipt.Linked || len(s.fake.ItemFulfillments()) != 1 {
		t.Errorf("got %+v", receipt)
	}
}

// TestALaterStateThatDoesNotFitIsForAPerson: nothing is written.
func TestALaterStateThatDoesNotFitIsForAPerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		prepare  func(*sale)
		state    *canonical.Shipment
		class    fault.Class
		field    string
		words    string
	}{
		"invoiced by us":        {map[string]string{"NETSUITE_INVOICE": "shipped"}, nil, cancelledShipment("S-1", nil), fault.Conflict, "status", "is invoiced by invoice"},
		"invoiced by a person":  {nil, func(s *sale) { _, err := s.fake.Invoice(s.external, 1); s.must(err) }, cancelledShipment("S-1", nil), fault.Conflict, "status", "is invoiced"},
		"a closed period":       {nil, func(s *sale) { s.fake.ClosePeriod("2026-11-30") }, cancelledShipment("S-1", nil), fault.Config, "", "open the period"},
		"locked":                {nil, func(s *sale) { s.fake.LockByWorkflow("itemFulfillment", s.fake.ItemFulfillments()[0].ExternalID, true) }, cancelledShipment("S-1", nil), fault.Conflict, "", "locked"},
		"fewer pieces than now": {nil, nil, shipment("S-1", map[string]string{"TEE-BLK-M": "1"}), fault.Conflict, "lines", "the warehouse reports 1 now"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPaidSaleWith(t, c.settings)
			receipt := s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "2"}))
			if c.prepare != nil {
				c.prepare(s)
			}
			_, err := s.set(receipt.Ref, c.state)
			e := fault.As(err)
			if e == nil || e.Kind != fault.Rejected || e.ClassOrDefault() != c.class || c.field != "" && e.Field != c.field || !strings.Contains(e.Error(), c.words) || e.Doing == "" {
				t.Errorf("got %v (%+v)", err, e)
			}
			if made := s.fake.ItemFulfillments(); len(made) != 1 || made[0].Writes != 1 {
				t.Errorf("got %+v", made)
			}
		})
	}
}

// TestAShipmentOfWhichAnotherIsInvoicedIsRemoved: what is billed stays fulfilled without it.
func TestAShipmentOfWhichAnotherIsInvoicedIsRemoved(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, map[string]string{"NETSUITE_INVOICE": "shipped"})
	s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "1"}))
	s.fake.Forbid("invoice", true)
	late := shipment("S-2", map[string]string{"TEE-BLK-M": "1"})
	if _, err := s.ship(t.Context(), late); err == nil || len(s.fake.ItemFulfillments()) != 2 {
		t.Fatalf("got %v", err)
	}
	s.fake.Forbid("invoice", false)
	if _, err := s.set("", cancelledShipment("S-2", map[string]string{"TEE-BLK-M": "1"})); err != nil || len(s.fake.ItemFulfillments()) != 1 {
		t.Errorf("got %v, %+v", err, s.fake.ItemFulfillments())
	}
}
