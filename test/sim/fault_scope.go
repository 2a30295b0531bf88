package sim

import (
	"fmt"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// document is the target's own error document about one record, under the status.
func document(status int) error {
	return &fault.Error{
		Kind: fault.Unavailable, Class: fault.Ambiguous, Scope: fault.EntityScope, Status: status, Code: "UNEXPECTED_ERROR",
		Doing: "writing to the ERP", Detail: "an unexpected error in this record's script",
	}
}

func forbidden() error {
	return &fault.Error{
		Kind: fault.Unauthorized, Class: fault.Auth, Scope: fault.OperationScope, Status: 403, Code: "INSUFFICIENT_PERMISSION",
		Doing: "writing to the ERP", Detail: "the role may not create customer deposits",
	}
}

func unset() error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: "ERP_DEPOSIT_ACCOUNT", Doing: "writing to the ERP", Detail: "EUR",
	}
}

// The faults of scope: how much waits for a failure. F70 to F72.
func scopeFaults() []Fault {
	return []Fault{
		{ID: "F70", What: "the target answers an error document with 500 for two entities, or for all", Tier: 1, Other: true, Facts: (*world).quietTrade, Arm: (*world).documents},
		{ID: "F71", What: "the permission for one operation is missing", Tier: 1, Other: true, Facts: (*world).quietTrade, Arm: func(w *world) {
			w.inject("F71", rule{ops: []op{opDeliver}, chance: 1, until: 3 * time.Hour, fate: always(fate{err: forbidden()}), when: func(k call) bool { return k.kind == canonical.PaymentCaptured }})
			w.expect.Opens = port.AuthExpired
			w.arriveOnTime(time.Hour)
			w.callsAtMost(canonical.PaymentCaptured, 80)
		}},
		{ID: "F72", What: "a setting or a map entry is missing, then set", Tier: 1, Arm: (*world).setLate},
	}
}

const day = 24 * time.Hour

// quietTrade is a customer, an order and payments that wait for nothing, and no limits of the target that
// could hold up others.
func (w *world) quietTrade() []fact {
	w.target.limit, w.target.meter, w.filtered = 4, meter{}, false
	return []fact{
		{Type: canonical.CustomerUpserted, Kind: "customer", ID: "quiet", Version: 1},
		{Type: canonical.OrderPlaced, Kind: "order", ID: "quiet", Version: 1},
		{Type: canonical.PaymentCaptured, Kind: "payment", ID: "quiet", Version: 1},
		{Type: canonical.PaymentCaptured, Kind: "payment", ID: "quiet-too", Version: 1},
	}
}

// arriveOnTime sends customers and expects each of them at the target within a minute.
func (w *world) arriveOnTime(from time.Duration) {
	for i := range 4 {
		f := fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: fmt.Sprint("healthy-", from.Hours(), "-", i), Version: 1}
		at := from + w.between(0, time.Hour)
		w.deliver(newDelivery(f.ID, f), at)
		w.checks = append(w.checks, func() {
			e, there := w.target.current[f.entity()]
			if late := e.At.Sub(epoch.Add(at)); !there || late > time.Minute {
				w.breaks("", "%s reached the target %s after it was sent", f.entity(), late)
			}
		})
	}
}

func (w *world) callsAtMost(kind string, most int) {
	calls := 0
	w.injectors = append(w.injectors, &injector{id: "count", strike: func(k call) (fate, bool) {
		if k.op == opDeliver && k.kind == kind {
			calls++
		}
		return fate{}, false
	}})
	w.checks = append(w.checks, func() {
		if calls > most {
			w.breaks("", "%d calls of %s, want %d at most", calls, kind, most)
		}
	})
}

// documents has the target fail for two entities for good, with nothing else to deliver for
// hours: both die at their budget, and what is healthy arrives on time. Every third time it
// fails for all entities: that is an outage, and none dies.
func (w *world) documents() {
	w.policy.Transient = day // a third of what is usual, so that a case is played in a third of the time
	if w.chance(0.33) {
		w.documentsForAll()
		return
	}
	w.policy.Parent = w.policy.Transient // a state that a poll passes on waits for the outcome of the other
	for i := range 2 {
		f := fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: fmt.Sprint(unpolled, "-failing-", i), Version: 1}
		w.deliver(newDelivery(f.ID, f), w.between(0, time.Minute))
		w.expect.Dead[f.entity()] = true
		w.checks = append(w.checks, func() { w.diesAtBudget(f) })
	}
	w.inject("F70", rule{ops: []op{opDeliver}, on: "customer/" + unpolled, chance: 1, fate: always(fate{err: document(500)})})
	w.arriveOnTime(8 * time.Hour)
	w.arriveOnTime(16 * time.Hour)
}

// documentsForAll has the target fail for every customer, for longer than its budget.
func (w *world) documentsForAll() {
	until := w.between(20*time.Hour, 3*day)
	w.policy.Backoff.Cap = time.Hour // so that a case is played in a quarter of the time
	w.inject("F70", rule{ops: []op{opDeliver}, on: "customer/", chance: 1, until: until, fate: always(fate{err: document(500)})})
	w.expect.Opens = port.Degraded
	for i := range 8 {
		f := fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: fmt.Sprint("all-", i), Version: 1}
		w.deliver(newDelivery(f.ID, f), w.between(0, 2*time.Hour))
	}
}

// diesAtBudget expects that the fact is dead once its budget is used up, and not long after.
func (w *world) diesAtBudget(f fact) {
	for _, e := range w.store.entries() {
		if entityOf(e) != f.entity() || e.Stage != port.Dead && e.Stage != port.Parked {
			continue
		}
		after := e.At.Sub(epoch)
		if after < w.policy.Transient || after > w.policy.Transient+2*time.Hour {
			w.breaks(e.Event, "%s is dead after %s, and its budget is %s", f.entity(), after, w.policy.Transient)
		}
		return
	}
	w.breaks("", "%s never died", f.entity())
}

// setLate has a setting missing at the target, or an entry of a map at the source, until
// an operator sets it. Each message waits, an alarm rings, and nothing is dead.
func (w *world) setLate() {
	until := w.between(time.Hour, 40*time.Hour)
	at := opDeliver
	if w.chance(0.3) {
		at = opTranslate
	}
	w.inject("F72", rule{ops: []op{at}, on: "payment/", chance: 1, until: until, fate: always(fate{err: unset()})})
	w.checks = append(w.checks, func() {
		if hits := w.hits(); hits > 0 && w.alarms["config_missing"] == 0 && !w.mixed {
			w.breaks("", "a setting was missing %d times, and no alarm rang", hits)
		}
	})
}
