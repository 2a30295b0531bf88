package mapping

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/operate"
)

// mostElements is how many elements of each list are changed in experiments; of a body of more
// than largeBody bytes one is.
const (
	mostElements = 4
	largeBody    = 64 << 10
)

// effect is the result of changing one input.
type effect struct {
	changed map[string]bool // fields of the output that differed
	refused error           // a change was rejected, and no other had an effect; nil if none was
	with    string          // the field that has the effect of this one: both had to be changed together
}

// laboratory makes experiments with one body.
type laboratory struct {
	body  []byte
	input document // of the body
	base  document // of what is made of the body
	run   func(body []byte) (document, error)
}

// vary changes one field at a time and returns the effect of each on the output. Absent fields
// are given a value. A field of which no other value is taken is changed together with all fields
// of the same text, such as the currencies of all amounts, and the effect is that of the first.
func (l laboratory) vary(fields []leaf) (map[string]effect, error) {
	effects, idle := map[string]effect{}, map[string]bool{}
	for _, field := range fields {
		if idle[outline(field.path)] { // as in the element before
			effects[field.path] = effect{}
			continue
		}
		e, err := l.change(field, []string{field.path})
		if err != nil {
			return nil, err
		}
		if group := l.alike(field); e.refused != nil && len(group) > 1 {
			if group[0] != field.path {
				e.with = group[0]
			} else if e, err = l.change(field, group); err != nil {
				return nil, err
			}
		}
		effects[field.path] = e
		idle[outline(field.path)] = len(e.changed) == 0 && e.refused == nil && e.with == "" && strings.Contains(field.path, "[")
	}
	return effects, nil
}

// alike returns the fields of the same text, the one nearest to the top first; none for numbers
// and short texts, which are the same by chance.
func (l laboratory) alike(field leaf) []string {
	if len(field.text) < len(`"USD"`) || decimal.MatchString(plain(field.text)) {
		return nil
	}
	var group []string
	for _, other := range l.input.leaves {
		if other.text == field.text {
			group = append(group, other.path)
		}
	}
	slices.SortStableFunc(group, func(a, b string) int { return strings.Count(a, ".") - strings.Count(b, ".") })
	return group
}

// change gives the fields other values, one after the other, until the output differs.
func (l laboratory) change(field leaf, paths []string) (e effect, err error) {
	for _, value := range candidates(field) {
		tree, err := operate.Tree(l.body)
		if err != nil {
			return e, err
		}
		placed := false
		for _, path := range paths {
			placed = put(tree, steps(path), value) || placed
		}
		if !placed {
			continue
		}
		changed, err := json.Marshal(tree)
		if err != nil {
			return e, err
		}
		result, err := l.run(changed)
		if err != nil {
			e.refused = err
			continue
		}
		if changed := l.base.differing(result); len(changed) > 0 {
			return effect{changed: changed}, nil
		}
	}
	return e, nil
}

var (
	decimal  = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	capitals = regexp.MustCompile(`^[A-Z]{2,3}$`)
	lower    = regexp.MustCompile(`^[a-z_]{3,24}$`)
	indexed  = regexp.MustCompile(`\[([0-9]+)\]`)
)

// candidates returns other values for the field, the likeliest to be taken first. The last, nil,
// removes it.
func candidates(field leaf) []any {
	var value any
	if json.Unmarshal([]byte(field.text), &value) != nil { // the field is absent
		return []any{"DE", "EUR", "x", "1", true}
	}
	switch value := value.(type) {
	case bool:
		return []any{!value, nil}
	case string:
		return append(otherTexts(value), nil)
	case float64:
		return []any{json.Number(bumped(field.text)), nil}
	}
	return []any{"DE", "EUR", "x", "1", true}
}

// otherTexts returns texts of the same form.
func otherTexts(text string) []any {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return []any{at.AddDate(0, 0, 1).Format(layout), at.AddDate(0, 0, -1).Format(layout)}
		}
	}
	switch {
	case decimal.MatchString(text):
		return []any{bumped(text)}
	case capitals.MatchString(text):
		var all []any
		for _, code := range []string{"DE", "FR", "EUR", "GBP"} {
			if code != text && len(code) == len(text) {
				all = append(all, code)
			}
		}
		return append(all, "X"+text)
	}
	all := []any{"x" + text}
	if lower.MatchString(text) { // it may be one of a closed set
		for _, word := range states {
			if word != text {
				all = append(all, word)
			}
		}
	}
	return all
}

// states are words of the closed sets of stores and of the canonical model.
var states = strings.Fields("open closed cancelled pending authorized paid refunded voided product gift_card custom card other sale capture success failure processing completed")

// bumped changes the last digit of a number.
func bumped(number string) string {
	last := number[len(number)-1]
	switch {
	case last < '0' || last > '9':
		return number + "1"
	case last == '9':
		last = '8'
	default:
		last++
	}
	return number[:len(number)-1] + string(last)
}

// studied returns the values that experiments change: those with content, of the first elements of
// each list and of the element that the field names. more counts the others.
func (d document) studied(field string) (fields []leaf, more int) {
	for _, l := range d.leaves {
		switch {
		case l.empty():
		case d.beyond(l.path) && !sameElement(l.path, field):
			more++
		default:
			fields = append(fields, l)
		}
	}
	return fields, more
}

// beyond reports whether an index of the path is not among the first.
func (d document) beyond(path string) bool {
	most := byte(mostElements)
	if d.large {
		most = 1
	}
	for _, match := range indexed.FindAllStringSubmatch(path, -1) {
		if len(match[1]) > 1 || match[1][0] >= '0'+most {
			return true
		}
	}
	return false
}

// sameElement reports whether the path is within the list element of the field.
func sameElement(path, field string) bool {
	end := strings.Index(field, "]")
	return end > 0 && strings.HasPrefix(path, field[:end+1])
}
