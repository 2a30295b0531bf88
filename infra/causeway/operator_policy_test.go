package causeway

import (
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/routes"
)

// ask is one request of an operator as IAM sees it.
type ask struct{ action, resource, leadingKey, function string }

// grants evaluates a managed policy, as far as they use IAM: allow, exact actions,
// resources with * and ?, and conditions on leading keys and on a mapping's function.
func (w written) grants(t *testing.T, policy string, a ask) bool {
	t.Helper()
	resource, found := w.stacks["watch"].Resources[policy]
	if !found || resource.Type != "AWS::IAM::ManagedPolicy" {
		t.Fatalf("there is no policy %s", policy)
	}
	return slices.ContainsFunc(statements(resource.Properties["PolicyDocument"]), func(s map[string]any) bool {
		keys := in(one{Properties: s}, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys")
		function := in(one{Properties: s}, "Condition", "ArnLike", "lambda:FunctionArn")
		return s["Effect"] == "Allow" && contains(w.texts(s["Action"]), a.action) && matchesOne(w.texts(s["Resource"]), a.resource) &&
			(keys == nil || matchesOne(w.texts(keys), a.leadingKey)) && (function == nil || matchesOne(w.texts(function), a.function))
	})
}

const mappingARN = "arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:0b7c"

func (p *Plan) functionARN(name string) string {
	return "arn:aws:lambda:eu-central-1:111122223333:function:" + p.Name(name)
}

// looks, moves, and pauses and erases are what the commands of each level call.
func (p *Plan) looks(route string) []ask {
	return []ask{
		{action: "sqs:GetQueueAttributes", resource: p.queueARN(route)},
		{action: "sqs:GetQueueAttributes", resource: p.queueARN(routes.Dead(route))},
		{action: "sqs:ReceiveMessage", resource: p.queueARN(routes.Dead(route))},
		{action: "sqs:ChangeMessageVisibility", resource: p.queueARN(routes.Dead(route))},
		{action: "dynamodb:DescribeTable", resource: p.tableARN()},
		{action: "dynamodb:GetItem", resource: p.tableARN(), leadingKey: "S#operate|plan|p-1"},
		{action: "dynamodb:GetItem", resource: p.tableARN(), leadingKey: "S#connection|netsuite"},
		{action: "dynamodb:Query", resource: p.tableARN(), leadingKey: "F#number:1001"},
		{action: "dynamodb:Query", resource: p.tableARN(), leadingKey: "D#dead#20261125#0"},
		{action: "s3:GetObject", resource: p.objectARN("claims/sha256/abc")},
		{action: "s3:GetObject", resource: p.objectARN("archive/shopify/2026/11/25/10/abc.jsonl")},
		{action: "s3:ListBucket", resource: p.objectARN("")},
		{action: "lambda:ListEventSourceMappings", resource: "*"},
		{action: "cloudwatch:GetMetricData", resource: "*"},
		{action: "dynamodb:DescribeTimeToLive", resource: p.tableARN()},
		{action: "dynamodb:DescribeContinuousBackups", resource: p.tableARN()},
		{action: "logs:FilterLogEvents", resource: "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/" + p.Name("netsuite-deliver") + ":log-stream:"},
		{action: "cloudwatch:DescribeAlarms", resource: "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:*"},
		{action: "secretsmanager:DescribeSecret", resource: secretARN(p.Prefix() + "/netsuite")},
		{action: "secretsmanager:DescribeSecret", resource: secretARN(p.Prefix() + "/shopify/receive")},
		{action: "secretsmanager:GetSecretValue", resource: secretARN(p.Prefix() + "/ledger")},
		{action: "lambda:GetFunctionConfiguration", resource: p.functionARN("netsuite-deliver")},
	}
}

func (p *Plan) moves(route string) []ask {
	return []ask{
		{action: "sqs:SendMessage", resource: p.queueARN(route)},
		{action: "sqs:SendMessage", resource: p.queueARN(routes.Dead(route))}, // a restore
		{action: "sqs:DeleteMessage", resource: p.queueARN(routes.Dead(route))},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#operate|plan|p-1"},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "L#trace"},
		{action: "dynamodb:BatchWriteItem", resource: p.tableARN(), leadingKey: "F#number:1001"},
		{action: "s3:PutObject", resource: p.objectARN("claims/sha256/abc")},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#audit|netsuite|shopify/example/order/2026-11-21"},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#backfill|shopify/example/feed/orders/updated|2025-01-01T00:00:00Z|now"},
		{action: "secretsmanager:GetSecretValue", resource: secretARN(p.Prefix() + "/netsuite")},
	}
}

func (p *Plan) pauses() []ask {
	return []ask{
		{action: "lambda:UpdateEventSourceMapping", resource: mappingARN, function: p.functionARN("netsuite-deliver")},
		{action: "lambda:UpdateEventSourceMapping", resource: mappingARN, function: p.functionARN("netsuite-deliver:live")},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#pause|shopify-orders-to-netsuite"},
	}
}

func (p *Plan) erases() []ask {
	return []ask{
		{action: "s3:ListBucketVersions", resource: p.objectARN("")},
		{action: "s3:GetObjectVersion", resource: p.objectARN("claims/sha256/abc")},
		{action: "s3:GetObjectVersion", resource: p.objectARN("archive/shopify/2026/11/25/10/abc.jsonl")},
		{action: "s3:GetObjectVersion", resource: p.objectARN("drop/partner/a.csv")},
		{action: "s3:DeleteObjectVersion", resource: p.objectARN("claims/sha256/abc")},
		{action: "s3:DeleteObjectVersion", resource: p.objectARN("archive/sha256/abc")},
		{action: "s3:PutObject", resource: p.objectARN("archive/shopify/2026/11/25/10/abc.jsonl")},
		{action: "dynamodb:Scan", resource: p.tableARN()},
		{action: "dynamodb:GetItem", resource: p.tableARN(), leadingKey: "D#dead#20261125#0"},
		{action: "dynamodb:DeleteItem", resource: p.tableARN(), leadingKey: "F#email:abc"},
		{action: "events:DescribeArchive", resource: "arn:aws:events:eu-central-1:111122223333:archive/" + p.Prefix()},
		{action: "logs:DescribeLogGroups", resource: "arn:aws:logs:eu-central-1:111122223333:log-group::log-stream:"},
	}
}

// binds are what crosswalk calls beside what an operator may.
func (p *Plan) binds() []ask {
	return []ask{
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#netsuite|shopify/example/customer/1"},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#map|netsuite"},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#map.waiting|netsuite/NETSUITE_LOCATIONS"},
		{action: "sqs:ChangeMessageVisibility", resource: p.queueARN(p.Routes[0].Queue())},
	}
}

// A binder writes records of entities at targets, and of nothing else.
func TestOnlyABinderWritesRecords(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		for policy, want := range map[string]bool{"OperatorsReader": false, "OperatorsOperator": false, "OperatorsAdmin": false, "OperatorsEraser": false, "OperatorsBinder": true} {
			for _, a := range p.binds() {
				if got := w.grants(t, policy, a); got != want {
					t.Errorf("%s may %s on %s %s: %v, want %v", policy, a.action, a.resource, a.leadingKey, got, want)
				}
			}
		}
		for _, a := range append(p.nevers(p.Routes[0].Queue()),
			ask{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#bind.currency|shopify/example/order/1"},
			ask{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#shopify-inbox|shopify/example/delivery/1"},
			ask{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "L#trace"}, ask{action: "sqs:SendMessage", resource: p.queueARN(p.Routes[0].Queue())}) {
			if a.leadingKey != "S#netsuite|shopify/example/order/1" && w.grants(t, "OperatorsBinder", a) {
				t.Errorf("a binder may %s on %s %s", a.action, a.resource, a.leadingKey)
			}
		}
		if !w.grants(t, "OperatorsBinder", ask{action: "dynamodb:Scan", resource: p.tableARN()}) {
			t.Error("a binder may not list the records")
		}
	})
}

// nevers is what no operator may do.
func (p *Plan) nevers(route string) []ask {
	return []ask{
		{action: "logs:FilterLogEvents", resource: "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/payroll:log-stream:"},
		{action: "sqs:PurgeQueue", resource: p.queueARN(routes.Dead(route))},
		{action: "sqs:ReceiveMessage", resource: p.queueARN(route)},
		{action: "sqs:DeleteMessage", resource: p.queueARN(route)},
		{action: "sqs:DeleteQueue", resource: p.queueARN(route)},
		{action: "sqs:ReceiveMessage", resource: strings.Replace(p.queueARN(routes.Dead(route)), p.Prefix(), "payroll", 1)},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#netsuite|shopify/example/order/1"},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#connection|netsuite"},
		{action: "dynamodb:DeleteItem", resource: p.tableARN(), leadingKey: "L#trace"},
		{action: "dynamodb:DeleteItem", resource: p.tableARN(), leadingKey: "S#netsuite|shopify/example/order/1"},
		{action: "s3:DeleteObject", resource: p.objectARN("claims/sha256/abc")},
		{action: "s3:DeleteObjectVersion", resource: p.objectARN("drop/partner/a.csv")},
		{action: "s3:PutObject", resource: p.objectARN("drop/partner/a.csv")},
		{action: "secretsmanager:GetSecretValue", resource: secretARN(p.Prefix() + "/shopify/receive")},
		{action: "secretsmanager:GetSecretValue", resource: secretARN(p.Prefix() + "-2/netsuite")},
		{action: "lambda:UpdateFunctionConfiguration", resource: p.functionARN("netsuite-deliver")},
		{action: "lambda:InvokeFunction", resource: p.functionARN("netsuite-deliver")},
		{action: "lambda:UpdateEventSourceMapping", resource: mappingARN, function: "arn:aws:lambda:eu-central-1:111122223333:function:payroll"},
	}
}

func TestOperatorsMayDoTheirWorkAndNoMore(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		route := p.Routes[0].Queue()
		levels := []struct {
			policy string
			gains  []ask
		}{{"OperatorsReader", p.looks(route)}, {"OperatorsOperator", p.moves(route)}, {"OperatorsAdmin", p.pauses()}}
		w.wantEraser(t, p)
		for i, level := range levels {
			for j, other := range levels {
				for _, a := range other.gains {
					if got, want := w.grants(t, level.policy, a), j <= i; got != want {
						t.Errorf("%s may %s on %s %s: %v, want %v", level.policy, a.action, a.resource, a.leadingKey, got, want)
					}
				}
			}
			for _, a := range p.nevers(route) {
				if w.grants(t, level.policy, a) {
					t.Errorf("%s may %s on %s %s", level.policy, a.action, a.resource, a.leadingKey)
				}
			}
		}
	})
}

// wantEraser checks that the fourth policy alone allows what erase needs beyond an operator.
func (w written) wantEraser(t *testing.T, p *Plan) {
	t.Helper()
	for _, a := range p.erases() {
		for policy, want := range map[string]bool{"OperatorsReader": false, "OperatorsOperator": false, "OperatorsAdmin": false, "OperatorsEraser": true} {
			if got := w.grants(t, policy, a); got != want {
				t.Errorf("%s may %s on %s %s: %v, want %v", policy, a.action, a.resource, a.leadingKey, got, want)
			}
		}
	}
	for _, a := range p.nevers(p.Routes[0].Queue()) {
		if w.grants(t, "OperatorsEraser", a) {
			t.Errorf("OperatorsEraser may %s on %s %s", a.action, a.resource, a.leadingKey)
		}
	}
}

// A managed policy has at most 6,144 characters without white space (IAM user guide, "IAM and
// AWS STS quotas").
func TestOperatorsPoliciesFitIntoIAM(t *testing.T) {
	each(t, stages, func(t *testing.T, _ *Plan, w written) {
		for _, name := range []string{"OperatorsReader", "OperatorsOperator", "OperatorsAdmin", "OperatorsEraser", "OperatorsBinder"} {
			n := 0
			for _, s := range statements(w.stacks["watch"].Resources[name].Properties["PolicyDocument"]) {
				n += len(strings.Join(w.texts(s["Resource"]), `","`)) + len(strings.Join(w.texts(s["Action"]), `","`)) + 150
			}
			if n > 6144 {
				t.Errorf("%s has about %d characters", name, n)
			}
		}
	})
}
