package local_test

import (
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

func depth(t *testing.T, s *local.Store, queue string) local.Depth {
	t.Helper()
	depths, err := s.Depths(t.Context())
	must(t, err)
	for _, d := range depths {
		if d.Queue == queue {
			return d
		}
	}
	t.Fatalf("no depth of %s in %+v", queue, depths)
	return local.Depth{}
}

func tally(t *testing.T, s *local.Store, route string) local.RouteTally {
	t.Helper()
	tallies, err := s.Tally(t.Context())
	must(t, err)
	for _, each := range tallies {
		if each.Route == route {
			return each
		}
	}
	return local.RouteTally{}
}

func TestDepthsFollowEachMessage(t *testing.T) {
	t.Parallel()
	s, clock := openAt(t, noon)
	check := func(when string, want local.Depth) {
		t.Helper()
		want.Queue = inbox
		if got := depth(t, s, inbox); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	check("empty", local.Depth{})
	mustSend(t, s, inbox, "a", "b", "c")
	clock.Advance(time.Second)
	check("sent", local.Depth{Visible: 3, Oldest: time.Second})
	batch := mustReceive(t, s, inbox, 2, 0)
	check("two received", local.Depth{Visible: 1, InFlight: 2, Oldest: time.Second})
	must(t, s.Defer(t.Context(), batch[0], clock.Now().Add(time.Hour)))
	check("one deferred", local.Depth{Visible: 1, InFlight: 1, Deferred: 1, Oldest: time.Second})
	clock.Advance(time.Minute)
	check("timed out", local.Depth{Visible: 2, Deferred: 1, Oldest: 61 * time.Second})
	for range 2 {
		mustReceive(t, s, inbox, 2, 0)
		clock.Advance(time.Minute)
	}
	mustReceive(t, s, inbox, 1, 0)
	check("one dead, one received", local.Depth{InFlight: 1, Deferred: 1, Dead: 1, Oldest: 181 * time.Second, OldestDead: 181 * time.Second})
	clock.Advance(time.Hour)
	for _, in := range mustReceive(t, s, inbox, 10, 0) {
		must(t, s.Delete(t.Context(), in))
	}
	if got := depth(t, s, inbox); got.Visible+got.InFlight+got.Deferred != 0 || got.Dead != 2 {
		t.Errorf("at the end: %+v", got)
	}
	must(t, s.Delete(t.Context(), mustReceive(t, s, routes.Dead(inbox), 1, 0)[0]))
	if got := depth(t, s, inbox); got.Dead != 1 {
		t.Errorf("a dead letter deleted: %+v", got)
	}
}

func TestTallyFollowsTheLedger(t *testing.T) {
	t.Parallel()
	c := config(t, func() time.Time { return noon })
	s := mustOpen(t, c)
	route := "shop-orders-to-erp"
	must(t, s.Publish(t.Context(), []*message.Message{event("e1", "order.placed"), event("e2", "order.changed"), event("e3", "order.forgotten")}))
	for stage, times := range map[port.Stage]int{
		port.Confirmed: 1, port.Superseded: 2, port.Skipped: 3, port.Dead: 4, port.Parked: 5, port.Sent: 6, port.Deferred: 7,
	} {
		for i := range times {
			e := port.Entry{At: noon, Trace: fmt.Sprint("t", i), Route: route, Stage: stage}
			must(t, s.Append(t.Context(), e, e))
			must(t, s.Append(t.Context(), e))
		}
	}
	must(t, s.Defer(t.Context(), mustReceive(t, s, route, 1, 0)[0], noon.Add(time.Hour)))
	want := local.RouteTally{Route: route, In: 2, Confirmed: 1, Superseded: 2, Skipped: 3, Deferred: 1, Dead: 4, Parked: 5, Waiting: 2}
	for _, when := range []string{"now", "after a restart"} {
		if got := tally(t, s, route); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
		if got := tally(t, s, ""); got.Skipped != 1 {
			t.Errorf("%s, no route: %+v", when, got)
		}
		if got := tally(t, s, "shop-customers-to-erp"); got != (local.RouteTally{Route: "shop-customers-to-erp"}) {
			t.Errorf("%s, an idle route: %+v", when, got)
		}
		must(t, s.Close())
		s = mustOpen(t, c)
	}
}
