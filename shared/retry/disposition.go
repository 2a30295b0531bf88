package retry

import (
	"fmt"
	"time"

	"causeway/shared/fault"
	"causeway/shared/port"
)

// action is what is done about a failure.
type action uint8

const (
	bury      action = iota // dead letter at once, with its reason
	retry                   // again after backoff, until the time budget is used up
	wait                    // again when it may have changed, until the parent deadline; then parked
	configure               // again when our configuration may have changed, until its deadline; then a dead letter
	succeed                 // the effect exists
	few                     // again after backoff, a few times
)

// dispositions is the one table that says what happens on each kind of failure. A failure
// of class config waits, whatever its kind: a setting that is missing is not the message's
// fault.
var dispositions = map[fault.Kind]action{
	fault.Invalid:      bury,
	fault.Unauthentic:  bury,
	fault.Rejected:     bury,
	fault.NotReady:     wait,
	fault.Throttled:    retry, // at the time the target named
	fault.Unavailable:  retry,
	fault.Unauthorized: retry, // slowly: hammering locks accounts
	fault.Duplicate:    succeed,
	fault.Unknown:      few,
}

func dispositionOf(f *fault.Error) action {
	if f.ClassOrDefault() == fault.Config {
		return configure
	}
	return dispositions[f.Kind]
}

// Passes reports whether a failure passes by itself: a throttle, an outage, refused credentials.
func Passes(f *fault.Error) bool { return dispositionOf(f) == retry }

// Waits reports whether a failure is waiting for something else, and no failure of the message.
func Waits(f *fault.Error) bool {
	return f.Kind == fault.Throttled || dispositionOf(f) == wait || dispositionOf(f) == configure
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
	age := now.Sub(spent.Since)
	again := func(why string) Verdict {
		return Verdict{Stage: port.Deferred, Until: now.Add(p.Pause(f, spent, now, random)), Why: why}
	}
	switch dispositionOf(f) {
	case succeed:
		return Verdict{Stage: port.Confirmed, Why: "the target has it already"}
	case wait:
		if age > p.Parent {
			return Verdict{Stage: port.Parked, Why: "waited for " + p.Parent.String() + " in vain"}
		}
		return again("waits")
	case configure:
		if age > p.Config {
			return Verdict{Stage: port.Dead, Why: "our configuration was incomplete for " + p.Config.String()}
		}
		return again("waits for our configuration")
	case retry:
		if age > p.Transient {
			return Verdict{Stage: port.Dead, Why: "failed for longer than " + p.Transient.String()}
		}
		return again("retries")
	case few:
		if spent.Times >= p.UnknownTries {
			return Verdict{Stage: port.Dead, Why: fmt.Sprintf("failed %d times in a way that is not classified", spent.Times)}
		}
		return again("retries")
	}
	if f.Class == fault.Ambiguous {
		return Verdict{Stage: port.Parked, Why: "needs manual review"}
	}
	return Verdict{Stage: port.Dead, Why: "not retryable"}
}

// Pause returns how long to wait before the next attempt: never less than the target asked for.
func (p Policy) Pause(f *fault.Error, spent Budget, now time.Time, random func() float64) time.Duration {
	switch action := dispositionOf(f); {
	case f.After > 0:
		// A little later than asked, so that not all messages that were deferred together return together.
		return f.After + time.Duration(random()*float64(p.Backoff.Base))
	case action == wait:
		return p.Parents.Wait(now.Sub(spent.Since), random)
	case action == configure:
		return p.Settings.Wait(now.Sub(spent.Since), random)
	case f.Kind == fault.Unauthorized:
		return max(p.Backoff.Wait(spent.Times, random), p.Backoff.Unauthorized)
	}
	return p.Backoff.Wait(spent.Times, random)
}
