package jq_test

import (
	"encoding/json"
	"strings"
	"testing"

	"causeway.example/shared/rules/jq"
)

func eval(t *testing.T, expression, document string) (any, error) {
	t.Helper()
	program, err := jq.Compile(expression)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	var input any
	if err := decoder.Decode(&input); err != nil {
		t.Fatal(err)
	}
	steps := 100_000
	return program.Eval(input, jq.Variables{Store: "shopify/brand.example", Type: "order", Target: "erp", Part: map[string]any{"sku": "TEE"}}, &steps)
}

func TestAnExpressionReadsBodyAndVariables(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]any{
		`.shipping.country`:                                         "CH",
		`{"CH": "4", "DE": "3"}[.shipping.country]`:                 "4",
		`$store | split("/") | last`:                                "brand.example",
		`$type + " " + $target`:                                     "order erp",
		`$part.sku | ascii_downcase`:                                "tee",
		`.missing.member`:                                           nil,
		`empty`:                                                     nil,
		`.total.minor > 999999999999999998`:                         true,
		`.total.minor == 999999999999999999`:                        true,
		`.total.minor == 999999999999999998`:                        false,
		`.lines | any(.sku == "BAG")`:                               true,
		`.tags[]? // "none"`:                                        "none",
		`try error("x") catch "caught"`:                             "caught",
		`.shipping as {$country} | "in \($country)"`:                "in CH",
		`[.lines[] | select(.sku | test("^B")) | .sku] | join(",")`: "BAG",
	} {
		got, err := eval(t, expression, `{"shipping":{"country":"CH"},"total":{"minor":999999999999999999},"lines":[{"sku":"TEE"},{"sku":"BAG"}]}`)
		if err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", expression, got, err, want)
		}
	}
}

// TestWhatIsNoChoiceIsNoPartOfTheLanguage: neither input nor output, no clock, no
// environment, no loop, no arithmetic that could make an amount.
func TestWhatIsNoChoiceIsNoPartOfTheLanguage(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		`def f: f; f`, `reduce .lines[] as $l (0; . + 1)`, `foreach .lines[] as $l (0; . + 1)`, `label $out | break $out`, `range(9)`, `[limit(3; repeat(1))]`,
		`recurse`, `until(false; .)`, `while(true; .)`, `now`, `env`, `$ENV`, `input`, `inputs`, `debug`, `stderr`, `halt`, `halt_error`, `input_filename`,
		`$__loc__`, `.total.minor * 2`, `.total.minor / 2`, `.total.minor % 2`, `.id = "x"`, `.id |= "x"`, `.n += 1`, `.n //= 1`, `@base64`, `"x" | @sh`,
		`import "a" as a; .`, `include "a"; .`, `modulemeta`, `getpath(["a"])`, `.lines | sort_by(.sku)`, `infinite`, `.lines[] | (def g: .; g)`, `.a[now]`,
		`{a: now}`, `{(now): 1}`, `[now]`, `-now`, `"\(now)"`, `if now then 1 else 2 end`, `if 1 then 2 elif now then 1 else 3 end`, `try now catch .`, `try . catch now`,
		`.[now:]`, `. as [$a, {b: $b}] | now`, `map(now)`,
	} {
		_, err := jq.Compile(expression)
		if err == nil || !strings.Contains(err.Error(), "is no part of the language of rules") {
			t.Errorf("%s compiles, or fails with %v", expression, err)
		}
	}
}

func TestEveryFunctionExists(t *testing.T) {
	t.Parallel()
	for _, name := range jq.Functions {
		works := false
		for _, arguments := range []string{"", "(.)", "(.; .)"} {
			_, err := jq.Compile(name + arguments)
			works = works || err == nil
		}
		if !works {
			t.Errorf("there is no function %s", name)
		}
	}
}

func TestAnExpressionThatCannotBeReadNamesTheCharacter(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`.a == "ä" && .b`:               `unexpected "&" at character 11`,
		`if .a then`:                    "ends too early",
		`.a | nope(1)`:                  "nope at character 6",
		`$other`:                        "variable not defined: $other",
		`startswith`:                    "function not defined: startswith/0",
		`.a == "x`:                      "ends too early",
		strings.Repeat(" ", 5000) + ".": "more than 4000 characters",
	} {
		if _, err := jq.Compile(expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %s", expression, err, want)
		}
	}
}

func TestAnEvaluationEnds(t *testing.T) {
	t.Parallel()
	lists := `{"a":[` + strings.Repeat("1,", 99) + `1]}`
	_, err := eval(t, `[.a[] as $x | .a[] as $y | .a[] as $z | 1] | length`, lists)
	if err == nil || err.Error() != "it takes too many steps" {
		t.Errorf("a million combinations end with %v", err)
	}
	if _, err := eval(t, `try ([.a[] as $x | .a[] as $y | .a[] as $z | 1] | length) catch "caught"`, lists); err == nil {
		t.Error("an expression can catch that its steps are used up")
	}
}

func TestErrorsHaveWordsAndNoValues(t *testing.T) {
	t.Parallel()
	const document = `{"email":"ada (null) and number (1)","n":4711,"o":{"ada":1}}`
	for expression, want := range map[string]string{
		`.email + 1`:            "cannot add string and number",
		`.email[]`:              "cannot iterate over string",
		`.n | keys`:             "keys cannot be applied to number",
		`.n | startswith("x")`:  "startswith cannot be applied to number",
		`error(.email)`:         "it calls error",
		`error({a: .email})`:    "it calls error",
		`.email | tonumber`:     "tonumber cannot be applied to its input",
		`.n[.email]`:            "expected an object but got number",
		`"a", "b"`:              "it gives more than one value",
		`"a", error(.email)`:    "it calls error",
		`.email | test(.email)`: "",
	} {
		got, err := eval(t, expression, document)
		if want == "" {
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "ada") || strings.Contains(err.Error(), "4711") {
			t.Errorf("%s: %v, %v, want %q", expression, got, err, want)
		}
	}
}

// FuzzAnExpressionNeverQuotesTheDocument tries any expression over a document with one secret text.
func FuzzAnExpressionNeverQuotesTheDocument(f *testing.F) {
	for _, seed := range []string{`.a`, `.a + 1`, `.a | test("(")`, `error(.a)`, `.[.a]`, `{(.a): 1} | keys`, `.a | tonumber`, `.a as [$x] | $x`, `[.a] | join(1)`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		program, err := jq.Compile(expression)
		if err != nil {
			return
		}
		steps := 10_000
		_, err = program.Eval(map[string]any{"a": "q9zq", "b": json.Number("12")}, jq.Variables{Store: "s"}, &steps)
		if err != nil && strings.Contains(err.Error(), "q9z") {
			t.Errorf("%q fails with %v", expression, err)
		}
	})
}

func BenchmarkARuleOverAnOrder(b *testing.B) {
	program, err := jq.Compile(`if .shipping.country == "DE" and .total.minor > 10000 then "3" elif (.tags // [] | index("b2b")) then "5" else null end`)
	if err != nil {
		b.Fatal(err)
	}
	document := map[string]any{"shipping": map[string]any{"country": "DE"}, "total": map[string]any{"minor": json.Number("10190")}}
	b.ReportAllocs()
	for b.Loop() {
		steps := 100_000
		if _, err := program.Eval(document, jq.Variables{Store: "s"}, &steps); err != nil {
			b.Fatal(err)
		}
	}
}
