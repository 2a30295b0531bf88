package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/port"
)

// Check compares the sides and returns everything that must not be.
func Check(h History) []Violation {
	c := newChecker(h)
	c.accepted()
	c.published()
	c.documents()
	c.states()
	c.letters()
	c.filtered()
	c.ends()
	c.spread()
	c.connection()
	for _, left := range h.Left {
		c.add(Leftover, "", left.Event, "is still in "+left.Queue)
	}
	return append(c.found, h.Broken...)
}

type checker struct {
	History
	newest    map[string]int    // by entity: number of the newest fact that the target ever had
	final     map[string]Effect // by entity: what it has now
	ranks     map[string]int    // by entity and content: number of the newest accepted fact
	contents  map[string]string // by entity and number
	raws      map[string]Told
	ended     map[string]bool // by event and version: the ledger has its end on the route
	confirmed map[string]bool // … which is confirmed
	replaced  map[string]bool // … dead letters that the ledger calls superseded
	found     []Violation
}

func newChecker(h History) *checker {
	c := &checker{
		History: h, newest: map[string]int{}, final: map[string]Effect{}, ranks: map[string]int{}, raws: map[string]Told{}, contents: map[string]string{},
		ended: map[string]bool{}, confirmed: map[string]bool{}, replaced: map[string]bool{},
	}
	for _, t := range h.Told {
		c.raws[t.Raw] = t
		c.contents[fmt.Sprint(t.Entity, " ", t.N)] = t.Content
		if name := t.Entity + " " + t.Content; t.Accepted {
			c.ranks[name] = max(c.ranks[name], t.N)
		}
	}
	for _, e := range h.Effects {
		c.newest[e.Entity] = max(c.newest[e.Entity], c.rank(e))
		c.final[e.Entity] = e
	}
	c.readEntries()
	for i, l := range c.Letters { // letters of the inbox know their raw id only
		if t, ok := c.raws[l.Event]; ok {
			c.Letters[i].Entity = t.Entity
		}
	}
	return c
}

func (c *checker) readEntries() {
	dead := map[string]bool{}
	for _, e := range c.Entries {
		name := originOf(e.Event, e.Version)
		switch {
		case e.Route == "" && e.Stage == port.Dead || e.Route == "" && e.Stage == port.Parked:
			c.ended[name] = true
		case e.Route == "" || !e.Stage.Ends():
			continue
		}
		c.ended[name] = true
		switch e.Stage {
		case port.Confirmed:
			c.confirmed[name] = true
		case port.Dead, port.Parked:
			dead[name] = true
		case port.Superseded:
			c.replaced[name] = dead[name]
		}
	}
}

// rank is the number of the newest fact whose content the effect made: a later fact with
// equal content needs no effect of its own.
func (c *checker) rank(e Effect) int { return max(e.N, c.ranks[e.Entity+" "+e.Content]) }

// number is the number of the fact that the entry is about; 0 if it is unknown.
func (c *checker) number(e port.Entry) int { return c.Origins[originOf(e.Event, e.Version)] }

func (c *checker) add(sort Sort, entity, event, text string) {
	c.found = append(c.found, Violation{sort, entity, event, text})
}

// accepted checks that what was answered with 2xx reached the target, in this or a
// newer version, or has an end that the ledger and the dead-letter queue show.
func (c *checker) accepted() {
	seen := map[string]bool{}
	for _, t := range c.Told {
		name := fmt.Sprint(t.Entity, " ", t.N)
		switch {
		case t.Refused:
			c.add(Unexplained, t.Entity, t.Raw, "a valid delivery was refused")
		case t.Accepted && !seen[name]:
			seen[name] = true
			c.arrived(t)
		}
	}
}

func (c *checker) arrived(t Told) {
	newest, v := c.newest[t.Entity], fmt.Sprint("v", t.N)
	switch {
	case t.Once && newest > 0 && c.endOf(t): // whatever its version
	case c.letterOf(t), len(c.Left) > 0 && newest < t.N:
	case !t.Once && newest > 0 && newest < t.N:
		c.add(Lost, t.Entity, t.Raw, fmt.Sprint(v, " was accepted, and the target ends with v", newest))
	case newest == 0 && !c.skipped(t) && !c.behindSkipped(t):
		c.add(Lost, t.Entity, t.Raw, v+" was accepted and is nowhere")
	case !c.endOf(t):
		c.add(Unexplained, t.Entity, t.Raw, v+" has no end in the ledger")
	}
}

// carries reports whether the number is that of the fact, or of one with equal content: two of
// one instant are one event.
func (c *checker) carries(n int, t Told) bool {
	return n == t.N || n > 0 && c.contents[fmt.Sprint(t.Entity, " ", n)] == t.Content
}

// letterOf reports whether the fact has a dead letter that counts: one that a newer state
// superseded does not.
func (c *checker) letterOf(t Told) bool {
	for _, l := range c.Letters {
		origin := originOf(l.Event, l.Version)
		if !c.replaced[origin] && (l.Event == t.Raw || l.Entity == t.Entity && c.carries(c.Origins[origin], t)) {
			return true
		}
	}
	return false
}

// endOf reports whether the ledger has the end of an event that carries the fact.
func (c *checker) endOf(t Told) bool {
	if len(c.Left) > 0 {
		return true // reported already
	}
	for _, e := range c.Entries {
		if entityOf(e) == t.Entity && c.carries(c.number(e), t) && c.ended[originOf(e.Event, e.Version)] {
			return true
		}
	}
	return false
}

// published checks that each event on the bus has its end on the route.
func (c *checker) published() {
	for _, e := range c.Entries {
		if e.Stage == port.Published && !c.ended[originOf(e.Event, e.Version)] && len(c.Left) == 0 {
			c.add(Lost, entityOf(e), e.Event, fmt.Sprint("v", c.number(e), " was published and has no end in the ledger"))
		}
	}
}

// behindSkipped reports whether a version was skipped that takes this one with it: a newer
// one, or any for good; and the target has nothing of the entity.
func (c *checker) behindSkipped(t Told) bool {
	for _, o := range c.Told {
		if o.Entity == t.Entity && (o.Out == final || o.Out == later && o.N > t.N) && o.Accepted {
			return c.newest[t.Entity] == 0
		}
	}
	return false
}

// orphaned reports whether an entity waited for an order that was skipped and never came.
func (c *checker) orphaned(l Letter) bool {
	order := strings.Replace(l.Entity, "payment/", "order/", 1)
	for _, o := range c.Told {
		if o.Entity == order && o.Out != "" && c.newest[order] == 0 {
			return strings.HasPrefix(l.Reason, "missing_ref parent_missing")
		}
	}
	return false
}

// filtered checks that a filter skips what it matches while the target has nothing of the
// entity, and that nothing is left out as behind a skipped order which the target had.
func (c *checker) filtered() {
	out, parent := map[string]string{}, map[string]string{}
	for _, t := range c.Told {
		if t.Out != "" {
			out[fmt.Sprint(t.Entity, " ", t.N)] = t.Out
		}
		parent[t.Entity] = t.Parent
	}
	first := map[string]time.Time{}
	for _, e := range c.Effects {
		if !first[e.Entity].IsZero() || strings.Contains(e.Entity, "!") { // a fact may pass beside its order
			continue
		}
		first[e.Entity] = e.At
		if how := out[fmt.Sprint(e.Entity, " ", e.N)]; how != "" && !c.called(e) {
			c.add(Unexplained, e.Entity, e.Event, fmt.Sprint("v", e.N, " is the first at the target, and a filter skips it ", how))
		}
	}
	for _, e := range c.Entries {
		of := parent[entityOf(e)]
		if e.Stage == port.Skipped && !c.Skewed && strings.HasPrefix(e.Outcome, "its order was skipped") && strings.HasPrefix(of, "order/") {
			if at := first[of]; !at.IsZero() && at.Before(e.At.Add(-time.Second)) {
				c.add(Unexplained, entityOf(e), e.Event, "is left out because "+of+" was skipped, which the target had")
			}
		}
	}
}

// called reports whether a worker meant to write another version before the effect, so that
// the target may have had the entity.
func (c *checker) called(e Effect) bool {
	return slices.ContainsFunc(c.Claims, func(o Call) bool { return o.Entity == e.Entity && o.Event != e.Event && o.At.Before(e.At) })
}

func (c *checker) skipped(t Told) bool {
	for _, e := range c.Entries {
		if entityOf(e) == t.Entity && c.number(e) == t.N && e.Stage == port.Skipped && !strings.HasPrefix(e.Outcome, "duplicate") {
			return true
		}
	}
	return false
}

// documents checks that the target has each entity once.
func (c *checker) documents() {
	first := map[string]int{}
	counted := map[string]bool{}
	leftOut := map[string]bool{}
	for _, e := range c.Entries {
		if strings.HasPrefix(e.Outcome, "its order was skipped") {
			leftOut[entityOf(e)] = true
		}
	}
	once := map[string]bool{}
	for _, t := range c.Told {
		once[t.Entity] = t.Once
	}
	for _, e := range c.Effects {
		switch {
		case !c.Replayed.IsZero() && e.At.After(c.Replayed) && !leftOut[e.Entity]: // with an order that came after all
			c.add(Duplicated, e.Entity, e.Event, "a replay took effect")
		case c.Expect.Single && once[e.Entity] && e.Over != "":
			c.add(Duplicated, e.Entity, e.Event, "took effect again after it was confirmed")
		}
		name := fmt.Sprint(e.Entity, " ", e.Document)
		switch document, known := first[e.Entity]; {
		case !known:
			first[e.Entity] = e.Document
		case document != e.Document && !counted[name]:
			counted[name] = true
			c.add(Duplicated, e.Entity, e.Event, "is in the target once more, as document "+e.ref())
		}
	}
}

// states checks that no older version landed on a confirmed newer one, and that the
// target ends with the newest it ever had.
func (c *checker) states() {
	once := map[string]bool{}
	for _, t := range c.Told {
		once[t.Entity] = t.Once
	}
	for _, e := range c.Effects {
		if e.Version < e.Over && !once[e.Entity] {
			c.add(Stale, e.Entity, e.Event, fmt.Sprintf("version %s landed after %s was confirmed", e.Version, e.Over))
		}
	}
	vouched := c.vouched()
	for _, entity := range slices.Sorted(maps.Keys(vouched)) {
		newest := vouched[entity]
		if e := c.final[entity]; c.rank(e) < newest && !once[entity] {
			c.add(Stale, entity, e.Event, fmt.Sprint("ends as v", e.N, " although v", newest, " was there"))
		}
	}
}

// vouched returns per entity the number of the newest fact that the target ever had, without
// those that are dead because it is unknown whether it had them.
func (c *checker) vouched() map[string]int {
	dead := map[string]bool{}
	for _, l := range c.Letters {
		dead[l.Event] = true
	}
	newest := map[string]int{}
	for _, e := range c.Effects {
		if !dead[e.Event] {
			newest[e.Entity] = max(newest[e.Entity], c.rank(e))
		}
	}
	return newest
}

// letters checks that each dead letter has its reason, and is in no other place.
func (c *checker) letters() {
	c.copies()
	garbage := c.Expect.Garbage
	for _, l := range c.Letters {
		c.explained(l)
		if c.orphaned(l) || c.replaced[originOf(l.Event, l.Version)] {
			continue
		}
		switch {
		case l.Reason == "" || c.Expect.Reason != "" && l.Reason != c.Expect.Reason:
			c.add(Unexplained, l.Entity, l.Event, "is dead with the reason "+fmt.Sprintf("%q", l.Reason))
		case l.Entity == "" && garbage > 0:
			garbage--
		case c.Expect.Dead[l.Entity]:
		default:
			c.add(Leftover, l.Entity, l.Event, "is dead in "+l.Queue+": "+l.Reason)
		}
		if most := c.Expect.Redrives; most > 0 && l.Redrives != most {
			c.add(Unexplained, l.Entity, l.Event, fmt.Sprint("was redriven ", l.Redrives, " times, want ", most, " and parked"))
		}
	}
}

// copies checks that no message has two dead letters.
func (c *checker) copies() {
	letters := map[string]int{}
	for _, l := range c.Letters {
		origin := originOf(l.Event, l.Version)
		if letters[origin]++; c.Sent != nil && c.Sent[origin] == 1 && letters[origin] > 1 {
			c.add(Duplicated, l.Entity, l.Event, fmt.Sprintf("was published once and is dead %d times", letters[origin]))
		}
	}
}

// explained checks that the ledger says why the letter is dead, and that what is confirmed
// after that is recorded as superseding it.
func (c *checker) explained(l Letter) {
	dead, origin := false, originOf(l.Event, l.Version)
	for _, e := range c.Entries {
		switch {
		case e.Event != l.Event || !e.Stage.Ends():
		case e.Stage == port.Confirmed:
			if dead && e.Version == l.Version && !c.replaced[origin] { // a fact of once may be dead in another version
				c.add(Unexplained, l.Entity, l.Event, "is dead and confirmed: two places")
			}
		case (e.Stage == port.Dead || e.Stage == port.Parked) && e.Error != nil && e.Error.Class != "":
			dead = true
		}
	}
	if !dead && l.Entity != "" { // the ledger knows garbage by the queue's message id only
		c.add(Unexplained, l.Entity, l.Event, "is dead, and the ledger does not say why")
	}
}

// end returns the last entry that ends the event, duplicates left out.
func (c *checker) end(event string) (last port.Entry, found bool) {
	for _, e := range c.Entries {
		if e.Event == event && e.Stage.Ends() && e.Stage != port.Skipped {
			last, found = e, true
		}
	}
	return last, found
}

// ends checks that what the ledger calls dead is in a dead-letter queue, and that each
// failure has a class.
func (c *checker) ends() {
	buried := map[string]bool{}
	for _, l := range c.Letters {
		buried[l.Event] = true
	}
	checked := map[string]bool{}
	for _, e := range c.Entries {
		if e.Error != nil && (e.Error.Class == "" || e.Error.Fingerprint == "") {
			c.add(Unexplained, entityOf(e), e.Event, "a failure without class or fingerprint")
		}
		if dead := e.Stage == port.Dead || e.Stage == port.Parked; !dead || checked[e.Event] || e.Entity.ID == "" {
			continue
		}
		checked[e.Event] = true
		if last, _ := c.end(e.Event); (last.Stage == port.Dead || last.Stage == port.Parked) && !buried[e.Event] && !c.resolved(e) {
			c.add(Lost, entityOf(e), e.Event, "the ledger calls it "+string(last.Stage)+", and it is nowhere")
		}
	}
}

// resolved reports whether a message needs no place any more, because its effect is done or
// its letter was deleted from outside.
func (c *checker) resolved(e port.Entry) bool {
	n := c.number(e)
	return n > 0 && c.newest[entityOf(e)] >= n || len(c.Left) > 0 || c.Expect.Gone[entityOf(e)]
}

// spread checks that a target which throttles without naming a time is left alone more and
// more, and one that refuses everything nearly altogether.
func (c *checker) spread() {
	first, count := map[string]time.Time{}, map[string]int{}
	hour := 0
	for _, call := range c.Calls {
		if count[call.Event]++; count[call.Event] == 1 {
			first[call.Event] = call.At
		}
		if apart := call.At.Sub(first[call.Event]); count[call.Event] == 9 && apart < c.Expect.Spread {
			c.add(Unexplained, "", call.Event, "was called about nine times within "+apart.String())
		}
		if call.At.Sub(c.Calls[0].At) < time.Hour {
			hour++
		}
	}
	if c.Expect.MostCalls > 0 && hour > c.Expect.MostCalls {
		c.add(Unexplained, "", "", fmt.Sprint("the target was called ", hour, " times in an hour of refusals"))
	}
}

// connection checks that the ledger shows each time that a circuit opened and closed, once
// and in order: it is all by which an operator knows of an outage.
func (c *checker) connection() {
	told := map[string][]port.Stage{}
	opened := false
	for _, e := range c.Entries {
		if e.Stage == port.Degraded || e.Stage == port.AuthExpired || e.Stage == port.Restored {
			told[e.Type] = append(told[e.Type], e.Stage)
			opened = opened || e.Stage == c.Expect.Opens
		}
	}
	if c.Muffled {
		return
	}
	if !maps.EqualFunc(told, c.Circuit, slices.Equal) {
		c.add(Unexplained, "", "", fmt.Sprint("the ledger tells of the circuits ", told, ", and they were ", c.Circuit))
	}
	if c.Expect.Opens != "" && !opened {
		c.add(Unexplained, "", "", "the ledger tells of no "+string(c.Expect.Opens))
	}
}
