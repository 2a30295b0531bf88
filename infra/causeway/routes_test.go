package causeway

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// TestTemplateAndRouteTableAreEqual holds bus, rules, queues and mappings against the
// table that the local engine's bus is made from too.
func TestTemplateAndRouteTableAreEqual(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		want := map[string]bool{}
		for _, route := range p.Routes { // those of the table between systems of the stage
			want[p.Name(route.Name())] = true
			rule := w.named(t, "AWS::Events::Rule", "Name", p.Name(route.Name()))
			if pattern, err := json.Marshal(rule.Properties["EventPattern"]); err != nil || !sameJSON(t, string(pattern), route.Pattern().String()) {
				t.Errorf("%s matches %s, want %s (%v)", route.Name(), pattern, route.Pattern(), err)
			}
			if bus := w.text(rule.Properties["EventBusName"]); bus != p.Prefix() {
				t.Errorf("%s is a rule of %s", route.Name(), bus)
			}
			target := rule.Properties["Targets"].([]any)[0].(map[string]any)
			if got := w.text(target["Arn"]); got != physical["AWS::SQS::Queue"][1]+p.Name(route.Queue()) || target["InputPath"] != "$.detail" {
				t.Errorf("%s hands %v of the event to %s", route.Name(), target["InputPath"], got)
			}
			mapping := w.mappings()[p.Name(route.Queue())]
			if got := w.functionName(mapping.Properties["FunctionName"]); got != p.Name(route.To+"-deliver") {
				t.Errorf("%s is taken by %s", route.Queue(), got)
			}
			on := slices.Contains(p.Stage.Flows, route.Name())
			if state := map[bool]string{true: "ENABLED", false: "DISABLED"}[on]; rule.Properties["State"] != state || mapping.Properties["Enabled"] != on {
				t.Errorf("%s is on: %v, but its rule is %v and its mapping %v", route.Name(), on, rule.Properties["State"], mapping.Properties["Enabled"])
			}
		}
		for _, rule := range w.of("AWS::Events::Rule") {
			if bus := rule.Properties["EventBusName"]; bus != nil && w.text(bus) == p.Prefix() && !want[w.text(rule.Properties["Name"])] {
				t.Errorf("%v is a rule of no route", rule.Properties["Name"])
			}
		}
		if n := len(routes.Table) - len(p.Routes); n != unstaged(p) {
			t.Errorf("%d routes of the table are left out", n)
		}
		for _, source := range routes.Sources(p.Routes) {
			if got := w.functionName(w.mappings()[p.Name(routes.Inbox(source))].Properties["FunctionName"]); got != p.Name(source+"-"+string(connector.Translate)) {
				t.Errorf("the inbox of %s is taken by %s", source, got)
			}
		}
	})
}

// unstaged counts the routes of the table that begin or end in a system that the stage lacks.
func unstaged(p *Plan) (n int) {
	for _, route := range routes.Table {
		_, from := p.Stage.Systems[route.From]
		if _, to := p.Stage.Systems[route.To]; !from || !to {
			n++
		}
	}
	return n
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	return compact(t, a) == compact(t, b)
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestFunctionsAreTheCatalogsRoles holds names, runtime and environment.
func TestFunctionsAreTheCatalogsRoles(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		functions := 0
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				functions++
				f := w.named(t, "AWS::Lambda::Function", "FunctionName", p.Name(s.Name+"-"+string(role)))
				if f.Properties["Runtime"] != "provided.al2023" || f.Properties["Handler"] != "bootstrap" || !slices.Equal(w.texts(f.Properties["Architectures"]), []string{"arm64"}) {
					t.Errorf("%s runs on %v", s.Function(role), f.Properties)
				}
				if in(f, "LoggingConfig", "LogFormat") != "JSON" || in(f, "LoggingConfig", "ApplicationLogLevel") != p.Stage.Functions.LogLevel {
					t.Errorf("%s logs by %v", s.Function(role), in(f, "LoggingConfig"))
				}
				for key, want := range map[string]string{
					"CAUSEWAY_STAGE": p.Stage.Name, "CAUSEWAY_PREFIX": p.Prefix(), "CAUSEWAY_TABLE": p.Prefix(), "CAUSEWAY_BUILD": "test",
					"CAUSEWAY_QUEUES": "https://sqs.eu-central-1.amazonaws.com/111122223333/", "CAUSEWAY_BUCKET": p.Prefix() + "-111122223333-eu-central-1",
					"CAUSEWAY_SECRET": p.Secret(s, role), "CAUSEWAY_FILTERS": strings.Join(p.Stage.Filters, ","),
				} {
					if got := w.text(in(f, "Environment", "Variables", key)); got != want {
						t.Errorf("%s has %s=%s, want %s", s.Function(role), key, got, want)
					}
				}
				if got := in(f, "Environment", "Variables", "CAUSEWAY_BUDGETS"); p.Stage.Production && role == connector.Deliver && got != "parent=48h,unknown=3" {
					t.Errorf("%s has the budgets %v", s.Function(role), got)
				}
				if got := in(f, "Environment", "Variables", "CAUSEWAY_BUS") != nil; got != (role == connector.Translate) {
					t.Errorf("%s is told the bus: %v", s.Function(role), got)
				}
				for key, want := range s.Config.Settings {
					if got := in(f, "Environment", "Variables", key); got != want {
						t.Errorf("%s has %s=%v, want %s", s.Function(role), key, got, want)
					}
				}
			}
		}
		if got := len(w.of("AWS::Lambda::Function")); got != functions {
			t.Errorf("%d functions, want %d", got, functions)
		}
	})
}
