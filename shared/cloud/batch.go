package cloud

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"causeway/shared/fault"
	"causeway/shared/pipeline"
	"causeway/shared/port"
)

// margin is what a handling may take beyond its call to the system: the wait for one of
// the target's permits, claim, ledger, and the end.
const margin = 20 * time.Second

// batch handles the messages of one SQS event. Lambda deletes what is not reported as
// failed, so everything is reported but what has ended: what waits, after its
// visibility was set to the time it waits for; what was not begun because too little
// time was left, which is visible again in a moment; and what no port could decide, which
// comes again when its visibility timeout ends. A batch whose archiving failed comes
// again whole.
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
	if f.archive != nil {
		if err := f.archive(ctx, messages); err != nil {
			return nil, err
		}
	}
	ended := f.records(ctx, messages)
	f.rest(ctx)
	return report(messages, ended)
}

// rest gives permits of the target back that this process does not use: Lambda may
// freeze it from the end of this batch until any time. That it fails is no message's
// failure: a permit ends by itself.
func (f *function) rest(ctx context.Context) {
	for _, handler := range f.lanes {
		deliverer, ok := handler.(*pipeline.Deliverer)
		if !ok {
			continue
		}
		if err := deliverer.Rest(ctx); err != nil {
			f.config.Log.WarnContext(ctx, "giving permits back", "error", err)
		}
		return // permits are the target's, whose queues these all are
	}
}

// records handles the messages, as many at once as the installation allows, and
// reports of each whether it can be deleted.
func (f *function) records(ctx context.Context, messages []port.Incoming) (ended []bool) {
	ended = make([]bool, len(messages))
	hands := make(chan struct{}, f.Parallel)
	var work sync.WaitGroup
	for i, in := range messages {
		hands <- struct{}{}
		work.Go(func() {
			defer func() { <-hands }()
			ended[i] = f.record(ctx, in)
		})
	}
	work.Wait()
	return ended
}

// report names the messages that stay. An identifier that Lambda does not know fails
// the whole batch, so one without is said to be just that.
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

// record handles one message and reports whether it can be deleted. Whatever happens
// in it, a panic too, is this message's alone.
func (f *function) record(ctx context.Context, in port.Incoming) (ended bool) {
	ctx = withIDs(ctx, ids{in.Queue, in.MessageID, in.Attributes[port.AttrEvent], in.Attributes[port.AttrTrace]})
	now := invocationOf(ctx)
	begun := f.config.Now()
	step := now.spans.begin("process "+in.Queue, spanConsumer, f.parent(in))
	decision, err := f.decide(ctx, in)
	if err == nil && !decision.Ended() {
		err = f.config.Queue.Defer(ctx, in, decision.Until)
	}
	if err != nil {
		fine := fault.As(err)
		now.tally.add(in.Queue, metricFailed, 1)
		f.config.Log.ErrorContext(ctx, "handling a message", "class", fine.ClassOrDefault(), "code", fine.Code, "error", err)
	}
	now.tally.time(in.Queue, metricHandling, milliseconds(f.config.Now().Sub(begun)))
	if !in.SentAt.IsZero() {
		now.tally.time(in.Queue, metricAge, max(0, begun.Sub(in.SentAt).Seconds()))
	}
	now.spans.end(step, failureOf(err), map[string]string{
		"messaging.system": "aws_sqs", "messaging.destination.name": in.Queue, "messaging.message.id": in.MessageID,
		"messaging.message.conversation_id": in.Attributes[port.AttrTrace], "causeway.event_id": in.Attributes[port.AttrEvent],
		"faas.invocation_id": requestID(ctx),
	})
	return err == nil && decision.Ended()
}

// decide has the message handled if there is time for it.
func (f *function) decide(ctx context.Context, in port.Incoming) (decision port.Decision, err error) {
	defer f.recover(ctx, &err)
	handler, known := f.lanes[in.Queue]
	if !known {
		return decision, fault.New(fault.Rejected, fault.Config, "handling a message of "+in.Queue, "no route of this function has such a queue")
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Sub(f.config.Now()) < f.system.Profile.Timeout+margin {
		return f.putBack(ctx, in)
	}
	return handler.Handle(ctx, in)
}

// putBack leaves a message to the next function, in a moment; and where even that went
// wrong again and again, to its visibility timeout.
func (f *function) putBack(ctx context.Context, in port.Incoming) (port.Decision, error) {
	const late = "too little of the function's time is left"
	if in.ReceiveCount >= f.config.Policy.Holding.Receives {
		return port.Decision{}, fault.New(fault.Unavailable, fault.Intermittent, "handling a message of "+in.Queue, late)
	}
	f.config.Log.InfoContext(ctx, "putting a message back: "+late)
	return port.Decision{Until: f.config.Now().Add(margin)}, nil
}

// incoming is the message as the pipeline's queue would have handed it out.
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

// number reads a figure that SQS gives as text; 0 if it is none.
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

// parent returns the traceparent that the message carries, if spans are wanted at all.
func (f *function) parent(in port.Incoming) string {
	if f.spans == nil {
		return ""
	}
	var carried struct {
		Event string `json:"traceparent"`  // of a message.Message
		Raw   string `json:"trace_parent"` // of a message.Raw
	}
	if err := json.Unmarshal(in.Body, &carried); err != nil {
		return "" // the handler reports the error
	}
	return cmp.Or(carried.Event, carried.Raw)
}
