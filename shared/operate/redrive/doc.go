// Package redrive moves dead letters under rules that an operator can rely on.
//
// # Promises
//
//   - Nothing moves before a Plan was made and shown. A plan is frozen: it names its
//     messages, expires after fifteen minutes, and each message is judged again right
//     before its move.
//   - A message is in at least one place at any time: it is sent, then recorded in the
//     journal, then deleted. A process that is killed at any point leaves an operation that
//     the same command finishes; a message in the journal is deleted and not sent. An edit
//     is sent in the same order.
//   - One operation works on a queue at a time, by a lease in the State. A second one fails
//     with code "busy" and the holder's name.
//   - The pace rises (1, 5, 25, all) and stops when a step comes back, when a target's
//     circuit opens, and when an operator cancels it. No message is half moved then.
//   - A letter that the target has confirmed is resolved instead of sent, an older one is
//     superseded, and one that failed the same way three times is left alone.
//   - A redirect sends a letter to another route only if that route takes such events; what
//     its own target has, or may have, is not sent elsewhere.
//   - A purge deletes only letters that are in an export which was read back.
//   - Each message that is moved, purged, edited or resolved has an entry in the ledger,
//     with operator and reason, written before the act.
//
// A redrive is also safe without the journal: event ids stay the same, and the pipeline
// recognizes a second copy. The journal saves the target from the second look, and keeps
// the counts true.
//
// # Files
//
//	plan.go       the plan, frozen and stored
//	judge.go      the verdict on one letter
//	apply.go      the operation: steps, pace, stop, resume
//	move.go       one message: send, journal, delete
//	operation.go  operations as they are stored, leases, cancelling
//	shelf.go      export, the copy of a purge, restore, import
//	forget.go     exports without the letters of a person
//	edit.go       a letter that is sent with changes
//	replay.go     archived deliveries, translated again, to one route
package redrive
