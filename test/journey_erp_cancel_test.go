package test_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// withERPOrders is a world with a warehouse and a CRM, in which the ERP may end orders.
func withERPOrders(settings map[string]string) setup {
	all := map[string]string{"NETSUITE_ORDERS": "true"}
	for key, value := range settings {
		all[key] = value
	}
	return withHolds(all)
}

// ended closes or opens the sales order of order 42 as a person does in the ERP.
func (w *world) ended(system string, closed bool) {
	w.Helper()
	if err := w.erp.CloseOrder(w.order(system, "42").ExternalID, closed); err != nil {
		w.Fatal(err)
	}
}

// pollsERP polls the ERP some minutes later and lets everything that follows happen, with the webhooks of
// what the stores have then.
func (w *world) pollsERP() {
	w.Helper()
	w.pass(10 * time.Minute)
	if err := w.poller(w.config.Systems["netsuite"], w.config.Runtime, nil).Run(w.Context()); err != nil {
		w.Fatalf("polling the ERP: %v\n%s", err, w.story())
	}
	w.pass(5 * time.Minute)
	w.storesReport()
}

// storesReport sends the webhooks of order 42 of both stores, each twice.
func (w *world) storesReport() {
	w.Helper()
	for range 2 {
		if body := w.shop.Webhook("42"); body != nil {
			w.ingestOK(w.shopify("orders/updated", body))
		}
		if body := w.wooStore.Body(42); body != nil {
			w.ingestOK(w.woo("order.updated", body))
		}
		w.pass(5 * time.Minute)
	}
}

// storeShows returns what the store has of order 42: "open" or "cancelled", and what it shows to a person.
func (w *world) storeShows(system string) (state, shown string) {
	w.Helper()
	if system == "woocommerce" {
		for _, note := range w.wooStore.Notes(42) {
			if strings.HasPrefix(note.Text, "ERP: ") {
				shown += note.Text
			}
		}
		return map[bool]string{true: "cancelled", false: "open"}[w.wooStore.Status(42) == "cancelled"], shown
	}
	state = "open"
	if strings.Contains(string(w.shop.Webhook("42")), `"cancelled_at":"`) {
		state = "cancelled"
	}
	return state, w.shop.Metafield("42", "causeway.erp")
}

// sold places order 42 in the store.
func (w *world) sold(system string) {
	w.Helper()
	if system == "shopify" {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
	} else {
		order := ingestWooSale(42, 0, 3)
		order.Shipping = 499
		w.wooStore.Put(order)
		w.ingestOK(w.woo("order.created", order.Body()))
	}
	w.pass(10 * time.Minute)
}

// tenants are the stores' own.
var tenants = map[string]string{"shopify": "example-brand.myshopify.com", "woocommerce": "shop.example"}

func TestC3AnOrderThatTheERPCancelledIsCancelledInItsStoreAndAtTheWarehouse(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		reference := message.Key{System: system, Tenant: tenants[system], Type: "order", ID: "42"}.String()
		for stage, c := range map[string]struct {
			delay         string
			ships         bool
			state, status string
		}{
			"before the release": {delay: "24h", state: "cancelled"},
			"before picking":     {delay: "0s", state: "cancelled", status: shipbobtest.Cancelled},
			"after a part left":  {delay: "0s", ships: true, state: "open", status: shipbobtest.Partially},
		} {
			t.Run(system+" "+stage, func(t *testing.T) {
				t.Parallel()
				journey(t, withERPOrders(map[string]string{released: c.delay}), func(w *world) {
					w.sold(system)
					if c.ships {
						if _, err := w.warehouse.Ship(reference, map[string]int{"TEE-BLK-M": 2}); err != nil {
							t.Fatal(err)
						}
						w.warehouseTells("msg_1", "order.shipped", reference)
						w.pass(10 * time.Minute)
						w.storesReport()
					}
					w.ended(system, true)
					before := w.order(system, "42")
					w.pollsERP()
					w.pollsERP()
					w.pass(26 * time.Hour)
					state, shown := w.storeShows(system)
					if state != c.state || c.ships != strings.HasSuffix(shown, "; not cancelled here: something was shipped") {
						t.Errorf("the store has it %s and shows %q\n%s", state, shown, w.story())
					}
					if slices.Contains(w.shop.Tags("42"), "erp-cancelled") != (system == "shopify") {
						t.Errorf("the tags are %v", w.shop.Tags("42"))
					}
					want := map[string]string{}
					if c.status != "" {
						want[reference] = c.status
					}
					w.warehouseBooks(want)
					if after := w.order(system, "42"); after.Status != "closed" || after.Writes != before.Writes {
						t.Errorf("the ERP has %+v\n%s", after, w.story())
					}
					if got := w.crmOne("orders").Properties["causeway_state"]; c.state == "cancelled" && got != "cancelled" {
						t.Errorf("the CRM has %v", w.crmOne("orders").Properties)
					}
					w.noDead()
				})
			})
		}
	}
}

// TestC3ACancellationOfTheStoreIsNotAskedForAgain: what the store cancelled comes back from the ERP and
// is only read.
func TestC3ACancellationOfTheStoreIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			journey(t, withERPOrders(nil), func(w *world) {
				w.sold(system)
				if system == "shopify" {
					sale := ingestSale(42, 10*time.Minute, 3)
					sale.CancelledAt = sale.UpdatedAt
					w.ingestOK(w.shopify("orders/cancelled", sale.Body()))
				} else {
					w.wooStore.SetStatus(42, "cancelled")
					w.ingestOK(w.woo("order.updated", w.wooStore.Body(42)))
				}
				w.pass(10 * time.Minute)
				before := w.order(system, "42")
				if before.Status != "closed" {
					t.Fatalf("the ERP has %+v\n%s", before, w.story())
				}
				asked := len(w.shop.Asked())
				for range 3 {
					w.pollsERP()
				}
				for _, query := range w.shop.Asked()[asked:] {
					if strings.HasPrefix(query, "mutation") {
						t.Errorf("the shop was asked for %s", query)
					}
				}
				requests := w.requests(system)
				if len(requests) != 1 || requests[0] != "cancel order: order 42 is cancelled" || len(w.wooStore.Notes(42)) != 0 {
					t.Errorf("the requests ended as %q, notes %+v\n%s", requests, w.wooStore.Notes(42), w.story())
				}
				if after := w.order(system, "42"); after.Writes != before.Writes || after.Status != "closed" {
					t.Errorf("the ERP has %+v, had %+v", after, before)
				}
				w.warehouseBooks(map[string]string{message.Key{System: system, Tenant: tenants[system], Type: "order", ID: "42"}.String(): shipbobtest.Cancelled})
				w.noDead()
			})
		})
	}
}

// requests returns what was done about the requests to cancel at the store.
func (w *world) requests(system string) (ends []string) {
	w.Helper()
	for _, e := range w.entries(port.Sent) {
		if e.Type == canonical.OrderCancelRequested && e.Route == "netsuite-orders-to-"+system {
			ends = append(ends, e.Outcome)
		}
	}
	return ends
}

// TestC3AnAnswerThatWasLostCancelsOnce, also over a crash, and while Shopify's job takes its time.
func TestC3AnAnswerThatWasLostCancelsOnce(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"orderCancel(", "tagsAdd(", "OrderCancelJobResult", "slow"} {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprint(lost, " crash ", crash), func(t *testing.T) {
				t.Parallel()
				s := withERPOrders(nil)
				journey(t, s, func(w *world) {
					w.sold("shopify")
					w.ended("shopify", true)
					if w.shop.LoseAnswer(lost); lost == "slow" || lost == "OrderCancelJobResult" {
						w.shop.SlowCancel(3, "")
					}
					w.pass(10 * time.Minute)
					if err := w.poller(w.config.Systems["netsuite"], w.config.Runtime, nil).Run(w.Context()); err != nil {
						t.Fatal(err)
					}
					w.pass(time.Second)
					if crash {
						w.restart(s)
					}
					w.shop.EndCancels()
					w.pass(time.Hour)
					w.storesReport()
					if state, shown := w.storeShows("shopify"); state != "cancelled" || shown != "" || len(w.shop.Cancellations()) != 1 || w.shop.Cancellations()[0].Refunds {
						t.Errorf("the shop has it %s, shows %q, after %+v\n%s", state, shown, w.shop.Cancellations(), w.story())
					}
					w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Cancelled})
					w.noDead()
				})
			})
		}
	}
}

// TestC3AnOrderThatTheERPOpensAgainChangesNothing, before and after a poll.
func TestC3AnOrderThatTheERPOpensAgainChangesNothing(t *testing.T) {
	t.Parallel()
	journey(t, withERPOrders(nil), func(w *world) {
		w.sold("shopify")
		w.ended("shopify", true)
		w.pass(time.Minute)
		w.ended("shopify", false)
		w.pollsERP()
		if state, _ := w.storeShows("shopify"); state != "open" || len(w.requests("shopify")) != 0 {
			t.Errorf("opened before the poll: the shop has it %s\n%s", state, w.story())
		}
		w.ended("shopify", true)
		w.pollsERP()
		w.ended("shopify", false)
		asked := len(w.requests("shopify"))
		w.pollsERP()
		w.pollsERP()
		if state, _ := w.storeShows("shopify"); state != "cancelled" || asked != 1 || len(w.requests("shopify")) != 1 || len(w.shop.Cancellations()) != 1 {
			t.Errorf("opened after the poll: the shop has it %s, %d requests\n%s", state, len(w.requests("shopify")), w.story())
		}
		w.noDead()
	})
}

// TestC3WithShowAnOrderThatTheERPClosedIsOnlyShown, and the tag that comes back does not open it in the ERP.
func TestC3WithShowAnOrderThatTheERPClosedIsOnlyShown(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			journey(t, withERPOrders(map[string]string{"SHOPIFY_CANCELLATIONS": "show", "WOOCOMMERCE_CANCELLATIONS": "show"}), func(w *world) {
				w.sold(system)
				w.ended(system, true)
				w.pollsERP()
				w.pollsERP()
				state, shown := w.storeShows(system)
				if state != "open" || strings.Count(shown, "; not cancelled here: ") != 1 {
					t.Errorf("the store has it %s and shows %q\n%s", state, shown, w.story())
				}
				if after := w.order(system, "42"); after.Status != "closed" {
					t.Errorf("the ERP has %+v\n%s", after, w.story())
				}
				w.noDead()
			})
		})
	}
}
