package netsuite_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// shipment is one of the sale's order; articles are SKUs with their pieces.
func shipment(id string, articles map[string]string) *canonical.Shipment {
	s := &canonical.Shipment{
		ID: id, Order: "1", Status: canonical.Shipped, Carrier: "UPS", Service: "Ground", Location: "east", ShippedAt: noon,
		Tracking: []canonical.Tracking{{Number: "1Z" + id}},
	}
	for _, sku := range slices.Sorted(maps.Keys(articles)) {
		count, err := canonical.ParseDecimal(articles[sku])
		if err != nil {
			panic(err)
		}
		s.Lines = append(s.Lines, canonical.ShipmentLine{SKU: sku, Quantity: canonical.Pieces(count)})
	}
	return s
}

// shippedOf is the event of a shipment of the order.
func shippedOf(t *testing.T, order message.Key, body *canonical.Shipment) *message.Message {
	t.Helper()
	body.Order = order.ID
	text, err := canonical.Encode(body)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "m-" + body.ID, Source: "causeway.depot", Type: body.EventType(), Subject: "shipment/" + body.ID, Tenant: "depot-1",
		Parents: []message.Key{order}, Body: text,
	}
}

func (s *sale) shipmentEvent(body *canonical.Shipment) *message.Message {
	return shippedOf(s.t, saleKey, body)
}

func (s *sale) ship(ctx context.Context, body *canonical.Shipment) (connector.Receipt, error) {
	s.t.Helper()
	return s.deliver(ctx, s.shipmentEvent(body))
}

func (s *sale) mustShip(body *canonical.Shipment) connector.Receipt {
	s.t.Helper()
	receipt, err := s.ship(s.t.Context(), body)
	s.must(err)
	return receipt
}

func newPaidSaleWith(t *testing.T, settings map[string]string) *sale {
	t.Helper()
	s := newSale(t, canonical.Paid)
	all := s.fake.Settings(s.url)
	maps.Copy(all, settings)
	s.system = mustOpen(t, all, &http.Transport{})
	s.order.Deliveries = []canonical.DeliveryLine{{Code: "ground", Title: "Ground", Price: usd(500), Discount: usd(0), Tax: usd(0)}}
	s.order.Tax, s.order.Lines[0].Tax = usd(780), usd(780)
	s.report()
	return s
}

func TestAShipmentIsAnItemFulfillmentOfItsPieces(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, map[string]string{"NETSUITE_TIMEZONE": "America/Los_Angeles", "NETSUITE_SHIP_LOCATIONS": "east=5"})
	body := shipment("S-1", map[string]string{"TEE-BLK-M": "1"})
	body.ShippedAt = time.Date(2026, 12, 1, 4, 30, 0, 0, time.UTC) // the evening before, there
	receipt := s.mustShip(body)
	made := s.fake.ItemFulfillments()
	if len(made) != 1 || made[0].ID != receipt.Ref || made[0].Date != "2026-11-30" || made[0].Status != "C" || made[0].Tracking[0] != "1ZS-1" {
		t.Fatalf("got %+v, %+v", made, receipt)
	}
	if len(made[0].Lines) != 1 || made[0].Lines[0].Quantity != "1" || made[0].ExternalID != "depot__depot-1__shipment__-"+message.DeriveID("depot", "depot-1", "shipment", "S-1") {
		t.Errorf("got %+v", made[0])
	}
	if l := s.fake.Orders()[0].Lines; l[0].Fulfilled != "1" || l[1].Fulfilled != "" || l[2].Fulfilled != "" {
		t.Errorf("the order's lines are %+v", l)
	}
	again := s.mustShip(body)
	if again.Ref != receipt.Ref || len(s.fake.ItemFulfillments()) != 1 {
		t.Errorf("again: %+v", again)
	}
	s.mustShip(shipment("S-2", map[string]string{"TEE-BLK-M": "1", "HOOD-M": "1"}))
	if l := s.fake.Orders()[0].Lines; l[0].Fulfilled != "2" || l[1].Fulfilled != "1" || len(s.fake.Invoices()) != 0 {
		t.Errorf("the order's lines are %+v", l)
	}
}

// TestShippedPiecesAreBilled: the invoices add up to the order, whatever was shipped with which.
func TestShippedPiecesAreBilled(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, map[string]string{"NETSUITE_INVOICE": "shipped"})
	s.pay("p1", canonical.Card, 17030)
	s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "1"}))
	if made := s.fake.Invoices(); len(made) != 1 || made[0].Total != "51.80" { // 39.00 + tax 7.80 + shipping 5.00
		t.Errorf("got %+v", made)
	}
	receipt := s.mustShip(shipment("S-2", map[string]string{"TEE-BLK-M": "1", "HOOD-M": "1"}))
	made := s.fake.Invoices()
	if len(made) != 2 || made[1].Total != "118.50" || made[1].Unpaid != "0.00" || !strings.Contains(receipt.Detail, "invoice "+made[1].ID) {
		t.Errorf("got %+v, %+v", made, receipt)
	}
	s.mustShip(shipment("S-2", map[string]string{"TEE-BLK-M": "1", "HOOD-M": "1"}))
	if len(s.fake.Invoices()) != 2 {
		t.Error("billed twice")
	}
}

func TestAnInvoiceThatWasCutOffIsMade(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, map[string]string{"NETSUITE_INVOICE": "shipped"})
	body := shipment("S-1", map[string]string{"TEE-BLK-M": "1"})
	s.fake.Forbid("invoice", true)
	if _, err := s.ship(t.Context(), body); fault.KindOf(err) != fault.Unauthorized {
		t.Fatalf("got %v", err)
	}
	s.fake.Forbid("invoice", false)
	s.mustShip(body)
	if len(s.fake.Invoices()) != 1 || len(s.fake.ItemFulfillments()) != 1 {
		t.Errorf("%d invoices, %d fulfillments", len(s.fake.Invoices()), len(s.fake.ItemFulfillments()))
	}
}

func TestShipmentsThatDoNotFitAreExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*sale)
		ship    map[string]string
		kind    fault.Kind
		class   fault.Class
		field   string
		words   string
	}{
		"more than ordered":       {nil, map[string]string{"TEE-BLK-M": "3"}, fault.Rejected, fault.Conflict, "lines[0].quantity", `"TEE-BLK-M": 1 more shipped`},
		"another article":         {func(s *sale) { s.must(s.fake.AddItem("CAP")) }, map[string]string{"CAP": "1"}, fault.Rejected, fault.MissingRef, "lines[0].sku", "has no line of this item"},
		"an unknown article":      {nil, map[string]string{"NOPE": "1"}, fault.Rejected, fault.MissingRef, "lines[0].sku", "create the item"},
		"nothing":                 {nil, map[string]string{"TEE-BLK-M": "0"}, fault.Rejected, fault.Value, "lines", "nothing was shipped"},
		"a closed line":           {func(s *sale) { s.must(s.fake.CloseLine(s.external, 1, true)) }, map[string]string{"TEE-BLK-M": "1"}, fault.Rejected, fault.Conflict, "lines[0].quantity", "is closed"},
		"a closed period":         {func(s *sale) { s.fake.ClosePeriod("2026-11-30") }, map[string]string{"TEE-BLK-M": "1"}, fault.Rejected, fault.Config, "shipped_at", "open the period"},
		"a record that is locked": {func(s *sale) { s.fake.LockByWorkflow("salesOrder", s.external, true) }, map[string]string{"TEE-BLK-M": "1"}, fault.Rejected, fault.Conflict, "", "locked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPaidSaleWith(t, nil)
			if c.prepare != nil {
				c.prepare(s)
			}
			_, err := s.ship(t.Context(), shipment("S-1", c.ship))
			e := fault.As(err)
			if e == nil || e.Kind != c.kind || e.ClassOrDefault() != c.class || e.Field != c.field || !strings.Contains(e.Detail, c.words) || e.Doing == "" {
				t.Errorf("got %v (%+v)", err, e)
			}
			if made := s.fake.ItemFulfillments(); len(made) != 0 {
				t.Errorf("something was booked: %+v", made)
			}
		})
	}
}

func TestAShipmentWaitsForTheApprovalOfItsOrder(t *testing.T) {
	t.Parallel()
	s := newSale(t, canonical.Pending)
	s.report()
	_, err := s.ship(t.Context(), shipment("S-1", map[string]string{"TEE-BLK-M": "1"}))
	if e := fault.As(err); e == nil || e.Kind != fault.NotReady || !strings.Contains(e.Detail, "pending approval") {
		t.Errorf("got %v", err)
	}
}

func TestAShipmentNamesTheStoreOfItsOrder(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	m := s.shipmentEvent(shipment("S-1", map[string]string{"TEE-BLK-M": "1"}))
	m.Parents = nil
	_, err := s.deliver(t.Context(), m)
	if e := fault.As(err); e == nil || e.Kind != fault.Invalid || e.Field != "order" {
		t.Errorf("got %v", err)
	}
}

// TestAFulfilledOrderKeepsItsLines: what the store reports after a shipment changes no fulfilled
// piece, and a cancellation that comes after it is for a person.
func TestAFulfilledOrderKeepsItsLines(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, nil)
	s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "1"}))
	s.order.Lines[0].Quantity = canonical.Pieces(canonical.NewDecimal(3, 0))
	if o, _ := s.report(); o.Lines[0].Quantity != "3" || o.Lines[0].Fulfilled != "1" {
		t.Errorf("got %+v", o.Lines)
	}
	s.order.Status = canonical.OrderCancelled
	_, err := s.try(t.Context(), canonical.OrderCancelledEvent)
	if e := fault.As(err); e == nil || e.ClassOrDefault() != fault.Conflict {
		t.Errorf("got %v", err)
	}
}

func TestAParcelThatIsConfirmedAgainUnderAnotherIDIsBookedOnce(t *testing.T) {
	t.Parallel()
	s := newPaidSaleWith(t, map[string]string{"NETSUITE_INVOICE": "shipped"})
	first := s.mustShip(shipment("S-1", map[string]string{"TEE-BLK-M": "1"}))
	again := shipment("S-1-resent", map[string]string{"TEE-BLK-M": "1.0"})
	again.Tracking[0].Number = "1ZS-1"
	if receipt := s.mustShip(again); receipt.Ref != first.Ref || len(s.fake.ItemFulfillments()) != 1 || len(s.fake.Invoices()) != 1 {
		t.Errorf("got %+v", receipt)
	}
	other := shipment("S-2", map[string]string{"TEE-BLK-M": "1", "HOOD-M": "1"})
	other.Tracking[0].Number = "1ZS-1" // more goods of the same parcel
	if receipt := s.mustShip(other); receipt.Ref == first.Ref || len(s.fake.ItemFulfillments()) != 2 {
		t.Errorf("got %+v", receipt)
	}
}
