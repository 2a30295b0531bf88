package netsuitetest

import (
	"cmp"
	"errors"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The queries for sales orders that are cancelled or closed. Their conditions are in a fixed order.
const (
	closedAt   = `SYS_EXTRACT_UTC\(t\.lastmodifieddate\)`
	closedList = `^SELECT t\.id AS id, t\.tranid AS number, LOWER\(t\.externalid\) AS externalid, t\.memo AS memo, t\.status AS status, ` +
		`MAX\(ABS\(NVL\(l\.quantityshiprecv, 0\)\)\) AS fulfilled, MAX\(ABS\(NVL\(l\.quantitybilled, 0\)\)\) AS billed, ` +
		`TO_CHAR\(` + closedAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS changed FROM transaction t JOIN transactionline l ON l\.transaction = t\.id ` +
		`WHERE t\.type = 'SalesOrd' AND t\.status IN \('C', 'H', 'SalesOrd:C', 'SalesOrd:H'\)`
	closedGroup = ` GROUP BY t\.id, t\.tranid, t\.externalid, t\.memo, t\.status, t\.lastmodifieddate ORDER BY ` + closedAt + `, t\.id$`
	closedStore = `SUBSTR\(LOWER\(t\.externalid\), 1, \d+\) = '[^']*'`
)

var (
	closedSince = regexp.MustCompile(closedList + ` AND \((` + closedStore + `(?: OR ` + closedStore + `)*)\) AND ` + closedAt + ` >= ` + stockTime +
		`(?: AND \(` + closedAt + ` > ` + stockTime + ` OR ` + closedAt + ` = ` + stockTime + ` AND t\.id > (\d+)\))?` + closedGroup)
	closedOne   = regexp.MustCompile(closedList + ` AND LOWER\(t\.externalid\) = ('(?:[^']|'')*')` + closedGroup)
	closedBegin = regexp.MustCompile(`1, (\d+)\) = '([^']*)'`)
)

// cancelledOrder is the status of a sales order that was cancelled before it was approved.
const cancelledOrder = "C"

var errApproved = errors.New("netsuitetest: ORD_ALREADY_APPRVD: you cannot cancel this order because it has already been approved")

// Cancel cancels a sales order as an operator does in NetSuite, where it must be pending approval.
func (f *Fake) Cancel(externalID string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(orderRecord, "eid:"+externalID)
	if r == nil {
		return errNoLine
	}
	if refID(r.state["orderStatus"]) != "A" {
		return errApproved
	}
	return f.change(effect{Type: r.Type, ID: r.ID, ExternalID: r.ExternalID}, r.state, map[string]any{"orderStatus": map[string]any{"id": cancelledOrder}})
}

// CloseOrder closes every line of a sales order, or opens them, as an operator does in NetSuite.
func (f *Fake) CloseOrder(externalID string, closed bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(orderRecord, "eid:"+externalID)
	if r == nil {
		return errNoLine
	}
	var lines []any
	for _, entry := range items(r.state[itemSublist]) {
		line, _ := entry.(map[string]any)
		lines = append(lines, map[string]any{"line": line["line"], "isClosed": closed})
	}
	return f.change(effect{Type: r.Type, ID: r.ID, ExternalID: r.ExternalID}, r.state, map[string]any{itemSublist: sublist(lines)})
}

// DateOrder makes the time that of the sales order's last change.
func (f *Fake) DateOrder(externalID string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.books.find(orderRecord, "eid:"+externalID); r != nil {
		r.changed = at
	}
}

// closedOrders runs a query for sales orders that are cancelled or closed; known is false if it is
// another one.
func (f *Fake) closedOrders(sql string) (rows []any, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := closedOne.FindStringSubmatch(sql); m != nil {
		return f.closedRows(func(r *Record) bool { return strings.ToLower(r.ExternalID) == literals(m[1])[0] }), true
	}
	m := closedSince.FindStringSubmatch(sql)
	if m == nil || m[3] != m[4] {
		return nil, false
	}
	stores := closedBegin.FindAllStringSubmatch(m[1], -1)
	return f.closedRows(func(r *Record) bool {
		ours := slices.ContainsFunc(stores, func(s []string) bool { return begins(strings.ToLower(r.ExternalID), s[1], s[2]) })
		return ours && r.changedAt() >= m[2] && (m[3] == "" || cmp.Or(cmp.Compare(r.changedAt(), m[3]), compareIDs(r.ID, m[5])) > 0)
	}), true
}

func (r *Record) changedAt() string { return r.changed.UTC().Format(stockLayout) }

// closedRows returns the cancelled and closed orders that fit, by the time of their last change.
func (f *Fake) closedRows(fits func(*Record) bool) []any {
	var found []*Record
	for _, r := range f.books.sorted(orderRecord) {
		if status := orderView(r).Status; (status == "closed" || status == cancelledOrder) && fits(r) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b *Record) int {
		return cmp.Or(cmp.Compare(a.changedAt(), b.changedAt()), compareIDs(a.ID, b.ID))
	})
	rows := []any{}
	for _, r := range found[:min(len(found), mostRows)] {
		rows = append(rows, r.closedRow())
	}
	return rows
}

func (r *Record) closedRow() map[string]any {
	status := "H"
	if orderView(r).Status == cancelledOrder {
		status = cancelledOrder
	}
	row := map[string]any{
		"links": []any{}, "id": r.ID, "number": "SO-" + r.ID, "externalid": strings.ToLower(r.ExternalID), "status": status,
		"fulfilled": r.most("quantityFulfilled"), "billed": r.most("quantityBilled"), "changed": r.changedAt(),
	}
	if memo := text(r.state, "memo"); memo != "" {
		row["memo"] = memo
	}
	return row
}

// most returns the highest of the lines' quantities, as decimal text.
func (r *Record) most(name string) string {
	highest := new(big.Rat)
	for _, entry := range items(r.state[itemSublist]) {
		line, _ := entry.(map[string]any)
		if n := rational(line, name); n.Cmp(highest) > 0 {
			highest = n
		}
	}
	places, _ := highest.FloatPrec()
	return highest.FloatString(places)
}
