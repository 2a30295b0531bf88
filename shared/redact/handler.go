package redact

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strconv"
)

// Handler returns a slog handler that writes a JSON object per line. Each text in a line
// passes the mask. A value that is neither a basic type nor an error is written as fmt's
// %+v shows it, where values of the canonical model mask themselves; encoding/json would
// write them in full. Bytes are written as their number. rename may change an attribute
// before that, as lambdacontext.ReplaceAttr does; it may be nil.
func (m *Mask) Handler(out io.Writer, level slog.Leveler, rename func(groups []string, a slog.Attr) slog.Attr) slog.Handler {
	return slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if rename != nil {
			a = rename(groups, a)
		}
		return m.attr(a)
	}})
}

func (m *Mask) attr(a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(m.Text(a.Value.String()))
	case slog.KindAny:
		a.Value = slog.StringValue(m.Text(plain(a.Value.Any())))
	}
	return a
}

func plain(value any) string {
	switch v := value.(type) {
	case error:
		return cmp.Or(v.Error(), "error without words")
	case interface{ MarshalText() ([]byte, error) }:
		if text, err := v.MarshalText(); err == nil {
			return string(text)
		}
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		return strconv.Itoa(v.Len()) + " bytes" // such as json.RawMessage
	}
	return fmt.Sprintf("%+v", value)
}
