// Package levels publishes the stock of locations that a shop is master of (SHOPIFY_MASTER_LOCATIONS):
// source.go translates webhooks and what a poll read, poller.go lists the levels that changed, and wire.go
// has the queries and what is read of their answers.
//
// An event is inventory.level with the key {System: "shopify", Tenant: the shop, Type: "inventory", ID: SKU
// and location, such as "TEE-BLK-M@655441491"}. Its body is a canonical.InventoryLevel:
//
//	SKU        the inventory item's SKU
//	Location   Shopify's id of the location; a target's setting names it shopify/655441491
//	Available  the quantity "available"; below zero is 0, which the event notes
//	At         updatedAt of the level, which is its version too
//
// # Webhooks
//
// inventory_levels/update has the ids of item and location and no SKU, and inventory_levels/disconnect is
// of an item that is no longer stocked at the location. Both are hints: the level is read anew from the
// API, and what was read is published. Two changes within a second have one updatedAt, and
// X-Shopify-Triggered-At decides: of two levels with the same second, the one read for the later webhook is
// the newer one. Both need the scope read_inventory (Admin API 2026-10, WebhookSubscriptionTopic). The list
// of a location needs read_locations too: read_inventory alone shows a location's id only (changelog of
// 2025-03-31, "Location ID queryable with inventory scopes").
//
// # Poll
//
// A location lists its levels by updated_at, without an order (Location.inventoryLevels has no sort key). A
// poll therefore reads a window of time whole and sorts it. A window with more than a page of a location is
// halved, down to a second, which is read page by page. Each window is a page of the poll, so that a poll that
// has to wait for the shop's points goes on where it was. Deactivated levels are listed too and have 0 pieces.
// Each level that is new to a target is read once more by its SKU, or by its item where the search, which is
// eventually consistent, does not find the SKU.
//
// # What is left out
//
//   - An item without a SKU, and one whose quantity Shopify does not track. The delivery is skipped with
//     that reason.
//   - A SKU that several tracked items have at the location is rejected with their ids: each would be taken
//     for the whole stock.
//   - An item whose SKU changed is published under the new one from its next level on. The old SKU keeps its
//     last level at a target.
//
// # One master
//
// A location that is a target in SHOPIFY_STOCK_LOCATIONS has another master, and the start rejects it as a
// master location. Levels that Causeway sets are therefore never published, and two stores that exchange
// stock cannot answer each other. What the other store sells does not lower the level here: no flow makes
// an order in another store.
package levels
