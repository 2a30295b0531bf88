package pipeline

import (
	"time"

	"causeway/shared/fault"
)

// action is what the pipeline does about a failure.
type action uint8

const (
	bury    action = iota // dead letter at once, with its reason
	retry                 // again after backoff, until the time budget is used up
	wait                  // again when it may have changed, until the parent deadline; then parked
	succeed               // it is done
	few                   // again after backoff, a few times
)

// dispositions is the one table that says what happens on each kind of failure.
var dispositions = map[fault.Kind]action{
	fault.Invalid:      bury,
	fault.Unauthentic:  bury,
	fault.Rejected:     bury,
	fault.NotReady:     wait,
	fault.Throttled:    retry, // at the time the target named; see throttle.go
	fault.Unavailable:  retry,
	fault.Unauthorized: retry, // slowly: hammering locks accounts
	fault.Duplicate:    succeed,
	fault.Unknown:      few,
}

// verdict is the disposition of one failure of one message.
type verdict struct {
	stage Stage     // Deferred, Dead, Parked, or Confirmed
	until time.Time // with Deferred
	why   string
}

// judge applies the table to a failure, given what was spent of the budget for
// failures of its kind. It does not count.
func (p Policy) judge(f *fault.Error, spent budget, now time.Time, random func() float64) verdict {
	age := now.Sub(spent.Since)
	switch dispositions[f.Kind] {
	case succeed:
		return verdict{stage: Confirmed, why: "the target has it already"}
	case wait:
		if age > p.Parent {
			return verdict{stage: Parked, why: "waited " + p.Parent.String() + " for something that never came"}
		}
		return verdict{stage: Deferred, until: now.Add(p.pause(f, spent, age, random)), why: "waits"}
	case retry:
		if age > p.Transient {
			return verdict{stage: Dead, why: "failing for longer than " + p.Transient.String()}
		}
		return verdict{stage: Deferred, until: now.Add(p.pause(f, spent, age, random)), why: "retries"}
	case few:
		if spent.Times >= p.UnknownTries {
			return verdict{stage: Dead, why: "failed too often in a way that nobody classified"}
		}
		return verdict{stage: Deferred, until: now.Add(p.pause(f, spent, age, random)), why: "retries"}
	}
	if f.Class == fault.Ambiguous {
		return verdict{stage: Parked, why: "a person has to look"}
	}
	return verdict{stage: Dead, why: "no retry can help"}
}

// pause returns how long to wait: never less than the target asked for.
func (p Policy) pause(f *fault.Error, spent budget, age time.Duration, random func() float64) time.Duration {
	switch {
	case f.After > 0:
		// A little later than asked, so that all who were told the same do not come at once.
		return f.After + time.Duration(random()*float64(p.Backoff.Base))
	case f.Kind == fault.NotReady:
		return p.Parents.Wait(age, random)
	case f.Kind == fault.Unauthorized:
		return max(p.Backoff.Wait(spent.Times, random), p.Backoff.Unauthorized)
	}
	return p.Backoff.Wait(spent.Times, random)
}
