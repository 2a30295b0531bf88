package operate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Count returns a number with its noun: "1 delivery", "2 deliveries", "3 orders".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, Plural(noun))
}

// Plural returns the plural of a noun: "deliveries" of "delivery".
func Plural(noun string) string {
	if stem, isY := strings.CutSuffix(noun, "y"); isY {
		return stem + "ies"
	}
	return noun + "s"
}

// CountAll returns numbers with their nouns and the verb that agrees with them, such as
// "2 customers and 1 order need"; "" if there are none. The verb is given in the plural.
func CountAll(counts map[string]int, verb string) string {
	var parts []string
	total := 0
	for _, noun := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, Count(counts[noun], noun))
		total += counts[noun]
	}
	if total == 1 {
		verb += "s"
	}
	last := len(parts) - 1
	switch last {
	case -1:
		return ""
	case 0:
		return parts[0] + " " + verb
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last] + " " + verb
}
