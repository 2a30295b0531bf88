package cloud

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/port"
)

// The functions of this file are for package desk, which gives operators' tools access to the
// same resources. No function's program contains them.

// Account returns the SDK's configuration of the backend's clients.
func (b *Backend) Account() aws.Config { return b.account }

// Config returns the resources that the backend uses.
func (b *Backend) Config() Config { return b.config }

// QueueURL returns the URL of the queue with that name.
func (b *Backend) QueueURL(name string) *string { return b.queueURL(name) }

// Incoming returns a message of the queue as the pipeline has it. The message must have been
// received with ReceiveAttributes and all of its own attributes.
func Incoming(queue string, m types.Message) (port.Incoming, error) { return incoming(queue, m) }

// ReceiveAttributes returns the names of the system attributes that Incoming reads.
func ReceiveAttributes() []types.MessageSystemAttributeName { return receiveAttributes() }

// Failure classifies an error of the SDK as the ports do; nil stays nil. The resource is
// named as in "queue orders-dead".
func Failure(doing, resource string, err error) error { return failure(doing, resource, err) }

// EntryFailure classifies why SQS did not take a member of a batch.
func EntryFailure(doing, queue string, why types.BatchResultErrorEntry) error {
	return entryFailure(doing, queue, why)
}

// Stale reports whether SQS refused a receipt handle because the message was received again,
// is visible, or is deleted.
func Stale(code string) bool { return staleCodes[code] }
