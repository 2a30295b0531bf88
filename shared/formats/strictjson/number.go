package strictjson

import (
	"strconv"
	"strings"
)

// number passes a number and returns its text, "" on failure.
func (r *Reader) number() string {
	at := r.pos
	length, exponent := scanNumber(r.data[at:])
	if length == 0 {
		r.fail(Parse, "malformed number", at)
		return ""
	}
	if rule := r.limits.numberRule(length, exponent); rule != "" {
		r.fail(Value, rule, at)
		return ""
	}
	r.pos += length
	return alias(r.data[at:r.pos])
}

// numberRule returns the limit that a number of the length and exponent passes, "" if none.
func (l Limits) numberRule(length, exponent int) string {
	switch {
	case length > l.Number:
		return "number has too many digits"
	case exponent > l.Exponent || exponent < -l.Exponent:
		return "number is out of range"
	}
	return ""
}

// decimalRule returns the rule that the text breaks as a number, "" if none.
func (l Limits) decimalRule(text string) string {
	length, exponent := scanNumber(view(text))
	if length == 0 || length < len(text) {
		return "must be a decimal number"
	}
	return l.numberRule(length, exponent)
}

func integerRule(text string) string {
	if text == "-0" || strings.ContainsAny(text, ".eE") {
		return "must be an integer"
	}
	return ""
}

// integer returns the value of a number that is whole and fits 64 bits, or the
// rule that it breaks.
func integer(text string) (n int64, rule string) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return n, ""
	}
	text, ok := expand(text)
	if !ok {
		return 0, "must be a whole number"
	}
	if n, err = strconv.ParseInt(text, 10, 64); err != nil {
		return 0, "does not fit 64 bits"
	}
	return n, ""
}

// expand writes a whole number without fraction and exponent; it returns false
// for one that is not whole.
func expand(text string) (string, bool) {
	_, shift := scanNumber(view(text))
	mantissa := text
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		mantissa = text[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	shift -= len(fraction)
	all := whole + fraction
	significant := strings.TrimRight(all, "0")
	switch {
	case significant == "" || significant == "-":
		return "0", true
	case len(all)-len(significant) < -shift:
		return "", false
	case shift < 0:
		return all[:len(all)+shift], true
	}
	// Twenty zeros are enough to be too many for 64 bits.
	return all + strings.Repeat("0", min(shift, 20)), true
}

// scanNumber returns the length of the number that text begins with, 0 if there
// is none (RFC 8259 section 6), and its exponent.
func scanNumber(text []byte) (length, exponent int) {
	i := 0
	if len(text) > 0 && text[0] == '-' {
		i = 1
	}
	whole := digits(text, i)
	if whole == i || whole > i+1 && text[i] == '0' {
		return 0, 0
	}
	i = whole
	if i < len(text) && text[i] == '.' {
		if i = digits(text, i+1); i == whole+1 {
			return 0, 0
		}
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		return scanExponent(text, i+1)
	}
	return i, 0
}

func scanExponent(text []byte, i int) (length, exponent int) {
	sign := 1
	if i < len(text) && (text[i] == '+' || text[i] == '-') {
		sign = int(',') - int(text[i])
		i++
	}
	end := digits(text, i)
	if end == i {
		return 0, 0
	}
	for _, c := range text[i:end] {
		exponent = min(10*exponent+int(c-'0'), 1<<30)
	}
	return end, sign * exponent
}

func digits(text []byte, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c-'0' <= 9 }
