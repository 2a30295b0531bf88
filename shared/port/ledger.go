package port

import (
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Entry is one hop of one message: which function attempted it, when, and how it ended.
// Entries are only ever added.
type Entry struct {
	ID           string           `json:"id,omitempty"` // see Identity, from which the ledger sets it; senders may leave it empty
	Message      string           `json:"-"`            // the queue's id of the message in hand (Incoming.MessageID): only for Identity, not stored
	At           time.Time        `json:"at"`
	Trace        string           `json:"trace_id"` // the correlation identifier
	Event        string           `json:"event_id"` // raw message's id until it is translated
	Causation    string           `json:"causation_id,omitempty"`
	Entity       message.Key      `json:"entity,omitzero"`
	Version      message.Sequence `json:"entity_version,omitempty"`
	Type         string           `json:"type,omitempty"`  // event type, or the source's topic
	Route        string           `json:"route,omitempty"` // "" before routing
	Stage        Stage            `json:"stage"`
	Attempt      int              `json:"attempt,omitempty"`
	ReceiveCount int              `json:"receive_count,omitempty"`
	RedriveCount int              `json:"redrive_count,omitempty"`
	Outcome      string           `json:"outcome"` // in words an operator reads
	Error        *EntryError      `json:"error,omitempty"`
	Notes        []connector.Note `json:"notes,omitempty"`
	Hashes       Hashes           `json:"hashes,omitzero"`
	TargetRef    string           `json:"target_ref,omitempty"`
	// Exchange is the last request to the system and its answer: of a failure masked and
	// shortened (connector.Exchange.Failed), otherwise status and request id.
	Exchange *connector.Exchange `json:"exchange,omitempty"`
	Keys     []string            `json:"keys,omitempty"` // by which people search for it: made by SearchKey
	Next     time.Time           `json:"next,omitzero"`  // when a deferred message goes on
	Took     time.Duration       `json:"took_ns,omitempty"`
	Function string              `json:"fn"`      // "shopify-translate"
	Build    string              `json:"version"` // of Causeway
}

// Stage is the place in the journey that an entry is about.
type Stage string

// The stages, in the order of the journey. Confirmed, Superseded, Skipped, Dead and
// Parked end it, until an operator acts.
const (
	Received   Stage = "received"   // stored raw in the inbox queue
	Translated Stage = "translated" // became canonical events
	Published  Stage = "published"  // on the bus
	Queued     Stage = "queued"     // in a route queue
	Sent       Stage = "sent"       // the target answered: it took the write, or has something newer
	Deferred   Stage = "deferred"   // waits until Next, no attempt used up
	Confirmed  Stage = "confirmed"  // the target has it
	Superseded Stage = "superseded" // the target has a newer version
	Skipped    Stage = "skipped"    // a rule, or the effect exists already
	Dead       Stage = "dead"       // in the dead-letter queue, with its reason
	Parked     Stage = "parked"     // needs manual review, such as after waiting past its deadline
)

// The stages of a target's connection, written once at each change and about no message.
const (
	Degraded    Stage = "connection.degraded"     // the circuit is open: messages wait
	Restored    Stage = "connection.restored"     // and is closed again
	AuthExpired Stage = "connection.auth_expired" // the circuit is open because credentials are refused
)

// OutcomeDuplicate is a part of the outcome of a message that was skipped because it repeats
// an earlier one, in front of the reason.
const OutcomeDuplicate = "duplicate: "

// OutcomeLetter is the reason of a message that was skipped because its dead letter is written: the
// entry of that letter says how it ended.
const OutcomeLetter = "the dead letter of this very message was written"

// Reconciled is the stage of what a poll found and did about it: a gap, a change that it
// could not read, or a subscription that had stopped.
const Reconciled Stage = "reconciled"

// Privacy is the stage of a request about personal data and of what was done about it. It
// is about no message of a route.
const Privacy Stage = "privacy"

// Types of the ledger entries of stage Privacy.
const (
	TypePrivacyRequest = "privacy.request" // was received; Notes have its kind, its orders and when it is due
	TypePrivacyDone    = "privacy.done"    // was carried out; Causation is the event of the request
	TypePrivacyErased  = "privacy.erased"  // a dead letter of the route was erased
)

// Fields of the notes of a privacy request.
const (
	NoteKind  = "kind"  // connector.PrivacyKind
	NoteDue   = "due"   // RFC 3339
	NoteOrder = "order" // message.Key.String, one note each
)

// Types of the ledger entries of stage Reconciled.
const (
	TypeGap         = "reconciliation.gap"         // a change that no delivery reported, or that cannot be read
	TypeUnconfirmed = "reconciliation.unconfirmed" // a change that was handed on, although a delivery may have reported it
	TypeDegraded    = "connection.degraded"        // a webhook subscription that delivered nothing
)

// Ends reports whether the stage ends a message's journey on its route.
func (s Stage) Ends() bool {
	switch s {
	case Confirmed, Superseded, Skipped, Dead, Parked:
		return true
	default:
		return false
	}
}

// EntryError is a failure as the ledger keeps it: classified, without payload.
type EntryError struct {
	Kind        string      `json:"kind"`
	Class       fault.Class `json:"class"`
	Code        string      `json:"code,omitempty"`
	Field       string      `json:"field,omitempty"`
	Status      int         `json:"target_status,omitempty"`
	Fingerprint string      `json:"fingerprint"` // groups failures of one cause
	Message     string      `json:"message_redacted"`
}

// Hashes are SHA-256 prefixes (16 hex digits) of the bytes at each stage.
type Hashes struct {
	Source    string `json:"source,omitempty"`
	Canonical string `json:"canonical,omitempty"`
	Target    string `json:"target,omitempty"`
}

// Query selects ledger entries; fields left empty match everything.
//
// With a Limit, the cost of a query does not grow with the ledger if it names a trace, an
// event, an entity, a search key, or the stage Dead or Parked: it reads about as much as it
// returns.
// Every further field filters what is read, so that a rare match costs more. Any other
// query may read the whole ledger.
type Query struct {
	Trace  string
	Event  string
	Entity message.Key
	Route  string
	Stage  Stage
	Hash   string    // of the canonical body: Hashes.Canonical
	Key    string    // one of Entry.SearchKeys, such as "number:1001"
	Since  time.Time // entries of this instant or later
	Until  time.Time // entries of this instant or earlier; zero: no bound
	Limit  int       // 0: no limit
	// Newest returns the newest entry first instead of the oldest. By event or entity and
	// with a Limit, what was published last is read first: an entry that an older trace
	// got later, as after a long wait, may be missing.
	Newest bool
}
