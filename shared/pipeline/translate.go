package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway/shared/admission"
	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/entity"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
)

// Translator turns the raw messages of one system's inbox into canonical events on the bus.
type Translator struct {
	*Pipeline
	system connector.System
}

// Handle takes one message of the inbox queue through translation. After an error nothing
// was decided: a port failed, and the message stays in the queue.
func (t *Translator) Handle(ctx context.Context, in port.Incoming) (Decision, error) {
	decision, err := t.handle(ctx, in)
	return t.requeueBeforeExpiry(ctx, in, decision, err)
}

func (t *Translator) handle(ctx context.Context, in port.Incoming) (Decision, error) {
	in, err := t.unwrap(ctx, in)
	if err != nil {
		return Decision{}, err
	}
	raw, err := message.DecodeRaw(in.Body)
	if err == nil && raw.ID == "" {
		err = errors.New("the message has no id")
	}
	if err != nil {
		return t.unreadable(ctx, in, err, t.system.Profile, connector.Translate)
	}
	hash := port.Digest(raw.Body)
	if raw.Claim != nil {
		hash = raw.Claim.SHA256[:min(len(raw.Claim.SHA256), len(hash))]
	}
	record, err := t.recordOf(ctx, in.Queue, raw)
	if err != nil {
		return Decision{}, err
	}
	if c := record.Confirmed; c != nil && c.Hash != hash {
		if record, err = t.conflicting(ctx, in, raw, hash); err != nil {
			return Decision{}, err
		}
	}
	a := &attempt{
		Pipeline: t.Pipeline, profile: t.system.Profile, role: connector.Translate, in: in, event: envelopeOf(raw),
		state: entity.State{Type: raw.Topic, Hash: hash}, record: record,
	}
	return a.run(ctx, &translation{attempt: a, source: t.system.Source, raw: raw})
}

// envelopeOf returns an envelope that names the raw message.
func envelopeOf(raw *message.Raw) *message.Message {
	return &message.Message{
		ID: raw.ID, Type: raw.Topic, CorrelationID: raw.CorrelationID,
		Source: message.SourcePrefix + raw.System, Tenant: raw.Tenant, Subject: "delivery/" + raw.ID,
	}
}

func (t *Translator) recordOf(ctx context.Context, queue string, raw *message.Raw) (*entity.Record, error) {
	return entity.LoadPassing(ctx, t.State, queue, envelopeOf(raw).Key())
}

// conflicting gives a delivery that came under the id of another one, with another body, an
// id of its own, so that it is translated too, and lets an operator hear of it.
func (t *Translator) conflicting(ctx context.Context, in port.Incoming, raw *message.Raw, hash string) (*entity.Record, error) {
	e := t.Entry(t.system.Profile.Name+"-"+string(connector.Translate), port.Received)
	e.Causation, e.Type = raw.ID, raw.Topic
	raw.ID = message.DeriveID(raw.ID, hash)
	e.Event, e.Trace, e.Entity, e.Hashes.Source = raw.ID, raw.CorrelationID, envelopeOf(raw).Key(), hash
	f := &fault.Error{
		Kind: fault.Invalid, Class: fault.Conflict, Code: "delivery_id_reused", Doing: "receiving delivery " + e.Causation,
		Detail: "the id came before with another body; this one is translated as delivery " + raw.ID,
	}
	e.Error = port.NewEntryError(in.Queue, f)
	e.Outcome = e.Error.Message
	record, err := t.recordOf(ctx, in.Queue, raw)
	if err != nil || record.Confirmed != nil || record.Attempts[raw.ID] != nil {
		return record, err // it was reported at the first attempt
	}
	if err := t.Ledger.Append(ctx, e); err != nil {
		return nil, port.Unavailable("writing the ledger", err)
	}
	t.Log.WarnContext(ctx, "two deliveries with one id", "system", raw.System, "event_id", raw.ID, "causation_id", e.Causation)
	t.OnAlarm(AlarmDeliveryID)
	return record, nil
}

// translation is the work of an attempt at one raw message.
type translation struct {
	*attempt
	source connector.Source
	raw    *message.Raw
}

var _ work = (*translation)(nil)

func (w *translation) filter() (ending, error) { return ending{}, nil }

func (w *translation) enter(context.Context) (*admission.Passage, time.Time, error) {
	return nil, time.Time{}, nil
}

func (w *translation) prepare(context.Context) (ending, *entity.Record, error) {
	return ending{}, nil, nil
}

func (w *translation) answer() admission.Answer { return admission.Answer{} }

// effect implements work: the system reads the raw bytes, and what they mean is published.
func (w *translation) effect(ctx context.Context) (ending, error) {
	body, err := port.CheckOut(ctx, w.Vault, w.raw.Body, w.raw.Claim)
	if err != nil {
		return ending{}, err
	}
	whole := *w.raw
	whole.Body, whole.Claim = body, nil
	meaning, err := w.source.Translate(ctx, &whole)
	if err != nil {
		return ending{}, fault.Doing("translating "+w.raw.Topic+" "+w.raw.ID, err)
	}
	if meaning.Skip != "" {
		return ending{stage: port.Skipped, why: meaning.Skip, keep: keepState}, nil
	}
	messages := make([]*message.Message, 0, len(meaning.Events))
	entries := make([]port.Entry, 0, len(meaning.Events))
	for _, event := range meaning.Events {
		m, e, err := w.envelope(ctx, event)
		if err != nil {
			return ending{}, err
		}
		messages, entries = append(messages, m), append(entries, e)
	}
	translated := w.Now().UTC() // before anything that follows from it
	for i := range entries {
		entries[i].At = translated
	}
	if err := w.Bus.Publish(ctx, messages); err != nil {
		return ending{}, port.Unavailable("publishing what "+w.raw.ID+" meant", err)
	}
	why := fmt.Sprintf("%d events", len(messages))
	return ending{stage: port.Translated, why: why, keep: keepState, at: translated, after: entries}, nil
}

// envelope puts one event into its envelope, and returns the ledger entry of its
// publication.
func (w *translation) envelope(ctx context.Context, event connector.Event) (*message.Message, port.Entry, error) {
	state, err := entity.StateOf(event, w.raw.Trigger == message.Poll, w.raw.ReceivedAt)
	if err != nil {
		return nil, port.Entry{}, err
	}
	if state.Ahead > 0 {
		w.Log.WarnContext(ctx, "the source's clock is ahead", "system", w.raw.System, "by", state.Ahead, "entity", event.Entity.String())
		w.OnAlarm(AlarmClock)
	}
	kind, _ := canonical.TypeNamed(event.Type)
	m := &message.Message{
		ID: state.EventID(event.Entity), Source: message.SourcePrefix + event.Entity.System, Type: event.Type,
		Subject: event.Entity.Type + "/" + event.Entity.ID, Time: event.At.UTC(), Tenant: event.Entity.Tenant,
		Schema: kind.Schema, Sequence: state.Version, CorrelationID: w.raw.CorrelationID, CausationID: w.raw.ID,
		Origin: w.raw.System, Hops: 1, TraceParent: w.raw.TraceParent, Lane: w.raw.Lane, Parents: event.Parents, Body: state.Body,
	}
	if m.Claim, err = port.CheckIn(ctx, w.Vault, state.Body); m.Claim != nil {
		m.Body = nil
	}
	e := w.entry(m, port.Published)
	e.Attempt = w.record.Attempt(w.event.ID).Count
	e.Outcome, e.Notes, e.Hashes.Canonical = m.Type+" on the bus", state.Notes, state.Hash
	return m, e, err
}
