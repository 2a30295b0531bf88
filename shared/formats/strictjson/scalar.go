package strictjson

import (
	"strings"
	"unicode"
)

// Null passes the next value and returns true if it is null; otherwise the value
// stays to be read.
func (r *Reader) Null() bool {
	return r.next() == 'n' && r.literal() == 'n'
}

// String reads a string. It consumes input: a Reader is not for printing.
func (r *Reader) String() string {
	if r.next() != '"' {
		r.mismatch("string")
		return ""
	}
	return r.text()
}

// NullString reads a string or null; present tells null from "".
func (r *Reader) NullString() (text string, present bool) {
	if r.Null() {
		return "", false
	}
	text = r.String()
	return text, r.err == nil
}

// ID reads an identifier, sent as a string or as an integer of any size, as its
// exact text: 12 and "12" are the same. It refuses control characters, "" and -0.
func (r *Reader) ID() string {
	c, at := r.next(), r.pos
	var text, rule string
	switch {
	case c == '"':
		text = r.text()
		rule = idRule(text)
	case c == '-' || isDigit(c):
		text = r.number()
		rule = integerRule(text)
	default:
		r.mismatch("string or integer")
	}
	return r.unless(rule, text, at)
}

// NullID reads an identifier or null.
func (r *Reader) NullID() (id string, present bool) {
	if r.Null() {
		return "", false
	}
	id = r.ID()
	return id, r.err == nil
}

// Decimal reads a number, sent as one or as a string that holds one and nothing
// else, as its exact text in the grammar of JSON: 1.50 stays "1.50".
func (r *Reader) Decimal() string {
	c, at := r.next(), r.pos
	var text, rule string
	switch {
	case c == '"':
		text = r.text()
		rule = r.limits.decimalRule(text)
	case c == '-' || isDigit(c):
		text = r.number()
	default:
		r.mismatch("decimal number")
	}
	return r.unless(rule, text, at)
}

// NullDecimal reads a decimal number or null.
func (r *Reader) NullDecimal() (text string, present bool) {
	if r.Null() {
		return "", false
	}
	text = r.Decimal()
	return text, r.err == nil
}

// Int reads a number that is whole, such as 3, 3.0 or 3e2, and fits an int64.
func (r *Reader) Int() int64 {
	c, at := r.next(), r.pos
	if c != '-' && !isDigit(c) {
		r.mismatch("integer")
		return 0
	}
	text := r.number()
	if r.err != nil {
		return 0
	}
	n, rule := integer(text)
	if rule != "" {
		r.fail(Value, rule, at)
	}
	return n
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	if c := r.next(); c != 't' && c != 'f' {
		r.mismatch("boolean")
		return false
	}
	return r.literal() == 't'
}

// NullBool reads true, false or null.
func (r *Reader) NullBool() (value, present bool) {
	if r.Null() {
		return false, false
	}
	value = r.Bool()
	return value, r.err == nil
}

// unless returns the text, or fails with the rule that it breaks.
func (r *Reader) unless(rule, text string, at int) string {
	if rule != "" {
		r.fail(Value, rule, at)
	}
	if r.err != nil {
		return ""
	}
	return text
}

// mismatch fails with what was wanted and what is there. A malformed value is
// reported as such, so that a sender's broken document is not taken for another
// shape.
func (r *Reader) mismatch(want string) {
	at, found := r.pos, r.Kind()
	r.Skip()
	if found == NullKind {
		r.fail(Schema, "must not be null", at)
		return
	}
	r.fail(Schema, "want "+want+", found "+found.String(), at)
}

// literal passes null, true or false and returns its first byte, 0 on failure.
func (r *Reader) literal() byte {
	rest := r.data[r.pos:]
	for _, word := range [...]string{"null", "true", "false"} {
		if len(rest) >= len(word) && string(rest[:len(word)]) == word {
			r.pos += len(word)
			return word[0]
		}
	}
	r.fail(Parse, r.orEnd("want a JSON value"), r.pos)
	return 0
}

func idRule(text string) string {
	switch {
	case text == "":
		return "must not be empty"
	case strings.ContainsFunc(text, unicode.IsControl):
		return "must not hold control characters"
	}
	return ""
}
