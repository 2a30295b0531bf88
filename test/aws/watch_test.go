//go:build aws

package aws_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

type dimensions = map[string]string

// watch is a fake CloudWatch: it measures what AWS and the functions measure, and evaluates the
// templates' alarms. Its time passes only by pass, so that no test waits an hour.
type watch struct {
	world   *world
	alarms  []*alarm
	filters []logFilter

	mu          sync.Mutex
	past        series
	now         map[string]sample
	unreachable bool // a receiver of notifications cannot be reached

	begun map[string]int // tick since which a queue has messages, by name; only pass uses it
}

// logFilter counts lines of the access log as a metric.
type logFilter struct {
	metric    string
	statuses  []string
	dimension map[string]string // by name, the field of the line
}

func (w *world) openWatch() error {
	templates, err := watchTemplates(w.templates, w.prefix, w.at)
	if err != nil {
		return err
	}
	w.watch = &watch{world: w, now: map[string]sample{}, begun: map[string]int{}}
	if w.watch.alarms, err = templates.alarms(w.prefix); err != nil {
		return err
	}
	return templates.each("AWS::Logs::MetricFilter", func(_ string, p map[string]any) error {
		in, err := into[struct {
			FilterPattern         string
			MetricTransformations []struct {
				MetricNamespace, MetricName string
				Dimensions                  []struct{ Key, Value string }
			}
		}](p)
		for _, t := range in.MetricTransformations {
			filter := logFilter{metric: t.MetricNamespace + " " + t.MetricName, dimension: map[string]string{}}
			for _, status := range regexp.MustCompile(`\$\.status = "(\d+)"`).FindAllStringSubmatch(in.FilterPattern, -1) {
				filter.statuses = append(filter.statuses, status[1])
			}
			for _, d := range t.Dimensions {
				filter.dimension[d.Key] = strings.TrimPrefix(d.Value, "$.")
			}
			w.watch.filters = append(w.watch.filters, filter)
		}
		return err
	})
}

func (c *watch) measure(namespace, name string, of dimensions, value float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := metricName(namespace, name, of)
	c.now[key] = append(c.now[key], value)
}

// request measures one line of the access log, and what API Gateway measures itself.
func (c *watch) request(route string, status int) {
	line := map[string]string{"api": c.world.prefix, "route": route, "status": fmt.Sprint(status)}
	for _, filter := range c.filters {
		if slices.Contains(filter.statuses, line["status"]) {
			namespace, name, _ := strings.Cut(filter.metric, " ")
			of := dimensions{}
			for key, field := range filter.dimension {
				of[key] = line[field]
			}
			c.measure(namespace, name, of, 1)
		}
	}
	if status >= http.StatusInternalServerError {
		c.measure("AWS/ApiGateway", "5xx", dimensions{"ApiId": "Api"}, 1)
	}
}

// table passes a call on and measures what DynamoDB measures of it.
func (c *watch) table(w http.ResponseWriter, r *http.Request, operation string, to http.Handler) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_") {
		to.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	to.ServeHTTP(answer, r)
	of := dimensions{"TableName": c.world.prefix}
	switch {
	case answer.Code >= http.StatusInternalServerError:
		c.measure("AWS/DynamoDB", "SystemErrors", dimensions{"TableName": c.world.prefix, "Operation": operation}, 1)
	case strings.Contains(answer.Body.String(), "ProvisionedThroughputExceededException") && (operation == "GetItem" || operation == "Query"):
		c.measure("AWS/DynamoDB", "ReadThrottleEvents", of, 1)
	case strings.Contains(answer.Body.String(), "ProvisionedThroughputExceededException"):
		c.measure("AWS/DynamoDB", "WriteThrottleEvents", of, 1)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the process may be gone
}

// lines returns a writer that measures the metrics in a function's log, and writes the log.
func (c *watch) lines(log io.Writer) io.Writer { return &metricLines{watch: c, log: log} }

type metricLines struct {
	watch *watch
	log   io.Writer
	rest  []byte
}

// Write implements io.Writer.
func (l *metricLines) Write(data []byte) (int, error) {
	l.rest = append(l.rest, data...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return l.log.Write(data)
		}
		l.rest = rest
		if bytes.Contains(line, []byte(`"_aws"`)) {
			l.watch.embedded(line)
		}
	}
}

// embedded measures a line in CloudWatch's embedded metric format.
func (c *watch) embedded(line []byte) {
	var format struct {
		AWS struct {
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		} `json:"_aws"`
	}
	var values map[string]any
	if json.Unmarshal(line, &format) != nil || json.Unmarshal(line, &values) != nil {
		c.world.Errorf("a metric line cannot be read: %s", line)
		return
	}
	for _, directive := range format.AWS.CloudWatchMetrics {
		of := dimensions{}
		for _, name := range directive.Dimensions[0] {
			of[name] = fmt.Sprint(values[name])
		}
		for _, metric := range directive.Metrics {
			list, many := values[metric.Name].([]any)
			if !many {
				list = []any{values[metric.Name]}
			}
			for _, each := range list {
				if value, ok := each.(float64); ok {
					c.measure(directive.Namespace, metric.Name, of, value)
				}
			}
		}
	}
}

// counts returns how many messages each queue has, visible and hidden, by name.
func (c *watch) counts() (map[string][2]int, error) {
	all := map[string][2]int{}
	return all, c.world.stack.each("AWS::SQS::Queue", func(_ string, p map[string]any) error {
		name := fmt.Sprint(p["QueueName"])
		url := c.world.stack.queueURL(":" + name)
		out, err := c.world.clients.sqs.GetQueueAttributes(c.world.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqsAttribute{"All"}})
		if err != nil {
			return err
		}
		var n [2]int
		_, err = fmt.Sscan(out.Attributes["ApproximateNumberOfMessages"]+" "+out.Attributes["ApproximateNumberOfMessagesNotVisible"], &n[0], &n[1])
		all[name] = n
		return err
	})
}

// gauges measures what SQS measures of queues by itself, at the end of a tick. Dead letters
// are not received, so that their age is how long they have been there.
func (c *watch) gauges(queues map[string][2]int) {
	for name, n := range queues {
		of := dimensions{"QueueName": name}
		c.measure("AWS/SQS", "ApproximateNumberOfMessagesVisible", of, float64(n[0]))
		c.measure("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", of, float64(n[1]))
		since, had := c.begun[name]
		switch {
		case n == [2]int{}:
			delete(c.begun, name)
		case !had:
			c.begun[name] = len(c.past)
		case strings.HasSuffix(name, "-dead"):
			c.measure("AWS/SQS", "ApproximateAgeOfOldestMessage", of, (time.Duration(len(c.past)-since) * tick).Seconds())
		}
	}
}

// pass lets time pass and returns the alarms that begin to ring, by their order in time.
func (c *watch) pass(d time.Duration) (rung []string) {
	c.world.Helper()
	queues, err := c.counts()
	if err != nil {
		c.world.Fatal(err)
	}
	for range d / tick {
		c.gauges(queues)
		c.mu.Lock()
		c.past, c.now = append(c.past, c.now), map[string]sample{}
		past, unreachable := c.past, c.unreachable
		c.mu.Unlock()
		for _, a := range c.alarms {
			begins, err := a.evaluate(past)
			if err != nil {
				c.world.Fatal(err)
			}
			if !begins {
				continue
			}
			rung = append(rung, a.name)
			if unreachable {
				c.measure("AWS/SNS", "NumberOfNotificationsFailed", dimensions{"TopicName": c.world.prefix}, 1)
			}
		}
	}
	return rung
}

// await waits until each of the alarms has something new to read.
func (c *watch) await(names []string) {
	c.world.Helper()
	for _, name := range names {
		i := slices.IndexFunc(c.alarms, func(a *alarm) bool { return a.name == name })
		if i < 0 {
			c.world.Fatalf("there is no alarm %s", name)
		}
		c.world.eventually(func() bool { return c.hasNew(c.alarms[i]) }) // the caller reports an alarm that does not begin
	}
}

// awaitMetric waits until a function's line with the metric was read, in the present tick.
func (c *watch) awaitMetric(metric string) {
	c.world.Helper()
	counted := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.ContainsFunc(slices.Collect(maps.Keys(c.now)), func(key string) bool { return strings.Contains(key, metric) })
	}
	if !c.world.eventually(counted) {
		c.world.Fatalf("no function counted %s", metric)
	}
}

// hasNew reports whether the present tick would make the alarm ring, as far as metrics decide
// that are not measured at the end of a tick.
func (c *watch) hasNew(a *alarm) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	trial := *a
	begins, err := trial.evaluate(append(slices.Clip(c.past), c.now))
	if err != nil || begins {
		return true
	}
	return strings.HasSuffix(a.name, "-stalled") || strings.HasSuffix(a.name, "-old") || strings.HasSuffix(a.name, "-filled") ||
		a.datapoints > 1 || a.name == "topic-fails"
}
