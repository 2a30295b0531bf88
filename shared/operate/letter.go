package operate

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// LetterKind is the form of a dead letter. It decides where a redrive sends the letter.
type LetterKind string

// The kinds of dead letters.
const (
	RouteLetter  LetterKind = "message"  // a canonical event that a target did not take
	InboxLetter  LetterKind = "delivery" // raw bytes that could not be translated
	RuleLetter   LetterKind = "rule"     // an event as EventBridge wrote it, which no queue took
	OpaqueLetter LetterKind = "opaque"   // not a message of Causeway: it can only be exported and purged
)

// Letter is one dead letter, as read from its body and attributes.
type Letter struct {
	Queue       string           `json:"queue"` // in which it died
	Kind        LetterKind       `json:"kind"`
	MessageID   string           `json:"message_id"`
	Event       string           `json:"event_id"`
	Trace       string           `json:"trace_id"`
	Entity      message.Key      `json:"entity,omitzero"`
	Name        string           `json:"name,omitempty"` // the entity's name for people: "#1001"
	Type        string           `json:"type,omitempty"` // event type, or the source's topic
	Version     message.Sequence `json:"entity_version,omitempty"`
	Cause       port.Cause       `json:"cause"`
	Fingerprint string           `json:"fingerprint"`
	Reason      string           `json:"reason"`
	Value       string           `json:"value,omitempty"` // the value at fault, where it is not personal
	Redrives    int              `json:"redrives"`
	Alike       int              `json:"alike"` // redrives in a row that ended in the same failure
	Died        time.Time        `json:"died"`
	FirstSeen   time.Time        `json:"first_seen"`
	Size        int              `json:"size"`           // bytes of the body
	Hash        string           `json:"hash,omitempty"` // of the canonical body, if it travels inline
}

// causeUnknown is the code of a letter without a reason: its workers crashed, or a program
// other than Causeway sent it.
const causeUnknown = "too_many_receives"

// ReadLetter reads a message of a dead-letter queue. It never fails: unreadable fields stay
// empty. A message that an outside tool moved has lost only its attributes.
func ReadLetter(in port.Incoming) Letter {
	l := Letter{
		Queue: strings.TrimSuffix(in.Queue, routes.Dead("")), MessageID: in.MessageID, Redrives: in.Redrives(), Size: len(in.Body),
		Event: in.Attributes[port.AttrEvent], Trace: in.Attributes[port.AttrTrace],
		Fingerprint: in.Attributes[port.AttrFingerprint], Reason: in.Attributes[port.AttrReason],
	}
	l.FirstSeen = in.SentAt
	if at, err := time.Parse(time.RFC3339, in.Attributes[port.AttrFirstSeen]); err == nil {
		l.FirstSeen = at
	}
	if key, err := message.ParseKey(in.Attributes[port.AttrEntity]); err == nil {
		l.Entity = key
	}
	l.readBody(in.Body)
	cause, known := in.Cause()
	if l.Cause, l.Alike = cause, cause.Alike; !known {
		l.Cause = port.Cause{Stage: port.Dead, Kind: fault.Unknown.String(), Class: fault.Poison, Code: causeUnknown}
		l.Fingerprint = cmp.Or(l.Fingerprint, message.DeriveID(l.Queue, causeUnknown)[:8])
		l.Reason = cmp.Or(l.Reason, "unknown (crash or timeout)")
	}
	if l.Died = l.Cause.At; l.Died.IsZero() {
		l.Died = in.SentAt
	}
	l.Event = cmp.Or(l.Event, l.MessageID)
	return l
}

// ruled is an event in the form that EventBridge writes to the dead-letter queue of a rule
// (user guide, "Dead-letter queues": the event as it was to be delivered).
type ruled struct {
	DetailType string          `json:"detail-type"`
	Detail     json.RawMessage `json:"detail"`
}

// readBody sets the kind of the letter, and the fields that the body has.
func (l *Letter) readBody(body []byte) {
	l.Kind = OpaqueLetter
	mayBeRaw := l.Entity.Type == "" || l.Entity.Type == "delivery" // otherwise the attributes name an entity
	if raw, err := decodeRaw(body, mayBeRaw); err == nil && raw.ID != "" && raw.System != "" {
		l.Kind, l.Type = InboxLetter, raw.Topic
		l.Event, l.Trace = cmp.Or(l.Event, raw.ID), cmp.Or(l.Trace, raw.CorrelationID)
		l.Entity = message.Key{System: raw.System, Tenant: raw.Tenant, Type: "delivery", ID: raw.ID}
		l.Name = numberOf(port.Hints(raw.Body))
		return
	}
	var rule ruled
	if l.Fingerprint == "" && json.Unmarshal(body, &rule) == nil && rule.DetailType != "" && len(rule.Detail) > 0 {
		l.Kind, body = RuleLetter, rule.Detail
	}
	m, err := message.Decode(body)
	if err != nil || m.ID == "" || m.Key().ID == "" {
		if l.Kind != RuleLetter {
			l.readWrapped(body)
		}
		return
	}
	if l.Kind != RuleLetter {
		l.Kind = RouteLetter
	}
	l.Type, l.Version, l.Entity = m.Type, m.Sequence, m.Key()
	l.Event, l.Trace = cmp.Or(l.Event, m.ID), cmp.Or(l.Trace, m.CorrelationID)
	if m.Claim == nil {
		l.Hash = port.Digest(m.Body)
	}
	if entity, err := canonical.Decode(m.Type, m.Body); err == nil {
		l.Name = NameOf(entity)
		if cause := l.Reason; cause != "" {
			l.Value = ValueAt(entity, fieldOf(cause))
		}
	}
}

var errNotRaw = errors.New("not a raw message")

func decodeRaw(body []byte, may bool) (*message.Raw, error) {
	if !may {
		return nil, errNotRaw
	}
	return message.DecodeRaw(body)
}

// readWrapped sets the kind of a letter whose body is in the vault, by its attributes.
func (l *Letter) readWrapped(body []byte) {
	var w struct {
		Claim *message.Claim `json:"wrapped_body"`
	}
	if json.Unmarshal(body, &w) != nil || w.Claim == nil {
		return
	}
	l.Kind = RouteLetter
	if l.Entity.Type == "delivery" {
		l.Kind = InboxLetter
	}
}

// fieldOf returns the field of a reason, which is "class code field" without empty parts.
func fieldOf(reason string) string {
	parts := strings.Fields(reason)
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1]
}

// numberOf returns the number among search keys as people write it.
func numberOf(keys []string) string {
	for _, key := range keys {
		if number, ok := strings.CutPrefix(key, port.KeyNumber+":"); ok {
			return "#" + number
		}
	}
	return ""
}

// NameOf returns the entity's name for people, such as "#1001"; "" if it has none.
func NameOf(entity any) string {
	for _, number := range canonical.KnownBy(entity, func(string) string { return "" })[port.KeyNumber] {
		if number != "" {
			return number
		}
	}
	return ""
}

// Title names the entity for a person: "order #1001", or "customer 7".
func Title(key message.Key, name string) string {
	switch {
	case key.Type == "":
		return cmp.Or(name, "a message that cannot be read")
	case name != "" && key.Type == "delivery":
		return "delivery of " + name
	case name != "" && strings.HasPrefix(name, "#"):
		return key.Type + " " + name
	case name != "":
		return key.Type + " #" + name
	}
	return key.Type + " " + key.ID
}

// Title names the letter's entity for a person.
func (l Letter) Title() string { return Title(l.Entity, l.Name) }

// Target is the system that the letter is for; for a delivery the system that sent it.
func (l Letter) Target() string {
	if _, target, ok := strings.Cut(l.Queue, "-to-"); ok {
		return target
	}
	return l.Entity.System
}
