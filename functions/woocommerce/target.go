package woocommerce

import (
	"context"

	"causeway.example/functions/woocommerce/inventory"
	"causeway.example/functions/woocommerce/product"
	"causeway.example/functions/woocommerce/rest"
	"causeway.example/functions/woocommerce/shipment"
	"causeway.example/shared/assortment"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// target is the connector.Target: shipments, stock levels, and products with their prices have
// packages of their own.
type target struct {
	*shipment.Target
	stock    *inventory.Target
	products *product.Target
}

var (
	_ connector.Target   = (*target)(nil)
	_ connector.Searcher = (*target)(nil)
)

func (t *target) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	switch body := d.Body.(type) {
	case *canonical.Product:
		return t.products.Deliver(ctx, d, body)
	case *canonical.PriceList:
		return t.products.DeliverPrices(ctx, d, body)
	case *canonical.InventoryLevel:
		return t.stock.Deliver(ctx, d, body)
	}
	return t.Target.Deliver(ctx, d)
}

func (t *target) Search(ctx context.Context, d connector.Delivery) (string, error) {
	switch body := d.Body.(type) {
	case *canonical.Product:
		return t.products.Find(ctx, message.Key{System: d.Message.System(), Tenant: d.Message.Tenant, Type: product.Entity, ID: body.SKU})
	case *canonical.PriceList:
		return t.products.SearchPrices(ctx, d, body)
	case *canonical.InventoryLevel:
		return t.stock.Search(ctx, d, body)
	}
	return t.Target.Search(ctx, d)
}

// Find looks a product up by its SKU. WooCommerce finds no shipment by its key.
func (t *target) Find(ctx context.Context, key message.Key) (string, error) {
	if key.Type == product.Entity {
		return t.products.Find(ctx, key)
	}
	return t.Target.Find(ctx, key)
}

// openProducts returns the target of products and prices. A store is named by its address or its host.
func (s Settings) openProducts(stores rest.Stores) (*product.Target, error) {
	masters, err := assortment.Parse(product.KeyStores, s.ProductStores, stores.Configured)
	if err != nil {
		return nil, err
	}
	lists, err := assortment.Parse(product.KeyLists, s.PriceLists, stores.Configured)
	if err != nil {
		return nil, err
	}
	return product.New(product.Config{
		Stores: stores, Masters: masters, Lists: lists, Fields: s.ProductFields, Currency: s.Currency,
		Publish: s.ProductStatus == "publish", Retire: s.ProductRetire == "hide",
	}), nil
}
