// Package pipeline takes a message from a queue to its end: from the inbox into the
// canonical model and onto the bus (Translator), and from a route's queue into the target
// (Deliverer). Connectors translate and classify; everything that makes a journey reliable
// is here and in the packages below, once.
//
// # Promises
//
// After crashes and repetitions, and in any order of arrival:
//
//   - A message ends in exactly one of confirmed, superseded, skipped, parked or dead, and
//     the ledger says why.
//   - A target gets the newest state of an entity, never an older one after it, and each
//     fact once, however often, in however many versions and after however long it is
//     reported.
//   - A message that waits (for a parent, a lease, a throttle, a setting of ours) uses up
//     no attempts. A message that waits for an entity is woken when it is confirmed.
//   - An outage ends no message, however long: neither one of a service of ours (bus, queue,
//     State, ledger, vault), nor of the connection, nor one in the target's own words, in
//     which every entity fails and none is accepted. It uses up no budget, and the message is
//     re-sent before its queue drops it (requeue.go). The circuit's alarm rings, or that of the
//     queue whose messages wait; the ledger says for what.
//   - A known failure is dead-lettered by us, with its reason. The queue's own redrive
//     policy is only the net for crashes.
//   - A dead letter is a state of the letter, not of its entity: it keeps nothing else from
//     happening, a newer state supersedes it, and the same fact reported again is delivered.
//
// # State, not stories
//
// An event carries its entity's whole state. A target that upserts sets it: whichever event
// arrives first creates the record, a newer version replaces an older one, a cancelled state
// closes. Nothing depends on having seen "placed" before "changed". Only facts that happen
// once, such as a captured payment (canonical.Type.Once), are remembered by their type.
//
// # Where to read what
//
//	attempt.go    one attempt, top to bottom: every step, and every way it can end
//	guarantee.go  what a target offers against a second effect, and the algorithm for each
//	deliver.go    a message of a route: filters, parents, the effect
//	translate.go  a message of an inbox: what it means, and what is published
//	crash.go      leases that a crash left behind; poison
//	wait.go       waiting for an entity, and waking
//	letter.go     dead letters and what they carry
//	requeue.go    a message outlives what its queue keeps
//	crossref.go   choices that connectors bind to an entity
//
// and in the packages below it:
//
//	entity        the record of an entity at a target: versions, attempts, whose turn it is
//	retry         what follows from a failure, and for how long; leases
//	admission     what all workers share of a target: circuit, permits, rate, priority
//	intake        the door (a package beside this one); reconcile: the poll
//	port          the ports, the ledger entry
//
// # How it is done
//
// One record in the State per target and entity holds the lease of the worker that writes,
// the newest confirmed state, and the target's id. Claim, version fence, cross-reference and
// retry budget are one conditional write before the effect and one after it, under any
// guarantee; a delivery costs one read and two writes of the State.
//
// While the State is out of reach delivery stops: a message that cannot be claimed is not
// written to a target. Doors go on, because they do not need it.
//
// Access tokens are fetched by one caller at a time in each process (webapi.TokenSource).
// Where a vendor accepts a refresh token only once, one process has to do the refreshing for
// all; nothing here does that.
//
// # Why these packages
//
// The package once held all of this in 41 files whose parts talked to each other through
// flags of one object. The cut follows what changes together: the figures and the one table
// of retry; the record, which reconcile reads too; admission, which knows no message. An
// attempt is a sequence of steps that return values, so that a reader follows one page.
package pipeline
