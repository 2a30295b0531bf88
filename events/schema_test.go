package events_test

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"causeway.example/events"
	"causeway.example/shared/canonical"
)

func mustParse(t testing.TB, data []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func mustCompile(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	address := "urn:test:" + name
	if err := compiler.AddResource(address, mustParse(t, mustRead(t, events.Schema, name))); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(address)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSamplesAreValidByTheirSchema(t *testing.T) {
	t.Parallel()
	envelope := mustCompile(t, "envelope")
	for _, kind := range canonical.Types() {
		sample := mustParse(t, mustRead(t, events.Sample, kind.Name))
		if err := mustCompile(t, kind.Name).Validate(sample); err != nil {
			t.Errorf("%s: %v", kind.Name, err)
		}
		if err := envelope.Validate(sample); err != nil {
			t.Errorf("%s as envelope: %v", kind.Name, err)
		}
	}
}

func TestASampleOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range canonical.Types() {
		schema := mustCompile(t, kind.Name)
		for _, other := range canonical.Types() {
			if other.Name != kind.Name && schema.Validate(mustParse(t, mustRead(t, events.Sample, other.Name))) == nil {
				t.Errorf("the schema of %s accepts a %s", kind.Name, other.Name)
			}
		}
	}
}

type object = map[string]any

// path walks objects by name and lists by index.
func path(value any, steps ...any) object {
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			value = value.(object)[step]
		case int:
			value = value.([]any)[step]
		}
	}
	return value.(object)
}

func TestSchemasRefuseWhatTheModelRefuses(t *testing.T) {
	t.Parallel()
	schema := mustCompile(t, canonical.OrderPlaced)
	for situation, spoil := range map[string]func(m object){
		"no id":                          func(m object) { delete(m, "id") },
		"an empty id":                    func(m object) { m["id"] = "" },
		"another type":                   func(m object) { m["type"] = "order.changed" },
		"another schema":                 func(m object) { m["schema"] = "order/2" },
		"a source that is not ours":      func(m object) { m["source"] = "aws.s3" },
		"a sequence of one's own":        func(m object) { m["sequence"] = "7" },
		"a time without zone":            func(m object) { m["time"] = "2026-11-22T21:05:44" },
		"hops as text":                   func(m object) { m["hops"] = "1" },
		"neither body nor claim":         func(m object) { delete(m, "body") },
		"both body and claim":            func(m object) { m["claim"] = object{"key": "k", "sha256": "s", "size": 1} },
		"a body of a list":               func(m object) { m["body"] = []any{} },
		"no order id":                    func(m object) { delete(path(m, "body"), "id") },
		"a numeric order id":             func(m object) { path(m, "body")["id"] = 5001 },
		"an unknown status":              func(m object) { path(m, "body")["status"] = "shipped" },
		"a currency in lower case":       func(m object) { path(m, "body")["currency"] = "eur" },
		"lines as an object":             func(m object) { path(m, "body")["lines"] = object{} },
		"an amount as a decimal":         func(m object) { path(m, "body", "total")["minor"] = 101.5 },
		"an amount as text":              func(m object) { path(m, "body", "total")["minor"] = "10190" },
		"a total without currency":       func(m object) { delete(path(m, "body", "total"), "currency") },
		"a price as a number":            func(m object) { path(m, "body", "lines", 0)["unit_price"] = 25.0 },
		"a price with a comma":           func(m object) { path(m, "body", "lines", 0)["unit_price"] = "25,00" },
		"a negative quantity":            func(m object) { path(m, "body", "lines", 0, "quantity")["value"] = "-1" },
		"no unit":                        func(m object) { path(m, "body", "lines", 0, "quantity")["unit"] = "" },
		"an unknown kind of line":        func(m object) { path(m, "body", "lines", 0)["kind"] = "bundle" },
		"a country's name":               func(m object) { path(m, "body", "shipping")["country"] = "Germany" },
		"a number for text":              func(m object) { path(m, "body", "shipping")["city"] = 4 },
		"a time that no calendar has":    func(m object) { path(m, "body")["placed_at"] = "2026-02-30T00:00:00Z" },
		"an unknown charge":              func(m object) { path(m, "body", "charges", 0)["kind"] = "gift" },
		"a presentment of another basis": func(m object) { path(m, "body", "presentment")["basis"] = "both" },
		"a parent without id":            func(m object) { delete(path(m, "parents", 0), "id") },
	} {
		sample := mustParse(t, mustRead(t, events.Sample, canonical.OrderPlaced)).(object)
		spoil(sample)
		if schema.Validate(sample) == nil {
			t.Errorf("%s is valid", situation)
		}
	}
}

func TestSchemasAcceptWhatTheModelAccepts(t *testing.T) {
	t.Parallel()
	schema := mustCompile(t, canonical.OrderPlaced)
	for situation, change := range map[string]func(m object){
		"fields of the next version": func(m object) { m["tomorrow"], path(m, "body")["tomorrow"] = 1, object{} },
		"a claim for the body": func(m object) {
			delete(m, "body")
			m["claim"] = object{"key": "k", "sha256": "s", "size": 140000}
		},
		"null for text":            func(m object) { path(m, "body")["note"] = nil },
		"absent text":              func(m object) { delete(path(m, "body"), "note") },
		"no lines":                 func(m object) { path(m, "body")["lines"] = nil },
		"no trace":                 func(m object) { delete(m, "traceparent") },
		"a price of more decimals": func(m object) { path(m, "body", "lines", 0)["unit_price"] = "-24.99995" },
		"a quantity of nothing":    func(m object) { path(m, "body", "lines", 0, "quantity")["value"] = "0" },
		"an unknown version":       func(m object) { m["sequence"] = "" },
		"no country":               func(m object) { path(m, "body", "shipping")["country"] = "" },
	} {
		sample := mustParse(t, mustRead(t, events.Sample, canonical.OrderPlaced)).(object)
		change(sample)
		if err := schema.Validate(sample); err != nil {
			t.Errorf("%s: %v", situation, err)
		}
	}
}

// TestPersonalDataIsMarked compares the sample with the schema: where the sample holds
// the buyer's name, address or number, the schema must say so.
func TestPersonalDataIsMarked(t *testing.T) {
	t.Parallel()
	definitions := path(mustParse(t, mustRead(t, events.Schema, canonical.OrderPlaced)), "$defs")
	for _, field := range []string{"first_name", "last_name", "company", "line1", "line2", "city", "postal_code", "phone"} {
		if path(definitions, "Address", "properties", field)["x-pii"] == nil {
			t.Errorf("an address's %s is not marked", field)
		}
	}
	for _, field := range []string{"email", "phone"} {
		if path(definitions, "Buyer", "properties", field)["x-pii"] == nil {
			t.Errorf("a buyer's %s is not marked", field)
		}
	}
}
