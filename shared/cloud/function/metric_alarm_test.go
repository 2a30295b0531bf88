package function

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// watched are the alarms of the production stage on what functions count, as infra's own
// tests hold them: "Degraded Function=… System=…".
func watched(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile("../../../infra/testdata/causeway-prod-watch.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Namespace, MetricName string
				Dimensions            []struct{ Name, Value string }
			}
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, r := range template.Resources {
		if p := r.Properties; p.Namespace == namespace {
			name := p.MetricName
			for _, d := range p.Dimensions {
				name += " " + d.Name + "=" + d.Value
			}
			all[name] = true
		}
	}
	return all
}

// counts returns what a function has counted, in the same words.
func (b *bench) counts() map[string]bool {
	b.Helper()
	all := map[string]bool{}
	for _, line := range b.out.lines(b.T) {
		var e embedded
		if err := json.Unmarshal(mustJSON(b.T, line), &e); err != nil {
			b.Fatal(err)
		}
		for _, directive := range e.AWS.CloudWatchMetrics {
			for _, metric := range directive.Metrics {
				name, n := metric.Name, line[metric.Name]
				for _, dimension := range directive.Dimensions[0] {
					name += " " + dimension + "=" + line[dimension].(string)
				}
				all[name] = all[name] || n != 0.0
			}
		}
	}
	return all
}

// delivering runs a function whose target answers six customers in this way.
func delivering(t *testing.T, answer *fault.Error) *bench {
	t.Helper()
	b := newBench(t, connector.Deliver)
	b.world.deliver = func(connector.Delivery) error { return answer }
	f := b.start()
	b.translated("1", "2", "3", "4", "5", "6")
	b.run(f, b.poll(toyQueue))
	return b
}

// translating runs a function on one delivery id with two contents, of which one comes from
// a clock that is a day ahead, and on a customer whose setting is missing.
func translating(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, connector.Translate)
	b.world.translate = func(raw *message.Raw) error {
		if raw.ID != "raw-1" {
			return nil
		}
		return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "translating", Field: "TOY_TAXES", Detail: "T7"}
	}
	f := b.start()
	b.fill("1", "2")
	b.run(f, b.poll("toy-inbox"))
	b.accept("raw-2", customer("2", 24*60))
	b.run(f, b.poll("toy-inbox"))
	return b
}

// TestA6H3AlarmsReadWhatFunctionsCount holds the alarms of infra and the functions to
// each other: names and dimensions are those of what is written when a circuit opens,
// credentials are rejected, a subscription has ended, a webhook got lost, a setting is
// missing, a clock is ahead, or a delivery id is used twice.
func TestA6H3AlarmsReadWhatFunctionsCount(t *testing.T) {
	t.Parallel()
	poll := newBench(t, connector.Poll)
	poll.clock.Advance(time.Hour)
	if _, err := poll.start().Invoke(poll.context(15*time.Minute), mustTrigger(t, "schedule")); err != nil {
		t.Fatal(err)
	}
	old := newBench(t, connector.Poll)
	old.world.version = connector.Version{Name: "2026-10", Ends: old.clock.Now().Add(connector.VersionWarning)}
	if _, err := old.start().Invoke(old.context(15*time.Minute), mustTrigger(t, "schedule")); err != nil {
		t.Fatal(err)
	}
	behind := newBench(t, connector.Poll)
	behind.world.poll = func() error { return &fault.Error{Kind: fault.Throttled, After: time.Hour} }
	if _, err := behind.start().Invoke(behind.context(15*time.Minute), mustTrigger(t, "schedule")); err != nil {
		t.Fatal(err)
	}
	down := delivering(t, fault.New(fault.Unavailable, "", "writing", "503"))
	locked := delivering(t, fault.New(fault.Unauthorized, fault.Auth, "writing", "401"))
	unset := delivering(t, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "writing", Field: "TILL_TAXES", Detail: "T7"})
	translated := translating(t)
	audited := newBench(t, connector.Audit) // the function of package nightly; test/aws runs it
	if err := WriteCounts(&audited.out, "causeway-dev-till-audit", "till", map[string]int{"Gaps": 1, "PrivacyDue": 1}, audited.clock.Now()); err != nil {
		t.Fatal(err)
	}
	toys := strings.NewReplacer("causeway-prod", "causeway-dev", "netsuite", "till", "shopify", "toy", "woocommerce", "toy")
	swapped := strings.NewReplacer("causeway-prod", "causeway-dev", "netsuite", "toy", "shopify", "till", "woocommerce", "till") // stock flows the other way
	rung := map[string]int{}
	for alarm := range watched(t) {
		metric, _, _ := strings.Cut(alarm, " ")
		counted := func(b *bench) bool { return b.counts()[toys.Replace(alarm)] || b.counts()[swapped.Replace(alarm)] }
		if !slices.ContainsFunc([]*bench{poll, old, behind, down, locked, unset, translated, audited}, counted) {
			t.Errorf("nothing is ever counted as %s", alarm)
		}
		rung[metric]++
	}
	want := map[string]int{
		"Degraded": 3, "AuthExpired": 3, "Gaps": 4, "PrivacyDue": 1, "VersionEnds": 1, "Unread": 3, "Behind": 3, "Stopped": 1, "ConfigMissing": 6, "ClockAhead": 3, "DeliveryConflict": 3,
	}
	if !maps.Equal(rung, want) {
		t.Errorf("the alarms read %v, want %v", rung, want)
	}
}

// The end of a vendor's version is counted and logged by the first invocation of a process from
// 120 days before, and once a day after that.
func TestTheEndOfAVersionIsCountedOnceADay(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Poll)
	ends := b.clock.Now().Add(connector.VersionWarning + 12*time.Hour)
	b.world.version = connector.Version{Name: "2026-10", Ends: ends, Remedy: "upgrade Causeway"}
	f, before := b.start(), 0
	for _, c := range []struct {
		after   time.Duration
		counted int
	}{{0, 0}, {13 * time.Hour, 1}, {time.Hour, 0}, {22 * time.Hour, 0}, {time.Hour, 1}, {200 * 24 * time.Hour, 1}} {
		b.clock.Advance(c.after)
		if _, err := f.Invoke(b.context(15*time.Minute), mustTrigger(t, "schedule")); err != nil {
			t.Fatal(err)
		}
		said, counted := 0, 0
		lines := b.out.lines(t)
		for _, line := range lines[before:] {
			if line["VersionEnds"] == 1.0 {
				counted++
			}
			if text, _ := line["message"].(string); strings.HasPrefix(text, "Toy speaks version 2026-10") && line["next"] == "upgrade Causeway" {
				said++
			}
		}
		before = len(lines)
		if said != c.counted || counted != c.counted {
			t.Errorf("%s before the end it is logged %d times and counted %d times, want %d", ends.Sub(b.clock.Now()), said, counted, c.counted)
		}
	}
}

func TestAConnectionIsCountedOnceForItsTarget(t *testing.T) {
	t.Parallel()
	b := delivering(t, fault.New(fault.Unavailable, "", "writing", "503"))
	line := b.metrics("System", "till")
	checkEmbedded(t, line)
	if line["Degraded"] != 1.0 || line["Restored"] != nil {
		t.Errorf("counted %v", line)
	}
	b.world.deliver, b.out = nil, output{}
	b.clock.Advance(time.Hour)
	b.run(b.start(), b.poll(toyQueue))
	if line := b.metrics("System", "till"); line["Restored"] != 1.0 || line["Degraded"] != nil {
		t.Errorf("counted %v", line)
	}
}
