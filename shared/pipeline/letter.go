package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// bury writes the dead letter of the message and leaves the trace. The ledger comes first:
// a ledger that is out of reach must not be found out when the letter is written already,
// which would then be written again with each receive. Deleting the message comes last, and
// is the caller's.
func (a *attempt) bury(ctx context.Context, f *fault.Error, e port.Entry) (port.Decision, error) {
	if alike := a.in.Alike(e.Error.Fingerprint); e.Stage == port.Dead && alike > a.Retry.Loops {
		e.Stage, e.Outcome = port.Parked, fmt.Sprintf("redriven %d times, and failed the same way each time: %s", alike-1, e.Error.Message)
	}
	if err := a.Ledger.Append(ctx, e); err != nil {
		a.abandon(ctx)
		return port.Decision{}, port.Unavailable("writing the ledger", err)
	}
	if err := a.sendLetter(ctx, a.in, f, e); err != nil {
		a.abandon(ctx)
		return port.Decision{}, err
	}
	letter := entity.Letter{MessageID: a.in.MessageID, Event: e.Event, Trace: e.Trace, Version: e.Version, At: e.At, Why: e.Error.Message}
	if err := a.saveLetter(ctx, letter); err != nil {
		return a.raced(err)
	}
	return port.Decision{Done: true}, nil
}

// saveLetter stores that the letter was written. An attempt without a lease that loses a race
// adds it to the record as it is stored now; otherwise the message would return and write a
// second letter.
func (a *attempt) saveLetter(ctx context.Context, letter entity.Letter) error {
	cause, _ := a.in.Cause()
	for races := 3; ; races-- {
		t := a.record.Attempt(a.event.ID)
		*t = t.Bury(letter, cause.At)
		err := a.save(ctx, false)
		if races == 0 || a.lease != nil || !errors.Is(err, port.ErrConflict) {
			return err
		}
		stored, failed := a.record.Again(ctx, a.State)
		if failed != nil {
			return errors.Join(err, failed)
		}
		others := stored.Attempt(a.event.ID).Letters
		*stored.Attempt(a.event.ID) = *t
		stored.Attempt(a.event.ID).Letters = others
		a.record = stored
	}
}

// unreadable writes the dead letter of a message that is not in the form that our own
// queues carry. Its only name is the queue's id of it.
func (p *Pipeline) unreadable(ctx context.Context, in port.Incoming, cause error, function string) (port.Decision, error) {
	f := &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Doing: "reading message " + in.MessageID + " of " + in.Queue, Err: cause}
	e := p.Entry(function, port.Dead)
	e.Message, e.Event, e.Trace, e.Error = in.MessageID, in.MessageID, in.MessageID, port.NewEntryError(in.Queue, f)
	e.Outcome = "not retryable: " + e.Error.Message
	if err := p.Ledger.Append(ctx, e); err != nil {
		return port.Decision{}, port.Unavailable("writing the ledger", err)
	}
	if err := p.sendLetter(ctx, in, f, e); err != nil {
		return port.Decision{}, err
	}
	return port.Decision{Done: true}, nil
}

// sendLetter sends the message, as it came, to its queue's dead-letter queue with the
// reason. A body that is too large for a message with its reason goes to the vault.
func (p *Pipeline) sendLetter(ctx context.Context, in port.Incoming, f *fault.Error, e port.Entry) error {
	attributes, err := deadAttributes(in, f, e)
	if err != nil {
		return err
	}
	body := in.Body
	if len(body) > message.InlineLimit*4 {
		if body, err = p.wrap(ctx, body); err != nil {
			return err
		}
	}
	if err := p.Queue.Send(ctx, routes.Dead(in.Queue), []port.Outgoing{{Body: body, Attributes: attributes}}); err != nil {
		return port.Unavailable("writing the dead letter of "+e.Event, err)
	}
	return nil
}

// deadAttributes returns what a dead letter carries, and nothing that came with the message
// except what its earlier redrives are known by.
func deadAttributes(in port.Incoming, f *fault.Error, e port.Entry) (map[string]string, error) {
	cause, err := json.Marshal(port.Cause{
		Stage: e.Stage, Kind: e.Error.Kind, Class: e.Error.Class, Code: e.Error.Code, Field: e.Error.Field,
		Status: e.Error.Status, Attempts: e.Attempt, At: e.At, Alike: in.Alike(e.Error.Fingerprint) - 1,
	})
	if err != nil {
		return nil, err
	}
	attributes := map[string]string{
		port.AttrTrace: e.Trace, port.AttrEvent: e.Event, port.AttrRoute: e.Route, port.AttrReason: port.Reason(f),
		port.AttrCause: string(cause), port.AttrFingerprint: e.Error.Fingerprint, port.AttrRedrives: in.Attributes[port.AttrRedrives],
		port.AttrFirstSeen: cmp.Or(in.Attributes[port.AttrFirstSeen], in.SentAt.UTC().Format(time.RFC3339)),
	}
	if e.Entity.ID != "" {
		attributes[port.AttrEntity], attributes[port.AttrVersion] = e.Entity.String(), string(e.Version)
	}
	for name, value := range attributes {
		attributes[name] = port.Sendable(value)
	}
	maps.DeleteFunc(attributes, func(_, value string) bool { return value == "" })
	return attributes, nil
}

// wrapped is the body of a dead letter whose own body is in the vault.
type wrapped struct {
	Claim *message.Claim `json:"wrapped_body"`
}

func (p *Pipeline) wrap(ctx context.Context, body []byte) ([]byte, error) {
	claim, err := p.Vault.Store(ctx, body)
	if err != nil {
		return nil, port.Unavailable("storing the body of a dead letter", err)
	}
	return json.Marshal(wrapped{&claim})
}

// unwrap returns the message with its own body, if it is a redriven letter whose body is in
// the vault. A body that the vault no longer has leaves the message as it is.
func (p *Pipeline) unwrap(ctx context.Context, in port.Incoming) (port.Incoming, error) {
	var w wrapped
	if err := json.Unmarshal(in.Body, &w); err != nil || w.Claim == nil {
		return in, nil //nolint:nilerr // a letter with its own body
	}
	body, err := port.CheckOut(ctx, p.Vault, nil, w.Claim)
	if f := fault.As(err); f != nil && f.Kind == fault.Unavailable {
		return in, err
	}
	if err == nil {
		in.Body = body
	}
	return in, nil
}
