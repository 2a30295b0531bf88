package retry

import "time"

// Policy is how long and how often the pipeline tries. Budgets are mostly time: an
// ERP that is down for a day must dead-letter nothing.
type Policy struct {
	Transient     time.Duration // throttled, unavailable, unauthorized: dead letter after failing for so long, each kind by itself
	Parent        time.Duration // missing parent or unknown outcome of another message: parked after so long
	Config        time.Duration // missing setting or map entry: dead letter after so long
	UnknownTries  int           // failures that are not classified
	ConflictTries int           // writes that found another value than the one they were to replace
	Crashes       int           // attempts in a row that ended without a trace, until the message counts as poison
	Loops         int           // redrives that ended in the same failure, until the message is parked
	Backoff       Backoff       // between failures
	Parents       Patience      // of a message that waits for another one of ours
	Settings      Patience      // of a message that waits for our configuration
	Margin        time.Duration // added to a target's timeout: how long a lease outlives any request in flight
	Skew          time.Duration // how far the clocks of two workers may differ
	Holding       Holding       // what a queue keeps of what waits
}

// DefaultPolicy holds the figures of the reliability design.
func DefaultPolicy() Policy {
	return Policy{
		Transient: 72 * time.Hour, Parent: 72 * time.Hour, Config: 72 * time.Hour,
		UnknownTries: 5, ConflictTries: 5, Crashes: 5, Loops: 3,
		// The caps keep three days of waiting below the 1,000 receives that SQS allows.
		Backoff:  Backoff{Base: time.Second, Cap: 15 * time.Minute, Unauthorized: time.Minute},
		Parents:  Patience{Part: 4, Least: 200 * time.Millisecond, Most: 15 * time.Minute},
		Settings: Patience{Part: 4, Least: 5 * time.Second, Most: 15 * time.Minute},
		Margin:   10 * time.Second, Skew: 10 * time.Minute,
		// Queues keep a message for 14 days and a thousand receives. 84 hours are enough for every
		// budget of 72, and a target's outage of a week leaves each message ten days in its queue.
		Holding: Holding{Deferral: 12 * time.Hour, Age: 84 * time.Hour, Receives: 900},
	}
}

// Holding is how long and how often a queue returns a message before it drops it, or
// dead-letters it without a reason. SQS counts a message's age from when it was sent; each
// look at a message that waits is a receive.
type Holding struct {
	Deferral time.Duration // the longest that a message is deferred at once, as SQS has it
	Age      time.Duration // less than the queues' retention by as much
	Receives int           // less than the count after which the queue dead-letters the message
}
