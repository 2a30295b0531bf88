package shopify_test

import (
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
)

// bagged is an amount in both currencies.
func bagged(amount string) map[string]any {
	return map[string]any{"shop_money": money(amount, "USD"), "presentment_money": money(amount, "USD")}
}

// TestI3WhatIsOwed takes pieces off an order of 2 × 62.50 less 12.50, and one of 3 × 10.00.
func TestI3WhatIsOwed(t *testing.T) {
	t.Parallel()
	type pieces = map[string]any
	refund := func(quantity int, restock string, subtotal float64) []any {
		line := pieces{"id": 1, "line_item_id": 1, "quantity": quantity, "subtotal": subtotal, "total_tax": 0}
		if restock != "" {
			line["restock_type"] = restock
		}
		return []any{pieces{"id": 5, "refund_line_items": []any{line}, "transactions": []any{}}}
	}
	shipped := func(n int) []any {
		return []any{pieces{"status": "success", "line_items": []any{pieces{"id": 1, "quantity": n}}}, pieces{"status": "cancelled", "line_items": []any{pieces{"id": 1, "quantity": 2}}}}
	}
	for name, c := range map[string]struct {
		line    pieces
		order   pieces
		kept    int64
		total   int64
		current string
	}{
		"cancelled before":              {pieces{"current_quantity": 1, "fulfillable_quantity": 1}, pieces{"refunds": refund(1, "cancel", 56.25)}, 1, 5625, "56.25"},
		"edited, no refund":             {pieces{"current_quantity": 1, "fulfillable_quantity": 1}, nil, 1, 5625, "56.25"},
		"came back":                     {pieces{"current_quantity": 1, "fulfillable_quantity": 0}, pieces{"refunds": refund(1, "return", 56.25), "fulfillments": shipped(2)}, 2, 11250, "56.25"},
		"kept by the buyer":             {pieces{"current_quantity": 1, "fulfillable_quantity": 0}, pieces{"refunds": refund(1, "no_restock", 56.25), "fulfillments": shipped(2)}, 2, 11250, "56.25"},
		"lost before, not restocked":    {pieces{"current_quantity": 1, "fulfillable_quantity": 1}, pieces{"refunds": refund(1, "no_restock", 56.25), "fulfillments": []any{}}, 1, 5625, "56.25"},
		"one shipped, one removed":      {pieces{"current_quantity": 1, "fulfillable_quantity": 0}, pieces{"refunds": refund(1, "no_restock", 56.25), "fulfillments": shipped(1)}, 1, 5625, "56.25"},
		"status decides":                {pieces{"current_quantity": 1}, pieces{"refunds": refund(1, "no_restock", 56.25), "fulfillment_status": "fulfilled"}, 2, 11250, "56.25"},
		"no current_quantity":           {pieces{"current_quantity": nil, "fulfillable_quantity": nil}, pieces{"refunds": refund(1, "cancel", 56.25)}, 1, 5625, "56.25"},
		"no current total":              {pieces{"current_quantity": 1, "fulfillable_quantity": 1}, pieces{"current_total_price_set": nil}, 1, 5625, ""},
		"everything, of a cancelled":    {pieces{"current_quantity": 0, "fulfillable_quantity": 0}, pieces{"cancelled_at": "2026-11-22T16:06:00-05:00", "refunds": refund(2, "cancel", 112.5)}, 2, 11250, "0.00"},
		"everything, of an open order":  {pieces{"current_quantity": 0, "fulfillable_quantity": 0}, nil, 0, 0, "0.00"},
		"total that dropped by itself":  {pieces{"current_quantity": 1, "fulfillable_quantity": 1}, pieces{"total_price_set": bagged("56.25")}, 1, 5625, "56.25"},
		"returned, and a shipping cost": {pieces{"current_quantity": 1, "fulfillable_quantity": 1}, pieces{"refunds": append(refund(1, "cancel", 56.25), pieces{"id": 6, "order_adjustments": []any{pieces{"amount": "-1.00", "kind": "refund_discrepancy"}}})}, 1, 5625, "55.25"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			body := shopifytest.Purchase{
				ID: 5, Financial: "pending", Items: []shopifytest.Item{{ID: 1, SKU: "MUG", Quantity: 2, Price: 6250, Discount: 1250}},
				Change: func(o map[string]any) {
					line := o["line_items"].([]any)[0].(map[string]any)
					o["current_total_price_set"], o["fulfillments"] = bagged(c.current), nil
					if c.current == "" {
						o["current_total_price_set"] = nil
					}
					for name, value := range c.order {
						o[name] = value
					}
					for name, value := range c.line {
						line[name] = value
					}
				},
			}.Body()
			got := order(t, s.mustTranslate(t, "orders/updated", body))
			if err := canonical.Validate(got); err != nil || got.Total != usd(c.total) || got.Rounding != usd(0) {
				t.Errorf("total %v, rounding %v, %v", got.Total, got.Rounding, err)
			}
			kept := int64(0)
			for _, line := range got.Lines {
				kept += mustInt(t, line.Quantity.Value)
			}
			if kept != c.kept {
				t.Errorf("%d pieces are owed, want %d", kept, c.kept)
			}
		})
	}
}

func mustInt(t testing.TB, d canonical.Decimal) int64 {
	t.Helper()
	money, err := canonical.Extend(d, canonical.NewDecimal(1, 0), "JPY")
	if err != nil {
		t.Fatal(err)
	}
	return money.Minor
}

// TestI8EachPartCarriesItsOwnTax has two of everything: taxes, discounts, duties, deliveries and
// fees, with a part of the tax that the channel pays over.
func TestI8EachPartCarriesItsOwnTax(t *testing.T) {
	t.Parallel()
	taxes := func(amounts ...string) []any {
		var all []any
		for i, amount := range amounts {
			all = append(all, map[string]any{"price_set": bagged(amount), "channel_liable": i == 1})
		}
		return all
	}
	body := shopifytest.Purchase{
		ID: 5, Financial: "pending", TaxIncluded: true, Items: []shopifytest.Item{{ID: 1, SKU: "MUG", Quantity: 1, Price: 12000}},
		Change: func(o map[string]any) {
			line := o["line_items"].([]any)[0].(map[string]any)
			line["tax_lines"] = taxes("15.00", "5.00")
			line["discount_allocations"] = []any{map[string]any{"amount_set": bagged("1.00")}, map[string]any{"amount_set": bagged("2.3333")}}
			duty := func(amount string, tax []any) map[string]any {
				bag := bagged(amount)
				bag["tax_lines"] = tax
				return bag
			}
			line["duties"] = []any{duty("2.00", taxes("0.20")), duty("3.00", taxes("0.30"))}
			o["original_total_duties_set"] = bagged("5.00")
			first := map[string]any{"id": 1, "title": "Post", "price_set": bagged("4.00"), "tax_lines": taxes("0.40")}
			second := map[string]any{"id": 2, "title": "Van", "price_set": bagged("6.00"), "tax_lines": taxes("0.60", "0.10")}
			o["shipping_lines"] = []any{first, second}
			o["additional_fees"] = []any{
				map[string]any{"id": 1, "name": "Packaging", "price_set": bagged("6.00"), "tax_lines": taxes("1.00")},
				map[string]any{"id": 2, "name": "Bag", "price_set": bagged("0.50"), "tax_lines": taxes("0.05")},
			}
			o["original_total_additional_fees_set"] = bagged("6.50")
			o["total_tax_set"], o["total_price_set"], o["current_total_price_set"] = bagged("22.65"), bagged("138.17"), bagged("138.17")
		},
	}.Body()
	got := order(t, open(t, nil).mustTranslate(t, "orders/updated", body))
	if err := canonical.Validate(got); err != nil || got.Rounding != usd(0) {
		t.Errorf("rounding %v, %v", got.Rounding, err)
	}
	if got.Lines[0].Tax != usd(2000) || got.Lines[0].Discount != usd(333) || got.Deliveries[0].Tax != usd(40) || got.Deliveries[1].Tax != usd(70) {
		t.Errorf("lines %+v, deliveries %+v", got.Lines, got.Deliveries)
	}
	if got.ChannelTax == nil || *got.ChannelTax != usd(510) {
		t.Errorf("the channel pays %v over, want 5.10", got.ChannelTax)
	}
	want := []canonical.Charge{
		{Kind: canonical.Duty, Title: "MUG", Amount: usd(500), Tax: usd(50)},
		{Kind: canonical.Fee, Title: "Packaging", Amount: usd(600), Tax: usd(100)},
		{Kind: canonical.Fee, Title: "Bag", Amount: usd(50), Tax: usd(5)},
	}
	if len(got.Charges) != 3 {
		t.Fatalf("charges %+v", got.Charges)
	}
	for i := range want {
		got.Charges[i].Title = want[i].Title
		if got.Charges[i] != want[i] {
			t.Errorf("charge %+v, want %+v", got.Charges[i], want[i])
		}
	}
}
