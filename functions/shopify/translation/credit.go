package translation

import (
	"cmp"
	"slices"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
)

// credit is what the shop owes the buyer while an order's refunds are read, oldest first. A return
// that is not paid back at once is a refund with goods and no transaction; Shopify pays it by a
// second refund, with a transaction and no goods, and links neither to the other. The second has
// the form of goodwill. What tells them apart is whether the buyer had money to get back.
type credit struct {
	open    int64    // received, less what was paid back and less what the buyer keeps; negative while the buyer owes
	refunds []string // the refunds that left a part of their worth unpaid
}

// openCredit returns the credit before the first refund. The order's total is what is owed in the
// end: what refunds took off it is added again, and each refund takes it off in its turn.
func (b *books) openCredit(o *order, body *canonical.Order, got *receipts) *credit {
	c := &credit{open: -body.Total.Minor}
	for _, event := range got.events {
		if p, ok := event.Body.(*canonical.Payment); ok && !p.At.After(body.UpdatedAt) { // the shop may have later ones than the state
			c.open += p.Amount.Minor
		}
	}
	for i := range o.Refunds {
		if !o.whole {
			c.open -= b.offBy(o, i)
		}
	}
	return c
}

// offBy returns the worth, with tax, of the pieces that the i-th refund took off the order before
// they were fulfilled.
func (b *books) offBy(o *order, i int) (minor int64) {
	for j, l := range o.Refunds[i].Lines {
		if !o.wasUnfulfilled(i, j) {
			continue
		}
		at := refundPlace(i, "refund_line_items")
		minor += b.twin(o, l.Subtotal, at).Minor
		if !o.Head.TaxIncluded {
			minor += b.twin(o, l.Tax, at).Minor
		}
	}
	return minor
}

// takenOff adds what a refund that is no document took off the order.
func (c *credit) takenOff(b *books, o *order, i int) { c.open += b.offBy(o, i) }

// payOut returns the refund's parts, with as much of its money as open credit as goods, shipping and
// duties do not explain. Adjustments are taken for goodwill only beyond that.
func (c *credit) payOut(r *canonical.Refund, tolerance int64) []canonical.RefundPart {
	beyond := r.Amount.Minor
	gross := func(amount, tax canonical.Money) int64 {
		if r.TaxIncluded {
			return amount.Minor
		}
		return amount.Minor + tax.Minor
	}
	for _, l := range r.Lines {
		beyond -= gross(l.Amount, l.Tax)
	}
	for _, p := range r.Parts {
		if p.Kind != canonical.RefundedAdjustment || p.Amount.Minor < 0 || p.Tax.Minor != 0 {
			beyond -= gross(p.Amount, p.Tax)
		}
	}
	pays := min(beyond, c.open)
	if pays <= tolerance {
		return r.Parts
	}
	parts := slices.Clone(r.Parts)
	explained := pays - c.unexplained(r, gross)
	for i := range parts {
		if p := &parts[i]; p.Kind == canonical.RefundedAdjustment && p.Amount.Minor > 0 && p.Tax.Minor == 0 && explained > 0 {
			cut := min(p.Amount.Minor, explained)
			p.Amount.Minor, explained = p.Amount.Minor-cut, explained-cut
		}
	}
	parts = slices.DeleteFunc(parts, func(p canonical.RefundPart) bool { return p.Amount.Minor == 0 && p.Tax.Minor == 0 })
	zero := canonical.Money{Currency: r.Amount.Currency}
	return append(parts, canonical.RefundPart{
		Kind: canonical.RefundedCredit, Amount: canonical.Money{Minor: pays, Currency: r.Amount.Currency}, Tax: zero,
	})
}

// unexplained returns the money that no line and no part of the refund explains.
func (c *credit) unexplained(r *canonical.Refund, gross func(amount, tax canonical.Money) int64) int64 {
	rest := r.Amount.Minor
	for _, l := range r.Lines {
		rest -= gross(l.Amount, l.Tax)
	}
	for _, p := range r.Parts {
		rest -= gross(p.Amount, p.Tax)
	}
	return max(rest, 0)
}

// add counts a refund that is a document: its worth is credited, its money was paid out.
func (c *credit) add(r *canonical.Refund) {
	left := r.Amount.Minor
	for _, p := range r.Parts {
		if p.Kind == canonical.RefundedCredit {
			left -= p.Amount.Minor
		}
	}
	for _, tx := range r.Transactions {
		left -= tx.Amount.Minor
	}
	if c.open += left; left > 0 {
		c.refunds = append(c.refunds, r.ID)
	}
}

func paysCredit(r *canonical.Refund) bool {
	return slices.ContainsFunc(r.Parts, func(p canonical.RefundPart) bool { return p.Kind == canonical.RefundedCredit })
}

// sortRefunds puts the oldest first.
func (o *order) sortRefunds() {
	slices.SortStableFunc(o.Refunds, func(a, b payload.Refund) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
}

// moneyAlone reports whether the refund only moves money.
func moneyAlone(f *payload.Refund) bool {
	return len(f.Lines) == 0 && len(f.Shipping) == 0 && !f.Duties.Set && len(f.Transactions) > 0
}
