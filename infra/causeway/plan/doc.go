// Package plan decides what a stage becomes, before any resource is created: which systems and
// routes, under which names, of which sizes, with which secrets and settings. It knows no CDK, so
// that a stage is checked in milliseconds.
//
//	stage.go        the stage and its YAML file
//	check.go        what a stage may not say, with its line
//	plan.go         the stage joined with the catalog and the route table
//	name.go         names and ids
//	size.go         timeouts, batches, workers, and the limits of SQS and Lambda behind them
//	secret.go       which role reads which secret
//	environment.go  what a function's entry point reads
//	trigger.go      schedules and events that start functions
//
// Names in which CloudFormation replaces ${AWS::Region} and the like are texts here; the
// constructs make Fn::Sub of them.
package plan
