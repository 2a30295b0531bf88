package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway/shared/message"
	"causeway/shared/pipeline"
	"causeway/shared/port"
)

// History is what all sides remember when everything has come to rest: the shop's
// acknowledgements, the ERP's effects, our ledger, and what still lies in queues.
type History struct {
	Told     []Told
	Effects  []Effect
	Calls    []Call
	Entries  []port.Entry
	Letters  []Letter
	Left     []Left
	Circuit  []port.Stage // what became of the target's connection
	Muffled  bool         // the ledger may lack lines about it
	Broken   []Violation  // promises of the fault at hand that were not kept
	Replayed time.Time    // nothing may take effect after it; zero: nothing was replayed
	Skewed   bool         // some entries were written by a wrong clock
	Expect   Expect
}

// Told is one delivery of the shop and how its door answered in the end.
type Told struct {
	Raw      string // id in our inbox
	Entity   string // "order/c0-1"
	Version  message.Sequence
	Accepted bool
	Refused  bool   // for good
	Out      string // how a filter keeps it out
	Parent   string
}

// Letter is a message in a dead-letter queue.
type Letter struct {
	Queue    string
	Event    string
	Entity   string
	Version  message.Sequence
	Reason   string
	Redrives int
}

// Left is a message that still waits in a queue.
type Left struct{ Queue, Event string }

// Expect says what may end dead.
type Expect struct {
	Dead      map[string]bool // entities
	Garbage   int             // messages that nobody can read
	Reason    string          // of those that are dead; "": any
	Redrives  int             // most redrives of one message, and how many those that stay have; 0: not looked at
	Spread    time.Duration   // least time between the first call about an event and its ninth; 0: not looked at
	MostCalls int             // in the first hour; 0: not looked at
	Ambiguous bool            // parking what nobody can verify is right
	Opens     port.Stage      // what the ledger has to tell of the connection; "": not looked at
}

// Sort is the sort of a violation, as the totals count it.
type Sort string

// The sorts.
const (
	Lost        Sort = "lost"        // I1
	Duplicated  Sort = "duplicated"  // I2
	Stale       Sort = "stale"       // I3, I4
	Unexplained Sort = "unexplained" // I5, I6, and promises of single faults
	Leftover    Sort = "leftover"    // waits although nothing is in its way
)

// Violation is one thing that must not happen.
type Violation struct {
	Sort   Sort
	Entity string
	Event  string
	Text   string
}

// String returns the violation as one line.
func (v Violation) String() string {
	return strings.Join(strings.Fields(fmt.Sprintf("%s: %s %s %s", v.Sort, v.Entity, v.Event, v.Text)), " ")
}

// Check compares the sides and returns everything that must not be.
func Check(h History) []Violation {
	c := &checker{History: h, newest: map[string]message.Sequence{}, final: map[string]Effect{}, raws: map[string]Told{}}
	c.readEffects()
	for _, t := range h.Told {
		c.raws[t.Raw] = t
	}
	c.resolveLetters()
	c.accepted()
	c.documents()
	c.states()
	c.letters()
	c.keptOut()
	c.ends()
	c.spread()
	c.connection()
	for _, left := range h.Left {
		c.add(Leftover, "", left.Event, "still lies in "+left.Queue)
	}
	return append(c.found, h.Broken...)
}

type checker struct {
	History
	newest map[string]message.Sequence // by entity: that the target ever held
	final  map[string]Effect           // by entity: what it holds now
	raws   map[string]Told
	found  []Violation
}

func (c *checker) add(sort Sort, entity, event, text string) {
	c.found = append(c.found, Violation{sort, entity, event, text})
}

func (c *checker) readEffects() {
	for _, e := range c.Effects {
		c.newest[e.Entity] = max(c.newest[e.Entity], e.Version)
		c.final[e.Entity] = e
	}
}

// resolveLetters names the entity of letters from the inbox, which know their raw id only.
func (c *checker) resolveLetters() {
	for i := range c.Letters {
		if t, ok := c.raws[c.Letters[i].Event]; ok {
			c.Letters[i].Entity, c.Letters[i].Version = t.Entity, t.Version
		}
	}
}

// accepted checks that what was answered with 2xx reached the target, in this or a
// newer version, or has an end that the ledger and the dead-letter queue tell of.
func (c *checker) accepted() {
	seen := map[string]bool{}
	for _, t := range c.Told {
		name := t.Entity + " " + string(t.Version)
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
	switch {
	case strings.HasPrefix(t.Entity, "payment/") && c.newest[t.Entity] != "" && c.ended(t): // which happens once, whatever its version
	case c.letterOf(t), len(c.Left) > 0 && c.newest[t.Entity] < t.Version:
	case t.Out == "" && c.newest[t.Entity] != "" && c.newest[t.Entity] < t.Version && !c.letterOf(t):
		c.add(Lost, t.Entity, t.Raw, short(t.Version)+" passes the filters, and the target ends with "+short(c.newest[t.Entity]))
	case c.newest[t.Entity] < t.Version && !c.skipped(t) && !c.behindKeptOut(t):
		c.add(Lost, t.Entity, t.Raw, short(t.Version)+" was accepted and is nowhere")
	case !c.ended(t):
		c.add(Unexplained, t.Entity, t.Raw, short(t.Version)+" has no end in the ledger")
	}
}

func (c *checker) letterOf(t Told) bool {
	for _, l := range c.Letters {
		if l.Event == t.Raw || l.Entity == t.Entity && l.Version == t.Version {
			return true
		}
	}
	return false
}

// behindKeptOut reports whether a version was kept out that takes this one with it: a newer
// one, or any for good; and the target has nothing of the entity.
func (c *checker) behindKeptOut(t Told) bool {
	for _, o := range c.Told {
		if o.Entity == t.Entity && (o.Out == final || o.Out == later && o.Version > t.Version) && o.Accepted {
			return c.newest[t.Entity] == ""
		}
	}
	return false
}

// orphaned reports whether an entity waited for an order that was kept out and never came.
func (c *checker) orphaned(l Letter) bool {
	order := strings.Replace(l.Entity, "payment/", "order/", 1)
	for _, o := range c.Told {
		if o.Entity == order && o.Out != "" && c.newest[order] == "" {
			return strings.HasPrefix(l.Reason, "missing_ref parent_missing")
		}
	}
	return false
}

// keptOut checks that nothing that a filter keeps out is at the target, and that nobody says
// of what the target has that it was skipped.
func (c *checker) keptOut() {
	out := map[string]string{}
	order := map[string]string{}
	for _, t := range c.Told {
		if t.Out != "" {
			out[t.Entity+" "+string(t.Version)] = t.Out
		}
		order[t.Entity] = t.Parent
	}
	first := map[string]time.Time{}
	for _, e := range c.Effects {
		if first[e.Entity].IsZero() {
			first[e.Entity] = e.At
		}
		if how := out[e.Entity+" "+string(e.Version)]; how != "" {
			c.add(Unexplained, e.Entity, e.Event, short(e.Version)+" is at the target, and a filter keeps it out "+how)
		}
	}
	for _, e := range c.Entries {
		parent := order[entityOf(e.Entity)]
		if e.Stage == port.Skipped && !c.Skewed && strings.HasPrefix(e.Outcome, "its order was skipped") && strings.HasPrefix(parent, "order/") {
			if at := first[parent]; !at.IsZero() && at.Before(e.At.Add(-time.Second)) {
				c.add(Unexplained, entityOf(e.Entity), e.Event, "is left out because "+parent+" was skipped, which the target had")
			}
		}
	}
}

func entityOf(k message.Key) string { return k.Type + "/" + k.ID }

func (c *checker) skipped(t Told) bool {
	for _, e := range c.Entries {
		if entityOf(e.Entity) == t.Entity && e.Version == t.Version && e.Stage == port.Skipped && !strings.HasPrefix(e.Outcome, "duplicate") {
			return true
		}
	}
	return false
}

func (c *checker) ended(t Told) bool {
	if len(c.Left) > 0 {
		return true // told already
	}
	for _, e := range c.Entries {
		if e.Route != "" && entityOf(e.Entity) == t.Entity && e.Version == t.Version && e.Stage.Ends() {
			return true
		}
	}
	return false
}

// documents checks that the target holds each entity once.
func (c *checker) documents() {
	first := map[string]int{}
	counted := map[string]bool{}
	leftOut := map[string]bool{}
	for _, e := range c.Entries {
		if strings.HasPrefix(e.Outcome, "its order was skipped") {
			leftOut[entityOf(e.Entity)] = true
		}
	}
	for _, e := range c.Effects {
		if !c.Replayed.IsZero() && e.At.After(c.Replayed) && !leftOut[e.Entity] { // with an order that came after all
			c.add(Duplicated, e.Entity, e.Event, "a replay took effect")
		}
		name := fmt.Sprint(e.Entity, " ", e.Document)
		switch document, known := first[e.Entity]; {
		case !known:
			first[e.Entity] = e.Document
		case document != e.Document && !counted[name]:
			counted[name] = true
			c.add(Duplicated, e.Entity, e.Event, "stands in the target once more, as document "+e.ref())
		}
	}
}

// states checks that no older version landed on a confirmed newer one, and that the
// target ends with the newest it ever held.
func (c *checker) states() {
	for _, e := range c.Effects {
		if e.Version < e.Over {
			c.add(Stale, e.Entity, e.Event, short(e.Version)+" landed after "+short(e.Over)+" was confirmed")
		}
	}
	vouched := c.vouched()
	for _, entity := range slices.Sorted(maps.Keys(vouched)) {
		newest := vouched[entity]
		if e := c.final[entity]; e.Version < newest {
			c.add(Stale, entity, e.Event, "ends as "+short(e.Version)+" although "+short(newest)+" was there")
		}
	}
}

// vouched returns per entity the newest version that the target ever held, without
// those that lie dead because nobody could know whether it held them.
func (c *checker) vouched() map[string]message.Sequence {
	dead := map[string]bool{}
	for _, l := range c.Letters {
		dead[l.Event] = true
	}
	newest := map[string]message.Sequence{}
	for _, e := range c.Effects {
		if !dead[e.Event] {
			newest[e.Entity] = max(newest[e.Entity], e.Version)
		}
	}
	return newest
}

// letters checks that each dead letter says why, and is in no other place.
func (c *checker) letters() {
	garbage := c.Expect.Garbage
	for _, l := range c.Letters {
		if c.orphaned(l) {
			c.explained(l)
			continue
		}
		switch {
		case l.Reason == "" || c.Expect.Reason != "" && l.Reason != c.Expect.Reason:
			c.add(Unexplained, l.Entity, l.Event, "is dead with the reason "+fmt.Sprintf("%q", l.Reason))
		case l.Entity == "" && garbage > 0:
			garbage--
		case c.Expect.Dead[l.Entity], c.Expect.Ambiguous && unverifiable(l.Reason):
		default:
			c.add(Leftover, l.Entity, l.Event, "lies dead in "+l.Queue+": "+l.Reason)
		}
		c.explained(l)
		if most := c.Expect.Redrives; most > 0 && l.Redrives != most {
			c.add(Unexplained, l.Entity, l.Event, fmt.Sprint("was redriven ", l.Redrives, " times, want ", most, " and parked"))
		}
	}
}

// unverifiable reports whether the message is parked because nobody can know what the
// target did, or waited for one that is.
func unverifiable(reason string) bool {
	return strings.HasPrefix(reason, "ambiguous "+pipeline.OutcomeUnknown) || strings.HasPrefix(reason, "missing_ref parent_")
}

func (c *checker) explained(l Letter) {
	dead := false
	for _, e := range c.Entries {
		switch {
		case e.Event != l.Event || !e.Stage.Ends():
		case e.Stage == port.Confirmed:
			if dead && e.Version == l.Version { // a fact of once may lie dead in another version
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

// ends checks that whatever the ledger calls dead lies in a dead-letter queue, and
// that each failure has a class.
func (c *checker) ends() {
	lies := map[string]bool{}
	for _, l := range c.Letters {
		lies[l.Event] = true
	}
	checked := map[string]bool{}
	for _, e := range c.Entries {
		if e.Error != nil && (e.Error.Class == "" || e.Error.Fingerprint == "") {
			c.add(Unexplained, entityOf(e.Entity), e.Event, "a failure without class or fingerprint")
		}
		if dead := e.Stage == port.Dead || e.Stage == port.Parked; !dead || checked[e.Event] || e.Entity.ID == "" {
			continue
		}
		checked[e.Event] = true
		if last, _ := c.end(e.Event); (last.Stage == port.Dead || last.Stage == port.Parked) && !lies[e.Event] && !c.resolved(e) {
			c.add(Lost, entityOf(e.Entity), e.Event, "the ledger calls it "+string(last.Stage)+", and it lies nowhere")
		}
	}
}

// resolved reports whether a message needs no place any more, because the operator
// found its effect done.
func (c *checker) resolved(e port.Entry) bool {
	return c.newest[entityOf(e.Entity)] >= e.Version || len(c.Left) > 0
}

// spread checks that a target which throttles without a word is left alone more and
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

// connection checks that the ledger tells each time the target's circuit opened and
// closed, once and in order: an operator knows of an outage by nothing else.
func (c *checker) connection() {
	var told []port.Stage
	for _, e := range c.Entries {
		if e.Stage == port.Degraded || e.Stage == port.AuthExpired || e.Stage == port.Restored {
			told = append(told, e.Stage)
		}
	}
	if c.Muffled {
		return
	}
	if !slices.Equal(told, c.Circuit) {
		c.add(Unexplained, "", "", fmt.Sprint("the ledger tells of the connection ", told, ", and it was ", c.Circuit))
	}
	if c.Expect.Opens != "" && !slices.Contains(told, c.Expect.Opens) {
		c.add(Unexplained, "", "", "the ledger tells of no "+string(c.Expect.Opens))
	}
}
