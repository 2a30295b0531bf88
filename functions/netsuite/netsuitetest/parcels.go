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

// The queries for item fulfillments, their lines and their tracking numbers, and for those that were deleted.
// Their conditions are in a fixed order.
const (
	parcelList = `^SELECT t\.id AS id, t\.tranid AS number, LOWER\(t\.externalid\) AS externalid, t\.status AS status, t\.shipcarrier AS carrier, ` +
		`BUILTIN\.DF\(t\.shipmethod\) AS method, TO_CHAR\(t\.trandate, 'YYYY-MM-DD'\) AS day, LOWER\(o\.externalid\) AS orderid, o\.memo AS ordermemo, ` +
		`TO_CHAR\(` + stateAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS changed FROM transaction t JOIN transactionline h ON h\.transaction = t\.id AND h\.mainline = 'T' ` +
		`JOIN transaction o ON o\.id = h\.createdfrom AND o\.type = 'SalesOrd' WHERE t\.type = 'ItemShip'`
	parcelIDs   = `\((\d+(?:, \d+)*)\)`
	parcelStore = `SUBSTR\(LOWER\(o\.externalid\), 1, \d+\) = '[^']*'`
	goneAt      = `SYS_EXTRACT_UTC\(d\.deleteddate\)`
	goneList    = `^SELECT d\.recordid AS id, TO_CHAR\(` + goneAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS changed FROM DeletedRecord d ` +
		`WHERE LOWER\(REPLACE\(d\.type, ' ', ''\)\) IN \('itemfulfillment', 'itemship'\)`
)

var (
	parcelSince = regexp.MustCompile(parcelList + ` AND EXISTS \(SELECT 1 FROM transactionline p WHERE p\.transaction = t\.id AND p\.location IN ` + parcelIDs + `\) ` +
		`AND \((` + parcelStore + `(?: OR ` + parcelStore + `)*)\) AND ` + stateAt + ` >= ` + stockTime +
		`(?: AND \(` + stateAt + ` > ` + stockTime + ` OR ` + stateAt + ` = ` + stockTime + ` AND t\.id > (\d+)\))? ORDER BY ` + stateAt + `, t\.id$`)
	parcelOne   = regexp.MustCompile(parcelList + ` AND t\.id = (\d+)$`)
	parcelLines = regexp.MustCompile(`^SELECT l\.transaction AS shipment, l\.mainline AS mainline, i\.externalid AS sku, i\.itemid AS name, i\.itemtype AS kind, l\.location AS location, ` +
		`SUM\(CASE WHEN l\.quantity > 0 THEN l\.quantity ELSE 0 END\) AS added, SUM\(CASE WHEN l\.quantity < 0 THEN ABS\(l\.quantity\) ELSE 0 END\) AS taken ` +
		`FROM transactionline l JOIN item i ON i\.id = l\.item WHERE l\.taxline = 'F' AND \(l\.iscogs = 'F' OR l\.iscogs IS NULL\)( AND l\.kitmemberof IS NULL)? ` +
		`AND l\.transaction IN ` + parcelIDs + ` GROUP BY l\.transaction, l\.mainline, i\.externalid, i\.itemid, i\.itemtype, l\.location ORDER BY l\.transaction, i\.itemid, l\.location$`)
	parcelNumbers = regexp.MustCompile(`^SELECT DISTINCT m\.transaction AS shipment, n\.id AS id, n\.trackingnumber AS number FROM trackingnumbermap m ` +
		`JOIN trackingnumber n ON n\.id = m\.trackingnumber WHERE m\.transaction IN ` + parcelIDs + ` ORDER BY m\.transaction, n\.id$`)
	goneSince = regexp.MustCompile(goneList + ` AND ` + goneAt + ` >= ` + stockTime +
		`(?: AND \(` + goneAt + ` > ` + stockTime + ` OR ` + goneAt + ` = ` + stockTime + ` AND d\.recordid > (\d+)\))? ORDER BY ` + goneAt + `, d\.recordid$`)
	goneOne = regexp.MustCompile(goneList + ` AND d\.recordid = (\d+)$`)
)

// Parcel is an item fulfillment as a person makes it in NetSuite, or another integration.
type Parcel struct {
	ExternalID string // of another integration, "" for none
	Location   string // internal id, "" for that of the order
	Status     string // "A" picked, "B" packed, "C" shipped
	Pieces     map[int]string
	Tracking   []string
	Carrier    string // group of carriers, as shipcarrier
	Method     string // name of the shipping method
}

// parcelFields are those of an item fulfillment beside its lines.
func (f *Fake) parcelFields(p Parcel) map[string]any {
	fields := map[string]any{
		"shipStatus": map[string]any{"id": p.Status}, "tranDate": f.now().UTC().Format("2006-01-02"), "shipCarrier": p.Carrier, "shipMethodName": p.Method,
	}
	var packages []any
	for _, number := range p.Tracking {
		packages = append(packages, map[string]any{"packageWeight": json.Number("1"), "packageTrackingNumber": number})
	}
	fields["package"] = sublist(packages)
	return fields
}

// Pack makes an item fulfillment of the sales order with the external id, with pieces of its lines, and returns
// its internal id. A kit's line has the kit's members beside it.
func (f *Fake) Pack(order string, p Parcel) (id string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(orderRecord, "eid:"+order)
	if r == nil {
		return "", errNoLine
	}
	fields := f.parcelFields(p)
	var lines []any
	for number, quantity := range p.Pieces {
		line := map[string]any{"orderLine": json.Number(strconv.Itoa(number)), "itemReceive": true, "quantity": json.Number(quantity)}
		if p.Location != "" {
			line["location"] = map[string]any{"id": p.Location}
		}
		lines = append(lines, line)
	}
	fields[itemSublist] = sublist(lines)
	id, bad := f.ofOrder(r, fulfillmentRecord, p.ExternalID, fields, true)
	if bad != nil {
		return "", errors.New("netsuitetest: " + bad.detail)
	}
	return id, nil
}

// Repack changes the status, the tracking numbers and the carrier of an item fulfillment, as a person does.
func (f *Fake) Repack(id string, p Parcel) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(fulfillmentRecord, id)
	if r == nil {
		return errNoLine
	}
	fields := f.parcelFields(p)
	fields[itemSublist], fields["createdFrom"] = r.state[itemSublist], r.state["createdFrom"]
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	e := effect{Type: r.Type, ID: r.ID, ExternalID: r.ExternalID, Inside: true, Whole: true, Body: body}
	if err := f.write(e); err != nil {
		return err
	}
	f.books.apply(e, fields)
	return nil
}

// Unpack deletes an item fulfillment, as a person does. It is in the table of deleted records, which does not
// survive the process.
func (f *Fake) Unpack(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if bad := f.unship(id); bad != nil {
		return errors.New("netsuitetest: " + bad.detail)
	}
	return nil
}

// EnterParcel makes an item fulfillment of one piece of a sales order's first line under an internal id, or
// changes it, and dates it.
func (f *Fake) EnterParcel(id int64, at time.Time, order, location string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := effect{Type: fulfillmentRecord, ID: strconv.FormatInt(id, 10), At: at}
	if known := f.books.find(fulfillmentRecord, e.ID); known != nil {
		known.changed = at
		return nil
	}
	o := f.books.find(orderRecord, "eid:"+order)
	if o == nil {
		return errNoLine
	}
	first, _ := items(o.state[itemSublist])[0].(map[string]any)
	fields := f.parcelFields(Parcel{Status: "C", Tracking: []string{"1Z" + e.ID}})
	fields["createdFrom"] = map[string]any{"id": o.ID}
	fields[itemSublist] = sublist([]any{map[string]any{
		"line": first["line"], "item": first["item"], "quantity": json.Number("1"), "location": map[string]any{"id": location},
	}})
	return f.change(e, nil, fields)
}

// goneRow is an item fulfillment that was deleted.
type goneRow struct{ id, changed string }

// parcelQuery runs a query for item fulfillments; known is false if it is another one.
func (f *Fake) parcelQuery(sql string) (rows []any, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := parcelLines.FindStringSubmatch(sql); m != nil {
		return f.parcelContents(m[2], func(r *Record) []any { return f.parcelLineRows(r, m[1] == "") }), true
	}
	if m := parcelNumbers.FindStringSubmatch(sql); m != nil {
		return f.parcelContents(m[1], numberRows), true
	}
	if m := parcelOne.FindStringSubmatch(sql); m != nil {
		return f.parcelRows(func(r, _ *Record) bool { return r.ID == m[1] }), true
	}
	if rows, known := f.goneQuery(sql); known {
		return rows, true
	}
	m := parcelSince.FindStringSubmatch(sql)
	if m == nil || m[4] != m[5] {
		return nil, false
	}
	places, stores := strings.Split(m[1], ", "), stateBegin.FindAllStringSubmatch(m[2], -1)
	return f.parcelRows(func(r, order *Record) bool {
		ours := slices.ContainsFunc(stores, func(s []string) bool { return begins(strings.ToLower(order.ExternalID), s[1], s[2]) })
		here := slices.ContainsFunc(items(r.state[itemSublist]), func(entry any) bool {
			line, _ := entry.(map[string]any)
			return slices.Contains(places, refID(line["location"]))
		})
		return ours && here && r.changedAt() >= m[3] && (m[4] == "" || cmp.Or(cmp.Compare(r.changedAt(), m[4]), compareIDs(r.ID, m[6])) > 0)
	}), true
}

// goneQuery runs a query for deleted item fulfillments.
func (f *Fake) goneQuery(sql string) (rows []any, known bool) {
	fits := func(goneRow) bool { return false }
	if m := goneOne.FindStringSubmatch(sql); m != nil {
		fits, known = func(g goneRow) bool { return g.id == m[1] }, true
	}
	if m := goneSince.FindStringSubmatch(sql); m != nil && m[2] == m[3] {
		fits, known = func(g goneRow) bool {
			return g.changed >= m[1] && (m[2] == "" || cmp.Or(cmp.Compare(g.changed, m[2]), compareIDs(g.id, m[4])) > 0)
		}, true
	}
	rows = []any{}
	for _, g := range slices.SortedFunc(slices.Values(f.gone), func(a, b goneRow) int {
		return cmp.Or(cmp.Compare(a.changed, b.changed), compareIDs(a.id, b.id))
	}) {
		if fits(g) && len(rows) < mostRows {
			rows = append(rows, map[string]any{"links": []any{}, "id": g.id, "changed": g.changed})
		}
	}
	return rows, known
}

// parcelRows returns the item fulfillments that fit, given their sales orders, by the time of their last change.
func (f *Fake) parcelRows(fits func(r, order *Record) bool) []any {
	var found []*Record
	for _, r := range f.books.sorted(fulfillmentRecord) {
		if order := f.books.find(orderRecord, refID(r.state["createdFrom"])); order != nil && fits(r, order) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b *Record) int {
		return cmp.Or(cmp.Compare(a.changedAt(), b.changedAt()), compareIDs(a.ID, b.ID))
	})
	rows := []any{}
	for _, r := range found[:min(len(found), mostRows)] {
		order := f.books.find(orderRecord, refID(r.state["createdFrom"]))
		row := map[string]any{
			"links": []any{}, "id": r.ID, "number": "IF-" + r.ID, "status": refID(r.state["shipStatus"]), "day": text(r.state, "tranDate"),
			"orderid": strings.ToLower(order.ExternalID), "changed": r.changedAt(),
		}
		for name, value := range map[string]string{
			"externalid": strings.ToLower(r.ExternalID), "carrier": text(r.state, "shipCarrier"), "method": text(r.state, "shipMethodName"), "ordermemo": text(order.state, "memo"),
		} {
			if value != "" {
				row[name] = value
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// parcelContents returns a page of the rows of the item fulfillments with the ids.
func (f *Fake) parcelContents(ids string, rowsOf func(*Record) []any) []any {
	rows := []any{}
	for _, id := range strings.Split(ids, ", ") {
		if r := f.books.find(fulfillmentRecord, id); r != nil {
			rows = append(rows, rowsOf(r)...)
		}
	}
	return rows[:min(len(rows), mostRows)]
}

// parcelLineRows returns the lines of an item fulfillment, summed up by item and location: of each item the
// goods, and of one with stock what left the inventory, with the opposite sign. Members of kits have lines of
// their own, which a query may leave out.
func (f *Fake) parcelLineRows(r *Record, members bool) []any {
	type group struct{ item, location string }
	sums := map[group]*big.Rat{}
	for _, entry := range items(r.state[itemSublist]) {
		line, _ := entry.(map[string]any)
		item := f.books.refer(itemRecord, line["item"])
		if item == nil {
			continue
		}
		g := group{item.ID, refID(line["location"])}
		if sums[g] == nil {
			sums[g] = new(big.Rat)
		}
		sums[g].Add(sums[g], rational(line, "quantity"))
	}
	rows := []any{}
	for _, g := range slices.SortedFunc(maps.Keys(sums), func(a, b group) int { return cmp.Or(compareIDs(a.item, b.item), compareIDs(a.location, b.location)) }) {
		row := map[string]any{"links": []any{}, "shipment": r.ID, "mainline": "F", "added": "0", "taken": exact(sums[g])}
		maps.Copy(row, f.shownItem(g.item))
		if row["kind"] == inventoryPart {
			row["added"] = row["taken"]
		}
		if g.location != "" {
			row["location"] = g.location
		}
		rows = append(rows, row)
		for _, m := range f.kits[g.item].Members {
			if members {
				part := maps.Clone(row)
				maps.Copy(part, f.shownItem(m.id))
				part["taken"] = exact(new(big.Rat).Mul(sums[g], ratOf(m.Quantity)))
				rows = append(rows, part)
			}
		}
	}
	return rows
}

// numberRows returns the tracking numbers of an item fulfillment, each once.
func numberRows(r *Record) []any {
	seen, rows := map[string]bool{}, []any{}
	for i, entry := range items(r.state["package"]) {
		fields, _ := entry.(map[string]any)
		if number := text(fields, "packageTrackingNumber"); number != "" && !seen[number] {
			seen[number] = true
			rows = append(rows, map[string]any{"links": []any{}, "shipment": r.ID, "id": r.ID + strconv.Itoa(i), "number": number})
		}
	}
	return rows
}

// DateParcel makes the time that of the item fulfillment's last change.
func (f *Fake) DateParcel(id string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.books.find(fulfillmentRecord, id); r != nil {
		r.changed = at
	}
}

// Crowd gives an item fulfillment lines of so many items, each of one piece, in memory only.
func (f *Fake) Crowd(id string, count int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.books.find(fulfillmentRecord, id)
	var lines []any
	for i := range count {
		item := &Record{Type: itemRecord, ID: strconv.Itoa(100_000 + i), ExternalID: "CROWD-" + strconv.Itoa(i), state: map[string]any{}}
		f.books.records[itemRecord+"/"+item.ID] = item
		lines = append(lines, map[string]any{"item": map[string]any{"id": item.ID}, "quantity": json.Number("1"), "location": map[string]any{"id": "5"}})
	}
	r.state[itemSublist] = sublist(lines)
}
