package port_test

import (
	"fmt"
	"strings"
	"testing"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

func TestCheckRejectsWhatSQSRejects(t *testing.T) {
	t.Parallel()
	attribute := func(value string) port.Outgoing {
		return port.Outgoing{Body: []byte("b"), Attributes: map[string]string{"reason": value}}
	}
	many := port.Outgoing{Body: []byte("b"), Attributes: map[string]string{}}
	for i := range 11 {
		many.Attributes[fmt.Sprint("a", i)] = "v"
	}
	for name, c := range map[string]struct {
		out  port.Outgoing
		kind fault.Kind
		want fault.Class
	}{
		"no body":                   {port.Outgoing{}, fault.Invalid, fault.Schema},
		"one byte over":             {port.Outgoing{Body: letters(port.MaxMessage + 1)}, fault.Rejected, fault.TooLarge},
		"one byte over, attributes": {port.Outgoing{Body: letters(port.MaxMessage - 7), Attributes: map[string]string{"a": "b"}}, fault.Rejected, fault.TooLarge},
		"eleven attributes":         {many, fault.Rejected, fault.TooLarge},
		"a body that is not UTF-8":  {port.Outgoing{Body: []byte{'a', 0xff}}, fault.Invalid, fault.Parse},
		"U+FFFE in the body":        {port.Outgoing{Body: []byte("a\uFFFE")}, fault.Invalid, fault.Parse},
		"a NUL in the body":         {port.Outgoing{Body: []byte("a\x00")}, fault.Invalid, fault.Parse},
		"an empty attribute":        {attribute(""), fault.Invalid, fault.Value},
		"U+FFFF in an attribute":    {attribute("\uFFFF"), fault.Invalid, fault.Parse},
		"not UTF-8 in an attribute": {attribute("\xff"), fault.Invalid, fault.Parse},
		"a bell in an attribute":    {attribute("\a"), fault.Invalid, fault.Parse},
	} {
		f := fault.As(c.out.Check())
		if f == nil || f.Kind != c.kind || f.Class != c.want {
			t.Errorf("%s: %v, want %v of class %s", name, f, c.kind, c.want)
		}
	}
}

func TestCheckTakesWhatSQSTakes(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]port.Outgoing{
		"exactly as large as allowed":      {Body: letters(port.MaxMessage)},
		"exactly as large with attributes": {Body: letters(port.MaxMessage - 8), Attributes: map[string]string{"a": "b"}},
		"every kind of character":          {Body: []byte("\t\r\n ~\u007f\ud7ff\ue000\ufffd😀\U0010ffff"), Attributes: map[string]string{"a": "\t\ufffd"}},
	} {
		if err := out.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func letters(n int) []byte { return []byte(strings.Repeat("x", n)) }

func FuzzSendableTextIsTaken(f *testing.F) {
	for _, seed := range []string{"plain", "\xff\xfe", "\uFFFE\uFFFF\x00\x1f\t", "é😀"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean := port.Sendable(text)
		out := port.Outgoing{Body: []byte("b"), Attributes: map[string]string{"a": "x" + clean}}
		if err := out.Check(); err != nil {
			t.Errorf("%q became %q: %v", text, clean, err)
		}
		if again := port.Sendable(clean); again != clean {
			t.Errorf("%q became %q, then %q", text, clean, again)
		}
	})
}
