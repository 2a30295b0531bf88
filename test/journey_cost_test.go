package test_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// tableMeter counts the units that DynamoDB charges for: each started kilobyte written, and each
// started four kilobytes read consistently.
type tableMeter struct {
	http.RoundTripper
	mu            sync.Mutex
	writes, reads int
}

func (m *tableMeter) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct {
		Item         map[string]map[string]any
		RequestItems map[string][]struct {
			PutRequest struct{ Item map[string]map[string]any }
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	items := []map[string]map[string]any{}
	if in.Item != nil {
		items = append(items, in.Item)
	}
	for _, puts := range in.RequestItems {
		for _, put := range puts {
			items = append(items, put.PutRequest.Item)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if operation == "GetItem" || operation == "Query" {
		m.reads++
	}
	for _, item := range items {
		size := 0
		for name, typed := range item {
			for kind, value := range typed {
				size += len(name)
				switch text, _ := value.(string); kind {
				case "B":
					size += len(text) * 3 / 4
				case "N":
					size += 21
				default:
					size += len(text)
				}
			}
		}
		m.writes += (size + 1023) / 1024
	}
	return m.RoundTripper.RoundTrip(r)
}

// meteredTable returns state and ledger as they are on AWS, over a table whose units are counted.
func meteredTable(t *testing.T) (*cloud.Backend, *tableMeter) {
	t.Helper()
	server := cloudtest.New(time.Now)
	m := &tableMeter{RoundTripper: server.Transport()}
	a, err := account.Config(map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_ENDPOINT_URL": "http://aws.invalid",
	}, m)
	if err != nil {
		t.Fatal(err)
	}
	config := cloud.Config{Table: "causeway-test", Prefix: "causeway-test", Build: "test", Now: time.Now, Random: rand.Reader}
	server.Secret(cloud.AddressSecret(config.Prefix), `{"current":"`+strings.Repeat("s", 64)+`"}`)
	ctx := context.Background() // that of the test is not of the bubble
	_, err = dynamodb.NewFromConfig(a).CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &config.Table, BillingMode: dynamo.BillingModePayPerRequest,
		AttributeDefinitions: []dynamo.AttributeDefinition{
			{AttributeName: aws.String(cloud.PartitionKey), AttributeType: dynamo.ScalarAttributeTypeS},
			{AttributeName: aws.String(cloud.SortKey), AttributeType: dynamo.ScalarAttributeTypeS},
		},
		KeySchema: []dynamo.KeySchemaElement{
			{AttributeName: aws.String(cloud.PartitionKey), KeyType: dynamo.KeyTypeHash}, {AttributeName: aws.String(cloud.SortKey), KeyType: dynamo.KeyTypeRange},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return cloud.Open(a, config), m
}

// countingBus counts the events and their copies on the routes.
type countingBus struct {
	port.Bus
	w      *world
	mu     sync.Mutex
	events int
	copies int
}

func (b *countingBus) Publish(ctx context.Context, messages []*message.Message) error {
	b.mu.Lock()
	for _, m := range messages {
		b.events++
		for _, r := range b.w.table {
			if "causeway."+r.From == m.Source && slices.Contains(r.Types, m.Type) {
				b.copies++
			}
		}
	}
	b.mu.Unlock()
	return b.Bus.Publish(ctx, messages)
}

// countingQueue counts what is received from the queues of routes.
type countingQueue struct {
	port.Queue
	mu       sync.Mutex
	received int
}

func (q *countingQueue) Receive(ctx context.Context, name string, limit int, wait time.Duration) ([]port.Incoming, error) {
	batch, err := q.Queue.Receive(ctx, name, limit, wait)
	q.mu.Lock()
	defer q.mu.Unlock()
	if strings.Contains(name, "-to-") {
		q.received += len(batch)
	}
	return batch, err
}

// TestTheBillOfAnOrderIsWhatTheCircleCalls plays orders through the whole circle and holds the counts
// per order against the table of infra/README.md, which make cost prints.
func TestTheBillOfAnOrderIsWhatTheCircleCalls(t *testing.T) {
	t.Parallel()
	s := setup{memory: true, warehouse: shipbobtest.New(time.Now), crm: hubspottest.New(time.Now), items: historyItems()}
	bus, queue := &countingBus{}, &countingQueue{}
	requests := &sync.Map{}
	var meter *tableMeter
	s.ports = func(p *port.Ports) {
		var table *cloud.Backend
		table, meter = meteredTable(t)
		bus.Bus, queue.Queue = p.Bus, p.Queue
		p.Bus, p.Queue, p.State, p.Ledger = bus, queue, table, table
	}
	s.wrap = func(address string, system http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := requests.LoadOrStore(address, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
			system.ServeHTTP(w, r)
		})
	}
	journey(t, s, func(w *world) {
		bus.w = w
		const orders = 10
		webhooks := 0
		for i := range orders {
			webhooks += w.circleOrder(int64(7001 + i))
		}
		asked := 0
		requests.Range(func(_, n any) bool { asked += int(n.(*atomic.Int64).Load()); return true })
		written, read := meter.writes, meter.reads
		w.noDead() // which reads the ledger itself
		for name, c := range map[string]struct{ got, within int }{
			"webhooks": {webhooks, 0}, "events": {bus.events, 0}, "copies of events": {bus.copies, 0}, "receives of copies": {queue.received, 15},
			"requests to the systems": {asked, 10}, "write units": {written, 10}, "read units": {read, 10},
		} {
			want, told := billedPerOrder(w.T, name), float64(c.got)/orders
			if off := 100 * (told - want) / want; off > float64(c.within) || -off > float64(c.within) {
				t.Errorf("%s: %v per order, and infra/README.md has %v; correct scripts/cost/circle.go", name, told, want)
			}
		}
	})
}

// billedPerOrder returns the figure of the table in infra/README.md.
func billedPerOrder(t *testing.T, name string) float64 {
	t.Helper()
	text, err := os.ReadFile("../infra/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, row, found := strings.Cut(string(text), "| "+name+" | ")
	figure, _, _ := strings.Cut(row, " |")
	n, err := strconv.ParseFloat(figure, 64)
	if !found || err != nil {
		t.Fatalf("infra/README.md has no row %q", name)
	}
	return n
}

// circleOrder plays an order from the store to the warehouse and back, and returns the number of
// webhooks.
func (w *world) circleOrder(id int64) (webhooks int) {
	w.Helper()
	sale := ingestSale(id, 0, 2)
	sale.Customer, sale.Email = id, "buyer"+strconv.FormatInt(id, 10)+"@example.com"
	w.ingestOK(w.shopify("orders/create", sale.Body()))
	w.ingestOK(w.shopify("orders/paid", sale.Body()))
	w.pass(10 * time.Minute)
	if _, err := w.warehouse.Ship(referenceOf(id), nil); err != nil {
		w.Fatal(err)
	}
	w.ingestOK(w.warehouseTells("msg_"+strconv.FormatInt(id, 10), "order.shipped", referenceOf(id)))
	w.pass(10 * time.Minute)
	w.ingestOK(w.shopify("orders/updated", w.shop.Webhook(strconv.FormatInt(id, 10))))
	w.pass(10 * time.Minute)
	return 4
}
