package causeway

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/shared/routes"
)

// OperatorsProps configures an Operators.
type OperatorsProps struct {
	Plan *Plan
}

// Operators are the policies of people who run the operator's command. Each contains the one
// before; attach one of them to a role or to a permission set.
//
//	Reader    status, dlq, why, inspect, trace, diff
//	Operator  and redrive, apply, edit, resolve, ack, export, import, replay
//	Admin     and route pause and resume
//
// Looking into a dead-letter queue receives its messages, so that a reader may receive them and
// make them visible again; not delete or send any. Nobody may purge a queue, write an entity's
// record, read a secret or invoke a function.
type Operators struct {
	Construct constructs.Construct // for tags, aspects and dependencies
	Reader    awsiam.ManagedPolicy
	Operator  awsiam.ManagedPolicy
	Admin     awsiam.ManagedPolicy
}

// NewOperators creates an Operators. The policies' ARNs are outputs: their names are left to
// CloudFormation, because all regions of an account share them.
func NewOperators(scope constructs.Construct, id string, props *OperatorsProps) *Operators {
	p := props.Plan
	o := &Operators{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	reader := p.mayLook()
	operator := slices.Concat(reader, p.mayMove())
	admin := slices.Concat(operator, p.mayPause())
	o.Reader = p.policyOf(o.Construct, "Reader", "What is dead and why", reader)
	o.Operator = p.policyOf(o.Construct, "Operator", "Redrives dead letters", operator)
	o.Admin = p.policyOf(o.Construct, "Admin", "Redrives dead letters and pauses routes", admin)
	return o
}

func (p *Plan) policyOf(scope constructs.Construct, name, about string, allowed []statement) awsiam.ManagedPolicy {
	document := awsiam.NewPolicyDocument(nil)
	for _, each := range allowed {
		document.AddStatements(each.policy())
	}
	policy := awsiam.NewManagedPolicy(scope, jsii.String(name), &awsiam.ManagedPolicyProps{
		Description: jsii.String(about + " in " + p.prefix + ", with the operator's command"), Document: document,
	})
	awscdk.NewCfnOutput(scope, jsii.String(name+"Policy"), &awscdk.CfnOutputProps{Value: policy.ManagedPolicyArn()})
	return policy
}

// everyQueue and everyGrave name queues and dead-letter queues by patterns: a managed policy has at most 6,144
// characters (IAM user guide, "IAM and AWS STS quotas"), and an installation has dozens. An
// installation whose prefix continues this one's, as causeway-dev-2 does, is included.
func (p *Plan) everyQueue() []*string { return arns("sqs", p.name("*")) }

func (p *Plan) everyGrave() []*string { return arns("sqs", p.name(routes.Dead("*"))) }

// ledger are the patterns of the ledger's partitions.
var ledger = []string{"D#*", "E#*", "F#*", "K#*", "L#*"}

// mayLook allows everything that changes nothing.
func (p *Plan) mayLook() []statement {
	all := []statement{
		{id: "Measure", actions: []string{"sqs:GetQueueAttributes"}, resources: p.everyQueue()},
		{id: "Look", actions: []string{"sqs:ChangeMessageVisibility", "sqs:ReceiveMessage"}, resources: p.everyGrave()},
		{id: "Table", actions: []string{"dynamodb:DescribeTable"}, resources: arns("dynamodb", "table/"+p.prefix)},
		p.onKeys("ReadState", []string{"dynamodb:GetItem"}, []string{"S#*"}),
		p.onKeys("ReadLedger", []string{"dynamodb:Query"}, ledger),
		{id: "Pauses", actions: []string{"lambda:ListEventSourceMappings"}, resources: everything()},
	}
	all = append(all, p.mayLoad("claims", "archive")...)
	return append(all, p.mayDecrypt("ReadKey", "kms:Decrypt")...)
}

// mayMove allows taking letters out and sending messages, with the records of it.
func (p *Plan) mayMove() []statement {
	all := []statement{
		{id: "Redrive", actions: []string{"sqs:SendMessage"}, resources: p.everyQueue()},
		{id: "TakeOut", actions: []string{"sqs:DeleteMessage"}, resources: p.everyGrave()},
		p.onKeys("Operations", []string{"dynamodb:PutItem"}, []string{"S#operate|*"}),
		p.onKeys("WriteLedger", []string{"dynamodb:BatchWriteItem", "dynamodb:PutItem"}, ledger),
		p.mayStore("claims"),
	}
	return append(all, p.mayDecrypt("WriteKey", "kms:GenerateDataKey")...)
}

// mayPause allows disabling the mappings of the installation's functions, with the note of who
// did it. A mapping's ARN has an id of Lambda's: the function is the condition.
func (p *Plan) mayPause() []statement {
	return []statement{
		{
			id: "Pause", actions: []string{"lambda:UpdateEventSourceMapping"}, resources: arns("lambda", "event-source-mapping:*"),
			condition: map[string]any{"ArnLike": map[string]any{"lambda:FunctionArn": arns("lambda", "function:"+p.name("*"))}},
		},
		p.onKeys("PauseNote", []string{"dynamodb:PutItem"}, []string{"S#pause|*"}),
	}
}

// mayDecrypt allows the installation's own key, if it has one.
func (p *Plan) mayDecrypt(id, action string) []statement {
	if p.props.Key == nil {
		return nil
	}
	return []statement{{id: id, actions: []string{action}, resources: []*string{p.props.Key.KeyArn()}}}
}

// everything is the resource of actions that IAM does not limit to resources: listing event
// source mappings.
func everything() []*string { return []*string{jsii.String("*")} }
