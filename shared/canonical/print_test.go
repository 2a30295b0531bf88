package canonical_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
)

const canary = "canary"

// fill sets every text, and every string under a pii tag, to a canary.
func fill(v reflect.Value, personal bool) {
	switch {
	case v.Type() == reflect.TypeFor[canonical.Text]():
		v.Set(reflect.ValueOf(canonical.NewText(canary)))
	case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), personal)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), personal)
	case v.Kind() == reflect.String && personal:
		v.SetString(canary)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				name := v.Type().Field(i).Name
				fill(v.Field(i), (personal || v.Type().Field(i).Tag.Get("pii") != "") && name != "ID" && name != "Location")
			}
		}
	}
}

// TestPrintedBodiesShowNoPersonalData prints each body, each part of it and lists of both,
// whole and by pointer, with every verb and through both handlers of slog.
func TestPrintedBodiesShowNoPersonalData(t *testing.T) {
	t.Parallel()
	for _, kind := range canonical.Types() {
		body := kind.New()
		fill(reflect.ValueOf(body).Elem(), false)
		encoded, err := canonical.Encode(body)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range parts(reflect.ValueOf(body)) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
				if text := fmt.Sprintf(verb, value); leaks(text) {
					t.Errorf("%s %s: %s shows %s", kind.Name, name, verb, text)
				}
			}
			if text := logged(value); leaks(text) {
				t.Errorf("%s %s: slog shows %s", kind.Name, name, text)
			}
		}
		if personal := strings.Contains(string(encoded), canary); personal != hasText(reflect.TypeOf(body).Elem()) {
			t.Errorf("%s: JSON for targets has its data: %v: %s", kind.Name, personal, encoded)
		}
	}
}

func leaks(text string) bool {
	return strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary))
}

// parts returns the body, what it refers to, and copies of both by value.
func parts(body reflect.Value) map[string]any {
	all := map[string]any{"body": body.Interface(), "value": body.Elem().Interface()}
	for i := range body.Elem().NumField() {
		field := body.Elem().Field(i)
		all[body.Elem().Type().Field(i).Name] = field.Interface()
		if field.Kind() == reflect.Pointer && !field.IsNil() {
			all[body.Elem().Type().Field(i).Name+" value"] = field.Elem().Interface()
		}
	}
	return all
}

func logged(value any) string {
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("body", "value", value)
	slog.New(slog.NewTextHandler(&out, nil)).Info("body", "value", value)
	return out.String()
}

func hasText(t reflect.Type) bool {
	switch {
	case t == reflect.TypeFor[canonical.Text]():
		return true
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
		return hasText(t.Elem())
	case t.Kind() != reflect.Struct:
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).IsExported() && hasText(t.Field(i).Type) {
			return true
		}
	}
	return false
}

func TestPrintedTextShowsWhetherThereIsAny(t *testing.T) {
	t.Parallel()
	for text, want := range map[canonical.Text]string{
		{}: "", canonical.NullText(): "", canonical.NewText(""): "", canonical.NewText("Ada"): "***",
	} {
		if got := fmt.Sprintf("%v", text); got != want || text.LogValue().String() != want {
			t.Errorf("%q is printed as %q, logged as %q", text.String(), got, text.LogValue())
		}
	}
	if data, err := json.Marshal(canonical.NewText("Ada")); err != nil || string(data) != `"Ada"` {
		t.Errorf("JSON is %s, %v", data, err)
	}
}
