package sim

import (
	"fmt"
	"slices"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/entity"
)

// The faults of versions and of what is remembered for long: F64 to F69, F73, F74.
func versionFaults() []Fault {
	none := func(*world) {}
	return []Fault{
		{ID: "F64", What: "two contents under one version, by webhook and poll", Tier: 1, Facts: (*world).tied, Arm: (*world).settleTies},
		{ID: "F65", What: "A, B, A within one second", Tier: 1, Facts: (*world).backAndForth, Arm: (*world).settleTies},
		{ID: "F66", What: "placed and cancelled of one delivery, one of them deferred", Tier: 1, Facts: (*world).closedAtOnce, Arm: (*world).deferOne},
		{ID: "F67", What: "a fact of once is reported again and again", Tier: 1, Facts: (*world).reportedAgain, Arm: func(w *world) { w.expect.Single = !w.mixed }},
		{ID: "F68", What: "a dead letter expires, is purged, moved or copied", Tier: 1, Other: true, Facts: (*world).operatorFacts, Arm: (*world).loseLetters},
		{ID: "F69", What: "an entity is rejected, then corrected at the source", Tier: 1, Facts: (*world).incorrect, Arm: (*world).correct},
		{ID: "F73", What: "a replay of any age", Tier: 1, Facts: (*world).unfiltered, Arm: none, Then: (*world).oldReplay},
		{ID: "F74", What: "the source's clock is a day ahead, then right", Tier: 1, Facts: (*world).clockAhead, Arm: (*world).clockIsNoticed},
	}
}

// mustEnd adds a promise: when everything has come to rest, the target has the newest state
// that the shop has of the entity.
func (w *world) mustEnd(entity string) {
	w.checks = append(w.checks, func() {
		var newest fact
		for _, d := range w.deliveries {
			if f := d.fact; f.entity() == entity && f.Version >= newest.Version && d.accepted {
				newest = f
			}
		}
		if at := w.target.current[entity]; newest.Version > 0 && at.Content != newest.content() {
			w.broken = append(w.broken, Violation{Stale, entity, at.Event, fmt.Sprintf("ends as %q, and the shop has %q", at.Content, newest.content())})
		}
	})
}

// second is one second of the shop's clock in which all of the tied states were made.
var second = epoch.Add(-30 * time.Minute)

func tiedFact(id string, number int, content string, hint time.Duration) fact {
	f := fact{
		Type: canonical.CustomerUpserted, Kind: "customer", ID: id, Version: number, Content: content,
		Updated: second, Hint: second.Add(hint),
	}
	f.NoHint = hint == 0
	return f
}

// tied are two customers with two states of one second: one whose webhooks do not say when
// they were sent, and one whose webhooks were sent in the same instant.
func (w *world) tied() []fact {
	w.mustEnd("customer/tied")
	w.mustEnd("customer/same")
	w.mustEnd("customer/" + unpolled)
	return append(w.trade(),
		tiedFact("tied", 1, "A", 0), tiedFact("tied", 2, "B", 0),
		tiedFact("same", 1, w.either("A", "B"), time.Millisecond), tiedFact("same", 2, w.either("C", "0"), time.Millisecond),
		alike("A", "B"), alike("B", "A"),
	)
}

// alike is one of two contents of one version that no poll settles. Every order of arrival
// ends with the one of the greater hash: it counts as the newer.
func alike(content, other string) fact {
	f, o := tiedFact(unpolled, 1, content, time.Millisecond), tiedFact(unpolled, 1, other, time.Millisecond)
	if hashOf(f) > hashOf(o) {
		f.Version = 2
	}
	return f
}

func hashOf(f fact) string {
	s, err := entity.StateOf(f.events()[0], false, epoch)
	if err != nil {
		panic(err) // the model's bodies are valid
	}
	return s.Hash
}

func (w *world) either(a, b string) string {
	if w.chance(0.5) {
		return a
	}
	return b
}

// settleTies polls the shop; after that no delivery of that second may change anything. The
// oldest state is delivered once more an hour later. Beside other faults a poll may come too
// early, so that there is a last one.
func (w *world) settleTies() {
	w.poll(w.spread + 2*time.Minute)
	w.poll(w.spread + 30*time.Minute)
	if w.chance(0.5) { // some are in hand when the first poll comes
		w.inject("F64", rule{ops: []op{opDeliver}, on: "customer/", chance: 0.5, perEvent: 2, until: w.spread + 10*time.Minute, fate: func(k call) fate {
			tied := k.name == "customer/tied" || k.name == "customer/same"
			if !tied || w.chance(0.5) {
				return waits(w.between(time.Minute, 10*time.Minute))
			}
			return fate{err: unavailable(500), applied: w.chance(0.5)}
		}})
	}
	for i, d := range w.deliveries[:len(w.deliveries):len(w.deliveries)] {
		if d.fact.Updated.Equal(second) && w.chance(0.5) {
			w.deliver(newDelivery(fmt.Sprint("late-", i), d.fact), w.spread+w.between(time.Hour, 2*time.Hour))
		}
	}
	if w.mixed {
		w.poll(10 * time.Hour)
	}
	w.struck++
}

// backAndForth is a customer that was changed and changed back within a second, reported once
// with the instants and once without.
func (w *world) backAndForth() []fact {
	facts := w.trade()
	for i, content := range []string{"A", "B", "A"} {
		facts = append(facts,
			tiedFact(unpolled+"-hinted", i+1, content, time.Duration(i+1)*time.Millisecond), tiedFact("unhinted", i+1, content, 0))
	}
	w.mustEnd("customer/" + unpolled + "-hinted")
	w.mustEnd("customer/unhinted")
	return facts
}

// closedAtOnce are orders whose cancellation is delivered under both topics, or in a
// delivery of its own right after the placing, with a draft before that a filter skips.
func (w *world) closedAtOnce() []fact {
	facts := w.trade()
	for i := range 3 {
		placed := fact{Type: canonical.OrderPlaced, Kind: "order", ID: fmt.Sprint("closed-", i), Version: 1}
		if w.chance(0.4) {
			placed.Out = later
		}
		cancelled := placed
		cancelled.Type, cancelled.Version, cancelled.Closed, cancelled.Out = canonical.OrderCancelledEvent, 2, true, ""
		if cancelled.Also = canonical.OrderPlaced; w.chance(0.5) {
			cancelled.Type, cancelled.Also = cancelled.Also, cancelled.Type
		}
		switch w.random.IntN(3) {
		case 0:
			facts = append(facts, cancelled)
		case 1:
			facts = append(facts, placed, cancelled)
		default:
			cancelled.Type, cancelled.Also = canonical.OrderCancelledEvent, ""
			facts = append(facts, placed, cancelled)
		}
		w.mustEnd(placed.entity())
	}
	return facts
}

// deferOne has the target defer one event of an order, or fail it after the effect.
func (w *world) deferOne() {
	w.inject("F66", rule{ops: []op{opDeliver}, on: "order/closed", chance: 0.4, perEvent: 1, fate: func(call) fate {
		if w.chance(0.5) {
			return waits(w.between(time.Second, 10*time.Minute))
		}
		return fate{err: unavailable(500), applied: w.chance(0.5)}
	}})
}

// reportedAgain are a payment and a release that are reported again: in newer versions, after
// twenty other events of the order, after a filter had skipped them, and 100 days later.
func (w *world) reportedAgain() []fact {
	w.mustEnd("order/again")
	facts := append(w.trade(), fact{Type: canonical.OrderPlaced, Kind: "order", ID: "again", Version: 1})
	release := fact{Type: canonical.PaymentAuthorized, Kind: "order", ID: "again", Version: 1}
	if w.chance(0.4) {
		release.Out = later
	}
	payment := fact{Type: canonical.PaymentCaptured, Kind: "payment", ID: "again", Version: 1, Parent: "order/again"}
	for v := range 20 {
		facts = append(facts, fact{Type: canonical.OrderChanged, Kind: "order", ID: "again", Version: v + 2})
	}
	for v := range 3 {
		release.Version, payment.Version = v+30, v+1 // a release may be newer than every state of its order
		facts = append(facts, release, payment)
		release.Out = ""
		for i, f := range []fact{release, payment} {
			f.Version += 4
			w.after(w.between(time.Hour, 101*24*time.Hour), func() {
				w.struck++
				w.deliver(newDelivery(fmt.Sprint("again-", v, "-", i), f), 0)
			})
		}
	}
	return facts
}

// loseLetters has the target reject facts until it is fixed. Their dead letters expire, are
// purged, are moved as the queue's console does, or are copied. Then each of them is reported
// again: the fact under a newer version, the customer with a newer state.
func (w *world) loseLetters() {
	w.refuses("F68", fixed)
	how := w.random.IntN(4)
	w.after(fixed+time.Minute, func() {
		dead := route.Queue() + "-dead"
		letters := w.store.queues[dead]
		w.struck += len(letters)
		switch how {
		case 0: // expired, or purged
			w.store.queues[dead] = nil
		case 1:
			for _, h := range letters {
				w.store.copy(h, route.Queue(), w.between(0, time.Hour))
			}
		case 2:
			w.store.queues[dead] = nil
			for _, h := range letters {
				w.store.copy(h, route.Queue(), w.between(0, time.Hour))
			}
		default:
			w.redrive(0, func(o *operator) { o.native, o.careless = true, true }, nil)
		}
	})
	for i, d := range w.deliveries[:len(w.deliveries):len(w.deliveries)] {
		if f := d.fact; f.ID == "refused" || f.Kind == "payment" && len(f.ID) > 8 && f.ID[:8] == "refused-" {
			f.Version, f.since = f.Version+10, epoch.Add(fixed)
			w.deliver(newDelivery(fmt.Sprint("anew-", i), f), fixed+w.between(0, 2*time.Hour))
		}
	}
	w.redrive(fixed+6*time.Hour, nil, nil) // resolves the letters that were left
	w.mustEnd("customer/refused")
}

// incorrect is a customer that the target rejects until it is corrected, and its order.
func (w *world) incorrect() []fact {
	wrong := fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: "wrong", Version: 1}
	return append(append(w.trade(), wrong), w.purchase("wrong", "wrong-0")...)
}

// wakeWithin is how long after the entity that it waits for a message is at the target: it is
// woken, while by itself it would look after up to a quarter of an hour.
const wakeWithin = 3 * time.Minute

// correct has the shop correct the customer after hours.
func (w *world) correct() {
	w.inject("F69", rule{
		ops: []op{opDeliver}, on: "customer/wrong", chance: 1, fate: always(fate{err: rejected("email")}),
		when: func(k call) bool { return k.number == 1 },
	})
	last := len(w.injectors) - 1 // what the target rejects, no other fault lets it take
	w.injectors = slices.Concat(w.injectors[last:], w.injectors[:last])
	right := fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: "wrong", Version: 2, since: epoch.Add(time.Hour)}
	w.deliver(newDelivery("corrected", right), w.between(time.Hour, 5*time.Hour))
	w.mustEnd("customer/wrong")
	w.checks = append(w.checks, func() {
		order, there := w.target.current["order/wrong-0"]
		if late := order.At.Sub(w.target.current["customer/wrong"].At); there && !w.mixed && late > wakeWithin {
			w.breaks(order.Event, "the order reached the target %s after its customer, for which it waited", late)
		}
	})
}

// unfiltered is the usual trade, of which no filter skips anything: what a filter skipped is
// not remembered for ever, and a replay of years ago has it filtered again.
func (w *world) unfiltered() []fact {
	w.filtered = false
	return w.trade()
}

// oldReplay sends the archive again after a day, a quarter or years.
func (w *world) oldReplay() {
	w.run()
	w.at(w.now.Add([]time.Duration{24 * time.Hour, 91 * 24 * time.Hour, 3 * 365 * 24 * time.Hour}[w.random.IntN(3)]), func() {})
	w.replay()
}

// clockAhead is a customer whose second state is dated a day ahead, and whose third is dated
// right.
func (w *world) clockAhead() []fact {
	facts := append(w.trade(), fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: "ahead", Version: 1})
	for i, ahead := range []time.Duration{w.between(time.Hour, 48*time.Hour), 0} {
		at, v := w.spread+time.Duration(i+1)*20*time.Minute, i+2
		f := fact{
			Type: canonical.CustomerUpserted, Kind: "customer", ID: "ahead", Version: v,
			Updated: epoch.Add(at + ahead), since: epoch.Add(at),
		}
		w.deliver(newDelivery(fmt.Sprint("ahead-", v), f), at)
	}
	w.mustEnd("customer/ahead")
	return facts
}

// clockIsNoticed expects an alarm and a note. Beside other faults the wrong state may be
// delivered late, so that there is a last poll.
func (w *world) clockIsNoticed() {
	w.struck++
	if w.mixed {
		w.poll(10 * time.Hour)
		return
	}
	w.checks = append(w.checks, func() {
		noted := false
		for _, e := range w.store.entries() {
			noted = noted || e.Entity.ID == "ahead" && len(e.Notes) > 0
		}
		if w.alarms["clock_ahead"] == 0 || !noted {
			w.breaks("", "the source's clock is a day ahead: alarms %v, noted %v", w.alarms, noted)
		}
	})
}
