// Package closing polls NetSuite for sales orders that were cancelled or closed there: poller.go lists
// them by SuiteQL, and source.go translates one into order.cancel_requested.
//
// The key is {System: "netsuite", Tenant: the account, Type: "order", ID: the external id in lower
// case}. The event's parent is the order in its store, so that only its store gets the event. The body is a
// canonical.CancelRequest:
//
//	ID, Number   internal id and document number (tranid)
//	Order        the store's id of the order, from the external id, or from the memo where the
//	             external id cannot hold it (record.ExternalID)
//	Status       C is cancelled, H is closed
//	Fulfilled    whether a line has a quantity that was fulfilled (quantityshiprecv)
//	Billed       whether a line has a quantity that was billed (quantitybilled)
//	RequestedAt  lastmodifieddate
//
// NETSUITE_ORDERS switches the list on. The orders are those of the stores in NETSUITE_SUBSIDIARIES whose
// external id is ours. A sales order can be cancelled while it is pending approval, and is closed after
// that (NetSuite help, section_N1220357). One of which every line is closed has the status closed.
//
// # Versions
//
// The version is lastmodifieddate, by NetSuite's clock in whole seconds. A poll looks at changes that
// are two minutes old or older (reconcile.Plan), when the second is over. A later change of a closed order
// is published too, and finds the store's order as it is. An order that is opened again is not
// listed, and nothing happens.
//
// # Echo
//
// An order that its store cancelled is closed in NetSuite by package sale, and listed here. No memo or
// other mark decides what is published: the store finds its order cancelled, and writes nothing. What
// the store cancels on request comes back to package sale, which finds every line closed.
//
// # SuiteQL
//
// Public programs compare t.status with the letter and with the type before it (SalesOrd:H), so that both
// are asked for. A line of table transactionline shows quantities below zero for what is sold, so that their
// size counts. The role needs SuiteQL on sales orders, as the audit does.
package closing
