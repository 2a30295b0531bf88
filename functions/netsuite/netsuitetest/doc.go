// Package netsuitetest is a NetSuite account that keeps books, for tests and the local run.
//
// A Fake answers as SuiteTalk REST does, and rejects what it rejects: a request that does
// not fit the contract in testdata (route, parameters, body), one whose OAuth 1.0a
// signature or OAuth 2.0 token is wrong, a reference to an item, customer, order,
// subsidiary or currency that is missing, more concurrent requests than the account may
// have. SuiteQL is understood as far as the connector uses it.
//
// The lines of a sales order have numbers. A line with the number of an existing one
// changes it, any other line is new, and with replace=item the lines that are not listed
// are removed. Fulfill and Bill make a line linked: it can be neither removed nor reduced
// below what is fulfilled. A line can be closed while something of it is left to bill, and
// opened while nothing of the order is fulfilled or billed. ClosePeriod, Forbid and
// LockByWorkflow do what an administrator can do to a connector.
//
// Invoice and CashSale bill an order. A credit memo or a cash refund is made of them, and a
// customer refund pays deposits and credit memos out, each only as far as something is left.
// A return authorization is made of a sales order, and an item receipt of it: its state follows from what was
// received and closed, and BackInStock has what receipts and credits put into stock.
// A customer has a subsidiary, currencies, and may be inactive (Deactivate): an order that
// cannot name it is rejected with the reason.
//
// Vary selects the answers that differ between accounts, and those of which only a real
// account can show the right one (see Way).
//
// Plan makes the account misbehave, request by request and deterministically: it
// throttles, fails, hangs, cuts connections, before or after the effect.
//
// The books (Books, Orders, Customers, Deposits, CreditMemos, CashRefunds, Payouts, Adjustments) show the
// account's records and how often each was written. Duplicates finds the same thing booked under two external
// ids. With Open they survive the process: each effect is a line of JSON that is on the disk before the
// answer is sent, and a line torn by a kill is ignored. The settings of Vary, ClosePeriod, Forbid and
// LockByWorkflow do not survive it.
//
// Enter and Delete change the books as an operator does in NetSuite. Sales orders and deposits
// can be counted, listed and looked up by the SuiteQL of an audit. A deleted record is
// there again after the next Open. Cancel, CloseOrder, ChangeQuantity, AddLine and RemoveLine change a
// sales order so, whose status follows from its lines.
//
// PayBack, EnterRefund and VoidRefund do what a person does to refunds, which have no external id until one
// is given to them by PATCH. An external id that another record of the type has is rejected.
//
// An inventory adjustment changes what a location has of an item with stock. OnHand has the sum of all
// adjustments, less what item fulfillments took, with what credit memos and cash refunds put back.
//
// SetStock changes the stock of an item at a location, which is listed by SuiteQL in the order of
// its changes. SetKit changes a kit, whose members are listed with their levels by when any of them
// changed last.
//
// Sales orders have the custom field WarehouseField, and no other.
//
// It does not know: other record types, other custom fields, scripts, taxes, inactive items, lots.
package netsuitetest
