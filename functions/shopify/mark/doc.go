// Package mark shows at an order in Shopify what a warehouse has of it, for the people who work there.
//
// Every event of a warehouse's order has its whole state, and the newest wins. The order gets:
//
//	held          the tag SHOPIFY_HOLD_TAG
//	discrepancy   the tag SHOPIFY_DISCREPANCY_TAG
//	both          the metafield causeway.warehouse with the reason in words, such as
//	              "held: OutOfStock: No Stock On Hand For Sku (TEE-BLK-M)"
//	otherwise     neither tag; the metafield, if there is one, says "released" or "cancelled"
//
// An order that was never held is read and not written to.
//
// A hold of Shopify's own (fulfillmentOrderHold) is not used: Shopify fulfills nothing of a fulfillment
// order on hold, so that the shipment that ends the hold would have to wait for the event that releases
// it, and one that a person placed for another reason would look the same as ours.
//
// The guarantee is external_id: the event names the order by Shopify's own id, and each mutation sets a
// state. tagsAdd and tagsRemove change a set, and metafieldsSet replaces the value under its owner,
// namespace and key (Admin API 2026-10, mutations of these names), so that each may be repeated.
// The app needs write_orders.
//
// Shopify reports the new tag as orders/updated, after which the order has the same content at an ERP
// and a warehouse. A tag of this package must not be one of SHIPBOB_HOLD_TAGS: what the warehouse holds
// would be cancelled there.
package mark
