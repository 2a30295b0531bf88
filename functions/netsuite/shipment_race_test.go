package netsuite_test

import (
	"net/http"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// meanwhile has something happen between the reading of the order and the item fulfillment.
func (s *sale) meanwhile(happens func()) {
	s.fake.Plan(netsuitetest.Fault{
		Method: http.MethodPost, PathContains: "!transform/itemFulfillment",
		Do: func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			happens()
			serve(w, r)
		},
	})
}

// Two shipments of one order are written at once: the one that finds its lines gone is tried again,
// and is then an item fulfillment of its own.
func TestAShipmentThatAnotherOvertakesIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]map[string]string{
		"closes another line": {"HOOD-M": "1"},
		"takes the same line": {"TEE-BLK-M": "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPaidSaleWith(t, nil)
			s.meanwhile(func() { s.mustShip(shipment("S-2", other)) })
			first := shipment("S-1", map[string]string{"TEE-BLK-M": "1"})
			_, err := s.ship(t.Context(), first)
			if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Class != fault.Conflict || f.ScopeOrDefault() != fault.EntityScope || f.Field != "order" {
				t.Fatalf("got %v", err)
			}
			_, err = s.ship(t.Context(), first)
			if rejected := fault.KindOf(err) == fault.Rejected; rejected != (other["HOOD-M"] == "") {
				t.Errorf("again: %v", err) // too many pieces of the line are for a person
			}
		})
	}
}

// A rejection that no change explains is final.
func TestAShipmentThatIsRejectedByItselfIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	s.fake.Plan(netsuitetest.Fault{
		Method: http.MethodPost, PathContains: "!transform/itemFulfillment", Do: netsuitetest.Answer(http.StatusBadRequest, "INVALID_VALUE", "shipStatus"),
	})
	if _, err := s.ship(t.Context(), shipment("S-1", map[string]string{"TEE-BLK-M": "1"})); fault.KindOf(err) != fault.Rejected {
		t.Errorf("got %v", err)
	}
}

// A line that an edit adds while the shipment is written is not shipped with it.
func TestALineThatIsAddedMeanwhileIsNotShipped(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	if err := s.fake.AddItem("CAP-M"); err != nil {
		t.Fatal(err)
	}
	s.meanwhile(func() {
		added := s.order.Lines[1]
		added.ID, added.SKU = "3", "CAP-M"
		s.order.Lines = append(s.order.Lines, added)
		s.order.Total = s.order.Total.Add(canonical.Money{Minor: 6000, Currency: "USD"})
		s.report()
	})
	s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "2", "HOOD-M": "1"}))
	for _, l := range s.fake.Orders()[0].Lines {
		if shipped := l.Item == "TEE-BLK-M" || l.Item == "HOOD-M"; (l.Fulfilled != "") != shipped {
			t.Errorf("the line is %+v", l)
		}
	}
	if made := s.fake.ItemFulfillments(); len(s.fake.Orders()[0].Lines) != 4 || len(made) != 1 || len(made[0].Lines) != 2 {
		t.Errorf("the order has %+v, fulfilled by %+v", s.fake.Orders()[0].Lines, made)
	}
}
