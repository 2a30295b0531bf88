package woocommerce

import (
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/message"
)

// lowest is the version that every other replaces.
var lowest = message.NewSequence(time.Time{}, 0)

// events returns what the delivery says, parents first. What was polled may be the first
// that is told of the order, so it says that it was placed too: where that is known it
// bears the same id.
func (s *sale) events(raw *message.Raw) []connector.Event {
	var events []connector.Event
	if s.customer != nil {
		events = append(events, s.customerEvent())
	}
	if raw.Topic == topicOrderCreated || raw.Trigger == message.Poll {
		placed := s.orderEvent(canonical.OrderPlaced, s.order.PlacedAt, 0)
		placed.Once = true
		events = append(events, placed)
	}
	switch {
	case s.order.Status == canonical.OrderCancelled:
		events = append(events, s.orderEvent(canonical.OrderCancelledEvent, s.order.UpdatedAt, 1))
	case raw.Topic != topicOrderCreated:
		events = append(events, s.orderEvent(canonical.OrderChanged, s.order.UpdatedAt, 0))
	}
	// An order of nothing is marked as paid too, but no money moves.
	if !s.paid.IsZero() && s.order.Total.Minor > 0 {
		events = append(events, s.paymentEvent())
	}
	return events
}

// customerEvent returns the buyer, for a registered one under the lowest version: the
// billing address of an order is no change of the customer's own data.
func (s *sale) customerEvent() connector.Event {
	event := connector.Event{
		Type:     canonical.CustomerUpserted,
		Entity:   key(s.tenant, entityCustomer, s.customer.ID),
		At:       s.order.UpdatedAt,
		Sequence: lowest,
		Body:     s.customer,
		Notes:    s.notes,
	}
	if s.customer.Guest {
		event.Sequence = message.NewSequence(s.order.UpdatedAt, s.progress)
	}
	return event
}

// orderEvent returns an event of the order, later by that much than its version.
func (s *sale) orderEvent(kind string, when time.Time, later uint32) connector.Event {
	event := connector.Event{
		Type:     kind,
		Entity:   key(s.tenant, entityOrder, s.order.ID),
		At:       when,
		Sequence: message.NewSequence(s.order.UpdatedAt, s.progress+later),
		Body:     &s.order,
		Notes:    s.notes,
	}
	if s.customer != nil {
		event.Parents = []message.Key{key(s.tenant, entityCustomer, s.customer.ID)}
	}
	return event
}

// paymentEvent returns the one payment that WooCommerce itself knows of an order: what
// it was worth when it was paid, refunds not taken off.
func (s *sale) paymentEvent() connector.Event {
	method, known := methods[s.gateway]
	if !known {
		method = canonical.Card
	}
	payment := &canonical.Payment{
		ID:        s.order.ID + "-paid",
		Order:     s.order.ID,
		Name:      s.order.Name,
		Test:      s.order.Test,
		Method:    method,
		Gateway:   s.gateway,
		Reference: s.transaction,
		Amount:    s.order.Total,
		Customer:  s.order.Buyer.Customer,
		At:        s.paid,
	}
	return connector.Event{
		Type:     canonical.PaymentCaptured,
		Entity:   key(s.tenant, entityPayment, payment.ID),
		Once:     true,
		At:       s.paid,
		Sequence: message.NewSequence(s.paid, 0),
		Body:     payment,
		Parents:  []message.Key{key(s.tenant, entityOrder, s.order.ID)},
		Notes:    s.notes,
	}
}
