package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"causeway.example/functions"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/scripts/day"
	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/local"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
	"causeway.example/shared/routes"
	"causeway.example/shared/webapi"
)

// visibility is how long a worker may keep a message: six times the longest call.
const visibility = 6 * time.Minute

// program is Causeway on one machine, from Open to Close.
type program struct {
	options options
	log     *slog.Logger
	logFile *os.File
	store   *local.Store
	engine  *local.Engine
	systems map[string]connector.System
	erp     *netsuitetest.Fake      // nil if a real one is configured
	stores  map[string]http.Handler // the fakes by system; none where a real one is configured
	polling polling
	polled  map[string]*reconcile.Poller // by system
	found   found
	say     func(string) // tells the operator something new; nil where nobody looks
	senders *senders
	refused counter
	ports   []listener
	servers []*http.Server
	running sync.WaitGroup
	stop    context.CancelFunc
}

// listener is one address that listens, for the list at the start.
type listener struct{ address, what string }

// open starts everything but the workers. What it has started is closed by close,
// also after an error.
func open(ctx context.Context, o options) (*program, error) {
	p := &program{options: o, systems: map[string]connector.System{}, stores: map[string]http.Handler{}}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return p, err
	}
	for _, step := range []func(context.Context) error{p.openLog, p.openStore, p.openSystems, p.openEngine, p.openSenders} {
		if err := step(ctx); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *program) openLog(context.Context) error {
	var err error
	p.logFile, err = os.OpenFile(filepath.Join(p.options.data, "causeway.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	p.log = slog.New(slog.NewJSONHandler(p.logFile, nil))
	return err
}

func (p *program) openStore(ctx context.Context) error {
	store, err := local.Open(ctx, local.Config{
		Path: filepath.Join(p.options.data, "causeway.db"), Now: time.Now, Routes: routes.Table, Systems: routes.Sources(routes.Table),
		Visibility: visibility, MaxReceives: 1000, Build: build(), LedgerRetention: 90 * 24 * time.Hour, VaultRetention: 120 * 24 * time.Hour,
	})
	if err != nil {
		return err
	}
	p.store = store
	_, err = store.Reclaim(ctx)
	return err
}

// build returns the version that the ledger shows.
func build() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// openSystems opens every connector of the catalog, against its real account if its
// settings are there, and against its fake otherwise.
func (p *program) openSystems(context.Context) error {
	settings, err := readSettings(p.options.settings, environ())
	if err != nil {
		return err
	}
	for i, system := range functions.All() {
		own := settings
		if !isSet(settings, system.Profile) {
			if own, err = p.openFake(system, i+1); err != nil {
				return err
			}
		}
		opened, err := system.Open(own, connector.Deps{
			HTTP: webapi.NewTransport(), Now: time.Now, Random: rand.Reader, CrossRef: pipeline.Memory{State: p.store, Now: time.Now},
		})
		if err != nil {
			return fmt.Errorf("opening %s: %w", system.Profile.Name, err)
		}
		p.systems[system.Profile.Name] = opened
	}
	return nil
}

// openFake serves the system's fake on the port and returns the settings that point
// the connector at it.
func (p *program) openFake(system functions.System, offset int) (map[string]string, error) {
	fake, err := system.Fake(p.options.data, time.Now)
	if err != nil {
		return nil, fmt.Errorf("starting the fake of %s: %w", system.Profile.Name, err)
	}
	extra := map[string]string{}
	handler := http.NewServeMux()
	handler.Handle("/", fake)
	if erp, ok := fake.(*netsuitetest.Fake); ok {
		p.erp = erp
		handler.HandleFunc("GET /books", booksPage(erp))
		if extra, err = day.Prepare(erp); err != nil {
			return nil, err
		}
	}
	p.stores[system.Profile.Name] = fake
	address, err := p.serve(offset, "fake "+system.Profile.Title, handler)
	return merge(fake.Settings("http://"+address), extra), err
}

// serve listens at the port of the block; port 0 takes any free one.
func (p *program) serve(offset int, what string, handler http.Handler) (string, error) {
	number := 0
	if p.options.port != 0 {
		number = p.options.port + offset
	}
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
	if err != nil {
		return "", fmt.Errorf("listening for %s (move the block with -port): %w", what, err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn)}
	p.servers = append(p.servers, server)
	p.ports = append(p.ports, listener{l.Addr().String(), what})
	p.running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("serving "+what, "error", err)
		}
	})
	return l.Addr().String(), nil
}

func (p *program) openEngine(context.Context) error {
	settings, err := readSettings(p.options.settings, environ())
	if err != nil {
		return err
	}
	chosen, err := filters(settings, filterNames())
	if err != nil {
		return err
	}
	if p.polling, err = readPolling(settings); err != nil {
		return err
	}
	policy, err := p.options.policy.WithBudgets(settings["CAUSEWAY_BUDGETS"])
	if err != nil {
		return fmt.Errorf("CAUSEWAY_BUDGETS: %w", err)
	}
	worker, gone := local.Identity(time.Now(), mathrand.Float64)
	runtime := p.runtime()
	worked, err := pipeline.New(pipeline.Config{
		Runtime: runtime, Systems: p.systems, Retry: policy, Admission: admission.DefaultPolicy(), Filters: chosen,
		Worker: worker, Gone: gone,
	})
	if err != nil {
		return err
	}
	if p.engine, err = local.NewEngine(worked, routes.Table); err != nil {
		return err
	}
	if p.polled, err = p.pollers(runtime, policy); err != nil {
		return err
	}
	door := http.NewServeMux()
	door.Handle("/hooks/", p.engine.Door(func(string, string) { p.refused.add() }))
	door.HandleFunc("GET /trace/{what...}", tracePage(p.store))
	_, err = p.serve(0, "doors", door)
	return err
}

func (p *program) runtime() port.Runtime {
	return port.Runtime{
		Ports: port.Ports{Bus: p.store, Queue: p.store, State: p.store, Ledger: p.store, Vault: p.store},
		Now:   time.Now, Random: mathrand.Float64, Log: p.log, Build: build(),
	}
}

// filterNames returns the names of all filters of the route table.
func filterNames() []string {
	var names []string
	for _, route := range routes.Table {
		for _, filter := range route.Filters {
			names = append(names, filter.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (p *program) openSenders(context.Context) error {
	door := p.ports[len(p.ports)-1].address
	var err error
	p.senders, err = openSenders(filepath.Join(p.options.data, "senders.jsonl"), "http://"+door+"/hooks/", &http.Client{Timeout: 10 * time.Second})
	if p.senders != nil {
		p.senders.hold = p.hold
	}
	return err
}

// start lets the workers run until stopped.
func (p *program) start(ctx context.Context) {
	ctx, p.stop = context.WithCancel(ctx)
	p.running.Go(func() { p.engine.Run(ctx) })
	p.running.Go(func() { p.sweep(ctx) })
	p.running.Go(func() { p.store.Watch(ctx) })
	p.running.Go(func() { p.resolve(ctx) })
}

// sweep removes what has outlived its retention, once an hour.
func (p *program) sweep(ctx context.Context) {
	err := p.store.Schedule(ctx, "sweep", time.Hour, func(ctx context.Context) error {
		removed, err := p.store.Sweep(ctx)
		p.log.InfoContext(ctx, "sweeping", "removed", removed, "error", err)
		return err
	})
	if err != nil && ctx.Err() == nil {
		p.log.Error("sweeping has ended", "error", err)
	}
}

// resolve takes out dead letters of which nothing is missing any more, once a minute.
func (p *program) resolve(ctx context.Context) {
	desk, err := operate.New(p.store.Desk(), routes.Table)
	if err != nil {
		p.log.ErrorContext(ctx, "resolving dead letters", "error", err)
		return
	}
	operator := &redrive.Operator{Desk: desk, Who: "engine", Random: mathrand.Float64, Sleep: wait}
	err = p.store.Schedule(ctx, "resolve", time.Minute, func(ctx context.Context) error {
		n, err := operator.AutoResolve(ctx)
		if n > 0 {
			p.log.InfoContext(ctx, "dead letters resolved: the target has them", "letters", n)
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		p.log.Error("resolving has ended", "error", err)
	}
}

// close ends everything that open and start began, in reverse.
func (p *program) close() error {
	if p.stop != nil {
		p.stop()
	}
	var failures []error
	for _, server := range p.servers {
		failures = append(failures, server.Close())
	}
	p.running.Wait()
	if p.senders != nil {
		failures = append(failures, p.senders.close())
	}
	if p.erp != nil {
		failures = append(failures, p.erp.Close())
	}
	if p.store != nil {
		failures = append(failures, p.store.Close())
	}
	if p.logFile != nil {
		failures = append(failures, p.logFile.Close())
	}
	return errors.Join(failures...)
}
