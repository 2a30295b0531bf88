package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway"
	"causeway.example/shared/connector"
)

// env is where the app's stacks are deployed, as the stage says.
func env() *awscdk.Environment {
	return &awscdk.Environment{Account: jsii.String("111122223333"), Region: jsii.String("eu-central-1")}
}

// foundation is what the team has already.
type foundation struct {
	stack    awscdk.Stack
	vpc      awsec2.IVpc
	groups   []awsec2.ISecurityGroup
	key      awskms.IKey
	boundary awsiam.IManagedPolicy
	bus      awsevents.IEventBus
	topic    awssns.ITopic
}

func newFoundation(scope constructs.Construct) *foundation {
	stack := awscdk.NewStack(scope, jsii.String("acme-foundation"), &awscdk.StackProps{Env: env()})
	f := &foundation{stack: stack}
	// Vendors put this address on their allow-lists.
	egress := awsec2.NewCfnEIP(stack, jsii.String("Egress"), &awsec2.CfnEIPProps{Domain: jsii.String("vpc")})
	f.vpc = awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{
		AvailabilityZones: jsii.Strings("eu-central-1a", "eu-central-1b"), NatGateways: jsii.Number(1),
		NatGatewayProvider: awsec2.NatProvider_Gateway(&awsec2.NatGatewayProps{EipAllocationIds: &[]*string{egress.AttrAllocationId()}}),
	})
	f.groups = []awsec2.ISecurityGroup{awsec2.NewSecurityGroup(stack, jsii.String("Functions"), &awsec2.SecurityGroupProps{Vpc: f.vpc})}
	f.key = newKey(stack)
	f.boundary = awsiam.NewManagedPolicy(stack, jsii.String("Boundary"), &awsiam.ManagedPolicyProps{Statements: &[]awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("dynamodb:*", "ec2:*", "events:*", "kms:*", "logs:*", "s3:*", "secretsmanager:*", "sqs:*"), Resources: jsii.Strings("*"),
		}),
	}})
	f.bus = awsevents.NewEventBus(stack, jsii.String("Bus"), &awsevents.EventBusProps{EventBusName: jsii.String("acme")})
	topic := awssns.NewTopic(stack, jsii.String("Pager"), nil)
	topic.GrantPublish(awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil))
	f.topic = topic
	return f
}

// newKey creates the key, with what CloudWatch Logs needs to use it.
func newKey(scope constructs.Construct) awskms.Key {
	key := awskms.NewKey(scope, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs.eu-central-1.amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"), Resources: jsii.Strings("*"),
	}), nil)
	return key
}

// newAnalytics uses what the installation returns: a job may read the dead letters of the
// orders and publish events of its own, and an alarm of the team measures a function.
func newAnalytics(scope constructs.Construct, installed *causeway.Installation) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String("acme-analytics"), &awscdk.StackProps{Env: env()})
	job := awsiam.NewRole(stack, jsii.String("Job"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("ecs-tasks.amazonaws.com"), nil)})
	installed.DeadLetters("shopify-orders-to-netsuite").GrantConsumeMessages(job)
	installed.Bus().GrantPutEventsTo(job, nil)
	deliver := installed.Function("netsuite", connector.Deliver)
	awscloudwatch.NewAlarm(stack, jsii.String("Slow"), &awscloudwatch.AlarmProps{
		Metric:    deliver.MetricDuration(&awscloudwatch.MetricOptions{Statistic: jsii.String("p90")}),
		Threshold: jsii.Number(60_000), EvaluationPeriods: jsii.Number(3),
	})
	return stack
}
