package plan_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
)

// TestAStageWithARuleNeedsProgramsWithTheLanguage: the test's own program stands for one that
// was built without it.
func TestAStageWithARuleNeedsProgramsWithTheLanguage(t *testing.T) {
	t.Parallel()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings map[string]string
		rules    plan.Rules
		want     string
	}{
		"no rule":           {nil, plan.Rules{}, ""},
		"a system's rule":   {map[string]string{"NETSUITE_RULE_STATUS": "null"}, plan.Rules{}, "NETSUITE_RULE_STATUS is set: make dist RULES=1"},
		"a rule that skips": {nil, plan.Rules{Hold: "null"}, "CAUSEWAY_RULE_HOLD is set: make dist RULES=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage, err := plan.ReadStage("../../stages", "dev")
			if err != nil {
				t.Fatal(err)
			}
			stage.Rules = c.rules
			for key, value := range c.settings {
				stage.Systems["netsuite"].Settings[key] = value
			}
			p, err := newPlan(stage, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range p.Systems {
				for _, role := range s.Roles {
					folder := p.Program(s, role)
					if err := os.MkdirAll(folder, 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.Symlink(own, filepath.Join(folder, "bootstrap")); err != nil {
						t.Fatal(err)
					}
					variables := p.Environment(s, role)
					if _, has := variables["CAUSEWAY_RULE_HOLD"]; has != (role == connector.Deliver && c.rules.Hold != "") {
						t.Errorf("%s has the variables %v", s.Function(role), variables)
					}
				}
			}
			err = p.Built()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), "netsuite-deliver was built without the language of rules, and "+c.want)) {
				t.Errorf("the programs are rejected with %v, want %q", err, c.want)
			}
		})
	}
}

func TestOnlyRulesOfTheFunctionCount(t *testing.T) {
	t.Parallel()
	p := mustPlan(t, "dev")
	for _, s := range p.Systems {
		for _, role := range s.Roles {
			if set := p.RulesOf(s, role); len(set) > 0 {
				t.Errorf("%s has the rules %v", s.Function(role), slices.Sorted(slices.Values(set)))
			}
		}
	}
}
