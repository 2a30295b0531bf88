package pipeline

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	"causeway/shared/port"
)

// Holding is how long and how often a queue hands a message out before it drops it, or
// buries it without a reason. SQS counts a message's age from when it was sent and keeps
// it for days; and each look at what waits is a receive.
type Holding struct {
	Deferral time.Duration // the longest that a message is deferred at once, as SQS has it
	Age      time.Duration // less than the queues' retention by as much
	Receives int           // less than after which the queue takes a message for poison
}

// outlived puts a message into its queue anew that would wait there beyond what the queue
// holds: sent first, and deleted then, so that a crash in between leaves two copies of one
// event, which are told apart where every message is. What ends waiting is budgets and
// deadlines, which stand in the record and not on the message; an outage of a week ends
// nothing, and neither does a State that is out of reach (failed), for which the message
// would come again with its visibility. What is sent anew is visible at once, and looked
// at once more than it need be.
func (c *Config) outlived(ctx context.Context, in Incoming, decision Decision, failed error) (Decision, error) {
	held, now := c.Policy.Holding, c.Now()
	switch latest := now.Add(held.Deferral); {
	case failed != nil:
		decision.Until = now
	case decision.Ended():
		return decision, nil
	case decision.Until.After(latest):
		decision.Until = latest // whoever waits longer looks again in between
	}
	if in.SentAt.IsZero() || decision.Until.Sub(in.SentAt) <= held.Age && in.ReceiveCount < held.Receives {
		return decision, failed
	}
	again := Outgoing{Body: in.Body, Attributes: maps.Clone(in.Attributes)}
	if again.Attributes == nil {
		again.Attributes = map[string]string{}
	}
	again.Attributes[AttrFirstSeen] = cmp.Or(in.Attributes[AttrFirstSeen], in.SentAt.UTC().Format(time.RFC3339))
	if err := c.Queue.Send(ctx, in.Queue, []Outgoing{again}); err != nil {
		return decision, errors.Join(failed, port.Unavailable("sending message "+in.MessageID+" of queue "+in.Queue+" anew", err))
	}
	c.Log.WarnContext(ctx, "sent a message anew that its queue would have dropped",
		"queue", in.Queue, "message", in.MessageID, "sent", in.SentAt, "receives", in.ReceiveCount, "error", failed)
	return Ack, nil
}
