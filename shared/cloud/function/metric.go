package function

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"causeway.example/shared/notice"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// namespace is where CloudWatch shows the metrics.
const namespace = "Causeway"

// The metrics that are not stages of the ledger.
const (
	metricRefused  = "Refused"  // requests that a door turned away, by code
	metricFailed   = "Failed"   // messages of which nothing could be decided
	metricHandling = "Handling" // time that one message or request took
	metricAge      = "Age"      // of a message, from when it was sent to when its handling began
)

// alarmMetrics are the metrics of Config.OnAlarm, by the pipeline's name. They belong to the
// function's system, not to a route: the alarms name Function and System.
var alarmMetrics = map[string]string{
	alarmVersion: "VersionEnds", pipeline.AlarmConfig: "ConfigMissing", pipeline.AlarmClock: "ClockAhead", pipeline.AlarmDeliveryID: "DeliveryConflict",
}

// ofConnection are the metrics of a target's connection, by the stage that tells of it:
// they belong to the target, not to the route of the message that met it.
var ofConnection = map[port.Stage]string{
	port.Degraded: "Degraded", port.AuthExpired: "AuthExpired", port.Restored: "Restored",
}

// most is how many values one metric may have in a line (CloudWatch embedded metric
// format specification, "Metric values").
const most = 100

// tally counts what happens during one invocation. It is safe for concurrent use.
type tally struct {
	mu     sync.Mutex
	groups map[group]*measured
}

// group is one set of dimensions.
type group struct{ dimension, value string }

type measured struct {
	counts map[string]int
	times  map[string][]float64
}

func (t *tally) of(g group) *measured {
	if t.groups == nil {
		t.groups = map[group]*measured{}
	}
	if t.groups[g] == nil {
		t.groups[g] = &measured{counts: map[string]int{}, times: map[string][]float64{}}
	}
	return t.groups[g]
}

// add adds to a route's metric.
func (t *tally) add(route, metric string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(group{"Route", route}).counts[metric] += n
}

// ofSystem adds to a metric of a system as a whole.
func (t *tally) ofSystem(system, metric string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(group{"System", system}).counts[metric] += n
}

// refuse counts a request that was turned away. What has no code of the sender's fault
// is ours: a port that could not be reached.
func (t *tally) refuse(code string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(group{"Code", cmp.Or(code, "unavailable")}).counts[metricRefused]++
}

// time adds one measured value, in the metric's unit, to a route's metric.
func (t *tally) time(route, metric string, value float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	times := t.of(group{"Route", route}).times
	if len(times[metric]) < most {
		times[metric] = append(times[metric], value)
	}
}

// units of what is measured; everything else is a count.
var units = map[string]string{metricHandling: "Milliseconds", metricAge: "Seconds"}

// write writes a line in CloudWatch's embedded metric format for each group that
// something happened in: no call, no agent, and the figures stand in the log besides.
func (t *tally) write(out io.Writer, function string, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range slices.SortedFunc(maps.Keys(t.groups), func(a, b group) int {
		return strings.Compare(a.dimension+a.value, b.dimension+b.value)
	}) {
		line, err := json.Marshal(t.groups[g].line(g, function, now))
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// metricLevel is the level of a line with metrics. Lambda drops lines below the function's
// log level before CloudWatch reads their metrics, and takes a line for INFO if it has no
// level or no valid timestamp (AWS Lambda Developer Guide, "Log-level filtering"). FATAL
// passes every log level, and no other line of ours has it, so that a search for ERROR finds
// errors only.
const metricLevel = "FATAL"

func (m *measured) line(g group, function string, now time.Time) map[string]any {
	type definition struct{ Name, Unit string }
	line := map[string]any{
		"level": metricLevel, "timestamp": now.UTC().Format(time.RFC3339Nano), "message": "metrics",
		"Function": function, g.dimension: g.value,
	}
	var metrics []definition
	for _, name := range slices.Sorted(maps.Keys(m.counts)) {
		line[name] = m.counts[name]
		metrics = append(metrics, definition{name, "Count"})
	}
	for _, name := range slices.Sorted(maps.Keys(m.times)) {
		line[name] = m.times[name]
		metrics = append(metrics, definition{name, units[name]})
	}
	line["_aws"] = map[string]any{
		"Timestamp": now.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": namespace, "Dimensions": [][]string{{"Function", g.dimension}}, "Metrics": metrics,
		}},
	}
	return line
}

// countedLedger counts every stage that is written, under the queue or route of the
// message in flight or under the target's connection, so that metrics and ledger agree. Entries
// that an operator has to know of are logged as well.
type countedLedger struct {
	port.Ledger
	notices *notice.Observer
}

// Append implements port.Ledger.
func (l countedLedger) Append(ctx context.Context, entries ...port.Entry) error {
	err := l.Ledger.Append(ctx, entries...)
	if err != nil {
		return err
	}
	l.notices.Record(ctx, entries...)
	now, queue := invocationOf(ctx), idsOf(ctx).queue
	for _, e := range entries {
		if metric := ofConnection[e.Stage]; metric != "" {
			now.tally.ofSystem(e.Entity.System, metric, 1)
			continue
		}
		stage := string(e.Stage)
		now.tally.add(queue, strings.ToUpper(stage[:1])+stage[1:], 1)
		if e.Stage == port.Reconciled && e.Type == port.TypeDegraded {
			now.tally.add(queue, metricStopped, 1)
		}
	}
	return nil
}
