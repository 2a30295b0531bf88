package woocommerce

import (
	"context"

	"causeway.example/functions/woocommerce/inventory"
	"causeway.example/functions/woocommerce/shipment"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
)

// target is the connector.Target: shipments and stock levels have packages of their own.
type target struct {
	*shipment.Target
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
