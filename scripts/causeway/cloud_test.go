package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/canonical"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

const (
	cloudRoute   = "shopify-orders-to-netsuite"
	environments = `
prod-eu:
  account: "123456789012"
  region: eu-central-1
  prefix: causeway-prod
  profile: brand
  endpoint: ENDPOINT
other:
  account: "210987654321"
  region: eu-central-1
  prefix: causeway-prod
  profile: brand
  endpoint: ENDPOINT
short: {account: "12", region: eu-central-1, prefix: causeway-prod}
`
)

// emulated is an emulated AWS with the resources that the command uses, and a file that
// describes it.
type emulated struct {
	clock   *porttest.Clock
	server  *cloudtest.Server
	backend *cloud.Backend
	account aws.Config
	fakes   map[string]http.Handler // that the connectors call, by host
	file    string
	typed   string // what the person at the terminal types; "": no terminal
}

// newInstallation sets the AWS configuration of the process, so that its test is not parallel.
func newInstallation(t *testing.T) *emulated {
	t.Helper()
	i := &emulated{clock: porttest.NewClock(start)}
	i.server = cloudtest.New(i.clock.Now)
	listener := httptest.NewServer(i.server)
	t.Cleanup(listener.Close)
	folder := t.TempDir()
	for name, text := range map[string]string{
		"config":         "[profile brand]\noutput = json\n",
		"credentials":    "[brand]\naws_access_key_id = AKID\naws_secret_access_key = secret\n",
		"causeway.yaml":  strings.ReplaceAll(environments, "ENDPOINT", listener.URL),
		"misspelled.yml": "prod-eu: {acount: 1}\n",
	} {
		must2(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": filepath.Join(folder, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(folder, "credentials"),
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	i.file = filepath.Join(folder, "causeway.yaml")
	i.create(t)
	i.pass(time.Minute)
	return i
}

func (i *emulated) create(t *testing.T) {
	t.Helper()
	a, err := account.Config(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": "http://aws.invalid",
	}, i.server.Transport())
	must2(t, err)
	resources := (&cli.Tool{Screen: screen.Screen{Now: i.clock.Now}}).Resources(cli.Environment{Account: cloudtest.Account, Region: "eu-central-1", Prefix: "causeway-prod"})
	i.backend, i.account = cloud.Open(a, resources), a
	text := types.ScalarAttributeTypeS
	_, err = dynamodb.NewFromConfig(a).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &resources.Table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(cloud.PartitionKey), AttributeType: text}, {AttributeName: aws.String(cloud.SortKey), AttributeType: text}},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(cloud.PartitionKey), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(cloud.SortKey), KeyType: types.KeyTypeRange},
		},
	})
	must2(t, err)
	_, err = s3.NewFromConfig(a, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &resources.Bucket, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-central-1"},
	})
	must2(t, err)
	i.server.Secret(cloud.AddressSecret("causeway-prod"), `{"current":"`+strings.Repeat("s", 64)+`"}`)
	for _, name := range []string{routes.Inbox("shopify"), routes.InboxBackfill("shopify"), cloudRoute} {
		for _, queue := range []string{routes.Dead(name), name} {
			_, err = sqs.NewFromConfig(a).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("causeway-prod-" + queue)})
			must2(t, err)
		}
		_, err = lambda.NewFromConfig(a).CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
			EventSourceArn: aws.String("arn:aws:sqs:eu-central-1:" + cloudtest.Account + ":causeway-prod-" + name), FunctionName: aws.String("f-" + name),
		})
		must2(t, err)
	}
}

func (i *emulated) pass(d time.Duration) {
	i.clock.Advance(d)
	i.server.Wake()
}

// bury puts a dead order into the route's dead letters and into the ledger.
func (i *emulated) bury(t *testing.T, number int) {
	t.Helper()
	failure := port.NewEntryError(cloudRoute, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "INVALID_KEY_OR_REF", Field: "lines[0].sku", Detail: "there is no item"})
	event, trace := fmt.Sprint("event-", number), fmt.Sprint("trace-", number)
	cause, err := json.Marshal(port.Cause{Stage: port.Dead, Kind: fault.Rejected.String(), Class: fault.MissingRef, Code: failure.Code, Field: failure.Field, At: i.clock.Now()})
	must2(t, err)
	must2(t, i.backend.Append(t.Context(), port.Entry{
		At: i.clock.Now(), Trace: trace, Event: event, Route: cloudRoute, Stage: port.Dead, Outcome: "there is no item", Error: failure,
		Keys: []string{port.SearchKey(port.KeyNumber, fmt.Sprint(number))},
	}))
	must2(t, i.backend.Send(t.Context(), routes.Dead(cloudRoute), []port.Outgoing{{Body: orderEvent(t, event, trace, number, i.clock.Now()), Attributes: map[string]string{
		port.AttrEvent: event, port.AttrTrace: trace, port.AttrCause: string(cause), port.AttrFingerprint: failure.Fingerprint, port.AttrReason: "missing_ref INVALID_KEY_OR_REF lines[].sku",
	}}}))
}

// run executes a command line on the environment prod-eu, unless it names another.
func (i *emulated) run(t *testing.T, line ...string) (code int, out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := &cli.Tool{
		Screen: screen.Screen{In: strings.NewReader(i.typed), Out: &stdout, Err: &stderr, Now: i.clock.Now, Width: 120, Terminal: i.typed != ""},
		Who:    "ana", Transport: i,
		Random: func() float64 { return 0.5 },
		Sleep: func(ctx context.Context, d time.Duration) error {
			i.pass(d)
			return errors.Join(ctx.Err(), i.work(ctx))
		},
	}
	if !slices.Contains(line, "--environments") {
		line = append(line, "--environments", i.file)
	}
	if !slices.Contains(line, "--env") {
		line = append(line, "--env", "prod-eu")
	}
	code = a.Run(t.Context(), root(a), line)
	return code, stdout.String() + stderr.String()
}

// orderEvent returns a canonical order in its envelope.
func orderEvent(t *testing.T, event, trace string, number int, at time.Time) []byte {
	t.Helper()
	m := message.Message{
		ID: event, Source: "causeway.shopify", Type: canonical.OrderPlaced, Subject: fmt.Sprint("order/", number), Time: at, Tenant: "brand.example",
		Schema: "order/1", Sequence: message.NewSequence(at, false, time.Time{}), CorrelationID: trace, CausationID: trace, Origin: "shopify",
		Body: fmt.Appendf(nil, `{"id":"%d","name":"#%d"}`, number, number),
	}
	body, err := m.Encode()
	must2(t, err)
	return body
}

// work confirms what is in the route's queue, as its function does.
func (i *emulated) work(ctx context.Context) error {
	batch, err := i.backend.Receive(ctx, cloudRoute, 10, 0)
	for _, in := range batch {
		m, decoded := message.Decode(in.Body)
		err = errors.Join(err, decoded)
		if decoded != nil {
			continue
		}
		err = errors.Join(err, i.backend.Append(ctx, port.Entry{
			At: i.clock.Now(), Trace: m.CorrelationID, Event: m.ID, Entity: m.Key(), Version: m.Sequence, Route: cloudRoute, Stage: port.Confirmed,
			Outcome: "created", TargetRef: "SO-1", RedriveCount: in.Redrives(), Message: in.MessageID,
		}), i.backend.Delete(ctx, in))
	}
	return err
}

// The commands of an operator at 3 a.m. on an installation on AWS: what is dead, why, put it
// right.
func TestCommandOnAWS(t *testing.T) {
	i := newInstallation(t)
	for number := range 12 {
		i.bury(t, 1001+number)
		i.pass(time.Minute)
	}
	expect := func(want int, shown string, line ...string) string {
		t.Helper()
		code, out := i.run(t, line...)
		if code != want || !strings.Contains(out, shown) {
			t.Fatalf("%v: exit %d, want %d and %q:\n%s", line, code, want, shown, out)
		}
		return out
	}
	expect(screen.ExitAttention, "prod-eu", "status")
	expect(screen.ExitOK, "12", "dlq", "list")
	expect(screen.ExitAttention, "12 dead", "why")
	expect(screen.ExitOK, "1005", "trace", "1005")

	i.server.Log("/aws/lambda/causeway-prod-netsuite-deliver", "s", `{"timestamp":"2026-11-22T21:16:00Z","level":"WARN","message":"dead","event_id":"event-1005","error":"ada@example.com is unknown"}`)
	if out := expect(screen.ExitOK, "2026-11-22T21:16:00Z WARN dead", "inspect", "event-1005"); strings.Contains(out, "ada@") || !strings.Contains(out, "function=causeway-prod-netsuite-deliver") {
		t.Errorf("the log's line is not masked, or has no function:\n%s", out)
	}
	i.server.Fail("logs", "FilterLogEvents", cloudtest.Denied(1))
	expect(screen.ExitOK, "may not read it", "inspect", "event-1005")

	expect(screen.ExitOK, "", "route", "pause", cloudRoute, "--reason", "ERP patch")
	expect(screen.ExitAttention, "by ana", "status")
	expect(screen.ExitOK, "", "route", "resume", cloudRoute)

	plan := strings.TrimSpace(expect(screen.ExitOK, "p-", "redrive", "--all", "--jq", ".plan.plan", "-q"))
	expect(screen.ExitRefused, "--reason", "apply", plan)
	expect(screen.ExitRefused, "--yes", "apply", plan, "--reason", "INC-7")
	i.typed = "prod-us\n"
	expect(screen.ExitRefused, "the name was not typed", "apply", plan, "--reason", "INC-7")
	i.typed = "prod-eu\n"
	expect(screen.ExitOK, "12 confirmed", "apply", plan, "--reason", "INC-7")
	i.typed = ""
	if code, out := i.run(t, "dlq", "list"); code != screen.ExitOK || strings.Contains(out, cloudRoute) {
		t.Errorf("afterwards: exit %d\n%s", code, out)
	}
}

func TestEnvironmentsThatCannotBeOpened(t *testing.T) {
	i := newInstallation(t)
	for name, c := range map[string]struct {
		line  []string
		code  int
		shown string
	}{
		"unknown":          {[]string{"--env", "prod-us"}, screen.ExitNotFound, "has other, prod-eu, short"},
		"another account":  {[]string{"--env", "other"}, screen.ExitDenied, "another account"},
		"a wrong value":    {[]string{"--env", "short"}, screen.ExitUsage, "short.account has twelve digits"},
		"no file":          {[]string{"--environments", "none.yaml"}, screen.ExitNotFound, "there is no such file"},
		"a misspelled key": {[]string{"--environments", filepath.Join(filepath.Dir(i.file), "misspelled.yml")}, screen.ExitUsage, "line 1: field acount not found"},
	} {
		if code, out := i.run(t, append([]string{"status"}, c.line...)...); code != c.code || !strings.Contains(out, c.shown) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", name, code, c.code, c.shown, out)
		}
	}
	i.server.Fail("dynamodb", "DescribeTable", cloudtest.Unavailable(cloudtest.Always))
	if code, out := i.run(t, "status"); code != screen.ExitUnreachable {
		t.Errorf("AWS is down: exit %d\n%s", code, out)
	}
}

func TestEnvironmentsAreCompleted(t *testing.T) {
	i := newInstallation(t)
	var out bytes.Buffer
	a := &cli.Tool{Screen: screen.Screen{In: strings.NewReader(""), Out: &out, Err: &out, Now: i.clock.Now}}
	a.Run(t.Context(), root(a), []string{"__complete", "--environments", i.file, "status", "--env", ""})
	if !strings.HasPrefix(out.String(), "other\nprod-eu\nshort\n") {
		t.Errorf("completes to %s", out.String())
	}
}

// A request about personal data is listed until it was carried out, which is recorded.
func TestPrivacyRequestsOnAWS(t *testing.T) {
	i := newInstallation(t)
	if code, out := i.run(t, "privacy"); code != screen.ExitOK || !strings.Contains(out, "No request is open") {
		t.Errorf("without a request: exit %d\n%s", code, out)
	}
	must2(t, i.backend.Append(t.Context(), port.Entry{
		At: i.clock.Now(), Stage: port.Privacy, Type: port.TypePrivacyRequest, Event: "request-1", Trace: "request-1", Outcome: "erase customer 7",
		Entity: message.Key{System: "shopify", Tenant: "brand.example", Type: "customer", ID: "7"},
		Notes:  []connector.Note{{Field: port.NoteKind, What: string(connector.EraseCustomer)}, {Field: port.NoteDue, What: i.clock.Now().Add(5 * 24 * time.Hour).Format(time.RFC3339)}},
	}))
	if code, out := i.run(t, "privacy"); code != screen.ExitAttention || !strings.Contains(out, "request-1") {
		t.Errorf("an open request: exit %d\n%s", code, out)
	}
	if code, out := i.run(t, "doctor"); code != screen.ExitAttention || !strings.Contains(out, "erase customer 7 (5 days left)") {
		t.Errorf("doctor: exit %d\n%s", code, out)
	}
	i.server.Fail("dynamodb", "Scan", cloudtest.Denied(cloudtest.Always))
	if code, out := i.run(t, "privacy", "done", "request-1", "--did", "erased at the ERP", "--reason", "ticket 412"); code != screen.ExitOK {
		t.Errorf("done: exit %d\n%s", code, out)
	}
	if code, out := i.run(t, "privacy"); code != screen.ExitOK || strings.Contains(out, "request-1") {
		t.Errorf("afterwards: exit %d\n%s", code, out)
	}
}

// A person is erased with the installation's own means, and what AWS keeps is listed.
func TestEraseOnAWS(t *testing.T) {
	i := newInstallation(t)
	ctx := t.Context()
	const email = "ada@example.com"
	customer := message.Key{System: "shopify", Tenant: "brand.example", Type: "customer", ID: "7"}
	hashes, err := port.AddressKeys(ctx, i.backend, email)
	must2(t, err)
	must2(t, i.backend.Append(ctx,
		port.Entry{At: i.clock.Now(), Stage: port.Confirmed, Entity: customer, Event: "e-7", Trace: "t-7", Route: cloudRoute, Function: "netsuite-deliver", TargetRef: "88", Outcome: "made " + email},
		port.Entry{At: i.clock.Now(), Stage: port.Published, Entity: customer, Event: "e-7", Trace: "t-7", Keys: hashes[:1]},
	))
	body := fmt.Appendf(nil, `{"id":"1001","email":%q}`, email)
	raw, err := (&message.Raw{ID: "d-1", System: "shopify", Tenant: "brand.example", Topic: "orders/create", ReceivedAt: i.clock.Now(), Body: body}).Encode()
	must2(t, err)
	must2(t, i.backend.Send(ctx, routes.Dead(routes.Inbox("shopify")), []port.Outgoing{{Body: raw}}))
	for _, err := range i.backend.Archive(ctx, []port.Incoming{{Body: raw}}) {
		must2(t, err)
	}
	i.pass(time.Hour)
	code, out := i.run(t, "erase", email)
	for _, want := range []string{"customer shopify/brand.example/customer/7", "1 dead letter,", "to do at netsuite: anonymize record 88", "kept until their own terms", "Nothing was erased"} {
		if code != screen.ExitOK || !strings.Contains(out, want) {
			t.Errorf("the plan: exit %d, without %q\n%s", code, want, out)
		}
	}
	i.pass(time.Hour)
	if code, out = i.run(t, "erase", email, "--yes"); code != screen.ExitRefused || !strings.Contains(out, "--reason") {
		t.Errorf("without a reason: exit %d\n%s", code, out)
	}
	if code, out = i.run(t, "erase", email, "--yes", "--reason", "ticket 412"); code != screen.ExitAttention || !strings.Contains(out, "erased: 1 dead letter, 1 archived deliveries") {
		t.Errorf("exit %d\n%s", code, out)
	}
	i.pass(time.Hour)
	for raw, err := range i.backend.Archived(ctx, "shopify", i.clock.Now().Add(-24*time.Hour), i.clock.Now()) {
		t.Errorf("the archive has %v, %v", raw, err)
	}
	if code, out = i.run(t, "dlq", "list"); code != screen.ExitOK || strings.Contains(out, "inbox") {
		t.Errorf("afterwards: exit %d\n%s", code, out)
	}
	if found, err := i.backend.Find(ctx, port.Query{Key: hashes[0]}); err != nil || len(found) != 0 {
		t.Errorf("the address finds %v, %v", found, err)
	}
	for _, call := range []string{"dynamodb Scan", "s3 ListObjectVersions"} {
		service, operation, _ := strings.Cut(call, " ")
		i.server.Fail(service, operation, cloudtest.Denied(1))
		if code, out = i.run(t, "erase", customer.String(), "--yes", "--reason", "ticket 413"); code != screen.ExitDenied || !strings.Contains(out, "needs the policy of an eraser") {
			t.Errorf("without %s: exit %d\n%s", call, code, out)
		}
	}
	i.server.Fail("s3", "DeleteObject", cloudtest.Denied(cloudtest.Always))
	must2(t, i.backend.Append(ctx, port.Entry{At: i.clock.Now(), Stage: port.Published, Entity: customer, Event: "e-8", Trace: "t-8"}))
	for _, err := range i.backend.Archive(ctx, []port.Incoming{{Body: raw}}) {
		must2(t, err)
	}
	if code, out = i.run(t, "erase", customer.String(), "--email", email, "--yes", "--reason", "ticket 413"); code != screen.ExitDenied || !strings.Contains(out, "no access to bucket") {
		t.Errorf("without permission: exit %d\n%s", code, out)
	}
}

// Bindings are listed, imported and exported on AWS; the environment has to be confirmed.
func TestCrosswalkOnAWS(t *testing.T) {
	i := newInstallation(t)
	ctx := t.Context()
	key := message.Key{System: "shopify", Tenant: "brand.example", Type: "customer", ID: "7"}
	record, err := entity.Load(ctx, i.backend, "netsuite", key, false)
	must2(t, err)
	record.Ref = "88"
	must2(t, record.Save(ctx, i.backend, i.clock.Now()))
	other := key
	other.ID = "9"
	record, err = entity.Load(ctx, i.backend, "netsuite", other, false)
	must2(t, err)
	record.Attempt("e") // nothing is known of it at the target
	must2(t, record.Save(ctx, i.backend, i.clock.Now()))
	i.pass(time.Minute)
	file := filepath.Join(t.TempDir(), "bindings.csv")
	rows := "target,system,store,type,id,target_id\nnetsuite,shopify,brand.example,customer,7,88\nnetsuite,shopify,brand.example,customer,8,89\n"
	must2(t, os.WriteFile(file, []byte(rows), 0o600))
	if code, out := i.run(t, "crosswalk", "export", "--target", "netsuite"); code != screen.ExitOK || !strings.Contains(out, "customer,7,88\n") || strings.Contains(out, "customer,9") {
		t.Errorf("export: exit %d\n%s", code, out)
	}
	if code, out := i.run(t, "crosswalk", "import", file, "--apply", "--reason", "r"); code != screen.ExitRefused {
		t.Errorf("without the environment's name: exit %d\n%s", code, out)
	}
	i.pass(time.Minute)
	if code, out := i.run(t, "crosswalk", "import", file, "--apply", "--yes", "--reason", "migration"); code != screen.ExitOK || !strings.Contains(out, "1 new, 0 changed, 1 the same") {
		t.Errorf("import: exit %d\n%s", code, out)
	}
	i.pass(time.Minute)
	for _, want := range []string{"customer,7,88\n", "customer,8,89\n"} {
		if code, out := i.run(t, "crosswalk", "export", "--type", "customer", "--store", "brand.example"); code != screen.ExitOK || !strings.Contains(out, want) {
			t.Errorf("afterwards: exit %d\n%s", code, out)
		}
	}
	key.ID = "8"
	if found, err := i.backend.Find(ctx, port.Query{Key: port.SearchKey(port.KeyRef, "89")}); err != nil || len(found) != 1 || found[0].Entity != key {
		t.Errorf("the ledger has %v, %v", found, err)
	}
}
