// Package owner remembers whose shipment a fulfillment of an order is: one of a system that ships, such as a
// warehouse, of which Causeway made the fulfillment, or one of the shop itself.
//
// A fulfillment in Shopify names neither the app that made it nor a reference of ours (FulfillmentInput and
// Fulfillment, Admin API 2026-10), and its webhook may arrive before the answer to the mutation does, or
// although that answer was lost. So the target announces each fulfillment before it asks for it: order,
// pieces of each order line, tracking numbers, and the shipment. The source reads the announcements after
// the fulfillment exists, and so finds each one of its own (connector.CrossRef.Gather: of two calls at the
// same time, one returns the values of both).
//
// A fulfillment is the announced shipment's if it has exactly its pieces and its tracking numbers, and no
// other fulfillment has taken that announcement. A person who fulfills in Shopify by hand what a warehouse
// shipped, with its tracking number, therefore makes no second shipment either. What was decided of a
// fulfillment stays, also if its tracking changes. The announcements of a shipment that is cancelled end with it, unless a
// fulfillment has taken them: what a person ships in its place is the shop's own. If it left after all,
// its fulfillment is announced anew.
package owner
