// Package shipbob connects the warehouse ShipBob (REST API 2026-01): orders go out to it, and
// its shipments come back as canonical events.
//
// # Keys of what comes back
//
// An event of ShipBob has the key {System: "shipbob", Tenant: the account's name, Type:
// "shipment", ID: ShipBob's shipment id}. Its body is a canonical.Shipment:
//
//	Order     the id of the order in its store, such as "5001"
//	Location  ShipBob's id of the fulfillment center, such as "9"
//	Carrier, Service, Tracking   as ShipBob names them
//	Lines     by SKU; Line is empty, because ShipBob has no id of the store's line
//
// Parents of the event has one key: the order's in its store, {System: "shopify", Tenant:
// "brand.myshopify.com", Type: "order", ID: "5001"}. The type is "shipment.shipped", which a
// target gets once for each shipment, however often ShipBob reports it.
package shipbob
