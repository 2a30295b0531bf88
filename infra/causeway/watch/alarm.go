package watch

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
)

// The namespaces of what functions and doors count in their logs.
const (
	functionsSpace = "Causeway"
	// DoorsSpace is that of the metric filters of the API's log.
	DoorsSpace = "Causeway/Door"
)

const period = 5 * time.Minute

type dimensions map[string]string

func dimension(name, value string) *awscloudwatch.CfnAlarm_DimensionProperty {
	return &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(name), Value: jsii.String(value)}
}

func (d dimensions) list() []any {
	list := make([]any, 0, len(d))
	for _, name := range slices.Sorted(maps.Keys(d)) {
		list = append(list, dimension(name, d[name]))
	}
	return list
}

// newAlarm creates an alarm that rings when a value is above the threshold. Missing data is not
// a problem by itself: SQS stops measuring a queue that rests.
//
// It is an L1: actions of the L2 are classes of a package that brings EC2 and Auto Scaling, and
// the topic is named by ARN.
func newAlarm(scope constructs.Construct, p *plan.Plan, topicARN *string, name, says string, measured *awscloudwatch.CfnAlarmProps, above int) awscloudwatch.CfnAlarm {
	props := *measured
	props.AlarmName, props.AlarmDescription = jsii.String(p.Name(name)), jsii.String(says)
	props.ComparisonOperator, props.Threshold = jsii.String("GreaterThanThreshold"), number(above)
	props.TreatMissingData = jsii.String("notBreaching")
	props.AlarmActions = &[]any{topicARN}
	if props.EvaluationPeriods == nil {
		props.EvaluationPeriods = number(1)
	}
	if props.DatapointsToAlarm == nil || *props.DatapointsToAlarm == *props.EvaluationPeriods {
		props.OkActions = &[]any{topicARN}
	}
	return awscloudwatch.NewCfnAlarm(scope, jsii.String(plan.Logical(name, "alarm")), &props)
}

// event measures something that is counted when it happens. The alarm rings once for all that
// happens within an hour, and does not report that it stopped: that is no news of its own.
func event(namespace, counted string, of dimensions) *awscloudwatch.CfnAlarmProps {
	measured := measure(namespace, counted, "Sum", of)
	measured.EvaluationPeriods, measured.DatapointsToAlarm = number(int(time.Hour/period)), number(1)
	return measured
}

// hourly measures what is counted within an hour.
func hourly(namespace, counted string, of dimensions) *awscloudwatch.CfnAlarmProps {
	measured := measure(namespace, counted, "Sum", of)
	measured.Period = number(int(time.Hour.Seconds()))
	return measured
}

// lasting measures what is counted now and then when all is well: three hours in a row.
func lasting(counted string, of dimensions) *awscloudwatch.CfnAlarmProps {
	measured := hourly(functionsSpace, counted, of)
	measured.EvaluationPeriods = number(3)
	return measured
}

func measure(namespace, name, statistic string, of dimensions) *awscloudwatch.CfnAlarmProps {
	return &awscloudwatch.CfnAlarmProps{
		Namespace: jsii.String(namespace), MetricName: jsii.String(name), Dimensions: of.list(), Period: number(int(period.Seconds())), Statistic: jsii.String(statistic),
	}
}

// slow measures the slowest hundredth, or the slowest if there are fewer than a hundred. The
// alarm rings if that repeats: in three periods of an hour. CloudWatch could ignore
// percentiles of few values, but means fewer than 1,000, which most shops never have.
func slow(namespace, name string, of dimensions) *awscloudwatch.CfnAlarmProps {
	measured := measure(namespace, name, "", of)
	measured.Statistic, measured.ExtendedStatistic = nil, jsii.String("p99")
	measured.EvaluationPeriods, measured.DatapointsToAlarm = number(int(time.Hour/period)), number(3)
	return measured
}

// term is one metric of an expression.
type term struct {
	id, namespace, name, statistic string
	of                             dimensions
}

// computed measures an expression over metrics.
func computed(label, expression string, every time.Duration, terms ...term) *awscloudwatch.CfnAlarmProps {
	metrics := []any{&awscloudwatch.CfnAlarm_MetricDataQueryProperty{
		Id: jsii.String("value"), Expression: jsii.String(expression), Label: jsii.String(label), ReturnData: jsii.Bool(true),
	}}
	for _, t := range terms {
		metrics = append(metrics, &awscloudwatch.CfnAlarm_MetricDataQueryProperty{Id: jsii.String(t.id), ReturnData: jsii.Bool(false), MetricStat: &awscloudwatch.CfnAlarm_MetricStatProperty{
			Metric: &awscloudwatch.CfnAlarm_MetricProperty{Namespace: jsii.String(t.namespace), MetricName: jsii.String(t.name), Dimensions: t.of.list()},
			Stat:   jsii.String(t.statistic), Period: number(int(every.Seconds())),
		}})
	}
	return &awscloudwatch.CfnAlarmProps{Metrics: metrics}
}

// share measures one sum as per cent of another, from the third on: one error in a quiet hour
// is a share of 100 %, and no news.
func share(namespace, part, whole string, of dimensions) *awscloudwatch.CfnAlarmProps {
	return computed(part+" of "+whole+", per cent, from the third on", "IF(part > 2, 100 * part / whole, 0)", period,
		term{"part", namespace, part, "Sum", of}, term{"whole", namespace, whole, "Sum", of})
}

// number converts to the one numeric type of CDK.
func number(n int) *float64 { return jsii.Number(float64(n)) }
