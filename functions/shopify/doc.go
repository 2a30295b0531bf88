// Package shopify is everything about Shopify and nothing else: it proves that a
// delivery comes from one of our shops and translates it into canonical events. It
// speaks version 2026-10 of webhooks and Admin API. It is a source only; nothing is
// written to Shopify yet.
//
// # The door
//
// A webhook is signed with HMAC-SHA256 over its body, under the app's client secret;
// two secrets may be configured while one is being replaced. Headers are not signed,
// so the shop must be in SHOPIFY_SHOPS, and no time is signed, so a replay is caught
// by its id only. That id is made of shop, topic and webhook id, not of the event id:
// one action causes deliveries of several topics and all must pass. A partner event
// of EventBridge gives the very same raw message.
//
// # What becomes of a delivery
//
//   - orders/create gives order.placed; orders/updated and orders/paid give
//     order.changed; an order with cancelled_at gives order.cancelled instead,
//     whatever the topic (and after order.placed, where it was created cancelled).
//   - Before it comes customer.upserted from the embedded customer, or for a guest
//     from the e-mail address; an order without either stands alone.
//   - After it comes payment.captured for every tender, once the order is paid.
//   - customers/create and customers/update give customer.upserted.
//
// Any other topic is refused and stays in quarantine, so that a subscription nobody
// meant to make is seen. Versions are Shopify's own updated_at; within one second the
// cancelled state counts as the newer. Deliveries come at
// least once and in any order, which is the pipeline's to settle.
//
// # What to know about Shopify
//
// It waits five seconds for an answer, tries a webhook eight more times within four
// hours, with the payload of the first, and then deletes a subscription that was made
// over the API. Delivery is at least once and unordered: orders/updated often overtakes
// orders/create. Ids exceed 2^53. Times bear the shop's offset.
//
// The Admin API is asked with X-Shopify-Access-Token. A version lives for twelve
// months; after that the API silently answers in a later one, which Checker looks for.
// Queries are paid in points from a bucket per app and shop. All that a query asks for
// must be in it, or the answer is THROTTLED with status 200; charged is what it got. What
// each answer tells of the bucket is remembered, and a query is held back until it holds
// enough (bucket.go). SHOPIFY_ADMIN_TOKEN belongs to one shop; stores that have
// tokens of their own are connected one by one.
//
// # Decisions
//
// Currency. Every "_set" holds an amount in the shop's and in the buyer's currency.
// Where they differ, SHOPIFY_CURRENCY chooses when the order is first seen, and the
// choice is remembered for it. Amounts that Shopify tells in the shop's currency only
// (tips, what is outstanding) are not converted: they are refused if they are needed
// in the other.
//
// Totals are those of the sale (total_price, quantity), not what edits and refunds
// left of it (current_…): the parts balance only with the former, and refunds are
// documents of their own. A quantity taken off by an order edit therefore does not
// show.
//
// Discounts are taken from discount_allocations, which hold line and order discounts
// alike. Duties are a charge unless duties_included says that prices contain them.
// A tip comes as a line with tip_payment_gateway, in total_tip_received, or in both;
// it is booked once. Shopify's total stands before cash rounding; the rounding is
// booked and added, so that order and payment agree.
//
// Tenders. One gateway name is one payment, "<order>-paid". Several names mean that
// the order cannot tell who paid what (a redeemed gift card is a tender, not a
// discount): the transactions are asked for, which needs SHOPIFY_ADMIN_TOKEN with
// read_orders. Among them the oldest is "<order>-paid" and each later one bears its
// own number, so that an order that was paid more after an edit does not report its
// first payment twice. Paid more by the same gateway, it still names one gateway, and
// the second payment does not show.
//
// An expired authorisation is read as voided and noted. Other unknown financial
// states are refused, since they decide whether money is booked; unknown words for
// channel or fulfillment pass.
//
// Errors of the API come in three layers: the HTTP status, the errors of the answer
// (THROTTLED among them, with the time the bucket needs), and userErrors, which only
// mutations have; the one that is sent makes a webhook subscription.
//
// # Polling
//
// Orders and customers are listed by updated_at, whose search includes the second itself,
// and paged by cursors that name the last entity of a page. An order is fetched by itself,
// 25 lines at a time, since a list of whole orders would cost more than a query may. Its
// query asks for some 650 points and is charged some 70 for a usual order. That it asks for so
// many keeps as many for whoever else needs an answer, such as an order paid with several
// tenders; smaller pages would only make long orders dearer. An order is fetched also if
// a delivery told the same second of it, since one second can hold two states. Its fields
// are asked for under the names that webhooks have, and compose.go writes the rest
// as webhooks do, times in the shop's zone included: one decoder reads both, and the same
// state gives the same canonical content. Without the scope read_all_orders the API shows
// orders of the last 60 days only.
//
// What GraphQL does not tell: which line is a tip (one called "Tip" without a product is
// read so if a tip was received), and the product behind a line that was deleted since.
// When the order was paid it does tell: a polled payment is dated by its transaction.
//
// A polled order is reported as placed and as what became of it, because it may be the
// first that is told of it; what is known already has the same ids.
//
// Subscriptions are the app's own. One that leads to another address is left alone, and
// one to ours is made beside it.
package shopify
