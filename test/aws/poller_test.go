//go:build aws

package aws_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/retry"
)

type sqsAttribute = types.QueueAttributeName

// mapping is an event source mapping.
type mapping struct {
	EventSourceArn        string
	FunctionName          string
	BatchSize             int32
	Enabled               bool
	FunctionResponseTypes []string
	ScalingConfig         struct{ MaximumConcurrency int }
}

// poll is one of a mapping's pollers: it never has more than one batch.
func (w *world) poll(ctx context.Context, m mapping, url string) {
	for ctx.Err() == nil {
		out, err := w.clients.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &url, MaxNumberOfMessages: m.BatchSize, WaitTimeSeconds: 5, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		if err != nil {
			pause(ctx, 200*time.Millisecond)
			continue
		}
		if len(out.Messages) == 0 {
			continue
		}
		if err := w.serveBatch(ctx, m, url, out.Messages); err != nil && ctx.Err() == nil {
			fmt.Fprintln(w.output, "test: a batch of", m.FunctionName, "stays:", err)
		}
	}
}

// serveBatch invokes the function and deletes what it did not report as failed.
func (w *world) serveBatch(ctx context.Context, m mapping, url string, batch []types.Message) error {
	payload, err := json.Marshal(queueEvent(m, w.at.region, batch))
	if err != nil {
		return err
	}
	answer, err := w.hosts[m.FunctionName].invoke(ctx, payload, len(batch))
	for errors.Is(err, errThrottled) && ctx.Err() == nil { // Lambda's pollers try again
		pause(ctx, 20*time.Millisecond)
		answer, err = w.hosts[m.FunctionName].invoke(ctx, payload, len(batch))
	}
	if err != nil {
		return err
	}
	failed, err := failures(answer, batch)
	if err != nil {
		return err
	}
	var ended []types.DeleteMessageBatchRequestEntry
	for i, message := range batch {
		if !failed[*message.MessageId] {
			ended = append(ended, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: message.ReceiptHandle})
		}
	}
	if len(ended) == 0 {
		return nil
	}
	w.watch.measure("AWS/SQS", "NumberOfMessagesDeleted", dimensions{"QueueName": nameFromARN(m.EventSourceArn)}, float64(len(ended)))
	_, err = w.clients.sqs.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: ended})
	return err
}

var errUnknownMessage = errors.New("the answer names a message that was not in the batch")

// failures reads the answer; one that names an unknown message fails the whole batch.
func failures(answer []byte, batch []types.Message) (map[string]bool, error) {
	var response events.SQSEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, fmt.Errorf("reading the answer %.80q: %w", answer, err)
	}
	failed := map[string]bool{}
	for _, f := range response.BatchItemFailures {
		if !slices.ContainsFunc(batch, func(m types.Message) bool { return *m.MessageId == f.ItemIdentifier }) {
			return nil, errUnknownMessage
		}
		failed[f.ItemIdentifier] = true
	}
	return failed, nil
}

func queueEvent(m mapping, region string, batch []types.Message) (event events.SQSEvent) {
	for _, message := range batch {
		record := events.SQSMessage{
			MessageId: *message.MessageId, ReceiptHandle: *message.ReceiptHandle, Body: *message.Body, Md5OfBody: *message.MD5OfBody,
			Attributes: message.Attributes, MessageAttributes: map[string]events.SQSMessageAttribute{},
			EventSource: "aws:sqs", EventSourceARN: m.EventSourceArn, AWSRegion: region,
		}
		for name, a := range message.MessageAttributes {
			record.MessageAttributes[name] = events.SQSMessageAttribute{StringValue: a.StringValue, BinaryValue: a.BinaryValue, DataType: aws.ToString(a.DataType)}
		}
		event.Records = append(event.Records, record)
	}
	return event
}

// off reports whether the mapping is one of a flow that the stage has switched off.
func (w *world) off(m mapping) bool {
	h := w.hosts[m.FunctionName]
	queue := m.EventSourceArn[strings.LastIndex(m.EventSourceArn, ":causeway-dev-")+len(":causeway-dev-"):]
	return h != nil && !slices.Contains(strings.Split(h.variables["CAUSEWAY_FLOWS"], ","), queue)
}

// startPollers starts each mapping's pollers, as many as it allows.
func (w *world) startPollers(ctx context.Context) error {
	return w.stack.each("AWS::Lambda::EventSourceMapping", func(id string, p map[string]any) error {
		m, err := into[mapping](p)
		if err != nil {
			return err
		}
		if !m.Enabled && w.off(m) {
			return nil
		}
		if !m.Enabled || !slices.Contains(m.FunctionResponseTypes, "ReportBatchItemFailures") || w.hosts[m.FunctionName] == nil {
			return fmt.Errorf("mapping %s cannot work: %+v", id, m)
		}
		if err := w.hosts[m.FunctionName].polls(m.EventSourceArn); err != nil {
			return err
		}
		for range m.ScalingConfig.MaximumConcurrency {
			w.running.Go(func() { w.poll(ctx, m, w.stack.queueURL(m.EventSourceArn)) })
		}
		return nil
	})
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) { _ = retry.Sleep(ctx, d) }
