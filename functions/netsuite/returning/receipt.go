package returning

import (
	"context"
	"slices"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// receive makes the item receipt of what went into stock and was not received yet.
func (w *work) receive(ctx context.Context) error {
	due, err := w.due()
	if err != nil || due == nil {
		return err
	}
	var before canonical.Decimal
	for i := range w.auth.lines {
		before = record.Plus(before, w.auth.lines[i].done)
	}
	key, memo := w.key, w.memo()
	if before.Sign() > 0 {
		key.ID += "-" + before.Normal().String()
		memo += ", " + before.Normal().String() + " received before"
	}
	p := suitetalk.NewPlace(suitetalk.ItemReceipt, record.ExternalID(key))
	id, err := w.LookUp(ctx, p, p.ByExternal())
	if err != nil {
		return err
	}
	if id != "" { // since the authorization was read, whose pieces it has changed
		return &fault.Error{
			Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope,
			Detail: "item receipt " + id + " of return authorization " + w.auth.id + " took effect a moment ago; both are read again",
		}
	}
	if err := w.notCredited(ctx); err != nil {
		return err
	}
	body, origins, err := w.encodeReceipt(p.External, memo, due)
	if err == nil {
		id, err = w.Transform(ctx, p, suitetalk.ReturnAuthorization, w.auth.id, record.ItemSublist, body)
	}
	if err != nil {
		return refused(err, suitetalk.ItemReceipt, origins, "NetSuite makes no item receipt of return authorization "+w.auth.id+" in its present state")
	}
	w.done = append(w.done, "received by item receipt "+id)
	return nil
}

// due returns what is to be received of each line of the authorization, nil if nothing is.
func (w *work) due() ([]canonical.Decimal, error) {
	due, some := make([]canonical.Decimal, len(w.auth.lines)), false
	for i := range w.articles {
		a := &w.articles[i]
		received := sumOf(w.auth.lines, a.item, doneOf)
		rest := record.Minus(a.stocked, received)
		if rest.Sign() < 0 {
			return nil, w.fewer(a.field+".restocked", received, a.stocked)
		}
		for j := range w.auth.lines {
			l := &w.auth.lines[j]
			if l.item != a.item || l.closed {
				continue
			}
			due[j] = record.Least(rest, l.left())
			rest, some = record.Minus(rest, due[j]), some || due[j].Sign() > 0
		}
	}
	if !some {
		return nil, nil
	}
	return due, nil
}

// notCredited fails if a credit of the order put pieces of an article into stock already: one of ours from
// before NETSUITE_RETURNS was receipt, or one that a person made of the invoice.
func (w *work) notCredited(ctx context.Context) error {
	rows, err := w.CreditsOf(ctx, w.order, w.place.Doing)
	if err != nil {
		return err
	}
	credits := map[string]string{suitetalk.CreditMemoType: suitetalk.CreditMemo, suitetalk.CashRefundType: suitetalk.CashRefund}
	for _, row := range rows {
		of := credits[row["type"]]
		credit, err := w.Read(ctx, suitetalk.Place{Record: of, Doing: w.place.Doing}, row["id"])
		if err != nil {
			return record.InOurTerms(err, of, nil)
		}
		if credit == nil {
			continue
		}
		lines := linesOf(credit, "")
		i := slices.IndexFunc(w.articles, func(a article) bool {
			return a.stocked.Sign() > 0 && sumOf(lines, a.item, quantityOf).Sign() > 0
		})
		if i >= 0 {
			a := &w.articles[i]
			o := record.Origin{Field: a.field + ".restocked", Value: a.sku}
			return record.Conflict(o.Field, o.Explained(of+" "+row["id"]+" of the order has put "+sumOf(lines, a.item, quantityOf).Normal().String()+
				" into stock already", "receive in NetSuite by hand what is missing of return authorization "+w.auth.id+suitetalk.Redrive))
		}
	}
	return nil
}

// end closes the lines of the authorization, so that it is not refunded beside the store's refund.
func (w *work) end(ctx context.Context) error {
	if w.auth.closed() && (w.auth.ended() || len(w.done) == 0) {
		return nil
	}
	body, err := w.encodeEnd()
	if err == nil {
		err = w.Patch(ctx, w.place, w.auth.id, "", body)
	}
	if err != nil {
		return record.InOurTerms(err, suitetalk.ReturnAuthorization, nil)
	}
	w.done = append(w.done, "closed")
	return nil
}
