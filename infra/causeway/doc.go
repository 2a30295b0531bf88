// Package causeway is a library of AWS CDK constructs: Installation is a whole installation in
// four stacks; Queue, Route, Connector, Door, State, Messaging and Watch are its parts, for an
// app that arranges them itself. A new system or flow changes nothing here: the constructs loop
// over the catalog and the route table.
//
// Package plan decides without CDK: the stage and its checks, names, sizes, secrets, settings.
// Package watch has the alarms and the dashboard, package operators the policies of the people
// who run the operator's command. This package has all other resources.
//
//	app := awscdk.NewApp(nil)
//	stage, err := causeway.ReadStage("stages", "prod")
//	installed := causeway.NewInstallation(app, &causeway.InstallationProps{Stage: stage, Programs: "dist"})
//	installed.DeadLetters("shopify-orders-to-netsuite").GrantConsumeMessages(job)
//	app.Synth(nil)
//
// test/infraexample is an app of another team with its own VPC, key, boundary, bus and topic.
//
// # Which construct for which resource
//
// L2 where it adds something: queues, bus, table, bucket, functions, roles, logs, topic, event
// source mappings and function URLs have grants, metrics, and policies that are easily
// forgotten. A typed L1 where the L2 does something else than we need:
//
//   - Rules and asynchronous destinations: their L2 takes target classes of packages that import
//     every target there is (78 packages). Patterns come from the route table as JSON.
//   - Alarms and dashboard: the L2's actions are in a package that imports EC2 and Auto Scaling.
//   - Secrets: the L2 generates a content, and would overwrite that of an existing secret.
//   - Partner bus, archive and log delivery: no L2, or one that names less.
//
// The table is a Table, not a TableV2, and the bucket's EventBridge notification is a property
// override: see there. API Gateway (7 resources) and CodeDeploy (2) are plain resources, because
// their packages cost more to compile than they check: CDK validates these resources against
// CloudFormation's schemas anyway.
//
// # What it costs
//
// Compiling CDK's packages takes 58 CPU seconds and 0.9 GB, once per machine; package
// awsapigatewayv2 alone would add 44. Nothing outside infra imports them. `make synth-cost`
// measures both the build and the run.
//
// # From another module
//
// The module's path is causeway.example, a domain that cannot be registered. An app names the
// place of its copy, whose go.mod stays as it is:
//
//	replace causeway.example => github.com/acme/causeway v1.4.0
//
// # Names and ids
//
// Every resource has a physical name that begins with the prefix, and stacks name each other's
// resources by ARN instead of exporting values. So each stack can be rolled back alone, and
// functions read names that are known before anything is deployed. Installation fixes the
// logical ids too: a resource whose id or name changes is replaced, and CloudFormation creates
// before it deletes, which fails for a name that is taken. A change of Prefix is therefore a new
// installation; move messages with the operator's redrive, and data by a restore of the table.
//
// # Rules that the constructs keep
//
// The design lists pitfalls of SQS, EventBridge and Lambda; the tests of this package hold every
// template to them by number. Roles allow single actions on named resources of one system; an
// evaluator in the tests compares them with the calls of shared/cloud.
//
// The package imports neither shared/cloud nor shared/cloud/function, which bring the AWS SDK,
// and repeats their names: test-aws holds templates, ports and functions equal.
package causeway
