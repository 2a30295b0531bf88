package operate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Change is a field that differs between two JSON texts.
type Change struct {
	Field  string `json:"field"` // path: "lines[0].sku"
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	Mark   string `json:"mark"` // "changed", "added" or "removed"
}

// Diff returns the fields in which two JSON texts differ, by path. Texts that are not JSON
// are an error.
func Diff(before, after []byte) ([]Change, error) {
	old, err := leaves(before)
	if err != nil {
		return nil, fmt.Errorf("the first text: %w", err)
	}
	now, err := leaves(after)
	if err != nil {
		return nil, fmt.Errorf("the second text: %w", err)
	}
	var changes []Change
	for field, value := range old {
		switch other, has := now[field]; {
		case !has:
			changes = append(changes, Change{Field: field, Before: value, Mark: "removed"})
		case other != value:
			changes = append(changes, Change{Field: field, Before: value, After: other, Mark: "changed"})
		}
	}
	for field, value := range now {
		if _, has := old[field]; !has {
			changes = append(changes, Change{Field: field, After: value, Mark: "added"})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Field, b.Field) })
	return changes, nil
}

// leaves returns the values of a JSON text by path; numbers keep all their digits.
func leaves(text []byte) (map[string]string, error) {
	all := map[string]string{}
	if len(text) == 0 {
		return all, nil
	}
	tree, err := Tree(text)
	if err != nil {
		return nil, err
	}
	addLeaves(all, "", tree)
	return all, nil
}

func addLeaves(all map[string]string, path string, tree any) {
	switch value := tree.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			below := name
			if path != "" {
				below = path + "." + name
			}
			addLeaves(all, below, value[name])
		}
	case []any:
		for i, member := range value {
			addLeaves(all, fmt.Sprintf("%s[%d]", path, i), member)
		}
	default:
		text, err := json.Marshal(value)
		if err == nil {
			all[path] = string(text)
		}
	}
}
