package canonical

import (
	"encoding/json"
	"strings"
	"unicode"
)

// Text is optional text that distinguishes three states: absent (the zero value: the
// source said nothing), null (the source said that there is none) and a value,
// which may be "". In a struct it needs the json option omitzero.
type Text struct {
	state textState
	value string
}

type textState uint8

const (
	absent textState = iota
	null
	present
)

// NewText returns a present value.
func NewText(value string) Text { return Text{present, value} }

// NullText returns the state null.
func NullText() Text { return Text{state: null} }

// String returns the value, "" if it is absent or null.
func (t Text) String() string { return t.value }

// IsZero reports whether the text is absent; encoding/json asks it for omitzero.
func (t Text) IsZero() bool { return t.state == absent }

// IsNull reports whether the source said that there is none.
func (t Text) IsNull() bool { return t.state == null }

// MarshalJSON writes null or a string.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.state != present {
		return []byte("null"), nil
	}
	return json.Marshal(t.value)
}

// UnmarshalJSON reads null or a string.
func (t *Text) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*t = NullText()
		return nil
	}
	t.state = present
	return json.Unmarshal(data, &t.value)
}

// Clean returns the text without control characters (Unicode category Cc, among
// them NUL) and whether any were there. Line breaks and tabs become a space.
func Clean(text string) (clean string, changed bool) {
	if strings.IndexFunc(text, unicode.IsControl) < 0 {
		return text, false
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text), true
}

// NormalEmail returns the form in which e-mail addresses are compared: trimmed and
// lower-cased as a whole. Local parts are case-sensitive by RFC 5321, but no mail
// provider of note distinguishes two customers by case.
func NormalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
