package sim

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
)

// Vendor is a connector and the fake of the system that it writes to. A case may play it in the
// place of the model's ERP: faults then befall the connector's requests, and effects are what
// changes in the fake's books.
type Vendor struct {
	Name string // such as "netsuite"
	// Trade draws the states that the shop has.
	Trade func(random *rand.Rand) []State
	// Open returns an empty account. now is the vendor's clock.
	Open func(now func() time.Time, random *rand.Rand) Stand
}

// Stand is one account of a vendor.
type Stand interface {
	http.Handler
	// Connect opens the connector in one process, against the vendor at VendorURL.
	Connect(deps connector.Deps) (connector.System, error)
	// Body returns the canonical body of a state. It carries the state's content.
	Body(s State) any
	// Hand returns the delivery as the connector gets it from its real source.
	Hand(d connector.Delivery) connector.Delivery
	// Books returns what the vendor has of each entity, by "order/5001".
	Books() map[string]Holding
}

// VendorURL is where the vendor of a case is.
const VendorURL = "http://127.0.0.1:4600"

// State is a state of an entity in the shop.
type State struct {
	Type    string // event type
	Kind    string // of the entity
	ID      string
	Parent  string // "customer/7", "" for none
	Version int    // from 1
	Content string // what a reader of the target sees of it; "": "version 2"
	Closed  bool   // the target need not make what it does not have
}

// Holding is what a vendor's books have of an entity.
type Holding struct {
	Records int    // how often it is there; more than 1 is a duplicate
	Content string // as State.Content
}

// vendorFaults are those of the table that a vendor's world plays: what befalls requests,
// processes, queues, the State and an operator. The others are about facts of the model's shop.
var vendorFaults = []string{
	"F1", "F2", "F3", "F4", "F5", "F6", "F12", "F13", "F14", "F15", "F16", "F17", "F27", "F28", "F29", "F31", "F32", "F33", "F34", "F35", "F36", "F44",
	"F49", "F50", "F51", "F52", "F53", "F56", "F57", "F58", "F59",
}

// VendorCases returns every fault with so many seeds, and so many mixes of two to four.
func VendorCases(v Vendor, seeds, mixes int) []Case {
	var all []Case
	for _, id := range vendorFaults {
		for seed := range seeds {
			all = append(all, Case{Vendor: v.Name, Faults: []string{id}, Seed: uint64(seed)})
		}
	}
	for seed := range mixes {
		c := mixOf(uint64(seed), func(f Fault) bool { return slices.Contains(vendorFaults, f.ID) })
		c.Vendor = v.Name
		all = append(all, c)
	}
	return all
}

// RunAgainst plays the case with the vendor in the place of the model's ERP.
func RunAgainst(v Vendor, c Case, trace bool) Result {
	chosen := named(c.Faults)
	w := newWorld(mix(c), "")
	w.tracing, w.filtered, w.target.meter = trace, false, meter{}
	w.stand = v.Open(func() time.Time { return w.now }, w.random)
	w.held, w.traded, w.needless = w.stand.Books(), v.Trade(w.random), map[string]bool{}
	w.checks = append(w.checks, w.vendorHasAll)
	w.live(chosen)
	return w.result(c, trace)
}

// vendorHasAll checks that everything that the ledger calls confirmed is in the books at the end: a
// request that came late may have taken it away.
func (w *world) vendorHasAll() {
	for _, entity := range sortedKeys(w.target.confirmed) {
		if _, has := w.held[entity]; !has && !w.needless[entity] {
			w.broken = append(w.broken, Violation{Sort: Lost, Entity: entity, Text: "is confirmed, and the vendor does not have it"})
		}
	}
}

// vendorTrade is what happens in the shop.
func (w *world) vendorTrade() []fact {
	facts := make([]fact, len(w.traded))
	for i, s := range w.traded {
		facts[i] = fact{Type: s.Type, Kind: s.Kind, ID: s.ID, Parent: s.Parent, Version: s.Version, Content: s.Content, Closed: s.Closed}
	}
	w.random.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	return facts
}

// vendor opens the vendor's connector in the process, under the name of the model's ERP.
func (w *world) vendor(p *process) connector.System {
	c := &vendorClient{target: w.target, p: p}
	system, err := w.stand.Connect(connector.Deps{
		HTTP: wire{c}, Now: p.clock, Random: noise{w.random}, CrossRef: pipeline.Memory{State: ports{w, p}, Now: p.clock},
	})
	if err != nil {
		panic(err) // the fake's own settings
	}
	c.system, c.profile = system.Target, system.Profile
	w.target.limit = system.Profile.Concurrency
	system.Profile.Name = erp
	return connector.System{Profile: system.Profile, Target: c}
}

// noise is the world's randomness as bytes.
type noise struct{ random *rand.Rand }

var _ io.Reader = noise{}

func (n noise) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(n.random.Uint32())
	}
	return len(p), nil
}

// vendorClient is a vendor's connector in the hands of one process.
type vendorClient struct {
	target  *target
	p       *process
	system  connector.Target
	profile connector.Profile
	now     *errand // nil between deliveries
}

// errand is what the process asks of the vendor at the moment.
type errand struct {
	op      op
	name    string // of the entity
	event   string
	message *message.Message // nil of a search by key
	attempt int
	until   time.Time // when its time is over
	heard   bool      // a request of it was sent
}

var (
	_ connector.Target   = (*vendorClient)(nil)
	_ connector.Searcher = (*vendorClient)(nil)
)

// Deliver implements connector.Target. A process that was killed in a request ends here,
// because a connector may make its request in a goroutine of its own.
func (c *vendorClient) Deliver(ctx context.Context, d connector.Delivery) (connector.Receipt, error) {
	c.p.wrote = true
	defer c.target.enter(d.Message.ID)()
	c.begin(opDeliver, d)
	receipt, err := c.system.Deliver(ctx, c.target.world.stand.Hand(d))
	c.end(err)
	if err == nil {
		c.target.needless(d)
	}
	return receipt, err
}

// Find implements connector.Target.
func (c *vendorClient) Find(ctx context.Context, k message.Key) (string, error) {
	c.now = &errand{op: opFind, name: k.Type + "/" + k.ID, until: c.p.now.Add(c.profile.Timeout)}
	ref, err := c.system.Find(ctx, k)
	c.end(err)
	return ref, err
}

// Search implements connector.Searcher.
func (c *vendorClient) Search(ctx context.Context, d connector.Delivery) (string, error) {
	c.begin(opFind, d)
	ref, err := connector.SearchFor(ctx, c.system, c.target.world.stand.Hand(d))
	c.end(err)
	return ref, err
}

func (c *vendorClient) begin(o op, d connector.Delivery) {
	c.now = &errand{
		op: o, name: d.Message.Subject, event: d.Message.ID, message: d.Message, attempt: d.Attempt, until: c.p.now.Add(c.profile.Timeout),
	}
}

func (c *vendorClient) end(err error) {
	c.now = nil
	if c.p.dead {
		runtime.Goexit()
	}
	c.p.hears(err)
}

// needless counts a state as taken that needs no record, such as a cancelled order that the
// vendor never had.
func (t *target) needless(d connector.Delivery) {
	entity := nameOf(d.Message.Subject, d.Message.Type)
	told := t.world.factOf(entity, func(f fact) bool { return f.Version == numberOf(d.Message) })
	if _, has := t.world.held[entity]; !has && told.Closed {
		t.world.needless[entity] = true
		t.append(Effect{Entity: entity, Event: d.Message.ID, Version: d.Message.Sequence, N: told.Version, Content: told.content(), Document: 1})
	}
}

// append adds an effect of now.
func (t *target) append(e Effect) {
	e.At, e.Over, e.number = t.world.now, t.confirmed[e.Entity], len(t.effects)+1
	t.current[e.Entity] = e
	t.effects = append(t.effects, e)
}

// observe adds what a request changed in the vendor's books.
func (t *target) observe(m *message.Message, late bool) {
	w := t.world
	before, now := w.held, w.stand.Books()
	w.held = now
	for _, entity := range sortedKeys(now) {
		has := now[entity]
		if has == before[entity] {
			continue
		}
		told := w.factOf(entity, func(f fact) bool { return f.content() == has.Content })
		e := Effect{Entity: entity, N: told.Version, Content: has.Content, Document: max(1, has.Records), Late: late}
		if m != nil {
			e.Event, e.Version = m.ID, m.Sequence
		}
		t.append(e)
		w.note(nil, "effect", describe(e, nil))
	}
}

// factOf returns the newest fact of the entity that fits, as far as the shop has reported it.
func (w *world) factOf(entity string, fits func(f fact) bool) (newest fact) {
	for _, d := range w.deliveries {
		if f := d.fact; f.entity() == entity && f.Version > newest.Version && fits(f) {
			newest = f
		}
	}
	return newest
}
