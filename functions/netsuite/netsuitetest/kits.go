package netsuitetest

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The queries for the members of kits with their levels. Their conditions are in a fixed order.
const (
	kitAt      = `SYS_EXTRACT_UTC\(n\.changed\)`
	kitMembers = `kitItemMember m JOIN item i ON i\.id = m\.item LEFT JOIN aggregateItemLocation b ON b\.item = m\.item AND b\.location IN \((\d+(?:, \d+)*)\)`
	kitList    = `^SELECT n\.kit AS kit, n\.sku AS sku, TO_CHAR\(` + kitAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS changed, m\.linenumber AS line, m\.item AS item, i\.itemid AS name, ` +
		`i\.itemtype AS kind, i\.isinactive AS inactive, m\.quantity AS quantity, b\.location AS location, ` +
		`NVL\(b\.quantityonhand, 0\) AS onhand, NVL\(b\.quantityavailable, 0\) AS available FROM ` + kitMembers + ` JOIN \(` +
		`SELECT k\.id AS kit, k\.externalid AS sku, MAX\(GREATEST\(k\.lastmodifieddate, i\.lastmodifieddate, NVL\(b\.lastquantityavailablechange, k\.lastmodifieddate\)\)\) AS changed FROM ` +
		kitMembers + ` JOIN item k ON k\.id = m\.parentitem WHERE k\.isinactive = 'F' AND k\.externalid IS NOT NULL`
	kitGroups = ` GROUP BY k\.id, k\.externalid\) n ON n\.kit = m\.parentitem`
	kitSorted = ` ORDER BY ` + kitAt + `, n\.kit, m\.linenumber, m\.item, b\.location$`
)

var (
	kitSince = regexp.MustCompile(kitList + kitGroups + ` WHERE ` + kitAt + ` >= ` + stockTime +
		`(?: AND \(` + kitAt + ` > ` + stockTime + ` OR ` + kitAt + ` = ` + stockTime + ` AND n\.kit > (\d+)\))?` + kitSorted)
	kitOne = regexp.MustCompile(kitList + ` AND LOWER\(k\.externalid\) = ('(?:[^']|'')*')` + kitGroups + kitSorted)
)

// Kit is a kit or package item, as people see it in NetSuite.
type Kit struct {
	SKU      string // external id
	Members  []Member
	Inactive bool
	Changed  time.Time // lastmodifieddate, which a change of its members moves

	id string
}

// Member is a line of a kit's members.
type Member struct {
	SKU      string // external id of the item
	Quantity string // decimal text

	id string
}

// SetKit changes a kit, as saving its form does in NetSuite, and makes it and its members if they
// are not there. A kit does not survive the process.
func (f *Fake) SetKit(kit Kit) error {
	skus := []string{kit.SKU}
	for _, m := range kit.Members {
		skus = append(skus, m.SKU)
	}
	if err := f.AddItem(skus...); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	kit.id = f.books.find(itemRecord, "eid:"+kit.SKU).ID
	kit.Members = slices.Clone(kit.Members)
	for i := range kit.Members {
		kit.Members[i].id = f.books.find(itemRecord, "eid:"+kit.Members[i].SKU).ID
	}
	f.kits[kit.id] = kit
	return nil
}

// Kits returns the kits, by SKU.
func (f *Fake) Kits() []Kit {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.kits), func(a, b Kit) int { return strings.Compare(a.SKU, b.SKU) })
}

// kitQuery runs a query for the members of kits; known is false if it is another one.
func (f *Fake) kitQuery(sql string) (rows []any, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := kitOne.FindStringSubmatch(sql); m != nil && m[1] == m[2] {
		return f.kitRows(strings.Split(m[1], ", "), func(k *Kit, _ string) bool { return strings.ToLower(k.SKU) == literals(m[3])[0] }), true
	}
	m := kitSince.FindStringSubmatch(sql)
	if m == nil || m[1] != m[2] || m[4] != m[5] {
		return nil, false
	}
	return f.kitRows(strings.Split(m[1], ", "), func(k *Kit, changed string) bool {
		return changed >= m[3] && (m[4] == "" || cmp.Or(cmp.Compare(changed, m[4]), compareIDs(k.id, m[6])) > 0)
	}), true
}

// kitRows returns the members of the kits that fit, with a row for each location that has a level of
// them, and one without a location for a member that has none.
func (f *Fake) kitRows(locations []string, fits func(k *Kit, changed string) bool) []any {
	type changed struct {
		Kit
		at string
	}
	var found []changed
	for _, kit := range f.kits {
		if at := f.kitChanged(&kit, locations); !kit.Inactive && len(kit.Members) > 0 && fits(&kit, at) {
			found = append(found, changed{kit, at})
		}
	}
	slices.SortFunc(found, func(a, b changed) int { return cmp.Or(cmp.Compare(a.at, b.at), compareIDs(a.id, b.id)) })
	rows := []any{}
	for _, kit := range found {
		for i, m := range kit.Members {
			row := f.memberRow(&kit.Kit, m, i+1)
			row["changed"] = kit.at
			levels := f.levelsOf(m.id, locations)
			if len(levels) == 0 {
				row["onhand"], row["available"] = "0", "0"
				rows = append(rows, row)
			}
			for _, level := range levels {
				rows = append(rows, level.of(row))
			}
		}
	}
	return rows[:min(len(rows), mostRows)]
}

// kitChanged returns when the kit, a member or the level of one at the locations changed last.
func (f *Fake) kitChanged(kit *Kit, locations []string) string {
	last := kit.Changed.UTC().Format(stockLayout)
	for _, m := range kit.Members {
		id := m.id
		if item, known := f.items[id]; known {
			last = max(last, item.changed())
		}
		if member, is := f.kits[id]; is {
			last = max(last, member.Changed.UTC().Format(stockLayout))
		}
		for _, level := range f.levelsOf(id, locations) {
			last = max(last, level.changed)
		}
	}
	return last
}

// levelsOf returns the item's levels at the locations, by location.
func (f *Fake) levelsOf(item string, locations []string) (levels []*stockRow) {
	for _, s := range f.stock {
		if s.item.ID == item && slices.Contains(locations, strconv.Itoa(s.location)) {
			levels = append(levels, s)
		}
	}
	slices.SortFunc(levels, func(a, b *stockRow) int { return a.location - b.location })
	return levels
}

// memberRow returns a member without its level.
func (f *Fake) memberRow(kit *Kit, m Member, line int) map[string]any {
	id := m.id
	row := map[string]any{
		"links": []any{}, "kit": kit.id, "sku": kit.SKU, "line": strconv.Itoa(line), "item": id, "name": cmp.Or(f.items[id].Name, m.SKU),
		"kind": cmp.Or(f.items[id].Type, "InvtPart"), "inactive": "F", "quantity": m.Quantity,
	}
	inner, is := f.kits[id]
	if is {
		row["kind"] = "Kit"
	}
	if f.items[id].Inactive || inner.Inactive {
		row["inactive"] = "T"
	}
	return row
}

// of returns the member's row with the level.
func (s *stockRow) of(member map[string]any) map[string]any {
	row := map[string]any{"location": strconv.Itoa(s.location), "onhand": s.onHand, "available": s.available}
	for name, value := range member {
		row[name] = value
	}
	return row
}
