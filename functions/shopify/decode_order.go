package shopify

import (
	"slices"
	"time"

	"causeway.example/shared/canonical"
)

// convert returns the canonical order in the currency of the books. Rounding is computed last:
// it is the difference that no other part accounts for.
func (t *translator) convert(o *order, b *books) (*canonical.Order, error) {
	out := &o.head
	out.Currency = b.currency
	out.Total = b.money(o.total, place{field: "total_price_set"})
	out.Tax = b.money(o.tax, place{field: "total_tax_set"})
	o.state(out)
	o.discounts(out)
	b.lines(o, out)
	b.deliveries(o, out)
	b.charges(o, out)
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

func (b *books) lines(o *order, out *canonical.Order) {
	out.Lines = make([]canonical.OrderLine, 0, len(o.lines))
	for i := range o.lines {
		if o.lines[i].tip {
			continue
		}
		line := b.line(&o.lines[i], i)
		out.NeedsShipping = out.NeedsShipping || line.Ships
		out.Lines = append(out.Lines, line)
	}
}

// line converts one line. A gift card never ships, even if the payload has requires_shipping:
// it is sent by e-mail.
func (b *books) line(l *line, i int) canonical.OrderLine {
	kind := l.kind()
	return canonical.OrderLine{
		ID: l.id, Kind: kind, SKU: l.sku, Product: l.product, Variant: l.variant, Title: l.words(),
		Quantity:  canonical.Pieces(canonical.NewDecimal(l.quantity, 0)),
		UnitPrice: b.price(l.price, place{"line_items", i, "price_set"}),
		Discount:  b.money(l.discount, place{"line_items", i, "discount_allocations"}),
		Tax:       b.money(l.tax, place{"line_items", i, "tax_lines"}),
		Ships:     l.ships && kind != canonical.GiftCardLine,
	}
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
			Tax:      b.money(l.tax, place{"shipping_lines", i, "tax_lines"}),
		})
	}
}

// charges books tips, duties and fees separately. Fees are those of the sale, as the total is.
// If the payload has none, the current ones are used.
func (b *books) charges(o *order, out *canonical.Order) {
	b.tips(o, out)
	b.duties(o, out)
	fees := o.fees
	if !fees.set {
		fees = o.currentFees
	}
	b.charge(out, canonical.Fee, "", b.money(fees, place{field: "original_total_additional_fees_set"}))
}

// charge adds a charge unless the amount is 0. The tax on it is part of the order's tax and is
// not available separately.
func (b *books) charge(out *canonical.Order, kind canonical.ChargeKind, title string, amount canonical.Money) {
	if amount.Minor == 0 {
		return
	}
	none := canonical.Money{Currency: b.currency}
	out.Charges = append(out.Charges, canonical.Charge{Kind: kind, Title: title, Amount: amount, Tax: none})
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
		b.charge(out, canonical.Tip, tip.Title, amount)
		booked, lines = booked.Add(amount), lines+1
	}
	if lines > 0 && b.basis == presentmentBasis {
		return // total_tip_received is in the other currency; the lines are complete
	}
	if total := b.plain(o, o.tip, "total_tip_received"); total.Minor > booked.Minor {
		b.charge(out, canonical.Tip, "", total.Sub(booked))
	}
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
		booked = booked || l.duty.set
		b.charge(out, canonical.Duty, l.words(), b.money(l.duty, place{"line_items", i, "duties"}))
	}
	if !booked {
		b.charge(out, canonical.Duty, "", b.money(o.duties, place{field: "original_total_duties_set"}))
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
	b.charge(out, canonical.CashRounding, "", rounding)
	return nil
}

func distance(gap int64) int64 { return max(gap, -gap) }

// paidAt returns when the order was paid: the time of the last capture if the order was
// polled, the time of the sale for orders/create, otherwise the last change.
func (t *translator) paidAt(o *order) time.Time {
	if !o.paidAt.IsZero() {
		return o.paidAt
	}
	if t.raw.Topic == topicOrderCreate && !o.processedAt.IsZero() {
		return o.processedAt
	}
	return o.head.UpdatedAt
}
