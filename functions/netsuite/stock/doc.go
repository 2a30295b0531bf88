// Package stock polls NetSuite for stock levels: poller.go lists what changed by SuiteQL, and
// source.go translates a level into an inventory.level event. kit.go lists kits with their members,
// and kit_level.go counts how many kits the members allow.
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
// # Kits
//
// A kit or package item has no stock of its own (NetSuite help section_N3190551: a sale of it takes
// its members from stock). It has a level like that of an item at each configured location:
//
//	OnHand     the smallest floor(quantityOnHand of a member / its quantity in the kit), and
//	           Available the same of quantityAvailable (kitting.Whole)
//	At         empty, so that a change that leaves the number of kits is no other content
//
// Members that have stock limit the kit: inventory items and assemblies (itemtype InvtPart and
// Assembly). Services, non-inventory items and the like do not, and a kit of those alone has no level.
// A member without a level at the location has 0 there, and so has an inactive one. An item in two
// lines is added up. A kit in a kit is counted by its own members, three deep at most, and one that is
// inactive has 0. Package kit has the joins, and what is rejected.
//
// The version of a kit's levels is the newest lastQuantityAvailableChange of its members at the
// configured locations, or lastModifiedDate of the kit, a kit in it or a member if that is newer. The members are a
// sublist of the kit, so adding, changing or removing one is a change of the kit; that this moves
// lastModifiedDate is inferred. Content and version are of one query. Kits have a feed of their own,
// with one more request a poll for each 1000 members and locations that changed. If it fails, the
// levels of items go on. NETSUITE_STOCK_KITS=false leaves it out.
//
// Limits: A member is counted in the unit of its stock, and a unit of measure of its own is not read.
// A kit that is inactive, or loses its last member, is not listed: the target keeps what it had. A
// change of a member that becomes visible more than two minutes late, when a newer one of the same kit
// has been read, is found with the next change of that kit.
//
// # SuiteQL
//
// Levels are rows of aggregateItemLocation, which has inventory items, assemblies, and lot and
// serial numbered items. Times are compared and written in UTC by SYS_EXTRACT_UTC, because SuiteQL
// answers in the zone of the integration's user. Pages follow on the last row's time, item and
// location, 1000 rows at a time, so that a level that changes meanwhile hides no other. That
// lastQuantityAvailableChange is a column of the table was seen in public code, not live. So were itemtype
// InvtPart, Assembly and Kit: in several public repositories. Pages of kits follow on the last kit's time and id; a page ends with a
// whole kit.
package stock
