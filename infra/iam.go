package main

import (
	"causeway/shared/connector"
	"causeway/shared/routes"
)

// statement is one permission of a role.
type statement struct {
	id        string
	actions   []string
	resources []any
	condition props
}

func (s statement) document() props {
	document := props{"Sid": s.id, "Effect": "Allow", "Action": anything(s.actions), "Resource": s.resources}
	if s.condition != nil {
		document["Condition"] = s.condition
	}
	return document
}

// wildcards lists every pattern in the roles' resources, by what follows the part that
// is exact, with the reason why it cannot be a name. A test holds the roles to it.
var wildcards = map[string]string{
	":*":      "a log group's ARN ends in the streams, which Lambda names",
	"-??????": "Secrets Manager adds six characters of its own to a secret's name",
	"/*":      "objects are named by their hash, by time and id, or by the partner who drops them; their folder is exact",
}

// pattern is a resource that a role may only name by a pattern of the table above.
func pattern(text, ending string) string {
	if wildcards[ending] == "" {
		panic("no reason is given for the wildcard " + ending)
	}
	return text + ending
}

// permissions returns what a function may do: what its role's code calls, on its own
// system's resources. What it is not given here it cannot touch.
func (p *plan) permissions(s system, role connector.Role) []statement {
	all := []statement{p.mayLog(s, role)}
	if secret := p.secret(s); secret != "" {
		all = append(all, statement{
			id: "OwnSecret", actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"},
			resources: []any{arn("secretsmanager", pattern("secret:"+secret, "-??????"))},
		})
	}
	switch role {
	case connector.Receive:
		all = append(all, p.mayAccept(routes.Inbox(s.Name)), p.mayNote(), p.mayStore("claims"))
	case connector.Poll:
		all = append(all, p.mayAccept(routes.Inbox(s.Name), routes.InboxBackfill(s.Name)), p.mayRemember(), p.mayStore("claims"))
	case connector.Pickup:
		all = append(all, p.mayAccept(routes.Inbox(s.Name), routes.InboxBackfill(s.Name)), p.mayNote(), p.mayStore("claims"))
		all = append(all, p.mayLoad("drop/"+s.Name)...)
	case connector.Translate:
		all = append(all, p.mayTake(s, role)...)
		all = append(all, p.mayRemember(), p.mayStore("claims", "archive/"+s.Name), statement{
			id: "Publish", actions: []string{"events:PutEvents"}, resources: arns("events", "event-bus/"+p.prefix),
		})
		all = append(all, p.mayLoad("claims")...)
	case connector.Deliver:
		all = append(all, p.mayTake(s, role)...)
		all = append(all, p.mayRemember(), p.mayStore("claims"))
		all = append(all, p.mayLoad("claims")...)
	}
	if s.isAsync(role) {
		all = append(all, statement{id: "Failed", actions: []string{"sqs:SendMessage"}, resources: arns("sqs", p.name(routes.Dead(s.function(role))))})
	}
	return all
}

func (p *plan) mayLog(s system, role connector.Role) statement {
	return statement{
		id: "Log", actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		resources: []any{arn("logs", pattern("log-group:"+p.logGroup(s, role), ":*"))},
	}
}

// mayTake is what handling a queue's messages needs: Lambda's poller takes them with the
// function's role, and the function defers them, sends those anew that the queue would
// drop, and writes their dead letters.
func (p *plan) mayTake(s system, role connector.Role) []statement {
	var queues, dead []string
	for _, queue := range p.queues(s, role) {
		queues, dead = append(queues, p.name(queue)), append(dead, p.name(routes.Dead(queue)))
	}
	if len(queues) == 0 {
		return nil
	}
	return []statement{
		{id: "Take", actions: []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"}, resources: arns("sqs", queues...)},
		{id: "Bury", actions: []string{"sqs:SendMessage"}, resources: arns("sqs", dead...)},
	}
}

// mayAccept lets a door, a poll or a pickup send raw messages to inboxes.
func (p *plan) mayAccept(inboxes ...string) statement {
	names := make([]string, len(inboxes))
	for i, inbox := range inboxes {
		names[i] = p.name(inbox)
	}
	return statement{id: "Accept", actions: []string{"sqs:SendMessage"}, resources: arns("sqs", names...)}
}

// mayRemember covers state and ledger, which is also read: a poll looks for what was
// published, and a worker for the end of an attempt that was cut short. A condition on the
// keys would not narrow it: keys of the state have hashes, and cross-references are shared
// by all systems.
func (p *plan) mayRemember() statement {
	return statement{
		id:        "Remember",
		actions:   []string{"dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
		resources: arns("dynamodb", "table/"+p.prefix),
	}
}

// mayNote lets a door write to the ledger and to nothing else of the table.
func (p *plan) mayNote() statement {
	return statement{
		id: "Note", actions: []string{"dynamodb:BatchWriteItem", "dynamodb:PutItem"}, resources: arns("dynamodb", "table/"+p.prefix),
		condition: props{"ForAllValues:StringLike": props{"dynamodb:LeadingKeys": anything(ledgerKeys)}},
	}
}

func (p *plan) mayStore(folders ...string) statement {
	return statement{id: "Store", actions: []string{"s3:PutObject"}, resources: p.objects(folders)}
}

// mayLoad reads below folders. Without the right to list, S3 answers that an object is
// forbidden where it means that it is gone, and the one is tried again and the other not.
func (p *plan) mayLoad(folders ...string) []statement {
	return []statement{
		{id: "Load", actions: []string{"s3:GetObject"}, resources: p.objects(folders)},
		{id: "Miss", actions: []string{"s3:ListBucket"}, resources: []any{sub("arn:${AWS::Partition}:s3:::" + p.bucket())}},
	}
}

func (p *plan) objects(folders []string) []any {
	all := make([]any, len(folders))
	for i, folder := range folders {
		all[i] = sub("arn:${AWS::Partition}:s3:::" + p.bucket() + "/" + pattern(folder, "/*"))
	}
	return all
}

// bucket returns the bucket's name, to be filled in by CloudFormation: names of buckets
// are unique in the world.
func (p *plan) bucket() string { return p.prefix + "-${AWS::AccountId}-${AWS::Region}" }

// insecure denies everything that does not come over TLS.
func insecure(service string, resources ...any) props {
	return props{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": service + ":*", "Resource": resources,
		"Condition": props{"Bool": props{"aws:SecureTransport": "false"}},
	}
}

func policy(statements ...props) props {
	list := make([]any, len(statements))
	for i, s := range statements {
		list[i] = s
	}
	return props{"Version": "2012-10-17", "Statement": list}
}
