package cloud

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/fault"
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
func ReceiveAttributes() []types.MessageSystemAttributeName {
	return []types.MessageSystemAttributeName{receiveCount, sentTimestamp}
}

// Failure classifies an error of the SDK as the ports do; nil stays nil. The resource is
// named as in "queue orders-dead".
func Failure(doing, resource string, err error) error { return failure(doing, resource, err) }

// Judge returns what a code of AWS means for the resource, as Failure does.
func Judge(doing, resource, code, message string) error {
	e := fault.New(fault.Rejected, fault.Bug, doing, message)
	e.Code = code
	var detail string
	if e.Kind, e.Class, detail = judge(code, 0, resource); detail != "" {
		e.Detail = detail
	}
	return e
}

// Stale reports whether SQS refused a receipt handle because the message was received again,
// is visible, or is deleted.
func Stale(code string) bool { return staleCodes[code] }
