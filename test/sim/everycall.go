package sim

import (
	"fmt"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// EveryCall is the name of the cases that take every call of a short day away, one by one:
// each of its calls fails before its effect, fails after it, or has its process killed
// before or after it. Where calls are many, the day is the same in each case: the seed says
// which call, how, and what the target offers.
const EveryCall = "call"

// ways are what becomes of the one call.
var ways = []func(k call) fate{
	func(k call) fate { return fate{err: brokenCall(k)} },
	func(k call) fate { return fate{err: brokenCall(k), applied: true} },
	func(call) fate { return fate{crash: before} },
	func(call) fate { return fate{crash: after} },
}

func brokenCall(k call) error {
	if k.op == opDeliver || k.op == opFind {
		return ambiguous("reset")
	}
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: "calling " + string(k.op), Detail: "out of reach"}
}

// EveryCalls returns as many cases as the longest of the days has calls, in all ways.
func EveryCalls() []Case {
	most := 0
	for _, o := range offers {
		w := newWorld(0, o)
		calls := w.countCalls()
		w.shortDay()
		most = max(most, *calls)
	}
	all := make([]Case, most*len(ways)*len(offers))
	for seed := range all {
		all[seed] = Case{Faults: []string{EveryCall}, Seed: uint64(seed)}
	}
	return all
}

// everyCall plays one of the cases.
func everyCall(c Case, trace bool) *world {
	seed := int(c.Seed)
	w := newWorld(0, offers[seed%len(offers)])
	w.tracing = trace
	way := ways[seed/len(offers)%len(ways)]
	at, calls := seed/len(offers)/len(ways), 0
	w.injectors = append(w.injectors, &injector{id: EveryCall, strike: func(k call) (fate, bool) {
		calls++
		return way(k), calls == at+1
	}})
	w.shortDay()
	return w
}

func (w *world) countCalls() *int {
	calls := 0
	w.injectors = append(w.injectors, &injector{id: "count", strike: func(call) (fate, bool) {
		calls++
		return fate{}, false
	}})
	return &calls
}

// shortDay is a customer in two states, its order, which is cancelled, and a payment, with
// one worker of each kind, and a poll at the end.
func (w *world) shortDay() {
	w.filtered, w.batch, w.target.limit, w.target.meter = false, 2, 2, meter{}
	w.worker("translate0", inbox, w.translator)
	w.worker("backfill", backfill, w.translator)
	w.worker("deliver0", route.Queue(), w.deliverer)
	for i, f := range []fact{
		{Type: canonical.OrderPlaced, Kind: "order", ID: "o", Version: 1, Parent: "customer/c"},
		{Type: canonical.CustomerUpserted, Kind: "customer", ID: "c", Version: 1},
		{Type: canonical.PaymentCaptured, Kind: "payment", ID: "o", Version: 1, Parent: "order/o"},
		{Type: canonical.CustomerUpserted, Kind: "customer", ID: "c", Version: 2},
		{Type: canonical.OrderCancelledEvent, Kind: "order", ID: "o", Version: 2, Parent: "customer/c", Closed: true},
	} {
		w.deliver(newDelivery(fmt.Sprint("webhook-", i), f), time.Duration(i)*time.Second)
	}
	w.poll(time.Hour)
	w.run()
	w.close()
}
