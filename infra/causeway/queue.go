package causeway

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/routes"
)

// QueueProps configures a Queue.
type QueueProps struct {
	// QueueName is the physical name. The dead-letter queue has the name QueueName-dead.
	QueueName string
	// FunctionTimeout is the timeout of the function that takes the messages. The visibility
	// timeout is six times as long. It must be at most 158 seconds: see Queue.
	FunctionTimeout awscdk.Duration
	// Window is how long Lambda lets messages gather before it starts the function, by which the
	// visibility timeout is longer. Default: not at all.
	Window awscdk.Duration
	// Rule is the ARN of the EventBridge rule that may send. Default: none, so only roles
	// with permission can send.
	Rule *string
	// Key encrypts both queues. Default: the key of SQS, which needs no key policy.
	Key awskms.IKey
	// RemovalPolicy applies to both queues. Default: DESTROY.
	RemovalPolicy awscdk.RemovalPolicy
}

// Queue is a standard queue with its dead-letter queue. Both keep messages for 14 days,
// refuse requests without TLS, and the dead-letter queue accepts letters of this queue only.
//
// A message that no function can handle, because the function cannot start, is moved to the
// dead letters after 1,000 receives: after 3.5 days at a timeout of 50 s, after 10.4 days at
// 150 s. NewQueue panics if the timeout is so long that the message would expire first.
//
// The operator sees: on day one the alarms <function>-errors and <queue>-stalled or
// <queue>-waits; by day four the dead letters of what the pipeline handled in vain, each with
// its reason, because its budgets end after 72 h; by day eleven the dead letters of what it
// never handled, without a reason; on day fourteen the expiry of dead letters that were
// not redriven. Messages of a flow that is off are not received, and expire after fourteen days.
type Queue struct {
	Construct   constructs.Construct // for tags, aspects and dependencies
	Queue       awssqs.Queue
	DeadLetters awssqs.Queue
}

// NewQueue creates a Queue.
func NewQueue(scope constructs.Construct, id string, props *QueueProps) *Queue {
	hidden := plan.Visibility * int(*props.FunctionTimeout.ToSeconds(nil))
	if props.Window != nil {
		hidden += int(*props.Window.ToSeconds(nil))
	}
	if hidden > plan.LongestVisibility {
		panic("queue " + props.QueueName + ": a function timeout above 158 s lets messages expire before they are dead-lettered")
	}
	q := &Queue{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	q.DeadLetters = newDeadLetters(q.Construct, "DeadQueue", deadLettersProps{
		name: routes.Dead(props.QueueName), key: props.Key, removal: props.RemovalPolicy, source: arn("sqs", props.QueueName),
	})
	config := &awssqs.QueueProps{
		QueueName: jsii.String(props.QueueName), EnforceSSL: jsii.Bool(true), RemovalPolicy: props.RemovalPolicy,
		RetentionPeriod: days(plan.RetentionDays), VisibilityTimeout: seconds(hidden),
		DeadLetterQueue: &awssqs.DeadLetterQueue{Queue: q.DeadLetters, MaxReceiveCount: number(plan.Receives)},
	}
	config.Encryption, config.EncryptionMasterKey = encryption(props.Key)
	q.Queue = awssqs.NewQueue(q.Construct, jsii.String("Queue"), config)
	if props.Rule != nil {
		allowRules(q.Queue, props.Key, props.Rule)
	}
	return q
}

type deadLettersProps struct {
	name    string
	key     awskms.IKey
	removal awscdk.RemovalPolicy
	source  *string   // ARN of the one queue whose letters it takes; nil for none
	rules   []*string // ARNs of the rules that may send
}

// newDeadLetters creates a queue for dead letters. Its redrive policy names the source by
// ARN, because the source refers to it too.
func newDeadLetters(scope constructs.Construct, id string, props deadLettersProps) awssqs.Queue {
	allow := &awssqs.RedriveAllowPolicy{RedrivePermission: awssqs.RedrivePermission_DENY_ALL}
	if props.source != nil {
		source := awssqs.Queue_FromQueueArn(scope, jsii.String(id+"Source"), props.source)
		allow = &awssqs.RedriveAllowPolicy{RedrivePermission: awssqs.RedrivePermission_BY_QUEUE, SourceQueues: &[]awssqs.IQueue{source}}
	}
	config := &awssqs.QueueProps{
		QueueName: jsii.String(props.name), EnforceSSL: jsii.Bool(true), RemovalPolicy: props.removal,
		RetentionPeriod: days(plan.RetentionDays), RedriveAllowPolicy: allow,
	}
	config.Encryption, config.EncryptionMasterKey = encryption(props.key)
	queue := awssqs.NewQueue(scope, jsii.String(id), config)
	if len(props.rules) > 0 {
		allowRules(queue, props.key, props.rules...)
	}
	return queue
}

func encryption(key awskms.IKey) (awssqs.QueueEncryption, awskms.IKey) {
	if key == nil {
		return awssqs.QueueEncryption_SQS_MANAGED, nil
	}
	return awssqs.QueueEncryption_KMS, key
}

// allowRules lets EventBridge send to the queue for exactly these rules, and use its key.
func allowRules(queue awssqs.Queue, key awskms.IKey, rules ...*string) {
	events := awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("Rules"), Principals: &[]awsiam.IPrincipal{events}, Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": rules}},
	}))
	if key != nil {
		// Without this EventBridge drops the event, and its dead letter too.
		key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("CausewayRules"), Principals: &[]awsiam.IPrincipal{events}, Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"), Resources: jsii.Strings("*"),
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
		}), nil)
	}
}
