package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

func schemaJSON(t *testing.T, schema *jsonschema.Schema) string {
	t.Helper()
	data, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAddRule(t *testing.T) {
	t.Parallel()
	text, list, number := reflect.TypeFor[string](), reflect.TypeFor[[]string](), reflect.TypeFor[int64]()
	decimal, address := reflect.TypeFor[canonical.Decimal](), reflect.TypeFor[*canonical.Address]()
	for _, c := range []struct {
		situation string
		kind      reflect.Type
		rule      string
		want      string
	}{
		{"required text", text, "required", `{"minLength":1}`},
		{"a required object is one of the parent's required", address, "required", `true`},
		{"longest text", text, "max=128", `{"maxLength":128}`},
		{"longest list", list, "max=20000", `{"maxItems":20000}`},
		{"shortest list", list, "min=1", `{"minItems":1}`},
		{"smallest number", number, "min=-9", `{"minimum":-9}`},
		{"largest number", number, "max=9", `{"maximum":9}`},
		{"digits of a decimal stand in its pattern", decimal, "max=999999999999999999", `true`},
		{"a bound that is no number", number, "max=many", `true`},
		{"choices", text, "oneof=card cash", `{"enum":["card","cash"]}`},
		{"a currency", text, "currency", `{"pattern":"^[A-Z]{3}$"}`},
		{"a country", text, "country", `{"pattern":"^([A-Z]{2})?$"}`},
		{"an address", text, "email", `{"maxLength":254}`},
		{"a quantity", decimal, "notnegative", `{"pattern":"^[0-9]{1,18}(\\.[0-9]{1,18})?$"}`},
		{"what has no form in a schema", list, "dive", `true`},
		{"no rule", text, "", `true`},
	} {
		schema := &jsonschema.Schema{}
		addRule(schema, c.kind, c.rule)
		if got := schemaJSON(t, schema); got != c.want {
			t.Errorf("%s: %s, want %s", c.situation, got, c.want)
		}
	}
}

// TestEveryRuleOfTheModelIsKnown fails when the model begins to use a rule that the
// schemas would silently leave out.
func TestEveryRuleOfTheModelIsKnown(t *testing.T) {
	t.Parallel()
	known := map[string]bool{
		"": true, "required": true, "oneof": true, "currency": true, "country": true, "email": true, "notnegative": true,
		"min": true, "max": true, "dive": true, "required_if": true, "required_unless": true, // the last two are left to package canonical
	}
	for _, kind := range canonical.Types() {
		for _, tag := range validateTags(reflect.TypeOf(kind.New())) {
			if !known[tag] {
				t.Errorf("%s uses the rule %q, which addRule does not know", kind.Name, tag)
			}
		}
	}
}

func TestAddRulesFollowsTheModel(t *testing.T) {
	t.Parallel()
	reflector := &jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true, Mapper: ownTypes}
	schema := reflector.Reflect(canonical.Shipment{})
	addRules(schema.Definitions, reflect.TypeFor[*canonical.Shipment](), map[reflect.Type]bool{})
	for name, want := range map[string]string{
		"Tracking": `"minLength":1`, "ShipmentLine": `"maxLength":128`, "Quantity": `"pattern":"^[0-9]{1,18}`, "Shipment": `"enum":["shipped","delivered","cancelled"]`,
	} {
		if got := schemaJSON(t, schema.Definitions[name]); !strings.Contains(got, want) {
			t.Errorf("%s lacks %s: %s", name, want, got)
		}
	}
}

func TestOwnTypesAreNewEachTime(t *testing.T) {
	t.Parallel()
	for kind, want := range map[reflect.Type]string{
		reflect.TypeFor[canonical.Text]():    `{"type":["string","null"]}`,
		reflect.TypeFor[canonical.Decimal](): `{"type":"string","pattern":"^-?[0-9]{1,18}(\\.[0-9]{1,18})?$"}`,
		reflect.TypeFor[message.Sequence]():  `{"type":"string","pattern":"^([0-9]{8}T[0-9]{6}\\.[0-9]{9}Z-[01]-[0-9]{8}T[0-9]{6}\\.[0-9]{9}Z)?$"}`,
	} {
		first := ownTypes(kind)
		if got := schemaJSON(t, first); got != want {
			t.Errorf("%v: %s, want %s", kind, got, want)
		}
		first.Description = "changed"
		if ownTypes(kind).Description != "" {
			t.Errorf("%v: two fields would share a description", kind)
		}
	}
	if got := ownTypes(reflect.TypeFor[string]()); got != nil {
		t.Errorf("text has a schema of its own: %v", got)
	}
}
