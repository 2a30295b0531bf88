package function

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
)

// partnerPrefix begins the source of every event of a partner event bus.
const partnerPrefix = "aws.partner/"

// door takes what can come to a system's door: an HTTP request, or an event of a
// partner event bus.
func (f *function) door(ctx context.Context, payload []byte) (any, error) {
	var event struct {
		events.APIGatewayV2HTTPRequest
		Source string `json:"source"`
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, unreadableEvent(err)
	}
	switch {
	case strings.HasPrefix(event.Source, partnerPrefix):
		return nil, f.partner(ctx, payload)
	case event.RequestContext.HTTP.Method != "":
		return f.webhook(ctx, event.APIGatewayV2HTTPRequest)
	}
	return nil, fault.New(fault.Invalid, fault.Schema, "reading an event", "it is neither an HTTP request of payload format 2.0 nor a partner event")
}

func unreadableEvent(err error) error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Doing: "reading an event", Err: err}
}

// partner takes a partner event. Whatever goes wrong fails the invocation: Lambda
// tries again, and in the end keeps the event where failed events of the function go.
func (f *function) partner(ctx context.Context, payload []byte) error {
	receiver, err := intake.New(f.pipeline.Runtime, f.system)
	if err != nil {
		return err
	}
	return f.step(ctx, "receive", "pubsub", func(ctx context.Context) error { return receiver.AcceptPartner(ctx, payload) })
}

// step does the one thing that an event without an answer asks for, and leaves its trace.
func (f *function) step(ctx context.Context, name, trigger string, work func(context.Context) error) error {
	now := invocationOf(ctx)
	ctx = withIDs(ctx, ids{queue: f.queue})
	begun := f.pipeline.Now()
	step := now.spans.begin(name+" "+f.system.Profile.Name, spanConsumer, "")
	err := work(ctx)
	now.tally.time(f.queue, metricHandling, milliseconds(f.pipeline.Now().Sub(begun)))
	if err != nil {
		now.tally.add(f.queue, metricFailed, 1)
	}
	now.spans.end(step, failureOf(err), map[string]string{"faas.trigger": trigger, "faas.invocation_id": requestID(ctx)})
	return err
}

// failureOf is what a span says of an error; "" for none.
func failureOf(err error) string {
	if err == nil {
		return ""
	}
	return string(fault.As(err).ClassOrDefault())
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
