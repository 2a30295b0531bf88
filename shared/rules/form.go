package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// form is the tag rule: what a choice has to look like.
type form string

const (
	idForm     form = "id"
	textForm   form = "text"
	reasonForm form = "reason"
)

// longest is the most characters of a text; external ids of items have fewer.
const longest = 128

// choice returns a result as a choice, "" for no opinion. The error has no value of the
// message.
func (r *rule) choice(result any) (string, error) {
	switch value := result.(type) {
	case nil:
		return "", nil
	case bool:
		if r.form != reasonForm {
			return "", fmt.Errorf("gives %t, and must give %s, or null for no opinion", value, r.form.words())
		}
		if value {
			return "by " + r.setting, nil
		}
		return "", nil
	case string:
		if !r.fits(value) {
			return "", fmt.Errorf("gives a text of another form than %s", r.form.words())
		}
		if r.form == reasonForm {
			return value + ", by " + r.setting, nil
		}
		return value, nil
	case []any:
		return "", fmt.Errorf("gives a list, and must give %s, or null for no opinion", r.form.words())
	case map[string]any:
		return "", fmt.Errorf("gives an object, and must give %s, or null for no opinion", r.form.words())
	}
	return "", fmt.Errorf("gives a number, and must give %s, or null for no opinion", r.form.words())
}

// words says what a choice of the form is.
func (f form) words() string {
	switch f {
	case idForm:
		return `the text of an internal id such as "3"`
	case textForm:
		return fmt.Sprintf("a text of 1 to %d printable characters", longest)
	case reasonForm:
		return "true, or a reason that is written as a text in the expression"
	}
	return "one of the texts " + strings.Join(strings.Fields(string(f)), ", ")
}

// fits reports whether a text has the rule's form.
func (r *rule) fits(text string) bool {
	switch r.form {
	case idForm:
		digits := strings.TrimPrefix(text, "-")
		return digits != "" && len(digits) <= 18 && strings.Trim(digits, "0123456789") == ""
	case textForm:
		return printable(text)
	case reasonForm:
		return printable(text) && strings.Contains(r.expression, strconv.Quote(text))
	}
	return slices.Contains(strings.Fields(string(r.form)), text)
}

func printable(text string) bool {
	return text != "" && utf8.RuneCountInString(text) <= longest && strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
