// Command infra writes the CloudFormation templates of a stage: it is a thin app over the
// constructs of package infra/causeway, which any CDK app can import.
//
//	go run ./infra -stage dev -dist dist
//
// A stage is one installation and one file, stages/<stage>.yaml. The command reads it, creates
// the Installation, has CDK write it, and reviews what was written: CDK checks each template
// against CloudFormation's schemas, cdk-nag against its AwsSolutions rules. A finding of either
// fails the run; accepted ones are in one table with their reasons (review.go).
//
// The review reads the templates instead of the constructs, so that it sees what is deployed,
// and leaves nothing of its own in them.
package main
