package causeway

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"causeway.example/functions"
	"causeway.example/infra/causeway/plan/plantest"
	"causeway.example/shared/routes"
)

func mustPlanToy(t *testing.T, config System) *Plan {
	t.Helper()
	p, err := NewPlan(&InstallationProps{
		Stage: plantest.ToyStage(config), Programs: "dist", Build: "test",
		Catalog: append(functions.All(), plantest.Toy()), Routes: append(slices.Clone(routes.Table), plantest.ToyRoute),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

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
	triggers := p.Triggers(p.Systems[0])
	if len(triggers) != 3 {
		t.Fatalf("%d triggers, want partner bus, schedule and drop", len(triggers))
	}
	permissions, rules := w.of("AWS::Lambda::Permission"), w.of("AWS::Events::Rule")
	letters := flatten(w.of("AWS::SQS::QueuePolicy")["RulesDeadQueuePolicy"].Properties)
	for _, trigger := range triggers {
		permission, rule := permissions[trigger.ID+"Permission"], rules[trigger.ID+"Rule"]
		if text := w.text(permission.Properties["SourceArn"]); !strings.HasSuffix(text, ":"+trigger.Rule()) || permission.Properties["Principal"] != "events.amazonaws.com" {
			t.Errorf("%s is allowed by %v", trigger.Name, permission.Properties)
		}
		if rule.Properties["Name"] != trigger.Name || (rule.Properties["ScheduleExpression"] == nil) == (rule.Properties["EventPattern"] == nil) {
			t.Errorf("%s is %v", trigger.Name, rule.Properties)
		}
		if !strings.Contains(letters, trigger.Rule()) {
			t.Errorf("%s cannot reach the rules' dead letters", trigger.Name)
		}
	}
	if got := len(w.of("AWS::Lambda::EventInvokeConfig")); got != 3 {
		t.Errorf("%d functions keep the events that they failed at, want 3", got)
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

func TestARuleIsDisabledWhileItsTriggerIsOff(t *testing.T) {
	t.Parallel()
	for off, want := range map[bool]string{false: "ENABLED", true: "DISABLED"} {
		if got := *state(!off); got != want {
			t.Errorf("the rule of a trigger that is off (%v) is %s, want %s", off, got, want)
		}
	}
}
