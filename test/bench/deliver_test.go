package bench_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// deliveries are how many messages one operation of BenchmarkDeliver takes to the target.
const deliveries = 500

// BenchmarkDeliver is what the deliverer costs by itself: claim, fence, circuit, budget,
// ledger and done, around a target that confirms at once. It is compared with what no
// integration can do without: taking the message from its queue, calling the target,
// and deleting it ("bare").
func BenchmarkDeliver(b *testing.B) {
	route := routes.Table[0]
	b.Run("memory", func(b *testing.B) {
		memory := porttest.NewMemory(time.Now)
		memory.Visibility, memory.MaxReceives = time.Hour, 1000
		compare(b, route, port.Ports{Bus: memory, Queue: memory, State: memory, Ledger: memory, Vault: memory})
	})
	b.Run("sqlite", func(b *testing.B) {
		store, err := local.Open(b.Context(), local.Config{
			Path: filepath.Join(b.TempDir(), "causeway.db"), Now: time.Now, Routes: routes.Table,
			Systems: routes.Sources(routes.Table), Visibility: time.Hour, MaxReceives: 1000,
		})
		if err != nil {
			b.Fatal(err)
		}
		compare(b, route, port.Ports{Bus: store, Queue: store, State: store, Ledger: store, Vault: store})
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	})
}

// compare measures both ways over the same number of messages, one worker each.
func compare(b *testing.B, route routes.Route, ports port.Ports) {
	state := &tally{State: ports.State}
	ports.State = state
	p := newPipeline(b, ports, map[string]connector.System{route.To: instantSystem()})
	deliverer, err := p.Deliverer(route)
	if err != nil {
		b.Fatal(err)
	}
	var bare, whole time.Duration
	sent := 0
	for b.Loop() {
		b.StopTimer()
		sent = fill(b, ports.Queue, route, sent)
		bare += drain(b, ports.Queue, route, func(in port.Incoming) error { return call(b.Context(), ports.Queue, in) })
		sent = fill(b, ports.Queue, route, sent)
		b.StartTimer()
		whole += drain(b, ports.Queue, route, func(in port.Incoming) error {
			return port.Settle(b.Context(), ports.Queue, deliverer, in)
		})
	}
	moved := float64(b.N * deliveries)
	b.ReportMetric(float64(whole.Microseconds())/moved, "µs/message")
	b.ReportMetric(float64(bare.Microseconds())/moved, "µs/bare")
	b.ReportMetric(float64(whole)/float64(bare), "×bare")
	b.ReportMetric(float64(state.puts)/moved, "state-writes/message")
	b.ReportMetric(float64(state.gets)/moved, "state-reads/message")
}

// tally counts the accesses to the state, which cost money in the cloud.
type tally struct {
	port.State
	gets, puts int
}

func (t *tally) Get(ctx context.Context, key string) (port.Item, error) {
	t.gets++
	return t.State.Get(ctx, key)
}

func (t *tally) Put(ctx context.Context, item port.Item) (int64, error) {
	t.puts++
	return t.State.Put(ctx, item)
}

// fill puts messages of entities of their own into the route's queue.
func fill(b *testing.B, queue port.Queue, route routes.Route, from int) int {
	b.Helper()
	for i := range deliveries {
		id := fmt.Sprint(from + i)
		body, err := canonical.Encode(&canonical.Customer{ID: id, FirstName: canonical.NewText("Ada"), UpdatedAt: time.Now()})
		if err != nil {
			b.Fatal(err)
		}
		m := &message.Message{
			ID: id, Source: "causeway.shopify", Type: canonical.CustomerUpserted, Subject: "customer/" + id, Time: time.Now(),
			Tenant: "t", Schema: "customer/1", Sequence: "1", Body: body,
		}
		data, err := m.Encode()
		if err != nil {
			b.Fatal(err)
		}
		if err := queue.Send(b.Context(), route.Queue(), []port.Outgoing{{Body: data}}); err != nil {
			b.Fatal(err)
		}
	}
	return from + deliveries
}

// drain handles everything in the queue and returns how long that took.
func drain(b *testing.B, queue port.Queue, route routes.Route, handle func(port.Incoming) error) time.Duration {
	b.Helper()
	begun, handled := time.Now(), 0
	for handled < deliveries {
		batch, err := queue.Receive(b.Context(), route.Queue(), 10, 0)
		if err != nil {
			b.Fatal(err)
		}
		for _, in := range batch {
			if err := handle(in); err != nil {
				b.Fatal(err)
			}
		}
		handled += len(batch)
	}
	return time.Since(begun)
}

// call is delivering without any care: read, write, delete.
func call(ctx context.Context, queue port.Queue, in port.Incoming) error {
	m, err := message.Decode(in.Body)
	if err != nil {
		return err
	}
	entity, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		return err
	}
	if _, err := (ready{}).Deliver(ctx, connector.Delivery{Message: m, Body: entity}); err != nil {
		return err
	}
	return queue.Delete(ctx, in)
}

// ready is a target that confirms at once.
type ready struct{}

func (ready) Deliver(context.Context, connector.Delivery) (connector.Receipt, error) {
	return connector.Receipt{Ref: "1", Detail: "done"}, nil
}

func (ready) Find(context.Context, message.Key) (string, error) { return "", nil }

func instantSystem() connector.System {
	return connector.System{Target: ready{}, Profile: connector.Profile{
		Name: "netsuite", Timeout: time.Minute, Concurrency: 5,
		Operations: map[string]connector.Operation{canonical.CustomerUpserted: {Name: "write", Guarantee: connector.ExternalID}},
	}}
}
