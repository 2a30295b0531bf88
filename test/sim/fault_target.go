package sim

import (
	"errors"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

var errUnclassified = &fault.Error{Kind: fault.Unknown, Doing: "writing to the ERP", Err: errors.New("the connector has no word for it")}

func targetFaults() []Fault {
	return append(append(throttleFaults(), answerFaults()...), accessFaults()...)
}

func throttleFaults() []Fault {
	return []Fault{
		{ID: "F27", What: "429 with seconds to wait", Tier: 1, Arm: func(w *world) {
			w.targetFails("F27", 0.4, 4, func(call) fate { return waits(w.between(time.Second, 90*time.Second)) })
		}},
		{ID: "F28", What: "429 with a date", Tier: 1, Arm: func(w *world) {
			w.targetFails("F28", 0.4, 3, func(call) fate { return waits(w.between(time.Minute, 10*time.Minute).Truncate(time.Second)) })
		}},
		{ID: "F29", What: "429 without a wait", Tier: 1, Arm: func(w *world) {
			w.targetFails("F29", 0.7, 8, always(fate{err: throttled(0)}))
			w.expect.Spread = 3 * time.Second
		}},
		{ID: "F30", What: "429 on every call for an hour", Tier: 1, Facts: (*world).crowd, Arm: func(w *world) {
			wait := []time.Duration{0, 30 * time.Second}[w.random.IntN(2)]
			w.outage("F30", 0, time.Hour, always(fate{err: throttled(wait)}))
			if w.expect.MostCalls = 100; w.mixed { // without a circuit it were up to 250
				w.expect.MostCalls = 150 // what another fault delivers again is called about again
			}
			w.expect.Opens = port.Degraded
		}},
	}
}

// waits throttles a call with the time that the target wants to be left alone.
func waits(wait time.Duration) fate { return fate{err: throttled(wait), quiet: wait} }

func answerFaults() []Fault {
	return []Fault{
		{ID: "F31", What: "a burst of 500", Tier: 1, Arm: func(w *world) {
			w.targetFails("F31", 0.4, 5, always(fate{err: unavailable(500)}))
		}},
		{ID: "F32", What: "500 after the effect", Tier: 1, Arm: func(w *world) {
			w.targetFails("F32", 0.4, 5, always(fate{err: unavailable(500), applied: true}))
		}},
		{ID: "F33", What: "time-out after the effect", Tier: 1, Arm: func(w *world) {
			w.targetFails("F33", 0.3, 3, func(call) fate { return fate{hang: true, applied: true, slow: w.between(0, 2*time.Second)} })
		}},
		{ID: "F34", What: "hang, then the effect comes late", Tier: 1, Facts: (*world).withVersions, Arm: func(w *world) {
			w.targetFails("F34", 0.3, 2, func(call) fate {
				return fate{hang: true, applied: true, slow: w.between(0, timeout+linger-time.Second)}
			})
		}},
		{ID: "F35", What: "slow", Tier: 1, Arm: func(w *world) {
			w.targetFails("F35", 0.5, 0, func(call) fate { return fate{slow: w.between(0, 25*time.Second)} })
		}},
		{ID: "F36", What: "connection reset before, amid and after", Tier: 1, Arm: func(w *world) {
			w.targetFails("F36", 0.4, 4, func(call) fate {
				if w.chance(0.33) {
					return fate{err: unconnected("reset before anything was sent")}
				}
				return fate{err: ambiguous("reset"), applied: w.chance(0.5)}
			})
		}},
		{ID: "F39", What: "200 with an answer that nobody can read", Tier: 2, Arm: func(w *world) {
			w.targetFails("F39", 0.4, 4, func(call) fate { return fate{err: ambiguous("not the answer of a write"), applied: w.chance(0.7)} })
		}},
		{ID: "F42", What: "a parent that comes hours later", Tier: 2, Facts: (*world).lateParent, Arm: func(*world) {}},
		{ID: "F43", What: "400", Tier: 2, Other: true, Facts: (*world).withVictim, Arm: func(w *world) {
			w.inject("F43", rule{ops: []op{opDeliver}, on: victim, chance: 1, fate: always(fate{err: rejected("lines[0].sku")})})
			w.expect.Dead[victim], w.expect.Reason = true, "value invalid lines[0].sku"
		}},
	}
}

func accessFaults() []Fault {
	return []Fault{
		{ID: "F44", What: "401, once or for two hours", Tier: 1, Arm: func(w *world) {
			if w.chance(0.5) {
				w.targetFails("F44", 0.4, 1, always(fate{err: unauthorized(401)}))
				return
			}
			w.outage("F44", 0, 2*time.Hour, always(fate{err: unauthorized(401)}))
			w.expect.Opens = port.AuthExpired
		}},
		{ID: "F45", What: "403 for three hours", Tier: 2, Arm: func(w *world) {
			w.outage("F45", time.Minute, 3*time.Hour, always(fate{err: unauthorized(403)}))
		}},
		{ID: "F48", What: "a search that lags behind", Tier: 2, Needs: connector.Search, Arm: func(w *world) {
			w.target.lag = 10 * time.Minute
			w.targetFails("F48", 0.4, 3, func(call) fate { return fate{err: ambiguous("reset"), applied: w.chance(0.6)} })
		}},
		{ID: "F49", What: "maintenance", Tier: 2, Arm: func(w *world) {
			from := w.amid()
			w.outage("F49", from, from+w.between(10*time.Minute, 4*time.Hour), func(call) fate { return fate{err: unavailable(503)} })
		}},
	}
}
