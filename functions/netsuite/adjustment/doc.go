// Package adjustment books the movements of a warehouse's stock in NetSuite: booking.go has the settings,
// and target.go writes an inventory adjustment for each movement, so that on hand is what the warehouse has
// once the shipments, refunds and returns are booked too.
//
// The adjustment is upserted under an external id that follows from the movement's key, and never changed
// after that. It has one line:
//
//	inventory.item         the item by its external id, the SKU
//	inventory.location     by NETSUITE_ADJUSTMENT_LOCATIONS, from the warehouse's location
//	inventory.adjustQtyBy  the change, below 0 if pieces are gone
//	account                NETSUITE_ADJUSTMENT_ACCOUNT, or NETSUITE_RECEIPT_ACCOUNT of goods that arrived
//	subsidiary             by NETSUITE_ADJUSTMENT_SUBSIDIARIES, from the warehouse's location
//	tranDate               the business day in NETSUITE_TIMEZONE
//	memo                   the key, the reason and the reference of the movement
//	department, class      by the entry "*", or that of the warehouse, of their settings
//
// Goods that arrived are an adjustment too, because Causeway has no purchase orders that an item receipt
// could be made of. An installation that receives purchase orders in NetSuite leaves the flow off for
// inventory.received, or books receipts to an account of their own (NETSUITE_RECEIPT_ACCOUNT) that the
// purchase side clears.
//
// The names of the fields follow NetSuite's SOAP schema (tranInvt, InventoryAdjustment, as the public library
// NetSweet/netsuite has it), whose names REST shares, and the published REST API Browser 2026.1. NetSuite
// demands an account, and a subsidiary where the account has several. Its online help (section_N3676432,
// "Inventory Adjustment") says that an adjustment changes quantity and value without a purchase order. No
// unit cost is sent: NetSuite values the pieces by the item's costing method, such as the average.
//
// # Rules
//
//   - A location without an entry, a missing account and a closed period wait, with the setting's name. A closed
//     period follows NETSUITE_CLOSED_PERIOD, as it does for payments.
//   - An id of a setting that NetSuite does not take is of class config, with the setting's name.
//   - A SKU that NetSuite does not have is rejected as missing_ref. One of an item that has no stock, such as a
//     kit, is rejected with the item's type, because only its members have stock.
//   - Movements, shipments and returns of one location are booked at one location of NetSuite: without an
//     entry of NETSUITE_SHIP_LOCATIONS at that of the movements, and an entry with another id is an error at
//     start.
//   - A location may be in NETSUITE_STOCK_LOCATIONS too. Stores then sell by NetSuite's books, of which the
//     warehouse corrects what is on hand; they are two masters only if a store gets the levels of both, which
//     the stores' own settings reject.
//
// # Limits
//
//   - With NETSUITE_RETURNS=credit a refund's credit puts pieces back at the location of NETSUITE_LOCATIONS
//     or NETSUITE_LOCATION. Pieces that came back to another center, that the store did not restock, or that
//     the warehouse did not, are moved or booked by hand.
//   - Items with lots, serial numbers or bins are rejected: NetSuite demands an inventory detail, which a
//     movement does not have.
//   - An adjustment that a person changed or deleted in NetSuite is not written again, unless the movement
//     is redriven after it was deleted.
package adjustment
