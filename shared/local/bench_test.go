package local_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

func benchStore(b *testing.B) *local.Store {
	b.Helper()
	s, err := local.Open(b.Context(), local.Config{
		Path: b.TempDir() + "/store.db", Now: time.Now, Routes: threeTargets(), Systems: []string{"shop"},
		Visibility: 30 * time.Second, MaxReceives: 5,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func threeTargets() []routes.Route {
	var table []routes.Route
	for _, to := range []string{"erp", "warehouse", "crm"} {
		table = append(table, routes.Route{From: "shop", Flow: "orders", To: to, Types: []string{"order.placed"}})
	}
	return table
}

var body = []byte(`{"id":"` + strings.Repeat("x", 4000) + `"}`)

// BenchmarkPorts measures each writing call and Get, one caller and many.
func BenchmarkPorts(b *testing.B) {
	inbox := routes.Inbox("shop")
	var n atomic.Int64
	calls := []struct {
		name    string
		prepare func(b *testing.B, s *local.Store)
		call    func(b *testing.B, s *local.Store) error
	}{
		{"Send", nothing, func(b *testing.B, s *local.Store) error {
			return s.Send(b.Context(), inbox, []port.Outgoing{{Body: body}})
		}},
		{"ReceiveDelete", fill, func(b *testing.B, s *local.Store) error {
			batch, err := s.Receive(b.Context(), inbox, 1, 0)
			if err != nil || len(batch) == 0 {
				return fmt.Errorf("received %d: %w", len(batch), err)
			}
			return s.Delete(b.Context(), batch[0])
		}},
		{"Put", nothing, func(b *testing.B, s *local.Store) error {
			key := message.DeriveID(fmt.Sprint(n.Add(1)))
			_, err := s.Put(b.Context(), port.Item{Key: key, Value: body[:200], Expires: time.Now().Add(time.Hour)})
			return err
		}},
		{"Append", nothing, func(b *testing.B, s *local.Store) error { return s.Append(b.Context(), entry(n.Add(1), "")) }},
		{"Get", nothing, func(b *testing.B, s *local.Store) error {
			_, err := s.Get(b.Context(), "key")
			return err
		}},
	}
	for _, c := range calls {
		for _, callers := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/callers=%d", c.name, callers), func(b *testing.B) {
				s := benchStore(b)
				c.prepare(b, s)
				b.ReportAllocs()
				b.ResetTimer()
				inParallel(b, callers, func() error { return c.call(b, s) })
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			})
		}
	}
}

func nothing(*testing.B, *local.Store) {}

func fill(b *testing.B, s *local.Store) {
	b.Helper()
	inParallel(b, 32, func() error {
		return s.Send(b.Context(), routes.Inbox("shop"), []port.Outgoing{{Body: body}})
	})
}

// inParallel makes b.N calls from so many callers.
func inParallel(b *testing.B, callers int, call func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, callers)
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				if err := call(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

func entry(n int64, route string) port.Entry {
	id := message.DeriveID(fmt.Sprint(n))
	return port.Entry{
		At: time.Now(), Trace: id, Event: message.DeriveID(id), Causation: id, Type: "order.placed", Route: route, Stage: port.Sent,
		Entity:  message.Key{System: "shop", Tenant: "brand.example", Type: "order", ID: fmt.Sprint(n)},
		Outcome: "confirmed", Function: "erp-deliver", Build: "1",
	}
}

// BenchmarkOrders moves orders the way the pipeline does, from the inbox to three
// targets, without translating anything: the share of the ports in an order's cost.
func BenchmarkOrders(b *testing.B) {
	s := benchStore(b)
	var n atomic.Int64
	b.ResetTimer()
	inParallel(b, 32, func() error { return order(b, s, n.Add(1)) })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

func order(b *testing.B, s *local.Store, n int64) error {
	b.Helper()
	ctx, inbox := b.Context(), routes.Inbox("shop")
	at := time.Now()
	m := &message.Message{
		ID: message.DeriveID(fmt.Sprint(n)), Source: "causeway.shop", Type: "order.placed", Subject: fmt.Sprint("order/", n), Time: at,
		Tenant: "brand.example", Schema: "order/1", Sequence: message.NewSequence(at, false, time.Time{}), CorrelationID: fmt.Sprint("c", n), Origin: "shop", Body: body,
	}
	if err := s.Append(ctx, entry(n, "")); err != nil {
		return err
	}
	if err := s.Send(ctx, inbox, []port.Outgoing{{Body: body}}); err != nil {
		return err
	}
	if err := handle(b, s, inbox, func() error {
		if err := s.Publish(ctx, []*message.Message{m}); err != nil {
			return err
		}
		return s.Append(ctx, entry(n, ""), entry(n, ""))
	}); err != nil {
		return err
	}
	for _, route := range threeTargets() {
		if err := handle(b, s, route.Queue(), func() error { return confirm(b, s, route.Name(), n) }); err != nil {
			return err
		}
	}
	return nil
}

// confirm is what delivery writes: claim, result, version, and the ledger.
func confirm(b *testing.B, s *local.Store, route string, n int64) error {
	b.Helper()
	ctx, key := b.Context(), message.DeriveID(route, fmt.Sprint(n))
	revision, err := s.Put(ctx, port.Item{Key: "claim/" + key, Value: body[:60], Expires: time.Now().Add(time.Minute)})
	if err != nil {
		return err
	}
	if _, err := s.Put(ctx, port.Item{Key: "claim/" + key, Value: body[:120], Revision: revision, Expires: time.Now().Add(time.Hour)}); err != nil {
		return err
	}
	return s.Append(ctx, entry(n, route), entry(n, route), entry(n, route))
}

func handle(b *testing.B, s *local.Store, queue string, work func() error) error {
	b.Helper()
	batch, err := s.Receive(b.Context(), queue, 1, 10*time.Second)
	if err != nil || len(batch) == 0 {
		return fmt.Errorf("received %d from %s: %w", len(batch), queue, err)
	}
	if err := work(); err != nil {
		return err
	}
	return s.Delete(b.Context(), batch[0])
}
