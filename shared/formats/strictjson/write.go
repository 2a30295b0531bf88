package strictjson

import (
	"strconv"
	"unicode/utf8"
)

// Str writes a string. Text that is not UTF-8 is an error of class Value.
func (w *Writer) Str(text string) {
	if w.value() {
		w.quote(text)
	}
}

// Int writes an integer.
func (w *Writer) Int(n int64) {
	if w.value() {
		w.buf = strconv.AppendInt(w.buf, n, 10)
	}
}

// Num writes the text of a number exactly as it is. A text that is no number, or
// beyond the default limits, is an error of class Value.
func (w *Writer) Num(text string) {
	if !w.value() {
		return
	}
	if rule := defaults.decimalRule(text); rule != "" {
		w.fail(Value, rule)
		return
	}
	w.buf = append(w.buf, text...)
}

// Bool writes true or false.
func (w *Writer) Bool(b bool) {
	if w.value() {
		w.buf = strconv.AppendBool(w.buf, b)
	}
}

// Null writes null.
func (w *Writer) Null() {
	if w.value() {
		w.buf = append(w.buf, "null"...)
	}
}

// Raw writes a value that is JSON already, after checking it within the default
// limits. Its inner white space stays.
func (w *Writer) Raw(data []byte) {
	if !w.value() {
		return
	}
	r := NewReader(data, defaults)
	raw := r.Raw()
	if err := r.End(); err != nil {
		w.fail(err.Class, err.Rule)
		return
	}
	w.buf = append(w.buf, raw...)
}

// StrField writes a member with a string.
func (w *Writer) StrField(name, text string) { w.Key(name).Str(text) }

// NumField writes a member with a number, as Num does.
func (w *Writer) NumField(name, text string) { w.Key(name).Num(text) }

// IntField writes a member with an integer.
func (w *Writer) IntField(name string, n int64) { w.Key(name).Int(n) }

// BoolField writes a member with true or false.
func (w *Writer) BoolField(name string, b bool) { w.Key(name).Bool(b) }

// OptStr writes a member with a string, and nothing if the text is "".
func (w *Writer) OptStr(name, text string) {
	if text != "" {
		w.StrField(name, text)
	}
}

// OptNum writes a member with a number, and nothing if the text is "".
func (w *Writer) OptNum(name, text string) {
	if text != "" {
		w.NumField(name, text)
	}
}

// quote appends the text as a JSON string, escaping what RFC 8259 section 7
// demands and nothing else.
func (w *Writer) quote(text string) {
	if !utf8.ValidString(text) {
		w.fail(Value, "invalid UTF-8")
		return
	}
	buf, data := append(w.buf, '"'), view(text)
	for at := special(data, 0); at < len(data); at = special(data, 0) {
		buf = appendEscape(append(buf, data[:at]...), data[at])
		data = data[at+1:]
	}
	w.buf = append(append(buf, data...), '"')
}

func appendEscape(buf []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(buf, '\\', c)
	case '\b':
		return append(buf, `\b`...)
	case '\f':
		return append(buf, `\f`...)
	case '\n':
		return append(buf, `\n`...)
	case '\r':
		return append(buf, `\r`...)
	case '\t':
		return append(buf, `\t`...)
	}
	return append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
