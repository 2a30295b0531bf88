package desk_test

import (
	"slices"
	"testing"
	"time"

	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
)

// observe adds to a metric as the function of the route does.
func (w *world) observe(metric string, value float64) {
	route := porttest.Table()[0]
	w.server.Observe("Causeway", metric, map[string]string{"Function": prefix + "-" + route.To + "-deliver", "Route": route.Queue()}, value)
}

// total returns the total of the first route.
func (w *world) total(t *testing.T) engine.Total {
	t.Helper()
	totals, err := w.open().Meter.Totals(t.Context())
	must(t, err)
	return totals[slices.IndexFunc(totals, func(each engine.Total) bool { return each.Route == porttest.Table()[0].Name() })]
}

// Counts are those of CloudWatch over fourteen days, and nothing is missing by them.
func TestTotalsAreCountedByCloudWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rule := map[string]string{"EventBusName": prefix, "RuleName": prefix + "-" + porttest.Table()[0].Name()}
	w.observe("Confirmed", 1000) // too long ago
	w.advance(15 * 24 * time.Hour)
	for range 3 {
		w.server.Observe("AWS/Events", "Invocations", rule, 7)
		w.observe("Confirmed", 4)
		w.observe("Superseded", 1)
		w.observe("Skipped", 1)
		w.advance(30 * time.Hour)
	}
	if got := w.total(t); got.In != 21 || got.Confirmed != 12 || got.Superseded != 3 || got.Skipped != 3 || got.Missing() != 0 {
		t.Errorf("totals %+v", got)
	}
	w.server.Fail("monitoring", "GetMetricData", cloudtest.Denied(1))
	if got := w.total(t); got.In != 0 {
		t.Errorf("with credentials that may not read metrics: %+v", got)
	}
	w.server.Fail("monitoring", "GetMetricData", cloudtest.Unavailable(1))
	if _, err := w.open().Meter.Totals(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("CloudWatch is down: %v", err)
	}
}

// The oldest message is as old as its function saw it last, or SQS, if that is older. An empty
// queue has none.
func TestOldestIsTheAgeThatWasReportedLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue := porttest.Table()[0].Queue()
	oldest := func() time.Duration {
		depths, err := w.open().Meter.Depths(t.Context())
		must(t, err)
		return depths[slices.IndexFunc(depths, func(d engine.Depth) bool { return d.Queue == queue })].Oldest
	}
	w.observe("Age", 900)
	w.advance(10 * time.Minute)
	w.observe("Age", 120)
	w.advance(time.Second)
	if got := oldest(); got != 0 {
		t.Errorf("an empty queue has a message of %s", got)
	}
	must(t, w.backend.Send(t.Context(), queue, []port.Outgoing{{Body: []byte("a")}}))
	if got := oldest(); got != 2*time.Minute {
		t.Errorf("the oldest is %s", got)
	}
	w.server.Observe("AWS/SQS", "ApproximateAgeOfOldestMessage", map[string]string{"QueueName": prefix + "-" + queue}, 180)
	if got := oldest(); got != 3*time.Minute {
		t.Errorf("beside the queue's own age the oldest is %s", got)
	}
}
