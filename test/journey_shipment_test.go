package test_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// dock is a warehouse of the tests: what it ships is on the bus as a connector of a warehouse
// publishes it.
const dock = "dock"

// withDock is a world with a warehouse.
func withDock(settings map[string]string) setup {
	return setup{routes: routes.Shipments(dock), settings: settings}
}

// parcel returns a shipment of the order's articles, written "SKU=pieces".
func parcel(order, id string, tracking []string, articles ...string) *canonical.Shipment {
	s := &canonical.Shipment{ID: id, Order: order, Carrier: "usps", ShippedAt: time.Now()}
	for _, number := range tracking {
		s.Tracking = append(s.Tracking, canonical.Tracking{Number: number, URL: "https://track.example/" + number})
	}
	for _, article := range articles {
		sku, pieces, _ := strings.Cut(article, "=")
		count, err := canonical.ParseDecimal(pieces)
		if err != nil {
			panic(err)
		}
		s.Lines = append(s.Lines, canonical.ShipmentLine{SKU: sku, Quantity: canonical.Pieces(count)})
	}
	return s
}

// ships publishes that the warehouse shipped the parcel of a store's order.
func (w *world) ships(store string, s *canonical.Shipment) {
	w.Helper()
	body, err := canonical.Encode(s)
	if err != nil {
		w.Fatal(err)
	}
	tenant := map[string]string{"shopify": shopifytest.Shop, "woocommerce": "shop.example"}[store]
	m := &message.Message{
		ID: message.DeriveID(dock, s.ID, string(body)), Source: message.SourcePrefix + dock, Type: canonical.ShipmentShipped, Subject: "shipment/" + s.ID,
		Time: s.ShippedAt, Tenant: "dock-1", Schema: "shipment/1", Sequence: message.NewSequence(s.ShippedAt, false, time.Now()),
		CorrelationID: message.DeriveID("trace", s.ID), Origin: dock, Hops: 1, Body: body,
		Parents: []message.Key{{System: store, Tenant: tenant, Type: "order", ID: s.Order}},
	}
	if err := w.ports.Bus.Publish(w.Context(), []*message.Message{m}); err != nil {
		w.Fatal(err)
	}
}

// noDead fails if there is a dead letter.
func (w *world) noDead() {
	w.Helper()
	if dead := slices.Concat(w.entries(port.Dead), w.entries(port.Parked)); len(dead) > 0 {
		w.Fatalf("%d dead letters\n%s", len(dead), w.story())
	}
}

// shownOrder is the part of an order's webhook that the journeys check.
type shownOrder struct {
	Status *string `json:"fulfillment_status"`
	Lines  []struct {
		ID json.Number `json:"id"`
	} `json:"line_items"`
}

func (w *world) shownOrder(order string) (o shownOrder) {
	w.Helper()
	if err := json.Unmarshal(w.shop.Webhook(order), &o); err != nil {
		w.Fatal(err)
	}
	return o
}

// fulfillmentStatus returns what the shop says of the order as a whole.
func (w *world) fulfillmentStatus(order string) string {
	w.Helper()
	if o := w.shownOrder(order); o.Status != nil {
		return *o.Status
	}
	return ""
}

// lineOf returns the id of the order's first line in the shop.
func (w *world) lineOf(order string) string {
	w.Helper()
	return w.shownOrder(order).Lines[0].ID.String()
}

func TestD1PartialShipmentsAreTwoFulfillmentsOfTheShop(t *testing.T) {
	t.Parallel()
	journey(t, withDock(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		w.ships("shopify", parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=2"))
		w.pass(5 * time.Minute)
		made := w.shop.Fulfillments("42")
		if len(made) != 1 || w.fulfillmentStatus("42") != "partial" {
			t.Fatalf("after 2 of 3: %+v, %s\n%s", made, w.fulfillmentStatus("42"), w.story())
		}
		w.ships("shopify", parcel("42", "S-2", []string{"1Z2"}, "TEE-BLK-M=1"))
		w.pass(5 * time.Minute)
		made = w.shop.Fulfillments("42")
		if len(made) != 2 || made[0].Numbers[0] != "1Z1" || made[1].Numbers[0] != "1Z2" || made[1].Company != "USPS" || w.fulfillmentStatus("42") != "fulfilled" {
			t.Fatalf("after 3 of 3: %+v, %s\n%s", made, w.fulfillmentStatus("42"), w.story())
		}
		w.noDead()
	})
}

func TestD2OneShipmentOverTwoLocationsIsOneFulfillmentPerLocation(t *testing.T) {
	t.Parallel()
	journey(t, withDock(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		w.shop.Assign("42", w.lineOf("42"), "2", 1)
		w.ships("shopify", parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=3"))
		w.pass(5 * time.Minute)
		made := w.shop.Fulfillments("42")
		if len(made) != 2 || made[0].Location == made[1].Location || w.fulfillmentStatus("42") != "fulfilled" {
			t.Fatalf("%+v\n%s", made, w.story())
		}
		w.noDead()
	})
}

func TestD3AShipmentThatIsConfirmedTwiceIsOneFulfillmentWithOneEmail(t *testing.T) {
	t.Parallel()
	journey(t, withDock(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		first := parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=2")
		w.ships("shopify", first)
		w.ships("shopify", first)
		w.pass(5 * time.Minute)
		again := *first
		again.ShippedAt = time.Now()
		w.ships("shopify", &again) // the file came again, dated anew
		again.ID = "S-1-945"
		w.ships("shopify", &again) // and under another id
		w.pass(5 * time.Minute)
		made := w.shop.Fulfillments("42")
		if len(made) != 1 || !made[0].Notified || made[0].Lines[w.lineOf("42")] != 2 {
			t.Fatalf("%+v\n%s", made, w.story())
		}
		w.noDead()
	})
}
