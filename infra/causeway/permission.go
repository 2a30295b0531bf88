package causeway

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/routes"
	"causeway.example/shared/valuemap"
)

// statement is one permission of a role.
type statement struct {
	id        string
	actions   []string
	resources []*string
	condition map[string]any
}

func (s statement) policy() awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{Sid: jsii.String(s.id), Actions: jsii.Strings(s.actions...), Resources: &s.resources}
	if s.condition != nil {
		props.Conditions = &s.condition
	}
	return awsiam.NewPolicyStatement(props)
}

// wildcards lists every pattern in the roles' resources by its ending, with the reason why it
// cannot be a name. A test compares the roles with it.
var wildcards = map[string]string{
	":*":      "a log group's ARN ends in the streams, which Lambda names",
	"-??????": "Secrets Manager appends six characters of its own to a secret's name",
	"/*":      "objects are named by their hash, by time and id, or by the partner who uploads them; their folder is exact",
	"*":       "EC2 has no ARN for a network interface that Lambda is about to create; only functions in a VPC have this",
}

// pattern is a resource that a role can only name by a pattern of the table above.
func pattern(text, ending string) string {
	if wildcards[ending] == "" {
		panic("wildcard without a reason: " + ending)
	}
	return text + ending
}

// permissions returns what the role's code calls, on its own system's resources.
func (p *Plan) permissions(s plan.Installed, role connector.Role) []statement {
	all := []statement{p.mayLog(s, role)}
	if secrets := p.SecretsOf(s, role); len(secrets) > 0 {
		own := statement{id: "OwnSecret", actions: []string{"secretsmanager:GetSecretValue"}}
		for _, secret := range secrets {
			own.resources = append(own.resources, arns("secretsmanager", pattern("secret:"+secret, "-??????"))...)
		}
		all = append(all, own)
	}
	switch role {
	case connector.Receive:
		all = append(all, p.mayAccept(s), p.mayAddToLedger(s, role), p.mayStore("claims"))
	case connector.Poll:
		all = append(all, p.mayAccept(s), p.mayUseState(s, role), p.mayCompare(s), p.mayUseLedger(s, role), p.mayStore("claims"))
		all = append(all, p.mayMap(s)...)
	case connector.Audit:
		all = append(all, p.mayUseState(s, role), p.mayBind(s), p.mayUseLedger(s, role))
		all = append(all, p.mayMap(p.Audited(s)...)...)
	case connector.Pickup:
		all = append(all, p.mayAccept(s), p.mayAddToLedger(s, role), p.mayStore("claims"))
		all = append(all, p.mayLoad("drop/"+s.Name)...)
	case connector.Translate:
		all = append(all, p.mayTake(s, role)...)
		all = append(all, p.mayHashAddresses())
		all = append(all, p.mayUseState(s, role), p.mayUseLedger(s, role), p.mayStore("claims", "archive/"+s.Name, "archive/sha256"), p.mayPublish(s))
		all = append(all, p.mayLoad("claims")...)
		all = append(all, p.mayMap(s)...)
	case connector.Deliver:
		all = append(all, p.mayTake(s, role)...)
		all = append(all, p.mayUseState(s, role), p.mayUseLedger(s, role))
		all = append(all, p.mayLoad("claims")...)
		all = append(all, p.mayMap(s)...)
	}
	if s.IsAsync(role) {
		all = append(all, statement{id: "Failed", actions: []string{"sqs:SendMessage"}, resources: arns("sqs", p.Name(routes.Dead(s.Function(role))))})
	}
	if p.props.Network != nil {
		all = append(all, statement{
			id: "Network", actions: []string{
				"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
				"ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
			},
			resources: []*string{jsii.String(pattern("", "*"))},
		})
	}
	return all
}

func (p *Plan) mayLog(s plan.Installed, role connector.Role) statement {
	return statement{
		id: "Log", actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		resources: arns("logs", pattern("log-group:"+p.logGroup(s, role), ":*")),
	}
}

// mayTake allows what handling a queue's messages needs: Lambda's poller takes them with the
// function's role; the function defers them, re-sends those that the queue would drop, and
// writes their dead letters.
func (p *Plan) mayTake(s plan.Installed, role connector.Role) []statement {
	var queues, dead []string
	for _, queue := range p.Queues(s, role) {
		queues, dead = append(queues, p.Name(queue)), append(dead, p.Name(routes.Dead(queue)))
	}
	if len(queues) == 0 {
		return nil
	}
	return []statement{
		{id: "Take", actions: []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"}, resources: arns("sqs", queues...)},
		{id: "Bury", actions: []string{"sqs:SendMessage"}, resources: arns("sqs", dead...)},
	}
}

// mayAccept allows the inbox queues: the one of the live lane, and that of the backfill lane.
func (p *Plan) mayAccept(s plan.Installed) statement {
	return statement{id: "Accept", actions: []string{"sqs:SendMessage"}, resources: arns("sqs", p.Name(routes.Inbox(s.Name)), p.Name(routes.InboxBackfill(s.Name)))}
}

// mayHashAddresses allows the secret of the ledger's search keys.
func (p *Plan) mayHashAddresses() statement {
	return statement{
		id: "HashAddresses", actions: []string{"secretsmanager:GetSecretValue"},
		resources: arns("secretsmanager", pattern("secret:"+p.LedgerSecret(), "-??????")),
	}
}

// mayPublish allows events of the own source only, so that a translate function cannot forge
// another system's.
func (p *Plan) mayPublish(s plan.Installed) statement {
	return statement{
		id: "Publish", actions: []string{"events:PutEvents"}, resources: []*string{p.busARN()},
		condition: map[string]any{"StringEquals": map[string]any{"events:source": message.SourcePrefix + s.Name}},
	}
}

// mayUseState allows the records of the role.
func (p *Plan) mayUseState(s plan.Installed, role connector.Role) statement {
	return p.onKeys("State", []string{"dynamodb:GetItem", "dynamodb:PutItem"}, stateKeys(s, role))
}

// mayCompare allows a poll to read what the targets of its system confirmed of the system's own
// entities, and to raise the version of a state that they have (entity.Compare).
func (p *Plan) mayCompare(s plan.Installed) statement {
	var keys []string
	for _, route := range p.Routes {
		if key := "S#" + route.To + "|" + s.Name + "/*"; route.From == s.Name && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return p.onKeys("Compare", []string{"dynamodb:GetItem", "dynamodb:PutItem"}, keys)
}

// mayBind allows an audit to read what was bound to entities: it translates records.
func (p *Plan) mayBind(s plan.Installed) statement {
	var keys []string
	for _, other := range p.Audited(s) {
		keys = append(keys, "S#bind.*|"+other.Name+"/*")
	}
	return p.onKeys("Bound", []string{"dynamodb:GetItem"}, keys)
}

// mayMap allows reading the imported map entries of the systems that the role opens, of those that
// have maps. No function writes them.
func (p *Plan) mayMap(systems ...plan.Installed) []statement {
	var keys []string
	for _, s := range systems {
		if len(s.Maps()) > 0 {
			keys = append(keys, "S#"+valuemap.Key(s.Name))
		}
	}
	if keys == nil {
		return nil
	}
	return []statement{p.onKeys("Maps", []string{"dynamodb:GetItem"}, keys)}
}

// mayUseLedger allows writing and searching entries.
func (p *Plan) mayUseLedger(s plan.Installed, role connector.Role) statement {
	return p.onKeys("Ledger", []string{"dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:Query"}, p.ledgerKeys(s, role))
}

// mayAddToLedger allows a door to add entries one by one. It cannot delete any, because
// BatchWriteItem and DeleteItem delete and are missing. It cannot overwrite one, because it
// cannot read the ledger, and an entry's sort key has 56 random bits.
func (p *Plan) mayAddToLedger(s plan.Installed, role connector.Role) statement {
	return p.onKeys("AddToLedger", []string{"dynamodb:PutItem"}, p.ledgerKeys(s, role))
}

func (p *Plan) onKeys(id string, actions, keys []string) statement {
	return statement{
		id: id, actions: actions, resources: arns("dynamodb", "table/"+p.Prefix()),
		condition: map[string]any{"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": keys}},
	}
}

func (p *Plan) mayStore(folders ...string) statement {
	return statement{id: "Store", actions: []string{"s3:PutObject"}, resources: p.objects(folders)}
}

// mayLoad allows reading below folders. Without permission to list, S3 answers that a missing
// object is forbidden; the pipeline would retry that, and a missing one is not retryable.
func (p *Plan) mayLoad(folders ...string) []statement {
	return []statement{
		{id: "Load", actions: []string{"s3:GetObject"}, resources: p.objects(folders)},
		{id: "Miss", actions: []string{"s3:ListBucket"}, resources: []*string{sub("arn:${AWS::Partition}:s3:::" + p.Bucket())}},
	}
}

func (p *Plan) objects(folders []string) []*string {
	all := make([]*string, len(folders))
	for i, folder := range folders {
		all[i] = sub("arn:${AWS::Partition}:s3:::" + p.Bucket() + "/" + pattern(folder, "/*"))
	}
	return all
}
