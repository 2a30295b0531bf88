package shipbob

import (
	"context"
	"slices"
	"time"

	"causeway.example/functions/shipbob/standing"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// entityState is the type of what the warehouse has of a store's order in keys.
const entityState = "warehouse_order"

// stateKey is the key of what the warehouse has of a store's order, whichever issue of it.
func stateKey(account string, order message.Key) message.Key {
	return message.Key{System: Name, Tenant: account, Type: entityState, ID: order.String()}
}

// takenIn is when ShipBob made the order, or else the first time that is known of it.
func (o *order) takenIn() time.Time {
	if !o.created.IsZero() || len(o.shipments) == 0 {
		return o.created
	}
	first := o.shipments[0].shippedAt()
	for i := range o.shipments {
		if at := o.shipments[i].shippedAt(); first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// changed is when a shipment of the order changed last, apart from its tracking.
func (o *order) changed() time.Time {
	newest := o.takenIn()
	for i := range o.shipments {
		if at := o.shipments[i].updated; at.After(newest) {
			newest = at
		}
	}
	return newest
}

// stateEvent returns what the warehouse has of the store's order. why is set if it is not the last
// issue of it: then the next issue has the state.
func (s *source) stateEvent(ctx context.Context, o *order, doing string) (e connector.Event, why string, err error) {
	if o.takenIn().IsZero() {
		return e, "", unreadable("created_date", "an order needs a time")
	}
	if !o.isActive() {
		if why, err = s.superseded(ctx, o, doing); why != "" || err != nil {
			return e, why, err
		}
	}
	is, err := s.standing(ctx, o)
	if err != nil {
		return e, "", err
	}
	body := is.State()
	return connector.Event{
		Type: body.EventType(), Entity: stateKey(s.account, o.key), At: o.changed(), UpdatedAt: o.changed(), Body: body, Parents: []message.Key{o.key},
	}, "", nil
}

// superseded says which issue of the store's order came after this one, "" if it is the last.
func (s *source) superseded(ctx context.Context, o *order, doing string) (string, error) {
	channel, err := s.ChannelOf(o.key)
	if err != nil {
		return "", err
	}
	found, err := s.issues(ctx, o.key, channel, doing)
	if err != nil || len(found) == 0 {
		return "", err
	}
	if last := found[len(found)-1]; last.issue > o.issue {
		return "order " + o.id + " was cancelled and issued anew as order " + last.id, nil
	}
	return "", nil
}

// standing returns the order as its state follows from it.
func (s *source) standing(ctx context.Context, o *order) (*standing.Order, error) {
	is := &standing.Order{ID: o.id, Order: o.key.ID, Service: o.method, TakenIn: o.takenIn(), Unknown: o.unknown()}
	for _, p := range o.products {
		code := p.code()
		if code != "" && !slices.ContainsFunc(is.Asked, func(a standing.Pieces) bool { return a.SKU == code }) {
			is.Asked = append(is.Asked, standing.Pieces{SKU: code, Count: o.ordered(code)})
		}
	}
	for n := range o.shipments {
		one := &o.shipments[n]
		shipment := standing.Shipment{Status: one.status, Left: one.hasLeft(), Cancelled: one.status == statusCancelled}
		for _, d := range one.details {
			shipment.Details = append(shipment.Details, standing.Detail{Name: d.name, Description: d.description, SKU: one.codeOf(d.item)})
		}
		if shipment.Left {
			var err error
			shipment.Pieces, err = s.pieceCounts(ctx, o, n)
			switch {
			case fault.KindOf(err) == fault.Invalid:
				shipment.Pieces, shipment.Uncounted = nil, true
			case err != nil:
				return nil, err
			}
		}
		is.Shipments = append(is.Shipments, shipment)
	}
	return is, nil
}

// codeOf returns the code of the product that the inventory item belongs to, "" if it is none of the
// shipment.
func (s *shipment) codeOf(inventory string) string {
	for _, p := range s.products {
		if inventory != "" && slices.ContainsFunc(p.items, func(i item) bool { return i.id == inventory }) {
			return p.code()
		}
	}
	return ""
}
