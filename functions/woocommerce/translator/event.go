package translator

import (
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// events returns the events of the delivery, parents first.
func (s *sale) events(topic string) []connector.Event {
	events := make([]connector.Event, 0, 2+len(s.tenders)+len(s.refunds))
	if s.customer != nil {
		events = append(events, s.customerEvent())
	}
	events = append(events, s.orderEvent(topic))
	for _, t := range s.tenders {
		events = append(events, s.paymentEvent(t))
	}
	for i := range s.refunds {
		events = append(events, s.refundEvent(&s.refunds[i]))
	}
	return events
}

// customerEvent returns the buyer, dated by when the order was placed: the addresses are
// those of the checkout. An older order that changes later must not restore its address
// over a newer order's, or over a later change of the customer's own.
func (s *sale) customerEvent() connector.Event {
	return connector.Event{
		Type:      canonical.CustomerUpserted,
		Entity:    key(s.tenant, EntityCustomer, s.customer.ID),
		At:        s.customer.UpdatedAt,
		UpdatedAt: s.customer.UpdatedAt,
		Body:      s.customer,
		Notes:     s.notes,
	}
}

// orderEvent returns the one event of the order's state. Its type names why the state is
// reported; the body has all of it, so that no other delivery is needed. A cancelled order
// is reported as cancelled under every topic: bodies are built when they are sent, and may
// be newer than their topic.
func (s *sale) orderEvent(topic string) connector.Event {
	event := connector.Event{
		Type:      canonical.OrderChanged,
		Entity:    key(s.tenant, EntityOrder, s.order.ID),
		At:        s.order.UpdatedAt,
		UpdatedAt: s.order.UpdatedAt,
		Body:      &s.order,
		Notes:     s.notes,
	}
	switch {
	case s.order.Status == canonical.OrderCancelled:
		event.Type = canonical.OrderCancelledEvent
	case topic == TopicOrderCreated:
		event.Type, event.At = canonical.OrderPlaced, s.order.PlacedAt
	}
	if s.customer != nil {
		event.Parents = []message.Key{key(s.tenant, EntityCustomer, s.customer.ID)}
	}
	return event
}

// paymentEvent returns one payment. Its version is that of the order's state, with which it is
// compared if the order was skipped.
func (s *sale) paymentEvent(t tender) connector.Event {
	payment := &canonical.Payment{
		ID:        t.id,
		Order:     s.order.ID,
		Name:      s.order.Name,
		Test:      s.order.Test,
		Method:    t.method,
		Gateway:   t.gateway,
		Reference: t.reference,
		Amount:    t.amount,
		Customer:  s.order.Buyer.Customer,
		At:        t.at,
	}
	return connector.Event{
		Type:      canonical.PaymentCaptured,
		Entity:    key(s.tenant, EntityPayment, payment.ID),
		At:        t.at,
		UpdatedAt: s.order.UpdatedAt,
		Body:      payment,
		Parents:   []message.Key{key(s.tenant, EntityOrder, s.order.ID)},
		Notes:     s.notes,
	}
}

// refundEvent returns one refund, in the version of the order's state like a payment.
func (s *sale) refundEvent(refund *canonical.Refund) connector.Event {
	event := connector.Event{
		Type:      canonical.RefundSettled,
		Entity:    key(s.tenant, entityRefund, refund.ID),
		At:        refund.At,
		UpdatedAt: s.order.UpdatedAt,
		Body:      refund,
		Parents:   []message.Key{key(s.tenant, EntityOrder, s.order.ID)},
		Notes:     s.notes,
	}
	if !refund.Settled {
		event.Type = canonical.RefundIssued
	}
	return event
}
