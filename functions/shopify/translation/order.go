package translation

import (
	"errors"
	"slices"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
)

// order is the payload of an order with what is computed of it.
type order struct {
	*payload.Order
	lines           []line
	reduced         bool          // by settle: pieces were taken off before they were fulfilled
	whole           bool          // by settle: all pieces were taken off, and the order keeps them as cancelled
	feeTax, dutyTax payload.Taxes // by spreadTaxes: of fees and duties that only the order's total has
}

// line is a line of the order with what settle computes of it.
type line struct {
	*payload.Line
	taken int64 // pieces that were taken off before they were fulfilled
	kept  int64 // quantity less those
}

func newOrder(of *payload.Order) *order {
	o := &order{Order: of, lines: make([]line, len(of.Lines))}
	for i := range of.Lines {
		o.lines[i].Line = &of.Lines[i]
	}
	return o
}

// convert returns the canonical order in the currency of the books: what is still owed to the
// buyer. Rounding is computed last: it is the difference that no other part accounts for.
func (t *translating) convert(o *order, b *books) (*canonical.Order, error) {
	out := &o.Head
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
	if err := out.Round(t.Tolerance); err != nil {
		return nil, b.broken(err)
	}
	return out, nil
}

// other returns the total in the currency that was not chosen.
func (b *books) other(o *order) *canonical.Presentment {
	if b.basis == payload.PresentmentBasis {
		return &canonical.Presentment{Basis: b.basis, Total: o.Total.Shop}
	}
	return &canonical.Presentment{Basis: b.basis, Total: o.Total.Presentment}
}

func (o *order) state(out *canonical.Order) {
	out.Status = canonical.OrderOpen
	if !o.ClosedAt.IsZero() {
		out.Status = canonical.OrderClosed
	}
	if !o.CancelledAt.IsZero() {
		out.Status, out.CancelledAt = canonical.OrderCancelled, new(o.CancelledAt)
	}
	out.Fulfilled = out.Fulfillment == "fulfilled"
}

// discounts adds the codes that are not in a discount application.
func (o *order) discounts(out *canonical.Order) {
	for _, code := range o.Codes {
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
		if l.Tip {
			continue
		}
		line := b.line(l, i)
		if l.kept != l.Quantity {
			b.reduce(o, i, &line, &off)
		}
		if l.kept == 0 && l.Quantity != 0 {
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
	before, err := canonical.Extend(line.UnitPrice, canonical.NewDecimal(l.Quantity, 0), b.currency)
	after, errAfter := canonical.Extend(line.UnitPrice, canonical.NewDecimal(l.kept, 0), b.currency)
	if err = errors.Join(err, errAfter); err != nil {
		b.fail(place{"line_items", i, "price_set"}.String(), err.Error())
	}
	line.Discount = line.Discount.Sub(before.Sub(after).Sub(net))
	line.Tax = line.Tax.Sub(tax)
	off.net, off.tax = off.net.Add(net), off.tax.Add(tax)
	for _, duty := range l.Duties {
		if !o.DutiesIncluded {
			off.net = off.net.Add(b.money(duty.Amount, place{"line_items", i, "duties"})).Sub(b.keptPart(l, duty.Amount, i))
		}
		off.tax = off.tax.Add(b.money(duty.Tax.All, place{"line_items", i, "duties"})).Sub(b.keptPart(l, duty.Tax.All, i))
	}
}

// keptPart returns the part of an amount of the line's duties that is still owed.
func (b *books) keptPart(l *line, amounts payload.MoneyBag, i int) canonical.Money {
	return share(b.money(amounts, place{"line_items", i, "duties"}), l.kept, l.Quantity)
}

// line converts one line as it was sold. A gift card never ships, even if the payload has
// requires_shipping: it is sent by e-mail.
func (b *books) line(l *line, i int) canonical.OrderLine {
	kind := l.kind()
	return canonical.OrderLine{
		ID: l.ID, Kind: kind, SKU: l.SKU, Product: l.Product, Variant: l.Variant, Title: l.words(),
		Quantity:  canonical.Pieces(canonical.NewDecimal(l.Quantity, 0)),
		UnitPrice: b.price(l.Price, place{"line_items", i, "price_set"}),
		Discount:  b.money(l.Discount, place{"line_items", i, "discount_allocations"}),
		Tax:       b.tax(l.Tax, l, place{"line_items", i, "tax_lines"}),
		Ships:     l.Ships && kind != canonical.GiftCardLine,
	}
}

// tax returns all of the tax, and adds up the part that the sales channel pays over itself. The
// line is nil for a tax that is not on a line.
func (b *books) tax(t payload.Taxes, l *line, at place) canonical.Money {
	if t.Channel.Set {
		channel := b.money(t.Channel, at)
		if l != nil {
			channel = share(channel, l.kept, l.Quantity)
		}
		b.channel = canonical.Money{Minor: b.channel.Minor + channel.Minor, Currency: b.currency}
	}
	return b.money(t.All, at)
}

// owedTax returns the tax of what is owed: the total less the tax of what is off, or the store's
// own current tax where that says the same but for the rounding.
func (b *books) owedTax(o *order, out *canonical.Order, off canonical.Money) canonical.Money {
	tax := b.money(o.Tax, place{field: "total_tax_set"}).Sub(off)
	if !o.reduced || !o.CurrentTax.Set {
		return tax
	}
	_, later := b.refundedLater(o)
	current := b.money(o.CurrentTax, place{field: "current_total_tax_set"}).Add(later)
	if distance(current.Sub(tax).Minor) <= int64(len(o.lines)) || b.addUp(o, out, current) {
		return current
	}
	return tax
}

// addUp reports whether the parts and the tax are the store's own current total.
func (b *books) addUp(o *order, out *canonical.Order, tax canonical.Money) bool {
	if out.TaxIncluded || !o.CurrentTotal.Set {
		return false
	}
	trial := *out
	trial.Tax = tax
	sum, err := trial.Sum()
	amount, laterTax := b.refundedLater(o)
	return err == nil && sum == b.money(o.CurrentTotal, place{field: "current_total_price_set"}).Add(amount).Add(laterTax)
}

// kind returns whether the line is revenue, a liability, or has no product. A SKU names a
// product whether or not the store still has it.
func (l *line) kind() canonical.LineKind {
	switch {
	case l.GiftCard:
		return canonical.GiftCardLine
	case l.SKU == "" && (l.Deleted || l.Product == ""):
		return canonical.CustomLine
	}
	return canonical.ProductLine
}

// words returns the line's name with its variant, as the buyer saw it.
func (l *line) words() string {
	if l.Name != "" {
		return l.Name
	}
	return l.Title
}

func (b *books) deliveries(o *order, out *canonical.Order) {
	for i, l := range o.Deliveries {
		if l.Removed {
			continue
		}
		out.Deliveries = append(out.Deliveries, canonical.DeliveryLine{
			ID: l.ID, Code: l.Code, Title: l.Title,
			Price:    b.money(l.Price, place{"shipping_lines", i, "price_set"}),
			Discount: b.money(l.Discount, place{"shipping_lines", i, "discount_allocations"}),
			Tax:      b.tax(l.Tax, nil, place{"shipping_lines", i, "tax_lines"}),
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
	for i, fee := range o.Extras {
		amount := b.money(fee.Amount, place{"additional_fees", i, "price_set"})
		b.charge(out, canonical.Fee, fee.Title, amount, b.tax(fee.Tax, nil, place{"additional_fees", i, "tax_lines"}))
		total = total.Sub(amount)
	}
	if len(o.Extras) == 0 || total.Minor > 0 {
		b.charge(out, canonical.Fee, "", total, b.tax(o.feeTax, nil, place{field: "tax_lines"}))
	}
}

func (b *books) feeTotal(o *order) canonical.Money {
	total := o.Fees
	if !total.Set {
		total = o.CurrentFees
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
		if !o.lines[i].Tip {
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
	if lines > 0 && b.basis == payload.PresentmentBasis && !o.Tip.Bag.Set {
		return // total_tip_received is in the other currency; the lines are complete
	}
	if total := b.tipTotal(o); total.Minor > booked.Minor {
		b.charge(out, canonical.Tip, "", total.Sub(booked), canonical.Money{Currency: b.currency})
	}
}

// tipTotal returns total_tip_received, which webhooks have in the shop's currency only.
func (b *books) tipTotal(o *order) canonical.Money {
	if o.Tip.Bag.Set {
		return b.money(o.Tip.Bag, place{field: "total_tip_received_set"})
	}
	return b.plain(o, o.Tip.Plain, "total_tip_received")
}

// duties books the duties of each line, or the order's if no line has any. Duties that are
// included in prices are not a charge.
func (b *books) duties(o *order, out *canonical.Order) {
	if o.DutiesIncluded {
		return
	}
	booked := false
	for i := range o.lines {
		l := &o.lines[i]
		booked = booked || len(l.Duties) > 0
		amount, tax := canonical.Money{Currency: b.currency}, canonical.Money{Currency: b.currency}
		for _, duty := range l.Duties {
			_ = b.tax(duty.Tax, l, place{"line_items", i, "duties"})
			amount = amount.Add(b.keptPart(l, duty.Amount, i))
			tax = tax.Add(b.keptPart(l, duty.Tax.All, i))
		}
		b.charge(out, canonical.Duty, l.words(), amount, tax)
	}
	if !booked {
		b.charge(out, canonical.Duty, "", b.money(o.Duties, place{field: "original_total_duties_set"}), b.tax(o.dutyTax, nil, place{field: "tax_lines"}))
	}
}

// roundCash books the rounding of cash payments and adds it to the total. Shopify's total is
// the one before that rounding (objects/CashRoundingAdjustment: it applies to the total
// received). If the parts show that the total contains the rounding already, it is not added.
func (b *books) roundCash(o *order, out *canonical.Order) error {
	rounding := b.money(o.CashRounding, place{field: "total_cash_rounding_payment_adjustment_set"})
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
