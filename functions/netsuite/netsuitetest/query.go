package netsuitetest

import (
	"cmp"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The queries that the connector makes.
var (
	byExternal = regexp.MustCompile(`^SELECT id, externalid FROM item WHERE LOWER\(externalid\) IN \(('(?:[^']|'')*'(?:, '(?:[^']|'')*')*)\) ORDER BY id$`)
	byEmail    = regexp.MustCompile(`^SELECT c\.id, c\.externalid FROM customer c JOIN customersubsidiaryrelationship r ON r\.entity = c\.id ` +
		`WHERE r\.subsidiary = (\d+) AND c\.isinactive = 'F' AND LOWER\(c\.email\) = '((?:[^']|'')*)' ORDER BY c\.id$`)
	ofOrder = regexp.MustCompile(`^SELECT t\.id, t\.type, t\.externalid, t\.entity, t\.currency, t\.memo, t\.foreigntotal, t\.foreignpaymentamountunused, t\.foreignamountunpaid ` +
		`FROM transaction t JOIN transactionline l ON l\.transaction = t\.id AND l\.mainline = 'T' ` +
		`WHERE t\.id = (\d+) OR l\.createdfrom = (\d+) OR SUBSTR\(t\.memo, 1, (\d+)\) = '((?:[^']|'')*)'(?: OR LOWER\(t\.externalid\) = '((?:[^']|'')*)')? ORDER BY t\.id$`)
	openPeriod = regexp.MustCompile(`^SELECT TO_CHAR\(MIN\(startdate\), 'YYYY-MM-DD'\) AS day FROM accountingperiod ` +
		`WHERE closed = 'F' AND isyear = 'F' AND isquarter = 'F' AND isadjust = 'F' AND startdate > TO_DATE\('(\d{4}-\d{2}-\d{2})', 'YYYY-MM-DD'\)$`)
	noCustomer = "SELECT id FROM customer WHERE id = 0"
)

// query runs SuiteQL, whose answers have lower-case keys, texts for all values, and no
// key for what is null.
func (f *Fake) query(w http.ResponseWriter, body []byte) {
	fields, err := decode(body)
	sql := text(fields, "q")
	email, list, order := byEmail.FindStringSubmatch(sql), byExternal.FindStringSubmatch(sql), ofOrder.FindStringSubmatch(sql)
	period := openPeriod.FindStringSubmatch(sql)
	var rows []any
	known := false
	for _, run := range []func(string) ([]any, bool){
		f.audit, f.stockLevels, f.kitQuery, f.itemQuery, f.orderStates, f.refundQuery, f.parcelQuery, f.itemTypes,
	} {
		if rows, known = run(sql); known {
			break
		}
	}
	if err != nil || email == nil && list == nil && order == nil && period == nil && sql != noCustomer && !known {
		refuse(w, http.StatusBadRequest, "INVALID_PARAMETER", "", "Invalid search query.")
		return
	}
	switch {
	case known:
	case sql == noCustomer:
		rows = []any{}
	case period != nil:
		rows = f.firstOpen(period[1])
	case email != nil:
		rows = f.customersAt(email[1], strings.ReplaceAll(email[2], "''", "'"))
	case list != nil:
		rows = f.itemsNamed(literals(list[1]))
	case order != nil:
		rows = f.transactionsOf(order[1], order[2], order[3], strings.ReplaceAll(order[4], "''", "'"), order[5])
	}
	w.Header().Set("Content-Type", "application/vnd.oracle.resource+json; type=collection; charset=UTF-8")
	writeJSON(w, map[string]any{
		"links": []any{}, "count": len(rows), "hasMore": false, "items": rows, "offset": 0, "totalResults": len(rows),
	})
}

func (f *Fake) customersAt(subsidiary, email string) []any {
	rows := []any{}
	for _, c := range f.Customers() {
		if strings.ToLower(c.Email) != email || c.Inactive || c.Subsidiary != subsidiary {
			continue
		}
		row := map[string]any{"links": []any{}, "id": c.ID}
		if c.ExternalID != "" {
			row["externalid"] = c.ExternalID
		}
		rows = append(rows, row)
	}
	return rows
}

// literals returns the texts of a list such as 'a', 'b”c'.
func literals(list string) []string {
	var all []string
	for _, quoted := range quotedText.FindAllString(list, -1) {
		all = append(all, strings.ReplaceAll(quoted[1:len(quoted)-1], "''", "'"))
	}
	return all
}

var quotedText = regexp.MustCompile(`'(?:[^']|'')*'`)

// itemsNamed compares as SuiteQL does: the case of the literals counts.
func (f *Fake) itemsNamed(externals []string) []any {
	f.mu.Lock()
	defer f.mu.Unlock()
	rows := []any{}
	for _, item := range f.books.sorted(itemRecord) {
		if slices.Contains(externals, strings.ToLower(item.ExternalID)) {
			rows = append(rows, map[string]any{"links": []any{}, "id": item.ID, "externalid": item.ExternalID})
		}
	}
	return rows
}

// transactionTypes are the types as SuiteQL has them.
var transactionTypes = map[string]string{
	orderRecord: "SalesOrd", depositRecord: "CustDep", invoiceRecord: "CustInvc", cashSaleRecord: "CashSale",
	fulfillmentRecord: "ItemShip", adjustmentRecord: "InvAdjst", returnRecord: "RtnAuth", receiptRecord: "ItemRcpt", creditMemoRecord: "CustCred", cashRefundRecord: "CashRfnd", customerRefundRecord: "CustRfnd",
}

// transactionsOf returns the transaction with the id, those made of source, those whose memo begins with the
// prefix, of which length is the length in the query, and those with the external id, "" for none.
func (f *Fake) transactionsOf(id, source, length, prefix, external string) []any {
	f.mu.Lock()
	defer f.mu.Unlock()
	rows := []any{}
	for _, r := range f.books.sorted("") {
		from := cmp.Or(refID(r.state["createdFrom"]), refID(r.state["salesOrder"]))
		named := external != "" && strings.ToLower(r.ExternalID) == external
		if transactionTypes[r.Type] == "" || r.ID != id && from != source && !named && !begins(text(r.state, "memo"), length, prefix) {
			continue
		}
		rows = append(rows, f.books.row(r))
	}
	slices.SortFunc(rows, func(a, b any) int {
		left, right := text(a.(map[string]any), "id"), text(b.(map[string]any), "id")
		return cmp.Or(len(left)-len(right), strings.Compare(left, right))
	})
	return rows
}

// row is a transaction as SuiteQL shows it. The totals of credits and refunds are negative.
func (b *books) row(r *Record) map[string]any {
	row := map[string]any{
		"links": []any{}, "id": r.ID, "type": transactionTypes[r.Type], "currency": refID(r.state["currency"]),
		"entity": cmp.Or(refID(r.state["entity"]), refID(r.state["customer"])),
	}
	if r.ExternalID != "" {
		row["externalid"] = strings.ToLower(r.ExternalID)
	}
	if memo := text(r.state, "memo"); memo != "" {
		row["memo"] = memo
	}
	switch total := totalOf(r.state); r.Type {
	case depositRecord:
		row["foreigntotal"], row["foreignpaymentamountunused"] = number(r.state, "payment"), b.unused(r).FloatString(3)
	case creditMemoRecord:
		row["foreigntotal"], row["foreignpaymentamountunused"] = total.Neg(total).FloatString(3), b.unused(r).FloatString(3)
	case invoiceRecord:
		row["foreigntotal"], row["foreignamountunpaid"] = total.FloatString(3), b.unpaid(r).FloatString(3)
	case customerRefundRecord:
		row["foreigntotal"] = b.refunded(r).FloatString(3)
	default:
		row["foreigntotal"] = total.FloatString(3)
	}
	return row
}

// refunded returns what a customer refund pays out.
func (b *books) refunded(r *Record) *big.Rat {
	sum := new(big.Rat)
	for _, list := range []string{"deposit", "apply"} {
		for _, entry := range items(r.state[list]) {
			line, _ := entry.(map[string]any)
			sum.Add(sum, rational(line, "amount"))
		}
	}
	return sum
}

// firstOpen returns the first day of the first open period after the day.
func (f *Fake) firstOpen(day string) []any {
	f.mu.Lock()
	defer f.mu.Unlock()
	row := map[string]any{"links": []any{}}
	for month := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC); month.Year() < 2030; month = month.AddDate(0, 1, 0) {
		if start := month.Format("2006-01-02"); start > day && start > f.books.closed {
			row["day"] = start
			break
		}
	}
	return []any{row}
}
