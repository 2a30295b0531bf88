package aws_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/cloud/cloudtest"
)

// policy is what a function's role allows. Templates deny nothing.
type policy []statement

// statement is one of a policy. A condition that it does not have is nil.
type statement struct {
	actions, resources []string
	keys               []string // patterns of dynamodb:LeadingKeys
	source             string   // events:source
	functions          []string // patterns of lambda:FunctionArn
}

// permissions returns the policy of each function's role, by the function's name.
func (s *stack) permissions() (map[string]policy, error) {
	roles, byFunction := map[string]policy{}, map[string]policy{}
	err := s.each("AWS::IAM::Role", func(id string, p map[string]any) error {
		policies, err := into[[]struct{ PolicyDocument document }](p["Policies"])
		for _, each := range policies {
			read, fails := each.PolicyDocument.read()
			if fails != nil {
				return fails
			}
			roles[id] = append(roles[id], read...)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return byFunction, s.each("AWS::Lambda::Function", func(_ string, p map[string]any) error {
		name, _ := p["FunctionName"].(string)
		role, _ := p["Role"].(string)
		byFunction[name] = roles[nameFromARN(role)]
		return nil
	})
}

// document is a policy as templates have it.
type document struct{ Statement []map[string]any }

func (d document) read() (p policy, err error) {
	for _, written := range d.Statement {
		s, err := readStatement(written)
		if err != nil {
			return nil, err
		}
		p = append(p, s)
	}
	return p, nil
}

// people returns the managed policies of people, by the ends of their ids: "Reader".
func (s *stack) people() (map[string]policy, error) {
	all := map[string]policy{}
	return all, s.each("AWS::IAM::ManagedPolicy", func(id string, p map[string]any) error {
		written, err := into[document](p["PolicyDocument"])
		if err != nil {
			return err
		}
		all[strings.TrimPrefix(id, "Operators")], err = written.read()
		return err
	})
}

// readStatement reads a statement with the conditions that the templates use. Another one is
// an error, so that none is ignored.
func readStatement(written map[string]any) (s statement, err error) {
	s = statement{actions: texts(written["Action"]), resources: texts(written["Resource"])}
	if written["Effect"] != "Allow" {
		return s, fmt.Errorf("no rule for the effect %v", written["Effect"])
	}
	conditions, _ := written["Condition"].(map[string]any)
	for operator, operands := range conditions {
		keys, _ := operands.(map[string]any)
		for key, value := range keys {
			switch operator + " " + key {
			case "ForAllValues:StringLike dynamodb:LeadingKeys":
				s.keys = texts(value)
			case "StringEquals events:source":
				s.source = fmt.Sprint(value)
			case "ArnLike lambda:FunctionArn":
				s.functions = texts(value)
			default:
				return s, fmt.Errorf("no rule for the condition %s of %s", operator, key)
			}
		}
	}
	return s, nil
}

// texts returns a single value or a list of them as a list.
func texts(value any) []string {
	list, many := value.([]any)
	if !many {
		return []string{fmt.Sprint(value)}
	}
	all := make([]string, len(list))
	for i, each := range list {
		all[i] = fmt.Sprint(each)
	}
	return all
}

// like matches * and ? as policies do: * passes every separator.
func like(pattern, value string) bool {
	flat := strings.NewReplacer("/", "\x00", "[", "\x01", "\\", "\x02")
	match, err := path.Match(flat.Replace(pattern), flat.Replace(value))
	return err == nil && match
}

// grants returns the permissions that a call uses, one for each leading key; none if the
// policy does not allow it. As IAM has it, ForAllValues holds for a call without keys.
func (p policy) grants(c call) []string {
	for _, s := range p {
		if s.functions != nil {
			continue // a change of a mapping, which no call of these tests is
		}
		resource := slices.IndexFunc(s.resources, func(pattern string) bool { return like(pattern, c.resource) })
		if !slices.Contains(s.actions, c.action) || resource < 0 || s.source != "" && s.source != c.source {
			continue
		}
		used := []string{grant(c.action, s.resources[resource], s.source)}
		if s.keys != nil {
			used = used[:0]
			for _, key := range c.keys {
				if at := slices.IndexFunc(s.keys, func(pattern string) bool { return like(pattern, key) }); at >= 0 {
					used = append(used, grant(c.action, s.resources[resource], s.keys[at]))
				}
			}
			if len(used) < len(c.keys) {
				continue
			}
		}
		return used
	}
	return nil
}

// all returns every permission of the policy.
func (p policy) all() (all []string) {
	for _, s := range p {
		conditions := s.keys
		if conditions == nil {
			conditions = []string{s.source}
		}
		for _, action := range s.actions {
			for _, resource := range s.resources {
				for _, condition := range conditions {
					all = append(all, grant(action, resource, condition))
				}
			}
		}
	}
	return all
}

// grant is a permission as testdata/calls.txt has it: action, resource, condition.
func grant(action, resource, condition string) string {
	service := append(strings.SplitN(resource, ":", 6), "", "", "", "", "", "")
	name := strings.Replace(service[5], "-"+cloudtest.Account+"-eu-central-1", "", 1)
	return strings.TrimSpace(action + " " + name + " " + condition)
}

// callsFile is the permissions that functions used when test-aws ran with -update.
const callsFile = "testdata/calls.txt"

func readCalls() ([]string, error) {
	data, err := os.ReadFile(callsFile)
	return strings.Split(strings.TrimSpace(string(data)), "\n"), err
}

// nameFromARN returns what follows the last colon.
func nameFromARN(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

// unrecorded are permissions that not every run of test-aws uses, with the reason for each.
var unrecorded = []struct{ pattern, reason string }{
	{`s3:ListBucket`, "with it S3 answers that a missing object is missing, and not that it is forbidden"},
	{`s3:(PutObject|GetObject) causeway-dev/(claims|archive/sha256)/`, "large bodies: one function of each role meets one here"},
	{`S#sha256/`, "keys that are longer than DynamoDB takes"},
	{`-translate dynamodb:\w+ table/causeway-dev S#map\.waiting\|`, "a delivery in the inbox that waits for an entry of its store's maps"},
	{`S#bind\.`, "facts that are bound once, such as an order's currency basis, by the adapters that have some"},
	{`S#connection\|`, "the record of a connection, which is kept while its permits are short"},
	{`-inbox-backfill`, "the backfill lane: what a poll finds within the hour goes into the live one"},
	{`dynamodb:\w+ table/causeway-dev [LEDKF]#`, "calls of the ledger, by how many entries are written at once and by what is asked"},
	{`causeway-dev-shopify-refunds-to-netsuite$`, "the day's refund is WooCommerce's"},
	{`causeway-dev-shopify-shipments-to-netsuite$`, "the stage has the flow switched off"},
	{`^causeway-dev-shopify-poll dynamodb:\w+ table/causeway-dev S#woocommerce\|shopify/`, "the stage has the flows between the stores switched off"},
	{`^causeway-dev-netsuite-audit `, "the nightly audit: TestTheNightlyAuditOnAWS holds its calls to its role"},
	{`^causeway-dev-(netsuite-(poll|translate)|(shopify|woocommerce)-deliver) `, "the stage has the flows of stock and products switched off, and its schedules do not fire"},
	{`^causeway-dev-woocommerce-poll `, "schedules do not fire, and the tests of alarms poll Shopify"},
	{`^causeway-dev-shopify-poll dynamodb:PutItem table/causeway-dev S#netsuite\|shopify/`, "a newer version of a state that the target has"},
	{`^causeway-dev-shopify-poll sqs:SendMessage causeway-dev-shopify-inbox$`, "changes of the last hour"},
	{`sqs:SendMessage causeway-dev-[a-z]+-(inbox|[a-z]+-to-netsuite)(-dead)?$`, "dead letters, and messages that are re-sent before their queue drops them"},
}

// reasonFor returns which of the reasons a permission has, -1 for none.
func reasonFor(permission string) int {
	return slices.IndexFunc(unrecorded, func(u struct{ pattern, reason string }) bool {
		return regexp.MustCompile(u.pattern).MatchString(permission)
	})
}

// TestRolesAllowWhatFunctionsCall holds the roles of the templates to the calls that test-aws
// recorded: each recorded call is allowed, and each permission is recorded or has a reason.
func TestRolesAllowWhatFunctionsCall(t *testing.T) {
	t.Parallel()
	recorded, err := readCalls()
	if err != nil {
		t.Fatal(err)
	}
	policies, err := mustStack(t).permissions()
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for _, function := range slices.Sorted(maps.Keys(policies)) {
		for _, each := range policies[function].all() {
			allowed[function+" "+each] = true
		}
	}
	for _, each := range recorded {
		if !allowed[each] {
			t.Errorf("a function called what its role no longer allows: %s", each)
		}
		delete(allowed, each)
	}
	used := map[string]bool{}
	for each := range allowed {
		i := reasonFor(each)
		if i < 0 {
			t.Errorf("no function used this permission, and there is no reason for it: %s", each)
			continue
		}
		used[unrecorded[i].pattern] = true
	}
	if len(used) < len(unrecorded) {
		t.Errorf("of the reasons %v only %v are needed", unrecorded, used)
	}
	if len(recorded) < 48 {
		t.Errorf("only %d permissions are recorded", len(recorded))
	}
}

// TestPoliciesAreHeldByResourceAndCondition proves that the evaluator can deny.
func TestPoliciesAreHeldByResourceAndCondition(t *testing.T) {
	t.Parallel()
	read := func(text string) policy {
		var written []map[string]any
		if err := json.Unmarshal([]byte(text), &written); err != nil {
			t.Fatal(err)
		}
		var p policy
		for _, each := range written {
			s, err := readStatement(each)
			if err != nil {
				t.Fatal(err)
			}
			p = append(p, s)
		}
		return p
	}
	p := read(`[{"Effect":"Allow","Action":["dynamodb:PutItem","dynamodb:Query"],"Resource":"arn:aws:dynamodb:r:1:table/t","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["L#*","S#shop|*"]}}},
		{"Effect":"Allow","Action":"events:PutEvents","Resource":"arn:aws:events:r:1:event-bus/b","Condition":{"StringEquals":{"events:source":"causeway.shop"}}},
		{"Effect":"Allow","Action":"s3:PutObject","Resource":["arn:aws:s3:::b/claims/*"]}]`)
	table := "arn:aws:dynamodb:r:1:table/t"
	for name, c := range map[string]struct {
		call
		want int
	}{
		"a key":                      {call{"dynamodb:PutItem", table, []string{"L#1"}, ""}, 1},
		"two keys":                   {call{"dynamodb:PutItem", table, []string{"L#1", "S#shop|x/1"}, ""}, 2},
		"a key of another system":    {call{"dynamodb:PutItem", table, []string{"L#1", "S#erp|x/1"}, ""}, 0},
		"another table":              {call{"dynamodb:PutItem", table + "2", []string{"L#1"}, ""}, 0},
		"another action":             {call{"dynamodb:DeleteItem", table, []string{"L#1"}, ""}, 0},
		"its own source":             {call{"events:PutEvents", "arn:aws:events:r:1:event-bus/b", nil, "causeway.shop"}, 1},
		"a forged source":            {call{"events:PutEvents", "arn:aws:events:r:1:event-bus/b", nil, "causeway.erp"}, 0},
		"an object of its folder":    {call{"s3:PutObject", "arn:aws:s3:::b/claims/sha256/1", nil, ""}, 1},
		"an object of another one":   {call{"s3:PutObject", "arn:aws:s3:::b/archive/sha256/1", nil, ""}, 0},
		"an object in another place": {call{"s3:PutObject", "arn:aws:s3:::c/claims/1", nil, ""}, 0},
	} {
		if got := p.grants(c.call); len(got) != c.want {
			t.Errorf("%s: grants %v, want %d", name, got, c.want)
		}
	}
	for _, bad := range []string{`{"Effect":"Deny","Action":"a","Resource":"r"}`, `{"Effect":"Allow","Action":"a","Resource":"r","Condition":{"StringLike":{"aws:x":"y"}}}`} {
		var written map[string]any
		if err := json.Unmarshal([]byte(bad), &written); err != nil {
			t.Fatal(err)
		}
		if _, err := readStatement(written); err == nil {
			t.Errorf("%s is read as if it were known", bad)
		}
	}
}
