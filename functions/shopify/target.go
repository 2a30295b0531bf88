package shopify

import (
	"context"

	"causeway.example/functions/shopify/fulfillment"
	"causeway.example/functions/shopify/inventory"
	"causeway.example/functions/shopify/mark"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

// target is the connector.Target: shipments, stock levels and what a warehouse has of an order have
// packages of their own.
type target struct {
	*fulfillment.Target
	stock *inventory.Target
	marks *mark.Target
}

var (
	_ connector.Target   = (*target)(nil)
	_ connector.Searcher = (*target)(nil)
)

func (t *target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	switch body := d.Body.(type) {
	case *canonical.InventoryLevel:
		return t.stock.Deliver(ctx, d, body)
	case *canonical.WarehouseOrder:
		return t.marks.Deliver(ctx, d, body)
	}
	return t.Target.Deliver(ctx, d)
}

func (t *target) Search(ctx context.Context, d connector.Delivery) (string, error) {
	switch body := d.Body.(type) {
	case *canonical.InventoryLevel:
		return t.stock.Search(ctx, d, body)
	case *canonical.WarehouseOrder:
		return t.marks.Search(ctx, d, body)
	}
	return t.Target.Search(ctx, d)
}
