// Package hubspot writes customers, orders, shipments, refunds and what a warehouse has of an order to the CRM
// HubSpot (date-versioned API 2026-09, or 2026-03). It is a target only.
//
// # Guarantee
//
// Contacts and orders have the guarantee external_id: each record is upserted by a custom property
// with unique values, which holds our own key, so that a repeated request changes nothing. POST
// /crm/objects/2026-09/{object}/batch/upsert creates or updates "records identified by a unique
// property value as specified by the idProperty" (developers.hubspot.com, "Create or update a batch
// of objects by unique property values"). Nothing is found by the search endpoint, whose index lags
// behind: batch/read by id or unique value is consistent.
//
// Shipments and refunds have the guarantee search, by a read of their order. All facts of an order
// are one list in its properties, so a write that was given up, and takes effect late, takes the
// facts away that were added since. It is repeated only once it can no longer do so, and then
// writes all of them.
//
//	contacts     causeway_customer  shopify/brand.myshopify.com/customer/7
//	orders       causeway_order     shopify/brand.myshopify.com/order/5001
//	line_items   causeway_line      shopify/brand.myshopify.com/order/5001/1
//
// # Contacts
//
// HubSpot has one contact for an e-mail address, and answers CONFLICT to a second. The contact that
// has the address is then adopted, if it is no customer's. Otherwise the customers share it: a guest
// and an account, or one person in two stores. It keeps the key of the first, but an account takes
// it over from a guest. A customer without an address has a contact too. A changed address changes
// the contact. If a contact without a customer has the new address, a person has to merge the two
// (CodeTwoContacts).
//
// # Orders
//
// Deliver sets the state of an order: its properties, its line items, the associations to both,
// and the lifecycle stage of the contact once something is paid. The event type has no influence.
// The number of requests:
//
//	new            6 (order, line items, two associations, stage of the contact; 5 if nothing is paid)
//	known          6 (without the association of line items that are linked, with a look at them)
//
// and one more for each further 100 lines. A line of which nothing is owed any more has no line
// item: it is archived, unless a person added it. Shipping, tax and charges are in the total only.
//
//	causeway_state     open, paid, shipped, refunded, cancelled: the last of these that holds
//	causeway_payment   the financial state of the canonical model, such as partially_refunded
//	hs_fulfillment_status   the store's own value
//
// HUBSPOT_ORDER_STAGES moves the order to a stage of a pipeline by its state.
//
// # Shipments and refunds
//
// HubSpot has no record for either. They are lists in properties of the order, which no event of
// the order writes: causeway_tracking, causeway_shipped_at, causeway_delivered_at, causeway_shipments,
// causeway_refunded (the sum) and causeway_refunds. A refund counts with what it pays back, not with
// its credit. Two facts of one order may be written at once, and HubSpot has no compare-and-set;
// fact.go says how the list stays whole.
//
// The list has the newest state of each shipment, with the system that reported it, because two systems may
// have the same number. A cancelled one stays in causeway_shipments with the
// word, its tracking numbers go, and one that was never shipped is not listed. causeway_delivered_at is
// set once every shipment that left was delivered. causeway_state goes by the store's order, which is
// shipped or not by what the store has of its fulfillments.
//
// # Warehouse
//
// causeway_warehouse says what a warehouse has of the order, such as "released", "held: OutOfStock
// (TEE-BLK-M)" or "discrepancy: 2 of 3 TEE-BLK-M left", and causeway_released_at since when. Each
// event has the whole state, and the newest wins.
//
// causeway_returns lists the returns that a warehouse expects or received, with what it put back into
// stock: a list of facts like that of shipments. Money is not in it; it is the refund's.
//
// # Failures
//
//   - A batch is answered with 207 if an input fails, also a batch of one. The others are written;
//     the error names the field of the canonical model, and the property.
//   - 429 with policyName DAILY is an outage of the connection: nothing succeeds before midnight of
//     the account's time zone. HubSpot does not name that time; it is at a full quarter of an hour
//     of UTC in every zone, so the connection is tried once then. Limits of a second or ten are
//     throttles.
//   - A scope (MISSING_SCOPES), property (PROPERTY_DOESNT_EXIST) or option of a stage that the
//     account lacks is our own configuration: messages wait under its name. Doctor checks the
//     properties, and says with which type each is created.
//   - Since 2026-09 the account's own rules hold for the API too, such as a property that one stage
//     makes required (developers.hubspot.com, "CRM API Write Validation Enforcement"). Such a
//     rejection is a VALIDATION_ERROR that names the property.
//   - HubSpot's words are never part of an error, because they quote values.
//
// # Limits
//
//   - Scopes: crm.objects.contacts, crm.objects.orders and crm.objects.line_items, each read and
//     write; for doctor crm.schemas of the three, read.
//   - 100 requests in ten seconds (190 with a larger subscription), 100 inputs of a batch, ten
//     unique properties of an object.
//   - Version 2026-09 is supported until 2028-03-09 at least, 18 months after its release, and
//     2026-03 until 2027-09-30 (doctor warns before).
//   - A contact that was deleted at HubSpot is not made again by its orders, which then have none.
//   - A line that comes back after it was archived is a new line item. HubSpot does not say whether
//     the recycle bin keeps a unique value; if it did, the upsert would fail with a conflict.
//   - The paths of 2026-09 for batch/upsert, batch/read, properties and associations are those that
//     HubSpot's reference has for 2026-03 with the other date; the shapes of requests and answers are
//     those of its Node client for v3 and v4. Neither could be tried against an account. That the
//     account answers with a 207 for a failed input, instead of rejecting the batch, is not stated
//     for upserts; both are read.
package hubspot
