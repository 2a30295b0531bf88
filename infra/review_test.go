package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway"
)

// TestAFindingFailsTheRun proves that both checks find something.
func TestAFindingFailsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		kind       string
		properties map[string]any
		want       string
	}{
		"an unknown property":        {"AWS::SQS::Queue", map[string]any{"Visibility": 30}, "Validation failed"},
		"a value of a wrong kind":    {"AWS::SQS::Queue", map[string]any{"VisibilityTimeout": "long"}, "Validation failed"},
		"a queue without its policy": {"AWS::SQS::Queue", map[string]any{"QueueName": "q"}, "AwsSolutions-SQS4"},
		"a bucket for everybody":     {"AWS::S3::Bucket", map[string]any{"BucketName": "bad-bucket"}, "AwsSolutions-S10"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			err := writeBad(out, c.kind, c.properties)
			if err == nil {
				err = review([]string{"bad"}, out)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the run ends with %v, want %s", err, c.want)
			}
		})
	}
}

func writeBad(out, kind string, properties map[string]any) (err error) {
	defer caught("writing the templates", &err)
	app := newApp(out)
	awscdk.NewCfnResource(awscdk.NewStack(app, jsii.String("bad"), nil), jsii.String("R"), &awscdk.CfnResourceProps{Type: jsii.String(kind), Properties: &properties})
	app.Synth(nil)
	return nil
}

// TestEveryExceptionIsNeeded inspects the repository's stages: an exception that nothing needs
// would hide a later finding.
func TestEveryExceptionIsNeeded(t *testing.T) {
	needed := map[exception]bool{}
	dist := mustDist(t)
	for _, name := range []string{"dev", "prod"} {
		stage, err := causeway.ReadStage("stages", name)
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "out")
		stacks, err := synthesize(&causeway.InstallationProps{Stage: stage, Programs: dist}, out)
		if err != nil {
			t.Fatal(err)
		}
		findings, err := inspect(stacks, out)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			e, known := acceptance(f)
			if !known {
				t.Errorf("%s: %s: %s: %s", f.Resource, f.Rule, f.Compliance, f.Info)
			}
			needed[e] = true
		}
	}
	for _, e := range accepted {
		if !needed[e] || e.reason == "" {
			t.Errorf("%s is accepted, and nothing needs it: %s", e.rule, e.reason)
		}
	}
}

func TestAReviewNeedsReports(t *testing.T) {
	t.Parallel()
	if _, err := broken(t.TempDir()); err == nil {
		t.Error("a missing report counts as no finding")
	}
}

func TestARuleThatCouldNotBeAppliedIsAFinding(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	report := `{"lines":[{"ruleId":"AwsSolutions-X1","resourceId":"s/t/Q","compliance":"UNKNOWN","ruleInfo":"cannot tell"},{"ruleId":"AwsSolutions-X2","compliance":"Compliant"}]}`
	if err := os.WriteFile(filepath.Join(folder, "AwsSolutions-s-NagReport.json"), []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	findings, err := broken(folder)
	if err != nil || len(findings) != 1 || findings[0] != (finding{"AwsSolutions-X1", "s/t/Q", "UNKNOWN", "cannot tell"}) {
		t.Errorf("the findings are %v (%v)", findings, err)
	}
	if _, known := acceptance(findings[0]); known {
		t.Error("an unknown rule is accepted")
	}
}

func TestAnExceptionHoldsWhereItSays(t *testing.T) {
	t.Parallel()
	for f, want := range map[finding]bool{
		{Rule: "AwsSolutions-SQS3", Resource: "s/t/RulesDeadQueue"}:     true,
		{Rule: "AwsSolutions-SQS3", Resource: "s/t/ShopInboxQueue"}:     false,
		{Rule: "AwsSolutions-IAM5[Resource::x/*]", Resource: "s/t/Any"}: true,
	} {
		if _, got := acceptance(f); got != want {
			t.Errorf("%s at %s is accepted: %v", f.Rule, f.Resource, got)
		}
	}
}
