package intake

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/redact"
	"causeway.example/shared/routes"
	"causeway.example/shared/webhook"
)

// Shopify gives a delivery five seconds, connecting included. So the door answers within
// answerWithin, of which the ledger may use ledgerWithin once the message is durable.
const (
	answerWithin = 4 * time.Second
	ledgerWithin = 800 * time.Millisecond
)

// TraceHeader is the header of a 200 that carries the delivery's trace id.
const TraceHeader = "Causeway-Trace"

// Receiver accepts the deliveries of one system. Create it with New.
type Receiver struct {
	// Refused is called with the code of each rejected request, for a metric. It may be nil.
	Refused func(code string)

	runtime    port.Runtime
	system     connector.System
	mediaTypes []string
	inbox      string
}

// New returns the receiver of the system. Of the runtime it needs Queue, Ledger, Vault, Now
// and Log; the error names what is missing.
func New(runtime port.Runtime, system connector.System) (*Receiver, error) {
	err := port.Require(
		port.Field{Name: "Queue", Set: runtime.Queue != nil},
		port.Field{Name: "Ledger", Set: runtime.Ledger != nil},
		port.Field{Name: "Vault", Set: runtime.Vault != nil},
		port.Field{Name: "Now", Set: runtime.Now != nil},
		port.Field{Name: "Log", Set: runtime.Log != nil},
		port.Field{Name: "System.Profile.Name", Set: system.Profile.Name != ""},
	)
	if err != nil {
		return nil, fault.Doing("making the receiver of "+system.Profile.Name, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Err: err})
	}
	r := &Receiver{runtime: runtime, system: system, mediaTypes: system.Profile.MediaTypes, inbox: routes.Inbox(system.Profile.Name)}
	if len(r.mediaTypes) == 0 {
		r.mediaTypes = []string{"application/json"}
	}
	return r, nil
}

// Answer is the response to the sender. It reflects nothing of the request.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Receive answers one request: 2xx once the message is durable, 4xx if the request is not
// acceptable, 503 with Retry-After if the message cannot be stored within answerWithin. The
// signature is checked over the bytes as they were sent; the content is stored.
func (r *Receiver) Receive(ctx context.Context, request connector.Request) Answer {
	if request.Method != http.MethodPost {
		r.count("method")
		return answer(http.StatusMethodNotAllowed, http.Header{"Allow": {http.MethodPost}})
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin-ledgerWithin)
	defer cancel()
	raw, err := r.authenticate(ctx, request)
	if err == nil && raw != nil {
		err = r.Accept(ctx, raw, request.At)
	}
	switch {
	case err != nil:
		return r.reject(ctx, err)
	case raw == nil:
		return Answer{Status: http.StatusOK}
	}
	return Answer{Status: http.StatusOK, Header: http.Header{TraceHeader: {raw.CorrelationID}}, Body: "accepted, trace " + raw.CorrelationID + "\n"}
}

// authenticate returns the request as a raw message, or nil for one that is to be answered
// and forgotten. Size, media type and encoding count only once the signature is verified,
// so that a sender without it learns nothing and has nothing inflated.
func (r *Receiver) authenticate(ctx context.Context, request connector.Request) (*message.Raw, error) {
	raw, err := r.system.Source.Receive(ctx, request)
	if err != nil || raw == nil {
		return nil, err
	}
	if raw.ContentType, err = webhook.MediaType(request.Header, r.mediaTypes...); err != nil {
		return nil, err
	}
	if raw.Body, err = webhook.Content(request.Header, request.Body, r.system.Profile.BodyLimit); err != nil {
		return nil, err
	}
	if trace := request.Header.Get("Traceparent"); trace != "" && raw.TraceParent == "" {
		if _, ok := message.ParseTraceParent(trace); ok {
			raw.TraceParent = trace
		}
	}
	return raw, nil
}

// reject answers an error with its status, and asks the sender to retry if the failure is
// ours.
func (r *Receiver) reject(ctx context.Context, err error) Answer {
	f := fault.As(err)
	r.count(f.Code)
	r.runtime.Log.WarnContext(ctx, "rejected a delivery", "system", r.system.Profile.Name,
		"class", f.ClassOrDefault(), "code", f.Code, "error", redact.Emails(err.Error()))
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

// AcceptPartner accepts a delivery that came over a partner event bus.
func (r *Receiver) AcceptPartner(ctx context.Context, event []byte) error {
	partner, ok := r.system.Source.(connector.Partner)
	if !ok {
		return fault.New(fault.Invalid, fault.Config, "receiving a partner event", r.system.Profile.Name+" has no partner events")
	}
	now := r.runtime.Now()
	raw, err := partner.Adopt(ctx, event, now)
	if err != nil {
		return err
	}
	return r.Accept(ctx, raw, now)
}

// Accept makes a raw message durable in the system's inbox queue. Duplicates are accepted:
// Translate recognizes them, so that the door works while the State is unavailable.
func (r *Receiver) Accept(ctx context.Context, raw *message.Raw, at time.Time) error {
	raw.System, raw.ReceivedAt = r.system.Profile.Name, at.UTC()
	if raw.CorrelationID == "" {
		raw.CorrelationID = raw.ID
	}
	hash := port.Digest(raw.Body)
	claim, err := port.CheckIn(ctx, r.runtime.Vault, raw.Body)
	switch {
	case err != nil:
		return err
	case claim != nil:
		raw.Body, raw.Claim = nil, claim
	case raw.Claim != nil: // stored before, as files are
		hash = raw.Claim.SHA256[:len(hash)]
	}
	data, err := raw.Encode()
	if err != nil {
		return err
	}
	inbox := r.inbox
	if raw.Lane == message.Backfill {
		inbox = routes.InboxBackfill(raw.System)
	}
	out := port.Outgoing{Body: data, Group: raw.Tenant, Attributes: map[string]string{port.AttrTrace: raw.CorrelationID, port.AttrEvent: raw.ID}}
	if err := r.runtime.Queue.Send(ctx, inbox, []port.Outgoing{out}); err != nil {
		return port.Unavailable("storing delivery "+raw.ID, err)
	}
	r.record(ctx, raw, hash)
	return nil
}

// roles are the functions that accept messages, by trigger; Receive accepts the others.
var roles = map[message.Trigger]connector.Role{message.Poll: connector.Poll, message.File: connector.Pickup}

// record writes the ledger entry, for ledgerWithin at most. The message is durable by now:
// a failure is only logged, because the sender must not send again. The write goes on if
// the sender hangs up.
func (r *Receiver) record(ctx context.Context, raw *message.Raw, hash string) {
	role, ok := roles[raw.Trigger]
	if !ok {
		role = connector.Receive
	}
	e := r.runtime.Entry(raw.System+"-"+string(role), port.Received)
	e.Trace, e.Event, e.Type, e.Hashes.Source = raw.CorrelationID, raw.ID, raw.Topic, hash
	e.Entity.System, e.Entity.Tenant = raw.System, raw.Tenant
	for name, value := range raw.Header {
		if strings.HasSuffix(name, "-Id") { // the sender's own ids of the delivery
			e.Keys = append(e.Keys, port.SearchKey(port.KeyWebhook, value))
		}
	}
	e.Outcome = string(raw.Trigger) + " " + raw.Topic + " stored"
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerWithin)
	defer cancel()
	if err := r.runtime.Ledger.Append(bounded, e); err != nil {
		r.runtime.Log.ErrorContext(ctx, "writing the ledger", slog.String("event_id", raw.ID), slog.Any("error", err))
	}
}
