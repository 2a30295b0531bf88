package test_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/port"
)

// erpTax is a tax line of the shop's; 0 % has no rate.
func erpTax(percent, minor int64, channel bool) map[string]any {
	line := map[string]any{"title": "Tax", "price_set": erpBag(minor, "USD"), "channel_liable": channel}
	if percent != 0 {
		line["rate"] = json.Number("0." + string(rune('0'+percent/10)) + string(rune('0'+percent%10)))
	}
	return line
}

// erpTaxed is an order of three mugs of 100.00, a bowl of 50.00, delivery for 10.00 and a fee of
// 5.00, before 20 % tax of 73.00. where says which parts of the payload have the tax.
func erpTaxed(included bool, where func(order map[string]any, lines []map[string]any)) shopifytest.Purchase {
	gross := func(net int64) int64 {
		if included {
			return net * 6 / 5
		}
		return net
	}
	return shopifytest.Purchase{
		TaxIncluded: included, TaxPercent: 20, Shipping: gross(1000), Fee: gross(500),
		Items: []shopifytest.Item{
			{ID: 1, SKU: "SKU-A", Title: "Mug", Quantity: 3, Price: gross(10000)}, {ID: 2, SKU: "SKU-B", Title: "Bowl", Quantity: 1, Price: gross(5000)},
		},
		Change: func(o map[string]any) {
			var lines []map[string]any
			for _, list := range []string{"line_items", "shipping_lines"} {
				for _, entry := range o[list].([]any) {
					line := entry.(map[string]any)
					line["tax_lines"], lines = []any{}, append(lines, line)
				}
			}
			o["additional_fees"] = []any{map[string]any{"id": 1, "name": "Packaging", "price_set": erpBag(gross(500), "USD"), "tax_lines": []any{}}}
			total := int64(36500 + 7300)
			o["total_tax_set"], o["total_price_set"], o["current_total_price_set"] = erpBag(7300, "USD"), erpBag(total, "USD"), erpBag(total, "USD")
			o["current_total_tax_set"], o["tax_lines"] = erpBag(7300, "USD"), []any{erpTax(20, 7300, false)}
			where(o, lines)
		},
	}
}

// TestI8EachPartCarriesItsOwnTax plays one sale in each form that its tax is reported in, with
// prices that contain the tax and prices that do not: the books are the same.
func TestI8EachPartCarriesItsOwnTax(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	forms := map[string]func(o object, lines []object){
		"on each part": func(o object, lines []object) {
			for i, minor := range []int64{6000, 1000, 200} {
				lines[i]["tax_lines"] = []any{erpTax(20, minor, false)}
			}
			o["additional_fees"].([]any)[0].(object)["tax_lines"] = []any{erpTax(20, 100, false)}
		},
		"on the first line": func(_ object, lines []object) { lines[0]["tax_lines"] = []any{erpTax(20, 7300, false)} },
		"on the last line, of state and county": func(_ object, lines []object) {
			lines[1]["tax_lines"] = []any{erpTax(15, 5475, false), erpTax(5, 1825, false)}
		},
		"on the delivery": func(_ object, lines []object) { lines[2]["tax_lines"] = []any{erpTax(20, 7300, false)} },
		"on the fee": func(o object, _ []object) {
			o["additional_fees"].([]any)[0].(object)["tax_lines"] = []any{erpTax(20, 7300, false)}
		},
		"on the order": func(object, []object) {},
		"on the order, of state and county": func(o object, _ []object) {
			o["tax_lines"] = []any{erpTax(15, 5475, false), erpTax(5, 1825, false)}
		},
		"in the total": func(o object, _ []object) { o["tax_lines"] = []any{} },
		"without the fee's": func(_ object, lines []object) {
			for i, minor := range []int64{6000, 1000, 200} {
				lines[i]["tax_lines"] = []any{erpTax(20, minor, false)}
			}
		},
	}
	var sums []erpSum
	for name, form := range forms {
		for _, included := range []bool{false, true} {
			sums = append(sums, erpSum{
				name: name, purchase: erpTaxed(included, form), currency: "1", total: "438.00", shipping: "10.00",
				lines: []string{"SKU-A 3 300.00", "SKU-B 1 50.00", "store-fee 1 5.00", "store-tax 1 73.00"},
			})
		}
	}
	erpSums(t, setup{}, sums)
}

// TestI8TheLedgerSaysThatTaxesWereShared: an operator can see why a line's tax is not the shop's.
func TestI8TheLedgerSaysThatTaxesWereShared(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		first := func(_ map[string]any, lines []map[string]any) { lines[0]["tax_lines"] = []any{erpTax(20, 7300, false)} }
		for id, p := range map[int64]shopifytest.Purchase{9801: erpTaxed(true, first), 9802: erpUsual(9802)} {
			p.ID = id
			erpBuy(w, p)
		}
		noted := map[string]int{}
		for _, e := range w.entries(port.Published) {
			for _, note := range e.Notes {
				if strings.Contains(note.What, "one tax for several parts") {
					noted[e.Entity.ID]++
				}
			}
		}
		if noted["9801"] == 0 || noted["9802"] != 0 {
			t.Errorf("notes %v, want one of order 9801", noted)
		}
	})
}

// TestI13TaxThatTheChannelPaysHasItsOwnLine: a marketplace reports its tax on each line, on one of
// them, or with the order alone.
func TestI13TaxThatTheChannelPaysHasItsOwnLine(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	forms := map[string]func(o object, lines []object){
		"on each line, with a part of the brand's own": func(o object, lines []object) {
			for i, minor := range []int64{6000, 1000, 200} {
				lines[i]["tax_lines"] = []any{erpTax(15, minor*3/4, true), erpTax(5, minor/4, false)}
			}
			o["additional_fees"].([]any)[0].(object)["tax_lines"] = []any{erpTax(15, 75, true), erpTax(5, 25, false)}
		},
		"on the first line": func(_ object, lines []object) {
			lines[0]["tax_lines"] = []any{erpTax(15, 5475, true), erpTax(5, 1825, false)}
		},
		"on the order": func(o object, _ []object) { o["tax_lines"] = []any{erpTax(15, 5475, true), erpTax(5, 1825, false)} },
	}
	var sums []erpSum
	for name, form := range forms {
		for _, included := range []bool{false, true} {
			sums = append(sums, erpSum{
				name: name, purchase: erpTaxed(included, form), currency: "1", total: "438.00", shipping: "10.00",
				lines: []string{"SKU-A 3 300.00", "SKU-B 1 50.00", "store-fee 1 5.00", "store-channel-tax 1 54.75", "store-tax 1 18.25"},
			})
		}
	}
	erpSums(t, setup{}, sums)
}

// TestI8APieceThatIsTakenOffTakesItsTax: a mug of three is taken off an order whose tax is on its
// first line, on its last, or in its total.
func TestI8APieceThatIsTakenOffTakesItsTax(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	forms := map[string]func(o object, lines []object){
		"on the first line": func(_ object, lines []object) { lines[0]["tax_lines"] = []any{erpTax(20, 7300, true)} },
		"on the last line":  func(_ object, lines []object) { lines[1]["tax_lines"] = []any{erpTax(20, 7300, true)} },
		"in the total":      func(o object, _ []object) { o["tax_lines"] = []any{erpTax(20, 7300, true)} },
	}
	var sums []erpSum
	for name, form := range forms {
		for _, included := range []bool{false, true} {
			p := erpTaxed(included, func(o object, lines []object) {
				form(o, lines)
				lines[0]["current_quantity"], lines[0]["fulfillable_quantity"] = 2, 2
				o["current_total_price_set"], o["current_total_tax_set"] = erpBag(31800, "USD"), erpBag(5300, "USD")
			})
			p.Financial = "pending"
			sums = append(sums, erpSum{
				name: name, purchase: p, currency: "1", total: "318.00", shipping: "10.00", deposits: []string{},
				lines: []string{"SKU-A 2 200.00", "SKU-B 1 50.00", "store-fee 1 5.00", "store-channel-tax 1 53.00"},
			})
		}
	}
	erpSums(t, setup{}, sums)
}

// TestI8TaxInTheTotalOfTheOtherStore: amounts of WooCommerce are without tax, so the books do not
// depend on where the tax is.
func TestI8TaxInTheTotalOfTheOtherStore(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		for id, taxes := range map[int64][2]int64{1001: {800, 400}, 1002: {1200, 0}, 1003: {0, 0}} {
			sale := woocommercetest.NewOrder(id, 0)
			sale.Lines = []woocommercetest.Line{
				{ID: 1, SKU: "SKU-A", Name: "A", Product: 100, Quantity: 1, Subtotal: 10000, Tax: taxes[0]},
				{ID: 2, SKU: "SKU-B", Name: "B", Product: 101, Quantity: 1, Subtotal: 5000, Tax: taxes[1]},
			}
			body := woocommerceTotal(t, sale.Body(), "total_tax", "12.67", "total", "170.17")
			if status := w.woo("order.created", body); status != http.StatusOK {
				t.Fatalf("the store was told %d", status)
			}
			w.pass(time.Minute)
			order := w.order("woocommerce", erpID(id))
			lines := []string{"SKU-A 1 100.00", "SKU-B 1 50.00", "store-tax 1 12.67"}
			if got := erpLines(order); !slices.Equal(got, lines) || order.Shipping != "7.50" || order.Total != "170.17" {
				t.Errorf("total %s, shipping %s, lines %q; want 170.17, 7.50, %q", order.Total, order.Shipping, got, lines)
			}
		}
		erpQuiet(w)
	})
}

// woocommerceTotal sets members of the body.
func woocommerceTotal(t *testing.T, body []byte, members ...string) []byte {
	t.Helper()
	var order map[string]any
	if err := json.Unmarshal(body, &order); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(members); i += 2 {
		order[members[i]] = members[i+1]
	}
	changed, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}
