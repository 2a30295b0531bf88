package message

import (
	"encoding/json"
	"time"
)

// Raw is a message exactly as a system handed it to us, before anything in its
// body was read. It lies in the system's inbox queue until it is translated.
type Raw struct {
	ID            string            `json:"id"`                     // ours; the same for the same delivery sent again
	System        string            `json:"system"`                 // such as "shopify"
	Tenant        string            `json:"tenant"`                 // store or account, as far as the delivery names it
	Topic         string            `json:"topic"`                  // the system's own word, such as "orders/create"
	Trigger       Trigger           `json:"trigger"`                // how it came in
	Header        map[string]string `json:"header,omitempty"`       // the headers that the translator needs, canonical case
	ContentType   string            `json:"content_type"`           // media type of the body
	ReceivedAt    time.Time         `json:"received_at"`            // our clock, UTC
	CorrelationID string            `json:"correlation_id"`         // set here, copied to everything produced
	TraceParent   string            `json:"trace_parent,omitempty"` // W3C Trace Context
	Lane          Lane              `json:"lane,omitempty"`         // backfill if nobody waits for it
	Body          []byte            `json:"body,omitempty"`         // the sender's bytes (base64 in JSON); empty if Claim is set
	Claim         *Claim            `json:"claim,omitempty"`        // where the bytes are kept; nil if inline
}

// Trigger tells how a raw message reached us.
type Trigger string

// The triggers. A webhook was checked by its signature, a partner event by the
// bus it came over, the others by our own credentials.
const (
	Webhook Trigger = "webhook"
	Partner Trigger = "partner"
	Poll    Trigger = "poll"
	File    Trigger = "file"
)

// Lane tells whether somebody waits for the message. Live traffic goes first.
type Lane string

// The lanes.
const (
	Live     Lane = ""         // just happened
	Backfill Lane = "backfill" // found later in bulk, as after an outage or at a first import
)

// Encode returns the message as the JSON text that queues carry.
func (r *Raw) Encode() ([]byte, error) { return json.Marshal(r) }

// DecodeRaw reads what Encode wrote.
func DecodeRaw(data []byte) (*Raw, error) {
	var r Raw
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Encode returns the message as the JSON text that bus and queues carry.
func (m *Message) Encode() ([]byte, error) { return json.Marshal(m) }

// Decode reads what Encode wrote. Unknown attributes are ignored, so that a
// message written by the next version can be read.
func Decode(data []byte) (*Message, error) {
	var m Message
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, err
	}
	return &m, nil
}
