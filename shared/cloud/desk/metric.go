package desk

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/routes"
)

// mostQueries is how many metrics one call returns (CloudWatch API reference, GetMetricData).
const mostQueries = 500

// The time of the figures: counts over as long as a dead letter lives, ages of the last hour.
const (
	day      = 24 * time.Hour
	recently = time.Hour
	minutes  = 5 * time.Minute
)

// metric identifies a metric of CloudWatch. It is comparable.
type metric struct {
	namespace, name, stat        string
	dimension, value             string
	secondDimension, secondValue string
}

// ofRoute returns what the functions count of a queue, in the embedded metric format.
func (d *desk) ofRoute(function, queue, name, stat string) metric {
	return metric{"Causeway", name, stat, "Function", d.config.Resources.Prefix + "-" + function, "Route", queue}
}

// ends are the metrics of a route's good ends, and where each is counted.
var ends = map[string]func(t *engine.Total) *int64{
	"Confirmed":  func(t *engine.Total) *int64 { return &t.Confirmed },
	"Superseded": func(t *engine.Total) *int64 { return &t.Superseded },
	"Skipped":    func(t *engine.Total) *int64 { return &t.Skipped },
}

// addCounts sets what CloudWatch counted since the time: what the bus put into each route's
// queue, and the good ends.
func (d *desk) addCounts(ctx context.Context, totals []engine.Total, since time.Time) error {
	into := map[metric]*int64{}
	for i := range totals {
		route := d.config.Routes[slices.IndexFunc(d.config.Routes, func(r routes.Route) bool { return r.Name() == totals[i].Route })]
		rule := d.config.Resources.Prefix + "-" + route.Name()
		into[metric{"AWS/Events", "Invocations", "Sum", "EventBusName", d.config.Resources.Bus, "RuleName", rule}] = &totals[i].In
		for name, field := range ends {
			into[d.ofRoute(route.To+"-deliver", route.Queue(), name, "Sum")] = field(&totals[i])
		}
	}
	values, err := d.measure(ctx, slices.Collect(maps.Keys(into)), since, day)
	for m, of := range values {
		for _, v := range of {
			*into[m] += int64(v)
		}
	}
	return err
}

// addOldest sets the age of the oldest message of each queue that has any: the newest of what
// the function reported when it began a message, and of what SQS reports, which leaves out
// messages that were received three times.
func (d *desk) addOldest(ctx context.Context, depths []engine.Depth) error {
	byMetric := map[metric]int{}
	for i, depth := range depths {
		if depth.Waiting() > 0 {
			byMetric[d.ofRoute(d.functionOf(depth.Queue), depth.Queue, "Age", "Maximum")] = i
			byMetric[metric{"AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", "QueueName", d.config.Resources.Prefix + "-" + depth.Queue, "", ""}] = i
		}
	}
	values, err := d.measure(ctx, slices.Collect(maps.Keys(byMetric)), d.config.Resources.Now().Add(-recently), minutes)
	for m, of := range values {
		if len(of) > 0 {
			depth := &depths[byMetric[m]]
			depth.Oldest = max(depth.Oldest, time.Duration(of[0]*float64(time.Second)))
		}
	}
	return err
}

// functionOf returns the function that takes from a queue.
func (d *desk) functionOf(queue string) string {
	for _, route := range d.config.Routes {
		if route.Queue() == queue {
			return route.To + "-deliver"
		}
	}
	for _, system := range routes.Sources(d.config.Routes) {
		if queue == routes.Inbox(system) || queue == routes.InboxBackfill(system) {
			return system + "-translate"
		}
	}
	return ""
}

// measure returns the values of each metric since then, one for each period that has any, the
// newest first. Credentials that may not read metrics get none.
func (d *desk) measure(ctx context.Context, metrics []metric, since time.Time, period time.Duration) (map[metric][]float64, error) {
	found := map[metric][]float64{}
	for some := range slices.Chunk(metrics, mostQueries) {
		in := &cloudwatch.GetMetricDataInput{
			StartTime: aws.Time(since), EndTime: aws.Time(d.config.Resources.Now().Add(time.Second)), ScanBy: types.ScanByTimestampDescending,
			MetricDataQueries: queries(some, period),
		}
		pages := cloudwatch.NewGetMetricDataPaginator(d.metrics, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err := cloud.Failure("reading the metrics", "metrics", err); err != nil {
				if fault.KindOf(err) == fault.Unauthorized {
					return found, nil
				}
				return found, err
			}
			for _, result := range page.MetricDataResults {
				if at, err := strconv.Atoi(aws.ToString(result.Id)[1:]); err == nil && at < len(some) {
					found[some[at]] = append(found[some[at]], result.Values...)
				}
			}
		}
	}
	return found, nil
}

func queries(metrics []metric, period time.Duration) []types.MetricDataQuery {
	all := make([]types.MetricDataQuery, len(metrics))
	for i, m := range metrics {
		dimensions := []types.Dimension{{Name: &m.dimension, Value: &m.value}}
		if m.secondDimension != "" {
			dimensions = append(dimensions, types.Dimension{Name: &m.secondDimension, Value: &m.secondValue})
		}
		all[i] = types.MetricDataQuery{Id: aws.String("m" + strconv.Itoa(i)), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: &m.namespace, MetricName: &m.name, Dimensions: dimensions}, Period: aws.Int32(int32(period.Seconds())), Stat: &m.stat,
		}}
	}
	return all
}
