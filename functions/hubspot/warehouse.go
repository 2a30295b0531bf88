package hubspot

import (
	"context"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// warehouse sets what a warehouse has of the order: in words, and since when it has it.
func (w *work) warehouse(ctx context.Context, body *canonical.WarehouseOrder) (connector.Receipt, error) {
	order, _, found := w.parent(entityOrder)
	if !found {
		return connector.Receipt{}, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "order", Detail: "the warehouse's order names no order"}
	}
	set, err := w.writeOne(ctx, orders, updateAction, propOrder, input{order.String(), []property{
		{propWarehouse, cut(body.Words())}, {propReleasedAt, millis(body.ReleasedAt)},
	}}, w.doing)
	if isMissing(err) {
		return connector.Receipt{}, deletedThere(order)
	}
	if err != nil {
		return connector.Receipt{}, err
	}
	return connector.Receipt{Ref: set.id, Detail: "order " + set.id + " is " + string(body.Status) + " at the warehouse"}, nil
}

// findWarehouse returns HubSpot's id of the order if it shows what a warehouse has of it.
func (t *target) findWarehouse(ctx context.Context, m *message.Message, doing string) (string, error) {
	order, _, found := (&work{parents: m.Parents}).parent(entityOrder)
	if !found {
		return "", nil
	}
	record, _, err := t.readOne(ctx, orders, propOrder, order.String(), []string{propWarehouse}, doing)
	if err != nil || record.properties[propWarehouse] == "" {
		return "", fault.Doing(doing, err)
	}
	return record.id, nil
}
