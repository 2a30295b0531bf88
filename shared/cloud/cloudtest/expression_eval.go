package cloudtest

import (
	"bytes"
	"math/big"
	"slices"
	"strings"
)

// holds evaluates a condition; a nil condition holds. A comparison with an
// attribute that is absent or of another type does not hold, and <> does.
func (n *node) holds(i item) bool {
	if n == nil {
		return true
	}
	switch n.op {
	case "AND":
		return n.args[0].holds(i) && n.args[1].holds(i)
	case "OR":
		return n.args[0].holds(i) || n.args[1].holds(i)
	case "NOT":
		return !n.args[0].holds(i)
	case "attribute_exists", "attribute_not_exists":
		_, found := n.args[0].value(i)
		return found == (n.op == "attribute_exists")
	}
	operands := make([]value, len(n.args))
	for at, arg := range n.args {
		v, found := arg.value(i)
		if !found {
			return n.op == "<>"
		}
		operands[at] = v
	}
	return relations[n.op](operands)
}

// relations are the conditions whose operands are all present.
var relations = map[string]func(v []value) bool{
	"=":              func(v []value) bool { return v[0].equal(v[1]) },
	"<>":             func(v []value) bool { return !v[0].equal(v[1]) },
	"<":              func(v []value) bool { return ordered(v[0], v[1], -1) },
	"<=":             func(v []value) bool { return ordered(v[0], v[1], -1, 0) },
	">":              func(v []value) bool { return ordered(v[0], v[1], 1) },
	">=":             func(v []value) bool { return ordered(v[0], v[1], 1, 0) },
	"BETWEEN":        func(v []value) bool { return ordered(v[0], v[1], 1, 0) && ordered(v[0], v[2], -1, 0) },
	"IN":             func(v []value) bool { return slices.ContainsFunc(v[1:], v[0].equal) },
	"attribute_type": func(v []value) bool { return v[0].kind == v[1].text },
	"begins_with":    func(v []value) bool { return v[0].beginsWith(v[1]) },
	"contains":       func(v []value) bool { return v[0].contains(v[1]) },
}

func ordered(a, b value, allowed ...int) bool {
	order, fits := a.compare(b)
	return fits && slices.Contains(allowed, order)
}

func (v value) beginsWith(prefix value) bool {
	return v.kind == prefix.kind && strings.HasPrefix(v.text, prefix.text) && bytes.HasPrefix(v.bytes, prefix.bytes)
}

func (v value) contains(part value) bool {
	switch v.kind {
	case "S":
		return part.kind == "S" && strings.Contains(v.text, part.text)
	case "B":
		return part.kind == "B" && bytes.Contains(v.bytes, part.bytes)
	}
	return slices.ContainsFunc(v.list, part.equal)
}

// value resolves an operand in the item.
func (n *node) value(i item) (value, bool) {
	switch n.op {
	case "value":
		return n.val, true
	case "size":
		v, found := n.args[0].value(i)
		return v.length(), found
	}
	return i.at(n.path)
}

// length is what the function size returns: characters, bytes or members.
func (v value) length() value {
	size := len(v.fields) + len(v.list) + len(v.bytes) + len([]rune(v.text))
	number := big.NewRat(int64(size), 1)
	return value{kind: "N", number: number, text: plain(number)}
}

func (i item) at(path []step) (value, bool) {
	current := value{kind: "M", fields: i}
	for _, s := range path {
		if s.name == "" {
			if current.kind != "L" || s.index >= len(current.list) {
				return value{}, false
			}
			current = current.list[s.index]
			continue
		}
		next, found := current.fields[s.name]
		if !found {
			return value{}, false
		}
		current = next
	}
	return current, true
}

// attributes returns the top-level names that the condition reads.
func (n *node) attributes() []string {
	if n == nil {
		return nil
	}
	var names []string
	if n.op == "path" {
		names = append(names, n.path[0].name)
	}
	for _, arg := range n.args {
		names = append(names, arg.attributes()...)
	}
	return names
}

// project returns the item reduced to the attributes named; nil means all.
func (i item) project(paths [][]step) item {
	if paths == nil {
		return i
	}
	chosen := item{}
	for _, path := range paths {
		if v, found := i[path[0].name]; found {
			chosen[path[0].name] = v
		}
	}
	return chosen
}
