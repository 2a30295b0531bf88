package routes

// branch is a pattern without $or: every leaf must match.
type branch struct {
	leaves []*leaf // in the order of their dotted paths
	root   *node
}

// node is one name of the pattern with the leaves below it.
type node struct {
	name       string
	first, end int     // its leaves, as a range of branch.leaves
	leaf       *leaf   // nil for a node that has children
	children   []*node // in the order of their leaves
}

// match reports whether the leaves of the node, from the given one on, match the
// value. If found is set, the first of them must be there and not merely be
// allowed to be absent.
func (b *branch) match(n *node, value any, from int, found bool) bool {
	switch value := value.(type) {
	case map[string]any:
		return b.matchObject(n, value, from, found)
	case []any:
		return b.matchArray(n, value, from, found)
	}
	if n.leaf == nil {
		return !found && b.mayBeAbsent(from, n.end)
	}
	return n.leaf.accepts(value)
}

func (b *branch) matchObject(n *node, value map[string]any, from int, found bool) bool {
	if n.leaf != nil {
		return !found && n.leaf.absent
	}
	for _, child := range n.children {
		if child.end <= from {
			continue
		}
		start := max(from, child.first)
		inner, ok := value[child.name]
		switch {
		case ok && !b.match(child, inner, start, found):
			return false
		case !ok && (found || !b.mayBeAbsent(start, child.end)):
			return false
		}
		found = false
	}
	return true
}

// matchArray looks for one element that holds all leaves. The first leaf that is
// there chooses the element; leaves before it, in the order of their paths, must
// be absent from every element, those after it only from the chosen one
// (event-ruler, array membership and the matching of absent fields).
func (b *branch) matchArray(n *node, elements []any, from int, found bool) bool {
	for first := from; first < n.end; first++ {
		for _, element := range elements {
			if b.match(n, element, first, true) {
				return true
			}
		}
		if found || !b.leaves[first].absent || b.present(n, elements, first) {
			return false
		}
	}
	return true
}

// mayBeAbsent reports whether every leaf of the range is satisfied by absence.
func (b *branch) mayBeAbsent(from, end int) bool {
	for _, l := range b.leaves[from:end] {
		if !l.absent {
			return false
		}
	}
	return true
}

// present reports whether the value holds the leaf anywhere.
func (b *branch) present(n *node, value any, at int) bool {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			if b.present(n, element, at) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, child := range n.children {
			if child.first <= at && at < child.end {
				inner, ok := value[child.name]
				return ok && b.present(child, inner, at)
			}
		}
		return false
	}
	return n.leaf != nil
}
