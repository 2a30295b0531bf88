package retry

import (
	"fmt"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Disposition is what is done about a failure.
type Disposition uint8

// The dispositions. Those from Wait on wait for something of ours, and use up no attempt.
const (
	Bury      Disposition = iota // dead letter at once, with its reason
	Retry                        // again after backoff, until the time budget is used up
	Succeed                      // the effect exists
	Few                          // again after backoff, a few times
	Wait                         // again when another message of ours may have arrived, until the parent deadline; then parked
	Configure                    // again when our configuration may have changed, until its deadline; then a dead letter
	Outlast                      // again after backoff, for as long as a service of ours is out of reach
)

// dispositions is the one table that says what happens on each kind of failure. A failure
// of class config waits, of any kind: a setting that is missing is not the message's
// fault. So does a failure of scope own, such as a bus that is out of reach, for as long as
// it lasts.
var dispositions = map[fault.Kind]Disposition{
	fault.Invalid:      Bury,
	fault.Unauthentic:  Bury,
	fault.Rejected:     Bury,
	fault.NotReady:     Wait,
	fault.Throttled:    Retry, // at the time the target named
	fault.Unavailable:  Retry,
	fault.Unauthorized: Retry, // slowly: hammering locks accounts
	fault.Duplicate:    Succeed,
	fault.Unknown:      Few,
}

// DispositionOf returns what is done about the failure.
func DispositionOf(f *fault.Error) Disposition {
	switch {
	case f.Class == fault.Config:
		return Configure
	case f.Scope == fault.OwnScope:
		return Outlast
	}
	return dispositions[f.Kind]
}

// Verdict is the disposition of one failure of one message.
type Verdict struct {
	Stage port.Stage // Deferred, Dead, Parked, or Confirmed
	Until time.Time  // with Deferred
	Why   string     // in words an operator reads
}

// Judge applies the table to a failure. spent is what the message has used of the budget
// for failures of this kind, this failure included.
func (p Policy) Judge(f *fault.Error, spent Budget, now time.Time, random func() float64) Verdict {
	age, what := now.Sub(spent.Since), DispositionOf(f)
	v := Verdict{Stage: port.Deferred, Why: "retries"}
	var pause time.Duration
	switch what {
	case Succeed:
		return Verdict{Stage: port.Confirmed, Why: "the target has it already"}
	case Bury:
		if f.Class == fault.Ambiguous {
			return Verdict{Stage: port.Parked, Why: "needs manual review"}
		}
		return Verdict{Stage: port.Dead, Why: "not retryable"}
	case Wait:
		if v.Why, pause = "waits", p.Parents.Wait(age, random); age > p.Parent {
			return Verdict{Stage: port.Parked, Why: "waited for " + p.Parent.String() + " in vain"}
		}
	case Configure:
		if v.Why, pause = "waits for our configuration", p.Settings.Wait(age, random); age > p.Config {
			return Verdict{Stage: port.Dead, Why: "our configuration was incomplete for " + p.Config.String()}
		}
	case Outlast:
		v.Why, pause = "waits for a service of ours", p.Backoff.Wait(spent.Times, random)
	case Few:
		if pause = p.Backoff.Wait(spent.Times, random); spent.Times >= p.UnknownTries {
			return Verdict{Stage: port.Dead, Why: fmt.Sprintf("failed %d times in a way that is not classified", spent.Times)}
		}
	default:
		if pause = p.Backoff.Wait(spent.Times, random); age > p.Transient {
			return Verdict{Stage: port.Dead, Why: "failed for longer than " + p.Transient.String()}
		}
	}
	if f.After > 0 { // a little later than asked, so that not all that were deferred together return together
		pause = f.After + time.Duration(random()*float64(p.Backoff.Base))
	} else if f.Kind == fault.Unauthorized {
		pause = max(pause, p.Backoff.Unauthorized)
	}
	v.Until = now.Add(pause)
	return v
}

// Budget is how often a message failed in one way, and since when.
type Budget struct {
	Times int       `json:"times"`
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
}

// Spend returns the budget after one more failure. A gap since the last failure that is
// longer than pause does not count: the message was held back for another reason, such as
// an open circuit, or failed in another way meanwhile. Two clocks may differ, so that a gap
// can look longer than the time that passed.
func (b Budget) Spend(now time.Time, pause time.Duration) Budget {
	if gap := now.Sub(b.Last) - pause; b.Times > 0 && gap > 0 {
		b.Since = b.Since.Add(gap)
	}
	if b.Times == 0 || b.Since.After(now) {
		b.Since = now
	}
	b.Times, b.Last = b.Times+1, now
	return b
}

// Backoff is exponential backoff with full jitter. Full, because after an outage
// hundreds of messages have failed in the same instant: they return spread over the whole
// wait. Those that return at once do no harm, because the circuit and the target's permits
// hold them.
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

// Later returns the later of two times.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Patience is how long to wait for something that has no stated time and is no failure: a
// part of how long it has been waited for. So nothing is late by more than that part, and a
// long wait takes few looks.
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
