package routes_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"causeway.example/shared/routes"
)

// A wildcard does what the regular expression of the same meaning does.
func FuzzWildcardIsARegularExpression(f *testing.F) {
	for _, seed := range []string{`*`, `a*`, `*a`, `a*a`, `a*b*c`, `\*a*`, `a\\*`, `*é*`, ``, `a**`, `a\b`} {
		f.Add(seed, "aba")
		f.Add(seed, `*abc\é`)
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(text) || len(pattern) > 500 {
			return
		}
		expression, valid := wildcardExpression(pattern)
		p, err := routes.ParsePattern(mustMarshal(t, map[string]any{"f": []any{map[string]string{"wildcard": pattern}}}))
		if (err == nil) != valid {
			t.Fatalf("wildcard %q: %v, want valid %v", pattern, err, valid)
		}
		if !valid {
			return
		}
		got, err := p.Match(mustMarshal(t, map[string]string{"f": text}))
		if want := regexp.MustCompile(expression).MatchString(text); err != nil || got != want {
			t.Fatalf("wildcard %q on %q = %v, %v; %s says %v", pattern, text, got, err, expression, want)
		}
	})
}

func wildcardExpression(pattern string) (expression string, valid bool) {
	var out strings.Builder
	escaped, star := false, false
	for _, r := range pattern {
		switch {
		case escaped && r != '*' && r != '\\', !escaped && star && r == '*':
			return "", false
		case !escaped && r == '\\':
			escaped, star = true, false
			continue
		case !escaped && r == '*':
			out.WriteString(".*")
			star = true
			continue
		default:
			out.WriteString(regexp.QuoteMeta(string(r)))
		}
		escaped, star = false, false
	}
	return `(?s)\A` + out.String() + `\z`, !escaped
}

// The operators on text agree with each other: what is equal in any case begins
// and ends so, and what an operator accepts, anything-but of it refuses.
func FuzzTextOperatorsAgree(f *testing.F) {
	for _, seed := range []string{"", "a", "Abc", "ÄÖ", "k", "\u212a", "ǆ", "ß", "Ⱥ"} {
		f.Add(seed, strings.ToUpper(seed)+"x")
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, part, text string) {
		if !utf8.ValidString(part) || !utf8.ValidString(text) || len(part) > 300 {
			return
		}
		equal := accepts(t, map[string]any{"equals-ignore-case": part}, text)
		begins := accepts(t, map[string]any{"prefix": map[string]string{"equals-ignore-case": part}}, text)
		ends := accepts(t, map[string]any{"suffix": map[string]string{"equals-ignore-case": part}}, text)
		sameLength := utf8.RuneCountInString(part) == utf8.RuneCountInString(text)
		if equal != (begins && sameLength) || equal != (ends && sameLength) {
			t.Fatalf("%q and %q: equal %v, begins %v, ends %v", part, text, equal, begins, ends)
		}
		for operator, want := range map[string]bool{"prefix": strings.HasPrefix(text, part), "suffix": strings.HasSuffix(text, part), "equals-ignore-case": equal} {
			plain := map[string]any{operator: part}
			if got := accepts(t, plain, text); got != want {
				t.Fatalf("%s %q on %q = %v, want %v", operator, part, text, got, want)
			}
			if part != "" && accepts(t, map[string]any{"anything-but": plain}, text) == want {
				t.Fatalf("anything-but %s %q on %q = %v", operator, part, text, want)
			}
		}
	})
}

// accepts reports whether a field with that text matches the operator.
func accepts(t *testing.T, operator map[string]any, text string) bool {
	t.Helper()
	p, err := routes.ParsePattern(mustMarshal(t, map[string]any{"f": []any{operator}}))
	if err != nil {
		t.Fatalf("%v: %v", operator, err)
	}
	got, err := p.Match(mustMarshal(t, map[string]json.RawMessage{"f": mustMarshal(t, text)}))
	if err != nil {
		t.Fatalf("%v on %q: %v", operator, text, err)
	}
	return got
}
