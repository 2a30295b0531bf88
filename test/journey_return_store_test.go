package test_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/message"
)

// goodsReturn is a return at the warehouse of a shipment's pieces: each webhook comes twice, and the one of
// its end overtakes the others if they are late.
func (w *world) goodsReturn(shipment, pieces, restocked int, late bool) {
	w.Helper()
	id := w.warehouse.Expect(shipment, map[string]int{"TEE-BLK-M": pieces})
	var states []told
	note := func(topic string, err error) {
		request, wrong := w.warehouse.ReturnDelivery("msg", topic, id)
		if err != nil || wrong != nil {
			w.Fatal(err, wrong)
		}
		states = append(states, told{topic, request.Body})
		if !late {
			w.pass(time.Hour)
			w.returnTells(id, states)
		}
	}
	note("return.created", nil)
	w.pass(time.Hour)
	note("return.completed", w.warehouse.CompleteReturn(id, map[string]map[string]int{"TEE-BLK-M": {"Restock": restocked, "Dispose": pieces - restocked}}))
	slices.Reverse(states)
	w.returnTells(id, states)
	w.pass(time.Hour)
}

func (w *world) returnTells(id int, states []told) {
	w.Helper()
	for i, one := range states {
		for range 2 {
			w.tells("msg_"+strconv.Itoa(id)+"_"+one.topic+strconv.Itoa(i), one)
		}
	}
}

// shippedFor has the warehouse ship the order, and returns the shipment.
func (w *world) shippedFor(reference string) int {
	w.Helper()
	w.pass(time.Minute)
	shipment, err := w.warehouse.Ship(reference, nil)
	if err != nil {
		w.Fatal(err)
	}
	w.warehouseTells("msg_"+reference, "order.shipped", reference)
	w.pass(time.Hour)
	return shipment
}

// TestF1AReturnThatCameBackIsClosedInItsStore: the store has one return of two pieces, which come in two
// parcels, and one of a piece that does not come. The answer of the close is lost. Nothing of it
// shows in the other store, nor do money and stock move.
func TestF1AReturnThatCameBackIsClosedInItsStore(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		t.Run(strconv.FormatBool(late), func(t *testing.T) {
			t.Parallel()
			s := withHolds(nil)
			journey(t, s, func(w *world) {
				w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
				shipment := w.shippedFor(referenceOf(42))
				w.shop.Return("42", "OPEN", map[string]int{"TEE-BLK-M": 2})
				w.shop.Return("42", "OPEN", map[string]int{"TEE-BLK-M": 1})
				asked := len(w.erp.Calls())
				w.goodsReturn(shipment, 1, 1, late)
				if all := w.shop.Returns("42"); all[0].Status != "OPEN" || all[1].Status != "OPEN" {
					t.Errorf("after one piece: %+v\n%s", all, w.story())
				}
				w.shop.LoseAnswer("returnClose")
				w.goodsReturn(shipment, 1, 0, late)
				w.restart(s)
				w.pollsLater()
				if all := w.shop.Returns("42"); all[0].Status != "CLOSED" || all[0].Closed != 1 || all[1].Status != "OPEN" {
					t.Errorf("after both pieces: %+v\n%s", all, w.story())
				}
				shown := w.shop.Metafield("42", "causeway.returns")
				if strings.Count(shown, "\n") != 1 || !strings.Contains(shown, " received 1 TEE-BLK-M (1 restocked)") || !strings.Contains(shown, " received 1 TEE-BLK-M (0 restocked)") {
					t.Errorf("the shop shows %q\n%s", shown, w.story())
				}
				if now := len(w.erp.Calls()); now != asked || len(w.wooStore.Notes(42)) != 0 {
					t.Errorf("the ERP was asked %d times because of the returns; the other store has %v", now-asked, w.wooStore.Notes(42))
				}
				w.noDead()
			})
		})
	}
}

// TestF1AReturnIsANoteOfTheOtherStore, internal, each state once.
func TestF1AReturnIsANoteOfTheOtherStore(t *testing.T) {
	t.Parallel()
	for late, want := range map[bool][]string{false: {"requested 2 TEE-BLK-M", "received 2 TEE-BLK-M (1 restocked)"}, true: {"received 2 TEE-BLK-M (1 restocked)"}} {
		t.Run(strconv.FormatBool(late), func(t *testing.T) {
			t.Parallel()
			journey(t, withHolds(nil), func(w *world) {
				order := ingestWooSale(42, 0, 3)
				order.Shipping = 499
				w.wooStore.Put(order)
				w.ingestOK(w.woo("order.created", order.Body()))
				shipment := w.shippedFor(message.Key{System: "woocommerce", Tenant: "shop.example", Type: "order", ID: "42"}.String())
				w.goodsReturn(shipment, 2, 1, late)
				w.pollsLater()
				var states []string
				for _, note := range w.wooStore.Notes(42) {
					if _, state, is := strings.Cut(note.Text, ": "); is && strings.HasPrefix(note.Text, "Return ") {
						if states = append(states, state); note.Customer {
							t.Errorf("the customer got %q", note.Text)
						}
					}
				}
				if !slices.Equal(states, want) || w.shop.Metafield("42", "causeway.returns") != "" {
					t.Errorf("notes %q\n%s", states, w.story())
				}
				w.noDead()
			})
		})
	}
}
