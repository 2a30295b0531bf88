package test_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/port"
)

// told is a webhook of the warehouse with the state of its time.
type told struct {
	topic string
	body  []byte
}

// tells sends the webhook, signed now.
func (w *world) tells(id string, one told) {
	w.Helper()
	w.ingestOK(w.post(shipbob.Name, shipbobtest.Header(id, one.topic, one.body, time.Now()), one.body))
}

// shipmentLife ships order 42 of the shop at the warehouse, and returns its webhooks of being shipped,
// corrected and delivered, or cancelled in the end. None was sent.
func (w *world) shipmentLife(cancelled bool) (states []told) {
	w.Helper()
	w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
	w.pass(time.Minute)
	id, err := w.warehouse.Ship(referenceOf(42), nil)
	if err != nil {
		w.Fatal(err)
	}
	note := func(topic string, err error) {
		if err != nil {
			w.Fatal(err)
		}
		request, err := w.warehouse.Delivery("msg", topic, referenceOf(42))
		if err != nil {
			w.Fatal(err)
		}
		states = append(states, told{topic, request.Body})
		w.pass(time.Hour)
	}
	note("order.shipped", nil)
	note("order.shipment.tracking.updated", w.warehouse.Correct(id, "1ZNEW"))
	if cancelled {
		note("order.shipment.cancelled", w.warehouse.CancelShipped(id))
		return states
	}
	note("order.shipment.delivered", w.warehouse.Arrive(id))
	return states
}

// orders returns all orders of the numbers from 0 to below n.
func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, rest := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(rest), at, n-1))
		}
	}
	return all
}

// liveFulfillments returns the shop's fulfillments of order 42 that are not cancelled.
func (w *world) liveFulfillments() []shopifytest.Fulfillment {
	return slices.DeleteFunc(w.shop.Fulfillments("42"), func(f shopifytest.Fulfillment) bool { return f.Status != "SUCCESS" })
}

// inEveryOrder plays the life of a shipment with its webhooks in every order of arrival, each twice,
// and restarts the engine between them.
func inEveryOrder(t *testing.T, cancelled bool, check func(w *world)) {
	t.Helper()
	for _, order := range permutations(3) {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			s := setup{warehouse: shipbobtest.New(time.Now), crm: hubspottest.New(time.Now), settings: map[string]string{released: "0s"}}
			journey(t, s, func(w *world) {
				states := w.shipmentLife(cancelled)
				for i, at := range order {
					w.tells("msg_"+strconv.Itoa(i), states[at])
					w.tells("msg_"+strconv.Itoa(i), states[at])
					if i == 1 {
						w.restart(s)
					}
					w.pass(5 * time.Minute)
				}
				w.noDead()
				check(w)
				w.pollsWarehouse()
				w.tells("msg_again", states[order[0]])
				w.pass(time.Hour)
				w.noDead()
				check(w)
			})
		})
	}
}

// pollsWarehouse polls the warehouse once.
func (w *world) pollsWarehouse() {
	w.Helper()
	if err := w.poller(w.config.Systems[shipbob.Name], w.config.Runtime, nil).Run(w.Context()); err != nil {
		w.Error(err)
	}
	w.pass(5 * time.Minute)
}

// TestD5AShipmentEndsInItsNewestStateEverywhere: corrected and delivered, whichever webhook comes
// first.
func TestD5AShipmentEndsInItsNewestStateEverywhere(t *testing.T) {
	t.Parallel()
	inEveryOrder(t, false, func(w *world) {
		live := w.liveFulfillments()
		if len(live) != 1 || !slices.Equal(live[0].Numbers, []string{"1ZNEW"}) || !slices.Equal(live[0].Events, []string{"DELIVERED"}) || live[0].Lines[w.lineOf("42")] != 3 {
			w.Errorf("the shop has %+v\n%s", live, w.story())
		}
		if made := w.erp.ItemFulfillments(); len(made) != 1 || !slices.Equal(made[0].Tracking, []string{"1ZNEW"}) {
			w.Errorf("the ERP has %+v\n%s", made, w.story())
		}
		w.shippedInBooks("shopify", "42", "3")
		shown := w.crmOne("orders").Properties
		if shown["causeway_tracking"] != "1ZNEW" || shown["causeway_delivered_at"] == "" || strings.Count(shown["causeway_shipments"], "delivered") != 1 {
			w.Errorf("the CRM has %v\n%s", shown, w.story())
		}
	})
}

// TestD5AShipmentThatWasCancelledIsShippedNowhere, whichever webhook comes first.
func TestD5AShipmentThatWasCancelledIsShippedNowhere(t *testing.T) {
	t.Parallel()
	inEveryOrder(t, true, func(w *world) {
		if live := w.liveFulfillments(); len(live) != 0 {
			w.Errorf("the shop has %+v\n%s", live, w.story())
		}
		if status := w.fulfillmentStatus("42"); status == "fulfilled" || status == "partial" {
			w.Errorf("the shop has the order as %q", status)
		}
		if made, o := w.erp.ItemFulfillments(), w.order("shopify", "42"); len(made) != 0 || o.Lines[0].Fulfilled != "" && o.Lines[0].Fulfilled != "0" {
			w.Errorf("the ERP has %+v of %+v\n%s", made, o, w.story())
		}
		shown := w.crmOne("orders").Properties
		if shown["causeway_tracking"] != "" || shown["causeway_shipped_at"] != "" || shown["causeway_shipments"] != "" && !strings.HasSuffix(shown["causeway_shipments"], "; cancelled") {
			w.Errorf("the CRM has %v\n%s", shown, w.story())
		}
	})
}

// TestD5WhatNoWebhookReportedIsPolled: a correction moves the time of the tracking only.
func TestD5WhatNoWebhookReportedIsPolled(t *testing.T) {
	t.Parallel()
	s := setup{warehouse: shipbobtest.New(time.Now), settings: map[string]string{released: "0s"}}
	journey(t, s, func(w *world) {
		states := w.shipmentLife(false)
		w.tells("msg_1", states[0])
		w.pass(time.Minute)
		w.pollsWarehouse()
		live := w.liveFulfillments()
		if len(live) != 1 || live[0].Numbers[0] != "1ZNEW" || !slices.Equal(live[0].Events, []string{"DELIVERED"}) {
			t.Errorf("after the poll: %+v\n%s", live, w.story())
		}
		if made := w.erp.ItemFulfillments(); len(made) != 1 || made[0].Tracking[0] != "1ZNEW" {
			t.Errorf("after the poll: %+v\n%s", made, w.story())
		}
		if err := w.warehouse.CancelShipped(w.warehouse.Orders()[0].Shipments[0].ID); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		w.pollsWarehouse()
		if live := w.liveFulfillments(); len(live) != 0 {
			t.Errorf("after the cancellation: %+v\n%s", live, w.story())
		}
		if made := w.erp.ItemFulfillments(); len(made) != 0 {
			t.Errorf("after the cancellation: %+v\n%s", made, w.story())
		}
		w.noDead()
	})
}

// TestD5ALostAnswerIsNoSecondEffect: each change of a fulfillment takes effect, and its answer is lost.
func TestD5ALostAnswerIsNoSecondEffect(t *testing.T) {
	t.Parallel()
	for mutation, cancelled := range map[string]bool{
		"fulfillmentCreate": false, "fulfillmentTrackingInfoUpdate": false, "fulfillmentEventCreate": false, "fulfillmentCancel": true,
	} {
		t.Run(mutation, func(t *testing.T) {
			t.Parallel()
			s := setup{warehouse: shipbobtest.New(time.Now), settings: map[string]string{released: "0s"}}
			journey(t, s, func(w *world) {
				w.shop.LoseAnswer(mutation)
				for i, state := range w.shipmentLife(cancelled) {
					w.tells("msg_"+strconv.Itoa(i), state)
				}
				w.pass(time.Hour)
				w.noDead()
				made := w.shop.Fulfillments("42")
				if len(made) > 1 || len(made) == 1 && len(made[0].Events) > 1 || cancelled == (len(w.liveFulfillments()) == 1) {
					t.Errorf("got %+v\n%s", made, w.story())
				}
			})
		})
	}
}

// TestD5AConflictIsForAPerson: what a person cancelled in the shop is not made again.
func TestD5AConflictIsForAPerson(t *testing.T) {
	t.Parallel()
	journey(t, withDock(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		s := parcel("42", "S-1", []string{"1Z1"}, "TEE-BLK-M=2")
		w.ships("shopify", s)
		w.pass(5 * time.Minute)
		w.shop.CancelFulfillment(w.shop.Fulfillments("42")[0].ID)
		next := *s
		next.Tracking = parcel("42", "S-1", []string{"1Z2"}).Tracking
		w.reports("shopify", &next, time.Now())
		w.pass(time.Hour)
		var said []string
		for _, e := range w.entries(port.Dead) {
			if e.Route == "dock-shipments-to-shopify" {
				said = append(said, e.Error.Code)
			}
		}
		if !slices.Equal(said, []string{"cancelled_in_shopify"}) || len(w.shop.Fulfillments("42")) != 1 {
			t.Errorf("dead letters %v, %+v\n%s", said, w.shop.Fulfillments("42"), w.story())
		}
	})
}

// TestD5AnInvoicedShipmentThatWasCancelledIsForAPerson: the shop is put right, and the ERP says what
// to do. Once a person has removed the documents there, the redriven letter is confirmed.
func TestD5AnInvoicedShipmentThatWasCancelledIsForAPerson(t *testing.T) {
	t.Parallel()
	s := setup{warehouse: shipbobtest.New(time.Now), settings: map[string]string{released: "0s", "NETSUITE_INVOICE": "shipped"}}
	journey(t, s, func(w *world) {
		for i, state := range w.shipmentLife(true) {
			w.tells("msg_"+strconv.Itoa(i), state)
			w.pass(5 * time.Minute)
		}
		if live := w.liveFulfillments(); len(live) != 0 {
			t.Errorf("the shop has %+v", live)
		}
		dead := w.entries(port.Dead)
		if len(dead) != 1 || dead[0].Route != "shipbob-shipments-to-netsuite" || dead[0].Error.Class != "conflict" || dead[0].Error.Field != "status" {
			t.Errorf("dead letters %+v\n%s", dead, w.story())
		}
		if made := w.erp.ItemFulfillments(); len(made) != 1 || len(w.erp.Invoices()) != 1 {
			t.Errorf("the ERP has %+v", made)
		}
	})
}

// TestD5ALostAnswerOfTheERPIsNoSecondEffect: the item fulfillment is made, corrected or removed, and the
// answer is lost.
func TestD5ALostAnswerOfTheERPIsNoSecondEffect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method    string
		cancelled bool
	}{"made": {"POST", false}, "corrected": {"PATCH", false}, "removed": {"DELETE", true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup{warehouse: shipbobtest.New(time.Now), settings: map[string]string{released: "0s"}}
			journey(t, s, func(w *world) {
				states := w.shipmentLife(c.cancelled)
				w.erp.Plan(netsuitetest.Fault{Method: c.method, PathContains: "itemFulfillment", Do: netsuitetest.FailAfter()})
				for i, state := range states {
					w.tells("msg_"+strconv.Itoa(i), state)
					w.pass(time.Minute)
				}
				w.pass(2 * time.Hour)
				w.noDead()
				made := w.erp.ItemFulfillments()
				asked := slices.ContainsFunc(w.erp.Calls(), func(call string) bool {
					return strings.HasPrefix(call, c.method) && strings.Contains(call, "itemFulfillment")
				})
				if !asked || c.cancelled != (len(made) == 0) || len(made) > 1 || len(made) == 1 && made[0].Tracking[0] != "1ZNEW" {
					t.Errorf("asked %v, got %+v\n%s", asked, made, w.story())
				}
			})
		})
	}
}

// wooStates are the states of a parcel of WooCommerce's order 42: shipped, corrected, and delivered or
// cancelled.
func wooStates(last canonical.ShipmentStatus) []*canonical.Shipment {
	states := make([]*canonical.Shipment, 3)
	for i := range states {
		states[i] = parcel("42", "S-1", []string{[]string{"1Z1", "1ZNEW", "1ZNEW"}[i]}, "TEE-BLK-M=3")
		states[i].ShippedAt = states[0].ShippedAt
	}
	states[2].Status = last
	return states
}

// TestD5InEveryOrderOfArrivalTheOtherStoreAgrees: WooCommerce's order has the newest state.
func TestD5InEveryOrderOfArrivalTheOtherStoreAgrees(t *testing.T) {
	t.Parallel()
	for _, last := range []canonical.ShipmentStatus{canonical.Delivered, canonical.ShipmentCancelled} {
		for _, order := range permutations(3) {
			t.Run(fmt.Sprint(last, order), func(t *testing.T) {
				t.Parallel()
				s := withDock(map[string]string{"WOOCOMMERCE_SHIPMENT_TRACKING": "true"})
				journey(t, s, func(w *world) {
					sale := ingestWooSale(42, 0, 3)
					w.wooStore.Put(sale)
					w.ingestOK(w.woo("order.created", sale.Body()))
					w.pass(time.Minute)
					states, began := wooStates(last), time.Now()
					for i, at := range order {
						for range 2 {
							w.reports("woocommerce", states[at], began.Add(time.Duration(at)*time.Second))
						}
						if i == 1 {
							w.restart(s)
						}
						w.pass(5 * time.Minute)
					}
					w.ingestOK(w.woo("order.updated", w.wooStore.Body(42))) // what was written comes back
					w.pass(5 * time.Minute)
					w.noDead()
					status, list := w.wooStore.Status(42), fmt.Sprint(w.wooStore.Meta(42)["_wc_shipment_tracking_items"])
					made := w.erp.ItemFulfillments()
					if last == canonical.Delivered {
						if status != "completed" || strings.Contains(list, "1Z1 ") || strings.Count(list, "tracking_number:1ZNEW") != 1 || len(made) != 1 || made[0].Tracking[0] != "1ZNEW" {
							t.Errorf("the store has %s, %s, the ERP %+v\n%s", status, list, made, w.story())
						}
						return
					}
					if status != "processing" || strings.Contains(list, "tracking_number") || len(made) != 0 || w.order("woocommerce", "42").Lines[0].Closed {
						t.Errorf("the store has %s, %s, the ERP %+v\n%s", status, list, made, w.story())
					}
				})
			})
		}
	}
}
