package canonical_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
)

func TestTypesAreSortedAndFound(t *testing.T) {
	t.Parallel()
	names := []string{}
	for _, kind := range canonical.Types() {
		names = append(names, kind.Name)
		found, ok := canonical.TypeNamed(kind.Name)
		if !ok || found.Schema != kind.Schema {
			t.Errorf("TypeNamed(%q) = %v, %v", kind.Name, found, ok)
		}
		if reflect.TypeOf(kind.New()).Kind() != reflect.Pointer || kind.New() == kind.New() {
			t.Errorf("%s: New does not return a pointer of its own", kind.Name)
		}
		if name, version, _ := strings.Cut(kind.Schema, "/"); name == "" || version != "1" {
			t.Errorf("%s has the schema %q", kind.Name, kind.Schema)
		}
	}
	if len(names) != 28 || !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("types %q", names)
	}
	if _, ok := canonical.TypeNamed("order.teleported"); ok {
		t.Error("an unknown type was found")
	}
}

func TestOneSchemaIsOneBody(t *testing.T) {
	t.Parallel()
	bodies := map[string]reflect.Type{}
	for _, kind := range canonical.Types() {
		body := reflect.TypeOf(kind.New())
		if other, seen := bodies[kind.Schema]; seen && other != body {
			t.Errorf("schema %s is %v and %v", kind.Schema, other, body)
		}
		bodies[kind.Schema] = body
	}
}

func TestTypesCannotBeChangedByACaller(t *testing.T) {
	t.Parallel()
	canonical.Types()[0].Name = "changed"
	if canonical.Types()[0].Name == "changed" {
		t.Error("a caller renamed a type")
	}
}

func TestOrderSurvivesItsBytes(t *testing.T) {
	t.Parallel()
	want := newOrder(t, 3)
	want.Note, want.CancelReason = canonical.NullText(), canonical.NewText("")
	body, err := canonical.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := canonical.Decode(canonical.OrderPlaced, body)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: read back %+v, want %+v", err, got, want)
	}
}

func TestDecodePassesUnknownFieldsOver(t *testing.T) {
	t.Parallel()
	got, err := canonical.Decode(canonical.ProductUpserted, []byte(`{"id":"1","sku":"007","updated_at":"2026-11-22T16:08:15Z","tomorrow":{"a":[1]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if product := got.(*canonical.Product); product.SKU != "007" || canonical.Validate(product) != nil {
		t.Errorf("read as %+v", product)
	}
}

func TestDecodeNamesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ situation, kind, body, field string }{
		{"an unknown type", "order.teleported", `{}`, "type"},
		{"half a body", canonical.OrderPlaced, `{"id":`, "body"},
		{"no body", canonical.OrderPlaced, ``, "body"},
		{"a list", canonical.OrderPlaced, `[]`, "body"},
		{"a number for text", canonical.OrderPlaced, `{"id":1}`, "id"},
		{"an object for a list", canonical.OrderPlaced, `{"lines":{}}`, "lines"},
		{"text for minor units", canonical.OrderPlaced, `{"total":{"minor":"1"}}`, "total.minor"},
		{"a fraction of a minor unit", canonical.OrderPlaced, `{"total":{"minor":1.5}}`, "total.minor"},
		{"an unreadable price", canonical.OrderPlaced, `{"lines":[{"unit_price":"1,5"}]}`, "body"},
		{"a null price", canonical.OrderPlaced, `{"lines":[{"unit_price":null}]}`, "body"},
		{"a time without zone", canonical.OrderPlaced, `{"placed_at":"2026-11-22T16:08:15"}`, "body"},
	} {
		got, err := canonical.Decode(c.kind, []byte(c.body))
		if got != nil || asError(t, err).Field != c.field {
			t.Errorf("%s: %v, %v, want field %s", c.situation, got, err, c.field)
		}
	}
	_, err := canonical.Decode(canonical.OrderPlaced, []byte(`{"id":1}`))
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok {
		t.Errorf("the cause was dropped: %v", err)
	}
}
