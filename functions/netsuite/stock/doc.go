// Package stock polls NetSuite for stock levels: poller.go lists what changed by SuiteQL, and
// source.go translates a level into an inventory.level event.
//
// An event has the key {System: "netsuite", Tenant: the account, Type: "inventory", ID: SKU and
// location, such as "TEE-BLK-M@5"}. Its body is a canonical.InventoryLevel:
//
//	SKU        the item's external id, as orders name their items
//	Location   NetSuite's internal id of the location, such as "5"
//	OnHand     quantityOnHand, and Available quantityAvailable; a part of a piece is kept
//	At         lastQuantityAvailableChange
//
// The locations are those of NETSUITE_STOCK_LOCATIONS: NetSuite is master of their stock. Other
// locations, inactive items and items without an external id are not listed.
//
// # Versions
//
// The version of a level is lastQuantityAvailableChange, by NetSuite's clock in whole seconds, so
// that the newest snapshot wins in whichever order they arrive. A poll looks at changes that are
// two minutes old or older (reconcile.Plan), when the second is over. A level whose content each
// target has confirmed is not published again.
//
// A quantity below zero is backordered. It is read as 0, and the event notes that: there is no
// less than nothing to sell.
//
// # SuiteQL
//
// Levels are rows of aggregateItemLocation, which has inventory items, assemblies, and lot and
// serial numbered items. Times are compared and written in UTC by SYS_EXTRACT_UTC, because SuiteQL
// answers in the zone of the integration's user. Pages follow on the last row's time, item and
// location, 1000 rows at a time, so that a level that changes meanwhile hides no other. That
// lastQuantityAvailableChange is a column of the table was seen in public code, not live.
package stock
