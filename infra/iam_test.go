package main

import (
	"path"
	"slices"
	"strings"
	"testing"

	"causeway/shared/connector"
	"causeway/shared/routes"
)

// call is one request as IAM sees it.
type call struct{ action, resource, leadingKey string }

// may evaluates the inline policies of a function's role, as far as the roles use IAM:
// allow, exact actions, resources with * and ?, and a condition on leading keys.
func (w written) may(t *testing.T, function string, c call) bool {
	t.Helper()
	return slices.ContainsFunc(w.statementsOf(t, function), func(s map[string]any) bool {
		condition := in(one{Properties: s}, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys")
		return s["Effect"] == "Allow" && contains(w.texts(s["Action"]), c.action) && matchesOne(w.texts(s["Resource"]), c.resource) &&
			(condition == nil || matchesOne(w.texts(condition), c.leadingKey))
	})
}

func (w written) statementsOf(t *testing.T, function string) []map[string]any {
	t.Helper()
	f := w.named(t, "AWS::Lambda::Function", "FunctionName", function)
	id := f.Properties["Role"].(map[string]any)["Fn::GetAtt"].([]any)[0].(string)
	role := w.stacks["connectors"].Resources[id]
	if role.Properties["ManagedPolicyArns"] != nil {
		t.Fatalf("%s has managed policies, which this test cannot read", function)
	}
	var all []map[string]any
	for _, policy := range role.Properties["Policies"].([]any) {
		all = append(all, statements(policy.(map[string]any)["PolicyDocument"])...)
	}
	return all
}

// matchesOne compares with the patterns; a * of IAM passes slashes, unlike package path's.
func matchesOne(patterns []string, text string) bool {
	flat := strings.NewReplacer("/", "\x01", "[", `\[`)
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		match, err := path.Match(flat.Replace(pattern), strings.ReplaceAll(text, "/", "\x01"))
		return err == nil && match
	})
}

func (p *plan) secretARN(s system) string {
	return "arn:aws:secretsmanager:eu-central-1:111122223333:secret:" + p.secret(s) + "-a1B2c3"
}

func (p *plan) queueARN(queue string) string { return physical["AWS::SQS::Queue"][1] + p.name(queue) }

func (p *plan) objectARN(key string) string {
	return strings.TrimSuffix("arn:aws:s3:::"+p.prefix+"-111122223333-eu-central-1/"+key, "/")
}

// needs lists what the code of a role calls.
func needs(p *plan, s system, role connector.Role) []call {
	table, log := physical["AWS::DynamoDB::Table"][1]+p.prefix, physical["AWS::Logs::LogGroup"][1]+p.logGroup(s, role)+":log-stream:2026/11/25"
	all := []call{
		{action: "logs:CreateLogStream", resource: log},
		{action: "logs:PutLogEvents", resource: log},
		{action: "secretsmanager:GetSecretValue", resource: p.secretARN(s)},
		{action: "secretsmanager:DescribeSecret", resource: p.secretARN(s)},
	}
	for _, key := range []string{"L#trace", "E#event", "K#entity", "D#dead#20261125#0"} {
		all = append(all, call{"dynamodb:BatchWriteItem", table, key}, call{"dynamodb:PutItem", table, key})
	}
	for _, queue := range p.queues(s, role) {
		for _, action := range []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility", "sqs:SendMessage"} {
			all = append(all, call{action: action, resource: p.queueARN(queue)})
		}
		all = append(all, call{action: "sqs:SendMessage", resource: p.queueARN(routes.Dead(queue))})
	}
	switch role {
	case connector.Receive, connector.Poll, connector.Pickup:
		all = append(all, call{action: "sqs:SendMessage", resource: p.queueARN(routes.Inbox(s.Name))}, call{action: "s3:PutObject", resource: p.objectARN("claims/abc")})
	case connector.Translate:
		all = append(all, call{action: "events:PutEvents", resource: physical["AWS::Events::EventBus"][1] + p.prefix},
			call{action: "s3:PutObject", resource: p.objectARN("claims/abc")}, call{action: "s3:PutObject", resource: p.objectARN("archive/" + s.Name + "/2026/x")})
	}
	switch role {
	case connector.Poll, connector.Pickup:
		all = append(all, call{action: "sqs:SendMessage", resource: p.queueARN(routes.InboxBackfill(s.Name))})
	case connector.Deliver: // the body of a dead letter that no queue takes
		all = append(all, call{action: "s3:PutObject", resource: p.objectARN("claims/abc")})
	}
	switch role {
	case connector.Translate, connector.Deliver:
		all = append(all, call{"dynamodb:Query", table, "L#trace"}, call{"dynamodb:Query", table, "E#event"})
		all = append(all, call{"dynamodb:GetItem", table, "S#key"}, call{"dynamodb:PutItem", table, "S#key"},
			call{action: "s3:GetObject", resource: p.objectARN("claims/abc")}, call{action: "s3:ListBucket", resource: p.objectARN("")})
	case connector.Poll:
		all = append(all, call{"dynamodb:GetItem", table, "S#key"}, call{"dynamodb:PutItem", table, "S#key"}, call{"dynamodb:Query", table, "K#entity"})
	case connector.Pickup:
		all = append(all, call{action: "s3:GetObject", resource: p.objectARN("drop/" + s.Name + "/partner/feed.csv")})
	}
	if s.isAsync(role) {
		all = append(all, call{action: "sqs:SendMessage", resource: p.queueARN(routes.Dead(s.function(role)))})
	}
	return all
}

func TestEachFunctionMayDoWhatItNeeds(t *testing.T) {
	each(t, stages, func(t *testing.T, p *plan, w written) {
		for _, s := range p.systems {
			for _, role := range s.Roles {
				for _, c := range needs(p, s, role) {
					if !w.may(t, p.name(s.function(role)), c) {
						t.Errorf("%s may not %s on %s", s.function(role), c.action, c.resource)
					}
				}
			}
		}
	})
}

func TestNoFunctionTouchesWhatIsAnothers(t *testing.T) {
	each(t, stages, func(t *testing.T, p *plan, w written) {
		for _, s := range p.systems {
			for _, role := range s.Roles {
				for _, c := range foreign(p, s, role) {
					if w.may(t, p.name(s.function(role)), c) {
						t.Errorf("%s may %s on %s", s.function(role), c.action, c.resource)
					}
				}
			}
		}
	})
}

// foreign lists what a function must not be able to do: anything with another system's
// secret, log or queue, and what only another role does.
func foreign(p *plan, s system, role connector.Role) []call {
	var all []call
	for _, other := range p.systems {
		if other.Name != s.Name {
			all = append(all, call{action: "secretsmanager:GetSecretValue", resource: p.secretARN(other)},
				call{action: "s3:GetObject", resource: p.objectARN("drop/" + other.Name + "/x")}, call{action: "s3:PutObject", resource: p.objectARN("archive/" + other.Name + "/x")})
		}
		for _, otherRole := range other.Roles {
			if other.Name == s.Name && otherRole == role {
				continue
			}
			all = append(all, call{action: "logs:PutLogEvents", resource: physical["AWS::Logs::LogGroup"][1] + p.logGroup(other, otherRole) + ":x"})
			for _, queue := range p.queues(other, otherRole) {
				all = append(all, call{action: "sqs:ReceiveMessage", resource: p.queueARN(queue)}, call{action: "sqs:DeleteMessage", resource: p.queueARN(queue)},
					call{action: "sqs:SendMessage", resource: p.queueARN(routes.Dead(queue))})
				polls := role == connector.Poll || role == connector.Pickup
				if queue != routes.Inbox(s.Name) && !(polls && queue == routes.InboxBackfill(s.Name)) {
					all = append(all, call{action: "sqs:SendMessage", resource: p.queueARN(queue)})
				}
			}
		}
	}
	if role != connector.Translate {
		all = append(all, call{action: "events:PutEvents", resource: physical["AWS::Events::EventBus"][1] + p.prefix})
	}
	if role == connector.Receive || role == connector.Pickup {
		table := physical["AWS::DynamoDB::Table"][1] + p.prefix
		all = append(all, call{"dynamodb:PutItem", table, "S#key"}, call{"dynamodb:BatchWriteItem", table, "S#key"}, call{"dynamodb:GetItem", table, "S#key"},
			call{action: "s3:GetObject", resource: p.objectARN("claims/abc")})
	}
	return append(all,
		call{action: "s3:DeleteObject", resource: p.objectARN("claims/abc")}, call{action: "s3:PutObject", resource: p.objectARN("audit/x")},
		call{action: "sqs:PurgeQueue", resource: p.queueARN(routes.Inbox(s.Name))}, call{action: "dynamodb:DeleteItem", resource: physical["AWS::DynamoDB::Table"][1] + p.prefix})
}

// TestEveryWildcardHasItsReason reads all roles, and all other policies that allow.
func TestEveryWildcardHasItsReason(t *testing.T) {
	each(t, stages, func(t *testing.T, p *plan, w written) {
		used := map[string]bool{}
		for _, s := range p.systems {
			for _, role := range s.Roles {
				for _, statement := range w.statementsOf(t, p.name(s.function(role))) {
					for _, action := range w.texts(statement["Action"]) {
						if strings.ContainsAny(action, "*?") {
							t.Errorf("%s may do %s", s.function(role), action)
						}
					}
					for _, resource := range w.texts(statement["Resource"]) {
						used[reasonFor(t, s.function(role), resource)] = true
					}
				}
			}
		}
		for ending, reason := range wildcards {
			if !used[ending] || reason == "" {
				t.Errorf("the wildcard %s is in the table, and nobody uses it", ending)
			}
		}
	})
}

// reasonFor returns the entry of the table that a resource's wildcard stands under, "" if
// the resource has none.
func reasonFor(t *testing.T, function, resource string) string {
	t.Helper()
	for ending := range wildcards {
		if exact, ok := strings.CutSuffix(resource, ending); ok && !strings.ContainsAny(exact, "*?") {
			return ending
		}
	}
	if strings.ContainsAny(resource, "*?") {
		t.Errorf("%s may use %s, a wildcard without a reason", function, resource)
	}
	return ""
}

// TestTheEvaluatorCanSayNo proves that the checks above can fail.
func TestTheEvaluatorCanSayNo(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"arn:aws:s3:::b/claims/*", "arn:aws:s3:::b/claims/a/b", true},
		{"arn:aws:s3:::b/claims/*", "arn:aws:s3:::b/archive/a", false},
		{"secret:x-??????", "secret:x-a1B2c3", true},
		{"secret:x-??????", "secret:x-y-a1B2c3", false},
		{"L#*", "S#1", false},
	} {
		if got := matchesOne([]string{c.pattern}, c.text); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.text, got)
		}
	}
}
