package woocommerce_test

import (
	"fmt"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

func TestI9PartsMayBeFinerThanTheCurrency(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	fine := func(n int, subtotal, total string) []byte {
		var items []any
		for i := range n {
			items = append(items, item(1+i, 7, subtotal, subtotal, "0"))
		}
		return sold(t, "EUR", total, "0", items, nil)
	}
	for name, tc := range map[string]struct {
		body            []byte
		total, rounding int64
		price           string
	}{
		"one line":                       {fine(1, "16.415", "16.415"), 1642, 0, "2.345"},
		"trailing zeros are no decimals": {fine(1, "16.4100", "16.41"), 1641, 0, "2.344"},
		"thirty lines, half a cent each": {fine(30, "16.415", "492.45"), 49245, -15, "2.345"},
		"a quotient without an end":      {fine(1, "10.0005", "10.0005"), 1000, 0, "1.4286"},
		"half a cent of one piece":       {sold(t, "EUR", "0.125", "0", []any{item(1, 3, "0.125", "0.125", "0")}, nil), 13, 0, "0.042"},
		"dinar with four":                {sold(t, "KWD", "1.2345", "0", []any{item(1, 1, "1.2345", "1.2345", "0")}, nil), 1235, 0, "1.2345"},
		"whole yen with two decimals":    {sold(t, "JPY", "1200.00", "100.00", []any{item(1, 1, "1100.00", "1100.00", "100.00")}, nil), 1200, 0, "1100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := placed(t, source, tc.body)
			if order.Total.Minor != tc.total || order.Rounding.Minor != tc.rounding || order.Lines[0].UnitPrice.String() != tc.price {
				t.Errorf("total %v, rounding %v, price %v", order.Total, order.Rounding, order.Lines[0].UnitPrice)
			}
			if err := canonical.Validate(order); err != nil {
				t.Error(err)
			}
		})
	}
	_, err := source.Translate(t.Context(), raw("order.created", sold(t, "JPY", "1200.50", "0", []any{item(1, 1, "1200", "1200", "0")}, nil)))
	checkFault(t, err, fault.Invalid, fault.Value, "total")
}

// TestRoundingExplainsNoMoreThanItCan: what thirty rounded amounts cannot explain is missing.
func TestRoundingExplainsNoMoreThanItCan(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for missing, whole := range map[int]bool{0: true, 7: true, 8: false} {
		total := fmt.Sprintf("%d.%02d4", 10, missing)
		order := placed(t, source, sold(t, "EUR", total, "0", []any{item(1, 1, "10.001", "10.001", "0")}, nil))
		if err := canonical.Validate(order); (err == nil) != whole {
			t.Errorf("%s for 10.001: %v", total, err)
		}
	}
}

// TestS33AFeesTaxIsTheFees: goods 100.00 with 20.00 tax, and a fee of 5.00 with 1.00, in a shop
// whose prices contain the tax.
func TestS33AFeesTaxIsTheFees(t *testing.T) {
	t.Parallel()
	body := sold(t, "GBP", "126.00", "21.00", []any{item(1, 1, "100.00", "100.00", "20.00")}, map[string]any{
		"prices_include_tax": true,
		"fee_lines": []any{
			map[string]any{"id": 5, "name": "Packaging", "total": "4.00", "total_tax": "0.80"}, map[string]any{"id": 6, "name": "Deposit", "total": "1.00", "total_tax": "0.20"},
		},
	})
	order := placed(t, mustOpen(t, nil).Source, body)
	if order.TaxIncluded || order.Total.Minor != 12600 || order.Tax.Minor != 2100 || order.Rounding.Minor != 0 || order.Lines[0].Tax.Minor != 2000 {
		t.Errorf("%+v", order)
	}
	if len(order.Charges) != 2 || order.Charges[0].Tax.Minor != 80 || order.Charges[1].Amount.Minor != 100 || order.Charges[1].Tax.Minor != 20 {
		t.Errorf("charges %+v", order.Charges)
	}
}

// TestTwoOfEverythingAreRead: two lines, two deliveries, two coupons and two refunds.
func TestTwoOfEverythingAreRead(t *testing.T) {
	t.Parallel()
	order := twoLines()
	order.Coupon = "ONE"
	order.Refunds = []int64{100, 200}
	order.Members = map[string]any{
		"shipping_lines": []any{
			map[string]any{"id": 8, "method_id": "a", "total": "5.00", "total_tax": "0.50"}, map[string]any{"id": 9, "method_id": "b", "total": "2.50", "total_tax": "0.17"},
		},
		"coupon_lines": []any{map[string]any{"code": "ONE"}, map[string]any{"code": "TWO"}},
	}
	fake := woocommercetest.New()
	fake.Put(order)
	translation := mustTranslate(t, mustOpenWith(t, fake, nil).Source, "order.created", order.Body())
	got, ok := orderEvent(t, translation).Body.(*canonical.Order)
	if !ok || len(got.Deliveries) != 2 || got.Deliveries[1].Tax.Minor != 17 || len(got.Discounts) != 2 || got.Discounts[1].Code != "TWO" {
		t.Errorf("%+v", got)
	}
	if types(translation) != "customer.upserted order.placed payment.captured refund.settled refund.settled" {
		t.Errorf("events %s", types(translation))
	}
}
