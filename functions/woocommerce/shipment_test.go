package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port/porttest"
)

// shipmentOf is a shipment of order 42; articles are SKUs with their pieces.
func shipmentOf(id string, articles map[string]int64) *canonical.Shipment {
	s := &canonical.Shipment{
		ID: id, Order: "42", Status: canonical.Shipped, Carrier: "UPS", ShippedAt: arrival,
		Tracking: []canonical.Tracking{{Number: "1Z" + id, URL: "https://track.example/?a=1&n=1Z" + id}},
	}
	for _, sku := range slices.Sorted(maps.Keys(articles)) {
		s.Lines = append(s.Lines, canonical.ShipmentLine{SKU: sku, Quantity: canonical.Pieces(canonical.NewDecimal(articles[sku], 0))})
	}
	return s
}

// laterOf changes the shipment.
func laterOf(s *canonical.Shipment, change func(*canonical.Shipment)) *canonical.Shipment {
	change(s)
	return s
}

func shippedEvent(t testing.TB, s *canonical.Shipment) *message.Message {
	t.Helper()
	body, err := canonical.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "m-" + s.ID, Source: "causeway.depot", Type: s.EventType(), Subject: "shipment/" + s.ID, Tenant: "depot-1", Body: body,
		Parents: []message.Key{{System: "woocommerce", Tenant: "shop.example", Type: "order", ID: s.Order}},
	}
}

// storeWith holds order 42 of three pieces of A and one of B.
func storeWith() *woocommercetest.Fake {
	fake := woocommercetest.New()
	fake.Put(soldOrder())
	return fake
}

func soldOrder() woocommercetest.Order {
	order := woocommercetest.NewOrder(42, 2)
	order.Lines[0].SKU, order.Lines[0].Quantity = "A", 3
	order.Lines[1].SKU, order.Lines[1].Quantity = "B", 1
	return order
}

// ship delivers as the pipeline does for guarantee search.
func ship(t testing.TB, system connector.System, m *message.Message) (connector.Receipt, error) {
	t.Helper()
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	d := connector.Delivery{Message: m, Body: body, Attempt: 1}
	if d.Ref, err = connector.SearchFor(t.Context(), system.Target, d); err != nil {
		return connector.Receipt{}, err
	}
	return system.Target.Deliver(t.Context(), d)
}

func mustShip(t testing.TB, system connector.System, s *canonical.Shipment) connector.Receipt {
	t.Helper()
	receipt, err := ship(t, system, shippedEvent(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func TestShipmentsKeepThePromisesOfATarget(t *testing.T) {
	t.Parallel()
	rest := map[string]int64{"A": 1, "B": 1}
	updated := shippedEvent(t, laterOf(shipmentOf("S-2", rest), func(s *canonical.Shipment) { s.Tracking[0].Number = "1ZNEW" }))
	updated.Type = canonical.ShipmentUpdated
	connectortest.TestTarget(t, connectortest.TargetHarness{
		Samples: []*message.Message{
			shippedEvent(t, shipmentOf("S-1", map[string]int64{"A": 2})), shippedEvent(t, shipmentOf("S-2", rest)), updated,
			shippedEvent(t, laterOf(shipmentOf("S-2", rest), func(s *canonical.Shipment) { s.Status = canonical.Delivered })),
			shippedEvent(t, laterOf(shipmentOf("S-2", rest), func(s *canonical.Shipment) { s.Status = canonical.ShipmentCancelled })),
			productEvent(t, goods("NEW-1")),
			productEvent(t, changed(goods("NEW-1"), func(p *canonical.Product) { p.Title, p.Barcode = "Renamed & new", canonical.NewText("5") })),
			priceEvent(t, "NEW-1", "24.50", "29.90"),
			productEvent(t, changed(goods("NEW-1"), func(p *canonical.Product) { p.Active = false })),
			stateEvent(t, canonical.WarehouseHeld), stateEvent(t, canonical.WarehouseReleased), stateEvent(t, canonical.WarehouseDiscrepancy), stateEvent(t, canonical.WarehouseCancelled),
			cancelEvent(t, closedAtERP()), erpEvent(t, bookedAtERP(2)), refundEvent(t, paidBackAtERP("7", 500)),
			returnEvent(t, "9", canonical.ReturnRequested, 2), returnEvent(t, "9", canonical.ReturnReceived, 2),
			(&stockStore{T: t}).level("5", "TEE", "38"),
		},
		Start: func(t *testing.T, transport http.RoundTripper) connectortest.TargetAccount {
			t.Helper()
			fake := storeWith()
			fake.Stock("TEE", 40)
			server := httptest.NewServer(fake)
			t.Cleanup(server.Close)
			settings := fake.Settings(server.URL)
			settings["WOOCOMMERCE_SHIPMENT_TRACKING"], settings["WOOCOMMERCE_STOCK_LOCATIONS"] = "true", stockMap
			maps.Copy(settings, productSettings)
			maps.Copy(settings, erpRefunds("pay"))
			settings["WOOCOMMERCE_PRODUCT_STATUS"] = "publish"
			system, err := woocommerce.Open(settings, connector.Deps{HTTP: transport, Now: time.Now, CrossRef: pipeline.Memory{State: porttest.NewMemory(time.Now), Now: time.Now}})
			if err != nil {
				t.Fatal(err)
			}
			return connectortest.TargetAccount{System: system, State: func(k message.Key) string {
				if k.Type == "product" || k.Type == "price" {
					return productState(fake, k)
				}
				if k.Type == "refund" {
					return strings.Join(refundState(fake), "\n")
				}
				state := ""
				if shown, notes := erpShown(fake); k.Type == "erp_order" && shown != "; ; ; " {
					return shown + strings.Join(notes, "\n")
				}
				if n := fake.Available()["TEE"]; k.Type == "inventory" && n != 40 {
					return strconv.FormatInt(n, 10)
				}
				for _, note := range fake.Notes(42) {
					if k.Type == "order" && strings.HasPrefix(note.Text, "ERP: ") {
						state += note.Text + "\n"
					}
					if k.Type == "warehouse_order" && strings.HasPrefix(note.Text, "Warehouse: ") {
						state += note.Text + "\n"
					}
					if k.Type == "return" && strings.HasPrefix(note.Text, "Return "+k.ID+": ") {
						state += note.Text + "\n"
					}
					if strings.HasPrefix(note.Text, "Shipment "+k.ID+" of depot:") {
						state += note.Text + "\n"
					}
				}
				if state == "" {
					return ""
				}
				return state + fmt.Sprint(fake.Status(42), fake.Meta(42))
			}}
		},
	})
}

func TestAnOrderIsCompletedOnceEverythingIsShipped(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 2}))
	if fake.Status(42) != "processing" {
		t.Errorf("status %s after 2 of 4", fake.Status(42))
	}
	receipt := mustShip(t, system, shipmentOf("S-2", map[string]int64{"A": 1, "B": 1}))
	notes := fake.Notes(42)
	if fake.Status(42) != "completed" || !strings.Contains(receipt.Detail, "completed") || len(notes) != 2 || !notes[0].Customer ||
		notes[0].Text != "Shipment S-1 of depot: 2 × A. UPS 1ZS-1 https://track.example/?a=1&n=1ZS-1" {
		t.Errorf("status %s, %+v, %+v", fake.Status(42), receipt, notes)
	}
	if again := mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 2})); again.Ref == receipt.Ref || len(fake.Notes(42)) != 2 {
		t.Errorf("again: %+v, %+v", again, fake.Notes(42))
	}
}

func TestWhatWasRefundedNeedsNoShipment(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	order := woocommercetest.NewOrder(42, 2)
	order.Lines[0].SKU, order.Lines[0].Quantity, order.Lines[1].SKU, order.Lines[1].Quantity = "A", 3, "B", 1
	order.Returned = []woocommercetest.Refund{{ID: 77, Amount: 100, Lines: []woocommercetest.RefundLine{{Line: order.Lines[1].ID, Quantity: 1, Total: 100}}}}
	fake.Put(order)
	mustShip(t, mustOpenWith(t, fake, nil), shipmentOf("S-1", map[string]int64{"A": 3}))
	if fake.Status(42) != "completed" {
		t.Errorf("status %s", fake.Status(42))
	}
}

func TestStatusesOfWhichNothingIsKnownStay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status   string
		settings map[string]string
		want     string
	}{
		"by setting":       {"processing", map[string]string{"WOOCOMMERCE_COMPLETE": "false"}, "processing"},
		"not paid":         {"on-hold", nil, "on-hold"},
		"cancelled":        {"cancelled", nil, "cancelled"},
		"refunded":         {"refunded", nil, "refunded"},
		"of a plugin":      {"packed", nil, "packed"},
		"paid by a plugin": {"packed", map[string]string{"WOOCOMMERCE_STATUSES": "packed=paid"}, "completed"},
	} {
		fake := woocommercetest.New()
		order := woocommercetest.NewOrder(42, 1)
		order.Lines[0].SKU, order.Lines[0].Quantity, order.Status = "A", 1, c.status
		fake.Put(order)
		mustShip(t, mustOpenWith(t, fake, c.settings), shipmentOf("S-1", map[string]int64{"A": 1}))
		if fake.Status(42) != c.want {
			t.Errorf("%s: status %s, want %s", name, fake.Status(42), c.want)
		}
	}
}

func TestNotesAreForWhomTheSettingSays(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{"customer": "true", "internal": "false", "none": ""} {
		fake := storeWith()
		mustShip(t, mustOpenWith(t, fake, map[string]string{"WOOCOMMERCE_SHIPMENT_NOTE": setting}), shipmentOf("S-1", map[string]int64{"A": 1}))
		got := ""
		for _, note := range fake.Notes(42) {
			got += fmt.Sprint(note.Customer)
		}
		if got != want {
			t.Errorf("%s: %q", setting, got)
		}
	}
	fake := storeWith()
	m := shippedEvent(t, shipmentOf("S-1", map[string]int64{"A": 1}))
	m.Lane = message.Backfill
	if _, err := ship(t, mustOpenWith(t, fake, nil), m); err != nil || fake.Notes(42)[0].Customer {
		t.Errorf("a backfill: %v, %+v", err, fake.Notes(42))
	}
}

// TestTheListOfThePluginsKeepsWhatOthersWrote: the list is one value, so that it is made whole
// from the shipments' own entries.
func TestTheListOfThePluginsKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	const list = "_wc_shipment_tracking_items"
	byHand := map[string]any{"tracking_number": "BY-HAND", "tracking_id": "x"}
	fake.SetMeta(42, list, []any{byHand})
	system := mustOpenWith(t, fake, map[string]string{"WOOCOMMERCE_SHIPMENT_TRACKING": "true"})
	mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 1}))
	fake.SetMeta(42, list, []any{byHand}) // someone saved the page that was open meanwhile
	mustShip(t, system, shipmentOf("S-2", map[string]int64{"A": 1}))
	text, err := json.Marshal(fake.Meta(42)[list])
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"BY-HAND", "1ZS-1", "1ZS-2"} {
		if strings.Count(string(text), `"`+number+`"`) != 1 {
			t.Errorf("%s is not there once: %s", number, text)
		}
	}
}

func TestAParcelOfAnotherIDIsNotedOnce(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	mustShip(t, system, shipmentOf("S-1", map[string]int64{"A": 3}))
	again := shipmentOf("S-1-resent", map[string]int64{"A": 3})
	again.Tracking[0].Number = "1ZS-1"
	if receipt := mustShip(t, system, again); !strings.HasSuffix(receipt.Detail, "has its parcel as shipment S-1") || len(fake.Notes(42)) != 1 {
		t.Errorf("got %+v, %+v", receipt, fake.Notes(42))
	}
	other := shipmentOf("S-2", map[string]int64{"B": 1}) // more goods of the same parcel
	other.Tracking[0].Number = "1ZS-1"
	if receipt := mustShip(t, system, other); receipt.Linked || len(fake.Notes(42)) != 2 || fake.Status(42) != "completed" {
		t.Errorf("got %+v, %+v, %s", receipt, fake.Notes(42), fake.Status(42))
	}
}

func TestShipmentsThatDoNotFitAreExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*woocommercetest.Fake, *message.Message)
		ship    map[string]int64
		kind    fault.Kind
		class   fault.Class
		field   string
	}{
		"more than ordered": {nil, map[string]int64{"A": 4}, fault.Rejected, fault.Conflict, "lines[0].quantity"},
		"another article":   {nil, map[string]int64{"C": 1}, fault.Rejected, fault.MissingRef, "lines[0].sku"},
		"nothing":           {nil, map[string]int64{"A": 0}, fault.Rejected, fault.Value, "lines"},
		"a trashed order":   {func(f *woocommercetest.Fake, _ *message.Message) { f.Trash(42) }, map[string]int64{"A": 1}, fault.Rejected, fault.Conflict, "order"},
		"no such order":     {func(f *woocommercetest.Fake, _ *message.Message) { f.Delete(42) }, map[string]int64{"A": 1}, fault.Rejected, fault.MissingRef, "order"},
		"another system":    {func(_ *woocommercetest.Fake, m *message.Message) { m.Parents[0].System = "shopify" }, map[string]int64{"A": 1}, fault.Rejected, fault.MissingRef, "order"},
		"another store":     {func(_ *woocommercetest.Fake, m *message.Message) { m.Parents[0].Tenant = "x.example" }, map[string]int64{"A": 1}, fault.Rejected, fault.Config, "WOOCOMMERCE_STORES"},
		"no store":          {func(_ *woocommercetest.Fake, m *message.Message) { m.Parents = nil }, map[string]int64{"A": 1}, fault.Invalid, fault.MissingRef, "order"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := storeWith()
			m := shippedEvent(t, shipmentOf("S-1", c.ship))
			if c.prepare != nil {
				c.prepare(fake, m)
			}
			_, err := ship(t, mustOpenWith(t, fake, nil), m)
			checkFault(t, err, c.kind, c.class, c.field)
			if len(fake.Notes(42)) > 0 {
				t.Errorf("a note was written: %+v", fake.Notes(42))
			}
		})
	}
}

func TestAProxysAnswerToAWriteIsAmbiguous(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	order := woocommercetest.Answer{Status: 200, Body: string(fake.Body(42))}
	fake.Answer(order, order, woocommercetest.Answer{Status: 504, Body: "<html>"})
	_, err := ship(t, mustOpenWith(t, fake, nil), shippedEvent(t, shipmentOf("S-1", map[string]int64{"A": 1})))
	checkFault(t, err, fault.Unavailable, fault.Ambiguous, "")
}
