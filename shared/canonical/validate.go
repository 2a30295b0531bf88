package canonical

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"unicode"

	"github.com/go-playground/validator/v10"
)

// BalanceMismatch is the code of an order whose parts do not add up to its total.
const BalanceMismatch = "balance_mismatch"

// Error is a broken rule with the path of its field. It never contains the field's value.
type Error struct {
	Field string // path in the JSON body, such as "lines[2].quantity.value"
	Code  string // closed code for rules that callers act on, such as BalanceMismatch; otherwise the tag
	Rule  string
	Err   error
}

// Error returns "field: rule".
func (e *Error) Error() string { return e.Field + ": " + e.Rule }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Validate checks a body, a pointer as Decode returns it, against the rules of its
// type, and for an order and a refund that it balances in one currency. It never changes the
// body. The error is an *Error that names the first field at fault.
func Validate(entity any) error {
	if reflect.ValueOf(entity).Kind() != reflect.Pointer {
		return &Error{Field: "body", Rule: "must be a pointer to a type of this package"}
	}
	if err := rules().Struct(entity); err != nil {
		return firstError(err)
	}
	if whole, ok := entity.(interface {
		currencies() error
		balance() error
	}); ok {
		if err := whole.currencies(); err != nil {
			return err
		}
		return whole.balance()
	}
	return nil
}

var rules = sync.OnceValue(func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(jsonName)
	v.RegisterCustomTypeFunc(func(field reflect.Value) any { return field.Interface().(Text).String() }, Text{})
	// A decimal is judged by its sign and its number of digits: both are the coefficient's.
	v.RegisterCustomTypeFunc(func(field reflect.Value) any { return field.Interface().(Decimal).coefficient }, Decimal{})
	register(v, "currency", func(text string) bool { _, ok := Exponent(text); return ok })
	register(v, "country", func(text string) bool { return text == "" || IsCountry(text) })
	register(v, "email", func(text string) bool { return text == "" || isEmail(text) })
	must(v.RegisterValidation("notnegative", func(field validator.FieldLevel) bool { return field.Field().Int() >= 0 }))
	return v
})

func register(v *validator.Validate, tag string, valid func(string) bool) {
	must(v.RegisterValidation(tag, func(field validator.FieldLevel) bool { return valid(field.Field().String()) }))
}

// must stops on an error that only a wrong tag in this file can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

func firstError(err error) error {
	fields, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok || len(fields) == 0 {
		return &Error{Field: "body", Rule: "must be a pointer to a type of this package", Err: err}
	}
	first := fields[0]
	_, path, _ := strings.Cut(first.Namespace(), ".")
	return &Error{Field: path, Code: first.Tag(), Rule: ruleText(first.Tag(), first.Param())}
}

func ruleText(tag, param string) string {
	switch tag {
	case "required":
		return "is missing"
	case "currency":
		return ErrCurrency.Error()
	case "country":
		return "not an ISO 3166-1 alpha-2 country"
	case "email":
		return "not an e-mail address"
	case "notnegative":
		return "must not be negative"
	case "oneof":
		return "must be one of " + param
	}
	return "must satisfy " + tag + "=" + param
}

// isEmail accepts an address that a mail server could deliver to: one @ between non-empty
// parts, at most 254 bytes (RFC 5321 §4.5.3.1.3), no space or control character.
func isEmail(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	return found && local != "" && domain != "" && len(text) <= 254 &&
		!strings.Contains(domain, "@") && !strings.ContainsFunc(text, isBlank)
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
