package function

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/notice"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/redact"
	"causeway.example/shared/reopen"
	"causeway.example/shared/routes"
	"causeway.example/shared/valuemap"
)

// function is one Lambda function, opened once per process: it turns its trigger's event
// into the input of the pipeline's stage, and the stage's decision into Lambda's answer.
type function struct {
	name     string // physical name, as alarms and logs show it
	queue    string // of the system's inbox, which the doors write to
	system   connector.System
	pipeline *pipeline.Pipeline
	table    []routes.Route
	serve    func(ctx context.Context, payload []byte) (any, error)
	lanes    map[string]port.Handler // by queue
	together map[string]int          // how many of its messages one request of the target takes, by queue
	// archive makes a batch of raw messages restorable before it is handled and returns an
	// error per message; nil for a role that handles no raw messages.
	archive func(context.Context, []port.Incoming) []error
	// requeue decides about a message that no handler could be given: it re-sends one that
	// its queue would drop before long, and otherwise returns the cause.
	requeue func(ctx context.Context, in port.Incoming, cause error) (port.Decision, error)
	files   intake.Files
	spans   *exporter // nil if no collector is configured
	random  io.Reader
	out     io.Writer

	mu     sync.Mutex
	alarms map[string]int // guarded by mu: counts of Config.OnAlarm, by the pipeline's name
	warned time.Time      // guarded by mu: when the end of the vendor's version was reported last

	environment
}

// Opener makes a system's connector from its settings, as the Open of every system does.
type Opener = valuemap.Opener

// secretSource gives the settings that a named secret holds at this moment.
type secretSource interface {
	Get(ctx context.Context, name string) (map[string]string, error)
}

// ports is what a function stands on in the cloud.
type ports struct {
	port.Ports
	secrets secretSource
	files   intake.Files
	archive func(context.Context, []port.Incoming) []error
}

// backend is the ports on AWS.
func backend(p process, e environment) (ports, error) {
	a, err := account.Config(p.environ, p.deps.HTTP)
	if err != nil {
		return ports{}, err
	}
	b := cloud.Open(a, cloud.Config{
		Prefix: e.Prefix, QueueBase: e.Queues, Bus: e.Bus, Table: e.Table, Bucket: e.Bucket, Build: e.Build,
		Now: p.deps.Now, Random: p.deps.Random,
	})
	return ports{b.Ports(), newest{func() *cloud.Secrets { return cloud.NewSecrets(a, e.Build, p.deps.Now) }}, b, b.Archive}, nil
}

// newest reads a secret without a cache: it is read when a function starts and when
// credentials were rejected, and then only its present value helps.
type newest struct{ open func() *cloud.Secrets }

// Get implements secretSource.
func (n newest) Get(ctx context.Context, name string) (map[string]string, error) {
	return n.open().Get(ctx, name)
}

// newFunction opens the system and joins it to the stage of its role.
func newFunction(ctx context.Context, p process) (*function, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	e, err := parseEnvironment(p.environ, p.role)
	if err != nil {
		return nil, err
	}
	on, err := p.ports(p, e)
	if err != nil {
		return nil, err
	}
	hidden := &redact.Mask{}
	hidden.Hide(slices.Collect(maps.Values(e.Headers))...)
	name := e.Prefix + "-" + p.function()
	log := newLog(p.out, logLevel(e.LogLevel), hidden, slog.String("system", p.profile.Name), slog.String("function", name))
	r, err := openSystem(ctx, p, e, on, log, hidden)
	if err != nil {
		return nil, err
	}
	f := &function{
		name: name, queue: routes.Inbox(p.profile.Name), system: r.System(), alarms: map[string]int{},
		spans: newExporter(p, e, log), files: on.files, random: p.deps.Random, out: p.out, environment: e,
	}
	if f.table, err = e.flows(p.table); err != nil {
		return nil, err
	}
	if f.pipeline, err = f.newPipeline(p, on, log); err != nil {
		return nil, err
	}
	f.requeue = f.pipeline.Requeue
	return f, f.join(p.role, on)
}

func (f *function) newPipeline(p process, on ports, log *slog.Logger) (*pipeline.Pipeline, error) {
	filters, err := f.filters(p.table)
	if err != nil {
		return nil, err
	}
	policy, err := f.policy()
	if err != nil {
		return nil, err
	}
	var own map[string]string // of a delivering function: no other one skips
	if p.role == connector.Deliver {
		own = p.environ
	}
	skip, err := connector.OpenSkip(p.deps.Rules, own)
	if err != nil {
		return nil, err
	}
	on.Ledger = countedLedger{on.Ledger, notice.New(log, p.deps.Now)}
	return pipeline.New(pipeline.Config{
		Runtime: port.Runtime{Ports: on.Ports, Now: p.deps.Now, Random: p.jitter, Log: log, Build: f.Build},
		Systems: map[string]connector.System{f.system.Profile.Name: f.system},
		Retry:   policy, Admission: admission.DefaultPolicy(), Filters: filters, Skip: skip, OnAlarm: f.ring,
	})
}

// ring counts an alarm of the pipeline for the metrics of the invocation.
func (f *function) ring(metric string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alarms[metric]++
}

// alarmVersion is the alarm of a vendor's version that ends within connector.VersionWarning.
const alarmVersion = "version_ends"

// warnOfVersion reports the end of the version that the system speaks, at the first invocation of
// the process and once a day: the alarm rings until another version is deployed.
func (f *function) warnOfVersion(ctx context.Context) {
	version, now := f.system.Profile.Version, f.pipeline.Now()
	if !version.Warns(now) {
		return
	}
	f.mu.Lock()
	due := now.Sub(f.warned) >= 24*time.Hour
	if due {
		f.warned = now
	}
	f.mu.Unlock()
	if due {
		f.ring(alarmVersion)
		f.pipeline.Log.WarnContext(ctx, f.system.Profile.Title+" "+version.Words(now), "next", version.Remedy)
	}
}

// rung adds to the tally what was counted since the last invocation ended.
func (f *function) rung(t *tally) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for metric, n := range f.alarms {
		t.ofSystem(f.system.Profile.Name, alarmMetrics[metric], n)
	}
	clear(f.alarms)
}

// reads are the roles that use imported map entries. A door and a pickup call nothing that needs a
// map, and a door must not read the table.
var reads = []connector.Role{connector.Translate, connector.Deliver, connector.Poll}

// openSystem opens the system, and again when its secret or its map entries change.
func openSystem(ctx context.Context, p process, e environment, on ports, log *slog.Logger, hidden *redact.Mask) (*reopen.Reopener, error) {
	c := reopen.Config{
		Open: p.open, Profile: p.profile, Deps: p.deps, Settings: only(p.environ, p.profile.Settings), Log: log, Hide: hidden.Hide,
	}
	c.Deps.CrossRef = pipeline.Memory{State: on.State, Now: p.deps.Now}
	if e.Secret != "" {
		c.Secret = func(ctx context.Context) (map[string]string, error) { return on.secrets.Get(ctx, e.Secret) }
	}
	if slices.Contains(reads, p.role) {
		c.State = on.State
	}
	return reopen.Open(ctx, c)
}

// newExporter returns the exporter of spans; nil if no collector is named.
func newExporter(p process, e environment, log *slog.Logger) *exporter {
	if e.OTLP == "" {
		return nil
	}
	return &exporter{
		url: tracesURL(e.OTLP), header: e.Headers, client: &http.Client{Transport: p.deps.HTTP}, log: log,
		resource: map[string]string{
			"service.name": p.function(), "service.version": e.Build,
			"deployment.environment.name": e.Stage, "cloud.provider": "aws", "faas.name": e.Prefix + "-" + p.function(),
		},
	}
}

// join chooses the stage of the role.
func (f *function) join(role connector.Role, on ports) error {
	switch {
	case role == connector.Receive && f.system.Source != nil:
		f.serve = f.door
	case role == connector.Translate && f.system.Source != nil:
		f.serve, f.archive = f.batch, on.archive
		return f.translateLanes()
	case role == connector.Poll && f.system.Source != nil && f.system.Poller != nil:
		f.serve = f.poll
	case role == connector.Pickup && f.system.Source != nil:
		f.serve = f.pickup
	case role == connector.Deliver && f.system.Target != nil:
		f.serve = f.batch
		return f.deliverLanes()
	default:
		return fault.New(fault.Rejected, fault.Config, "starting "+f.name, f.system.Profile.Name+" has nothing for the role "+string(role))
	}
	return nil
}

// translateLanes gives both inboxes of the system to its translator.
func (f *function) translateLanes() error {
	translator, err := f.pipeline.Translator(f.system.Profile.Name)
	if err != nil {
		return err
	}
	f.lanes = map[string]port.Handler{f.queue: translator, routes.InboxBackfill(f.system.Profile.Name): translator}
	return nil
}

// deliverLanes gives the queue of each route to the system to the route's deliverer.
func (f *function) deliverLanes() error {
	f.lanes, f.together = map[string]port.Handler{}, map[string]int{}
	for _, route := range routes.To(f.table, f.system.Profile.Name) {
		deliverer, err := f.pipeline.Deliverer(route)
		if err != nil {
			return err
		}
		f.lanes[route.Queue()] = deliverer
		f.together[route.Queue()] = f.system.Profile.Batch(route.Types)
	}
	return nil
}

// reserve is what an invocation keeps of its time for its answer.
const reserve = 500 * time.Millisecond

// Invoke implements lambda.Handler.
func (f *function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	now := &invocation{}
	if f.spans != nil {
		now.spans = recorder{random: f.random, now: f.pipeline.Now}
	}
	ctx = context.WithValue(ctx, invocationKey{}, now)
	f.warnOfVersion(ctx)
	answer, err := f.guard(ctx, payload)
	f.rung(&now.tally)
	if err := now.tally.write(f.out, f.name, f.pipeline.Now()); err != nil {
		f.pipeline.Log.ErrorContext(ctx, "writing metrics", "error", err)
	}
	f.spans.send(ctx, now.spans.done)
	if err != nil {
		return nil, f.outward(ctx, err)
	}
	return json.Marshal(answer)
}

// guard bounds the work and turns a panic into an error: its text, which may quote a
// message, would otherwise be in the log that Lambda writes.
func (f *function) guard(ctx context.Context, payload []byte) (answer any, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	defer f.recover(ctx, &err)
	return f.serve(ctx, payload)
}

// recover turns a panic into an error. Only the runtime's own errors are logged.
func (f *function) recover(ctx context.Context, err *error) {
	if thrown := recover(); thrown != nil {
		cause, _ := thrown.(runtime.Error)
		f.pipeline.Log.ErrorContext(ctx, "recovering from a panic", "error", cause, "stack", string(debug.Stack()))
		*err = fault.New(fault.Unknown, fault.Bug, "handling an event", "the code panicked; the log has the stack")
	}
}

// outward logs an error in full and returns what Lambda may write to its own log.
func (f *function) outward(ctx context.Context, err error) error {
	fine := fault.As(err)
	f.pipeline.Log.ErrorContext(ctx, "handling an event", "kind", fine.Kind.String(), "class", fine.ClassOrDefault(), "code", fine.Code, "field", fine.Field, "error", err)
	return &fault.Error{Kind: fine.Kind, Class: fine.ClassOrDefault(), Code: fine.Code, Field: fine.Field, Doing: "handling an event; the log has more"}
}
