package causeway

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway.example/infra/causeway/plan/plantest"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// manifest is what CDK's command reads of an assembly.
type manifest struct {
	Artifacts map[string]struct {
		Type         string
		Environment  string
		Dependencies []string
		Properties   struct{ TerminationProtection bool }
	}
}

func TestStacksStandInOrderAndWhereTheStageSays(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		var read manifest
		if err := json.Unmarshal([]byte(mustReadFile(t, filepath.Join(w.folder, "manifest.json"))), &read); err != nil {
			t.Fatal(err)
		}
		for part, after := range map[string][]string{"state": nil, "messaging": nil, "connectors": {p.Name("state"), p.Name("messaging")}, "watch": {p.Name("connectors")}} {
			stack := read.Artifacts[p.Name(part)]
			if !contains(stack.Dependencies, after...) {
				t.Errorf("%s depends on %v, want %v", part, stack.Dependencies, after)
			}
			if stack.Properties.TerminationProtection != p.Stage.Production {
				t.Errorf("%s is protected: %v", part, stack.Properties.TerminationProtection)
			}
			want := "aws://unknown-account/unknown-region"
			if p.Stage.Account != "" {
				want = "aws://" + p.Stage.Account + "/" + p.Stage.Region
			}
			if stack.Environment != want {
				t.Errorf("%s is for %s, want %s", part, stack.Environment, want)
			}
		}
	})
}

// TestStacksExportNothing is what lets each be rolled back alone.
func TestStacksExportNothing(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, part := range parts {
			text := mustReadFile(t, filepath.Join(w.folder, p.Name(part)+".template.json"))
			for _, bad := range []string{`"Export"`, "Fn::ImportValue", "Token["} {
				if strings.Contains(text, bad) {
					t.Errorf("%s has %s in it", part, bad)
				}
			}
		}
	})
}

// The limits of CloudFormation and IAM.
const (
	mostResources  = 500
	largestStack   = 1 << 20
	largestPolicy  = 10_240 // characters of a role's inline policies, white space apart
	longestPattern = 2_048  // characters of a rule's pattern
)

func TestStacksKeepWithinTheLimits(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, part := range parts {
			if text := mustReadFile(t, filepath.Join(w.folder, p.Name(part)+".template.json")); len(text) > largestStack || len(w.stacks[part].Resources) > mostResources {
				t.Errorf("%s has %d bytes and %d resources", part, len(text), len(w.stacks[part].Resources))
			}
		}
		for id, role := range w.of("AWS::IAM::Role") {
			if text := pseudo.Replace(flatten(role.Properties["Policies"])); len(text) > largestPolicy {
				t.Errorf("the policies of %s have %d characters", id, len(text))
			}
		}
		for id, rule := range w.of("AWS::Events::Rule") {
			if text := flatten(rule.Properties["EventPattern"]); len(text) > longestPattern {
				t.Errorf("the pattern of %s has %d characters", id, len(text))
			}
		}
	})
}

func TestEverythingIsNamedByItsStage(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		seen := map[string]string{}
		for kind, names := range physical {
			for id, r := range w.of(kind) {
				name := w.text(r.Properties[names[0]])
				if r.Properties["EventSourceName"] != nil {
					continue // a partner's bus has the name of its source
				}
				if !strings.Contains(name, p.Prefix()) || seen[kind+name] != "" {
					t.Errorf("%s is named %s, as %s is", id, name, seen[kind+name])
				}
				seen[kind+name] = id
			}
		}
	})
}

func TestRolesAreForFunctionsAndTheirDeployments(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		roles, want := w.of("AWS::IAM::Role"), len(w.of("AWS::Lambda::Function"))
		if p.Stage.Functions.Shift != "" {
			want *= 2
		}
		if len(roles) != want {
			t.Errorf("%d roles, want %d", len(roles), want)
		}
		for id, role := range roles {
			service := "lambda.amazonaws.com"
			if strings.HasSuffix(id, "DeploymentRole") {
				service = "codedeploy.amazonaws.com"
			}
			for _, s := range statements(role.Properties["AssumeRolePolicyDocument"]) {
				if w.text(in(one{Properties: s}, "Principal", "Service")) != service || s["Action"] != "sts:AssumeRole" {
					t.Errorf("%s may be assumed by %v", id, s)
				}
			}
		}
	})
}

func TestLogsEnd(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for id, group := range w.of("AWS::Logs::LogGroup") {
			if integer(group.Properties["RetentionInDays"]) != p.Stage.Retention.Log {
				t.Errorf("%s keeps its lines %v days", id, group.Properties["RetentionInDays"])
			}
		}
		for _, f := range w.of("AWS::Lambda::Function") {
			if got, want := w.text(in(f, "LoggingConfig", "LogGroup")), "/aws/lambda/"+w.text(f.Properties["FunctionName"]); got != want {
				t.Errorf("%s logs to %s", want, got)
			}
		}
	})
}

// TestCodeIsWhatWasBuilt follows a function's code from the template to the file.
func TestCodeIsWhatWasBuilt(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				f := w.named(t, "AWS::Lambda::Function", "FunctionName", p.Name(s.Function(role)))
				key, _ := in(f, "Code", "S3Key").(string)
				path := filepath.Join(w.folder, "asset."+strings.TrimSuffix(key, ".zip"), "bootstrap")
				if got := mustReadFile(t, path); got != s.Function(role) {
					t.Errorf("the code of %s is %s", s.Function(role), got)
				}
				if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 {
					t.Errorf("the code of %s cannot be run: %v", s.Function(role), err)
				}
			}
		}
	})
}

// TestTriggersMatchTheirEvents asks the matcher that one machine routes by.
func TestTriggersMatchTheirEvents(t *testing.T) {
	t.Parallel()
	p := mustPlanToy(t, plantest.ToyConfig())
	bucket := p.Prefix() + "-111122223333-eu-central-1"
	events := map[string][2]string{ // one that is for it, and one that is not
		"causeway-toy-toyshop-partner": {
			mustReadFile(t, "../../events/triggers/eventbridge-partner.json"),
			`{"source":"aws.ec2","detail-type":"State-change","detail":{}}`,
		},
		"causeway-toy-toyshop-pickup": {
			`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"` + bucket + `"},"object":{"key":"drop/toyshop/partner/stock/feed.csv"}}}`,
			`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"` + bucket + `"},"object":{"key":"drop/toyshop2/partner/stock/feed.csv"}}}`,
		},
	}
	matched := 0
	for _, trigger := range p.Triggers(p.Systems[0]) {
		if trigger.Pattern == nil {
			continue
		}
		matched++
		text := strings.ReplaceAll(flatten(trigger.Pattern), flatten(map[string]any{"Fn::Sub": p.Bucket()}), `"`+bucket+`"`)
		pattern := routes.MustPattern(text)
		for i, event := range events[trigger.Name] {
			if match, err := pattern.Match([]byte(event)); err != nil || match != (i == 0) {
				t.Errorf("%s matches event %d: %v (%v)", trigger.Name, i, match, err)
			}
		}
	}
	if matched != len(events) {
		t.Errorf("%d triggers have patterns, want %d", matched, len(events))
	}
}

func TestAPartnersBusIsJoinedByItsSource(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, s := range p.Systems {
			if s.Config.Partner == "" {
				continue
			}
			bus := w.named(t, "AWS::Events::EventBus", "Name", s.Config.Partner)
			rule := w.named(t, "AWS::Events::Rule", "Name", p.Name(s.Name+"-partner"))
			if bus.Properties["EventSourceName"] != s.Config.Partner || w.text(rule.Properties["EventBusName"]) != s.Config.Partner {
				t.Errorf("%s comes over %v by a rule of %v", s.Name, bus.Properties, rule.Properties["EventBusName"])
			}
			target := rule.Properties["Targets"].([]any)[0].(map[string]any)
			if got := w.functionName(target["Arn"]); got != p.Name(s.Function(connector.Receive)) || target["InputPath"] != nil {
				t.Errorf("%s hands %v of the event to %s", s.Name, target["InputPath"], got)
			}
		}
	})
}

// TestIDsOfInstallationsStay lists logical ids that installations have: another id is a
// replacement, which a resource with a name of its own does not survive.
func TestIDsOfInstallationsStay(t *testing.T) {
	each(t, []string{"prod"}, func(t *testing.T, _ *Plan, w written) {
		for id, kind := range map[string]string{
			"Table": "AWS::DynamoDB::Table", "Bucket": "AWS::S3::Bucket", "ShopifySecret": "AWS::SecretsManager::Secret", "LedgerSecret": "AWS::SecretsManager::Secret", "Bus": "AWS::Events::EventBus",
			"BusArchive": "AWS::Events::Archive", "ShopifyInboxQueue": "AWS::SQS::Queue", "ShopifyInboxDeadQueue": "AWS::SQS::Queue", "RulesDeadQueue": "AWS::SQS::Queue",
			"ShopifyOrdersToNetsuiteQueue": "AWS::SQS::Queue", "ShopifyOrdersToNetsuiteRule": "AWS::Events::Rule", "ShopifyPollDeadQueue": "AWS::SQS::Queue",
			"ShopifyPartnerBus": "AWS::Events::EventBus", "NetsuiteDeliver": "AWS::Lambda::Function", "NetsuiteDeliverLog": "AWS::Logs::LogGroup",
			"ShopifyOrdersToNetsuiteMapping": "AWS::Lambda::EventSourceMapping", "WoocommerceUrl": "AWS::Lambda::Url", "Api": "AWS::ApiGatewayV2::Api",
			"Domain": "AWS::ApiGatewayV2::DomainName", "Topic": "AWS::SNS::Topic", "Receiver1": "AWS::SNS::Subscription", "Dashboard": "AWS::CloudWatch::Dashboard",
		} {
			if w.of(kind)[id].Type == "" {
				t.Errorf("no %s has the logical id %s", kind, id)
			}
		}
	})
}

func TestLogicalIDsAreWordsInOne(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"Default/ShopInbox/Queue/Resource": "ShopInboxQueue", "Default/shop/ShopPoll/Resource": "ShopPoll", "Default/shop/ShopUrl": "ShopUrl",
	} {
		if got := spell(path, []string{"shop"}); got != want {
			t.Errorf("%s is spelled %s, want %s", path, got, want)
		}
	}
}
