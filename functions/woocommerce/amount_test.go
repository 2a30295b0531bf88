package woocommerce_test

import (
	"fmt"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// item is a line item in the terms of the wire.
func item(id int, quantity any, subtotal, total, tax string) map[string]any {
	return map[string]any{
		"id": id, "name": "Tee", "product_id": 9, "variation_id": 0, "sku": "TEE", "quantity": quantity,
		"subtotal": subtotal, "total": total, "total_tax": tax,
	}
}

// sold returns the recorded order with other amounts.
func sold(t testing.TB, currency, total, tax string, items []any, more map[string]any) []byte {
	t.Helper()
	body := mustEdit(t, recordedOrder(t), map[string]any{
		"currency": currency, "total": total, "total_tax": tax, "line_items": items,
		"shipping_lines": []any{}, "fee_lines": []any{}, "coupon_lines": []any{},
	})
	return mustEdit(t, body, more)
}

func TestUnitPricesGiveTheSubtotalBack(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		currency, subtotal string
		quantity           any
		want               string
	}{
		"one piece":             {"USD", "79.50", 1, "79.50"},
		"even":                  {"USD", "78.00", 2, "39.00"},
		"half a cent":           {"USD", "79.99", 2, "39.995"},
		"a third":               {"USD", "100.00", 3, "33.333"},
		"inexact as a float":    {"USD", "143.10", 10, "14.31"},
		"less than a cent each": {"USD", "0.01", 8, "0.00125"},
		"a hundredth each":      {"USD", "0.01", 300, "0.00003"},
		"many":                  {"USD", "100000.01", 999999, "0.10000011"},
		"yen":                   {"JPY", "1000", 3, "333.3"},
		"dinar":                 {"KWD", "1.500", 2, "0.750"},
		"part of a piece":       {"EUR", "9.99", 1.5, "6.66"},
		"quantity as text":      {"EUR", "9.99", "3", "3.33"},
		"free":                  {"EUR", "0.00", 5, "0.00"},
		"credit":                {"EUR", "-9.99", 3, "-3.33"},
		"48 of nothing":         {"EUR", "0.00", 0, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := placed(t, source, sold(t, tc.currency, tc.subtotal, "0", []any{item(1, tc.quantity, tc.subtotal, tc.subtotal, "0")}, nil))
			if got := order.Lines[0].UnitPrice.String(); got != tc.want {
				t.Errorf("unit price %s, want %s", got, tc.want)
			}
			if err := canonical.Validate(order); err != nil || order.Rounding.Minor != 0 {
				t.Errorf("rounding %v: %v", order.Rounding, err)
			}
		})
	}
}

func TestAUnitPriceBeyondOurDigitsIsRefused(t *testing.T) {
	t.Parallel()
	body := sold(t, "USD", "1000000000.01", "0", []any{item(1, "999999999999999999", "1000000000.01", "1000000000.01", "0")}, nil)
	_, err := mustOpen(t, nil).Source.Translate(t.Context(), raw("order.created", body))
	checkFault(t, err, fault.Invalid, fault.Value, "line_items[0].subtotal")
}

func TestOrdersBalance(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	fees := func(total string) []any {
		return []any{map[string]any{"id": 5, "name": "Loyalty", "total": total, "total_tax": "0"}}
	}
	for name, tc := range map[string]struct {
		body     []byte
		rounding int64
		holds    func(*canonical.Order) bool
	}{
		"B4 prices with tax, less a discount": {
			sold(t, "EUR", "247.00", "41.17", []any{item(1, 1, "216.66", "205.83", "41.17")}, map[string]any{"prices_include_tax": true}), 0,
			func(o *canonical.Order) bool {
				return !o.TaxIncluded && o.Lines[0].Discount.Minor == 1083 && o.Tax.Minor == 4117
			},
		},
		"B5 prices without tax, less a discount": {
			sold(t, "EUR", "88.00", "8.00", []any{item(1, 1, "100.00", "80.00", "8.00")}, map[string]any{"coupon_lines": []any{map[string]any{"code": "TWENTY"}}}), 0,
			func(o *canonical.Order) bool {
				return o.Lines[0].Discount.Minor == 2000 && o.Discounts[0].Code == "TWENTY"
			},
		},
		"B6 cents within the tolerance": {
			sold(t, "EUR", "20.03", "0", []any{item(1, 1, "10.00", "10.00", "0"), item(2, 1, "9.98", "9.98", "0")}, nil), 5,
			func(o *canonical.Order) bool { return o.Total.Minor == 2003 },
		},
		"B6 the other way round": {
			sold(t, "EUR", "19.93", "0", []any{item(1, 1, "10.00", "10.00", "0"), item(2, 1, "9.98", "9.98", "0")}, nil), -5,
			func(o *canonical.Order) bool { return o.Total.Minor == 1993 },
		},
		"B8 shipping and its tax": {
			recordedOrder(t), 0,
			func(o *canonical.Order) bool {
				return o.Deliveries[0].Price.Minor == 750 && o.Deliveries[0].Tax.Minor == 67
			},
		},
		"B8 fee": {
			sold(t, "EUR", "12.00", "0", []any{item(1, 1, "10.00", "10.00", "0")}, map[string]any{"fee_lines": fees("2.00")}), 0,
			func(o *canonical.Order) bool { return o.Charges[0].Amount.Minor == 200 && len(o.Discounts) == 0 },
		},
		"negative fee is named a discount": {
			sold(t, "EUR", "8.00", "0", []any{item(1, 1, "10.00", "10.00", "0")}, map[string]any{"fee_lines": fees("-2.00")}), 0,
			func(o *canonical.Order) bool {
				return o.Charges[0].Amount.Minor == -200 && o.Discounts[0].Title == "Loyalty"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := placed(t, source, tc.body)
			if order.Rounding.Minor != tc.rounding || !tc.holds(order) {
				t.Errorf("order is %+v", order)
			}
			if err := canonical.Validate(order); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestToleranceIsTheSettings(t *testing.T) {
	t.Parallel()
	body := sold(t, "EUR", "10.06", "0", []any{item(1, 1, "10.00", "10.00", "0")}, nil)
	for tolerance, balances := range map[string]bool{"5": false, "6": true, "0": false} {
		source := mustOpen(t, map[string]string{"WOOCOMMERCE_ROUNDING_TOLERANCE": tolerance}).Source
		if err := canonical.Validate(placed(t, source, body)); (err == nil) != balances {
			t.Errorf("tolerance %s: %v", tolerance, err)
		}
	}
}

func TestLinesWithoutAProductAreCustom(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for name, tc := range map[string]struct {
		product, sku any
		kind         canonical.LineKind
		id           string
	}{
		"B3 never had one":     {0, "", canonical.CustomLine, ""},
		"B3 recorded unknown":  {0, nil, canonical.CustomLine, ""},
		"B3 deleted since":     {9, nil, canonical.CustomLine, "9"},
		"product without SKU":  {9, "", canonical.ProductLine, "9"},
		"product with SKU":     {9, "TEE", canonical.ProductLine, "9"},
		"SKU by a plugin":      {0, "TEE", canonical.ProductLine, ""},
		"product is not named": {nil, "", canonical.CustomLine, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := item(1, 1, "39.00", "39.00", "0")
			line["product_id"], line["sku"] = tc.product, tc.sku
			got := placed(t, source, sold(t, "EUR", "39.00", "0", []any{line}, nil)).Lines[0]
			if got.Kind != tc.kind || got.Product != tc.id || got.Title != "Tee" {
				t.Errorf("line is %+v, want %s of product %q", got, tc.kind, tc.id)
			}
		})
	}
}

func TestNeedsProcessingDecidesShipping(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for sent, want := range map[any]bool{true: true, false: false, nil: true, absent: true} {
		order := placed(t, source, mustEdit(t, recordedOrder(t), map[string]any{"needs_processing": sent}))
		if order.NeedsShipping != want || order.Lines[0].Ships != want {
			t.Errorf("A10 needs_processing %v: ships %v, want %v", sent, order.NeedsShipping, want)
		}
	}
}

// An accepted order adds up to the store's own total, for any amounts.
func TestTotalsAreKept(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for i := range int64(60) {
		order := woocommercetest.NewOrder(i, int(1+i%7))
		for n := range order.Lines {
			line := &order.Lines[n]
			line.Quantity, line.Subtotal = 1+(i*7+int64(n))%13, 1+(i*7919+int64(n)*104729)%1_000_000
			line.Discount, line.Tax = line.Subtotal*(i%3)/10, line.Subtotal/12
		}
		order.Fee = i%5*100 - 200
		order.Currency = [...]string{"USD", "JPY", "KWD"}[i%3]
		got := placed(t, source, order.Body())
		if err := canonical.Validate(got); err != nil || got.Total.Minor != order.Total() || got.Rounding.Minor != 0 {
			t.Errorf("order %d: total %v, want %d, rounding %v: %v", i, got.Total, order.Total(), got.Rounding, err)
		}
	}
}

func BenchmarkTranslate(b *testing.B) {
	source := mustOpen(b, nil).Source
	for _, lines := range []int{3, 30, 200} {
		b.Run(fmt.Sprintf("lines=%d", lines), func(b *testing.B) {
			sent := raw("order.created", woocommercetest.NewOrder(1001, lines).Body())
			b.ReportAllocs()
			b.SetBytes(int64(len(sent.Body)))
			for b.Loop() {
				if _, err := source.Translate(b.Context(), sent); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
