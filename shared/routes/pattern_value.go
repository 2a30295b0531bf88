package routes

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// test accepts or refuses one scalar of the event: nil, bool, string or
// json.Number. Tests on text accept nothing else.
type test interface {
	accepts(value any) bool
}

type (
	anyValue         struct{}
	exactText        string
	exactLiteral     struct{ value any }
	prefixOf         string
	suffixOf         string
	equalIgnoreCase  string
	prefixIgnoreCase string
	suffixIgnoreCase string
	insideBlock      struct{ block netip.Prefix }
	noneOf           []test
)

func (anyValue) accepts(any) bool { return true }

func (t exactText) accepts(value any) bool {
	text, ok := value.(string)
	return ok && text == string(t)
}

func (t exactLiteral) accepts(value any) bool { return value == t.value }

func (t prefixOf) accepts(value any) bool {
	text, ok := value.(string)
	return ok && strings.HasPrefix(text, string(t))
}

func (t suffixOf) accepts(value any) bool {
	text, ok := value.(string)
	return ok && strings.HasSuffix(text, string(t))
}

func (t equalIgnoreCase) accepts(value any) bool {
	text, ok := value.(string)
	rest, found := cutPrefixIgnoreCase(text, string(t))
	return ok && found && rest == ""
}

func (t prefixIgnoreCase) accepts(value any) bool {
	text, ok := value.(string)
	_, found := cutPrefixIgnoreCase(text, string(t))
	return ok && found
}

func (t suffixIgnoreCase) accepts(value any) bool {
	text, ok := value.(string)
	for wanted := string(t); ok && wanted != ""; {
		want, n := utf8.DecodeLastRuneInString(wanted)
		got, m := utf8.DecodeLastRuneInString(text)
		ok = m > 0 && sameIgnoreCase(want, got)
		wanted, text = wanted[:len(wanted)-n], text[:len(text)-m]
	}
	return ok
}

func (t insideBlock) accepts(value any) bool {
	text, ok := value.(string)
	if !ok {
		return false
	}
	address, err := netip.ParseAddr(text)
	return err == nil && t.block.Contains(address)
}

func (t noneOf) accepts(value any) bool {
	for _, but := range t {
		if but.accepts(value) {
			return false
		}
	}
	return true
}

func cutPrefixIgnoreCase(text, prefix string) (rest string, found bool) {
	for _, want := range prefix {
		got, n := utf8.DecodeRuneInString(text)
		if n == 0 || !sameIgnoreCase(want, got) {
			return text, false
		}
		text = text[n:]
	}
	return text, true
}

// sameIgnoreCase takes the lower and the upper form of the wanted character and
// no other: event-ruler does not fold, so the Kelvin sign is no k.
func sameIgnoreCase(want, got rune) bool {
	return got == unicode.ToLower(want) || got == unicode.ToUpper(want)
}

// wildcard holds the texts between the asterisks; one text means no asterisk.
type wildcard []string

func newWildcard(pattern string) (test, error) {
	var pieces wildcard
	var piece strings.Builder
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch {
		case strings.HasPrefix(rest, "**"):
			return nil, errors.New("wildcard must not have two asterisks in a row")
		case rest[0] == '*':
			pieces = append(pieces, piece.String())
			piece.Reset()
		case strings.HasPrefix(rest, `\*`) || strings.HasPrefix(rest, `\\`):
			i++
			piece.WriteByte(pattern[i])
		case rest[0] == '\\':
			return nil, errors.New(`wildcard takes a backslash before * and \ only`)
		default:
			piece.WriteByte(rest[0])
		}
	}
	return append(pieces, piece.String()), nil
}

// accepts takes the earliest place for each text between two asterisks, which
// leaves the most room for the rest.
func (t wildcard) accepts(value any) bool {
	text, ok := value.(string)
	last := len(t) - 1
	if !ok || last == 0 {
		return ok && text == t[0]
	}
	text, ok = strings.CutPrefix(text, t[0])
	for _, piece := range t[1:last] {
		if ok {
			_, text, ok = strings.Cut(text, piece)
		}
	}
	return ok && strings.HasSuffix(text, t[last])
}

// exactNumber compares by value where EventBridge does, else by text.
type exactNumber struct {
	text     string
	value    int64
	hasValue bool
}

func newExactNumber(number json.Number) exactNumber {
	value, ok := millionths(string(number))
	return exactNumber{string(number), value, ok}
}

func (t exactNumber) accepts(value any) bool {
	number, ok := value.(json.Number)
	if !ok || !t.hasValue {
		return ok && string(number) == t.text
	}
	other, ok := millionths(string(number))
	return ok && other == t.value
}
