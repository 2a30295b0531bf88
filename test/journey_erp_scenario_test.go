package test_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
)

// erpTwice is an amount in dollars and, at two to one, in euros.
func erpTwice(minor int64) map[string]any {
	money := func(minor int64, currency string) map[string]any {
		return map[string]any{"amount": canonical.Money{Minor: minor, Currency: currency}.Decimal().String(), "currency_code": currency}
	}
	return map[string]any{"shop_money": money(minor, "USD"), "presentment_money": money(2*minor, "EUR")}
}

// TestB9TheCurrencyOfAnOrderStays: the buyer's euros are chosen and stored with the order. Its
// later states and its refund keep them after the setting was changed; a new order does not.
func TestB9TheCurrencyOfAnOrderStays(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]struct{ first, second, payout string }{
		"presentment": {"389.98 4", "194.99 1", "190.80"}, "shop": {"194.99 1", "389.98 4", "95.40"},
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			other := map[string]string{"presentment": "shop", "shop": "presentment"}[setting]
			journey(t, setup{settings: map[string]string{"SHOPIFY_CURRENCY": setting}}, func(w *world) {
				buy := func(id int64) string {
					p := erpUsual(id)
					p.Presentment, p.Factor = "EUR", 2
					order := erpBuy(w, p)
					return order.Total + " " + order.Currency
				}
				if got := buy(9881); got != want.first {
					t.Errorf("the order is %s, want %s", got, want.first)
				}
				w.restart(setup{settings: map[string]string{"SHOPIFY_CURRENCY": other}})
				erpReturnHoodie(w, 9881)
				if got := buy(9882); got != want.second {
					t.Errorf("the order after the change is %s, want %s", got, want.second)
				}
				order := erpOrder(w, 9881)
				if got := order.Total + " " + order.Currency; got != want.first {
					t.Errorf("the order became %s, want %s", got, want.first)
				}
				if payouts := w.erp.Payouts(); len(payouts) != 1 || payouts[0].Total != want.payout {
					t.Errorf("paid out %+v, want %s\n%s", payouts, want.payout, w.story())
				}
				erpQuiet(w)
			})
		})
	}
}

// erpReturnHoodie has the hoodie of the usual order in two currencies come back.
func erpReturnHoodie(w *world, id int64) {
	w.Helper()
	p := erpUsual(id)
	p.Presentment, p.Factor, p.UpdatedAt, p.Financial = "EUR", 2, shopifytest.Start.Add(time.Hour), "partially_refunded"
	p.Change = func(o map[string]any) {
		o["refunds"] = []any{map[string]any{
			"id": 31, "created_at": p.UpdatedAt.Format(time.RFC3339), "order_adjustments": []any{},
			"refund_line_items": []any{map[string]any{
				"id": 1, "line_item_id": 518995019, "quantity": 1, "restock_type": "return", "subtotal_set": erpTwice(7950), "total_tax_set": erpTwice(1590),
			}},
			"transactions": []any{map[string]any{
				"id": 32, "kind": "refund", "status": "success", "gateway": "shopify_payments", "parent_id": id, "amount": "95.40", "currency": "USD", "amount_set": erpTwice(9540),
			}},
		}}
	}
	if status := w.shopify("orders/updated", p.Body()); status != http.StatusOK {
		w.Fatalf("the shop was told %d", status)
	}
	w.pass(10 * time.Minute)
}

// erpPlaces are addresses that ERPs stumble over, and parts of what the ERP has to hold of them.
var erpPlaces = map[string]struct {
	address map[string]any
	want    []string
	noted   string // "" for nothing
}{
	"a street of 60 characters": {
		map[string]any{"address1": strings.TrimSpace(strings.Repeat("Long Lane ", 6)), "city": "Bath", "country_code": "GB", "zip": "BA1 1AA"},
		[]string{`"addr1":"` + strings.TrimSpace(strings.Repeat("Long Lane ", 6)) + `"`},
		"",
	},
	"a street beyond the field": {
		map[string]any{"address1": strings.Repeat("Lane ", 40), "city": "Bath", "country_code": "GB", "zip": "BA1 1AA"},
		[]string{`"addr1":"Lane Lane`, `"addr2":"Lane`},
		"is continued in the next line",
	},
	"a city beyond the field": {
		map[string]any{"address1": "1 Quay", "city": strings.Repeat("Llan ", 15), "country_code": "GB", "zip": "SA1 1AA"},
		[]string{`…"`},
		"shipping.city is cut to 50",
	},
	"a province by its code": {
		map[string]any{"address1": "1 Main St", "city": "Toronto", "province": "Ontario", "province_code": "ON", "country_code": "CA", "zip": "M5V 2T6"},
		[]string{`"state":"ON"`, `"country":{"id":"CA"}`},
		"",
	},
	"Hong Kong without a postal code": {
		map[string]any{"address1": "8 Queen's Road", "city": "Central", "country_code": "HK", "zip": nil}, []string{`"country":{"id":"HK"}`}, "",
	},
	"Ireland without a postal code": {
		map[string]any{"address1": "2 The Mall", "city": "Westport", "country_code": "IE", "zip": ""}, []string{`"country":{"id":"IE"}`}, "",
	},
	"another alphabet": {
		map[string]any{"address1": "東京都千代田区1-1", "city": "千代田区", "country_code": "JP", "zip": "100-0001"}, []string{`"addr1":"東京都千代田区1-1"`, `"city":"千代田区"`}, "",
	},
	"a post office box": {
		map[string]any{"address1": "PO Box 12", "city": "Reno", "country_code": "US", "zip": "89501"}, []string{`"addr1":"PO Box 12"`}, "",
	},
	"a company alone": {
		map[string]any{"first_name": nil, "last_name": nil, "company": "Acme Ltd", "address1": "1 Quay", "city": "Cork", "country_code": "IE"},
		[]string{`"addressee":"Acme Ltd"`},
		"",
	},
	"a person of a company": {
		map[string]any{"company": "Acme Ltd", "first_name": "Ada", "last_name": "Byron", "address1": "1 Quay", "city": "Cork", "country_code": "IE"},
		[]string{`"addressee":"Acme Ltd"`, `"attention":"Ada Byron"`},
		"",
	},
}

// TestB11AddressesAreKeptOrSaidToBeCut: nothing is cut without a note that names the field.
func TestB11AddressesAreKeptOrSaidToBeCut(t *testing.T) {
	t.Parallel()
	for name, c := range erpPlaces {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{memory: true}, func(w *world) {
				p := erpUsual(9883)
				p.Change = func(o map[string]any) {
					address := map[string]any{"first_name": "Ada", "last_name": "Byron"}
					for member, value := range c.address {
						address[member] = value
					}
					o["shipping_address"] = address
				}
				order := erpBuy(w, p)
				for _, r := range w.erp.Books() {
					for _, want := range c.want {
						if body := erpPart(t, r.Bodies, "shippingAddress"); r.ID == order.ID && !strings.Contains(body, want) {
							t.Errorf("the address is %s, want %s", body, want)
						}
					}
				}
				if c.noted != "" != strings.Contains(w.story(), "shipping.") || !strings.Contains(w.story(), c.noted) {
					t.Errorf("want the note %q\n%s", c.noted, w.story())
				}
				erpQuiet(w)
			})
		})
	}
}

// erpPart returns a member of the last body that was written.
func erpPart(t *testing.T, bodies []json.RawMessage, member string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if len(bodies) == 0 {
		return ""
	}
	if err := json.Unmarshal(bodies[len(bodies)-1], &fields); err != nil {
		t.Fatal(err)
	}
	return string(fields[member])
}

// TestB14ABundleIsItsComponentsOnce: Shopify sells a bundle as its components, with the price
// allocated to them; WooCommerce's plugins sell the parent at the price and the components at 0.
// Each is at the ERP once, and the revenue to the cent.
func TestB14ABundleIsItsComponentsOnce(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"NETSUITE_WITHOUT_SKU": "item", "NETSUITE_ITEM_WITHOUT_SKU": "store-no-sku"}
	journey(t, setup{settings: settings, items: []string{"store-no-sku"}}, func(w *world) {
		p := shopifytest.Purchase{ID: 9884, Number: 2884, Items: []shopifytest.Item{
			{ID: 1, SKU: "SKU-A", Title: "Cup", Quantity: 3, Price: 1500, Discount: 1167},
			{ID: 2, SKU: "SKU-B", Title: "Pot", Quantity: 1, Price: 4000, Discount: 667},
			{ID: 3, SKU: "SKU-C", Title: "Tray", Quantity: 1, Price: 4000, Discount: 666},
		}}
		order := erpBuy(w, p)
		if got, want := erpLines(order), []string{"SKU-A 3 33.33", "SKU-B 1 33.33", "SKU-C 1 33.34"}; !slices.Equal(got, want) || order.Total != "100.00" {
			t.Errorf("the bundle is %s of %q, want 100.00 of %q", order.Total, got, want)
		}
		for id, sku := range map[int64]string{1001: "", 1002: "SKU-D"} {
			sale := woocommercetest.NewOrder(id, 0)
			sale.Shipping, sale.Tax = 0, 0
			sale.Lines = []woocommercetest.Line{
				{ID: 1, SKU: sku, Name: "Breakfast set", Product: 100, Quantity: 2, Subtotal: 10001},
				{ID: 2, SKU: "SKU-A", Name: "Cup", Product: 101, Quantity: 4},
				{ID: 3, SKU: "SKU-B", Name: "Pot", Product: 102, Quantity: 2},
			}
			if status := w.woo("order.created", sale.Body()); status != http.StatusOK {
				t.Fatalf("the store was told %d", status)
			}
			w.pass(time.Minute)
			item := sku
			if sku == "" {
				item = "store-no-sku"
			}
			order := w.order("woocommerce", erpID(id))
			if got, want := erpLines(order), []string{item + " 2 100.01", "SKU-A 4 0.00", "SKU-B 2 0.00"}; !slices.Equal(got, want) || order.Total != "100.01" {
				t.Errorf("the bundle is %s of %q, want 100.01 of %q", order.Total, got, want)
			}
		}
		erpQuiet(w)
	})
}

// TestScenariosHaveJourneys names the scenarios of the flow from stores to the ERP that a journey
// has to play. A journey plays those that the beginning of its name has.
func TestScenariosHaveJourneys(t *testing.T) {
	t.Parallel()
	played := journeyIDs(t)
	for group, ids := range map[string][]int{"A": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, "B": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, "F": {1, 2, 3, 4, 5}} {
		for _, n := range ids {
			if id := fmt.Sprint(group, n); !played[id] {
				t.Errorf("no journey plays %s", id)
			}
		}
	}
}

var journeyName = regexp.MustCompile(`(?m)^func Test((?:[A-Z][0-9]+)+)[A-Z]`)

// journeyIDs returns the ids that the names of this package's tests begin with.
func journeyIDs(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("journey_*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no journeys: %v", err)
	}
	ids := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range journeyName.FindAllStringSubmatch(string(source), -1) {
			for _, id := range regexp.MustCompile(`[A-Z][0-9]+`).FindAllString(name[1], -1) {
				ids[id] = true
			}
		}
	}
	return ids
}
