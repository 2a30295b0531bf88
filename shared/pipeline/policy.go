package pipeline

import "time"

// Policy is how long and how often the pipeline tries. Budgets are mostly time: an
// ERP that is down for a day must dead-letter nothing.
type Policy struct {
	Transient    time.Duration // throttled, unavailable, unauthorized: dead letter after so long
	Parent       time.Duration // missing parent: parked after so long
	UnknownTries int           // attempts at an unclassified failure
	Crashes      int           // attempts that ended without a trace, until the message counts as poison
	Backoff      Backoff
	Parents      Backoff       // of a message that waits for another one of ours, which mostly is quick
	Margin       time.Duration // added to a target's timeout: how long a lease outlives any request in flight
}

// DefaultPolicy holds the figures of the reliability design.
func DefaultPolicy() Policy {
	return Policy{
		Transient: 72 * time.Hour, Parent: 72 * time.Hour, UnknownTries: 5, Crashes: 5,
		// The cap keeps three days of waiting below the 1,000 receives that SQS allows.
		Backoff: Backoff{Base: time.Second, Cap: 10 * time.Minute, Unauthorized: time.Minute},
		Parents: Backoff{Base: 100 * time.Millisecond, Cap: 10 * time.Minute},
		Margin:  10 * time.Second,
	}
}

// Backoff is full-jitter exponential backoff.
type Backoff struct {
	Base         time.Duration // longest wait after the first failure
	Cap          time.Duration // longest wait after many
	Unauthorized time.Duration // shortest wait after refused credentials, which a retry can lock out
}

// Wait returns a random wait for the n-th failure in a row (1 for the first):
// between half and all of Base × 2^(n-1), at most Cap.
func (b Backoff) Wait(n int, random func() float64) time.Duration {
	longest := b.Cap
	if shift := max(n-1, 0); shift < 32 && b.Base<<shift < b.Cap {
		longest = b.Base << shift
	}
	return longest/2 + time.Duration(random()*float64(longest/2))
}
