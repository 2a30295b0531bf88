package connector

import (
	"context"
	"time"

	"causeway.example/shared/message"
)

// Poller is a system that can be asked what changed in it. Its methods may be called
// concurrently and keep nothing between calls but what they learnt of the system's limits:
// a call that would be refused for being one too many may end as fault.Throttled without
// being sent. How far the asking got, what was told already, how long to wait and what is
// done about it is the pipeline's.
type Poller interface {
	// Feeds names the lists that can be asked for changes. It calls nobody.
	Feeds() []Feed

	// Changes returns one page of what changed in a feed at or after a time, oldest
	// change first unless the feed is Whole or a Snapshot. It may repeat what an earlier page had, and must not leave out
	// anything because something else changes meanwhile; one change that cannot be
	// read bears its Err and keeps no other from being listed. It makes no retries;
	// errors are what a call to the system ended with, or fault.Rejected of class
	// config that names the setting without which nothing can be asked.
	Changes(ctx context.Context, ask Ask) (Page, error)

	// Fetch returns what changed as it stands now, as the raw message that Translate
	// reads: Tenant, Topic, Trigger, ContentType and Body; the pipeline names it. It
	// returns nil without an error if the entity is gone. A change that could not be
	// read is asked for again by its ID, without the Body that the list told.
	Fetch(ctx context.Context, feed Feed, change Change) (*message.Raw, error)
}

// Feed is one list of a system, such as the orders of a store.
type Feed struct {
	Tenant string
	Topic  string // under which Translate reads what is found, such as "orders/updated"
	Entity string // type of the entities in it, as in keys: "order"
	// Unannounced is true of a list whose changes no webhook reports. What a poll finds in it is no
	// gap.
	Unannounced bool
	// Whole is true of a list that the system cannot sort by change. Its pages have an
	// order of their own, such as that of ids, and hold what changed since the time asked
	// for. It is read only when a webhook had stopped whose misses it finds.
	Whole bool
	// Snapshot is true of a list of states without a time of their change. Each run reads it whole,
	// and looks at what has another content than in the run before. The time of a Change is then that
	// at which the system read it, such as its answer's, and each Change has a Body.
	Snapshot bool
}

// Ask is the request for one page of a feed's changes.
type Ask struct {
	Feed   Feed
	Since  time.Time // by the system's clock, included
	Cursor string    // of the page before; "" for the first
}

// Page is one page of a feed's changes.
type Page struct {
	Changes []Change
	Cursor  string // where the next page begins; "" if there is none
}

// Change is one entity that changed.
type Change struct {
	ID   string    // as in keys
	Name string    // by which people know it, such as "#1001"; may be ""
	At   time.Time // of its last change, by the system's clock
	Body []byte    // if the list told it whole; nil if it has to be fetched
	Err  error     // why the list's own word of it cannot be read; nil if it can
}

// Subscriber is a system whose webhook subscriptions can be looked at and repaired. A
// system ends one without a word when too many deliveries failed.
type Subscriber interface {
	// Subscriptions returns the state of each subscription that is needed, one for
	// each tenant and topic.
	Subscriptions(ctx context.Context) ([]Subscription, error)

	// Subscribe makes a subscription active that Subscriptions returned as not so.
	Subscribe(ctx context.Context, broken Subscription) error
}

// Subscription is one webhook subscription that is needed, as it was found.
type Subscription struct {
	Tenant string
	Topic  string            // in the system's own words
	Feed   string            // topic of the feed in which what it missed is found, "" if there is none
	ID     string            // the system's, "" if there is none
	State  SubscriptionState //
	Since  time.Time         // when it stopped, by the system's clock; zero if nobody knows
}

// SubscriptionState tells whether a subscription does its work.
type SubscriptionState string

// The states of a subscription.
const (
	Active    SubscriptionState = "active"
	Missing   SubscriptionState = "missing"   // there is none
	Disabled  SubscriptionState = "disabled"  // there is one that delivers nothing
	Elsewhere SubscriptionState = "elsewhere" // there is one that leads to another address
	Paused    SubscriptionState = "paused"    // somebody switched it off, and has to switch it on
)
