package function

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"causeway.example/shared/combine"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// margin is the longest time of an attempt beyond its call to the system: the wait for one
// of the target's permits, claim, ledger, and the end.
const margin = 20 * time.Second

// archiveTime is how long a batch may take to be archived. A bucket that hangs must leave
// time to requeue the batch.
const archiveTime = 20 * time.Second

// batch handles the messages of one SQS event. Lambda deletes the messages that are not
// reported as failed, so every message is reported that has not ended: one that waits,
// after its visibility was set to the time it waits for; one that was not begun because
// too little time was left, which is visible again in a moment; and one that a port
// failed, which is visible again after its visibility timeout. A message that cannot be
// archived is not handled.
func (f *function) batch(ctx context.Context, payload []byte) (any, error) {
	var event events.SQSEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, unreadableEvent(err)
	}
	if len(event.Records) == 0 {
		return nil, fault.New(fault.Invalid, fault.Schema, "reading an event", "it holds no messages of a queue")
	}
	messages := make([]port.Incoming, len(event.Records))
	for i, record := range event.Records {
		messages[i] = f.incoming(record)
	}
	ended := f.records(ctx, messages, f.archived(ctx, messages))
	f.rest(ctx)
	return report(messages, ended)
}

// archived returns an error for each message, nil for one that may be handled.
func (f *function) archived(ctx context.Context, messages []port.Incoming) []error {
	if f.archive == nil {
		return make([]error, len(messages))
	}
	ctx, cancel := context.WithTimeout(ctx, archiveTime)
	defer cancel()
	return f.archive(ctx, messages)
}

// rest releases the target's permits that this process does not use: Lambda may freeze it
// from the end of this batch until any time. An error fails no message: a permit expires
// by itself.
func (f *function) rest(ctx context.Context) {
	if err := f.pipeline.Rest(ctx); err != nil {
		f.pipeline.Log.WarnContext(ctx, "releasing permits", "error", err)
	}
}

// records handles the messages, as many at once as the installation allows, and reports
// for each whether it can be deleted. Messages of which the target takes many in one request are
// handled at once by as many as it takes, as one party.
func (f *function) records(ctx context.Context, messages []port.Incoming, archived []error) (ended []bool) {
	ended = make([]bool, len(messages))
	together := f.together[messages[0].Queue]
	hands := make(chan struct{}, max(f.Parallel, together))
	var work sync.WaitGroup
	var party *combine.Party
	for i, in := range messages {
		hands <- struct{}{}
		own, leave := ctx, func() {}
		if together > 1 {
			if i%together == 0 {
				party = combine.NewParty(min(together, len(messages)-i))
			}
			own, leave = party.Join(ctx)
		}
		work.Go(func() {
			defer func() { <-hands }()
			defer leave()
			ended[i] = f.record(own, in, archived[i])
		})
	}
	work.Wait()
	return ended
}

// report names the messages that stay. An identifier that Lambda does not know fails the
// whole batch, so that a message without one is an error here.
func report(messages []port.Incoming, ended []bool) (events.SQSEventResponse, error) {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for i, in := range messages {
		switch {
		case ended[i]:
		case in.MessageID == "":
			return response, fault.New(fault.Invalid, fault.Schema, "reporting a message that stays", "it has no identifier")
		default:
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: in.MessageID})
		}
	}
	return response, nil
}

// record handles one message and reports whether it can be deleted. A failure, also a
// panic, concerns this message only.
func (f *function) record(ctx context.Context, in port.Incoming, archived error) (ended bool) {
	ctx = withIDs(ctx, ids{in.Queue, in.MessageID, in.Attributes[port.AttrEvent], in.Attributes[port.AttrTrace]})
	now := invocationOf(ctx)
	begun := f.pipeline.Now()
	step := now.spans.begin("process "+in.Queue, spanConsumer, f.parent(in))
	decision, err := f.decide(ctx, in, archived)
	if err == nil && !decision.Done { // Lambda deletes the others
		err = decision.Apply(ctx, f.pipeline.Queue, in)
	}
	if err != nil {
		fine := fault.As(err)
		now.tally.add(in.Queue, metricFailed, 1)
		f.pipeline.Log.ErrorContext(ctx, "handling a message", "class", fine.ClassOrDefault(), "code", fine.Code, "error", err)
	}
	now.tally.time(in.Queue, metricHandling, milliseconds(f.pipeline.Now().Sub(begun)))
	if !in.SentAt.IsZero() {
		now.tally.time(in.Queue, metricAge, max(0, begun.Sub(in.SentAt).Seconds()))
	}
	now.spans.end(step, failureOf(err), map[string]string{
		"messaging.system": "aws_sqs", "messaging.destination.name": in.Queue, "messaging.message.id": in.MessageID,
		"messaging.message.conversation_id": in.Attributes[port.AttrTrace], "causeway.event_id": in.Attributes[port.AttrEvent],
		"faas.invocation_id": requestID(ctx),
	})
	return err == nil && decision.Done
}

// decide has the message handled if it is archived and there is time for it. A message
// that was not handled, for any reason, goes through requeue: it must not wait in its
// queue until the queue drops it.
func (f *function) decide(ctx context.Context, in port.Incoming, archived error) (port.Decision, error) {
	handler, known := f.lanes[in.Queue]
	deadline, limited := ctx.Deadline()
	switch {
	case !known:
		return f.unhandled(ctx, in, fault.New(fault.Rejected, fault.Config, "handling a message of "+in.Queue, "no route of this function has such a queue"))
	case archived != nil:
		return f.unhandled(ctx, in, archived)
	case limited && deadline.Sub(f.pipeline.Now()) < f.system.Profile.Timeout+margin:
		return f.late(ctx, in)
	}
	decision, panicked, err := f.handle(ctx, handler, in)
	if panicked {
		return f.unhandled(ctx, in, err)
	}
	return decision, err
}

// handle runs the handler, which requeues by itself unless it panics.
func (f *function) handle(ctx context.Context, handler port.Handler, in port.Incoming) (decision port.Decision, panicked bool, err error) {
	returned := false
	defer func() { panicked = !returned }()
	defer f.recover(ctx, &err)
	decision, err = handler.Handle(ctx, in)
	returned = true
	return decision, false, err
}

func (f *function) unhandled(ctx context.Context, in port.Incoming, cause error) (port.Decision, error) {
	return f.requeue(ctx, in, cause)
}

// late leaves a message to the next function in a moment, or, after many receives, to its
// visibility timeout.
func (f *function) late(ctx context.Context, in port.Incoming) (port.Decision, error) {
	const reason = "too little of the function's time is left"
	decision, err := f.unhandled(ctx, in, fault.New(fault.Unavailable, fault.Intermittent, "handling a message of "+in.Queue, reason))
	if err == nil || in.ReceiveCount >= f.pipeline.Retry.Holding.Receives {
		return decision, err
	}
	f.pipeline.Log.InfoContext(ctx, "putting a message back: "+reason)
	return port.Decision{Until: f.pipeline.Now().Add(margin)}, nil
}

// incoming returns the message as port.Queue would have returned it.
func (f *function) incoming(record events.SQSMessage) port.Incoming {
	in := port.Incoming{
		Queue: queueName(record.EventSourceARN, f.Prefix), Handle: record.ReceiptHandle, MessageID: record.MessageId,
		Body: []byte(record.Body), Attributes: make(map[string]string, len(record.MessageAttributes)),
		ReceiveCount: int(number(record.Attributes["ApproximateReceiveCount"])),
	}
	if sent := number(record.Attributes["SentTimestamp"]); sent > 0 {
		in.SentAt = time.UnixMilli(sent).UTC()
	}
	for name, attribute := range record.MessageAttributes {
		if attribute.StringValue != nil {
			in.Attributes[name] = *attribute.StringValue
		}
	}
	return in
}

// number reads a number that SQS gives as text; 0 if it is not one.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// queueName returns the pipeline's name of a queue: that of its ARN without the
// installation's prefix.
func queueName(arn, prefix string) string {
	return strings.TrimPrefix(arn[strings.LastIndex(arn, ":")+1:], prefix+"-")
}

// parent returns the traceparent that the message carries; "" if no spans are exported.
func (f *function) parent(in port.Incoming) string {
	if f.spans == nil {
		return ""
	}
	var carried struct {
		Event string `json:"traceparent"`  // of a canonical event
		Raw   string `json:"trace_parent"` // of a raw message
	}
	if err := json.Unmarshal(in.Body, &carried); err != nil {
		return "" // the handler reports the error
	}
	return cmp.Or(carried.Event, carried.Raw)
}
