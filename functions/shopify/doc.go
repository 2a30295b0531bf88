// Package shopify connects Shopify. As a source it authenticates deliveries of the configured
// shops and translates them into canonical events; as a target it fulfills orders with what a
// warehouse shipped. It uses version 2026-10 of the webhooks and of the Admin API.
//
// # Deliveries
//
// A webhook is signed with HMAC-SHA256 over its body, under the app's client secret. Two
// secrets may be configured while one is being replaced, and each may be bound to a shop.
// Headers are not signed, so the shop must be in SHOPIFY_SHOPS, and the body is held against
// the headers: an order's order_status_url names its shop, and admin_graphql_api_id the kind
// and the id of every entity. A customer's body does not name its shop, so shops that must not
// be confused need secrets of their own. No time is signed either, so a replay is recognized by its id
// only. That id is derived from shop, topic and webhook id, not from the event id: one action
// causes deliveries of several topics, and each of them is processed. A partner event of
// EventBridge gives the same raw message as the webhook.
//
// # Events
//
//   - orders/create gives order.placed; orders/updated and orders/paid give order.changed. An
//     order with cancelled_at gives order.cancelled instead, under every topic. A delivery
//     has exactly one event of the order, and its body is the whole state.
//   - Before it comes customer.upserted, from the embedded customer or, for a guest, from the
//     e-mail address. An order without either has no customer event.
//   - After it comes payment.captured for each successful sale or capture, and refund.issued or
//     refund.settled for each refund that is a document of its own. Both are facts: reported
//     again with every later state, they have one effect.
//   - refunds/create, orders/edited and order_transactions/create name an order that changed. It
//     is fetched, and gives the events of orders/updated. The last of them is not subscribed to,
//     since an order's updated_at changes with its transactions.
//   - customers/create and customers/update give customer.upserted.
//
// Any other topic is rejected and stays in quarantine, so that an operator sees a
// subscription that was made by mistake.
//
// # Versions
//
// A version is Shopify's updated_at, which counts in whole seconds. Within one second
// X-Shopify-Triggered-At decides, the header that orders deliveries. It is kept with the raw
// message, both by webhook and by partner event. Without it the pipeline takes the time of
// receipt. The header is not signed, so it decides nothing but the order within a second.
//
// An embedded customer has the version of its own updated_at. A guest, or a customer without
// that date, has the version of when the order was placed: the address on an older order,
// changed later, does not replace the address on a newer one.
//
// # Facts about Shopify
//
// It waits five seconds for an answer and retries a webhook eight times within four hours,
// with the payload of the first attempt. Then it deletes a subscription that was made over
// the API. Delivery is at least once and unordered: orders/updated often overtakes
// orders/create. Ids exceed 2^53. Times have the shop's offset.
//
// The Admin API is called with X-Shopify-Access-Token. A version is supported for twelve
// months. After that the API silently answers in a later one, which Checker detects. Queries
// are paid in points from a bucket per app and shop. The bucket must hold the requested cost,
// or the answer is THROTTLED with status 200; the actual cost is charged. The client keeps
// what each answer reports of the bucket, and sends a query only once the bucket holds enough
// (bucket.go). SHOPIFY_ADMIN_TOKEN belongs to one shop; stores with tokens of their own are
// connected one by one.
//
// # Decisions
//
// Currency. Every "_set" has an amount in the shop's and in the buyer's currency. Where they
// differ, SHOPIFY_CURRENCY chooses when the order is first seen, and the choice is stored for
// the order. Amounts that webhooks have in the shop's currency only (tips, the outstanding
// amount, refunds' transactions) are not converted: an order that needs them in the other
// currency is fetched, and without a token it is rejected.
//
// The order is what is still owed. Pieces that an edit or a cancellation took off before they
// were fulfilled are off the order, with their part of discount, tax and duty; pieces that came
// back after fulfillment stay on it and are a refund (owed.go has the rule). total_price does
// not drop when pieces are taken off, current_total_price drops with every refund; the total is
// the one of the two, corrected by what was refunded, that the parts add up to. A cancelled
// order of which everything was taken off keeps its lines.
//
// Refunds. A refund says what for (lines, shipping, duties, adjustments), its transactions say
// what money moved. It is settled once no transaction is pending, and has no event if all
// failed. Its amount is what its parts are worth, and its transactions are those that
// succeeded. They may be less: an exchange, or a buyer who still owed a part. One without
// transactions only takes goods back; if nothing came back either it is a removal, which the
// order shows. Money that the parts do not explain is an adjustment. restock_type cancel means
// unfulfilled, return means fulfilled, and for no_restock the counts of the line decide.
//
// A return that is paid back later is two refunds: one with the goods, and one with money and
// no lines. Shopify does not link them, and the second has the form of goodwill. Money that no
// goods explain therefore pays out first what the shop owes the buyer by then: what was received,
// less what was paid back and less what the buyer keeps (credit.go). That is a part "credited", which
// is not credited again. Only the rest is goodwill. An article that is added and not paid yet
// when the refund is first read counts as an exchange: it uses up the credit.
//
// Parts may have more decimals than the currency; they are rounded and noted. A total may not.
// Each part carries its own tax, and tax that the channel pays over (channel_liable) is
// separate. Apps and marketplaces write orders whose tax is on one line for all, or on the order
// alone: it is shared by the parts that its rate explains, and otherwise in proportion to their
// amounts (tax.go). A line with a SKU is a product, whether or not the store still has it.
//
// Discounts are read from discount_allocations, which have line and order discounts alike.
// Duties are a charge unless duties_included is true. A tip is a line with
// tip_payment_gateway, or is in total_tip_received, or both; it is booked once. Shopify's
// total is the one before cash rounding. The rounding is booked and added, so that order and
// payment agree.
//
// Payments are transactions, each under its own id. Orders' webhooks do not have them, so they
// are asked for, with SHOPIFY_ADMIN_TOKEN and read_orders. For each delivery of an order that is
// paid in any part that costs one call, which requests 9 points and is charged 5 for one
// transaction and 4 to 8 for each more. No call is made where the payload proves what was
// captured:
//
//   - pending, authorized and voided orders, and those of a total of 0: nothing;
//   - a polled order: it has its transactions;
//   - an order of the online store (source_name web) that is paid in full by one gateway other
//     than gift cards, with nothing due, taken off or refunded, and not changed later than two
//     minutes after it was placed: its checkout takes one payment beside gift cards. Its
//     transaction's id is unknown, so it is "<order>-paid", which is remembered for the order:
//     in later answers the oldest transaction of that amount keeps this id, and refunds name it;
//   - later states of such an order, while current total, less what is due, plus what was paid
//     back is still that payment. Most orders therefore cost no call.
//
// An order that is paid but has no transaction at all, as imported ones, is published without a
// payment and with a note.
//
// An expired authorization is read as voided and noted. Other unknown financial states are
// rejected, because they decide whether money is booked. Unknown words for channel or
// fulfillment pass.
//
// Errors of the API have three layers: the HTTP status, the errors of the answer (THROTTLED
// among them, with the time that the bucket needs), and userErrors, which only mutations
// have. The one mutation here creates a webhook subscription.
//
// # Polling
//
// Orders and customers are listed by updated_at, whose search includes the second itself,
// and paged by cursors that name the last entity of a page. Each order is fetched by itself,
// 25 lines at a time, because a list of whole orders would exceed the cost limit of a query, and
// so is each of its refunds. The order's query requests some 800 points and is charged some 80
// for a usual order, a refund's 830 and 20. The difference
// stays in the bucket for other callers, such as an order paid with several tenders; smaller
// pages would only make long orders cost more. An order is fetched even if a delivery already
// reported the same second, since one second can have two states. The query asks for the
// fields under the names that webhooks have, and compose.go rewrites the rest into the
// webhook's form, times in the shop's zone included. One decoder reads both, and the same
// state gives the same canonical content. A polled order is order.changed or order.cancelled.
// Without the scope read_all_orders the API shows orders of the last 60 days only.
//
// Not available in GraphQL: which line is a tip (a line called "Tip" without a product is
// read as one if a tip was received), and the product of a line that was deleted since.
// Available only there: an order's transactions, and tips in the buyer's currency.
//
// An audit counts orders by ordersCount and lists them with total_price_set, 190 at a time. The
// API sums up nothing. Payments are not audited: their list in GraphQL, tenderTransactions, does
// not name the transactions by which payments are known.
//
// Subscriptions are the app's own. One with another address is not changed; one with our
// address is created beside it.
//
// # Fulfillments
//
// shipment.shipped becomes a fulfillment of the order's fulfillment orders: one for each location
// that the order's pieces are assigned to, of at most 250 lines, with exactly the lines and pieces
// that were shipped. A line is found by the id of the order line where the warehouse knows it,
// or else by its SKU, among fulfillment orders that are open or in progress. Nothing is written
// unless all pieces of the shipment are open: more than that is a conflict for a person, because
// Shopify fulfills no more than was ordered. A fulfillment order on hold, or scheduled, is waited
// for. The customer is notified by Shopify (SHOPIFY_NOTIFY_CUSTOMER), and never about a backfill.
//
// fulfillmentCreate is not idempotent: it takes no idempotency key and no reference of ours, so
// its guarantee is search. A fulfillment is recognized by a tracking number of the shipment,
// among the fulfillments of its order, if all its lines are lines of the shipment; a delivery that
// was cut off between two locations creates what is missing. So a shipment that is confirmed a
// second time under another id has no second fulfillment. A shipment without a tracking number
// cannot be recognized by its content: the id of its fulfillment is bound to it in our own memory,
// and only after an attempt of unknown outcome a fulfillment without a number, of exactly its
// lines, that no other shipment is bound to, is taken as its own.
//
// The carrier is the one of SHOPIFY_CARRIERS, or of Shopify's list of tracking companies, whose
// addresses it builds by itself, or "Other" with the address that the warehouse gave. User errors
// of fulfillmentCreate have no code (UserError has field and message only), so their words decide:
// pieces or fulfillment orders that changed since they were read are read again.
//
// A shipment takes three calls and requests 1,700 points, of which some 60 are charged. The
// app needs read_orders, and write_merchant_managed_fulfillment_orders, and the same of
// assigned and third_party fulfillment orders for locations of a fulfillment service. Fulfillment
// orders that its scopes do not cover are not shown.
//
// What was written comes back as orders/updated, whose fulfillment status only describes: the
// order's content at an ERP is the same, so nothing is written there. The topics of fulfillments
// are not subscribed to.
package shopify
