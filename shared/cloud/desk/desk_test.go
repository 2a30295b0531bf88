package desk_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
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
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/engine/enginetest"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

const (
	region = "eu-central-1"
	prefix = "causeway-test"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is an emulated AWS with an installation of a route table, on a clock moved by hand.
type world struct {
	clock    *porttest.Clock
	server   *cloudtest.Server
	account  aws.Config
	config   desk.Config
	queues   *sqs.Client
	mappings *lambda.Client
	backend  *cloud.Backend
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: porttest.NewClock(noon)}
	w.server = cloudtest.New(w.clock.Now)
	a := accountOver(t, w.server.Transport())
	w.account = a
	w.config = desk.Config{
		Name: "test", Routes: porttest.Table(), Sleep: w.sleep,
		Resources: cloud.Config{
			Prefix: prefix, QueueBase: "https://sqs." + region + ".amazonaws.com/" + cloudtest.Account + "/", Bus: prefix, Table: prefix, Bucket: prefix,
			Build: "1.2.3", Now: w.clock.Now, Random: rand.Reader,
		},
	}
	w.queues, w.mappings, w.backend = sqs.NewFromConfig(a), lambda.NewFromConfig(a), cloud.Open(a, w.config.Resources)
	w.makeTable(t)
	_, err := s3.NewFromConfig(a, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: aws.String(prefix), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: region},
	})
	must(t, err)
	for _, system := range routes.Sources(porttest.Table()) {
		w.makeQueue(t, routes.Inbox(system))
		w.makeQueue(t, routes.InboxBackfill(system))
	}
	for _, route := range porttest.Table() {
		w.makeQueue(t, route.Queue())
	}
	w.advance(time.Minute) // the mappings have settled
	return w
}

// accountOver returns the SDK's configuration without its own repetitions, which take real time.
func accountOver(t *testing.T, transport http.RoundTripper) aws.Config {
	t.Helper()
	a, err := account.Config(map[string]string{
		"AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": "http://aws.invalid",
	}, transport)
	must(t, err)
	a.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return a
}

// sleep lets the time pass that a tool waits for.
func (w *world) sleep(ctx context.Context, d time.Duration) error {
	w.advance(d)
	return ctx.Err()
}

func (w *world) advance(by time.Duration) {
	w.clock.Advance(by)
	w.server.Wake()
}

func (w *world) makeTable(t *testing.T) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(w.account).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(prefix), BillingMode: dynamo.BillingModePayPerRequest,
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
}

func queueARN(name string) string {
	return "arn:aws:sqs:" + region + ":" + cloudtest.Account + ":" + prefix + "-" + name
}

// makeQueue makes a queue with its dead-letter queue and the mapping that takes from it.
func (w *world) makeQueue(t *testing.T, name string) {
	t.Helper()
	_, err := w.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(prefix + "-" + routes.Dead(name))})
	must(t, err)
	_, err = w.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(prefix + "-" + name), Attributes: map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":1000}`, queueARN(routes.Dead(name))),
	}})
	must(t, err)
	_, err = w.mappings.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String(queueARN(name)), FunctionName: aws.String(prefix + "-" + strings.ReplaceAll(name, "-", "_")),
	})
	must(t, err)
}

func (w *world) open() engine.Engine { return desk.New(w.account, w.config) }

// poller receives as Lambda does: not while the queue's mapping is disabled.
type poller struct {
	port.Queue
	world *world
}

func (p poller) Receive(ctx context.Context, queue string, most int, wait time.Duration) ([]port.Incoming, error) {
	out, err := p.world.mappings.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{EventSourceArn: aws.String(queueARN(queue))})
	if err != nil {
		return nil, err
	}
	if len(out.EventSourceMappings) != 1 || *out.EventSourceMappings[0].State != "Enabled" {
		return nil, nil
	}
	return p.Queue.Receive(ctx, queue, most, wait)
}

func TestDeskIsAnEngineForOperators(t *testing.T) {
	t.Parallel()
	enginetest.Test(t, func(t *testing.T) enginetest.Harness {
		t.Helper()
		w := newWorld(t)
		return enginetest.Harness{
			Engine: w.open(), Queue: poller{w.backend, w}, Advance: w.advance,
			Inbox: routes.Inbox("shop"), Route: porttest.Table()[0].Queue(), System: "shop",
			Archive: func(t *testing.T, in ...port.Incoming) {
				t.Helper()
				for _, err := range w.backend.Archive(t.Context(), in) {
					must(t, err)
				}
			},
			Say:    func(_ *testing.T, line string) { w.server.Log("/aws/lambda/"+prefix+"-shop-translate", "stream", line) },
			Settle: func(*testing.T) { w.advance(5 * time.Second) },
			Beside: func(*testing.T) engine.Engine { return w.open() },
		}
	})
}
