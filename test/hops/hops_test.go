package hops_test

import (
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// These three tests are measured by scripts/hops: which functions of shared/ one journey
// executes. Each runs twice, once only up to where its journey begins, and the difference
// of the two coverages is the journey.

// onlySetup ends each test where its journey begins.
var onlySetup = flag.Bool("setup", false, "end each test where its journey begins")

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var route = routes.Route{From: "shop", Flow: "customers", To: "erp", Types: []string{canonical.CustomerUpserted}}

// system is a source and a target in one.
type system struct {
	failures []error // of the next deliveries
	written  int
}

func (*system) Receive(_ context.Context, r connector.Request) (*message.Raw, error) {
	return &message.Raw{ID: r.Header.Get("X-Id"), Topic: "customers", Trigger: message.Webhook, Tenant: "brand"}, nil
}

func (*system) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	var body canonical.Customer
	if err := json.Unmarshal(raw.Body, &body); err != nil {
		return connector.Translation{}, err
	}
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.CustomerUpserted, Entity: message.Key{System: "shop", Tenant: "brand", Type: "customer", ID: body.ID},
		At: body.UpdatedAt, UpdatedAt: body.UpdatedAt, Body: &body,
	}}}, nil
}

func (s *system) Deliver(context.Context, connector.Delivery) (connector.Receipt, error) {
	if len(s.failures) > 0 {
		failure := s.failures[0]
		s.failures = s.failures[1:]
		return connector.Receipt{}, failure
	}
	s.written++
	return connector.Receipt{Ref: "1", Detail: "customer 1"}, nil
}

func (*system) Find(context.Context, message.Key) (string, error) { return "", nil }

// journey is a pipeline between the two ends of a system, on ports of the test's own.
type journey struct {
	*testing.T
	now       time.Time
	queues    map[string][]port.Incoming
	sent      int
	items     map[string]port.Item
	system    *system
	door      *intake.Receiver
	translate port.Handler
	deliver   port.Handler
}

func (j *journey) Publish(_ context.Context, messages []*message.Message) error {
	for _, m := range messages {
		body, err := m.Encode()
		if err != nil {
			return err
		}
		j.put("orders", port.Outgoing{Body: body})
	}
	return nil
}

func (j *journey) put(queue string, out port.Outgoing) {
	j.sent++
	id := strconv.Itoa(j.sent)
	in := port.Incoming{Queue: queue, Handle: id, MessageID: id, Body: out.Body, Attributes: out.Attributes, SentAt: j.now}
	j.queues[queue] = append(j.queues[queue], in)
}

func (j *journey) Send(_ context.Context, queue string, batch []port.Outgoing) error {
	for _, out := range batch {
		j.put(queue, out)
	}
	return nil
}

func (j *journey) Receive(_ context.Context, queue string, _ int, _ time.Duration) ([]port.Incoming, error) {
	for i := range j.queues[queue] {
		j.queues[queue][i].ReceiveCount++
	}
	return slices.Clone(j.queues[queue]), nil
}

func (j *journey) Delete(_ context.Context, in port.Incoming) error {
	j.queues[in.Queue] = slices.DeleteFunc(j.queues[in.Queue], func(o port.Incoming) bool { return o.Handle == in.Handle })
	return nil
}

func (j *journey) Defer(_ context.Context, _ port.Incoming, until time.Time) error {
	j.now = until
	return nil
}

func (j *journey) Get(_ context.Context, key string) (port.Item, error) { return j.items[key], nil }

func (j *journey) Put(_ context.Context, item port.Item) (int64, error) {
	if j.items[item.Key].Revision != item.Revision {
		return 0, port.ErrConflict
	}
	item.Revision++
	j.items[item.Key] = item
	return item.Revision, nil
}

func (j *journey) Append(context.Context, ...port.Entry) error { return nil }

func (j *journey) Find(context.Context, port.Query) ([]port.Entry, error) { return nil, nil }

func (j *journey) AddressSecrets(context.Context) (canonical.AddressSecrets, error) {
	return canonical.AddressSecrets{"secret"}, nil
}

func (j *journey) Store(context.Context, []byte) (message.Claim, error) { return message.Claim{}, nil }

func (j *journey) Load(context.Context, message.Claim) ([]byte, error) { return nil, nil }

func newJourney(t *testing.T) *journey {
	t.Helper()
	j := &journey{T: t, now: epoch, queues: map[string][]port.Incoming{}, items: map[string]port.Item{}, system: &system{}}
	source := connector.System{Profile: connector.Profile{Name: "shop", BodyLimit: 1 << 20, Timeout: time.Minute}, Source: j.system}
	target := connector.System{Target: j.system, Profile: connector.Profile{
		Name: "erp", Timeout: time.Minute, Concurrency: 5,
		Operations: map[string]connector.Operation{canonical.CustomerUpserted: {Name: "upsert customer", Guarantee: connector.ExternalID}},
	}}
	runtime := port.Runtime{
		Ports: port.Ports{Bus: j, Queue: j, State: j, Ledger: j, Vault: j},
		Now:   func() time.Time { return j.now }, Random: func() float64 { return 0.25 }, Log: slog.New(slog.DiscardHandler),
	}
	p, err := pipeline.New(pipeline.Config{
		Runtime: runtime, Systems: map[string]connector.System{"shop": source, "erp": target},
		Retry: retry.DefaultPolicy(), Admission: admission.DefaultPolicy(),
	})
	must(t, err)
	j.door, err = intake.New(runtime, source)
	must(t, err)
	j.translate, err = p.Translator("shop")
	must(t, err)
	j.deliver, err = p.Deliverer(route)
	must(t, err)
	return j
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// warm delivers another message first, as in the flow of messages: its worker holds a permit
// of the target, and has read just now what all workers share of it.
func (j *journey) warm() {
	j.Helper()
	j.post("6")
	j.handle("shop-inbox", j.translate)
	j.handle("orders", j.deliver)
	j.system.written = 0
}

// post sends a webhook about the customer through the door.
func (j *journey) post(id string) {
	j.Helper()
	body := `{"id":"` + id + `","updated_at":"2026-11-22T11:00:00Z"}`
	answer := j.door.Receive(j.Context(), connector.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}, "X-Id": {id}}, Body: []byte(body), At: j.now,
	})
	if answer.Status != http.StatusOK {
		j.Fatalf("the door answered %d", answer.Status)
	}
}

// handle takes the only message of the queue through its handler.
func (j *journey) handle(queue string, handler port.Handler) {
	j.Helper()
	batch, err := j.Receive(j.Context(), queue, 1, 0)
	must(j.T, err)
	if len(batch) != 1 {
		j.Fatalf("queue %s has %d messages, want 1", queue, len(batch))
	}
	must(j.T, port.Settle(j.Context(), j, handler, batch[0]))
}

func (j *journey) confirmed() {
	j.Helper()
	if j.system.written != 1 {
		j.Errorf("the target was written %d times, want once", j.system.written)
	}
}

// TestCleanDelivery delivers one message that nothing goes wrong with.
func TestCleanDelivery(t *testing.T) {
	j := newJourney(t)
	j.warm()
	j.post("7")
	j.handle("shop-inbox", j.translate)
	if *onlySetup {
		return
	}
	j.handle("orders", j.deliver)
	j.confirmed()
}

// TestRetriedDelivery delivers one message whose target times out, answers 500, and takes it.
func TestRetriedDelivery(t *testing.T) {
	j := newJourney(t)
	j.warm()
	j.system.failures = []error{
		&fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Detail: "no answer within 1m"},
		&fault.Error{Kind: fault.Unavailable, Status: http.StatusInternalServerError},
	}
	j.post("7")
	j.handle("shop-inbox", j.translate)
	if *onlySetup {
		return
	}
	for range 3 {
		j.handle("orders", j.deliver)
	}
	j.confirmed()
}

// TestDuplicateWebhook receives a webhook that was delivered before.
func TestDuplicateWebhook(t *testing.T) {
	j := newJourney(t)
	j.warm()
	j.post("7")
	j.handle("shop-inbox", j.translate)
	j.handle("orders", j.deliver)
	if *onlySetup {
		return
	}
	j.post("7")
	j.handle("shop-inbox", j.translate)
	j.confirmed()
}
