package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// The faults of bounds and of what is accepted: F75 to F77, F80 to F83.
func boundFaults() []Fault {
	return []Fault{
		{ID: "F75", What: "the vault refuses for six days", Tier: 1, Facts: (*world).withLarge, Arm: func(w *world) {
			w.store.visibility = 30 * time.Minute // so that a case is played in a fifth of the time
			w.inject("F75", rule{ops: []op{opLoad}, chance: 1, until: 6 * 24 * time.Hour, fate: always(fate{err: down("loading a body")})})
		}},
		{ID: "F76", What: "the ledger hangs at the door", Tier: 1, Arm: func(w *world) {
			w.inject("F76", rule{ops: []op{opAppend}, chance: 0.7, when: func(k call) bool { return k.p.name == "door" }, fate: always(fate{hang: true})})
		}},
		{ID: "F77", What: "text that a queue refuses", Tier: 1, Facts: (*world).unsendableText, Arm: (*world).textIsNoted},
		{ID: "F80", What: "one delivery id with two bodies", Tier: 1, Facts: (*world).usual, Arm: (*world).reuseDeliveryID},
		{ID: "F82", What: "one entity that a poll cannot read, compare or translate", Tier: 1, Other: true, Facts: (*world).unwebhooked, Arm: (*world).pollBesideBad},
		{ID: "F83", What: "the bus and the vault refuse for four to six days", Tier: 1, Facts: (*world).quietOrLarge, Arm: (*world).busDown},
		{ID: "F81", What: "an entity with thousands of ledger entries", Tier: 2, Arm: (*world).longHistory},
	}
}

func (w *world) usual() []fact { return w.trade() }

func (w *world) quietOrLarge() []fact {
	if w.chance(0.2) {
		return w.withLarge()
	}
	return w.quietTrade()
}

// busDown has the bus refuse, and the vault that large bodies pass on their way to it, for
// longer than any message has budget. The ledger says why they wait.
func (w *world) busDown() {
	w.policy.Transient, w.policy.Config = day, 2*day // a setting may be missing for 40 hours (F72)
	w.policy.Backoff.Cap = 2 * time.Hour             // so that a case is played in an eighth of the time
	w.inject("F83", rule{
		ops: []op{opPublish, opStore}, chance: 1, until: w.between(4*day, 6*day), fate: always(fate{err: down("publishing")}),
		when: func(k call) bool { return k.p.name != "door" },
	})
	w.checks = append(w.checks, func() {
		said := slices.ContainsFunc(w.store.entries(), func(e port.Entry) bool {
			return e.Stage == port.Deferred && strings.HasPrefix(e.Outcome, "waits for a service of ours")
		})
		if w.hits() > 0 && !said && !w.mixed {
			w.breaks("", "the bus refused %d times, and the ledger does not say so", w.hits())
		}
	})
}

// unsendableText are states with characters that JSON allows and SQS refuses.
func (w *world) unsendableText() []fact {
	facts := w.trade()
	for i, text := range []string{"a\ufffeb", "\uffff", "nul \x00 and bell \x07", "mixed \ufffe\uffff\x00"} {
		facts = append(facts, fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: fmt.Sprint("text-", i), Version: 1, Content: text})
	}
	return facts
}

// textIsNoted expects each replaced character to be noted.
func (w *world) textIsNoted() {
	w.struck++
	w.checks = append(w.checks, func() {
		for _, e := range w.store.entries() {
			replaced := strings.HasPrefix(e.Entity.ID, "text-") && e.Entity.ID != "text-2"
			if replaced && e.Stage == port.Published && len(e.Notes) == 0 {
				w.breaks(e.Event, "text of %s was replaced, and nothing notes it", e.Entity.ID)
			}
		}
	})
}

// reuseDeliveryID sends two customers under one delivery id, at once or one after the other.
func (w *world) reuseDeliveryID() {
	for i := range 2 {
		for j := range 2 {
			f := fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: fmt.Sprint("reused-", i, "-", j), Version: 1}
			w.deliver(newDelivery(fmt.Sprint("reused-", i), f), w.between(0, time.Duration(j*i)*time.Hour+time.Second))
			w.mustEnd(f.entity())
		}
	}
	w.struck++
	w.checks = append(w.checks, func() {
		if w.alarms["delivery_conflict"] == 0 {
			w.breaks("", "two deliveries had one id, and no alarm rang")
		}
	})
}

// unwebhooked are customers that no webhook reports.
func (w *world) unwebhooked() []fact {
	for i := range 4 {
		w.happens(fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: fmt.Sprint("silent-", i), Version: 1})
	}
	return w.trade()
}

// pollBesideBad polls while one entity cannot be listed, one not fetched, one not compared
// and one not translated. All others pass in the same round.
func (w *world) pollBesideBad() {
	for _, id := range []string{"listed", "fetched", "compared", "translated"} {
		bad := fact{Type: canonical.CustomerUpserted, Kind: "customer", ID: "bad-" + id, Version: 1, Spoilt: id == "translated"}
		w.happens(bad)
		switch id {
		case "listed":
			w.unreadable[bad.entity()] = "list"
		case "fetched":
			w.unreadable[bad.entity()] = "fetch"
		}
	}
	w.expect.Dead["customer/bad-translated"] = true
	w.inject("F82", rule{ops: []op{opGet}, on: erp + "|" + key("customer", "bad-compared").String(), chance: 1, fate: always(fate{err: down("reading a record")}), when: func(k call) bool { return k.p.name == "poll" }})
	w.pollAgain(w.spread+time.Minute, 0)
	w.checks = append(w.checks, func() {
		for i := range 4 {
			if e := w.target.current[fmt.Sprint("customer/silent-", i)]; e.N != 1 {
				w.breaks("", "customer/silent-%d did not pass beside an entity that a poll cannot read", i)
			}
		}
		for _, id := range []string{"bad-listed", "bad-fetched"} {
			if found, err := w.store.Find(context.Background(), port.Query{Entity: key("customer", id), Stage: port.Reconciled}); err != nil || len(found) == 0 {
				w.breaks("", "the ledger does not say that customer/%s cannot be read: %v", id, err)
			}
		}
	})
}

// longHistory puts thousands of entries of one entity into the ledger, beside the usual
// crashes: nothing may read all of them (ports.Find).
func (w *world) longHistory() {
	k := key("customer", "c0")
	entries := make([]port.Entry, 5000)
	for i := range entries {
		entries[i] = port.Entry{At: epoch.Add(-time.Hour), Event: message.DeriveID("old", fmt.Sprint(i)), Entity: k, Route: route.Name(), Stage: port.Deferred}
	}
	w.after(0, func() {
		if err := w.store.Append(context.Background(), entries...); err != nil {
			panic(err) // only a context that ended makes it fail
		}
	})
	w.kills("F81", 0.25, after, "", opDeliver)
	w.poll(time.Minute)
}
