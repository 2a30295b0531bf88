package woocommerce

import (
	"context"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Entity types in keys.
const (
	entityOrder    = "order"
	entityCustomer = "customer"
	entityPayment  = "payment"
)

const topicOrderCreated = "order.created"

// Translate turns the delivery of an order or customer topic into events. It makes no calls.
func (s *source) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	switch raw.Topic {
	case topicOrderCreated, topicOrderUpdated, "order.restored":
		return s.translateOrder(raw)
	case "customer.created", "customer.updated":
		return s.translateCustomer(raw)
	case "order.deleted":
		return skipDeleted(raw, entityOrder, "was moved to the trash in the store. The delivery has only its id, "+
			"and the order can be restored. To close it in other systems, cancel it in the store first")
	case "customer.deleted":
		return skipDeleted(raw, entityCustomer, "was deleted in the store; its record in other systems is not changed")
	}
	return connector.Translation{}, &fault.Error{
		Kind: fault.Invalid, Class: fault.Schema, Field: "topic", Doing: doing(raw, "", ""),
		Detail: "only order and customer topics have a translation",
	}
}

func doing(raw *message.Raw, entity, id string) string {
	text := "translating " + raw.Topic + " of " + raw.Tenant
	if id != "" {
		text += ", " + entity + " " + id
	}
	return text
}

func skipDeleted(raw *message.Raw, entity, why string) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	id := d.deleted()
	if err := d.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, entity, id), err)
	}
	return connector.Translation{Skip: entity + " " + id + " " + why}, nil
}

func (s *source) translateOrder(raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	wire := d.order()
	if err := d.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, entityOrder, wire.id), err)
	}
	sale, err := s.convertOrder(wire, raw, d.Notes())
	if err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, entityOrder, wire.id), err)
	}
	return connector.Translation{Events: sale.events(raw.Topic)}, nil
}

func (s *source) translateCustomer(raw *message.Raw) (connector.Translation, error) {
	d := newDecoder(raw.Body)
	wire := d.customer()
	if err := d.Finish(); err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, entityCustomer, wire.id), err)
	}
	c := converter{zone: s.zone, notes: d.Notes()}
	body := c.customer(wire)
	if c.err != nil {
		return connector.Translation{}, fault.Doing(doing(raw, entityCustomer, wire.id), c.err)
	}
	return connector.Translation{Events: []connector.Event{{
		Type:      canonical.CustomerUpserted,
		Entity:    key(raw.Tenant, entityCustomer, wire.id),
		At:        body.UpdatedAt,
		UpdatedAt: body.UpdatedAt,
		Body:      body,
		Notes:     c.notes,
	}}}, nil
}

func key(tenant, kind, id string) message.Key {
	return message.Key{System: Name, Tenant: tenant, Type: kind, ID: id}
}
