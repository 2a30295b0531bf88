package aws_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"causeway.example/shared/cloud"
)

// call is one request as IAM sees it. A request to several resources is several calls.
type call struct {
	action   string
	resource string
	keys     []string // dynamodb:LeadingKeys
	source   string   // events:source
}

// callsOf returns the calls of a signed request.
func callsOf(r *http.Request, body []byte, at place) ([]call, error) {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	service := append(strings.Split(scope, "/"), "", "", "", "")[3] // key, day, region, service
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	arn := func(name string) string {
		return "arn:aws:" + service + ":" + at.region + ":" + at.account + ":" + name
	}
	switch service {
	case "s3":
		return objectCall(r), nil
	case "sqs":
		in, err := decode[struct {
			QueueURL string `json:"QueueUrl"`
		}](body)
		// A batch takes the permission of its members.
		return []call{{action: "sqs:" + strings.TrimSuffix(operation, "Batch"), resource: arn(in.QueueURL[strings.LastIndex(in.QueueURL, "/")+1:])}}, err
	case "monitoring":
		return []call{metricCall(r, arn)}, nil
	case "logs":
		in, err := decode[struct {
			Group string `json:"logGroupName"`
		}](body)
		return []call{{action: "logs:" + operation, resource: arn("log-group:" + in.Group + ":log-stream:")}}, err
	case "lambda":
		return lambdaCall(r, arn)
	case "secretsmanager":
		in, err := decode[struct {
			SecretID string `json:"SecretId"`
		}](body)
		return []call{{action: service + ":" + operation, resource: arn("secret:" + in.SecretID + "-a1B2c3")}}, err
	case "events":
		in, err := decode[struct {
			Entries []struct{ EventBusName, Source string }
		}](body)
		var all []call
		for _, entry := range in.Entries {
			all = append(all, call{action: "events:" + operation, resource: arn("event-bus/" + entry.EventBusName), source: entry.Source})
		}
		return all, err
	case "dynamodb":
		tables, err := leadingKeys(body)
		var all []call
		for _, table := range slices.Sorted(maps.Keys(tables)) {
			all = append(all, call{action: "dynamodb:" + operation, resource: arn("table/" + table), keys: tables[table]})
		}
		return all, err
	}
	return nil, fmt.Errorf("no rule for calls of %q", service)
}

func decode[T any](body []byte) (in T, err error) { return in, json.Unmarshal(body, &in) }

// metricCall is a call of CloudWatch, whose operation is the end of the path. Alarms that are
// listed by the beginning of their names are all alarms to IAM; metrics have no resource.
func metricCall(r *http.Request, arn func(string) string) call {
	c := call{action: "cloudwatch:" + path.Base(r.URL.Path), resource: "*"}
	if c.action == "cloudwatch:DescribeAlarms" {
		c.resource = strings.Replace(arn("alarm:*"), ":monitoring:", ":cloudwatch:", 1)
	}
	return c
}

// lambdaCall is a read of Lambda. The list of event source mappings has no resource.
func lambdaCall(r *http.Request, arn func(string) string) ([]call, error) {
	name, configuration := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/configuration")
	switch {
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/2015-03-31/event-source-mappings"):
		return []call{{action: "lambda:ListEventSourceMappings", resource: "*"}}, nil
	case r.Method == http.MethodGet && configuration:
		if strings.HasPrefix(name, "arn:") {
			return []call{{action: "lambda:GetFunctionConfiguration", resource: name}}, nil
		}
		return []call{{action: "lambda:GetFunctionConfiguration", resource: arn("function:" + name)}}, nil
	}
	return nil, fmt.Errorf("no rule for %s %s of Lambda", r.Method, r.URL.Path)
}

// objectCall is a call of S3 in path style. A HEAD of an object takes the permission to get it.
func objectCall(r *http.Request) []call {
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if key == "" {
		return []call{{action: "s3:ListBucket", resource: "arn:aws:s3:::" + name}}
	}
	action := map[string]string{http.MethodPut: "PutObject", http.MethodGet: "GetObject", http.MethodHead: "GetObject", http.MethodDelete: "DeleteObject"}[r.Method]
	return []call{{action: "s3:" + action, resource: "arn:aws:s3:::" + name + "/" + key}}
}

var keyCondition = regexp.MustCompile(`^\s*\(?\s*([#\w]+)\s*=\s*(:\w+)`)

// leadingKeys returns the partition keys that a request to DynamoDB names, by table.
func leadingKeys(body []byte) (map[string][]string, error) {
	type item map[string]struct{ S string }
	in, err := decode[struct {
		TableName                 string
		Key, Item                 item
		RequestItems              map[string][]struct{ PutRequest, DeleteRequest struct{ Item, Key item } }
		KeyConditionExpression    string
		ExpressionAttributeNames  map[string]string
		ExpressionAttributeValues item
	}](body)
	if err != nil {
		return nil, err
	}
	tables := map[string][]string{}
	add := func(table string, from ...item) {
		for _, each := range from {
			if each != nil {
				tables[table] = append(tables[table], each[cloud.PartitionKey].S)
			}
		}
	}
	for table, requests := range in.RequestItems {
		for _, request := range requests {
			add(table, request.PutRequest.Item, request.DeleteRequest.Key)
		}
	}
	if in.TableName == "" {
		return tables, nil
	}
	tables[in.TableName] = nil
	add(in.TableName, in.Key, in.Item)
	if at := keyCondition.FindStringSubmatch(in.KeyConditionExpression); at != nil {
		if name := in.ExpressionAttributeNames[at[1]]; name == cloud.PartitionKey || at[1] == cloud.PartitionKey {
			tables[in.TableName] = append(tables[in.TableName], in.ExpressionAttributeValues[at[2]].S)
		}
	}
	return tables, nil
}

func TestCallsOfARequest(t *testing.T) {
	t.Parallel()
	arn := func(service, name string) string { return "arn:aws:" + service + ":eu-central-1:1:" + name }
	for name, c := range map[string]struct {
		method, path, service, target, body string
		want                                []call
	}{
		"one item":              {http.MethodPost, "/", "dynamodb", "DynamoDB_20120810.PutItem", `{"TableName":"t","Item":{"pk":{"S":"L#1"},"e":{"B":"AA=="}}}`, []call{{"dynamodb:PutItem", arn("dynamodb", "table/t"), []string{"L#1"}, ""}}},
		"a batch of items":      {http.MethodPost, "/", "dynamodb", "DynamoDB_20120810.BatchWriteItem", `{"RequestItems":{"t":[{"PutRequest":{"Item":{"pk":{"S":"L#1"}}}},{"DeleteRequest":{"Key":{"pk":{"S":"S#2"}}}}]}}`, []call{{"dynamodb:BatchWriteItem", arn("dynamodb", "table/t"), []string{"L#1", "S#2"}, ""}}},
		"a query":               {http.MethodPost, "/", "dynamodb", "DynamoDB_20120810.Query", `{"TableName":"t","KeyConditionExpression":"#p = :v AND sk > :s","ExpressionAttributeNames":{"#p":"pk"},"ExpressionAttributeValues":{":v":{"S":"E#9"},":s":{"S":"0"}}}`, []call{{"dynamodb:Query", arn("dynamodb", "table/t"), []string{"E#9"}, ""}}},
		"a scan":                {http.MethodPost, "/", "dynamodb", "DynamoDB_20120810.Scan", `{"TableName":"t"}`, []call{{"dynamodb:Scan", arn("dynamodb", "table/t"), nil, ""}}},
		"a batch of messages":   {http.MethodPost, "/", "sqs", "AmazonSQS.SendMessageBatch", `{"QueueUrl":"https://sqs.eu-central-1.amazonaws.com/1/q"}`, []call{{"sqs:SendMessage", arn("sqs", "q"), nil, ""}}},
		"events of two sources": {http.MethodPost, "/", "events", "AWSEvents.PutEvents", `{"Entries":[{"EventBusName":"b","Source":"x"},{"EventBusName":"b","Source":"y"}]}`, []call{{"events:PutEvents", arn("events", "event-bus/b"), nil, "x"}, {"events:PutEvents", arn("events", "event-bus/b"), nil, "y"}}},
		"a secret":              {http.MethodPost, "/", "secretsmanager", "secretsmanager.GetSecretValue", `{"SecretId":"s/x"}`, []call{{"secretsmanager:GetSecretValue", arn("secretsmanager", "secret:s/x-a1B2c3"), nil, ""}}},
		"an object that is put": {http.MethodPut, "/b/claims/sha256/1", "s3", "", "", []call{{"s3:PutObject", "arn:aws:s3:::b/claims/sha256/1", nil, ""}}},
		"a list of objects":     {http.MethodGet, "/b", "s3", "", "", []call{{"s3:ListBucket", "arn:aws:s3:::b", nil, ""}}},
	} {
		r, err := http.NewRequest(c.method, "http://aws.example"+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-central-1/"+c.service+"/aws4_request, SignedHeaders=host")
		r.Header.Set("X-Amz-Target", c.target)
		if got, err := callsOf(r, []byte(c.body), place{"1", "eu-central-1"}); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v (%v), want %+v", name, got, err, c.want)
		}
	}
}
