package strictjson_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"causeway.example/shared/formats/strictjson"
)

func reader(text string) *strictjson.Reader {
	return strictjson.NewReader([]byte(text), strictjson.Limits{})
}

func TestTypedReads(t *testing.T) {
	t.Parallel()
	reads := map[string]func(*strictjson.Reader) any{
		"String":  func(r *strictjson.Reader) any { return r.String() },
		"ID":      func(r *strictjson.Reader) any { return r.ID() },
		"Decimal": func(r *strictjson.Reader) any { return r.Decimal() },
		"Int":     func(r *strictjson.Reader) any { return r.Int() },
		"Bool":    func(r *strictjson.Reader) any { return r.Bool() },
		"Null":    func(r *strictjson.Reader) any { return r.Null() },
		"Kind":    func(r *strictjson.Reader) any { kind := r.Kind(); r.Skip(); return kind.String() },
		"Raw":     func(r *strictjson.Reader) any { return string(r.Raw()) },
		"NullString": func(r *strictjson.Reader) any {
			text, present := r.NullString()
			return fmt.Sprint(text, " ", present)
		},
		"NullID": func(r *strictjson.Reader) any {
			text, present := r.NullID()
			return fmt.Sprint(text, " ", present)
		},
		"NullDecimal": func(r *strictjson.Reader) any {
			text, present := r.NullDecimal()
			return fmt.Sprint(text, " ", present)
		},
		"NullBool": func(r *strictjson.Reader) any {
			value, present := r.NullBool()
			return fmt.Sprint(value, " ", present)
		},
	}
	const schema, value = strictjson.Schema, strictjson.Value
	for _, test := range []struct {
		method, in string
		want       any
		class      strictjson.Class
		rule       string
	}{
		{method: "String", in: `"a"`, want: "a"},
		{method: "String", in: `""`, want: ""},
		{method: "String", in: `{}`, want: "", class: schema, rule: "want string, found object"},
		{method: "String", in: `null`, want: "", class: schema, rule: "must not be null"},
		{method: "NullString", in: `null`, want: " false"},
		{method: "NullString", in: `""`, want: " true"},
		{method: "NullString", in: `1`, want: " false", class: schema, rule: "want string, found number"},
		{method: "ID", in: `-5`, want: "-5"},
		{method: "ID", in: `0`, want: "0"},
		{method: "ID", in: `"0012"`, want: "0012"},
		{method: "ID", in: `-0`, want: "", class: value, rule: "must be an integer"},
		{method: "ID", in: `1.0`, want: "", class: value, rule: "must be an integer"},
		{method: "ID", in: `1e3`, want: "", class: value, rule: "must be an integer"},
		{method: "ID", in: `""`, want: "", class: value, rule: "must not be empty"},
		{method: "ID", in: `"\u007f"`, want: "", class: value, rule: "must not hold control characters"},
		{method: "ID", in: `true`, want: "", class: schema, rule: "want string or integer, found boolean"},
		{method: "NullID", in: `null`, want: " false"},
		{method: "NullID", in: `7`, want: "7 true"},
		{method: "NullID", in: `""`, want: " false", class: value, rule: "must not be empty"},
		{method: "Decimal", in: `-0.00`, want: "-0.00"},
		{method: "Decimal", in: `"1.5e-3"`, want: "1.5e-3"},
		{method: "Decimal", in: `"1e99"`, want: "1e99"},
		{method: "Decimal", in: `1e-100`, want: "", class: value, rule: "number is out of range"},
		{method: "Decimal", in: strings.Repeat("1", 41), want: "", class: value, rule: "number has too many digits"},
		{method: "Decimal", in: strings.Repeat("1", 40), want: strings.Repeat("1", 40)},
		{method: "Decimal", in: `""`, want: "", class: value, rule: "must be a decimal number"},
		{method: "Decimal", in: `" 1"`, want: "", class: value, rule: "must be a decimal number"},
		{method: "Decimal", in: `"+1"`, want: "", class: value, rule: "must be a decimal number"},
		{method: "Decimal", in: `"1_000"`, want: "", class: value, rule: "must be a decimal number"},
		{method: "Decimal", in: `"0x10"`, want: "", class: value, rule: "must be a decimal number"},
		{method: "Decimal", in: `".5"`, want: "", class: value, rule: "must be a decimal number"},
		{method: "Decimal", in: `[1]`, want: "", class: schema, rule: "want decimal number, found array"},
		{method: "NullDecimal", in: `null`, want: " false"},
		{method: "NullDecimal", in: `"2.50"`, want: "2.50 true"},
		{method: "Int", in: `-3`, want: int64(-3)},
		{method: "Int", in: `-0`, want: int64(0)},
		{method: "Int", in: `2.00`, want: int64(2)},
		{method: "Int", in: `2.5`, want: int64(0), class: value, rule: "must be a whole number"},
		{method: "Int", in: `3e2`, want: int64(300)},
		{method: "Int", in: `1.25e2`, want: int64(125)},
		{method: "Int", in: `1200E-2`, want: int64(12)},
		{method: "Int", in: `1250e-2`, want: int64(0), class: value, rule: "must be a whole number"},
		{method: "Int", in: `1e-99`, want: int64(0), class: value, rule: "must be a whole number"},
		{method: "Int", in: `-0.0e-9`, want: int64(0)},
		{method: "Int", in: `0e99`, want: int64(0)},
		{method: "Int", in: `1e99`, want: int64(0), class: value, rule: "does not fit 64 bits"},
		{method: "Int", in: `9223372036854775807`, want: int64(9223372036854775807)},
		{method: "Int", in: `9223372036854775808`, want: int64(0), class: value, rule: "does not fit 64 bits"},
		{method: "Int", in: `-9.223372036854775808e18`, want: int64(-9223372036854775808)},
		{method: "Int", in: `"3"`, want: int64(0), class: schema, rule: "want integer, found string"},
		{method: "Bool", in: `true`, want: true},
		{method: "Bool", in: `false`, want: false},
		{method: "Bool", in: `1`, want: false, class: schema, rule: "want boolean, found number"},
		{method: "NullBool", in: `null`, want: "false false"},
		{method: "NullBool", in: `false`, want: "false true"},
		{method: "Null", in: `null`, want: true},
		{method: "Kind", in: ` {"a":1}`, want: "object"},
		{method: "Kind", in: `[]`, want: "array"},
		{method: "Kind", in: `"x"`, want: "string"},
		{method: "Kind", in: `-1`, want: "number"},
		{method: "Kind", in: `false`, want: "boolean"},
		{method: "Kind", in: `null`, want: "null"},
		{method: "Kind", in: `'x'`, want: "no value", class: strictjson.Parse, rule: "want a JSON value"},
		{method: "Raw", in: " {\"a\" : [1, 2]} ", want: `{"a" : [1, 2]}`},
		{method: "Raw", in: `{"a":1,"a":1}`, want: "", class: strictjson.Parse, rule: "member name given twice"},
	} {
		t.Run(test.method+" "+test.in, func(t *testing.T) {
			t.Parallel()
			r := reader(test.in)
			if got := reads[test.method](r); got != test.want {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
			err := r.End()
			if (err != nil) != (test.class != "") {
				t.Fatalf("error %v, want class %q", err, test.class)
			}
			if err != nil && (err.Class != test.class || err.Rule != test.rule) {
				t.Errorf("got %v, want %s: %s", err, test.class, test.rule)
			}
		})
	}
}

func TestNullLeavesAnotherValueToBeRead(t *testing.T) {
	t.Parallel()
	r := reader(`"x"`)
	if r.Null() || r.String() != "x" || r.End() != nil {
		t.Errorf("the value was lost: %v", r.Err())
	}
}

func TestUnreadValuesAreChecked(t *testing.T) {
	t.Parallel()
	if err := reader(`{"a":[{"b":01}]}`).End(); err == nil || err.Path != "a[0].b" {
		t.Errorf("an unread document: got %v", err)
	}
	r := reader(`{"a":1,"b":[tru]}`)
	for range r.Object() {
	}
	if err := r.End(); err == nil || err.Path != "b[0]" {
		t.Errorf("an empty loop body: got %v", err)
	}
}

func TestLeavingALoopSkipsTheRest(t *testing.T) {
	t.Parallel()
	r := reader(`{"a":[1,2,{"x":3}],"b":{"c":4,"d":5},"e":6}`)
	var seen []string
	for key := range r.Object() {
		seen = append(seen, key)
		switch key {
		case "a":
			for i := range r.Array() {
				if i == 1 {
					break
				}
			}
		case "b":
			for inner := range r.Object() {
				seen = append(seen, inner, strconv.FormatInt(r.Int(), 10))
				break
			}
		}
	}
	if err := r.End(); err != nil || !slices.Equal(seen, []string{"a", "b", "c", "4", "e"}) {
		t.Errorf("saw %v, error %v", seen, err)
	}
}

func TestTheRestAfterLeavingALoopIsChecked(t *testing.T) {
	t.Parallel()
	r := reader(`{"a":1,"b":2,"a":3}`)
	for range r.Object() {
		break
	}
	if err := r.End(); err == nil || err.Class != strictjson.Parse || err.Offset != 13 {
		t.Errorf("got %v, want the name given twice at byte 13", err)
	}
}

func TestAfterAnErrorEverythingIsZero(t *testing.T) {
	t.Parallel()
	r := reader(`[tru, {"a":1}, [2], "x", 3, true, null]`)
	for range r.Array() {
		r.Skip()
	}
	first := r.Err()
	for range r.Object() {
		t.Error("an object has members")
	}
	for range r.Array() {
		t.Error("an array has elements")
	}
	text, present := r.NullString()
	if r.String() != "" || r.ID() != "" || r.Decimal() != "" || r.Int() != 0 || r.Bool() || r.Null() ||
		r.Raw() != nil || r.Kind() != strictjson.NoKind || text != "" || present {
		t.Error("a value after the error")
	}
	r.Fail(strictjson.Value, "another rule")
	r.Missing("b")
	if first == nil || r.End() != first || r.Path() != "[0]" {
		t.Errorf("the first error %v became %v", first, r.End())
	}
}

func TestCallersFindings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		find func(*strictjson.Reader)
		want string
	}{
		"a forbidden value":     {func(r *strictjson.Reader) { r.Fail(strictjson.Value, "unknown status") }, "lines[1].status: unknown status (value, byte 35)"},
		"a missing member":      {func(r *strictjson.Reader) { r.Missing("sku") }, "lines[1].status.sku: is missing (schema, byte 35)"},
		"a member name with it": {func(r *strictjson.Reader) { r.Missing("e-mail @") }, `lines[1].status["e-mail @"]: is missing (schema, byte 35)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := reader(`{"lines":[{"status":1},{"status":{}}]}`)
			for range r.Object() {
				for i := range r.Array() {
					for range r.Object() {
						r.Skip()
						if i == 1 {
							test.find(r)
						}
					}
				}
			}
			if got := r.End().Error(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestPathFollowsTheReader(t *testing.T) {
	t.Parallel()
	r := reader(`{"a":[1,{"b":{}}],"c":2}`)
	var paths []string
	var walk func()
	walk = func() {
		paths = append(paths, r.Path())
		switch r.Kind() {
		case strictjson.ObjectKind:
			for range r.Object() {
				walk()
			}
		case strictjson.ArrayKind:
			for range r.Array() {
				walk()
			}
		default:
			r.Skip()
		}
	}
	walk()
	if want := []string{"", "a", "a[0]", "a[1]", "a[1].b", "c"}; r.End() != nil || !slices.Equal(paths, want) {
		t.Errorf("got %q, want %q (%v)", paths, want, r.Err())
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{} x`:                    "document: data after the end of the document (parse, byte 3)",
		`{"a":[1,"secret"`:        "a: unexpected end of the document (parse, byte 16)",
		`{"mail":"ada@b.c","x":}`: "x: want a JSON value (parse, byte 22)",
		"\ufeff[1,01]":            "[1]: malformed number (parse, byte 6)",
		`["abc\u12G4"]`:           `[0]: \u without four hexadecimal digits (parse, byte 5)`,
		"[\"abcdefghij\xff\"]":    "[0]: invalid UTF-8 (parse, byte 12)",
	} {
		if err := strictjson.Check([]byte(in), strictjson.Limits{}); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", in, err, want)
		}
	}
}

func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	r := reader("\ufeff 5")
	if !r.HadBOM() || r.Int() != 5 || r.End() != nil {
		t.Errorf("a byte order mark: had %v, %v", r.HadBOM(), r.Err())
	}
	if r.Reset([]byte("6")); r.HadBOM() || r.Int() != 6 || r.End() != nil {
		t.Errorf("none: had %v, %v", r.HadBOM(), r.Err())
	}
}

func TestResetKeepsWhatWasRead(t *testing.T) {
	t.Parallel()
	r := reader(`{"plain":"one","esc\u0061ped":"t\u0077o"}`)
	var kept []string
	for key := range r.Object() {
		kept = append(kept, key, r.String())
	}
	r.Reset([]byte(`{"other":[1,2`))
	if r.End() == nil {
		t.Error("an unfinished document was accepted")
	}
	r.Reset([]byte(`{"plain":"six","escaped":"ten"}`))
	if err := r.End(); err != nil || !slices.Equal(kept, []string{"plain", "one", "escaped", "two"}) {
		t.Errorf("kept %q, error %v", kept, err)
	}
}

func TestRawCannotBeAppendedIntoTheDocument(t *testing.T) {
	t.Parallel()
	document := []byte(`[1,2]`)
	r := strictjson.NewReader(document, strictjson.Limits{})
	for range r.Array() {
		_ = append(r.Raw(), 'x')
	}
	if r.End() != nil || string(document) != `[1,2]` {
		t.Errorf("the document became %s", document)
	}
}
