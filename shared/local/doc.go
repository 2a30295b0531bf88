// Package local is every port of the pipeline embedded in one process and durable
// in one SQLite file: bus, queues, state, ledger, vault and schedules.
//
// What it promises: a call that returned without an error is on the disk. A
// process that is killed at any point finds all of it again, and so does one whose
// machine lost power, as far as the disk honours a flush. The queues keep the
// semantics of SQS standard queues (visibility timeout, receive count, dead-letter
// queue, stale handles) and its limits, so that what works here works there.
//
// What it does not do: it runs no workers and calls no pipeline; it serves one
// process, which a lock file beside the store enforces; it encrypts nothing.
//
// The decisions behind it:
//
// One writer, group commit. SQLite has one writer at a time in any case. A
// goroutine of ours gathers the changes that wait, applies each within a savepoint
// and commits them as one transaction, so the flush of the disk is shared; a
// change that fails takes only itself back. Each caller returns after the commit.
//
// Write-ahead log with synchronous FULL. NORMAL would survive a killed process
// too, but a power cut could take back commits already acknowledged, and a sender
// that was told 200 does not send again. With the flush shared, FULL costs little.
//
// Bodies apart from queue rows. A receive rewrites the row of its message; were
// the body in it, SQLite would write all of that body to the log once more.
//
// Counts kept, not counted. Tally and Depths read totals that are added up in the
// transaction that changes them, so watching costs the same on the first message
// and on the hundred millionth.
//
// Identifiers from openings and a counter. A queue's message id and a state's
// revision are never used twice in the life of a file: a stale handle or revision
// fits nothing that came later.
//
// Timestamps come from the clock of the configuration. How long a receiver or a
// schedule sleeps is measured by the process's own timers.
package local
