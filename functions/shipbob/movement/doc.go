// Package movement polls ShipBob for the movements of stock that no order caused: wire.go reads ShipBob's
// inventory history, poller.go lists it, and source.go translates a movement into an event. An ERP books
// each, so that it has on hand what the warehouse has.
//
// An event has the key {System: "shipbob", Tenant: the account's name, Type: "movement", ID: ShipBob's
// inventory_audit_event_id and the fulfillment center, such as "32204-9"}, because one movement between
// two centers changes both. Its body is a canonical.InventoryMovement:
//
//	SKU        sku of the side that counts
//	Location   ShipBob's id of the fulfillment center, such as "9"
//	Change     pieces, below 0 if the center has less
//	Reason     event_category
//	Reference  type and value of primary_reference, or the first additional_reference
//	At         event_datetime, which is UTC and has no zone in the guide's example
//
// The fulfillment centers are those of SHIPBOB_MOVEMENTS. The token needs the scope inventory_read. The
// sources are ShipBob's guide (developer.shipbob.com, "Inventory History") and OpenAPI 2026-01,
// /inventory/history:query.
//
// # Categories
//
// A target that books shipments and refunds would count a picked or a returned piece twice. Therefore:
//
//	ReceivingStow             inventory.received: a piece of a receiving order is on its shelf, and on hand
//	InventoryAdjusted         inventory.adjusted: found, lost, damaged, or on hand was set
//	InventoryFacilityUpdated  inventory.adjusted at each of the two centers
//	OrderPicked               not published: the item fulfillment of the shipment books it
//	InventoryRestocked        not published: a picked piece went back, and nothing of it was shipped
//	InventoryReceived         not published: a returned piece, which the refund or the return books, or
//	                          goods at the dock, which are on hand when they are stowed
//	AttributeUpdated          not published: a lot or a date changed, and no quantity
//	KittingStow               not published: a kit was made of its components, which is an assembly build
//
// # What changes
//
// A movement has two sides: the increment is at the shelf where the pieces arrive, the decrement where they
// were. Of a stow only the increment counts, because the decrement is the box of the receiving order, which
// is not on hand. Of the others, the sides at the fulfillment center are added up; of two of which one names
// no shelf (location_id), that one is no stock and is left out. A movement from shelf to shelf adds up to
// zero and is skipped.
//
// # Polling
//
// A movement never changes, so that its version is its time. Each center has a feed for each of the three
// categories, because the API takes one center and at most one category at a time, and a list with picks
// would be long. A list is by day: start_date is sent as a day, and earlier movements of that day are left
// out here. A poll begins some minutes before the newest movement that it saw (reconcile.Plan), and a
// movement that is listed again is known by its id. One page has the movements of up to 30 days, sorted by
// time; ShipBob pages by the id of the last movement (cursor). The last page names no end_date: its default
// is the current date. If that leaves out the day that is not over, its movements come a day later, and none
// is lost, because the next poll begins at the newest movement and not at the time of the last poll.
//
// # Limits
//
//   - ShipBob lists 90 days. A list that begins earlier is cut to 89: what an installation did not poll for
//     longer has to be booked by hand.
//   - A movement that ShipBob lists after a newer one of its list, and more than ten minutes (reconcile.Plan)
//     after its own time, is missed. How late ShipBob lists movements is not documented.
//   - The history has inventory items. A bundle has none, and its components move.
//   - A movement without a SKU is rejected, because no target finds its item.
//   - Which places the sides of an InventoryAdjusted name was not seen live. Compare on hand of both
//     systems before the flow is left alone.
package movement
