package aws_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tick is the shortest period of the templates' alarms, and the step of time here.
const tick = 5 * time.Minute

// sample is the values of one metric within one tick.
type sample []float64

// series is the values of all metrics, tick by tick, by the metric's name.
type series []map[string]sample

// metricName is namespace, name and dimensions as one text.
func metricName(namespace, name string, dimensions map[string]string) string {
	text := namespace + " " + name
	for _, key := range slices.Sorted(maps.Keys(dimensions)) {
		text += " " + key + "=" + dimensions[key]
	}
	return text
}

// statistic returns the statistic of a metric over the ticks; not ok if nothing was measured.
func (s series) statistic(metric, name string) (value float64, ok bool) {
	var all sample
	for _, each := range s {
		all = append(all, each[metric]...)
	}
	if len(all) == 0 {
		return 0, false
	}
	switch sum := 0.0; name {
	case "Maximum":
		return slices.Max(all), true
	case "p99":
		slices.Sort(all)
		return all[(len(all)*99+99)/100-1], true
	default:
		for _, each := range all {
			sum += each
		}
		if name == "Average" {
			sum /= float64(len(all))
		}
		return sum, true
	}
}

// query is one metric of an alarm, or its expression.
type query struct {
	id, metric, stat string
	period           time.Duration
	expression       string
}

// alarm is one of the templates' alarms, with its state.
type alarm struct {
	name                string
	queries             []query
	periods, datapoints int
	least               int // samples without which the state stays
	threshold           float64
	rings               bool
}

// alarms returns the alarms of the templates by name without prefix, without those that only
// stop a deployment.
func (s *stack) alarms(prefix string) (all []*alarm, err error) {
	return all, s.each("AWS::CloudWatch::Alarm", func(_ string, p map[string]any) error {
		if p["AlarmActions"] == nil {
			return nil
		}
		read, err := readAlarm(p)
		read.name = strings.TrimPrefix(read.name, prefix+"-")
		all = append(all, read)
		return err
	})
}

func readAlarm(p map[string]any) (*alarm, error) {
	type dimension struct{ Name, Value string }
	type single struct {
		Namespace, MetricName, Statistic, ExtendedStatistic string
		Dimensions                                          []dimension
		Period                                              int
	}
	in, err := into[struct {
		single
		AlarmName, ComparisonOperator, TreatMissingData, EvaluateLowSampleCountPercentile string
		EvaluationPeriods, DatapointsToAlarm                                              int
		Threshold                                                                         float64
		Metrics                                                                           []struct {
			ID         string `json:"Id"`
			Expression string
			MetricStat struct {
				Metric single
				Stat   string
				Period int
			}
		}
	}](p)
	if err != nil || in.ComparisonOperator != "GreaterThanThreshold" || in.TreatMissingData != "notBreaching" {
		return &alarm{}, fmt.Errorf("no rule for the alarm %v: %w", p["AlarmName"], err)
	}
	a := &alarm{name: in.AlarmName, periods: in.EvaluationPeriods, datapoints: in.DatapointsToAlarm, threshold: in.Threshold}
	if a.datapoints == 0 {
		a.datapoints = a.periods
	}
	if in.EvaluateLowSampleCountPercentile == "ignore" {
		a.least = 1000 // 10 / (1 - 0.99): CloudWatch User Guide, "Percentile-based alarms and low data samples"
	}
	name := func(m single) string {
		dimensions := map[string]string{}
		for _, d := range m.Dimensions {
			dimensions[d.Name] = d.Value
		}
		return metricName(m.Namespace, m.MetricName, dimensions)
	}
	for _, m := range in.Metrics {
		a.queries = append(a.queries, query{m.ID, name(m.MetricStat.Metric), m.MetricStat.Stat, time.Duration(m.MetricStat.Period) * time.Second, m.Expression})
	}
	if in.MetricName != "" {
		a.queries = []query{{"value", name(in.single), in.Statistic + in.ExtendedStatistic, time.Duration(in.Period) * time.Second, ""}}
	}
	return a, nil
}

// evaluate sets the alarm's state at the end of the series and reports whether it rings from
// now on.
func (a *alarm) evaluate(s series) (begins bool, err error) {
	breaching, samples := 0, 0
	for period := range a.periods {
		value, n, err := a.value(s, period)
		if err != nil {
			return false, fmt.Errorf("alarm %s: %w", a.name, err)
		}
		samples += n
		if value > a.threshold {
			breaching++
		}
	}
	if samples < a.least {
		return false, nil
	}
	before := a.rings
	a.rings = breaching >= a.datapoints
	return a.rings && !before, nil
}

// value is the alarm's value of a period, the newest first; what is missing does not breach.
func (a *alarm) value(s series, period int) (value float64, samples int, err error) {
	values, expression := map[string]float64{}, ""
	for _, q := range a.queries {
		if q.expression != "" {
			expression = q.expression
			continue
		}
		length := int(q.period / tick)
		end := len(s) - period*length
		if end <= 0 {
			return 0, 0, nil
		}
		window := s[max(0, end-length):end]
		if got, ok := window.statistic(q.metric, q.stat); ok {
			values[q.id] = got
			for _, each := range window {
				samples += len(each[q.metric])
			}
		}
	}
	if expression == "" {
		return values["value"], samples, nil
	}
	tree, err := parser.ParseExpr(strings.ReplaceAll(expression, " AND ", " && "))
	if err != nil {
		return 0, samples, err
	}
	value, err = compute(tree, values)
	if errors.Is(err, errMissing) {
		return 0, samples, nil
	}
	return value, samples, err
}

var errMissing = errors.New("the metric has no value")

// compute evaluates the part of CloudWatch's metric math that the templates use.
func compute(tree ast.Expr, values map[string]float64) (float64, error) {
	switch e := tree.(type) {
	case *ast.BasicLit:
		return strconv.ParseFloat(e.Value, 64)
	case *ast.Ident:
		value, ok := values[e.Name]
		if !ok {
			return 0, errMissing
		}
		return value, nil
	case *ast.CallExpr:
		return callFunction(fmt.Sprint(e.Fun), e.Args, values)
	case *ast.BinaryExpr:
		left, err := compute(e.X, values)
		if err != nil {
			return 0, err
		}
		right, err := compute(e.Y, values)
		return operate(left, e.Op, right), err
	}
	return 0, fmt.Errorf("no rule for %T", tree)
}

// callFunction computes FILL(metric, value) and IF(condition, then, otherwise).
func callFunction(name string, arguments []ast.Expr, values map[string]float64) (float64, error) {
	first, err := compute(arguments[0], values)
	switch {
	case name == "FILL" && errors.Is(err, errMissing):
		return compute(arguments[1], values)
	case name == "FILL" || err != nil:
		return first, err
	case name == "IF" && first != 0:
		return compute(arguments[1], values)
	case name == "IF":
		return compute(arguments[2], values)
	}
	return 0, fmt.Errorf("no rule for the function %s", name)
}

func operate(left float64, op token.Token, right float64) float64 {
	truth := map[token.Token]bool{token.GTR: left > right, token.GEQ: left >= right, token.LSS: left < right, token.LAND: left != 0 && right != 0}
	if holds, compares := truth[op]; compares {
		if holds {
			return 1
		}
		return 0
	}
	return map[token.Token]float64{token.ADD: left + right, token.MUL: left * right, token.QUO: left / right}[op]
}

// watchTemplates are the templates with alarms.
func watchTemplates(folder, prefix string, at place) (*stack, error) {
	return readTemplates(folder, prefix, at, "connectors", "watch")
}

func TestAlarmsAreEvaluatedAsCloudWatchDoes(t *testing.T) {
	t.Parallel()
	parse := func(text string) *alarm {
		var p map[string]any
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		a, err := readAlarm(p)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	const common = `"AlarmName":"a","ComparisonOperator":"GreaterThanThreshold","TreatMissingData":"notBreaching",`
	const share = `{` + common + `"EvaluationPeriods":1,"Threshold":1,"Metrics":[{"Id":"value","Expression":"IF(part > 2, 100 * part / whole, 0)"},
		{"Id":"part","MetricStat":{"Metric":{"Namespace":"N","MetricName":"part"},"Stat":"Sum","Period":300}},{"Id":"whole","MetricStat":{"Metric":{"Namespace":"N","MetricName":"whole"},"Stat":"Sum","Period":300}}]}`
	const stalled = `{` + common + `"EvaluationPeriods":2,"Threshold":0,"Metrics":[{"Id":"value","Expression":"IF(FILL(visible, 0) >= 1 AND FILL(deleted, 0) < 1, 1, 0)"},
		{"Id":"visible","MetricStat":{"Metric":{"Namespace":"N","MetricName":"visible"},"Stat":"Average","Period":300}},{"Id":"deleted","MetricStat":{"Metric":{"Namespace":"N","MetricName":"deleted"},"Stat":"Sum","Period":300}}]}`
	const event = `{` + common + `"EvaluationPeriods":12,"DatapointsToAlarm":1,"Threshold":0,"Namespace":"N","MetricName":"part","Statistic":"Sum","Period":300}`
	const hourly = `{` + common + `"EvaluationPeriods":1,"Threshold":20,"Namespace":"N","MetricName":"part","Statistic":"Sum","Period":3600}`
	const slow = `{` + common + `"EvaluationPeriods":1,"Threshold":2,"Namespace":"N","MetricName":"part","ExtendedStatistic":"p99","EvaluateLowSampleCountPercentile":"ignore","Period":300}`
	for name, c := range map[string]struct {
		alarm string
		ticks series
		want  bool
	}{
		"a share from the third on":           {share, series{{"N part": {1, 1, 1}, "N whole": {100}}}, true},
		"a share of one":                      {share, series{{"N part": {1}, "N whole": {1}}}, false},
		"nothing measured":                    {share, series{{}}, false},
		"stalled in both periods":             {stalled, series{{"N visible": {1}}, {"N visible": {2}}}, true},
		"stalled, and then not":               {stalled, series{{"N visible": {1}}, {"N visible": {2}, "N deleted": {1}}}, false},
		"an event within the hour":            {event, append(series{{"N part": {1}}}, make(series, 11)...), true},
		"an event of more than an hour ago":   {event, append(series{{"N part": {1}}}, make(series, 12)...), false},
		"an hour's sum":                       {hourly, series{{"N part": {11}}, {}, {"N part": {10}}}, true},
		"an hour's sum at the threshold":      {hourly, series{{"N part": {10}}, {"N part": {10}}}, false},
		"too few samples for a percentile":    {slow, series{{"N part": {9, 9, 9}}}, false},
		"a percentile of a thousand and more": {slow, series{{"N part": slices.Repeat(sample{9}, 1000)}}, true},
	} {
		if got, err := parse(c.alarm).evaluate(c.ticks); got != c.want || err != nil {
			t.Errorf("%s: rings %v (%v), want %v", name, got, err, c.want)
		}
	}
}

// TestNoAlarmWaitsForMoreSamplesThanAShopHas: an alarm that ignores percentiles of few samples
// is silent below a thousand invocations in five minutes.
func TestNoAlarmWaitsForMoreSamplesThanAShopHas(t *testing.T) {
	t.Parallel()
	s, err := watchTemplates(snapshots, "causeway-prod", place{"111122223333", "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.alarms("causeway-prod")
	if err != nil || len(all) < 80 {
		t.Fatalf("%d alarms, %v", len(all), err)
	}
	for _, a := range all {
		if a.least > 0 {
			t.Errorf("%s is not evaluated below %d samples", a.name, a.least)
		}
	}
}
