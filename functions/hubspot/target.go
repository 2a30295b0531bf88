package hubspot

import (
	"context"
	"io"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// target is the connector.Target. It keeps nothing between calls.
type target struct {
	*api
	memory connector.CrossRef
	random io.Reader
}

var (
	_ connector.Target   = (*target)(nil)
	_ connector.Searcher = (*target)(nil)
)

// The types of entities in keys.
const (
	entityCustomer = "customer"
	entityOrder    = "order"
)

// Deliver sets the state of a customer or an order, adds a shipment or refund to its order, or sets
// what a warehouse has of it.
func (t *target) Deliver(ctx context.Context, d connector.Delivery) (receipt connector.Receipt, err error) {
	key := d.Message.Key()
	w := &work{target: t, key: key, version: string(d.Message.Sequence), parents: d.Message.Parents, refs: d.Parents, doing: "setting " + key.Type + " " + key.String() + " at " + Name}
	switch body := d.Body.(type) {
	case *canonical.Customer:
		receipt, err = w.customer(ctx, body)
	case *canonical.Order:
		receipt, err = w.order(ctx, body)
	case *canonical.Shipment:
		receipt, err = w.shipment(ctx, body)
	case *canonical.Refund:
		receipt, err = w.refund(ctx, body)
	case *canonical.WarehouseOrder:
		receipt, err = w.warehouse(ctx, body)
	case *canonical.Return:
		receipt, err = w.goodsBack(ctx, body, d.Message.Type == canonical.ReturnReceived)
	default:
		err = fault.New(fault.Unknown, fault.Bug, w.doing, "there is no operation for "+d.Message.Type)
	}
	if err != nil {
		return connector.Receipt{}, fault.Doing(w.doing, err)
	}
	return receipt, nil
}

// work is one delivery.
type work struct {
	*target
	key     message.Key
	version string // of the entity's state
	parents []message.Key
	refs    map[string]string // HubSpot's ids of the parents, by their keys
	doing   string
}

// parent returns the key of the parent of the type, and HubSpot's id of it; "" if that is unknown.
func (w *work) parent(kind string) (key message.Key, ref string, found bool) {
	for _, key := range w.parents {
		if key.Type == kind {
			return key, w.refs[key.String()], true
		}
	}
	return message.Key{}, "", false
}

// Find returns HubSpot's id of a contact or an order. A shipment or refund is found by Search only.
func (t *target) Find(ctx context.Context, key message.Key) (string, error) {
	doing := "looking up " + key.String() + " at " + Name
	object, name := contacts, propCustomer
	switch key.Type {
	case entityCustomer:
	case entityOrder:
		object, name = orders, propOrder
	default:
		return "", nil
	}
	found, _, err := t.readOne(ctx, object, name, key.String(), []string{name}, doing)
	return found.id, fault.Doing(doing, err)
}

// Search returns HubSpot's id of the delivery's entity. A customer without a contact of its own
// shares the one with its e-mail address. A shipment or refund is a line of a property of its order.
func (t *target) Search(ctx context.Context, d connector.Delivery) (string, error) {
	key := d.Message.Key()
	doing := "looking up " + key.String() + " at " + Name
	switch body := d.Body.(type) {
	case *canonical.Customer:
		ref, err := t.Find(ctx, key)
		email := emailOf(body)
		if err != nil || ref != "" || email == "" {
			return ref, err
		}
		found, _, err := t.readOne(ctx, contacts, propEmail, email, []string{propCustomer}, doing)
		if err != nil || found.properties[propCustomer] == "" {
			return "", fault.Doing(doing, err)
		}
		return found.id, nil
	case *canonical.Shipment:
		return t.findFact(ctx, d.Message, propShipments, d.Message.System(), doing)
	case *canonical.Refund:
		return t.findFact(ctx, d.Message, propRefunds, "", doing)
	case *canonical.WarehouseOrder:
		return t.findWarehouse(ctx, d.Message, doing)
	case *canonical.Return:
		return t.findFact(ctx, d.Message, propReturns, d.Message.System(), doing)
	}
	return t.Find(ctx, key)
}

// findFact looks the fact up among those of its order, each of which begins a line with its id, and
// the system unless that is the order's.
func (t *target) findFact(ctx context.Context, m *message.Message, name, system, doing string) (string, error) {
	w := &work{parents: m.Parents}
	order, _, found := w.parent(entityOrder)
	if !found {
		return "", nil
	}
	record, _, err := t.readOne(ctx, orders, propOrder, order.String(), []string{name}, doing)
	if err != nil {
		return "", fault.Doing(doing, err)
	}
	for line := range strings.Lines(record.properties[name]) {
		if strings.HasPrefix(line, lineStart(m.Key().ID, system)) {
			return factRef(record.id, m.Key().ID), nil
		}
	}
	return "", nil
}

// lineStart is how the line of a fact begins: with the system if it has one, because two systems may have the
// same id.
func lineStart(id, system string) string { return strings.TrimSuffix(id+": "+system, " ") + " " }

// factRef is the ref of a shipment, return or refund, which has no record of its own at HubSpot.
func factRef(order, id string) string { return order + "/" + id }
