// Package inventory writes stock levels of an ERP or a warehouse to Shopify: target.go finds what a
// level means for which location, batch.go reads and sets what is asked for together, and wire.go
// has the queries, the mutations, what is read of their answers, and what a user error means.
//
// inventory.level becomes the quantity "available" of one inventory item at one location: what is
// available, less the safety buffer, as whole pieces, and never below 0.
//
// # Guarantee
//
// The guarantee is compare_and_set. inventorySetQuantities sets a quantity only while Shopify still
// has the one that is named as changeFromQuantity, and answers CHANGE_FROM_QUANTITY_STALE otherwise
// (shopify.dev, "inventorySetQuantities"; "Manage inventory quantities and states", compare and
// swap). A sale in the store lowers the quantity at once, long before the ERP reports it. What we
// set last is therefore mostly not what Shopify has, and each delivery reads first: the quantity that
// is named is the one that we saw last, a moment ago. A level that Shopify has already is not
// written. One that changed since it was read is a conflict, and the pipeline delivers it again,
// which reads again.
//
// @idempotent is required for the mutation since 2026-04. Its key is derived from the events, the
// quantities and the attempt's round, so that a repeated request is one request at Shopify.
//
// # Batches
//
// A mutation sets up to 250 quantities ("inventorySetQuantities", input). Messages of one worker
// that were received together are combined (package combine): a thousand changed levels are four
// mutations, and a query for each 50 SKUs of a location. One with a user error changes nothing at
// Shopify, so the levels that are at fault are taken out and the others are sent again at once: a
// stale level never fails the other 249.
//
// # What is not set
//
//   - A SKU that the shop does not have is rejected, or skipped (SHOPIFY_STOCK_UNKNOWN_SKU). So is
//     one that several variants have, because the quantity would be sold several times.
//   - An item whose quantity Shopify does not track is skipped with that reason.
//   - An item that is not stocked at the location is activated there, then set.
//   - A location with the entry "none" is skipped. One without an entry waits for it.
//
// # Limits
//
//   - A location of a source feeds one location of one shop, and two never feed the same: both
//     would be master of its stock. Open rejects such settings and names both.
//   - The query costs 3 points for each level. The bucket of the smallest plan holds 2,000 points and
//     restores 100 a second, so that it takes 33 levels a second in the long run. Half of the bucket is
//     left for fulfillments and orders, and a batch waits a little until the rest pays for all of it.
//   - If a mutation with a user error changed other quantities after all, they are found set when
//     their messages are delivered again.
package inventory
