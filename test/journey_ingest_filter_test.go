package test_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
)

// ingestKind is a kind of order that an installation may not want in its ERP.
type ingestKind struct {
	filter   string
	reason   string
	on       bool // unless the installation says otherwise
	system   string
	edit     ingestEdit
	deposits int
	total    string
	child    string // reason of the payment's skip, "" if there is no payment
}

var ingestKinds = map[string]ingestKind{
	"a test order": {"test", "test order", true, "shopify", func(o map[string]any) { o["test"] = true }, 1, "30.00", "test order"},
	"a test order of WooCommerce": {"test", "test order", true, "woocommerce", func(o map[string]any) {
		o["payment_method"] = "pretend"
	}, 1, "30.00", "test order"},
	"handed over at the till": {"pos_fulfilled", "sold and handed over at the point of sale", true, "shopify", func(o map[string]any) {
		o["source_name"], o["fulfillment_status"] = "pos", "fulfilled"
	}, 1, "30.00", "its order was skipped: sold and handed over at the point of sale"},
	"digital goods only": {"digital_only", "nothing to ship", false, "shopify", func(o map[string]any) {
		ingestFirst(o, "line_items")["requires_shipping"] = false
	}, 1, "30.00", "its order was skipped: nothing to ship"},
	"digital goods of WooCommerce": {"digital_only", "nothing to ship", false, "woocommerce", func(o map[string]any) {
		o["needs_processing"] = false
	}, 1, "30.00", "its order was skipped: nothing to ship"},
	"a free order": {"zero_total", "total is zero", false, "shopify", func(o map[string]any) {
		free := shopifytest.Purchase{Items: []shopifytest.Item{{ID: 1, SKU: "TEE-BLK-M", Quantity: 3, Price: 1000, Discount: 3000}}}
		bought := map[string]any{}
		ingestDecode(free.Body(), &bought)
		for _, name := range []string{"total_price_set", "total_discounts_set", "line_items"} {
			o[name] = bought[name]
		}
	}, 0, "0.00", ""},
	"a free order of WooCommerce": {"zero_total", "total is zero", false, "woocommerce", func(o map[string]any) {
		free := ingestWooSale(42, 0, 3)
		free.Lines[0].Discount = 3000
		ingestDecode(free.Body(), &o)
	}, 0, "0.00", ""},
}

func TestA10AnUnwantedKindOfOrderFollowsItsFilter(t *testing.T) {
	t.Parallel()
	for name, kind := range ingestKinds {
		for setting, filters := range map[string]map[string]bool{"default": nil, "on": {kind.filter: true}, "off": {kind.filter: false}} {
			t.Run(name+" "+setting, func(t *testing.T) {
				t.Parallel()
				with := setup{filters: filters, settings: map[string]string{"WOOCOMMERCE_TEST_GATEWAYS": "pretend"}}
				journey(t, with, func(w *world) {
					w.ingestCreate(kind.system, ingestBody(kind.system, kind.edit))
					w.pass(time.Minute)
					if on, set := filters[kind.filter]; (set && on) || (!set && kind.on) {
						w.ingestSkipped(kind)
					} else {
						w.ingestPaid(kind.system, "42", kind.total, kind.deposits)
					}
					w.ingestNoneDead()
				})
			})
		}
	}
}

// ingestSkipped fails unless the ledger says why neither order nor payment is at the ERP.
func (w *world) ingestSkipped(kind ingestKind) {
	w.Helper()
	w.noOrder("42")
	want := []string{"order.placed: " + kind.reason}
	if kind.child != "" {
		want = append(want, "payment.captured: "+kind.child)
	}
	got := w.ingestReasons(port.Skipped, "42")
	slices.Sort(got)
	if !slices.Equal(got, want) || len(w.erp.Deposits()) != 0 {
		w.Errorf("%d deposits, skipped %q, want %q\n%s", len(w.erp.Deposits()), got, want, w.story())
	}
}

// TestA10AFilterDecidesByTheStateAlone: an order stays out for as long as its state is one
// that the filter skips, whichever other fields change. The first state that the filter lets pass
// places it, with its payment, and then no filter applies to it any more.
func TestA10AFilterDecidesByTheStateAlone(t *testing.T) {
	t.Parallel()
	for name, kind := range ingestKinds {
		if kind.filter == "test" { // an order does not stop being a test
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{filters: map[string]bool{kind.filter: true}}, func(w *world) {
				w.ingestCreate(kind.system, ingestBody(kind.system, kind.edit))
				for i := range 3 {
					w.pass(time.Minute)
					w.ingestUpdate(kind.system, time.Duration(i+1)*time.Minute, kind.edit)
				}
				w.pass(time.Minute)
				w.noOrder("42")
				for _, got := range w.ingestReasons(port.Skipped, "42") {
					if !strings.HasSuffix(got, ": "+kind.reason) && !strings.Contains(got, "duplicate: ") {
						t.Errorf("skipped %q, want the reason %q", got, kind.reason)
					}
				}
				if n := len(w.erp.Deposits()); n != 0 {
					t.Errorf("%d deposits of an order that the ERP does not have\n%s", n, w.story())
				}
				w.ingestUpdate(kind.system, 4*time.Minute, func(o map[string]any) { o["needs_processing"] = true })
				w.pass(time.Minute)
				w.ingestPaid(kind.system, "42", "30.00", 1)
				w.ingestTell(kind.system, ingestTold{"cancelled", 300, 3})
				w.pass(time.Minute)
				if order := w.order(kind.system, "42"); order.Status != "closed" {
					t.Errorf("status %s of a cancelled order\n%s", order.Status, w.story())
				}
				w.ingestNoneDead()
			})
		})
	}
}

// ingestUpdate reports order 42 as it was so long after it was placed, edited, with another
// note each time.
func (w *world) ingestUpdate(system string, after time.Duration, edit ingestEdit) {
	w.Helper()
	note := "changed after " + after.String()
	if system == "shopify" {
		sale := ingestSale(42, after, 3)
		sale.Change = func(o map[string]any) { o["note"] = note; edit(o) }
		w.ingestOK(w.shopify("orders/updated", sale.Body()))
		return
	}
	order, modified := map[string]any{}, map[string]any{}
	ingestDecode(ingestWooSale(42, 0, 3).Body(), &order)
	edit(order)
	ingestDecode(ingestWooSale(42, after, 3).Body(), &modified)
	for _, name := range []string{"date_modified", "date_modified_gmt"} {
		order[name] = modified[name]
	}
	order["customer_note"] = note
	w.ingestOK(w.woo("order.updated", ingestMust(json.Marshal(order))))
}

func TestA10ADraftIsPlacedWhenItIsPlaced(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"checkout-draft", "auto-draft"} {
		for name, filters := range map[string]map[string]bool{"by default": nil, "filter off": {"draft": false}} {
			t.Run(status+" "+name, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{filters: filters}, func(w *world) {
					draft := ingestWooSale(42, 0, 1)
					draft.Status, draft.Paid = status, time.Time{}
					w.ingestCreate("woocommerce", draft.Body())
					w.pass(time.Hour)
					w.ingestKeptOut(filters == nil, "draft order, not placed yet")
					w.ingestTell("woocommerce", ingestTold{"updated", 3600, 5})
					w.pass(time.Minute)
					w.ingestPaid("woocommerce", "42", "50.00", 1)
					w.ingestOK(w.woo("order.updated", draft.Body())) // late
					w.pass(time.Minute)
					w.ingestPaid("woocommerce", "42", "50.00", 1)
					w.ingestNoneDead()
				})
			})
		}
	}
}

func TestA10AnAuthorizedOrderIsPlacedWhenItIsPaid(t *testing.T) {
	t.Parallel()
	for name, filters := range map[string]map[string]bool{"by default": nil, "filter off": {"authorized_only": false}} {
		for how, topic := range map[string]string{"told as paid": "paid", "told as updated": "updated"} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{filters: filters}, func(w *world) {
					authorized := ingestSale(42, 0, 1)
					authorized.Financial = "authorized"
					w.ingestCreate("shopify", authorized.Body())
					w.pass(24 * time.Minute)
					w.ingestKeptOut(filters == nil, "payment authorized but not captured yet")
					if n := len(w.erp.Deposits()); n != 0 {
						t.Errorf("%d deposits of money that did not come in", n)
					}
					w.ingestTell("shopify", ingestTold{topic, 3600, 1})
					w.pass(time.Minute)
					w.ingestPaid("shopify", "42", "10.00", 1)
					if order := w.order("shopify", "42"); order.Status != "B" {
						t.Errorf("a paid order waits for approval: %q", order.Status)
					}
					w.ingestNoneDead()
				})
			})
		}
	}
}

// ingestKeptOut fails unless the order is, or is not, kept out for the reason.
func (w *world) ingestKeptOut(out bool, reason string) {
	w.Helper()
	got := slices.Equal(w.ingestReasons(port.Skipped, "42"), []string{"order.placed: " + reason})
	if n := len(w.erp.Orders()); out != got || out != (n == 0) {
		w.Fatalf("%d orders at the ERP, want it kept out: %t\n%s", n, out, w.story())
	}
}

func TestB13TheSameNumberInTwoStoresIsTwoOrders(t *testing.T) {
	t.Parallel()
	const outlet = "outlet-brand.myshopify.com"
	stores := map[string]string{"shopify " + shopifytest.Shop: "1", "shopify " + outlet: "3", "woocommerce shop.example": "2"}
	journey(t, setup{settings: map[string]string{
		"SHOPIFY_SHOPS":         shopifytest.Shop + "," + outlet,
		"NETSUITE_SUBSIDIARIES": "shopify/" + shopifytest.Shop + "=1,woocommerce/shop.example=2,shopify/" + outlet + "=3",
	}}, func(w *world) {
		first, second, third := ingestSale(42, 0, 1), ingestSale(42, 0, 2), ingestWooSale(42, 0, 3)
		first.Customer, first.Email, second.Customer, second.Email = third.Customer, "one@example.com", third.Customer, "two@example.com"
		third.Number = "#1001"
		second.Change = func(o map[string]any) { o["order_status_url"] = "https://" + outlet + "/1/orders/2" }
		w.ingestOK(w.shopify("orders/create", first.Body()))
		w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/create", Shop: outlet, Body: second.Body()}))
		w.ingestOK(w.woo("order.created", third.Body()))
		w.pass(time.Minute)
		w.ingestApart(stores, map[string]string{"1": "10.00 B", "3": "20.00 B", "2": "30.00 B"})

		// What happens in one store leaves the others' orders alone.
		second.UpdatedAt = shopifytest.Start.Add(time.Hour)
		second.CancelledAt = second.UpdatedAt
		w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/cancelled", Shop: outlet, Body: second.Body()}))
		third.Modified, third.Lines[0].Quantity, third.Lines[0].Subtotal = third.Created.Add(time.Hour), 5, 5000
		w.ingestOK(w.woo("order.updated", third.Body()))
		w.pass(time.Minute)
		w.ingestApart(stores, map[string]string{"1": "10.00 B", "3": "20.00 closed", "2": "50.00 B"})
	})
}

// ingestApart fails unless each store has one order of the number in its subsidiary,
// with a customer and a deposit there.
func (w *world) ingestApart(stores, want map[string]string) {
	w.Helper()
	got := map[string]string{}
	for _, order := range w.erp.Orders() {
		got[order.Subsidiary] = order.Total + " " + order.Status
		store, _, _ := strings.Cut(order.Memo, " order 42")
		if stores[store] != order.Subsidiary || order.Name != "#1001" {
			w.Errorf("order %s of %q is in subsidiary %s", order.Name, store, order.Subsidiary)
		}
		for _, c := range w.erp.Customers() {
			if c.ID == order.Entity && c.Subsidiary != order.Subsidiary {
				w.Errorf("the customer of %q is in subsidiary %s", store, c.Subsidiary)
			}
		}
		w.ingestOneDeposit(order.ID)
	}
	if a, b := ingestMust(json.Marshal(got)), ingestMust(json.Marshal(want)); len(w.erp.Orders()) != len(stores) || string(a) != string(b) {
		w.Errorf("%d orders %s, want %s\n%s", len(w.erp.Orders()), a, b, w.story())
	}
}

func (w *world) ingestOneDeposit(order string) {
	w.Helper()
	deposits := 0
	for _, d := range w.erp.Deposits() {
		if d.Order == order {
			deposits++
		}
	}
	if deposits != 1 {
		w.Errorf("%d deposits for order %s", deposits, order)
	}
}
