package test_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// withMoney is a world in which the ERP decides as much as it can: it ends orders, pays back, invoices and receives goods.
func withMoney(more map[string]string) setup {
	all := map[string]string{
		"NETSUITE_REFUNDS": "true", "NETSUITE_ORDERS": "all", "SHOPIFY_ERP_REFUNDS": "pay", "WOOCOMMERCE_ERP_REFUNDS": "pay",
	}
	maps.Copy(all, more)
	return withReceipts(all)
}

// cancelsInStore has the store cancel order 42.
func (w *world) cancelsInStore(system string) {
	w.Helper()
	if system == "woocommerce" {
		w.wooStore.SetStatus(42, "cancelled")
	} else {
		order := map[string]any{}
		ingestDecode(w.shop.Webhook("42"), &order)
		now := time.Now().UTC().Format(time.RFC3339)
		order["cancelled_at"], order["cancel_reason"], order["updated_at"] = now, "customer", now
		w.shop.Put(ingestMust(json.Marshal(order)))
	}
	w.storesReport()
}

// settlesAt fails unless the store has paid the amount back once and the ERP has the refund as the store's, and nothing more happens
// however often both are asked. A dead letter is one that a person settles: of goods that left, or of pieces that a credit has.
func (w *world) settlesAt(system, id, amount string) {
	w.Helper()
	before := 0
	for i := range 2 {
		w.storesReport()
		w.polledERP()
		w.storesReport()
		w.pass(3 * time.Hour)
		got, shown := w.storeRefunds(system)
		if !slices.Equal(got, []string{amount + " paid"}) || len(shown) != 0 || fmt.Sprint(w.erpRefunds()) != fmt.Sprint(map[string]string{id: amount + " ours"}) {
			w.Errorf("the store has %q, shows %q, the ERP %v\n%s", got, shown, w.erpRefunds(), w.story())
		}
		dead := w.entries(port.Dead)
		if i > 0 && len(dead) != before {
			w.Errorf("%d dead letters, then %d\n%s", before, len(dead), w.story())
		}
		before = len(dead)
		for _, e := range dead {
			if !slices.Contains([]string{"GOODS_LEFT", "cancel_refused"}, e.Error.Code) && !strings.Contains(e.Error.Message, "into stock already") {
				w.Errorf("dead is %+v\n%s", e, w.story())
			}
		}
	}
}

// TestMoneyACancelledOrderThatLeftIsPaidBackOnce: goods left, the store cancels, a person pays back at the ERP, and the goods come back,
// in each order.
func TestMoneyACancelledOrderThatLeftIsPaidBackOnce(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		for _, order := range permutations(3) {
			t.Run(fmt.Sprint(system, order), func(t *testing.T) {
				t.Parallel()
				journey(t, withMoney(nil), func(w *world) {
					w.soldPaid(system)
					shipment := w.shippedFor(message.Key{System: system, Tenant: tenants[system], Type: "order", ID: "42"}.String())
					w.storesReport()
					id := ""
					for _, at := range order {
						switch at {
						case 0:
							w.cancelsInStore(system)
						case 1:
							id = w.paysBack(system, "10.00")
							w.polledERP()
							w.storesReport()
						case 2:
							w.goodsReturn(shipment, 2, 2, false)
						}
					}
					w.settlesAt(system, id, "10.00")
					returns := "H 2 of 2 TEE-BLK-M; receipt 2 TEE-BLK-M at 5; back 3" // a person credited a piece after it was received
					if slices.Index(order, 1) < slices.Index(order, 2) {
						returns = "B 0 of 2 TEE-BLK-M; back 1"
					}
					w.wantERPReturns(returns)
					if len(w.erp.CreditMemos()) != 1 || len(w.erp.Invoices()) != 1 {
						t.Errorf("the ERP has %+v and %+v", w.erp.CreditMemos(), w.erp.Invoices())
					}
				})
			})
		}
	}
}

// TestMoneyARefundThatAPersonEnteredStaysOneAfterALoss of the table, also if the setting is off by then.
func TestMoneyARefundThatAPersonEnteredStaysOneAfterALoss(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		for _, how := range []string{"deposit", "invoice", "cash sale"} {
			for _, on := range []string{"true", "false"} {
				t.Run(system+" "+how+" "+on, func(t *testing.T) {
					t.Parallel()
					lost, state := withLoss()
					s := withPaybacks("pay", nil)
					s.memory, s.ports = true, lost.ports
					journey(t, s, func(w *world) {
						w.soldPaid(system)
						w.bills(system, how)
						id := w.paysBack(system, "10.00")
						w.polledERP()
						w.storesReport()
						credits := fmt.Sprint(w.erp.CreditMemos())
						state.forget()
						off := withPaybacks("pay", map[string]string{"NETSUITE_REFUNDS": on})
						off.memory, off.ports = true, lost.ports
						w.restart(off)
						for range 2 {
							w.importAll(system)
							w.pass(3 * time.Hour)
						}
						if want := map[string]string{id: "10.00 ours"}; fmt.Sprint(w.erpRefunds()) != fmt.Sprint(want) || fmt.Sprint(w.erp.CreditMemos()) != credits {
							t.Errorf("the ERP has %v and %+v, want %v and %v\n%s", w.erpRefunds(), w.erp.CreditMemos(), want, credits, w.story())
						}
						w.noDead()
					})
				})
			}
		}
	}
}

// TestMoneyACancellationThatRefundsIsBookedOnce: the whole order is paid back at the store and at the ERP, the ERP closes its order, and the store
// cancels its own, in each order.
func TestMoneyACancellationThatRefundsIsBookedOnce(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		for _, ships := range []bool{false, true} {
			for _, order := range permutations(3) {
				t.Run(fmt.Sprint(system, ships, order), func(t *testing.T) {
					t.Parallel()
					journey(t, withMoney(map[string]string{released: "24h"}), func(w *world) {
						w.soldPaid(system)
						total := w.order(system, "42").Total
						if ships {
							w.try(w.erp.Fulfill(w.external(system), w.order(system, "42").Lines[0].Number, "2"))
						}
						id := ""
						for _, at := range order {
							switch at {
							case 0:
								id = w.paysBack(system, total)
							case 1:
								w.ended(system, true)
							case 2:
								w.cancelsInStore(system)
							}
							w.polledERP()
							w.storesReport()
						}
						w.settlesAt(system, id, total)
					})
				})
			}
		}
	}
}
