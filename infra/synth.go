package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway"
)

// synthesize has CDK write the installation into the folder out, as a cloud assembly, and
// returns the names of its stacks. CDK checks every template against CloudFormation's own
// schemas, and a finding is an error.
func synthesize(props *causeway.InstallationProps, out string) (stacks []string, err error) {
	defer caught("writing the templates", &err)
	app := newApp(out)
	i := causeway.NewInstallation(app, props)
	app.Synth(nil)
	for _, stack := range []awscdk.Stack{i.StateStack, i.MessagingStack, i.ConnectorsStack, i.WatchStack} {
		stacks = append(stacks, *stack.StackName())
	}
	return stacks, nil
}

func newApp(out string) awscdk.App {
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(out), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false),
		Context: &map[string]any{"@aws-cdk/core:validateAgainstDefaultRules": true},
	})
}

// caught turns a panic, by which CDK for Go reports everything, into an error.
func caught(doing string, err *error) {
	switch cause := recover().(type) {
	case nil:
	case error:
		*err = fmt.Errorf("%s: %w", doing, cause)
	default:
		*err = fmt.Errorf("%s: %v", doing, cause)
	}
}
