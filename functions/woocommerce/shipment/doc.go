// Package shipment writes to WooCommerce what a warehouse shipped of its orders, what it holds, and what an
// ERP has or ended.
//
// Every event of a shipment sets its whole state, whichever arrives first. A shipment that left becomes
// an entry of the order's meta data, whose key follows from the shipment's
// and whose value has its tracking numbers and quantities, and a note with tracking
// (WOOCOMMERCE_SHIPMENT_NOTE: WooCommerce mails one for the customer). In the request that writes
// the last piece the order becomes completed, unless WOOCOMMERCE_COMPLETE is off: all pieces are
// shipped, or refunded before. Only a paid order (processing, or a status that WOOCOMMERCE_STATUSES
// calls paid) is completed, since WooCommerce dates the payment of one that is not; so what a person
// did with it meanwhile stays. With WOOCOMMERCE_SHIPMENT_TRACKING the list of the plugins WooCommerce
// Shipment Tracking and Advanced Shipment Tracking has the shipment too. The list is one value,
// which the last writer wins: entries of others are kept, and those of the order's shipments are
// made whole from their own meta data, also after another write.
//
// A later state changes the entry, the plugins' list and, by the same setting, adds a note: of new
// tracking numbers, and of a cancelled shipment. A delivery has no note. A cancelled shipment takes no
// pieces and is not in the plugins' list. If a shipment of ours completed the order, it becomes
// processing again, also if one has fewer pieces than before. WooCommerce sends no mail for that status;
// date_completed stays, because it is read-only, so that a refund made meanwhile counts as one of goods that had
// left. An order that a person completed stays so. A cancelled shipment of which the order has nothing changes
// nothing.
//
// WooCommerce has neither idempotency keys nor a look-up by meta data, and a note that is posted
// twice is there twice. So the guarantee is search: the order is read, and of meta data, status and
// note only the missing ones are written. A parcel that is confirmed again under
// another id is recognized by its tracking number and its goods: it has an entry without lines and no note,
// and takes the lines if the first one is cancelled, such as one that was deleted at its source and made again. The
// notes of the parcel keep the name of the first one, so that the customer has no second mail of it.
// More pieces than the order has left are a conflict, which a person settles.
//
// A shipment takes four calls and one for refunds: the order twice, PUT, the notes, POST. The key
// needs write permission. WooCommerce reports the change as order.updated. The order's content
// at an ERP is the same, so nothing is written there.
//
// Lines of virtual goods count as not shipped: an order that has some beside others is completed by
// hand.
//
// An internal note that begins with "Warehouse: " has the warehouse's state of an order: a hold
// with its reason, a discrepancy between what was asked for and what left, and the end of either.
// An order that was never held has none. The status on-hold is not used: it says that a payment is
// awaited, and would keep the order from the warehouse. The guarantee is search: the newest such note is
// read first.
//
// An order that another system, such as an ERP, cancelled or closed gets the status cancelled if it is open
// (pending, on-hold, processing, or a status that WOOCOMMERCE_STATUSES calls open or paid), nothing of it was
// shipped here or there, and nothing billed there. An internal note that begins with "ERP: " says so, and
// otherwise says why a person has to decide; with WOOCOMMERCE_CANCELLATIONS=show that is all. One that is
// cancelled, refunded, failed, completed or in the trash is read and not written to: it is the echo of
// the store's own act. Nothing is refunded; WooCommerce puts the pieces back in stock and mails
// whom its settings name. The guarantee is search: the note is written first, then the status, and each only
// if the order lacks it. WooCommerce compares nothing when it writes, so that a change in the moment between
// reading and writing is overwritten. The cancelled order comes back as order.updated, and goes to the
// ERP, the warehouse and the CRM like one that a person cancelled.
//
// The ERP's state of an order is in its meta data: _causeway_erp_number and _causeway_erp_status, and if the
// sales order has other pieces of a SKU than the order (package difference) _causeway_erp_difference, with
// an internal note that begins with "ERP difference: ". Once they agree again the meta data says "none", and
// a note says so. The order is compared as an ERP gets it (package translator) and as it is at the time of
// the delivery. One that was cancelled or has a status that is ignored is not compared. A delivery takes one
// call, one for the refunds of an order that has some, one PUT for all of the meta data, and two for a
// note. An order that shows all of it is not written to. WooCommerce reports the PUT as order.updated, whose
// content is the same, so that nothing is written at the ERP. The guarantee is search.
//
// Money that another system, such as an ERP, paid back of an order becomes by WOOCOMMERCE_ERP_REFUNDS a
// refund of that amount which the order's gateway pays (pay: api_refund), one that is recorded without the
// gateway (record), or an internal note "ERP refund CR-27 (4713): …" (show). An amount is shown in each case
// if it is more than the order has left, is in another currency, or is of an order that is not paid here or
// is in the trash; and if the store would refund more with it than the system has in all, because then a
// person refunded it here, or a refund of the store is not in the system yet. A request that was shown is not
// carried out later. The refund has no lines, so nothing is restocked and no piece is off the order. A refund
// of the whole rest gives the order the status refunded, as by hand.
//
// The guarantee is search, because a refund has no idempotency key and a search by meta data is not offered.
// A refund of the order with the amount and the reason "netsuite refund CR-27 (4713)" is the one. Where the
// store has refunded all that the system has, one of the amount that names no other record is too. The
// content decides, and not a reason: the store never refunds more than the system. WooCommerce
// answers a refund that it or the gateway does not make with status 500 and the code
// woocommerce_rest_cannot_create_order_refund (recorded of 10.9.1), which is not retried: a gateway may have
// paid all the same. The refund comes back with order.updated, and package refund of NetSuite finds it there.
//
// An internal note that begins with "Return 445001: " has the state of a return: the pieces that are
// requested back by SKU, and those that were received, with how many were restocked. A state that the
// newest such note has is not written again, and none that says "requested" after one that says
// "received". The order and its refunds stay as they are.
//
// target.go finds the store and the order, order.go reads what the order has, shipping.go decides
// what it lacks and writes it, note.go writes the notes, encode_shipment.go the body, warehouse.go the notes
// of a warehouse, goodsback.go those of its returns, cancel.go cancels, payback.go refunds, and erp.go
// shows what an ERP has.
package shipment
