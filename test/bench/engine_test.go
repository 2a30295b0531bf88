package bench_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/local"
	"causeway.example/shared/local/worker"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// orders are how many go through the engine in one operation, and senders how many
// webhooks are under way at once.
const (
	orders  = 2000
	senders = 16
)

// BenchmarkEngine takes orders from the door to their confirmation by the ERP: signature,
// inbox, translation, bus, and the deliveries of customer, order and payment, durable
// on disk at every step. HTTP is real but for the sockets. "fake" is the strict ERP,
// which checks each request against the published contract; "instant" confirms at
// once, so that only the engine's own share is left.
func BenchmarkEngine(b *testing.B) {
	deliveries := make([]shopifytest.Delivery, orders)
	for i := range deliveries {
		deliveries[i] = shopifytest.Delivery{Topic: "orders/create", Body: placed(i)}
	}
	b.Run("fake", func(b *testing.B) {
		fake := netsuitetest.New(time.Now)
		if err := fake.AddItem("TEE-BLK-M", "HOOD-M"); err != nil {
			b.Fatal(err)
		}
		run(b, handled{fake}, deliveries)
		if got := len(fake.Orders()); got != orders {
			b.Fatalf("the ERP holds %d orders, want %d", got, orders)
		}
	})
	b.Run("instant", func(b *testing.B) { run(b, instant{}, deliveries) })
}

// placed is an order of two lines by a buyer of its own.
func placed(i int) []byte {
	return shopifytest.Purchase{
		ID: 9_000_000_000_000 + int64(i), Number: 10_000 + i, Customer: 40_000 + int64(i), Email: fmt.Sprintf("buyer%d@example.com", i), TaxPercent: 20,
	}.Body()
}

// run measures one engine after the other, each on a store of its own.
func run(b *testing.B, erp http.RoundTripper, deliveries []shopifytest.Delivery) {
	var busy time.Duration
	for b.Loop() {
		b.StopTimer()
		e := startEngine(b, erp)
		before := processorTime(b)
		b.StartTimer()
		e.send(deliveries)
		e.waitForConfirmed(3 * len(deliveries)) // customer, order and payment of each
		b.StopTimer()
		busy += processorTime(b) - before
		e.stop()
		b.StartTimer()
	}
	moved := float64(b.N * len(deliveries))
	b.ReportMetric(moved/b.Elapsed().Seconds(), "orders/s")
	b.ReportMetric(moved/busy.Seconds(), "orders/CPU-s")
}

// processorTime is what the process has used of all cores so far. Unlike the time on
// the wall it says little about what else the machine does.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// engine is a running engine with its store.
type engine struct {
	*testing.B
	store *local.Store
	door  http.Handler
	end   context.CancelFunc
	ended chan struct{}
}

func startEngine(b *testing.B, erp http.RoundTripper) *engine {
	b.Helper()
	store, err := local.Open(b.Context(), local.Config{
		Path: filepath.Join(b.TempDir(), "causeway.db"), Now: time.Now, Routes: routes.Table,
		Systems: routes.Sources(routes.Table), Visibility: time.Minute, MaxReceives: 100,
	})
	if err != nil {
		b.Fatal(err)
	}
	ports := port.Ports{Bus: store, Queue: store, State: store, Ledger: store, Vault: store}
	joined, err := worker.NewEngine(newPipeline(b, ports, openPair(b, store, erp)), routes.Table)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	e := &engine{B: b, store: store, door: joined.Door(nil), end: cancel, ended: make(chan struct{})}
	go func() {
		defer close(e.ended)
		joined.Run(ctx)
	}()
	return e
}

func newPipeline(b *testing.B, ports port.Ports, systems map[string]connector.System) *pipeline.Pipeline {
	b.Helper()
	p, err := pipeline.New(pipeline.Config{
		Runtime: port.Runtime{Ports: ports, Now: time.Now, Random: mathrand.Float64, Log: slog.New(slog.DiscardHandler)},
		Systems: systems, Retry: retry.DefaultPolicy(), Admission: admission.DefaultPolicy(),
	})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func openPair(b *testing.B, store *local.Store, erp http.RoundTripper) map[string]connector.System {
	b.Helper()
	deps := connector.Deps{HTTP: erp, Now: time.Now, Random: rand.Reader, CrossRef: pipeline.Memory{State: store, Now: time.Now}}
	return map[string]connector.System{
		shopify.Name:  mustOpen(b, shopify.Open, shopifytest.New().Settings("http://127.0.0.1"), deps),
		netsuite.Name: mustOpen(b, netsuite.Open, netsuitetest.New(time.Now).Settings("http://127.0.0.1"), deps),
	}
}

func (e *engine) stop() {
	e.Helper()
	e.end()
	<-e.ended
	if err := e.store.Close(); err != nil {
		e.Fatal(err)
	}
}

// send delivers all webhooks, so many at once.
func (e *engine) send(deliveries []shopifytest.Delivery) {
	e.Helper()
	var posting sync.WaitGroup
	for first := range senders {
		posting.Go(func() {
			for i := first; i < len(deliveries); i += senders {
				e.post(deliveries[i])
			}
		})
	}
	posting.Wait()
}

func (e *engine) post(d shopifytest.Delivery) {
	request := httptest.NewRequestWithContext(e.Context(), http.MethodPost, "/hooks/shopify", bytes.NewReader(d.Body))
	request.Header = d.Header()
	answer := httptest.NewRecorder()
	e.door.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		e.Errorf("the door answered %d", answer.Code)
	}
}

func (e *engine) waitForConfirmed(want int) {
	e.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for range look.C {
		tallies, err := e.store.Tally(e.Context())
		if err != nil {
			e.Fatal(err)
		}
		var confirmed, dead int64
		for _, t := range tallies {
			confirmed, dead = confirmed+t.Confirmed, dead+t.Dead
		}
		if dead > 0 {
			e.Fatalf("%d messages are dead", dead)
		}
		if confirmed >= int64(want) {
			return
		}
	}
}

// handled answers requests by calling the handler.
type handled struct{ http.Handler }

func (h handled) RoundTrip(request *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	return answer.Result(), nil
}

// instant confirms each write at once, has no record and finds nothing.
type instant struct{}

func (instant) RoundTrip(request *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	switch request.Method {
	case http.MethodPut:
		answer.Header().Set("Location", "http://127.0.0.1/services/rest/record/v1/record/9")
		answer.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		answer.Header().Set("Content-Type", "application/json")
		answer.WriteHeader(http.StatusNotFound)
		_, _ = answer.WriteString(`{"status":404,"o:errorDetails":[{"o:errorCode":"NONEXISTENT_ID","detail":"The record does not exist."}]}`)
	default:
		answer.Header().Set("Content-Type", "application/json")
		_, _ = answer.WriteString(`{"items":[]}`) // a recorder takes everything
	}
	return answer.Result(), nil
}
