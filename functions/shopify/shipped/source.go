package shipped

import (
	"context"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/owner"
	"causeway.example/functions/shopify/payload"
	"causeway.example/functions/shopify/site"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Key is the setting that names the locations.
const Key = "SHOPIFY_SHIPPING_LOCATIONS"

// Topic is that of a raw message with a fulfillment that a poll read.
const Topic = "fulfillments/read"

// Topics are those of the webhooks.
var Topics = [...]string{payload.TopicFulfillmentCreate, payload.TopicFulfillmentUpdate}

// Is reports whether the topic is one of a fulfillment.
func Is(topic string) bool {
	return topic == Topic || topic == payload.TopicFulfillmentCreate || topic == payload.TopicFulfillmentUpdate
}

// Fulfillments are those of the shops' shipping locations. It translates them and is a connector.Poller.
type Fulfillments struct {
	API   *admin.Client
	Sites site.Set
	Book  owner.Book
}

// Translate turns a fulfillment that a poll read, or that a webhook names, into the state of one shipment.
func (f *Fulfillments) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	doing := "translating shopify " + raw.Topic + " " + raw.ID
	if raw.Topic == Topic {
		return f.translate(ctx, raw, raw.Body, doing)
	}
	named, bad := payload.ReadFulfillment(payload.NewReader(raw.Body))
	if bad != nil {
		return connector.Translation{}, fault.Doing(doing, wire.Invalid(bad))
	}
	if err := payload.CheckGID(named.GID, payload.GID("Fulfillment", named.ID), doing); err != nil {
		return connector.Translation{}, err
	}
	if why := f.elsewhere(raw.Tenant, named.ID, named.Location); why != "" {
		return connector.Translation{Skip: why}, nil
	}
	body, err := f.read(ctx, raw.Tenant, named.ID)
	if err == nil && body == nil {
		err = fault.New(fault.NotReady, fault.MissingRef, doing, "the Admin API does not know fulfillment "+named.ID+" yet, or no longer")
	}
	if err != nil {
		return connector.Translation{}, err
	}
	return f.translate(ctx, raw, body, doing)
}

// elsewhere returns why a fulfillment of the location is not published, "" if it may be.
func (f *Fulfillments) elsewhere(shop, id, location string) string {
	switch {
	case location == "":
		return "fulfillment " + id + " has no location, so nothing was shipped"
	case !f.Sites.Has(shop, location):
		return "fulfillment " + id + " is of location " + location + ", which is not in " + Key
	}
	return ""
}

// translate returns the event of a fulfillment that was read, or why there is none.
func (f *Fulfillments) translate(ctx context.Context, raw *message.Raw, body []byte, doing string) (connector.Translation, error) {
	r := wire.NewReader(body, strictjson.Limits{})
	read := decode(r)
	if err := r.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing, err)
	}
	if read.id == "" {
		return connector.Translation{Skip: "no fulfillment of order " + read.order + " is of a location in " + Key}, nil
	}
	why, err := f.unpublished(raw.Tenant, &read)
	if err != nil || why != "" {
		return connector.Translation{Skip: why}, fault.Doing(doing, err)
	}
	event := read.event(raw)
	of, err := f.Book.Owner(ctx, event.Parents[0], payload.Key(raw.Tenant, payload.EntityFulfillment, read.id), event.Entity, read.parcel())
	switch {
	case err != nil:
		return connector.Translation{}, fault.Doing(doing, err)
	case of != event.Entity.String():
		return connector.Translation{Skip: "fulfillment " + read.id + " was made for " + of + ", which is published by its own system"}, nil
	}
	event.Notes = append(r.Notes(), read.notes...)
	return connector.Translation{Events: []connector.Event{event}}, nil
}

// unpublished returns why the fulfillment is no shipment, "" if it is one.
func (f *Fulfillments) unpublished(shop string, read *fulfillment) (why string, err error) {
	if why := f.elsewhere(shop, read.id, read.location); why != "" {
		return why, nil
	}
	switch read.status {
	case statusSuccess, statusCancelled:
	case "PENDING", "OPEN", "ERROR", "FAILURE":
		return "fulfillment " + read.id + " has the status " + strings.ToLower(read.status) + ", so nothing of it has left", nil
	default:
		return "", &fault.Error{Kind: fault.Invalid, Class: fault.Value, Field: "status", Detail: strconv.Quote(read.status) + " is no known status of a fulfillment"}
	}
	switch {
	case read.status == statusCancelled && len(read.lines) == 0: // the goods are no longer named
	case len(read.shippedLines()) == 0:
		return "fulfillment " + read.id + " has nothing that is shipped: only gift cards, or lines that need no shipping or have no SKU", nil
	}
	return "", nil
}

// event returns the state of the fulfillment as that of a shipment.
func (f *fulfillment) event(raw *message.Raw) connector.Event {
	body := &canonical.Shipment{
		ID: f.id, Order: f.order, Status: canonical.Shipped, Location: f.location, Carrier: f.carrier, Tracking: f.tracking,
		Lines: f.shippedLines(), ShippedAt: f.created,
	}
	event := connector.Event{
		Entity: payload.Key(raw.Tenant, payload.EntityShipment, f.id), Parents: []message.Key{payload.Key(raw.Tenant, payload.EntityOrder, f.order)},
		At: f.created, UpdatedAt: f.updated, Hint: triggeredAt(raw), Body: body,
	}
	switch {
	case f.status == statusCancelled:
		body.Status, event.At = canonical.ShipmentCancelled, f.updated
	case f.handed && f.delivered.IsZero():
		body.Status, body.DeliveredAt = canonical.Delivered, f.created
	case !f.delivered.IsZero():
		body.Status, body.DeliveredAt, event.At = canonical.Delivered, f.delivered, f.delivered
		event.UpdatedAt = f.version(raw)
	}
	if event.Type = body.EventType(); raw.Topic == payload.TopicFulfillmentUpdate && event.Type == canonical.ShipmentShipped {
		event.Type, event.At = canonical.ShipmentUpdated, f.updated
	}
	return event
}

// version is when the state of a delivered fulfillment began: when it was updated, or delivered, if that is later. A
// carrier's clock may be ahead, and a cancellation must not be older: so it is no later than when it was heard of.
func (f *fulfillment) version(raw *message.Raw) time.Time {
	heard := triggeredAt(raw)
	if heard.IsZero() {
		heard = raw.ReceivedAt
	}
	at := f.delivered
	if heard.Before(at) {
		at = heard
	}
	if at.Before(f.updated) {
		return f.updated
	}
	return at.UTC()
}

// shippedLines returns the pieces of lines that are shipped and have a SKU.
func (f *fulfillment) shippedLines() (all []canonical.ShipmentLine) {
	for _, l := range f.lines {
		if l.ships && l.sku != "" && l.count > 0 {
			all = append(all, canonical.ShipmentLine{Line: l.id, SKU: l.sku, Quantity: canonical.Pieces(canonical.NewDecimal(l.count, 0))})
		}
	}
	return all
}

// parcel is the fulfillment's content, by which its owner is found.
func (f *fulfillment) parcel() owner.Parcel {
	p := owner.Parcel{Pieces: map[string]int64{}}
	for _, l := range f.lines {
		p.Pieces[l.id] += l.count
	}
	for _, t := range f.tracking {
		p.Numbers = append(p.Numbers, t.Number)
	}
	return p
}

// triggeredAt returns when Shopify triggered the delivery, the zero time of a poll.
func triggeredAt(raw *message.Raw) time.Time {
	at, err := moment.Parse(raw.Header[payload.HeaderTriggered])
	if err != nil {
		return time.Time{}
	}
	return at
}
