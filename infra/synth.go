package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// templates returns the stacks in the order in which they are set up.
func (p *plan) templates() []template {
	return []template{p.state(), p.messaging(), p.connectors(), p.watch()}
}

// synthesise has CDK write the templates, as a cloud assembly, into the folder out. The
// functions' code is taken from the folders in code. CDK checks every template against CloudFormation's
// own schemas, and a finding is an error.
func synthesise(s *Stage, templates []template, code map[string]string, out string) (err error) {
	defer caught("writing the templates", &err)
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(out), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false),
		Context: &map[string]any{"@aws-cdk/core:validateAgainstDefaultRules": true},
	})
	stacks := map[string]awscdk.Stack{}
	for _, t := range templates {
		stack := awscdk.NewStack(app, jsii.String(t.Name), &awscdk.StackProps{
			Description: jsii.String(t.About), Env: s.env(), TerminationProtection: jsii.Bool(s.Production),
			Tags: &map[string]*string{"causeway:stage": jsii.String(s.Name)},
		})
		for _, name := range t.After {
			stack.AddStackDependency(stacks[name], nil)
		}
		stacks[t.Name] = stack
		build(stack, t, code)
	}
	app.Synth(nil)
	return nil
}

// env is where the stage is deployed: wherever the credentials lead, if it does not say.
func (s *Stage) env() *awscdk.Environment {
	env := &awscdk.Environment{}
	if s.Account != "" {
		env.Account = jsii.String(s.Account)
	}
	if s.Region != "" {
		env.Region = jsii.String(s.Region)
	}
	return env
}

// build makes a template's resources constructs of the stack.
func build(stack awscdk.Stack, t template, code map[string]string) {
	made := map[string]awscdk.CfnResource{}
	for _, r := range t.Resources {
		properties := r.Props
		if a, ok := properties["Code"].(asset); ok {
			properties["Code"] = stage(stack, r.ID, code[a.function])
		}
		made[r.ID] = awscdk.NewCfnResource(stack, jsii.String(r.ID), &awscdk.CfnResourceProps{Type: jsii.String(r.Type), Properties: &properties})
		if r.Keep {
			made[r.ID].ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE, nil)
		}
	}
	for _, r := range t.Resources {
		for _, needed := range r.After {
			made[r.ID].AddResourceDependency(made[needed], nil)
		}
	}
	for _, name := range sortedKeys(t.Outputs) {
		awscdk.NewCfnOutput(stack, jsii.String(name), &awscdk.CfnOutputProps{Value: awscdk.Token_AsString(t.Outputs[name], nil)})
	}
}

// stage copies a function's folder into the assembly, named by its content, and returns
// where its deployment will put it.
func stage(stack awscdk.Stack, id, folder string) props {
	staged := awscdk.NewAssetStaging(stack, jsii.String(id+"Code"), &awscdk.AssetStagingProps{SourcePath: jsii.String(folder)})
	place := stack.Synthesizer().AddFileAsset(&awscdk.FileAssetSource{
		SourceHash: staged.AssetHash(), FileName: staged.RelativeStagedPath(stack), Packaging: awscdk.FileAssetPackaging_ZIP_DIRECTORY,
		DisplayName: jsii.String(filepath.Base(folder)),
	})
	return props{"S3Bucket": place.BucketName, "S3Key": place.ObjectKey}
}

// built finds the folders of the functions' programs, by function.
func (p *plan) built(dist string) (map[string]string, error) {
	code := map[string]string{}
	var missing []error
	for _, s := range p.systems {
		for _, role := range s.Roles {
			name := s.function(role)
			code[name] = filepath.Join(dist, name)
			if _, err := os.Stat(filepath.Join(code[name], "bootstrap")); err != nil {
				missing = append(missing, fmt.Errorf("function %s is not built: %w", name, err))
			}
		}
	}
	return code, errors.Join(missing...)
}

// caught turns a panic, which is how CDK for Go reports everything, into an error.
func caught(doing string, err *error) {
	switch cause := recover().(type) {
	case nil:
	case error:
		*err = fmt.Errorf("%s: %w", doing, cause)
	default:
		*err = fmt.Errorf("%s: %v", doing, cause)
	}
}
