// Package operate answers an operator's questions about a running Causeway: what is dead and
// why (Groups), how the routes are (Status), what happened to one order (Find, Trace), and
// what each failure means and asks for (Advise). It changes nothing but notes about groups.
// Package redrive beside it moves messages.
//
// It knows no engine: engine.Engine is what it needs of one, and each answer is a value that
// the command prints and the console will show.
//
// # Rules
//
// An answer begins with its conclusion. Trace has a Verdict, a Group has an Advice.
//
// One table (advice.go) leads from class, code and target of a failure to cause and next
// step, in words. No other code explains failures.
//
// Personal data leaves only masked: MaskEvent goes by the tags of the model, MaskPayload by
// the names of fields that are known to hold none. An address is searched for by its hash.
//
// Reading is bounded: by the limits of this package, not by the size of the ledger. A query
// that would have to read all of it is not made. Dead letters are read from their queues,
// which are the truth about what is dead; the ledger only explains them.
//
// # Files
//
//	desk.go     the Desk, and which messages a question is about (Selector)
//	letter.go   a dead letter, whatever it is and whoever moved it
//	advice.go   the table of causes and next steps
//	group.go    dead letters by cause; notes on groups
//	status.go   routes, queues, circuits, pauses
//	find.go     from what people know to the entity that is meant
//	trace.go    the journey of one entity: verdict, steps, next command
//	mask.go     what is shown of a message's content
//	diff.go     which fields differ between two JSON texts
//	waiters.go  what waits until an entity is at a target
//	words.go    numbers with their nouns
package operate
