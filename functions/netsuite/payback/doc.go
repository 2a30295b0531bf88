// Package payback polls NetSuite for money that people paid back there: poller.go lists customer refunds and
// cash refunds by SuiteQL, and source.go translates one into refund.requested.
//
// The key is {System: "netsuite", Tenant: the account, Type: "refund", ID: the internal id}. The event's
// parent is the order in its store, so that only its store gets the event. The body is a
// canonical.RefundRequest:
//
//	ID, Number  internal id and document number (tranid)
//	Order       the store's id of the order, from the sales order's external id or memo (record.Stores)
//	Amount      the size of foreigntotal, in the currency that NETSUITE_CURRENCIES has for its id
//	Refunded    the sum of all customer and cash refunds of the sales order, with those of the store
//	At          lastmodifieddate
//
// Refunded is what makes a refund in the store safe: the store never pays back more than NetSuite has in all.
// Free text of the refund is not published, because people write names into it.
//
// NETSUITE_REFUNDS switches the list on. It has the refunds that were posted, were not voided, have no
// external id, and pay back an order of the stores in NETSUITE_SUBSIDIARIES. A refund that another
// integration entered under an external id is not listed, because the store's refund could not be recognized
// as the same (package refund). A refund that pays back several orders, or documents of no order beside one,
// cannot be divided: it is kept with that reason, for a person.
//
// # How a refund leads to its order
//
// A cash refund is made of a cash sale, which is made of a sales order. A customer refund pays out credit
// memos, customer deposits and payments. Public programs read such applications from
// PreviousTransactionLineLink and NextTransactionLineLink, which have previousdoc and nextdoc. No document
// was found that says which of both the refund is, so either counts. From the other one,
// transactionline.createdfrom of the main line leads to the sales order: at once from a deposit, over an
// invoice from a credit memo, over a return authorization and an invoice at most. createdfrom of a deposit
// was not seen live; package refund relies on it too. Public programs exclude voided transactions by t.voided
// = 'F'.
//
// # Versions
//
// The version is lastmodifieddate in whole seconds, polled two minutes later, as in package orderstate. A
// target acts on a refund once, so a later change of it, such as of its memo, has no effect in the store. The
// amount of a saved refund does not change.
//
// # Limits
//
// A refund that is voided in NetSuite after it was listed is refunded in the store all the same, also if its
// request still waits, because voided refunds are not listed. Of two equal refunds of one order whose requests
// both wait, the older one is only shown if it is delivered last: by then the store has refunded all that the
// order had when it was listed.
//
// # Echo
//
// The refund that the store makes comes back as refund.settled. Package refund gives the refund here its
// external id, by order, amount and currency. From then on the list does not have it.
package payback
