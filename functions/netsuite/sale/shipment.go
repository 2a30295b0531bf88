package sale

import (
	"context"
	"maps"
	"slices"
	"strings"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// DeliverShipment sets the state of the shipment: it makes the item fulfillment of the sales order,
// and the invoice if the installation wants one, corrects its tracking, or removes it. A transform is
// no upsert, so both are looked up first.
func (t *Target) DeliverShipment(ctx context.Context, d connector.Delivery, body *canonical.Shipment) (connector.Receipt, error) {
	p := record.PlaceOf(d, suitetalk.ItemFulfillment)
	s, err := newShipping(&t.Settings, d, body)
	if err != nil {
		return connector.Receipt{}, fault.Doing(p.Doing, err)
	}
	found, err := t.Own(ctx, p, d.Ref)
	switch {
	case err != nil:
		return connector.Receipt{}, record.InOurTerms(err, suitetalk.ItemFulfillment, nil)
	case body.Status == canonical.ShipmentCancelled:
		return t.removeShipment(ctx, p, s, found, d.Ref)
	}
	var id, words string
	if found != nil {
		id = found.Values["id"]
		words, err = t.correct(ctx, p, s, found)
	} else {
		id, words, err = t.fulfill(ctx, p, s)
	}
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt := connector.Receipt{Ref: id, Detail: "item fulfillment " + id + " of sales order " + s.order + words}
	if t.Settings.Invoice == invoiceShipped {
		invoice, err := t.invoice(ctx, p, s)
		switch e := fault.As(err); {
		case e == nil:
			receipt.Detail += ", invoice " + invoice
		case e.Code == suitetalk.NothingToMake:
			receipt.Detail += ", nothing is left to bill"
		default:
			return connector.Receipt{}, err
		}
	}
	return receipt, nil
}

// fulfill makes the item fulfillment unless the parcel has one under another id, and returns its
// internal id and what was done.
func (t *Target) fulfill(ctx context.Context, p suitetalk.Place, s *shipping) (id, words string, err error) {
	found, err := t.ownOrder(ctx, suitetalk.Place{Record: suitetalk.SalesOrder, External: record.ExternalID(s.orderKey), Doing: p.Doing}, s.order)
	if err != nil {
		return "", "", err
	}
	if found == nil {
		return "", "", &fault.Error{Kind: fault.NotReady, Class: fault.MissingRef, Doing: p.Doing, Field: "order", Detail: "sales order " + s.order + " is not in NetSuite"}
	}
	items, err := t.ItemsNamed(ctx, s.items(), p.Doing)
	if err != nil {
		return "", "", err
	}
	if id, err := t.sameParcel(ctx, p, s, found, items); err != nil || id != "" {
		return id, " has this parcel already", err
	}
	if err := s.match(found, items); err != nil {
		return "", "", fault.Doing(p.Doing, t.replaced(ctx, p, s, err))
	}
	body, origins, err := s.encode(p.External)
	if err != nil {
		return "", "", fault.Doing(p.Doing, err)
	}
	if id, err = t.transformOrder(ctx, p, found.Values["id"], record.ItemSublist, body, origins); err != nil {
		return "", "", t.explained(ctx, p, s, found, err)
	}
	return id, "", nil
}

// explained returns why the item fulfillment was rejected. If the order's lines are no longer those
// that it was made for, as when another shipment of the order was written meanwhile, the same
// shipment is worth another attempt.
func (t *Target) explained(ctx context.Context, p suitetalk.Place, s *shipping, before *suitetalk.Document, rejected error) error {
	if fault.KindOf(rejected) != fault.Rejected {
		return rejected
	}
	now, err := t.ownOrder(ctx, suitetalk.Place{Record: suitetalk.SalesOrder, External: record.ExternalID(s.orderKey), Doing: p.Doing}, s.order)
	if err != nil || now == nil || slices.Equal(bookedLines(before), bookedLines(now)) {
		return rejected
	}
	f := *fault.As(rejected)
	f.Kind, f.Class, f.Scope, f.Field = fault.Unavailable, fault.Conflict, fault.EntityScope, "order"
	f.Detail = "sales order " + s.order + " changed while the shipment was written: " + f.Detail
	return &f
}

// replaced returns the rejection of pieces that are not open, or fault.NotReady if an item fulfillment of
// another fulfillment of the store has them: a store that cancels one and makes another reports both at
// once, and the pieces are open again once the first is removed.
func (t *Target) replaced(ctx context.Context, p suitetalk.Place, s *shipping, rejected error) error {
	f := fault.As(rejected)
	if f == nil || f.Code != suitetalk.OverFulfilled || !s.ofStore() {
		return rejected
	}
	rows, err := t.TransactionsOf(ctx, s.order, s.memoOfAll(), "", p.Doing)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, s.isSibling)
	if i < 0 {
		return rejected
	}
	waits := *f
	waits.Kind = fault.NotReady
	waits.Detail = "item fulfillment " + rows[i]["id"] + " of another fulfillment of the store has pieces of the order; the delivery waits until that one is cancelled: " + f.Detail
	return &waits
}

// ofStore reports whether the store of the order shipped it. Its fulfillments keep their ids.
func (s *shipping) ofStore() bool {
	key := s.message.Key()
	return key.System == s.orderKey.System && key.Tenant == s.orderKey.Tenant
}

// isSibling reports whether the row is the item fulfillment of another fulfillment of the store that shipped.
func (s *shipping) isSibling(row suitetalk.Values) bool {
	return s.ofStore() && row["type"] == suitetalk.ItemFulfillmentType && strings.HasPrefix(strings.ToLower(row["externalid"]), record.StorePrefix(s.message.Key()))
}

// sameParcel returns the item fulfillment of the order that has one of the shipment's tracking numbers in
// its memo and the same quantities, "" if there is none: a warehouse that confirms a shipment again may
// give it another id. A store gives none another, so that two fulfillments of it are two parcels.
func (t *Target) sameParcel(ctx context.Context, p suitetalk.Place, s *shipping, order *suitetalk.Document, items map[string]string) (string, error) {
	begun := slices.ContainsFunc(bookedLines(order), func(b booked) bool { return b.fulfilled.Sign() > 0 })
	if !begun || len(s.shipment.Tracking) == 0 {
		return "", nil
	}
	rows, err := t.TransactionsOf(ctx, s.order, s.memoOfAll(), "", p.Doing)
	if err != nil {
		return "", err
	}
	want := map[string]canonical.Decimal{}
	for _, l := range s.shipment.Lines {
		item := items[strings.ToLower(l.SKU)]
		want[item] = record.Plus(want[item], l.Quantity.Value).Normal()
	}
	for _, row := range rows {
		if row["type"] != suitetalk.ItemFulfillmentType || !s.tracked(row["memo"]) || s.isSibling(row) {
			continue
		}
		made, err := t.Read(ctx, p, row["id"])
		if err != nil {
			return "", record.InOurTerms(err, suitetalk.ItemFulfillment, nil)
		}
		if made != nil && maps.Equal(want, quantities(made)) {
			return row["id"], nil
		}
	}
	return "", nil
}

// quantities returns what an item fulfillment has of each item.
func quantities(d *suitetalk.Document) map[string]canonical.Decimal {
	all := map[string]canonical.Decimal{}
	for _, l := range d.Lists[record.ItemSublist] {
		all[l.Ref("item")] = record.Plus(all[l.Ref("item")], l.Decimal("quantity")).Normal()
	}
	return all
}

// invoice bills what is fulfilled and not billed yet, and returns the invoice's internal id.
// NetSuite fills the lines in by itself.
func (t *Target) invoice(ctx context.Context, p suitetalk.Place, s *shipping) (string, error) {
	p = suitetalk.NewPlace(suitetalk.Invoice, p.External)
	id, err := t.LookUp(ctx, p, p.ByExternal())
	if err != nil || id != "" {
		return id, err
	}
	body, err := s.encodeInvoice(p.External)
	if err != nil {
		return "", fault.Doing(p.Doing, err)
	}
	return t.transformOrder(ctx, p, s.order, "", body, nil)
}

// transformOrder makes the record of the sales order. The named sublist has only the lines of the
// body; "" for those that NetSuite fills in.
func (t *Target) transformOrder(ctx context.Context, p suitetalk.Place, order, replace string, body []byte, origins []record.Origin) (string, error) {
	id, err := t.Transform(ctx, p, suitetalk.SalesOrder, order, replace, body)
	if err != nil {
		return "", record.InOurTerms(err, p.Record, origins)
	}
	return id, nil
}

// shipping is one shipment on its way into the books.
type shipping struct {
	settings *record.Settings
	message  *message.Message
	shipment *canonical.Shipment
	orderKey message.Key
	order    string // internal id of the sales order
	lines    []fulfilling
}

// fulfilling is a line of the sales order that is open, with what was shipped of it.
type fulfilling struct {
	number   string // NetSuite's key of the line
	quantity canonical.Decimal
	origin   record.Origin
}

func newShipping(s *record.Settings, d connector.Delivery, body *canonical.Shipment) (*shipping, error) {
	key, order, err := record.StoreOrder(d, body.Order)
	if err != nil {
		return nil, err
	}
	return &shipping{settings: s, message: d.Message, shipment: body, orderKey: key, order: order}, nil
}

// chargeItems are the external ids of the items that have no goods: NetSuite fulfills none of
// them, so that an item fulfillment does not list their lines.
func chargeItems(s *record.Settings) []string {
	all := []string{
		s.ItemTax, s.ItemGiftCard, s.ItemTip, s.ItemDuty, s.ItemFee, s.ItemRounding, s.ItemCashRounding, s.ItemAdjustment, s.ItemChannelTax,
	}
	return slices.DeleteFunc(all, func(item string) bool { return item == "" })
}

// items returns the external ids of the items that the shipment names, and of those that are
// not fulfilled.
func (s *shipping) items() []string {
	all := chargeItems(s.settings)
	for _, l := range s.shipment.Lines {
		all = append(all, l.SKU)
	}
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// match divides the shipment among the open lines of the sales order. NetSuite has no field for
// the store's id of a line, so that the item decides.
func (s *shipping) match(found *suitetalk.Document, items map[string]string) error {
	if found.Values.Ref("orderStatus") == pendingApproval {
		return &fault.Error{
			Kind: fault.NotReady, Class: fault.Conflict, Field: "order",
			Detail: "sales order " + s.order + " is pending approval in NetSuite, which fulfills approved orders only; approve it, the delivery waits for it",
		}
	}
	have := bookedLines(found)
	left := s.open(have, items)
	shipped := make([]canonical.Decimal, len(have))
	origins := make([]record.Origin, len(have))
	for i, l := range s.shipment.Lines {
		o := record.Origin{Field: record.Index("lines", i) + ".sku", Value: l.SKU}
		item := items[strings.ToLower(l.SKU)]
		if item == "" {
			return record.UnknownItem(o)
		}
		rest := l.Quantity.Value
		for j := range have {
			part := record.Least(rest, left[j])
			if have[j].item != item || part.Sign() <= 0 {
				continue
			}
			rest, left[j], shipped[j], origins[j] = record.Minus(rest, part), record.Minus(left[j], part), record.Plus(shipped[j], part), o
		}
		if rest.Sign() > 0 {
			return s.over(have, item, o, rest)
		}
	}
	sum := canonical.Decimal{}
	for i := range have {
		if sum = record.Plus(sum, shipped[i]); left[i].Sign() > 0 || shipped[i].Sign() > 0 {
			s.lines = append(s.lines, fulfilling{have[i].number, shipped[i], origins[i]})
		}
	}
	if sum.Sign() <= 0 {
		return record.Rejected(fault.Value, "lines", "no line has a quantity, so nothing was shipped")
	}
	return nil
}

// open returns what is left to fulfill of each line of the sales order, 0 of a line of a charge.
func (s *shipping) open(have []booked, items map[string]string) []canonical.Decimal {
	left := make([]canonical.Decimal, len(have))
	charges := map[string]bool{}
	for _, item := range chargeItems(s.settings) {
		charges[items[strings.ToLower(item)]] = true
	}
	for i := range have {
		if !have[i].closed && !charges[have[i].item] {
			left[i] = record.Minus(have[i].quantity, have[i].fulfilled)
		}
	}
	return left
}

// over explains why a quantity that was shipped is not open in the sales order.
func (s *shipping) over(have []booked, item string, o record.Origin, rest canonical.Decimal) error {
	i := slices.IndexFunc(have, func(b booked) bool { return b.item == item })
	if i < 0 {
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.MissingRef, Field: o.Field,
			Detail: o.Explained("sales order "+s.order+" has no line of this item", "correct the shipment, or fulfill the order in NetSuite by hand"),
		}
	}
	o.Field = strings.TrimSuffix(o.Field, ".sku") + ".quantity"
	e := &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: suitetalk.OverFulfilled, Field: o.Field}
	e.Detail = o.Explained(rest.Normal().String()+" more shipped than sales order "+s.order+" has open", "settle the difference in NetSuite by hand"+suitetalk.Redrive)
	if have[i].closed {
		e.Detail = o.Explained("the line is closed in sales order "+s.order, "settle the shipment in NetSuite by hand"+suitetalk.Redrive)
	}
	return e
}
