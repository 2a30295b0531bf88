package sim

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// Figures of the model's ERP.
const (
	timeout    = time.Minute
	linger     = 5 * time.Minute
	visibility = 6 * timeout
	// parentPatience is shorter than in production: what waits for a parked parent does so to no end.
	parentPatience = 6 * time.Hour
	patience       = 2 // timeouts that a message of a batch may wait for its turn, as in the engine
)

var (
	// route is the model's only route.
	route = routes.Route{From: shop, Flow: "facts", To: erp, Types: []string{
		canonical.CustomerUpserted, canonical.OrderPlaced, canonical.OrderChanged, canonical.OrderCancelledEvent,
		canonical.PaymentAuthorized, canonical.PaymentCaptured, canonical.RefundSettled, canonical.InventoryLevelSet,
		canonical.ShipmentShipped, canonical.ShipmentUpdated, canonical.ShipmentDelivered, canonical.ShipmentCancelledEvent,
		canonical.ProductUpserted, canonical.ProductRetired, canonical.PriceChanged, canonical.ReturnRequested, canonical.ReturnReceived, canonical.OrderHeld,
		canonical.OrderCancelRequested,
	}, Filters: []routes.Filter{
		{Name: final, Reason: "not for here", Default: true, Final: true, Pattern: routes.MustPattern(`{"detail":{"body":{"test":[true]}}}`)},
		{Name: later, Reason: "not yet", Default: true, Pattern: routes.MustPattern(`{"detail":{"body":{"status":["draft"]}}}`)},
	}}
	inbox    = routes.Inbox(shop)
	backfill = routes.InboxBackfill(shop)
	branches = branchesOf([]routes.Route{route})
	silent   = slog.New(slog.DiscardHandler)
)

// world is one run: a shop that tells facts, the real pipeline on faulty ports, an
// ERP that misbehaves, and what everybody remembers of it.
type world struct {
	*loop
	store         *store
	target        *target
	stand         Stand              // of a vendor in the place of the ERP; nil for the model's
	held          map[string]Holding // what the vendor's books have
	traded        []State            // that the vendor's target is to get
	needless      map[string]bool    // entities that the vendor need not have
	injectors     []*injector
	crashes       map[string]int // by event: below what the policy takes for poison
	skews         map[string]time.Duration
	quiet         quiet
	circuit       circuit
	broken        []Violation // promises of single faults that were not kept
	signature     string
	spread        time.Duration // in which the shop tells its facts
	doorStaysOpen bool          // no delivery may need a second try
	deliveries    []*delivery
	idlers        map[string][]*process
	secrets       map[string]bool
	panicking     map[string]bool // "op entity" of code that panics
	policy        retry.Policy
	admission     admission.Policy
	alarms        map[string]int    // by metric
	origins       map[string]int    // by event and version: the number of the fact …
	published     map[string]int    // … and how often it was put on the bus
	named         map[string]string // by event: what it is about
	oneLetter     bool              // each message may have one dead letter only
	closing       string            // Effect of the operation that cancels orders
	happened      []fact            // states that the shop has
	unreadable    map[string]string // entities that a poll cannot read: in the "list", or when it is "fetched"
	batch         int
	filtered      bool     // the route's filters have something to skip
	mixed         bool     // several faults at once
	checks        []func() // promises of single faults, looked at when everything has come to rest
	expect        Expect
	replayed      time.Time
	struck        int // times that a fault showed which spoils no call
	tracing       bool
	timeline      []moment
}

// moment is one line of the timeline.
type moment struct {
	at              time.Time
	who, what, text string
	handle          string
}

func newWorld(seed uint64, g connector.Guarantee) *world {
	w := &world{
		loop: newLoop(epoch, seed), idlers: map[string][]*process{}, panicking: map[string]bool{}, crashes: map[string]int{},
		skews: map[string]time.Duration{}, quiet: newQuiet(), circuit: newCircuit(), signature: "current",
		secrets: map[string]bool{"current": true}, policy: retry.DefaultPolicy(), admission: admission.DefaultPolicy(),
		alarms: map[string]int{}, unreadable: map[string]string{}, origins: map[string]int{}, published: map[string]int{}, named: map[string]string{}, closing: "order",
	}
	w.store = newStore(func() time.Time { return w.now }, branches, []string{shop})
	w.store.visibility, w.store.maxReceives = visibility, 1000
	w.store.shuffle, w.store.bell = w.random.Shuffle, w.ring
	w.target = newTarget(w, g)
	w.expect = Expect{Dead: map[string]bool{}}
	if g == connector.Search {
		w.target.lag = w.between(0, 2*time.Minute)
	}
	w.target.limit = 1 + w.random.IntN(4)
	w.target.meter = newMeter(seed)
	w.policy.Parent = parentPatience
	w.batch = 1 + w.random.IntN(6)
	w.filtered = w.chance(0.3)
	if w.chance(0.5) {
		w.closing = "" // an effect of its own
	}
	return w
}

// runtime is what the stages are handed in one process.
func (w *world) runtime(p *process) port.Runtime {
	c := ports{w, p}
	return port.Runtime{
		Ports: port.Ports{Bus: c, Queue: c, State: c, Ledger: c, Vault: c},
		Now:   p.clock, Random: w.random.Float64, Log: silent, Build: "sim",
	}
}

// pipeline is the pipeline of one process.
func (w *world) pipeline(p *process) *pipeline.Pipeline {
	made, err := pipeline.New(pipeline.Config{
		Runtime: w.runtime(p), Systems: map[string]connector.System{shop: w.shop(p), erp: w.erp(p)},
		Retry: w.policy, Admission: w.admission, Worker: fmt.Sprint(p.name, ".", len(w.living)),
		OnAlarm: func(metric string) { w.alarms[metric]++ },
	})
	if err != nil {
		panic(err) // the model sets all that it needs
	}
	return made
}

func (w *world) shop(p *process) connector.System {
	profile := connector.Profile{Name: shop, BodyLimit: 1 << 20, Timeout: timeout}
	return connector.System{Profile: profile, Source: source{w, p}, Poller: source{w, p}}
}

func (w *world) erp(p *process) connector.System {
	if w.stand != nil {
		return w.vendor(p)
	}
	offered := func(name, effect string) connector.Operation {
		return connector.Operation{Name: name, Guarantee: w.target.guarantee, Lag: w.target.lag, Effect: effect}
	}
	return connector.System{Target: client{w.target, p}, Profile: connector.Profile{
		Name: erp, Timeout: timeout, Linger: linger, Concurrency: w.target.limit, Rate: w.target.meter.rate,
		Operations: map[string]connector.Operation{
			canonical.CustomerUpserted:    offered("upsert customer", ""),
			canonical.OrderPlaced:         offered("upsert order", "order"),
			canonical.OrderChanged:        offered("upsert order", "order"),
			canonical.OrderCancelledEvent: offered("close order", w.closing),
			canonical.PaymentAuthorized:   offered("release order", ""),
			canonical.PaymentCaptured:     offered("deposit", ""),
		},
	}}
}

// staff is a worker's pipeline and the handler that it runs.
type staff struct {
	*pipeline.Pipeline
	handler port.Handler
}

func (w *world) translator(p *process) staff {
	made := w.pipeline(p)
	handler, err := made.Translator(shop)
	if err != nil {
		panic(err) // the model has the source
	}
	return staff{made, handler}
}

func (w *world) deliverer(p *process) staff {
	made := w.pipeline(p)
	handler, err := made.Deliverer(route)
	if err != nil {
		panic(err) // the model has the target
	}
	return staff{made, handler}
}

// hire starts the workers.
func (w *world) hire() {
	for i := range 1 + w.random.IntN(2) {
		w.worker(fmt.Sprint("translate", i), inbox, w.translator)
	}
	w.worker("backfill", backfill, w.translator)
	for i := range 2 + w.random.IntN(2) {
		w.worker(fmt.Sprint("deliver", i), route.Queue(), w.deliverer)
	}
}

// worker is a function instance that is started anew whenever it was killed.
func (w *world) worker(name, queue string, handler func(p *process) staff) {
	var start func(pause time.Duration)
	start = func(pause time.Duration) {
		w.spawn(name, pause, func(p *process) {
			p.skew = w.skews[name]
			w.work(p, queue, handler(p))
		}, func(bool) {
			w.note(nil, "crash", name)
			start(w.between(100*time.Millisecond, 20*time.Second))
		})
	}
	start(w.between(0, time.Second))
}

// work handles what comes, as the engine does: what waited too long behind others of
// its batch is left to come again.
func (w *world) work(p *process, queue string, s staff) {
	c := ports{w, p}
	for {
		p.handle = ""
		batch, err := c.Receive(context.Background(), queue, w.batch, 0)
		if err != nil {
			p.sleep(time.Second)
			continue
		}
		if len(batch) == 0 {
			w.rest(p, queue, s)
		}
		received := p.now
		for _, in := range batch {
			if p.now.Sub(received) > patience*timeout {
				break
			}
			p.begin(w.store.label(in), numberOfHandle(in.Handle))
			// An error leaves the message where it is; the ledger or the queue shows it.
			if err := port.Settle(context.Background(), c, s.handler, in); err != nil {
				w.note(p, "error", err.Error())
			}
			w.kept(p)
		}
	}
}

// rest waits for the queue's bell, unless it rang already. What the worker holds of the
// target it gives back first.
func (w *world) rest(p *process, queue string, s staff) {
	if err := s.Rest(context.Background()); err != nil {
		w.note(p, "error", err.Error())
	}
	if next := w.store.next(queue); !next.IsZero() && !next.After(w.now) {
		return
	}
	w.idlers[queue] = append(w.idlers[queue], p)
	p.wait()
}

// ring wakes one worker of the queue when the message becomes visible.
func (w *world) ring(queue string, visible time.Time) {
	if strings.HasSuffix(queue, routes.Dead("")) {
		return
	}
	w.at(visible, func() {
		for len(w.idlers[queue]) > 0 {
			first := w.idlers[queue][0]
			w.idlers[queue] = w.idlers[queue][1:]
			if !first.gone && first.asleep {
				first.wake(w.now)
				return
			}
		}
	})
}

// die kills the process if its fate says so.
func (w *world) die(p *process, f fate, here phase) {
	if f.crash == here {
		p.crash()
	}
}

func (w *world) panics(p *process, o op, entity string) {
	if w.panicking[string(o)+" "+entity] {
		w.note(p, string(o), "panics")
		w.struck++
		panic("the connector falls over")
	}
}

// note adds a line to the timeline, if one is wanted.
func (w *world) note(p *process, what, text string) {
	if !w.tracing {
		return
	}
	m := moment{at: w.now, what: what, text: text}
	if p != nil {
		m.who, m.handle = p.name, p.handle
	}
	w.timeline = append(w.timeline, m)
}
