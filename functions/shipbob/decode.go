package shipbob

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"causeway.example/functions/shipbob/rest"
	"causeway.example/functions/shipbob/returns"
	"causeway.example/functions/shipbob/standing"
	"causeway.example/functions/shipbob/stock"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// entityShipment is the type of a shipment in keys.
const entityShipment = "shipment"

// The topics that are translated. The first three are of a list that a poll read.
const (
	topicPolled   = "order.polled"          // of an order that changed
	topicTracked  = "order.tracking.polled" // of an order whose tracking changed
	topicState    = "order.state.polled"    // of an order that changed, for what the warehouse has of it
	topicTracking = "order.shipment.tracking.updated"
)

var translated = []string{
	topicPolled, topicTracked, topicState, topicTracking, "order.shipped", "order.delivered", "order.shipment.delivered", "order.shipment.cancelled",
	"order.shipment.exception", "order.shipment.on_hold",
}

// The states of a shipment that has left (Orders.OrderStatusEnum). A label was printed for it,
// and with that it was picked and packed (Orders.ShipmentViewModel, actual_fulfillment_date).
const (
	shipmentCompleted = "Completed"
	shipmentLabeled   = "LabeledCreated"
)

// unused are the topics that change nothing elsewhere, with what they report.
var unused = map[string]string{
	"order.shipment.address.updated":          "a shipment that has not left",
	"order.shipment.line_item.added":          "a shipment that has not left",
	"order.shipment.line_item.removed":        "a shipment that has not left",
	"order.shipment.line_item.updated":        "a shipment that has not left",
	"order.shipment.shipping_service.updated": "a shipment that has not left",
}

// Translate returns the events of what came: stock levels, returns, or what the warehouse has of an order.
func (s *source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	if raw.Topic == stock.Topic {
		return stock.Translate(raw)
	}
	return s.translateOrder(ctx, raw)
}

// translateOrder returns one event for each shipment of the order that has left or was cancelled, and one
// of what the warehouse has of the order, each with its whole state. A list that a poll read gives the
// one or the other, because each feed is of one kind. ShipBob sends order.shipped of a split order when all labels are printed, and a
// poll finds them one by one; both give the same states. The order of a delivery that has a
// shipment alone is fetched, because quantities follow from the whole order.
func (s *source) translateOrder(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	doing := "translating " + raw.Topic + " of " + raw.Tenant
	switch what, known := unused[raw.Topic]; {
	case known:
		if err := strictjson.Check(raw.Body, strictjson.Limits{}); err != nil {
			return connector.Translation{}, fault.Doing(doing, wire.Invalid(err))
		}
		return connector.Translation{Skip: what + " is not passed on: no flow carries it"}, nil
	case returns.Is(raw.Topic):
		return s.translateReturn(ctx, raw, doing)
	case !slices.Contains(translated, raw.Topic):
		return connector.Translation{}, &fault.Error{
			Kind: fault.Invalid, Class: fault.Schema, Field: "topic", Doing: doing, Detail: "only order, shipment and return topics have a translation",
		}
	}
	o, only, notes, err := s.orderOf(ctx, raw, doing)
	if err != nil {
		return connector.Translation{}, err
	}
	if o.issue == 0 {
		return connector.Translation{Skip: "order " + o.id + " of ShipBob has no reference id of this installation"}, nil
	}
	translation, err := s.translate(ctx, raw, &o, only)
	for i := range translation.Events {
		translation.Events[i].Notes = notes
	}
	return translation, fault.Doing(doing+", order "+o.id, err)
}

// translate returns the events of the order, or why there is none.
func (s *source) translate(ctx context.Context, raw *message.Raw, o *order, only string) (all connector.Translation, err error) {
	all.Skip = "no shipment of order " + o.id + " has left yet"
	if raw.Topic != topicState {
		if all.Events, err = s.shipmentEvents(ctx, raw, o, only); err != nil {
			return connector.Translation{}, err
		}
	}
	if raw.Topic != topicPolled && raw.Topic != topicTracked {
		event, why, err := s.stateEvent(ctx, o, "translating the state of order "+o.id)
		if err != nil {
			return connector.Translation{}, err
		}
		if all.Skip = why; why == "" {
			all.Events = append(all.Events, event)
		}
	}
	if len(all.Events) > 0 {
		all.Skip = ""
	}
	return all, nil
}

// shipmentEvents returns the states of the order's shipments, or of the one of the id only.
func (s *source) shipmentEvents(ctx context.Context, raw *message.Raw, o *order, only string) (all []connector.Event, err error) {
	for i := range o.shipments {
		if one := &o.shipments[i]; !one.isReported() || only != "" && one.id != only {
			continue
		}
		event, err := s.shipmentEvent(ctx, raw, o, i)
		if err != nil {
			return nil, err
		}
		all = append(all, event)
	}
	return all, nil
}

// orderOf returns the order of a delivery, and the id of the shipment if it has that one alone.
func (s *source) orderOf(ctx context.Context, raw *message.Raw, doing string) (o order, only string, notes []connector.Note, err error) {
	r := wire.NewReader(raw.Body, rest.Limits)
	o = readOrder(r)
	if err := r.Finish(); err != nil {
		return order{}, "", nil, fault.Doing(doing, err)
	}
	if o.parent == "" {
		return o, "", r.Notes(), nil
	}
	only = o.id
	o, err = s.order(ctx, o.parent, doing)
	return o, only, r.Notes(), err
}

// hasLeft reports whether the shipment was picked, packed and labeled.
func (s *shipment) hasLeft() bool {
	return s.status == shipmentCompleted || s.status == shipmentLabeled && !s.fulfilled.IsZero()
}

// isReported reports whether other systems get the shipment's state: it has left, or was cancelled.
// A cancelled one does not show whether it had been labeled before, and was reported as shipped.
func (s *shipment) isReported() bool { return s.hasLeft() || s.status == statusCancelled }

// shippedAt is when the goods were labeled, or else the nearest time that ShipBob has.
func (s *shipment) shippedAt() time.Time {
	for _, at := range []time.Time{s.fulfilled, s.shipped, s.updated} {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// version is when the shipment changed last. ShipBob has a time of its own for tracking.
func (s *shipment) version() time.Time {
	newest := s.updated
	for _, at := range []time.Time{s.tracked, s.delivered} {
		if at.After(newest) {
			newest = at
		}
	}
	if newest.IsZero() {
		return s.shippedAt()
	}
	return newest
}

// shipmentEvent returns the state of the n-th shipment of the order.
func (s *source) shipmentEvent(ctx context.Context, raw *message.Raw, o *order, n int) (connector.Event, error) {
	of := &o.shipments[n]
	path := fmt.Sprintf("shipments[%d]", n)
	body := &canonical.Shipment{
		ID: of.id, Order: o.key.ID, Status: canonical.Shipped, Location: of.location, Carrier: of.carrier, Service: of.service, ShippedAt: of.shippedAt(),
	}
	if body.ShippedAt.IsZero() {
		return connector.Event{}, &fault.Error{Kind: fault.Invalid, Class: fault.Schema, Field: path + ".actual_fulfillment_date", Detail: "a shipment that has left needs a time"}
	}
	if of.number != "" {
		body.Tracking = []canonical.Tracking{{Number: of.number, URL: of.url}}
	}
	event := connector.Event{
		Type: canonical.ShipmentShipped, Entity: message.Key{System: Name, Tenant: raw.Tenant, Type: entityShipment, ID: of.id},
		At: body.ShippedAt, UpdatedAt: of.version(), Body: body, Parents: []message.Key{o.key},
	}
	lines, err := s.lines(ctx, o, n, path)
	switch {
	case of.status == statusCancelled:
		body.Status, event.At = canonical.ShipmentCancelled, event.UpdatedAt
	case err != nil:
		return connector.Event{}, err
	case !of.delivered.IsZero():
		body.Status, body.DeliveredAt, event.At = canonical.Delivered, of.delivered, of.delivered
	}
	body.Lines = lines
	if event.Type = body.EventType(); raw.Topic == topicTracking && event.Type == canonical.ShipmentShipped {
		event.Type, event.At = canonical.ShipmentUpdated, event.UpdatedAt
	}
	return event, nil
}

// lines returns what is in the n-th shipment, by SKU.
func (s *source) lines(ctx context.Context, o *order, n int, path string) ([]canonical.ShipmentLine, error) {
	counts, err := s.pieceCounts(ctx, o, n)
	if err != nil {
		return nil, err
	}
	var all []canonical.ShipmentLine
	for _, c := range counts {
		if c.Count > 0 {
			all = append(all, canonical.ShipmentLine{SKU: c.SKU, Quantity: canonical.Pieces(canonical.NewDecimal(c.Count, 0))})
		}
	}
	if len(all) == 0 {
		return nil, unreadable(path+".products", "a shipment that has left contains nothing")
	}
	return all, nil
}

// pieceCounts returns how many of each product are in the n-th shipment.
func (s *source) pieceCounts(ctx context.Context, o *order, n int) (all []standing.Pieces, err error) {
	for i, p := range o.shipments[n].products {
		field := fmt.Sprintf("shipments[%d].products[%d]", n, i)
		code := p.code()
		if code == "" {
			return nil, unreadable(field+".reference_id", "the product has neither reference id nor SKU")
		}
		count, err := s.pieces(ctx, o, p, field, o.shipments[n].hasLeft())
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(all, func(c standing.Pieces) bool { return c.SKU == code })
		if at < 0 {
			at, all = len(all), append(all, standing.Pieces{SKU: code})
		}
		all[at].Count += count
	}
	return all, nil
}

// pieces returns how many of the product are in a shipment. ShipBob states the quantities of
// the inventory items that a product consists of: one item of a simple product, several of a
// bundle, and one with a multiple of the quantity of a multipack. How many of an item a piece has
// follows from the order when the first shipment with it has left, and is remembered: a shipment that
// is cancelled or replaced later changes no quantity that was reported.
func (s *source) pieces(ctx context.Context, o *order, p shipped, field string, left bool) (int64, error) {
	ordered := o.ordered(p.code())
	if len(p.items) == 0 {
		if len(o.shipments) == 1 {
			return ordered, nil
		}
		return 0, unreadable(field+".inventory_items", "is missing, and the order has several shipments")
	}
	count := int64(-1)
	for _, i := range p.items {
		if i.quantity < 0 {
			return 0, unreadable(field+".inventory_items", "a quantity is negative")
		}
		of, err := s.piecesOf(ctx, o, p, i, ordered, left)
		switch {
		case err != nil:
			return 0, err
		case of < 0:
			return 0, unreadable(field+".inventory_items", "the quantity is no multiple of what one piece consists of")
		case count >= 0 && of != count:
			return 0, unreadable(field+".inventory_items", "the items of a bundle left in different numbers: book this shipment by hand")
		}
		count = of
	}
	return count, nil
}

// piecesOf returns the number of pieces of the product that the item is, -1 if it is not whole.
func (s *source) piecesOf(ctx context.Context, o *order, p shipped, i item, ordered int64, left bool) (int64, error) {
	per := o.perPiece(p.code(), i.id, ordered)
	if left {
		var err error
		if per, err = s.firstPerPiece(ctx, o, p.code(), i.id, per); err != nil {
			return 0, err
		}
	}
	if i.quantity%per != 0 {
		return -1, nil
	}
	return i.quantity / per, nil
}

// firstPerPiece returns how many of an item a piece had when a shipment of the order with it was first
// read.
func (s *source) firstPerPiece(ctx context.Context, o *order, code, item string, now int64) (int64, error) {
	key := message.Key{System: Name, Tenant: s.account, Type: entityOrder, ID: o.id}
	text, err := s.memory.Bind(ctx, key, "pieces/"+code+"/"+item, strconv.FormatInt(now, 10))
	if err != nil {
		return 0, err
	}
	first, err := strconv.ParseInt(text, 10, 64)
	if err != nil || first < 1 {
		return 0, fault.New(fault.Unknown, fault.Bug, "reading the pieces of "+key.String(), "what is remembered is no number of pieces")
	}
	return first, nil
}

// perPiece returns how many of an item one piece of the product has: the item's quantity over
// all shipments of the order by the ordered quantity, if that is whole.
func (o *order) perPiece(code, id string, ordered int64) int64 {
	total := int64(0)
	for _, s := range o.shipments {
		for _, p := range s.products {
			for _, i := range p.items {
				if p.code() == code && i.id == id && s.status != statusCancelled {
					total += i.quantity
				}
			}
		}
	}
	if ordered == 0 || total <= ordered || total%ordered != 0 {
		return 1
	}
	return total / ordered
}

// ordered returns the ordered quantity of the product.
func (o *order) ordered(code string) (quantity int64) {
	for _, p := range o.products {
		if p.code() == code {
			quantity += p.quantity
		}
	}
	return quantity
}

func unreadable(field, rule string) error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: field, Detail: rule}
}
