package shopify

import (
	"context"

	"causeway.example/functions/shopify/fulfillment"
	"causeway.example/functions/shopify/inventory"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

// target is the connector.Target: shipments and stock levels have packages of their own.
type target struct {
	*fulfillment.Target
	stock *inventory.Target
}

var (
	_ connector.Target   = (*target)(nil)
	_ connector.Searcher = (*target)(nil)
)

func (t *target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	if level, ok := d.Body.(*canonical.InventoryLevel); ok {
		return t.stock.Deliver(ctx, d, level)
	}
	return t.Target.Deliver(ctx, d)
}

func (t *target) Search(ctx context.Context, d connector.Delivery) (string, error) {
	if level, ok := d.Body.(*canonical.InventoryLevel); ok {
		return t.stock.Search(ctx, d, level)
	}
	return t.Target.Search(ctx, d)
}
