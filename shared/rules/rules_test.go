package rules_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/rules"
)

// settings has a rule of each form.
type settings struct {
	Plain  string               `env:"ERP_PLAIN"`
	Branch connector.Expression `env:"ERP_RULE_BRANCH" rule:"id" over:"order customer"`
	Item   connector.Expression `env:"ERP_RULE_ITEM" rule:"text" over:"order.lines refund.lines"`
	State  connector.Expression `env:"ERP_RULE_STATE" rule:"open held" over:"order"`
}

const order = `{"id":"7","name":"#7","currency":"EUR","tags":["b2b"],"buyer":{"email":"ada@example.com"},"total":{"minor":10190,"currency":"EUR"},
	"lines":[{"sku":"TEE"},{"sku":"BAG"},{"sku":"TEE"}]}`

func aMessage(kind string) *message.Message {
	return &message.Message{ID: "e", Source: "causeway.shopify", Tenant: "brand.example", Type: "order.placed", Subject: kind + "/7"}
}

func mustOpen(t *testing.T, s settings) connector.Rules {
	t.Helper()
	set, err := connector.OpenRules(rules.Language{}, "erp", s)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestRulesDecideAboutTheWholeAndAboutParts(t *testing.T) {
	t.Parallel()
	set := mustOpen(t, settings{
		Branch: `if $store == "shopify/brand.example" and .total.minor > 10000 then "3" else null end`,
		Item:   `if $part.sku == "TEE" then "KIT-" + $part.sku else null end`,
		State:  `if (.tags // []) | index("b2b") then "held" else null end`,
	})
	chosen, err := set.Decide(aMessage("order"), json.RawMessage(order), "")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[[2]string]string{
		{"ERP_RULE_BRANCH", ""}: "3", {"ERP_RULE_ITEM", "lines[0]"}: "KIT-TEE", {"ERP_RULE_ITEM", "lines[1]"}: "",
		{"ERP_RULE_ITEM", "lines[2]"}: "KIT-TEE", {"ERP_RULE_STATE", ""}: "held", {"ERP_RULE_OTHER", ""}: "",
	} {
		if at[0] == "ERP_RULE_STATE" {
			continue // is not asked, and so is not noted
		}
		if got := chosen.Of(at[0], at[1]); got != want {
			t.Errorf("%v chose %q, want %q", at, got, want)
		}
	}
	want := []connector.Note{{Field: "branch", What: "3, by ERP_RULE_BRANCH"}, {Field: "item of lines[0] and 1 more", What: "KIT-TEE, by ERP_RULE_ITEM"}}
	if got := chosen.Notes(); !slices.Equal(got, want) {
		t.Errorf("notes %v, want %v", got, want)
	}
	if got := chosen.All(); len(got) != 3 || got[2] != (connector.Note{Field: "state", What: "held, by ERP_RULE_STATE"}) {
		t.Errorf("all choices are %v", got)
	}
	if chosen, err = set.Decide(aMessage("payment"), json.RawMessage(order), ""); err != nil || len(chosen.All()) != 0 {
		t.Errorf("a payment has the choices %v, %v", chosen.All(), err)
	}
}

func TestWithoutRulesNothingIsDecided(t *testing.T) {
	t.Parallel()
	set, err := connector.OpenRules(nil, "erp", settings{Plain: "x", Branch: "  "})
	if err != nil || set != nil {
		t.Fatalf("opened %v, %v", set, err)
	}
}

// TestARuleIsTriedAtTheStart: the error names the setting, the rule it breaks and the expression.
func TestARuleIsTriedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given settings
		want  []string
	}{
		"is not readable": {settings{Branch: `if .id == 1 thn "3" end`}, []string{"ERP_RULE_BRANCH", "unexpected", "thn", "at character 13", `in: if .id == 1 thn`}},
		"ends early":      {settings{Branch: `if .id == 1 then`}, []string{"it ends too early"}},
		"a number":        {settings{Branch: `3`}, []string{"gives a number", `"3"`}},
		"an amount":       {settings{Branch: `.total.minor`}, []string{"gives a number"}},
		"a list":          {settings{Branch: `["3"]`}, []string{"gives a list"}},
		"an object":       {settings{Branch: `{a: "3"}`}, []string{"gives an object"}},
		"true":            {settings{Branch: `true`}, []string{"gives true"}},
		"no id":           {settings{Branch: `"three"`}, []string{"another form", "internal id"}},
		"an empty text":   {settings{Item: `""`}, []string{"another form", "printable", "for lines[0]"}},
		"a long text":     {settings{Item: connector.Expression(`"` + strings.Repeat("x", 200) + `"`)}, []string{"another form", "…"}},
		"an unknown word": {settings{State: `"closed"`}, []string{"open, held"}},
		"several":         {settings{State: `"open", "held"`}, []string{"more than one value"}},
		"a member that may be missing": {
			settings{State: `if any(.tags[]; . == "x") then "held" else null end`},
			[]string{"cannot iterate over null", "order.placed without any optional member"},
		},
		"no such member of a customer": {settings{Branch: `if (.currency | startswith("x")) then "3" else null end`}, []string{"startswith", "customer.upserted"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := connector.OpenRules(rules.Language{}, "erp", c.given)
			f := fault.As(err)
			if f == nil || f.Kind != fault.Rejected || f.Class != fault.Config || !strings.HasPrefix(f.Field, "ERP_RULE_") {
				t.Fatalf("the error is %v", err)
			}
			for _, want := range c.want {
				if text := f.Field + " " + f.Detail; !strings.Contains(text, want) {
					t.Errorf("%q does not say %q", text, want)
				}
			}
		})
	}
}

func TestEveryRuleAtFaultIsNamed(t *testing.T) {
	t.Parallel()
	_, err := connector.OpenRules(rules.Language{}, "erp", settings{Branch: `3`, Item: `"x"`, State: `)`})
	if problems := connector.ProblemsOf(err); len(problems) != 2 || problems[0].Key != "ERP_RULE_BRANCH" || problems[1].Key != "ERP_RULE_STATE" {
		t.Errorf("the problems are %v", problems)
	}
}

// TestWithoutTheLanguageARuleStopsTheStart: a program never ignores one.
func TestWithoutTheLanguageARuleStopsTheStart(t *testing.T) {
	t.Parallel()
	type Embedded = settings
	for _, s := range []any{settings{Branch: `"3"`}, struct{ Embedded }{settings{Branch: `"3"`}}} {
		_, err := connector.OpenRules(nil, "erp", s)
		if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "ERP_RULE_BRANCH" || !strings.Contains(f.Detail, "make dist RULES=1") {
			t.Errorf("the error is %v", err)
		}
	}
	if _, err := connector.OpenSkip(nil, map[string]string{"CAUSEWAY_RULE_HOLD": `null`}); !strings.Contains(err.Error(), "make dist RULES=1") {
		t.Errorf("the error is %v", err)
	}
}

// TestARuleThatFailsSaysNothingOfTheMessage: the setting, the part and the expression are
// named, and no value.
func TestARuleThatFailsSaysNothingOfTheMessage(t *testing.T) {
	t.Parallel()
	for name, expression := range map[string]connector.Expression{
		"a type error":         `if $store == "shopify/brand.example" then .buyer.email + 1 else null end`,
		"an error of its own":  `if $store == "shopify/brand.example" then error(.buyer.email) else null end`,
		"a function":           `if $store == "shopify/brand.example" then (.buyer.email | tonumber | tostring) else null end`,
		"a key":                `if $store == "shopify/brand.example" then .[.buyer.email].x.y[0] | keys | first else null end`,
		"another form":         `if $store == "shopify/brand.example" then .buyer.email else null end`,
		"an index":             `if $store == "shopify/brand.example" then .buyer[.lines] else null end`,
		"a regular expression": `if $store == "shopify/brand.example" then (.id | test("(" + .buyer.email)) | tostring else null end`,
		"a pattern":            `if $store == "shopify/brand.example" then (.id | test("(ada@example")) | tostring else null end`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mustOpen(t, settings{Branch: expression}).Decide(aMessage("order"), json.RawMessage(order), "")
			f := fault.As(err)
			if f == nil || f.Kind != fault.Rejected || f.Class != fault.Config || f.Field != "ERP_RULE_BRANCH" || !strings.Contains(f.Detail, "in: if $store") {
				t.Fatalf("the error is %v", err)
			}
			if before, _, _ := strings.Cut(err.Error(), "; in: "); strings.Contains(before, "ada") {
				t.Errorf("the error quotes the message: %v", err)
			}
		})
	}
}

func TestTheStepsOfAMessageAreBounded(t *testing.T) {
	t.Parallel()
	lines := make([]string, 400)
	for i := range lines {
		lines[i] = `{"sku":"TEE"}`
	}
	long := strings.Replace(order, `{"sku":"TEE"},{"sku":"BAG"},{"sku":"TEE"}`, strings.Join(lines, ","), 1)
	set := mustOpen(t, settings{State: `if any(.lines[] | .sku as $a | $store; . == "x") or
		any(.lines[] as $a | .lines[] as $b | .lines[] as $c | $a.sku != "TEE"; .) then "held" else null end`})
	_, err := set.Decide(aMessage("order"), json.RawMessage(long), "")
	if f := fault.As(err); f == nil || f.Field != "ERP_RULE_STATE" || !strings.Contains(f.Detail, "too many steps") {
		t.Errorf("64 million combinations ended with %v", err)
	}
	usual := mustOpen(t, settings{Item: `if any(["A", "B", "C"][] as $sku | $sku == $part.sku; .) then "X" else null end`})
	long = strings.Replace(order, `{"sku":"TEE"},{"sku":"BAG"},{"sku":"TEE"}`, strings.Repeat(`{"sku":"TEE"},`, 19_999)+`{"sku":"B"}`, 1)
	chosen, err := usual.Decide(aMessage("order"), json.RawMessage(long), "")
	if err != nil || chosen.Of("ERP_RULE_ITEM", "lines[19999]") != "X" {
		t.Errorf("an order of 20,000 lines ended with %v", err)
	}
}

func TestASkipHasAReasonOfItsExpression(t *testing.T) {
	t.Parallel()
	skip, err := connector.OpenSkip(rules.Language{}, map[string]string{
		"CAUSEWAY_RULE_SKIP": `if $target == "erp" and (.tags // [] | index("b2b")) then "wholesale" elif .id == "8" then .buyer.email elif .id == "9" then true else false end`,
		"CAUSEWAY_RULE_HOLD": `if $type == "order" and .id == "10" then "not released yet" else null end`,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		target, body, reason string
		final                bool
	}{
		{"erp", order, "wholesale, by CAUSEWAY_RULE_SKIP", true},
		{"crm", order, "", false},
		{"crm", strings.Replace(order, `"7"`, `"9"`, 1), "by CAUSEWAY_RULE_SKIP", true},
		{"crm", strings.Replace(order, `"7"`, `"10"`, 1), "not released yet, by CAUSEWAY_RULE_HOLD", false},
	} {
		reason, final, err := skip(aMessage("order"), []byte(c.body), c.target)
		if err != nil || reason != c.reason || final != c.final {
			t.Errorf("%s: skipped with %q, %v, %v, want %q, %v", c.target, reason, final, err, c.reason, c.final)
		}
	}
	if reason, _, err := skip(aMessage("order"), []byte(strings.Replace(order, `"7"`, `"8"`, 1)), "crm"); err == nil || strings.Contains(err.Error()+reason, "ada@") {
		t.Errorf("a reason of the message passes: %q, %v", reason, err)
	}
	if none, err := connector.OpenSkip(rules.Language{}, map[string]string{"OTHER": "x"}); none != nil || err != nil {
		t.Errorf("without a rule there is one: %v", err)
	}
	if _, _, err := skip(aMessage("order"), []byte(`[`), "erp"); !errors.As(err, new(*fault.Error)) {
		t.Errorf("a body that is no JSON ended with %v", err)
	}
}
