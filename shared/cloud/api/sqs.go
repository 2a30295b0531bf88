package api

import "context"

// SQS sends and receives messages.
type SQS struct{ client *client }

// NewSQS returns a client. It calls nobody.
func NewSQS(o Options) *SQS { return &SQS{newClient(o, service{"SQS", "sqs", "AmazonSQS", "1.0"})} }

type (
	// SendMessageBatchInput is the request of SendMessageBatch.
	SendMessageBatchInput struct {
		QueueURL *string `json:"QueueUrl"`
		Entries  []SendMessageBatchRequestEntry
	}
	// SendMessageBatchRequestEntry is one message of a batch.
	SendMessageBatchRequestEntry struct {
		ID                *string `json:"Id"`
		MessageBody       *string
		MessageAttributes map[string]MessageAttributeValue `json:",omitempty"`
		MessageGroupID    *string                          `json:"MessageGroupId,omitempty"`
	}
	// MessageAttributeValue is an attribute of a message, of type String here.
	MessageAttributeValue struct {
		DataType    *string
		StringValue *string `json:",omitempty"`
	}
	// SendMessageBatchOutput names what was sent and what was not.
	SendMessageBatchOutput struct {
		Successful []struct {
			ID *string `json:"Id"`
		}
		Failed []BatchResultErrorEntry
	}
	// BatchResultErrorEntry says why a message was not sent.
	BatchResultErrorEntry struct {
		ID          *string `json:"Id"`
		Code        *string
		Message     *string
		SenderFault bool
	}

	// ReceiveMessageInput is the request of ReceiveMessage.
	ReceiveMessageInput struct {
		QueueURL                    *string  `json:"QueueUrl"`
		MaxNumberOfMessages         int32    `json:",omitempty"`
		WaitTimeSeconds             int32    `json:",omitempty"`
		MessageAttributeNames       []string `json:",omitempty"`
		MessageSystemAttributeNames []string `json:",omitempty"`
	}
	// ReceiveMessageOutput is the answer to ReceiveMessage.
	ReceiveMessageOutput struct{ Messages []Message }
	// Message is one message that was received.
	Message struct {
		MessageID         *string `json:"MessageId"`
		ReceiptHandle     *string
		Body              *string
		Attributes        map[string]string
		MessageAttributes map[string]MessageAttributeValue
	}

	// DeleteMessageInput is the request of DeleteMessage.
	DeleteMessageInput struct {
		QueueURL      *string `json:"QueueUrl"`
		ReceiptHandle *string
	}
	// ChangeMessageVisibilityInput is the request of ChangeMessageVisibility.
	ChangeMessageVisibilityInput struct {
		QueueURL          *string `json:"QueueUrl"`
		ReceiptHandle     *string
		VisibilityTimeout int32
	}
)

// Names of the system attributes that are asked for.
const (
	ApproximateReceiveCount = "ApproximateReceiveCount"
	SentTimestamp           = "SentTimestamp"
)

// SendMessageBatch sends up to ten messages; the answer names each.
func (s *SQS) SendMessageBatch(ctx context.Context, in *SendMessageBatchInput) (*SendMessageBatchOutput, error) {
	return call[SendMessageBatchOutput](ctx, s.client, "SendMessageBatch", in)
}

// ReceiveMessage receives up to ten messages.
func (s *SQS) ReceiveMessage(ctx context.Context, in *ReceiveMessageInput) (*ReceiveMessageOutput, error) {
	return call[ReceiveMessageOutput](ctx, s.client, "ReceiveMessage", in)
}

// DeleteMessage deletes a message that was received.
func (s *SQS) DeleteMessage(ctx context.Context, in *DeleteMessageInput) error {
	return s.client.quietly(ctx, "DeleteMessage", in)
}

// ChangeMessageVisibility hides a message that was received for so many seconds more.
func (s *SQS) ChangeMessageVisibility(ctx context.Context, in *ChangeMessageVisibilityInput) error {
	return s.client.quietly(ctx, "ChangeMessageVisibility", in)
}
