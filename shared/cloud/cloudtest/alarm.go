package cloudtest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// alarm is a metric alarm of CloudWatch. Nothing evaluates it: SetAlarmState sets its state.
type alarm struct {
	putAlarmInput
	state, reason string
	updated       time.Time
}

// alarmPage is how many alarms a list has at most, and by default 50.
const alarmPage = 100

type putAlarmInput struct {
	AlarmName, AlarmDescription, Namespace, MetricName, Statistic, ComparisonOperator, TreatMissingData string

	Dimensions              []metricDimension
	Metrics                 []metricQuery
	Period                  int
	EvaluationPeriods       int
	DatapointsToAlarm       int
	Threshold               float64
	ActionsEnabled          *bool
	AlarmActions, OKActions []string
}

func (s *Server) putAlarm(c call, in *putAlarmInput) (any, error) {
	switch {
	case in.AlarmName == "" || len(in.AlarmName) > 255:
		return nil, refuse(http.StatusBadRequest, "ValidationError", "1 validation error detected: Value at 'alarmName' failed to satisfy constraint: Member must have length between 1 and 255")
	case in.EvaluationPeriods < 1 || in.ComparisonOperator == "":
		return nil, refuse(http.StatusBadRequest, "ValidationError", "EvaluationPeriods and ComparisonOperator are required")
	case (in.MetricName == "") == (len(in.Metrics) == 0):
		return nil, refuse(http.StatusBadRequest, "ValidationError", "One of MetricName and Metrics is required")
	case len(in.AlarmActions) > 5:
		return nil, refuse(http.StatusBadRequest, "ValidationError", "Member must have length less than or equal to 5")
	}
	s.alarms[in.AlarmName] = &alarm{putAlarmInput: *in, state: "INSUFFICIENT_DATA", updated: c.now}
	return nil, nil
}

type setAlarmStateInput struct{ AlarmName, StateValue, StateReason, StateReasonData string }

func (s *Server) setAlarmState(c call, in *setAlarmStateInput) (any, error) {
	a := s.alarms[in.AlarmName]
	switch {
	case a == nil:
		return nil, refuse(http.StatusNotFound, "ResourceNotFound", "There is no alarm %s", in.AlarmName)
	case !slices.Contains([]string{"OK", "ALARM", "INSUFFICIENT_DATA"}, in.StateValue):
		return nil, refuse(http.StatusBadRequest, "ValidationError", "Value '%s' at 'stateValue' failed to satisfy constraint", in.StateValue)
	}
	a.state, a.reason, a.updated = in.StateValue, in.StateReason, c.now
	return nil, nil
}

type describeAlarmsInput struct {
	AlarmNames                             []string
	AlarmNamePrefix, StateValue, NextToken string
	AlarmTypes                             []string
	MaxRecords                             int
}

// describeAlarms pages in the order of names: the token is the last name of the page before.
func (s *Server) describeAlarms(_ call, in *describeAlarmsInput) (any, error) {
	switch {
	case in.MaxRecords < 0 || in.MaxRecords > alarmPage:
		return nil, refuse(http.StatusBadRequest, "ValidationError", "Value '%d' at 'maxRecords' failed to satisfy constraint: Member must have value less than or equal to 100", in.MaxRecords)
	case in.AlarmNamePrefix != "" && len(in.AlarmNames) > 0:
		return nil, refuse(http.StatusBadRequest, "ValidationError", "AlarmNamePrefix and AlarmNames must not be given together")
	}
	most := in.MaxRecords
	if most == 0 {
		most = alarmPage / 2
	}
	found, answer := []any{}, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.alarms)) {
		a := s.alarms[name]
		if name <= in.NextToken || !strings.HasPrefix(name, in.AlarmNamePrefix) || len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, name) ||
			in.StateValue != "" && a.state != in.StateValue {
			continue
		}
		if len(found) == most {
			last, _ := found[most-1].(map[string]any)["AlarmName"].(string)
			answer["NextToken"] = last
			break
		}
		found = append(found, a.show())
	}
	answer["MetricAlarms"] = found
	return answer, nil
}

func (a *alarm) show() map[string]any {
	actions := []any{}
	for _, action := range a.AlarmActions {
		actions = append(actions, action)
	}
	return map[string]any{
		"AlarmName": a.AlarmName, "AlarmDescription": a.AlarmDescription, "ActionsEnabled": a.ActionsEnabled == nil || *a.ActionsEnabled,
		"AlarmActions": actions, "StateValue": a.state, "StateReason": a.reason, "StateUpdatedTimestamp": a.updated, "Threshold": a.Threshold,
	}
}
