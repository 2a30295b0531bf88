// Package erase removes personal data from the files of package local and of the local
// engine: from its SQLite file bodies of the vault, archived deliveries, the free texts and
// search keys of ledger entries and the words of operators; from its logs what names the
// person. Package privacy decides what is a person's; this package finds and writes.
//
// It opens the file beside the engine, which may run meanwhile: SQLite serializes the two
// writers, and a change of this package is one short transaction. It relies on the tables
// entry, search, name, blob, claim, archive, state and pause as package sqlite makes them and
// package local fills them. What is deleted or replaced is overwritten (secure_delete), and
// Scrub takes it out of the write-ahead log. Log files are overwritten in place.
package erase
