package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/scripts/installation"
	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/doctor"
	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/local/worker"
	"causeway.example/shared/notice"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
	"causeway.example/shared/redact"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
	"causeway.example/shared/settings"
)

// program is Causeway on one machine, from Open to Close.
type program struct {
	options options
	log     *slog.Logger
	logFile *lumberjack.Logger
	mask    redact.Mask
	notices *notice.Observer
	clock   *doctor.Clock
	given   settings.Settings // of the file and the environment
	table   []routes.Route    // between the systems that take part
	opened  installation.Installation
	store   *local.Store
	engine  *worker.Engine
	systems map[string]connector.System
	erp     *netsuitetest.Fake      // nil if a real one is configured
	stores  map[string]http.Handler // the fakes by system; none where a real one is configured
	kept    map[string]*kept        // those whose changes are written down
	polling polling
	polled  map[string]*reconcile.Poller // by system
	found   found
	say     func(string) // shows the operator something new; nil where there is no view
	trouble troubles
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
	p := &program{
		options: o, systems: map[string]connector.System{}, stores: map[string]http.Handler{}, kept: map[string]*kept{},
		clock: doctor.NewClock(time.Now),
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return p, fmt.Errorf("the data folder %s cannot be made (choose another with DATA= or -data): %w", o.data, err)
	}
	for _, step := range []func(context.Context) error{p.openLog, p.readSettings, p.openStore, p.openSystems, p.openEngine, p.openSenders} {
		if err := step(ctx); err != nil {
			p.log.ErrorContext(ctx, "the engine cannot start", "error", err)
			return p, err
		}
	}
	return p, nil
}

// The log file is rotated when it has logSize MB; logFiles older ones are kept.
const (
	logSize  = 10
	logFiles = 5
)

func (p *program) openLog(context.Context) error {
	p.logFile = &lumberjack.Logger{Filename: filepath.Join(p.options.data, "causeway.log"), MaxSize: logSize, MaxBackups: logFiles}
	p.log = slog.New(p.mask.Handler(p.logFile, slog.LevelInfo, nil))
	p.notices = notice.New(p.log, time.Now)
	return nil
}

func (p *program) openStore(ctx context.Context) error {
	config := installation.Store(p.options.data, build(), time.Now, p.table)
	config.LedgerRetention, config.VaultRetention, config.Recorded = 90*24*time.Hour, 120*24*time.Hour, p.notices.Record
	store, err := local.Open(ctx, config)
	if err != nil {
		return p.storeFailure(err)
	}
	p.store = store
	_, err = store.Reclaim(ctx)
	return err
}

// storeFailure says whose file cannot be opened, and what to do.
func (p *program) storeFailure(err error) error {
	remedies := map[string]string{
		sqlite.CodeInUse:      "another Causeway uses the data folder %s: stop it, or choose another folder with DATA= or -data",
		sqlite.CodeUnwritable: "Causeway cannot write to its data folder %s: make it writable for this user, or choose another with DATA= or -data",
		sqlite.CodeFull:       "the disk of the data folder %s is full: free some space, then start again",
		sqlite.CodeDamaged: "causeway.db in the data folder %s, which has our queues and our ledger, is damaged: keep a copy, then put a backup in its place; " +
			"moved away, Causeway starts empty, and what was accepted and not delivered is lost",
	}
	if remedy, known := remedies[fault.As(err).Code]; known {
		return fmt.Errorf(remedy+" (%w)", p.options.data, err)
	}
	return err
}

// build returns the version that the ledger shows.
func build() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// serve listens at the port of the block; port 0 takes any free one.
func (p *program) serve(offset int, what string, handler http.Handler) (string, error) {
	number := 0
	if p.options.port != 0 {
		number = p.options.port + offset
	}
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return "", fmt.Errorf("port %d, for the %s, is used by another program, perhaps by another Causeway: stop it, or move the block of ports with PORT= or -port (%w)", number, what, err)
	}
	if err != nil {
		return "", fmt.Errorf("port %d, for the %s, cannot be opened (move the block of ports with PORT= or -port): %w", number, what, err)
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
	given := p.given.Map()
	chosen, err := filters(given, filterNames())
	if err != nil {
		return err
	}
	if p.polling, err = readPolling(given); err != nil {
		return err
	}
	policy, err := p.options.policy.WithBudgets(given["CAUSEWAY_BUDGETS"])
	if err != nil {
		return fmt.Errorf("CAUSEWAY_BUDGETS: %w", err)
	}
	name, gone := worker.Identity(time.Now(), mathrand.Float64)
	runtime := p.runtime()
	worked, err := pipeline.New(pipeline.Config{
		Runtime: runtime, Systems: p.systems, Retry: policy, Admission: admission.DefaultPolicy(), Filters: chosen,
		Skip: p.opened.Skip, Worker: name, Gone: gone,
	})
	if err != nil {
		return err
	}
	if p.engine, err = worker.NewEngine(worked, p.table); err != nil {
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
		p.senders.fakes = p.kept
	}
	return err
}

// start lets the workers run until stopped.
func (p *program) start(ctx context.Context) {
	ctx, p.stop = context.WithCancel(ctx)
	p.log.InfoContext(ctx, "the engine has started", "build", build(), "data", p.options.data, "fakes", slices.Sorted(maps.Keys(p.stores)))
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
	desk, err := operate.New(p.store.Desk(), p.table)
	if err != nil {
		p.log.ErrorContext(ctx, "resolving dead letters", "error", err)
		return
	}
	operator := &redrive.Operator{Desk: desk, Who: "engine", Random: mathrand.Float64, Sleep: retry.Sleep}
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
	for _, k := range p.kept {
		failures = append(failures, k.close())
	}
	if p.store != nil {
		failures = append(failures, p.store.Close())
	}
	if p.logFile != nil {
		p.notices.Close(context.Background())
		p.log.Info("the engine has stopped")
		failures = append(failures, p.logFile.Close())
	}
	return errors.Join(failures...)
}
