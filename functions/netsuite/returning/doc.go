// Package returning writes goods that come back to a warehouse: the return authorization of the sales
// order, and the item receipt that puts them into stock.
//
//	target.go     the delivery: which documents exist, and which are missing
//	articles.go   what comes back, and what of it went into stock
//	books.go      the return beside NetSuite's documents of its order
//	receipt.go    the item receipt, and the end of the authorization
//	encode.go     the bodies
//
// NETSUITE_RETURNS chooses the document that moves the stock. With credit nothing is written here, because
// the refund's credit memo has the items themselves (package refund). With receipt it is the item receipt,
// and the credit memo has items without stock:
//
//	return.requested  a return authorization, made of the sales order by
//	                  POST /salesOrder/{id}/!transform/returnAuthorization?replace=item, with the pieces
//	                  that are to come back, of lines that are fulfilled
//	return.received   the same if there is none yet; its quantities become what came; an item receipt,
//	                  made by POST /returnAuthorization/{id}/!transform/itemReceipt?replace=item, of the pieces
//	                  that went into stock; then all lines of the authorization are closed
//
// Whichever event arrives first creates what is needed, and return.requested changes nothing once
// something was received or closed.
//
// Only pieces that the warehouse put back into stock are received. NetSuite's receipts have a box Restock
// for each line: without it the piece is written off and stock does not change (online help, "Handling
// Returned Items", section_N1308274). The REST API Browser of 2026.1 has no field for it among the 53 of a
// line of itemReceipt. A public integration sends "restock" all the same, but the connector has NetSuite
// reject properties that it does not know. So a piece that was not put back gets no receipt, and its cost
// stays where the fulfillment booked it. The account must have the preference "Restock Returned Items" on,
// which checks the box of each receipt.
//
// The authorization is closed, because the money goes back by the store's refund, which is made of the invoice:
// a line that is closed is in no queue to be received or refunded (online help, "Closing Line Items on
// a Customer Return Authorization", section_N1309679), so that it is not refunded a second time. The memo of
// the authorization then ends with ", received".
//
// # Which pieces
//
// Lines are found by their item, that is by SKU. Several lines of one item share the pieces in their order.
// The pieces of the order's other return authorizations are taken first: of those that a person
// closed only what was received, and of cancelled ones nothing. If less is free than comes back, the delivery
// waits while the order has enough that is not fulfilled yet, because the shipment is on its way to NetSuite,
// and is rejected with the numbers otherwise. NetSuite itself only warns of other authorizations
// (section_N1306234). Two returns of one order that are written at the same moment do not see each other.
//
// A correction of the warehouse is compared with what was received: more pieces in stock open the lines
// again, get an item receipt of the difference, and close them. Fewer are a conflict, because the pieces are
// in the books. A SKU that the authorization does not have, an authorization that a person cancelled, and one
// that a person closed are conflicts too. One that is pending approval is waited for.
//
// The receipt names the location by NETSUITE_SHIP_LOCATIONS, as shipments do, or else by
// NETSUITE_ADJUSTMENT_LOCATIONS; without an entry in either it is that of the authorization, which NetSuite
// takes from the sales order.
//
// # Twice
//
// A transform is not idempotent. The guarantee is external_id: the authorization's follows from the return's
// key and is looked up first; that of an item receipt also has how many pieces were received before it, so
// that one which takes effect late has the same, and NetSuite rejects an external id that is taken.
//
// A change of the setting puts nothing into stock by two documents. A credit memo or a cash refund that
// put pieces of the same item into stock makes the return a conflict with its number, also one that a person
// made of the invoice. One that was made of a return authorization puts nothing into stock. A refund of
// an order with a return authorization of ours books items without stock under either setting.
//
// # Not seen live
//
// The fields are those of the REST API Browser of 2026.1 (returnAuthorization, itemReceipt). A line of
// the first names its sales order's line by item and orderLine, as public integrations send them; orderLine
// of a receipt is the authorization's line (online help, "Item Receipt", section_N3681685). It is not documented
// whether NetSuite opens a closed line of an authorization again; its rejection is a dead letter.
package returning
