package connector

import (
	"context"
	"net/http"
	"time"

	"causeway.example/shared/message"
)

// Request is one HTTP request at a system's door, whatever carried it.
type Request struct {
	Method string
	Header http.Header // canonical keys
	Body   []byte      // the bytes as sent; at most the profile's BodyLimit
	At     time.Time   // when it arrived, by our clock
}

// Source is a system that tells us what happened in it. Both methods may be called
// concurrently and on different machines, and must not keep anything between calls.
type Source interface {
	// Receive checks that the request is authentic and names it: ID, Tenant, Topic,
	// Trigger and Header of the result; the pipeline adds the body and the rest. It
	// reads headers and signature only, never the body's content. It returns nil
	// without an error for a request that
	// is to be answered with 200 and forgotten, such as a ping. Errors are
	// fault.Unauthentic, or fault.Invalid for a request that no sender of this system makes.
	Receive(ctx context.Context, request Request) (*message.Raw, error)

	// Translate turns raw bytes into canonical events, in the order in which they
	// are to be published. A delivery that is understood and deliberately not used
	// yields a Translation with Skip set. Errors are fault.Invalid with class and
	// field path, or what a call to the system ended with.
	Translate(ctx context.Context, raw *message.Raw) (Translation, error)
}

// Partner is a Source whose deliveries also come over a partner event bus. Adopt
// turns the event (JSON of an EventBridge event) into the raw message that the
// same delivery by webhook would have given.
type Partner interface {
	Adopt(ctx context.Context, event []byte, at time.Time) (*message.Raw, error)
}

// Translation is what one raw message meant.
type Translation struct {
	Events []Event
	Skip   string // why nothing was made of it, in words an operator reads; "" if something was
	// Privacy is a request about personal data, which an operator carries out; nil for any
	// other delivery. Skip is set with it.
	Privacy *PrivacyRequest
}

// Event is a canonical event before the pipeline has put it into its envelope.
type Event struct {
	Type      string        // such as "order.placed"
	Entity    message.Key   // the entity it is about
	At        time.Time     // when it happened, by the source's clock
	UpdatedAt time.Time     // the state's version by the source's clock, such as updated_at
	Hint      time.Time     // the finest time that the delivery has of the state, such as when the source sent it; zero: none
	Body      any           // pointer to the canonical type
	Parents   []message.Key // entities that must be at the target first
	Notes     []Note        // what was normalized on the way
}

// Note records that a translator changed a value on purpose.
type Note struct {
	Field string `json:"field"` // path in the source's payload
	What  string `json:"what"`  // such as "country UK read as GB"; free of personal data
}

// Target is a system that we write to. Deliver may be called concurrently, up to
// the profile's Concurrency.
type Target interface {
	// Deliver makes the message's effect at the target and returns the target's own
	// id for the entity. It blocks until the target has answered or ctx ends, makes
	// no retries, and classifies each failure as a *fault.Error. What it may take for
	// granted, and what is asked of it, depends on the operation's Guarantee. Where Ref
	// is set the entity is there, and Deliver must not make another.
	Deliver(ctx context.Context, delivery Delivery) (Receipt, error)

	// Find looks an entity up at the target by the key under which Deliver would
	// have written it. It returns "" without an error if it is not there.
	Find(ctx context.Context, key message.Key) (ref string, err error)
}

// Searcher is a Target of which some entities cannot be looked up by their key alone: Shopify
// lists a fulfillment only under its order.
type Searcher interface {
	// Search looks up the entity of the delivery, which has everything but a Ref. It returns
	// "" without an error if Deliver has made nothing of it.
	Search(ctx context.Context, delivery Delivery) (ref string, err error)
}

// SearchFor looks up the entity of the delivery at the target: as Searcher, or by its key.
func SearchFor(ctx context.Context, target Target, delivery Delivery) (ref string, err error) {
	if s, ok := target.(Searcher); ok {
		return s.Search(ctx, delivery)
	}
	return target.Find(ctx, delivery.Message.Key())
}

// Delivery is one attempt at writing a message to a target.
type Delivery struct {
	Message *message.Message
	Body    any               // pointer to the canonical type, decoded once
	Ref     string            // the target's id of the entity, "" if it is not known to be there
	Parents map[string]string // message.Key.String() of each parent -> the target's id
	Attempt int               // 1 for the first

	// Confirmed is the newest version that the target has confirmed, "" if none; only
	// with CompareAndSet.
	Confirmed message.Sequence
	// Expected is the Version of the receipt of that confirmation: what the write must
	// find at the target. "" if it is not known, as after a conflict or an answer that
	// was lost: then Deliver reads first; only with CompareAndSet.
	Expected string
}

// Receipt is the target's confirmation.
type Receipt struct {
	Ref    string // the target's id of the entity
	Detail string // what was done, in words an operator reads: "customer deposit 88 for sales order 17"
	// Notes are for the ledger: by field of the canonical entity, the changes that were made so
	// that the target takes it ("is cut to 83 characters"; Detail has them too), and the choices
	// of rules.
	Notes []Note
	// Linked says that the entity is there and was not written to.
	Linked bool
	// Version is what the target calls this state of the entity, such as an ETag: the
	// next write's Expected; only with CompareAndSet.
	Version string
	// Pause is how long the target wants to be left alone by all of us, as when its cost
	// bucket is nearly empty; 0: not at all.
	Pause time.Duration
}

// Checker is a system that can prove, without moving data, that it is reachable
// with the credentials it was given. Check returns a *fault.Error that names the
// setting or the address to look at.
type Checker interface {
	Check(ctx context.Context) error
}

// System is an opened connector. What it does not offer is nil.
type System struct {
	Profile    Profile
	Stores     []string // tenants of a Source that may send, as keys name them
	Source     Source
	Target     Target
	Checker    Checker
	Poller     Poller
	Subscriber Subscriber
	Auditor    Auditor
	Rules      Rules // of a target; nil without any
}
