package translation

import (
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
)

// spreadTaxes gives each part of the sale its own tax, with the part of it that the channel pays
// over. Orders that an app or a marketplace wrote have the tax of all parts on one of them, or on
// the order alone. Taxes are those of the sale: "after discounts and before returns"
// (objects/TaxLine). The order's tax_lines have each tax summed over all parts.
//
// A tip and a gift card are exempt, and so is a line that is not taxable, unless the payload has a
// tax of it: taxable is what the product is by itself.
func (b *books) spreadTaxes(o *order) {
	parts := make([]canonical.TaxedPart, 0, len(o.lines)+len(o.Deliveries)+len(o.Extras)+2)
	owners := make([]*payload.Taxes, 0, cap(parts))
	add := func(t *payload.Taxes, group canonical.TaxGroup, amount canonical.Money, exempt bool, at place) {
		parts = append(parts, canonical.TaxedPart{
			Amount: amount, Tax: b.money(t.All, at), Channel: b.money(t.Channel, at), Rate: t.Rate, Group: group, Exempt: exempt,
		})
		owners = append(owners, t)
	}
	for i := range o.lines {
		l := &o.lines[i]
		group := canonical.TaxedGoods
		if l.Tip {
			group = canonical.TaxedCharge
		}
		add(&l.Tax, group, b.soldFor(l, i), l.Tip || l.GiftCard || l.Exempt, place{"line_items", i, "tax_lines"})
		for j := range l.Duties {
			if !o.DutiesIncluded {
				duty := &l.Duties[j]
				add(&duty.Tax, canonical.TaxedCharge, b.money(duty.Amount, place{"line_items", i, "duties"}), false, place{"line_items", i, "duties"})
			}
		}
	}
	for i := range o.Deliveries {
		if d := &o.Deliveries[i]; !d.Removed {
			price := b.money(d.Price, place{"shipping_lines", i, "price_set"}).Sub(b.money(d.Discount, place{"shipping_lines", i, "discount_allocations"}))
			add(&d.Tax, canonical.TaxedDelivery, price, false, place{"shipping_lines", i, "tax_lines"})
		}
	}
	b.spreadCharges(o, add)
	if b.err != nil {
		return
	}
	whole := b.orderTax(o)
	if b.spread = whole.Spread(parts); !b.spread {
		return
	}
	for i, t := range owners {
		b.put(&t.All, parts[i].Tax)
		b.put(&t.Channel, parts[i].Channel)
	}
}

// spreadCharges adds the fees, and the fees and duties that only the order's totals have.
func (b *books) spreadCharges(o *order, add func(*payload.Taxes, canonical.TaxGroup, canonical.Money, bool, place)) {
	for i := range o.Extras {
		fee := &o.Extras[i]
		add(&fee.Tax, canonical.TaxedCharge, b.money(fee.Amount, place{"additional_fees", i, "price_set"}), false, place{"additional_fees", i, "tax_lines"})
	}
	if total := b.feeTotal(o); len(o.Extras) == 0 && total.Minor != 0 {
		add(&o.feeTax, canonical.TaxedCharge, total, false, place{field: "tax_lines"})
	}
	duties := b.money(o.Duties, place{field: "original_total_duties_set"})
	listed := o.DutiesIncluded
	for i := range o.lines {
		listed = listed || len(o.lines[i].Duties) > 0
	}
	if !listed && duties.Minor != 0 {
		add(&o.dutyTax, canonical.TaxedCharge, duties, false, place{field: "tax_lines"})
	}
}

// orderTax returns the taxes that the payload has of the whole order. Tax lines in another
// currency than the order's are left out: the total decides.
func (b *books) orderTax(o *order) canonical.OrderTax {
	whole := canonical.OrderTax{
		Total: b.money(o.Tax, place{field: "total_tax_set"}), Channel: canonical.Money{Currency: b.currency}, Included: o.Head.TaxIncluded,
	}
	for i := range o.TaxLines {
		t := &o.TaxLines[i]
		if t.All.In(b.basis).Currency != b.currency {
			continue
		}
		whole.Lines = append(whole.Lines, canonical.TaxLine{Rate: t.Rate, Tax: t.All.In(b.basis)})
		if t.Channel.Set {
			whole.Channel = whole.Channel.Add(t.Channel.In(b.basis))
		}
	}
	return whole
}

// soldFor returns the amount of the line as it was sold, after discounts.
func (b *books) soldFor(l *line, i int) canonical.Money {
	at := place{"line_items", i, "price_set"}
	amount, err := canonical.Extend(b.price(l.Price, at), canonical.NewDecimal(l.Quantity, 0), b.currency)
	if err != nil {
		b.fail(at.String(), err.Error())
		return canonical.Money{Currency: b.currency}
	}
	return amount.Sub(b.money(l.Discount, place{"line_items", i, "discount_allocations"}))
}

// put sets the amount in the chosen currency.
func (b *books) put(amounts *payload.MoneyBag, money canonical.Money) {
	amounts.Set = true
	if b.basis == payload.PresentmentBasis {
		amounts.Presentment = money
		return
	}
	amounts.Shop = money
}
