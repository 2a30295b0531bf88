package sim

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Case is one run: faults together, a seed, and the vendor that is the target, "" for the
// model's ERP. As text it is "F3+F13 17", or "F3+F13@netsuite 17".
type Case struct {
	Vendor string
	Faults []string
	Seed   uint64
}

// Name returns the case without its seed.
func (c Case) Name() string {
	name := strings.Join(c.Faults, "+")
	if c.Vendor != "" {
		name += "@" + c.Vendor
	}
	return name
}

// String returns the case as regression files keep it.
func (c Case) String() string { return c.Name() + " " + strconv.FormatUint(c.Seed, 10) }

// CaseNamed is the inverse of Case.Name.
func CaseNamed(name string, seed uint64) Case {
	faults, vendor, _ := strings.Cut(name, "@")
	return Case{Vendor: vendor, Faults: strings.Split(faults, "+"), Seed: seed}
}

// Result is what came of a case.
type Result struct {
	Case
	Guarantee  connector.Guarantee
	Violations []Violation
	Timeline   string // of the first violation; only of a traced run
	Hits       int    // calls that were spoilt
}

// Target says what the run was against.
func (r Result) Target() string {
	if r.Vendor != "" {
		return "the fake of " + r.Vendor
	}
	return string(r.Guarantee)
}

// offers are what the model's ERP may offer: each guarantee that the pipeline has an algorithm for.
var offers = []connector.Guarantee{connector.ExternalID, connector.CompareAndSet, connector.Search}

// drawn has the offer of a seed, by the remainder of the seed: the regressions depend on its order.
var drawn = [...]connector.Guarantee{
	connector.ExternalID, connector.Search, connector.CompareAndSet, connector.Search, connector.CompareAndSet,
}

// Run plays the case. The same case gives the same result, traced or not.
func Run(c Case, trace bool) Result {
	return played(c, trace).result(c, trace)
}

func (w *world) result(c Case, trace bool) Result {
	r := Result{Case: c, Guarantee: w.target.guarantee, Violations: Check(w.history()), Hits: w.hits()}
	if trace {
		r.Timeline = w.story(r.Violations)
	}
	return r
}

// played returns the world of a case at its end.
func played(c Case, trace bool) *world {
	if slices.Equal(c.Faults, []string{EveryCall}) {
		return everyCall(c, trace)
	}
	w, chosen := prepared(c)
	w.tracing = trace
	w.live(chosen)
	return w
}

// prepared returns the world of a case before anything happened in it.
func prepared(c Case) (*world, []Fault) {
	chosen := named(c.Faults)
	return newWorld(mix(c), offerOf(c, chosen)), chosen
}

// live lets the faults happen and everything come to rest.
func (w *world) live(chosen []Fault) {
	w.hire()
	w.mixed = len(chosen) > 1
	w.reportAll(w.factsFor(chosen))
	for _, f := range chosen {
		f.Arm(w)
	}
	w.doorStaysOpen = w.doorStaysOpen && len(chosen) == 1 // others may rightly shut it
	if len(chosen) > 1 {
		w.expect.Opens = "" // others may leave nobody whom the outage could meet
	}
	for _, f := range chosen {
		if f.Then != nil {
			f.Then(w)
		}
	}
	w.run()
	for _, check := range w.checks {
		check()
	}
	w.close()
}

// factsFor draws what the shop tells.
func (w *world) factsFor(chosen []Fault) []fact {
	if w.stand != nil {
		return w.vendorTrade()
	}
	facts := (*world).trade
	for _, f := range chosen {
		if f.Facts != nil {
			facts = f.Facts
		}
	}
	return facts(w)
}

// hits is how often the faults struck.
func (w *world) hits() int {
	hits := w.struck
	for _, i := range w.injectors {
		hits += i.hits
	}
	return hits
}

// mix makes one seed of the case, so that two faults do not meet the same day.
func mix(c Case) uint64 {
	h := fnv.New64a()
	h.Write([]byte(c.String()))
	return h.Sum64()
}

func offerOf(c Case, chosen []Fault) connector.Guarantee {
	for _, f := range chosen {
		if f.Needs != "" {
			return f.Needs
		}
	}
	return drawn[c.Seed%uint64(len(drawn))]
}

// named returns the faults of the table, in its order.
func named(ids []string) []Fault {
	var chosen []Fault
	for _, f := range Faults() {
		for _, id := range ids {
			if f.ID == id {
				chosen = append(chosen, f)
			}
		}
	}
	return chosen
}

// Mix draws two to four faults that can happen together: at most one of them brings
// facts of its own, and none needs an operator.
func Mix(seed uint64) Case { return mixOf(seed, func(Fault) bool { return true }) }

func mixOf(seed uint64, takes func(f Fault) bool) Case {
	random := rand.New(rand.NewPCG(seed, 4))
	table := Faults()
	random.Shuffle(len(table), func(i, j int) { table[i], table[j] = table[j], table[i] })
	c := Case{Seed: seed}
	facts := false
	for _, f := range table {
		if f.Other || f.Needs != "" || f.Then != nil || f.Facts != nil && facts || !takes(f) {
			continue
		}
		facts = facts || f.Facts != nil
		if c.Faults = append(c.Faults, f.ID); len(c.Faults) == 2+int(seed%3) {
			break
		}
	}
	return c
}

// history collects what all sides remember.
func (w *world) history() History {
	h := History{
		Origins: w.origins, Effects: w.target.effects, Calls: w.target.calls, Claims: w.target.claims, Entries: w.store.entries(),
		Broken: w.broken, Sent: w.published, Replayed: w.replayed, Expect: w.expect,
		Circuit: w.circuit.turns, Skewed: len(w.skews) > 0, Muffled: w.circuit.muffled || len(w.skews) > 0,
	}
	if !w.oneLetter || w.mixed { // a process that fails between the letter and the record writes another
		h.Sent = nil
	}
	for _, d := range w.deliveries {
		h.Told = append(h.Told, Told{
			Raw: d.raw(), Entity: d.fact.entity(), N: d.fact.Version, Content: d.fact.content(), Once: d.fact.once(),
			Accepted: d.accepted, Refused: d.refused, Out: d.fact.Out, Parent: d.fact.Parent,
		})
		if w.doorStaysOpen && (d.tries != 1 || !d.accepted) {
			h.Broken = append(h.Broken, Violation{Unexplained, d.fact.entity(), d.raw(), "the door did not take it at once"})
		}
	}
	for _, queue := range []string{inbox, backfill, route.Queue()} {
		for _, m := range w.store.queues[queue] {
			h.Left = append(h.Left, Left{queue, m.label})
		}
		for _, m := range w.store.queues[routes.Dead(queue)] {
			h.Letters = append(h.Letters, w.letterOf(queue, m))
		}
	}
	return h
}

func (w *world) letterOf(queue string, m *parcel) Letter {
	in := m.incoming(queue)
	l := Letter{
		Queue: routes.Dead(queue), Event: in.Attributes[port.AttrEvent], Reason: in.Attributes[port.AttrReason],
		Version: message.Sequence(in.Attributes[port.AttrVersion]), Redrives: in.Redrives(),
	}
	if m.label == "garbage" {
		return l
	}
	l.Entity = w.named[l.Event] // "" in the inbox
	return l
}
