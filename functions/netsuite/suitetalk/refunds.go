package suitetalk

import (
	"context"
	"strings"
	"time"
)

// refundTypes have, by the type of SuiteQL, the records by which money goes back to a buyer.
var refundTypes = map[string]string{CustomerRefundType: CustomerRefund, CashRefundType: CashRefund}

// RefundRecord returns the record of a refund, as paths name it, by the type of SuiteQL; "" of any other.
func RefundRecord(kind string) string { return refundTypes[kind] }

const refundChanged = "t.lastmodifieddate"

// RefundListing is the list of refunds by the time of their last change.
var RefundListing = Listing{At: refundChanged, IDs: []string{"t.id"}, Changed: "changed", Names: []string{"id"}}

// RefundColumns are the columns of a refund. Of its documents, salesorder, orderid and ordermemo are those of
// the sales order, orders counts the sales orders, and others the documents that are of none.
var RefundColumns = []string{"id", "number", "type", "externalid", "currency", "total", "salesorder", "orderid", "ordermemo", "orders", "others", "changed"}

// The parts of a query for refunds. A customer refund pays out credit memos, deposits and payments, to which
// it is linked in either direction. A document leads to its sales order by the transaction that it was
// created from, in up to three steps: a credit memo, its return authorization, its invoice.
var (
	refundSelect = "SELECT t.id AS id, t.tranid AS number, t.type AS type, LOWER(t.externalid) AS externalid, t.currency AS currency, " +
		"ABS(t.foreigntotal) AS total, MIN(o.id) AS salesorder, MIN(LOWER(o.externalid)) AS orderid, MIN(o.memo) AS ordermemo, " +
		"COUNT(DISTINCT o.id) AS orders, COUNT(DISTINCT CASE WHEN o.id IS NULL THEN x.id END) AS others, " + UTCText(refundChanged) + " AS changed " +
		"FROM transaction t " +
		"LEFT JOIN PreviousTransactionLineLink k ON t.type = 'CustRfnd' AND (k.nextdoc = t.id OR k.previousdoc = t.id) " +
		"JOIN transaction x ON x.type IN ('CashRfnd', 'CustCred', 'CustDep', 'CustPymt', 'Journal') " +
		"AND x.id = CASE WHEN t.type = 'CashRfnd' THEN t.id WHEN k.nextdoc = t.id THEN k.previousdoc ELSE k.nextdoc END " +
		"LEFT JOIN transactionline d ON d.transaction = x.id AND d.mainline = 'T' " +
		"LEFT JOIN transactionline a ON a.transaction = d.createdfrom AND a.mainline = 'T' " +
		"LEFT JOIN transactionline b ON b.transaction = a.createdfrom AND b.mainline = 'T' " +
		"LEFT JOIN transaction o ON o.type = 'SalesOrd' AND o.id IN (d.createdfrom, a.createdfrom, b.createdfrom) " +
		"WHERE t.type IN ('CustRfnd', 'CashRfnd') AND t.posting = 'T' AND t.voided = 'F' AND "
	refundGroup = " GROUP BY t.id, t.tranid, t.type, t.externalid, t.currency, t.foreigntotal, " + refundChanged
)

// RefundStore is the column of the sales order's external id, by which a store is found.
const RefundStore = "LOWER(o.externalid)"

// RefundsSince returns a page of the refunds without an external id that changed at the time or later, come
// after the cursor, and pay back an order that the condition on RefundStore is true of. An invalid cursor is
// fault.Rejected.
func (c *Client) RefundsSince(ctx context.Context, since time.Time, cursor, store, doing string) ([]Values, error) {
	following, err := RefundListing.Following(since, cursor, doing)
	if err != nil {
		return nil, err
	}
	return c.Rows(ctx, refundSelect+"t.externalid IS NULL AND "+following+refundGroup+" HAVING MAX(CASE WHEN "+store+" THEN 1 ELSE 0 END) = 1"+RefundListing.Order(), doing)
}

// Refund returns the refund with the internal id, nil if it has an external id by now, or was voided.
func (c *Client) Refund(ctx context.Context, id, doing string) (Values, error) {
	rows, err := c.Rows(ctx, refundSelect+"t.externalid IS NULL AND t.id = "+id+refundGroup+RefundListing.Order(), doing)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// RefundsOf returns all refunds that pay back the sales orders with the internal ids, by their ids. They are
// those of the orders' customers, so that NetSuite need not look at all.
func (c *Client) RefundsOf(ctx context.Context, orders []string, doing string) (all []Values, err error) {
	list := strings.Join(orders, ", ")
	for after := "0"; ; {
		rows, err := c.Rows(ctx, refundSelect+"t.id > "+after+" AND t.entity IN (SELECT entity FROM transaction WHERE id IN ("+list+"))"+
			refundGroup+" HAVING MIN(o.id) IN ("+list+") ORDER BY t.id", doing)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if len(rows) < QueryRows {
			return all, nil
		}
		after = rows[len(rows)-1]["id"]
	}
}
