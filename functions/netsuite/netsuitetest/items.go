package netsuitetest

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The queries for items and their prices. Their conditions are in a fixed order.
const (
	itemAt   = `SYS_EXTRACT_UTC\(i\.lastmodifieddate\)`
	itemList = `^SELECT i\.id, i\.externalid, i\.itemid, i\.displayname, i\.description, i\.upccode, i\.weight, BUILTIN\.DF\(i\.weightunit\) AS weightunit, ` +
		`i\.isinactive, i\.matrixtype, i\.parent, i\.itemtype, i\.isfulfillable, TO_CHAR\(` + itemAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS lastmodifieddate FROM item i ` +
		`WHERE i\.externalid IS NOT NULL AND \(i\.matrixtype IS NULL OR i\.matrixtype = 'CHILD'\)(?: AND i\.(custitem\w+) = 'T')?`
)

var (
	itemSince = regexp.MustCompile(itemList + ` AND ` + itemAt + ` >= ` + stockTime +
		`(?: AND \(` + itemAt + ` > ` + stockTime + ` OR ` + itemAt + ` = ` + stockTime + ` AND i\.id > (\d+)\))? ORDER BY ` + itemAt + `, i\.id$`)
	itemOne    = regexp.MustCompile(itemList + ` AND LOWER\(i\.externalid\) = ('(?:[^']|'')*')$`)
	itemPrices = regexp.MustCompile(`^SELECT p\.item, p\.pricelevel, p\.currency, p\.unitprice FROM pricing p ` +
		`WHERE p\.item IN \((\d+(?:, \d+)*)\) AND p\.pricelevel IN \((\d+(?:, \d+)*)\) AND p\.currency IN \((\d+(?:, \d+)*)\) ` +
		`AND p\.unitprice IS NOT NULL ORDER BY p\.item, p\.pricelevel, p\.currency, p\.quantity$`)
)

// Item is an item's master data, as people see it in NetSuite. Texts may be "", which SuiteQL
// leaves out.
type Item struct {
	SKU          string // external id
	Name         string // itemid; "" is the SKU
	Title        string // displayname
	Description  string
	Barcode      string // upccode
	Weight, Unit string // decimal text; lb, oz, kg or g
	Inactive     bool
	Matrix       string // PARENT, CHILD or ""
	Parent       string // internal id
	Type         string // itemtype; "" is InvtPart, and a kit (SetKit) is Kit
	Unshipped    bool   // isfulfillable is F
	Nameless     bool   // has no external id any more
	Ticked       string // id of the checkbox field that is ticked, such as custitem_web
	Prices       []ItemPrice
	Changed      time.Time

	id string
}

// ItemPrice is a row of the pricing sublist.
type ItemPrice struct {
	Level, Currency string // internal ids
	From            int    // the level of quantity: 0 is the first
	Price           string // decimal text
}

// SetItem changes an item, as saving its form does in NetSuite, and makes it if it is not there. The
// master data does not survive the process.
func (f *Fake) SetItem(item Item) error {
	if err := f.AddItem(item.SKU); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	item.id = f.books.find(itemRecord, "eid:"+item.SKU).ID
	f.items[item.id] = item
	return nil
}

// Items returns the items that have master data, by SKU.
func (f *Fake) Items() []Item {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.items), func(a, b Item) int { return strings.Compare(a.SKU, b.SKU) })
}

// itemQuery runs a query for items or prices; known is false if it is another one.
func (f *Fake) itemQuery(sql string) (rows []any, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := itemPrices.FindStringSubmatch(sql); m != nil {
		return f.priceRows(strings.Split(m[1], ", "), strings.Split(m[2], ", "), strings.Split(m[3], ", ")), true
	}
	if m := itemOne.FindStringSubmatch(sql); m != nil {
		return f.itemRows(m[1], func(i *Item) bool { return strings.ToLower(i.SKU) == literals(m[2])[0] }), true
	}
	m := itemSince.FindStringSubmatch(sql)
	if m == nil || m[3] != m[4] {
		return nil, false
	}
	return f.itemRows(m[1], func(i *Item) bool {
		return !i.Changed.IsZero() && i.changed() >= m[2] && (m[3] == "" || cmp.Or(cmp.Compare(i.changed(), m[3]), compareIDs(i.id, m[5])) > 0)
	}), true
}

func (i *Item) changed() string { return i.Changed.UTC().Format(stockLayout) }

func compareIDs(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }

func (f *Fake) itemRows(ticked string, fits func(*Item) bool) []any {
	var found []Item
	for _, item := range f.items {
		if item.Matrix != "PARENT" && !item.Nameless && (ticked == "" || item.Ticked == ticked) && fits(&item) {
			found = append(found, item)
		}
	}
	slices.SortFunc(found, func(a, b Item) int { return cmp.Or(cmp.Compare(a.changed(), b.changed()), compareIDs(a.id, b.id)) })
	rows := []any{}
	for i := range found[:min(len(found), mostRows)] {
		row := found[i].row()
		row["itemtype"] = f.kindOf(found[i].id)
		rows = append(rows, row)
	}
	return rows
}

func (i *Item) row() map[string]any {
	row := map[string]any{"links": []any{}, "id": i.id, "isinactive": letter(i.Inactive), "isfulfillable": letter(!i.Unshipped)}
	for name, value := range map[string]string{
		"externalid": i.SKU, "itemid": cmp.Or(i.Name, i.SKU), "displayname": i.Title, "description": i.Description, "upccode": i.Barcode,
		"weight": i.Weight, "weightunit": i.Unit, "matrixtype": i.Matrix, "parent": i.Parent,
	} {
		if value != "" {
			row[name] = value
		}
	}
	if !i.Changed.IsZero() {
		row["lastmodifieddate"] = i.changed()
	}
	return row
}

func (f *Fake) priceRows(ids, levels, currencies []string) []any {
	rows := []any{}
	slices.SortFunc(ids, compareIDs)
	for _, id := range ids {
		prices := slices.Clone(f.items[id].Prices)
		slices.SortFunc(prices, func(a, b ItemPrice) int {
			return cmp.Or(compareIDs(a.Level, b.Level), compareIDs(a.Currency, b.Currency), a.From-b.From)
		})
		for _, p := range prices {
			if len(rows) < mostRows && slices.Contains(levels, p.Level) && slices.Contains(currencies, p.Currency) {
				rows = append(rows, map[string]any{"links": []any{}, "item": id, "pricelevel": p.Level, "currency": p.Currency, "unitprice": p.Price})
			}
		}
	}
	return rows
}
