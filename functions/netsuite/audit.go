package netsuite

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/netsuite/sale"
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// auditor is the connector.Auditor of the account. It reads by SuiteQL, whose tables also show
// records that a workflow has locked (online help, "SuiteQL Supported and Unsupported Functions",
// section_158513731864).
type auditor struct{ *target }

var (
	_ connector.Auditor  = (*auditor)(nil)
	_ connector.Itemizer = (*auditor)(nil)
)

// audited has SuiteQL's transaction type of each entity type, and how it shows the amount. The
// sign of a deposit's total depends on the side of the books from which it is seen.
var audited = map[string]struct{ kind, amount string }{
	"order":   {suitetalk.SalesOrderType, "t.foreigntotal"},
	"payment": {suitetalk.CustomerDepositType, "ABS(t.foreigntotal)"},
}

// Books returns orders and payments of each store that has a subsidiary.
func (a *auditor) Books() []connector.Book {
	var books []connector.Book
	for _, store := range slices.Sorted(maps.Keys(a.Settings.Subsidiaries)) {
		system, tenant, _ := strings.Cut(store, "/")
		for _, kind := range slices.Sorted(maps.Keys(audited)) {
			books = append(books, connector.Book{System: system, Tenant: tenant, Type: kind})
		}
	}
	return books
}

// Calendar returns the zone of the business date. A transaction has no time of day.
func (a *auditor) Calendar() connector.Calendar {
	return connector.Calendar{Zone: a.Settings.Timezone, Days: true}
}

// Totals counts the transactions by currency.
func (a *auditor) Totals(ctx context.Context, book connector.Book, span connector.Span) (connector.Totals, error) {
	totals := connector.Totals{Sums: []canonical.Money{}}
	q, err := a.asking(book, "counting the "+book.Type+"s of "+book.Tenant+" in netsuite")
	if err == nil {
		err = q.within(span, a.Settings.Timezone)
	}
	if err != nil {
		return totals, err
	}
	rows, err := a.Rows(ctx, "SELECT t.currency AS currency, COUNT(*) AS records, SUM("+q.amount+") AS total"+q.from()+" GROUP BY t.currency ORDER BY t.currency", q.doing)
	if err != nil {
		return totals, err
	}
	for _, row := range rows {
		count, err := strconv.Atoi(row["records"])
		if err != nil {
			return totals, &fault.Error{Kind: fault.Unavailable, Doing: q.doing, Field: "records", Detail: "is not a number of records"}
		}
		totals.Count += count
		if sum, err := a.amount(row); err == nil {
			totals.Sums = append(totals.Sums, sum)
		}
	}
	return totals, nil
}

// Records lists the transactions by their internal ids, so that no page shifts.
func (a *auditor) Records(ctx context.Context, book connector.Book, span connector.Span, cursor string) (connector.RecordPage, error) {
	q, err := a.asking(book, "listing the "+book.Type+"s of "+book.Tenant+" in netsuite")
	if err == nil {
		err = q.within(span, a.Settings.Timezone)
	}
	if err != nil {
		return connector.RecordPage{}, err
	}
	after := cmp.Or(cursor, "0")
	if !suitetalk.IsInternalID(after) {
		return connector.RecordPage{}, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: q.doing, Detail: "is not a cursor of this list"}
	}
	q.where = append(q.where, "t.id > "+after)
	records, err := a.list(ctx, q)
	page := connector.RecordPage{Records: records}
	if len(records) == suitetalk.QueryRows {
		page.Cursor = records[len(records)-1].Ref
	}
	return page, err
}

// Lookup finds transactions by our external id, or by our memo, which may go on after a comma, if the
// external id was changed.
func (a *auditor) Lookup(ctx context.Context, book connector.Book, ids []string) ([]connector.Record, error) {
	q, err := a.asking(book, "looking up "+book.Type+"s of "+book.Tenant+" in netsuite")
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	externals, memos, begun := make([]string, len(ids)), make([]string, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		key := message.Key{System: book.System, Tenant: book.Tenant, Type: book.Type, ID: id}
		externals[i], memos[i] = suitetalk.Quoted(strings.ToLower(record.ExternalID(key))), suitetalk.Quoted(record.MemoOf(key))
		begun[i] = suitetalk.Begins("t.memo", record.MemoOf(key)+",")
	}
	q.where = append(q.where, "(LOWER(t.externalid) IN ("+strings.Join(externals, ", ")+") OR t.memo IN ("+strings.Join(memos, ", ")+") OR "+strings.Join(begun, " OR ")+")")
	return a.list(ctx, q)
}

// question is a query for the transactions of a book.
type question struct {
	book           connector.Book
	kind, amount   string
	external, memo string // what the external ids and the memos of the book begin with
	where          []string
	doing          string
}

// asking returns the question for all transactions that are ours by external id or memo. A
// transaction whose memo an operator has copied is found as well.
func (a *auditor) asking(book connector.Book, doing string) (*question, error) {
	chosen, known := audited[book.Type]
	if _, ours := a.Settings.Subsidiaries[book.System+"/"+book.Tenant]; !known || !ours {
		return nil, fault.New(fault.Unknown, fault.Bug, doing, "it is not a book of NetSuite's")
	}
	key := message.Key{System: book.System, Tenant: book.Tenant, Type: book.Type}
	return &question{
		book: book, kind: chosen.kind, amount: chosen.amount, external: record.StorePrefix(key), memo: record.MemoOf(key), doing: doing,
		where: []string{"t.type = " + suitetalk.Quoted(chosen.kind)},
	}, nil
}

func (q *question) from() string {
	return " FROM transaction t WHERE " + strings.Join(q.where, " AND ")
}

// within limits the question to the book's transactions of whole days in the zone.
func (q *question) within(span connector.Span, zone *time.Location) error {
	from, first := date(span.From, zone)
	to, end := date(span.To, zone)
	if !first || !end {
		return fault.New(fault.Unknown, fault.Bug, q.doing, "the span does not begin and end at midnight in NETSUITE_TIMEZONE")
	}
	q.where = append(q.where, "t.trandate >= "+from, "t.trandate < "+to,
		"("+suitetalk.Begins("LOWER(t.externalid)", q.external)+" OR "+suitetalk.Begins("t.memo", q.memo)+")")
	return nil
}

// date returns the date in the zone, and whether it begins at that time. A date may begin
// later than at 0:00, where clocks are set forward at midnight.
func date(at time.Time, zone *time.Location) (sql string, begins bool) {
	day := at.In(zone).Format(suitetalk.DateLayout)
	return "TO_DATE(" + suitetalk.Quoted(day) + ", 'YYYY-MM-DD')", at.Add(-1).In(zone).Format(suitetalk.DateLayout) != day
}

func (a *auditor) list(ctx context.Context, q *question) ([]connector.Record, error) {
	rows, err := a.Rows(ctx, "SELECT t.id AS id, t.tranid AS number, t.externalid AS externalid, t.memo AS memo, t.otherrefnum AS name, "+
		"TO_CHAR(t.trandate, 'YYYY-MM-DD') AS day, t.currency AS currency, "+q.amount+" AS total, t.status AS status"+q.from()+" ORDER BY t.id", q.doing)
	if err != nil {
		return nil, err
	}
	records := make([]connector.Record, len(rows))
	for i, row := range rows {
		records[i] = a.record(q, row)
	}
	return records, nil
}

// withdrawn has the states of a sales order without effect: cancelled and closed.
var withdrawn = []string{suitetalk.OrderCancelled, suitetalk.OrderClosed}

func (a *auditor) record(q *question, row suitetalk.Values) connector.Record {
	r := connector.Record{ID: q.id(row), Name: row["name"], Ref: row["id"], Number: row["number"]}
	if q.kind == suitetalk.SalesOrderType && slices.Contains(withdrawn, row["status"]) {
		r.State = connector.Withdrawn
	}
	r.At, r.Err = time.ParseInLocation(suitetalk.DateLayout, row["day"], a.Settings.Timezone)
	if r.Err == nil {
		r.Amount, r.Err = a.amount(row)
	}
	return r
}

// id returns the ID of the canonical key. An ID that an external id cannot hold is in the memo.
func (q *question) id(row suitetalk.Values) string {
	if rest, ours := strings.CutPrefix(strings.ToLower(row["externalid"]), q.external); ours && !strings.HasPrefix(rest, "-") {
		return strings.ReplaceAll(rest, "_", ".")
	}
	if rest, ours := strings.CutPrefix(row["memo"], q.memo); ours {
		id, _, _ := strings.Cut(rest, ",") // the order's own number and record.ClosedNote may follow
		return id
	}
	return row["externalid"]
}

// amount reads the total in the currency of the internal id.
func (a *auditor) amount(row suitetalk.Values) (canonical.Money, error) {
	for code, id := range a.Settings.Currencies {
		if id == row["currency"] {
			money, err := canonical.ParseMoney(row["total"], code)
			if err != nil {
				return money, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "foreigntotal", Detail: err.Error()}
			}
			return money, nil
		}
	}
	return canonical.Money{}, record.NoEntry("NETSUITE_CURRENCIES", row["currency"], "the internal id of the transaction's currency")
}

// Itemize compares line by line. A line of one side alone has no amount on the other.
func (a *auditor) Itemize(ctx context.Context, booked connector.Record, body any) ([]connector.Part, error) {
	doing := "comparing " + booked.Number + " in netsuite"
	switch body := body.(type) {
	case *canonical.Payment:
		return []connector.Part{{Name: "payment", Want: body.Amount, Found: booked.Amount}}, nil
	case *canonical.Order:
		parts, err := (&sale.Target{Account: a.Account}).Itemize(ctx, booked.Ref, body, doing)
		return parts, fault.Doing(doing, err)
	}
	return nil, fault.New(fault.Unknown, fault.Bug, doing, "there is no record of it in NetSuite")
}
