package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// injector spoils calls.
type injector struct {
	id     string
	strike func(k call) (fate, bool)
	hits   int
}

// rule says which calls an injector spoils, and how.
type rule struct {
	ops      []op
	on       string            // prefix of the queue, record key or entity; "" for any
	when     func(k call) bool // nil: always
	chance   float64           // of each call that matches
	most     int               // of all calls; 0: no limit
	perEvent int               // of the calls about one event; 0: no limit
	from     time.Duration     // after the beginning
	until    time.Duration     // after the beginning; 0: to the end
	fate     func(k call) fate
}

// inject adds a rule. Kills are limited per event over all rules: a message whose
// every attempt ends in a crash is poison and rightly buried.
func (w *world) inject(id string, r rule) {
	count := map[string]int{}
	i := &injector{id: id}
	i.strike = func(k call) (fate, bool) {
		if !r.matches(w, k) || r.most > 0 && i.hits >= r.most || r.perEvent > 0 && count[k.event] >= r.perEvent {
			return fate{}, false
		}
		if !w.chance(r.chance) {
			return fate{}, false
		}
		f := r.fate(k)
		if f.crash != never {
			if w.crashes[k.event] >= mostCrashes {
				return fate{}, false
			}
			w.crashes[k.event]++
		}
		count[k.event]++
		return f, true
	}
	w.injectors = append(w.injectors, i)
}

// mostCrashes is below Policy.Crashes.
const mostCrashes = 3

func (r rule) matches(w *world, k call) bool {
	passed := w.now.Sub(epoch)
	return slices.Contains(r.ops, k.op) && strings.HasPrefix(k.name, r.on) && passed >= r.from &&
		(r.until == 0 || passed < r.until) && (r.when == nil || r.when(k))
}

// fate asks the injectors what becomes of the call; the first that has an answer decides.
func (w *world) fate(k call) fate {
	for _, i := range w.injectors {
		if f, hit := i.strike(k); hit {
			f.name = i.id
			i.hits++
			w.circuit.strikes(k, f)
			return f
		}
	}
	return fate{}
}

// breaks notes that a promise of the fault at hand was not kept.
func (w *world) breaks(event, format string, args ...any) {
	w.broken = append(w.broken, Violation{Sort: Unexplained, Event: event, Text: fmt.Sprintf(format, args...)})
}

// always returns the same fate.
func always(f fate) func(call) fate { return func(call) fate { return f } }

// calls to the target fail with the error, before or after the effect.
func (w *world) targetFails(id string, chance float64, perEvent int, how func(k call) fate) {
	w.inject(id, rule{ops: []op{opDeliver}, chance: chance, perEvent: perEvent, fate: how})
}

// outage makes every call to the target fail in a span of time, searches too.
func (w *world) outage(id string, from, until time.Duration, how func(k call) fate) {
	w.inject(id, rule{ops: []op{opDeliver, opFind}, chance: 1, from: from, until: until, fate: how})
}

// kills ends processes at a call.
func (w *world) kills(id string, chance float64, here phase, on string, ops ...op) {
	w.inject(id, rule{ops: ops, on: on, chance: chance, fate: always(fate{crash: here})})
}
