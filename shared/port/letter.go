package port

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/redact"
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

// Alike returns how often in a row, including this time, the message has died for the
// reason with that fingerprint.
func (in Incoming) Alike(fingerprint string) int {
	cause, redriven := in.Cause()
	if !redriven || in.Attributes[AttrFingerprint] != fingerprint {
		return 1
	}
	return cause.Alike + 2
}

// Reason returns class, code and field of a failure, as a dead letter shows them.
func Reason(f *fault.Error) string {
	return strings.Join(strings.Fields(string(f.ClassOrDefault())+" "+f.Code+" "+f.Field), " ")
}

// NewEntryError returns the failure as ledger and dead letters keep it. The fingerprint
// groups failures of one cause: the scope, which is the route or the queue, class, code,
// field without its indexes, and the message without anything that differs from order to
// order.
func NewEntryError(scope string, f *fault.Error) *EntryError {
	class := f.ClassOrDefault()
	field := indexes.ReplaceAllString(f.Field, "[]")
	text := variables.ReplaceAllString(redact.Addresses.ReplaceAllString(f.Detail, "@"), "#")
	sum := sha256.Sum256([]byte(strings.Join([]string{scope, string(class), f.Code, field, text}, "\x00")))
	return &EntryError{
		Kind: f.Kind.String(), Class: class, Code: f.Code, Field: f.Field, Status: f.Status,
		Fingerprint: hex.EncodeToString(sum[:4]), Message: redact.Addresses.ReplaceAllString(f.Error(), redact.MaskedEmail),
	}
}

var (
	indexes   = regexp.MustCompile(`\[\d+\]`)
	variables = regexp.MustCompile(`"[^"]*"|'[^']*'|\d+`)
)
