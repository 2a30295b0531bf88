// Package mark shows at an order in Shopify what a warehouse has of it, for the people who work there
// (target.go, wire.go), and what an ERP has of it (erp.go), and carries out or shows that another system,
// such as an ERP, ended it (cancel.go, wire_cancel.go), or paid something of it back (payback.go,
// wire_payback.go).
//
// # What a warehouse has
//
// Every event of a warehouse's order has its whole state, and the newest wins. The order gets:
//
//	held          the tag SHOPIFY_HOLD_TAG
//	discrepancy   the tag SHOPIFY_DISCREPANCY_TAG
//	both          the metafield causeway.warehouse with the reason in words, such as
//	              "held: OutOfStock: No Stock On Hand For Sku (TEE-BLK-M)"
//	otherwise     neither tag; the metafield, if there is one, says "released" or "cancelled"
//
// An order that was never held is read and not written to.
//
// A hold of Shopify's own (fulfillmentOrderHold) is not used: Shopify fulfills nothing of a fulfillment
// order on hold, so that the shipment that ends the hold would have to wait for the event that releases
// it, and one that a person placed for another reason would look the same as ours.
//
// The guarantee is external_id: the event names the order by Shopify's own id, and each mutation sets a
// state. tagsAdd and tagsRemove change a set, and metafieldsSet replaces the value under its owner,
// namespace and key (Admin API 2026-10, mutations of these names), so that each may be repeated.
// The app needs write_orders.
//
// Shopify reports the new tag as orders/updated, after which the order has the same content at an ERP
// and a warehouse. A tag of this package must not be one of SHIPBOB_HOLD_TAGS: what the warehouse holds
// would be cancelled there.
//
// # What an ERP has
//
// Every event of an ERP's sales order has its whole state. The order gets the metafields
// causeway.erp_number and causeway.erp_status, and if the sales order has other pieces of a SKU than the
// order (package difference), the tag SHOPIFY_ERP_CHANGED_TAG and causeway.erp_difference with the words,
// such as "TEE-BLK-M: 3 in the store, 2 in netsuite (SO-1042)". When they agree again the tag is
// removed, and the metafield says "none". The order is read as the ERP gets it (translation.Owed) at the
// time of the delivery, so that what the store changed meanwhile counts. One that was cancelled is not
// compared. A delivery takes two queries, one more for each page of lines and each refund, and up to two
// mutations: one for the tag, and one for all metafields (metafieldsSet takes up to 25). An order that
// shows all of it is not written to.
//
// The guarantee is external_id, as for a warehouse. Shopify reports the tag as orders/updated; the
// lines are the same, and the ERP keeps what a person changed there. A difference that is settled in the
// store is gone with the sales order's next change, which the ERP's own write of the order makes.
//
// # Cancellation
//
// A request to cancel an order is asked of Shopify, whose answer decides. Each delivery reads the order first:
//
//	cancelled, or nothing left of it       nothing is written: it is the echo of the store's own act
//	fulfilled and archived                 nothing is written
//	something shipped here or there,       the tag SHOPIFY_CANCEL_TAG, and the metafield causeway.erp
//	or billed there                        with the reason, for a person
//	open, SHOPIFY_CANCELLATIONS=show       the same
//	open                                   the tag, then orderCancel
//
// orderCancel (Admin API 2026-10) is called with reason OTHER, without a refund to the payment method,
// without notice to the customer, and with restock: nothing left, so that the pieces are for sale again.
// No money moves, except that Shopify voids what was only authorized. A person refunds, and writes
// to the customer. The staff note names the record that asked.
//
// A job of Shopify cancels the order after the answer. It is read once (OrderCancelJobResult), and a
// delivery that finds it running is repeated. The mutation is not idempotent, and an order is
// cancelled only once, so its guarantee is search: after a lost answer the order is read until
// a job that was started must have ended. Shopify rejects an order with a return in progress, a pending
// authorization or a fulfillment that cannot be cancelled, and one whose pieces were at a location that was
// deactivated. That is a dead letter with Shopify's code, and the order has the tag. The app needs
// write_orders. Which code of OrderCancelUserErrorCode is that of which reason is not
// documented, so the code is passed on.
//
// The cancelled order comes back as orders/cancelled, and goes to the ERP, the warehouse and the CRM like
// one that a person cancelled.
//
// # Refunds
//
// With SHOPIFY_ERP_REFUNDS=pay, money that an ERP paid back of an order is refunded by refundCreate (Admin
// API 2026-10): with transactions of kind REFUND that name captured payments as their parents, each as far as
// something of it is left, in the order in which they were made; without lines, so that nothing is restocked,
// and without notice to the customer. Otherwise the order gets the metafield causeway.erp_refund_4713, by the
// id at the ERP, which says why, and the tag SHOPIFY_REFUND_TAG. An amount is shown in each case if it is
// more than is left of the payments, is in another currency than the shop's, or was paid in another one; and
// if the shop would refund more with it than the ERP has in all, because then a person refunded it here, or a
// refund of the shop is not at the ERP yet. A request that was shown is not carried out later.
//
// Nothing is recorded without being paid: in Shopify a refund moves money by its transactions alone, each of
// which names a gateway (input OrderTransactionInput), and one without transactions leaves the order as it
// was paid (REST reference, Refund). A payment of a manual gateway is paid back by hand, and recorded by the
// same request.
//
// The guarantee is search. A refund of the order with the amount and the note "netsuite refund CR-27 (4713)"
// is the one. Where the shop has refunded all that the ERP has, one of the amount that names no other record
// is too. The content decides, and not a note: the shop never refunds more than the ERP. The
// mutation has an idempotency key, as it must since 2026-04, which stays while the order has no other
// transaction. Shopify's user error has no code here, so that each ends as a dead letter: a gateway that
// declines has to be looked at. The app needs write_orders.
//
// The refund comes back as refunds/create and with the order, and package refund of NetSuite finds it there.
package mark
