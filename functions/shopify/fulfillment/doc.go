// Package fulfillment writes shipments of a warehouse to Shopify: target.go finds the order of a
// shipment, shipping.go plans and creates its fulfillments and recognizes those that are there,
// later.go corrects, delivers and cancels them, encode_fulfillment.go writes the input of a mutation, and wire.go has the queries, what is read of
// their answers, and what a user error means.
//
// Every event of a shipment sets its whole state, whichever arrives first. A shipment that left
// becomes a fulfillment of the order's fulfillment orders: one for each location
// that the order's pieces are assigned to, of at most 250 lines, with exactly the lines and pieces
// that were shipped, those of the location in SHOPIFY_LOCATIONS first. A line is found by the id of the order line where the warehouse knows it,
// or else by its SKU, among fulfillment orders that are open or in progress. Nothing is written
// unless all pieces of the shipment are open: more than that is a conflict for a person, because
// Shopify fulfills no more than was ordered, and so is an order of which nothing is left to fulfill.
// A fulfillment order on hold, or scheduled, is waited for, and so is one that the app does not see. The customer is notified by Shopify (SHOPIFY_NOTIFY_CUSTOMER), and never about a backfill.
//
// A later state changes the fulfillments:
//
//	another number or carrier   fulfillmentTrackingInfoUpdate, with notice to the customer by the same rule
//	delivered                   fulfillmentEventCreate (DELIVERED), unless Shopify shows it as delivered
//	cancelled                   fulfillmentCancel, after which Shopify has the pieces open again
//	more pieces than before     a further fulfillment
//
// A fulfillment that a person cancelled in Shopify is not made again, and one with more pieces than the
// warehouse reports now is not made smaller: both are conflicts. A cancelled shipment of which Shopify
// has nothing changes nothing. A fulfillment that is another shipment's too, such as one that was deleted at its
// source and made again with the same number, stays until that one is cancelled, and
// one that left after all has it again.
//
// fulfillmentCreate is not idempotent: it takes no idempotency key and no reference of ours, so
// its guarantee is search. A fulfillment is recognized by a tracking number of the shipment,
// among the fulfillments of its order, if all its lines are lines of the shipment; a delivery that
// was cut off between two locations creates what is missing. So a shipment that is confirmed a
// second time under another id has no second fulfillment. The id of each fulfillment is bound to its
// shipment in our own memory. A shipment without a tracking number cannot be recognized by its content,
// and only after an attempt of unknown outcome a fulfillment without a number, of exactly its
// lines, that no other shipment is bound to, is taken as its own. Once the first fulfillment is known
// by its id, the others are those with its numbers, so it is corrected and cancelled last. Tracking is
// written only if it differs, an event only if there is none, and what is cancelled stays so: all
// three may be repeated after the fulfillments were read again. If our memory of a shipment is lost
// and its number was corrected since, it is not recognized, and its pieces are found to be fulfilled:
// a conflict for a person.
//
// The carrier is the one of SHOPIFY_CARRIERS, or of Shopify's list of tracking companies, whose
// addresses it builds by itself, or "Other" with the address that the warehouse gave. User errors
// of these mutations have no code (UserError has field and message only), so their words decide:
// pieces or fulfillment orders that changed since they were read are read again.
//
// A shipment takes three calls and requests 1,700 points, of which some 60 are charged; a later state
// takes two to read and one for each change. The app needs read_orders, write_merchant_managed_fulfillment_orders,
// the same of assigned and third_party fulfillment orders for locations of a fulfillment service, and
// read_locations or read_inventory for the location's id (changelog of 2025-03-31). Fulfillment
// orders that its scopes do not cover are not shown.
//
// Shopify reports a shipment that it has as orders/updated. Only the order's fulfillment status
// differs there, which no ERP gets, so nothing is written. It reports it as fulfillments/create too, which
// Causeway subscribes to if the shop has shipping locations (SHOPIFY_SHIPPING_LOCATIONS). A location of
// SHOPIFY_LOCATIONS is none of them. If Shopify has the pieces at a shipping location nevertheless, the
// fulfillment is announced before it is made, so that the source knows it as ours (package owner).
package fulfillment
