package main

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	newPlatform(app, os.Args[1])
	app.Synth(nil)
}

// platform is all stacks of the app.
type platform struct {
	foundation *foundation
	causeway   *causeway.Installation
	analytics  awscdk.Stack
}

// newPlatform creates the stacks. Programs is the folder that `make dist` of Causeway writes.
func newPlatform(app awscdk.App, programs string) *platform {
	f := newFoundation(app)
	installed := causeway.NewInstallation(app, &causeway.InstallationProps{
		Stage: stage(), Programs: programs, Build: "v1",
		Prefix: "acme-orders", Qualifier: "acme", Tags: map[string]string{"cost-center": "4711"},
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		Key:           f.key, PermissionsBoundary: f.boundary, Bus: f.bus, AlarmTopic: f.topic,
		Network: &causeway.Network{Vpc: f.vpc, SecurityGroups: f.groups},
	})
	awscdk.Tags_Of(installed.State.Construct).Add(jsii.String("data-class"), jsii.String("personal"), nil)
	return &platform{foundation: f, causeway: installed, analytics: newAnalytics(app, installed)}
}

// stage describes the installation in Go instead of YAML.
func stage() *causeway.Stage {
	return &causeway.Stage{
		Name: "orders", Account: "111122223333", Region: "eu-central-1",
		Systems: map[string]causeway.System{
			"shopify": {Settings: map[string]string{"SHOPIFY_SHOPS": "acme.myshopify.com"}, Secrets: map[string]string{"receive": "acme/shopify-webhooks"}},
			"netsuite": {Settings: map[string]string{
				"NETSUITE_ACCOUNT": "1234567", "NETSUITE_AUTH": "token", "NETSUITE_CONSUMER_KEY": "key", "NETSUITE_TOKEN_ID": "token",
				"NETSUITE_SUBSIDIARIES": "shopify/acme.myshopify.com=1", "NETSUITE_CURRENCIES": "USD=1",
			}},
		},
		Flows:     []string{"shopify-customers-to-netsuite", "shopify-orders-to-netsuite", "shopify-payments-to-netsuite"},
		Door:      causeway.DoorConfig{Rate: 20, Burst: 50},
		Functions: causeway.Functions{Memory: 256, LogLevel: "INFO"},
		Retention: causeway.Retention{Archive: 120, Log: 30},
		Alarms:    causeway.Alarms{Waiting: 60},
	}
}
