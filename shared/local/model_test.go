package local_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// ports are what the store and the reference in memory have in common.
type ports interface {
	port.Bus
	port.Queue
	port.State
	port.Ledger
}

// side is one of the two with what it handed out.
type side struct {
	ports
	held      map[string][]port.Incoming // by body
	revisions map[string]int64
}

// pair makes every call on both sides and compares what they say.
type pair struct {
	path   string
	random *rand.Rand
	clock  *porttest.Clock
	sides  [2]side
	n      int
}

func TestStoreDoesWhatTheReferenceDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			p := newPair(t, seed)
			steps := []func(t *testing.T, s side, choice uint64) string{sendStep, publishStep, receiveStep, receiveStep, settleStep, settleStep, putStep, appendStep, findStep}
			for range 250 {
				// No two messages become visible at one instant, where any order is right.
				p.clock.Advance(time.Duration(p.random.IntN(20))*time.Second + time.Millisecond)
				step, choice := steps[p.random.IntN(len(steps))], p.random.Uint64()
				if got, want := step(t, p.sides[0], choice), step(t, p.sides[1], choice); got != want {
					t.Fatalf("after %d steps the store says\n%s\nthe reference\n%s", p.n, got, want)
				}
				p.n++
			}
			checkFile(t, p.path)
		})
	}
}

func newPair(t *testing.T, seed uint64) *pair {
	t.Helper()
	clock := porttest.NewClock(noon)
	c := config(t, clock.Now)
	reference := porttest.NewMemory(clock.Now)
	reference.Routes, reference.Systems, reference.Visibility, reference.MaxReceives = c.Routes, c.Systems, c.Visibility, c.MaxReceives
	p := &pair{path: c.Path, random: rand.New(rand.NewPCG(seed, 1)), clock: clock}
	for i, each := range []ports{mustOpen(t, c), withoutBusEntries{reference}} {
		p.sides[i] = side{ports: each, held: map[string][]port.Incoming{}, revisions: map[string]int64{}}
	}
	return p
}

// withoutBusEntries is the reference; findStep leaves out what only the store tells.
type withoutBusEntries struct{ *porttest.Memory }

var _ ports = (*local.Store)(nil)

func sendStep(t *testing.T, s side, choice uint64) string {
	t.Helper()
	return fmt.Sprint(s.Send(t.Context(), inbox, []port.Outgoing{{Body: fmt.Appendf(nil, "m%d", choice)}}) == nil)
}

func publishStep(t *testing.T, s side, choice uint64) string {
	t.Helper()
	kinds := []string{"order.placed", "order.changed", "customer.upserted", "other"}
	return fmt.Sprint(s.Publish(t.Context(), []*message.Message{event(fmt.Sprint("e", choice), kinds[choice%4])}) == nil)
}

func receiveStep(t *testing.T, s side, choice uint64) string {
	t.Helper()
	queues := []string{inbox, inbox, "shop-orders-to-erp", "shop-orders-to-warehouse", "shop-customers-to-erp", routes.Dead(inbox)}
	batch, err := s.Receive(t.Context(), queues[choice%6], 1+int(choice/6%4), 0)
	must(t, err)
	var told string
	for _, in := range batch {
		key := in.Queue + " " + string(in.Body)
		s.held[key] = append(s.held[key], in)
		told += fmt.Sprintln(key, in.ReceiveCount, in.SentAt.UTC(), in.Attributes)
	}
	return told
}

// settleStep deletes or defers with a handle that may be stale.
func settleStep(t *testing.T, s side, choice uint64) string {
	t.Helper()
	keys := slices.Sorted(maps.Keys(s.held))
	if len(keys) == 0 {
		return ""
	}
	handles := s.held[keys[choice%uint64(len(keys))]]
	in := handles[choice/7%uint64(len(handles))]
	if choice%3 == 0 {
		until := in.SentAt.Add(time.Duration(choice%900)*time.Second + time.Duration(choice%1000)*time.Microsecond)
		return fmt.Sprint("deferred ", string(in.Body), s.Defer(t.Context(), in, until) == nil)
	}
	return fmt.Sprint("deleted ", string(in.Body), s.Delete(t.Context(), in) == nil)
}

func putStep(t *testing.T, s side, choice uint64) string {
	t.Helper()
	key := fmt.Sprint("k", choice%3)
	item, err := s.Get(t.Context(), key)
	must(t, err)
	told := fmt.Sprintf("%s=%q %v %v ", key, item.Value, item.Revision == s.revisions[key], item.Expires.UTC())
	next := port.Item{Key: key, Value: fmt.Append(nil, choice), Revision: item.Revision}
	if choice/3%2 == 0 {
		next.Revision = s.revisions[key] // perhaps of an item that has expired since
	}
	if choice/6%2 == 0 {
		next.Expires = noon.Add(time.Duration(choice%3600) * time.Second)
	}
	revision, err := s.Put(t.Context(), next)
	if err == nil {
		s.revisions[key] = revision
	}
	return fmt.Sprint(told, err == nil)
}

func appendStep(t *testing.T, s side, choice uint64) string {
	t.Helper()
	e := port.Entry{
		At: noon.Add(time.Duration(choice%50) * time.Minute), Trace: fmt.Sprint("t", choice%3), Event: fmt.Sprint("e", choice%5),
		Route: fmt.Sprint("r", choice%2), Stage: port.Sent, Entity: message.Key{Type: "order", ID: fmt.Sprint(choice % 4)}, Outcome: fmt.Sprint(choice),
	}
	return fmt.Sprint(s.Append(t.Context(), e, e) == nil)
}

// findStep sets each field of the query or not, by one bit of the choice each.
func findStep(t *testing.T, s side, choice uint64) string {
	t.Helper()
	q := port.Query{Stage: port.Sent}
	set := []func(){
		func() { q.Trace = "t1" }, func() { q.Event = "e2" }, func() { q.Route = "r1" },
		func() { q.Entity = message.Key{Type: "order", ID: "3"} },
		func() { q.Since = noon.Add(20 * time.Minute) }, func() { q.Limit = 3 }, func() { q.Newest = true },
	}
	for i, field := range set {
		if choice>>i&1 == 1 {
			field()
		}
	}
	found, err := s.Find(t.Context(), q)
	must(t, err)
	var told string
	for _, e := range found {
		told += fmt.Sprintln(e.At.UTC(), e.Outcome)
	}
	return told
}

// Every combination of fields has an index that fits: SQLite refuses a query that
// names one that does not.
func TestEveryQueryHasItsIndex(t *testing.T) {
	t.Parallel()
	s, _ := openAt(t, noon)
	for fields := range 512 {
		q := port.Query{}
		for i, set := range []func(){
			func() { q.Trace = "t" }, func() { q.Event = "e" }, func() { q.Route = "r" }, func() { q.Stage = "s" },
			func() { q.Entity.ID = "1" }, func() { q.Since = noon }, func() { q.Limit = 1 },
			func() { q.Newest = true }, func() { q.Hash = "h" },
		} {
			if fields>>i&1 == 1 {
				set()
			}
		}
		if _, err := s.Find(t.Context(), q); err != nil {
			t.Errorf("Find(%+v) = %v", q, err)
		}
	}
}
