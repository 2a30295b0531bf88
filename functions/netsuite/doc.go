// Package netsuite writes orders, customers and payments to NetSuite over SuiteTalk
// REST, record service v1, release 2026.1.
//
// What it does, and with how many calls:
//
//	customer.upserted  PUT customer         new: a search by e-mail and the write, 2 calls (no
//	                                        address: 1); known: 2; linked to a record that was
//	                                        there before: 2; set by an operator: none
//	order.placed       PUT salesOrder       1
//	order.changed      PUT salesOrder       1
//	order.cancelled    PUT salesOrder       1, every line closed
//	payment.captured   PUT customerDeposit  1
//
// Authentication is either token-based (OAuth 1.0a, HMAC-SHA256) or OAuth 2.0 client
// credentials with a signed assertion (PS256 or ES256). NetSuite phases the first out
// for new integrations from 2027.1, so both are here. A role for the connector needs:
// REST web services, SuiteAnalytics (SuiteQL), customers, sales orders, customer deposits.
//
// It promises:
//
//   - Every write is an upsert under an external id that follows from the entity's key
//     (see ExternalID), so that it may be repeated at any time without a second effect.
//   - Sublists are replaced, never merged: NetSuite would append the lines of a repeated
//     order to those already there.
//   - A sales order's lines and shipping cost add up to the store's total to the minor
//     unit. Lines are net of discount and of tax; all tax stands on one line of its own,
//     and what rounding leaves on another. The encoder proves the sum before it sends.
//   - Amounts are decimal text from end to end. Text too long for a field is refused with
//     the field named, never cut.
//   - No error holds personal data or NetSuite's own wording, which quotes values: only its
//     code and the field's path, in terms of the canonical entity.
//
// It does not retry, order or remember anything; the pipeline does. It does not create
// items, price levels or tax codes, and it neither fulfils nor refunds.
//
// Limits: NetSuite counts concurrent requests per account, shared with every other
// integration (5 to begin with), hence NETSUITE_CONCURRENCY, which all functions keep
// together. Where others use the account more than that leaves, NetSuite says so with 429
// or SSS_REQUEST_LIMIT_EXCEEDED, and the pipeline keeps to less for a while. A record may
// take many seconds to save where scripts run on it.
//
// Decisions:
//
//   - Identity of customers. Our own external id comes first, then the exact normalised
//     e-mail address. A record that matches by e-mail and is not of this store is linked and
//     never written; one of the same store is another person. Of several the oldest, with
//     the lowest id, is taken. NETSUITE_CUSTOMER_OVERRIDES beats both.
//   - A line whose quantity and amount are zero was taken off the order and is not sent.
//   - A rate is sent only where amount / quantity ends within eight decimals. Otherwise
//     NetSuite derives it from the amount, which is what has to be right.
//   - order.placed sets the approval status (pending, or approved if it is paid).
//     order.changed only ever approves, so that it does not take back what was approved in
//     NetSuite, and order.cancelled leaves it alone.
//   - A shipping cost needs a shipping item in NetSuite. Once NETSUITE_SHIP_METHODS is set, a
//     delivery with a code that is not in it is refused; "*" stands for every other code.
//   - A payment without a customer takes the sales order's, as NetSuite does by itself.
package netsuite
