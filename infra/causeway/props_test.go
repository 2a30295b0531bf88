package causeway

import (
	"strings"
	"testing"

	"causeway.example/infra/causeway/plan/plantest"
)

func TestAnInstallationThatIsComposedInGoIsCheckedToo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		props InstallationProps
		want  string
	}{
		"without a stage":     {InstallationProps{Programs: "dist"}, "InstallationProps.Stage is missing"},
		"without programs":    {InstallationProps{Stage: &Stage{}}, "InstallationProps.Programs is missing"},
		"an empty stage":      {InstallationProps{Stage: &Stage{}, Programs: "dist"}, "stage: systems: must satisfy required"},
		"functions not there": {InstallationProps{Stage: plantest.ToyStage(plantest.ToyConfig()), Programs: "dist"}, "systems.toyshop: no such system"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := NewPlan(&c.props); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the findings are %v, want %s", err, c.want)
			}
		})
	}
}
