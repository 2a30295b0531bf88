package function

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"

	"causeway.example/shared/fault"
	"causeway.example/shared/reconcile"
)

// Metrics of a poll.
const (
	metricGaps    = "Gaps"    // changes that no delivery had told
	metricUnread  = "Unread"  // changes that could not be read
	metricBehind  = "Behind"  // feeds of which the run did not reach the end
	metricStopped = "Stopped" // webhook subscriptions that had ended, set up again or not
)

// poll makes one round over the system's feeds when a schedule says so. A feed that
// fails fails the invocation, so that the function's Errors alarm tells of it; the next
// round goes on where each feed was.
func (f *function) poll(ctx context.Context, payload []byte) (any, error) {
	var event events.EventBridgeEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, unreadableEvent(err)
	}
	if event.Source != "aws.events" || event.DetailType != "Scheduled Event" {
		return nil, fault.New(fault.Invalid, fault.Schema, "reading an event", "it is not that of a schedule")
	}
	stage, err := reconcile.New(reconcile.Config{
		Runtime: f.pipeline.Runtime, System: f.system, Routes: f.table, Retry: f.pipeline.Retry, Report: invocationOf(ctx).polled(f.queue),
	})
	if err != nil {
		return nil, err
	}
	return nil, f.step(ctx, "poll", "timer", stage.Run)
}

// polled counts what a poll reports of each feed.
func (i *invocation) polled(queue string) func(reconcile.Report) {
	return func(r reconcile.Report) {
		i.tally.add(queue, metricGaps, r.Gaps)
		i.tally.add(queue, metricUnread, r.Failed)
		if r.Behind {
			i.tally.add(queue, metricBehind, 1)
		}
	}
}
