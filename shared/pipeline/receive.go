package pipeline

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
	"causeway/shared/routes"
	"causeway/shared/webhook"
)

// Receiver is a system's door: it lets in what is authentic, and answers 2xx only
// when the raw bytes lie durable in the inbox queue.
type Receiver struct {
	Config  *Config
	System  connector.System
	Refused func(code string) // told each refusal, for a metric; may be nil
}

// Answer is what the sender gets. It never reflects anything of the request.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Receive handles one request. It never returns before the message is durable, and
// answers 503 with Retry-After when it cannot be made so. The signature is checked on
// the bytes as they came; what is stored is the content.
func (r *Receiver) Receive(ctx context.Context, request connector.Request) Answer {
	if request.Method != http.MethodPost {
		r.count("method")
		return answer(http.StatusMethodNotAllowed, http.Header{"Allow": {http.MethodPost}})
	}
	content, media, err := r.content(request)
	if err != nil {
		return r.refuse(ctx, err)
	}
	raw, err := r.System.Source.Receive(ctx, request)
	if err != nil {
		return r.refuse(ctx, err)
	}
	if raw == nil {
		return Answer{Status: http.StatusOK}
	}
	raw.Body, raw.ContentType = content, media
	if trace := request.Header.Get("Traceparent"); raw.TraceParent == "" && isTraceParent(trace) {
		raw.TraceParent = trace
	}
	if err := r.Accept(ctx, raw, request.At); err != nil {
		return r.refuse(ctx, err)
	}
	return Answer{Status: http.StatusOK}
}

// content applies the rules of the door that need no signature, and undoes the
// Content-Encoding. It returns the content and its media type.
func (r *Receiver) content(request connector.Request) (content []byte, media string, err error) {
	limit := r.System.Profile.BodyLimit
	if _, err = webhook.ReadBody(bytes.NewReader(request.Body), limit); err != nil {
		return nil, "", err
	}
	if media, err = webhook.MediaType(request.Header, r.mediaTypes()...); err != nil {
		return nil, "", err
	}
	content, err = webhook.Decompress(request.Header, request.Body, limit)
	return content, media, err
}

func isTraceParent(text string) bool {
	_, ok := message.ParseTraceParent(text)
	return ok
}

func (r *Receiver) mediaTypes() []string {
	if len(r.System.Profile.MediaTypes) > 0 {
		return r.System.Profile.MediaTypes
	}
	return []string{"application/json"}
}

// refuse answers an error with its status, and asks the sender to come again where
// the fault is ours.
func (r *Receiver) refuse(ctx context.Context, err error) Answer {
	f := fault.As(err)
	r.count(f.Code)
	r.Config.Log.WarnContext(ctx, "refusing a delivery", "system", r.System.Profile.Name, "class", f.ClassOrDefault(), "code", f.Code, "error", port.Redact(err.Error()))
	status := webhook.Status(err)
	if status < http.StatusInternalServerError {
		return answer(status, nil)
	}
	return answer(status, http.Header{"Retry-After": {"30"}})
}

func (r *Receiver) count(code string) {
	if r.Refused != nil {
		r.Refused(code)
	}
}

func answer(status int, header http.Header) Answer {
	return Answer{Status: status, Header: header, Body: http.StatusText(status)}
}

// AcceptPartner takes a delivery that came over a partner event bus.
func (r *Receiver) AcceptPartner(ctx context.Context, event []byte) error {
	partner, ok := r.System.Source.(connector.Partner)
	if !ok {
		return fault.New(fault.Invalid, fault.Config, "receiving a partner event", r.System.Profile.Name+" has no partner events")
	}
	now := r.Config.Now()
	raw, err := partner.Adopt(ctx, event, now)
	if err != nil {
		return err
	}
	return r.Accept(ctx, raw, now)
}

// Accept makes a raw message durable in the system's inbox queue. Whether it came
// before is not asked here: the door stays open while the state is out of reach, and
// Translate recognises it.
func (r *Receiver) Accept(ctx context.Context, raw *message.Raw, at time.Time) error {
	raw.System, raw.ReceivedAt = r.System.Profile.Name, at.UTC()
	if raw.CorrelationID == "" {
		raw.CorrelationID = raw.ID
	}
	hash := port.Digest(raw.Body)
	claim, err := port.CheckIn(ctx, r.Config.Vault, raw.Body)
	switch {
	case err != nil:
		return err
	case claim != nil:
		raw.Body, raw.Claim = nil, claim
	case raw.Claim != nil: // it was stored before, as files are
		hash = raw.Claim.SHA256[:len(hash)]
	}
	if err := r.enqueue(ctx, raw); err != nil {
		return err
	}
	r.record(ctx, raw, hash)
	return nil
}

func (r *Receiver) enqueue(ctx context.Context, raw *message.Raw) error {
	data, err := raw.Encode()
	if err != nil {
		return err
	}
	out := Outgoing{Body: data, Group: raw.Tenant, Attributes: map[string]string{AttrTrace: raw.CorrelationID, AttrEvent: raw.ID}}
	if err := r.Config.Queue.Send(ctx, routes.Inbox(raw.System), []Outgoing{out}); err != nil {
		return port.Unavailable("storing delivery "+raw.ID, err)
	}
	return nil
}

// record writes the ledger entry. The message is durable by now: that the ledger is
// out of reach must not make the sender send again, so it is only logged.
func (r *Receiver) record(ctx context.Context, raw *message.Raw, hash string) {
	role := connector.Receive
	switch raw.Trigger {
	case message.Poll:
		role = connector.Poll
	case message.File:
		role = connector.Pickup
	}
	e := r.Config.entry(r.System.Profile, role, Received)
	e.Trace, e.Event, e.Type, e.Hashes.Source = raw.CorrelationID, raw.ID, raw.Topic, hash
	e.Entity.System, e.Entity.Tenant = raw.System, raw.Tenant
	e.Outcome = string(raw.Trigger) + " " + raw.Topic + " stored"
	if err := r.Config.Ledger.Append(ctx, e); err != nil && !errors.Is(err, context.Canceled) {
		r.Config.Log.ErrorContext(ctx, "writing the ledger", slog.String("event_id", raw.ID), slog.Any("error", err))
	}
}
