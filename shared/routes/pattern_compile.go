package routes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// orName stands in place of a field name and holds alternatives.
const orName = "$or"

// reservedInOr are the names that make EventBridge read $or as a plain field
// (event-ruler Constants, reserved field names in the $or relationship).
func reservedInOr() []string {
	return []string{
		"exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "html",
		"=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case",
		"date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range",
		"ip-address-in-range", "ip-address-not-in-range",
	}
}

// leaf is what a pattern demands of one field.
type leaf struct {
	names  []string // the path, one name per level
	tests  []test   // one must accept a value of the field
	absent bool     // or the field is not there
}

func (l *leaf) accepts(value any) bool {
	for _, t := range l.tests {
		if t.accepts(value) {
			return true
		}
	}
	return false
}

// compilePattern expands $or into branches without it, as event-ruler does: only
// so do fields inside and outside of $or share an array element.
func compilePattern(tree object) ([]branch, error) {
	c := compiler{combinations: 1}
	alternatives, err := c.object(scope{}, [][]*leaf{nil}, tree)
	if err != nil {
		return nil, err
	}
	branches := make([]branch, 0, len(alternatives))
	for _, leaves := range alternatives {
		b, err := newBranch(leaves)
		if err != nil {
			return nil, err
		}
		branches = append(branches, b)
	}
	return branches, nil
}

type compiler struct {
	combinations int // product of the lengths of the $or arrays met so far
}

// scope is the place in the pattern that is being compiled.
type scope struct {
	path  string   // for errors, with $or
	names []string // for the event, without $or
	inOr  bool
}

// down clones the names: siblings must not share what append leaves behind.
func (s scope) down(name string) scope {
	return scope{joinPath(s.path, name), append(slices.Clone(s.names), name), s.inOr}
}

func (s scope) broken(format string, args ...any) error {
	return &PatternError{Path: s.path, Rule: fmt.Sprintf(format, args...)}
}

// object adds the fields of one object to each of the alternatives.
func (c *compiler) object(at scope, alternatives [][]*leaf, o object) ([][]*leaf, error) {
	if len(o) == 0 {
		return nil, at.broken("an empty object is not allowed")
	}
	var err error
	for _, m := range o {
		if m.name == orName {
			alternatives, err = c.or(at, alternatives, m.value)
		} else {
			alternatives, err = c.field(at.down(m.name), alternatives, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return alternatives, nil
}

func (c *compiler) field(at scope, alternatives [][]*leaf, m member) ([][]*leaf, error) {
	if strings.Contains(m.name, ".") {
		return nil, at.broken("a field name with a dot is ambiguous, nest it")
	}
	if at.inOr && slices.Contains(reservedInOr(), m.name) {
		return nil, at.broken("%s is an operator and no field name inside %s", m.name, orName)
	}
	switch value := m.value.(type) {
	case object:
		return c.object(at, alternatives, value)
	case []any:
		return appendLeaf(at, alternatives, value)
	}
	return nil, at.broken("wants a list of values or an object")
}

// or multiplies the alternatives by the members of the list.
func (c *compiler) or(at scope, alternatives [][]*leaf, value any) ([][]*leaf, error) {
	at.inOr, at.path = true, joinPath(at.path, orName)
	list, _ := value.([]any)
	if len(list) < 2 {
		return nil, at.broken("wants a list of at least two objects")
	}
	if c.combinations *= len(list); c.combinations > MaxOrCombinations {
		return nil, at.broken("makes more than %d combinations", MaxOrCombinations)
	}
	var all [][]*leaf
	for i, item := range list {
		inner := at
		inner.path = fmt.Sprintf("%s[%d]", at.path, i)
		o, ok := item.(object)
		if !ok {
			return nil, inner.broken("wants an object")
		}
		forked, err := c.object(inner, alternatives, o)
		if err != nil {
			return nil, err
		}
		all = append(all, forked...)
	}
	return all, nil
}

// appendLeaf makes the leaf once and shares it among the alternatives, whose
// lists are copied because $or lets several grow from one.
func appendLeaf(at scope, alternatives [][]*leaf, values []any) ([][]*leaf, error) {
	l := &leaf{names: at.names}
	if len(values) == 0 {
		return nil, at.broken("an empty list is not allowed")
	}
	for _, value := range values {
		if err := l.add(value); err != nil {
			return nil, at.broken("%s", err)
		}
	}
	grown := make([][]*leaf, len(alternatives))
	for i, leaves := range alternatives {
		grown[i] = append(slices.Clone(leaves), l)
	}
	return grown, nil
}

// newBranch arranges the leaves as a tree in the order in which event-ruler
// takes them: by dotted path. The order decides which fields choose an array
// element and which find it chosen.
func newBranch(leaves []*leaf) (branch, error) {
	if err := checkPaths(leaves); err != nil {
		return branch{}, err
	}
	slices.SortFunc(leaves, func(x, y *leaf) int {
		return cmp.Compare(strings.Join(x.names, "."), strings.Join(y.names, "."))
	})
	b := branch{leaves: leaves}
	b.root = b.grow("", 0, 0, len(leaves))
	return b, nil
}

// checkPaths refuses a field that is named twice, or both as a value and as an
// object, which only $or makes possible.
func checkPaths(leaves []*leaf) error {
	seen := make(map[string]bool, len(leaves))
	for _, l := range leaves {
		path := strings.Join(l.names, ".")
		if seen[path] {
			return &PatternError{Path: path, Rule: "is matched both inside and outside of " + orName}
		}
		seen[path] = true
	}
	for _, l := range leaves {
		for depth := 1; depth < len(l.names); depth++ {
			if path := strings.Join(l.names[:depth], "."); seen[path] {
				return &PatternError{Path: path, Rule: "is matched both as a value and as an object"}
			}
		}
	}
	return nil
}

// grow makes the node of the leaves from first to end, which agree in the names
// above depth.
func (b *branch) grow(name string, depth, first, end int) *node {
	n := &node{name: name, first: first, end: end}
	if len(b.leaves[first].names) == depth {
		n.leaf = b.leaves[first]
		return n
	}
	for at := first; at < end; {
		name, from := b.leaves[at].names[depth], at
		for at < end && b.leaves[at].names[depth] == name {
			at++
		}
		n.children = append(n.children, b.grow(name, depth+1, from, at))
	}
	return n
}
