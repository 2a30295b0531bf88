package shopify

import (
	"context"
	"slices"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// The topics that are translated. Webhook topics are lower case with a slash; the API's
// enum values (ORDERS_CREATE) do not appear in deliveries.
const (
	topicOrderCreate    = "orders/create"
	topicOrderUpdated   = "orders/updated"
	topicOrderPaid      = "orders/paid"
	topicOrderCancelled = "orders/cancelled"
	topicOrderEdited    = "orders/edited"
	topicRefundCreate   = "refunds/create"
	topicTransaction    = "order_transactions/create"
	topicCustomerCreate = "customers/create"
	topicCustomerUpdate = "customers/update"
)

// Translate turns a delivery into canonical events: the customer, then the order, then its
// payments, so that parents come before children.
func (s *store) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	t := translator{store: s, raw: raw, hint: triggeredAt(raw), doing: "translating shopify " + raw.Topic + " " + raw.ID}
	switch raw.Topic {
	case topicOrderCreate, topicOrderUpdated, topicOrderPaid, topicOrderCancelled:
		return t.order(ctx)
	case topicOrderEdited, topicTransaction:
		return t.named(ctx)
	case topicRefundCreate:
		return t.refund(ctx)
	case topicCustomerCreate, topicCustomerUpdate:
		return t.customer()
	}
	if privacyTopics[raw.Topic] != "" {
		return t.privacy()
	}
	return connector.Translation{}, &fault.Error{
		Kind: fault.Invalid, Class: fault.Schema, Field: "topic", Doing: t.doing, Detail: "this topic has no translation",
	}
}

// translator translates one raw message.
type translator struct {
	*store
	raw   *message.Raw
	hint  time.Time // of every event; zero if the delivery has none
	whole bool      // the body was fetched: there is nothing more to ask for
	given *refund   // of refunds/create; nil under any other topic
	doing string
}

// triggeredAt returns when Shopify triggered the delivery. It orders the states of one
// updated_at, which counts in whole seconds. A header that is missing or unreadable is no
// hint and no error: the header is not signed, and the body is complete without it. A
// polled body has none.
func triggeredAt(raw *message.Raw) time.Time {
	at, err := canonical.ParseTime(raw.Header[headerTriggered])
	if err != nil {
		return time.Time{}
	}
	return at
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
	if err := t.own("Customer", customer.gid, customer.ID); err != nil {
		return connector.Translation{}, err
	}
	return connector.Translation{Events: []connector.Event{t.customerEvent(&customer.Customer, r.Notes())}}, nil
}

func (t *translator) customerEvent(c *canonical.Customer, notes []connector.Note) connector.Event {
	return connector.Event{
		Type: canonical.CustomerUpserted, Entity: t.key(entityCustomer, c.ID),
		At: c.UpdatedAt, UpdatedAt: c.UpdatedAt, Hint: t.hint, Body: c, Notes: notes,
	}
}

func (t *translator) order(ctx context.Context) (connector.Translation, error) {
	r := newReader(t.raw.Body)
	o, bad := readOrder(r)
	if bad != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(bad))
	}
	if err := t.ownOrder(o); err != nil {
		return connector.Translation{}, err
	}
	if given := t.given; given != nil && !slices.ContainsFunc(o.refunds, func(f refund) bool { return f.id == given.id }) {
		o.refunds = append(o.refunds, *given)
	}
	b, err := t.openBooks(ctx, o)
	if err != nil {
		return connector.Translation{}, err
	}
	events, err := t.orderEvents(ctx, o, b, r)
	if err != nil && b.absent && !t.whole && t.api.mayCall {
		return t.fetched(ctx, o.head.ID, nil)
	}
	return connector.Translation{Events: events}, err
}

// orderEvents returns the customer, the order, its payments and its refunds.
func (t *translator) orderEvents(ctx context.Context, o *order, b *books, r *reader) ([]connector.Event, error) {
	customer := o.buyer()
	body, err := t.convert(o, b)
	if err != nil {
		return nil, err
	}
	got, err := t.payments(ctx, o, b, body)
	if err != nil {
		return nil, err
	}
	refunds, err := t.refunds(o, b, body, &got)
	if err != nil {
		return nil, err
	}
	if got.note != "" {
		r.Note(got.note)
	}
	if b.spread {
		r.Note("the shop reports one tax for several parts: it is shared by the parts that it taxes")
	}
	var events []connector.Event
	if customer != nil {
		events = append(events, t.customerEvent(customer, nil))
	}
	events = append(events, t.orderEvent(body, r.Notes()))
	return slices.Concat(events, got.events, refunds), nil
}

// named translates a delivery that only names an order that changed: an edit has the changes
// alone (orders/edited), a transaction has none of the order. The order is fetched.
func (t *translator) named(ctx context.Context) (connector.Translation, error) {
	r := newReader(t.raw.Body)
	n, err := readNamed(r)
	if err != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(err))
	}
	if t.raw.Topic == topicTransaction {
		if err := t.own("OrderTransaction", n.gid, n.id); err != nil {
			return connector.Translation{}, err
		}
		if !n.moves {
			return connector.Translation{Skip: "the transaction moved no money"}, nil
		}
	}
	return t.fetched(ctx, n.order, nil)
}

// refund translates refunds/create. The order is fetched, since the payload names neither its
// currency nor its payments. If that cannot be done, and the order was seen before, the refund
// is translated with what is remembered of the order.
func (t *translator) refund(ctx context.Context) (connector.Translation, error) {
	r := newReader(t.raw.Body)
	f := r.refund()
	r.require(f.order != "", "order_id")
	if err := r.End(); err != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(err))
	}
	if err := t.own("Refund", f.gid, f.id); err != nil {
		return connector.Translation{}, err
	}
	whole, err := t.fetched(ctx, f.order, &f)
	if e := fault.As(err); err == nil || e.Class != fault.MissingRef && e.Class != fault.Config {
		return whole, err
	}
	k, bindErr := t.bound(ctx, f.order, known{})
	switch {
	case bindErr != nil:
		return connector.Translation{}, bindErr
	case k.Currency == "" || k.Two:
		return connector.Translation{}, err
	}
	b := &books{basis: shopBasis, currency: k.Currency, doing: t.doing}
	o := f.alone(k)
	if f.moneyAlone() { // what it pays back is in the order's other refunds
		return connector.Translation{}, err
	}
	events, err := t.refunds(o, b, &o.head, &receipts{known: k})
	if err == nil && len(events) == 0 {
		return connector.Translation{Skip: "the refund moved no money and took nothing back"}, nil
	}
	return connector.Translation{Events: events}, err
}

// fetched translates the order as the Admin API has it now, with the given refund if the answer
// does not have it yet.
func (t *translator) fetched(ctx context.Context, id string, given *refund) (connector.Translation, error) {
	body, err := (&poller{api: t.api}).order(ctx, t.raw.Tenant, id, "fetching order "+id+" of "+t.raw.Tenant)
	if err == nil && body == nil {
		err = fault.New(fault.NotReady, fault.MissingRef, t.doing, "the Admin API does not know the order yet, or no longer")
	}
	if err != nil {
		return connector.Translation{}, err
	}
	raw := *t.raw
	raw.Body = body
	if raw.Topic != topicOrderCreate {
		raw.Topic = topicOrderUpdated
	}
	again := &translator{store: t.store, raw: &raw, hint: t.hint, whole: true, given: given, doing: t.doing}
	return again.order(ctx)
}

// buyer returns the customer entity of the order, nil if the order names none, and sets it
// as the order's parent.
//
// The customer that an order embeds is the customer as Shopify has it at that time, with an
// updated_at of its own: in the payloads of 2026-10 an order that is cancelled two hours
// later still embeds the customer of the sale's second, and GraphQL's Order.customer is the
// Customer itself. That date is its version, comparable with customers/update. A customer
// without one, and a guest, who is known from the order alone, is dated by when the order
// was placed: an older order that changes later must not restore an older address.
func (o *order) buyer() *canonical.Customer {
	c := o.customer
	if c == nil || c.ID == "" {
		c = o.guest()
	}
	if c == nil {
		return nil
	}
	if c.UpdatedAt.IsZero() {
		c.UpdatedAt = o.head.PlacedAt
	}
	o.head.Buyer.Customer, o.head.Buyer.Guest = c.ID, c.Guest
	return c
}

// guest returns the customer of the order's e-mail address, nil without one.
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

// orderEvent returns the one event of the order's state. Its type names why the state is
// reported; the body has all of it, so that no other delivery is needed. A cancelled order
// is reported as cancelled under every topic.
func (t *translator) orderEvent(o *canonical.Order, notes []connector.Note) connector.Event {
	event := connector.Event{
		Type: canonical.OrderChanged, Entity: t.key(entityOrder, o.ID),
		At: o.UpdatedAt, UpdatedAt: o.UpdatedAt, Hint: t.hint, Body: o,
		Parents: t.parents(entityCustomer, o.Buyer.Customer), Notes: notes,
	}
	switch {
	case o.CancelledAt != nil:
		event.Type, event.At = canonical.OrderCancelledEvent, *o.CancelledAt
	case t.raw.Topic == topicOrderCreate:
		event.Type, event.At = canonical.OrderPlaced, o.PlacedAt
	}
	return event
}

// parents returns the key of the entity that must be at the target first, none without an id.
func (t *translator) parents(kind, id string) []message.Key {
	if id == "" {
		return nil
	}
	return []message.Key{t.key(kind, id)}
}
