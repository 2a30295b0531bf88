package netsuite

import (
	"slices"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// split decides which document gives the money back. If nothing is invoiced, it comes from the
// deposits. Otherwise the sale is reversed, except for goods that had not left: those are off the
// order and were not invoiced, so their money is still in the deposits.
func (r *refunding) split() error {
	amount := r.refund.Amount
	r.deposit, r.credit, r.off = r.paid, canonical.Money{Currency: amount.Currency}, amount
	if len(r.sales) == 0 {
		return nil
	}
	off := canonical.Money{Currency: amount.Currency}
	for _, l := range r.refund.Lines {
		if l.Unfulfilled {
			off = off.Add(r.gross(l.Amount, l.Tax))
		}
	}
	if off.Minor = max(min(off.Minor, amount.Minor), 0); min(off.Minor, r.paid.Minor) > r.inDeposits().Minor {
		off.Minor = 0 // it was invoiced all the same
	}
	r.off, r.credit = off, amount.Sub(off)
	r.deposit.Minor = min(off.Minor, r.paid.Minor)
	r.source = r.sales[0]
	for _, sale := range r.sales[1:] {
		if r.source.total.Minor < r.credit.Minor && sale.total.Minor > r.source.total.Minor {
			r.source = sale
		}
	}
	if open := r.creditOpen(); r.cash && open.Minor > 0 {
		return conflict("transactions", "the store did not pay back "+open.String()+" of "+amount.String()+
			", and a cash refund pays out all that it takes back; credit the return in NetSuite by hand"+redrive)
	}
	return nil
}

// creditOpen returns the part of the credit memo that stays open: the store did not pay it back.
func (r *refunding) creditOpen() canonical.Money { return r.credit.Sub(r.paid.Sub(r.deposit)) }

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

// takenOfDeposits returns the part that payouts in NetSuite took of deposits: all that they did
// not take of the credit memo.
func (r *refunding) takenOfDeposits() canonical.Money {
	sum := canonical.Money{Currency: r.refund.Amount.Currency}
	for _, p := range r.payouts {
		if p.done != nil {
			sum = sum.Add(p.done.total)
		}
	}
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
	return conflict("amount", why+"; book the payment, or settle the refund in NetSuite by hand"+redrive)
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
	deposit, credit := r.deposit.Sub(r.takenOfDeposits()), r.creditLeft()
	for _, own := range []bool{true, false} {
		for i := range r.payouts {
			p := &r.payouts[i]
			for j := range r.deposits {
				if p.done == nil && (r.deposits[j].external == p.parent || !own) {
					deposit = deposit.Sub(p.take(&r.deposits[j], min(deposit.Minor, p.open().Minor)))
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
	for _, d := range p.deposits {
		left = left.Sub(d.total)
	}
	return left
}

// take takes up to so many minor units of the deposit, and returns how much it took.
func (p *payout) take(d *transaction, most int64) canonical.Money {
	part := canonical.Money{Minor: max(min(most, d.unused.Minor), 0), Currency: d.unused.Currency}
	if part.Minor > 0 {
		d.unused = d.unused.Sub(part)
		taken := *d
		taken.total = part
		p.deposits = append(p.deposits, taken)
	}
	return part
}
