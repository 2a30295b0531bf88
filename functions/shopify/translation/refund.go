package translation

import (
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// refunds returns the event of each refund of the order that is a document of its own.
//
// A refund is settled once none of its transactions is pending and at least one succeeded;
// until then it is issued. If all failed it has no event. One without any transaction moves no
// money: if goods came back it is settled at once, with what they are worth as its amount and
// no transaction, and otherwise it only took pieces off the order, which the order shows.
func (t *translating) refunds(o *order, b *books, body *canonical.Order, got *receipts) ([]connector.Event, error) {
	var events []connector.Event
	o.sortRefunds()
	c := b.openCredit(o, body, got)
	for i := range o.Refunds {
		refund := b.refund(o, i, func(id string) string { return got.paymentID(body.ID, id) })
		if b.err != nil {
			return nil, b.err
		}
		if refund == nil {
			c.takenOff(b, o, i)
			continue
		}
		refund.Order, refund.Name, refund.Test, refund.Customer = body.ID, body.Name, body.Test, body.Buyer.Customer
		earlier := c.refunds
		if err := b.balance(refund, t.Tolerance, c); err != nil {
			return nil, b.broken(err)
		}
		if !paysCredit(refund) {
			earlier = nil
		}
		events = append(events, t.refundEvent(refund, body.UpdatedAt, earlier))
	}
	return events, nil
}

// refundEvent returns the event of a refund, which waits for the order and for the earlier refunds
// whose credit it pays out.
func (t *translating) refundEvent(r *canonical.Refund, version time.Time, earlier []string) connector.Event {
	event := connector.Event{
		Type: canonical.RefundIssued, Entity: t.key(payload.EntityRefund, r.ID), At: r.At, UpdatedAt: version, Hint: t.hint,
		Body: r, Parents: []message.Key{t.key(payload.EntityOrder, r.Order)},
	}
	for _, id := range earlier {
		event.Parents = append(event.Parents, t.key(payload.EntityRefund, id))
	}
	if r.Settled {
		event.Type = canonical.RefundSettled
	}
	return event
}

// refund returns the i-th refund of the order, nil if it is no document. payment returns the id
// of the payment that a transaction captured.
func (b *books) refund(o *order, i int, payment func(string) string) *canonical.Refund {
	f := &o.Refunds[i]
	at := payload.FirstTime(f.At, o.Head.UpdatedAt)
	out := &canonical.Refund{
		ID: f.ID, TaxIncluded: o.Head.TaxIncluded, Reason: f.Note, At: at, Settled: true,
		Amount: canonical.Money{Currency: b.currency}, Tax: canonical.Money{Currency: b.currency},
	}
	out.Lines, out.Parts = b.explain(o, i)
	moved := 0
	for j := range f.Transactions {
		tx := &f.Transactions[j]
		if !tx.PaidBack() {
			continue
		}
		moved++
		if tx.Failed() {
			continue
		}
		out.Settled = out.Settled && tx.Succeeded()
		amount := b.twin(o, tx.Amount, refundPlace(i, "transactions")).Add(b.money(tx.Rounding, refundPlace(i, "transactions")))
		out.Amount = out.Amount.Add(amount)
		out.Transactions = append(out.Transactions, canonical.RefundTransaction{
			ID: tx.ID, Parent: payment(tx.Parent), Method: method(tx.Gateway), Gateway: tx.Gateway, Reference: tx.Reference,
			Amount: amount, At: payload.FirstTime(tx.At, at),
		})
	}
	if len(out.Transactions) == 0 && (moved > 0 || !cameBack(f, out)) {
		return nil
	}
	return out
}

// cameBack reports whether the refund takes back goods that had left.
func cameBack(f *payload.Refund, out *canonical.Refund) bool {
	for _, l := range out.Lines {
		if !l.Unfulfilled && (l.Restock || f.Returned) {
			return true
		}
	}
	return false
}

// explain returns what the i-th refund is for. A piece that was refunded before it was
// fulfilled is off the order.
func (b *books) explain(o *order, i int) (lines []canonical.RefundLine, parts []canonical.RefundPart) {
	f := &o.Refunds[i]
	at := refundPlace(i, "refund_line_items")
	for j := range f.Lines {
		l := &f.Lines[j]
		line := canonical.RefundLine{
			Line: l.Line, SKU: l.SKU, Title: l.Title, Quantity: canonical.Pieces(canonical.NewDecimal(l.Quantity, 0)),
			Amount: b.twin(o, l.Subtotal, at), Tax: b.twin(o, l.Tax, at),
			Unfulfilled: o.wasUnfulfilled(i, j), Restock: l.Restock != "" && l.Restock != "no_restock",
		}
		if sold := o.line(l.Line); sold != nil {
			line.SKU, line.Title = sold.SKU, sold.words()
		}
		lines = append(lines, line)
	}
	for _, s := range f.Shipping {
		parts = b.part(o, parts, canonical.RefundedShipping, "", s, 1, refundPlace(i, "refund_shipping_lines"))
	}
	for _, a := range f.Adjustments {
		kind := canonical.RefundedAdjustment
		if a.Kind == "shipping_refund" {
			if len(f.Shipping) > 0 {
				continue // the same amount as in refund_shipping_lines
			}
			kind = canonical.RefundedShipping
		}
		parts = b.part(o, parts, kind, a.Reason, a, -1, refundPlace(i, "order_adjustments"))
	}
	duties := payload.Adjustment{Amount: payload.Amount{Bag: f.Duties}}
	return lines, b.part(o, parts, canonical.RefundedDuty, "", duties, 1, refundPlace(i, "duties"))
}

// part adds a part unless it is 0.
func (b *books) part(o *order, parts []canonical.RefundPart, kind canonical.RefundPartKind, title string, a payload.Adjustment, sign int64, at place) []canonical.RefundPart {
	amount, tax := b.twin(o, a.Amount, at), b.twin(o, a.Tax, at)
	amount.Minor *= sign
	tax.Minor *= sign
	if amount.Minor == 0 && tax.Minor == 0 {
		return parts
	}
	return append(parts, canonical.RefundPart{Kind: kind, Title: title, Amount: amount, Tax: tax})
}

func (o *order) line(id string) *line {
	for i := range o.lines {
		if o.lines[i].ID == id {
			return &o.lines[i]
		}
	}
	return nil
}

// wasUnfulfilled reports whether the pieces of the refund's line had not left. Where the restock
// type does not say, the pieces that were taken off the line are counted off refund by refund.
func (o *order) wasUnfulfilled(i, j int) bool {
	l := o.Refunds[i].Lines[j]
	switch l.Restock {
	case "cancel":
		return true
	case "return":
		return false
	}
	sold := o.line(l.Line)
	if sold == nil {
		return false
	}
	rest := sold.taken
	for n := range o.Refunds {
		for m, other := range o.Refunds[n].Lines {
			earlier := n < i || n == i && m < j
			if other.Line == l.Line && (other.Restock == "cancel" || earlier && other.Restock != "return") {
				rest -= other.Quantity
			}
		}
	}
	return rest >= l.Quantity
}

// balance computes tax, amount and rounding. A refund is worth its parts. If less went back,
// the rest was not paid out: it pays an exchange, or an amount that the buyer still owes. Money that
// the shop keeps for itself is among the parts, because order adjustments have each difference between
// the calculated and the actual refund. Money beyond the goods pays out the buyer's open credit
// first; what neither that nor the parts explain is an adjustment.
func (b *books) balance(r *canonical.Refund, tolerance int64, c *credit) error {
	r.Parts = c.payOut(r, tolerance)
	for _, l := range r.Lines {
		r.Tax = r.Tax.Add(l.Tax)
	}
	for _, p := range r.Parts {
		r.Tax = r.Tax.Add(p.Tax)
	}
	sum, err := r.Sum()
	if err != nil {
		return err
	}
	if r.Amount.Sub(sum).Minor < -tolerance || len(r.Transactions) == 0 {
		r.Amount = sum
	}
	if rest := r.Amount.Sub(sum); rest.Minor > tolerance {
		r.Parts = append(r.Parts, canonical.RefundPart{
			Kind: canonical.RefundedAdjustment, Title: "not explained by the store", Amount: rest, Tax: canonical.Money{Currency: b.currency},
		})
	}
	c.add(r)
	return r.Round(tolerance)
}

// alone returns the order of a refund whose order cannot be asked for: what is known of it.
func alone(f *payload.Refund, k known) *order {
	o := newOrder(&payload.Order{Currency: k.Currency, Refunds: []payload.Refund{*f}})
	o.Head = canonical.Order{
		ID: f.Order, Name: k.Name, Test: k.Test, TaxIncluded: k.TaxIncluded, Currency: k.Currency, UpdatedAt: f.At,
		Buyer: canonical.Buyer{Customer: k.Customer},
	}
	nothing := canonical.Money{Currency: k.Currency}
	o.Total = payload.MoneyBag{Shop: nothing, Presentment: nothing, Set: true}
	return o
}
