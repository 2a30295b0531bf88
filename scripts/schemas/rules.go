package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"

	"causeway.example/shared/canonical"
)

// addRules carries the validate and pii tags of a type, and of every struct within
// it, over to its definition.
func addRules(definitions jsonschema.Definitions, kind reflect.Type, seen map[reflect.Type]bool) {
	for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
		kind = kind.Elem()
	}
	definition, ok := definitions[kind.Name()]
	if !ok || kind.Kind() != reflect.Struct || seen[kind] {
		return
	}
	seen[kind] = true
	for field := range kind.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		rules := strings.Split(field.Tag.Get("validate"), ",")
		target := property(definition, name)
		for _, rule := range rules {
			addRule(target, field.Type, rule)
		}
		if personal := field.Tag.Get("pii"); personal != "" {
			addExtra(target, "x-pii", personal)
		}
		if field.Type.Kind() == reflect.Slice && options == "" && !slices.Contains(rules, "min=1") {
			target.Type = ""
			addExtra(target, "type", []string{"array", "null"}) // encoding/json writes a nil slice as null
		}
		addRules(definitions, field.Type, seen)
	}
}

// addExtra sets a keyword that the library's type has no field for.
func addExtra(schema *jsonschema.Schema, key string, value any) {
	if schema.Extras == nil {
		schema.Extras = map[string]any{}
	}
	schema.Extras[key] = value
}

// addRule writes one validate tag as the keyword that says the same. A pattern can
// only describe the form of a code: package canonical knows which ones are in use. A rule that
// depends on another field (required_if, required_unless) is left to package canonical.
func addRule(schema *jsonschema.Schema, kind reflect.Type, rule string) {
	tag, param, _ := strings.Cut(rule, "=")
	switch tag {
	case "required":
		if kind.Kind() == reflect.String {
			schema.MinLength = new(uint64(1))
		}
	case "oneof":
		for value := range strings.FieldsSeq(param) {
			schema.Enum = append(schema.Enum, value)
		}
	case "currency":
		schema.Pattern = "^[A-Z]{3}$"
	case "country":
		schema.Pattern = "^([A-Z]{2})?$"
	case "email":
		schema.MaxLength = new(uint64(254))
	case "notnegative":
		schema.Pattern = strings.Replace(decimalPattern, "-?", "", 1)
	case "min", "max":
		addBound(schema, kind, tag, param)
	}
}

// addBound writes min and max, which mean a value, a length or a count. The bounds of
// a decimal are in its pattern already.
func addBound(schema *jsonschema.Schema, kind reflect.Type, tag, param string) {
	number, err := strconv.ParseInt(param, 10, 64)
	if err != nil || kind == reflect.TypeFor[canonical.Decimal]() {
		return
	}
	switch {
	case kind.Kind() == reflect.String && tag == "max":
		schema.MaxLength = new(uint64(number))
	case kind.Kind() == reflect.Slice && tag == "max":
		schema.MaxItems = new(uint64(number))
	case kind.Kind() == reflect.Slice:
		schema.MinItems = new(uint64(number))
	case tag == "max":
		schema.Maximum = json.Number(param)
	default:
		schema.Minimum = json.Number(param)
	}
}
