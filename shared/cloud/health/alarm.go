package health

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/doctor"
	"causeway.example/shared/routes"
)

// mostAlarms is the largest page of a list of alarms.
const mostAlarms = 100

// checkAlarms checks that dead letters ring, that every alarm has somebody to call, and which of
// them ring now.
func (e *examiner) checkAlarms(ctx context.Context) (all []doctor.Finding) {
	alarms, err := e.listAlarms(ctx)
	if err != nil {
		return unread("alarms", "alarms", err)
	}
	found, err := e.found(ctx)
	if err != nil {
		return nil // checkQueues says why
	}
	for _, name := range e.names() {
		if _, exists := found[routes.Dead(name)]; !exists {
			continue
		}
		for _, ending := range []string{"-filled", "-old"} {
			wanted := e.physical(routes.Dead(name) + ending)
			if !slices.ContainsFunc(alarms, func(a types.MetricAlarm) bool { return aws.ToString(a.AlarmName) == wanted }) {
				all = append(all, doctor.Finding{
					Check: "alarms", Subject: wanted, Level: doctor.Problem, Text: "does not exist: nobody hears of dead letters in " + e.physical(routes.Dead(name)), Remedy: e.deploy("watch"),
				})
			}
		}
	}
	for _, a := range alarms {
		all = append(all, e.checkAlarm(a)...)
	}
	return orFine(all, "alarms", e.physical("*"), "alarms exist, have an action and are silent")
}

func (e *examiner) listAlarms(ctx context.Context) (all []types.MetricAlarm, err error) {
	pages := cloudwatch.NewDescribeAlarmsPaginator(e.alarms, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(e.physical("")), MaxRecords: aws.Int32(mostAlarms)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, cloud.Failure("reading the alarms", "alarms "+e.physical("*"), err)
		}
		all = append(all, page.MetricAlarms...)
	}
	return all, nil
}

func (e *examiner) checkAlarm(a types.MetricAlarm) (all []doctor.Finding) {
	name := aws.ToString(a.AlarmName)
	add := func(level doctor.Level, text, remedy string) {
		all = append(all, doctor.Finding{Check: "alarms", Subject: name, Level: level, Text: text, Remedy: remedy})
	}
	switch {
	case len(a.AlarmActions) == 0:
		add(doctor.Problem, "has no action: nobody hears it", "give it the topic "+e.Resources.Prefix+" as its action, or "+e.deploy("watch"))
	case !aws.ToBool(a.ActionsEnabled):
		add(doctor.Problem, "has its actions disabled: nobody hears it", "aws cloudwatch enable-alarm-actions --alarm-names "+name)
	}
	if a.StateValue == types.StateValueAlarm {
		text := "rings"
		if a.StateUpdatedTimestamp != nil {
			text += " since " + a.StateUpdatedTimestamp.UTC().Format("2006-01-02 15:04Z")
		}
		add(doctor.Notice, text, aws.ToString(a.AlarmDescription))
	}
	return all
}
