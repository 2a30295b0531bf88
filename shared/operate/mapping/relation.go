package mapping

import "strings"

// Words for how a value is made of others.
const (
	unchanged = "unchanged"
	computed  = "computed"
	cut       = "cut"
	leftOut   = "left out"
	notSent   = "not part of the request"
	untraced  = "not traced to one field of the delivery"
	sameValue = "the same value, of which no other is taken alone"
)

// isRelation reports whether a note says more than this word of a rule.
func isRelation(step string) bool {
	return step == unchanged || step == computed || step == cut || step == notSent || step == leftOut || step == untraced
}

// relation says how a value is made of others, all as JSON, the likeliest origin first. It
// claims nothing that the values do not show.
func relation(from []string, to string) string {
	first, result := plain(from[0]), plain(to)
	switch {
	case len(from) > 1 && decimal.MatchString(result):
		return computed
	case first == result:
		return unchanged
	case result == "":
		return leftOut
	case strings.EqualFold(first, result):
		return "in other case"
	case number(first) != "" && number(first) == number(result):
		return "the same number"
	case inOtherUnit(first, result):
		return "the same amount, in another unit"
	case len(result) == len("2026-11-22") && strings.HasPrefix(first, result):
		return "its date"
	case len(from) > 1 && joined(from, result):
		return "joined"
	case strings.HasSuffix(result, "…") && strings.HasPrefix(first, strings.TrimSuffix(result, "…")):
		return cut
	case strings.Contains(result, first) && first != "":
		return "part of a text"
	}
	return computed
}

func plain(text string) string { return strings.Trim(text, `"`) }

// number returns the shortest form of a decimal number, "" for other texts.
func number(text string) string {
	if !decimal.MatchString(text) {
		return ""
	}
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// inOtherUnit reports whether one is an amount in minor units and the other the same with a point.
func inOtherUnit(a, b string) bool {
	if !decimal.MatchString(a) || !decimal.MatchString(b) || strings.Contains(a, ".") == strings.Contains(b, ".") {
		return false
	}
	return strings.TrimLeft(strings.ReplaceAll(a, ".", ""), "0") == strings.TrimLeft(strings.ReplaceAll(b, ".", ""), "0")
}

// joined reports whether the result is made of nothing but the values.
func joined(from []string, result string) bool {
	for _, value := range from {
		value = plain(value)
		if value == "" || !strings.Contains(result, value) {
			return false
		}
	}
	return true
}
