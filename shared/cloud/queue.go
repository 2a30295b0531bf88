package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Limits of SQS (developer guide, "Message quotas").
const (
	maxBatch    = 10 // messages; in bytes, a batch is limited like one message
	maxGroup    = 128
	longestPoll = 20 * time.Second
	// SQS counts twelve hours from the receipt, and a worker may have had the message for
	// as long as a Lambda function can run.
	longestDeferral = 12*time.Hour - 15*time.Minute
)

const (
	textType      = "String"
	receiveCount  = types.MessageSystemAttributeNameApproximateReceiveCount
	sentTimestamp = types.MessageSystemAttributeNameSentTimestamp
)

// queueURL is built, not looked up: the lookup would be one call more per start.
func (b *Backend) queueURL(name string) *string {
	return aws.String(strings.TrimSuffix(b.config.QueueBase, "/") + "/" + b.config.Prefix + "-" + name)
}

// Send implements port.Queue. Every message is checked before the first is sent.
func (b *Backend) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	entries := make([]types.SendMessageBatchRequestEntry, len(batch))
	sizes := make([]int, len(batch))
	for i, out := range batch {
		if err := out.Check(); err != nil {
			return fault.Doing("sending "+label(out, i)+" to queue "+queue, err)
		}
		entries[i], sizes[i] = sendEntry(i, out), out.Size()
	}
	for start, end := range chunks(sizes, maxBatch, port.MaxMessage) {
		if err := b.sendBatch(ctx, queue, batch, entries[start:end]); err != nil {
			return err
		}
	}
	return nil
}

// label names a message of a batch.
func label(out port.Outgoing, index int) string {
	if id := out.Attributes[port.AttrEvent]; id != "" {
		return "message " + id
	}
	return "message " + strconv.Itoa(index) + " of the batch"
}

func sendEntry(index int, out port.Outgoing) types.SendMessageBatchRequestEntry {
	entry := types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(index)), MessageBody: aws.String(string(out.Body))}
	if out.Group != "" {
		entry.MessageGroupId = aws.String(groupID(out.Group))
	}
	if len(out.Attributes) > 0 {
		entry.MessageAttributes = make(map[string]types.MessageAttributeValue, len(out.Attributes))
	}
	for name, value := range out.Attributes {
		entry.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String(textType), StringValue: aws.String(value)}
	}
	return entry
}

// groupID returns the group in the form that SQS takes: at most 128 printable ASCII
// characters. Any other group is named by its hash.
func groupID(group string) string {
	foreign := func(r rune) bool { return r <= ' ' || r > '~' }
	if len(group) <= maxGroup && !strings.ContainsFunc(group, foreign) {
		return group
	}
	sum := sha256.Sum256([]byte(group))
	return hex.EncodeToString(sum[:])
}

// sendBatch sends one request, and then the entries that SQS did not take, again.
func (b *Backend) sendBatch(ctx context.Context, queue string, batch []port.Outgoing, entries []types.SendMessageBatchRequestEntry) error {
	for round := 1; ; round++ {
		doing := fmt.Sprintf("sending %d messages to queue %s", len(entries), queue)
		out, err := b.queues().SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: b.queueURL(queue), Entries: entries})
		if err != nil {
			return failure(doing, "queue "+queue, err)
		}
		open, refused := unsent(queue, batch, entries, out)
		if len(open) == 0 {
			return nil
		}
		if round == rounds || fault.KindOf(refused) != fault.Unavailable {
			return refused
		}
		if err := b.pause(ctx, round); err != nil {
			return failure(doing, "queue "+queue, err)
		}
		entries = open
	}
}

// unsent returns the entries that the answer does not confirm, and the reason. An entry
// that is named neither among the sent nor among the failed counts as not sent.
func unsent(queue string, batch []port.Outgoing, entries []types.SendMessageBatchRequestEntry, out *sqs.SendMessageBatchOutput) (open []types.SendMessageBatchRequestEntry, refused error) {
	sent := make(map[string]bool, len(entries))
	for _, ok := range out.Successful {
		sent[aws.ToString(ok.Id)] = true
	}
	failed := make(map[string]types.BatchResultErrorEntry)
	for _, each := range out.Failed {
		failed[aws.ToString(each.Id)] = each
	}
	for _, entry := range entries {
		if sent[*entry.Id] {
			continue
		}
		open = append(open, entry)
		if refused == nil || fault.KindOf(refused) == fault.Unavailable {
			refused = sendFailure(queue, batch, *entry.Id, failed[*entry.Id])
		}
	}
	return open, refused
}

func sendFailure(queue string, batch []port.Outgoing, id string, why types.BatchResultErrorEntry) error {
	index, err := strconv.Atoi(id)
	if err != nil {
		return err
	}
	return entryFailure("sending "+label(batch[index], index)+" to queue "+queue, queue, why)
}

// entryFailure classifies why SQS did not take a member of a batch.
func entryFailure(doing, queue string, why types.BatchResultErrorEntry) error {
	e := &fault.Error{
		Kind: fault.Unavailable, Class: fault.Intermittent, Code: aws.ToString(why.Code), Doing: doing, Detail: aws.ToString(why.Message),
	}
	if why.SenderFault {
		e.Kind, e.Class, _ = judge(e.Code, 0, "queue "+queue)
	}
	return e
}

// Receive implements port.Queue. SQS returns at most ten messages and waits at most twenty
// seconds, in whole seconds.
func (b *Backend) Receive(ctx context.Context, queue string, most int, wait time.Duration) ([]port.Incoming, error) {
	if most <= 0 {
		return nil, nil
	}
	out, err := b.queues().ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: b.queueURL(queue), MaxNumberOfMessages: int32(min(most, maxBatch)),
		WaitTimeSeconds:             int32(min(wait, longestPoll) / time.Second),
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: receiveAttributes(),
	})
	if err != nil {
		return nil, failure("receiving from queue "+queue, "queue "+queue, err)
	}
	batch := make([]port.Incoming, len(out.Messages))
	for i, m := range out.Messages {
		if batch[i], err = incoming(queue, m); err != nil {
			return nil, err
		}
	}
	return batch, nil
}

// receiveAttributes returns the names of the system attributes that incoming reads.
func receiveAttributes() []types.MessageSystemAttributeName {
	return []types.MessageSystemAttributeName{receiveCount, sentTimestamp}
}

func incoming(queue string, m types.Message) (port.Incoming, error) {
	count, errCount := strconv.Atoi(m.Attributes[string(receiveCount)])
	sent, errSent := strconv.ParseInt(m.Attributes[string(sentTimestamp)], 10, 64)
	if err := errors.Join(errCount, errSent); err != nil {
		return port.Incoming{}, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Parse, Doing: "receiving message " + aws.ToString(m.MessageId) + " from queue " + queue,
			Detail: "receive count or time of sending is no number", Err: err,
		}
	}
	in := port.Incoming{
		Queue: queue, Handle: aws.ToString(m.ReceiptHandle), MessageID: aws.ToString(m.MessageId), Body: []byte(aws.ToString(m.Body)),
		ReceiveCount: count, SentAt: time.UnixMilli(sent).UTC(),
	}
	if len(m.MessageAttributes) > 0 {
		in.Attributes = make(map[string]string, len(m.MessageAttributes))
	}
	for name, value := range m.MessageAttributes {
		in.Attributes[name] = aws.ToString(value.StringValue)
	}
	return in, nil
}

// Delete implements port.Queue. SQS itself answers a stale handle of a standard
// queue with success and deletes nothing.
func (b *Backend) Delete(ctx context.Context, in port.Incoming) error {
	_, err := b.queues().DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: b.queueURL(in.Queue), ReceiptHandle: &in.Handle})
	return failure("deleting message "+in.MessageID+" of queue "+in.Queue, "queue "+in.Queue, err)
}

// Defer implements port.Queue: to the next whole second, and for at most eleven hours and
// three quarters. A message that is to wait longer is visible early and is deferred again.
// A stale handle is fault.Rejected of class stale.
func (b *Backend) Defer(ctx context.Context, in port.Incoming, until time.Time) error {
	doing := "deferring message " + in.MessageID + " of queue " + in.Queue
	hidden := min(max(until.Sub(b.config.Now()), 0), longestDeferral)
	_, err := b.queues().ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: b.queueURL(in.Queue), ReceiptHandle: &in.Handle,
		VisibilityTimeout: int32((hidden + time.Second - 1) / time.Second),
	})
	if stale(err) {
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.Stale, Doing: doing, Detail: "another worker has received it, or it is deleted", Err: err,
		}
	}
	return failure(doing, "queue "+in.Queue, err)
}

// staleCodes are the answers of SQS to a handle that it no longer accepts. They depend on how
// long ago the message was received again or deleted.
var staleCodes = map[string]bool{
	"MessageNotInflight": true, "AWS.SimpleQueueService.MessageNotInflight": true, "ReceiptHandleIsInvalid": true, "InvalidParameterValue": true,
}

// stale reports whether SQS no longer accepts a handle.
func stale(err error) bool {
	said, answered := errors.AsType[smithy.APIError](err)
	return answered && staleCodes[said.ErrorCode()]
}
