package operators

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/shared/routes"
)

// Props identifies an installation.
type Props struct {
	Prefix  string      // of every physical name, and the table's name
	Bucket  string      // name of the bucket, in which CloudFormation replaces ${AWS::Region} and the like
	Secrets []string    // names of the secrets by which the systems' APIs are called; nil: those that begin with the prefix
	Doors   []string    // names of the doors' secrets, of which a reader may see the age
	Targets []string    // names of the systems that routes lead to
	Key     awskms.IKey // of queues, table, bucket and functions' variables; nil if they have none of their own
}

// Operators are five managed policies. Of the first three each contains the one before; attach one
// of them to a role or to a permission set. The others are attached beside the operator's or the
// admin's: the fourth to the role that may erase persons, the fifth to the one that may assign
// records of targets to entities.
//
//	Reader    status, dlq, why, inspect, trace, diff, doctor
//	Operator  and redrive, apply, edit, resolve, ack, export, import, replay, purge, restore, reconcile,
//	          backfill
//	Admin     and route pause and resume
//	Eraser    erase, with the operator's
//	Binder    crosswalk export and import, with the operator's
//
// Looking into a dead-letter queue receives its messages, so that a reader may receive them and
// make them visible again; not delete or send any. A reader reads the settings of functions,
// and an operator the secrets too, because replay and reconcile call the systems as the functions
// do. A reader has the secret of the ledger's addresses: trace finds a person by it. The secret of a door is not among them. Only the Eraser may delete search keys
// and versions of objects, and write archived deliveries again: erase does, which reads the whole
// table. The Binder may read it too, and is
// the only one that may write entities' records and map entries. None of the five may empty a queue by PurgeQueue
// or invoke a function.
//
// Queues and functions are named by patterns: a managed policy has at most 6,144 characters (IAM
// user guide, "IAM and AWS STS quotas"), and an installation has dozens of them. An
// installation whose prefix continues this one's, as causeway-dev-2 does, is included.
type Operators struct {
	Construct constructs.Construct // for tags, aspects and dependencies
	Reader    awsiam.ManagedPolicy
	Operator  awsiam.ManagedPolicy
	Admin     awsiam.ManagedPolicy
	Eraser    awsiam.ManagedPolicy
	Binder    awsiam.ManagedPolicy
}

// New creates an Operators. The policies' ARNs are outputs: their names are left to
// CloudFormation, because all regions of an account share them.
func New(scope constructs.Construct, id string, props *Props) *Operators {
	o := &Operators{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	reader := props.mayLook()
	operator := slices.Concat(reader, props.mayMove())
	admin := slices.Concat(operator, props.mayPause())
	o.Reader = props.policy(o.Construct, "Reader", "Sees what is dead and why", reader)
	o.Operator = props.policy(o.Construct, "Operator", "Redrives dead letters", operator)
	o.Admin = props.policy(o.Construct, "Admin", "Redrives dead letters and pauses routes", admin)
	o.Eraser = props.policy(o.Construct, "Eraser", "Erases persons, beside the policy of an operator", props.mayErase())
	o.Binder = props.policy(o.Construct, "Binder", "Assigns records of targets to entities, beside the policy of an operator", props.mayBind())
	return o
}

func (p *Props) policy(scope constructs.Construct, name, about string, allowed []awsiam.PolicyStatementProps) awsiam.ManagedPolicy {
	document := awsiam.NewPolicyDocument(nil)
	for _, each := range allowed {
		document.AddStatements(awsiam.NewPolicyStatement(&each))
	}
	policy := awsiam.NewManagedPolicy(scope, jsii.String(name), &awsiam.ManagedPolicyProps{
		Description: jsii.String(about + " in " + p.Prefix + ", with the operator's command"), Document: document,
	})
	awscdk.NewCfnOutput(scope, jsii.String(name+"Policy"), &awscdk.CfnOutputProps{Value: policy.ManagedPolicyArn()})
	return policy
}

func allow(id string, resources []*string, actions ...string) awsiam.PolicyStatementProps {
	return awsiam.PolicyStatementProps{Sid: jsii.String(id), Actions: jsii.Strings(actions...), Resources: &resources}
}

// arn names resources of this account and region.
func arn(service, name string) []*string {
	return []*string{awscdk.Fn_Sub(jsii.String("arn:${AWS::Partition}:"+service+":${AWS::Region}:${AWS::AccountId}:"+name), nil)}
}

func (p *Props) objects(parts ...string) (all []*string) {
	for _, part := range parts {
		all = append(all, awscdk.Fn_Sub(jsii.String("arn:${AWS::Partition}:s3:::"+p.Bucket+part), nil))
	}
	return all
}

func (p *Props) queues() []*string     { return arn("sqs", p.Prefix+"-*") }
func (p *Props) deadQueues() []*string { return arn("sqs", p.Prefix+"-"+routes.Dead("*")) }
func (p *Props) table() []*string      { return arn("dynamodb", "table/"+p.Prefix) }

// secrets names the secrets; Secrets Manager appends six characters of its own to a name.
func (p *Props) secrets(names []string) (all []*string) {
	for _, name := range names {
		all = append(all, arn("secretsmanager", "secret:"+name+"-??????")...)
	}
	if names == nil {
		all = arn("secretsmanager", "secret:"+p.Prefix+"/*")
	}
	return all
}

// onKeys allows items whose partition key has one of the patterns.
func (p *Props) onKeys(id string, keys []string, actions ...string) awsiam.PolicyStatementProps {
	s := allow(id, p.table(), actions...)
	s.Conditions = &map[string]any{"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": keys}}
	return s
}

// ledger are the patterns of the ledger's partitions.
var ledger = []string{"D#*", "E#*", "F#*", "K#*", "L#*"}

// mayLook allows everything that changes nothing. IAM limits neither metrics nor the listing of event
// source mappings to resources, nor that of alarms by a prefix.
func (p *Props) mayLook() []awsiam.PolicyStatementProps {
	return append([]awsiam.PolicyStatementProps{
		allow("Measure", p.queues(), "sqs:GetQueueAttributes"),
		allow("Look", p.deadQueues(), "sqs:ChangeMessageVisibility", "sqs:ReceiveMessage"),
		allow("Table", p.table(), "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"),
		p.onKeys("ReadState", []string{"S#*"}, "dynamodb:GetItem"),
		p.onKeys("ReadLedger", ledger, "dynamodb:Query"),
		allow("Lists", *jsii.Strings("*"), "cloudwatch:GetMetricData", "lambda:ListEventSourceMappings"),
		allow("Logs", arn("logs", "log-group:/aws/lambda/"+p.Prefix+"-*:*"), "logs:FilterLogEvents"),
		allow("Alarms", arn("cloudwatch", "alarm:*"), "cloudwatch:DescribeAlarms"),
		allow("Age", append(p.secrets(p.Secrets), p.secrets(p.Doors)...), "secretsmanager:DescribeSecret"),
		allow("HashAddresses", p.secrets([]string{p.Prefix + "/ledger"}), "secretsmanager:GetSecretValue"), // to find a person
		allow("Settings", arn("lambda", "function:"+p.Prefix+"-*"), "lambda:GetFunctionConfiguration"),
		allow("Load", p.objects("/claims/*", "/archive/*"), "s3:GetObject"),
		allow("Miss", p.objects(""), "s3:ListBucket"),
	}, p.withKey("ReadKey", "kms:Decrypt")...)
}

// mayMove allows taking letters out and sending messages, with the records of it.
func (p *Props) mayMove() []awsiam.PolicyStatementProps {
	return append([]awsiam.PolicyStatementProps{
		allow("Redrive", p.queues(), "sqs:SendMessage"),
		allow("TakeOut", p.deadQueues(), "sqs:DeleteMessage"),
		p.onKeys("Operations", []string{"S#operate|*", "S#audit|*", "S#backfill|*"}, "dynamodb:PutItem"),
		allow("Connect", p.secrets(p.Secrets), "secretsmanager:GetSecretValue"),
		p.onKeys("WriteLedger", ledger, "dynamodb:BatchWriteItem", "dynamodb:PutItem"),
		allow("Store", p.objects("/claims/*"), "s3:PutObject"),
	}, p.withKey("WriteKey", "kms:GenerateDataKey")...)
}

// mayPause allows changing the mappings of the installation's functions, with the note of who
// did it. A mapping's ARN has an id of Lambda's: the function is the condition.
func (p *Props) mayPause() []awsiam.PolicyStatementProps {
	pause := allow("Pause", arn("lambda", "event-source-mapping:*"), "lambda:UpdateEventSourceMapping")
	pause.Conditions = &map[string]any{"ArnLike": map[string]any{"lambda:FunctionArn": arn("lambda", "function:"+p.Prefix+"-*")[0]}}
	return []awsiam.PolicyStatementProps{pause, p.onKeys("PauseNote", []string{"S#pause|*"}, "dynamodb:PutItem")}
}

// mayErase allows erasing a person: every version of a body and of an archived delivery, the
// pointers of search keys, entries of the ledger wherever they are, and reading what AWS keeps by
// itself. IAM limits a scan to no partition keys.
func (p *Props) mayErase() []awsiam.PolicyStatementProps {
	stored := p.objects("/claims/*", "/archive/*")
	return []awsiam.PolicyStatementProps{
		allow("Versions", p.objects(""), "s3:ListBucketVersions"),
		allow("ReadVersions", append(stored, p.objects("/drop/*")...), "s3:GetObjectVersion"),
		allow("EraseVersions", stored, "s3:DeleteObjectVersion"),
		allow("Rearchive", p.objects("/archive/*"), "s3:PutObject"),
		allow("Scan", p.table(), "dynamodb:Scan"),
		p.onKeys("ReadCopies", []string{"D#*"}, "dynamodb:GetItem"),
		p.onKeys("EraseKeys", []string{"F#*"}, "dynamodb:DeleteItem"),
		p.onKeys("EraseNotes", []string{"S#pause|*"}, "dynamodb:PutItem"),
		allow("BusArchive", arn("events", "archive/"+p.Prefix), "events:DescribeArchive"),
		allow("LogGroups", arn("logs", "log-group:*"), "logs:DescribeLogGroups"),
	}
}

// mayBind allows listing and writing the records of entities, writing map entries with the records
// of what waits for them, and waking what waits. IAM limits a scan to no partition keys.
func (p *Props) mayBind() []awsiam.PolicyStatementProps {
	keys := []string{"S#map|*", "S#map.waiting|*"}
	for _, target := range p.Targets {
		keys = append(keys, "S#"+target+"|*/*/*/*")
	}
	return []awsiam.PolicyStatementProps{
		allow("Scan", p.table(), "dynamodb:Scan"),
		p.onKeys("Bind", keys, "dynamodb:PutItem"),
		allow("Wake", p.queues(), "sqs:ChangeMessageVisibility"),
	}
}

func (p *Props) withKey(id, action string) []awsiam.PolicyStatementProps {
	if p.Key == nil {
		return nil
	}
	return []awsiam.PolicyStatementProps{allow(id, []*string{p.Key.KeyArn()}, action)}
}
