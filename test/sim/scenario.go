package sim

import (
	"fmt"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/port"
)

// reportAll delivers the shop's facts, in any order, some of them twice. In one world of three the
// shop is polled too.
func (w *world) reportAll(facts []fact) {
	w.spread = []time.Duration{0, 10 * time.Second, 5 * time.Minute}[w.random.IntN(3)]
	spread := w.spread
	for i, f := range facts {
		d := newDelivery(fmt.Sprintf("webhook-%d", i), f)
		w.deliver(d, f.delay()+w.between(0, spread))
		if w.chance(0.15) { // the same delivery once more, though it was answered
			w.deliver(newDelivery(d.id, f), w.between(0, 2*spread+time.Second))
		}
		if w.chance(0.1) { // the same fact under another topic
			w.deliver(newDelivery(d.id+"-too", f), w.between(0, 2*spread+time.Second))
		}
	}
	if w.chance(0.3) {
		w.poll(w.between(0, 2*spread+time.Minute))
	}
}

func (w *world) deliver(d *delivery, pause time.Duration) {
	w.deliveries = append(w.deliveries, d)
	w.happens(d.fact)
	w.post(d, pause)
}

// trade draws what happens in the shop: customers with versions, their orders with
// changes, and a payment for each.
func (w *world) trade() []fact {
	var facts []fact
	customers := 1
	if w.chance(0.3) {
		customers = 2
	}
	for c := range customers {
		customer := fmt.Sprint("c", c)
		for v := range 1 + w.random.IntN(3) {
			facts = append(facts, fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: customer, Version: v + 1})
		}
		for o := range 1 + w.random.IntN(2) {
			facts = append(facts, w.purchase(customer, fmt.Sprintf("%s-%d", customer, o))...)
		}
	}
	w.random.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	return facts
}

func (w *world) purchase(customer, order string) []fact {
	placed := fact{Type: canonical.OrderPlaced, Kind: "order", ID: order, Version: 1, Parent: "customer/" + customer}
	if w.filtered && w.chance(0.4) {
		placed.Out = w.out()
	}
	facts := []fact{placed}
	changes := w.random.IntN(4)
	for v := range changes {
		changed := placed
		changed.Type, changed.Version, changed.Out = canonical.OrderChanged, v+2, w.out()
		if v == changes-1 && w.chance(0.3) {
			changed.Type, changed.Closed, changed.Out = canonical.OrderCancelledEvent, true, ""
		}
		facts = append(facts, changed)
	}
	if last := facts[len(facts)-1]; changes > 0 && w.chance(0.3) { // the state of one delivery under another topic
		last.Type = canonical.OrderPlaced
		facts = append(facts, last)
	}
	return append(facts, fact{Type: canonical.PaymentCaptured, Kind: "payment", ID: order, Version: 1, Parent: "order/" + order})
}

// out draws whether, and how, a filter skips a version.
func (w *world) out() string {
	if !w.filtered {
		return ""
	}
	return []string{"", "", later, final}[w.random.IntN(4)]
}

// replay sends the whole archive again, under new ids, when everything has come to rest.
func (w *world) replay() {
	w.run()
	w.replayed = w.now
	w.struck += len(w.deliveries)
	for i, d := range w.deliveries[:len(w.deliveries):len(w.deliveries)] {
		if d.accepted {
			w.deliver(newDelivery(fmt.Sprintf("replay-%d", i), d.fact), w.between(0, time.Minute))
		}
	}
}

// victim is the entity that a fault picks on: a payment, so that nothing waits for it.
const victim = "payment/victim"

// manyVersions is a customer with four versions.
const manyVersions = "many"

func (w *world) withVictim() []fact {
	return append(w.trade(), w.once("victim")...)
}

// once is a payment that is told in two versions by chance, the last of them the newest.
func (w *world) once(id string) (facts []fact) {
	for v := range 1 + w.random.IntN(2) {
		facts = append(facts, fact{Type: canonical.PaymentCaptured, Kind: "payment", ID: id, Version: v + 1})
	}
	return facts
}

func (w *world) withSpoilt() []fact {
	facts := w.withVictim()
	facts[len(facts)-1].Spoilt = true
	return facts
}

func (w *world) withVersions() []fact {
	facts := w.trade()
	for _, v := range w.random.Perm(4) {
		facts = append(facts, fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: manyVersions, Version: v + 1})
	}
	return facts
}

func (w *world) withLarge() []fact {
	return []fact{{Type: canonical.CustomerUpserted, Kind: "customer", ID: "large", Version: 1, Filler: strings.Repeat("x", 130<<10)}}
}

// crowd are customers that wait for nobody, beside the usual trade.
func (w *world) crowd() []fact {
	facts := w.trade()
	for i := range 8 {
		facts = append(facts, fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: fmt.Sprint("crowd", i), Version: 1})
	}
	return facts
}

// amid draws a moment while the shop tells its facts.
func (w *world) amid() time.Duration { return w.between(0, w.spread+2*time.Second) }

func (w *world) burst() []fact {
	var facts []fact
	w.after(time.Minute, func() { w.struck += len(w.target.effects) / 60 }) // by then it has reached the target
	for i := range 60 {
		facts = append(facts, fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: fmt.Sprint("b", i), Version: 1})
	}
	return facts
}

// lateParent tells of a customer's order hours before the customer.
func (w *world) lateParent() []fact {
	w.after(w.between(time.Hour, 5*time.Hour), func() {
		w.struck++
		w.deliver(newDelivery("late", fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: "late", Version: 1}), 0)
	})
	return append(w.trade(), w.purchase("late", "late-0")...)
}

// victimEvent matches the calls about one version of the entity.
func (w *world) victimEvent(entity string, number int) func(k call) bool {
	return func(k call) bool { return k.name == entity && k.number == number }
}

// garbage puts something into the queue that we never wrote.
func (w *world) garbage(queue string) {
	w.struck++
	w.store.add(queue, "garbage", port.Outgoing{Body: []byte(`{"id":`)})
}
