package aws_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"causeway.example/functions"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/routes"
)

// snapshots are the templates as infra's own tests hold them.
const snapshots = "../../infra/testdata"

func mustStack(t *testing.T) *stack {
	t.Helper()
	s, err := readStack(snapshots, "causeway-dev", place{cloudtest.Account, "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names returns the values of one property of all resources of a kind.
func (s *stack) names(t *testing.T, kind, property string) []string {
	t.Helper()
	var all []string
	err := s.each(kind, func(_ string, p map[string]any) error {
		name, _ := p[property].(string)
		all = append(all, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// TestTableOfTheTemplateIsThatOfThePorts holds the two rooms to each other that may
// not import each other.
func TestTableOfTheTemplateIsThatOfThePorts(t *testing.T) {
	t.Parallel()
	seen := 0
	err := mustStack(t).each("AWS::DynamoDB::Table", func(_ string, p map[string]any) error {
		seen++
		for _, later := range []string{"SSESpecification", "PointInTimeRecoverySpecification"} {
			delete(p, later)
		}
		ttl, _ := p["TimeToLiveSpecification"].(map[string]any)
		if ttl["AttributeName"] != cloud.TTLAttribute || ttl["Enabled"] != true {
			t.Errorf("time to live is %v, the ports write %s", ttl, cloud.TTLAttribute)
		}
		table, err := into[dynamodb.CreateTableInput](p)
		if err != nil {
			return err
		}
		got := map[string]string{}
		for _, key := range table.KeySchema {
			got[*key.AttributeName] = string(key.KeyType)
		}
		if want := map[string]string{cloud.PartitionKey: "HASH", cloud.SortKey: "RANGE"}; !reflect.DeepEqual(got, want) {
			t.Errorf("keys %v, the ports use %v", got, want)
		}
		for _, definition := range table.AttributeDefinitions {
			if definition.AttributeType != "S" || got[*definition.AttributeName] == "" {
				t.Errorf("attribute %s of type %s is no key of the ports", *definition.AttributeName, definition.AttributeType)
			}
		}
		if len(table.GlobalSecondaryIndexes) != 0 {
			t.Errorf("%d indexes that the ports do not use", len(table.GlobalSecondaryIndexes))
		}
		return nil
	})
	if err != nil || seen != 1 {
		t.Errorf("%d tables, %v", seen, err)
	}
}

// absent are the systems of the catalog that the stage dev has not.
func absent() (names []string) {
	for _, system := range functions.All() {
		if system.Optional {
			names = append(names, system.Profile.Name)
		}
	}
	return names
}

func TestNamesOfTheTemplateAreThoseOfThePorts(t *testing.T) {
	t.Parallel()
	s := mustStack(t)
	var queues, rules, programs, ownQueues []string
	secrets := []string{"causeway-dev/netsuite", cloud.AddressSecret("causeway-dev")}
	table := slices.DeleteFunc(slices.Clone(routes.Table), func(r routes.Route) bool {
		return slices.Contains(absent(), r.From) || slices.Contains(absent(), r.To)
	})
	for _, source := range routes.Sources(table) {
		queues = append(queues, routes.Inbox(source), routes.InboxBackfill(source))
		if _, err := os.Stat("../../functions/" + source + "/receive"); err == nil {
			secrets = append(secrets, "causeway-dev/"+source, doorSecret("causeway-dev", source))
		}
	}
	for _, route := range table {
		queues = append(queues, route.Queue())
		rules = append(rules, "causeway-dev-"+route.Name())
	}
	for _, queue := range slices.Clone(queues) {
		queues = append(queues, routes.Dead(queue))
	}
	for i := range queues {
		queues[i] = "causeway-dev-" + queues[i]
	}
	queues = append(queues, "causeway-dev-rules-dead")
	mains, err := filepath.Glob("../../functions/*/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, main := range mains {
		role := filepath.Dir(main)
		system := filepath.Base(filepath.Dir(role))
		if slices.Contains(absent(), system) || filepath.Base(role) == "deliver" && len(routes.To(table, system)) == 0 {
			continue
		}
		program := "causeway-dev-" + system + "-" + filepath.Base(role)
		programs = append(programs, program)
		if filepath.Base(role) == "poll" || filepath.Base(role) == "audit" {
			rules, ownQueues = append(rules, program), append(ownQueues, program+"-dead")
		}
	}
	queues = append(queues, ownQueues...)
	for _, c := range []struct {
		kind, property string
		want           []string
	}{
		{"AWS::SQS::Queue", "QueueName", queues},
		{"AWS::Events::Rule", "Name", rules},
		{"AWS::Lambda::Function", "FunctionName", programs},
		{"AWS::Events::EventBus", "Name", []string{"causeway-dev"}},
		{"AWS::DynamoDB::Table", "TableName", []string{"causeway-dev"}},
		{"AWS::SecretsManager::Secret", "Name", secrets},
		{"AWS::S3::Bucket", "BucketName", []string{"causeway-dev-" + cloudtest.Account + "-eu-central-1"}},
	} {
		slices.Sort(c.want)
		if got := s.names(t, c.kind, c.property); !slices.Equal(got, c.want) {
			t.Errorf("%s\n%v, want\n%v", c.kind, got, c.want)
		}
	}
}

// TestRulesSendWhatThePortsRead wants the body of a queue to be the message itself.
func TestRulesSendWhatThePortsRead(t *testing.T) {
	t.Parallel()
	patterns := map[string]routes.Route{}
	for _, route := range routes.Table {
		patterns["causeway-dev-"+route.Name()] = route
	}
	err := mustStack(t).each("AWS::Events::Rule", func(id string, p map[string]any) error {
		name, _ := p["Name"].(string)
		route, routed := patterns[name]
		if p["ScheduleExpression"] != nil && !routed {
			return nil
		}
		if text, err := json.Marshal(p["EventPattern"]); err != nil || !sameJSON(t, string(text), route.Pattern().String()) {
			t.Errorf("%s has the pattern %s, want %s (%v)", id, text, route.Pattern(), err)
		}
		targets, _ := p["Targets"].([]any)
		if len(targets) != 1 {
			t.Fatalf("%s has %d targets", id, len(targets))
		}
		target, _ := targets[0].(map[string]any)
		arn, _ := target["Arn"].(string)
		if !strings.HasSuffix(arn, ":causeway-dev-"+route.Queue()) || target["InputPath"] != "$.detail" {
			t.Errorf("%s sends %v to %s", id, target["InputPath"], arn)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var left, right any
	if err := json.Unmarshal([]byte(a), &left); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &right); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(left, right)
}

func TestIntrinsicFunctions(t *testing.T) {
	t.Parallel()
	at := &template{place: place{"1", "eu-central-1"}, Resources: map[string]resource{
		"Q": {"AWS::SQS::Queue", map[string]any{"QueueName": map[string]any{"Fn::Sub": "q-${AWS::AccountId}"}}},
		"N": {"AWS::SQS::Queue", nil},
		"F": {"AWS::Lambda::Function", map[string]any{"FunctionName": "f"}},
		"A": {"AWS::Lambda::Alias", map[string]any{"FunctionName": map[string]any{"Ref": "F"}, "Name": "live"}},
	}}
	for name, c := range map[string]struct{ value, want string }{
		"reference":        {`{"Ref":"Q"}`, `"https://sqs.eu-central-1.amazonaws.com/1/q-1"`},
		"attribute":        {`{"Fn::GetAtt":["Q","Arn"]}`, `"arn:aws:sqs:eu-central-1:1:q-1"`},
		"substitution":     {`{"Fn::Sub":["${A}-${Q.Arn}-${!B}",{"A":{"Ref":"AWS::Region"}}]}`, `"eu-central-1-arn:aws:sqs:eu-central-1:1:q-1-${!B}"`},
		"join":             {`{"Fn::Join":["/",["a",{"Ref":"AWS::Partition"}]]}`, `"a/aws"`},
		"select and split": {`{"Fn::Select":["1",{"Fn::Split":[":","a:b:c"]}]}`, `"b"`},
		"nested":           {`{"a":[{"Ref":"AWS::AccountId"}],"b":true}`, `{"a":["1"],"b":true}`},
		"alias":            {`{"Ref":"A"}`, `"f"`},
		"no resource":      {`{"Ref":"X"}`, ""},
		"no name":          {`{"Ref":"N"}`, ""},
		"no rule":          {`{"Fn::ImportValue":"x"}`, ""},
		"out of range":     {`{"Fn::Select":["9",["a"]]}`, ""},
	} {
		var value any
		if err := json.Unmarshal([]byte(c.value), &value); err != nil {
			t.Fatal(err)
		}
		got, err := at.resolve(value)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s: %v", name, got)
			}
			continue
		}
		if text, _ := json.Marshal(got); err != nil || !sameJSON(t, string(text), c.want) {
			t.Errorf("%s: %s %v, want %s", name, text, err, c.want)
		}
	}
}
