package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// epoch is when the tests' clock starts.
var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	inbox = "shop-inbox"
	queue = "shop-all-to-erp"
	// recordOf7 is the key of the record of customer 7 at the target.
	recordOf7 = "erp|shop/t1/customer/7"
)

// ports are the ports of one worker. A test replaces them while the worker runs.
type ports struct {
	port.Bus
	port.Queue
	port.State
	port.Ledger
	port.Vault
}

// anyTarget is a target that a test replaces while the worker runs.
type anyTarget struct{ connector.Target }

// testEnv is a worker on ports in memory, with a fake system at both ends. Its settings may
// be changed until the worker is started by its first message, and again before a restart.
type testEnv struct {
	*testing.T
	system *fakeSystem
	memory *porttest.Memory
	clock  *porttest.Clock

	retry     retry.Policy
	admission admission.Policy
	filters   map[string]bool
	route     routes.Route
	profile   connector.Profile // of the target
	source    *connector.System // nil: the fake system
	random    func() float64

	ports   *ports
	target  *anyTarget
	alarms  []string
	log     bytes.Buffer
	running *worker
}

// worker is one process.
type worker struct {
	*pipeline.Pipeline
	translate *pipeline.Translator
	deliver   *pipeline.Deliverer
	ports     *ports
	target    *anyTarget
}

func newEnv(t *testing.T) *testEnv {
	t.Helper()
	e := &testEnv{
		T: t, system: &fakeSystem{known: map[string]string{}}, clock: porttest.NewClock(epoch), retry: retry.DefaultPolicy(),
		admission: admission.DefaultPolicy(), random: func() float64 { return 0.5 },
		route: routes.Route{From: "shop", Flow: "all", To: "erp", Types: []string{
			canonical.CustomerUpserted, canonical.OrderPlaced, canonical.OrderChanged, canonical.OrderCancelledEvent, canonical.PaymentCaptured,
		}},
	}
	e.memory = porttest.NewMemory(e.clock.Now)
	e.memory.Routes, e.memory.Systems = []routes.Route{e.route}, []string{"shop"}
	e.memory.Visibility, e.memory.MaxReceives = 6*time.Minute, 1000
	e.ports, e.target = e.sound(), &anyTarget{e.system}
	e.profile = connector.Profile{Name: "erp", Timeout: time.Minute}
	e.allOperations(connector.Operation{Guarantee: connector.ExternalID})
	return e
}

// sound returns ports that work.
func (e *testEnv) sound() *ports { return &ports{e.memory, e.memory, e.memory, e.memory, e.memory} }

// mend has all ports work again.
func (e *testEnv) mend() { *e.ports = *e.sound() }

// allOperations has the target do all that the route delivers as the operation does it.
func (e *testEnv) allOperations(operation connector.Operation) {
	e.profile.Operations = map[string]connector.Operation{}
	for _, kind := range e.route.Types {
		o := operation
		switch kind {
		case canonical.CustomerUpserted:
			o.Name = "write customer"
		case canonical.PaymentCaptured:
			o.Name = "book payment"
		default:
			o.Name, o.Effect = "write order", "order"
		}
		e.profile.Operations[kind] = o
	}
}

// one returns the worker, which is started with the settings of now if there is none.
func (e *testEnv) one() *worker {
	e.Helper()
	if e.running == nil {
		e.running = e.start("one", e.clock.Now, e.ports, e.target)
	}
	return e.running
}

// restart has the next message start the worker with the settings of then.
func (e *testEnv) restart() { e.running = nil }

// another starts a second worker with ports, a target and a clock of its own.
func (e *testEnv) another(name string, now func() time.Time) *worker {
	e.Helper()
	own := *e.ports
	return e.start(name, now, &own, &anyTarget{e.target.Target})
}

func (e *testEnv) start(name string, now func() time.Time, ports *ports, target *anyTarget) *worker {
	e.Helper()
	source := connector.System{Profile: connector.Profile{Name: "shop", Timeout: time.Minute}, Source: e.system}
	if e.source != nil {
		source = *e.source
	}
	p, err := pipeline.New(pipeline.Config{
		Runtime: port.Runtime{
			Ports: port.Ports{Bus: ports, Queue: ports, State: ports, Ledger: ports, Vault: ports},
			Now:   now, Random: e.random, Log: slog.New(slog.NewTextHandler(&e.log, nil)), Build: "test",
		},
		Systems: map[string]connector.System{
			"shop": source,
			"erp":  {Profile: e.profile, Target: target},
		},
		Retry: e.retry, Admission: e.admission, Filters: e.filters, Worker: name,
		OnAlarm: func(metric string) { e.alarms = append(e.alarms, metric) },
	})
	if err != nil {
		e.Fatal(err)
	}
	w := &worker{Pipeline: p, ports: ports, target: target}
	w.translate, err = p.Translator("shop")
	e.must(err)
	w.deliver, err = p.Deliverer(e.route)
	e.must(err)
	return w
}

func (e *testEnv) must(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

// skewed returns a clock that is wrong by so much.
func (e *testEnv) skewed(by time.Duration) func() time.Time {
	return func() time.Time { return e.clock.Now().Add(by) }
}

// post puts a webhook delivery in the inbox, as package intake does.
func (e *testEnv) post(id string, c change) {
	e.Helper()
	e.raw(e.rawOf(id, c))
}

// poll puts a state that a poll read in the inbox, as package reconcile does.
func (e *testEnv) poll(id string, c change) {
	e.Helper()
	raw := e.rawOf(id, c)
	raw.Trigger = message.Poll
	e.raw(raw)
}

func (e *testEnv) rawOf(id string, c change) *message.Raw {
	e.Helper()
	body, err := json.Marshal(c)
	e.must(err)
	return e.rawWith(id, string(body))
}

func (e *testEnv) rawWith(id, body string) *message.Raw {
	return &message.Raw{
		ID: message.DeriveID("shop", id), System: "shop", Tenant: "t1", Topic: "changes", Trigger: message.Webhook,
		ContentType: "application/json", ReceivedAt: e.clock.Now(), CorrelationID: "trace-" + id, Body: []byte(body),
	}
}

func (e *testEnv) raw(raw *message.Raw) {
	e.Helper()
	claim, err := port.CheckIn(e.Context(), e.memory, raw.Body)
	e.must(err)
	if raw.Claim = claim; claim != nil {
		raw.Body = nil
	}
	data, err := raw.Encode()
	e.must(err)
	e.send(inbox, port.Outgoing{Body: data})
}

func (e *testEnv) send(queue string, out port.Outgoing) {
	e.Helper()
	e.must(e.memory.Send(e.Context(), queue, []port.Outgoing{out}))
}

// take receives what is visible in the queue.
func (e *testEnv) take(queue string) []port.Incoming {
	e.Helper()
	batch, err := e.memory.Receive(e.Context(), queue, 10, 0)
	e.must(err)
	return batch
}

// step handles every visible message of the inbox and of the route once, and returns how
// many there were and the first error.
func (e *testEnv) step() (handled int, first error) {
	e.Helper()
	for _, lane := range []struct {
		queue   string
		handler port.Handler
	}{{inbox, e.one().translate}, {queue, e.one().deliver}} {
		for _, in := range e.take(lane.queue) {
			handled++
			if err := port.Settle(e.Context(), e.ports, lane.handler, in); err != nil && first == nil {
				first = err
			}
		}
	}
	return handled, first
}

// translated has the inbox translated and returns what is in the route's queue.
func (e *testEnv) translated(n int) (batch []port.Incoming) {
	e.Helper()
	for len(batch) < n {
		for _, in := range e.take(inbox) {
			e.must(port.Settle(e.Context(), e.memory, e.one().translate, in))
		}
		more := e.take(queue)
		if len(more) == 0 {
			e.Fatalf("%d of %d messages in the queue", len(batch), n)
		}
		batch = append(batch, more...)
	}
	return batch
}

// drain steps until the time is over. While nothing is visible, time passes.
func (e *testEnv) drain(limit time.Duration) {
	e.Helper()
	for end := e.clock.Now().Add(limit); e.clock.Now().Before(end); {
		handled, err := e.step()
		e.must(err)
		if handled == 0 {
			e.clock.Advance(time.Second)
		}
	}
}

// drainBy is drain with a longer tick, for waits of days.
func (e *testEnv) drainBy(tick, limit time.Duration) {
	e.Helper()
	for end := e.clock.Now().Add(limit); e.clock.Now().Before(end); {
		handled, err := e.step()
		e.must(err)
		if handled == 0 {
			e.clock.Advance(tick)
		}
	}
}

// entries returns the ledger entries of the stage.
func (e *testEnv) entries(stage port.Stage) []port.Entry {
	e.Helper()
	return e.memory.Entries(e, stage)
}

// entry returns the only entry of the stage.
func (e *testEnv) entry(stage port.Stage) port.Entry {
	e.Helper()
	return e.memory.OnlyEntry(e, stage)
}

func (e *testEnv) outcomes(stage port.Stage) (outcomes []string) {
	e.Helper()
	for _, entry := range e.entries(stage) {
		outcomes = append(outcomes, entry.Outcome)
	}
	return outcomes
}

// dead returns what is in the queue's dead-letter queue.
func (e *testEnv) dead(queue string) []port.Incoming {
	e.Helper()
	return e.take(routes.Dead(queue))
}

// letter returns the newest dead letter of the route.
func (e *testEnv) letter() port.Incoming {
	e.Helper()
	e.clock.Advance(time.Hour) // makes letters visible that were looked at
	letters := e.dead(queue)
	if len(letters) == 0 {
		e.Fatal("no dead letter")
	}
	return slices.MaxFunc(letters, func(a, b port.Incoming) int { return a.SentAt.Compare(b.SentAt) })
}

// redrive moves the letter back as our command does: it counts.
func (e *testEnv) redrive(letter port.Incoming) {
	e.Helper()
	letter.Attributes[port.AttrRedrives] = strconv.Itoa(letter.Redrives() + 1)
	e.moveBack(letter)
}

// moveBack moves the letter back as it is, as the console of the queue service does.
func (e *testEnv) moveBack(letter port.Incoming) {
	e.Helper()
	e.send(queue, port.Outgoing{Body: letter.Body, Attributes: letter.Attributes})
	e.must(e.memory.Delete(e.Context(), letter))
}

// settled fails the test if a message is left in a queue.
func (e *testEnv) settled() {
	e.Helper()
	if left := e.memory.Left(); left > 0 {
		e.Errorf("%d messages left", left)
	}
}

// errPort is the failure of a port.
var errPort = errors.New("port out of reach")

// brokenPort fails every call.
type brokenPort struct{}

func (brokenPort) Publish(context.Context, []*message.Message) error     { return errPort }
func (brokenPort) Send(context.Context, string, []port.Outgoing) error   { return errPort }
func (brokenPort) Delete(context.Context, port.Incoming) error           { return errPort }
func (brokenPort) Defer(context.Context, port.Incoming, time.Time) error { return errPort }
func (brokenPort) Get(context.Context, string) (port.Item, error)        { return port.Item{}, errPort }
func (brokenPort) Put(context.Context, port.Item) (int64, error)         { return 0, errPort }
func (brokenPort) Append(context.Context, ...port.Entry) error           { return errPort }
func (brokenPort) Load(context.Context, message.Claim) ([]byte, error)   { return nil, errPort }

func (brokenPort) Find(context.Context, port.Query) ([]port.Entry, error) { return nil, errPort }

func (brokenPort) AddressSecrets(context.Context) (canonical.AddressSecrets, error) {
	return nil, errPort
}

func (brokenPort) Receive(context.Context, string, int, time.Duration) ([]port.Incoming, error) {
	return nil, errPort
}

func (brokenPort) Store(context.Context, []byte) (message.Claim, error) {
	return message.Claim{}, errPort
}
