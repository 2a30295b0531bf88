package pipeline

import "time"

// Policy is how long and how often the pipeline tries. Budgets are mostly time: an
// ERP that is down for a day must dead-letter nothing.
type Policy struct {
	Transient     time.Duration // throttled, unavailable, unauthorized: dead letter after failing for so long, each on its own
	Parent        time.Duration // missing parent: parked after so long
	UnknownTries  int           // failures that nobody classified
	ConflictTries int           // writes that found another value than the one they were to replace
	Crashes       int           // attempts in a row that ended without a trace, until the message counts as poison
	Loops         int           // redrives that ended in the same failure, until the message is parked
	Backoff       Backoff       // between failures
	Parents       Patience      // of a message that waits for another one of ours
	Margin        time.Duration // added to a target's timeout: how long a lease outlives any request in flight
	Skew          time.Duration // how far the clocks of two workers may lie apart
	Holding       Holding       // what a queue keeps of what waits
	Breaker       Breaker
	Share         Share
}

// DefaultPolicy holds the figures of the reliability design.
func DefaultPolicy() Policy {
	return Policy{
		Transient: 72 * time.Hour, Parent: 72 * time.Hour, UnknownTries: 5, ConflictTries: 5, Crashes: 5, Loops: 3,
		// The caps keep three days of waiting below the 1,000 receives that SQS allows.
		Backoff: Backoff{Base: time.Second, Cap: 15 * time.Minute, Unauthorized: time.Minute},
		Parents: Patience{Part: 4, Least: 200 * time.Millisecond, Most: 15 * time.Minute},
		Margin:  10 * time.Second, Skew: 10 * time.Minute,
		Holding: Holding{Deferral: 12 * time.Hour, Age: 84 * time.Hour, Receives: 900}, // queues hold four days, and a thousand receives
		Breaker: defaultBreaker(), Share: defaultShare(),
	}
}

// Backoff is exponential backoff with full jitter. Full, because after an outage
// hundreds of messages have failed in the same instant: they are to come back spread
// over the whole of the wait. That some come at once does no harm, since the circuit
// and the target's budget hold them.
type Backoff struct {
	Base         time.Duration // longest wait after the first failure
	Cap          time.Duration // longest wait after many
	Unauthorized time.Duration // shortest wait after refused credentials, which a retry can lock out
}

// Wait returns a random wait for the n-th failure in a row (1 for the first): up to
// Base × 2^(n-1), at most Cap.
func (b Backoff) Wait(n int, random func() float64) time.Duration {
	longest := b.Cap
	if shift := max(n-1, 0); shift < 32 && b.Base<<shift < b.Cap {
		longest = b.Base << shift
	}
	return time.Duration(random() * float64(longest))
}

// Patience is how long to wait for what has no stated time and is no failure: a part
// of how long it has been waited for, so that nothing is late by more than that part,
// and a long wait takes few looks.
type Patience struct {
	Part  int // 4 for a quarter
	Least time.Duration
	Most  time.Duration
}

// Wait returns a random wait, between half and all of the part of age, within the bounds.
func (p Patience) Wait(age time.Duration, random func() float64) time.Duration {
	longest := min(max(age/time.Duration(max(p.Part, 1)), p.Least), p.Most)
	return longest/2 + time.Duration(random()*float64(longest/2))
}
