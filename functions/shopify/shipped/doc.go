// Package shipped publishes fulfillments of locations that ship by themselves (SHOPIFY_SHIPPING_LOCATIONS),
// by a person or an app of the shop, as shipments: source.go translates webhooks and what a poll read,
// poller.go lists the fulfillments of orders that changed, wire.go has the queries, and body.go what a raw
// message has of a fulfillment.
//
// An event has the key {System: "shopify", Tenant: the shop, Type: "shipment", ID: the fulfillment} and the
// order as its parent. Its body is a canonical.Shipment, as that of a warehouse:
//
//	Status     CANCELLED is cancelled; with deliveredAt, or the display status DELIVERED or PICKED_UP, it is
//	           delivered; else shipped
//	Location   Shopify's id of the location
//	Carrier    company of the tracking, whatever its name
//	Tracking   each number once, with its address
//	Lines      pieces by order line and SKU, of lines that are shipped
//	ShippedAt  createdAt
//
// fulfillments/update gives shipment.updated while nothing else happened. The version is updatedAt, or
// deliveredAt if that is later, but not in the future.
//
// # Webhooks and poll
//
// A webhook is a hint: the fulfillment is read anew. One of another location is skipped without a call. An
// order's own webhooks contain its fulfillments too; they are not read there, so nothing is published
// twice. fulfillments/create and fulfillments/update need the scope read_fulfillments
// (WebhookSubscriptionTopic), the API read_orders, read_merchant_managed_fulfillment_orders for the
// delivery method, and read_locations or read_inventory for the location's id (changelog of 2025-03-31).
//
// The API lists fulfillments by their orders alone. A poll lists orders by updated_at, 40 at a time with ten
// fulfillments each, and reads those of shipping locations one by one. The search filter
// fulfillment_location_id is not used, because it is not documented whether an order whose fulfillment was
// cancelled is found by it. Whether an order's updated_at changes when a fulfillment of it is delivered
// is not documented either; if it does not, a lost webhook of that is not made up for.
//
// # What is no shipment
//
//   - A fulfillment of another location, or of none.
//   - One with the status PENDING, OPEN, ERROR or FAILURE: nothing has left. An unknown status is rejected.
//   - Gift cards and lines that need no shipping, which Shopify fulfills by itself. Other lines of the
//     fulfillment are published.
//   - A fulfillment that Causeway made for another system's shipment (package owner). Usually such a
//     fulfillment is at a location of SHOPIFY_LOCATIONS, which the start rejects as a shipping location.
//     Without an entry there Shopify may have the pieces at a shipping location, and then the announcement
//     decides.
//
// A line without a SKU is left out with a note, and a fulfillment of such lines alone is skipped. A
// fulfillment that was cancelled before it was heard of is published as cancelled, which changes nothing at
// a target that does not have it.
//
// # Point of sale
//
// What was handed over at the point of sale, which Shopify fulfills at once, is delivered as it is created:
// a fulfillment order of it has the delivery method RETAIL, and no other needs a delivery
// (DeliveryMethodType). While the filter pos_fulfilled is on, the ERP does not get the order, and its
// shipment is skipped with it. With the filter off, or if the order was reported before it was fulfilled,
// the sales order is fulfilled too.
//
// # Shipments of two fulfillments
//
// Several fulfillments of an order, at one location or at several, are shipments of their own, even with
// one tracking number. NetSuite takes shipments of a warehouse with one number and the same pieces for the
// same parcel, because a warehouse may confirm it twice, but not two fulfillments of one shop.
package shipped
