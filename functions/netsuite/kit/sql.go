package kit

import (
	"strconv"
	"strings"

	"causeway.example/shared/kitting"
)

// Type is the type of a kit among items (itemtype of SuiteQL).
const Type = "Kit"

// Depth is how many kits a path may have.
const Depth = kitting.MostDeep

// The tables of a row: kitItemMember is m, m2 and m3, and the item of each is i, i2 and i3.
const (
	Joins = "kitItemMember m JOIN item i ON i.id = m.item" +
		" LEFT JOIN kitItemMember m2 ON m2.parentitem = m.item AND i.itemtype = '" + Type + "' LEFT JOIN item i2 ON i2.id = m2.item" +
		" LEFT JOIN kitItemMember m3 ON m3.parentitem = m2.item AND i2.itemtype = '" + Type + "' LEFT JOIN item i3 ON i3.id = m3.item"
	// Leaf is the last item of the path.
	Leaf = "NVL(m3.item, NVL(m2.item, m.item))"
	// Order sorts the paths of a kit.
	Order = "m.linenumber, m.item, m2.linenumber, m2.item, m3.linenumber, m3.item"
)

// Columns returns the columns of a row, each for every depth, and those of table item that more names.
func Columns(more ...string) string {
	var all []string
	for depth := range Depth {
		s := suffix(depth)
		m, i := "m"+s+".", "i"+s+"."
		all = append(all, m+"linenumber AS line"+s, m+"item AS item"+s, m+"quantity AS quantity"+s, i+"itemid AS name"+s, i+"itemtype AS kind"+s, i+"isinactive AS inactive"+s)
		for _, column := range more {
			all = append(all, i+column+" AS "+column+s)
		}
	}
	return strings.Join(all, ", ")
}

// suffix is what the names of a depth end with, "" for the kit's own members.
func suffix(depth int) string {
	if depth == 0 {
		return ""
	}
	return strconv.Itoa(depth + 1)
}
