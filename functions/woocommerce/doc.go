// Package woocommerce joins a WooCommerce store (REST API v3, recorded against
// 10.9.1) as a source: its webhooks for orders and customers become canonical events.
//
// # The door
//
// X-WC-Webhook-Signature is the base64 HMAC-SHA256 of the raw body; nothing else is
// signed, neither time nor topic nor source. The source is nevertheless held against
// the configured stores, because it becomes the tenant. When a webhook is saved, the
// store sends one unsigned ping, "webhook_id=1" as a form: exactly that shape is
// answered with 200 and forgotten, so that the store does not count a failure.
// WooCommerce never repeats a delivery, and disables a webhook after more than five
// failures in a row. Its delivery id is not unique (two recorded deliveries share one),
// so a raw message is named by store, topic and the hash of its body.
//
// # Events
//
// An order delivery gives customer.upserted (if the buyer can be named), then
// order.placed for order.created or order.changed for order.updated and order.restored,
// then payment.captured once date_paid is set and money moved. A cancelled order gives
// order.cancelled instead of order.changed, and after order.placed: bodies are built
// when they are sent and may be newer than their topic.
//
//   - order.cancelled is not a fact of once: staff, or a late payment, can reopen a
//     cancelled order, and the second cancellation must not be taken for the first.
//   - Drafts (checkout-draft, auto-draft) are passed on as drafts. The routes' filter
//     keeps them out until a change says that the order was placed.
//   - failed stays open and pending: the buyer may pay again by the same order.
//     trash counts as cancelled, while order.deleted and customer.deleted are skipped:
//     they carry an id alone, and the store can restore what it names.
//   - An unknown status, as plugins add them, is refused with its path: it decides what
//     happens. Unknown topics are refused too, and thereby kept.
//   - Refunds have no topic of their own; they show as a longer refunds list, which
//     makes the order partially refunded. Their lines are not in the delivery.
//
// # Versions
//
// date_modified has whole seconds. Its counter adds up what only ever grows within an
// order: its refunds, being paid, being completed, having ended. Of two changes in one
// second that share all of these, the one that arrives last wins. order.cancelled
// counts one further, so that it follows the order.placed of the same delivery.
//
// The customer that a registered buyer's order carries has no version of its own. It
// only guarantees that the customer exists, so it bears the lowest version of all: any
// customer.* delivery replaces it, and it replaces nothing. The topics customer.created
// and customer.updated should therefore be subscribed. A guest is known from orders
// only; there the latest order wins.
//
// # Amounts
//
// Line, shipping and fee totals are without tax, whatever prices_include_tax says, as
// WooCommerce's maintainers answer when asked; an order for which that were not so would
// not balance and be refused. TaxIncluded is thus always false, and total_tax is added.
// A line's price is its total after discounts divided by its quantity, as a binary float
// ("14.309999999999999" for ten pieces of 14.31), so it is not read: the unit price is
// made from subtotal and quantity, exactly where that is a short decimal, otherwise with
// as many digits as give the subtotal back. Totals are sent rounded; what they do not
// add up to within the tolerance becomes an explicit rounding. A negative fee is how
// plugins give discounts: it stays a charge of its own, because its tax and its refund
// are, and is named among the discounts too.
//
// # Polling
//
// Orders are listed by modified_after, whose bound excludes its own second, so it is asked
// a second earlier. Pages by number shift when orders change under them: each page begins
// at the second in which the one before ended. A second that fills a page, as a bulk edit
// makes one, is read by id between both bounds: an order that changes meanwhile leaves it,
// so a page begins with the last id that was read, and goes back where that is no longer
// there (poll_list.go). An order that cannot be read is named, and the others of its page
// are read; it is asked for by its id later. The list carries each order as a webhook does,
// so it is read by the same decoder. Orders in the trash are not listed.
//
// The API can neither list customers from a time on nor sort them by one. They are listed
// whole, by id, when one of their webhooks had stopped, and those are told that changed
// since. Every order brings its customer along, and customer.updated fires on each order of
// one; what stays unseen is a change of a customer who never orders again, if its delivery
// is one of the few that a webhook may lose before the store disables it.
//
// The REST API's settings belong to one store, the first of WOOCOMMERCE_STORES; only that
// one is polled. Its webhooks are told apart by their delivery address, since others have
// webhooks too. A disabled one is switched on again, since the store disables one itself; a
// paused one is left so, since only a person pauses one. The address of one that leads
// elsewhere cannot be changed over the API, so a new one is made.
//
// # What cannot be told
//
// Core orders say neither which lines ship (needs_processing speaks for the whole
// order: false only if everything is virtual and downloadable), nor whether an on-hold
// payment is authorised (it counts as pending), nor what a gift card plugin did.
// Text with personal data is never put into an error or a note.
package woocommerce
