// Package translation turns a raw message, which is a webhook, a partner event or a polled entity,
// into canonical events: decode.go translates by the topic, identity.go holds the body against the
// headers, and privacy.go translates requests about personal data.
//
// The amounts of an order are chosen in one currency (books.go). order.go converts what is still
// owed, which owed.go decides, after tax.go has given each part its tax. payment.go finds what was
// received, refund.go what was paid back, and credit.go what the shop owes the buyer meanwhile.
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
// Payments are transactions, each under its own id but that of the checkout. Orders' webhooks do not have them, so they
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
//     in later answers the oldest transaction of that amount keeps this id, and refunds name it.
//     Where nothing is remembered, as after a first import or the loss of the table, the oldest
//     transaction of an order of the online store has this id, if it is no gift card and was made
//     within two minutes of the order, so that a payment has one id however it is first read;
//   - later states of such an order, while current total, less what is due, plus what was paid
//     back is still that payment. Most orders therefore cost no call.
//
// An order that is paid but has no transaction at all, as imported ones, is published without a
// payment and with a note.
//
// An expired authorization is read as voided and noted. Other unknown financial states are
// rejected, because they decide whether money is booked. Unknown words for channel or
// fulfillment pass.
package translation
