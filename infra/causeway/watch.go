package causeway

import (
	"github.com/aws/constructs-go/constructs/v10"

	"causeway.example/infra/causeway/watch"
)

// WatchProps configures a Watch.
type WatchProps struct {
	Plan *Plan
}

// Watch is the alarms, their topic and the dashboard.
type Watch = watch.Watch

// NewWatch creates a Watch.
func NewWatch(scope constructs.Construct, id string, props *WatchProps) *Watch {
	p := props.Plan
	return watch.New(scope, id, &watch.Props{Plan: p.Plan, Topic: p.props.AlarmTopic, TopicARN: p.topicARN(), Key: p.props.Key})
}
