package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"causeway/shared/fault"
	"causeway/shared/routes"
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

// Cause is why a message died, as its dead letter bears it.
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

// alike is how often in a row, with this time, the message has died for the reason: the
// letter that was put back bears it, however it was moved and whatever became of the record.
func (in Incoming) alike(because string) int {
	var cause Cause
	if in.Attributes[AttrFingerprint] != because || json.Unmarshal([]byte(in.Attributes[AttrCause]), &cause) != nil {
		return 1
	}
	return cause.Alike + 2
}

// Redrives returns how often an operator has put the message back.
func (in Incoming) Redrives() int {
	n, err := strconv.Atoi(in.Attributes[AttrRedrives])
	if err != nil {
		return 0 // absent: it never was
	}
	return n
}

// letterOf reports whether this is the dead letter of that time itself, moved back as it lay.
func (in Incoming) letterOf(buried time.Time) bool {
	var cause Cause
	err := json.Unmarshal([]byte(in.Attributes[AttrCause]), &cause) // absent on what is no letter
	return err == nil && !buried.IsZero() && cause.At.Equal(buried)
}

// bury writes the message, as it came, to its queue's dead-letter queue with the
// reason. Deleting it from the queue comes after, and is the caller's.
func (c *Config) bury(ctx context.Context, in Incoming, f *fault.Error, e Entry) error {
	attributes, err := deadAttributes(in, f, e)
	if err != nil {
		return err
	}
	err = c.Queue.Send(ctx, routes.Dead(in.Queue), []Outgoing{{Body: in.Body, Attributes: attributes}})
	if err != nil {
		return unavailable("writing the dead letter of "+e.Event, err)
	}
	return nil
}

// deadAttributes returns what stands on a dead letter, and nothing that came with the
// message but what its earlier redrives have to be told by.
func deadAttributes(in Incoming, f *fault.Error, e Entry) (map[string]string, error) {
	cause, err := json.Marshal(Cause{
		Stage: e.Stage, Kind: e.Error.Kind, Class: e.Error.Class, Code: e.Error.Code, Field: e.Error.Field,
		Status: e.Error.Status, Attempts: e.Attempt, At: e.At, Alike: in.alike(e.Error.Fingerprint) - 1,
	})
	if err != nil {
		return nil, err
	}
	attributes := map[string]string{
		AttrTrace: e.Trace, AttrEvent: e.Event, AttrRoute: e.Route, AttrReason: reason(f), AttrCause: string(cause),
		AttrFingerprint: e.Error.Fingerprint, AttrRedrives: in.Attributes[AttrRedrives],
		AttrFirstSeen: cmp.Or(in.Attributes[AttrFirstSeen], in.SentAt.UTC().Format(time.RFC3339)),
	}
	if e.Entity.ID != "" {
		attributes[AttrEntity], attributes[AttrVersion] = e.Entity.String(), string(e.Version)
	}
	maps.DeleteFunc(attributes, func(_, value string) bool { return value == "" })
	return attributes, nil
}

func reason(f *fault.Error) string {
	return strings.Join(strings.Fields(string(f.ClassOrDefault())+" "+f.Code+" "+f.Field), " ")
}

// entryError returns the failure as ledger and dead letters keep it.
func entryError(route string, f *fault.Error) *EntryError {
	return &EntryError{
		Kind: f.Kind.String(), Class: f.ClassOrDefault(), Code: f.Code, Field: f.Field, Status: f.Status,
		Fingerprint: fingerprint(route, f), Message: redact(f.Error()),
	}
}

var (
	indexes   = regexp.MustCompile(`\[\d+\]`)
	addresses = regexp.MustCompile(`[^\s"'<>]+@[^\s"'<>]+`)
	variables = regexp.MustCompile(`"[^"]*"|'[^']*'|\d+`)
)

// fingerprint groups failures of one cause: route, class, code, field without its
// indexes, and the message without anything that differs from order to order.
func fingerprint(route string, f *fault.Error) string {
	field := indexes.ReplaceAllString(f.Field, "[]")
	text := variables.ReplaceAllString(addresses.ReplaceAllString(f.Detail, "@"), "#")
	sum := sha256.Sum256([]byte(strings.Join([]string{route, string(f.ClassOrDefault()), f.Code, field, text}, "\x00")))
	return hex.EncodeToString(sum[:4])
}

// redact masks what could be an e-mail address. Connectors put no personal data into
// errors; this is the net for causes that come from libraries.
func redact(text string) string { return addresses.ReplaceAllString(text, "***@***") }
