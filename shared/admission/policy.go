package admission

import (
	"time"

	"causeway.example/shared/retry"
)

// Policy is the figures of the package.
type Policy struct {
	Breaker Breaker
	Share   Share
}

// DefaultPolicy holds the figures of the reliability design.
func DefaultPolicy() Policy {
	return Policy{
		Breaker: Breaker{
			Failures: 5, Entities: 2, Records: 5, Look: time.Second,
			Probes: retry.Patience{Part: 8, Least: 10 * time.Second, Most: 5 * time.Minute},
			// An hour keeps two weeks, the longest a queue keeps anything, below 1,000 receives.
			Return: retry.Patience{Part: 8, Least: time.Second, Most: time.Hour},
		},
		Share: Share{
			Hold: 30 * time.Second, Backfill: 25, Live: time.Minute, Settle: 5 * time.Second, Rise: time.Minute, Moment: 10 * time.Second,
			Wait: retry.Patience{Part: 8, Least: time.Second, Most: 2 * time.Minute},
		},
	}
}

// Breaker is the figures of a circuit.
type Breaker struct {
	Failures int            // in a row, without a success in between; 0 for a circuit that never opens
	Entities int            // … of so many entities at least, if the failures are the target's
	Records  int            // … of so many entities at least, if each failure is about its own record
	Probes   retry.Patience // between probes, by how long the circuit has been open
	Return   retry.Patience // of a message that is held back, by its age: fresh ones probe, old ones look seldom
	Look     time.Duration  // how old a worker's knowledge of the record may be
}

// unprobed returns how long after a probe was due no message is left that could make it:
// every message that waits comes back sooner.
func (b Breaker) unprobed() time.Duration { return b.Return.Most + b.Probes.Most }

// Share is the figures by which the workers share the calls that a target takes.
type Share struct {
	Hold     time.Duration  // how long permits are kept for the next call
	Backfill int            // per cent of the calls that backfill may have …
	Live     time.Duration  // … for so long after live traffic was seen
	Settle   time.Duration  // how long a lower limit has to show its effect before it is lowered again
	Rise     time.Duration  // in which a lowered limit regains one call
	Moment   time.Duration  // how long Enter waits for another call of its own worker to end
	Wait     retry.Patience // … and after that the message in its queue, by its age
}
