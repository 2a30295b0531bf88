package cloudtest

import (
	"cmp"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// metric is the values of one metric of CloudWatch.
type metric struct{ points []point }

type point struct {
	at    time.Time
	value float64
}

// The limits of GetMetricData (CloudWatch API reference).
const (
	mostQueries    = 500
	mostDatapoints = 100_800
)

func (s *Server) addMetricOperations() {
	s.operations["monitoring.PutMetricAlarm"] = op(s, s.putAlarm)
	s.operations["monitoring.DescribeAlarms"] = op(s, s.describeAlarms)
	s.operations["monitoring.SetAlarmState"] = op(s, s.setAlarmState)
	s.operations["monitoring.GetMetricData"] = op(s, s.getMetricData)
}

// Observe adds a value to a metric, as a service of AWS or a line in the embedded metric format
// does. The dimensions are all that the metric has.
func (s *Server) Observe(namespace, name string, dimensions map[string]string, value float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := metricKey(namespace, name, dimensions)
	if s.metrics[key] == nil {
		s.metrics[key] = &metric{}
	}
	s.metrics[key].points = append(s.metrics[key].points, point{s.now(), value})
}

func metricKey(namespace, name string, dimensions map[string]string) string {
	parts := []string{namespace, name}
	for _, key := range slices.Sorted(maps.Keys(dimensions)) {
		parts = append(parts, key, dimensions[key])
	}
	return strings.Join(parts, "\x00")
}

func badMetric(format string, values ...any) *refusal {
	return refuse(http.StatusBadRequest, "InvalidParameterValue", format, values...)
}

type metricDimension struct{ Name, Value string }

type metricQuery struct {
	ID         string `json:"Id"`
	Label      string
	Expression string
	Period     int
	ReturnData *bool
	MetricStat *struct {
		Metric struct {
			Namespace, MetricName string
			Dimensions            []metricDimension
		}
		Period     int
		Stat, Unit string
	}
}

type getMetricDataInput struct {
	MetricDataQueries  []metricQuery
	StartTime, EndTime float64
	NextToken          string
	ScanBy             string
	MaxDatapoints      int
}

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// statistics are those that this stand-in computes.
var statistics = map[string]func(values []float64) float64{
	"Sum": func(values []float64) (sum float64) {
		for _, v := range values {
			sum += v
		}
		return sum
	},
	"Maximum": slices.Max[[]float64], "Minimum": slices.Min[[]float64],
	"SampleCount": func(values []float64) float64 { return float64(len(values)) },
}

func (in *getMetricDataInput) check(now time.Time) error {
	switch {
	case len(in.MetricDataQueries) == 0 || len(in.MetricDataQueries) > mostQueries:
		return badMetric("The collection MetricDataQueries must not have a size greater than %d", mostQueries)
	case in.StartTime >= in.EndTime:
		return badMetric("The parameter StartTime must be less than the parameter EndTime.")
	case in.MaxDatapoints > mostDatapoints:
		return badMetric("The parameter MaxDatapoints must not be greater than %d", mostDatapoints)
	}
	seen := map[string]bool{}
	for _, q := range in.MetricDataQueries {
		if !queryID.MatchString(q.ID) || seen[q.ID] {
			return refuse(http.StatusBadRequest, "ValidationError", "The value %s for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$, or is not unique.", q.ID)
		}
		seen[q.ID] = true
		if err := q.check(now, timeOf(in.StartTime)); err != nil {
			return err
		}
	}
	return nil
}

// check holds a query to the age of its data: CloudWatch keeps a minute's values for 15 days, and
// those of five minutes for 63 (CloudWatch user guide, "Metrics retention").
func (q *metricQuery) check(now, start time.Time) error {
	if q.MetricStat == nil || q.Expression != "" {
		return badMetric("this stand-in computes no expressions: %s", q.Expression)
	}
	least := 60
	switch age := now.Sub(start); {
	case age > 63*24*time.Hour:
		least = 3600
	case age > 15*24*time.Hour:
		least = 300
	}
	if period := q.MetricStat.Period; period <= 0 || period%least != 0 {
		return badMetric("Invalid period %d for the metric query %s", period, q.ID)
	}
	if statistics[q.MetricStat.Stat] == nil {
		return badMetric("this stand-in has no statistic %q", q.MetricStat.Stat)
	}
	return nil
}

// getMetricData answers in one page unless there are more values than MaxDatapoints: then each
// page has the results of some queries.
func (s *Server) getMetricData(c call, in *getMetricDataInput) (any, error) {
	if err := in.check(c.now); err != nil {
		return nil, err
	}
	first := 0
	if in.NextToken != "" {
		var err error
		if first, err = strconv.Atoi(in.NextToken); err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidNextToken", "The token is invalid.")
		}
	}
	results, n, answer := []any{}, 0, map[string]any{}
	for i, q := range in.MetricDataQueries[first:] {
		times, values := s.aggregate(q, timeOf(in.StartTime), timeOf(in.EndTime), in.ScanBy == "TimestampAscending")
		if n += len(times); n > cmp.Or(in.MaxDatapoints, mostDatapoints) && i > 0 {
			answer["NextToken"] = strconv.Itoa(first + i)
			break
		}
		results = append(results, map[string]any{
			"Id": q.ID, "Label": cmp.Or(q.Label, q.MetricStat.Metric.MetricName), "Timestamps": times, "Values": values, "StatusCode": "Complete",
		})
	}
	answer["MetricDataResults"] = results
	return answer, nil
}

// aggregate returns one value for each period that has any, the newest first unless ascending.
func (s *Server) aggregate(q metricQuery, from, to time.Time, ascending bool) (times, values []any) {
	dimensions := map[string]string{}
	for _, d := range q.MetricStat.Metric.Dimensions {
		dimensions[d.Name] = d.Value
	}
	times, values = []any{}, []any{}
	found := s.metrics[metricKey(q.MetricStat.Metric.Namespace, q.MetricStat.Metric.MetricName, dimensions)]
	if found == nil {
		return times, values
	}
	period := time.Duration(q.MetricStat.Period) * time.Second
	from = from.Truncate(min(period, time.Hour))
	byPeriod := map[int64][]float64{}
	for _, p := range found.points {
		if !p.at.Before(from) && p.at.Before(to) {
			at := int64(math.Floor(float64(p.at.Sub(from)) / float64(period)))
			byPeriod[at] = append(byPeriod[at], p.value)
		}
	}
	keys := slices.Sorted(maps.Keys(byPeriod))
	if !ascending {
		slices.Reverse(keys)
	}
	for _, at := range keys {
		times = append(times, from.Add(time.Duration(at)*period))
		values = append(values, statistics[q.MetricStat.Stat](byPeriod[at]))
	}
	return times, values
}
