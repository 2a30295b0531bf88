// Package netsuite writes orders, customers, payments, refunds, shipments, returns and movements of stock to
// NetSuite over SuiteTalk REST, record service v1, release 2026.1, and reads its stock levels, items, sales
// orders and refunds by SuiteQL.
//
// Deliver sets the state of a record: it reads what NetSuite has, compares, and sends only
// what differs. The number of requests per delivery:
//
//	                   new                    unchanged  changed
//	customer           2 (search, PUT)        1 (GET)    2 (GET, PATCH)
//	sales order        2 (GET, PUT)           2 (GET,    3 (GET, query, PATCH)
//	                                          query)
//	cancelled order    4 (GET, PUT, GET,      1 (GET)    2 (GET, PATCH)
//	                   PATCH)
//	customer deposit   2 (GET, PUT)           1 (GET)    2 (GET, PATCH)
//	refund             2 (query, PUT)         1 (query)  never changed
//	refund of a sale   4 (query, POST, GET,   1 (query)  never changed
//	                   PUT)
//	item fulfillment   4 (GET, GET, query,    1 (GET)    2 (GET, PATCH), removed
//	                   POST)                             4 (GET, GET, GET, DELETE)
//	invoice of it      2 (GET, POST)          1 (GET)    never changed
//	stock movement     2 (GET, PUT)           1 (GET)    never changed
//	requested return   5 (GET, query, GET,    2 (GET,    3 (GET, query, PATCH)
//	                   query, POST)           query)
//	received return    6 (GET, query, GET,    2 (GET,    7, with a PATCH of the
//	                   query, POST, PATCH)    query)     quantities
//	warehouse's state  2 (GET, PATCH)         1 (GET)    2 (GET, PATCH)
//
// The query of a sales order finds the internal ids of its items, 1000 at a time. A customer whose
// confirmation was lost costs one request more, and so does one whose name is taken. A return costs one more
// for each other return and each refund of its order, and a received return without an authorization three
// more. With NETSUITE_REFUNDS a refund of which nothing is booked costs a query more, and one that a person
// entered ends after it and a PATCH. A customer set by an operator costs none. The first order in a further
// currency of its customer costs two more, and a refund one for each further transaction.
//
// Authentication is OAuth 2.0 client credentials with a signed assertion (PS256 or ES256), or
// token-based (OAuth 1.0a, HMAC-SHA256). NetSuite phases the second out for new integrations
// from 2027.1. A role for the connector needs: REST web services, SuiteAnalytics (SuiteQL),
// items, customers, sales orders, customer deposits, and for refunds credit memos, cash
// refunds and customer refunds; item fulfillments with the level Full, because that of a cancelled
// shipment is deleted; with NETSUITE_RETURNS=receipt return authorizations and item receipts;
// invoices and cash sales to read, and accounting periods if NETSUITE_CLOSED_PERIOD is next; inventory
// adjustments for a warehouse's movements. Its user has to have English
// as the language: the cause of an error is often only in its text. The external ids of all
// these records must come from this integration alone (online help, "Limitations on upsert").
//
// Guarantees:
//
//   - A record is created by an upsert under an external id that follows from the entity's
//     key (see record.ExternalID), so that it may be repeated at any time without a second effect.
//   - The event type has no influence. Order.Status and Order.Financial decide, so that
//     order.placed, order.changed and order.cancelled with one body have one effect.
//   - A sales order's lines and shipping cost add up to the store's total to the minor
//     unit. Lines are net of discount and of tax; all tax is on one line of its own, and
//     the rest of rounding on another. The encoder proves the sum before it sends.
//   - Amounts are decimal text from end to end. Text too long for a field is continued in the
//     next one or cut at a word with "…", and the receipt names the field. NETSUITE_TEXT=refuse
//     rejects it instead.
//   - No error has personal data or NetSuite's own wording, which quotes values: only the
//     code of the cause and the field, in terms of the canonical entity. A SKU is named.
//
// The connector does not retry, order or remember anything; the pipeline does. It does not
// create items, price levels or tax codes.
//
// # Packages
//
// This package has the profile, the settings, customers and the audit, and passes each delivery on.
// Its tests deliver to the fake of package netsuitetest, and so test the packages below too:
//
//	sale        sales orders, deposits, item fulfillments, invoices
//	refund      refunds: credit memos, cash refunds, customer refunds
//	adjustment  inventory adjustments of what a warehouse received, found, lost or moved
//	returning   returns of a warehouse: return authorizations, item receipts
//	standing    what a warehouse has of an order, in a custom field of its sales order
//	stock       the poll of stock levels, also of kits
//	item        the poll of items and their prices
//	orderstate  the poll of sales orders and their state
//	payback     the poll of refunds that people entered
//	record      what records have in common: settings, external ids, fields, lines, rejections
//	suitetalk   the client: logins, requests, answers and what they mean
//
// A package imports those below it only, and sale, refund, adjustment, returning, standing, stock, item,
// orderstate and payback do not import each other.
//
// # Customers
//
// Our own external id comes first, then the exact normalized e-mail address, unless
// NETSUITE_MATCH_BY_EMAIL is off. Only an active record of the store's subsidiary is matched.
// One that matches by e-mail and is not of this store is linked and never written, except
// that an order in another currency adds that currency; one of the same store is another
// person. Of several the oldest, with the lowest id, is taken. A linked record that was made
// inactive is left for one of our own; our own that was made inactive is a conflict.
// NETSUITE_CUSTOMER_OVERRIDES beats both. The address book is replaced only if the default
// address there is not the store's. Where an account names customers instead of numbering
// them, the second of one name gets the store's id as part of its name.
//
// # Rules
//
// Settings named NETSUITE_RULE_… choose the subsidiary, item, department, class, location,
// status, bank account and payment option of a message (package rules). All are evaluated before
// the first request. A rule chooses the item of a refunded line only if the goods come back:
// others keep the item without stock. Department, class, location and account are set once, so
// that a rule that is changed does not move what is booked; another subsidiary is a conflict. A deposit gets an
// account with undeposited funds off: that its id is "F", as in SuiteScript, was not seen live.
//
// # Audit
//
// SuiteQL counts and sums up the sales orders and deposits of a store by date and currency in
// one request, and lists them 1000 at a time. A transaction belongs to a store by its external
// id or its memo, so that one that was entered by hand with a copied memo is found. A sales
// order has no time of day.
//
// # Failures
//
// Package suitetalk finds the cause, package record the canonical field. A missing map entry or setting, and
// a closed accounting period, are of class config: the delivery waits. NETSUITE_CLOSED_PERIOD=next books a
// new deposit, refund or movement on the first day of the next open period instead. A sales order posts
// nothing, so no period closes it, and no document is moved that NetSuite has.
//
// # Limits
//
//   - NetSuite counts concurrent requests per account, shared with every other integration
//     (5 to begin with), hence NETSUITE_CONCURRENCY, which all functions share. If others
//     use more than that leaves, NetSuite answers 429 or SSS_REQUEST_LIMIT_EXCEEDED, and
//     the pipeline slows down for a while. A record may take many seconds to save where
//     scripts run on it.
//   - A line added to an order with a fulfillment is there twice if the answer was lost and
//     the request takes effect after its repetition. The next delivery removes the second.
//   - Whether an application is left out of a credit memo's "apply" by its document alone, and
//     whether a transform takes replace=item, is documented but was not seen live.
//   - A sales order whose document passes 10 MiB (some thousand lines) cannot be changed.
//   - Whether NetSuite closes the lines of an order that is pending approval is not
//     documented; if it refuses, the order has to be cancelled there by hand.
//
// # Decisions
//
//   - A line whose quantity and amount are zero was taken off the order and is not sent.
//   - A rate is sent only where amount / quantity ends within eight decimals. Otherwise
//     NetSuite derives it from the amount, which is what has to be right.
//   - A description and a tax code of a line are compared only where we set them.
//   - A shipping cost needs a shipping item in NetSuite. Once NETSUITE_SHIP_METHODS is set, a
//     delivery with a code that is not in it waits for an entry; "*" matches every code.
//   - A payment without a customer takes the sales order's, as NetSuite does by itself.
//   - Where the buyer has a number of its own, it is the sales order's PO number, and the store's
//     number is in the memo.
//   - Tax that a sales channel pays over itself has a line of its own, because the brand does not
//     owe it.
//   - A rate of ours is sent with the price level "custom" (-1).
package netsuite
