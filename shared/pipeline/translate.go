package pipeline

import (
	"context"
	"errors"
	"fmt"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// Translator turns the raw messages of one system's inbox into canonical events on
// the bus.
type Translator struct {
	Config *Config
	System connector.System
}

// Handle takes one message of the inbox queue through translation. An error means
// that a port failed and nothing was decided: the message stays in the queue.
func (t *Translator) Handle(ctx context.Context, in Incoming) (Decision, error) {
	decision, err := t.handle(ctx, in)
	return t.Config.outlived(ctx, in, decision, err)
}

func (t *Translator) handle(ctx context.Context, in Incoming) (Decision, error) {
	raw, err := message.DecodeRaw(in.Body)
	if err != nil {
		return t.unreadable(ctx, in, err)
	}
	s := &handling{Config: t.Config, profile: t.System.Profile, role: connector.Translate, in: in}
	s.event = &message.Message{
		ID: raw.ID, Type: raw.Topic, CorrelationID: raw.CorrelationID, CausationID: "",
		Source: message.SourcePrefix + raw.System, Tenant: raw.Tenant, Subject: "delivery/" + raw.ID,
	}
	record, err := load(ctx, t.Config.State, recordKey(in.Queue, s.event.Key()))
	if err != nil {
		return Decision{}, err
	}
	s.record = record
	return s.run(ctx, func(ctx context.Context) (outcome, error) { return t.translate(ctx, s, raw) })
}

// unreadable buries an inbox message that we did not write ourselves.
func (t *Translator) unreadable(ctx context.Context, in Incoming, cause error) (Decision, error) {
	f := &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Doing: "reading message " + in.MessageID + " of " + in.Queue, Err: cause}
	return t.Config.unreadable(ctx, in, f, t.System.Profile, connector.Translate)
}

// translate has the system read the raw bytes and publishes what they mean.
func (t *Translator) translate(ctx context.Context, s *handling, raw *message.Raw) (outcome, error) {
	body, err := port.CheckOut(ctx, t.Config.Vault, raw.Body, raw.Claim)
	if err != nil {
		return outcome{}, err
	}
	whole := *raw
	whole.Body, whole.Claim = body, nil
	translation, err := t.System.Source.Translate(ctx, &whole)
	if err != nil {
		return outcome{}, fault.Doing("translating "+raw.Topic+" "+raw.ID, err)
	}
	if translation.Skip != "" {
		return outcome{stage: Skipped, why: translation.Skip}, nil
	}
	messages, entries, err := t.envelopes(ctx, s, raw, translation)
	if err != nil {
		return outcome{}, err
	}
	translated := t.Config.Now().UTC()
	for i := range entries {
		entries[i].At = translated // before anything that comes after it
	}
	if err := t.Config.Bus.Publish(ctx, messages); err != nil {
		return outcome{}, port.Unavailable("publishing what "+raw.ID+" meant", err)
	}
	return outcome{stage: Translated, at: translated, why: fmt.Sprintf("%d events", len(messages)), after: entries}, nil
}

func (t *Translator) envelopes(ctx context.Context, s *handling, raw *message.Raw, translation connector.Translation) ([]*message.Message, []Entry, error) {
	messages := make([]*message.Message, 0, len(translation.Events))
	entries := make([]Entry, 0, len(translation.Events))
	for _, event := range translation.Events {
		m, hash, err := t.envelope(ctx, raw, event)
		if err != nil {
			return nil, nil, err
		}
		e := s.entryFor(m, Published)
		e.Outcome, e.Notes, e.Hashes.Canonical = m.Type+" on the bus", event.Notes, hash
		messages, entries = append(messages, m), append(entries, e)
	}
	return messages, entries, nil
}

// envelope validates one event and puts it into its envelope.
func (t *Translator) envelope(ctx context.Context, raw *message.Raw, event connector.Event) (*message.Message, string, error) {
	doing := "validating " + event.Type + " " + event.Entity.String()
	kind, known := canonical.TypeNamed(event.Type)
	if !known {
		return nil, "", fault.New(fault.Unknown, fault.Bug, doing, "no such event type")
	}
	if err := canonical.Validate(event.Body); err != nil {
		return nil, "", invalid(doing, err)
	}
	body, err := canonical.Encode(event.Body)
	if err != nil {
		return nil, "", fault.Doing(doing, err)
	}
	m := &message.Message{
		ID: eventID(event, body), Source: message.SourcePrefix + event.Entity.System, Type: event.Type,
		Subject: event.Entity.Type + "/" + event.Entity.ID, Time: event.At.UTC(), Tenant: event.Entity.Tenant,
		Schema: kind.Schema, Sequence: event.Sequence, CorrelationID: raw.CorrelationID, CausationID: raw.ID,
		Origin: raw.System, Hops: 1, TraceParent: raw.TraceParent, Lane: raw.Lane, Parents: event.Parents, Body: body,
	}
	if m.Claim, err = port.CheckIn(ctx, t.Config.Vault, body); m.Claim != nil {
		m.Body = nil
	}
	return m, port.Digest(body), err
}

// eventID derives the id: of the entity alone for a fact that happens once to it,
// of version and content too for one that can happen again.
func eventID(event connector.Event, body []byte) string {
	key := event.Entity
	if event.Once {
		return message.DeriveID(key.System, key.Tenant, event.Type, key.Type, key.ID)
	}
	return message.DeriveID(key.System, key.Tenant, event.Type, key.Type, key.ID, string(event.Sequence), string(body))
}

// invalid classifies a body that breaks a rule of the model.
func invalid(doing string, err error) error {
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
