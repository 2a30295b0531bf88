package test_test

import (
	"encoding/json"
	"slices"
	"strconv"
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
	s := &canonical.Shipment{ID: id, Order: order, Status: canonical.Shipped, Carrier: "usps", ShippedAt: time.Now()}
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
	w.reports(store, s, s.ShippedAt)
}

// reports publishes the parcel's state, which it has since the time.
func (w *world) reports(store string, s *canonical.Shipment, since time.Time) {
	w.Helper()
	body, err := canonical.Encode(s)
	if err != nil {
		w.Fatal(err)
	}
	tenant := map[string]string{"shopify": shopifytest.Shop, "woocommerce": "shop.example"}[store]
	m := &message.Message{
		ID: message.DeriveID(dock, s.ID, string(body)), Source: message.SourcePrefix + dock, Type: s.EventType(), Subject: "shipment/" + s.ID,
		Time: since, Tenant: "dock-1", Schema: "shipment/1", Sequence: message.NewSequence(since, false, time.Now()),
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

// TestD1PartialShipmentsOfTheOtherStore: WooCommerce's order is completed only at 3 of 3.
func TestD1PartialShipmentsOfTheOtherStore(t *testing.T) {
	t.Parallel()
	journey(t, withDock(map[string]string{"NETSUITE_INVOICE": "shipped"}), func(w *world) {
		order := ingestWooSale(42, 0, 3)
		w.wooStore.Put(order)
		w.ingestOK(w.woo("order.created", order.Body()))
		w.pass(time.Minute)
		w.ships("woocommerce", parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=2"))
		w.pass(5 * time.Minute)
		if notes := w.wooStore.Notes(42); len(notes) != 1 || !notes[0].Customer || w.wooStore.Status(42) != "processing" {
			t.Fatalf("after 2 of 3: %+v, %s\n%s", notes, w.wooStore.Status(42), w.story())
		}
		w.ships("woocommerce", parcel("42", "S-2", []string{"1Z2"}, "TEE-BLK-M=1"))
		w.pass(5 * time.Minute)
		if notes := w.wooStore.Notes(42); len(notes) != 2 || w.wooStore.Status(42) != "completed" {
			t.Fatalf("after 3 of 3: %+v, %s\n%s", notes, w.wooStore.Status(42), w.story())
		}
		w.shippedInBooks("woocommerce", "42", "3")
		w.ingestOK(w.woo("order.updated", w.wooStore.Body(42))) // what was written comes back
		w.pass(5 * time.Minute)
		if o := w.order("woocommerce", "42"); o.Writes != 1 || len(w.wooStore.Notes(42)) != 2 {
			t.Errorf("the echo wrote %+v\n%s", o, w.story())
		}
		w.noDead()
		w.skippedElsewhere("shopify", 2)
	})
}

// shippedInBooks fails unless the ERP has so many pieces of the order's first line fulfilled, by
// item fulfillments that add up to it, and invoices of all of it if there are any.
func (w *world) shippedInBooks(system, order, pieces string) {
	w.Helper()
	so := w.order(system, order)
	sum := 0
	for _, f := range w.erp.ItemFulfillments() {
		for _, l := range f.Lines {
			n, err := strconv.Atoi(l.Quantity)
			if err != nil || f.Order != so.ID || f.Status != "C" {
				w.Fatalf("item fulfillment %+v: %v", f, err)
			}
			sum += n
		}
	}
	if strconv.Itoa(sum) != pieces || so.Lines[0].Fulfilled != pieces {
		w.Fatalf("the ERP has %d pieces in item fulfillments and %s at the line, want %s\n%s", sum, so.Lines[0].Fulfilled, pieces, w.story())
	}
	for _, invoice := range w.erp.Invoices() {
		if so.Lines[0].Billed != pieces || invoice.Order != so.ID {
			w.Fatalf("billed %s by %+v", so.Lines[0].Billed, invoice)
		}
	}
}

// skippedElsewhere fails unless so many shipments were kept from the other store, with the reason.
func (w *world) skippedElsewhere(store string, want int) {
	w.Helper()
	n := 0
	for _, e := range w.entries(port.Skipped) {
		if e.Route == "dock-shipments-to-"+store && strings.Contains(e.Outcome, "another store") {
			n++
		}
	}
	if n != want {
		w.Fatalf("%d shipments were skipped for %s, want %d\n%s", n, store, want, w.story())
	}
}

// TestC5TheEchoOfAFulfillmentDisturbsNobody: the shop reports the order that we fulfilled.
func TestC5TheEchoOfAFulfillmentDisturbsNobody(t *testing.T) {
	t.Parallel()
	journey(t, withDock(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		for i, articles := range []string{"TEE-BLK-M=2", "TEE-BLK-M=1"} {
			w.ships("shopify", parcel("42", "S-"+strconv.Itoa(i), []string{"1Z" + strconv.Itoa(i)}, articles))
			w.pass(time.Minute)
			w.ingestOK(w.shopify("orders/updated", w.shop.Webhook("42")))
			w.pass(5 * time.Minute)
		}
		if o := w.order("shopify", "42"); o.Writes != 1 || o.Lines[0].Quantity != "3" || len(w.shop.Fulfillments("42")) != 2 {
			t.Errorf("the echo wrote %+v\n%s", o, w.story())
		}
		w.shippedInBooks("shopify", "42", "3")
		w.noDead()
		w.skippedElsewhere("woocommerce", 2)
	})
}

// TestC1AnOrderThatWasShippedInPartIsEditedAndCancelled: the edit keeps the fulfilled pieces, and the
// cancellation of what was shipped is for a person.
func TestC1AnOrderThatWasShippedInPartIsEditedAndCancelled(t *testing.T) {
	t.Parallel()
	journey(t, withDock(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		w.ships("shopify", parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=2"))
		w.pass(time.Minute)
		edited := ingestSale(42, 10*time.Minute, 5)
		w.ingestOK(w.shopify("orders/updated", edited.Body()))
		w.pass(10 * time.Minute)
		if o := w.order("shopify", "42"); o.Lines[0].Quantity != "5" || o.Lines[0].Fulfilled != "2" {
			t.Fatalf("after the edit: %+v\n%s", o, w.story())
		}
		w.ships("shopify", parcel("42", "S-2", []string{"1Z2"}, "TEE-BLK-M=1"))
		w.pass(10 * time.Minute)
		w.shippedInBooks("shopify", "42", "3")
		w.noDead()
		cancelled := ingestSale(42, time.Hour, 5)
		cancelled.CancelledAt = cancelled.UpdatedAt
		w.ingestOK(w.shopify("orders/cancelled", cancelled.Body()))
		w.pass(10 * time.Minute)
		dead := w.entries(port.Dead)
		if o := w.order("shopify", "42"); len(dead) != 1 || dead[0].Error.Class != "conflict" || o.Lines[0].Closed || o.Lines[0].Fulfilled != "3" {
			t.Errorf("after the cancellation: %+v, dead %+v\n%s", o, dead, w.story())
		}
	})
}

// TestB8AShipmentWaitsForItsOrder: the warehouse is faster than the ERP.
func TestB8AShipmentWaitsForItsOrder(t *testing.T) {
	t.Parallel()
	journey(t, withDock(nil), func(w *world) {
		sale := ingestSale(42, 0, 3)
		w.shop.Put(sale.Body())
		w.ships("shopify", parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=3"))
		w.pass(5 * time.Minute)
		if len(w.erp.ItemFulfillments()) != 0 || len(w.shop.Fulfillments("42")) != 1 {
			t.Fatalf("before the order: %+v\n%s", w.erp.ItemFulfillments(), w.story())
		}
		w.ingestOK(w.shopify("orders/create", sale.Body()))
		w.pass(10 * time.Minute)
		w.shippedInBooks("shopify", "42", "3")
		w.noDead()
	})
}

// TestD4WhatWasShippedCounts: less than was ordered is billed as shipped and the rest stays open;
// more than was ordered, or another article, is for a person, who reads which.
func TestD4WhatWasShippedCounts(t *testing.T) {
	t.Parallel()
	journey(t, withDock(map[string]string{"NETSUITE_INVOICE": "shipped"}), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		w.ships("shopify", parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=2")) // one is short
		w.pass(10 * time.Minute)
		if made := w.erp.Invoices(); len(made) != 1 || made[0].Lines[0].Quantity != "2" || w.order("shopify", "42").Lines[0].Closed {
			t.Fatalf("short: %+v\n%s", made, w.story())
		}
		w.noDead()
		w.ships("shopify", parcel("42", "S-2", []string{"1Z2"}, "TEE-BLK-M=2")) // one too many
		w.ships("shopify", parcel("42", "S-3", []string{"1Z3"}, "HOOD-M=1"))    // another article
		w.pass(10 * time.Minute)
		for _, e := range w.entries(port.Dead) {
			if !strings.Contains(e.Outcome, `"TEE-BLK-M"`) && !strings.Contains(e.Outcome, `"HOOD-M"`) {
				t.Errorf("the dead letter does not name the article: %s", e.Outcome)
			}
		}
		if len(w.entries(port.Dead)) != 4 || len(w.shop.Fulfillments("42")) != 1 || len(w.erp.ItemFulfillments()) != 1 {
			t.Errorf("%d dead letters, %+v\n%s", len(w.entries(port.Dead)), w.shop.Fulfillments("42"), w.story())
		}
	})
}

// TestD7AnUnknownCarrierIsSentAsOtherWithItsAddress reads the fulfillments of the shop.
func TestD7AnUnknownCarrierIsSentAsOtherWithItsAddress(t *testing.T) {
	t.Parallel()
	journey(t, withDock(map[string]string{"SHOPIFY_CARRIERS": "rocketpost=DHL"}), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 2).Body()))
		w.pass(time.Minute)
		for i, carrier := range []string{"bicycle", "RocketPost"} {
			s := parcel("42", "S-"+strconv.Itoa(i), []string{"X" + strconv.Itoa(i)}, "TEE-BLK-M=1")
			s.Carrier = carrier
			w.ships("shopify", s)
			w.pass(time.Minute)
		}
		made := w.shop.Fulfillments("42")
		if len(made) != 2 || made[0].Company != "Other" || made[0].URLs[0] != "https://track.example/X0" || made[1].Company != "DHL" {
			t.Errorf("got %+v\n%s", made, w.story())
		}
		w.noDead()
	})
}

// TestD3AnAnswerThatWasLostIsNoSecondFulfillment: the shop fulfilled, and the answer was lost. The
// write is settled, searched for, and found.
func TestD3AnAnswerThatWasLostIsNoSecondFulfillment(t *testing.T) {
	t.Parallel()
	journey(t, withDock(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		w.shop.LoseAnswer("fulfillmentCreate")
		w.ships("shopify", parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=2"))
		w.pass(20 * time.Minute)
		if made := w.shop.Fulfillments("42"); len(made) != 1 {
			t.Errorf("got %+v\n%s", made, w.story())
		}
		if ends := w.endsOf(dock, "shipment", "S-1"); !slices.Contains(ends, "dock-shipments-to-shopify confirmed") {
			t.Errorf("it ended %v\n%s", ends, w.story())
		}
		w.noDead()
	})
}

// endsOf returns how the messages of the dock's entity ended, by route.
func (w *world) endsOf(system, kind, id string) (ends []string) {
	w.Helper()
	found, err := w.ports.Ledger.Find(w.Context(), port.Query{Entity: message.Key{System: system, Tenant: "dock-1", Type: kind, ID: id}})
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range found {
		if e.Route != "" && e.Stage.Ends() {
			ends = append(ends, e.Route+" "+string(e.Stage))
		}
	}
	return ends
}
