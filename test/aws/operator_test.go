package aws_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/functions/shopify"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/cloud/deployed"
	"causeway.example/shared/cloud/desk"
	"causeway.example/shared/cloud/health"
	"causeway.example/shared/doctor"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/privacy"
	"causeway.example/shared/routes"
)

// operator is a person with one of the policies of the watch stack, at the stand-in of AWS.
type operator struct {
	*held
	clock     *porttest.Clock
	account   aws.Config
	resources cloud.Config
}

func newOperator(t *testing.T, policy string) *operator {
	t.Helper()
	s, err := readTemplates(snapshots, "causeway-dev", place{cloudtest.Account, "eu-central-1"}, "watch")
	if err != nil {
		t.Fatal(err)
	}
	people, err := s.people()
	if err != nil || people[policy] == nil {
		t.Fatalf("there is no policy %s: %v", policy, err)
	}
	o := &operator{clock: porttest.NewClock(time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC))}
	o.held = &held{server: cloudtest.New(o.clock.Now), role: people[policy]}
	o.account = o.config(t)
	o.resources = cloud.Config{
		Prefix: "causeway-dev", QueueBase: "https://sqs.eu-central-1.amazonaws.com/" + cloudtest.Account + "/", Bus: "causeway-dev", Table: "causeway-dev",
		Bucket: "causeway-dev-" + cloudtest.Account + "-eu-central-1", Build: "operator", Now: o.clock.Now, Random: rand.Reader,
	}
	o.create(t)
	return o
}

// config returns the SDK's configuration of the person.
func (o *operator) config(t *testing.T) aws.Config {
	t.Helper()
	a, err := account.Config(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": "http://aws.invalid",
	}, o.held)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// create creates what the commands read, by the owner of the account.
func (o *operator) create(t *testing.T) {
	t.Helper()
	owner, err := account.Config(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": "http://aws.invalid",
	}, o.server.Transport())
	if err != nil {
		t.Fatal(err)
	}
	text, route := types.ScalarAttributeTypeS, "shopify-orders-to-netsuite"
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(dynamodb.NewFromConfig(owner).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("causeway-dev"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(cloud.PartitionKey), AttributeType: text}, {AttributeName: aws.String(cloud.SortKey), AttributeType: text}},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(cloud.PartitionKey), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(cloud.SortKey), KeyType: types.KeyTypeRange},
		},
	}))
	do(lambda.NewFromConfig(owner).CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("causeway-dev-shopify-poll"), Role: aws.String("r"), Code: &lambdatypes.FunctionCode{ZipFile: []byte("zip")},
		Environment: &lambdatypes.Environment{Variables: map[string]string{"CAUSEWAY_SECRET": "causeway-dev/shopify"}},
	}))
	do(secretsmanager.NewFromConfig(owner).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("causeway-dev/shopify"), SecretString: aws.String("{}")}))
	o.server.Secret(cloud.AddressSecret("causeway-dev"), `{"current":"`+strings.Repeat("s", 64)+`"}`)
	for _, name := range []string{routes.Dead(route), route} {
		do(sqs.NewFromConfig(owner).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("causeway-dev-" + name)}))
	}
	do(lambda.NewFromConfig(owner).CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String("arn:aws:sqs:eu-central-1:" + cloudtest.Account + ":causeway-dev-" + route), FunctionName: aws.String("causeway-dev-shopify-poll"),
	}))
	backend := cloud.Open(owner, o.resources)
	do(nil, backend.Send(t.Context(), routes.Dead(route), []port.Outgoing{{Body: []byte("letter")}}))
	do(nil, backend.Append(t.Context(), port.Entry{At: o.clock.Now(), Stage: port.Dead, Event: "e", Trace: "t", Route: route}))
	o.server.Log("/aws/lambda/causeway-dev-netsuite-deliver", "s", `{"event_id":"e"}`)
	o.clock.Advance(time.Minute)
}

// look does what status, why, inspect, privacy and doctor do.
func (o *operator) look(ctx context.Context) (err error) {
	e := desk.New(o.account, desk.Config{Name: "dev", Resources: o.resources, Routes: routes.Table, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if _, err = e.Meter.Depths(ctx); err != nil {
		return err
	}
	if _, err = e.Meter.Totals(ctx); err != nil {
		return err
	}
	if _, err = e.Valve.Pauses(ctx); err != nil {
		return err
	}
	if err = e.Letters.Browse(ctx, routes.Dead("shopify-orders-to-netsuite"), func(port.Incoming) bool { return true }); err != nil {
		return err
	}
	if _, _, err = e.Log.Lines(ctx, engine.LogQuery{IDs: []string{"e"}, From: o.clock.Now().Add(-time.Hour), To: o.clock.Now(), Most: 5}); err != nil {
		return err
	}
	if _, err = port.AddressKeys(ctx, e.Ledger, "ada@example.com"); err != nil {
		return err
	}
	if _, err = privacy.Requests(ctx, e.Ledger); err != nil {
		return err
	}
	doctor.Run(ctx, health.Checks(o.account, health.Config{Resources: o.resources, Routes: routes.Table, Secrets: []string{"causeway-dev/shopify", "causeway-dev/shopify/receive"}})...)
	_, err = o.reader().Secrets(ctx, shopify.Profile())
	return err
}

func (o *operator) reader() *deployed.Reader {
	return deployed.New(o.account, "causeway-dev", "operator", o.clock.Now)
}

// TestAReaderMayLookAtEverything holds what the commands call to the reader's policy.
func TestAReaderMayLookAtEverything(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "Reader")
	if err := o.look(t.Context()); err != nil || len(o.denied) > 0 {
		t.Errorf("looking: %v; not allowed: %q", err, o.denied)
	}
}

// TestOnlyAnOperatorReadsSecrets: replay, reconcile and doctor's connections need them.
func TestOnlyAnOperatorReadsSecrets(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]int{"Reader": 1, "Operator": 0, "Admin": 0} {
		o := newOperator(t, policy)
		found, known, err := o.reader().System(t.Context(), shopify.Profile())
		if err != nil || !known {
			t.Fatal(err)
		}
		if _, err := o.reader().Whole(t.Context(), found); err != nil {
			t.Fatal(err)
		}
		if len(o.denied) != want || want > 0 && !strings.Contains(o.denied[0], "secretsmanager:GetSecretValue") {
			t.Errorf("%s is denied %q", policy, o.denied)
		}
	}
}
