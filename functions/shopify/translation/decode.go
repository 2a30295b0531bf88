package translation

import (
	"context"
	"slices"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/moment"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

// Translator translates the raw messages of all shops. It keeps nothing between calls.
type Translator struct {
	API       *admin.Client      // is asked for what a delivery lacks, if it may call
	Memory    connector.CrossRef // the currency of an order, and what was known of it first; nil without
	Currency  string             // payload.ShopBasis or payload.PresentmentBasis: for orders that are new and have both
	Tolerance int64              // difference in minor units that becomes an explicit rounding
}

// Translate turns a delivery into canonical events: the customer, then the order, then its
// payments and refunds, so that parents come before children. A body that breaks a rule of Shopify's
// or of the canonical model gives fault.Invalid with the path of the member; what cannot be fetched
// yet gives fault.NotReady.
func (c *Translator) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	t := translating{Translator: c, raw: raw, hint: triggeredAt(raw), doing: "translating shopify " + raw.Topic + " " + raw.ID}
	switch raw.Topic {
	case payload.TopicOrderCreate, payload.TopicOrderUpdated, payload.TopicOrderPaid, payload.TopicOrderCancelled:
		return t.order(ctx)
	case payload.TopicOrderEdited, payload.TopicTransaction:
		return t.named(ctx)
	case payload.TopicRefundCreate:
		return t.refund(ctx)
	case payload.TopicCustomerCreate, payload.TopicCustomerUpdate:
		return t.customer()
	}
	if privacyTopics[raw.Topic] != "" {
		return t.privacy()
	}
	return connector.Translation{}, &fault.Error{
		Kind: fault.Invalid, Class: fault.Schema, Field: "topic", Doing: t.doing, Detail: "this topic has no translation",
	}
}

// translating is one raw message on its way into events.
type translating struct {
	*Translator
	raw   *message.Raw
	hint  time.Time       // of every event; zero if the delivery has none
	whole bool            // the body was fetched: there is nothing more to ask for
	given *payload.Refund // of refunds/create; nil under any other topic
	doing string
}

// triggeredAt returns when Shopify triggered the delivery. It orders the states of one
// updated_at, which counts in whole seconds. A header that is missing or unreadable is no
// hint and no error: the header is not signed, and the body is complete without it. A
// polled body has none.
func triggeredAt(raw *message.Raw) time.Time {
	at, err := moment.Parse(raw.Header[payload.HeaderTriggered])
	if err != nil {
		return time.Time{}
	}
	return at
}

func (t *translating) key(kind, id string) message.Key {
	return payload.Key(t.raw.Tenant, kind, id)
}

func (t *translating) customer() (connector.Translation, error) {
	r := payload.NewReader(t.raw.Body)
	customer, err := payload.ReadCustomer(r)
	if err != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(err))
	}
	if err := t.own("Customer", customer.GID, customer.ID); err != nil {
		return connector.Translation{}, err
	}
	return connector.Translation{Events: []connector.Event{t.customerEvent(&customer.Customer, r.Notes())}}, nil
}

func (t *translating) customerEvent(c *canonical.Customer, notes []connector.Note) connector.Event {
	return connector.Event{
		Type: canonical.CustomerUpserted, Entity: t.key(payload.EntityCustomer, c.ID),
		At: c.UpdatedAt, UpdatedAt: c.UpdatedAt, Hint: t.hint, Body: c, Notes: notes,
	}
}

func (t *translating) order(ctx context.Context) (connector.Translation, error) {
	r := payload.NewReader(t.raw.Body)
	read, bad := payload.ReadOrder(r)
	if bad != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(bad))
	}
	o := newOrder(read)
	if err := t.ownOrder(o); err != nil {
		return connector.Translation{}, err
	}
	if given := t.given; given != nil && !slices.ContainsFunc(o.Refunds, func(f payload.Refund) bool { return f.ID == given.ID }) {
		o.Refunds = append(o.Refunds, *given)
	}
	b, err := t.openBooks(ctx, o)
	if err != nil {
		return connector.Translation{}, err
	}
	events, err := t.orderEvents(ctx, o, b, r)
	if err != nil && b.absent && !t.whole && t.API.MayCall() {
		return t.fetched(ctx, o.Head.ID, nil)
	}
	return connector.Translation{Events: events}, err
}

// orderEvents returns the customer, the order, its payments and its refunds.
func (t *translating) orderEvents(ctx context.Context, o *order, b *books, r *payload.Reader) ([]connector.Event, error) {
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
func (t *translating) named(ctx context.Context) (connector.Translation, error) {
	r := payload.NewReader(t.raw.Body)
	n, err := payload.ReadNamed(r)
	if err != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(err))
	}
	if t.raw.Topic == payload.TopicTransaction {
		if err := t.own("OrderTransaction", n.GID, n.ID); err != nil {
			return connector.Translation{}, err
		}
		if !n.Moves {
			return connector.Translation{Skip: "the transaction moved no money"}, nil
		}
	}
	return t.fetched(ctx, n.Order, nil)
}

// refund translates refunds/create. The order is fetched, since the payload names neither its
// currency nor its payments. If that cannot be done, and the order was seen before, the refund
// is translated with what is remembered of the order.
func (t *translating) refund(ctx context.Context) (connector.Translation, error) {
	r := payload.NewReader(t.raw.Body)
	f, bad := payload.ReadRefund(r)
	if bad != nil {
		return connector.Translation{}, fault.Doing(t.doing, wire.Invalid(bad))
	}
	if err := t.own("Refund", f.GID, f.ID); err != nil {
		return connector.Translation{}, err
	}
	whole, err := t.fetched(ctx, f.Order, &f)
	if e := fault.As(err); err == nil || e.Class != fault.MissingRef && e.Class != fault.Config {
		return whole, err
	}
	k, bindErr := t.bound(ctx, f.Order, known{})
	switch {
	case bindErr != nil:
		return connector.Translation{}, bindErr
	case k.Currency == "" || k.Two:
		return connector.Translation{}, err
	}
	b := &books{basis: payload.ShopBasis, currency: k.Currency, doing: t.doing}
	o := alone(&f, k)
	if moneyAlone(&f) { // what it pays back is in the order's other refunds
		return connector.Translation{}, err
	}
	events, err := t.refunds(o, b, &o.Head, &receipts{known: k})
	if err == nil && len(events) == 0 {
		return connector.Translation{Skip: "the refund moved no money and took nothing back"}, nil
	}
	return connector.Translation{Events: events}, err
}

// fetched translates the order as the Admin API has it now, with the given refund if the answer
// does not have it yet.
func (t *translating) fetched(ctx context.Context, id string, given *payload.Refund) (connector.Translation, error) {
	body, err := t.API.Order(ctx, t.raw.Tenant, id, "fetching order "+id+" of "+t.raw.Tenant)
	if err == nil && body == nil {
		err = fault.New(fault.NotReady, fault.MissingRef, t.doing, "the Admin API does not know the order yet, or no longer")
	}
	if err != nil {
		return connector.Translation{}, err
	}
	raw := *t.raw
	raw.Body = body
	if raw.Topic != payload.TopicOrderCreate {
		raw.Topic = payload.TopicOrderUpdated
	}
	again := &translating{Translator: t.Translator, raw: &raw, hint: t.hint, whole: true, given: given, doing: t.doing}
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
	c := o.Customer
	if c == nil || c.ID == "" {
		c = o.guest()
	}
	if c == nil {
		return nil
	}
	if c.UpdatedAt.IsZero() {
		c.UpdatedAt = o.Head.PlacedAt
	}
	o.Head.Buyer.Customer, o.Head.Buyer.Guest = c.ID, c.Guest
	return c
}

// guest returns the customer of the order's e-mail address, nil without one.
func (o *order) guest() *canonical.Customer {
	email := o.Head.Buyer.Email
	if email.String() == "" {
		email = o.ContactEmail
	}
	id := canonical.GuestID(email.String())
	if id == "" {
		return nil
	}
	c := &canonical.Customer{ID: id, Guest: true, Email: email, Phone: o.Head.Buyer.Phone, Address: o.Head.Billing}
	if c.Address == nil {
		c.Address = o.Head.Shipping
	}
	if c.Address != nil {
		c.FirstName, c.LastName, c.Company = c.Address.FirstName, c.Address.LastName, c.Address.Company
	}
	return c
}

// orderEvent returns the one event of the order's state. Its type names why the state is
// reported; the body has all of it, so that no other delivery is needed. A cancelled order
// is reported as cancelled under every topic.
func (t *translating) orderEvent(o *canonical.Order, notes []connector.Note) connector.Event {
	event := connector.Event{
		Type: canonical.OrderChanged, Entity: t.key(payload.EntityOrder, o.ID),
		At: o.UpdatedAt, UpdatedAt: o.UpdatedAt, Hint: t.hint, Body: o,
		Parents: t.parents(payload.EntityCustomer, o.Buyer.Customer), Notes: notes,
	}
	switch {
	case o.CancelledAt != nil:
		event.Type, event.At = canonical.OrderCancelledEvent, *o.CancelledAt
	case t.raw.Topic == payload.TopicOrderCreate:
		event.Type, event.At = canonical.OrderPlaced, o.PlacedAt
	}
	return event
}

// parents returns the key of the entity that must be at the target first, none without an id.
func (t *translating) parents(kind, id string) []message.Key {
	if id == "" {
		return nil
	}
	return []message.Key{t.key(kind, id)}
}
