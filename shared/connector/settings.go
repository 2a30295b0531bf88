package connector

import (
	"errors"
	"log/slog"
	"maps"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/go-playground/validator/v10"

	"causeway/shared/fault"
)

// Secret is text that is never printed: every way of formatting, logging or
// marshalling it gives "***". Reveal gives the text.
type Secret string

const masked = "***"

// Reveal returns the secret itself, for signing and headers only.
func (s Secret) Reveal() string { return string(s) }

// String returns "***".
func (s Secret) String() string { return masked }

// GoString returns "***".
func (s Secret) GoString() string { return masked }

// MarshalText returns "***".
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue returns "***".
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// ParseSettings fills into, a pointer to a struct whose fields carry an `env` tag
// with the setting's key, an optional `envDefault`, and `validate` tags. Lists are
// separated by commas, maps are "key=value" pairs. The error is a fault.Rejected of
// class config whose Field is the key at fault; it never shows a value.
func ParseSettings(settings map[string]string, into any) error {
	err := env.ParseWithOptions(into, env.Options{Environment: maps.Clone(settings)})
	if err != nil {
		return settingFault(parseKey(err, into), "cannot be read as "+parseType(err))
	}
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(field reflect.StructField) string { return envKey(field) })
	if err := v.Struct(into); err != nil {
		return validationFault(err)
	}
	return nil
}

func envKey(field reflect.StructField) string {
	key, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return key
}

func validationFault(err error) error {
	fields, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok || len(fields) == 0 {
		return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Err: err}
	}
	rule := fields[0].Tag()
	if rule == "required" || strings.HasPrefix(rule, "required_") {
		return settingFault(fields[0].Field(), "is not set")
	}
	return settingFault(fields[0].Field(), "must satisfy "+strings.TrimSuffix(rule+"="+fields[0].Param(), "="))
}

// parseKey returns the setting's key for the field name that the parser reports.
func parseKey(err error, into any) string {
	parse, ok := errors.AsType[env.ParseError](err)
	if !ok {
		return ""
	}
	field, found := reflect.TypeOf(into).Elem().FieldByName(parse.Name)
	if !found {
		return parse.Name
	}
	return envKey(field)
}

func parseType(err error) string {
	if parse, ok := errors.AsType[env.ParseError](err); ok {
		return parse.Type.String()
	}
	return "its type"
}

func settingFault(key, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: key, Detail: rule}
}

// Keys returns the setting keys of a settings struct, in the order of its fields,
// and those among them whose type is Secret or a list of it.
func Keys(settings any) (all, secret []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(settings)) {
		key := envKey(field)
		if key == "" {
			continue
		}
		all = append(all, key)
		kind := field.Type
		if kind.Kind() == reflect.Slice {
			kind = kind.Elem()
		}
		if kind == reflect.TypeFor[Secret]() {
			secret = append(secret, key)
		}
	}
	return all, secret
}
