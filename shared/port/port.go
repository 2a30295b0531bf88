package port

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
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

// Cause returns why the message died before, if it is a dead letter that was put back,
// however it was moved.
func (in Incoming) Cause() (cause Cause, redriven bool) {
	err := json.Unmarshal([]byte(in.Attributes[AttrCause]), &cause) // absent on what is no letter
	return cause, err == nil
}

// Redrives returns how often an operator has redriven the message by our command.
func (in Incoming) Redrives() int {
	n, err := strconv.Atoi(in.Attributes[AttrRedrives])
	if err != nil {
		return 0 // absent: never
	}
	return n
}

// Redriven reports whether the message was in the dead-letter queue before, moved back by
// our command or as it was, as the SQS console does.
func (in Incoming) Redriven() bool {
	_, letter := in.Cause()
	return letter || in.Redrives() > 0
}

// ErrConflict is returned by State.Put when another writer was there first.
var ErrConflict = errors.New("state: another writer was first")

// State is a key-value store with optimistic concurrency: the one source of truth
// for claims, leases and versions.
type State interface {
	// Get returns the item, strongly consistent. An absent or expired item has
	// Revision 0 and no Value.
	Get(ctx context.Context, key string) (Item, error)
	// Put stores the item if the stored revision is the item's (0: absent or
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
	// AddressSecrets returns the secrets by which addresses are hashed for search keys. They
	// are stored apart from the entries, and are the same for every process.
	AddressSecrets(ctx context.Context) (canonical.AddressSecrets, error)
}

// Vault keeps bodies that are too large to travel (Claim Check), content-addressed.
type Vault interface {
	// Store makes the bytes durable and returns where they are. Storing the same
	// bytes again returns the same claim.
	Store(ctx context.Context, data []byte) (message.Claim, error)
	// Load returns the bytes, after checking their hash; an error if they are gone or differ.
	Load(ctx context.Context, claim message.Claim) ([]byte, error)
}

// Ports is the set of services that the stages stand on.
type Ports struct {
	Bus    Bus
	Queue  Queue
	State  State
	Ledger Ledger
	Vault  Vault
}

// Runtime is what every stage is handed: the ports, the clock, randomness and the log.
// All fields but Build are required.
type Runtime struct {
	Ports
	Now    func() time.Time
	Random func() float64 // jitter, in [0,1); called concurrently
	Log    *slog.Logger
	Build  string // version of Causeway, as the ledger shows it
}

// Check returns an error that names what is required and missing.
func (r Runtime) Check() error {
	return Require(
		Field{"field Bus", r.Bus != nil},
		Field{"field Queue", r.Queue != nil},
		Field{"field State", r.State != nil},
		Field{"field Ledger", r.Ledger != nil},
		Field{"field Vault", r.Vault != nil},
		Field{"field Now", r.Now != nil},
		Field{"field Random", r.Random != nil},
		Field{"field Log", r.Log != nil},
	)
}

// Field is a part of a configuration, and whether it is set.
type Field struct {
	Name string
	Set  bool
}

// Require fails with one error that names each field that is not set.
func Require(fields ...Field) error {
	var missing []error
	for _, field := range fields {
		if !field.Set {
			missing = append(missing, errors.New(field.Name+" is missing"))
		}
	}
	return errors.Join(missing...)
}

// Entry returns a ledger entry of the function, such as "netsuite-deliver", dated now.
func (r Runtime) Entry(function string, stage Stage) Entry {
	return Entry{At: r.Now().UTC(), Stage: stage, Function: function, Build: r.Build}
}

// Handler takes one message of a queue to its decision. After an error nothing was decided:
// a port failed, and the message stays in its queue.
type Handler interface {
	Handle(ctx context.Context, in Incoming) (Decision, error)
}

// Decision is what happens to a message in its queue. The zero Decision is invalid.
type Decision struct {
	Done  bool      // its journey on this queue has ended: it is deleted
	Until time.Time // otherwise, when it goes on
	Left  bool      // its handler has deferred it until then already
}

// Apply does to the queue what was decided. It fails if nothing was decided.
func (d Decision) Apply(ctx context.Context, queue Queue, in Incoming) error {
	switch {
	case d.Done:
		return queue.Delete(ctx, in)
	case d.Left:
		return nil
	case d.Until.IsZero():
		return fmt.Errorf("settling message %s of %s: no decision was made", in.MessageID, in.Queue)
	}
	return queue.Defer(ctx, in, d.Until)
}

// Settle handles one message and does to the queue what was decided. After an error the
// message stays hidden until its visibility timeout ends.
func Settle(ctx context.Context, queue Queue, handler Handler, in Incoming) error {
	decision, err := handler.Handle(ctx, in)
	if err != nil {
		return err
	}
	return decision.Apply(ctx, queue, in)
}

// CheckIn stores a body above message.InlineLimit in the vault and returns the claim;
// nil if the body may travel inline. It fails with fault.Unavailable.
func CheckIn(ctx context.Context, vault Vault, body []byte) (*message.Claim, error) {
	if len(body) <= message.InlineLimit {
		return nil, nil
	}
	claim, err := vault.Store(ctx, body)
	if err != nil {
		return nil, Unavailable("storing a large body", err)
	}
	return &claim, nil
}

// CheckOut returns the body, from the vault if it was checked in. A body that is gone or
// damaged fails with fault.Rejected of class missing_ref or fault.Invalid, as the Vault
// reports it; every other failure is fault.Unavailable.
func CheckOut(ctx context.Context, vault Vault, inline []byte, claim *message.Claim) ([]byte, error) {
	if claim == nil {
		return inline, nil
	}
	body, err := vault.Load(ctx, *claim)
	doing := "loading body " + claim.Key
	switch f := fault.As(err); {
	case f == nil:
		return body, nil
	case f.Kind == fault.Invalid, f.Kind == fault.Rejected && f.Class == fault.MissingRef:
		return nil, fault.Doing(doing, err)
	}
	return nil, Unavailable(doing, err)
}

// Unavailable classifies the failure of a port as one of our own services, and keeps its
// class. The scope is the usual one if the port rejects what it was given: no other message
// has to fail for that.
func Unavailable(doing string, err error) error {
	class, scope := fault.Intermittent, fault.OwnScope
	if cause, classified := errors.AsType[*fault.Error](err); classified {
		if class = cause.ClassOrDefault(); cause.Kind == fault.Invalid || cause.Kind == fault.Rejected {
			scope = fault.UsualScope
		}
	}
	return &fault.Error{Kind: fault.Unavailable, Class: class, Scope: scope, Doing: doing, Err: err}
}

// Digest returns the first 16 hex digits of the SHA-256, as the ledger shows hashes.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
