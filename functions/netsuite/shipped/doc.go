// Package shipped polls NetSuite for item fulfillments that a person or a warehouse's own integration made
// there: poller.go lists them by SuiteQL, row.go reads one, source.go translates it into shipment.shipped,
// shipment.updated or shipment.cancelled, and memory.go knows which were published.
//
// The key is {System: "netsuite", Tenant: the account, Type: "shipment", ID: the internal id}. The event's
// parent is the order in its store. The body is a canonical.Shipment with the whole state:
//
//	ID         internal id
//	Order      the store's id of the order, from the sales order's external id or memo (record.Stores)
//	Status     shipped, or cancelled
//	Location   internal id of the location, if all lines have one
//	Carrier    UPS, with the shipping method as Service; or else the shipping method, or the group of
//	           carriers if there is none
//	Tracking   the numbers of all packages; NetSuite has no address of them
//	Lines      by SKU, which is the item's external id; Line is empty
//	ShippedAt  the beginning of the day of trandate in NETSUITE_TIMEZONE
//
// NETSUITE_SHIPPING_LOCATIONS switches the list on. It names the locations that NetSuite is master of
// shipments for. A location that NETSUITE_SHIP_LOCATIONS or NETSUITE_ADJUSTMENT_LOCATIONS has for a warehouse
// is one whose shipments come from that warehouse, and cannot be among them. Lines at other locations are left
// out, with a note. The list has the fulfillments of sales orders of the stores in NETSUITE_SUBSIDIARIES;
// those of transfer orders and of other sales orders are not in it.
//
// # Goods
//
// A kit is shipped as the kit: its members, which have kitmemberof, are left out. Items without an external
// id and those of NETSUITE_ITEM_… have no SKU in a store, and are left out with a note. A fulfillment without
// any other line is skipped, or cancelled if it was published with one; but if its items have lost their external
// ids since, it is rejected, because the goods left. Several lines of a SKU are added up.
//
// # States
//
// Status C is shipped. A is picked and B packed: nothing of it left, and it is skipped, unless it was published
// as shipped before. Then it was set back, which is shipment.cancelled. The first state that is published as
// shipped is shipment.shipped, and each later one, such as with another tracking number, is shipment.updated. A shipped
// state that is translated after a later one that is no shipment is skipped.
//
// A deleted fulfillment is in no list of transactions. With NETSUITE_SHIPPING_DELETED the table DeletedRecord
// is polled too, and one that had been published is shipment.cancelled. The role needs the permission Deleted
// Records for it (NetSuite help, section_N3497592). Without the setting a person sets a fulfillment back to
// Picked and deletes it after the next poll, or cancels the shipment in the store by hand. A cancelled shipment
// has the goods and numbers of its last state that was published.
//
// # Versions
//
// The version is lastmodifieddate in whole seconds, polled two minutes later, as in package orderstate. Lines
// and tracking numbers are read after the list, so that they may be newer than the version; the next poll then
// reports them again.
//
// # Echo
//
// An item fulfillment that package sale made for a shipment of another source has the external id of that
// shipment (record.ExternalID), which NetSuite keeps unique. Every external id of that form is skipped, in
// whichever location it is. External ids of other integrations are published.
//
// The store's fulfillment comes back as a change of the store's order, in which nothing differs that package
// sale compares. A store that publishes shipments of its own (SHOPIFY_SHIPPING_LOCATIONS) does so for other
// locations than those that fulfill for NetSuite.
//
// # SuiteQL
//
// Found in public programs, read in the search index, and not seen live by us:
//
//   - Type ItemShip with the states A, B and C (file 63136032281, measured by its author; shipstatus fails).
//   - createdfrom of the main line is the sales order (files 59407538732, 27246063183).
//   - Tracking numbers are in table trackingnumber by way of trackingnumbermap. The columns trackingnumbers
//     and linkedtrackingnumbers cannot be queried (files 63136032281, 62745700202, 33262947348).
//   - shipcarrier is a group of carriers, "UPS" or "FedEx/USPS/More"; the name of shipmethod says more (files
//     62745700202, 63287118601).
//   - A fulfillment has for each item a line of the goods, and beside it lines of the cost of goods sold
//     (iscogs) or of the inventory, with the opposite sign, in some accounts the main line alone (file
//     62745700202). So the sizes of both signs are added up apart, the larger one counts, and the main line
//     counts if there is no other.
//   - DeletedRecord has type, recordid and deleteddate (repository GSpo7/suiteql-sql-library,
//     deleted-records.sql). How it writes the type of a fulfillment was not found; "Item Fulfillment",
//     "itemfulfillment" and "ItemShip" are recognized, in upper or lower case.
//
// Whether a fulfillment's lines have kitmemberof in SuiteQL as a sales order's do was not found. If they did
// not, a store would reject the members, whose SKUs are not in its order.
//
// The role needs SuiteQL on item fulfillments, sales orders and items.
//
// # Limits
//
// SuiteQL counts in the item's base unit. Where rules or NETSUITE_WITHOUT_SKU choose the item of a line, its
// external id is not the store's SKU, and the store rejects the shipment. One whose lines were all moved to
// other locations after it was published is not listed any more. Serial numbers and lots are not published.
package shipped
