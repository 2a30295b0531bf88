package rules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Set is the compiled rules of a settings struct. Nil is the set without rules. It is safe
// for concurrent use.
type Set struct {
	target string
	rules  []rule
}

// rule is one setting that is a rule.
type rule struct {
	setting    string
	expression string
	form       form
	over       []scope
	program    connector.Program
}

// scope is an entity's type, and the list whose members the rule is evaluated over; "" for
// the entity as a whole.
type scope struct{ entity, list string }

// Open compiles the rules that are set among the settings, a struct with the tags of rules,
// and evaluates each over samples. It returns nil if none is set. Target is the system that
// is written to, "" if that is not known before a message. The error is a fault.Rejected of
// class config for all rules at fault, as that of connector.ParseSettings.
func Open(language connector.Language, target string, settings any) (*Set, error) {
	s := &Set{target: target}
	var problems connector.SettingErrors
	value := reflect.ValueOf(settings)
	for _, field := range reflect.VisibleFields(value.Type()) {
		key, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		if field.Type != reflect.TypeFor[connector.Expression]() || key == "" {
			continue
		}
		expression := value.FieldByIndex(field.Index).String()
		if strings.TrimSpace(expression) == "" {
			continue
		}
		if err := s.add(language, key, expression, field.Tag); err != nil {
			problems = append(problems, connector.Problem{Key: key, Rule: err.Error()})
		}
	}
	if len(problems) > 0 {
		e := &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: problems[0].Key, Detail: problems[0].Rule}
		if len(problems) > 1 {
			e.Err = problems[1:]
		}
		return nil, e
	}
	if len(s.rules) == 0 {
		return nil, nil //nolint:nilnil // nil is the set without rules
	}
	return s, nil
}

var errNoLanguage = errors.New("is a rule, and this program was built without the language of rules: build the functions with make dist RULES=1")

// add compiles one rule and tries it.
func (s *Set) add(language connector.Language, key, expression string, tag reflect.StructTag) error {
	if language == nil {
		return errNoLanguage
	}
	r := rule{setting: key, expression: expression, form: form(tag.Get("rule"))}
	for _, where := range strings.Fields(tag.Get("over")) {
		entity, list, _ := strings.Cut(where, ".")
		r.over = append(r.over, scope{entity, list})
	}
	program, err := language.Compile(expression)
	if err != nil {
		return fmt.Errorf("is no expression: %w%s", err, quoted(expression))
	}
	r.program = program
	if err := r.try(language, s.target); err != nil {
		return err
	}
	s.rules = append(s.rules, r)
	return nil
}

// Settings returns the keys of the rules.
func (s *Set) Settings() []string {
	if s == nil {
		return nil
	}
	keys := make([]string, len(s.rules))
	for i, r := range s.rules {
		keys[i] = r.setting
	}
	return keys
}

func (r *rule) applies(entity string) bool {
	return slices.ContainsFunc(r.over, func(at scope) bool { return at.entity == entity })
}

// quoted returns the expression for the end of an error, cut where it is long.
func quoted(expression string) string {
	const most = 160
	text := []rune(strings.Join(strings.Fields(expression), " "))
	if len(text) > most {
		return "; in: " + string(text[:most]) + "…"
	}
	return "; in: " + string(text)
}
