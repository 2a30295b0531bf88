package connector

import (
	"encoding/json"
	"reflect"
	"strings"

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
	for _, key := range Expressions(settings) {
		switch {
		case !isSet(value, key):
		case language == nil:
			return nil, &fault.Error{
				Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: key,
				Detail: "is a rule, and this program was built without the language of rules: build the functions with make dist RULES=1",
			}
		default:
			return language.Open(target, settings)
		}
	}
	return nil, nil //nolint:nilnil // nil is no rules
}

func isSet(settings reflect.Value, key string) bool {
	for _, field := range reflect.VisibleFields(settings.Type()) {
		if envKey(field) == key {
			return strings.TrimSpace(settings.FieldByIndex(field.Index).String()) != ""
		}
	}
	return false
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
