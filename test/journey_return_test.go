package test_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// returnLife ships order 42 of the shop, and has two of its three pieces come back, one of which goes
// into stock. It returns the webhooks of the return, none of which was sent.
func (w *world) returnLife() (states []told) {
	w.Helper()
	w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
	w.pass(time.Minute)
	shipment, err := w.warehouse.Ship(referenceOf(42), nil)
	w.tells("msg_shipped", w.did("order.shipped", err))
	w.pass(time.Hour)
	id := w.warehouse.Expect(shipment, map[string]int{"TEE-BLK-M": 2})
	note := func(topic string, err error) {
		if err != nil {
			w.Fatal(err)
		}
		request, err := w.warehouse.ReturnDelivery("msg", topic, id)
		if err != nil {
			w.Fatal(err)
		}
		states = append(states, told{topic, request.Body})
		w.pass(time.Hour)
	}
	note("return.created", nil)
	note("return.updated", nil)
	note("return.completed", w.warehouse.CompleteReturn(id, map[string]map[string]int{"TEE-BLK-M": {"Restock": 1, "Dispose": 1}}))
	return states
}

// returnShown fails unless the CRM lists the return once as received, and the ERP has no request more than
// before: the credit of the refund puts goods into its stock, and nothing else does.
func (w *world) returnShown(asked int) {
	w.Helper()
	shown := w.crmOne("orders").Properties["causeway_returns"]
	if strings.Count(shown, "\n") != 0 || !strings.HasPrefix(shown, "445001: ") || !strings.HasSuffix(shown, " received 2 TEE-BLK-M (1 restocked)") {
		w.Errorf("the CRM has %q\n%s", shown, w.story())
	}
	if now := len(w.erp.Calls()); now != asked {
		w.Errorf("the ERP was asked %d times because of the return", now-asked)
	}
	w.noDead()
}

// TestF1AReturnIsReceivedOnce: whichever webhook comes first, each twice.
func TestF1AReturnIsReceivedOnce(t *testing.T) {
	t.Parallel()
	for _, order := range permutations(3) {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			s := withHolds(nil)
			journey(t, s, func(w *world) {
				states := w.returnLife()
				asked := len(w.erp.Calls())
				for i, at := range order {
					w.tells("msg_"+strconv.Itoa(i), states[at])
					w.tells("msg_"+strconv.Itoa(i), states[at])
					if i == 1 {
						w.restart(s)
					}
					w.pass(5 * time.Minute)
				}
				w.returnShown(asked)
				w.pollsLater()
				w.returnShown(asked)
			})
		})
	}
}

// TestF1AReturnThatNoWebhookReportedIsPolled: first as expected, then as received.
func TestF1AReturnThatNoWebhookReportedIsPolled(t *testing.T) {
	t.Parallel()
	journey(t, withHolds(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		shipment, err := w.warehouse.Ship(referenceOf(42), nil)
		w.tells("msg_shipped", w.did("order.shipped", err))
		w.pass(time.Hour)
		id := w.warehouse.Expect(shipment, map[string]int{"TEE-BLK-M": 2})
		asked := len(w.erp.Calls())
		w.pollsLater()
		if shown := w.crmOne("orders").Properties["causeway_returns"]; !strings.HasSuffix(shown, " requested 2 TEE-BLK-M") {
			t.Errorf("the CRM has %q", shown)
		}
		if err := w.warehouse.CompleteReturn(id, map[string]map[string]int{"TEE-BLK-M": {"Restock": 1, "Dispose": 1}}); err != nil {
			t.Fatal(err)
		}
		w.pollsLater()
		w.returnShown(asked)
	})
}

// TestF1AReturnOfAnotherProgramIsLeftAlone: it names no shipment of ours.
func TestF1AReturnOfAnotherProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	journey(t, withHolds(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		w.warehouse.PutShipped(9, "by-hand", time.Now())
		for i, shipment := range []int{0, 9} {
			id := w.warehouse.Expect(shipment, map[string]int{"TEE-BLK-M": 1})
			request, err := w.warehouse.ReturnDelivery("msg", "return.created", id)
			if err != nil {
				t.Fatal(err)
			}
			w.tells("msg_"+strconv.Itoa(i), told{"return.created", request.Body})
		}
		w.pollsLater()
		if shown := w.crmOne("orders").Properties["causeway_returns"]; shown != "" {
			t.Errorf("the CRM has %q", shown)
		}
		w.noDead()
	})
}
