package strictjson_test

import (
	"strings"
	"testing"

	"causeway.example/shared/formats/strictjson"
)

func TestWriter(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		write func(*strictjson.Writer)
		want  string
	}{
		"empty object": {func(w *strictjson.Writer) { w.Obj(); w.EndObj() }, `{}`},
		"empty array":  {func(w *strictjson.Writer) { w.Arr(); w.EndArr() }, `[]`},
		"every value": {func(w *strictjson.Writer) {
			w.Arr()
			w.Str("a")
			w.Int(-9223372036854775808)
			w.Num("1.50e-3")
			w.Bool(true)
			w.Bool(false)
			w.Null()
			w.Raw([]byte(" {\"x\" : 1}\n"))
			w.EndArr()
		}, `["a",-9223372036854775808,1.50e-3,true,false,null,{"x" : 1}]`},
		"fields": {func(w *strictjson.Writer) {
			w.Obj()
			w.StrField("s", "")
			w.NumField("n", "19.99")
			w.IntField("i", 3)
			w.BoolField("b", true)
			w.OptStr("left out", "")
			w.OptNum("left out", "")
			w.OptStr("os", "x")
			w.OptNum("on", "0")
			w.Key("null").Null()
			w.EndObj()
		}, `{"s":"","n":19.99,"i":3,"b":true,"os":"x","on":0,"null":null}`},
		"nesting": {func(w *strictjson.Writer) {
			w.Arr()
			w.Obj()
			w.Key("a").Arr()
			w.Int(1)
			w.Arr()
			w.EndArr()
			w.EndArr()
			w.StrField("b", "x")
			w.EndObj()
			w.Obj()
			w.StrField("b", "the same name in another object")
			w.EndObj()
			w.EndArr()
		}, `[{"a":[1,[]],"b":"x"},{"b":"the same name in another object"}]`},
		"escapes": {
			func(w *strictjson.Writer) { w.Str("\"\\/\b\f\n\r\t\x00\x1f\x7f<é😀\u2028") },
			`"\"\\/\b\f\n\r\t\u0000\u001f` + "\x7f<é😀\u2028\"",
		},
		"escapes in names":       {func(w *strictjson.Writer) { w.Obj(); w.StrField("a\"b", "c"); w.EndObj() }, `{"a\"b":"c"}`},
		"long text with escapes": {func(w *strictjson.Writer) { w.Str(strings.Repeat("abcdefgh", 3) + "\n" + "tail") }, `"abcdefghabcdefghabcdefgh\ntail"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := strictjson.NewWriter([]byte("before "))
			test.write(w)
			if got := string(w.Bytes()); got != "before "+test.want {
				t.Errorf("got %s, want %s (%v)", got, test.want, w.Err())
			}
			if err := strictjson.Check([]byte(test.want), strictjson.Limits{}); err != nil {
				t.Errorf("the Reader refuses it: %v", err)
			}
		})
	}
}

func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	const bug, value, parse = strictjson.Bug, strictjson.Value, strictjson.Parse
	for name, test := range map[string]struct {
		write func(*strictjson.Writer)
		class strictjson.Class
		path  string
	}{
		"nothing":                                {func(*strictjson.Writer) {}, bug, ""},
		"an object left open":                    {func(w *strictjson.Writer) { w.Obj(); w.Key("a").Arr() }, bug, "a"},
		"a second document":                      {func(w *strictjson.Writer) { w.Int(1); w.Int(2) }, bug, ""},
		"an end too many":                        {func(w *strictjson.Writer) { w.Arr(); w.EndArr(); w.EndArr() }, bug, ""},
		"ends crossed":                           {func(w *strictjson.Writer) { w.Arr(); w.EndObj() }, bug, ""},
		"ends crossed the other way":             {func(w *strictjson.Writer) { w.Obj(); w.EndArr() }, bug, ""},
		"a name without a value":                 {func(w *strictjson.Writer) { w.Obj(); w.Key("a"); w.EndObj() }, bug, "a"},
		"a name after a name":                    {func(w *strictjson.Writer) { w.Obj(); w.Key("a").Key("b") }, bug, "a"},
		"a name in an array":                     {func(w *strictjson.Writer) { w.Arr(); w.Key("a") }, bug, ""},
		"a name outside":                         {func(w *strictjson.Writer) { w.Key("a") }, bug, ""},
		"a value without a name":                 {func(w *strictjson.Writer) { w.Obj(); w.Str("a") }, bug, ""},
		"a name given twice":                     {func(w *strictjson.Writer) { w.Obj(); w.IntField("a", 1); w.IntField("a", 2); w.EndObj() }, bug, "a"},
		"no number":                              {func(w *strictjson.Writer) { w.Obj(); w.NumField("a", "1,5") }, value, "a"},
		"an empty number":                        {func(w *strictjson.Writer) { w.Arr(); w.Int(1); w.Num("") }, value, "[1]"},
		"a number out of range":                  {func(w *strictjson.Writer) { w.Num("1e400") }, value, ""},
		"NaN":                                    {func(w *strictjson.Writer) { w.Num("NaN") }, value, ""},
		"invalid UTF-8":                          {func(w *strictjson.Writer) { w.Str("a\xff") }, value, ""},
		"invalid UTF-8 in a name":                {func(w *strictjson.Writer) { w.Obj(); w.StrField("\xff", "a") }, value, `["\xff"]`},
		"a long name of bare continuation bytes": {func(w *strictjson.Writer) { w.Obj(); w.StrField(strings.Repeat("\xaa", 100), "a") }, value, `["` + strings.Repeat(`\xaa`, 60) + `…"]`},
		"raw that is no JSON":                    {func(w *strictjson.Writer) { w.Raw([]byte(`{"a":1,}`)) }, parse, ""},
		"raw with two values":                    {func(w *strictjson.Writer) { w.Arr(); w.Raw([]byte(`1,2`)) }, parse, "[0]"},
		"raw nothing":                            {func(w *strictjson.Writer) { w.Raw(nil) }, parse, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := strictjson.NewWriter(nil)
			test.write(w)
			first := w.Err()
			if first == nil || first.Class != test.class || first.Path != test.path {
				t.Fatalf("got %v, want %s at %q", first, test.class, test.path)
			}
			if w.Bytes() != nil {
				t.Errorf("it returned %s", w.Bytes())
			}
		})
	}
}

func TestWriterStaysBroken(t *testing.T) {
	t.Parallel()
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.Str("no name")
	first := w.Err()
	w.Key("a").Int(1)
	w.EndObj()
	w.Arr()
	w.Null()
	w.Raw([]byte("1"))
	w.Num("x")
	if w.Err() != first || w.Bytes() != nil {
		t.Errorf("the first error %v became %v", first, w.Err())
	}
	if w.Reset(nil); w.Err() == first {
		t.Error("the error survived Reset")
	}
	if w.Bool(true); string(w.Bytes()) != "true" {
		t.Errorf("after Reset: %v", w.Err())
	}
}

func TestWriterStripsTheMarkOfRaw(t *testing.T) {
	t.Parallel()
	w := strictjson.NewWriter(nil)
	w.Arr()
	w.Raw([]byte("\ufeff1"))
	w.EndArr()
	if got := string(w.Bytes()); got != "[1]" {
		t.Errorf("got %q", got)
	}
}
