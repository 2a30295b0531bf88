package netsuite_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/netsuite/record"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/message"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	samples := mustCase(t, "order-changed-and-paid")
	samples = append(samples, mustCase(t, "order-cancelled")[1:]...)
	samples = append(samples, last(mustCase(t, "payment-b7-card")))
	samples = append(samples[:5:5], mustCase(t, "payment-b7-card")[1], samples[5], last(mustCase(t, "refund-of-a-deposit")))
	later := func(id string, change func(*canonical.Shipment)) *message.Message { // of the order that was placed first
		body := shipment(id, map[string]string{"TEE-BLK-M": "1"})
		change(body)
		return shippedOf(t, samples[2].Key(), body)
	}
	updated := later("s-1", func(s *canonical.Shipment) { s.Tracking[0].Number = "1ZNEW" })
	updated.Type = canonical.ShipmentUpdated
	samples = append(samples, later("s-1", func(*canonical.Shipment) {}), later("s-2", func(*canonical.Shipment) {}), updated,
		later("s-1", func(s *canonical.Shipment) { s.Status, s.Tracking[0].Number = canonical.Delivered, "1ZLAST" }))
	samples = append(samples, movementOf(t, canonical.InventoryReceived, movement("1-9", "24")), movementOf(t, canonical.InventoryAdjusted, movement("2-9", "-3")))
	back := goodsBack("9", map[string][2]string{"TEE-BLK-M": {"1", "1"}})
	samples = append(samples, returnOf(t, samples[2].Key(), canonical.ReturnRequested, back), returnOf(t, samples[2].Key(), canonical.ReturnReceived, back))
	samples = append(samples, standingOf(t, samples[2].Key(), heldBy("OutOfStock")))
	for _, status := range []canonical.WarehouseStatus{canonical.WarehouseReleased, canonical.WarehouseDiscrepancy, canonical.WarehouseCancelled} {
		samples = append(samples, standingOf(t, samples[2].Key(), &canonical.WarehouseOrder{Status: status}))
	}
	cancelled := later("s-1", func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled })
	personal := []string{"ada@example.com", "Byron", "12 Main St", "212 555"}
	connectortest.TestTarget(t, connectortest.TargetHarness{
		Samples: append(samples[:len(samples):len(samples)], cancelled), Personal: personal,
		Removes: map[string]bool{canonical.ShipmentCancelledEvent: true}, Start: startAccount,
	})
	t.Run("with invoices", func(t *testing.T) { // what is invoiced is not removed
		t.Parallel()
		connectortest.TestTarget(t, connectortest.TargetHarness{Samples: samples, Personal: personal, Start: startBilling})
	})
}

func startAccount(t *testing.T, transport http.RoundTripper) connectortest.TargetAccount {
	t.Helper()
	return startWith(t, transport, "never")
}

func startBilling(t *testing.T, transport http.RoundTripper) connectortest.TargetAccount {
	t.Helper()
	account := startWith(t, transport, "shipped")
	delete(account.System.Profile.Operations, canonical.ShipmentCancelledEvent)
	return account
}

func startWith(t *testing.T, transport http.RoundTripper, invoice string) connectortest.TargetAccount {
	t.Helper()
	fake := netsuitetest.New(clock)
	fake.LimitConcurrency(50)
	if err := fake.AddItem("TEE-BLK-M", "HOOD-M"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	settings := fake.Settings(server.URL)
	settings["NETSUITE_INVOICE"], settings["NETSUITE_RETURNS"] = invoice, "receipt"
	settings["NETSUITE_WAREHOUSE_FIELD"] = netsuitetest.WarehouseField
	maps.Copy(settings, adjusting)
	system, err := netsuite.Open(settings, connector.Deps{HTTP: transport, Now: clock, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return connectortest.TargetAccount{System: system, State: func(k message.Key) string {
		if k.Type == "warehouse_order" {
			return fieldsOf(fake)
		}
		return state(fake, record.ExternalID(k))
	}}
}

// state describes everything under the external id, and what was booked twice.
func state(fake *netsuitetest.Fake, external string) string {
	found := ""
	for _, c := range fake.Customers() {
		if c.Writes = 0; c.ExternalID == external {
			found += fmt.Sprintf("%+v\n", c)
		}
	}
	for _, o := range fake.Orders() {
		o.Warehouse = "" // of another entity
		if o.Writes = 0; o.ExternalID == external {
			found += fmt.Sprintf("%+v\n", o)
		}
	}
	for _, d := range fake.Deposits() {
		if d.Writes = 0; d.ExternalID == external {
			found += fmt.Sprintf("%+v\n", d)
		}
	}
	for _, p := range fake.Payouts() {
		if p.Writes = 0; p.ExternalID == external {
			found += fmt.Sprintf("%+v\n", p)
		}
	}
	for _, i := range fake.ItemFulfillments() {
		if i.Writes = 0; i.ExternalID == external {
			found += fmt.Sprintf("%+v\n", i)
		}
	}
	for _, i := range fake.Invoices() {
		if i.Writes = 0; i.ExternalID == external {
			found += fmt.Sprintf("%+v\n", i)
		}
	}
	for _, a := range fake.Adjustments() {
		if a.Writes = 0; a.ExternalID == external {
			found += fmt.Sprintf("%+v\n", a)
		}
	}
	for _, r := range fake.ReturnAuthorizations() {
		if r.Writes = 0; r.ExternalID == external {
			found += fmt.Sprintf("%+v\n%+v\n", r, fake.ItemReceipts())
		}
	}
	for _, memo := range fake.Duplicates() {
		found += "twice: " + memo + "\n"
	}
	return found
}
