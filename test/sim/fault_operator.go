package sim

import (
	"fmt"
	"time"

	"causeway.example/shared/canonical"
)

// fixed is when the target stops to refuse what operatorFacts tell.
const fixed = time.Hour

// operatorFacts are payments and customers that the target refuses until it is fixed.
func (w *world) operatorFacts() []fact {
	facts := w.trade()
	for i := range 2 + w.random.IntN(3) {
		facts = append(facts, w.once(fmt.Sprint("refused-", i))...)
	}
	for v := range 2 {
		facts = append(facts, fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: "refused", Version: v + 1})
	}
	return facts
}

// refuses lets the target refuse them until then; 0: for good.
func (w *world) refuses(id string, until time.Duration) {
	refused := []string{"payment/refused-", "customer/refused"}
	if w.stand != nil {
		refused = []string{w.traded[0].Kind + "/" + w.traded[0].ID}
	}
	for _, on := range refused {
		w.inject(id, rule{ops: []op{opDeliver}, on: on, chance: 1, until: until, fate: always(fate{err: rejected("amount")})})
	}
}

func operatorFaults() []Fault {
	return []Fault{
		{ID: "F56", What: "redrive during an outage", Tier: 1, Other: true, Facts: (*world).operatorFacts, Arm: (*world).redriveInOutage},
		{ID: "F57", What: "redrive twice at once", Tier: 1, Other: true, Facts: (*world).operatorFacts, Arm: (*world).redriveTwice},
		{ID: "F58", What: "the command is killed at each step of a move", Tier: 1, Other: true, Facts: (*world).operatorFacts, Arm: (*world).redriveKilled},
		{ID: "F59", What: "redrive of what is confirmed or superseded", Tier: 1, Other: true, Facts: (*world).operatorFacts, Arm: (*world).redriveConfirmed},
		{ID: "F60", What: "redrive in a loop", Tier: 1, Other: true, Facts: (*world).operatorFacts, Arm: (*world).redriveLoop},
	}
}

// redriveInOutage: the ramp stops at its first step, and goes on after the outage.
func (w *world) redriveInOutage() {
	w.refuses("F56", fixed)
	w.outage("F56", fixed, fixed+time.Hour, always(fate{err: unavailable(503)}))
	var first *operator
	w.redrive(fixed+time.Minute, func(o *operator) { o.ramp, first = true, o }, func(bool) {
		if first.moved > 1 {
			w.breaks("", "%d messages were redriven into an outage", first.moved)
		}
	})
	w.redrive(fixed+3*time.Hour, nil, nil)
}

// redriveTwice: two operators at once; every second time the lock does not help,
// because one of them moves by hand.
func (w *world) redriveTwice() {
	w.refuses("F57", fixed)
	careless := w.chance(0.5)
	w.redrive(fixed+time.Minute, nil, nil)
	w.redrive(fixed+time.Minute+w.between(0, 2*time.Second), func(o *operator) { o.careless, o.native = careless, careless && w.chance(0.5) }, nil)
	w.redrive(fixed+time.Hour, nil, nil)
}

// redriveKilled: killed again and again, until one run comes through.
func (w *world) redriveKilled() {
	w.refuses("F58", fixed)
	w.inject("F58", rule{
		ops: []op{opReceive, opGet, opSend, opPut, opAppend, opDelete}, chance: 0.15, most: 6, from: fixed,
		when: func(k call) bool { return k.p.name == "operator" },
		fate: func(call) fate { return fate{crash: []phase{before, after}[w.random.IntN(2)]} },
	})
	var again func(crashed bool)
	again = func(crashed bool) {
		if crashed {
			w.redrive(w.between(lockLife, 2*lockLife), func(o *operator) { o.native = w.chance(0.3) }, again)
		}
	}
	w.redrive(fixed+time.Minute, func(o *operator) { o.native = w.chance(0.3) }, again)
	w.redrive(fixed+5*time.Hour, nil, nil)
}

// redriveConfirmed: what was put back and confirmed is put back once more, by hand
// from a copy, and by a second operation.
func (w *world) redriveConfirmed() {
	w.refuses("F59", fixed)
	var copies []*parcel
	w.after(fixed, func() { copies = append(copies, w.letters()...) })
	w.redrive(fixed+time.Minute, nil, nil)
	w.after(fixed+time.Hour, func() {
		for _, h := range copies {
			queue := []string{route.Queue(), route.Queue() + "-dead"}[w.random.IntN(2)]
			w.store.copy(h, queue, w.between(0, time.Minute))
		}
	})
	w.redrive(fixed+2*time.Hour, nil, nil)
}

// redriveLoop: put back every hour what can never succeed.
func (w *world) redriveLoop() {
	w.refuses("F60", 0)
	for i := range 6 {
		w.redrive(time.Duration(i+1)*time.Hour, nil, nil)
		w.expect.Dead[fmt.Sprint("payment/refused-", i)] = true
	}
	w.expect.Dead["customer/refused"] = true
	w.expect.Redrives = w.policy.Loops
}

// letters returns what lies in the route's dead-letter queue.
func (w *world) letters() []*parcel { return w.store.queues[route.Queue()+"-dead"] }
