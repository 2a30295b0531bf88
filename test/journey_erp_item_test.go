package test_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// erpUnknown is an order whose lines name the SKUs, most of which the ERP lacks.
func erpUnknown(id int64, skus ...string) shopifytest.Purchase {
	p := erpUsual(id)
	for i, sku := range skus {
		p.Items = append(p.Items, shopifytest.Item{ID: id*10 + int64(i), SKU: sku, Title: "Article", Quantity: 1, Price: 1000})
	}
	return p
}

func TestB2AnUnknownSKUStopsItsOwnOrderOnly(t *testing.T) {
	t.Parallel()
	bad := map[int64]shopifytest.Purchase{
		9101: erpUnknown(9101, "NO-SUCH"),
		9102: erpUnknown(9102, "TEE-BLK-M", "no such either", "HOOD-M"),
		9103: erpUnknown(9103, "HOOD-M", "TEE-BLK-M", "SKU-A", "ТОВАР-1"),
	}
	want := []string{
		"missing_ref INVALID_VALUE lines[0].sku", "missing_ref INVALID_VALUE lines[1].sku", "missing_ref INVALID_VALUE lines[3].sku",
	}
	journey(t, setup{}, func(w *world) {
		for id, p := range bad {
			erpPlace(w, p)
			erpPlace(w, erpUsual(id+100))
		}
		w.pass(10 * time.Minute)
		for id := range bad {
			w.noOrder(erpID(id))
			if code := erpWaits(w, "payment", erpID(id)+"-paid"); code != "missing_ref "+pipeline.ParentDead {
				t.Errorf("the payment of %d waits for %q, want %s", id, code, pipeline.ParentDead)
			}
			erpOnce(w, id+100, "a good order beside")
		}
		if got, told := erpDead(w, erpOrders); !slices.Equal(got, want) {
			t.Errorf("dead letters %q, want %q: %q", got, want, told)
		}
		if n := len(w.entries(port.Dead)); n != len(bad) {
			t.Errorf("%d dead letters in all, want %d", n, len(bad))
		}
	})
}

func TestB2WhatNetSuiteCallsAnUnknownItemIsTheSame(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		w.erp.Plan(netsuitetest.Fault{
			Method: http.MethodPut, PathContains: "order__9101", Do: netsuitetest.Answer(http.StatusBadRequest, "INVALID_CONTENT", "item.items[1].item"),
		})
		order := woocommercetest.NewOrder(77, 2)
		order.Lines[0].SKU, order.Lines[1].SKU = "HOOD-M", "GONE"
		erpPlace(w, erpUsual(9101))
		if status := w.woo("order.created", order.Body()); status != http.StatusOK {
			t.Fatalf("the store was told %d", status)
		}
		w.pass(time.Minute)
		if got, _ := erpDead(w, erpOrders); !slices.Equal(got, []string{"missing_ref INVALID_CONTENT lines[1].sku"}) {
			t.Errorf("dead letters of the shop: %q", got)
		}
		if got, _ := erpDead(w, "woocommerce-orders-to-netsuite"); !slices.Equal(got, []string{"missing_ref INVALID_VALUE lines[1].sku"}) {
			t.Errorf("dead letters of the store: %q", got)
		}
		if n := len(w.erp.Orders()) + len(w.erp.Deposits()); n != 0 {
			t.Errorf("%d sales orders and deposits, want none", n)
		}
	})
}

// erpHomeless are orders of whose lines some have no product behind them, and which.
func erpHomeless() map[int64]shopifytest.Purchase {
	custom := shopifytest.Item{ID: 11, SKU: "", Title: "Engraving", Quantity: 1, Price: 1500, Custom: true}
	deleted := shopifytest.Item{ID: 12, SKU: "", Title: "Merino Tee", Quantity: 2, Price: 3900, Custom: true}
	known := shopifytest.Item{ID: 13, SKU: "HOOD-M", Title: "Hoodie", Quantity: 1, Price: 7950}
	all := map[int64]shopifytest.Purchase{9301: erpUsual(9301), 9302: erpUsual(9302), 9303: erpUsual(9303)}
	for id, items := range map[int64][]shopifytest.Item{9301: {custom}, 9302: {known, deleted}, 9303: {known, known, custom}} {
		p := all[id]
		p.Items, p.TaxPercent, p.Shipping = items, 0, 0
		all[id] = p
	}
	return all
}

func TestB3WhatHasNoProductGoesToTheConfiguredItem(t *testing.T) {
	t.Parallel()
	want := map[int64]string{
		9301: "store-custom 1 15.00", 9302: "HOOD-M 1 79.50, store-custom 2 78.00", 9303: "HOOD-M 1 79.50, HOOD-M 1 79.50, store-custom 1 15.00",
	}
	journey(t, setup{settings: map[string]string{"NETSUITE_ITEM_CUSTOM": "store-custom"}}, func(w *world) {
		for id, p := range erpHomeless() {
			if got := strings.Join(erpLines(erpBuy(w, p)), ", "); got != want[id] {
				t.Errorf("order %d has the lines %s, want %s", id, got, want[id])
			}
		}
		erpQuiet(w)
	})
}

// TestB3WithoutTheItemTheOrderWaitsForTheSetting: the setting and the line are named, and
// the orders go on once the engine has restarted with the setting.
func TestB3WithoutTheItemTheOrderWaitsForTheSetting(t *testing.T) {
	t.Parallel()
	journey(t, setup{settings: map[string]string{"NETSUITE_ITEM_CUSTOM": ""}}, func(w *world) {
		lines := map[int64]string{9301: "lines[0]", 9302: "lines[1]", 9303: "lines[2]"}
		for _, p := range erpHomeless() {
			erpPlace(w, p)
		}
		w.pass(10 * time.Minute)
		for id, line := range lines {
			erpUnset(w, erpID(id), "NETSUITE_ITEM_CUSTOM", line)
		}
		if n := len(w.erp.Orders()) + len(w.erp.Deposits()); n != 0 {
			t.Errorf("%d sales orders and deposits, want none", n)
		}
		w.restart(setup{settings: map[string]string{"NETSUITE_ITEM_CUSTOM": "store-custom"}})
		w.pass(20 * time.Minute)
		for id := range lines {
			if deposits := erpDeposits(w, erpOrder(w, id)); len(deposits) != 1 {
				t.Errorf("order %d has the deposits %q", id, deposits)
			}
		}
		erpQuiet(w)
	})
}
