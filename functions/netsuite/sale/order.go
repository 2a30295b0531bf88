package sale

import (
	"context"
	"slices"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// Target writes sales orders and what belongs to them: deposits, item fulfillments and
// invoices.
type Target struct{ *record.Account }

// DeliverOrder makes the sales order what the order's state says. The state alone decides,
// so that whichever event carries it leads to the same sales order.
func (t *Target) DeliverOrder(ctx context.Context, d connector.Delivery, order *canonical.Order) (connector.Receipt, error) {
	p := record.PlaceOf(d, suitetalk.SalesOrder)
	var so *salesOrder
	if order.Status != canonical.OrderCancelled {
		var err error
		if so, err = newSalesOrder(&t.Settings, d.Message, order, d.Parents); err != nil {
			return connector.Receipt{}, fault.Doing(p.Doing, err)
		}
	}
	found, err := t.ownOrder(ctx, p, d.Ref)
	switch {
	case err != nil:
		return connector.Receipt{}, err
	case found == nil && so == nil:
		return t.createCancelled(ctx, d, order, p)
	case found == nil:
		id, err := t.createOrder(ctx, so, p)
		if err != nil {
			return connector.Receipt{}, err
		}
		return so.Annotate(connector.Receipt{Ref: id, Detail: "sales order " + id}), nil
	case so == nil || len(so.lines) == 0:
		return t.closeOrder(ctx, p, found)
	}
	return t.changeOrder(ctx, p, so, found)
}

// ownOrder reads the sales order with all its lines, nil if there is none.
func (t *Target) ownOrder(ctx context.Context, p suitetalk.Place, ref string) (*suitetalk.Document, error) {
	found, err := t.Own(ctx, p, ref)
	if err != nil {
		return nil, record.InOurTerms(err, suitetalk.SalesOrder, nil)
	}
	if found != nil && found.Cut {
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.TooLarge, Doing: p.Doing, Field: "lines",
			Detail: "sales order " + found.Values["id"] + " has more lines than NetSuite shows at once; change it by hand",
		}
	}
	return found, nil
}

// createOrder creates the sales order and returns its internal id.
func (t *Target) createOrder(ctx context.Context, so *salesOrder, p suitetalk.Place) (string, error) {
	if len(so.lines) == 0 {
		return "", fault.Doing(p.Doing, record.Rejected(fault.Value, "lines", "NetSuite keeps no sales order without lines, and no line has a quantity"))
	}
	body, lines, err := so.encodeNew()
	if err != nil {
		return "", fault.Doing(p.Doing, err)
	}
	id, err := t.Upsert(ctx, p, record.ItemSublist, body)
	if lacksCurrency(err) {
		if err = t.addCurrency(ctx, so.entity, so.currency, p.Doing); err == nil {
			so.Note("currency", so.order.Currency+" is added to customer "+so.entity)
			id, err = t.Upsert(ctx, p, record.ItemSublist, body)
		}
	}
	if err != nil {
		return "", record.InOurTerms(err, suitetalk.SalesOrder, lines)
	}
	return id, nil
}

// createCancelled creates a cancelled order too, because payments may belong to it, and closes
// it: NetSuite closes lines only by their numbers, which are read.
func (t *Target) createCancelled(ctx context.Context, d connector.Delivery, order *canonical.Order, p suitetalk.Place) (connector.Receipt, error) {
	so, err := newSalesOrder(&t.Settings, d.Message, order, d.Parents)
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	id, err := t.createOrder(ctx, so, p)
	if err != nil {
		return connector.Receipt{}, err
	}
	found, err := t.ownOrder(ctx, p, id)
	if err != nil {
		return connector.Receipt{}, err
	}
	if found == nil {
		return connector.Receipt{}, fault.New(fault.Unavailable, fault.Conflict, p.Doing, "the sales order was deleted after it was created")
	}
	return t.closeOrder(ctx, p, found)
}

// closeOrder closes the lines that are open. Goods that left before are for a person to settle, each time
// that the order is delivered, so that no crash hides them.
func (t *Target) closeOrder(ctx context.Context, p suitetalk.Place, found *suitetalk.Document) (connector.Receipt, error) {
	if isCancelled(found) {
		return t.applyChange(ctx, p, found, stays, nil)
	}
	c, err := encodeClose(found)
	receipt, err := t.applyChange(ctx, p, found, c, err)
	if err != nil {
		return receipt, err
	}
	if err := left(found); err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	return receipt, nil
}

// changeOrder sends what differs. Lines are compared by their items' internal ids, which is
// how NetSuite shows them.
func (t *Target) changeOrder(ctx context.Context, p suitetalk.Place, so *salesOrder, found *suitetalk.Document) (connector.Receipt, error) {
	if t.Settings.PublishesEnded() && isCancelled(found) {
		return t.applyChange(ctx, p, found, stays, nil)
	}
	items, err := t.items(ctx, so, p.Doing)
	if err != nil {
		return connector.Receipt{}, err
	}
	c, err := so.diff(found, items)
	receipt, err := t.applyChange(ctx, p, found, c, err)
	return so.Annotate(receipt), err
}

// stays is what becomes of a sales order that was cancelled in NetSuite.
var stays = change{words: "is cancelled in NetSuite, and stays as it is"}

func isCancelled(found *suitetalk.Document) bool { return found.Values.Ref("orderStatus") == cancelled }

// lacksCurrency reports whether NetSuite rejected the order because its customer does not have
// the order's currency.
func lacksCurrency(err error) bool {
	e := fault.As(err)
	return e != nil && e.Code == suitetalk.WrongEntity && e.Field == "currency"
}

// addCurrency gives the customer a further currency, also one that is linked: it takes
// nothing away.
func (t *Target) addCurrency(ctx context.Context, customer, currency, doing string) error {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.Key("currencyList").Obj()
	w.Key("items").Arr()
	w.Obj()
	record.WriteFields(w, []record.Field{record.RefField("currency", currency)})
	w.EndObj()
	w.EndArr()
	w.EndObj()
	w.EndObj()
	body, err := suitetalk.Finish(w)
	if err != nil {
		return err
	}
	return t.Patch(ctx, suitetalk.Place{Record: suitetalk.Customer, Doing: doing}, customer, "", body)
}

// items returns the internal ids of the order's items. An item that NetSuite lacks is
// rejected here: without its id its line would seem to be missing.
func (t *Target) items(ctx context.Context, so *salesOrder, doing string) (map[string]string, error) {
	var names []string
	for _, l := range slices.Concat(so.lines, so.removed) {
		names = append(names, strings.ToLower(l.Item))
	}
	slices.Sort(names)
	ids, err := t.ItemsNamed(ctx, slices.Compact(names), doing)
	if err != nil {
		return nil, err
	}
	for i := range so.lines {
		l := &so.lines[i]
		if ids[strings.ToLower(l.Item)] == "" {
			return nil, fault.Doing(doing, record.UnknownItem(l.Origin()))
		}
	}
	return ids, nil
}

// applyChange sends the change, if there is one.
func (t *Target) applyChange(ctx context.Context, p suitetalk.Place, found *suitetalk.Document, c change, err error) (connector.Receipt, error) {
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	id := found.Values["id"]
	if c.body != nil {
		if err := t.Patch(ctx, p, id, c.replace, c.body); err != nil {
			return connector.Receipt{}, record.InOurTerms(err, suitetalk.SalesOrder, c.lines)
		}
	}
	return connector.Receipt{Ref: id, Detail: "sales order " + id + " " + c.words}, nil
}
