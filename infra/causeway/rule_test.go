package causeway

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
		rules    Rules
		want     string
	}{
		"no rule":           {nil, Rules{}, ""},
		"a system's rule":   {map[string]string{"NETSUITE_RULE_STATUS": "null"}, Rules{}, "NETSUITE_RULE_STATUS is set: make dist RULES=1"},
		"a rule that skips": {nil, Rules{Hold: "null"}, "CAUSEWAY_RULE_HOLD is set: make dist RULES=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage, err := ReadStage("../stages", "dev")
			if err != nil {
				t.Fatal(err)
			}
			stage.Rules = c.rules
			for key, value := range c.settings {
				stage.Systems["netsuite"].Settings[key] = value
			}
			plan, err := NewPlan(&InstallationProps{Stage: stage, Programs: t.TempDir(), Build: "test"})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range plan.systems {
				for _, role := range s.Roles {
					folder := plan.program(s, role)
					if err := os.MkdirAll(folder, 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.Symlink(own, filepath.Join(folder, "bootstrap")); err != nil {
						t.Fatal(err)
					}
					variables := plan.environment(s, role)
					if _, has := variables["CAUSEWAY_RULE_HOLD"]; has != (role == connector.Deliver && c.rules.Hold != "") {
						t.Errorf("%s has the variables %v", s.function(role), variables)
					}
				}
			}
			err = plan.Built()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), "netsuite-deliver was built without the language of rules, and "+c.want)) {
				t.Errorf("the programs are rejected with %v, want %q", err, c.want)
			}
		})
	}
}

func TestOnlyRulesOfTheFunctionCount(t *testing.T) {
	t.Parallel()
	plan := mustPlan(t, "dev")
	for _, s := range plan.systems {
		for _, role := range s.Roles {
			if set := plan.rules(s, role); len(set) > 0 {
				t.Errorf("%s has the rules %v", s.function(role), slices.Sorted(slices.Values(set)))
			}
		}
	}
}
