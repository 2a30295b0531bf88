package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

// mustPrograms returns the folders of the functions of systems ("*" for all), from the
// repository's folder "functions".
func mustPrograms(t *testing.T, systems ...string) (folders []string) {
	t.Helper()
	for _, system := range systems {
		mains, err := filepath.Glob(filepath.Join("../../functions", system, "*/main.go"))
		if err != nil || len(mains) == 0 {
			t.Fatalf("no function of %s was found: %v", system, err)
		}
		for _, main := range mains {
			folders = append(folders, filepath.Dir(main))
		}
	}
	return folders
}

// mustDist writes a folder as `make dist` of Causeway does: a program for each function, here
// one without content.
func mustDist(t *testing.T) string {
	t.Helper()
	dist := t.TempDir()
	for _, folder := range mustPrograms(t, "*") {
		name := filepath.Base(filepath.Dir(folder)) + "-" + filepath.Base(folder)
		if err := os.MkdirAll(filepath.Join(dist, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dist, name, "bootstrap"), []byte(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dist
}

type properties = map[string]any

// TestTheTeamsOwnResourcesAreUsed synthesizes the app and looks for its VPC, key, boundary,
// bus, topic, names and tags in Causeway's stacks.
func TestTheTeamsOwnResourcesAreUsed(t *testing.T) {
	defer jsii.Close()
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out), AnalyticsReporting: jsii.Bool(false)})
	p := newPlatform(app, mustDist(t))
	app.Synth(nil)
	anything, like := assertions.Match_AnyValue(), assertions.Match_ObjectLike

	functions := assertions.Template_FromStack(p.causeway.ConnectorsStack, nil)
	functions.ResourceCountIs(jsii.String("AWS::Lambda::Function"), jsii.Number(float64(len(mustPrograms(t, "shopify", "netsuite")))))
	functions.AllResourcesProperties(jsii.String("AWS::Lambda::Function"), properties{
		"KmsKeyArn": anything, "VpcConfig": properties{"SubnetIds": anything, "SecurityGroupIds": anything},
	})
	functions.AllResourcesProperties(jsii.String("AWS::IAM::Role"), properties{"PermissionsBoundary": anything})
	functions.HasResourceProperties(jsii.String("AWS::Lambda::Function"), properties{
		"FunctionName": "acme-orders-shopify-receive", "Environment": like(&properties{"Variables": like(&properties{"CAUSEWAY_SECRET": "acme/shopify-webhooks"})}),
	})

	state := assertions.Template_FromStack(p.causeway.StateStack, nil)
	state.HasResourceProperties(jsii.String("AWS::DynamoDB::Table"), properties{"TableName": "acme-orders", "SSESpecification": properties{"SSEType": "KMS"}})
	state.HasResourceProperties(jsii.String("AWS::DynamoDB::Table"), properties{
		"Tags": assertions.Match_ArrayWith(&[]interface{}{properties{"Key": "data-class", "Value": "personal"}}),
	})
	state.HasResource(jsii.String("AWS::S3::Bucket"), properties{"DeletionPolicy": "Retain"})
	state.ResourceCountIs(jsii.String("AWS::SecretsManager::Secret"), jsii.Number(3)) // Shopify's, NetSuite's and the ledger's; the door's exists

	messaging := assertions.Template_FromStack(p.causeway.MessagingStack, nil)
	messaging.ResourceCountIs(jsii.String("AWS::Events::EventBus"), jsii.Number(0))
	messaging.AllResourcesProperties(jsii.String("AWS::SQS::Queue"), properties{"KmsMasterKeyId": anything})
	messaging.AllResourcesProperties(jsii.String("AWS::Events::Rule"), properties{"EventBusName": anything})

	watch := assertions.Template_FromStack(p.causeway.WatchStack, nil)
	watch.ResourceCountIs(jsii.String("AWS::SNS::Topic"), jsii.Number(0))
	watch.AllResourcesProperties(jsii.String("AWS::CloudWatch::Alarm"), properties{"AlarmActions": anything})

	foundation := assertions.Template_FromStack(p.foundation.stack, nil)
	foundation.HasResourceProperties(jsii.String("AWS::KMS::Key"), properties{"KeyPolicy": like(&properties{
		"Statement": assertions.Match_ArrayWith(&[]interface{}{like(&properties{"Principal": properties{"Service": "events.amazonaws.com"}})}),
	})})

	analytics := assertions.Template_FromStack(p.analytics, nil)
	analytics.HasResourceProperties(jsii.String("AWS::IAM::Policy"), properties{"PolicyDocument": like(&properties{
		"Statement": assertions.Match_ArrayWith(&[]interface{}{
			like(&properties{"Action": assertions.Match_ArrayWith(&[]interface{}{"sqs:ReceiveMessage"})}), like(&properties{"Action": "events:PutEvents"}),
		}),
	})})
	analytics.HasResourceProperties(jsii.String("AWS::CloudWatch::Alarm"), properties{"MetricName": "Duration"})
	checkManifest(t, out)
}

// checkManifest looks for the qualifier, the tags and the order of the stacks.
func checkManifest(t *testing.T, out string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Environment  string
			Dependencies []string
			Properties   struct {
				AssumeRoleArn string
				Tags          map[string]string
			}
		}
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"acme-orders-state", "acme-orders-messaging", "acme-orders-connectors", "acme-orders-watch"} {
		stack := manifest.Artifacts[name]
		if !strings.Contains(stack.Properties.AssumeRoleArn, "cdk-acme-deploy-role") || stack.Properties.Tags["cost-center"] != "4711" {
			t.Errorf("%s is deployed by %s with tags %v", name, stack.Properties.AssumeRoleArn, stack.Properties.Tags)
		}
		if stack.Environment != "aws://111122223333/eu-central-1" || !strings.Contains(strings.Join(stack.Dependencies, " "), "acme-foundation") {
			t.Errorf("%s is for %s and depends on %v", name, stack.Environment, stack.Dependencies)
		}
	}
}
