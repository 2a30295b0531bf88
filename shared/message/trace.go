package message

import (
	"encoding/hex"
	"strings"
)

// TraceParent is a W3C Trace Context: which trace, and which of its spans came before.
type TraceParent struct {
	Trace   string // 32 hex digits
	Span    string // 16 hex digits
	Sampled bool   // whether anybody records the trace
}

// ParseTraceParent reads a traceparent header of version 00 (W3C Trace Context,
// section 3.2). ok is false for anything else, which counts as absent.
func ParseTraceParent(text string) (p TraceParent, ok bool) {
	parts := strings.Split(text, "-")
	if len(parts) != 4 || parts[0] != "00" || !isID(parts[1], 32) || !isID(parts[2], 16) || !isHex(parts[3], 2) {
		return TraceParent{}, false
	}
	flags, err := hex.DecodeString(parts[3])
	return TraceParent{Trace: parts[1], Span: parts[2], Sampled: err == nil && flags[0]&1 == 1}, true
}

// String returns the header.
func (p TraceParent) String() string {
	flags := "00"
	if p.Sampled {
		flags = "01"
	}
	return "00-" + p.Trace + "-" + p.Span + "-" + flags
}

// isID reports whether the text is an id: hex, and not of zeros alone.
func isID(text string, digits int) bool { return isHex(text, digits) && strings.Trim(text, "0") != "" }

func isHex(text string, digits int) bool {
	return len(text) == digits && strings.Trim(text, "0123456789abcdef") == ""
}
