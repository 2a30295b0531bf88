package pipeline

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	"causeway.example/shared/port"
)

// requeueBeforeExpiry re-sends a message that would stay in its queue for longer, or be
// received more often, than the queue allows, and has the original deleted. SQS counts a
// message's age from when it was sent, and drops it at the end; each look at what waits is
// a receive. Budgets and deadlines are kept in the record and not on the message, so that
// an outage of a week ends nothing, and neither does a port that is out of reach (failed).
//
// Sent first and deleted then: a crash in between leaves two copies of one event, which
// are recognized as every duplicate is.
func (p *Pipeline) requeueBeforeExpiry(ctx context.Context, in port.Incoming, decision port.Decision, failed error) (port.Decision, error) {
	held, now := p.Retry.Holding, p.Now()
	until := decision.Until
	switch latest := now.Add(held.Deferral); {
	case failed != nil:
		until = now
	case until.After(latest): // a message that waits for longer is received in between
		until, decision = latest, port.Decision{Until: latest}
	}
	if in.SentAt.IsZero() || until.Sub(in.SentAt) <= held.Age && in.ReceiveCount < held.Receives {
		return decision, failed
	}
	again := port.Outgoing{Body: in.Body, Attributes: maps.Clone(in.Attributes)}
	if again.Attributes == nil {
		again.Attributes = map[string]string{}
	}
	again.Attributes[port.AttrFirstSeen] = cmp.Or(in.Attributes[port.AttrFirstSeen], in.SentAt.UTC().Format(time.RFC3339))
	if err := p.Queue.Send(ctx, in.Queue, []port.Outgoing{again}); err != nil {
		return decision, errors.Join(failed, port.Unavailable("re-sending message "+in.MessageID+" of queue "+in.Queue, err))
	}
	p.Log.WarnContext(ctx, "re-sent a message before its queue drops it",
		"queue", in.Queue, "message", in.MessageID, "sent", in.SentAt, "receives", in.ReceiveCount, "error", failed)
	return port.Decision{Done: true}, nil
}

// Requeue re-sends a message that its handler was not given, if its queue would drop it
// before long, because of cause; otherwise it returns cause and the message stays.
func (p *Pipeline) Requeue(ctx context.Context, in port.Incoming, cause error) (port.Decision, error) {
	return p.requeueBeforeExpiry(ctx, in, port.Decision{}, cause)
}
