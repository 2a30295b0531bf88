package desk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// counter counts the calls by their operation.
type counter struct {
	http.RoundTripper
	mu    sync.Mutex
	calls map[string]int
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.mu.Lock()
	c.calls[operation]++
	c.mu.Unlock()
	return c.RoundTripper.RoundTrip(r)
}

// count makes the world's engines count their calls.
func (w *world) count(t *testing.T) *counter {
	t.Helper()
	c := &counter{RoundTripper: w.server.Transport(), calls: map[string]int{}}
	w.account = accountOver(t, c)
	return c
}

var (
	route     = porttest.Table()[0].Queue()
	deadQueue = routes.Dead(route)
)

// bury sends dead letters and returns their message ids.
func (w *world) bury(t *testing.T, n int) (ids []string) {
	t.Helper()
	var batch []port.Outgoing
	for i := range n {
		batch = append(batch, port.Outgoing{Body: fmt.Append(nil, "letter ", i)})
	}
	must(t, w.backend.Send(t.Context(), deadQueue, batch))
	must(t, w.open().Letters.Browse(t.Context(), deadQueue, func(in port.Incoming) bool {
		ids = append(ids, in.MessageID)
		return true
	}))
	return ids
}

// visible returns how many letters a worker could receive now.
func (w *world) visible(t *testing.T) (n int) {
	t.Helper()
	for {
		batch, err := w.backend.Receive(t.Context(), deadQueue, 10, 0)
		must(t, err)
		if len(batch) == 0 {
			return n
		}
		n += len(batch)
	}
}

// Moving every letter of a long queue, one at a time, costs one walk, not one for each.
func TestLettersOnTheWayAreKeptForLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.bury(t, 300)
	c := w.count(t)
	hand, err := w.open().Letters.Open(t.Context(), deadQueue, 2*time.Minute)
	must(t, err)
	for i := range ids {
		letters, err := hand.Take(t.Context(), ids[len(ids)-1-i:len(ids)-i])
		must(t, err)
		if len(letters) != 1 {
			t.Fatalf("letter %d was not found", i)
		}
		must(t, hand.Delete(t.Context(), letters[0]))
	}
	must(t, hand.Close(t.Context()))
	if n := c.calls["ReceiveMessage"]; n > 60 {
		t.Errorf("%d receives for 300 letters", n)
	}
	if n := w.visible(t); n != 0 {
		t.Errorf("%d letters are left", n)
	}
}

// A letter whose hold has passed is looked for again, whether it was taken or only received.
func TestTakeAfterTheHoldHasPassed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.bury(t, 30)
	hand, err := w.open().Letters.Open(t.Context(), deadQueue, time.Minute)
	must(t, err)
	for _, want := range [][]string{ids[20:21], ids[20:22], ids[:30]} {
		letters, err := hand.Take(t.Context(), want)
		must(t, err)
		if len(letters) != len(want) {
			t.Fatalf("took %d of %d letters", len(letters), len(want))
		}
		w.advance(2 * time.Minute)
	}
	must(t, hand.Close(t.Context()))
	if n := w.visible(t); n != 30 {
		t.Errorf("%d of 30 letters are visible", n)
	}
}

func TestInterruptedBrowseGivesEverythingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bury(t, 50)
	ctx, cancel := context.WithCancel(t.Context())
	err := w.open().Letters.Browse(ctx, deadQueue, func(port.Incoming) bool { cancel(); return true })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if n := w.visible(t); n != 50 {
		t.Errorf("%d of 50 letters are visible", n)
	}
}

func TestBrowseThatFailsGivesBackWhatItHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bury(t, 50)
	visited := 0
	err := w.open().Letters.Browse(t.Context(), deadQueue, func(port.Incoming) bool {
		if visited++; visited == 1 {
			w.server.Fail("sqs", "ReceiveMessage", cloudtest.Unavailable(cloudtest.Always))
		}
		return true
	})
	if fault.KindOf(err) != fault.Unavailable || visited != 10 {
		t.Errorf("visited %d, %v", visited, err)
	}
	w.server.Heal("sqs", "ReceiveMessage")
	if n := w.visible(t); n != 50 {
		t.Errorf("%d of 50 letters are visible", n)
	}
}

// A batch answers success and names the entries that failed.
func TestGivingBackRepeatsEntriesThatFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bury(t, 10)
	w.server.Fail("sqs", "ChangeMessageVisibilityBatch", cloudtest.FailEntries(2, 0))
	must(t, w.open().Letters.Browse(t.Context(), deadQueue, func(port.Incoming) bool { return true }))
	if n := w.visible(t); n != 10 {
		t.Errorf("%d of 10 letters are visible", n)
	}
	w.advance(time.Minute)
	w.server.Fail("sqs", "ChangeMessageVisibilityBatch", cloudtest.FailEntries(cloudtest.Always, 0))
	if err := w.open().Letters.Browse(t.Context(), deadQueue, func(port.Incoming) bool { return true }); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a letter stays hidden: %v", err)
	}
}

func TestHoldIsWithinTheLimitsOfSQS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, hold := range []time.Duration{0, 13 * time.Hour} {
		if _, err := w.open().Letters.Open(t.Context(), deadQueue, hold); fault.KindOf(err) != fault.Rejected {
			t.Errorf("hold %s: %v", hold, err)
		}
	}
}

// Status of an installation whose stage lacks a flow, and of a prefix that does not exist.
func TestDepthsOfTheQueuesThatExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bury(t, 3)
	for i, age := range []time.Duration{time.Hour, 3 * time.Hour, 30 * time.Minute, 5 * time.Hour} {
		must(t, w.backend.Append(t.Context(), port.Entry{At: w.clock.Now().Add(-age), Trace: fmt.Sprint("t", i), Event: fmt.Sprint("e", i), Route: route, Stage: port.Dead, Outcome: "dead"}))
	}
	w.config.Routes = append(w.config.Routes, routes.Route{From: "shop", Flow: "unknown", To: "erp"})
	depths, err := w.open().Meter.Depths(t.Context())
	must(t, err)
	found := map[string]engine.Depth{}
	for _, d := range depths {
		found[d.Queue] = d
	}
	if d := found[route]; d.Dead != 3 || d.OldestDead != 3*time.Hour {
		t.Errorf("depth %+v, want three letters, the third newest three hours old", d)
	}
	if _, exists := found["shop-unknown-to-erp"]; exists || len(found) != len(depths) {
		t.Errorf("depths %+v", depths)
	}
	totals, err := w.open().Meter.Totals(t.Context())
	must(t, err)
	for _, total := range totals {
		if total.Route == route && (total.Dead != 4 || total.Letters != 3 || total.Since.IsZero()) {
			t.Errorf("total %+v", total)
		}
	}
	w.config.Resources.Prefix = "causeway-none"
	if _, err := w.open().Meter.Depths(t.Context()); fault.As(err) == nil || fault.As(err).Class != fault.Config {
		t.Errorf("a prefix without queues: %v", err)
	}
}
