// Package erase removes personal data from the SQLite file of package local: bodies of the
// vault, and the free texts of ledger entries.
//
// It opens the file beside the engine, which may run meanwhile: SQLite serializes the two
// writers, and a change of this package is one short transaction. It relies on the tables
// entry, name, blob and claim as package local makes them. What is deleted or replaced is
// overwritten (secure_delete), and Scrub takes it out of the write-ahead log.
package erase
