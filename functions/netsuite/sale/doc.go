// Package sale writes sales orders to NetSuite and what belongs to them: customer deposits, item
// fulfillments and invoices. Each is looked up, compared with the state of the canonical entity, and
// written only if it differs.
//
//	order.go, encode_order.go         the sales order: its life, its fields
//	encode_lines.go                   an order as lines that add up to its total
//	match_lines.go, encode_change.go  which booked line is which, and the one request that changes them
//	deposit.go, encode_deposit.go     the customer deposit of a payment
//	shipment.go, encode_shipment.go   the item fulfillment of a shipment, and its invoice
//	shipment_later.go                 its corrected tracking, and its removal
//	itemize.go                        the comparison of one order for an auditor
//
// The functions of a delivery return the receipt, or a fault whose Field is the path in the canonical
// entity. Package record says what the fields, lines and faults have in common.
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
// With NETSUITE_ORDERS=all the memo ends with a digest of the lines that were written last, such as ", lines
// 5f0a4c7e91d2b386". While the store's lines are the same, what a person changed of them in NetSuite stays:
// only body fields are compared. Once the store changes its own lines, these are written, over those of
// NetSuite. What a person writes into the memo beside the digest changes nothing of that, and a long number
// of the buyer is cut so that the digest and record.ClosedNote fit. A sales order from before the setting has
// no digest until its lines are written for the first time.
//
// These end in a conflict, which an operator has to settle:
//
//   - a line that is fulfilled, billed or on a purchase order, and was removed in the store;
//   - a quantity below what is fulfilled or billed;
//   - a cancelled order with something fulfilled or billed, whose other lines are closed; a person
//     stops the parcel, or enters what of the return and its credit is not booked yet, because a refund of
//     the store and a return of the warehouse book theirs, and then resolves the message. Nothing in NetSuite
//     says that this was done, except that an operator closed every line, or those of which something left
//     that was not billed. A line with
//     something fulfilled and not billed is not closed, because that would take it off NetSuite's
//     billing queue;
//   - a new line for an order that is closed and has something fulfilled or billed;
//   - another currency or subsidiary, which no saved transaction can get;
//   - a record that a workflow has locked.
//
// A cancelled order, and one without any quantity left, is closed line by line. One that
// was cancelled before it reached NetSuite is created and closed, because payments may
// belong to it. The memo then ends with record.ClosedNote. If every line is closed and the store's
// order is open, or the memo says that we closed it and the store's order is not cancelled any more,
// the lines are opened again unless something is fulfilled or billed: an order that is to stay closed
// must be cancelled in the store. With NETSUITE_ORDERS the store is asked to cancel what an operator
// closed, and the lines stay closed, also if the store opens its order again. A single line that an
// operator closes stays closed. A sales order that is cancelled in NetSuite is not written to by a
// cancelled order, nor by any other with NETSUITE_ORDERS.
//
// Date, location, currency and subsidiary are set when the record is created and not
// changed later.
//
// # Shipments
//
// Every event of a shipment sets its whole state, whichever arrives first. A shipment that left
// becomes an item fulfillment, made of the sales order by
// POST /salesOrder/{id}/!transform/itemFulfillment?replace=item. The transform ships all that is open
// by itself, so every open line of goods is listed, also those of which nothing was shipped, and the
// list replaces NetSuite's own (REST API Browser, parameter replace of the transform): a line that an
// edit of the order adds in the same moment is not shipped. Lines are found by their item. The items
// of charges (tax, tip, fee and so on) must not be fulfillable in NetSuite
// ("Can be Fulfilled/Received" off): their lines are not listed. Date and shipped date are those of
// the shipment, in NETSUITE_TIMEZONE; the status is shipped; each tracking number has a package,
// whose weight NetSuite demands (NETSUITE_PACKAGE_WEIGHT).
//
// A transform is not idempotent. The guarantee is external_id: the body has an external id that
// follows from the shipment's key, it is looked up first, and NetSuite rejects one that is taken, so
// that a request that takes effect late is not a second. A parcel that is confirmed again under
// another id is found by its tracking number, which is in the memo, and by its quantities.
//
// A store's own fulfillment keeps its id. Two of them with one tracking number and the same quantities are
// two item fulfillments. A store may cancel one and make another of the same pieces; if the second arrives
// first, it waits until the item fulfillment of the first is removed.
//
// Other tracking numbers later replace the packages and the memo (PATCH with replace=package). NetSuite
// has no field for the delivery. Other quantities under the same shipment are a conflict, because the
// pieces are out of the stock already.
//
// The item fulfillment of a cancelled shipment is removed (DELETE), after which its pieces are open in
// the sales order. NetSuite cannot void one. It is a conflict for a person if the shipment has an invoice
// of ours, or if more of an item is billed than stays fulfilled without it: the invoice has to be
// credited first. A closed accounting period is waited for. Whether an account refuses the removal of
// an item fulfillment for other reasons, such as a return that was made of it, is not documented; its
// refusal is a conflict too.
//
// More than is open is a conflict before anything is written, and so is a line that was closed. If
// the order's lines change between reading and writing, as by another shipment, it is tried again. An
// order that is pending approval, or has a payment hold, is waited for.
//
// With NETSUITE_INVOICE=shipped each shipment is followed by an invoice, made by the same kind of
// transform under the same external id. NetSuite fills its lines in: what is fulfilled and not
// billed, with shipping and the lines of charges on the first. The preference "Invoice in Advance of
// Fulfillment" must be off, or more is billed than was shipped.
//
// A later state of the order keeps fulfilled lines, as under "Sales orders".
package sale
