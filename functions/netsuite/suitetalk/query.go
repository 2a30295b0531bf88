package suitetalk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
)

// The types of transactions as SuiteQL has them.
const (
	SalesOrderType      = "SalesOrd"
	CustomerDepositType = "CustDep"
	InvoiceType         = "CustInvc"
	CashSaleType        = "CashSale"
	CreditMemoType      = "CustCred"
	CashRefundType      = "CashRfnd"
	CustomerRefundType  = "CustRfnd"

	ItemFulfillmentType     = "ItemShip"
	ReturnAuthorizationType = "RtnAuth"
)

// The states of a sales order that is to be neither fulfilled nor billed any more, as SuiteQL has them.
const (
	OrderCancelled = "C"
	OrderClosed    = "H"
)

// CustomersAt returns the active customers of the subsidiary with exactly this normalized
// e-mail address.
func (c *Client) CustomersAt(ctx context.Context, subsidiary, email, doing string) ([]Match, error) {
	return c.search(ctx, "SELECT c.id, c.externalid FROM customer c JOIN customersubsidiaryrelationship r ON r.entity = c.id"+
		" WHERE r.subsidiary = "+subsidiary+" AND c.isinactive = 'F' AND LOWER(c.email) = "+Quoted(email)+" ORDER BY c.id", doing)
}

// TransactionsOf returns the sales order with the internal id, what was made of it in NetSuite, the
// transactions whose memo begins so, and those with the external id, "" for none, by their internal ids. Each
// row has id, type, externalid, entity, currency and memo, and the amounts foreigntotal,
// foreignpaymentamountunused and foreignamountunpaid in the transaction's currency, with the sign of its side
// of the books.
func (c *Client) TransactionsOf(ctx context.Context, order, memo, external, doing string) ([]Values, error) {
	also := ""
	if external != "" {
		also = " OR LOWER(t.externalid) = " + Quoted(strings.ToLower(external))
	}
	return c.Rows(ctx, "SELECT t.id, t.type, t.externalid, t.entity, t.currency, t.memo, t.foreigntotal, t.foreignpaymentamountunused, t.foreignamountunpaid"+
		" FROM transaction t JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'T'"+
		" WHERE t.id = "+order+" OR l.createdfrom = "+order+" OR "+Begins("t.memo", memo)+also+" ORDER BY t.id", doing)
}

// CreditsOf returns the credit memos and cash refunds, by their internal ids, that were made of invoices and
// cash sales of the sales order with the internal id. Each row has id and type. One that was made of a return
// authorization is not among them: the item receipt moves the stock of that.
func (c *Client) CreditsOf(ctx context.Context, order, doing string) ([]Values, error) {
	return c.Rows(ctx, "SELECT t.id, t.type FROM transaction t JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'T'"+
		" JOIN transaction s ON s.id = l.createdfrom AND s.type IN ('CustInvc', 'CashSale')"+
		" JOIN transactionline o ON o.transaction = s.id AND o.mainline = 'T'"+
		" WHERE t.type IN ('CustCred', 'CashRfnd') AND t.voided = 'F' AND o.createdfrom = "+order+" ORDER BY t.id", doing)
}

// QueryRows is the most rows that one page of a query has.
const QueryRows = 1000

// ItemsNamed returns the internal ids of the items with the external ids, which are the
// keys of the result in lower case.
func (c *Client) ItemsNamed(ctx context.Context, externals []string, doing string) (map[string]string, error) {
	ids := map[string]string{}
	for names := range slices.Chunk(externals, QueryRows) {
		literals := make([]string, len(names))
		for i, name := range names {
			literals[i] = Quoted(name)
		}
		list := strings.Join(literals, ", ")
		found, err := c.search(ctx, "SELECT id, externalid FROM item WHERE LOWER(externalid) IN ("+list+") ORDER BY id", doing)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			ids[strings.ToLower(m.External)] = m.ID
		}
	}
	return ids, nil
}

// Quoted returns the text as a literal of SuiteQL.
func Quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func (c *Client) search(ctx context.Context, sql, doing string) ([]Match, error) {
	rows, err := c.Rows(ctx, sql, doing)
	all := make([]Match, len(rows))
	for i, row := range rows {
		all[i] = Match{row["id"], row["externalid"]}
	}
	return all, err
}

// Begins returns the condition that a column begins so. It compares without LIKE, to which the underscores of
// an external id are wildcards.
func Begins(column, prefix string) string {
	return "SUBSTR(" + column + ", 1, " + strconv.Itoa(utf8.RuneCountInString(prefix)) + ") = " + Quoted(prefix)
}

// Rows runs SuiteQL and returns its rows by the names of their columns. SuiteQL leaves out what
// is null.
func (c *Client) Rows(ctx context.Context, sql, doing string) ([]Values, error) {
	body, err := c.query(ctx, sql, doing)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(body)
	return rows, fault.Doing(doing, err)
}

// query runs SuiteQL. It is a POST but changes nothing, so nothing about it is ambiguous.
func (c *Client) query(ctx context.Context, sql, doing string) ([]byte, error) {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("q", sql)
	w.EndObj()
	body, err := Finish(w)
	if err != nil {
		return nil, err
	}
	got, err := c.web.Do(ctx, webapi.Request{
		Method: http.MethodPost, Path: queryPath, Query: url.Values{"limit": {"1000"}}, Body: body, Reads: true, WantJSON: true, Doing: doing,
		Header: jsonHeader("Prefer", "transient"),
	})
	if e := fault.As(err); e != nil && e.Class == fault.Ambiguous {
		e.Class = fault.Intermittent
	}
	return got.Body, err
}

// TimeLayout is how queries write times, in UTC and whole seconds.
const TimeLayout = "2006-01-02 15:04:05"

const sqlTime = "'YYYY-MM-DD HH24:MI:SS'"

// Timestamp returns the time as an expression of SuiteQL, to be compared with UTC of a column.
func Timestamp(at time.Time) string {
	return "TO_TIMESTAMP(" + Quoted(at.UTC().Format(TimeLayout)) + ", " + sqlTime + ")"
}

// UTC returns the expression of a column's time in UTC: SuiteQL answers in the zone of the
// integration's user.
func UTC(column string) string { return "SYS_EXTRACT_UTC(" + column + ")" }

// UTCText returns the expression of a column's time as text in TimeLayout.
func UTCText(column string) string { return "TO_CHAR(" + UTC(column) + ", " + sqlTime + ")" }
