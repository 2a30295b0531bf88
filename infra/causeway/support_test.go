package causeway

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/infra/causeway/plan/plantest"
)

// workspace holds what is written once for all tests.
var workspace string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "causeway-infra-")
	if err != nil {
		panic(err)
	}
	workspace = folder
	code := m.Run()
	jsii.Close()
	if err := os.RemoveAll(folder); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// examples are the stages of the repository; stages has the toy's too, which uses everything
// that there is.
var (
	examples = []string{"dev", "prod"}
	stages   = []string{"dev", "prod", "toy"}
)

// parts are the stacks, by what follows the prefix.
var parts = []string{"state", "messaging", "connectors", "watch"}

func each(t *testing.T, names []string, check func(t *testing.T, p *Plan, w written)) {
	t.Helper()
	for _, stage := range names {
		t.Run(stage, func(t *testing.T) { check(t, mustPlan(t, stage), mustWrite(t, stage)) })
	}
}

func mustPlan(t *testing.T, stage string) *Plan {
	t.Helper()
	if stage == "toy" {
		return mustPlanToy(t, plantest.ToyConfig())
	}
	read, err := ReadStage("../stages", stage)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(&InstallationProps{Stage: read, Programs: "dist", Build: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mustDist makes a folder of stand-ins for the functions' programs.
func mustDist(t *testing.T, p *Plan) string {
	t.Helper()
	dist := t.TempDir()
	for _, s := range p.Systems {
		for _, role := range s.Roles {
			folder := filepath.Join(dist, s.Function(role))
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "bootstrap"), []byte(s.Function(role)), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dist
}

// one is a resource as a finished template holds it.
type one struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
	UpdatePolicy   any
	DependsOn      any
}

// stack is a finished template.
type stack struct {
	Resources map[string]one
	Outputs   map[string]any
}

// written is what a stage's run wrote. CDK is slow to start, so each stage is written
// once for all tests.
type written struct {
	folder string
	stacks map[string]stack // by name without prefix: "state"
	err    error
}

var (
	writing sync.Mutex
	results = map[string]written{}
)

func mustWrite(t *testing.T, stage string) written {
	t.Helper()
	writing.Lock()
	defer writing.Unlock()
	result, done := results[stage]
	if !done {
		result = writeTo(t, stage, filepath.Join(workspace, stage))
		results[stage] = result
	}
	if result.err != nil {
		t.Fatal(result.err)
	}
	return result
}

func writeTo(t *testing.T, stage, folder string) (result written) {
	t.Helper()
	p := mustPlan(t, stage)
	p.Programs = mustDist(t, p)
	defer func() {
		if cause := recover(); cause != nil {
			result.err = fmt.Errorf("writing %s: %v", stage, cause)
		}
	}()
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(folder), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false),
		Context: &map[string]any{"@aws-cdk/core:validateAgainstDefaultRules": true},
	})
	p.install(app)
	app.Synth(nil)
	return read(folder, p.Prefix())
}

func read(folder, prefix string) written {
	result := written{folder: folder, stacks: map[string]stack{}}
	for _, part := range parts {
		var s stack
		data, err := os.ReadFile(filepath.Join(folder, prefix+"-"+part+".template.json"))
		if err == nil {
			err = json.Unmarshal(data, &s)
		}
		if err != nil {
			return written{err: err}
		}
		result.stacks[part] = s
	}
	return result
}

// of returns all resources of a type, by logical id.
func (w written) of(kind string) map[string]one {
	found := map[string]one{}
	for _, s := range w.stacks {
		for id, r := range s.Resources {
			if r.Type == kind {
				found[id] = r
			}
		}
	}
	return found
}

// named returns the resource whose property has the value.
func (w written) named(t *testing.T, kind, property, value string) one {
	t.Helper()
	for _, r := range w.of(kind) {
		if w.text(r.Properties[property]) == value {
			return r
		}
	}
	t.Fatalf("no %s has the %s %s", kind, property, value)
	return one{}
}

// in descends into properties: in(r, "RedrivePolicy", "maxReceiveCount").
func in(r one, keys ...string) any {
	var value any = r.Properties
	for _, key := range keys {
		inner, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = inner[key]
	}
	return value
}

func integer(value any) int {
	n, ok := value.(float64)
	if !ok {
		return -1
	}
	return int(n)
}

// The account that the tests fill in.
var pseudo = strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::Region}", "eu-central-1", "${AWS::AccountId}", "111122223333", "${AWS::URLSuffix}", "amazonaws.com")

// physical tells which property of a type holds the name, and what its ARN looks like.
var physical = map[string][2]string{
	"AWS::SQS::Queue":       {"QueueName", "arn:aws:sqs:eu-central-1:111122223333:"},
	"AWS::Events::EventBus": {"Name", "arn:aws:events:eu-central-1:111122223333:event-bus/"},
	"AWS::Lambda::Function": {"FunctionName", "arn:aws:lambda:eu-central-1:111122223333:function:"},
	"AWS::DynamoDB::Table":  {"TableName", "arn:aws:dynamodb:eu-central-1:111122223333:table/"},
	"AWS::S3::Bucket":       {"BucketName", "arn:aws:s3:::"},
	"AWS::Logs::LogGroup":   {"LogGroupName", "arn:aws:logs:eu-central-1:111122223333:log-group:"},
}

// text resolves what CloudFormation would: Fn::Sub, Fn::Join, Ref, and Fn::GetAtt of an ARN.
func (w written) text(value any) string {
	call, ok := value.(map[string]any)
	if !ok {
		return fmt.Sprint(value)
	}
	if text, ok := call["Fn::Sub"].(string); ok {
		return pseudo.Replace(text)
	}
	if list, ok := call["Fn::Join"].([]any); ok {
		return strings.Join(w.texts(list[1]), list[0].(string))
	}
	id, _ := call["Ref"].(string)
	if strings.HasPrefix(id, "AWS::") {
		return pseudo.Replace("${" + id + "}")
	}
	if list, ok := call["Fn::GetAtt"].([]any); ok {
		id, _ = list[0].(string)
	}
	for _, s := range w.stacks {
		if r, ok := s.Resources[id]; ok {
			return w.reference(r, call["Ref"] != nil)
		}
	}
	return fmt.Sprint(value)
}

// reference is the name or the ARN of a resource. An alias counts as its function.
func (w written) reference(r one, name bool) string {
	if r.Type == "AWS::Lambda::Alias" {
		return physical["AWS::Lambda::Function"][1] + w.text(r.Properties["FunctionName"]) + ":" + w.text(r.Properties["Name"])
	}
	names := physical[r.Type]
	if name {
		return w.text(r.Properties[names[0]])
	}
	return names[1] + w.text(r.Properties[names[0]])
}

// functionName returns the function of a mapping, a permission or the like, which name a
// function, its ARN, or its alias.
func (w written) functionName(value any) string {
	text := w.text(value)
	if call, ok := value.(map[string]any); ok && call["Fn::Join"] != nil {
		text = flatten(value) // an alias, by a split of its ARN
		for _, alias := range w.of("AWS::Lambda::Alias") {
			if name := w.text(alias.Properties["FunctionName"]); strings.Contains(text, plan.Logical(strings.TrimPrefix(name, w.prefix()+"-"))+"Alias\"") {
				return name
			}
		}
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, physical["AWS::Lambda::Function"][1]), ":live")
	return text
}

// prefix returns the installation's prefix.
func (w written) prefix() string {
	for _, table := range w.of("AWS::DynamoDB::Table") {
		return w.text(table.Properties["TableName"])
	}
	return ""
}

func (w written) texts(value any) []string {
	list, ok := value.([]any)
	if !ok {
		return []string{w.text(value)}
	}
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = w.text(v)
	}
	return all
}

// queues returns the queues by name, without the stage's prefix; dead-letter queues apart.
func (w written) queues(prefix string) (working, dead map[string]one) {
	working, dead = map[string]one{}, map[string]one{}
	for _, q := range w.of("AWS::SQS::Queue") {
		name := strings.TrimPrefix(w.text(q.Properties["QueueName"]), prefix+"-")
		if strings.HasSuffix(name, "-dead") {
			dead[name] = q
		} else {
			working[name] = q
		}
	}
	return working, dead
}

func contains(list []string, want ...string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(list, w) })
}

func flatten(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
