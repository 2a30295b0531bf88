package netsuitetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The queries for sales orders, all of them or those that are cancelled or closed, and for their lines.
// Their conditions are in a fixed order.
const (
	stateAt   = `SYS_EXTRACT_UTC\(t\.lastmodifieddate\)`
	stateList = `^SELECT t\.id AS id, t\.tranid AS number, LOWER\(t\.externalid\) AS externalid, t\.memo AS memo, t\.status AS status, ` +
		`MAX\(ABS\(NVL\(l\.quantityshiprecv, 0\)\)\) AS fulfilled, MAX\(ABS\(NVL\(l\.quantitybilled, 0\)\)\) AS billed, ` +
		`TO_CHAR\(` + stateAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS changed FROM transaction t JOIN transactionline l ON l\.transaction = t\.id ` +
		`WHERE t\.type = 'SalesOrd'( AND t\.status IN \('C', 'H', 'SalesOrd:C', 'SalesOrd:H'\))?`
	stateGroup = ` GROUP BY t\.id, t\.tranid, t\.externalid, t\.memo, t\.status, t\.lastmodifieddate ORDER BY ` + stateAt + `, t\.id$`
	stateStore = `SUBSTR\(LOWER\(t\.externalid\), 1, \d+\) = '[^']*'`
)

var (
	stateSince = regexp.MustCompile(stateList + ` AND \((` + stateStore + `(?: OR ` + stateStore + `)*)\) AND ` + stateAt + ` >= ` + stockTime +
		`(?: AND \(` + stateAt + ` > ` + stockTime + ` OR ` + stateAt + ` = ` + stockTime + ` AND t\.id > (\d+)\))?` + stateGroup)
	stateOne   = regexp.MustCompile(stateList + ` AND LOWER\(t\.externalid\) = ('(?:[^']|'')*')` + stateGroup)
	stateLines = regexp.MustCompile(`^SELECT l\.transaction AS sale, i\.externalid AS sku, i\.itemid AS name, i\.itemtype AS kind, l\.isclosed AS closed, ` +
		`SUM\(ABS\(NVL\(l\.quantity, 0\)\)\) AS ordered, SUM\(ABS\(NVL\(l\.quantityshiprecv, 0\)\)\) AS fulfilled, SUM\(ABS\(NVL\(l\.quantitybilled, 0\)\)\) AS billed ` +
		`FROM transactionline l JOIN item i ON i\.id = l\.item WHERE l\.mainline = 'F' AND l\.taxline = 'F' AND l\.kitmemberof IS NULL AND l\.transaction IN \((\d+(?:, \d+)*)\) ` +
		`GROUP BY l\.transaction, i\.externalid, i\.itemid, i\.itemtype, l\.isclosed ORDER BY l\.transaction, i\.itemid, l\.isclosed$`)
	stateBegin = regexp.MustCompile(`1, (\d+)\) = '([^']*)'`)
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

// orderStates runs a query for sales orders or their lines; known is false if it is another one.
func (f *Fake) orderStates(sql string) (rows []any, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := stateLines.FindStringSubmatch(sql); m != nil {
		return f.lineRows(strings.Split(m[1], ", ")), true
	}
	if m := stateOne.FindStringSubmatch(sql); m != nil {
		return f.stateRows(m[1] != "", func(r *Record) bool { return strings.ToLower(r.ExternalID) == literals(m[2])[0] }), true
	}
	m := stateSince.FindStringSubmatch(sql)
	if m == nil || m[4] != m[5] {
		return nil, false
	}
	stores := stateBegin.FindAllStringSubmatch(m[2], -1)
	return f.stateRows(m[1] != "", func(r *Record) bool {
		ours := slices.ContainsFunc(stores, func(s []string) bool { return begins(strings.ToLower(r.ExternalID), s[1], s[2]) })
		return ours && r.changedAt() >= m[3] && (m[4] == "" || cmp.Or(cmp.Compare(r.changedAt(), m[4]), compareIDs(r.ID, m[6])) > 0)
	}), true
}

func (r *Record) changedAt() string { return r.changed.UTC().Format(stockLayout) }

// stateRows returns the orders that fit, of those that ended or of all, by the time of their last change.
func (f *Fake) stateRows(ended bool, fits func(*Record) bool) []any {
	var found []*Record
	for _, r := range f.books.sorted(orderRecord) {
		if (!ended || slices.Contains([]string{"C", "H"}, f.books.letter(r))) && fits(r) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b *Record) int {
		return cmp.Or(cmp.Compare(a.changedAt(), b.changedAt()), compareIDs(a.ID, b.ID))
	})
	rows := []any{}
	for _, r := range found[:min(len(found), mostRows)] {
		row := map[string]any{
			"links": []any{}, "id": r.ID, "number": "SO-" + r.ID, "externalid": strings.ToLower(r.ExternalID), "status": f.books.letter(r),
			"fulfilled": r.most("quantityFulfilled"), "billed": r.most("quantityBilled"), "changed": r.changedAt(),
		}
		if memo := text(r.state, "memo"); memo != "" {
			row["memo"] = memo
		}
		rows = append(rows, row)
	}
	return rows
}

// letter returns the letter of a sales order's status, which follows from its lines once it is approved.
func (b *books) letter(r *Record) string {
	switch status := orderView(r).Status; status {
	case "closed":
		return "H"
	case "A", cancelledOrder:
		return status
	}
	some, due := false, false // a line was fulfilled, and is not billed yet
	open, unbilled := false, false
	for _, entry := range items(r.state[itemSublist]) {
		l, _ := entry.(map[string]any)
		fulfilled, billed := rational(l, "quantityFulfilled"), rational(l, "quantityBilled")
		some, due = some || fulfilled.Sign() > 0, due || fulfilled.Cmp(billed) > 0
		if !flag(l, "isClosed") {
			open = open || !b.goodsless(l) && fulfilled.Cmp(rational(l, "quantity")) < 0
			unbilled = unbilled || billed.Cmp(rational(l, "quantity")) < 0
		}
	}
	switch {
	case open && some && due:
		return "E"
	case open && some:
		return "D"
	case open:
		return "B"
	case unbilled || due:
		return "F"
	}
	return "G"
}

// lineRows returns the lines of the orders, summed up by item, closed ones apart.
func (f *Fake) lineRows(orders []string) []any {
	type group struct{ order, item, closed string }
	sums := map[group][3]*big.Rat{}
	for _, id := range orders {
		r := f.books.find(orderRecord, id)
		if r == nil {
			continue
		}
		for _, entry := range items(r.state[itemSublist]) {
			l, _ := entry.(map[string]any)
			item := f.books.refer(itemRecord, l["item"])
			if item == nil {
				continue
			}
			g := group{id, item.ID, map[bool]string{true: "T", false: "F"}[flag(l, "isClosed")]}
			for i, name := range []string{"quantity", "quantityFulfilled", "quantityBilled"} {
				sum := sums[g]
				if sum[i] == nil {
					sum[i] = new(big.Rat)
				}
				sum[i].Add(sum[i], rational(l, name))
				sums[g] = sum
			}
		}
	}
	groups := slices.SortedFunc(maps.Keys(sums), func(a, b group) int {
		return cmp.Or(compareIDs(a.order, b.order), compareIDs(a.item, b.item), cmp.Compare(a.closed, b.closed))
	})
	rows := []any{}
	for _, g := range groups[:min(len(groups), mostRows)] {
		row := map[string]any{"links": []any{}, "sale": g.order, "closed": g.closed}
		maps.Copy(row, f.shownItem(g.item))
		for i, name := range []string{"ordered", "fulfilled", "billed"} {
			row[name] = exact(sums[g][i])
		}
		rows = append(rows, row)
	}
	return rows
}

// shownItem returns an item's external id, name and type as SuiteQL has them.
func (f *Fake) shownItem(id string) map[string]any {
	record, item := f.books.find(itemRecord, id), f.items[id]
	row := map[string]any{"name": cmp.Or(item.Name, record.ExternalID, "Item "+id), "kind": cmp.Or(item.Type, "InvtPart")}
	if record.ExternalID != "" {
		row["sku"] = record.ExternalID
	}
	if _, kit := f.kits[id]; kit {
		row["kind"] = "Kit"
	}
	if flag(record.state, "goodsless") {
		row["kind"] = "OthCharge"
	}
	return row
}

// ChangeMemo writes a memo over that of a sales order, as a person does.
func (f *Fake) ChangeMemo(externalID, memo string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	order := f.books.find(orderRecord, "eid:"+externalID)
	if order == nil {
		return errNoLine
	}
	return f.change(effect{Type: orderRecord, ID: order.ID, ExternalID: order.ExternalID}, order.state, map[string]any{"memo": memo})
}

// ChangeQuantity changes the quantity of a sales order's line, and its amount with it, as an operator does
// in NetSuite.
func (f *Fake) ChangeQuantity(externalID string, line int, quantity string) error {
	return f.changeLines(externalID, func(lines []any) []any {
		for i, entry := range lines {
			if l, _ := entry.(map[string]any); lineNumber(entry) == line {
				changed := maps.Clone(l)
				changed["quantity"] = json.Number(quantity)
				if before, now := rational(l, "quantity"), rational(changed, "quantity"); before.Sign() > 0 {
					amount := rational(l, "amount")
					changed["amount"] = json.Number(amount.Mul(amount, now).Quo(amount, before).FloatString(2))
				}
				lines[i] = changed
			}
		}
		return lines
	})
}

// AddLine adds a line to a sales order as an operator does in NetSuite. The item is named by its external id.
func (f *Fake) AddLine(externalID, item, quantity, amount string) error {
	return f.changeLines(externalID, func(lines []any) []any {
		next := 1
		for _, l := range lines {
			next = max(next, lineNumber(l)+1)
		}
		return append(lines, map[string]any{
			"line": json.Number(strconv.Itoa(next)), "item": map[string]any{"externalId": item}, "quantity": json.Number(quantity), "amount": json.Number(amount),
		})
	})
}

// RemoveLine removes a line of a sales order as an operator does in NetSuite.
func (f *Fake) RemoveLine(externalID string, line int) error {
	return f.changeLines(externalID, func(lines []any) []any {
		return slices.DeleteFunc(lines, func(l any) bool { return lineNumber(l) == line })
	})
}

// changeLines replaces the lines of a sales order without a request.
func (f *Fake) changeLines(externalID string, change func([]any) []any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(orderRecord, "eid:"+externalID)
	if r == nil {
		return errNoLine
	}
	made := map[string]any{itemSublist: sublist(change(slices.Clone(items(r.state[itemSublist]))))}
	body, err := json.Marshal(made)
	if err != nil {
		return err
	}
	e := effect{Type: r.Type, ID: r.ID, ExternalID: r.ExternalID, Replace: []string{itemSublist}, Inside: true, Body: body}
	if err := f.write(e); err != nil {
		return err
	}
	f.books.apply(e, merge(r.state, made, e.Replace))
	return nil
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
