// Command infra writes the CloudFormation templates of a stage, with CDK: the one room
// that sees it.
package main
