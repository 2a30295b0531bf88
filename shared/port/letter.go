package port

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"causeway/shared/fault"
)

// Attributes of a dead letter: the ten that SQS allows.
const (
	AttrTrace       = "trace_id"
	AttrEvent       = "event_id"
	AttrEntity      = "entity"
	AttrVersion     = "entity_version"
	AttrRoute       = "route"
	AttrRedrives    = "redrives"   // counted by us when an operator redrives; never taken from a sender
	AttrFirstSeen   = "first_seen" // when it first came into the queue, redrives included
	AttrReason      = "reason"     // class, code and field path: "missing_ref INVALID_KEY_OR_REF lines[1].sku"
	AttrCause       = "cause"      // Cause as JSON
	AttrFingerprint = "fingerprint"
)

// Cause is why a message died. Its dead letter carries it as JSON.
type Cause struct {
	Stage    Stage       `json:"stage"` // Dead or Parked
	Kind     string      `json:"kind"`
	Class    fault.Class `json:"class"`
	Code     string      `json:"code,omitempty"`
	Field    string      `json:"field,omitempty"`
	Status   int         `json:"target_status,omitempty"`
	Attempts int         `json:"attempts,omitempty"`
	At       time.Time   `json:"at"`
	Alike    int         `json:"alike,omitempty"` // earlier letters of the message, in a row, for the same reason
}

// Cause returns why the message died before, if it is a dead letter that was put back,
// however it was moved.
func (in Incoming) Cause() (cause Cause, redriven bool) {
	err := json.Unmarshal([]byte(in.Attributes[AttrCause]), &cause) // absent on what is no letter
	return cause, err == nil
}

// Alike returns how often in a row, including this time, the message has died for the
// reason with that fingerprint.
func (in Incoming) Alike(fingerprint string) int {
	cause, redriven := in.Cause()
	if !redriven || in.Attributes[AttrFingerprint] != fingerprint {
		return 1
	}
	return cause.Alike + 2
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
	_, redriven := in.Cause()
	return redriven || in.Redrives() > 0
}

// Reason returns class, code and field of a failure, as a dead letter shows them.
func Reason(f *fault.Error) string {
	return strings.Join(strings.Fields(string(f.ClassOrDefault())+" "+f.Code+" "+f.Field), " ")
}

// NewEntryError returns the failure as ledger and dead letters keep it. scope is what
// failures of one cause have in common besides the cause: the route, or the queue.
func NewEntryError(scope string, f *fault.Error) *EntryError {
	return &EntryError{
		Kind: f.Kind.String(), Class: f.ClassOrDefault(), Code: f.Code, Field: f.Field, Status: f.Status,
		Fingerprint: fingerprint(scope, f), Message: Redact(f.Error()),
	}
}

var (
	indexes   = regexp.MustCompile(`\[\d+\]`)
	addresses = regexp.MustCompile(`[^\s"'<>]+@[^\s"'<>]+`)
	variables = regexp.MustCompile(`"[^"]*"|'[^']*'|\d+`)
)

// fingerprint groups failures of one cause: scope, class, code, field without its
// indexes, and the message without anything that differs from order to order.
func fingerprint(scope string, f *fault.Error) string {
	field := indexes.ReplaceAllString(f.Field, "[]")
	text := variables.ReplaceAllString(addresses.ReplaceAllString(f.Detail, "@"), "#")
	sum := sha256.Sum256([]byte(strings.Join([]string{scope, string(f.ClassOrDefault()), f.Code, field, text}, "\x00")))
	return hex.EncodeToString(sum[:4])
}

// Redact masks what could be an e-mail address. Connectors put no personal data into
// errors; this catches causes that come from libraries.
func Redact(text string) string { return addresses.ReplaceAllString(text, "***@***") }
