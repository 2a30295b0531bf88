// Package operate answers an operator's questions about a running Causeway: dead letters by
// cause (Groups), the state of each route (Status), the journey of one order (Find, Trace),
// and the meaning and next step of a failure (Advise). It changes only notes about groups.
// Package redrive beside it moves messages, and package mapping shows how a field was made.
//
// It knows no engine: engine.Engine has the interfaces that it needs, and each answer is a
// value that the command prints.
//
// # Rules
//
// An answer begins with its conclusion. Trace has a Verdict, a Group has an Advice.
//
// One table (advice.go) leads from class, code and target of a failure to cause and next
// step, in words. No other code explains failures.
//
// Personal data leaves only masked: MaskEvent goes by the tags of the model, MaskPayload by
// the names of fields that are known to hold none. Addresses are searched by their hash.
//
// Reading is bounded by the limits of this package, not by the size of the ledger. No query
// reads all of it. Dead letters are read from their queues,
// which are the truth about what is dead; the ledger only explains them.
//
// # Files
//
//	desk.go     the Desk, and the selection of dead letters (Selector)
//	letter.go   a dead letter: its kind, cause and entity
//	advice.go   the table of causes and next steps
//	group.go    dead letters by cause; notes on groups
//	status.go   routes, queues, circuits, pauses
//	find.go     from a number, address or id to the entities that it can mean
//	trace.go    the journey of one entity: verdict, steps, next command
//	mask.go     a message's content without personal data
//	diff.go     which fields differ between two JSON texts
//	waiters.go  what waits until an entity is at a target
//	words.go    numbers with their nouns
package operate
