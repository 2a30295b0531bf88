// Package returning shows at an order in Shopify what came back to a warehouse of it, and closes the
// returns of which all pieces came.
//
// Several returns of a warehouse may be of one order, and so may several returns in Shopify; neither
// names the other. The order therefore has the state of each of the warehouse's returns, the newest of
// each, in two metafields that are written at once:
//
//	causeway.returns        the states in words, a line each:
//	                        "445001: 2026-11-29 received 2 TEE-BLK-M (1 restocked)"
//	causeway.returns_state  the same as JSON, from which the next delivery reads them
//
//	return.requested  adds its state, unless Shopify has a return of the order that is OPEN or REQUESTED:
//	                  then nothing is written
//	return.received   adds its state. Each return that is OPEN is closed by returnClose if what the
//	                  warehouse has received of the order, in all of its returns, covers each of its
//	                  pieces, by SKU
//
// Received pieces cover the CLOSED returns first, also those that a person closed, and then the OPEN ones,
// the oldest first. An OPEN return of which pieces are missing keeps what came for it, and stays
// open. So a piece never closes two returns. A return with an article without a SKU, or one that is not
// of the order (UnverifiedReturnLineItem), is left to a person, and so is one in any other state. More
// pieces than expected, or a SKU that no return has, are shown and have no other effect. A return that
// was closed is not opened again if the warehouse corrects what it received.
//
// Nothing is refunded or restocked: "Indicates a return is complete, either when a refund has been made
// and items restocked, or simply when it has been marked as returned in the system" (returnClose, Admin
// API 2026-10). The store refunds a return when its status is OPEN or CLOSED (returnRefund).
//
// The guarantee is search: the order is read first, and only what it lacks is written. A return that is
// closed already is not closed again, nor is a state written that the order has. Two deliveries of
// one order may be written at once, so that the metafields are set with compareDigest: the order is read
// again if another delivery was faster (STALE_OBJECT), and also if a return is no longer open
// (INVALID_STATE). The app needs write_orders, read_returns and write_returns.
package returning
