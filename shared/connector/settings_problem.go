package connector

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/go-playground/validator/v10"

	"causeway.example/shared/fault"
)

// Problem is one setting that is missing or wrong.
type Problem struct {
	Key  string // such as "NETSUITE_TOKEN_ID"; of a list with the member's index
	Rule string // in words: what is wrong, with the value where it is not secret
}

// SettingErrors are all settings of a system that are missing or wrong, in the order of its
// settings.
type SettingErrors []Problem

// Error returns key and rule of each.
func (p SettingErrors) Error() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.Key + " " + one.Rule
	}
	return strings.Join(texts, "; ")
}

// ProblemsOf returns the settings that an error of a system's Open is about; none if it is
// about no setting.
func ProblemsOf(err error) SettingErrors {
	others, several := errors.AsType[SettingErrors](err)
	f := fault.As(err)
	if f == nil || f.Field == "" {
		return others
	}
	rule := f.Detail
	if f.Err != nil && !several {
		rule = strings.TrimPrefix(rule+": "+f.Err.Error(), ": ")
	}
	return append(SettingErrors{{f.Field, rule}}, others...)
}

// problems collects what is wrong with the settings of one struct.
type problems struct {
	into  any
	given map[string]string
	all   SettingErrors
}

func (p *problems) add(key, rule string) {
	if !slices.ContainsFunc(p.all, func(have Problem) bool { return have.Key == key }) {
		p.all = append(p.all, Problem{key, rule})
	}
}

// unread adds the settings that could not be read. It returns an error that is about the
// struct and no setting.
func (p *problems) unread(err error) error {
	if err == nil {
		return nil
	}
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return err
	}
	for _, one := range all.Errors {
		missing, isMissing := errors.AsType[env.VarIsNotSetError](one)
		empty, isEmpty := errors.AsType[env.EmptyVarError](one)
		parse, isParse := errors.AsType[env.ParseError](one)
		switch {
		case isMissing:
			p.add(missing.Key, notSet)
		case isEmpty:
			p.add(empty.Key, notSet)
		case isParse:
			p.unreadable(parse)
		default:
			return one
		}
	}
	return nil
}

// unreadable leaves the parser's own words out: they name types of Go and quote secrets.
func (p *problems) unreadable(parse env.ParseError) {
	field, _ := reflect.TypeOf(p.into).Elem().FieldByName(parse.Name)
	key := cmp.Or(envKey(field), parse.Name)
	if pair, ok := errors.AsType[*pairError](parse.Err); ok {
		p.add(key, "must be key=value pairs separated by commas, each key once: "+pair.Error())
		return
	}
	p.add(key, "must be "+wordOf(parse.Type)+p.value(key))
}

// wordOf returns the words for the type of a setting.
func wordOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "a duration such as 30s or 5m"
	case reflect.TypeFor[*time.Location](), reflect.TypeFor[time.Location]():
		return "the IANA name of a time zone such as Europe/Berlin"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list separated by commas, each " + wordOf(t.Elem())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number that is not negative"
	}
	return "a value of another form"
}

// broken adds the settings that break a rule of their validate tags.
func (p *problems) broken(err error) {
	fields, _ := errors.AsType[validator.ValidationErrors](err)
	for _, field := range fields {
		p.add(field.Field(), p.rule(field))
	}
}

// keyOf returns the setting of a list's member: "SHOPIFY_SHOPS" of "SHOPIFY_SHOPS[1]".
func keyOf(key string) string {
	key, _, _ = strings.Cut(key, "[")
	return key
}

const notSet = "is not set"

// rule returns the rule that a setting breaks, in words, and its value.
func (p *problems) rule(field validator.FieldError) string {
	switch tag, param := field.Tag(), field.Param(); tag {
	case "required":
		return notSet
	case "required_if":
		name, value, _ := strings.Cut(param, " ")
		return notSet + ", and " + p.keyNamed(name) + "=" + value + " needs it"
	case "required_with":
		return notSet + ", and " + p.keyNamed(param) + " needs it"
	default:
		return "must " + ruleWords(tag, param, field.Kind()) + p.value(field.Field())
	}
}

// ruleWords returns the words for a rule of package validator.
func ruleWords(tag, param string, kind reflect.Kind) string {
	switch tag {
	case "oneof":
		return "be one of " + strings.Join(strings.Fields(param), ", ")
	case "min", "gte":
		return "be at least " + param
	case "max", "lte":
		if kind == reflect.String {
			return "have " + param + " characters at most"
		}
		return "be at most " + param
	case "excludesall":
		return "contain none of the characters " + strings.Join(strings.Split(param, ""), " ")
	case "number":
		return "be a number"
	case "startswith", "endswith":
		return map[string]string{"startswith": "begin", "endswith": "end"}[tag] + " with " + param
	case "lowercase":
		return "be in lower case"
	case "hostname_rfc1123":
		return "be a host name"
	case "uri", "url":
		return "be an address such as https://hooks.example.com/hooks, with its scheme"
	case "http_url":
		return "be an address that begins with https:// or http://"
	}
	return "have another form"
}

// keyNamed returns the key of the struct's field.
func (p *problems) keyNamed(name string) string {
	field, _ := reflect.TypeOf(p.into).Elem().FieldByName(name)
	return cmp.Or(envKey(field), name)
}

// value returns the setting's value in words, "" if it is secret, unknown or long.
func (p *problems) value(key string) string {
	const most = 80
	all, secret := Keys(reflect.ValueOf(p.into).Elem().Interface())
	key = keyOf(key)
	value := p.given[key]
	if !slices.Contains(all, key) || slices.Contains(secret, key) || value == "" || len(value) > most {
		return ""
	}
	return ", and is " + strconv.Quote(value)
}

// fault returns the error for what was collected, nil if that is nothing.
func (p *problems) fault() error {
	if len(p.all) == 0 {
		return nil
	}
	order, _ := Keys(reflect.ValueOf(p.into).Elem().Interface())
	slices.SortStableFunc(p.all, func(a, b Problem) int {
		return slices.Index(order, keyOf(a.Key)) - slices.Index(order, keyOf(b.Key))
	})
	e := &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: p.all[0].Key, Detail: p.all[0].Rule,
	}
	if others := p.all[1:]; len(others) > 0 {
		e.Err = others
	}
	return e
}

// KnownRule reports whether the rule of package validator has words here.
func KnownRule(tag string) bool {
	return slices.Contains([]string{"required", "required_if", "required_with", "dive", "omitempty"}, tag) ||
		ruleWords(tag, "", reflect.String) != ruleWords("", "", reflect.String)
}
