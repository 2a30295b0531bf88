package function

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func attribute(value string) events.SQSMessageAttribute {
	return events.SQSMessageAttribute{StringValue: &value, DataType: "String"}
}

// embedded is the part of a line that CloudWatch reads (embedded metric format
// specification, "Embedded metric format document").
type embedded struct {
	AWS struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	} `json:"_aws"`
}

// metrics returns the line in embedded metric format for the value of a dimension.
func (b *bench) metrics(dimension, value string) map[string]any {
	b.Helper()
	for _, line := range b.out.lines(b.T) {
		if line["_aws"] != nil && line[dimension] == value {
			return line
		}
	}
	b.Fatalf("no metrics of %s %s in %s", dimension, value, b.out.String())
	return nil
}

// checkEmbedded holds a line against the rules of the format: every dimension is a
// text and every metric a number, or up to a hundred of them, at the line's root.
func checkEmbedded(t *testing.T, line map[string]any) {
	t.Helper()
	var e embedded
	if err := json.Unmarshal(mustJSON(t, line), &e); err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.RFC3339, line["timestamp"].(string)); err != nil || line["level"] != "FATAL" {
		t.Errorf("Lambda drops a line of level %v and timestamp %v (%v) at some log level", line["level"], line["timestamp"], err)
	}
	if len(e.AWS.CloudWatchMetrics) != 1 || e.AWS.CloudWatchMetrics[0].Namespace != "Causeway" || e.AWS.Timestamp < epoch.UnixMilli() {
		t.Errorf("the line says %+v", e)
	}
	for _, directive := range e.AWS.CloudWatchMetrics {
		for _, name := range slices.Concat(directive.Dimensions...) {
			if _, text := line[name].(string); !text {
				t.Errorf("dimension %s is %v", name, line[name])
			}
		}
		for _, metric := range directive.Metrics {
			list, many := line[metric.Name].([]any)
			if _, one := line[metric.Name].(float64); !one && (!many || len(list) > 100) {
				t.Errorf("metric %s is %v", metric.Name, line[metric.Name])
			}
			if !slices.Contains([]string{"Count", "Milliseconds", "Seconds"}, metric.Unit) {
				t.Errorf("metric %s is in %q", metric.Name, metric.Unit)
			}
		}
	}
}

func TestWhatHappensIsCountedPerRoute(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.world.deliver = func(d connector.Delivery) error {
		b.clock.Advance(20 * time.Millisecond)
		if d.Message.Key().ID == "3" {
			return fault.New(fault.Unavailable, "", "writing", "503")
		}
		return nil
	}
	f := b.start()
	b.translated("1", "2", "3")
	b.clock.Advance(90 * time.Second)
	b.run(f, b.poll(toyQueue))
	line := b.metrics("Route", toyQueue)
	checkEmbedded(t, line)
	if line["Function"] != "causeway-dev-till-deliver" || line["Confirmed"] != 2.0 || line["Sent"] != 2.0 || line["Deferred"] != 1.0 || line["Dead"] != nil {
		t.Errorf("counted %v", line)
	}
	handling, _ := line[metricHandling].([]any)
	age, _ := line[metricAge].([]any)
	if len(handling) != 3 || handling[0] != 20.0 || len(age) != 3 || age[0] != 90.0 {
		t.Errorf("measured %v and %v", handling, age)
	}
}

func TestADoorCountsWhatItStores(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	b.call(f, request("w1", "{}"))
	line := b.metrics("Route", "toy-inbox")
	checkEmbedded(t, line)
	if line["Received"] != 1.0 {
		t.Errorf("counted %v", line)
	}
}

func TestNothingIsCountedTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	b.call(f, request("w1", "{}"))
	b.call(f, request("w2", "{}"))
	if n := strings.Count(b.out.String(), `"Received":1`); n != 2 {
		t.Errorf("two invocations wrote %s", b.out.String())
	}
}

func TestAMetricHasAtMostAHundredValues(t *testing.T) {
	t.Parallel()
	var counted tally
	for range 150 {
		counted.time("route", metricHandling, 1)
	}
	out := &output{}
	if err := counted.write(out, "f", epoch); err != nil {
		t.Fatal(err)
	}
	checkEmbedded(t, out.lines(t)[0])
}
