package kit

import (
	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/wire"
)

// Line is a line of a kit, or of a kit in it.
type Line struct {
	In       string // the item of the kit in the kit, "" for the kit itself
	Item     string // internal id of the member
	Itself   bool   // the member is the kit itself
	Name     string
	Kind     string // itemtype
	Quantity string // as NetSuite writes it
	Inactive bool
}

// id is what the line is resolved by.
func (l *Line) id() string {
	if l.Itself {
		return ""
	}
	return l.Item
}

// Member is a line as rows have it.
type Member struct {
	In     string
	row    suitetalk.Values
	suffix string
	leaf   bool
}

// Value returns the value of a column of the line.
func (m *Member) Value(column string) string { return m.row[column+m.suffix] }

// Leaf reports whether the row's columns that are of no depth, such as those of a level, are the line's.
func (m *Member) Leaf() bool { return m.leaf }

// IsKit reports whether the member is a kit.
func (m *Member) IsKit() bool { return m.Value("kind") == Type }

// Members returns the lines of the rows of one kit, each once, and those of a kit in it after the line
// that it is.
func Members(rows []suitetalk.Values) (all []Member) {
	seen := map[[3]string]bool{}
	for _, row := range rows {
		in := ""
		for depth := range Depth {
			m := Member{In: in, row: row, suffix: suffix(depth)}
			item := m.Value("item")
			if item == "" {
				break
			}
			m.leaf = depth == Depth-1 || row["item"+suffix(depth+1)] == ""
			if key := [3]string{in, m.Value("line"), item}; !seen[key] {
				seen[key] = true
				all = append(all, m)
			}
			if in = item; m.itself() {
				in = ""
			}
		}
	}
	return all
}

func (m *Member) itself() bool { return m.Value("item") == m.row["kit"] }

// Write writes the members that a line has in the body of a raw message.
func (m *Member) Write(w *strictjson.Writer) {
	if m.In != "" {
		w.StrField("in", m.In)
	}
	if m.itself() {
		w.BoolField("itself", true)
	}
	for _, name := range []string{"item", "name", "kind", "inactive", "quantity"} {
		w.StrField(name, m.Value(name))
	}
}

// Read reads the member of a line; known is false if it is none.
func (l *Line) Read(r *wire.Reader, member string) (known bool) {
	switch member {
	case "in":
		l.In = r.ID()
	case "item":
		l.Item = r.ID()
	case "itself":
		l.Itself = r.Bool()
	case "name":
		l.Name = r.Clean(r.String())
	case "kind":
		l.Kind = r.String()
	case "inactive":
		l.Inactive = r.String() == "T"
	case "quantity":
		l.Quantity = r.String()
	default:
		return false
	}
	return true
}
