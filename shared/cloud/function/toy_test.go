package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/redact"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// epoch lies in the future, so that no deadline of a test passes by the machine's clock.
var epoch = time.Date(2090, 11, 22, 12, 0, 0, 0, time.UTC)

// toyRoutes lead from the toy to the till, which is the toy under another name.
var toyRoutes = []routes.Route{
	{From: "toy", Flow: "customers", To: "till", Types: []string{canonical.CustomerUpserted}, Filters: []routes.Filter{{Name: "test"}}},
	{From: "toy", Flow: "orders", To: "till", Types: []string{canonical.OrderPlaced}},
}

const toyQueue = "toy-customers-to-till"

// What must never stand in a log.
const (
	canarySecret = "canary-secret-0123456789"
	canaryMail   = "canary.ada@example.com"
	canaryName   = "Canary Lovelace"
)

// toy is a system whose answers a test chooses. It is opened with one secret.
type toy struct {
	*world
	secret string
}

// world is what all openings of the toy share.
type world struct {
	role       connector.Role
	mu         sync.Mutex
	opened     int
	accepts    string // the secret that the system takes at present
	delivered  []string
	deliver    func(connector.Delivery) error
	translate  func(*message.Raw) error
	poll       func() error
	subscribed int
	version    connector.Version
}

func toyProfile(role connector.Role) connector.Profile {
	name := "toy"
	if role == connector.Deliver {
		name = "till"
	}
	return connector.Profile{
		Name: name, Title: "Toy", Roles: []connector.Role{role}, BodyLimit: 1 << 20, Concurrency: 3, Timeout: time.Minute,
		Settings: []string{"TOY_NAME", "TOY_SECRET"}, Secrets: []string{"TOY_SECRET"},
		Operations: map[string]connector.Operation{canonical.CustomerUpserted: {Name: "write customer", Guarantee: connector.ExternalID}},
	}
}

func (w *world) open(settings map[string]string, _ connector.Deps) (connector.System, error) {
	var s struct {
		Name   string           `env:"TOY_NAME" validate:"required"`
		Secret connector.Secret `env:"TOY_SECRET" validate:"required"`
	}
	if err := connector.ParseSettings(settings, &s); err != nil {
		return connector.System{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened++
	it := &toy{w, s.Secret.Reveal()}
	profile := toyProfile(w.role)
	profile.Version = w.version
	return connector.System{Profile: profile, Source: it, Target: it, Poller: it, Subscriber: it}, nil
}

func (t *toy) Receive(_ context.Context, r connector.Request) (*message.Raw, error) {
	if r.Header.Get("X-Panic") != "" {
		panic(canaryMail + " " + string(r.Body))
	}
	if r.Header.Get("X-Signature") != t.secret {
		return nil, &fault.Error{Kind: fault.Unauthentic, Code: "signature_mismatch", Doing: "checking the signature", Err: errors.New("not by " + t.secret)}
	}
	return &message.Raw{ID: message.DeriveID("toy", r.Header.Get("X-Id")), Topic: "customers", Trigger: message.Webhook, Tenant: "t1"}, nil
}

func (t *toy) Adopt(_ context.Context, event []byte, _ time.Time) (*message.Raw, error) {
	var e struct {
		Detail struct{ Payload json.RawMessage }
	}
	if err := json.Unmarshal(event, &e); err != nil || e.Detail.Payload == nil {
		return nil, fault.New(fault.Invalid, fault.Schema, "reading a partner event of "+canaryMail, "it has no payload")
	}
	return &message.Raw{ID: "partner1", Topic: "customers", Trigger: message.Partner, Tenant: "t1", Body: e.Detail.Payload}, nil
}

// toyFact is the toy's wire format.
type toyFact struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Name    string `json:"name"`
	Email   string `json:"email"`
}

func (t *toy) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	t.mu.Lock()
	hook := t.translate
	t.mu.Unlock()
	if hook != nil {
		if err := hook(raw); err != nil {
			return connector.Translation{}, err
		}
	}
	var fact toyFact
	if err := json.Unmarshal(raw.Body, &fact); err != nil {
		return connector.Translation{}, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Err: err}
	}
	at := epoch.Add(time.Duration(fact.Version) * time.Minute)
	return connector.Translation{Events: []connector.Event{{
		Type: canonical.CustomerUpserted, Entity: message.Key{System: "toy", Tenant: "t1", Type: "customer", ID: fact.ID},
		At: at, UpdatedAt: at,
		Body: &canonical.Customer{ID: fact.ID, FirstName: canonical.NewText(fact.Name), UpdatedAt: at},
	}}}, nil
}

func (t *toy) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	t.mu.Lock()
	hook, accepts := t.deliver, t.accepts
	t.mu.Unlock()
	if accepts != "" && accepts != t.secret {
		return connector.Receipt{}, fault.New(fault.Unauthorized, fault.Auth, "writing a customer", "the key was refused")
	}
	if hook != nil {
		if err := hook(d); err != nil {
			return connector.Receipt{}, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delivered = append(t.delivered, d.Message.Key().ID)
	return connector.Receipt{Ref: "ref-" + d.Message.Key().ID, Detail: "done"}, nil
}

func (t *toy) Find(context.Context, message.Key) (string, error) {
	if t.accepts != "" && t.accepts != t.secret {
		return "", fault.New(fault.Unauthorized, fault.Auth, "finding a customer", "the key was refused")
	}
	return "found", nil
}

// fakeSecrets is a Secrets Manager with one secret.
type fakeSecrets struct {
	mu    sync.Mutex
	now   map[string]string
	asked int
	fail  error
}

func (s *fakeSecrets) Get(_ context.Context, name string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if name != "causeway-dev/toy" {
		return nil, fault.New(fault.Rejected, fault.Config, "reading secret "+name, "there is none")
	}
	return maps.Clone(s.now), s.fail
}

func (s *fakeSecrets) rotate(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = map[string]string{"TOY_SECRET": secret}
}

// faultyPorts fails the calls that a test wants to fail.
type faultyPorts struct {
	*porttest.Memory
	send, deferring, append error
	deferred                map[string]time.Time
	mu                      sync.Mutex
}

func (p *faultyPorts) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	if p.send != nil {
		return p.send
	}
	return p.Memory.Send(ctx, queue, batch)
}

func (p *faultyPorts) Append(ctx context.Context, entries ...port.Entry) error {
	if p.append != nil {
		return p.append
	}
	return p.Memory.Append(ctx, entries...)
}

func (p *faultyPorts) Defer(ctx context.Context, in port.Incoming, until time.Time) error {
	if p.deferring != nil {
		return p.deferring
	}
	p.mu.Lock()
	p.deferred[in.MessageID] = until
	p.mu.Unlock()
	return p.Memory.Defer(ctx, in, until)
}

// output collects what a function writes, from any goroutine.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// lines returns the lines as JSON objects.
func (o *output) lines(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(o.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("a line is not JSON: %s", line)
		}
		all = append(all, fields)
	}
	return all
}

// bench is a function of the toy on ports in memory.
type bench struct {
	*testing.T
	world    *world
	clock    *porttest.Clock
	ports    *faultyPorts
	secrets  *fakeSecrets
	files    fakeFiles
	archived []port.Incoming
	archive  func(port.Incoming) error // nil: everything can be archived
	out      output
	process  process
}

func newBench(t *testing.T, role connector.Role) *bench {
	t.Helper()
	b := &bench{
		T: t, world: &world{role: role}, clock: porttest.NewClock(epoch), files: fakeFiles{},
		secrets: &fakeSecrets{now: map[string]string{"TOY_SECRET": canarySecret}},
	}
	memory := porttest.NewMemory(b.clock.Now)
	memory.Routes, memory.Systems, memory.Visibility, memory.MaxReceives = toyRoutes, []string{"toy"}, 6*time.Minute, 1000
	b.ports = &faultyPorts{Memory: memory, deferred: map[string]time.Time{}}
	b.process = process{
		role: role, profile: toyProfile(role), open: b.world.open, table: toyRoutes, out: &b.out,
		jitter: func() float64 { return 0.5 },
		deps:   connector.Deps{HTTP: http.DefaultTransport, Now: b.clock.Now, Random: rand.NewChaCha8([32]byte([]byte(string(role) + strings.Repeat("-", 32))[:32]))},
		environ: map[string]string{
			"CAUSEWAY_STAGE": "dev", "CAUSEWAY_PREFIX": "causeway-dev", "CAUSEWAY_QUEUES": "https://sqs.eu-central-1.amazonaws.com/111122223333/",
			"CAUSEWAY_BUS": "causeway-dev", "CAUSEWAY_TABLE": "causeway-dev", "CAUSEWAY_BUCKET": "causeway-dev-111122223333-eu-central-1",
			"CAUSEWAY_SECRET": "causeway-dev/toy", "CAUSEWAY_BUILD": "v1", "TOY_NAME": "one",
		},
		ports: func(process, environment) (ports, error) {
			return ports{
				port.Ports{Bus: b.ports, Queue: b.ports, State: b.ports, Ledger: b.ports, Vault: b.ports},
				b.secrets, b.files,
				func(_ context.Context, batch []port.Incoming) []error {
					b.archived = append(b.archived, batch...)
					failures := make([]error, len(batch))
					for i, in := range batch {
						if b.archive != nil {
							failures[i] = b.archive(in)
						}
					}
					return failures
				},
			}, nil
		},
	}
	return b
}

func (b *bench) start() *function {
	b.Helper()
	f, err := newFunction(b.Context(), b.process)
	if err != nil {
		b.Fatal(err)
	}
	return f
}

// context is that of an invocation which may take so long.
func (b *bench) context(left time.Duration) context.Context {
	ctx, cancel := context.WithDeadline(b.Context(), b.clock.Now().Add(left))
	b.Cleanup(cancel)
	return lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
}

func mustJSON(t *testing.T, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// request is a signed delivery of the toy.
func request(id, body string) events.APIGatewayV2HTTPRequest {
	var r events.APIGatewayV2HTTPRequest
	r.Version, r.RequestContext.HTTP.Method = "2.0", http.MethodPost
	r.Headers = map[string]string{"content-type": "application/json", "x-signature": canarySecret, "x-id": id}
	r.Body = body
	return r
}

// call sends a request through the function.
func (b *bench) call(f *function, r events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	b.Helper()
	var answer events.APIGatewayV2HTTPResponse
	data, err := f.Invoke(b.context(30*time.Second), mustJSON(b.T, r))
	if err != nil {
		b.Fatal(err)
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		b.Fatal(err)
	}
	return answer
}

func customer(id string, version int) string {
	data, _ := json.Marshal(toyFact{ID: id, Version: version, Name: canaryName, Email: canaryMail})
	return string(data)
}

// fill puts raw messages of the customers into the inbox, as the door does.
func (b *bench) fill(customers ...string) {
	b.Helper()
	for _, id := range customers {
		b.accept("raw-"+id, customer(id, 1))
	}
}

// accept puts one raw message into the inbox.
func (b *bench) accept(id, body string) {
	b.Helper()
	receiver, err := intake.New(b.runtime(), connector.System{Profile: toyProfile("")})
	if err != nil {
		b.Fatal(err)
	}
	raw := &message.Raw{ID: id, Topic: "customers", Tenant: "t1", Trigger: message.Webhook, Body: []byte(body)}
	if err := receiver.Accept(b.Context(), raw, b.clock.Now()); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) runtime() port.Runtime {
	return port.Runtime{
		Ports: port.Ports{Bus: b.ports.Memory, Queue: b.ports.Memory, State: b.ports.Memory, Ledger: b.ports.Memory, Vault: b.ports.Memory},
		Now:   b.clock.Now, Random: func() float64 { return 0.5 }, Log: newLog(&output{}, 0, &redact.Mask{}),
	}
}

// translated puts events of the customers into the route's queue, as Translate does.
func (b *bench) translated(customers ...string) {
	b.Helper()
	b.fill(customers...)
	system, err := (&world{}).open(map[string]string{"TOY_NAME": "one", "TOY_SECRET": canarySecret}, connector.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{
		Runtime: b.runtime(), Systems: map[string]connector.System{"toy": system}, Retry: retry.DefaultPolicy(), Admission: admission.DefaultPolicy(),
	})
	if err != nil {
		b.Fatal(err)
	}
	translator, err := p.Translator("toy")
	if err != nil {
		b.Fatal(err)
	}
	for range customers {
		batch, err := b.ports.Memory.Receive(b.Context(), "toy-inbox", 1, 0)
		if err != nil || len(batch) != 1 {
			b.Fatal(batch, err)
		}
		if err := port.Settle(b.Context(), b.ports.Memory, translator, batch[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// poll receives up to ten messages as Lambda's poller does, and returns the event.
func (b *bench) poll(queue string) events.SQSEvent {
	b.Helper()
	batch, err := b.ports.Memory.Receive(b.Context(), queue, 10, 0)
	if err != nil {
		b.Fatal(err)
	}
	var event events.SQSEvent
	for _, in := range batch {
		record := events.SQSMessage{
			MessageId: in.MessageID, ReceiptHandle: in.Handle, Body: string(in.Body), EventSource: "aws:sqs",
			EventSourceARN:    "arn:aws:sqs:eu-central-1:111122223333:causeway-dev-" + queue,
			Attributes:        map[string]string{"ApproximateReceiveCount": strconv.Itoa(in.ReceiveCount), "SentTimestamp": strconv.FormatInt(in.SentAt.UnixMilli(), 10)},
			MessageAttributes: map[string]events.SQSMessageAttribute{},
		}
		for name, value := range in.Attributes {
			record.MessageAttributes[name] = events.SQSMessageAttribute{StringValue: &value, DataType: "String"}
		}
		event.Records = append(event.Records, record)
	}
	return event
}

// run hands the event to the function and does what Lambda does with the answer: it
// deletes what was not reported. It returns the ids that were.
func (b *bench) run(f *function, event events.SQSEvent) (failed []string) {
	b.Helper()
	data, err := f.Invoke(b.context(15*time.Minute), mustJSON(b.T, event))
	if err != nil {
		b.Fatal(err)
	}
	var response events.SQSEventResponse
	if err := json.Unmarshal(data, &response); err != nil {
		b.Fatal(err)
	}
	reported := map[string]bool{}
	for _, item := range response.BatchItemFailures {
		reported[item.ItemIdentifier] = true
		failed = append(failed, item.ItemIdentifier)
	}
	for _, record := range event.Records {
		if !reported[record.MessageId] {
			in := port.Incoming{Queue: queueName(record.EventSourceARN, "causeway-dev"), Handle: record.ReceiptHandle}
			if err := b.ports.Delete(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	}
	return failed
}

// entries returns the ledger entries of the stage.
func (b *bench) entries(stage port.Stage) []port.Entry {
	b.Helper()
	found, err := b.ports.Find(b.Context(), port.Query{Stage: stage})
	if err != nil {
		b.Fatal(err)
	}
	return found
}
