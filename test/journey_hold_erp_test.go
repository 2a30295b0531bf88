package test_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// warehouseField names the custom field of the ERP's sales orders.
const warehouseField = "NETSUITE_WAREHOUSE_FIELD"

// withField is a world with a warehouse, whose ERP shows what it has of an order.
func withField(settings map[string]string) setup {
	all := map[string]string{warehouseField: netsuitetest.WarehouseField}
	for key, value := range settings {
		all[key] = value
	}
	return withHolds(all)
}

// erpShows fails unless the sales order of the shop's order 42 shows the words, which took so many writes.
func (w *world) erpShows(words string, writes int) {
	w.Helper()
	if o := w.order("shopify", "42"); o.Warehouse != words || o.Writes != 1+writes {
		w.Errorf("the sales order shows %q after %d writes, want %q after %d\n%s", o.Warehouse, o.Writes-1, words, writes, w.story())
	}
}

// shownByERP returns how the events of what the warehouse has of order 42 ended on their way to the ERP.
func (w *world) shownByERP(stage port.Stage) (all []string) {
	w.Helper()
	key := message.Key{System: "shipbob", Tenant: "main", Type: "warehouse_order", ID: referenceOf(42)}
	found, err := w.ports.Ledger.Find(w.Context(), port.Query{Entity: key, Stage: stage})
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range found {
		if e.Route == "shipbob-holds-to-netsuite" {
			all = append(all, e.Outcome)
		}
	}
	return all
}

// TestD6TheERPShowsWhatTheWarehouseHas: whichever webhook comes first, each twice. The sales order ends with
// the newest state, and what a person changed of it meanwhile stays.
func TestD6TheERPShowsWhatTheWarehouseHas(t *testing.T) {
	t.Parallel()
	for _, ships := range []bool{true, false} {
		for _, order := range permutations(3) {
			t.Run(fmt.Sprint(ships, order), func(t *testing.T) {
				t.Parallel()
				s := withField(map[string]string{"NETSUITE_ORDERS": "all"})
				journey(t, s, func(w *world) {
					states, seen, writes := w.holdLife(ships), -1, 0
					for i, at := range order {
						w.tells("msg_"+strconv.Itoa(i), states[at])
						w.tells("msg_"+strconv.Itoa(i), states[at])
						if i == 1 {
							w.restart(s)
							w.try(w.erp.ChangeQuantity(w.external("shopify"), 1, "5"))
						}
						w.pass(10 * time.Minute)
						if at > seen {
							seen, writes = at, writes+1
						}
						last := map[bool]string{true: "released", false: "held: Manual"}[ships]
						w.erpShows([]string{"held: OutOfStock (TEE-BLK-M)", "held: InvalidAddress", last}[seen], writes)
					}
					if o := w.order("shopify", "42"); o.Lines[0].Quantity != "5" {
						t.Errorf("the person's change is gone: %+v", o)
					}
					w.noDead()
				})
			})
		}
	}
}

// TestD6AHoldAndItsEndReachTheERPByPolls, as a discrepancy and a cancellation do, and an echo of them goes round in no circle.
func TestD6AHoldAndItsEndReachTheERPByPolls(t *testing.T) {
	t.Parallel()
	journey(t, withField(map[string]string{"NETSUITE_ORDERS": "all"}), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pollsLater()
		w.erpShows("released", 1)
		w.did("order.shipment.exception", w.warehouse.Hold(referenceOf(42), shipbobtest.Exception, shipbobtest.Detail{Name: "OutOfStock", Description: "No Stock On Hand For Sku", Product: "TEE-BLK-M"}))
		w.pollsLater()
		w.erpShows("held: OutOfStock: No Stock On Hand For Sku (TEE-BLK-M)", 2)
		w.did("order.shipment.exception", w.warehouse.Resume(referenceOf(42)))
		w.pollsLater()
		w.erpShows("released", 3)
		w.quiet("shopify")
		w.erpShows("released", 3)
		w.noDead()
	})
}

// TestD6AnAnswerOfTheERPThatWasLostShowsTheStateOnce, also over a crash.
func TestD6AnAnswerOfTheERPThatWasLostShowsTheStateOnce(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]netsuitetest.Act{
		"not done": netsuitetest.ResetBefore(), "done": netsuitetest.ResetAfter(), "failed after": netsuitetest.FailAfter(), "no answer": netsuitetest.HangAfter(),
		"changed meanwhile": netsuitetest.Changed(), "throttled": netsuitetest.Throttle("30"),
	} {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " crash ", crash), func(t *testing.T) {
				t.Parallel()
				s := withField(nil)
				journey(t, s, func(w *world) {
					states := w.holdLife(true)
					w.erp.Plan(netsuitetest.Fault{Method: "PATCH", PathContains: "salesOrder", BodyContains: netsuitetest.WarehouseField, Do: act})
					w.tells("msg_0", states[0])
					w.pass(time.Second)
					if crash {
						w.restart(s)
					}
					w.pass(2 * time.Hour)
					w.erpShows("held: OutOfStock (TEE-BLK-M)", 1)
					w.tells("msg_1", states[2])
					w.pass(2 * time.Hour)
					w.erpShows("released", 2)
					w.noDead()
				})
			})
		}
	}
}

// TestD6AFieldThatTheERPDoesNotHaveIsWaitedFor: the setting is named, and the order itself goes on.
func TestD6AFieldThatTheERPDoesNotHaveIsWaitedFor(t *testing.T) {
	t.Parallel()
	journey(t, withField(map[string]string{warehouseField: "custbody_typo"}), func(w *world) {
		states := w.holdLife(true)
		w.tells("msg_0", states[2])
		w.pass(24 * time.Hour)
		w.erpShows("", 0)
		if !strings.Contains(w.log.String(), "a message waits for our configuration") || !strings.Contains(w.story(), "NETSUITE_WAREHOUSE_FIELD: NetSuite does not take a text for custbody_typo") {
			t.Errorf("nothing says what is missing\n%s", w.story())
		}
		if len(w.erp.ItemFulfillments()) != 1 {
			t.Errorf("the shipment waits too\n%s", w.story())
		}
		w.noDead()
		w.restart(withField(nil))
		w.pass(time.Hour)
		w.erpShows("released", 1)
		w.noDead()
	})
}

// TestD6WithoutTheFieldTheERPIsNotAsked, and the events are confirmed with that reason.
func TestD6WithoutTheFieldTheERPIsNotAsked(t *testing.T) {
	t.Parallel()
	journey(t, withHolds(nil), func(w *world) {
		states := w.holdLife(false)
		asked := len(w.erp.Calls())
		for i, state := range states {
			w.tells("msg_"+strconv.Itoa(i), state)
			w.pass(10 * time.Minute)
		}
		sent := w.shownByERP(port.Sent)
		if n := len(w.erp.Calls()) - asked; n != 0 || len(sent) != 3 || !strings.HasSuffix(sent[0], "not shown: NETSUITE_WAREHOUSE_FIELD is not set") {
			t.Errorf("the ERP was asked %d times; %q\n%s", n, sent, w.story())
		}
		w.erpShows("", 0)
		w.noDead()
	})
}

// TestD6AStateWaitsForItsSalesOrder, and is skipped with an order that the ERP never gets.
func TestD6AStateWaitsForItsSalesOrder(t *testing.T) {
	t.Parallel()
	journey(t, withField(nil), func(w *world) {
		w.erp.Forbid("salesOrder", true)
		states := w.holdLife(true)
		w.tells("msg_0", states[2])
		w.pass(time.Hour)
		if done := w.shownByERP(port.Confirmed); len(done) != 0 {
			t.Errorf("confirmed %q", done)
		}
		w.erp.Forbid("salesOrder", false)
		w.pass(2 * time.Hour)
		w.erpShows("released", 1)
		w.noDead()
	})
	journey(t, withField(map[string]string{"CAUSEWAY_RULE_SKIP": `if $target == "netsuite" then "booked elsewhere" else null end`}), func(w *world) {
		states := w.holdLife(false)
		for i, state := range states {
			w.tells("msg_"+strconv.Itoa(i), state)
			w.pass(2 * time.Hour)
		}
		skipped := w.shownByERP(port.Skipped)
		if len(skipped) != 3 || !strings.Contains(skipped[0], "booked elsewhere") || len(w.ordersOf("shopify", "42")) != 0 {
			t.Errorf("skipped %q, the ERP has %+v\n%s", skipped, w.ordersOf("shopify", "42"), w.story())
		}
		w.noDead()
	})
}
