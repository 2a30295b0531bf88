package erase_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/cloud/desk"
	"causeway.example/shared/cloud/erase"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/privacy"
	"causeway.example/shared/routes"
)

const (
	prefix = "causeway-test"
	// Everything of the person has the canary, and everything of others the other.
	canary, other = "canary-ada", "grace"
	email         = canary + "@mail.example"
)

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	route = routes.Route{From: "shop", Flow: "orders", To: "erp", Types: []string{"order.placed"}}
)

// world is an emulated AWS with an installation of one route.
type world struct {
	*testing.T
	clock    *porttest.Clock
	server   *cloudtest.Server
	account  aws.Config
	calls    atomic.Int64 // that AWS got
	most     atomic.Int64 // after so many, none gets through; 0: no bound
	mu       sync.Mutex
	actions  map[string]bool // guarded by mu: that were called
	backend  *cloud.Backend
	operator *redrive.Operator
	stores   privacy.Stores
	parts    *erase.Installation
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, clock: porttest.NewClock(noon), actions: map[string]bool{}}
	w.server = cloudtest.New(w.clock.Now)
	a, err := account.Config(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": "http://aws.invalid",
	}, w)
	w.must(err)
	a.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	w.account = a
	resources := cloud.Config{
		Prefix: prefix, QueueBase: "https://sqs.eu-central-1.amazonaws.com/" + cloudtest.Account + "/", Bus: prefix, Table: prefix, Bucket: prefix,
		Build: "1", Now: w.clock.Now, Random: rand.Reader,
	}
	w.backend = cloud.Open(a, resources)
	w.create(a)
	sleep := func(ctx context.Context, d time.Duration) error { w.pass(d); return ctx.Err() }
	on := desk.New(a, desk.Config{Name: "test", Resources: resources, Routes: []routes.Route{route}, Sleep: sleep})
	d, err := operate.New(on, []routes.Route{route})
	w.must(err)
	w.operator = &redrive.Operator{Desk: d, Who: "ana", Sleep: sleep, Random: func() float64 { return 0.5 }}
	w.parts = erase.New(a, erase.Config{Resources: resources, Routes: []routes.Route{route}, Meter: on.Meter})
	dead, err := w.parts.Dead(t.Context())
	w.must(err)
	w.stores = privacy.Stores{
		Ledger: on.Ledger, State: on.State, Vault: on.Vault, Letters: on.Letters, Dead: dead, Live: w.parts, Now: w.clock.Now, Exports: w.operator, File: w.parts, Kept: w.parts.Kept,
	}
	return w
}

// create makes the resources as package infra/causeway does.
func (w *world) create(a aws.Config) {
	w.Helper()
	ctx, text := w.Context(), dynamo.ScalarAttributeTypeS
	table := dynamodb.NewFromConfig(a)
	_, err := table.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(prefix), BillingMode: dynamo.BillingModePayPerRequest,
		AttributeDefinitions: []dynamo.AttributeDefinition{{AttributeName: aws.String(cloud.PartitionKey), AttributeType: text}, {AttributeName: aws.String(cloud.SortKey), AttributeType: text}},
		KeySchema:            []dynamo.KeySchemaElement{{AttributeName: aws.String(cloud.PartitionKey), KeyType: dynamo.KeyTypeHash}, {AttributeName: aws.String(cloud.SortKey), KeyType: dynamo.KeyTypeRange}},
	})
	w.must(err)
	_, err = table.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: aws.String(prefix), PointInTimeRecoverySpecification: &dynamo.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	})
	w.must(err)
	_, err = w.backend.Bucket().CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket: aws.String(prefix), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-central-1"},
	})
	w.must(err)
	w.server.Secret(cloud.AddressSecret(prefix), `{"current":"`+strings.Repeat("s", 64)+`"}`)
	queues := sqs.NewFromConfig(a)
	for _, name := range []string{"rules", routes.Inbox("shop"), routes.InboxBackfill("shop"), route.Queue()} {
		for _, queue := range []string{name, routes.Dead(name)} {
			_, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(prefix + "-" + queue)})
			w.must(err)
		}
		_, err := lambda.NewFromConfig(a).CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{
			EventSourceArn: aws.String("arn:aws:sqs:eu-central-1:" + cloudtest.Account + ":" + prefix + "-" + name), FunctionName: aws.String(prefix + "-" + name),
		})
		w.must(err)
	}
	w.pass(time.Minute) // the mappings have settled
}

// RoundTrip is the network, which may be cut.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if n := w.calls.Add(1); w.most.Load() > 0 && n > w.most.Load() {
		return nil, errors.New("the process was killed")
	}
	w.mu.Lock()
	w.actions[action(r)] = true
	w.mu.Unlock()
	return w.server.Transport().RoundTrip(r)
}

// action returns the IAM action of a request (Service Authorization Reference). A batch has that of
// its single call.
func action(r *http.Request) string {
	if service, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		name := map[string]string{"AmazonSQS": "sqs", "AWSEvents": "events", "DynamoDB_20120810": "dynamodb", "Logs_20140328": "logs", "secretsmanager": "secretsmanager"}[service]
		if operation = name + ":" + operation; name == "sqs" {
			operation = strings.TrimSuffix(operation, "Batch")
		}
		return operation
	}
	versioned := ""
	if r.URL.Query().Has("versionId") {
		versioned = "Version"
	}
	switch query := r.URL.Query(); {
	case query.Has("versions"):
		return "s3:ListBucketVersions"
	case r.Method == http.MethodGet && strings.Count(r.URL.Path, "/") > 1:
		return "s3:GetObject" + versioned
	case r.Method == http.MethodDelete:
		return "s3:DeleteObject" + versioned
	case r.Method == http.MethodPut:
		return "s3:PutObject"
	}
	return r.Method + " " + r.URL.Path
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) pass(d time.Duration) {
	w.clock.Advance(d)
	w.server.Wake()
}

func key(kind, id string) message.Key {
	return message.Key{System: "shop", Tenant: "brand.example", Type: kind, ID: id}
}

func subject() privacy.Subject {
	return privacy.Subject{Customer: key("customer", "7"), Orders: []message.Key{key("order", "1001")}, Emails: []string{email}}
}

// event returns a canonical message about the entity.
func (w *world) event(about message.Key, text string, parents ...message.Key) port.Outgoing {
	w.Helper()
	body, err := json.Marshal(map[string]any{"id": about.ID, "text": text})
	w.must(err)
	m := &message.Message{
		ID: "e-" + about.ID, Type: "order.placed", Source: message.SourcePrefix + about.System, Tenant: about.Tenant,
		Subject: about.Type + "/" + about.ID, CorrelationID: "t-" + about.ID, Time: noon, Body: body, Parents: parents,
	}
	data, err := m.Encode()
	w.must(err)
	return port.Outgoing{Body: data, Attributes: map[string]string{port.AttrEntity: about.String(), port.AttrEvent: m.ID, port.AttrTrace: m.CorrelationID}}
}

// ruled returns an event as EventBridge writes it to the dead letters of a rule.
func (w *world) ruled(about message.Key, text string) port.Outgoing {
	w.Helper()
	return port.Outgoing{Body: fmt.Appendf(nil, `{"version":"0","detail-type":"order.placed","source":"causeway.shop","detail":%s}`, w.event(about, text).Body)}
}

// raw returns a delivery; a large one has its body in the vault.
func (w *world) raw(id, body string) []byte {
	w.Helper()
	r := &message.Raw{ID: id, System: "shop", Tenant: "brand.example", Topic: "orders/create", ReceivedAt: noon, Body: []byte(body)}
	if len(body) > 1000 {
		claim, err := w.backend.Store(w.Context(), []byte(body))
		w.must(err)
		r.Body, r.Claim = nil, &claim
	}
	data, err := r.Encode()
	w.must(err)
	return data
}

// everything returns all items, object versions and messages, unpacked, one text each.
func (w *world) everything() (all []string) {
	w.Helper()
	ctx := w.Context()
	w.must(w.backend.EveryItem(ctx, func(item map[string]dynamo.AttributeValue) error {
		text := ""
		for name, value := range item {
			switch v := value.(type) {
			case *dynamo.AttributeValueMemberS:
				text += " " + name + "=" + v.Value
			case *dynamo.AttributeValueMemberB:
				text += " " + name + "=" + string(v.Value)
			}
		}
		if packed, ok := item[cloud.EntriesAttribute].(*dynamo.AttributeValueMemberB); ok {
			entries, err := cloud.UnpackEntries(packed.Value)
			w.must(err)
			unpacked, err := json.Marshal(entries)
			w.must(err)
			text += string(unpacked)
		}
		all = append(all, text)
		return nil
	}))
	pages := s3.NewListObjectVersionsPaginator(w.backend.Bucket(), &s3.ListObjectVersionsInput{Bucket: aws.String(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		w.must(err)
		for _, v := range page.Versions {
			out, err := w.backend.Bucket().GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(prefix), Key: v.Key, VersionId: v.VersionId})
			w.must(err)
			data, err := io.ReadAll(out.Body)
			w.must(err)
			all = append(all, *v.Key+" "+unbase64(string(data)))
		}
	}
	w.pass(13 * time.Hour) // everything is visible
	for _, queue := range append(w.stores.Dead, privacy.Queue{Name: route.Queue()}) {
		w.must(w.operator.Letters.Browse(ctx, queue.Name, func(in port.Incoming) bool {
			all = append(all, fmt.Sprint(queue.Name, " ", unbase64(string(in.Body)), " ", in.Attributes))
			return true
		}))
	}
	return all
}

// unbase64 adds what the texts of a JSON document decode to: bodies are in base64.
func unbase64(text string) string {
	decoded := text
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == '"' || r == '\n' }) {
		if data, err := base64.StdEncoding.DecodeString(word); err == nil && len(word) > 8 {
			decoded += unbase64(string(data))
		}
	}
	return decoded
}

func count(texts []string, part string) (n int) {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), strings.ToLower(part)) {
			n++
		}
	}
	return n
}

// fill stores data of the person and of others in every place.
func (w *world) fill() {
	w.Helper()
	ctx := w.Context()
	dead, inbox := routes.Dead(route.Queue()), routes.Dead(routes.Inbox("shop"))
	send := func(queue string, out ...port.Outgoing) { w.Helper(); w.must(w.backend.Send(ctx, queue, out)) }
	// A purge, before there are other letters.
	send(dead, w.event(key("order", "1001"), canary), w.event(key("order", "2000"), other))
	plan, err := w.operator.Plan(ctx, redrive.Purge, operate.Selector{}, redrive.Options{})
	w.must(err)
	_, err = w.operator.Apply(ctx, plan.ID, "asked by "+email)
	w.must(err)
	// Dead letters of a route, an inbox and a rule.
	for n := range 12 {
		send(dead, w.event(key("order", fmt.Sprint(3000+n)), other))
	}
	send(dead, w.event(key("order", "1001"), canary), w.event(key("order", "1002"), canary, key("customer", "7")))
	send(inbox, port.Outgoing{Body: w.raw("d-1", `{"id":1,"line_items":[],"customer":{"id":7,"name":"`+canary+`"}}`)}, port.Outgoing{Body: w.raw("d-2", `{"id":2,"name":"`+other+`"}`)})
	send("rules-dead", w.ruled(key("order", "1001"), canary), w.ruled(key("order", "2001"), other))
	// The archive: one batch of three, of which one is large, archived twice.
	large := `{"id":1001,"line_items":[],"note":"` + canary + strings.Repeat("x", 2000) + `"}`
	othersLarge := `{"id":2002,"line_items":[],"note":"` + other + strings.Repeat("x", 2000) + `"}`
	var batch []port.Incoming
	for n, body := range []string{`{"id":1001,"line_items":[],"note":"` + canary + `"}`, large, othersLarge, `{"id":4,"line_items":[],"note":"` + other + `"}`} {
		batch = append(batch, port.Incoming{Body: w.raw(fmt.Sprint("a-", n), body)})
	}
	for range 2 {
		for _, err := range w.backend.Archive(ctx, batch) {
			w.must(err)
		}
	}
	// Words of operators.
	w.must(w.operator.SetNote(ctx, "f1", operate.Note{State: operate.Acknowledged, Who: "ana", Text: "call " + strings.ToUpper(email)}))
	w.must(w.operator.Valve.Pause(ctx, engine.Pause{Queue: route.Queue(), Who: "ana", Reason: "until " + email + " answers"}))
	// The ledger.
	failed := func(e port.Entry, text string) port.Entry {
		e.At, e.Stage, e.Outcome = w.clock.Now(), port.Dead, text
		e.Error = port.NewEntryError(route.Queue(), &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "name", Detail: "wrong"})
		e.Error.Message, e.Notes = text, []connector.Note{{Field: "name", What: text}}
		e.Exchange = &connector.Exchange{Method: "POST", Path: "/customers?q=" + text, Request: text, Answer: text, Status: 400}
		return e
	}
	keys, err := port.AddressKeys(ctx, w.backend, email)
	w.must(err)
	hash, old := keys[0], keys[1] // of before there was a secret
	w.must(w.backend.Append(ctx,
		failed(port.Entry{Entity: key("order", "1001"), Event: "e-1001", Trace: "t-1001", Route: route.Queue(), Function: "erp-deliver", Keys: []string{"number:1001", "tracking:" + canary, old}}, canary),
		failed(port.Entry{Entity: key("order", "2001"), Event: "e-2001", Trace: "t-1001", Route: route.Queue(), Function: "erp-deliver"}, other)))
	w.must(w.backend.Append(ctx, failed(port.Entry{Event: "d-9", Trace: "d-9", Function: "shop-translate", Entity: key("delivery", "d-9"), Keys: []string{hash, "number:" + canary}}, canary)))
	w.must(w.backend.Append(ctx, port.Entry{At: w.clock.Now(), Stage: port.Skipped, Event: "d-10", Trace: "d-10", Function: "shop-translate", Outcome: "skipped: " + strings.ToUpper(email)}))
	w.must(w.backend.Append(ctx, port.Entry{
		At: w.clock.Now(), Stage: port.Confirmed, Entity: key("customer", "7"), Event: "e-7", Trace: "t-7", Route: route.Queue(), Function: "erp-deliver", TargetRef: "88", Outcome: "made " + canary,
	}))
	w.pass(time.Hour)
}
