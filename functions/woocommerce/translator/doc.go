// Package translator is the Message Translator of WooCommerce: it turns the deliveries of orders
// and customers into canonical events. The rules are in the comment of package woocommerce, under
// Events, Payments, Refunds, Versions and Amounts.
//
//   - wire*.go read the JSON of orders, refunds and customers, with its own names.
//   - decode.go chooses the translation by the topic; what names a product is package goods'. order.go, amount.go, customer.go, payment.go
//     and refund.go convert each part, with the texts, times and amounts of convert.go.
//   - refund_deleted.go asks an operator about a refund that was deleted in the store.
//   - event.go puts the events of one delivery in their order.
//   - plugin.go has the fields of plugins and the meaning of each status.
//
// It calls the REST API only for what a delivery does not have: the lines of refunds, and an order
// that was deleted.
package translator
