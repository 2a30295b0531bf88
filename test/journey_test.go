package test_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/functions/hubspot"
	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/intake"
	"causeway.example/shared/local"
	"causeway.example/shared/local/worker"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/reconcile"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
	"causeway.example/shared/rules"
)

// Addresses in a world's network.
const (
	doorAddress = "127.0.0.1:4600"
	shopAddress = "127.0.0.1:4601"
	wooAddress  = "127.0.0.1:4602"
	erpAddress  = "127.0.0.1:4603"

	warehouseAddress = "127.0.0.1:4604"
	crmAddress       = "127.0.0.1:4605"
)

// world is the whole chain: two fake stores, the door, the real engine on its SQLite
// file, the real connectors over real HTTP, and the fake ERP with its books. It runs
// in the virtual time of testing/synctest, in which a three-day wait takes no time.
type world struct {
	*testing.T
	net      *network
	shop     *shopifytest.Fake
	wooStore *woocommercetest.Fake
	erp      *netsuitetest.Fake
	// warehouse and crm are nil in a world without one.
	warehouse *shipbobtest.Fake
	crm       *hubspottest.Fake
	store     *local.Store     // nil if the ports lie in memory
	memory    *porttest.Memory // nil if they lie on disk
	ports     port.Ports
	config    pipeline.Config
	table     []routes.Route
	sender    *http.Client
	log       bytes.Buffer
	stop      context.CancelFunc
}

// setup is what a journey changes about its world before it begins.
type setup struct {
	settings map[string]string // over those of the fakes
	filters  map[string]bool
	items    []string                    // SKUs that the ERP knows beside the usual ones
	routes   []routes.Route              // beside those of the table …
	systems  map[string]connector.System // … and what they lead to
	// line changes a line of the route table, or leaves it out; nil for none.
	line   func(r routes.Route) (changed routes.Route, kept bool)
	memory bool               // the ports lie in memory, for masses that no disk has to see
	ports  func(*port.Ports)  // changes the ports; may be nil
	random func() float64     // nil: always the middle
	erp    *netsuitetest.Fake // an ERP that has books already; nil for an empty one
	// warehouse is a ShipBob in the world, and crm a HubSpot; nil for none.
	warehouse *shipbobtest.Fake
	crm       *hubspottest.Fake
	// wrap stands between the systems at the addresses and us; nil for nothing.
	wrap func(address string, system http.Handler) http.Handler
	// idle is how long a worker waits before it looks again into an empty queue in memory; 0 for a
	// second. A journey of days takes a longer one.
	idle time.Duration
}

// journey plays a scenario in a world of its own. The clock begins in November 2026.
func journey(t *testing.T, s setup, play func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(time.Date(2026, 11, 22, 21, 10, 0, 0, time.UTC)))
		w := openWorld(t, s)
		defer w.close()
		play(w)
	})
}

func openWorld(t *testing.T, s setup) *world {
	t.Helper()
	w := &world{T: t, net: newNetwork(), shop: shopifytest.New(), wooStore: woocommercetest.New(), erp: netsuitetest.New(time.Now)}
	w.shop.Now, w.wooStore.Now = time.Now, time.Now
	if s.erp != nil {
		w.erp = s.erp
	}
	items := append([]string{"TEE-BLK-M", "HOOD-M"}, s.items...)
	for i := range 20 {
		items = append(items, "SKU-"+string(rune('A'+i)))
	}
	if err := w.erp.AddItem(items...); err != nil {
		t.Fatal(err)
	}
	if s.wrap == nil {
		s.wrap = func(_ string, system http.Handler) http.Handler { return system }
	}
	w.net.serve(t, shopAddress, s.wrap(shopAddress, w.shop))
	w.net.serve(t, wooAddress, s.wrap(wooAddress, w.wooStore))
	w.net.serve(t, erpAddress, s.wrap(erpAddress, w.erp))
	if s.warehouse != nil {
		w.warehouse = s.warehouse
		w.net.serve(t, warehouseAddress, s.wrap(warehouseAddress, w.warehouse))
	}
	if s.crm != nil {
		w.crm = s.crm
		w.net.serve(t, crmAddress, s.wrap(crmAddress, w.crm))
	}
	w.openPorts(s)
	if s.ports != nil {
		s.ports(&w.ports)
	}
	w.openEngine(s)
	w.sender = &http.Client{Transport: w.net.transport(t)}
	return w
}

// table returns the routes of the journey: those of the table between systems that the world has,
// and its own. The warehouse and the CRM are in a world only if the journey asks for them.
func (s setup) table() (table []routes.Route) {
	for _, r := range slices.Concat(routes.Table, s.routes) {
		kept := true
		if s.line != nil {
			r, kept = s.line(r)
		}
		if kept && (s.warehouse != nil || r.From != shipbob.Name && r.To != shipbob.Name) && (s.crm != nil || r.To != hubspot.Name) {
			table = append(table, r)
		}
	}
	return table
}

func (w *world) openPorts(s setup) {
	if s.memory {
		w.memory = porttest.NewMemory(time.Now)
		w.memory.Routes, w.memory.Visibility, w.memory.MaxReceives = s.table(), 6*time.Minute, 1000
		w.ports = port.Ports{Bus: w.memory, Queue: patientQueue{w.memory, cmp.Or(s.idle, time.Second)}, State: w.memory, Ledger: w.memory, Vault: w.memory}
		return
	}
	var err error
	w.store, err = local.Open(w.Context(), local.Config{
		Path: filepath.Join(w.TempDir(), "causeway.db"), Now: time.Now, Routes: s.table(),
		Systems: routes.Sources(s.table()), Visibility: 6 * time.Minute, MaxReceives: 1000, Build: "test",
	})
	if err != nil {
		w.Fatal(err)
	}
	w.ports = port.Ports{Bus: w.store, Queue: w.store, State: w.store, Ledger: w.store, Vault: w.store}
}

// patientQueue waits before it says that there is nothing.
type patientQueue struct {
	*porttest.Memory
	idle time.Duration
}

func (q patientQueue) Receive(ctx context.Context, name string, limit int, wait time.Duration) ([]port.Incoming, error) {
	batch, err := q.Memory.Receive(ctx, name, limit, wait)
	if err == nil && len(batch) == 0 {
		select {
		case <-time.After(q.idle):
		case <-ctx.Done():
		}
	}
	return batch, err
}

func (w *world) openEngine(s setup) {
	w.table = s.table()
	if s.random == nil {
		s.random = func() float64 { return 0.5 }
	}
	w.config = pipeline.Config{
		Runtime: port.Runtime{
			Ports: w.ports, Now: time.Now, Random: s.random, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Build: "test",
		},
		Systems: w.openSystems(s), Retry: retry.DefaultPolicy(), Admission: admission.DefaultPolicy(), Filters: s.filters,
	}
	var err error
	if w.config.Skip, err = connector.OpenSkip(rules.Language{}, s.settings); err != nil {
		w.Fatal(err)
	}
	engine := w.engine(w.config)
	w.net.serve(w.T, doorAddress, engine.Door(nil))
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		engine.Run(ctx)
	}()
	w.stop = func() {
		cancel()
		<-ended
	}
}

// engine opens an engine over the world's routes.
func (w *world) engine(config pipeline.Config) *worker.Engine {
	w.Helper()
	p, err := pipeline.New(config)
	if err != nil {
		w.Fatal(err)
	}
	engine, err := worker.NewEngine(p, w.table)
	if err != nil {
		w.Fatal(err)
	}
	return engine
}

// receiver returns the door of the system.
func (w *world) receiver(system connector.System) *intake.Receiver {
	w.Helper()
	r, err := intake.New(w.config.Runtime, system)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// poller returns the poller of the system; report may be nil.
func (w *world) poller(system connector.System, runtime port.Runtime, report func(reconcile.Report)) *reconcile.Poller {
	w.Helper()
	p, err := reconcile.New(reconcile.Config{Runtime: runtime, System: system, Routes: w.table, Retry: retry.DefaultPolicy(), Report: report})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// restart stops the engine and opens another one with the setup's settings and filters.
func (w *world) restart(s setup) {
	w.Helper()
	w.stop()
	w.openEngine(s)
}

func (w *world) openSystems(s setup) map[string]connector.System {
	w.Helper()
	settings := w.shop.Settings("http://" + shopAddress)
	maps.Copy(settings, w.wooStore.Settings("http://"+wooAddress))
	maps.Copy(settings, w.erp.Settings("http://"+erpAddress))
	settings["NETSUITE_SUBSIDIARIES"] = "shopify/" + shopifytest.Shop + "=1,woocommerce/shop.example=2"
	maps.Copy(settings, s.settings)
	deps := connector.Deps{
		HTTP: w.net.transport(w.T), Now: time.Now, Random: rand.Reader, CrossRef: pipeline.Memory{State: w.ports.State, Now: time.Now},
		Rules: rules.Language{},
	}
	systems := map[string]connector.System{}
	opens := []func(map[string]string, connector.Deps) (connector.System, error){shopify.Open, woocommerce.Open, netsuite.Open}
	if w.warehouse != nil {
		maps.Copy(settings, w.warehouse.Settings("http://"+warehouseAddress))
		maps.Copy(settings, s.settings)
		opens = append(opens, shipbob.Open)
	}
	if w.crm != nil {
		maps.Copy(settings, w.crm.Settings("http://"+crmAddress))
		maps.Copy(settings, s.settings)
		opens = append(opens, hubspot.Open)
	}
	for _, open := range opens {
		system, err := open(settings, deps)
		if err != nil {
			w.Fatal(err)
		}
		systems[system.Profile.Name] = system
	}
	maps.Copy(systems, s.systems)
	return systems
}

func (w *world) close() {
	w.stop()
	if w.store == nil {
		return
	}
	if err := w.store.Close(); err != nil {
		w.Error(err)
	}
}

// shopify sends a delivery and returns the status that the shop was answered.
func (w *world) shopify(topic string, body []byte) int {
	w.Helper()
	return w.deliver(shopifytest.Delivery{Topic: topic, Body: body})
}

// deliver sends a delivery of a state that the shop has: it can be asked for the order.
func (w *world) deliver(d shopifytest.Delivery) int {
	w.Helper()
	var named struct {
		ID json.Number `json:"id"`
	}
	if strings.HasPrefix(d.Topic, "orders/") && json.Unmarshal(d.Body, &named) == nil && named.ID != "" {
		w.shop.PutLater(d.Body)
	}
	return w.post("shopify", d.Header(), d.Body)
}

// woo sends a delivery and returns the status that the store was answered.
func (w *world) woo(topic string, body []byte) int {
	w.Helper()
	return w.post("woocommerce", woocommercetest.Header(topic, body), body)
}

func (w *world) post(system string, header http.Header, body []byte) int {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodPost, "http://"+doorAddress+"/hooks/"+system, bytes.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	request.Header = header
	response, err := w.sender.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		w.Fatal(err)
	}
	return response.StatusCode
}

// pass lets the virtual time go on until everything that can happen in it has happened.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// entries returns the ledger's entries of the stage.
func (w *world) entries(stage port.Stage) []port.Entry {
	w.Helper()
	found, err := w.ports.Ledger.Find(w.Context(), port.Query{Stage: stage})
	if err != nil {
		w.Fatal(err)
	}
	return found
}

// ends returns how the entity's messages ended: "order.placed confirmed", oldest first.
func (w *world) ends(system, kind, id string) []string {
	w.Helper()
	tenant := map[string]string{"shopify": shopifytest.Shop, "woocommerce": "shop.example"}[system]
	found, err := w.ports.Ledger.Find(w.Context(), port.Query{Entity: message.Key{System: system, Tenant: tenant, Type: kind, ID: id}})
	if err != nil {
		w.Fatal(err)
	}
	var ends []string
	for _, e := range found {
		if e.Route != "" && e.Stage.Ends() {
			ends = append(ends, e.Type+" "+string(e.Stage))
		}
	}
	return ends
}

// order returns the only sales order whose memo begins with "system tenant order id".
func (w *world) order(system, id string) netsuitetest.Order {
	w.Helper()
	found := w.ordersOf(system, id)
	if len(found) != 1 {
		w.Fatalf("the ERP holds %d sales orders for %s order %s, want 1\n%s", len(found), system, id, w.story())
	}
	return found[0]
}

// ordersOf returns the sales orders whose memo begins with "system tenant order id", of every
// system for "".
func (w *world) ordersOf(system, id string) (found []netsuitetest.Order) {
	for _, order := range w.erp.Orders() {
		key, _, _ := strings.Cut(order.Memo, ",") // the order's own number may follow
		if (system == "" || strings.HasPrefix(key, system+" ")) && strings.HasSuffix(key, " order "+id) {
			found = append(found, order)
		}
	}
	return found
}

// noOrder fails if the ERP holds a sales order of the id.
func (w *world) noOrder(id string) {
	w.Helper()
	if len(w.ordersOf("", id)) > 0 {
		w.Fatalf("the ERP holds a sales order for order %s\n%s", id, w.story())
	}
}

// story is the ledger as a reader would like it, for failures.
func (w *world) story() string {
	w.Helper()
	found, err := w.ports.Ledger.Find(w.Context(), port.Query{})
	if err != nil {
		w.Fatal(err)
	}
	var story strings.Builder
	for _, e := range found {
		story.WriteString(e.At.Format("15:04:05.000 ") + string(e.Stage) + " " + e.Type + " " + e.Entity.ID + " " + e.Route + " " + e.Outcome + "\n")
	}
	return story.String() + w.log.String()
}
