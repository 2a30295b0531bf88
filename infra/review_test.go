package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFindingFailsTheRun proves that both checks see what they are there for.
func TestAFindingFailsTheRun(t *testing.T) {
	stage := &Stage{Name: "bad"}
	for name, c := range map[string]struct {
		bad  resource
		want string
	}{
		"a property that is none":    {resource{ID: "Q", Type: "AWS::SQS::Queue", Props: props{"Visibility": 30}}, "Validation failed"},
		"a value of a wrong kind":    {resource{ID: "Q", Type: "AWS::SQS::Queue", Props: props{"VisibilityTimeout": "long"}}, "Validation failed"},
		"a queue without its policy": {resource{ID: "Q", Type: "AWS::SQS::Queue", Props: props{"QueueName": "q"}}, "AwsSolutions-SQS4"},
		"a bucket for everybody":     {resource{ID: "B", Type: "AWS::S3::Bucket", Props: props{"BucketName": "bad-bucket"}}, "AwsSolutions-S10"},
	} {
		t.Run(name, func(t *testing.T) {
			out, bad := t.TempDir(), []template{{Name: "bad", About: "bad", Resources: []resource{c.bad}}}
			err := synthesise(stage, bad, nil, out)
			if err == nil {
				err = review(bad, out)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the run ends with %v, want %s", err, c.want)
			}
		})
	}
}

// TestEveryExceptionIsNeeded has the stages inspected once more: an exception that
// nothing needs would hide what comes later.
func TestEveryExceptionIsNeeded(t *testing.T) {
	needed := map[exception]bool{}
	for _, stage := range examples {
		findings, err := inspect(mustJoin(t, stage).templates(), mustWrite(t, stage).folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if e, known := acceptance(f); known {
				needed[e] = true
			}
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
		t.Error("no report is taken for no finding")
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
		t.Error("a rule that nobody knows is accepted")
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
