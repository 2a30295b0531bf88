package refund

import (
	"slices"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// split decides which document gives the money back. If nothing is invoiced, it comes from the
// deposits. Otherwise the sale is reversed, except for goods that had not left: those are off the
// order and were not invoiced, so their money is still in the deposits. What pays out credit that
// the buyer has already reverses nothing.
func (r *refunding) split() error {
	amount := r.refund.Amount
	zero := canonical.Money{Currency: amount.Currency}
	r.deposit, r.credit, r.off, r.before = r.paid, zero, amount, zero
	if len(r.sales) == 0 {
		return nil
	}
	for _, part := range r.refund.Parts {
		if part.Kind == canonical.RefundedCredit {
			r.before = r.before.Add(part.Amount)
		}
	}
	rest := r.paid.Sub(r.before) // money for what the refund itself is worth
	off := r.offOrder(rest)
	r.off, r.credit = off, amount.Sub(off).Sub(r.before)
	r.deposit.Minor = max(min(off.Minor, rest.Minor), 0)
	r.source = r.sales[0]
	for _, sale := range r.sales[1:] {
		if r.source.total.Minor < r.credit.Minor && sale.total.Minor > r.source.total.Minor {
			r.source = sale
		}
	}
	if open := r.creditOpen(); r.cash && open.Minor > 0 {
		return record.Conflict("transactions", "the store did not pay back "+open.String()+" of "+amount.String()+
			", and a cash refund pays out all that it takes back; credit the return in NetSuite by hand"+suitetalk.Redrive)
	}
	return nil
}

// offOrder returns what the refund is worth of goods that are off the order and were not invoiced.
func (r *refunding) offOrder(rest canonical.Money) canonical.Money {
	amount := r.refund.Amount.Sub(r.before)
	if r.paidBefore() {
		return amount
	}
	off := canonical.Money{Currency: amount.Currency}
	for _, l := range r.refund.Lines {
		if l.Unfulfilled {
			off = off.Add(r.gross(l.Amount, l.Tax))
		}
	}
	if off.Minor = max(min(off.Minor, amount.Minor), 0); min(off.Minor, rest.Minor) > r.inDeposits().Minor {
		off.Minor = 0 // it was invoiced all the same
	}
	return off
}

// paidBefore reports whether the refund was paid out without a reversal, which is made first: it was
// decided when nothing was invoiced. What was invoiced since changes nothing of that.
func (r *refunding) paidBefore() bool {
	return r.reversal == nil && slices.ContainsFunc(r.payouts, func(p payout) bool { return p.done != nil })
}

// creditOpen returns the part of the credit memo that stays open: the store did not pay it back.
func (r *refunding) creditOpen() canonical.Money {
	return r.credit.Sub(r.paid.Sub(r.deposit).Sub(r.before))
}

func (r *refunding) gross(amount, tax canonical.Money) canonical.Money {
	if r.refund.TaxIncluded {
		return amount
	}
	return amount.Add(tax)
}

// inDeposits returns the rest of the order's deposits, with the part that this refund took already.
func (r *refunding) inDeposits() canonical.Money { return r.leftInDeposits().Add(r.takenOfDeposits()) }

func (r *refunding) leftInDeposits() canonical.Money {
	sum := canonical.Money{Currency: r.refund.Amount.Currency}
	for _, d := range r.deposits {
		sum = sum.Add(d.unused)
	}
	return sum
}

// paidOut returns the sum of the payouts that are in NetSuite.
func (r *refunding) paidOut() canonical.Money {
	sum := canonical.Money{Currency: r.refund.Amount.Currency}
	for _, p := range r.payouts {
		if p.done != nil {
			sum = sum.Add(p.done.total)
		}
	}
	return sum
}

// takenOfDeposits returns the part that payouts in NetSuite took of deposits: all that they did
// not take of the credit memo, after what they took of earlier credit.
func (r *refunding) takenOfDeposits() canonical.Money {
	sum := r.paidOut()
	sum.Minor -= min(sum.Minor, r.before.Minor)
	if r.reversal != nil && !r.cash {
		sum = sum.Sub(r.reversal.total.Sub(r.reversal.unused))
	}
	return sum
}

// allowed rejects a refund that pays back more than was received for the order.
func (r *refunding) allowed() error {
	received := r.received()
	if refunded := r.earlier.Add(r.paid); refunded.Minor > received.Minor {
		return r.short("the order's refunds add up to " + refunded.String() + ", and NetSuite has " + received.String() + " as received for it")
	}
	return nil
}

// received returns the money that NetSuite has as received for the order.
func (r *refunding) received() canonical.Money {
	sum, from := canonical.Money{Currency: r.refund.Amount.Currency}, r.deposits
	if r.cash && len(from) == 0 {
		from = r.sales
	}
	for _, tx := range from {
		sum = sum.Add(tx.total)
	}
	return sum
}

// short returns the fault of a refund for which too little was received. It waits for a payment in
// flight: for the named one, or for any while the order is not paid in full if none is named.
func (r *refunding) short(why string) error {
	if len(r.deposits) == 0 && !r.cash {
		return &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Field: "order", Detail: "no payment of the order is at netsuite yet; " + why}
	}
	for _, p := range r.payouts {
		if away := p.parent != "" && r.depositOf(p.parent) == nil; !r.cash && (away || p.parent == "" && r.received().Minor < r.total.Minor) {
			return &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Field: p.field + ".parent", Detail: "the payment that it pays back may not be at netsuite yet; " + why}
		}
	}
	return record.Conflict("amount", why+"; book the payment, or settle the refund in NetSuite by hand"+suitetalk.Redrive)
}

func (r *refunding) depositOf(external string) *transaction {
	i := slices.IndexFunc(r.deposits, func(d transaction) bool { return d.external == external })
	if i < 0 {
		return nil
	}
	return &r.deposits[i]
}

// fund finds the documents that each payout is taken of: the deposit that it pays back, then any
// other of the order's, as far as deposits are to pay, and for the rest the credit memo.
func (r *refunding) fund() error {
	deposit, credit := r.deposit.Sub(r.takenOfDeposits()).Add(r.takeCredits()), r.creditLeft()
	for _, own := range []bool{true, false} {
		for i := range r.payouts {
			p := &r.payouts[i]
			for j := range r.deposits {
				if p.done == nil && (r.deposits[j].external == p.parent || !own) {
					deposit = deposit.Sub(take(&p.deposits, &r.deposits[j], min(deposit.Minor, p.open().Minor)))
				}
			}
		}
	}
	for i := range r.payouts {
		if p := &r.payouts[i]; p.done == nil {
			p.credit.Currency = credit.Currency
			p.credit.Minor = min(p.open().Minor, credit.Minor)
			credit = credit.Sub(p.credit)
		}
	}
	r.noteRest()
	if short := r.unfunded(); short.Minor > 0 {
		return r.short("the order's deposits have " + short.String() + " less than is to go back of them")
	}
	return nil
}

// takeCredits takes the credit that the buyer has already of the order's open credit memos, the
// oldest first, and returns what they do not have: it was paid for what is off the order, and is
// still in the deposits.
func (r *refunding) takeCredits() canonical.Money {
	left := r.before
	left.Minor -= min(r.paidOut().Minor, left.Minor)
	for i := range r.payouts {
		p := &r.payouts[i]
		for j := range r.credits {
			if p.done == nil {
				left = left.Sub(take(&p.credits, &r.credits[j], min(left.Minor, p.open().Minor)))
			}
		}
	}
	return left
}

// unfunded returns the part of new payouts that is taken of no document. A cash refund pays out
// its credit by itself.
func (r *refunding) unfunded() canonical.Money {
	sum := canonical.Money{Currency: r.refund.Amount.Currency}
	for i := range r.payouts {
		if p := &r.payouts[i]; p.done == nil {
			sum = sum.Add(p.open())
		}
	}
	if r.cash {
		sum = sum.Sub(r.credit)
	}
	return sum
}

// noteRest notes the money that the store did not pay back: the buyer still has it.
func (r *refunding) noteRest() {
	if left := r.leftInDeposits(); len(r.sales) == 0 && left.Minor > 0 {
		r.notes = append(r.notes, "the order's deposits have "+left.String()+" left")
	}
	if open := r.creditOpen(); open.Minor > 0 {
		r.notes = append(r.notes, "the store did not pay back "+open.String()+", which stays open as credit")
	}
}

// creditLeft returns the amount that the credit memo has, or will have, to be paid out.
func (r *refunding) creditLeft() canonical.Money {
	switch {
	case r.cash:
		return canonical.Money{Currency: r.refund.Amount.Currency}
	case r.reversal != nil:
		return r.reversal.unused
	}
	return r.credit
}

// open returns the part of the payout that is not taken of any document yet.
func (p *payout) open() canonical.Money {
	left := p.amount.Sub(p.credit)
	for _, taken := range [2][]transaction{p.deposits, p.credits} {
		for _, tx := range taken {
			left = left.Sub(tx.total)
		}
	}
	return left
}

// take takes up to so many minor units of the deposit or credit memo, and returns how much it took.
func take(into *[]transaction, of *transaction, most int64) canonical.Money {
	part := canonical.Money{Minor: max(min(most, of.unused.Minor), 0), Currency: of.unused.Currency}
	if part.Minor > 0 {
		of.unused = of.unused.Sub(part)
		taken := *of
		taken.total = part
		*into = append(*into, taken)
	}
	return part
}
