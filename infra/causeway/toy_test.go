package causeway

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/routes"
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

// toySource accepts events of a partner bus; none are sent here.
type toySource struct {
	connector.Source
	connector.Partner
}

var toyRoute = routes.Route{From: "toyshop", Flow: "orders", To: "toyshop", Types: []string{canonical.OrderPlaced}}

func toyStage(config System) *Stage {
	return &Stage{
		Name: "toy", Systems: map[string]System{"toyshop": config}, Flows: []string{toyRoute.Name()},
		Door: DoorConfig{Rate: 1, Burst: 1}, Functions: Functions{Memory: 128, LogLevel: "INFO", Reserve: true, Shift: "Canary10Percent5Minutes"},
		Retention: Retention{Archive: 91, Log: 7}, Alarms: Alarms{Waiting: 10},
	}
}

func mustPlanToy(t *testing.T, config System) *Plan {
	t.Helper()
	p, err := NewPlan(&InstallationProps{
		Stage: toyStage(config), Programs: "dist", Build: "test",
		Catalog: append(functions.All(), toy()), Routes: append(slices.Clone(routes.Table), toyRoute),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var toyConfig = System{Settings: map[string]string{"TOYSHOP_SHELF": "top"}, Partner: "aws.partner/toyshop.example/1"}

// TestANewSystemAndFlowNeedNoChangeHere has CDK write and check a system that no code of this
// package knows.
func TestANewSystemAndFlowNeedNoChangeHere(t *testing.T) {
	var all strings.Builder
	for _, part := range parts {
		all.WriteString(mustReadFile(t, filepath.Join(mustWrite(t, "toy").folder, "causeway-toy-"+part+".template.json")))
	}
	for _, name := range []string{
		"toyshop-receive", "toyshop-translate", "toyshop-deliver", "toyshop-poll", "toyshop-pickup", "toyshop-inbox", "toyshop-inbox-dead",
		"toyshop-inbox-backfill", "toyshop-inbox-backfill-dead", "toyshop-orders-to-toyshop", "toyshop-orders-to-toyshop-dead",
		"toyshop-poll-dead", "toyshop-pickup-dead", "toyshop-receive-dead",
	} {
		if !strings.Contains(all.String(), `Name": "causeway-toy-`+name+`"`) {
			t.Errorf("nothing is named causeway-toy-%s", name)
		}
	}
	for _, text := range []string{
		`"POST /hooks/toyshop"`, `"rate(15 minutes)"`, `"drop/toyshop/"`, `"causeway-toy/toyshop"`, `"causeway-toy/toyshop/receive"`, `"aws.partner/toyshop.example/1"`,
		`"EventBridgeEnabled": true`, `"causeway-toy-toyshop-inbox-waits"`,
	} {
		if !strings.Contains(all.String(), text) {
			t.Errorf("the templates have no %s", text)
		}
	}
}

func TestTriggersMayStartTheirFunctionsAndLeaveDeadLetters(t *testing.T) {
	p, w := mustPlan(t, "toy"), mustWrite(t, "toy")
	triggers := p.triggers(p.systems[0])
	if len(triggers) != 3 {
		t.Fatalf("%d triggers, want partner bus, schedule and drop", len(triggers))
	}
	permissions, rules := w.of("AWS::Lambda::Permission"), w.of("AWS::Events::Rule")
	letters := flatten(w.of("AWS::SQS::QueuePolicy")["RulesDeadQueuePolicy"].Properties)
	for _, trigger := range triggers {
		permission, rule := permissions[trigger.id+"Permission"], rules[trigger.id+"Rule"]
		if text := w.text(permission.Properties["SourceArn"]); !strings.HasSuffix(text, ":"+trigger.rule()) || permission.Properties["Principal"] != "events.amazonaws.com" {
			t.Errorf("%s is allowed by %v", trigger.name, permission.Properties)
		}
		if rule.Properties["Name"] != trigger.name || (rule.Properties["ScheduleExpression"] == nil) == (rule.Properties["EventPattern"] == nil) {
			t.Errorf("%s is %v", trigger.name, rule.Properties)
		}
		if !strings.Contains(letters, trigger.rule()) {
			t.Errorf("%s cannot reach the rules' dead letters", trigger.name)
		}
	}
	if got := len(w.of("AWS::Lambda::EventInvokeConfig")); got != 3 {
		t.Errorf("%d functions keep the events that they failed at, want 3", got)
	}
}

func TestPollingHasADefaultAndASwitch(t *testing.T) {
	t.Parallel()
	for config, want := range map[string][2]string{"": {"rate(15 minutes)", "ENABLED"}, "off": {"rate(15 minutes)", "DISABLED"}, "cron(0 * * * ? *)": {"cron(0 * * * ? *)", "ENABLED"}} {
		toy := toyConfig
		toy.Poll = config
		p := mustPlanToy(t, toy)
		for _, trigger := range p.triggers(p.systems[0]) {
			if trigger.role == connector.Poll && (trigger.schedule != want[0] || *state(!trigger.off) != want[1]) {
				t.Errorf("poll %q gives %v, off: %v", config, trigger.schedule, trigger.off)
			}
		}
	}
}

func TestSizesFollowTheTarget(t *testing.T) {
	t.Parallel()
	p := mustPlanToy(t, toyConfig)
	for name, c := range map[string]struct {
		concurrency, workers int
		timeout              time.Duration
		want                 size
	}{
		"one call at once":     {1, 0, 5 * time.Second, size{40 * time.Second, 10, 1, 2, 2}},
		"few calls at once":    {9, 0, 5 * time.Second, size{40 * time.Second, 10, 4, 2, 2}},
		"many calls at once":   {100, 0, 5 * time.Second, size{35 * time.Second, 10, 10, 10, 10}},
		"workers by the stage": {9, 3, 5 * time.Second, size{40 * time.Second, 10, 4, 3, 3}},
		"calls of a minute":    {1, 0, time.Minute, size{2*time.Minute + slack, 10, 1, 2, 2}},
		"calls of two minutes": {1, 0, 2 * time.Minute, size{2*time.Minute + slack, 1, 1, 2, 2}},
		"endless calls":        {1, 0, 15 * time.Minute, size{slack, 0, 1, 2, 2}},
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
	if got := p.size(p.systems[0], connector.Translate); got != (size{40 * time.Second, 10, 4, 2, 4}) {
		t.Errorf("translate is %+v, want two workers for each lane", got)
	}
	if got := p.size(p.systems[0], connector.Receive); got != (size{timeout: quick}) {
		t.Errorf("receive is %+v", got)
	}
}

func TestEachRoleReadsOneSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secret  string
		secrets map[string]string
		door    string
		others  string
		created bool // the door's
	}{
		"created":                {"", nil, "causeway-toy/toyshop/receive", "causeway-toy/toyshop", true},
		"existing":               {"vault/toyshop", nil, "vault/toyshop", "vault/toyshop", false},
		"existing, and a door's": {"vault/toyshop", map[string]string{"receive": "vault/door"}, "vault/door", "vault/toyshop", false},
		"created, and a door's":  {"", map[string]string{"receive": "vault/door"}, "vault/door", "causeway-toy/toyshop", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := toyConfig
			config.Secret, config.Secrets = c.secret, c.secrets
			p := mustPlanToy(t, config)
			s := p.systems[0]
			if got := p.secret(s, connector.Receive); got != c.door || p.isOwnSecret(s, connector.Receive) != c.created {
				t.Errorf("the door reads %s, created: %v", got, !c.created)
			}
			if got := p.secret(s, connector.Poll); got != c.others || p.isOwnSecret(s, connector.Poll) != (c.secret == "") {
				t.Errorf("the other roles read %s", got)
			}
		})
	}
}

func TestADoorThatReadsTheWholeSecretIsRemarked(t *testing.T) {
	t.Parallel()
	config := toyConfig
	config.Secret, config.Door = "vault/toyshop", functionURL
	remarks := strings.Join(mustPlanToy(t, config).Remarks(), "\n")
	for _, want := range []string{"the door of toyshop reads vault/toyshop", "the door of toyshop is a function URL, which names no alias"} {
		if !strings.Contains(remarks, want) {
			t.Errorf("the remarks are %q, want %q", remarks, want)
		}
	}
}

func TestConcurrencyIsReservedForEveryFunction(t *testing.T) {
	t.Parallel()
	p := mustPlanToy(t, toyConfig)
	s := p.systems[0]
	s.config.Rate = 90
	for role, want := range map[connector.Role]int{connector.Receive: 45, connector.Poll: 1, connector.Translate: 4, connector.Deliver: 2} {
		if got := p.reserved(s, role); got != want {
			t.Errorf("%s gets %d, want %d", role, got, want)
		}
	}
	p.stage.Door.Concurrency = 7
	if got := p.reserved(s, connector.Receive); got != 7 {
		t.Errorf("the door gets %d, want the stage's 7", got)
	}
	p.stage.Functions.Reserve = false
	if got := p.reserved(s, connector.Poll); got != 0 {
		t.Errorf("a stage that reserves nothing reserves %d", got)
	}
}

func TestShiftedFunctionsAreInvokedByTheirAlias(t *testing.T) {
	w := mustWrite(t, "toy")
	if got := len(w.of("AWS::Lambda::Alias")); got != 5 || len(w.of("AWS::Lambda::Version")) != 5 || len(w.of("AWS::CodeDeploy::DeploymentGroup")) != 5 {
		t.Fatalf("%d aliases, want one with its version and deployment group for each function", got)
	}
	for id, alias := range w.of("AWS::Lambda::Alias") {
		if alias.UpdatePolicy == nil || alias.Properties["Name"] != aliasName {
			t.Errorf("%s is moved at once: %v", id, alias)
		}
	}
	for id, group := range w.of("AWS::CodeDeploy::DeploymentGroup") {
		text := flatten(group.Properties)
		for _, want := range []string{"CodeDeployDefault.LambdaCanary10Percent5Minutes", "DEPLOYMENT_STOP_ON_ALARM", "DeploymentAlarm", "DeploymentRole"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %s", id, want)
			}
		}
	}
	for id, alarm := range w.of("AWS::CloudWatch::Alarm") {
		if strings.HasSuffix(id, "DeploymentAlarm") && (alarm.Properties["AlarmActions"] != nil || !strings.Contains(flatten(alarm.Properties["Dimensions"]), ":live")) {
			t.Errorf("%s notifies, or reads another version: %v", id, alarm.Properties)
		}
	}
	for kind, property := range map[string]string{"AWS::Lambda::EventSourceMapping": "FunctionName", "AWS::Lambda::Permission": "FunctionName", "AWS::ApiGatewayV2::Integration": "IntegrationUri"} {
		for id, r := range w.of(kind) {
			if !strings.Contains(flatten(r.Properties[property]), "Alias") {
				t.Errorf("%s names the function past its alias: %v", id, r.Properties[property])
			}
		}
	}
}
