package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Translator turns the raw messages of one system's inbox into canonical events on the bus.
type Translator struct {
	*Pipeline
	system   connector.System
	inbox    string // names the records of deliveries, whichever of its queues they came by
	function string
}

// Handle takes one message of the inbox queue through translation. After an error nothing
// was decided: a port failed, and the message stays in the queue.
func (t *Translator) Handle(ctx context.Context, in port.Incoming) (port.Decision, error) {
	decision, err := t.handle(ctx, in)
	if err != nil || !decision.Done {
		return t.requeueBeforeExpiry(ctx, in, decision, err)
	}
	return decision, nil
}

func (t *Translator) handle(ctx context.Context, in port.Incoming) (port.Decision, error) {
	if in.Attributes[port.AttrCause] != "" { // a redriven dead letter
		var err error
		if in, err = t.unwrap(ctx, in); err != nil {
			return port.Decision{}, err
		}
	}
	raw, err := message.DecodeRaw(in.Body)
	if err == nil && raw.ID == "" {
		err = errors.New("the message has no id")
	}
	if err != nil {
		return t.unreadable(ctx, in, err, t.function)
	}
	hash := port.Digest(raw.Body)
	if raw.Claim != nil {
		hash = raw.Claim.SHA256[:min(len(raw.Claim.SHA256), len(hash))]
	}
	event := &message.Message{
		ID: raw.ID, Type: raw.Topic, CorrelationID: raw.CorrelationID,
		Source: message.SourcePrefix + raw.System, Tenant: raw.Tenant, Subject: "delivery/" + raw.ID,
	}
	record, err := entity.Load(ctx, t.State, t.inbox, event.Key(), true)
	if err != nil {
		return port.Decision{}, err
	}
	if c := record.Confirmed; c != nil && c.Hash != hash {
		if record, err = t.conflicting(ctx, in.Queue, raw, event, hash); err != nil {
			return port.Decision{}, err
		}
	}
	w := &translation{source: t.system.Source, raw: raw}
	body, err := port.CheckOut(ctx, t.Vault, raw.Body, raw.Claim)
	if err != nil {
		w.broken = fault.As(err)
	}
	raw.Body, raw.Claim = body, nil
	w.attempt = &attempt{
		Pipeline: t.Pipeline, profile: t.system.Profile, function: t.function, in: in, event: event, effect: raw.Topic,
		doing: "translating " + raw.Topic + " " + raw.ID, record: record, work: w.translate,
		claimant: entity.Claimant{Event: raw.ID, MessageID: in.MessageID, State: entity.State{Type: raw.Topic, Hash: hash}},
	}
	return w.run(ctx)
}

// conflicting gives a delivery that came under the id of another one, with another body, an
// id of its own, so that it is translated too, and lets an operator hear of it.
func (t *Translator) conflicting(ctx context.Context, queue string, raw *message.Raw, event *message.Message, hash string) (*entity.Record, error) {
	first := raw.ID
	raw.ID = message.DeriveID(first, hash)
	event.ID, event.Subject = raw.ID, "delivery/"+raw.ID
	record, err := entity.Load(ctx, t.State, t.inbox, event.Key(), true)
	if err != nil || record.Confirmed != nil || record.Attempts[raw.ID] != nil {
		return record, err // it was reported at the first attempt
	}
	e := t.Entry(t.function, port.Received)
	e.Event, e.Trace, e.Causation, e.Type, e.Entity, e.Hashes.Source = raw.ID, raw.CorrelationID, first, raw.Topic, event.Key(), hash
	e.Error = port.NewEntryError(queue, &fault.Error{
		Kind: fault.Invalid, Class: fault.Conflict, Code: "delivery_id_reused", Doing: "receiving delivery " + first,
		Detail: "the id came before with another body; this one is translated as delivery " + raw.ID,
	})
	e.Outcome = e.Error.Message
	if err := t.Ledger.Append(ctx, e); err != nil {
		return nil, port.Unavailable("writing the ledger", err)
	}
	t.Log.WarnContext(ctx, "two deliveries with one id", "system", raw.System, "event_id", raw.ID, "causation_id", first)
	t.OnAlarm(AlarmDeliveryID)
	return record, nil
}

// privacy returns the ledger entry of a privacy request, which keeps it until it is carried
// out; none for any other delivery.
func (w *translation) privacy(meaning connector.Translation) []port.Entry {
	request := meaning.Privacy
	if request == nil {
		return nil
	}
	e := w.entry(w.event, port.Privacy)
	e.Type, e.Outcome, e.Entity = port.TypePrivacyRequest, meaning.Skip, request.Customer
	if e.Entity.ID == "" {
		e.Entity = message.Key{System: w.raw.System, Tenant: w.raw.Tenant, Type: "store", ID: w.raw.Tenant}
	}
	e.Notes = []connector.Note{{Field: port.NoteKind, What: string(request.Kind)}, {Field: port.NoteDue, What: request.Due.UTC().Format(time.RFC3339)}}
	for _, order := range request.Orders {
		e.Notes = append(e.Notes, connector.Note{Field: port.NoteOrder, What: order.String()})
	}
	return []port.Entry{e}
}

// translation is the work of an attempt at one raw message.
type translation struct {
	*attempt
	source connector.Source
	raw    *message.Raw
	broken *fault.Error // the body cannot be had
}

// translate has the system read the raw bytes, and publishes what they mean.
func (w *translation) translate(ctx context.Context) (e ending, err error) {
	if w.broken != nil {
		return ending{}, w.broken
	}
	defer func() { // also after a panic
		if e.stage == "" {
			w.keys = port.Hints(w.raw.Body)
		}
	}()
	meaning, err := w.source.Translate(ctx, w.raw)
	if err != nil {
		return ending{}, fault.Doing(w.doing, err)
	}
	if meaning.Skip != "" {
		return ending{stage: port.Skipped, why: meaning.Skip, keep: keepState, trace: w.privacy(meaning)}, nil
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
	if err := w.Bus.Publish(ctx, messages); fault.KindOf(err) == fault.Invalid { // it is up, and takes no such event
		return ending{}, fault.Doing("publishing what "+w.raw.ID+" meant", err)
	} else if err != nil {
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
	m := state.Message(event, w.raw)
	if m.Claim, err = port.CheckIn(ctx, w.Vault, state.Body); m.Claim != nil {
		m.Body = nil
	}
	e := w.entry(m, port.Published)
	e.Outcome, e.Notes, e.Hashes.Canonical = m.Type+" on the bus", state.Notes, state.Hash
	if err == nil {
		e.Keys, err = port.KnownKeys(ctx, w.Ledger, event.Body)
	}
	return m, e, err
}
