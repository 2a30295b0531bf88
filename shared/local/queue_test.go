package local_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

func openAt(t *testing.T, start time.Time) (*local.Store, *porttest.Clock) {
	t.Helper()
	clock := porttest.NewClock(start)
	return mustOpen(t, config(t, clock.Now)), clock
}

func TestMessagesComeInTheOrderInWhichTheyBecameVisible(t *testing.T) {
	t.Parallel()
	s, clock := openAt(t, noon)
	mustSend(t, s, inbox, "a", "b")
	must(t, s.Defer(t.Context(), mustReceive(t, s, inbox, 1, 0)[0], clock.Now().Add(2*time.Second)))
	clock.Advance(time.Second)
	mustSend(t, s, inbox, "c")
	clock.Advance(2 * time.Second)
	mustSend(t, s, inbox, "d")
	if got := bodies(mustReceive(t, s, inbox, 10, 0)); got != "[b c a d]" {
		t.Errorf("received %s", got)
	}
}

func TestNoMessageIsHeldByTwo(t *testing.T) {
	t.Parallel()
	s, _ := openAt(t, noon)
	const messages, receivers = 200, 16
	for range messages / 10 {
		mustSend(t, s, inbox, strings.Split("0123456789", "")...)
	}
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for range receivers {
		all.Go(func() {
			for {
				batch, err := s.Receive(t.Context(), inbox, 3, 0)
				if err != nil || len(batch) == 0 {
					return
				}
				mu.Lock()
				for _, in := range batch {
					if seen[in.MessageID] {
						t.Errorf("message %s was handed out twice", in.MessageID)
					}
					seen[in.MessageID] = true
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(seen) != messages {
		t.Errorf("%d messages came of %d", len(seen), messages)
	}
}

func TestSendRefusesWhatSQSRefuses(t *testing.T) {
	t.Parallel()
	s, _ := openAt(t, noon)
	large := bytes.Repeat([]byte("x"), 1<<20)
	for name, tc := range map[string]struct {
		out  port.Outgoing
		want fault.Class
	}{
		"empty body":         {port.Outgoing{}, fault.Schema},
		"over 1 MiB":         {port.Outgoing{Body: append(large, 'x')}, fault.TooLarge},
		"over by attributes": {port.Outgoing{Body: large, Attributes: map[string]string{"a": "b"}}, fault.TooLarge},
		"not UTF-8":          {port.Outgoing{Body: []byte("b"), Attributes: map[string]string{"a": "\xff"}}, fault.Parse},
	} {
		err := s.Send(t.Context(), inbox, []port.Outgoing{{Body: []byte("good")}, tc.out})
		if e := fault.As(err); e == nil || e.Class != tc.want || !strings.Contains(e.Doing, inbox) {
			t.Errorf("%s: Send = %v, want class %s", name, err, tc.want)
		}
	}
	if got := drain(t, s, inbox); len(got) != 0 {
		t.Errorf("of a refused batch %q were sent", got)
	}
	must(t, s.Send(t.Context(), routes.Inbox("erp"), []port.Outgoing{{Body: large}}))
}

func TestStaleHandleCannotDefer(t *testing.T) {
	t.Parallel()
	s, clock := openAt(t, noon)
	mustSend(t, s, inbox, "m")
	stale := mustReceive(t, s, inbox, 1, 0)[0]
	clock.Advance(time.Minute)
	mustReceive(t, s, inbox, 1, 0)
	if err := s.Defer(t.Context(), stale, noon); fault.As(err).ClassOrDefault() != fault.Stale {
		t.Errorf("Defer = %v", err)
	}
	stale.Queue = routes.Dead(inbox)
	must(t, s.Delete(t.Context(), stale))
	stale.Handle = "forged"
	if err := s.Delete(t.Context(), stale); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Delete of a forged handle = %v", err)
	}
}

// What dies without a word is in the ledger all the same, with as much as its body
// tells.
func TestLedgerTellsOfWhatWasReceivedTooOften(t *testing.T) {
	t.Parallel()
	m := &message.Message{ID: "e1", Source: "causeway.shop", Type: "customer.upserted", Subject: "customer/7", Tenant: "brand", CorrelationID: "c1", Origin: "shop"}
	raw := &message.Raw{ID: "r1", System: "shop", CorrelationID: "c2", Body: []byte("x")}
	for name, tc := range map[string]struct {
		queue string
		body  func() ([]byte, error)
		want  port.Entry
	}{
		"message": {"shop-customers-to-erp", m.Encode, port.Entry{Trace: "c1", Event: "e1", Route: "shop-customers-to-erp", Entity: m.Key(), Type: m.Type}},
		"raw":     {inbox, raw.Encode, port.Entry{Trace: "c2", Event: "r1"}},
		"garbage": {inbox, func() ([]byte, error) { return []byte("garbage"), nil }, port.Entry{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clock := openAt(t, noon)
			body, err := tc.body()
			must(t, err)
			mustSend(t, s, tc.queue, string(body))
			for range 4 {
				mustReceive(t, s, tc.queue, 1, 0)
				clock.Advance(time.Minute)
			}
			found, err := s.Find(t.Context(), port.Query{Stage: port.Dead})
			must(t, err)
			if len(found) != 1 {
				t.Fatalf("%d entries", len(found))
			}
			got := found[0]
			if got.Trace != tc.want.Trace || got.Event != tc.want.Event || got.Route != tc.want.Route || got.Entity != tc.want.Entity || got.Type != tc.want.Type {
				t.Errorf("entry %+v, want %+v", got, tc.want)
			}
			if got.ReceiveCount != 3 || got.Error == nil || got.Error.Class != fault.Poison || got.Function != tc.queue || !strings.Contains(got.Outcome, "unknown (crash or timeout)") {
				t.Errorf("entry %+v", got)
			}
		})
	}
}

func FuzzQueueKeepsEveryByte(f *testing.F) {
	f.Add([]byte("body"), "name", "value")
	f.Add([]byte{0, 0xff}, "a\x00b", "\u2028<&>\"'")
	f.Add([]byte("{}"), "", "")
	s, err := local.Open(f.Context(), childConfig(f.TempDir()+"/store.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, body []byte, name, value string) {
		err := s.Send(t.Context(), inbox, []port.Outgoing{{Body: body, Attributes: map[string]string{name: value}}})
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Rejected {
				t.Fatal(err)
			}
			return
		}
		in := mustReceive(t, s, inbox, 1, 0)[0]
		if string(in.Body) != string(body) || len(in.Attributes) != 1 || in.Attributes[name] != value {
			t.Errorf("%q %q=%q came back as %+v", body, name, value, in)
		}
		must(t, s.Delete(t.Context(), in))
	})
}

// No handle but the one given out touches a message.
func FuzzForgedHandleChangesNothing(f *testing.F) {
	for _, seed := range []string{"", ".", "1.1", "-1.-1", "9223372036854775808.1", "1.1.1", "1", "0x1.1"} {
		f.Add(seed)
	}
	s, err := local.Open(f.Context(), childConfig(f.TempDir()+"/store.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	var held port.Incoming
	f.Fuzz(func(t *testing.T, handle string) {
		if held.Handle == "" {
			mustSend(t, s, inbox, "m")
			held = mustReceive(t, s, inbox, 1, 0)[0]
		}
		forged := held
		if forged.Handle = handle; handle == held.Handle {
			return
		}
		if err := s.Delete(t.Context(), forged); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		if err := s.Defer(t.Context(), forged, time.Now()); err == nil {
			t.Fatalf("handle %q deferred the message of %q", handle, held.Handle)
		}
		depths, err := s.Depths(t.Context())
		must(t, err)
		for _, d := range depths {
			if d.Queue == inbox && (d.InFlight != 1 || d.Visible+d.Deferred != 0) {
				t.Fatalf("after handle %q: %+v", handle, d)
			}
		}
	})
}

func ExampleStore_Receive() {
	dir, cleanup := temporary()
	defer cleanup()
	ctx, stop := neverEnding()
	defer stop()
	store, err := local.Open(ctx, local.Config{
		Path: dir + "/causeway.db", Now: time.Now, Routes: routes.Table, Systems: routes.Sources(routes.Table),
		Visibility: 30 * time.Second, MaxReceives: 5,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = store.Close() }()
	queue := routes.Inbox("shopify")
	fmt.Println(store.Send(ctx, queue, []port.Outgoing{{Body: []byte(`{"id":"1"}`)}}))
	batch, err := store.Receive(ctx, queue, 10, time.Second)
	for _, in := range batch {
		fmt.Println(string(in.Body), in.ReceiveCount, err, store.Delete(ctx, in))
	}
	// Output:
	// <nil>
	// {"id":"1"} 1 <nil> <nil>
}
