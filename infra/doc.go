// Command infra writes the CloudFormation templates of a stage with CDK. It is the one
// room that sees CDK, and it loops over the catalog and the route table: a new system or
// flow changes nothing here.
//
// A stage is one installation and one file, stages/<stage>.yaml. It is held against the
// catalog before anything is written: a system's own Open reads its settings, so that
// what a function would refuse at its start is refused here, with file, line and key.
//
// Four stacks, in the order in which they depend on each other: state (table, bucket,
// secrets), messaging (bus, rules, queues, dead letters), connectors (functions, doors,
// schedules) and watch (alarms, dashboard). Every resource has a name of its own, and
// stacks name each other's resources by ARN instead of exporting anything, so that any
// one of them can be rolled back alone.
//
// What the templates hold is data, made in plain Go (template.go), and becomes constructs
// of the core package in one place (synth.go). CDK's typed packages were left out: they
// take minutes of CPU to compile, where core takes seconds. What they would check, CDK's
// own validation against CloudFormation's schemas checks on the finished template, and
// cdk-nag reviews the templates as they were written (review.go). A finding of either
// fails the run; exceptions stand in one table with their reasons.
//
// Measured on two shared cores: 14 CPU seconds to compile and link this room after the
// catalog (0.4 GB), 2 after a change; 11 CPU seconds, 7 s and 0.6 GB to write, check and
// review a stage, nearly all of it in Node.
//
// The room must not import shared/cloud, which brings the AWS SDK. It repeats that room's
// names: test/aws holds template and ports equal, and that room's own tests hold the
// alarms to what functions count.
package main
