package netsuitetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The queries for refunds and credits. Their conditions are in a fixed order.
const (
	refundAt   = `SYS_EXTRACT_UTC\(t\.lastmodifieddate\)`
	refundList = `^SELECT t\.id AS id, t\.tranid AS number, t\.type AS type, LOWER\(t\.externalid\) AS externalid, t\.currency AS currency, ` +
		`ABS\(t\.foreigntotal\) AS total, MIN\(o\.id\) AS salesorder, MIN\(LOWER\(o\.externalid\)\) AS orderid, MIN\(o\.memo\) AS ordermemo, ` +
		`COUNT\(DISTINCT o\.id\) AS orders, COUNT\(DISTINCT CASE WHEN o\.id IS NULL THEN x\.id END\) AS others, ` +
		`TO_CHAR\(` + refundAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS changed FROM transaction t ` +
		`LEFT JOIN PreviousTransactionLineLink k ON t\.type = 'CustRfnd' AND \(k\.nextdoc = t\.id OR k\.previousdoc = t\.id\) ` +
		`JOIN transaction x ON x\.type IN \('CashRfnd', 'CustCred', 'CustDep', 'CustPymt', 'Journal'\) ` +
		`AND x\.id = CASE WHEN t\.type = 'CashRfnd' THEN t\.id WHEN k\.nextdoc = t\.id THEN k\.previousdoc ELSE k\.nextdoc END ` +
		`LEFT JOIN transactionline d ON d\.transaction = x\.id AND d\.mainline = 'T' ` +
		`LEFT JOIN transactionline a ON a\.transaction = d\.createdfrom AND a\.mainline = 'T' ` +
		`LEFT JOIN transactionline b ON b\.transaction = a\.createdfrom AND b\.mainline = 'T' ` +
		`LEFT JOIN transaction o ON o\.type = 'SalesOrd' AND o\.id IN \(d\.createdfrom, a\.createdfrom, b\.createdfrom\) ` +
		`WHERE t\.type IN \('CustRfnd', 'CashRfnd'\) AND t\.posting = 'T' AND t\.voided = 'F' AND `
	refundGroup = ` GROUP BY t\.id, t\.tranid, t\.type, t\.externalid, t\.currency, t\.foreigntotal, t\.lastmodifieddate`
	refundOrder = ` ORDER BY ` + refundAt + `, t\.id$`
	refundStore = `SUBSTR\(LOWER\(o\.externalid\), 1, \d+\) = '[^']*'`
	refundIDs   = `\((\d+(?:, \d+)*)\)`
)

var (
	refundSince = regexp.MustCompile(refundList + `t\.externalid IS NULL AND ` + refundAt + ` >= ` + stockTime +
		`(?: AND \(` + refundAt + ` > ` + stockTime + ` OR ` + refundAt + ` = ` + stockTime + ` AND t\.id > (\d+)\))?` + refundGroup +
		` HAVING MAX\(CASE WHEN (` + refundStore + `(?: OR ` + refundStore + `)*) THEN 1 ELSE 0 END\) = 1` + refundOrder)
	refundOne = regexp.MustCompile(refundList + `t\.externalid IS NULL AND t\.id = (\d+)` + refundGroup + refundOrder)
	refundsOf = regexp.MustCompile(refundList + `t\.id > (\d+) AND t\.entity IN \(SELECT entity FROM transaction WHERE id IN ` + refundIDs + `\)` +
		refundGroup + ` HAVING MIN\(o\.id\) IN ` + refundIDs + ` ORDER BY t\.id$`)
	creditsOf = regexp.MustCompile(`^SELECT t\.id, t\.type FROM transaction t JOIN transactionline l ON l\.transaction = t\.id AND l\.mainline = 'T' ` +
		`JOIN transaction s ON s\.id = l\.createdfrom AND s\.type IN \('CustInvc', 'CashSale'\) ` +
		`JOIN transactionline o ON o\.transaction = s\.id AND o\.mainline = 'T' ` +
		`WHERE t\.type IN \('CustCred', 'CashRfnd'\) AND t\.voided = 'F' AND o\.createdfrom = (\d+) ORDER BY t\.id$`)
)

var errNotPaid = errors.New("netsuitetest: the order has no deposit, invoice or cash sale that the amount can be paid back of")

// PayBack pays an amount of a sales order back as a person does in NetSuite: by a cash refund of its cash
// sale, by a credit memo of its invoice and a customer refund of it, or by a customer refund of a deposit. It
// returns the internal id of the refund, which has no external id.
func (f *Fake) PayBack(order, amount string) (id string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.books.find(orderRecord, "eid:"+order)
	if o == nil {
		return "", errNoLine
	}
	made := func(kind string) *Record {
		for _, r := range f.books.sorted(kind) {
			if refID(r.state["createdFrom"]) == o.ID || refID(r.state["salesOrder"]) == o.ID && f.books.unused(r).Cmp(ratOf(amount)) >= 0 {
				return r
			}
		}
		return nil
	}
	if sale := made(cashSaleRecord); sale != nil {
		return f.reverseByHand(sale, cashRefundRecord, amount)
	}
	list, paid := "deposit", made(depositRecord)
	if invoice := made(invoiceRecord); invoice != nil {
		list = "apply"
		if id, err = f.reverseByHand(invoice, creditMemoRecord, amount); err != nil {
			return "", err
		}
		paid = f.books.find(creditMemoRecord, id)
	}
	if paid == nil {
		return "", errNotPaid
	}
	applied := sublist([]any{map[string]any{"doc": map[string]any{"id": paid.ID}, "apply": true, "amount": json.Number(amount)}})
	refund := map[string]any{"customer": o.state["entity"], "currency": o.state["currency"], list: applied}
	if bad := f.books.acceptRefund(nil, refund); bad != nil {
		return "", errors.New("netsuitetest: " + bad.detail)
	}
	id = f.books.newID()
	return id, f.change(effect{Type: customerRefundRecord, ID: id}, nil, refund)
}

// reverseByHand makes a credit memo or a cash refund with one line of the amount.
func (f *Fake) reverseByHand(sale *Record, kind, amount string) (string, error) {
	lines := items(sale.state[itemSublist])
	if len(lines) == 0 {
		return "", errNotPaid
	}
	first, _ := lines[0].(map[string]any)
	line := map[string]any{"line": json.Number("1"), "item": first["item"], "quantity": json.Number("1"), "amount": json.Number(amount)}
	after := map[string]any{
		"createdFrom": map[string]any{"id": sale.ID}, "entity": sale.state["entity"], "currency": sale.state["currency"],
		"subsidiary": sale.state["subsidiary"], itemSublist: sublist([]any{line}),
		"apply": sublist([]any{map[string]any{"doc": map[string]any{"id": sale.ID}, "apply": false}}),
	}
	if bad := f.books.acceptReversal(kind, sale, after); bad != nil {
		return "", errors.New("netsuitetest: " + bad.detail)
	}
	id := f.books.newID()
	return id, f.change(effect{Type: kind, ID: id}, nil, after)
}

func ratOf(text string) *big.Rat {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat)
	}
	return n
}

// EnterRefund enters a customer refund of an amount of each of these documents under an internal id, 0 for
// the next one, and dates it. It returns the id.
func (f *Fake) EnterRefund(id int64, at time.Time, amount string, deposits ...string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var applied []any
	for _, deposit := range deposits {
		applied = append(applied, map[string]any{"doc": map[string]any{"id": deposit}, "apply": true, "amount": json.Number(amount)})
	}
	refund := map[string]any{"currency": map[string]any{"id": "1"}, "deposit": sublist(applied)}
	if d := f.books.find(depositRecord, deposits[0]); d != nil {
		refund["customer"], refund["currency"] = d.state["customer"], d.state["currency"]
	}
	e := effect{Type: customerRefundRecord, ID: strconv.FormatInt(id, 10), At: at}
	if id == 0 {
		e.ID = f.books.newID()
	}
	if known := f.books.find(customerRefundRecord, e.ID); known != nil {
		known.changed = at
		return e.ID, nil
	}
	return e.ID, f.change(e, nil, refund)
}

// VoidRefund voids a customer refund or a cash refund, as a person does in NetSuite.
func (f *Fake) VoidRefund(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, kind := range []string{customerRefundRecord, cashRefundRecord} {
		if r := f.books.find(kind, id); r != nil {
			return f.change(effect{Type: r.Type, ID: r.ID, ExternalID: r.ExternalID}, r.state, map[string]any{"voided": true})
		}
	}
	return errNoLine
}

// creditRows returns the credits that were made of the order's invoices and cash sales.
func (b *books) creditRows(order string) []any {
	rows := []any{}
	for _, r := range slices.Concat(b.sorted(creditMemoRecord), b.sorted(cashRefundRecord)) {
		from := refID(r.state["createdFrom"])
		sale := cmp.Or(b.find(invoiceRecord, from), b.find(cashSaleRecord, from))
		if sale != nil && refID(sale.state["createdFrom"]) == order && !flag(r.state, "voided") {
			rows = append(rows, map[string]any{"links": []any{}, "id": r.ID, "type": transactionTypes[r.Type]})
		}
	}
	return rows
}

// refundQuery runs a query for refunds or credits; known is false if it is another one.
func (f *Fake) refundQuery(sql string) (rows []any, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := creditsOf.FindStringSubmatch(sql); m != nil {
		return f.books.creditRows(m[1]), true
	}
	if m := refundOne.FindStringSubmatch(sql); m != nil {
		return f.refundRows(func(r *Record, _ []*Record) bool { return r.ID == m[1] && r.ExternalID == "" }, false), true
	}
	if m := refundsOf.FindStringSubmatch(sql); m != nil && m[2] == m[3] {
		ids := strings.Split(m[2], ", ")
		return f.refundRows(func(r *Record, orders []*Record) bool {
			return compareIDs(r.ID, m[1]) > 0 && len(orders) > 0 && slices.Contains(ids, orders[0].ID)
		}, true), true
	}
	m := refundSince.FindStringSubmatch(sql)
	if m == nil || m[2] != m[3] {
		return nil, false
	}
	stores := stateBegin.FindAllStringSubmatch(m[5], -1)
	return f.refundRows(func(r *Record, orders []*Record) bool {
		ours := slices.ContainsFunc(orders, func(o *Record) bool {
			return slices.ContainsFunc(stores, func(s []string) bool { return begins(strings.ToLower(o.ExternalID), s[1], s[2]) })
		})
		return ours && r.ExternalID == "" && r.changedAt() >= m[1] && (m[2] == "" || cmp.Or(cmp.Compare(r.changedAt(), m[2]), compareIDs(r.ID, m[4])) > 0)
	}, false), true
}

// refundRows returns the refunds that fit, given their sales orders, by their ids or by the time of their
// last change.
func (f *Fake) refundRows(fits func(r *Record, orders []*Record) bool, byID bool) []any {
	var found []*Record
	for _, r := range slices.Concat(f.books.sorted(customerRefundRecord), f.books.sorted(cashRefundRecord)) {
		if orders, _ := f.books.ordersOf(r); !flag(r.state, "voided") && fits(r, orders) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b *Record) int {
		if byID {
			return compareIDs(a.ID, b.ID)
		}
		return cmp.Or(cmp.Compare(a.changedAt(), b.changedAt()), compareIDs(a.ID, b.ID))
	})
	rows := []any{}
	for _, r := range found[:min(len(found), mostRows)] {
		rows = append(rows, f.books.refundRow(r))
	}
	return rows
}

// ordersOf returns the sales orders that the refund pays back, by their ids, and how many of its documents
// are of none.
func (b *books) ordersOf(r *Record) (orders []*Record, others int) {
	docs := []*Record{r}
	if r.Type == customerRefundRecord {
		docs = nil
		for list, kind := range map[string]string{"deposit": depositRecord, "apply": creditMemoRecord} {
			for _, entry := range items(r.state[list]) {
				line, _ := entry.(map[string]any)
				docs = append(docs, b.find(kind, refID(line["doc"])))
			}
		}
	}
	for _, doc := range docs {
		order := b.orderBehind(doc)
		switch {
		case order == nil:
			others++
		case !slices.Contains(orders, order):
			orders = append(orders, order)
		}
	}
	slices.SortFunc(orders, func(a, b *Record) int { return compareIDs(a.ID, b.ID) })
	return orders, others
}

// orderBehind follows what a document was created from, in three steps at most.
func (b *books) orderBehind(doc *Record) *Record {
	for range 3 {
		if doc == nil {
			return nil
		}
		from := cmp.Or(refID(doc.state["createdFrom"]), refID(doc.state["salesOrder"]))
		if order := b.find(orderRecord, from); order != nil {
			return order
		}
		doc = cmp.Or(b.find(invoiceRecord, from), b.find(cashSaleRecord, from))
	}
	return nil
}

func (b *books) refundRow(r *Record) map[string]any {
	orders, others := b.ordersOf(r)
	total := totalOf(r.state)
	if r.Type == customerRefundRecord {
		total = b.refunded(r)
	}
	row := map[string]any{
		"links": []any{}, "id": r.ID, "number": "CR-" + r.ID, "type": transactionTypes[r.Type], "currency": refID(r.state["currency"]),
		"total": decimal(total), "orders": strconv.Itoa(len(orders)), "others": strconv.Itoa(others), "changed": r.changedAt(),
	}
	if r.ExternalID != "" {
		row["externalid"] = strings.ToLower(r.ExternalID)
	}
	if len(orders) > 0 {
		row["salesorder"], row["orderid"], row["ordermemo"] = orders[0].ID, strings.ToLower(orders[0].ExternalID), text(orders[0].state, "memo")
	}
	return row
}
