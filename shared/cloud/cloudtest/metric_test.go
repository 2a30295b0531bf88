package cloudtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func query(id, name, stat string, period int32) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
		Period: &period, Stat: &stat, Metric: &types.Metric{
			Namespace: aws.String("Causeway"), MetricName: &name, Dimensions: []types.Dimension{{Name: aws.String("Route"), Value: aws.String("r")}},
		},
	}}
}

// GetMetricData as CloudWatch has it (API reference): one value for each period, the newest
// first, metrics told apart by all of their dimensions, and its limits.
func TestMetricData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	metrics := cloudwatch.NewFromConfig(w.config)
	start := w.clock()
	for i, value := range []float64{1, 2, 5} {
		w.server.Observe("Causeway", "Confirmed", map[string]string{"Route": "r"}, value)
		w.server.Observe("Causeway", "Confirmed", map[string]string{"Route": "other"}, 100)
		if i > 0 {
			w.pass(time.Minute)
		}
	}
	get := func(most int32, queries ...types.MetricDataQuery) (*cloudwatch.GetMetricDataOutput, error) {
		return metrics.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
			MetricDataQueries: queries, StartTime: &start, EndTime: aws.Time(w.clock().Add(time.Minute)), MaxDatapoints: &most,
		})
	}
	for stat, want := range map[string][]float64{"Sum": {5, 3}, "Maximum": {5, 2}, "Minimum": {5, 1}, "SampleCount": {1, 2}} {
		out, err := get(100, query("q", "Confirmed", stat, 60))
		if err != nil || fmt.Sprint(out.MetricDataResults[0].Values) != fmt.Sprint(want) || !out.MetricDataResults[0].Timestamps[1].Equal(start.Truncate(time.Minute)) {
			t.Errorf("%s: %+v, %v", stat, out, err)
		}
	}
	out, err := get(2, query("a", "Confirmed", "Sum", 60), query("b", "Confirmed", "Sum", 60), query("c", "Unheard", "Sum", 60))
	if err != nil || len(out.MetricDataResults) != 1 || out.NextToken == nil {
		t.Errorf("a page of two values: %+v, %v", out, err)
	}
	for name, bad := range map[string][]types.MetricDataQuery{
		"an id in capitals": {query("Q", "m", "Sum", 60)}, "the same id twice": {query("q", "m", "Sum", 60), query("q", "m", "Sum", 60)},
		"half a minute": {query("q", "m", "Sum", 45)}, "an unknown statistic": {query("q", "m", "Median", 60)},
		"an expression": {{Id: aws.String("q"), Expression: aws.String("m1 + m2")}}, "too many": make([]types.MetricDataQuery, 501), "none": {},
	} {
		if _, err := get(100, bad...); err == nil {
			t.Errorf("%s is answered", name)
		}
	}
	start = start.Add(-20 * 24 * time.Hour)
	_, err = get(100, query("q", "m", "Sum", 60))
	wantCode(t, err, "InvalidParameterValue")
}

// Alarms are listed in pages, by the beginning of their names, with the state that was set.
func TestAlarms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alarms := cloudwatch.NewFromConfig(w.config)
	put := func(name string, periods int32) error {
		_, err := alarms.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
			AlarmName: &name, Namespace: aws.String("n"), MetricName: aws.String("m"), EvaluationPeriods: &periods,
			ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold, AlarmActions: []string{"topic"},
		})
		return err
	}
	for i := range 3 {
		wantCode(t, put(fmt.Sprint("a-", i), 1), "")
	}
	wantCode(t, put("b", 1), "")
	wantCode(t, put("a-3", 0), "ValidationError")
	_, err := alarms.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("a-1"), StateValue: types.StateValueAlarm, StateReason: aws.String("r")})
	wantCode(t, err, "")
	_, err = alarms.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("none"), StateValue: types.StateValueAlarm, StateReason: aws.String("r")})
	wantCode(t, err, "ResourceNotFound")
	var names []string
	pages := cloudwatch.NewDescribeAlarmsPaginator(alarms, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String("a-"), MaxRecords: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil || len(page.MetricAlarms) > 2 {
			t.Fatalf("a page of %d alarms, %v", len(page.MetricAlarms), err)
		}
		for _, a := range page.MetricAlarms {
			names = append(names, *a.AlarmName+" "+string(a.StateValue))
		}
	}
	if fmt.Sprint(names) != "[a-0 INSUFFICIENT_DATA a-1 ALARM a-2 INSUFFICIENT_DATA]" {
		t.Errorf("listed %v", names)
	}
	_, err = alarms.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{MaxRecords: aws.Int32(101)})
	wantCode(t, err, "ValidationError")
}
