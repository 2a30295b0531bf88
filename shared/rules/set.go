package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/rules/jq"
)

// Language implements connector.Language.
type Language struct{}

// set is the compiled rules of a settings struct.
type set struct {
	target string
	rules  []rule
}

var (
	_ connector.Language = Language{}
	_ connector.Rules    = (*set)(nil)
	_ connector.Choices  = (*choices)(nil)
)

// rule is one setting that is a rule.
type rule struct {
	setting    string
	expression string
	form       form
	over       []scope
	program    *jq.Program
}

// scope is an entity's type, and the list whose members the rule is evaluated over; "" for
// the entity as a whole.
type scope struct{ entity, list string }

// Open implements connector.Language.
func (Language) Open(target string, settings any) (connector.Rules, error) {
	s := &set{target: target}
	var problems connector.SettingErrors
	value := reflect.ValueOf(settings)
	for _, field := range reflect.VisibleFields(value.Type()) {
		if field.Type != reflect.TypeFor[connector.Expression]() {
			continue
		}
		key, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		expression := value.FieldByIndex(field.Index).String()
		if strings.TrimSpace(expression) == "" {
			continue
		}
		if err := s.add(key, expression, field.Tag); err != nil {
			problems = append(problems, connector.Problem{Key: key, Rule: err.Error()})
		}
	}
	if len(problems) == 0 {
		return s, nil
	}
	e := &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: problems[0].Key, Detail: problems[0].Rule}
	if len(problems) > 1 {
		e.Err = problems[1:]
	}
	return nil, e
}

// add compiles one rule and tries it.
func (s *set) add(key, expression string, tag reflect.StructTag) error {
	r := rule{setting: key, expression: expression, form: form(tag.Get("rule"))}
	for _, where := range strings.Fields(tag.Get("over")) {
		entity, list, _ := strings.Cut(where, ".")
		r.over = append(r.over, scope{entity, list})
	}
	program, err := jq.Compile(expression)
	if err != nil {
		return fmt.Errorf("is no expression: %w%s", err, quoted(expression))
	}
	r.program = program
	if err := r.try(s.target); err != nil {
		return err
	}
	s.rules = append(s.rules, r)
	return nil
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
