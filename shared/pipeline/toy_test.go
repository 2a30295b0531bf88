package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
	"causeway/shared/port/porttest"
	"causeway/shared/routes"
)

// toy is a source and a target in one, whose every answer a test can choose.
type toy struct {
	translateErr  error
	skip          string
	translation   func(toyFact) []connector.Event
	mu            sync.Mutex
	written       []string // event ids, in the order in which the target took effect
	fail          []error  // answers of the next deliveries, nil for success
	after         bool     // the failure comes after the effect
	known         map[string]string
	deliveries    []connector.Delivery
	panicOn       string
	duringDeliver func()
	failing       func() error // the answer when fail is empty; nil: a success
}

// toyFact is the toy's wire format.
type toyFact struct {
	Type    string   `json:"type"`
	ID      string   `json:"id"`
	Version int      `json:"version"`
	Name    string   `json:"name"`
	Parents []string `json:"parents"`
	Once    bool     `json:"once"`
}

func (s *toy) Receive(_ context.Context, r connector.Request) (*message.Raw, error) {
	switch r.Header.Get("X-Signature") {
	case "good":
		return &message.Raw{ID: message.DeriveID("toy", r.Header.Get("X-Id")), Topic: "facts", Trigger: message.Webhook, Tenant: "t1"}, nil
	case "ping":
		return nil, nil
	}
	return nil, &fault.Error{Kind: fault.Unauthentic, Code: "signature_mismatch", Doing: "checking the signature"}
}

func (s *toy) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	var fact toyFact
	if err := json.Unmarshal(raw.Body, &fact); err != nil {
		return connector.Translation{}, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Field: "body", Err: err}
	}
	if s.translateErr != nil || s.skip != "" {
		return connector.Translation{Skip: s.skip}, s.translateErr
	}
	if s.translation != nil {
		return connector.Translation{Events: s.translation(fact)}, nil
	}
	return connector.Translation{Events: []connector.Event{fact.event()}}, nil
}

func (f toyFact) event() connector.Event {
	at := epoch.Add(time.Duration(f.Version) * time.Minute)
	key := message.Key{System: "toy", Tenant: "t1", Type: "customer", ID: f.ID}
	e := connector.Event{
		Type: f.Type, Entity: key, Once: f.Once, At: at, Sequence: message.NewSequence(at, false, time.Time{}),
		Body: &canonical.Customer{ID: f.ID, FirstName: canonical.NewText(f.Name), UpdatedAt: at},
	}
	for _, parent := range f.Parents {
		e.Parents = append(e.Parents, message.Key{System: "toy", Tenant: "t1", Type: "customer", ID: parent})
	}
	return e
}

func (s *toy) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, d)
	if s.duringDeliver != nil {
		s.duringDeliver()
	}
	if d.Message.Key().ID == s.panicOn {
		panic("toy falls over")
	}
	var failure error
	if len(s.fail) > 0 {
		failure, s.fail = s.fail[0], s.fail[1:]
	} else if s.failing != nil {
		failure = s.failing()
	}
	if failure == nil || s.after {
		s.written = append(s.written, d.Message.ID)
	}
	return connector.Receipt{Ref: "ref-" + d.Message.Key().ID, Detail: "done"}, failure
}

func (s *toy) Find(_ context.Context, key message.Key) (string, error) { return s.known[key.ID], nil }

// epoch is when the tests' clock starts.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// amended is the operation of a change to something that must be there.
const amended = canonical.CustomerUpserted

// bench is a pipeline on ports in memory, with the toy at both ends.
type bench struct {
	*testing.T
	toy       *toy
	memory    *porttest.Memory
	clock     *porttest.Clock
	config    *pipeline.Config
	receiver  *pipeline.Receiver
	translate *pipeline.Translator
	deliver   *pipeline.Deliverer
	refused   []string
	log       bytes.Buffer
}

var route = routes.Route{From: "toy", Flow: "customers", To: "toy2", Types: []string{canonical.CustomerUpserted}}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, toy: &toy{known: map[string]string{}}, clock: porttest.NewClock(epoch)}
	table := []routes.Route{route}
	b.memory = porttest.NewMemory(b.clock.Now)
	b.memory.Routes, b.memory.Systems = table, []string{"toy"}
	b.memory.Visibility, b.memory.MaxReceives = 6*time.Minute, 1000
	b.config = &pipeline.Config{
		Ports: pipeline.Ports{Bus: b.memory, Queue: b.memory, State: b.memory, Ledger: b.memory, Vault: b.memory},
		Now:   b.clock.Now, Random: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(&b.log, nil)),
		Build: "test", Policy: pipeline.DefaultPolicy(), Routes: table,
	}
	source := connector.System{Profile: connector.Profile{Name: "toy", BodyLimit: 1 << 20, Timeout: time.Minute}, Source: b.toy}
	target := connector.System{Target: b.toy, Profile: connector.Profile{
		Name: "toy2", Timeout: time.Minute,
		Operations: map[string]connector.Operation{canonical.CustomerUpserted: {Name: "write customer", Guarantee: connector.ExternalID}},
	}}
	b.receiver = &pipeline.Receiver{Config: b.config, System: source, Refused: func(code string) { b.refused = append(b.refused, code) }}
	b.translate = &pipeline.Translator{Config: b.config, System: source}
	b.deliver = &pipeline.Deliverer{Config: b.config, System: target, Route: route}
	return b
}

// post sends a signed fact through the door and returns the status.
func (b *bench) post(id string, fact toyFact) int {
	b.Helper()
	body, err := json.Marshal(fact)
	if err != nil {
		b.Fatal(err)
	}
	return b.request(id, "good", string(body)).Status
}

func (b *bench) request(id, signature, body string) pipeline.Answer {
	header := http.Header{"Content-Type": {"application/json"}, "X-Signature": {signature}, "X-Id": {id}}
	return b.receiver.Receive(b.Context(), connector.Request{Method: http.MethodPost, Header: header, Body: []byte(body), At: b.clock.Now()})
}

// step handles every visible message of the inbox and the route once, and returns
// how many there were and the first error.
func (b *bench) step() (int, error) {
	b.Helper()
	handled := 0
	var first error
	for _, lane := range []struct {
		queue   string
		handler pipeline.Handler
	}{{"toy-inbox", b.translate}, {route.Queue(), b.deliver}} {
		batch, err := b.memory.Receive(b.Context(), lane.queue, 10, 0)
		if err != nil {
			b.Fatal(err)
		}
		for _, in := range batch {
			handled++
			if err := pipeline.Settle(b.Context(), b.memory, lane.handler, in); err != nil && first == nil {
				first = err
			}
		}
	}
	return handled, first
}

// drain steps, letting time pass between, until nothing is left or the time is up.
func (b *bench) drain(limit time.Duration) {
	b.Helper()
	for end := b.clock.Now().Add(limit); b.clock.Now().Before(end); {
		handled, err := b.step()
		if err != nil {
			b.Fatal(err)
		}
		if handled == 0 {
			b.clock.Advance(time.Second)
		}
	}
}

// entries returns the ledger entries of the stage.
func (b *bench) entries(stage pipeline.Stage) []pipeline.Entry {
	b.Helper()
	found, err := b.memory.Find(b.Context(), pipeline.Query{Stage: stage})
	if err != nil {
		b.Fatal(err)
	}
	return found
}

// one returns the only entry of the stage.
func (b *bench) one(stage pipeline.Stage) pipeline.Entry {
	b.Helper()
	found := b.entries(stage)
	if len(found) != 1 {
		b.Fatalf("%d entries %q, want 1: %+v", len(found), stage, found)
	}
	return found[0]
}

// dead returns what lies in the queue's dead-letter queue.
func (b *bench) dead(queue string) []pipeline.Incoming {
	b.Helper()
	letters, err := b.memory.Receive(b.Context(), routes.Dead(queue), 10, 0)
	if err != nil {
		b.Fatal(err)
	}
	return letters
}
