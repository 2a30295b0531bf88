package cloud

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Limits of one PutEvents request (EventBridge user guide, "Calculating PutEvents
// event entry size": the bytes of source, detail type and detail count).
const (
	maxEvents     = 10
	maxEventBytes = 1_000_000 - 1
)

// Publish implements port.Bus. A 200 of PutEvents may hide entries that were not
// taken: those are sent again, and an error is returned while one is open. A message
// above EventBridge's limit is refused before anything is sent.
func (b *Backend) Publish(ctx context.Context, messages []*message.Message) error {
	entries := make([]types.PutEventsRequestEntry, len(messages))
	sizes := make([]int, len(messages))
	for i, m := range messages {
		doing := "publishing message " + m.ID
		detail, err := m.Encode()
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Class: fault.Bug, Doing: doing, Detail: "the message cannot be written as JSON", Err: err}
		}
		sizes[i] = len(m.Source) + len(m.Type) + len(detail)
		if sizes[i] > maxEventBytes {
			return fault.New(fault.Invalid, fault.TooLarge, doing, fmt.Sprintf("EventBridge takes %d bytes, the entry has %d", maxEventBytes, sizes[i]))
		}
		entries[i] = types.PutEventsRequestEntry{
			EventBusName: &b.config.Bus, Source: &m.Source, DetailType: &m.Type, Detail: aws.String(string(detail)),
		}
	}
	for start, end := range chunks(sizes, maxEvents, maxEventBytes) {
		if err := b.putEvents(ctx, messages[start:end], entries[start:end]); err != nil {
			return err
		}
	}
	return nil
}

// putEvents sends one request, and again what of it EventBridge did not take.
func (b *Backend) putEvents(ctx context.Context, messages []*message.Message, entries []types.PutEventsRequestEntry) error {
	for round := 1; ; round++ {
		doing := fmt.Sprintf("publishing %d messages from %s on", len(messages), messages[0].ID)
		out, err := b.bus().PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
		if err != nil {
			return failure(doing, "bus "+b.config.Bus, err)
		}
		if len(out.Entries) != len(entries) {
			return fault.New(fault.Unavailable, fault.Ambiguous, doing, fmt.Sprintf("EventBridge answered for %d of them", len(out.Entries)))
		}
		var refused error
		messages, entries, refused = b.stillOpen(messages, entries, out.Entries)
		if refused == nil || round == rounds {
			return refused
		}
		if err := b.pause(ctx, round); err != nil {
			return failure(doing, "bus "+b.config.Bus, err)
		}
	}
}

// stillOpen returns what EventBridge did not take, and why it did not take the last of it.
func (b *Backend) stillOpen(messages []*message.Message, entries []types.PutEventsRequestEntry, results []types.PutEventsResultEntry) (openMessages []*message.Message, openEntries []types.PutEventsRequestEntry, refused error) {
	for i, result := range results {
		if result.ErrorCode != nil {
			openMessages, openEntries = append(openMessages, messages[i]), append(openEntries, entries[i])
			refused = b.eventFailure(messages[i], result)
		}
	}
	return openMessages, openEntries, refused
}

func (b *Backend) eventFailure(m *message.Message, result types.PutEventsResultEntry) error {
	e := &fault.Error{Doing: "publishing message " + m.ID, Code: *result.ErrorCode}
	e.Kind, e.Class, e.Detail = judge(e.Code, 0, "bus "+b.config.Bus)
	if e.Detail == "" {
		e.Detail = aws.ToString(result.ErrorMessage)
	}
	return e
}
