package translator

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"strings"
	"time"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// refundsOf asks for the order's refunds, oldest first. An order has a list of their ids and
// totals only, so each delivery of an order with refunds costs one call.
func refundsOf(ctx context.Context, store *rest.Store, order string) ([]refund, error) {
	doing := "listing the refunds of order " + order + " of " + store.Tenant
	var all []refund
	err := store.Each(ctx, rest.OrdersPath+"/"+order+"/refunds", doing, func(d rest.Decoder) {
		all = append(all, (&decoder{Decoder: d}).refund())
	})
	return all, err
}

// Refunded asks the store for the refunds of an order, and returns the pieces that they took of
// each line, by the line's id.
func Refunded(ctx context.Context, store *rest.Store, order string) (map[string]*big.Rat, error) {
	refunds, err := refundsOf(ctx, store, order)
	if err != nil {
		return nil, err
	}
	pieces := map[string]*big.Rat{}
	for i := range refunds {
		for _, l := range refunds[i].lines {
			if pieces[l.line] == nil {
				pieces[l.line] = new(big.Rat)
			}
			if quantity, ok := new(big.Rat).SetString(negated(l.quantity)); ok {
				pieces[l.line].Add(pieces[l.line], quantity)
			}
		}
	}
	return pieces, nil
}

// addRefunds adds the refunds, and takes off the order what they took off before it was
// fulfilled.
func (t *Translator) addRefunds(ctx context.Context, c *converter, made *sale, w *order) error {
	sender := t.storeOf(made.tenant)
	list, err := refundsOf(ctx, sender, w.id)
	if err != nil {
		return err
	}
	if list, err = c.complete(ctx, sender, w, list); err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b refund) int { return cmp.Compare(rest.Number(a.id), rest.Number(b.id)) })
	r := refunder{
		converter: converter{zone: c.zone, currency: c.currency}, sale: made, wire: w,
		completed: c.time(w.completed, "date_completed"), tolerance: t.tolerance, taken: map[string]*taken{},
	}
	for i := range list {
		r.add(&list[i], i)
	}
	r.reduce()
	c.notes = append(c.notes, r.notes...)
	if c.finer += r.finer; c.err == nil {
		c.err = r.err
	}
	return nil
}

// complete returns the refunds that the order names. A later one is left to the delivery that
// names it, which knows whether the order was completed before. One that the store no longer
// lists has the amount that the order has: the refund went with the order when that was put in
// the trash or deleted for good. One that was deleted alone, as a correction, is left out.
func (c *converter) complete(ctx context.Context, sender *rest.Store, w *order, list []refund) ([]refund, error) {
	list = slices.DeleteFunc(list, func(listed refund) bool {
		return !slices.ContainsFunc(w.refunds, func(r refundSummary) bool { return r.id == listed.id })
	})
	missing := slices.DeleteFunc(slices.Clone(w.refunds), func(r refundSummary) bool {
		return slices.ContainsFunc(list, func(listed refund) bool { return listed.id == r.id })
	})
	if len(missing) == 0 {
		return list, nil
	}
	if w.status != "trash" {
		_, err := sender.Get(ctx, rest.OrdersPath+"/"+w.id, "fetching order "+w.id+" of "+sender.Tenant, nil)
		switch {
		case err == nil:
			c.note(at("refunds"), "refund "+missing[0].id+" was deleted in the store after this delivery; it is left out")
			return list, nil
		case !gone(err):
			return nil, err
		}
	}
	c.note(at("refunds"), "the store no longer lists the order's refunds: of some only the amount is known")
	for _, r := range missing {
		list = append(list, refund{id: r.id, amount: negated(r.total), reason: r.reason, created: w.modified})
	}
	return list, nil
}

// negated returns the decimal text with the other sign: what a refund takes back is below zero.
func negated(text string) string {
	if positive, negative := strings.CutPrefix(text, "-"); negative {
		return positive
	}
	if strings.Trim(text, "0.") == "" {
		return text
	}
	return "-" + text
}

// refunder converts the refunds of one order.
type refunder struct {
	converter
	sale      *sale
	wire      *order
	completed time.Time // zero if the order was never completed
	tolerance int64
	taken     map[string]*taken // by order line
}

// taken counts the pieces and amounts that refunds took of an order line so far.
type taken struct {
	quantity    *big.Rat // of all refunds
	unfulfilled *big.Rat // of those before the order was completed
	amount, tax canonical.Money
}

// add converts one refund. Amounts are without tax, as everywhere in WooCommerce. A rest that
// lines, shipping, fees and tax do not explain is an adjustment: a refund may have an amount alone.
func (r *refunder) add(w *refund, i int) {
	field := place{list: "refunds", index: i}
	before := r.finer
	zero := canonical.Money{Currency: r.currency}
	made := canonical.Refund{
		ID: w.id, Order: r.sale.order.ID, Name: r.sale.order.Name, Test: r.sale.order.Test, Customer: r.sale.order.Buyer.Customer,
		Tax: zero, Rounding: zero, Amount: r.money(w.amount, field.of("amount")), Reason: w.reason,
		Settled: len(r.sale.tenders) > 0, At: r.needTime(w.created, "refunds.date_created"),
	}
	for _, l := range w.lines {
		r.addLine(&made, &l, field)
	}
	for _, d := range w.deliveries {
		r.addPart(&made, canonical.RefundedShipping, d.title, d.total, d.tax, field.of("shipping_lines"))
	}
	for _, f := range w.fees {
		r.addPart(&made, canonical.RefundedFee, f.name, f.total, f.tax, field.of("fee_lines"))
	}
	if r.err != nil {
		return
	}
	tolerance := r.tolerance + int64(r.finer-before+1)/2
	explained, err := made.Sum()
	rest := made.Amount.Sub(explained)
	if rest.Minor != 0 && (len(made.Lines)+len(made.Parts) == 0 || !near(rest, tolerance)) {
		made.Parts = append(made.Parts, canonical.RefundPart{Kind: canonical.RefundedAdjustment, Amount: rest, Tax: zero})
	}
	if err = cmp.Or(err, made.Round(tolerance)); err != nil {
		r.fail(fault.Value, field.of("amount"), "cannot be added up")
	}
	if made.Settled && made.Amount.Minor > 0 {
		made.Transactions = []canonical.RefundTransaction{r.transaction(w, &made)}
	}
	if made.Amount.Minor != 0 || len(made.Lines) > 0 {
		r.sale.refunds = append(r.sale.refunds, made)
	}
}

// transaction returns how the money went back. WooCommerce records only whether the order's gateway
// paid it (refunded_payment). Otherwise the shop paid it by itself, by a means that is not
// known where a card cannot be paid back by hand.
func (r *refunder) transaction(w *refund, made *canonical.Refund) canonical.RefundTransaction {
	paid := r.sale.tenders[0]
	tx := canonical.RefundTransaction{ID: made.ID, Method: paid.method, Amount: made.Amount, At: made.At}
	if len(r.sale.tenders) == 1 || w.paidBack {
		tx.Parent = paid.id
	}
	switch {
	case w.paidBack:
		tx.Gateway = paid.gateway
	case paid.method == canonical.Card || len(r.sale.tenders) > 1:
		tx.Method = canonical.OtherPayment
	}
	return tx
}

func (r *refunder) addPart(made *canonical.Refund, kind canonical.RefundPartKind, title, total, tax string, field place) {
	part := canonical.RefundPart{Kind: kind, Title: title, Amount: r.money(negated(total), field), Tax: r.money(negated(tax), field)}
	if part.Amount.Minor == 0 && part.Tax.Minor == 0 {
		return
	}
	made.Parts = append(made.Parts, part)
	made.Tax = made.Tax.Add(part.Tax)
}

// addLine adds a line of the refund. Goods that are refunded before the order was completed had
// not left: the store ships what an order still has. A line that the order no longer has is an
// adjustment.
func (r *refunder) addLine(made *canonical.Refund, l *refundLine, field place) {
	i := slices.IndexFunc(r.wire.lines, func(of line) bool { return of.id == l.line })
	if i < 0 {
		r.addPart(made, canonical.RefundedAdjustment, l.name, l.total, l.tax, field.of("line_items"))
		return
	}
	of := &r.wire.lines[i]
	refunded := canonical.RefundLine{
		Line: of.id, SKU: cmp.Or(of.sku, l.sku), Title: of.name,
		Quantity: canonical.Pieces(r.decimal(negated(l.quantity), field.of("line_items.quantity"))),
		Amount:   r.money(negated(l.total), field.of("line_items.total")),
		Tax:      r.money(negated(l.tax), field.of("line_items.total_tax")),
	}
	if r.err != nil || refunded.Quantity.Value.IsZero() && refunded.Amount.Minor == 0 && refunded.Tax.Minor == 0 {
		return
	}
	so, known := r.taken[of.id]
	if !known {
		zero := canonical.Money{Currency: r.currency}
		so = &taken{new(big.Rat), new(big.Rat), zero, zero}
		r.taken[of.id] = so
	}
	pieces := rational(refunded.Quantity.Value)
	so.quantity.Add(so.quantity, pieces)
	enough := so.quantity.Cmp(rational(r.decimal(of.quantity, field))) <= 0
	if pieces.Sign() > 0 {
		refunded.Unfulfilled = enough && (r.completed.IsZero() || made.At.Before(r.completed))
		refunded.Restock = restocked(of, so.quantity)
	}
	if refunded.Unfulfilled {
		so.unfulfilled.Add(so.unfulfilled, pieces)
		so.amount, so.tax = so.amount.Add(refunded.Amount), so.tax.Add(refunded.Tax)
	}
	made.Lines = append(made.Lines, refunded)
	made.Tax = made.Tax.Add(refunded.Tax)
}

// restocked reports whether the pieces refunded so far went back into stock. WooCommerce counts
// them per line, not per refund, so that the oldest refunds come first.
func restocked(of *line, soFar *big.Rat) bool {
	back, ok := new(big.Rat).SetString(of.restocked)
	return ok && len(of.restocked) < 20 && soFar.Cmp(back) <= 0
}

// reduce takes off the order what was refunded before it was fulfilled, with its part of discount
// and tax: WooCommerce keeps lines and total as they were. An amount that the shop kept of a line
// without pieces is a charge.
func (r *refunder) reduce() {
	order := &r.sale.order
	var left []canonical.OrderLine
	for i := range order.Lines {
		l := order.Lines[i]
		so := r.taken[l.ID]
		if r.err != nil || so == nil || so.unfulfilled.Sign() <= 0 {
			left = append(left, l)
			continue
		}
		amount, err := l.Amount(r.currency)
		r.check(place{list: "line_items", index: i, member: "subtotal"}, err)
		amount, l.Tax = amount.Sub(so.amount), l.Tax.Sub(so.tax)
		order.Total, order.Tax = order.Total.Sub(so.amount).Sub(so.tax), order.Tax.Sub(so.tax)
		pieces := new(big.Rat).Sub(rational(l.Quantity.Value), so.unfulfilled)
		if pieces.Sign() <= 0 {
			if amount.Minor != 0 || l.Tax.Minor != 0 {
				order.Charges = append(order.Charges, canonical.Charge{Kind: canonical.Fee, Title: l.Title, Amount: amount, Tax: l.Tax})
			}
			continue
		}
		l.Quantity = canonical.Pieces(r.decimal(shortest(pieces), at("line_items.quantity")))
		gross, err := canonical.Extend(l.UnitPrice, l.Quantity.Value, r.currency)
		r.check(place{list: "line_items", index: i, member: "subtotal"}, err)
		l.Discount = gross.Sub(amount)
		left = append(left, l)
	}
	if order.Lines = left; left == nil {
		order.Lines = []canonical.OrderLine{}
	}
}

// shortest returns the number as decimal text. A difference of decimals is one.
func shortest(number *big.Rat) string {
	decimals, _ := number.FloatPrec()
	return number.FloatString(decimals)
}
