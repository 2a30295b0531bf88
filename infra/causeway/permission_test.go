package causeway

import (
	"path"
	"slices"
	"strings"
	"testing"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// call is one request as IAM sees it.
type call struct{ action, resource, leadingKey, source string }

// may evaluates the inline policies of a function's role, as far as the roles use IAM: allow,
// exact actions, resources with * and ?, and conditions on leading keys and on the source of
// events.
func (w written) may(t *testing.T, function string, c call) bool {
	t.Helper()
	return slices.ContainsFunc(w.statementsOf(t, function), func(s map[string]any) bool {
		keys := in(one{Properties: s}, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys")
		source := in(one{Properties: s}, "Condition", "StringEquals", "events:source")
		return s["Effect"] == "Allow" && contains(w.texts(s["Action"]), c.action) && matchesOne(w.texts(s["Resource"]), c.resource) &&
			(keys == nil || matchesOne(w.texts(keys), c.leadingKey)) && (source == nil || source == c.source)
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

func secretARN(name string) string {
	return "arn:aws:secretsmanager:eu-central-1:111122223333:secret:" + name + "-a1B2c3"
}

func (p *Plan) queueARN(queue string) string { return physical["AWS::SQS::Queue"][1] + p.Name(queue) }

func (p *Plan) objectARN(key string) string {
	return strings.TrimSuffix("arn:aws:s3:::"+p.Prefix()+"-111122223333-eu-central-1/"+key, "/")
}

func (p *Plan) tableARN() string { return physical["AWS::DynamoDB::Table"][1] + p.Prefix() }

func (p *Plan) eventBusARN() string { return physical["AWS::Events::EventBus"][1] + p.Prefix() }

// TestAPickupReadsWhatIsDropped: no system of the catalog has the role, so that test-aws, which
// holds each role to the calls that its function makes, cannot see it.
func TestAPickupReadsWhatIsDropped(t *testing.T) {
	p, w := mustPlan(t, "toy"), mustWrite(t, "toy")
	for _, c := range []call{
		{action: "s3:GetObject", resource: p.objectARN("drop/toyshop/partner/feed.csv")},
		{action: "s3:ListBucket", resource: p.objectARN("")},
		{action: "s3:PutObject", resource: p.objectARN("claims/sha256/abc")},
		{action: "sqs:SendMessage", resource: p.queueARN(routes.InboxBackfill("toyshop"))},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "L#trace"},
		{action: "sqs:SendMessage", resource: p.queueARN("toyshop-pickup-dead")},
	} {
		if !w.may(t, "causeway-toy-toyshop-pickup", c) {
			t.Errorf("a pickup may not %s on %s", c.action, c.resource)
		}
	}
}

// TestAPollComparesItsOwnEntitiesOnly: it reads what targets confirmed of them, and raises the version
// of a state that a target has. It reaches no record of another source.
func TestAPollComparesItsOwnEntitiesOnly(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		for _, action := range []string{"dynamodb:GetItem", "dynamodb:PutItem"} {
			if !w.may(t, p.Name("shopify-poll"), call{action: action, resource: p.tableARN(), leadingKey: "S#netsuite|shopify/example/order/1"}) {
				t.Errorf("a poll may not %s of what NetSuite confirmed", action)
			}
			if w.may(t, p.Name("shopify-poll"), call{action: action, resource: p.tableARN(), leadingKey: "S#netsuite|woocommerce/example/order/1"}) {
				t.Errorf("a poll may %s of another store's order", action)
			}
		}
	})
}

// TestMapEntriesAreReadByWhoUsesThem: by those that open the system for more than its door, and
// written by no function.
func TestMapEntriesAreReadByWhoUsesThem(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		const own, other = "S#map|netsuite", "S#map|shopify"
		for function, want := range map[string]map[string]bool{
			"netsuite-deliver": {own: true, other: false}, "netsuite-audit": {own: true, other: true},
			"shopify-poll": {own: false, other: true}, "shopify-translate": {own: false, other: true}, "shopify-receive": {own: false, other: false},
		} {
			for key, may := range want {
				if got := w.may(t, p.Name(function), call{action: "dynamodb:GetItem", resource: p.tableARN(), leadingKey: key}); got != may {
					t.Errorf("%s may read %s: %v, want %v", function, key, got, may)
				}
				if w.may(t, p.Name(function), call{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: key}) {
					t.Errorf("%s may write %s", function, key)
				}
			}
		}
	})
}

// TestAWaiterIsRegisteredByWhoWaits: by those that take messages of the system, for its own maps.
func TestAWaiterIsRegisteredByWhoWaits(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		const own, other = "S#map.waiting|netsuite/NETSUITE_LOCATIONS", "S#map.waiting|shopify/SHOPIFY_STOCK_LOCATIONS"
		for function, want := range map[string]map[string]bool{
			"netsuite-deliver": {own: true, other: false}, "shopify-translate": {own: false, other: true},
			"shopify-poll": {own: false, other: false}, "shopify-receive": {own: false, other: false}, "netsuite-audit": {own: false, other: false},
		} {
			for key, may := range want {
				for _, action := range []string{"dynamodb:GetItem", "dynamodb:PutItem"} {
					if got := w.may(t, p.Name(function), call{action: action, resource: p.tableARN(), leadingKey: key}); got != may {
						t.Errorf("%s may %s on %s: %v, want %v", function, action, key, got, may)
					}
				}
			}
		}
	})
}

// TestAnAuditOnlyReads: it opens several systems and stores nothing but its results. test/aws
// holds a run to this role.
func TestAnAuditOnlyReads(t *testing.T) {
	each(t, examples, func(t *testing.T, p *Plan, w written) {
		for _, c := range []call{
			{action: "sqs:SendMessage", resource: p.queueARN(routes.Inbox("shopify"))},
			{action: "s3:PutObject", resource: p.objectARN("claims/sha256/abc")},
			{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#bind.currency|shopify/example/order/1"},
			{action: "dynamodb:GetItem", resource: p.tableARN(), leadingKey: "S#netsuite|shopify/example/order/1"},
			{action: "secretsmanager:GetSecretValue", resource: secretARN(p.Prefix() + "/shopify/receive")},
		} {
			if w.may(t, p.Name("netsuite-audit"), c) {
				t.Errorf("an audit may %s on %s %s", c.action, c.resource, c.leadingKey)
			}
		}
		variables := in(w.named(t, "AWS::Lambda::Function", "FunctionName", p.Name("netsuite-audit")), "Environment", "Variables").(map[string]any)
		want := "netsuite=" + p.Prefix() + "/netsuite,shopify=" + p.Prefix() + "/shopify,woocommerce="
		if got := w.text(variables["CAUSEWAY_SECRETS"]); !strings.HasPrefix(got, want) || variables["SHOPIFY_SHOPS"] == nil || variables["NETSUITE_ACCOUNT"] == nil {
			t.Errorf("the audit's secrets are %s, and its variables %v", got, variables)
		}
	})
}

func TestNoFunctionTouchesWhatIsAnothers(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				for _, c := range foreign(p, s, role) {
					if w.may(t, p.Name(s.Function(role)), c) {
						t.Errorf("%s may %s on %s", s.Function(role), c.action, c.resource)
					}
				}
			}
		}
	})
}

// foreign lists what a function must not be able to do: anything with another system's secret,
// log, queue or record, and what only another role does.
func foreign(p *Plan, s plan.Installed, role connector.Role) []call {
	var all []call
	for _, other := range p.Systems {
		if other.Name != s.Name {
			all = append(all, p.ofAnother(other)...)
			if audits := slices.ContainsFunc(p.Audited(s), func(each plan.Installed) bool { return each.Name == other.Name }); role == connector.Audit && audits {
				all = slices.DeleteFunc(all, func(c call) bool {
					return c.action == "dynamodb:GetItem" && c.leadingKey == "S#bind.x|"+other.Name+"/x" // it translates their records
				})
			}
		}
		for _, otherRole := range other.Roles {
			if other.Name == s.Name && otherRole == role {
				continue
			}
			if !slices.Contains(p.SecretsOf(s, role), p.Secret(other, otherRole)) {
				all = append(all, call{action: "secretsmanager:GetSecretValue", resource: secretARN(p.Secret(other, otherRole))})
			}
			all = append(all, call{action: "logs:PutLogEvents", resource: physical["AWS::Logs::LogGroup"][1] + p.logGroup(other, otherRole) + ":x"})
			for _, queue := range p.Queues(other, otherRole) {
				all = append(all, call{action: "sqs:ReceiveMessage", resource: p.queueARN(queue)}, call{action: "sqs:DeleteMessage", resource: p.queueARN(queue)},
					call{action: "sqs:SendMessage", resource: p.queueARN(routes.Dead(queue))})
				if queue != routes.Inbox(s.Name) && queue != routes.InboxBackfill(s.Name) {
					all = append(all, call{action: "sqs:SendMessage", resource: p.queueARN(queue)})
				}
			}
		}
	}
	if role != connector.Translate {
		all = append(all, call{action: "events:PutEvents", resource: p.eventBusARN(), source: "causeway." + s.Name})
	}
	if role == connector.Receive || role == connector.Pickup {
		all = append(all, p.notADoors()...)
	}
	return append(all,
		call{action: "events:PutEvents", resource: p.eventBusARN(), source: "causeway.other"},
		call{action: "s3:DeleteObject", resource: p.objectARN("claims/abc")}, call{action: "s3:PutObject", resource: p.objectARN("audit/x")},
		call{action: "sqs:PurgeQueue", resource: p.queueARN(routes.Inbox(s.Name))}, call{action: "dynamodb:DeleteItem", resource: p.tableARN(), leadingKey: "L#trace"},
		call{action: "dynamodb:Scan", resource: p.tableARN()})
}

// ofAnother lists calls on what belongs to another system.
func (p *Plan) ofAnother(other plan.Installed) []call {
	all := []call{
		{action: "s3:GetObject", resource: p.objectARN("drop/" + other.Name + "/x")},
		{action: "s3:PutObject", resource: p.objectARN("archive/" + other.Name + "/x")},
		{action: "events:PutEvents", resource: p.eventBusARN(), source: "causeway." + other.Name},
	}
	for _, key := range []string{"S#" + other.Name + "|x", "S#" + routes.Inbox(other.Name) + "|x", "S#connection|" + other.Name, "S#poll|" + other.Name + "/x", "S#bind.x|" + other.Name + "/x", "S#map.waiting|" + other.Name + "/x"} {
		all = append(all, call{action: "dynamodb:GetItem", resource: p.tableARN(), leadingKey: key}, call{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: key})
	}
	return all
}

// notADoors lists what code that strangers can call must not do: read or change state, read,
// overwrite or delete entries of the ledger, read bodies.
func (p *Plan) notADoors() []call {
	return []call{
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "S#key"},
		{action: "dynamodb:PutItem", resource: p.tableARN(), leadingKey: "D#dead#20261125#0"},
		{action: "dynamodb:GetItem", resource: p.tableARN(), leadingKey: "S#key"},
		{action: "dynamodb:BatchWriteItem", resource: p.tableARN(), leadingKey: "L#trace"},
		{action: "dynamodb:UpdateItem", resource: p.tableARN(), leadingKey: "L#trace"},
		{action: "dynamodb:GetItem", resource: p.tableARN(), leadingKey: "L#trace"},
		{action: "dynamodb:Query", resource: p.tableARN(), leadingKey: "L#trace"},
		{action: "s3:GetObject", resource: p.objectARN("claims/abc")},
	}
}

// TestEveryWildcardHasItsReason reads all roles, and all other policies that allow.
func TestEveryWildcardHasItsReason(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		used := map[string]bool{}
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				for _, statement := range w.statementsOf(t, p.Name(s.Function(role))) {
					for _, action := range w.texts(statement["Action"]) {
						if strings.ContainsAny(action, "*?") {
							t.Errorf("%s may do %s", s.Function(role), action)
						}
					}
					for _, resource := range w.texts(statement["Resource"]) {
						used[reasonFor(t, s.Function(role), resource)] = true
					}
				}
			}
		}
		for ending, reason := range wildcards {
			if ending == "*" {
				continue // only in a VPC, which the example app has
			}
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
		if ending == "*" {
			continue
		}
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
		{"K#shop?*", "K#shop\x1fexample", true},
		{"S#poll|shop/*", "S#poll|shop2/x", false},
	} {
		if got := matchesOne([]string{c.pattern}, c.text); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.text, got)
		}
	}
}
