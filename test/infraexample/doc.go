// Command infraexample is the CDK app of another team that installs Causeway beside its own
// stacks: in its VPC, where a NAT gateway gives the functions one egress address; with its
// key, permissions boundary, event bus, alarm topic, names, tags and bootstrap qualifier. It
// is a module of its own and imports the constructs as any app does.
package main
