// Package redrive moves dead letters, so that whoever does it can be sure of what happens.
//
// # Promises
//
//   - Nothing moves before a Plan was made and shown. A plan is frozen: it names its
//     messages, expires after fifteen minutes, and each message is judged again when its
//     turn comes.
//   - A message is in at least one place at any time: it is sent, then noted in the
//     journal, then deleted. A process that is killed at any point leaves an operation that
//     the same command finishes; a message that the journal has is deleted and not sent.
//   - One operation works on a queue at a time, by a lease in the State. A second one fails
//     with code "busy" and the holder's name.
//   - The pace rises (1, 5, 25, all) and stops when a step comes back, when a target's
//     circuit opens, and when an operator cancels it. Nothing is half moved then.
//   - What the target has confirmed is resolved instead of sent, what is older than that is
//     superseded, and what failed the same way three times is left alone.
//   - A purge deletes nothing before everything is exported and the export was read back.
//   - Each message that is moved, purged, edited or resolved has an entry in the ledger,
//     with who and why, which is written before the act.
//
// A redrive is also safe without the journal: event ids stay the same, and the pipeline
// recognizes a second copy. The journal saves the target from the second look, and keeps
// the counts true.
//
// # Files
//
//	plan.go       what would happen: the plan and its buckets
//	judge.go      what is to be done with one letter
//	apply.go      the operation: steps, pace, stop, resume
//	move.go       one message: send, journal, delete
//	operation.go  operations as they are stored, leases, cancelling
//	shelf.go      export, purge's copy, restore, import
//	edit.go       a letter that is sent with changes
//	replay.go     archived deliveries, translated again, to one route
package redrive
