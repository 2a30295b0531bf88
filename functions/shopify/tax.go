package shopify

import "causeway.example/shared/canonical"

// spreadTaxes gives each part of the sale its own tax, with the part of it that the channel pays
// over. Orders that an app or a marketplace wrote have the tax of all parts on one of them, or on
// the order alone. Taxes are those of the sale: "after discounts and before returns"
// (objects/TaxLine). The order's tax_lines have each tax summed over all parts.
//
// A tip and a gift card are exempt, and so is a line that is not taxable, unless the payload has a
// tax of it: taxable is what the product is by itself.
func (b *books) spreadTaxes(o *order) {
	parts := make([]canonical.TaxedPart, 0, len(o.lines)+len(o.deliveries)+len(o.extras)+2)
	owners := make([]*taxes, 0, cap(parts))
	add := func(t *taxes, group canonical.TaxGroup, amount canonical.Money, exempt bool, at place) {
		parts = append(parts, canonical.TaxedPart{
			Amount: amount, Tax: b.money(t.all, at), Channel: b.money(t.channel, at), Rate: t.rate, Group: group, Exempt: exempt,
		})
		owners = append(owners, t)
	}
	for i := range o.lines {
		l := &o.lines[i]
		group := canonical.TaxedGoods
		if l.tip {
			group = canonical.TaxedCharge
		}
		add(&l.tax, group, b.soldFor(l, i), l.tip || l.giftCard || l.exempt, place{"line_items", i, "tax_lines"})
		for j := range l.duties {
			if !o.dutiesIncluded {
				duty := &l.duties[j]
				add(&duty.tax, canonical.TaxedCharge, b.money(duty.amount, place{"line_items", i, "duties"}), false, place{"line_items", i, "duties"})
			}
		}
	}
	for i := range o.deliveries {
		if d := &o.deliveries[i]; !d.removed {
			price := b.money(d.price, place{"shipping_lines", i, "price_set"}).Sub(b.money(d.discount, place{"shipping_lines", i, "discount_allocations"}))
			add(&d.tax, canonical.TaxedDelivery, price, false, place{"shipping_lines", i, "tax_lines"})
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
		b.put(&t.all, parts[i].Tax)
		b.put(&t.channel, parts[i].Channel)
	}
}

// spreadCharges adds the fees, and the fees and duties that only the order's totals have.
func (b *books) spreadCharges(o *order, add func(*taxes, canonical.TaxGroup, canonical.Money, bool, place)) {
	for i := range o.extras {
		fee := &o.extras[i]
		add(&fee.tax, canonical.TaxedCharge, b.money(fee.amount, place{"additional_fees", i, "price_set"}), false, place{"additional_fees", i, "tax_lines"})
	}
	if total := b.feeTotal(o); len(o.extras) == 0 && total.Minor != 0 {
		add(&o.feeTax, canonical.TaxedCharge, total, false, place{field: "tax_lines"})
	}
	duties := b.money(o.duties, place{field: "original_total_duties_set"})
	listed := o.dutiesIncluded
	for i := range o.lines {
		listed = listed || len(o.lines[i].duties) > 0
	}
	if !listed && duties.Minor != 0 {
		add(&o.dutyTax, canonical.TaxedCharge, duties, false, place{field: "tax_lines"})
	}
}

// orderTax returns the taxes that the payload has of the whole order. Tax lines in another
// currency than the order's are left out: the total decides.
func (b *books) orderTax(o *order) canonical.OrderTax {
	whole := canonical.OrderTax{
		Total: b.money(o.tax, place{field: "total_tax_set"}), Channel: canonical.Money{Currency: b.currency}, Included: o.head.TaxIncluded,
	}
	for i := range o.taxLines {
		t := &o.taxLines[i]
		if pick(b, t.all).Currency != b.currency {
			continue
		}
		whole.Lines = append(whole.Lines, canonical.TaxLine{Rate: t.rate, Tax: pick(b, t.all)})
		if t.channel.set {
			whole.Channel = whole.Channel.Add(pick(b, t.channel))
		}
	}
	return whole
}

// soldFor returns the amount of the line as it was sold, after discounts.
func (b *books) soldFor(l *line, i int) canonical.Money {
	at := place{"line_items", i, "price_set"}
	amount, err := canonical.Extend(b.price(l.price, at), canonical.NewDecimal(l.quantity, 0), b.currency)
	if err != nil {
		b.fail(at.String(), err.Error())
		return canonical.Money{Currency: b.currency}
	}
	return amount.Sub(b.money(l.discount, place{"line_items", i, "discount_allocations"}))
}

// put sets the amount in the chosen currency.
func (b *books) put(amounts *moneyBag, money canonical.Money) {
	amounts.set = true
	if b.basis == presentmentBasis {
		amounts.presentment = money
		return
	}
	amounts.shop = money
}
