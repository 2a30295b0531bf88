package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/local"
	"causeway.example/shared/local/worker"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/reopen"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

var start = time.Date(2026, 11, 22, 21, 10, 0, 0, time.UTC)

// world is a local engine between a fake store and a fake ERP, in virtual time, and the
// command beside it: its own connection to the same file.
type world struct {
	*testing.T
	clock      *porttest.Clock
	folder     string
	store      *local.Store
	engine     *worker.Engine
	erp        *netsuitetest.Fake
	shop       *shopifytest.Fake // what the store itself has
	settings   map[string]string // of the ERP's connector
	draws      int
	columns    int                    // of the terminal
	slept      func()                 // called when the command waits; may be nil
	bug        func(*canonical.Order) // that the engine's translation has; may be nil
	transcript strings.Builder
}

// systemsLine is the setting with which two stores and an ERP take part.
const systemsLine = "CAUSEWAY_SYSTEMS=netsuite,shopify,woocommerce\n"

// storesAndERP returns the routes between them.
func storesAndERP(t *testing.T) []routes.Route {
	t.Helper()
	given, err := installation.Read("", []string{strings.TrimSpace(systemsLine)})
	must2(t, err)
	return installation.Routes(given)
}

func newWorld(t *testing.T, change map[string]string) *world {
	t.Helper()
	w := &world{T: t, clock: porttest.NewClock(start), folder: t.TempDir(), columns: 100}
	w.erp, w.shop = netsuitetest.New(w.clock.Now), shopifytest.New()
	must2(t, os.Chmod(w.folder, 0o700))
	must2(t, os.WriteFile(filepath.Join(w.folder, "none.env"), []byte(systemsLine), 0o600))
	must2(t, w.erp.AddItem("TEE-BLK-M"))
	var err error
	w.store, err = local.Open(t.Context(), installation.Store(w.folder, "test", w.clock.Now, storesAndERP(w.T)))
	must2(t, err)
	t.Cleanup(func() { must2(t, w.store.Close()) })
	w.settings = w.erp.Settings("http://127.0.0.1:4601")
	maps.Copy(w.settings, change)
	w.start()
	return w
}

func must2(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start opens the connectors and the engine with the settings as they are now.
func (w *world) start() {
	w.Helper()
	deps := connector.Deps{HTTP: w, Now: w.clock.Now, Random: rand.Reader, CrossRef: pipeline.Memory{State: w.store, Now: w.clock.Now}}
	shop, err := shopify.Open(shopifytest.New().Settings("https://shop.example"), deps)
	must2(w.T, err)
	site, err := woocommerce.Open(woocommercetest.New().Settings("http://127.0.0.1:4603"), deps)
	must2(w.T, err)
	kept, err := reopen.Open(w.Context(), reopen.Config{
		Open: netsuite.Open, Profile: netsuite.Profile(), Deps: deps, Settings: w.settings, State: w.store, Log: slog.New(slog.DiscardHandler),
	})
	must2(w.T, err)
	erp := kept.System()
	if w.bug != nil {
		shop.Source = buggy{shop.Source, w.bug}
	}
	p, err := pipeline.New(pipeline.Config{
		Runtime: port.Runtime{
			Ports: port.Ports{Bus: w.store, Queue: w.store, State: w.store, Ledger: w.store, Vault: w.store},
			Now:   w.clock.Now, Random: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Build: "test",
		},
		Systems: map[string]connector.System{"shopify": shop, "woocommerce": site, "netsuite": erp}, Retry: retry.DefaultPolicy(), Admission: admission.DefaultPolicy(), Worker: "w",
	})
	must2(w.T, err)
	w.engine, err = worker.NewEngine(p, storesAndERP(w.T))
	must2(w.T, err)
}

// buggy is a source whose translation of orders has a bug.
type buggy struct {
	connector.Source
	bug func(*canonical.Order)
}

func (b buggy) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	found, err := b.Source.Translate(ctx, raw)
	for _, event := range found.Events {
		if order, ok := event.Body.(*canonical.Order); ok {
			b.bug(order)
		}
	}
	return found, err
}

// RoundTrip is the network: the ERP at one host, the doors at the other.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	switch r.URL.Host {
	case "127.0.0.1:4601":
		w.erp.ServeHTTP(answer, r)
	case "127.0.0.1:4602":
		w.shop.ServeHTTP(answer, r)
	case "127.0.0.1:4603":
		woocommercetest.New().ServeHTTP(answer, r)
	default:
		w.engine.Door(nil).ServeHTTP(answer, r)
	}
	response := answer.Result()
	response.Request = r
	return response, nil
}

// order sends an order of one line through the door, and lets it be handled.
func (w *world) order(number int, sku string, change func(*shopifytest.Purchase)) int {
	w.Helper()
	p := shopifytest.Purchase{
		ID: int64(5000 + number), Number: number, Customer: 7, Email: "ada@example.com", Currency: "USD", PlacedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
		Items: []shopifytest.Item{{SKU: sku, Quantity: 1, Price: 1900}},
	}
	if change != nil {
		change(&p)
	}
	w.shop.Put(p.Body())
	return w.deliver(shopifytest.Delivery{Topic: "orders/create", Body: p.Body(), TriggeredAt: w.clock.Now()})
}

func (w *world) deliver(d shopifytest.Delivery) int {
	w.Helper()
	status := w.post(d)
	w.settle()
	return status
}

// post sends a delivery through the door, and lets nothing be handled.
func (w *world) post(d shopifytest.Delivery) int {
	w.Helper()
	request, err := d.Sign(w.Context(), "http://door.example/hooks/shopify")
	must2(w.T, err)
	response, err := w.RoundTrip(request)
	must2(w.T, err)
	return response.StatusCode
}

// settle handles what is visible until nothing is.
func (w *world) settle() {
	w.Helper()
	for {
		n, err := w.engine.Step(context.Background())
		must2(w.T, err)
		if n == 0 {
			return
		}
	}
}

// pass lets time go on in steps of a quarter of an hour.
func (w *world) pass(d time.Duration) {
	w.Helper()
	for end := w.clock.Now().Add(d); w.clock.Now().Before(end); {
		w.clock.Advance(min(15*time.Minute, end.Sub(w.clock.Now())))
		w.settle()
	}
}

// run executes a command line of the operator, and returns its exit code and output.
func (w *world) run(line ...string) (code int, out, complaints string) {
	w.Helper()
	var stdout, stderr bytes.Buffer
	a := &cli.Tool{
		Screen: screen.Screen{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Now: w.clock.Now, Width: w.columns},
		Who:    "ana", Transport: w,
		Random: func() float64 { w.draws++; return float64(w.draws%1000) / 1000 },
		Sleep: func(ctx context.Context, d time.Duration) error {
			w.clock.Advance(d)
			w.settle()
			if w.slept != nil {
				w.slept()
			}
			return ctx.Err()
		},
	}
	if line[0] != "__complete" { // whose last argument is what is completed
		line = append(line, "--data", w.folder, "--settings", filepath.Join(w.folder, "none.env"))
	}
	code = a.Run(w.Context(), root(a), line)
	return code, stdout.String(), stderr.String()
}

// play executes a command line and adds it with its output to the transcript.
func (w *world) play(line ...string) string {
	w.Helper()
	code, out, complaints := w.run(line...)
	shown := make([]string, len(line))
	for i, word := range line {
		if shown[i] = strings.TrimPrefix(word, w.folder+string(filepath.Separator)); strings.ContainsAny(word, " '*#") {
			shown[i] = "'" + word + "'"
		}
	}
	fmt.Fprintf(&w.transcript, "$ causeway %s\n%s%s(exit %d)\n\n", strings.Join(shown, " "), out, complaints, code)
	return out
}

// say adds what was done outside the command to the transcript.
func (w *world) say(text string) { fmt.Fprintf(&w.transcript, "# %s\n\n", text) }

// redrive plans the redrive of everything that is dead, and applies it.
func (w *world) redrive(group string) {
	w.Helper()
	_, id, _ := w.run("redrive", "--group", group, "--jq", ".plan.plan", "-q")
	w.play("redrive", "--group", group)
	w.play("apply", strings.TrimSpace(id), "--reason", "INC-7")
}

// group returns the fingerprint of the only group.
func (w *world) group() string {
	w.Helper()
	_, out, _ := w.run("why", "--jq", ".why[].group")
	if strings.Count(out, "\n") != 1 {
		w.Fatalf("groups: %q", out)
	}
	return strings.TrimSpace(out)
}

// golden compares the transcript with the file of the test, or writes it when UPDATE_GOLDEN
// is set.
func (w *world) golden(name string) {
	w.Helper()
	path := filepath.Join("testdata", name+".txt")
	got := w.transcript.String()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		must2(w.T, os.WriteFile(path, []byte(got), 0o600))
		return
	}
	want, err := os.ReadFile(path)
	must2(w.T, err)
	if got != string(want) {
		w.Errorf("%s differs; the transcript is now\n%s", path, got)
	}
}

// noticed lets the engine's process notice what the command changed.
func (w *world) noticed() {
	w.Helper()
	ctx, stop := context.WithTimeout(w.Context(), 1500*time.Millisecond)
	defer stop()
	w.store.Watch(ctx)
}
