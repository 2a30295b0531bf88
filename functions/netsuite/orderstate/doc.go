// Package orderstate polls NetSuite for sales orders: poller.go lists them by SuiteQL, lines.go adds their
// lines, and source.go translates one into order.cancel_requested, order.acknowledged, or both.
//
// NETSUITE_ORDERS chooses the list:
//
//	true   those that were cancelled or closed (topic order/closed): order.cancel_requested
//	all    all of them (topic order/state): order.acknowledged, and order.cancel_requested of those that
//	       were cancelled or closed
//
// The orders are those of the stores in NETSUITE_SUBSIDIARIES whose external id is ours. The keys are
// {System: "netsuite", Tenant: the account, Type: "order" or "erp_order", ID: the external id in lower case}:
// "order" of order.cancel_requested, "erp_order" of order.acknowledged. The event's parent is the order in
// its store, so that only its store gets the event.
//
// # Ended orders
//
// The body of order.cancel_requested is a canonical.CancelRequest:
//
//	ID, Number   internal id and document number (tranid)
//	Order        the store's id of the order, from the external id, or from the memo where the
//	             external id cannot hold it (record.ExternalID)
//	Status       C is cancelled, H is closed
//	Fulfilled    whether a line has a quantity that was fulfilled (quantityshiprecv)
//	Billed       whether a line has a quantity that was billed (quantitybilled)
//	RequestedAt  lastmodifieddate
//
// A sales order can be cancelled while it is pending approval, and is closed after
// that (NetSuite help, section_N1220357). One of which every line is closed has the status closed.
//
// # All orders
//
// The body of order.acknowledged is a canonical.ERPOrder. The type is not order.changed, whose body is the
// store's whole order: a sales order has neither its addresses nor its payments, and who subscribes to
// order.changed would take it for the store's.
//
//	Status      the words of the letter: pending approval (A), pending fulfillment (B), cancelled (C),
//	            partially fulfilled (D), pending billing/partially fulfilled (E), pending billing (F),
//	            billed (G), closed (H). An unknown letter is passed on
//	Ended       C and H
//	Lines       of each item and of open and closed lines apart: ordered (quantity), fulfilled
//	            (quantityshiprecv), billed (quantitybilled). The SKU is the external id, or the name
//	            (itemid) of an item that has none, which a person added
//	Comparable  whether SKUs and quantities can be compared with the store's
//
// Lines of items that stand for no product (NETSUITE_ITEM_…) are left out, and so are those of shipping,
// tax, discount, subtotal and description. Members of a kit are left out: the kit's own line counts.
// An item group has no line of its own that counts, and rules may choose any item
// (NETSUITE_RULE_ITEM, NETSUITE_RULE_CHARGE): such orders are not comparable.
//
// # Versions
//
// The version is lastmodifieddate, by NetSuite's clock in whole seconds. A poll looks at changes that
// are two minutes old or older (reconcile.Plan), when the second is over. A later change of a closed order
// is published too, and finds the store's order as it is. An order that is opened again is
// listed only with all, and its store is not asked to open its own.
//
// # Echo
//
// An order that its store cancelled is closed in NetSuite by package sale, and listed here. No memo or
// other mark decides what is published: the store finds its order cancelled, and writes nothing. A
// cancellation on request comes back to package sale, which finds every line closed. With all, each
// write of package sale is listed once, and its store, which compares, finds nothing to write. The store's
// own writes come back to package sale, which keeps lines that a person changed (linesNote).
//
// # SuiteQL
//
// Public programs compare t.status with the letter and with the type before it (SalesOrd:H), so that both are
// asked for and read. They agree on the letters (search index, files 63597440371 and 34223245319). A line of
// table transactionline shows quantities below zero for what is sold, so that their size counts; a member of
// a kit has kitmemberof (files 71204699837 and 60699907729). The lines of 250 orders are asked for at once,
// summed up by item, and again in two halves if they fill a page. An order that fills one alone cannot be
// read, which its change says. The role needs SuiteQL on sales orders, as the audit does, and on items.
//
// # Limits
//
// SuiteQL counts in the item's base unit (netsuitediagnostics.com, "SuiteQL: Units Of Measure"). An item
// that is sold in another unit, such as a dozen, differs from the store by the unit's rate.
// Dates and holds of a sales order are not published.
package orderstate
