package cloud_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// What the harness has every queue do.
const (
	visibility  = 30 * time.Second
	maxReceives = 3
)

// world is an emulated AWS with the resources of a route table, on a clock moved by
// hand.
type world struct {
	clock   *porttest.Clock
	server  *cloudtest.Server
	account aws.Config
	config  cloud.Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: porttest.NewClock(noon)}
	w.server, w.config = cloudtest.New(w.clock.Now), config(w.clock.Now)
	a, err := account.Config(with(map[string]string{"AWS_ENDPOINT_URL": "http://aws.invalid"}), w.server.Transport())
	must(t, err)
	w.account = a
	queues := sqs.NewFromConfig(w.account)
	for _, name := range queueNames(porttest.Table()) {
		w.makeQueue(t, queues, name)
	}
	w.makeBus(t, eventbridge.NewFromConfig(w.account))
	w.makeTable(t, dynamodb.NewFromConfig(w.account))
	_, err = w.objects().CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &w.config.Bucket, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraintEuCentral1},
	})
	must(t, err)
	w.server.Secret(cloud.AddressSecret(w.config.Prefix), `{"current":"`+strings.Repeat("s", 64)+`"}`)
	return w
}

func queueNames(table []routes.Route) (names []string) {
	for _, system := range routes.Sources(table) {
		names = append(names, routes.Inbox(system), routes.InboxBackfill(system))
	}
	for _, route := range table {
		names = append(names, route.Queue())
	}
	return names
}

func arn(service, resource string) string {
	return "arn:aws:" + service + ":eu-central-1:" + cloudtest.Account + ":" + resource
}

// makeQueue makes the queue, which rules may send to, and its dead-letter queue.
func (w *world) makeQueue(t *testing.T, queues *sqs.Client, name string) {
	t.Helper()
	full, dead := w.config.Prefix+"-"+name, w.config.Prefix+"-"+routes.Dead(name)
	for _, in := range []*sqs.CreateQueueInput{
		{QueueName: &dead, Attributes: map[string]string{"VisibilityTimeout": strconv.Itoa(int(visibility.Seconds()))}},
		{QueueName: &full, Attributes: map[string]string{
			"VisibilityTimeout": strconv.Itoa(int(visibility.Seconds())),
			"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arn("sqs", dead), maxReceives),
			"Policy": fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":%q,"Condition":{"ArnEquals":{"aws:SourceArn":%q}}}]}`,
				arn("sqs", full), arn("events", "rule/"+w.config.Bus+"/"+full)),
		}},
	} {
		_, err := queues.CreateQueue(t.Context(), in)
		must(t, err)
	}
}

// makeBus makes the bus with the rule of each route.
func (w *world) makeBus(t *testing.T, bus *eventbridge.Client) {
	t.Helper()
	_, err := bus.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: &w.config.Bus})
	must(t, err)
	for _, route := range porttest.Table() {
		rule := w.config.Prefix + "-" + route.Name()
		_, err := bus.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: &rule, EventBusName: &w.config.Bus, EventPattern: aws.String(route.Pattern().String())})
		must(t, err)
		_, err = bus.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: &rule, EventBusName: &w.config.Bus, Targets: []events.Target{
			{Id: aws.String("queue"), Arn: aws.String(arn("sqs", w.config.Prefix+"-"+route.Queue())), InputPath: aws.String("$.detail")},
		}})
		must(t, err)
	}
}

func (w *world) makeTable(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &w.config.Table, BillingMode: dynamo.BillingModePayPerRequest,
		AttributeDefinitions: []dynamo.AttributeDefinition{
			{AttributeName: aws.String(cloud.PartitionKey), AttributeType: dynamo.ScalarAttributeTypeS},
			{AttributeName: aws.String(cloud.SortKey), AttributeType: dynamo.ScalarAttributeTypeS},
		},
		KeySchema: []dynamo.KeySchemaElement{
			{AttributeName: aws.String(cloud.PartitionKey), KeyType: dynamo.KeyTypeHash},
			{AttributeName: aws.String(cloud.SortKey), KeyType: dynamo.KeyTypeRange},
		},
	})
	must(t, err)
	_, err = client.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName:               &w.config.Table,
		TimeToLiveSpecification: &dynamo.TimeToLiveSpecification{AttributeName: aws.String(cloud.TTLAttribute), Enabled: aws.Bool(true)},
	})
	must(t, err)
}

func (w *world) objects() *s3.Client {
	return s3.NewFromConfig(w.account, func(o *s3.Options) { o.UsePathStyle = true })
}

func (w *world) open() *cloud.Backend { return cloud.Open(w.account, w.config) }

func (w *world) advance(by time.Duration) {
	w.clock.Advance(by)
	w.server.Wake()
}

// harness is the world as the conformance suite sees it.
func (w *world) harness() porttest.Harness {
	b := w.open()
	return porttest.Harness{
		Bus: b, Queue: b, State: b, Ledger: b, Vault: b, Now: w.clock.Now, Advance: w.advance, Tick: time.Second,
		Inbox: routes.Inbox("shop"), Other: routes.Inbox("erp"), Visibility: visibility, MaxReceives: maxReceives, Routes: porttest.Table(),
		Reopen: func(t *testing.T) porttest.Harness {
			t.Helper()
			w.advance(time.Millisecond) // no process begins at the instant at which another ends
			return w.harness()
		},
		Corrupt: func(t *testing.T, claim message.Claim) {
			t.Helper()
			_, err := w.objects().PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &w.config.Bucket, Key: aws.String("claims/" + claim.Key), Body: strings.NewReader("damaged"),
			})
			must(t, err)
		},
	}
}

func openWorld(t *testing.T) porttest.Harness {
	t.Helper()
	return newWorld(t).harness()
}

func TestBus(t *testing.T)    { t.Parallel(); porttest.TestBus(t, openWorld) }
func TestQueue(t *testing.T)  { t.Parallel(); porttest.TestQueue(t, openWorld) }
func TestState(t *testing.T)  { t.Parallel(); porttest.TestState(t, openWorld) }
func TestLedger(t *testing.T) { t.Parallel(); porttest.TestLedger(t, openWorld) }
func TestVault(t *testing.T)  { t.Parallel(); porttest.TestVault(t, openWorld) }

func TestArchiveOverTheEmulator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open()
	for i := range 30 {
		mustArchive(t, b, inbox(t, rawMessage(fmt.Sprint("r", i), []byte{byte(i), 0xff})))
		w.advance(10 * time.Minute)
	}
	found := map[string]bool{}
	for raw, err := range b.Archived(t.Context(), "shop", noon.Add(time.Hour), noon.Add(2*time.Hour)) {
		must(t, err)
		found[raw.ID] = len(raw.Body) == 2 && raw.Body[1] == 0xff
	}
	for i := range 30 {
		id := fmt.Sprint("r", i)
		if want := i >= 6 && i < 18; found[id] != want {
			t.Errorf("%s of minute %d was found: %v", id, i*10, found[id])
		}
	}
}

func TestSecretsOverTheEmulator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := secretsmanager.NewFromConfig(w.account)
	_, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(secretName), SecretString: aws.String(`{"KEY":"one"}`)})
	must(t, err)
	secrets := cloud.NewSecrets(w.account, "1.2.3", w.clock.Now)
	mustHold(t, secrets, "one")
	_, err = client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(secretName), SecretString: aws.String(`{"KEY":"two"}`)})
	must(t, err)
	mustHold(t, secrets, "one")
	settings, changed, err := secrets.Refresh(t.Context(), secretName)
	if err != nil || !changed || settings["KEY"] != "two" {
		t.Errorf("Refresh = %v, %v, %v", settings, changed, err)
	}
	_, err = secrets.Get(t.Context(), "causeway-test/nobody")
	mustBe(t, err, fault.Rejected, fault.Config, "causeway-test/nobody")
}
