package connector

import (
	"reflect"

	"causeway.example/shared/message"
)

// Expression is a setting that is a rule: an expression over the canonical body of an
// event, whose result is a choice. Package rules says how one is declared, checked and
// applied.
type Expression string

// Language is the language of expressions. It is safe for concurrent use.
type Language interface {
	// Compile reads an expression. The error says what is wrong at which character.
	Compile(expression string) (Program, error)
	// Sample returns a sample message of the event type, with its body.
	Sample(eventType string) (*message.Message, error)
}

// Program is a compiled expression. It is safe for concurrent use, makes no calls and reads
// no clock.
type Program interface {
	// Eval returns the one value of the expression over the document, which is JSON as
	// encoding/json decodes it into any with UseNumber: nil, bool, string, or a value of
	// another kind. Each step is taken off steps; at 0 the evaluation fails. The error has
	// no value of the document.
	Eval(document any, variables Variables, steps *int) (any, error)
}

// Variables are the values that an expression reads beside its document.
type Variables struct {
	Store  string // $store, as map settings name it: "shopify/brand.myshopify.com"
	Type   string // $type, of the entity: "order"
	Target string // $target, the system that is written to: "netsuite"
	Part   any    // $part, the line, charge, part or transaction at hand; nil for the whole
}

// Expressions returns the keys of a settings struct that are rules, in the order of its
// fields.
func Expressions(settings any) (keys []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(settings)) {
		if key := envKey(field); key != "" && field.Type == reflect.TypeFor[Expression]() {
			keys = append(keys, key)
		}
	}
	return keys
}
