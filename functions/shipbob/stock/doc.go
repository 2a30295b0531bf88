// Package stock polls ShipBob for stock levels: client.go reads the list of inventory items by
// fulfillment center, bundle.go counts how many bundles they allow, poller.go lists the levels, and
// source.go translates a level into an inventory.level event.
//
// An event has the key {System: "shipbob", Tenant: the account's name, Type: "inventory", ID: SKU
// and fulfillment center, such as "TEE-BLK-M@9"}. Its body is a canonical.InventoryLevel:
//
//	SKU        the inventory item's SKU
//	Location   ShipBob's id of the fulfillment center, such as "9"
//	OnHand     on_hand_quantity, and Available fulfillable_quantity: what is on hand, less what is
//	           committed to orders (developer.shipbob.com, "Guides", inventory quantities)
//
// The fulfillment centers are those of SHIPBOB_STOCK_LOCATIONS: ShipBob is master of their stock. An
// item that ShipBob does not list at one of them has 0 there. A quantity below zero is read as 0,
// and the event notes that.
//
// # Bundles
//
// A bundle is a variant with a bundle_definition: the variants in it, and how many of each (GET
// /product, Products.BundleDefinitionViewModel). ShipBob ships its components and stocks no bundle. The
// SKU of an active bundle has a level at each configured fulfillment center, which follows from the
// levels of the same poll:
//
//	OnHand     the smallest floor(on_hand_quantity of a component / its quantity in the bundle),
//	           and Available the same of fulfillable_quantity (kitting.Whole)
//
// A component without a level at the center has 0 there, and so has an inactive one. A digital one
// does not limit the bundle, and a bundle of those alone has no level. A variant in two entries is added
// up. A bundle in a bundle is counted by its own components, three deep at most (kitting.Flatten), and one that
// is inactive has 0. A bundle is rejected, with its SKU and the path to the component, if a quantity is not
// above 0, a bundle has itself as a component or bundles are nested deeper, or if a component is not among the
// products or has no inventory item with levels. An inventory item with the SKU of a bundle is left out,
// also if the bundle cannot be read.
//
// The list of products is read whole by each poll, because ShipBob documents no values of its filter
// ProductType: one more request for each 100 products. The token needs the scope products_read.
// SHIPBOB_STOCK_BUNDLES=false leaves it out. If the
// products cannot be listed, the levels of items go on, and "list of products" is a change that cannot
// be read until they can. The version of a bundle is when the first page of items was answered.
//
// # Versions
//
// ShipBob has no webhook for stock, and its list has no time of a change (OpenAPI 2026-01,
// Inventory.FulfillmentCenterResponse). inventory/history:query has the time of movements alone, and
// an order that commits stock moves nothing. The list is therefore read whole by each poll, and what
// differs from the poll before is looked at (connector.Feed.Snapshot). The version of a level is the
// time at which ShipBob answered, by its own clock: the header Date. The newest snapshot wins in
// whichever order they arrive, and a level that a target has confirmed is not delivered again.
//
// # Limits
//
//   - Inactive and digital items are not listed, and neither is one without a SKU or without
//     locations: the target keeps what it had.
//   - Two items of one SKU are rejected, because either would be taken for the whole stock.
//   - A poll takes one request for each 250 items, of the 150 that ShipBob allows in a minute.
package stock
