package test_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// withHolds is a world with a warehouse and a CRM, whose warehouse gets orders at once.
func withHolds(settings map[string]string) setup {
	all := map[string]string{released: "0s"}
	for key, value := range settings {
		all[key] = value
	}
	return setup{warehouse: shipbobtest.New(time.Now), crm: hubspottest.New(time.Now), settings: all}
}

// did fails on an error of what a test does at the warehouse, and returns its webhook.
func (w *world) did(topic string, err error) told {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	request, err := w.warehouse.Delivery("msg", topic, referenceOf(42))
	if err != nil {
		w.Fatal(err)
	}
	return told{topic, request.Body}
}

// holdLife has the warehouse hold order 42 of the shop twice for other reasons, and ship it in the end
// unless it stays held. It returns the webhooks of each state, none of which was sent.
func (w *world) holdLife(ships bool) (states []told) {
	w.Helper()
	w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
	w.pass(time.Minute)
	note := func(topic string, err error) {
		states = append(states, w.did(topic, err))
		w.pass(time.Hour)
	}
	note("order.shipment.exception", w.warehouse.Hold(referenceOf(42), shipbobtest.Exception, shipbobtest.Detail{Name: "OutOfStock", Product: "TEE-BLK-M"}))
	note("order.shipment.on_hold", w.warehouse.Hold(referenceOf(42), shipbobtest.OnHold, shipbobtest.Detail{Name: "InvalidAddress"}))
	if err := w.warehouse.Resume(referenceOf(42)); err != nil {
		w.Fatal(err)
	}
	if !ships {
		w.pass(time.Hour)
		note("order.shipment.on_hold", w.warehouse.Hold(referenceOf(42), shipbobtest.OnHold, shipbobtest.Detail{Name: "Manual"}))
		return states
	}
	_, err := w.warehouse.Ship(referenceOf(42), nil)
	note("order.shipped", err)
	return states
}

// shopMarks fails unless the shop shows the order with the tag, "" for none, and the words.
func (w *world) shopMarks(tag, words string) {
	w.Helper()
	tags := slices.DeleteFunc(w.shop.Tags("42"), func(t string) bool { return !strings.HasPrefix(t, "warehouse-") })
	if got := w.shop.Metafield("42", "causeway.warehouse"); strings.Join(tags, " ") != tag || got != words {
		w.Errorf("the shop has the order with %q and %q, want %q and %q\n%s", tags, got, tag, words, w.story())
	}
}

// TestD6AHoldIsSeenInItsNewestStateEverywhere: whichever webhook comes first, each twice.
func TestD6AHoldIsSeenInItsNewestStateEverywhere(t *testing.T) {
	t.Parallel()
	for _, ships := range []bool{true, false} {
		for _, order := range permutations(3) {
			t.Run(fmt.Sprint(ships, order), func(t *testing.T) {
				t.Parallel()
				s := withHolds(nil)
				journey(t, s, func(w *world) {
					states := w.holdLife(ships)
					for i, at := range order {
						w.tells("msg_"+strconv.Itoa(i), states[at])
						w.tells("msg_"+strconv.Itoa(i), states[at])
						if i == 1 {
							w.restart(s)
						}
						w.pass(5 * time.Minute)
						w.ingestOK(w.shopify("orders/updated", w.shop.Webhook("42"))) // the tag comes back
						w.pass(5 * time.Minute)
					}
					tag, words, pieces := "warehouse-hold", "held: Manual", 0
					if ships {
						tag, words, pieces = "", "released", 1
					}
					if order[0] == 2 && ships {
						words = "" // the newest was the first, so it was never shown as held
					}
					w.shopMarks(tag, words)
					crm := w.crmOne("orders").Properties["causeway_warehouse"]
					if crm != words && (crm != "released" || words != "") || len(w.shop.Fulfillments("42")) != pieces {
						w.Errorf("the CRM has %q, the shop %+v\n%s", crm, w.shop.Fulfillments("42"), w.story())
					}
					if o := w.order("shopify", "42"); o.Writes != 1 {
						w.Errorf("the tag wrote %+v", o)
					}
					w.warehouseBooks(map[string]string{referenceOf(42): map[bool]string{true: shipbobtest.Fulfilled, false: shipbobtest.Exception}[ships]})
					w.noDead()
				})
			})
		}
	}
}

// TestD6AHoldThatNoWebhookReportedIsPolled, with its end.
func TestD6AHoldThatNoWebhookReportedIsPolled(t *testing.T) {
	t.Parallel()
	journey(t, withHolds(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		w.did("order.shipment.exception", w.warehouse.Hold(referenceOf(42), shipbobtest.Exception, shipbobtest.Detail{Name: "OutOfStock", Description: "No Stock On Hand For Sku", Product: "TEE-BLK-M"}))
		w.pass(time.Minute)
		w.pollsLater()
		w.shopMarks("warehouse-hold", "held: OutOfStock: No Stock On Hand For Sku (TEE-BLK-M)")
		w.pass(time.Hour)
		w.did("order.shipment.exception", w.warehouse.Resume(referenceOf(42)))
		w.pollsLater()
		w.shopMarks("", "released")
		w.noDead()
	})
}

// TestD6AnUnknownSKUIsSeenInTheStore until the warehouse has the product.
func TestD6AnUnknownSKUIsSeenInTheStore(t *testing.T) {
	t.Parallel()
	journey(t, withHolds(nil), func(w *world) {
		w.warehouse.Unknown("TEE-BLK-M")
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		w.warehouseLetters("import_review")
		w.pollsLater()
		w.shopMarks("warehouse-hold", "held: UnknownProduct (TEE-BLK-M)")
		w.pass(time.Hour)
		w.warehouse.Match("TEE-BLK-M")
		if _, err := w.warehouse.Ship(referenceOf(42), nil); err != nil {
			t.Fatal(err)
		}
		w.pollsLater()
		w.shopMarks("", "released")
		if len(w.shop.Fulfillments("42")) != 1 {
			t.Errorf("the shop has %+v", w.shop.Fulfillments("42"))
		}
	})
}

// TestD6AHoldIsANoteOfTheOtherStore, internal, and so is its end.
func TestD6AHoldIsANoteOfTheOtherStore(t *testing.T) {
	t.Parallel()
	journey(t, withHolds(nil), func(w *world) {
		order := ingestWooSale(42, 0, 3)
		order.Shipping = 499
		w.wooStore.Put(order)
		w.ingestOK(w.woo("order.created", order.Body()))
		w.pass(time.Minute)
		reference := message.Key{System: "woocommerce", Tenant: "shop.example", Type: "order", ID: "42"}.String()
		for i, act := range []func() error{
			func() error {
				return w.warehouse.Hold(reference, shipbobtest.OnHold, shipbobtest.Detail{Name: "InvalidAddress"})
			},
			func() error { return w.warehouse.Resume(reference) },
		} {
			if err := act(); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				w.warehouseTells("msg_"+strconv.Itoa(i), "order.shipment.on_hold", reference)
			}
			w.pass(time.Hour)
			w.pollsLater()
		}
		var texts []string
		for _, note := range w.wooStore.Notes(42) {
			if texts = append(texts, note.Text); note.Customer {
				t.Errorf("the customer got %q", note.Text)
			}
		}
		if !slices.Equal(texts, []string{"Warehouse: held: InvalidAddress", "Warehouse: released"}) || w.wooStore.Status(42) != "processing" {
			t.Errorf("notes %q, status %s\n%s", texts, w.wooStore.Status(42), w.story())
		}
		w.noDead()
	})
}

// TestD4AShortShipmentIsADiscrepancy: one parcel left short, the rest was given up. The ERP bills what was
// shipped and keeps the rest open, and a person sees the difference in the store.
func TestD4AShortShipmentIsADiscrepancy(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("lost ", lost), func(t *testing.T) {
			t.Parallel()
			journey(t, withHolds(map[string]string{"NETSUITE_INVOICE": "shipped"}), func(w *world) {
				w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
				w.pass(time.Minute)
				_, err := w.warehouse.Ship(referenceOf(42), map[string]int{"TEE-BLK-M": 2})
				first := w.did("order.shipped", err)
				w.pass(time.Hour)
				last := w.did("order.shipment.cancelled", w.warehouse.GiveUp(referenceOf(42)))
				if !lost {
					for i, one := range []told{last, first, last, first} {
						w.tells("msg_"+strconv.Itoa(i%2), one)
						w.pass(5 * time.Minute)
					}
				}
				w.pollsLater()
				w.shopMarks("warehouse-discrepancy", "discrepancy: 2 of 3 TEE-BLK-M left")
				if shown := w.crmOne("orders").Properties["causeway_warehouse"]; shown != "discrepancy: 2 of 3 TEE-BLK-M left" {
					t.Errorf("the CRM has %q", shown)
				}
				w.shippedInBooks("shopify", "42", "2")
				if made := w.erp.Invoices(); len(made) != 1 || made[0].Lines[0].Quantity != "2" || w.order("shopify", "42").Lines[0].Closed {
					t.Errorf("the ERP billed %+v\n%s", made, w.story())
				}
				w.noDead()
			})
		})
	}
}

// TestD4MoreOrOtherGoodsAreADiscrepancy: what left too much is a conflict for a person in the books, and
// the store says what it was.
func TestD4MoreOrOtherGoodsAreADiscrepancy(t *testing.T) {
	t.Parallel()
	journey(t, withHolds(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		if err := w.warehouse.Overship(referenceOf(42), "HOOD-M", 1); err != nil {
			t.Fatal(err)
		}
		_, err := w.warehouse.Ship(referenceOf(42), nil)
		w.tells("msg_1", w.did("order.shipped", err))
		w.pass(10 * time.Minute)
		w.shopMarks("warehouse-discrepancy", "discrepancy: 1 of 0 HOOD-M left")
		for _, e := range w.entries(port.Dead) {
			if !strings.Contains(e.Outcome, `"HOOD-M"`) {
				t.Errorf("a dead letter does not name the article: %s", e.Outcome)
			}
		}
		if len(w.entries(port.Dead)) != 2 || len(w.erp.ItemFulfillments()) != 0 {
			t.Errorf("%d dead letters\n%s", len(w.entries(port.Dead)), w.story())
		}
	})
}

// TestC4TheReleaseIsReportedOnceWithWhatWasReleased: an order is edited before its release, and polled
// again and again after it.
func TestC4TheReleaseIsReportedOnceWithWhatWasReleased(t *testing.T) {
	t.Parallel()
	journey(t, withHolds(map[string]string{released: "1h"}), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(10 * time.Minute)
		w.pollsWarehouse()
		if got := w.releases(); len(got) != 0 {
			t.Fatalf("before the release: %+v", got)
		}
		w.ingestOK(w.shopify("orders/updated", ingestSale(42, 10*time.Minute, 2).Body()))
		w.pass(2 * time.Hour)
		for range 3 {
			w.pollsLater()
			w.warehouseTells("msg_1", "order.shipment.address.updated", referenceOf(42))
			w.pass(time.Hour)
		}
		if _, err := w.warehouse.Ship(referenceOf(42), nil); err != nil {
			t.Fatal(err)
		}
		w.tells("msg_2", w.did("order.shipped", nil))
		w.pass(time.Hour)
		w.pollsLater()
		got := w.releases()
		if len(got) != 1 {
			t.Fatalf("%d releases are confirmed at the CRM\n%s", len(got), w.story())
		}
		made := w.warehouse.Orders()
		if len(made) != 1 || made[0].Products[0].Quantity != 2 || made[0].Created.Before(ingestSale(42, 0, 3).PlacedAt.Add(time.Hour)) {
			t.Errorf("the warehouse has %+v", made)
		}
		shown := w.crmOne("orders").Properties
		if shown["causeway_warehouse"] != "released" || shown["causeway_released_at"] != strconv.FormatInt(made[0].Created.Unix(), 10)+"000" {
			t.Errorf("the CRM has %v", shown)
		}
		w.noDead()
	})
}

// pollsLater polls the warehouse an hour later: a poll leaves what has just changed to its webhooks.
func (w *world) pollsLater() {
	w.Helper()
	w.pass(time.Hour)
	w.pollsWarehouse()
}

// releases returns the entries of order 42's releases that the CRM has.
func (w *world) releases() []port.Entry {
	w.Helper()
	key := message.Key{System: "shipbob", Tenant: "main", Type: "warehouse_order", ID: referenceOf(42)}
	found, err := w.ports.Ledger.Find(w.Context(), port.Query{Entity: key, Stage: port.Confirmed})
	if err != nil {
		w.Fatal(err)
	}
	return slices.DeleteFunc(found, func(e port.Entry) bool {
		return e.Route != "shipbob-holds-to-hubspot" || e.Type != canonical.OrderReleased
	})
}
