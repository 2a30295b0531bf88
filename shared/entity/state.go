package entity

import (
	"bytes"
	"errors"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// State is a state of an entity: its version, and the hash of its content.
type State struct {
	Type    string           // event type that carries it
	Version message.Sequence // by the source
	Hash    string           // port.Digest of the body
	Body    []byte           // canonical JSON
	Once    bool             // a fact that happens once to the entity, and no state that a newer one replaces
	Notes   []connector.Note // what was changed on the way, for the ledger
	Ahead   time.Duration    // by how much the source's clock is ahead of ours; 0 within tolerance
}

// clockTolerance is how far a source's clock may be ahead of ours.
const clockTolerance = 5 * time.Minute

// StateOf validates the event of a source and returns the state that it carries. polled is
// true of what a poll read, and at is when we received it or polled it.
//
// A version that is dated later than our clock allows is dated by its arrival instead, so
// that a source's clock that was wrong for an hour does not outdate every true change
// after it. Characters that a queue refuses are replaced (clean). Errors are fault.Invalid
// with class and field, or fault.Unknown for an event type that there is not.
func StateOf(event connector.Event, polled bool, at time.Time) (State, error) {
	doing := "validating " + event.Type + " " + event.Entity.String()
	kind, known := canonical.TypeNamed(event.Type)
	if !known {
		return State{}, fault.New(fault.Unknown, fault.Bug, doing, "the event type is missing from the canonical model")
	}
	if err := canonical.Validate(event.Body); err != nil {
		return State{}, Invalid(doing, err)
	}
	body, err := canonical.Encode(event.Body)
	if err != nil {
		return State{}, fault.Doing(doing, err)
	}
	s := State{Type: event.Type, Once: kind.Once, Notes: event.Notes}
	if cleaned, changed := clean(body); changed {
		body = cleaned
		s.Notes = append(s.Notes[:len(s.Notes):len(s.Notes)], connector.Note{
			Field: "body", What: "characters U+FFFE and U+FFFF, which no queue takes, replaced by U+FFFD",
		})
	}
	updated, hint := event.UpdatedAt, event.Hint
	if ahead := updated.Sub(at); ahead > clockTolerance {
		updated, hint, s.Ahead = at, time.Time{}, ahead
		s.Notes = append(s.Notes[:len(s.Notes):len(s.Notes)], connector.Note{
			Field: "updated_at", What: "ahead of our clock by " + ahead.Round(time.Second).String() + ": dated by its arrival instead",
		})
	}
	if polled || hint.IsZero() || hint.After(at.Add(clockTolerance)) {
		hint = at
	}
	s.Body, s.Hash, s.Version = body, port.Digest(body), message.NewSequence(updated, polled, hint)
	return s, nil
}

// Message puts the state, which StateOf made of the event, into its envelope, with its body
// inline. raw is the delivery that the event was made of.
func (s State) Message(event connector.Event, raw *message.Raw) *message.Message {
	kind, _ := canonical.TypeNamed(event.Type)
	return &message.Message{
		ID: s.EventID(event.Entity), Source: message.SourcePrefix + event.Entity.System, Type: event.Type,
		Subject: event.Entity.Type + "/" + event.Entity.ID, Time: event.At.UTC(), Tenant: event.Entity.Tenant,
		Schema: kind.Schema, Sequence: s.Version, CorrelationID: raw.CorrelationID, CausationID: raw.ID,
		Origin: raw.System, Hops: 1, TraceParent: raw.TraceParent, Lane: raw.Lane, Parents: event.Parents, Body: s.Body,
	}
}

// EventID returns the id of the event that carries the state: of the entity alone for a
// fact that happens once to it, of version and content too for a state.
func (s State) EventID(key message.Key) string {
	if s.Once {
		return message.DeriveID(key.System, key.Tenant, s.Type, key.Type, key.ID)
	}
	return message.DeriveID(key.System, key.Tenant, s.Type, key.Type, key.ID, string(s.Version), string(s.Body))
}

// Invalid classifies a body that breaks a rule of the model.
func Invalid(doing string, err error) error {
	f := &fault.Error{Kind: fault.Invalid, Class: fault.Value, Doing: doing}
	if rule, ok := errors.AsType[*canonical.Error](err); ok {
		f.Field, f.Code, f.Detail = rule.Field, rule.Code, rule.Rule
		if rule.Code == "required" {
			f.Class = fault.Schema
		}
		return f
	}
	f.Err = err
	return f
}

// The two characters of Unicode's first plane that JSON allows in a string and SQS refuses
// in a message (SQS API reference, SendMessage, "characters").
var refused = [][]byte{[]byte("\ufffe"), []byte("\uffff")}

// clean replaces the characters that a queue refuses.
func clean(body []byte) (cleaned []byte, changed bool) {
	for _, char := range refused {
		if bytes.Contains(body, char) {
			body, changed = bytes.ReplaceAll(body, char, []byte("\ufffd")), true
		}
	}
	return body, changed
}
