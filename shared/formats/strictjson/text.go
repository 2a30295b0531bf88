package strictjson

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// text passes a string and returns what it stands for, "" on failure.
func (r *Reader) text() string { return decode(r.quoted()) }

// quoted passes a string and returns what stands between its quotes.
func (r *Reader) quoted() (body []byte, escaped bool) {
	body, escaped, rule := r.body()
	if rule != "" {
		r.fail(Parse, rule, r.pos)
		return nil, false
	}
	return body, escaped
}

// body is quoted, but returns the rule that the string breaks at the position
// where it stops.
func (r *Reader) body() (body []byte, escaped bool, rule string) {
	start := r.pos + 1
	r.pos = special(r.data, start)
	for r.pos < len(r.data) && r.data[r.pos] == '\\' {
		_, length, rule := escape(r.data[r.pos:])
		if rule != "" {
			return nil, false, rule
		}
		escaped = true
		r.pos = special(r.data, r.pos+length)
	}
	switch {
	case r.pos > r.bad:
		r.pos = r.bad
		return nil, false, "invalid UTF-8"
	case r.pos == len(r.data):
		return nil, false, "unterminated string"
	case r.data[r.pos] != '"':
		return nil, false, "control character in a string"
	}
	r.pos++
	return r.data[start : r.pos-1], escaped, ""
}

// decode returns what the body of a string stands for.
func decode(body []byte, escaped bool) string {
	if escaped {
		return unescape(body)
	}
	return alias(body)
}

// escape reads the escape sequence that text begins with: its character, its
// length, and the rule it breaks ("" if none).
func escape(text []byte) (char rune, length int, rule string) {
	if len(text) < 2 {
		return 0, 0, "unterminated string"
	}
	if text[1] == 'u' {
		return escapeUnicode(text)
	}
	if at := strings.IndexByte(`"\/bfnrt`, text[1]); at >= 0 {
		return rune("\"\\/\b\f\n\r\t"[at]), 2, ""
	}
	return 0, 0, "unknown escape sequence"
}

func escapeUnicode(text []byte) (char rune, length int, rule string) {
	char, ok := hex4(text)
	if !ok {
		return 0, 0, `\u without four hexadecimal digits`
	}
	if !utf16.IsSurrogate(char) {
		return char, 6, ""
	}
	low, ok := hex4(text[6:])
	if char = utf16.DecodeRune(char, low); !ok || char == utf8.RuneError {
		return 0, 0, "surrogate without its other half"
	}
	return char, 12, ""
}

// hex4 reads \uXXXX.
func hex4(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var char rune
	for _, c := range text[2:6] {
		switch {
		case isDigit(c):
			char = char<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			char = char<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return char, true
}

// unescape returns the text that a checked string body stands for.
func unescape(body []byte) string {
	text := make([]byte, 0, len(body))
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 {
			return alias(append(text, body...))
		}
		char, length, _ := escape(body[at:])
		text = utf8.AppendRune(append(text, body[:at]...), char)
		body = body[at+length:]
	}
}

// alias returns the bytes as a string without copying them; nobody may write to
// them any more.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// view returns the string as bytes without copying them; nobody may write to them.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
