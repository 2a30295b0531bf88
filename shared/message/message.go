package message

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// SourcePrefix precedes the system's name in the source attribute, as in
// "causeway.shopify". EventBridge reserves "aws." for itself and recommends a
// prefix of one's own.
const SourcePrefix = "causeway."

// InlineLimit is the size of a body, in bytes, above which it is stored in the
// vault and the message carries a Claim instead. EventBridge and SQS bill and
// limit by size; up to 128 KiB inline is cheaper than an object each.
const InlineLimit = 128 << 10

// Message is a canonical event in its envelope.
type Message struct {
	ID            string            `json:"id"`                     // the same for the same fact, however often it is translated
	Source        string            `json:"source"`                 // SourcePrefix + system
	Type          string            `json:"type"`                   // past fact, such as "order.placed"
	Subject       string            `json:"subject"`                // entity type and id in the source, such as "order/5001"
	Time          time.Time         `json:"time"`                   // when the fact happened, by the source's clock
	Tenant        string            `json:"tenant"`                 // store or account in the source system
	Schema        string            `json:"schema"`                 // body schema and version, such as "order/1"
	Sequence      Sequence          `json:"sequence"`               // version of the entity, by the source's clock and counter
	CorrelationID string            `json:"correlationid"`          // set once at the door, copied to everything produced
	CausationID   string            `json:"causationid"`            // id of the message this one was made from
	Origin        string            `json:"origin"`                 // system in which the change began; stops echoes
	Hops          int               `json:"hops"`                   // how many systems the change has passed; stops loops
	ExternalRefs  map[string]string `json:"externalrefs,omitempty"` // system -> id of this entity there
	TraceParent   string            `json:"traceparent,omitempty"`  // W3C Trace Context
	Lane          Lane              `json:"lane,omitempty"`         // backfill if it is not urgent
	Parents       []Key             `json:"parents,omitempty"`      // entities that must stand at the target first
	Body          json.RawMessage   `json:"body,omitempty"`         // canonical entity; empty if Claim is set
	Claim         *Claim            `json:"claim,omitempty"`        // where the body is kept; nil if inline
}

// Key names an entity across systems: two stores may both have an order 1001.
type Key struct {
	System string `json:"system"` // such as "shopify"
	Tenant string `json:"tenant"` // such as "example-brand.myshopify.com"
	Type   string `json:"type"`   // such as "order"
	ID     string `json:"id"`     // byte-equal to the source's id
}

var (
	keyEscaper   = strings.NewReplacer("%", "%25", "/", "%2F")
	keyUnescaper = strings.NewReplacer("%25", "%", "%2F", "/", "%2f", "/")
)

// String returns "system/tenant/type/id". A slash within a part is written as %2F and a
// percent sign as %25, so that two different keys never have the same text. Most parts
// have neither and are written as they are.
func (k Key) String() string {
	return strings.Join([]string{
		keyEscaper.Replace(k.System), keyEscaper.Replace(k.Tenant), keyEscaper.Replace(k.Type), keyEscaper.Replace(k.ID),
	}, "/")
}

// Claim points to a body in the vault (Claim Check). The key is content-addressed.
type Claim struct {
	Key    string `json:"key"`
	SHA256 string `json:"sha256"` // lower-case hex of the stored bytes
	Size   int64  `json:"size"`   // bytes
}

// System returns the name of the system the message comes from.
func (m *Message) System() string { return strings.TrimPrefix(m.Source, SourcePrefix) }

// EntityType returns the first part of the subject, such as "order".
func (m *Message) EntityType() string {
	kind, _, _ := strings.Cut(m.Subject, "/")
	return kind
}

// Key returns the key of the entity the message is about.
func (m *Message) Key() Key {
	kind, id, _ := strings.Cut(m.Subject, "/")
	return Key{System: strings.TrimPrefix(m.Source, SourcePrefix), Tenant: m.Tenant, Type: kind, ID: id}
}

// Equal reports whether both messages serialise to the same bytes.
func (m *Message) Equal(other *Message) bool {
	a, errA := json.Marshal(m)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && slices.Equal(a, b)
}

// Event returns the message as EventBridge delivers it: the attributes that rules
// filter on, and the envelope as detail. The local bus matches the same bytes.
func (m *Message) Event() ([]byte, error) {
	return json.Marshal(struct {
		Source     string   `json:"source"`
		DetailType string   `json:"detail-type"`
		Detail     *Message `json:"detail"`
	}{m.Source, m.Type, m})
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

// Raw is a message exactly as a system handed it to us, before anything in its
// body was read. It is stored in the system's inbox queue until it is translated.
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
	Lane          Lane              `json:"lane,omitempty"`         // backfill if it is not urgent
	Body          []byte            `json:"body,omitempty"`         // the sender's bytes (base64 in JSON); empty if Claim is set
	Claim         *Claim            `json:"claim,omitempty"`        // where the bytes are kept; nil if inline
}

// Trigger is how a raw message reached us.
type Trigger string

// The triggers. A webhook was checked by its signature, a partner event by the
// bus it came over, the others by our own credentials.
const (
	Webhook Trigger = "webhook"
	Partner Trigger = "partner"
	Poll    Trigger = "poll"
	File    Trigger = "file"
)

// Lane is how urgent the message is. Live traffic goes first.
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
