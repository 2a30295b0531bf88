package connector

import "time"

// Profile says what the pipeline and the infrastructure must know about a system.
type Profile struct {
	Name        string // lower case, one word: folder, function and queue names begin with it
	Title       string // as people write it: "WooCommerce (REST v3)"
	Roles       []Role
	BodyLimit   int                  // largest webhook body accepted, in bytes
	MediaTypes  []string             // of webhooks; empty: application/json only
	Concurrency int                  // calls to the system under way at once, over all routes and workers
	Timeout     time.Duration        // of one call to the system
	Linger      time.Duration        // how long after a call was given up its write may still take effect there
	Settings    []string             // configuration keys, for documentation and infrastructure
	Secrets     []string             // those of the settings that are secret
	Operations  map[string]Operation // by event type: what the system does with it as a target
}

// Role is one Lambda function of a system and the name of its folder.
type Role string

// The roles.
const (
	Receive   Role = "receive"   // the door: webhook or partner event to inbox queue
	Translate Role = "translate" // inbox queue to bus
	Deliver   Role = "deliver"   // route queue to the system
	Poll      Role = "poll"      // what changed since, to the inbox queue
	Pickup    Role = "pickup"    // files to the inbox queue
)

// Operation is what a target does with an event type.
type Operation struct {
	Name      string    // in the vendor's words: "upsert sales order"
	Guarantee Guarantee // what the target offers against a second effect
	// Effect groups operations that write the same thing from the same body, such as
	// placing and amending an order by upsert: of two with one version and body the
	// second is skipped. "" means that the operation has an effect of its own.
	Effect string
	// Lag is how long after a write a search may still miss it; only with Search.
	Lag time.Duration
	// Amends is true where the operation changes an entity that must already be
	// there: it waits for the entity itself as for a parent.
	Amends bool
	// Ends is true where the operation ends an entity, as a cancellation does: what was
	// kept out of the target need not be ended there.
	Ends bool
}

// Guarantee is what a target offers, per operation, to make a repeated write
// harmless. The pipeline chooses the delivery algorithm by it.
type Guarantee string

// The guarantees, strongest first.
const (
	ExternalID     Guarantee = "external_id"     // writing under our own key again changes nothing
	IdempotencyKey Guarantee = "idempotency_key" // the target remembers the key of a request
	CompareAndSet  Guarantee = "compare_and_set" // the write names the value it expects to replace
	Search         Guarantee = "search"          // a write can be found afterwards, after Lag
	None           Guarantee = "none"            // an ambiguous attempt can only be parked
)
