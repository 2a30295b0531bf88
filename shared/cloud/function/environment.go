package function

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// environment is what a function is told by its environment, read once in Start. The
// infrastructure sets the same names.
type environment struct {
	Stage    string            `env:"CAUSEWAY_STAGE" validate:"required"`
	Prefix   string            `env:"CAUSEWAY_PREFIX" validate:"required"` // of every resource's name
	Queues   string            `env:"CAUSEWAY_QUEUES" validate:"required,url,endswith=/"`
	Bus      string            `env:"CAUSEWAY_BUS"`
	Table    string            `env:"CAUSEWAY_TABLE" validate:"required"`
	Bucket   string            `env:"CAUSEWAY_BUCKET" validate:"required"`
	Secret   string            `env:"CAUSEWAY_SECRET"`
	Filters  []string          `env:"CAUSEWAY_FILTERS"` // "-" before a name switches it off
	Budgets  string            `env:"CAUSEWAY_BUDGETS"`
	Build    string            `env:"CAUSEWAY_BUILD" envDefault:"unknown"`
	Parallel int               `env:"CAUSEWAY_PARALLEL" envDefault:"1" validate:"min=1,max=100"`
	Flows    []string          `env:"CAUSEWAY_FLOWS"` // names of routes; empty: all
	LogLevel string            `env:"AWS_LAMBDA_LOG_LEVEL" envDefault:"INFO"`
	OTLP     string            `env:"OTEL_EXPORTER_OTLP_ENDPOINT" validate:"omitempty,http_url"`
	Headers  map[string]string `env:"OTEL_EXPORTER_OTLP_HEADERS"` // such as the collector's key
}

// parseEnvironment reads what os.Environ returned. Errors are fault.Rejected of class
// config and name the variable.
func parseEnvironment(variables map[string]string, role connector.Role) (environment, error) {
	var e environment
	if err := connector.ParseSettings(variables, &e); err != nil {
		return e, err
	}
	if role == connector.Translate && e.Bus == "" {
		return e, badVariable("CAUSEWAY_BUS", "is not set")
	}
	return e, nil
}

func badVariable(name, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading the environment", Field: name, Detail: rule}
}

// Variables returns the pairs of os.Environ as a map.
func Variables(environ []string) map[string]string {
	all := make(map[string]string, len(environ))
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all
}

// only returns the entries of those keys.
func only(all map[string]string, keys []string) map[string]string {
	some := maps.Clone(all)
	maps.DeleteFunc(some, func(key, _ string) bool { return !slices.Contains(keys, key) })
	return some
}

// flows returns the routes that are switched on.
func (e environment) flows(table []routes.Route) ([]routes.Route, error) {
	if len(e.Flows) == 0 {
		return table, nil
	}
	var on []routes.Route
	for _, name := range e.Flows {
		at := slices.IndexFunc(table, func(r routes.Route) bool { return r.Name() == strings.TrimSpace(name) })
		if at < 0 {
			return nil, badVariable("CAUSEWAY_FLOWS", fmt.Sprintf("there is no route %q", name))
		}
		on = append(on, table[at])
	}
	return on, nil
}

// policy returns the pipeline's policy with the budgets that are set.
func (e environment) policy() (retry.Policy, error) {
	policy, err := retry.DefaultPolicy().WithBudgets(e.Budgets)
	if err != nil {
		broken := fault.As(err)
		return policy, badVariable("CAUSEWAY_BUDGETS", broken.Field+": "+broken.Detail)
	}
	return policy, nil
}

// filters returns per filter name whether it holds. What is not named keeps its default.
func (e environment) filters(table []routes.Route) (map[string]bool, error) {
	chosen := map[string]bool{}
	for _, name := range e.Filters {
		plain, off := strings.CutPrefix(strings.TrimSpace(name), "-")
		known := slices.ContainsFunc(table, func(r routes.Route) bool {
			return slices.ContainsFunc(r.Filters, func(f routes.Filter) bool { return f.Name == plain })
		})
		if !known {
			return nil, badVariable("CAUSEWAY_FILTERS", fmt.Sprintf("there is no filter %q", plain))
		}
		chosen[plain] = !off
	}
	return chosen, nil
}
