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
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/shared/canonical"
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
	backend  *cloud.Backend
	operator *redrive.Operator
	stores   privacy.Stores
	parts    *erase.Installation
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, clock: porttest.NewClock(noon)}
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
	return w.server.Transport().RoundTrip(r)
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
	hash := port.SearchKey(port.KeyEmail, canonical.EmailHash(email))
	w.must(w.backend.Append(ctx,
		failed(port.Entry{Entity: key("order", "1001"), Event: "e-1001", Trace: "t-1001", Route: route.Queue(), Function: "erp-deliver", Keys: []string{"number:1001", "tracking:" + canary, hash}}, canary),
		failed(port.Entry{Entity: key("order", "2001"), Event: "e-2001", Trace: "t-1001", Route: route.Queue(), Function: "erp-deliver"}, other)))
	w.must(w.backend.Append(ctx, failed(port.Entry{Event: "d-9", Trace: "d-9", Function: "shop-translate", Entity: key("delivery", "d-9"), Keys: []string{hash, "number:" + canary}}, canary)))
	w.must(w.backend.Append(ctx, port.Entry{At: w.clock.Now(), Stage: port.Skipped, Event: "d-10", Trace: "d-10", Function: "shop-translate", Outcome: "skipped: " + strings.ToUpper(email)}))
	w.must(w.backend.Append(ctx, port.Entry{
		At: w.clock.Now(), Stage: port.Confirmed, Entity: key("customer", "7"), Event: "e-7", Trace: "t-7", Route: route.Queue(), Function: "erp-deliver", TargetRef: "88", Outcome: "made " + canary,
	}))
	w.pass(time.Hour)
}

func TestEraseTakesThePersonFromEveryResourceAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	w.fill()
	before := w.everything()
	if n := count(before, canary); n < 15 {
		t.Fatalf("the person is in %d places: the test proves nothing", n)
	}
	r, err := privacy.Erase(ctx, w.stores, subject(), privacy.Operation{At: w.clock.Now(), Reason: "ticket 412", Build: "test"})
	w.must(err)
	if r.Letters != 4 || r.Exported != 1 || r.Archived != 2 || r.Bodies != 3 || r.Entries != 4 || r.Waiting != 0 || r.Mentions < 3 {
		t.Errorf("erased %+v", r)
	}
	if len(r.Tasks) != 1 || r.Tasks[0].String() != "erp: anonymize record 88 of customer 7" {
		t.Errorf("tasks %v", r.Tasks)
	}
	after := w.everything()
	for _, text := range after {
		if strings.Contains(strings.ToLower(text), canary) {
			t.Errorf("the person is still in %.300s", text)
		}
	}
	hash := canonical.EmailHash(email)
	if n := count(after, hash); n != 0 {
		t.Errorf("the hash of the address is in %d places", n)
	}
	// The letters, bodies, exports and texts of others remain; the older version of the batch that
	// was archived twice is gone.
	if was, is := count(before, other), count(after, other); is != was-1 {
		t.Errorf("others are in %d places, and were in %d", is, was)
	}
	n := 0
	for raw, err := range w.backend.Archived(ctx, "shop", noon.Add(-time.Hour), w.clock.Now()) {
		w.must(err)
		if n++; !strings.Contains(string(raw.Body), other) {
			t.Errorf("the archive has %s", raw.Body)
		}
	}
	if n != 2 {
		t.Errorf("the archive has %d deliveries of others", n)
	}
	w.wantLedger()
	w.pass(time.Hour)
	again, err := privacy.Erase(ctx, w.stores, subject(), privacy.Operation{At: w.clock.Now(), Reason: "again"})
	if w.must(err); again.Letters+again.Exported+again.Archived+again.Bodies+again.Entries+again.Mentions != 0 {
		t.Errorf("erased again %+v", again)
	}
}

// wantLedger checks what remains: who did what and when, and the proof.
func (w *world) wantLedger() {
	w.Helper()
	ctx := w.Context()
	for name, query := range map[string]port.Query{
		"trace": {Trace: "t-1001"}, "entity": {Entity: key("order", "1001")}, "number": {Key: "number:1001"}, "day": {Stage: port.Dead},
	} {
		found, err := w.backend.Find(ctx, query)
		w.must(err)
		i := slices.IndexFunc(found, func(e port.Entry) bool { return e.Event == "e-1001" && e.Stage == port.Dead })
		if i < 0 {
			w.Errorf("by %s the entry is not found", name)
			continue
		}
		e := found[i]
		if e.Outcome != "erased on request" || e.Error.Field != "name" || e.Error.Message != e.Outcome || e.Exchange.Status != 400 || e.Exchange.Request+e.Exchange.Path != "" {
			w.Errorf("by %s the entry is %+v", name, e)
		}
	}
	proof, err := w.backend.Find(ctx, port.Query{Key: port.KeyPrivacy})
	w.must(err)
	if len(proof) != 1 || proof[0].Type != port.TypePrivacyDone || !strings.Contains(proof[0].Outcome, "4 dead letters") || !strings.HasSuffix(proof[0].Outcome, "(reason: ticket 412)") {
		w.Errorf("proof %+v", proof)
	}
}

// What may belong to a message that is still to be delivered is left, and counted.
func TestWhatIsStillToBeDeliveredIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	body := `{"id":"1003","email":"` + email + `"}`
	_, err := w.backend.Store(ctx, []byte(body))
	w.must(err)
	published := port.Entry{At: w.clock.Now(), Stage: port.Published, Type: "order.placed", Entity: key("order", "1001"), Event: "e-1001", Trace: "t-1001", Function: "shop-translate"}
	w.must(w.backend.Append(ctx, published))
	w.must(w.backend.Send(ctx, route.Queue(), []port.Outgoing{w.event(key("order", "1001"), canary)}))
	w.pass(time.Hour)
	run := func() privacy.Report {
		t.Helper()
		r, err := privacy.Erase(ctx, w.stores, subject(), privacy.Operation{At: w.clock.Now(), Reason: "asked"})
		w.must(err)
		return r
	}
	if r := run(); r.Waiting != 2 || r.Bodies != 0 {
		t.Errorf("while it waits: %+v", r)
	}
	in, err := w.backend.Receive(ctx, route.Queue(), 1, 0)
	w.must(err)
	confirmed := published
	confirmed.At, confirmed.Stage, confirmed.Route, confirmed.Function = w.clock.Now(), port.Confirmed, route.Queue(), "erp-deliver"
	w.must(w.backend.Append(ctx, confirmed))
	w.must(w.backend.Delete(ctx, in[0]))
	if r := run(); r.Waiting != 0 || r.Bodies != 1 {
		t.Errorf("afterwards: %+v", r)
	}
}

// A run that is killed after any call is finished by the next.
func TestARunThatWasKilledIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	run := func(w *world, reason string) error {
		_, err := privacy.Erase(t.Context(), w.stores, subject(), privacy.Operation{At: w.clock.Now(), Reason: reason})
		return err
	}
	w := newWorld(t)
	w.fill()
	w.interrupt(40, func() error { return run(w, "killed") }) // each run gets farther
	w.must(run(w, "ticket 412"))
	if n := count(w.everything(), canary); n != 0 {
		t.Errorf("killed many times, the person is in %d places", n)
	}
	for calls, done := int64(1), false; !done; calls += 19 {
		w := newWorld(t)
		w.fill()
		w.most.Store(w.calls.Load() + calls)
		done = run(w, "killed") == nil
		w.most.Store(0)
		w.pass(time.Hour)
		w.must(run(w, "ticket 412"))
		if n := count(w.everything(), canary); n != 0 {
			t.Errorf("killed after %d calls, the person is in %d places", calls, n)
		}
	}
}

// interrupt calls do, killed after so many calls, twice as many and so on, until it succeeds.
func (w *world) interrupt(step int64, do func() error) {
	for calls, failed := step, true; failed; calls += step {
		w.most.Store(w.calls.Load() + calls)
		failed = do() != nil
		w.most.Store(0)
		w.pass(time.Hour)
	}
}

// What AWS keeps by itself is named with its end.
func TestWhatAWSKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	kept := func() string {
		t.Helper()
		r, err := privacy.Preview(ctx, w.stores, subject())
		w.must(err)
		text := ""
		for _, k := range r.Kept {
			text += k.Where + " until " + k.Until + "\n"
		}
		return text
	}
	if got := kept(); !strings.Contains(got, "point-in-time recovery until 2026-12-27") || strings.Contains(got, "archive of the bus") {
		t.Errorf("kept\n%s", got)
	}
	_, err := eventbridge.NewFromConfig(w.account).CreateArchive(ctx, &eventbridge.CreateArchiveInput{
		ArchiveName: aws.String(prefix), EventSourceArn: aws.String("arn:aws:events:eu-central-1:" + cloudtest.Account + ":event-bus/" + prefix), RetentionDays: aws.Int32(30),
	})
	w.must(err)
	logs := cloudwatchlogs.NewFromConfig(w.account)
	for name, days := range map[string]int32{"a": 14, "b": 90, "c": 30} {
		group := aws.String("/aws/lambda/" + prefix + "-" + name)
		_, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group})
		w.must(err)
		_, err = logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: group, RetentionInDays: &days})
		w.must(err)
	}
	for name, text := range map[string]string{"drop/a.csv": "1;" + strings.ToUpper(email), "drop/b.csv": "2;" + other} {
		_, err := w.backend.Bucket().PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(prefix), Key: &name, Body: strings.NewReader(text)})
		w.must(err)
	}
	got := kept()
	for _, want := range []string{"archive of the bus causeway-test until 2026-12-22", "logs /aws/lambda/causeway-test-* until 2027-02-20", "drop/a.csv"} {
		if !strings.Contains(got, want) {
			t.Errorf("kept, without %s\n%s", want, got)
		}
	}
	if strings.Contains(got, "drop/b.csv") {
		t.Errorf("a file of others is listed\n%s", got)
	}
	for _, call := range []string{"dynamodb DescribeContinuousBackups", "events DescribeArchive", "logs DescribeLogGroups", "s3 ListObjectVersions"} {
		service, operation, _ := strings.Cut(call, " ")
		w.server.Fail(service, operation, cloudtest.Denied(1))
	}
	if got := kept(); strings.Count(got, "may not read it") != 4 {
		t.Errorf("without permission\n%s", got)
	}
}
