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
	Rate        Rate                 // calls to the system over time, over all routes and workers
	Timeout     time.Duration        // of one call to the system
	Linger      time.Duration        // how long after a call was given up its write may still take effect there
	Settings    []string             // configuration keys, for documentation and infrastructure
	Secrets     []string             // those of the settings that are secret
	Rules       []string             // those of the settings that are rules
	Purposes    []Purpose            // what some of the settings are for, to check them before a message fails
	Operations  map[string]Operation // by event type: what the system does with it as a target
	Version     Version              // of the vendor's API that is spoken, by default where it is a setting
	RefForm     string               // regular expression of the system's ids of records (Receipt.Ref); "" for any form
}

// Maps returns the settings that are maps, in their order.
func (p Profile) Maps() (keys []string) {
	for _, purpose := range p.Purposes {
		if purpose.Map {
			keys = append(keys, purpose.Setting)
		}
	}
	return keys
}

// Rate is how many deliveries a system takes over time, each with the searches that it
// makes: Calls every Per, and after a quiet time up to Burst at once. The zero value is
// no limit.
type Rate struct {
	Calls int
	Per   time.Duration
	Burst int // 0 means Calls
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
	Audit     Role = "audit"     // the sources' records compared with the system's, every night
)

// Operation is what a target does with an event type.
type Operation struct {
	Name      string    // in the vendor's words: "upsert sales order"
	Guarantee Guarantee // what the target offers against a second effect
	// Effect names what the operation writes; "" means that it is named by its event type.
	// Operations of one effect set the same record from the same body, such as placing,
	// changing and cancelling an order by upsert: whichever event arrives first creates the
	// record, and of two with the same content the second is skipped.
	Effect string
	// Batch is how many messages of the operation one request of the target takes; 0 for one. The
	// messages that a worker received together then share one permit, and the connector combines
	// their requests (package combine).
	Batch int
	// Lag is how long after a write a search may still miss it; only with Search.
	Lag time.Duration
}

// Batch returns how many messages of these event types one request of the system takes, 1 for most
// systems: the least of their operations, because a queue has messages of all of them.
func (p Profile) Batch(types []string) int {
	least := 0
	for i, name := range types {
		if n := max(1, p.Operations[name].Batch); i == 0 || n < least {
			least = n
		}
	}
	return max(1, least)
}

// Guarantee is what a target offers, per operation, to make a repeated write
// harmless. The pipeline chooses the delivery algorithm by it; the connector keeps what
// stands here, and does nothing of its own to prevent a second effect.
type Guarantee string

// The guarantees, strongest first.
const (
	// ExternalID: writing under our own id again changes nothing. Deliver names the
	// record by Message.Key, and may be repeated at any time.
	ExternalID Guarantee = "external_id"

	// CompareAndSet: the write names the value that it expects to replace, and the target
	// refuses it in one step if it holds another. Deliver sends Delivery.Expected, or
	// reads the value first if that is "". A refusal is a fault.Rejected: of class stale
	// if what the target holds is a newer version of ours, which ends the message as
	// superseded; of class conflict otherwise, after which the pipeline has the value read
	// again, a few times. If what is read equals what is to be written, as after an answer
	// that was lost, that is a success. A target that compares values only cannot tell the age of
	// what it has, so it refuses nothing as stale.
	CompareAndSet Guarantee = "compare_and_set"

	// Search: a write can be found by Target.Find, or by Searcher, at the latest after Lag.
	// Deliver creates if Ref is "" and otherwise sets the state of what Ref names, which may
	// be repeated.
	Search Guarantee = "search"
)
