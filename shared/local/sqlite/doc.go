// Package sqlite is the file of the local engine: one SQLite file with its tables, one writer,
// some readers, and a lock beside it. It knows no port. Package local has what the tables mean,
// and all queries but those of names, totals and epochs.
//
// A change that Write returned without an error is on the disk.
//
//	file.go       opening, beside the owner too; reading; how times are stored
//	writer.go     group commit, identifiers and totals
//	name.go       texts that many ledger entries repeat, by number
//	schema.go     the tables, and what leads from each version of them to the next
//	statement.go  each query is prepared once
//	lock.go       one owner at a time
//	failure.go    SQLite's result codes as kinds and classes of failure
//
// # Decisions
//
// One writer, group commit. SQLite has one writer at a time in any case. A goroutine
// gathers the changes that wait, applies each within a savepoint and commits them as one
// transaction, so that the flush of the disk is shared; a change that fails is rolled back
// alone. Each caller returns after the commit.
//
// Write-ahead log with synchronous FULL. NORMAL would survive a killed process too, but a
// power cut could lose commits that were acknowledged, and a sender that got 200 does not
// send again. With the flush shared, FULL costs little.
//
// Totals are written once per transaction, however many changes touched them.
//
// Identifiers from an epoch and a counter. An epoch begins with each opening, and before the
// counter of the last one is used up, so that no identifier is used twice in the life of the
// file, also not by two processes that have it open.
//
// A second process writes to the file itself (Attach): SQLite gives the file to one writer at
// a time. It counts its transactions in the table meta, where the owner sees that something
// has changed.
package sqlite
