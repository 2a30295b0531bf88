package netsuitetest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// itemSublist is the sublist whose lines have a key: "line".
const itemSublist = "item"

// merge returns the state after the body was written over it. A field that is null is
// deleted, an address is merged field by field, the lines of a sales order are merged by
// their numbers, and any other sublist is appended to unless it is replaced.
func merge(state, body map[string]any, replace []string) map[string]any {
	merged := maps.Clone(state)
	if merged == nil {
		merged = map[string]any{}
	}
	for name, value := range body {
		replaced := slices.Contains(replace, name)
		switch old := items(merged[name]); {
		case value == nil:
			delete(merged, name)
		case name == itemSublist:
			merged[name] = sublist(mergeLines(old, items(value), replaced))
		case name == "shippingAddress", name == "billingAddress":
			merged[name] = mergeFields(merged[name], value)
		case old != nil && !replaced:
			merged[name] = sublist(append(slices.Clone(old), items(value)...))
		default:
			merged[name] = value
		}
	}
	return merged
}

func sublist(lines []any) map[string]any { return map[string]any{"items": lines} }

// mergeFields writes the fields of one object over another; null deletes.
func mergeFields(old, changes any) any {
	before, _ := old.(map[string]any)
	after, ok := changes.(map[string]any)
	if !ok {
		return changes
	}
	merged := maps.Clone(before)
	if merged == nil {
		merged = map[string]any{}
	}
	maps.Copy(merged, after)
	maps.DeleteFunc(merged, func(_ string, value any) bool { return value == nil })
	return merged
}

// mergeLines writes lines over those of a sales order. A line with the number of one that
// exists changes it; any other is new and gets the next number. With replace, lines that
// are not listed are removed.
func mergeLines(old, changes []any, replace bool) []any {
	lines, next := slices.Clone(old), 1
	for _, l := range old {
		next = max(next, lineNumber(l)+1)
	}
	if replace {
		lines = make([]any, 0, len(changes))
	}
	for _, change := range changes {
		number := lineNumber(change)
		i := slices.IndexFunc(old, func(l any) bool { return number != 0 && lineNumber(l) == number })
		switch {
		case i < 0:
			lines = append(lines, numbered(change, next))
			next++
		case replace:
			lines = append(lines, changedLine(old[i], change))
		default:
			lines[i] = changedLine(old[i], change)
		}
	}
	return lines
}

// changedLine derives the rate from the amount where only the amount was given.
func changedLine(old, change any) any {
	fields, _ := change.(map[string]any)
	before, _ := old.(map[string]any)
	if fields["amount"] != nil && fields["rate"] == nil {
		before = maps.Clone(before)
		delete(before, "rate")
	}
	return mergeFields(before, change)
}

func numbered(line any, number int) any {
	fields, ok := line.(map[string]any)
	if !ok {
		return line
	}
	fields = maps.Clone(fields)
	fields["line"] = json.Number(strconv.Itoa(number))
	return fields
}

// lineNumber returns the number of a line, 0 if it has none.
func lineNumber(line any) int {
	fields, _ := line.(map[string]any)
	n, err := strconv.Atoi(number(fields, "line"))
	if err != nil {
		return 0
	}
	return n
}
