// Package netsuite writes orders, customers, payments, refunds and shipments to NetSuite over
// SuiteTalk REST, record service v1, release 2026.1.
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
//	item fulfillment   4 (GET, GET, query,    1 (GET)    never changed
//	                   POST)
//	invoice of it      2 (GET, POST)          1 (GET)    never changed
//
// The query of a sales order finds the internal ids of its items, 1000 at a time.
// A customer whose confirmation was lost costs one request more, and so does one whose
// name is taken. A customer set by an operator costs none. The first order in a further
// currency of its customer costs two more, and a refund one for each further transaction.
//
// Authentication is OAuth 2.0 client credentials with a signed assertion (PS256 or ES256), or
// token-based (OAuth 1.0a, HMAC-SHA256). NetSuite phases the second out for new integrations
// from 2027.1. A role for the connector needs: REST web services, SuiteAnalytics (SuiteQL),
// items, customers, sales orders, customer deposits, and for refunds credit memos, cash
// refunds and customer refunds; invoices and cash sales to read, and accounting periods if
// NETSUITE_CLOSED_PERIOD is next. Its user has to have English
// as the language: the cause of an error is often only in its text. The external ids of all
// these records must come from this integration alone (online help, "Limitations on upsert").
//
// Guarantees:
//
//   - A record is created by an upsert under an external id that follows from the entity's
//     key (see ExternalID), so that it may be repeated at any time without a second effect.
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
// The package does not retry, order or remember anything; the pipeline does. It does not
// create items, price levels or tax codes.
//
// # Sales orders
//
// A new sales order is pending approval (A), or pending fulfillment (B) if it is paid.
// Later the status is written only from A to B, when the order has become paid. It never
// goes back, so that an older state that arrives late takes no approval away.
//
// Lines of a sales order have NetSuite's number, and no field for the store's id of a line
// unless the account adds a column. They are matched by their item, and among lines of one
// item by content, then fulfilled and billed ones first, then in order. A line that differs
// is sent by its number, and the sublist is left out if no line differs. Another SKU is
// another line. A line without a product in the store, because it was deleted since, is the
// booked line of its place, quantity and amount, which keeps its item.
//
// NetSuite removes a line only if a request replaces the sublist and lists all other lines
// by their numbers. Lines are added in the same way, because such a request adds them once
// even if it takes effect twice. An order with a fulfillment, an invoice or a purchase
// order is added to without replacing. A line that an operator adds in NetSuite is not in
// the store, so the next delivery removes it.
//
// These end in a conflict, which an operator has to settle:
//
//   - a line that is fulfilled, billed or on a purchase order, and was removed in the store;
//   - a quantity below what is fulfilled;
//   - a cancelled order with something fulfilled and not billed, because closing it would
//     take it off NetSuite's billing queue;
//   - a new line for an order that is closed and has something fulfilled or billed;
//   - another currency or subsidiary, which no saved transaction can get;
//   - a record that a workflow has locked.
//
// A cancelled order, and one without any quantity left, is closed line by line. One that
// was cancelled before it reached NetSuite is created and closed, because payments may
// belong to it. If every line is closed and the store's order is open, the lines are opened
// again unless something is fulfilled or billed: an order that is to stay closed must be
// cancelled in the store. A single line that an operator closes stays closed.
//
// Date, location, currency and subsidiary are set when the record is created and not
// changed later.
//
// # Refunds
//
// The documents of a refund follow from NetSuite's transactions of its order (one query: the
// sales order, the transactions made of it, and the order's refunds by their memo):
//
//	nothing invoiced   customer refund of the order's deposits, first of the one that the
//	                   store names as paid back
//	invoiced           credit memo made of the invoice, paid out by a customer refund
//	cash sale          cash refund made of the cash sale
//
// The reversal has the refund's amount, the payout the sum of its transactions. A refund without
// transactions pays nothing: its credit memo stays open, for a person or the next order to use.
// So does what the transactions leave of the amount; with nothing invoiced it stays in the
// deposits. The receipt says so. A later refund that pays out such credit makes no credit memo: it
// is taken of the order's open credit memos, and of the deposits beyond them. Transactions of more than the amount are a conflict, and so is a
// cash sale whose refund was not paid in full, since a cash refund pays all that it takes back.
//
// Goods that had not left are off the order, so they were not invoiced: their part comes from
// the deposits in each case, and one customer refund may take of both. There is one customer
// refund for each transaction of the refund, with its payment option. A credit memo is not
// applied to an invoice that is open: what was received pays that one.
//
// A credit memo and a cash refund have the refund's lines net of tax, its shipping as shipping
// cost, other parts by the items of the settings, and all tax on one line. Goods that come
// back are booked by their own item: NetSuite puts them into stock with the credit, so nothing
// else may receive them. Goods that do not come back are booked by an item without stock.
//
// All documents have external ids that follow from the refund's key. A transform is no
// upsert, but NetSuite rejects an external id that is taken, so that one which takes effect
// late is not a second. More paid back than was received for the order is a conflict; a refund whose
// payment is not in NetSuite waits for it, and one that names no payment waits while the order is
// not paid in full. Of two refunds at a time that take of one document the later one reads again.
// A refund without money books nothing.
//
// A refund before anything is invoiced that takes nothing off the order, such as goodwill,
// leaves its deposits less than the order: its invoice stays open by as much, and is credited
// by a person.
//
// # Shipments
//
// shipment.shipped becomes an item fulfillment, made of the sales order by
// POST /salesOrder/{id}/!transform/itemFulfillment. The transform ships all that is open by itself,
// so every open line of goods is listed, also those of which nothing was shipped. Lines are found by
// their item. The items of charges (tax, tip, fee and so on) must not be fulfillable in NetSuite
// ("Can be Fulfilled/Received" off): their lines are not listed. Date and shipped date are those of
// the shipment, in NETSUITE_TIMEZONE; the status is shipped; each tracking number has a package,
// whose weight NetSuite demands (NETSUITE_PACKAGE_WEIGHT).
//
// A transform is not idempotent. The guarantee is external_id: the body has an external id that
// follows from the shipment's key, it is looked up first, and NetSuite rejects one that is taken, so
// that a request that takes effect late is not a second. A parcel that is confirmed again under
// another id is found by its tracking number, which is in the memo, and by its quantities.
//
// More than is open is a conflict before anything is written, and so is a line that was closed. An
// order that is pending approval, or has a payment hold, is waited for.
//
// With NETSUITE_INVOICE=shipped each shipment is followed by an invoice, made by the same kind of
// transform under the same external id. NetSuite fills its lines in: what is fulfilled and not
// billed, with shipping and the lines of charges on the first. The preference "Invoice in Advance of
// Fulfillment" must be off, or more is billed than was shipped.
//
// What the store reports of the order afterwards keeps fulfilled lines, as under "Sales orders".
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
// REST gives most causes one code, USER_ERROR; the text decides, and the fault has the
// cause's own code. A missing map entry or setting, and a closed accounting period, are of
// class config: the delivery waits. NETSUITE_CLOSED_PERIOD=next books a new deposit or refund on
// the first day of the next open period instead. A sales order posts nothing, so no period closes
// it, and no document is moved that NetSuite has. NetSuite's error document is about one record, even
// with status 500; a 503 and an answer without a document are about the connection, and a
// missing permission is about the operation.
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
