package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/cloudformationinclude"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// exception is a rule of cdk-nag that is knowingly not followed.
type exception struct{ rule, where, reason string } // where the resource's id ends so; "" is everywhere

// accepted lists the exceptions.
var accepted = []exception{
	{"AwsSolutions-S1", "", "only the functions use the bucket; CloudTrail records access where an account wants that"},
	{"AwsSolutions-SMG4", "", "the vendors issue these credentials, and only they can replace them"},
	{"AwsSolutions-IAM5", "", "every wildcard has its reason in the table of wildcards, which a test enforces"},
	{"AwsSolutions-APIG4", "", "senders sign their webhooks and support nothing else; the function checks the signature"},
	{"AwsSolutions-SQS3", "DeadQueue", "it is a dead-letter queue"},
}

// review checks the templates, as they were written, by the rules of cdk-nag, and returns
// every finding that is not accepted.
func review(stacks []string, out string) error {
	findings, err := inspect(stacks, out)
	if err != nil {
		return err
	}
	var rejected []error
	for _, f := range findings {
		if _, known := acceptance(f); !known {
			rejected = append(rejected, fmt.Errorf("%s: %s: %s: %s", f.Resource, f.Rule, f.Compliance, f.Info))
		}
	}
	return errors.Join(rejected...)
}

// inspect has cdk-nag read the templates and returns its findings. Including a template gives
// every resource the type that the rules look for.
func inspect(stacks []string, out string) (findings []finding, err error) {
	defer caught("reviewing the templates", &err)
	folder, err := os.MkdirTemp("", "causeway-review-")
	if err != nil {
		return nil, fmt.Errorf("reviewing the templates: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(folder), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false)})
	for _, name := range stacks {
		stack := awscdk.NewStack(app, jsii.String(name), &awscdk.StackProps{
			Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{GenerateBootstrapVersionRule: jsii.Bool(false)}),
		})
		cloudformationinclude.NewCfnInclude(stack, jsii.String("t"), &cloudformationinclude.CfnIncludeProps{
			TemplateFile: jsii.String(filepath.Join(out, name+".template.json")),
		})
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Reports: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	return broken(folder)
}

// broken reads the reports and returns the findings in them.
func broken(folder string) ([]finding, error) {
	reports, err := filepath.Glob(filepath.Join(folder, "*NagReport.json"))
	if err != nil || len(reports) == 0 {
		return nil, fmt.Errorf("reviewing the templates: %w", errors.Join(err, errNoReports))
	}
	var findings []finding
	for _, report := range reports {
		lines, err := readReport(report)
		if err != nil {
			return nil, err
		}
		findings = append(findings, slices.DeleteFunc(lines, finding.holds)...)
	}
	return findings, nil
}

var errNoReports = errors.New("cdk-nag wrote none")

// finding is one line of a report of cdk-nag.
type finding struct {
	Rule       string `json:"ruleId"`
	Resource   string `json:"resourceId"`
	Compliance string `json:"compliance"`
	Info       string `json:"ruleInfo"`
}

func readReport(path string) ([]finding, error) {
	data, err := os.ReadFile(path) //nolint:gosec // G304: a file that cdk-nag has just written
	if err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	var report struct {
		Lines []finding `json:"lines"`
	}
	if err := json.Unmarshal(data, &report); err != nil {
		return nil, fmt.Errorf("reading report %s: %w", path, err)
	}
	return report.Lines, nil
}

// holds reports whether the rule holds. A rule that could not be applied does not.
func (f finding) holds() bool { return f.Compliance == "Compliant" || f.Compliance == "N/A" }

// acceptance returns the exception for a finding. The id of a rule may name its finding in
// brackets.
func acceptance(f finding) (exception, bool) {
	rule, _, _ := strings.Cut(f.Rule, "[")
	i := slices.IndexFunc(accepted, func(e exception) bool { return e.rule == rule && strings.HasSuffix(f.Resource, e.where) })
	if i < 0 {
		return exception{}, false
	}
	return accepted[i], true
}
