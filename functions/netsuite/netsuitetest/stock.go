package netsuitetest

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The queries for stock levels. Their conditions are in a fixed order.
const (
	stockAt   = `SYS_EXTRACT_UTC\(b\.lastquantityavailablechange\)`
	stockTime = `TO_TIMESTAMP\('(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})', 'YYYY-MM-DD HH24:MI:SS'\)`
	stockList = `^SELECT i\.externalid AS sku, b\.item AS item, b\.location AS location, NVL\(b\.quantityonhand, 0\) AS onhand, NVL\(b\.quantityavailable, 0\) AS available, ` +
		`TO_CHAR\(` + stockAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS changed FROM aggregateItemLocation b JOIN item i ON i\.id = b\.item ` +
		`WHERE i\.isinactive = 'F' AND i\.externalid IS NOT NULL`
)

var (
	stockSince = regexp.MustCompile(stockList + ` AND b\.location IN \((\d+(?:, \d+)*)\) AND ` + stockAt + ` >= ` + stockTime +
		`(?: AND \(` + stockAt + ` > ` + stockTime + ` OR ` + stockAt + ` = ` + stockTime + ` AND \(b\.item > (\d+) OR b\.item = (\d+) AND b\.location > (\d+)\)\))?` +
		` ORDER BY ` + stockAt + `, b\.item, b\.location$`)
	stockOne = regexp.MustCompile(stockList + ` AND LOWER\(i\.externalid\) = ('(?:[^']|'')*') AND b\.location = (\d+)$`)
)

const stockLayout = "2006-01-02 15:04:05"

// stockRow is the stock of an item at a location, as aggregateItemLocation has it.
type stockRow struct {
	item              *Record
	location          int
	onHand, available string // decimal text
	changed           string // in UTC, "" if it never changed
}

func (s *stockRow) id() int {
	id, err := strconv.Atoi(s.item.ID)
	if err != nil {
		return 0 // internal ids are numbers
	}
	return id
}

// SetStock changes the stock of an item at a location, as a receipt or an adjustment does in
// NetSuite, and makes the item if it is not there. Quantities are decimal text. The stock does not
// survive the process.
func (f *Fake) SetStock(sku, location, onHand, available string, at time.Time) error {
	if err := f.AddItem(sku); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	number, err := strconv.Atoi(location)
	if err != nil {
		return err
	}
	item := f.books.find(itemRecord, "eid:"+sku)
	row := &stockRow{item: item, location: number, onHand: onHand, available: available, changed: at.UTC().Format(stockLayout)}
	if at.IsZero() {
		row.changed = ""
	}
	i := slices.IndexFunc(f.stock, func(s *stockRow) bool { return s.item.ID == item.ID && s.location == number })
	if i < 0 {
		f.stock = append(f.stock, row)
		return nil
	}
	f.stock[i] = row
	return nil
}

// Available returns what is available of each item at the location, as decimal text by SKU.
func (f *Fake) Available(location string) map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	for _, s := range f.stock {
		if strconv.Itoa(s.location) == location {
			all[s.item.ExternalID] = s.available
		}
	}
	return all
}

// stockLevels runs a query for stock levels; known is false if it is another one.
func (f *Fake) stockLevels(sql string) (rows []any, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rows = []any{}
	if m := stockOne.FindStringSubmatch(sql); m != nil {
		for _, s := range f.stock {
			if strings.ToLower(s.item.ExternalID) == literals(m[1])[0] && strconv.Itoa(s.location) == m[2] {
				rows = append(rows, s.show())
			}
		}
		return rows, true
	}
	m := stockSince.FindStringSubmatch(sql)
	if m == nil || m[3] != m[4] || m[5] != m[6] {
		return nil, false
	}
	locations, since := strings.Split(m[1], ", "), m[2]
	slices.SortFunc(f.stock, compareStock)
	for _, s := range f.stock {
		if slices.Contains(locations, strconv.Itoa(s.location)) && s.changed != "" && s.changed >= since && s.follows(m[3], m[5], m[7]) && len(rows) < mostRows {
			rows = append(rows, s.show())
		}
	}
	return rows, true
}

func compareStock(a, b *stockRow) int {
	return cmp.Or(cmp.Compare(a.changed, b.changed), cmp.Compare(a.id(), b.id()), cmp.Compare(a.location, b.location))
}

// follows reports whether the row comes after the last row of a page; "" is the first page.
func (s *stockRow) follows(changed, item, location string) bool {
	if changed == "" {
		return true
	}
	last, errItem := strconv.Atoi(item)
	place, errPlace := strconv.Atoi(location)
	return errItem == nil && errPlace == nil && cmp.Or(cmp.Compare(s.changed, changed), cmp.Compare(s.id(), last), cmp.Compare(s.location, place)) > 0
}

func (s *stockRow) show() map[string]any {
	row := map[string]any{
		"links": []any{}, "sku": s.item.ExternalID, "item": s.item.ID, "location": strconv.Itoa(s.location), "onhand": s.onHand, "available": s.available,
	}
	if s.changed != "" {
		row["changed"] = s.changed
	}
	return row
}
