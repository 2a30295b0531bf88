package shopify

import (
	"errors"
	"slices"

	"causeway.example/shared/canonical"
)

// convert returns the canonical order in the currency of the books: what is still owed to the
// buyer. Rounding is computed last: it is the difference that no other part accounts for.
func (t *translator) convert(o *order, b *books) (*canonical.Order, error) {
	out := &o.head
	out.Currency = b.currency
	o.state(out)
	o.discounts(out)
	o.settle()
	b.spreadTaxes(o)
	off := b.lines(o, out)
	b.deliveries(o, out)
	b.charges(o, out)
	out.Tax = b.owedTax(o, out, off.tax)
	if b.channel.Minor != 0 {
		out.ChannelTax = &b.channel
	}
	if !out.TaxIncluded {
		off.net = off.net.Add(off.tax)
	}
	out.Total = b.owedTotal(o, out, off.net)
	if b.err != nil {
		return nil, b.err
	}
	if o.twoCurrencies() {
		out.Presentment = b.other(o)
	}
	if err := b.roundCash(o, out); err != nil {
		return nil, b.broken(err)
	}
	if err := out.Round(t.tolerance); err != nil {
		return nil, b.broken(err)
	}
	return out, nil
}

// other returns the total in the currency that was not chosen.
func (b *books) other(o *order) *canonical.Presentment {
	if b.basis == presentmentBasis {
		return &canonical.Presentment{Basis: b.basis, Total: o.total.shop}
	}
	return &canonical.Presentment{Basis: b.basis, Total: o.total.presentment}
}

func (o *order) state(out *canonical.Order) {
	out.Status = canonical.OrderOpen
	if !o.closedAt.IsZero() {
		out.Status = canonical.OrderClosed
	}
	if !o.cancelledAt.IsZero() {
		out.Status, out.CancelledAt = canonical.OrderCancelled, new(o.cancelledAt)
	}
	out.Fulfilled = out.Fulfillment == "fulfilled"
}

// discounts adds the codes that are not in a discount application.
func (o *order) discounts(out *canonical.Order) {
	for _, code := range o.codes {
		known := slices.ContainsFunc(out.Discounts, func(d canonical.Discount) bool { return d.Code == code.Code })
		if !known {
			out.Discounts = append(out.Discounts, code)
		}
	}
}

// lines converts the lines that are owed, and returns the net amount and the tax of what was
// taken off. A line of which nothing is left is off the order.
func (b *books) lines(o *order, out *canonical.Order) (off gone) {
	off.net, off.tax = canonical.Money{Currency: b.currency}, canonical.Money{Currency: b.currency}
	out.Lines = make([]canonical.OrderLine, 0, len(o.lines))
	for i := range o.lines {
		l := &o.lines[i]
		if l.tip {
			continue
		}
		line := b.line(l, i)
		if l.kept != l.quantity {
			b.reduce(o, i, &line, &off)
		}
		if l.kept == 0 && l.quantity != 0 {
			continue
		}
		out.NeedsShipping = out.NeedsShipping || line.Ships
		out.Lines = append(out.Lines, line)
	}
	return off
}

// reduce takes the pieces that are off the order from the line, with their part of discount and
// tax.
func (b *books) reduce(o *order, i int, line *canonical.OrderLine, off *gone) {
	l := &o.lines[i]
	net, tax := b.off(o, l, i)
	line.Quantity = canonical.Pieces(canonical.NewDecimal(l.kept, 0))
	before, err := canonical.Extend(line.UnitPrice, canonical.NewDecimal(l.quantity, 0), b.currency)
	after, errAfter := canonical.Extend(line.UnitPrice, canonical.NewDecimal(l.kept, 0), b.currency)
	if err = errors.Join(err, errAfter); err != nil {
		b.fail(place{"line_items", i, "price_set"}.String(), err.Error())
	}
	line.Discount = line.Discount.Sub(before.Sub(after).Sub(net))
	line.Tax = line.Tax.Sub(tax)
	off.net, off.tax = off.net.Add(net), off.tax.Add(tax)
	for _, duty := range l.duties {
		if !o.dutiesIncluded {
			off.net = off.net.Add(b.money(duty.amount, place{"line_items", i, "duties"})).Sub(b.keptPart(l, duty.amount, i))
		}
		off.tax = off.tax.Add(b.money(duty.tax.all, place{"line_items", i, "duties"})).Sub(b.keptPart(l, duty.tax.all, i))
	}
}

// keptPart returns the part of an amount of the line's duties that is still owed.
func (b *books) keptPart(l *line, amounts moneyBag, i int) canonical.Money {
	return share(b.money(amounts, place{"line_items", i, "duties"}), l.kept, l.quantity)
}

// line converts one line as it was sold. A gift card never ships, even if the payload has
// requires_shipping: it is sent by e-mail.
func (b *books) line(l *line, i int) canonical.OrderLine {
	kind := l.kind()
	return canonical.OrderLine{
		ID: l.id, Kind: kind, SKU: l.sku, Product: l.product, Variant: l.variant, Title: l.words(),
		Quantity:  canonical.Pieces(canonical.NewDecimal(l.quantity, 0)),
		UnitPrice: b.price(l.price, place{"line_items", i, "price_set"}),
		Discount:  b.money(l.discount, place{"line_items", i, "discount_allocations"}),
		Tax:       b.tax(l.tax, l, place{"line_items", i, "tax_lines"}),
		Ships:     l.ships && kind != canonical.GiftCardLine,
	}
}

// tax returns all of the tax, and adds up the part that the sales channel pays over itself. The
// line is nil for a tax that is not on a line.
func (b *books) tax(t taxes, l *line, at place) canonical.Money {
	if t.channel.set {
		channel := b.money(t.channel, at)
		if l != nil {
			channel = share(channel, l.kept, l.quantity)
		}
		b.channel = canonical.Money{Minor: b.channel.Minor + channel.Minor, Currency: b.currency}
	}
	return b.money(t.all, at)
}

// owedTax returns the tax of what is owed: the total less the tax of what is off, or the store's
// own current tax where that says the same but for the rounding.
func (b *books) owedTax(o *order, out *canonical.Order, off canonical.Money) canonical.Money {
	tax := b.money(o.tax, place{field: "total_tax_set"}).Sub(off)
	if !o.reduced || !o.currentTax.set {
		return tax
	}
	_, later := b.refundedLater(o)
	current := b.money(o.currentTax, place{field: "current_total_tax_set"}).Add(later)
	if distance(current.Sub(tax).Minor) <= int64(len(o.lines)) || b.addUp(o, out, current) {
		return current
	}
	return tax
}

// addUp reports whether the parts and the tax are the store's own current total.
func (b *books) addUp(o *order, out *canonical.Order, tax canonical.Money) bool {
	if out.TaxIncluded || !o.currentTotal.set {
		return false
	}
	trial := *out
	trial.Tax = tax
	sum, err := trial.Sum()
	amount, laterTax := b.refundedLater(o)
	return err == nil && sum == b.money(o.currentTotal, place{field: "current_total_price_set"}).Add(amount).Add(laterTax)
}

// words returns the line's name with its variant, as the buyer saw it.
func (l *line) words() string {
	if l.name != "" {
		return l.name
	}
	return l.title
}

func (b *books) deliveries(o *order, out *canonical.Order) {
	for i, l := range o.deliveries {
		if l.removed {
			continue
		}
		out.Deliveries = append(out.Deliveries, canonical.DeliveryLine{
			ID: l.id, Code: l.code, Title: l.title,
			Price:    b.money(l.price, place{"shipping_lines", i, "price_set"}),
			Discount: b.money(l.discount, place{"shipping_lines", i, "discount_allocations"}),
			Tax:      b.tax(l.tax, nil, place{"shipping_lines", i, "tax_lines"}),
		})
	}
}

// charges books tips, duties and fees separately, each with its own tax.
func (b *books) charges(o *order, out *canonical.Order) {
	b.tips(o, out)
	b.duties(o, out)
	b.fees(o, out)
}

// fees books each of additional_fees, and what the order's total of them has beyond that. The
// total is that of the sale; if the payload has none, the current one is used.
func (b *books) fees(o *order, out *canonical.Order) {
	total := b.feeTotal(o)
	for i, fee := range o.extras {
		amount := b.money(fee.amount, place{"additional_fees", i, "price_set"})
		b.charge(out, canonical.Fee, fee.title, amount, b.tax(fee.tax, nil, place{"additional_fees", i, "tax_lines"}))
		total = total.Sub(amount)
	}
	if len(o.extras) == 0 || total.Minor > 0 {
		b.charge(out, canonical.Fee, "", total, b.tax(o.feeTax, nil, place{field: "tax_lines"}))
	}
}

func (b *books) feeTotal(o *order) canonical.Money {
	total := o.fees
	if !total.set {
		total = o.currentFees
	}
	return b.money(total, place{field: "original_total_additional_fees_set"})
}

// charge adds a charge unless the amount is 0.
func (b *books) charge(out *canonical.Order, kind canonical.ChargeKind, title string, amount, tax canonical.Money) {
	if amount.Minor == 0 {
		return
	}
	out.Charges = append(out.Charges, canonical.Charge{Kind: kind, Title: title, Amount: amount, Tax: tax})
}

// tips books each line that is a tip, and the rest of total_tip_received: a tip is a line, or
// part of that total, or both.
func (b *books) tips(o *order, out *canonical.Order) {
	booked, lines := canonical.Money{Currency: b.currency}, 0
	for i := range o.lines {
		if !o.lines[i].tip {
			continue
		}
		tip := b.line(&o.lines[i], i)
		amount, err := tip.Amount(b.currency)
		if err != nil {
			b.fail(place{"line_items", i, "price_set"}.String(), err.Error())
		}
		b.charge(out, canonical.Tip, tip.Title, amount, tip.Tax)
		booked, lines = booked.Add(amount), lines+1
	}
	if lines > 0 && b.basis == presentmentBasis && !o.tip.bag.set {
		return // total_tip_received is in the other currency; the lines are complete
	}
	if total := b.tipTotal(o); total.Minor > booked.Minor {
		b.charge(out, canonical.Tip, "", total.Sub(booked), canonical.Money{Currency: b.currency})
	}
}

// tipTotal returns total_tip_received, which webhooks have in the shop's currency only.
func (b *books) tipTotal(o *order) canonical.Money {
	if o.tip.bag.set {
		return b.money(o.tip.bag, place{field: "total_tip_received_set"})
	}
	return b.plain(o, o.tip.plain, "total_tip_received")
}

// duties books the duties of each line, or the order's if no line has any. Duties that are
// included in prices are not a charge.
func (b *books) duties(o *order, out *canonical.Order) {
	if o.dutiesIncluded {
		return
	}
	booked := false
	for i := range o.lines {
		l := &o.lines[i]
		booked = booked || len(l.duties) > 0
		amount, tax := canonical.Money{Currency: b.currency}, canonical.Money{Currency: b.currency}
		for _, duty := range l.duties {
			_ = b.tax(duty.tax, l, place{"line_items", i, "duties"})
			amount = amount.Add(b.keptPart(l, duty.amount, i))
			tax = tax.Add(b.keptPart(l, duty.tax.all, i))
		}
		b.charge(out, canonical.Duty, l.words(), amount, tax)
	}
	if !booked {
		b.charge(out, canonical.Duty, "", b.money(o.duties, place{field: "original_total_duties_set"}), b.tax(o.dutyTax, nil, place{field: "tax_lines"}))
	}
}

// roundCash books the rounding of cash payments and adds it to the total. Shopify's total is
// the one before that rounding (objects/CashRoundingAdjustment: it applies to the total
// received). If the parts show that the total contains the rounding already, it is not added.
func (b *books) roundCash(o *order, out *canonical.Order) error {
	rounding := b.money(o.cashRounding, place{field: "total_cash_rounding_payment_adjustment_set"})
	if b.err != nil || rounding.Minor == 0 {
		return b.err
	}
	sum, err := out.Sum()
	if err != nil {
		return err
	}
	gap := out.Total.Sub(sum).Minor
	if distance(gap) < distance(gap-rounding.Minor) {
		out.Total = out.Total.Add(rounding)
	}
	b.charge(out, canonical.CashRounding, "", rounding, canonical.Money{Currency: b.currency})
	return nil
}

// distance returns the size of a difference.
func distance(gap int64) int64 { return max(gap, -gap) }
