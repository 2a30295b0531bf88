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
	case connector.Translate:
		all = append(all, p.mayTake(s, role)...)
		all = append(all, p.mayRemember(), p.mayStore("s3:GetObject", "s3:PutObject"),
			statement{id: "Publish", actions: []string{"events:PutEvents"}, resources: arns("events", "event-bus/"+p.prefix)})
	case connector.Deliver:
		all = append(all, p.mayTake(s, role)...)
		all = append(all, p.mayRemember(), p.mayStore("s3:GetObject"))
	case connector.Receive:
		all = append(all, p.mayAccept(s), p.mayNote(), p.mayStore("s3:GetObject", "s3:PutObject"))
	case connector.Poll:
		all = append(all, p.mayAccept(s), p.mayRemember(), p.mayStore("s3:GetObject", "s3:PutObject"))
	case connector.Pickup:
		all = append(all, p.mayAccept(s), p.mayRemember(), p.mayStore("s3:GetObject", "s3:PutObject"), p.mayPickUp(s))
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
// function's role, and the function defers them and writes their dead letters.
func (p *plan) mayTake(s system, role connector.Role) []statement {
	var queues, dead []string
	for _, queue := range p.queues(s, role) {
		queues, dead = append(queues, p.name(queue)), append(dead, p.name(routes.Dead(queue)))
	}
	if len(queues) == 0 {
		return nil
	}
	return []statement{
		{id: "Take", actions: []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}, resources: arns("sqs", queues...)},
		{id: "Bury", actions: []string{"sqs:SendMessage"}, resources: arns("sqs", dead...)},
	}
}

func (p *plan) mayAccept(s system) statement {
	return statement{id: "Accept", actions: []string{"sqs:SendMessage"}, resources: arns("sqs", p.name(routes.Inbox(s.Name)))}
}

// mayRemember covers state and ledger. A condition on the keys would not narrow it: the
// state's keys begin with the target or the inbox, and a cross-reference is shared by all.
func (p *plan) mayRemember() statement {
	return statement{id: "Remember", actions: []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"}, resources: arns("dynamodb", "table/"+p.prefix)}
}

// mayNote lets a door write to the ledger and to nothing else of the table.
func (p *plan) mayNote() statement {
	return statement{
		id: "Note", actions: []string{"dynamodb:PutItem"}, resources: arns("dynamodb", "table/"+p.prefix),
		condition: props{"ForAllValues:StringLike": props{"dynamodb:LeadingKeys": []any{ledgerKeys}}},
	}
}

func (p *plan) mayStore(actions ...string) statement {
	resources := []any{p.object(pattern("claims", "/*"))}
	if len(actions) > 1 {
		resources = append(resources, p.object(pattern("archive", "/*")))
	}
	return statement{id: "Store", actions: actions, resources: resources}
}

func (p *plan) mayPickUp(s system) statement {
	return statement{
		id: "PickUp", actions: []string{"s3:DeleteObject", "s3:GetObject"},
		resources: []any{p.object(pattern("drop/"+s.Name, "/*"))},
	}
}

// object names objects of the bucket, by a pattern.
func (p *plan) object(key string) props {
	return sub("arn:${AWS::Partition}:s3:::" + p.bucket() + "/" + key)
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
