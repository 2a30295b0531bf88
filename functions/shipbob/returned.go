package shipbob

import (
	"context"
	"net/url"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/functions/shipbob/returns"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// entityReturn is the type of a return in keys.
const entityReturn = "return"

// translateReturn returns the event of a return. It is fetched, because a webhook's body has no SKUs in
// each version of the API, and so is its order, from which the store and the products follow.
func (s *source) translateReturn(ctx context.Context, raw *message.Raw, doing string) (connector.Translation, error) {
	r := wire.NewReader(raw.Body, rest.Limits)
	reported := returns.Read(r)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	back, err := returns.Get(ctx, s.Client, reported.ID, doing)
	if err != nil {
		return connector.Translation{}, err
	}
	if back.Shipment == "" {
		return connector.Translation{Skip: "return " + back.ID + " names no shipment that it is of: book it by hand"}, nil
	}
	o, err := s.orderOfShipment(ctx, back.Shipment, doing)
	if err != nil {
		return connector.Translation{}, err
	}
	if o.issue == 0 {
		return connector.Translation{Skip: "order " + o.id + " of return " + back.ID + " has no reference id of this installation"}, nil
	}
	back.Order = o.key.ID
	for i := range back.Items {
		if back.Items[i], err = s.productOf(ctx, &o, back.Items[i]); err != nil {
			return connector.Translation{}, fault.Doing(doing, err)
		}
	}
	kind, at, body, why := back.Event()
	switch {
	case why != "":
		return connector.Translation{Skip: why}, nil
	case at.IsZero():
		field := map[string]string{canonical.ReturnReceived: "completed_date", canonical.ReturnRequested: "insert_date"}[kind]
		return connector.Translation{}, fault.Doing(doing, unreadable(field, "return "+back.ID+" needs a time"))
	}
	return connector.Translation{Events: []connector.Event{{
		Type: kind, Entity: message.Key{System: Name, Tenant: raw.Tenant, Type: entityReturn, ID: back.ID},
		At: at, UpdatedAt: at, Body: body, Parents: []message.Key{o.key}, Notes: r.Notes(),
	}}}, nil
}

// productOf returns the row as pieces of the product that the inventory item is of. An item of a bundle,
// or one of no product of the order, keeps its own SKU, and its own number.
func (s *source) productOf(ctx context.Context, o *order, i returns.Item) (returns.Item, error) {
	code := o.productWith(i.ID)
	switch {
	case code == "" && i.SKU == "":
		return i, unreadable("inventory", "inventory item "+i.ID+" of a return has no SKU and is of no product of order "+o.id)
	case code == "":
		return i, nil
	}
	per, err := s.firstPerPiece(ctx, o, code, i.ID, o.perPiece(code, i.ID, o.ordered(code)))
	if err != nil {
		return i, err
	}
	pieces, whole := i.Per(code, per)
	if !whole {
		return i, unreadable("inventory", "a quantity of "+code+" is no multiple of what one piece consists of: book this return by hand")
	}
	return pieces, nil
}

// productWith returns the code of the product of which the inventory item is the only one, "" if there
// is none.
func (o *order) productWith(inventory string) string {
	for n := range o.shipments {
		for _, p := range o.shipments[n].products {
			if len(p.items) == 1 && p.items[0].id == inventory {
				return p.code()
			}
		}
	}
	return ""
}

// orderOfShipment returns the order that the shipment is of.
func (s *source) orderOfShipment(ctx context.Context, id, doing string) (order, error) {
	answer, err := returns.Fetch(ctx, s.Client, "/shipment/"+url.PathEscape(id), "original_shipment_id", "ShipBob has no shipment "+id, doing)
	if err != nil {
		return order{}, err
	}
	r := wire.NewReader(answer.Body, rest.Limits)
	found := readOrder(r)
	if err := r.Finish(); err != nil {
		return order{}, rest.Broken(doing, err)
	}
	return s.order(ctx, found.parent, doing)
}
