package aws_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// permissions returns the actions that each function's role allows, by the function's name.
// Resources and conditions of the statements are infra's own tests' to check.
func (s *stack) permissions() (map[string][]string, error) {
	actions, byFunction := map[string][]string{}, map[string][]string{}
	err := s.each("AWS::IAM::Role", func(id string, p map[string]any) error {
		policies, err := into[[]struct {
			PolicyDocument struct{ Statement []struct{ Action any } }
		}](p["Policies"])
		for _, policy := range policies {
			for _, statement := range policy.PolicyDocument.Statement {
				if action, single := statement.Action.(string); single {
					actions[id] = append(actions[id], action)
				}
				list, _ := statement.Action.([]any)
				for _, action := range list {
					actions[id] = append(actions[id], fmt.Sprint(action))
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return byFunction, s.each("AWS::Lambda::Function", func(_ string, p map[string]any) error {
		name, _ := p["FunctionName"].(string)
		role, _ := p["Role"].(string)
		byFunction[name] = actions[nameFromARN(role)]
		return nil
	})
}

// actionOf returns the IAM action of a signed request: "dynamodb:PutItem".
func actionOf(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	service := append(strings.Split(scope, "/"), "", "", "", "")[3] // key, day, region, service
	if service == "s3" {
		return "s3:" + map[string]string{http.MethodPut: "PutObject", http.MethodGet: "GetObject"}[r.Method]
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if service == "sqs" { // a batch takes the permission of its members
		operation = strings.TrimSuffix(operation, "Batch")
	}
	return service + ":" + operation
}

// nameFromARN returns what follows the last colon.
func nameFromARN(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

func TestActionOfARequest(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct{ method, service, target string }{
		"dynamodb:BatchWriteItem": {http.MethodPost, "dynamodb", "DynamoDB_20120810.BatchWriteItem"},
		"sqs:SendMessage":         {http.MethodPost, "sqs", "AmazonSQS.SendMessageBatch"},
		"s3:PutObject":            {http.MethodPut, "s3", ""},
		"s3:GetObject":            {http.MethodGet, "s3", ""},
	} {
		r := &http.Request{Method: c.method, Header: http.Header{
			"Authorization": {"AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-central-1/" + c.service + "/aws4_request, SignedHeaders=host"}, "X-Amz-Target": {c.target},
		}}
		if got := actionOf(r); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestDoorsAddToTheLedgerItemByItem(t *testing.T) {
	t.Parallel()
	all, err := mustStack(t).permissions()
	if err != nil {
		t.Fatal(err)
	}
	for name, actions := range all {
		if len(actions) == 0 || strings.HasSuffix(name, "-receive") && slices.Contains(actions, "dynamodb:BatchWriteItem") {
			t.Errorf("%s may %v", name, actions)
		}
	}
}
