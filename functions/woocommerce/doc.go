// Package woocommerce connects a WooCommerce store (REST API v3, recorded against 10.9.1) as
// a source: its webhooks for orders and customers become canonical events.
//
// # Deliveries
//
// X-WC-Webhook-Signature is the base64 HMAC-SHA256 of the raw body. Nothing else is signed:
// no time, no topic, no source. The source must nevertheless be a configured store, because
// it becomes the tenant. When a webhook is saved, the store sends one unsigned ping,
// "webhook_id=1" as a form. Exactly that form is answered with 200 and dropped, so that the
// store does not count a failure. WooCommerce never retries a delivery, and disables a webhook
// after more than five failures in a row. Its delivery id is not unique (two recorded
// deliveries share one), so the id of a raw message is derived from store, topic and the hash
// of its body.
//
// # Events
//
// An order delivery gives customer.upserted if it names the buyer, one event of the order,
// and payment.captured once date_paid is set and the total is not 0. The order event is
// order.placed for order.created, order.changed for order.updated and order.restored, and
// order.cancelled for a cancelled order under every topic: bodies are built when they are
// sent, and may be newer than their topic. Its body is the order's whole state.
//
//   - A cancelled order can be reopened, by staff or by a late payment. The next delivery is
//     order.changed then.
//   - Drafts (checkout-draft, auto-draft) are translated as drafts. The routes' filter skips
//     them until the order is placed.
//   - failed stays open and pending: the buyer may pay again for the same order. trash is
//     cancelled. order.deleted and customer.deleted are skipped: they have an id alone, and
//     the store can restore the entity.
//   - An unknown status, as plugins add them, is rejected with its path, because it decides
//     whether the order is open. Unknown topics are rejected too, and thereby kept.
//   - Refunds have no topic of their own. They are a longer refunds list, which makes the
//     order partially refunded. Their lines are not in the delivery.
//
// # Versions
//
// A version is date_modified, which counts in whole seconds. A delivery has no finer time: of
// two states of one second the one that is received last is the newer, and a poll of that
// second is newer than both.
//
// The customer that an order carries is dated by when the order was placed, because the
// addresses are those of the checkout. It is thus ordered among the customer's other orders
// and the customer's own deliveries (customer.created, customer.updated), which have their own
// date_modified. An older order that changes later does not restore its address.
//
// # Amounts
//
// Line, shipping and fee totals are without tax under any prices_include_tax; that is
// the answer of WooCommerce's maintainers. An order for which that is not so does not balance
// and is rejected. TaxIncluded is thus always false, and total_tax is added. A line's price is
// its total after discounts divided by its quantity, as a binary float ("14.309999999999999"
// for ten pieces of 14.31), and is not read. The unit price is computed from subtotal and
// quantity: exactly if that is a short decimal, otherwise with as many digits as reproduce the
// subtotal. Totals are rounded by the store; a difference within the tolerance becomes an
// explicit rounding. Plugins give discounts as negative fees: such a fee stays a charge,
// because it has a tax and a refund of its own, and is listed among the discounts too.
//
// # Polling
//
// Orders are listed by modified_after. Its bound excludes its own second, so the query uses
// the second before. Pages by number shift when orders change meanwhile: each page begins at
// the second in which the one before ended. A second that fills a page, as a bulk edit causes,
// is read by id between both bounds. An order that changes meanwhile leaves that list, so a
// page begins with the last id that was read, and goes back if it is missing (poll_list.go).
// An unreadable order is reported, the others of its page are read, and it is fetched by its
// id later. The list has each order in the webhook's form, so one decoder reads both. Orders in
// the trash are not listed.
//
// The API can neither list customers from a time on nor sort them by one. They are listed
// whole, by id, after one of their webhooks had stopped, and those that changed since are
// published. Every order carries its customer, and customer.updated fires on each order of one.
// Only a change of a customer who never orders again stays unseen, if its delivery is one of
// the few that a webhook may lose before the store disables it.
//
// The settings of the REST API belong to one store, the first of WOOCOMMERCE_STORES. Only that
// one is polled. Its webhooks are recognized by their delivery address, since a store has
// webhooks of other programs too. A disabled one is activated again, because the store disables
// webhooks by itself. A paused one is not changed, because only a person pauses one. The
// address of a webhook cannot be changed over the API, so a new one is created instead.
//
// An audit counts orders by X-WP-Total and lists them by their ids, whole, so that a record is
// what the translation makes of the order. The API sums up nothing, and the day of a payment
// can only be found among the orders that were changed since. The list leaves out the trash.
//
// # Limits
//
// Core orders have no information on which lines ship (needs_processing is for the whole
// order: false only if everything is virtual and downloadable), on whether an on-hold payment
// is authorized (it is read as pending), and on gift card plugins. Personal data is never part
// of an error or a note.
package woocommerce
