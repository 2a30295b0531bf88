// Package woocommerce connects a WooCommerce store (REST API v3, recorded against 10.9.1). As a
// source its webhooks for orders and customers become canonical events, and with WOOCOMMERCE_MASTER_OF its
// products, prices and stock too; as a target it gets what a warehouse shipped of its orders and what came
// back, and the stock of an ERP or a warehouse.
//
// The package has what the pipeline asks of the connector: settings, the webhook's door, its
// subscriptions, the poll and the audit. Package rest has the stores and calls their API, package
// translator turns orders, refunds and customers into events, package goods products, prices and stock,
// package shipment writes shipments, and package inventory stock levels, with the rules of that.
//
// # Deliveries
//
// X-WC-Webhook-Signature is the base64 HMAC-SHA256 of the raw body. Nothing else is signed:
// no time, no topic, no source. A delivery is therefore authentic only under a secret of the store
// that it names, and its body is held against both: WordPress adds to each resource its own
// address (_links), which must be the store's and of the topic's kind. Where several stores
// share a secret, a body without an address is rejected.
//
// When a webhook is saved, the store sends one unsigned ping,
// "webhook_id=1" as a form. Exactly that form is answered with 200 and dropped, so that the
// store does not count a failure. WooCommerce never retries a delivery, and disables a webhook
// after more than five failures in a row. Its delivery id is not unique (two recorded
// deliveries share one), so the id of a raw message is derived from store, topic and the hash
// of its body, and from more for a body without a state (rawID).
//
// If WooCommerce cannot build the body, it signs and sends an error object instead. An order or
// customer that was deleted before the delivery was sent is skipped. An owner of the webhook who
// may not read orders loses every delivery: each is a dead letter, and an operator has to repair it.
// The poll finds what was lost.
//
// # Events
//
// An order delivery gives customer.upserted if it names the buyer, one event of the order,
// payment.captured for each payment, and refund.settled for each refund. The order event is
// order.placed for order.created, order.changed for order.updated and order.restored, and
// order.cancelled for a cancelled order under every topic: bodies are built when they are
// sent, and may be newer than their topic. Its body is the order's whole state.
//
//   - A cancelled order can be reopened, by staff or by a late payment. The next delivery is
//     order.changed then.
//   - Drafts (checkout-draft, auto-draft) are translated as drafts. The routes' filter skips
//     them until the order is placed, which a second order.created reports.
//   - failed stays open and pending: the buyer may pay again for the same order.
//   - order.deleted means the trash, and has an id alone: the order is fetched, and is cancelled
//     as long as it is there. One that was deleted for good cannot be fetched, which is a dead
//     letter. Deleting for good sends nothing. customer.deleted is skipped.
//   - action.woocommerce_refund_deleted names a deleted refund and nothing else: neither its order
//     nor, at some gateways, the store's own id. Each is a dead letter, which asks an operator to
//     void what was booked of it. An order that is deleted for good sends none for its refunds.
//   - A status that a plugin added waits until WOOCOMMERCE_STATUSES says what it means, because
//     it decides whether the order is open. Unknown topics are rejected, and thereby kept.
//
// # Payments
//
// WooCommerce knows one payment of an order: date_paid is set once, transaction_id is single.
// The payment is named by its order, and its amount is the total when it was first reported:
// gateways set transaction_id after date_paid, and change it, so that a name made of it would
// book the payment twice. Gift cards that were redeemed are payments of their own. The fields of
// the common plugins are known (giftCardFields, giftCardFees), and a setting names others; the
// order's total is then what was left to pay, and is made whole. A deposit plugin's two payments
// are read from its meta data.
//
// # Refunds
//
// Refunds have no topic of their own: they are a longer refunds list, with id and total only.
// /orders/{id}/refunds has their lines, so each delivery of an order with refunds costs one call.
// A line that is refunded before the order was completed had not left the shop: it is off the
// order too, of which WooCommerce itself keeps lines and total. A rest that lines, shipping, fees
// and tax do not explain is an adjustment. WooCommerce has no state of a refund in flight: a refund
// is settled if the order was paid, and otherwise issued. A settled one has one transaction of its
// whole amount, whether the gateway or the shop paid it back.
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
// and is rejected. TaxIncluded is thus always false, and total_tax is added; no amount depends on
// which part the tax is on. A line's price is
// its total after discounts divided by its quantity, as a binary float ("14.309999999999999"
// for ten pieces of 14.31), and is not read. The unit price is computed from subtotal and
// quantity: exactly if that is a short decimal, otherwise with as many digits as reproduce the
// subtotal. Totals are rounded by the store; a difference within the tolerance becomes an
// explicit rounding. A store may work with more decimals than its currency has: each amount is
// rounded as it is paid, and the rounding may explain as much as that can differ by. Amounts in a
// currency without decimals must be whole. Plugins give discounts as negative fees: such a fee
// stays a charge, because it has a tax and a refund of its own, and is listed among the discounts
// too, unless it is a tender.
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
// the trash are listed only under that status, so they are a feed of their own.
//
// The API can neither list customers from a time on nor sort them by one. They are listed
// whole, by id, after one of their webhooks had stopped, and those that changed since are
// published. Every order carries its customer, and customer.updated fires on each order of one.
// Only a change of a customer who never orders again stays unseen, if its delivery is one of
// the few that a webhook may lose before the store disables it.
//
// Products are listed like orders, and so are the variations of all products and the products in the trash,
// each as a feed of its own. The lists only name what changed: the product is read when it is translated.
//
// Every configured store is polled, with an address and a key of its own. A store without a key
// fails its polls, with an error that names the setting. Webhooks are recognized by their delivery
// address, since a store has webhooks of other programs too. A disabled one is activated again, because the store disables
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
// order: false only if everything is virtual and downloadable), and on whether an on-hold payment
// is authorized (it is read as pending). A gift card that a plugin sells is a product line like
// others. A refund that is deleted in the store, as a correction, is not taken back elsewhere: an
// operator is asked to. Only the webhook reports it, of a deletion by staff or by a gateway. The
// REST API deletes a refund without it, and no list shows what was deleted. Where several stores
// share a secret, the letter cannot name the refund's store, and asks to bind the secrets instead.
// Personal data is never part of an error or a note.
package woocommerce
