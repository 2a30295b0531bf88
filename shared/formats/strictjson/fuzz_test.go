package strictjson_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"causeway.example/shared/formats/strictjson"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, seed := range []string{
		`{"id":820982911946154508,"email":null,"test":false,"lines":[{"price":"7.50","rate":0.08875},{"sku":"1E5"}]}`,
		`{"a":[1,-2.50,3e-7,true,false,null,"x\u00e9\ud83d\ude00\n"],"b":{"a":{}}}`,
		`{"a":1,"\u0061":2}`, "\ufeff[]", `[1,]`, "[\"\xff\"]", `"\ud800"`, `01`, `1e400`, ` [ { } ] `, `nul`, `"abcdefgh\"`,
	} {
		f.Add([]byte(seed))
	}
}

// tree reads any value as encoding/json would with UseNumber.
func tree(r *strictjson.Reader) any {
	switch r.Kind() {
	case strictjson.ObjectKind:
		object := map[string]any{}
		for key := range r.Object() {
			object[key] = tree(r)
		}
		return object
	case strictjson.ArrayKind:
		array := []any{}
		for range r.Array() {
			array = append(array, tree(r))
		}
		return array
	case strictjson.StringKind:
		return r.String()
	case strictjson.NumberKind:
		return json.Number(r.Decimal())
	case strictjson.BoolKind:
		return r.Bool()
	}
	if !r.Null() {
		r.Skip()
	}
	return nil
}

func standard(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	decoder.UseNumber()
	var v any
	err := decoder.Decode(&v)
	return v, err
}

func FuzzAgainstStandard(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r := strictjson.NewReader(data, strictjson.Limits{})
		got := tree(r)
		valid := json.Valid(bytes.TrimPrefix(data, []byte("\ufeff")))
		switch err := r.End(); {
		case err == nil && !valid:
			t.Fatal("accepted what encoding/json refuses")
		case err == nil:
			if want, err := standard(data); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("read %v, encoding/json %v (%v)", got, want, err)
			}
		case valid && !mayRefuse(data, err):
			t.Fatalf("refused what encoding/json accepts: %v", err)
		}
	})
}

// mayRefuse reports whether the error is among those by which strictjson is
// stricter than encoding/json.
func mayRefuse(data []byte, err *strictjson.Error) bool {
	return err.Class == strictjson.TooLarge || err.Class == strictjson.Value ||
		strings.Contains(err.Rule, "twice") || strings.Contains(err.Rule, "surrogate") || !utf8.Valid(data)
}

func FuzzWaysToSkipAgree(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		checked := strictjson.Check(data, strictjson.Limits{})
		skip := strictjson.NewReader(data, strictjson.Limits{})
		skip.Skip()
		raw := strictjson.NewReader(data, strictjson.Limits{})
		span := raw.Raw()
		read := strictjson.NewReader(data, strictjson.Limits{})
		tree(read)
		for name, err := range map[string]*strictjson.Error{"Skip": skip.End(), "Raw": raw.End(), "reading": read.End()} {
			if !reflect.DeepEqual(err, checked) {
				t.Errorf("%s says %v, Check %v", name, err, checked)
			}
		}
		if checked == nil && strictjson.Check(span, strictjson.Limits{}) != nil {
			t.Errorf("Raw returned %q", span)
		}
	})
}

func FuzzTypedReads(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func(*strictjson.Reader){
			func(r *strictjson.Reader) { r.ID() },
			func(r *strictjson.Reader) { r.Decimal() },
			func(r *strictjson.Reader) { r.Int() },
			func(r *strictjson.Reader) { r.NullString() },
			func(r *strictjson.Reader) { r.NullBool() },
		} {
			r := strictjson.NewReader(data, strictjson.Limits{})
			read(r)
			err := r.End()
			if checked := strictjson.Check(data, strictjson.Limits{}); err == nil && checked != nil {
				t.Errorf("accepted what Check refuses: %v", checked)
			}
		}
	})
}

// build writes the value that the tree describes.
func build(w *strictjson.Writer, v any) {
	switch v := v.(type) {
	case map[string]any:
		w.Obj()
		for key, value := range v {
			build(w.Key(key), value)
		}
		w.EndObj()
	case []any:
		w.Arr()
		for _, value := range v {
			build(w, value)
		}
		w.EndArr()
	case string:
		w.Str(v)
	case json.Number:
		w.Num(v.String())
	case bool:
		w.Bool(v)
	default:
		w.Null()
	}
}

func FuzzRoundTrip(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r := strictjson.NewReader(data, strictjson.Limits{})
		first := tree(r)
		if r.End() != nil {
			return
		}
		w := strictjson.NewWriter(nil)
		build(w, first)
		again := strictjson.NewReader(w.Bytes(), strictjson.Limits{})
		second := tree(again)
		if w.Err() != nil || again.End() != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%v became %v (%v, %v)", first, second, w.Err(), again.Err())
		}
	})
}

func FuzzWriterText(f *testing.F) {
	for _, seed := range []string{"", "a\"b\\c", "\x00\x1f\x7f", "é😀", "\xff", "12345678\n12345678"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		w := strictjson.NewWriter(nil)
		w.Obj()
		w.StrField(name, text)
		w.EndObj()
		if valid := utf8.ValidString(name) && utf8.ValidString(text); valid != (w.Err() == nil) {
			t.Fatalf("UTF-8 is %v, error %v", valid, w.Err())
		}
		if w.Err() != nil {
			return
		}
		var standard map[string]string
		if err := json.Unmarshal(w.Bytes(), &standard); err != nil || standard[name] != text {
			t.Fatalf("encoding/json reads %q (%v)", standard, err)
		}
		r := strictjson.NewReader(w.Bytes(), strictjson.Limits{})
		for key := range r.Object() {
			if got := r.String(); key != name || got != text {
				t.Fatalf("read %q: %q", key, got)
			}
		}
		if err := r.End(); err != nil {
			t.Fatal(err)
		}
	})
}
