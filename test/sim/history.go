package sim

import (
	"fmt"
	"strings"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// History is what all sides remember when everything has come to rest: the shop's
// acknowledgements, the ERP's effects, our ledger, and what is still in queues.
type History struct {
	Told     []Told
	Origins  map[string]int // by event and version (originOf): the number of the fact
	Sent     map[string]int // by event and version: how often it was put on the bus; nil: not looked at
	Effects  []Effect
	Calls    []Call
	Claims   []Call // entities that a worker meant to write: a call may have followed
	Entries  []port.Entry
	Letters  []Letter
	Left     []Left
	Circuit  map[string][]port.Stage // what became of the target's circuits, by operation
	Muffled  bool                    // the ledger may lack lines about it
	Broken   []Violation             // promises of the fault at hand that were not kept
	Replayed time.Time               // nothing may take effect after it; zero: nothing was replayed
	Skewed   bool                    // some entries were written by a wrong clock
	Expect   Expect
}

// Told is one delivery of the shop and how its door answered in the end.
type Told struct {
	Raw      string // id in our inbox
	Entity   string // "order/c0-1"
	N        int    // number of the fact: of two states of an entity the shop had the greater one later
	Content  string // what a reader of the target sees of it
	Once     bool   // it happened once to the entity
	Accepted bool
	Refused  bool   // for good
	Out      string // how a filter skips it
	Parent   string
}

// originOf is the key of History.Origins.
func originOf(event string, version message.Sequence) string { return event + " " + string(version) }

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

// Expect is what a fault promises beyond the usual, and what may end dead.
type Expect struct {
	Dead      map[string]bool // entities
	Garbage   int             // messages that cannot be read
	Reason    string          // of those that are dead; "": any
	Redrives  int             // most redrives of one message, and how many those that stay have; 0: not looked at
	Spread    time.Duration   // least time between the first call about an event and its ninth; 0: not looked at
	MostCalls int             // in the first hour; 0: not looked at
	Opens     port.Stage      // what the ledger has to tell of the connection; "": not looked at
	Gone      map[string]bool // entities whose dead letters are deleted from outside
	Single    bool            // a fact of once takes effect only before it is confirmed
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

// entityOf names what the ledger entry is about.
func entityOf(e port.Entry) string { return nameOf(e.Entity.Type+"/"+e.Entity.ID, e.Type) }
