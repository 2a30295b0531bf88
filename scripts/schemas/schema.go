package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

const (
	decimalPattern  = `^-?[0-9]{1,18}(\.[0-9]{1,18})?$`
	sequencePattern = `^([0-9]{8}T[0-9]{6}\.[0-9]{9}Z-[01]-[0-9]{8}T[0-9]{6}\.[0-9]{9}Z)?$` // as message.NewSequence makes it
)

// addSchemas adds the schema of the envelope and one per event type.
func addSchemas(files map[string][]byte) error {
	reflector, err := newReflector()
	if err != nil {
		return err
	}
	if err := addJSON(files, "schemas/envelope.v1.json", envelope(reflector)); err != nil {
		return err
	}
	for _, kind := range canonical.Types() {
		if err := addJSON(files, "schemas/"+fileName(kind), eventSchema(reflector, kind)); err != nil {
			return err
		}
	}
	return nil
}

// fileName is the event type and the version of its schema: "order.placed.v1.json".
func fileName(kind canonical.Type) string {
	_, version, _ := strings.Cut(kind.Schema, "/")
	return kind.Name + ".v" + version + ".json"
}

// newReflector reads the doc comments of the model, as descriptions. Unknown fields
// are allowed in every schema, because readers have to pass over those of the next version.
func newReflector() (*jsonschema.Reflector, error) {
	reflector := &jsonschema.Reflector{
		Anonymous: true, AllowAdditionalProperties: true, ExpandedStruct: true, Mapper: ownTypes,
	}
	for _, folder := range []string{"shared/canonical", "shared/message"} {
		if err := reflector.AddGoComments("causeway.example", folder); err != nil {
			return nil, err
		}
	}
	return reflector, nil
}

// ownTypes gives the schemas of types that write their JSON themselves. Each call
// returns new ones: the reflector changes what it gets.
func ownTypes(kind reflect.Type) *jsonschema.Schema {
	switch kind {
	case reflect.TypeFor[canonical.Decimal]():
		return &jsonschema.Schema{Type: "string", Pattern: decimalPattern}
	case reflect.TypeFor[canonical.Text]():
		return &jsonschema.Schema{Extras: map[string]any{"type": []string{"string", "null"}}}
	case reflect.TypeFor[message.Sequence]():
		return &jsonschema.Schema{Type: "string", Pattern: sequencePattern}
	}
	return nil
}

// envelope is the schema of a message with any body.
func envelope(reflector *jsonschema.Reflector) *jsonschema.Schema {
	schema := reflector.Reflect(message.Message{})
	schema.ID, schema.Title = "urn:causeway:schema:envelope:1", "envelope"
	for _, name := range []string{"id", "type", "subject", "tenant", "schema", "correlationid"} {
		property(schema, name).MinLength = new(uint64(1))
	}
	property(schema, "source").Pattern = "^" + strings.ReplaceAll(message.SourcePrefix, ".", `\.`) + "[a-z0-9]+$"
	property(schema, "hops").Minimum = "0"
	schema.OneOf = []*jsonschema.Schema{{Required: []string{"body"}}, {Required: []string{"claim"}}}
	return schema
}

// eventSchema is the envelope with the body of the event type.
func eventSchema(reflector *jsonschema.Reflector, kind canonical.Type) *jsonschema.Schema {
	schema := envelope(reflector)
	schema.Title = kind.Name
	schema.ID = jsonschema.ID("urn:causeway:schema:" + kind.Name + ":1")
	property(schema, "type").Const = kind.Name
	property(schema, "schema").Const = kind.Schema

	bodyType := reflect.TypeOf(kind.New()).Elem()
	body := reflector.ReflectFromType(bodyType)
	maps.Copy(schema.Definitions, body.Definitions)
	body.Version, body.Definitions = "", nil
	schema.Definitions[bodyType.Name()] = body
	schema.Properties.Set("body", &jsonschema.Schema{Ref: "#/$defs/" + bodyType.Name()})
	addRules(schema.Definitions, bodyType, map[reflect.Type]bool{})
	return schema
}

// property returns a property that the model has; it panics on a name that only a
// mistake in this command can ask for.
func property(schema *jsonschema.Schema, name string) *jsonschema.Schema {
	found, ok := schema.Properties.Get(name)
	if !ok {
		panic("schemas: no property " + name)
	}
	return found
}

// addJSON adds a file in the form that reviewers read: indented, with a last line break.
func addJSON(files map[string][]byte, path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	files[path] = append(data, '\n')
	return nil
}
