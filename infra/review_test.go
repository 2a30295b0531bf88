package main

import (
	"bytes"
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

func TestAVerdictNeedsReports(t *testing.T) {
	t.Parallel()
	if err := verdict(t.TempDir()); err == nil {
		t.Error("no report is taken for no finding")
	}
}

func TestARuleThatCouldNotBeAppliedIsAFinding(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	report := `{"lines":[{"ruleId":"AwsSolutions-X1","resourceId":"s/t/Q","compliance":"UNKNOWN","ruleInfo":"cannot tell"}]}`
	if err := os.WriteFile(filepath.Join(folder, "AwsSolutions-s-NagReport.json"), []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := verdict(folder); err == nil || !strings.Contains(err.Error(), "s/t/Q: AwsSolutions-X1: UNKNOWN: cannot tell") {
		t.Errorf("the verdict is %v", err)
	}
}

func TestACommandThatIsWrongSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"an unknown flag":           {[]string{"-stages", "stages", "-fast"}, 2, "flag provided but not defined: -fast"},
		"a stage that is not there": {[]string{"-stages", "stages", "-stage", "nowhere"}, 1, `reading stage "nowhere"`},
		"functions not built":       {[]string{"-stages", "stages", "-dist", "/nowhere"}, 1, "function netsuite-deliver is not built"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			if code := run(c.args, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit code %d and %q, want %d and %q", code, stderr.String(), c.code, c.want)
			}
		})
	}
}
