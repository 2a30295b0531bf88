package shipped

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Source translates what the Poller found.
type Source struct {
	Stores    record.Stores
	StandIns  map[string]bool // external ids in lower case of items that stand for no product
	Locations []string        // NETSUITE_SHIPPING_LOCATIONS
	Timezone  *time.Location  // of the business date
	Memory    connector.CrossRef
}

// Translate turns an item fulfillment into the state of a shipment. One that package sale made, one of which
// nothing left, and one without goods that a store knows are skipped. An external id that is no order of the
// stores is rejected.
func (s *Source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	doing := "translating " + raw.Topic + " of netsuite"
	r := wire.NewReader(raw.Body, strictjson.Limits{})
	if raw.Topic == TopicDeleted {
		id, at := readDeleted(r)
		if err := r.Finish(); err != nil {
			return connector.Translation{}, fault.Doing(doing, err)
		}
		return s.cancelled(ctx, raw.Tenant, id, at, "item fulfillment "+id+", which was deleted, was not published")
	}
	found := readRow(r, s.Timezone)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	if record.IsExternalID(found.external, entity) {
		return connector.Translation{Skip: "item fulfillment " + found.number + " was made for the shipment of another source: " + found.external}, nil
	}
	order, known := s.Stores.OrderOf(found.order, found.memo)
	if !known {
		return connector.Translation{}, fault.Doing(doing, record.UnknownOrder("orderid", found.order, "enter the shipment of item fulfillment "+found.number+" in its store by hand"))
	}
	if found.status != statusShipped {
		return s.cancelled(ctx, raw.Tenant, found.id, found.changed, "item fulfillment "+found.number+" is not shipped yet")
	}
	translation, err := s.shipped(ctx, raw.Tenant, order, &found, r.Notes())
	return translation, fault.Doing(doing, err)
}

func keyOf(account, id string) message.Key {
	return message.Key{System: "netsuite", Tenant: account, Type: entity, ID: id}
}

// shipped returns the state of a shipment that left.
func (s *Source) shipped(ctx context.Context, account string, order message.Key, found *row, notes []connector.Note) (connector.Translation, error) {
	body := &canonical.Shipment{ID: found.id, Order: order.ID, Status: canonical.Shipped, Tracking: found.tracking, ShippedAt: found.shippedAt}
	body.Carrier, body.Service = carrierOf(found)
	left := s.pack(body, found)
	if len(body.Lines) == 0 {
		ended, err := s.cancelled(ctx, account, found.id, found.changed, "item fulfillment "+found.number+" has no goods with a SKU at a location of "+setting)
		if err == nil && len(ended.Events) > 0 && s.unnamed(found) {
			return connector.Translation{}, record.Rejected(fault.MissingRef, "lines", "item fulfillment "+found.number+
				" was published, and its goods have no external id any more; give it back to the items and save the item fulfillment, or set that back to Picked if nothing left")
		}
		return ended, err
	}
	key := keyOf(account, found.id)
	was, err := s.remember(ctx, key, order, body, found.changed)
	switch {
	case err != nil:
		return connector.Translation{}, err
	case was.ended:
		return connector.Translation{Skip: "item fulfillment " + found.number + " was read again since, and is not shipped, or has no goods, or was deleted"}, nil
	}
	event := connector.Event{
		Type: canonical.ShipmentShipped, Entity: key, At: body.ShippedAt, UpdatedAt: found.changed, Body: body,
		Parents: []message.Key{order}, Notes: append(notes, left...),
	}
	if was.again {
		event.Type, event.At = canonical.ShipmentUpdated, found.changed
	}
	return connector.Translation{Events: []connector.Event{event}}, nil
}

// cancelled returns the end of a shipment that was published as shipped, with what it had then. One that was
// not is skipped, for the reason.
func (s *Source) cancelled(ctx context.Context, account, id string, at time.Time, reason string) (connector.Translation, error) {
	key := keyOf(account, id)
	body, order, err := s.recall(ctx, key, at)
	switch {
	case err != nil:
		return connector.Translation{}, err
	case body == nil:
		return connector.Translation{Skip: reason}, nil
	}
	body.Status = canonical.ShipmentCancelled
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.ShipmentCancelledEvent, Entity: key, At: at, UpdatedAt: at, Body: body, Parents: []message.Key{order},
	}}}, nil
}

// ups is the one carrier that shipcarrier names; otherwise it is a group of carriers.
const ups = "UPS"

// carrierOf returns the carrier and its service.
func carrierOf(found *row) (carrier, service string) {
	if strings.EqualFold(found.carrier, ups) {
		return ups, found.method
	}
	return cmp.Or(found.method, found.carrier), ""
}

// pack puts the goods at the locations into the shipment, each SKU once, and returns what was left out.
func (s *Source) pack(body *canonical.Shipment, found *row) (left []connector.Note) {
	var places []string
	for _, l := range goodsOf(found) {
		name := cmp.Or(l.sku, l.name)
		switch {
		case l.sku == "" || s.StandIns[strings.ToLower(l.sku)]:
			left = append(left, connector.Note{Field: "lines", What: name + " has no SKU in a store, and is left out"})
			continue
		case !slices.Contains(s.Locations, l.location):
			left = append(left, connector.Note{Field: "lines", What: name + " at location " + l.location + ", which is not in " + setting + ", is left out"})
			continue
		}
		places = append(places, l.location)
		i := slices.IndexFunc(body.Lines, func(line canonical.ShipmentLine) bool { return line.SKU == l.sku })
		if i < 0 {
			i, body.Lines = len(body.Lines), append(body.Lines, canonical.ShipmentLine{SKU: l.sku, Quantity: canonical.Pieces(canonical.Decimal{})})
		}
		body.Lines[i].Quantity.Value = record.Plus(body.Lines[i].Quantity.Value, l.quantity).Normal()
	}
	slices.Sort(places)
	if places = slices.Compact(places); len(places) == 1 {
		body.Location = places[0]
	}
	return left
}

// unnamed reports whether the item fulfillment has goods without an external id at the locations. They left all the same.
func (s *Source) unnamed(found *row) bool {
	return slices.ContainsFunc(goodsOf(found), func(l line) bool { return l.sku == "" && slices.Contains(s.Locations, l.location) })
}

// goodsOf returns the lines of goods, those of the main line only if there is no other.
func goodsOf(found *row) (lines []line) {
	for _, header := range []bool{false, true} {
		for _, l := range found.lines {
			if l.header == header && record.IsGoods(l.kind) && l.quantity.Sign() > 0 {
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			break
		}
	}
	return lines
}

// readDeleted reads an item fulfillment that was deleted.
func readDeleted(r *wire.Reader) (id string, at time.Time) {
	for key := range r.Object() {
		switch key {
		case "id":
			id = r.ID()
		case "changed":
			at = r.TimeIn(suitetalk.TimeLayout)
		}
	}
	if at.IsZero() {
		r.Missing("changed")
	}
	return id, at
}
