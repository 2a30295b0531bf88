package shopify

import (
	"context"
	"time"

	"causeway/shared/wire"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
)

// The topics that are translated. Names of webhook topics are lower case with a slash;
// the enum of the API (ORDERS_CREATE) does not appear in deliveries.
const (
	topicOrderCreate    = "orders/create"
	topicOrderUpdated   = "orders/updated"
	topicOrderPaid      = "orders/paid"
	topicOrderCancelled = "orders/cancelled"
	topicCustomerCreate = "customers/create"
	topicCustomerUpdate = "customers/update"
)

// Translate turns a delivery into canonical events: first the customer, then what
// became of the order, then what was paid, so that parents come before children.
func (s *store) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	t := translator{store: s, raw: raw, doing: "translating shopify " + raw.Topic + " " + raw.ID}
	switch raw.Topic {
	case topicOrderCreate, topicOrderUpdated, topicOrderPaid, topicOrderCancelled:
		return t.order(ctx)
	case topicCustomerCreate, topicCustomerUpdate:
		return t.customer()
	}
	return connector.Translation{}, &fault.Error{
		Kind: fault.Invalid, Class: fault.Schema, Field: "topic", Doing: t.doing, Detail: "nothing is made of this topic",
	}
}

// translator is the translation of one raw message.
type translator struct {
	*store
	raw   *message.Raw
	doing string
}

func (t *translator) key(kind, id string) message.Key {
	return message.Key{System: Name, Tenant: t.raw.Tenant, Type: kind, ID: id}
}

func (t *translator) customer() (connector.Translation, error) {
	r := newReader(t.raw.Body)
	customer, err := readCustomer(r)
	if err != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(err))
	}
	return connector.Translation{Events: []connector.Event{t.customerEvent(customer, r.Notes())}}, nil
}

// customerEvent has the customer's own version, also when an order carries it: an
// order from last week must not put last week's address back.
func (t *translator) customerEvent(c *canonical.Customer, notes []connector.Note) connector.Event {
	return connector.Event{
		Type: canonical.CustomerUpserted, Entity: t.key("customer", c.ID), At: c.UpdatedAt,
		Sequence: message.NewSequence(c.UpdatedAt, 0), Body: c, Notes: notes,
	}
}

func (t *translator) order(ctx context.Context) (connector.Translation, error) {
	r := newReader(t.raw.Body)
	o, bad := readOrder(r)
	if bad != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(bad))
	}
	b, err := t.openBooks(ctx, o)
	if err != nil {
		return connector.Translation{}, err
	}
	customer := o.buyer()
	body, err := t.convert(o, b)
	if err != nil {
		return connector.Translation{}, err
	}
	payments, err := t.payments(ctx, o, b, body)
	if err != nil {
		return connector.Translation{}, err
	}
	var events []connector.Event
	if customer != nil {
		events = append(events, t.customerEvent(customer, nil))
	}
	events = append(events, t.orderEvents(body, r.Notes())...)
	return connector.Translation{Events: append(events, payments...)}, nil
}

// buyer returns the customer entity of the order, nil if nobody can be told, and
// notes in the order whom it waits for.
func (o *order) buyer() *canonical.Customer {
	c := o.customer
	if c == nil || c.ID == "" {
		c = o.guest()
	}
	if c == nil {
		return nil
	}
	if c.UpdatedAt.IsZero() {
		c.UpdatedAt = o.head.UpdatedAt
	}
	o.head.Buyer.Customer, o.head.Buyer.Guest = c.ID, c.Guest
	return c
}

// guest returns the customer that an e-mail address alone makes.
func (o *order) guest() *canonical.Customer {
	email := o.head.Buyer.Email
	if email.String() == "" {
		email = o.contactEmail
	}
	id := canonical.GuestID(email.String())
	if id == "" {
		return nil
	}
	c := &canonical.Customer{ID: id, Guest: true, Email: email, Phone: o.head.Buyer.Phone, Address: o.head.Billing}
	if c.Address == nil {
		c.Address = o.head.Shipping
	}
	if c.Address != nil {
		c.FirstName, c.LastName, c.Company = c.Address.FirstName, c.Address.LastName, c.Address.Company
	}
	return c
}

// orderEvents says what became of the order. A cancelled order is never reported as
// changed: what was missed while a message was lost or late is in the cancellation.
// What was polled may be the first that is told of the order, so it says that it was
// placed too: where that is known it bears the same id.
func (t *translator) orderEvents(o *canonical.Order, notes []connector.Note) []connector.Event {
	event := connector.Event{
		Entity: t.key("order", o.ID), Sequence: message.NewSequence(o.UpdatedAt, progress(o)), Body: o,
		Parents: t.parents("customer", o.Buyer.Customer), Notes: notes,
	}
	var events []connector.Event
	if t.raw.Topic == topicOrderCreate || t.raw.Trigger == message.Poll {
		events = append(events, with(event, canonical.OrderPlaced, true, o.PlacedAt))
	}
	switch {
	case o.CancelledAt != nil:
		events = append(events, with(event, canonical.OrderCancelledEvent, true, *o.CancelledAt))
	case t.raw.Topic != topicOrderCreate:
		events = append(events, with(event, canonical.OrderChanged, false, o.UpdatedAt))
	}
	return events
}

func with(event connector.Event, kind string, once bool, at time.Time) connector.Event {
	event.Type, event.Once, event.At = kind, once, at
	return event
}

// parents names what must stand at the target first, nothing where nobody is known.
func (t *translator) parents(kind, id string) []message.Key {
	if id == "" {
		return nil
	}
	return []message.Key{t.key(kind, id)}
}

// progress tells apart what happened to an order within one second, by the step that
// is never taken back: the cancellation.
func progress(o *canonical.Order) uint32 {
	if o.CancelledAt != nil {
		return 1
	}
	return 0
}
