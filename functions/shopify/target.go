package shopify

import (
	"context"

	"causeway.example/functions/shopify/fulfillment"
	"causeway.example/functions/shopify/inventory"
	"causeway.example/functions/shopify/mark"
	"causeway.example/functions/shopify/product"
	"causeway.example/functions/shopify/returning"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// target is the connector.Target: shipments, stock levels, what a warehouse or an ERP has of an order, what
// came back of it, and products with their prices have packages of their own.
type target struct {
	*fulfillment.Target
	stock    *inventory.Target
	marks    *mark.Target
	returns  *returning.Target
	products *product.Target
}

var (
	_ connector.Target   = (*target)(nil)
	_ connector.Searcher = (*target)(nil)
)

func (t *target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	switch body := d.Body.(type) {
	case *canonical.InventoryLevel:
		return t.stock.Deliver(ctx, d, body)
	case *canonical.Product:
		return t.products.Deliver(ctx, d, body)
	case *canonical.PriceList:
		return t.products.DeliverPrices(ctx, d, body)
	case *canonical.WarehouseOrder:
		return t.marks.Deliver(ctx, d, body)
	case *canonical.CancelRequest:
		return t.marks.Cancel(ctx, d, body)
	case *canonical.ERPOrder:
		return t.marks.Acknowledge(ctx, d, body)
	case *canonical.RefundRequest:
		return t.marks.Refund(ctx, d, body)
	case *canonical.Return:
		return t.returns.Deliver(ctx, d, body)
	}
	return t.Target.Deliver(ctx, d)
}

func (t *target) Search(ctx context.Context, d connector.Delivery) (string, error) {
	switch body := d.Body.(type) {
	case *canonical.InventoryLevel:
		return t.stock.Search(ctx, d, body)
	case *canonical.Product:
		return t.products.Find(ctx, message.Key{System: d.Message.System(), Tenant: d.Message.Tenant, Type: product.Entity, ID: body.SKU})
	case *canonical.PriceList:
		return t.products.SearchPrices(ctx, d, body)
	case *canonical.WarehouseOrder:
		return t.marks.Search(ctx, d, body)
	case *canonical.CancelRequest:
		return t.marks.SearchCancel(ctx, d, body)
	case *canonical.ERPOrder:
		return t.marks.SearchERP(ctx, d, body)
	case *canonical.RefundRequest:
		return t.marks.SearchRefund(ctx, d, body)
	case *canonical.Return:
		return t.returns.Search(ctx, d, body)
	}
	return t.Target.Search(ctx, d)
}

// Find looks a product up by its SKU. Shopify finds no other entity by its key.
func (t *target) Find(ctx context.Context, key message.Key) (string, error) {
	if key.Type == product.Entity {
		return t.products.Find(ctx, key)
	}
	return t.Target.Find(ctx, key)
}
