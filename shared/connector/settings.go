package connector

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"sync"

	"github.com/caarlos0/env/v11"
	"github.com/go-playground/validator/v10"

	"causeway.example/shared/fault"
)

// Secret is text that is not printed: every verb of fmt, slog, JSON and XML give
// "***". Reveal gives the text. Two ways around it lie in the standard library: fmt
// cannot ask the unexported fields of a struct that is printed whole, and
// encoding/json does not ask the keys of a map.
type Secret string

const masked = "***"

// Reveal returns the secret itself, for signing and headers only.
func (s Secret) Reveal() string { return string(s) }

// String returns "***".
func (s Secret) String() string { return masked }

// Format writes "***" for every verb; with String alone, a wrong verb such as %d
// would print the text.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, masked) }

// MarshalText returns "***".
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue returns "***".
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// ParseSettings fills into, a pointer to a struct whose fields carry an `env`
// tag with the setting's key, an optional `envDefault`, and `validate` tags. The fields of
// embedded structs count as its own. Lists
// are separated by commas; map[string]string takes "key=value" pairs between commas.
// A setting that is empty counts as not set.
//
// The error is a fault.Rejected of class config for all settings at fault: Field names
// the first, and Detail the rule in words; Err has the others, as SettingErrors. The value is
// shown unless the setting is a Secret.
func ParseSettings(settings map[string]string, into any) error {
	// A nil map would make package env read the environment of the process.
	given := make(map[string]string, len(settings))
	maps.Copy(given, settings)
	p := problems{into: into, given: settings}
	err := env.ParseWithOptions(into, env.Options{Environment: given, FuncMap: parsers()})
	if err := p.unread(err); err != nil {
		return &fault.Error{Kind: fault.Rejected, Class: fault.Bug, Doing: "reading settings", Err: err}
	}
	p.broken(settingRules().Struct(into))
	p.misnamed()
	return p.fault()
}

// settingRules are the validator's, made once. A host name is looked at by hand: the
// validator's own pattern takes a third of a millisecond to compile, in every start of
// a function.
var settingRules = sync.OnceValue(func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(envKey)
	if err := v.RegisterValidation("hostname_rfc1123", func(field validator.FieldLevel) bool { return isHostname(field.Field().String()) }); err != nil {
		panic(err) // the name is a valid one
	}
	return v
})

// isHostname reports whether the text is a host name (RFC 1123 section 2.1): labels of 1
// to 63 letters, digits and hyphens, none of which begins or ends with a hyphen.
func isHostname(text string) bool {
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.Trim(label, "-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return false
		}
	}
	return len(text) <= 253
}

func parsers() map[reflect.Type]env.ParserFunc {
	return map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[map[string]string](): func(text string) (any, error) { return Pairs(text) },
	}
}

// pairError names the entry of a map setting that cannot be read.
type pairError struct{ entry, rule string }

// Error implements error.
func (e *pairError) Error() string { return fmt.Sprintf("%q %s", e.entry, e.rule) }

// Pairs reads a map setting such as "a=1,b=2"; a value may contain "=" but no comma. The
// error quotes the entry at fault.
func Pairs(text string) (map[string]string, error) {
	pairs := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		key, value, found := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		if !found || key == "" {
			return nil, &pairError{strings.TrimSpace(pair), "is not key=value"}
		}
		if _, twice := pairs[key]; twice {
			return nil, &pairError{key, "appears twice"}
		}
		pairs[key] = strings.TrimSpace(value)
	}
	return pairs, nil
}

func envKey(field reflect.StructField) string {
	key, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return key
}

// Keys returns the setting keys of a settings struct, in the order of its fields,
// and those among them whose type is Secret or a list of it.
func Keys(settings any) (all, secret []string) {
	for _, field := range fieldsOf(reflect.TypeOf(settings)) {
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
