package netsuitetest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The queries by which transactions are audited. Their conditions are in a fixed order.
const (
	auditedTotal = `(t\.foreigntotal|ABS\(t\.foreigntotal\))`
	auditedKind  = ` FROM transaction t WHERE t\.type = '(SalesOrd|CustDep)'`
	auditedDays  = ` AND t\.trandate >= TO_DATE\('([\d-]{10})', 'YYYY-MM-DD'\) AND t\.trandate < TO_DATE\('([\d-]{10})', 'YYYY-MM-DD'\)` +
		` AND \(SUBSTR\(LOWER\(t\.externalid\), 1, (\d+)\) = '([^']*)' OR SUBSTR\(t\.memo, 1, (\d+)\) = '([^']*)'\)`
	auditedList = `^SELECT t\.id AS id, t\.tranid AS number, t\.externalid AS externalid, t\.memo AS memo, t\.otherrefnum AS name, ` +
		`TO_CHAR\(t\.trandate, 'YYYY-MM-DD'\) AS day, t\.currency AS currency, ` + auditedTotal + ` AS total, t\.status AS status` + auditedKind
	auditedBegin = `SUBSTR\(t\.memo, 1, (\d+)\) = '((?:[^']|'')*)'`
	auditedTexts = `((?:'(?:[^']|'')*'(?:, )?)+)`
)

var (
	auditTotals = regexp.MustCompile(`^SELECT t\.currency AS currency, COUNT\(\*\) AS records, SUM\(` + auditedTotal + `\) AS total` +
		auditedKind + auditedDays + ` GROUP BY t\.currency ORDER BY t\.currency$`)
	auditList   = regexp.MustCompile(auditedList + auditedDays + ` AND t\.id > (\d+) ORDER BY t\.id$`)
	auditLookup = regexp.MustCompile(auditedList + ` AND \(LOWER\(t\.externalid\) IN \(` + auditedTexts + `\) OR t\.memo IN \(` + auditedTexts + `\)((?: OR ` + auditedBegin + `)+)\) ORDER BY t\.id$`)
	auditBegin  = regexp.MustCompile(auditedBegin)
)

// mostRows is the number of rows of one page.
const mostRows = 1000

// transaction is a sales order or a deposit, with the columns of SuiteQL.
type transaction struct {
	id                                                  int
	number, external, memo, name, day, currency, status string
	total                                               string
}

// audit runs a query by which transactions are audited; known is false if it is another one.
func (f *Fake) audit(sql string) (rows []any, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := auditTotals.FindStringSubmatch(sql); m != nil {
		return totalsOf(f.transactions(m[2], inDays(m[3:]))), true
	}
	if m := auditList.FindStringSubmatch(sql); m != nil {
		after, err := strconv.Atoi(m[9])
		within := inDays(m[3:])
		return rowsOf(f.transactions(m[2], func(t transaction) bool { return t.id > after && within(t) })), err == nil
	}
	if m := auditLookup.FindStringSubmatch(sql); m != nil {
		externals, memos, begun := literals(m[3]), literals(m[4]), auditBegin.FindAllStringSubmatch(m[5], -1)
		return rowsOf(f.transactions(m[2], func(t transaction) bool {
			return t.external != "" && slices.Contains(externals, strings.ToLower(t.external)) || slices.Contains(memos, t.memo) ||
				slices.ContainsFunc(begun, func(b []string) bool { return begins(t.memo, b[1], strings.ReplaceAll(b[2], "''", "'")) })
		})), true
	}
	return nil, false
}

// inDays reads the conditions of auditedDays: the first day, the day after the last, and length
// and text of both prefixes.
func inDays(m []string) func(transaction) bool {
	return func(t transaction) bool {
		return t.day >= m[0] && t.day < m[1] && (begins(strings.ToLower(t.external), m[2], m[3]) || begins(t.memo, m[4], m[5]))
	}
}

// begins compares as SUBSTR does: a prefix of another length than the text equals nothing.
func begins(text, length, prefix string) bool {
	return length == strconv.Itoa(len([]rune(prefix))) && strings.HasPrefix(text, prefix)
}

// transactions returns those that fit, by internal id. The caller holds the lock.
func (f *Fake) transactions(kind string, fits func(transaction) bool) []transaction {
	var all []transaction
	for _, r := range f.books.sorted("") {
		if transactionTypes[r.Type] != kind {
			continue
		}
		id, err := strconv.Atoi(r.ID)
		t := transaction{
			id: id, external: r.ExternalID, memo: text(r.state, "memo"), name: text(r.state, "otherRefNum"),
			day: text(r.state, "tranDate"), currency: refID(r.state["currency"]),
		}
		if r.Type == orderRecord {
			order := orderView(r)
			t.number, t.total, t.status = "SO-"+r.ID, order.Total, order.Status
			if order.Status == "closed" {
				t.status = "H"
			}
		} else {
			t.number, t.total = "DEP-"+r.ID, f.depositView(r).Amount
		}
		if err == nil && fits(t) {
			all = append(all, t)
		}
	}
	return all
}

func totalsOf(all []transaction) []any {
	sums, counts := map[string]*sum{}, map[string]int{}
	for _, t := range all {
		if sums[t.currency] == nil {
			sums[t.currency] = newSum()
		}
		sums[t.currency].add(t.total)
		counts[t.currency]++
	}
	rows := []any{}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		row := map[string]any{"links": []any{}, "records": strconv.Itoa(counts[currency]), "total": sums[currency].String()}
		if currency != "" {
			row["currency"] = currency
		}
		rows = append(rows, row)
	}
	return rows
}

func rowsOf(all []transaction) []any {
	rows := []any{}
	for _, t := range all[:min(len(all), mostRows)] {
		row := map[string]any{"links": []any{}}
		for name, value := range map[string]string{
			"id": strconv.Itoa(t.id), "number": t.number, "externalid": t.external, "memo": t.memo, "name": t.name,
			"day": t.day, "currency": t.currency, "total": t.total, "status": t.status,
		} {
			if value != "" {
				row[name] = value
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// Enter makes or changes a record as an operator does in NetSuite, without a request. The
// record type is that of its path, such as "salesOrder". Fields are those of the record
// service; a sublist is replaced. It returns the internal id.
func (f *Fake) Enter(record, externalID string, fields map[string]any) (string, error) {
	body, err := json.Marshal(fields)
	if err != nil {
		return "", err
	}
	entered, err := decode(body)
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	e := effect{Type: record, ID: f.books.newID(), ExternalID: externalID, Inside: true, Body: body}
	var before map[string]any
	if known := f.books.find(record, "eid:"+externalID); externalID != "" && known != nil {
		e.ID, before = known.ID, known.state
		e.Replace = []string{itemSublist}
	}
	if err := f.write(e); err != nil {
		return "", err
	}
	f.books.apply(e, merge(before, entered, e.Replace))
	return e.ID, nil
}

// Delete removes a record as an operator does in NetSuite, until the account is opened again.
func (f *Fake) Delete(record, externalID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.books.find(record, "eid:"+externalID); r != nil {
		delete(f.books.records, record+"/"+r.ID)
		delete(f.books.byExternal, record+"/"+strings.ToLower(externalID))
	}
}
