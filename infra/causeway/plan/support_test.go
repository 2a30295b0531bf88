package plan_test

import (
	"os"
	"slices"
	"testing"

	"causeway.example/functions"
	"causeway.example/infra/causeway/plan"
	"causeway.example/infra/causeway/plan/plantest"
	"causeway.example/shared/routes"
)

// newPlan joins the stage with the catalog and the route table of the repository.
func newPlan(stage *plan.Stage, programs string) (*plan.Plan, error) {
	return plan.New(&plan.Props{
		Stage: stage, Catalog: functions.All(), Routes: routes.Table, Programs: programs, Build: "test", Prefix: "causeway-" + stage.Name,
	})
}

// mustPlan joins a stage of the repository.
func mustPlan(t *testing.T, name string) *plan.Plan {
	t.Helper()
	stage, err := plan.ReadStage("../../stages", name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(stage, "dist")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mustPlanToy joins the stage of the toy.
func mustPlanToy(t *testing.T, config plan.System) *plan.Plan {
	t.Helper()
	p, err := plan.New(&plan.Props{
		Stage: plantest.ToyStage(config), Programs: "dist", Build: "test", Prefix: "causeway-toy",
		Catalog: append(functions.All(), plantest.Toy()), Routes: append(slices.Clone(routes.Table), plantest.ToyRoute),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustReadFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
