package refund

import (
	"context"
	"regexp"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Target writes refunds.
type Target struct {
	*record.Account
	Tenant string             // the account, as keys name it
	Memory connector.CrossRef // which refund of a store a refund in NetSuite is; only with NETSUITE_REFUNDS
}

// Deliver books money that went back. Every document has an external id of its own,
// so that what an earlier attempt made is found and the rest is made.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, body *canonical.Refund) (connector.Receipt, error) {
	p := record.PlaceOf(d, suitetalk.CustomerRefund)
	r, err := newRefund(&t.Settings, d, body)
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	if body.Amount.Minor == 0 {
		return connector.Receipt{Ref: r.order, Linked: true, Detail: "no money goes back, so nothing is booked"}, nil
	}
	rows, err := t.TransactionsOf(ctx, r.order, r.memoOfAll, r.external, p.Doing)
	if err != nil {
		return connector.Receipt{}, err
	}
	if err := r.read(rows); err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	if receipt, found, err := t.adopt(ctx, p, r); err != nil || found {
		return receipt, fault.Doing(p.Doing, err)
	}
	for _, step := range []func() error{r.split, r.allowed, r.fund} {
		if err := step(); err != nil {
			return connector.Receipt{}, fault.Doing(p.Doing, err)
		}
	}
	return t.bookRefund(ctx, p, r)
}

// bookRefund makes the documents that are not there yet: first the reversal of the sale,
// then what pays it out.
func (t *Target) bookRefund(ctx context.Context, p suitetalk.Place, r *refunding) (connector.Receipt, error) {
	var receipt connector.Receipt
	var done []string
	note := func(id, what string) {
		if receipt.Ref == "" || what != creditMemoWords {
			receipt.Ref = id
		}
		done = append(done, what+" "+id)
	}
	if r.credit.Minor != 0 {
		id, err := t.reverse(ctx, p, r)
		if err != nil {
			return connector.Receipt{}, err
		}
		note(id, r.reversalWords())
	}
	for i := range r.payouts {
		if r.payouts[i].empty() {
			continue
		}
		id, err := t.payOut(ctx, p, r, &r.payouts[i])
		if err != nil {
			return connector.Receipt{}, err
		}
		note(id, "customer refund")
	}
	if r.date.Note != "" {
		done = append(done, r.date.Note)
	}
	if len(done) == 0 {
		receipt.Ref, receipt.Linked = r.order, true
		done = append(done, "nothing is invoiced and the store paid nothing back, so nothing is booked")
	}
	receipt.Detail = strings.Join(append(done, r.notes...), ", ")
	return receipt, nil
}

const creditMemoWords = "credit memo"

func (r *refunding) reversalWords() string {
	if r.cash {
		return "cash refund"
	}
	return creditMemoWords
}

// reverse makes the credit memo of the invoice, or the cash refund of the cash sale.
func (t *Target) reverse(ctx context.Context, p suitetalk.Place, r *refunding) (string, error) {
	source := suitetalk.Invoice
	if p.Record = suitetalk.CreditMemo; r.cash {
		source, p.Record = suitetalk.CashSale, suitetalk.CashRefund
	}
	p = suitetalk.NewPlace(p.Record, p.External)
	if r.reversal != nil {
		return r.reversal.id, nil
	}
	return t.InOpenPeriod(ctx, &r.date, p.Doing, func() (string, error) {
		body, lines, err := r.encodeReversal(p.External)
		if err != nil {
			return "", fault.Doing(p.Doing, err)
		}
		id, err := t.Transform(ctx, p, source, r.source.id, record.ItemSublist, body)
		return id, record.InOurTerms(err, p.Record, lines)
	})
}

// payOut makes a customer refund of deposits and of the credit memo.
func (t *Target) payOut(ctx context.Context, p suitetalk.Place, r *refunding, out *payout) (string, error) {
	p = suitetalk.NewPlace(p.Record, out.external)
	if out.done != nil {
		return out.done.id, nil
	}
	credit := ""
	if out.credit.Minor != 0 {
		var err error
		if credit, err = t.creditOf(ctx, p, r); err != nil {
			return "", err
		}
	}
	return t.InOpenPeriod(ctx, &r.date, p.Doing, func() (string, error) {
		body, err := r.encodePayout(out, credit)
		if err != nil {
			return "", fault.Doing(p.Doing, err)
		}
		id, err := t.Upsert(ctx, p, "", body)
		return id, outdated(err)
	})
}

// outdated returns a rejected amount as a conflict, which is read again: the payout takes no more
// than was left, so another refund of the order took it since.
func outdated(err error) error {
	e := fault.As(err)
	if e == nil || fault.KindOf(err) != fault.Rejected || !takenAmount.MatchString(e.Field) {
		return record.InOurTerms(err, suitetalk.CustomerRefund, nil)
	}
	changed := *e
	changed.Kind, changed.Class, changed.Field = fault.Unavailable, fault.Conflict, "amount"
	changed.Detail = "what it is taken of changed since it was read; " + e.Detail
	return &changed
}

// takenAmount is the path of the amount that a customer refund takes of a document.
var takenAmount = regexp.MustCompile(`^(deposit|apply)\.items\[\d+\]\.amount$`)

// creditOf returns the internal id of the refund's credit memo.
func (t *Target) creditOf(ctx context.Context, p suitetalk.Place, r *refunding) (string, error) {
	if r.reversal != nil {
		return r.reversal.id, nil
	}
	p.Record, p.External = suitetalk.CreditMemo, r.external
	id, err := t.LookUp(ctx, p, p.ByExternal())
	if err == nil && id == "" {
		err = fault.New(fault.Unavailable, fault.Conflict, p.Doing, "the credit memo was deleted after it was created")
	}
	return id, err
}
