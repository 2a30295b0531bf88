package returning

import (
	"context"
	"slices"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Target writes the returns of a warehouse.
type Target struct{ *record.Account }

// work is one delivery.
type work struct {
	*Target
	*goodsBack
	place suitetalk.Place    // of the return authorization
	auth  *authorization     // nil while there is none
	rows  []suitetalk.Values // the order's transactions; nil before they were read
	done  []string           // what was written, in words
}

// Deliver sets the state of the return: it makes the return authorization of the sales order, makes its
// quantities those of the return, receives what went into stock, and closes it. A document that
// NetSuite has already is not written again.
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, body *canonical.Return) (connector.Receipt, error) {
	p := record.PlaceOf(d, suitetalk.ReturnAuthorization)
	g, err := newGoodsBack(&t.Settings, d, body)
	switch {
	case err != nil:
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	case !t.Settings.ReturnsByReceipt():
		return connector.Receipt{Ref: g.order, Linked: true, Detail: "not booked: NETSUITE_RETURNS is credit, so the credit of the refund moves the stock"}, nil
	}
	w := &work{Target: t, goodsBack: g, place: p}
	if err := w.set(ctx, d.Ref); err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	says := "return authorization " + w.auth.id + " of sales order " + g.order
	if len(w.done) == 0 {
		return connector.Receipt{Ref: w.auth.id, Linked: true, Detail: says + " is up to date"}, nil
	}
	return connector.Receipt{Ref: w.auth.id, Detail: says + " " + strings.Join(w.done, ", ")}, nil
}

func (w *work) set(ctx context.Context, ref string) error {
	if err := w.collect(); err != nil {
		return err
	}
	found, err := w.Own(ctx, w.place, ref)
	if err != nil {
		return record.InOurTerms(err, suitetalk.ReturnAuthorization, nil)
	}
	if found != nil {
		w.auth = newAuthorization(found)
		if !w.received && w.auth.begun() {
			return nil
		}
	}
	items, err := w.ItemsNamed(ctx, w.skus(), w.place.Doing)
	if err == nil {
		err = w.name(items)
	}
	if err != nil {
		return err
	}
	if w.auth == nil {
		err = w.authorize(ctx)
	} else {
		err = w.adapt(ctx)
	}
	if err != nil || !w.received {
		return err
	}
	if err := w.receive(ctx); err != nil {
		return err
	}
	return w.end(ctx)
}

// authorize makes the return authorization of the sales order.
func (w *work) authorize(ctx context.Context) error {
	b, err := w.readBooks(ctx)
	if err != nil {
		return err
	}
	for i := range w.articles {
		if err := b.allow(w.order, &w.articles[i]); err != nil {
			return err
		}
	}
	lines, origins := b.divide(w.articles)
	body, err := w.encodeAuthorization(w.place.External, lines)
	if err != nil {
		return err
	}
	id, err := w.Transform(ctx, w.place, suitetalk.SalesOrder, w.order, record.ItemSublist, body)
	if err != nil {
		return refused(err, suitetalk.ReturnAuthorization, origins, "NetSuite makes no return authorization of sales order "+w.order+" in its present state")
	}
	w.done = append(w.done, "made")
	if w.auth = (&authorization{id: id}); !w.received {
		return nil
	}
	made, err := w.Read(ctx, w.place, id)
	switch {
	case err != nil:
		return record.InOurTerms(err, suitetalk.ReturnAuthorization, nil)
	case made == nil:
		return &fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Scope: fault.EntityScope, Detail: "return authorization " + id + " was deleted after it was made"}
	}
	w.auth = newAuthorization(made)
	return w.approved()
}

// refused returns a rejection in our terms, with the next step if NetSuite makes no such document.
func refused(err error, of string, origins []record.Origin, rule string) error {
	err = record.InOurTerms(err, of, origins)
	e := fault.As(err)
	if e == nil || e.Code != suitetalk.NothingToMake {
		return err
	}
	changed := *e
	changed.Field, changed.Detail = "order", rule+"; settle the return in NetSuite by hand"+suitetalk.Redrive
	return &changed
}

// approved has a return that was received wait for an authorization that is pending approval.
func (w *work) approved() error {
	if !w.received || w.auth.status != pendingApproval {
		return nil
	}
	return &fault.Error{
		Kind: fault.NotReady, Class: fault.Conflict, Field: "id",
		Detail: "return authorization " + w.auth.id + " is pending approval in NetSuite, which receives approved ones only; approve it, the delivery waits for it",
	}
}

// adapt makes the quantities of the authorization those of the return, and opens its lines if something is to
// be received yet.
func (w *work) adapt(ctx context.Context) error {
	lines, err := w.wanted()
	if err != nil {
		return err
	}
	open, shut := w.lacks(), slices.ContainsFunc(lines, func(l line) bool { return l.closed })
	switch {
	case w.auth.status == cancelled:
		return record.Conflict("id", "return authorization "+w.auth.id+" was cancelled in NetSuite; receive the goods there by hand")
	case slices.Equal(lines, w.auth.lines) && (!open || !shut):
		return w.approved()
	case shut && !w.auth.ended():
		return record.Conflict("id", "return authorization "+w.auth.id+" has closed lines in NetSuite; receive the goods there by hand, or open the lines"+suitetalk.Redrive)
	}
	if err := w.grows(ctx); err != nil {
		return err
	}
	if err := w.change(ctx, lines, open && shut); err != nil {
		return err
	}
	return w.approved()
}

// lacks reports whether more of an article went into stock than was received.
func (w *work) lacks() bool {
	return slices.ContainsFunc(w.articles, func(a article) bool { return a.stocked.Cmp(sumOf(w.auth.lines, a.item, doneOf)) > 0 })
}

// change writes the lines of the authorization, without those that are no longer among them.
func (w *work) change(ctx context.Context, lines []line, open bool) error {
	replace := ""
	if len(lines) < len(w.auth.lines) {
		replace = record.ItemSublist
	}
	body, err := w.encodeLines(lines, open)
	if err == nil {
		err = w.Patch(ctx, w.place, w.auth.id, replace, body)
	}
	if err != nil {
		return record.InOurTerms(err, suitetalk.ReturnAuthorization, nil)
	}
	for i := range lines {
		lines[i].closed = lines[i].closed && !open
	}
	w.auth.lines, w.done = lines, append(w.done, "changed to "+w.body.Words())
	return nil
}

// wanted returns the lines of the authorization with the quantities of the return, without those of which
// nothing comes back. A line keeps its quantity as far as it can, and the last one of an item gets the rest.
func (w *work) wanted() ([]line, error) {
	lines := slices.Clone(w.auth.lines)
	for i := range lines {
		lines[i].quantity = canonical.Decimal{}
	}
	for i := range w.articles {
		a := &w.articles[i]
		rest, last := a.pieces, -1
		for j := range lines {
			if lines[j].item != a.item {
				continue
			}
			lines[j].quantity = record.Least(rest, w.auth.lines[j].quantity)
			rest, last = record.Minus(rest, lines[j].quantity), j
		}
		if last < 0 {
			o := a.origin()
			return nil, record.Conflict(o.Field, o.Explained("return authorization "+w.auth.id+" has no line of this item", "add one in NetSuite"+suitetalk.Redrive))
		}
		lines[last].quantity = record.Plus(lines[last].quantity, rest)
	}
	for i := range lines {
		if had := &w.auth.lines[i]; lines[i].quantity.Cmp(had.quantity) == 0 {
			lines[i].quantity = had.quantity // of the same scale
		}
		if lines[i].left().Sign() < 0 {
			return nil, w.fewer("lines", sumOf(w.auth.lines, lines[i].item, doneOf), lines[i].quantity)
		}
	}
	return slices.DeleteFunc(lines, func(l line) bool { return l.quantity.Sign() == 0 }), nil
}

// fewer is the conflict of a correction below what was received.
func (w *work) fewer(field string, received, now canonical.Decimal) error {
	return record.Conflict(field, "return authorization "+w.auth.id+" has "+received.Normal().String()+" received, and the warehouse reports "+
		now.Normal().String()+" now; correct it in NetSuite by hand"+suitetalk.Redrive)
}

// grows checks the articles of which more comes back than is authorized.
func (w *work) grows(ctx context.Context) error {
	var more []*article
	for i := range w.articles {
		if a := &w.articles[i]; a.pieces.Cmp(sumOf(w.auth.lines, a.item, quantityOf)) > 0 {
			more = append(more, a)
		}
	}
	if len(more) == 0 {
		return nil
	}
	b, err := w.readBooks(ctx)
	for _, a := range more {
		if err == nil {
			err = b.allow(w.order, a)
		}
	}
	return err
}
