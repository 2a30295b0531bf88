package netsuitetest

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The queries for the members of kits with their levels. Their conditions are in a fixed order. A row is a
// path from the kit to a member that is no kit, at most three deep.
const (
	kitAt    = `SYS_EXTRACT_UTC\(n\.changed\)`
	kitPaths = `kitItemMember m JOIN item i ON i\.id = m\.item ` +
		`LEFT JOIN kitItemMember m2 ON m2\.parentitem = m\.item AND i\.itemtype = 'Kit' LEFT JOIN item i2 ON i2\.id = m2\.item ` +
		`LEFT JOIN kitItemMember m3 ON m3\.parentitem = m2\.item AND i2\.itemtype = 'Kit' LEFT JOIN item i3 ON i3\.id = m3\.item`
	kitMembers = kitPaths + ` LEFT JOIN aggregateItemLocation b ON b\.item = NVL\(m3\.item, NVL\(m2\.item, m\.item\)\) AND b\.location IN \((\d+(?:, \d+)*)\)`
	kitLine    = `m\.linenumber AS line, m\.item AS item, m\.quantity AS quantity, i\.itemid AS name, i\.itemtype AS kind, i\.isinactive AS inactive`
	kitLine2   = `m2\.linenumber AS line2, m2\.item AS item2, m2\.quantity AS quantity2, i2\.itemid AS name2, i2\.itemtype AS kind2, i2\.isinactive AS inactive2`
	kitLine3   = `m3\.linenumber AS line3, m3\.item AS item3, m3\.quantity AS quantity3, i3\.itemid AS name3, i3\.itemtype AS kind3, i3\.isinactive AS inactive3`
	kitList    = `^SELECT n\.kit AS kit, n\.sku AS sku, TO_CHAR\(` + kitAt + `, 'YYYY-MM-DD HH24:MI:SS'\) AS changed, ` + kitLine + `, ` + kitLine2 + `, ` + kitLine3 + `, b\.location AS location, ` +
		`NVL\(b\.quantityonhand, 0\) AS onhand, NVL\(b\.quantityavailable, 0\) AS available FROM ` + kitMembers + ` JOIN \(` +
		`SELECT k\.id AS kit, k\.externalid AS sku, MAX\(GREATEST\(k\.lastmodifieddate, i\.lastmodifieddate, NVL\(i2\.lastmodifieddate, k\.lastmodifieddate\), ` +
		`NVL\(i3\.lastmodifieddate, k\.lastmodifieddate\), NVL\(b\.lastquantityavailablechange, k\.lastmodifieddate\)\)\) AS changed FROM ` +
		kitMembers + ` JOIN item k ON k\.id = m\.parentitem WHERE k\.isinactive = 'F' AND k\.externalid IS NOT NULL`
	kitGroups = ` GROUP BY k\.id, k\.externalid\) n ON n\.kit = m\.parentitem`
	kitOrder  = `m\.linenumber, m\.item, m2\.linenumber, m2\.item, m3\.linenumber, m3\.item`
	kitSorted = ` ORDER BY ` + kitAt + `, n\.kit, ` + kitOrder + `, b\.location$`
	kitMore   = `, i%[1]s\.externalid AS externalid%[1]s, i%[1]s\.isfulfillable AS isfulfillable%[1]s`
)

var (
	kitSince = regexp.MustCompile(kitList + kitGroups + ` WHERE ` + kitAt + ` >= ` + stockTime +
		`(?: AND \(` + kitAt + ` > ` + stockTime + ` OR ` + kitAt + ` = ` + stockTime + ` AND n\.kit > (\d+)\))?` + kitSorted)
	kitItems = regexp.MustCompile(`^SELECT m\.parentitem AS kit, ` + kitLine + fmt.Sprintf(kitMore, "") + `, ` + kitLine2 + fmt.Sprintf(kitMore, "2") + `, ` + kitLine3 + fmt.Sprintf(kitMore, "3") +
		` FROM ` + kitPaths + ` WHERE m\.parentitem IN \((\d+(?:, \d+)*)\) ORDER BY m\.parentitem, ` + kitOrder + `$`)
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
	if item, known := f.items[kit.id]; known && kit.Changed.After(item.Changed) {
		item.Changed = kit.Changed
		f.items[kit.id] = item
	}
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
	if m := kitItems.FindStringSubmatch(sql); m != nil {
		return f.kitPaths(strings.Split(m[1], ", ")), true
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
		for _, path := range f.paths(&kit.Kit) {
			row := f.pathRow(&kit.Kit, path)
			row["sku"], row["changed"] = kit.SKU, kit.at
			levels := f.levelsOf(path[len(path)-1].id, locations)
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

// kitPaths returns the members of the kits of these internal ids, with more of each.
func (f *Fake) kitPaths(ids []string) []any {
	rows := []any{}
	slices.SortFunc(ids, compareIDs)
	for _, id := range ids {
		kit := f.kits[id]
		for _, path := range f.paths(&kit) {
			row := f.pathRow(&kit, path)
			for depth, m := range path {
				if item := f.items[m.id]; !item.Nameless {
					row["externalid"+depthSuffix(depth)] = m.SKU
				}
				row["isfulfillable"+depthSuffix(depth)] = letter(!f.items[m.id].Unshipped)
			}
			rows = append(rows, row)
		}
	}
	return rows[:min(len(rows), mostRows)]
}

// line is a member of a kit with its place.
type line struct {
	Member
	number int
}

// paths returns the paths from the kit to what is no kit, or to the third member.
func (f *Fake) paths(kit *Kit) (all [][]line) {
	for i, m := range kit.Members {
		all = append(all, f.beyond([]line{{m, i + 1}})...)
	}
	return all
}

func (f *Fake) beyond(path []line) (all [][]line) {
	inner, is := f.kits[path[len(path)-1].id]
	if !is || len(path) == 3 || len(inner.Members) == 0 {
		return [][]line{path}
	}
	for i, m := range inner.Members {
		all = append(all, f.beyond(append(slices.Clone(path), line{m, i + 1}))...)
	}
	return all
}

// kitChanged returns when the kit, a member or the level of one at the locations changed last.
func (f *Fake) kitChanged(kit *Kit, locations []string) string {
	last := kit.Changed.UTC().Format(stockLayout)
	for _, path := range f.paths(kit) {
		for _, m := range path {
			if item, known := f.items[m.id]; known {
				last = max(last, item.changed())
			}
			if member, is := f.kits[m.id]; is {
				last = max(last, member.Changed.UTC().Format(stockLayout))
			}
		}
		for _, level := range f.levelsOf(path[len(path)-1].id, locations) {
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

// pathRow returns a path of the kit without a level.
func (f *Fake) pathRow(kit *Kit, path []line) map[string]any {
	row := map[string]any{"links": []any{}, "kit": kit.id}
	for depth, m := range path {
		for name, value := range map[string]string{
			"line": strconv.Itoa(m.number), "item": m.id, "name": cmp.Or(f.items[m.id].Name, m.SKU),
			"kind": f.kindOf(m.id), "inactive": letter(f.items[m.id].Inactive || f.kits[m.id].Inactive), "quantity": m.Quantity,
		} {
			row[name+depthSuffix(depth)] = value
		}
	}
	return row
}

func (f *Fake) kindOf(id string) string {
	if _, is := f.kits[id]; is {
		return "Kit"
	}
	return cmp.Or(f.items[id].Type, "InvtPart")
}

func depthSuffix(depth int) string {
	if depth == 0 {
		return ""
	}
	return strconv.Itoa(depth + 1)
}

func letter(is bool) string {
	if is {
		return "T"
	}
	return "F"
}

// of returns the member's row with the level.
func (s *stockRow) of(member map[string]any) map[string]any {
	row := map[string]any{"location": strconv.Itoa(s.location), "onhand": s.onHand, "available": s.available}
	for name, value := range member {
		row[name] = value
	}
	return row
}
