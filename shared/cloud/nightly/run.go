package nightly

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/audit"
	"causeway.example/shared/canonical"
	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/privacy"
	"causeway.example/shared/reopen"
	"causeway.example/shared/routes"
)

// environment is what the infrastructure sets.
type environment struct {
	Prefix  string   `env:"CAUSEWAY_PREFIX" validate:"required"`
	Table   string   `env:"CAUSEWAY_TABLE" validate:"required"`
	Build   string   `env:"CAUSEWAY_BUILD" envDefault:"unknown"`
	Flows   []string `env:"CAUSEWAY_FLOWS"`
	Secrets string   `env:"CAUSEWAY_SECRETS" validate:"required"` // "shopify=causeway-dev/shopify,…"; nothing after "=" for a system that has none
}

// The metrics of a run.
const (
	metricGaps    = "Gaps"       // that are not accepted
	metricPrivacy = "PrivacyDue" // requests about personal data whose term ends within a week
)

// reserve is what an invocation keeps of its time for its answer.
const reserve = 500 * time.Millisecond

// Invoke implements lambda.Handler. What the event holds does not matter: a schedule sends it,
// or an operator who wants a run now.
func (f *Function) Invoke(ctx context.Context, _ []byte) (answer []byte, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	counts := map[string]int{}
	err = f.guarded(ctx, counts)
	if failed := function.WriteCounts(f.out, f.name(), f.target(), counts, f.now()); failed != nil {
		f.log.ErrorContext(ctx, "writing metrics", "error", failed)
	}
	if err != nil {
		fine := fault.As(err)
		f.log.ErrorContext(ctx, "auditing", "class", fine.ClassOrDefault(), "code", fine.Code, "field", fine.Field, "error", err)
		return nil, &fault.Error{Kind: fine.Kind, Class: fine.ClassOrDefault(), Code: fine.Code, Field: fine.Field, Doing: "auditing; the log has more"}
	}
	return []byte("null"), nil
}

// guarded turns a panic into an error: its text could quote a record.
func (f *Function) guarded(ctx context.Context, counts map[string]int) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			cause, _ := thrown.(runtime.Error)
			f.log.ErrorContext(ctx, "recovering from a panic", "error", cause, "stack", string(debug.Stack()))
			err = fault.New(fault.Unknown, fault.Bug, "auditing", "the code panicked; the log has the stack")
		}
	}()
	return f.run(ctx, counts)
}

// run audits the last days of each source against the target.
func (f *Function) run(ctx context.Context, counts map[string]int) error {
	var e environment
	if err := connector.ParseSettings(f.environ, &e); err != nil {
		return err
	}
	a, err := account.Config(f.environ, f.transport)
	if err != nil {
		return err
	}
	records := tableOf(cloud.OpenTable(a, cloud.Config{Prefix: e.Prefix, Table: e.Table, Build: e.Build, Now: f.now, Random: f.random}))
	systems, err := f.open(ctx, e, cloud.NewSecrets(a, e.Build, f.now), records)
	if err != nil {
		return err
	}
	auditor, err := audit.New(audit.Config{
		Runtime: port.Runtime{Ports: port.Ports{Queue: closed{}, Vault: closed{}, State: records, Ledger: records}, Now: f.now, Random: f.jitter, Log: f.log, Build: e.Build},
		Systems: systems, Routes: e.flows(f.table), Report: func(day audit.Day) { counts[metricGaps] += day.Open() },
	})
	if err != nil {
		return err
	}
	counts[metricGaps] += 0 // a run without gaps is a measured 0
	return errors.Join(auditor.Run(ctx), f.remind(ctx, records, counts))
}

// remind counts the privacy requests that press, and logs each: the alarm rings every night until
// somebody has carried them out.
func (f *Function) remind(ctx context.Context, ledger port.Ledger, counts map[string]int) error {
	open, err := privacy.Requests(ctx, ledger)
	if err != nil {
		return err
	}
	counts[metricPrivacy] = privacy.Pressing(open, f.now())
	for _, r := range open {
		f.log.WarnContext(ctx, "a privacy request is open", "event_id", r.Event, "due", r.Due.Format(time.DateOnly), "next", "causeway privacy")
	}
	return nil
}

// open opens the systems that the environment names.
func (f *Function) open(ctx context.Context, e environment, secrets *cloud.Secrets, state port.State) (map[string]connector.System, error) {
	named, err := connector.Pairs(e.Secrets)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "reading the environment", Field: "CAUSEWAY_SECRETS", Err: err}
	}
	deps := connector.Deps{HTTP: f.transport, Now: f.now, Random: f.random, CrossRef: pipeline.Memory{State: readOnly{state}, Now: f.now}}
	opened := map[string]connector.System{}
	for _, each := range f.systems {
		secret, here := named[each.Profile.Name]
		if !here {
			continue
		}
		settings := f.settings(each.Profile)
		if secret != "" {
			values, err := secrets.Get(ctx, secret)
			if err != nil {
				return nil, err
			}
			maps.Copy(settings, values)
		}
		for _, key := range each.Profile.Secrets {
			f.mask.Hide(settings[key])
		}
		if opened[each.Profile.Name], err = f.openSystem(ctx, each, settings, deps, state); err != nil {
			return nil, err
		}
	}
	return opened, nil
}

// openSystem opens a system with its imported map entries.
func (f *Function) openSystem(ctx context.Context, s System, settings map[string]string, deps connector.Deps, state port.State) (connector.System, error) {
	r, err := reopen.Open(ctx, reopen.Config{Open: s.Open, Profile: s.Profile, Deps: deps, Settings: settings, State: state, Log: f.log})
	if err != nil {
		return connector.System{}, err
	}
	return r.Opened().System, nil
}

// settings returns the variables that are the system's own settings. Rules are left out: they
// choose what a delivery writes, and the function is built without their language.
func (f *Function) settings(profile connector.Profile) map[string]string {
	own := map[string]string{}
	for _, key := range profile.Settings {
		if value, set := f.environ[key]; set && !slices.Contains(profile.Rules, key) {
			own[key] = value
		}
	}
	return own
}

// flows returns the routes that are switched on: a source whose flow is off has gaps that
// nobody has to mend.
func (e environment) flows(table []routes.Route) []routes.Route {
	return slices.DeleteFunc(slices.Clone(table), func(r routes.Route) bool {
		return !slices.ContainsFunc(e.Flows, func(name string) bool { return strings.TrimSpace(name) == r.Name() })
	})
}

// table is the ports that a run uses: the table, and neither bus, queues nor bucket. It has functions
// instead of the Backend, so that the program contains the client of no other service: the linker keeps
// every method of a type that an interface, or a field of what is in one, can reach.
type table struct {
	get    func(context.Context, string) (port.Item, error)
	put    func(context.Context, port.Item) (int64, error)
	append func(context.Context, ...port.Entry) error
	find   func(context.Context, port.Query) ([]port.Entry, error)
}

func tableOf(b *cloud.Backend) table { return table{b.Get, b.Put, b.Append, b.Find} }

// Get implements port.State.
func (t table) Get(ctx context.Context, key string) (port.Item, error) { return t.get(ctx, key) }

// Put implements port.State.
func (t table) Put(ctx context.Context, item port.Item) (int64, error) { return t.put(ctx, item) }

// Append implements port.Ledger.
func (t table) Append(ctx context.Context, entries ...port.Entry) error {
	return t.append(ctx, entries...)
}

// Find implements port.Ledger.
func (t table) Find(ctx context.Context, query port.Query) ([]port.Entry, error) {
	return t.find(ctx, query)
}

// AddressSecrets implements port.Ledger.
func (t table) AddressSecrets(context.Context) (canonical.AddressSecrets, error) {
	return nil, fault.New(fault.Rejected, fault.Bug, "hashing an address", "a nightly run writes none")
}

// closed is the queue and the vault of a run, which hands nothing on.
type closed struct {
	port.Queue
	port.Vault
}

// Send implements port.Queue.
func (closed) Send(context.Context, string, []port.Outgoing) error {
	return fault.New(fault.Rejected, fault.Bug, "handing on a record", "a nightly run hands nothing on")
}

// Store implements port.Vault.
func (closed) Store(context.Context, []byte) (message.Claim, error) {
	return message.Claim{}, fault.New(fault.Rejected, fault.Bug, "storing a body", "a nightly run stores none")
}

// readOnly is a State in which nothing is stored: an audit translates records to compare
// them, and that binds nothing.
type readOnly struct{ port.State }

// Put reports that it was stored.
func (readOnly) Put(_ context.Context, item port.Item) (int64, error) { return item.Revision + 1, nil }
