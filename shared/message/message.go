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
	Lane          Lane              `json:"lane,omitempty"`         // backfill if nobody waits for it
	Parents       []Key             `json:"parents,omitempty"`      // entities that must stand at the target first
	Body          json.RawMessage   `json:"body,omitempty"`         // canonical entity; empty if Claim is set
	Claim         *Claim            `json:"claim,omitempty"`        // where the body is kept; nil if inline
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
	return Key{System: m.System(), Tenant: m.Tenant, Type: kind, ID: id}
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
