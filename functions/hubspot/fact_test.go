package hubspot_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func searchFor(a *account, d connector.Delivery) (string, error) {
	return connector.SearchFor(a.Context(), a.system.Target, d)
}

func TestShipmentsAndRefundsAreListedAtTheOrder(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	receipt := a.confirm(sale(nil), shipment("900", 1), refund("800", 1050), shipment("901", 1), refund("801", 250), shipment("900", 1), refund("800", 1050))
	order := a.only("orders")
	if receipt.Ref != order.ID+"/800" {
		t.Errorf("receipt %+v", receipt)
	}
	a.want(order, map[string]string{
		"causeway_tracking": "1Z900, 1Z901", "causeway_shipped_at": "1795348800000", "causeway_refunded": "13.00",
		"causeway_shipments": "900: shipbob 2026-11-22 UPS 1Z900: 1 TEE-BLK-M\n901: shipbob 2026-11-22 UPS 1Z901: 1 TEE-BLK-M",
		"causeway_refunds":   "800: 2026-11-22 10.50 USD\n801: 2026-11-22 2.50 USD",
	})
	// The order's own events leave them alone.
	a.confirm(sale(func(o *canonical.Order) { o.Status = canonical.OrderCancelled }))
	a.want(a.only("orders"), map[string]string{"causeway_state": "cancelled", "causeway_tracking": "1Z900, 1Z901", "causeway_refunded": "13.00"})
}

// A refund is listed with what it pays back. Pieces that were taken off an order that was not paid in
// full are worth more than that; the rest is a credit, which a refund without goods may pay later.
func TestARefundIsListedWithWhatItPaysBack(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	credit, later := refund("800", 1050), refund("801", 250)
	credit.Transactions[0].Amount = usd(800)
	later.Parts = []canonical.RefundPart{{Kind: canonical.RefundedCredit, Amount: usd(250), Tax: usd(0)}}
	goods := refund("802", 500)
	goods.Transactions = nil
	a.confirm(sale(nil), credit, later, goods)
	a.want(a.only("orders"), map[string]string{
		"causeway_refunded": "10.50", "causeway_refunds": "800: 2026-11-22 8.00 USD\n801: 2026-11-22 2.50 USD\n802: 2026-11-22 0.00 USD",
	})
}

// TestTheSameNumberOfTwoSystems is two shipments and two returns. A fact of before there were systems is one
// of the first system that reports it again.
func TestTheSameNumberOfTwoSystems(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	for i, older := range []struct{ kind, text string }{
		{"shipment", "900\t2026-11-22T12:00:00Z\t1Z900\tUPS\t1 TEE-BLK-M"}, {"return", "77\trequested\t2026-11-25T12:00:00Z\t2 TEE-BLK-M"},
	} {
		if _, err := a.memory.Bind(t.Context(), keyOf("order", "5001"), "hubspot/"+older.kind+"/1", older.text); err != nil {
			t.Fatal(i, err)
		}
	}
	a.confirm(sale(nil), shipment("900", 1), returnOf("77", -1))
	for _, body := range []any{shipment("900", 2), returnOf("77", 1)} {
		d := a.delivery(body)
		d.Message.Source = "causeway.netsuite"
		if ref, err := searchFor(a, d); err != nil || ref != "" {
			t.Errorf("before: %q, %v", ref, err)
		}
		for range 2 {
			if _, err := a.system.Target.Deliver(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if ref, err := searchFor(a, d); err != nil || ref == "" {
			t.Errorf("after: %q, %v", ref, err)
		}
	}
	a.want(a.only("orders"), map[string]string{
		"causeway_shipments": "900: netsuite 2026-11-22 UPS 1Z900: 2 TEE-BLK-M\n900: shipbob 2026-11-22 UPS 1Z900: 1 TEE-BLK-M",
		"causeway_returns":   "77: netsuite 2026-11-25 requested 2 TEE-BLK-M (1 restocked)\n77: shipbob 2026-11-25 requested 2 TEE-BLK-M",
	})
}

// A shipment that is reported again with another text is the same.
func TestAShipmentThatIsReportedAgainIsOne(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	again := shipment("900", 1)
	again.Carrier = "FedEx"
	a.confirm(sale(nil), shipment("900", 1), again)
	if list := a.only("orders").Properties["causeway_shipments"]; strings.Count("\n"+list, "\n900: ") != 1 {
		t.Errorf("listed as %q", list)
	}
}

// TestAShipmentsNewestStateIsListed, independently of the order's other shipment.
func TestAShipmentsNewestStateIsListed(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil), shipment("900", 1), shipment("901", 1))
	for i, c := range []struct {
		change func(*canonical.Shipment)
		want   map[string]string
	}{
		{func(s *canonical.Shipment) { s.Tracking[0].Number = "1ZNEW" }, map[string]string{"causeway_tracking": "1ZNEW, 1Z901", "causeway_delivered_at": ""}},
		{func(s *canonical.Shipment) { s.Status, s.DeliveredAt = canonical.Delivered, noon.Add(48*time.Hour) }, map[string]string{
			"causeway_tracking": "1Z900, 1Z901", "causeway_delivered_at": "", // 901 is on its way
			"causeway_shipments": "900: shipbob 2026-11-22 UPS 1Z900: 2 TEE-BLK-M; delivered 2026-11-24\n901: shipbob 2026-11-22 UPS 1Z901: 1 TEE-BLK-M",
		}},
		{func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled }, map[string]string{
			"causeway_tracking": "1Z901", "causeway_shipped_at": "1795348800000",
			"causeway_shipments": "900: shipbob 2026-11-22 UPS 1Z900: 2 TEE-BLK-M; cancelled\n901: shipbob 2026-11-22 UPS 1Z901: 1 TEE-BLK-M",
		}},
	} {
		m := stateOfShipment(t, i+1, canonical.ShipmentUpdated, c.change)
		body, err := canonical.Decode(m.Type, m.Body)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err = a.system.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: body, Parents: map[string]string{}, Attempt: 1}); err != nil {
				t.Fatal(err)
			}
		}
		a.want(a.only("orders"), c.want)
	}
}

// TestAnOrderIsDeliveredOnceAllOfItsShipmentsAre, of which one that was never shipped is none.
func TestAnOrderIsDeliveredOnceAllOfItsShipmentsAre(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	arrived := shipment("900", 1)
	arrived.Status, arrived.DeliveredAt = canonical.Delivered, noon.Add(48*time.Hour)
	never := shipment("901", 1)
	never.Status = canonical.ShipmentCancelled
	a.confirm(sale(nil), never)
	a.want(a.only("orders"), map[string]string{"causeway_tracking": "", "causeway_shipped_at": "", "causeway_shipments": ""})
	a.confirm(arrived)
	a.want(a.only("orders"), map[string]string{
		"causeway_tracking": "1Z900", "causeway_delivered_at": "1795521600000", "causeway_shipments": "900: shipbob 2026-11-22 UPS 1Z900: 1 TEE-BLK-M; delivered 2026-11-24",
	})
}

// Several shipments of one order at once, each of whose requests may overtake the others', all
// end in the list.
func TestShipmentsAtOnceAreAllListed(t *testing.T) {
	t.Parallel()
	for range 20 {
		a := newAccount(t, nil)
		a.fake.Limit(10_000)
		a.confirm(sale(nil))
		var group sync.WaitGroup
		ids := []string{"900", "901", "902", "903", "904"}
		for _, id := range ids {
			group.Go(func() {
				if _, err := a.deliver(shipment(id, 1)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		list := a.only("orders").Properties["causeway_shipments"]
		for _, id := range ids {
			if strings.Count("\n"+list, "\n"+id+": ") != 1 {
				t.Fatalf("%s is not once in %q", id, list)
			}
		}
	}
}

// stall lets the test run something before the n-th write of an order's properties.
type stall struct {
	http.RoundTripper
	n      int
	before func()
}

func (s *stall) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/orders/batch/update") {
		if s.n--; s.n == 0 {
			s.before()
		}
	}
	return s.RoundTripper.RoundTrip(r)
}

// The second shipment is written whole between the moment at which the first has chosen what to
// write and its write, which then overwrites the second. The first notices it.
func TestAWriteThatOvertakesAnotherIsRepaired(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	wire := &stall{RoundTripper: &http.Transport{}, n: 1, before: func() { a.confirm(shipment("901", 1)) }}
	t.Cleanup(wire.RoundTripper.(*http.Transport).CloseIdleConnections)
	slow := openSystem(t, a.fake, wire, nil, clock, a.memory)
	if _, err := slow.Target.Deliver(t.Context(), a.delivery(shipment("900", 1))); err != nil {
		t.Fatal(err)
	}
	a.want(a.only("orders"), map[string]string{"causeway_tracking": "1Z900, 1Z901"})
}

func TestAFactOfAnOrderThatWasDeletedWaits(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	a.fake.Delete("orders", a.only("orders").ID)
	if f := a.refuse(shipment("900", 1)); f.Kind != fault.NotReady || f.Field != "order" {
		t.Errorf("fault %+v", f)
	}
	a.confirm(sale(nil), shipment("900", 1))
	a.want(a.only("orders"), map[string]string{"causeway_tracking": "1Z900"})
}

// refusing is a memory that is out of reach.
type refusing struct{ connector.CrossRef }

func (refusing) Bind(context.Context, message.Key, string, string) (string, error) {
	return "", &fault.Error{Kind: fault.Unavailable, Scope: fault.OwnScope, Detail: "the state is out of reach"}
}

func TestAFactWithoutOurMemoryWritesNothing(t *testing.T) {
	t.Parallel()
	fake := hubspottest.New(clock)
	a := newAccount(t, nil)
	a.fake = fake
	broken := openSystem(t, fake, &http.Transport{}, nil, clock, refusing{})
	d := a.delivery(refund("800", 1))
	if _, err := broken.Target.Deliver(t.Context(), d); fault.As(err) == nil || fault.As(err).Scope != fault.OwnScope {
		t.Errorf("got %v", err)
	}
	if calls := fake.Calls(); len(calls) != 0 {
		t.Errorf("requests %v", calls)
	}
}
