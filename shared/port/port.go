package port

import (
	"context"
	"errors"
	"time"

	"causeway/shared/message"
)

// Bus publishes canonical messages to every route whose pattern matches.
type Bus interface {
	// Publish returns nil only when every message is durable. After an error any of
	// them may have been published; publishing all again is safe, because receivers
	// recognize their ids.
	Publish(ctx context.Context, messages []*message.Message) error
}

// Queue is a set of named queues with visibility timeouts, as SQS standard queues
// are: at least once, in any order.
type Queue interface {
	// Send returns nil only when the whole batch is durable. A message that fails
	// Outgoing.Check fails the batch with that error before anything is sent: too large,
	// body and attributes together, is fault.Rejected of class too_large.
	Send(ctx context.Context, queue string, batch []Outgoing) error
	// Receive hides up to most messages for the queue's visibility timeout and counts
	// the receive. It waits up to wait for the first, and returns none without an
	// error if there is none. A message received more often than the queue allows
	// is moved to the queue's dead-letter queue instead.
	Receive(ctx context.Context, queue string, most int, wait time.Duration) ([]Incoming, error)
	// Delete removes a message that was received. Deleting twice is no error.
	Delete(ctx context.Context, in Incoming) error
	// Defer makes a received message visible at the given time, and at once if that has
	// passed. The handle stays valid until the message is received again: of two calls
	// the later one counts, whether it names an earlier or a later time. A receiver that
	// waits is woken.
	Defer(ctx context.Context, in Incoming, until time.Time) error
}

// Outgoing is a message to be sent to a queue.
type Outgoing struct {
	Body       []byte
	Attributes map[string]string // at most MaxAttributes
	Group      string            // fair-queue group, such as the tenant; may be ""
}

// Incoming is a message that was received from a queue.
type Incoming struct {
	Queue        string
	Handle       string // receipt handle: valid until the message is visible again
	MessageID    string // the queue's id: the same at each receive, another for a copy or after a redrive
	Body         []byte
	Attributes   map[string]string
	ReceiveCount int // how often it was received, this time included; not a failure count
	SentAt       time.Time
}

// ErrConflict is returned by State.Put when another writer was there first.
var ErrConflict = errors.New("state: another writer was first")

// State is a key-value store with optimistic concurrency: the one source of truth
// for claims, leases and versions.
type State interface {
	// Get returns the item, strongly consistent. An absent or expired item has
	// Revision 0 and no Value.
	Get(ctx context.Context, key string) (Item, error)
	// Put stores the item if the stored revision is item.Revision (0: absent or
	// expired), and returns the new revision, which is greater. Otherwise it changes
	// nothing and returns an error that wraps ErrConflict.
	Put(ctx context.Context, item Item) (revision int64, err error)
}

// Item is one record of the state.
type Item struct {
	Key      string
	Value    []byte
	Revision int64
	Expires  time.Time // after it the item counts as absent; zero: never
}

// Ledger is the message store that answers "what happened to it, and why".
type Ledger interface {
	// Append makes the entries durable, in order. It is idempotent: an entry whose
	// Identity was appended before is ignored. After an error some may have been
	// appended, and appending all again is safe.
	Append(ctx context.Context, entries ...Entry) error
	// Find returns the entries that match every field set in the query, oldest first
	// unless the query says Newest, those of one instant in the order of appending.
	// Each has its ID, and is returned once.
	Find(ctx context.Context, query Query) ([]Entry, error)
}

// Vault keeps bodies that are too large to travel (Claim Check), content-addressed.
type Vault interface {
	// Store makes the bytes durable and returns where they are. Storing the same
	// bytes again returns the same claim.
	Store(ctx context.Context, data []byte) (message.Claim, error)
	// Load returns the bytes, after checking their hash; an error if they are gone or differ.
	Load(ctx context.Context, claim message.Claim) ([]byte, error)
}
