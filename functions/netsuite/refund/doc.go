// Package refund books money that went back to the buyer: which of NetSuite's documents a refund
// becomes, what each is taken of, and their bodies.
//
//	refund.go   the delivery: what is there is read, what is missing is written
//	books.go    the refund beside NetSuite's transactions of its order
//	fund.go     how much is reversed, and which documents each payout is taken of
//	adopt.go    the refund that people entered in NetSuite, if it is that one
//	encode.go   the bodies of the documents
//
// # Refunds
//
// The documents of a refund follow from NetSuite's transactions of its order (one query: the
// sales order, the transactions made of it, and the order's refunds by their memo):
//
//	nothing invoiced   customer refund of the order's deposits, first of the one that the
//	                   store names as paid back
//	invoiced           credit memo made of the invoice, paid out by a customer refund
//	cash sale          cash refund made of the cash sale
//
// The reversal has the refund's amount, the payout the sum of its transactions. A refund without transactions
// pays nothing: its credit memo stays open, for a person or the next order to use. So does what the
// transactions leave of the amount; with nothing invoiced it stays in the deposits. The receipt says so. A
// later refund that pays out such credit makes no credit memo: it is taken of the order's open credit memos,
// and of the deposits beyond them. Transactions of more than the amount are a conflict, and so is a cash sale
// whose refund was not paid in full, since a cash refund pays all that it takes back.
//
// Goods that had not left are off the order, so they were not invoiced: their part comes from
// the deposits in each case, and one customer refund may take of both. There is one customer
// refund for each transaction of the refund, with its payment option. A credit memo is not
// applied to an invoice that is open: what was received pays that one.
//
// A credit memo and a cash refund have the refund's lines net of tax, its shipping as shipping cost, other
// parts by the items of the settings, and all tax on one line. Goods that come back are booked by their own
// item: NetSuite puts them into stock with the credit, so nothing else may receive them. Goods that do not
// come back are booked by an item without stock. With NETSUITE_RETURNS=receipt all goods are, because the
// item receipt of the warehouse's return puts them into stock (package returning), and so are those of an
// order with a return authorization of ours under either setting. Goods that come back to a place without
// such a return, such as a shop, then have to be received by hand.
//
// All documents have external ids that follow from the refund's key. A transform is no
// upsert, but NetSuite rejects an external id that is taken, so that one which takes effect
// late is not a second. More paid back than was received for the order is a conflict; a refund whose
// payment is not in NetSuite waits for it, and one that names no payment waits while the order is
// not paid in full. Of two refunds at a time that take of one document the later one reads again.
// A refund without money books nothing. A refund that is delivered again, as in a first import after
// the loss of the table, keeps the documents that it has: one that was paid out of deposits is not
// credited because its order was invoiced since.
//
// A refund before anything is invoiced that takes nothing off the order, such as goodwill,
// leaves its deposits less than the order: its invoice stays open by as much, and is credited
// by a person.
//
// # Refunds that people entered
//
// With NETSUITE_REFUNDS people also pay back in NetSuite, and the store refunds it (package payback). The
// refund that the store then reports must not be booked a second time. So a refund of which nothing is booked
// yet is looked for among the customer and cash refunds of its sales order, however it began: the one of the
// same amount and currency, for this order alone, without an external id, is taken for it. It gets the
// refund's external id (PATCH; timdietrich.me, "SuiteTalk REST and External IDs", shows one of an existing
// record), so that it is found again, is no other's, and is no longer polled. Nothing else of it is written.
// The content decides, not a mark that people could copy: a refund that a person made in the store by hand
// for one in NetSuite is recognized too. A refund of goods whose transactions pay less than its worth, or of
// which NetSuite has two, is not.
//
// Of equal refunds each takes another one: the memory that all workers share records which is whose before
// NetSuite is written to. The first writer wins, and after a crash between both writes the next attempt finds
// its own. Refunds that people entered count as paid back when a later refund of the order is checked against
// what was received.
package refund
