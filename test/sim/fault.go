package sim

import (
	"slices"
	"time"

	"causeway.example/shared/connector"
)

// Fault is one line of the table of faults: what is done to the pipeline. Without
// Other the expected result is the standard one: nothing lost, doubled or stale,
// every accepted message confirmed or superseded, no operator needed.
type Fault struct {
	ID    string
	What  string
	Tier  int  // 1: on every commit; 2: nightly
	Other bool // a fault whose messages rightly end dead or parked, or that an operator ends
	Arm   func(w *world)
	// Facts are told instead of the usual trade; nil: the usual.
	Facts func(w *world) []fact
	// Then goes on when everything has come to rest.
	Then func(w *world)
	// Needs is the guarantee that the fault makes sense with; "": all.
	Needs connector.Guarantee
}

// Faults returns the table.
func Faults() []Fault {
	return slices.Concat(processFaults(), queueFaults(), targetFaults(), stateFaults(), operatorFaults(), versionFaults(), scopeFaults(), boundFaults())
}

// Elsewhere names the faults that a model of queues and one target cannot show, and
// what proves them.
func Elsewhere() map[string]string {
	return map[string]string{
		"F9":  "a function that cannot start: the run against the emulator, tests of the settings",
		"F18": "a rule's own dead letters: infrastructure tests and the run against the emulator",
		"F19": "claim check: porttest (vault), tests of Receive and Translate",
		"F23": "a paused event source: infrastructure tests and the run against the emulator",
		"F24": "receives used up by throttling: tests of package admission and of requeue.go, infrastructure tests",
		"F37": "DNS, TLS, certificates: tests of webapi",
		"F38": "errors inside a 200: tests of each connector and connectortest",
		"F40": "partial success: tests of each connector",
		"F41": "conflicts at the target: tests of each connector",
		"F46": "redirects: tests of webapi",
		"F47": "schema drift: tests of each translator",
		"F61": "edit and resend: the operator's command's, of which there is none so far",
		"F62": "versions side by side: tests of message and of the entry points",
		"F63": "purge: the same; a message that was deleted by hand: tests of package entity",
		"F78": "permissions of roles: infrastructure tests, which compare the policies with the calls of the code",
		"F79": "a function that cannot start: infrastructure tests of the queues' receive counts and retention",
	}
}

func processFaults() []Fault {
	return []Fault{
		{ID: "F1", What: "crash on receive", Tier: 1, Arm: func(w *world) {
			w.inject("F1", rule{ops: []op{opReceive}, chance: 0.2, most: 6, fate: always(fate{crash: after})})
		}},
		{ID: "F2", What: "crash after claim, before write", Tier: 1, Arm: func(w *world) { w.kills("F2", 0.25, before, "", opDeliver) }},
		{ID: "F3", What: "crash after write, before mark", Tier: 1, Arm: func(w *world) { w.kills("F3", 0.25, after, "", opDeliver) }},
		{ID: "F4", What: "crash after mark, before delete", Tier: 1, Arm: func(w *world) { w.kills("F4", 0.25, before, "", opDelete) }},
		{ID: "F5", What: "crash in the middle of a batch", Tier: 1, Arm: func(w *world) {
			w.batch = 10
			anything := []op{opGet, opPut, opAppend, opDeliver, opDelete, opDefer, opPublish}
			w.kills("F5", 0.03, before, "", anything...)
			w.kills("F5", 0.03, after, "", anything...)
		}},
		{ID: "F6", What: "function times out in the middle of a call", Tier: 1, Arm: func(w *world) {
			w.targetFails("F6", 0.25, 2, func(call) fate {
				return fate{crash: after, hang: true, applied: w.chance(0.6), slow: w.between(0, timeout+linger-time.Second)}
			})
		}},
		{ID: "F7", What: "out of memory on one message, again and again", Tier: 1, Other: true, Facts: (*world).withVictim, Arm: func(w *world) {
			w.kills("F7", 0.1, after, "", opDeliver)
			w.injectors = append(w.injectors, &injector{id: "F7", strike: func(k call) (fate, bool) {
				return fate{crash: before}, k.op == opDeliver && k.name == victim
			}})
			w.expect.Dead[victim] = true
		}},
		{ID: "F8", What: "panic on one message", Tier: 1, Other: true, Facts: (*world).withVictim, Arm: func(w *world) {
			w.panicking[string(opDeliver)+" "+victim] = true
			w.expect.Dead[victim] = true
		}},
		{ID: "F10", What: "door crashes after storing, before 2xx", Tier: 1, Arm: func(w *world) { w.kills("F10", 0.35, after, inbox, opSend) }},
		{ID: "F11", What: "door crashes before storing", Tier: 1, Arm: func(w *world) { w.kills("F11", 0.35, before, inbox, opSend) }},
	}
}

func queueFaults() []Fault {
	return []Fault{
		{ID: "F12", What: "a deleted message is delivered again", Tier: 1, Arm: func(w *world) {
			w.inject("F12", rule{ops: []op{opDelete}, chance: 0.3, most: 20, fate: always(fate{twice: true})})
		}},
		{ID: "F13", What: "a message is delivered to two at once", Tier: 1, Arm: func(w *world) {
			w.inject("F13", rule{ops: []op{opReceive}, chance: 0.4, most: 20, fate: func(call) fate { return fate{twice: true, slow: w.between(0, time.Second)} }})
		}},
		{ID: "F14", What: "versions arrive in any order", Tier: 1, Facts: (*world).withVersions, Arm: func(w *world) {
			w.targetFails("F14", 0.3, 0, func(call) fate { return fate{slow: w.between(0, 30*time.Second)} })
		}},
		{ID: "F15", What: "visibility ends in the middle of the work", Tier: 1, Facts: (*world).withVersions, Arm: func(w *world) {
			w.store.visibility = w.between(2*time.Second, 20*time.Second)
			w.targetFails("F15", 0.3, 3, func(call) fate { return fate{slow: w.between(0, 50*time.Second)} })
		}},
		{ID: "F16", What: "delete fails", Tier: 1, Arm: func(w *world) {
			w.inject("F16", rule{ops: []op{opDelete, opDefer}, chance: 0.4, perEvent: 6, fate: func(call) fate {
				return fate{err: down("deleting"), applied: w.chance(0.2)}
			}})
		}},
		{ID: "F17", What: "a batch is accepted in part", Tier: 1, Arm: func(w *world) {
			w.inject("F17", rule{ops: []op{opPublish}, chance: 0.4, perEvent: 5, fate: always(fate{err: down("publishing"), part: true})})
			w.inject("F17", rule{ops: []op{opSend}, on: inbox, chance: 0.3, perEvent: 3, fate: func(call) fate {
				return fate{err: down("sending"), applied: w.chance(0.5)}
			}})
		}},
		{ID: "F21", What: "poison among the versions of one entity", Tier: 1, Other: true, Facts: (*world).withVersions, Arm: func(w *world) {
			poison := w.victimEvent("customer/"+manyVersions, 2)
			w.inject("F21", rule{ops: []op{opDeliver}, chance: 1, when: poison, fate: always(fate{err: errUnclassified})})
			w.inject("F21", rule{ops: []op{opDelete}, chance: 0.3, most: 20, fate: always(fate{twice: true})})
			w.expect.Dead["customer/"+manyVersions], w.oneLetter = true, true
		}},
		{ID: "F22", What: "poison in a queue", Tier: 1, Other: true, Facts: (*world).withSpoilt, Arm: func(w *world) {
			w.after(w.between(0, time.Minute), func() { w.garbage(inbox) })
			w.after(w.between(0, time.Minute), func() { w.garbage(route.Queue()) })
			w.expect.Dead[victim], w.expect.Garbage = true, 2
		}},
		{ID: "F20", What: "an outage longer than a queue keeps messages", Tier: 2, Other: true, Facts: (*world).crowd, Arm: func(w *world) {
			// Mixed, a single message might be left to fail, which opens no circuit and rightly dies.
			w.outage("F20", 0, w.between(retention, 2*retention), always(fate{err: unavailable(503)}))
		}},
		{ID: "F25", What: "a burst", Tier: 2, Facts: (*world).burst, Arm: func(w *world) { w.batch = 10 }},
		{ID: "F26", What: "the whole archive is replayed", Tier: 2, Arm: func(*world) {}, Then: (*world).replay},
	}
}

func stateFaults() []Fault {
	table := []op{opGet, opPut, opAppend}
	return []Fault{
		{ID: "F50", What: "state and ledger throttle", Tier: 1, Arm: func(w *world) {
			// Refused more often than a message may crash, and less often than ever.
			chance := []float64{0.15, 0.4}[w.random.IntN(2)]
			w.inject("F50", rule{ops: table, chance: chance, perEvent: 40, fate: func(k call) fate {
				return fate{err: down("using the table"), applied: k.op != opGet && w.chance(0.4)}
			}})
			if w.stand == nil && w.chance(0.3) { // one record takes no end of an attempt, more often than a message may crash
				w.deliver(newDelivery("victim", w.once("victim")[0]), w.amid())
				w.inject("F50", rule{
					ops: []op{opPut}, on: erp + "|" + key("payment", "victim").String(), chance: 1, perEvent: 4 * w.policy.Crashes,
					when: func(k call) bool { return k.p.wrote }, fate: always(fate{err: down("using the table")}),
				})
			}
		}},
		{ID: "F51", What: "lost races", Tier: 1, Arm: func(w *world) {
			w.inject("F51", rule{ops: []op{opPut}, chance: 0.25, perEvent: 4, fate: func(k call) fate { return fate{err: lostRace(k.name)} }})
		}},
		{ID: "F52", What: "state out of reach for ten minutes", Tier: 1, Arm: (*world).stateDown},
		{ID: "F53", What: "a clock is ten minutes off", Tier: 1, Facts: (*world).withVersions, Arm: func(w *world) {
			w.skews["deliver0"] = []time.Duration{10 * time.Minute, -10 * time.Minute}[w.random.IntN(2)]
			w.targetFails("F53", 0.3, 3, func(call) fate { return fate{slow: w.between(0, 40*time.Second)} })
		}},
		{ID: "F54", What: "secrets are rotated", Tier: 1, Arm: (*world).rotate},
		{ID: "F55", What: "the archive refuses a write", Tier: 2, Facts: (*world).withLarge, Arm: func(w *world) {
			w.inject("F55", rule{ops: []op{opStore, opLoad}, chance: 0.5, most: 4, fate: func(call) fate {
				return fate{err: down("storing a body"), applied: w.chance(0.3)}
			}})
		}},
	}
}

// stateDown lets the table fail for ten minutes. Nothing may be written to the target
// unclaimed, and the door stays open.
func (w *world) stateDown() {
	from := w.amid()
	until := from + 10*time.Minute
	w.injectors = append(w.injectors, &injector{id: "F52", strike: func(k call) (fate, bool) {
		if passed := w.now.Sub(epoch); passed < from || passed >= until {
			return fate{}, false
		}
		switch k.op {
		case opGet, opPut, opAppend:
			return fate{err: down("reaching the table")}, true
		case opDeliver:
			if !k.p.claims {
				w.breaks(k.event, "was written while the state was out of reach and nobody had claimed it")
			}
		}
		return fate{}, false
	}})
	w.doorStaysOpen = true
}

// rotate replaces the shop's secret, with an overlap, and ours at the target.
func (w *world) rotate() {
	start := w.amid()
	w.after(start, func() { w.secrets["next"] = true })
	w.after(start+w.between(time.Second, time.Minute), func() { w.signature = "next" })
	// The overlap is longer than a delivery that was signed before can be under way.
	w.after(start+20*time.Minute, func() { delete(w.secrets, "current") })
	w.inject("F54", rule{ops: []op{opDeliver}, chance: 0.3, perEvent: 1, fate: always(fate{err: unauthorized(401)})})
}
