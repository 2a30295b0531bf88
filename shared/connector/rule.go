package connector

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Expression is a setting that is a rule: an expression over the canonical body of an
// event, whose result is a choice. Package rules says how one is declared, checked and
// applied.
type Expression string

// Language is the language of expressions, as package rules has it.
type Language interface {
	// Open compiles the expressions among the fields of a settings struct and tries each over
	// samples. Target is the system that is written to, "" if that is known with a message
	// only. The error is a fault.Rejected of class config for all rules at fault, as that of
	// ParseSettings.
	Open(target string, settings any) (Rules, error)
}

// Rules are compiled expressions. They are safe for concurrent use, make no calls and read no
// clock.
type Rules interface {
	// Decide evaluates every rule over the message. Body is its canonical body, decoded or as
	// json.RawMessage; target is the system that is written to, "" for that of Open. The error
	// is a fault.Rejected of class config that names the setting, and no value of the message.
	Decide(m *message.Message, body any, target string) (Choices, error)
}

// Choices are what the rules chose for one message.
type Choices interface {
	// Of returns the choice of a rule about the part with the path, such as "lines[2]", "" for
	// the whole; "" if it has no opinion.
	Of(setting, field string) string
	// Notes returns a note for each choice that Of returned, such as {subsidiary: 3, by
	// NETSUITE_RULE_SUBSIDIARY}. Parts for which one rule chose the same have one note.
	Notes() []Note
	// All returns a note for each choice.
	All() []Note
}

// OpenRules opens the rules that are set among the settings; nil if none is. A program that was
// built without the language rejects a rule instead of ignoring it.
func OpenRules(language Language, target string, settings any) (Rules, error) {
	value := reflect.ValueOf(settings)
	for _, field := range expressions(settings) {
		switch {
		case strings.TrimSpace(value.FieldByIndex(field.Index).String()) == "":
		case language == nil:
			return nil, &fault.Error{
				Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: envKey(field),
				Detail: "is a rule, and this program was built without the language of rules: build the functions with make dist RULES=1",
			}
		default:
			return language.Open(target, settings)
		}
	}
	return nil, nil //nolint:nilnil // nil is no rules
}

// Expressions returns the keys of a settings struct that are rules, in the order of its
// fields.
func Expressions(settings any) (keys []string) {
	for _, field := range expressions(settings) {
		keys = append(keys, envKey(field))
	}
	return keys
}

// expressions walks the fields once: a program does it at its start.
func expressions(settings any) (rules []reflect.StructField) {
	for _, field := range fieldsOf(reflect.TypeOf(settings)) {
		if field.Type == reflect.TypeFor[Expression]() && envKey(field) != "" {
			rules = append(rules, field)
		}
	}
	return rules
}

// walked has the fields of each type that was asked for: a start asks for those of its settings
// eight times, and a walk over a struct with embedded ones is a tenth of a start.
var walked sync.Map // reflect.Type to []reflect.StructField

// fieldsOf returns the visible fields of a struct type, which the caller does not change.
func fieldsOf(t reflect.Type) []reflect.StructField {
	if known, found := walked.Load(t); found {
		return known.([]reflect.StructField)
	}
	fields := reflect.VisibleFields(t)
	walked.Store(t, fields)
	return fields
}

// SkipRules are the rules that skip messages of any route.
type SkipRules struct {
	Skip Expression `env:"CAUSEWAY_RULE_SKIP" rule:"reason" over:"order customer payment refund"` // for good: what depends on it is skipped with it
	Hold Expression `env:"CAUSEWAY_RULE_HOLD" rule:"reason" over:"order customer payment refund"` // a later state may pass: what depends on it waits
}

// Skip returns why a message to the target is skipped, "" if it is not, and whether what
// depends on its entity is skipped with it.
type Skip func(m *message.Message, body []byte, target string) (reason string, final bool, err error)

// OpenSkip opens the SkipRules among the settings; nil if none is set. Errors are those of
// OpenRules.
func OpenSkip(language Language, settings map[string]string) (Skip, error) {
	own := SkipRules{Expression(settings["CAUSEWAY_RULE_SKIP"]), Expression(settings["CAUSEWAY_RULE_HOLD"])}
	set, err := OpenRules(language, "", own)
	if err != nil || set == nil {
		return nil, err
	}
	return func(m *message.Message, body []byte, target string) (string, bool, error) {
		chosen, err := set.Decide(m, json.RawMessage(body), target)
		if err != nil {
			return "", false, err
		}
		if reason := chosen.Of("CAUSEWAY_RULE_SKIP", ""); reason != "" {
			return reason, true, nil
		}
		return chosen.Of("CAUSEWAY_RULE_HOLD", ""), false, nil
	}, nil
}
