package main

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/functions"
	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/routes"
)

// toy is a system that exists in this test alone, with every role there is.
func toy() functions.System {
	profile := connector.Profile{
		Name: "toyshop", Title: "Toyshop (v1)", Concurrency: 9, Timeout: 5 * time.Second,
		Roles:    []connector.Role{connector.Receive, connector.Translate, connector.Deliver, connector.Poll, connector.Pickup},
		Settings: []string{"TOYSHOP_SHELF", "TOYSHOP_KEY"}, Secrets: []string{"TOYSHOP_KEY"},
	}
	return functions.System{Profile: profile, Open: func(settings map[string]string, deps connector.Deps) (connector.System, error) {
		if settings["TOYSHOP_SHELF"] == "" || settings["TOYSHOP_KEY"] == "" {
			return connector.System{}, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "opening toyshop", Field: "TOYSHOP_SHELF", Detail: "is not set"}
		}
		request, err := http.NewRequest(http.MethodGet, "https://toyshop.example", nil)
		if err != nil {
			return connector.System{}, err
		}
		if answer, err := deps.HTTP.RoundTrip(request); err == nil {
			return connector.System{}, answer.Body.Close()
		}
		return connector.System{Profile: profile, Source: toySource{}}, nil
	}}
}

// toySource can be sent to over a partner bus; nobody does here.
type toySource struct {
	connector.Source
	connector.Partner
}

var toyRoute = routes.Route{From: "toyshop", Flow: "orders", To: "toyshop", Types: []string{canonical.OrderPlaced}}

func mustJoinToy(t *testing.T, config System) *plan {
	t.Helper()
	stage := &Stage{
		Name: "toy", Systems: map[string]System{"toyshop": config}, Flows: []string{toyRoute.Name()},
		Door: Door{Rate: 1, Burst: 1}, Functions: Functions{Memory: 128, LogLevel: "INFO", Reserve: true}, Retention: Retention{Archive: 91, Log: 7}, Alarms: Alarms{Waiting: 10},
	}
	p, err := join(stage, &source{path: "toy.yaml"}, append(functions.All(), toy()), append(slices.Clone(routes.Table), toyRoute), "test")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var toyConfig = System{Settings: map[string]string{"TOYSHOP_SHELF": "top"}, Partner: "aws.partner/toyshop.example/1"}

// TestANewSystemAndFlowNeedNoChangeHere has CDK write, check and review a system that no
// code of this room knows.
func TestANewSystemAndFlowNeedNoChangeHere(t *testing.T) {
	var all strings.Builder
	for _, template := range mustJoin(t, "toy").templates() {
		all.WriteString(mustReadFile(t, filepath.Join(mustWrite(t, "toy").folder, template.Name+".template.json")))
	}
	for _, name := range []string{
		"toyshop-receive", "toyshop-translate", "toyshop-deliver", "toyshop-poll", "toyshop-pickup", "toyshop-inbox", "toyshop-inbox-dead",
		"toyshop-orders-to-toyshop", "toyshop-orders-to-toyshop-dead", "toyshop-poll-dead", "toyshop-pickup-dead", "toyshop-receive-dead",
	} {
		if !strings.Contains(all.String(), `Name": "causeway-toy-`+name+`"`) {
			t.Errorf("nothing is named causeway-toy-%s", name)
		}
	}
	for _, text := range []string{
		`"POST /hooks/toyshop"`, `"rate(15 minutes)"`, `"drop/toyshop/"`, `"causeway-toy/toyshop"`, `"aws.partner/toyshop.example/1"`,
		`"EventBridgeEnabled": true`, `"causeway-toy-toyshop-inbox-waits"`,
	} {
		if !strings.Contains(all.String(), text) {
			t.Errorf("the templates have no %s", text)
		}
	}
}

// resourcesOf returns the planned resources of a type, by logical id.
func resourcesOf(p *plan, kind string) map[string]resource {
	found := map[string]resource{}
	for _, t := range p.templates() {
		for _, r := range t.Resources {
			if r.Type == kind {
				found[r.ID] = r
			}
		}
	}
	return found
}

func TestTriggersMayStartTheirFunctionsAndLeaveDeadLetters(t *testing.T) {
	t.Parallel()
	p := mustJoinToy(t, toyConfig)
	triggers := p.triggers(p.systems[0])
	if len(triggers) != 3 {
		t.Fatalf("%d triggers, want partner bus, schedule and drop", len(triggers))
	}
	permissions, rules := resourcesOf(p, "AWS::Lambda::Permission"), resourcesOf(p, "AWS::Events::Rule")
	for _, trigger := range triggers {
		permission, rule := permissions[trigger.id+"Permission"], rules[trigger.id+"Rule"]
		text, _ := permission.Props["SourceArn"].(props)["Fn::Sub"].(string)
		if !strings.HasSuffix(text, ":"+trigger.arn()) || permission.Props["Principal"] != "events.amazonaws.com" {
			t.Errorf("%s is allowed by %v", trigger.name, permission.Props)
		}
		if rule.Props["Name"] != trigger.name || (rule.Props["ScheduleExpression"] == nil) == (rule.Props["EventPattern"] == nil) {
			t.Errorf("%s is %v", trigger.name, rule.Props)
		}
		if allowed := p.rulesDeadQueue()[1].Props["PolicyDocument"]; !strings.Contains(flatten(allowed), trigger.arn()) {
			t.Errorf("%s cannot reach the rules' dead letters", trigger.name)
		}
	}
	if got := len(resourcesOf(p, "AWS::Lambda::EventInvokeConfig")); got != 3 {
		t.Errorf("%d functions keep what they failed at, want 3", got)
	}
}

func TestPollingHasADefaultAndASwitch(t *testing.T) {
	t.Parallel()
	for config, want := range map[string][2]string{"": {"rate(15 minutes)", "ENABLED"}, "off": {"rate(15 minutes)", "DISABLED"}, "cron(0 * * * ? *)": {"cron(0 * * * ? *)", "ENABLED"}} {
		toy := toyConfig
		toy.Poll = config
		rule := resourcesOf(mustJoinToy(t, toy), "AWS::Events::Rule")["ToyshopPollScheduleRule"]
		if rule.Props["ScheduleExpression"] != want[0] || rule.Props["State"] != want[1] {
			t.Errorf("poll %q gives %v, %v", config, rule.Props["ScheduleExpression"], rule.Props["State"])
		}
	}
}

func TestSizesFollowTheTarget(t *testing.T) {
	t.Parallel()
	p := mustJoinToy(t, toyConfig)
	for name, c := range map[string]struct {
		concurrency, workers int
		timeout              time.Duration
		want                 size
	}{
		"one call at once":      {1, 0, 5 * time.Second, size{40 * time.Second, 10, 1, 2, 2}},
		"few calls at once":     {9, 0, 5 * time.Second, size{40 * time.Second, 10, 4, 2, 2}},
		"many calls at once":    {100, 0, 5 * time.Second, size{35 * time.Second, 10, 10, 10, 10}},
		"workers by the stage":  {9, 3, 5 * time.Second, size{40 * time.Second, 10, 4, 3, 3}},
		"calls of five minutes": {1, 0, 5 * time.Minute, size{10*time.Minute + slack, 2, 1, 2, 2}},
		"endless calls":         {1, 0, 15 * time.Minute, size{slack, 0, 1, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := p.systems[0]
			s.Concurrency, s.Timeout, s.config.Workers = c.concurrency, c.timeout, c.workers
			if got := p.size(s, connector.Deliver); got != c.want {
				t.Errorf("deliver is %+v, want %+v", got, c.want)
			}
		})
	}
	if got := p.size(p.systems[0], connector.Receive); got != (size{timeout: quick}) {
		t.Errorf("receive is %+v", got)
	}
}

func TestASecretThatIsThereIsNotMade(t *testing.T) {
	t.Parallel()
	config := toyConfig
	if got := len(resourcesOf(mustJoinToy(t, config), "AWS::SecretsManager::Secret")); got != 1 {
		t.Errorf("%d secrets, want 1", got)
	}
	config.Secret = "vault/toyshop"
	p := mustJoinToy(t, config)
	if got := len(resourcesOf(p, "AWS::SecretsManager::Secret")); got != 0 || p.secret(p.systems[0]) != "vault/toyshop" {
		t.Errorf("%d secrets, and %s is used", got, p.secret(p.systems[0]))
	}
}
