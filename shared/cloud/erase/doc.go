// Package erase removes personal data from an installation on AWS: from the table the free
// texts and search keys of ledger entries and the words of operators, from the bucket bodies of
// the vault and archived deliveries. Package privacy decides what is a person's. No function
// imports this package.
//
// # Bucket
//
// The bucket keeps versions, so that every version is read and, if it is the person's, deleted for
// good: a deletion without a version would leave the data readable for a month. An archived
// object is a batch of deliveries of several persons: it is written again without the person's,
// and then its version is deleted. The expiry of the others begins anew with that. Every object
// of claims/ and archive/ is read: 0.4 dollars for a million, and 0.03 for each GB of those that
// are older than ninety days.
//
// A body in claims/ may belong to a message that is still to be delivered. Live queues cannot
// be read without taking messages from the functions, and so bodies that were stored within the
// last fourteen days, as long as a queue keeps a message, are left while any queue has messages,
// and those of the last quarter of an hour always. They are counted as waiting. Exports are
// not referred to and are never left.
//
// # Table
//
// Entries about an entity are found by the pointers of the ledger. Addresses in texts are found
// by reading the whole table once. An item is written on the condition that it is as it was
// read. Its copy in the list of dead and parked entries of a day is written first, and pointers
// of removed search keys are deleted, so that a run that was killed is finished by the next.
//
// # Remaining data
//
// Installation.Kept lists where AWS itself keeps data, and how long: backups of the table,
// the archive of the bus, and logs. Files that partners put into drop/ have the records of many
// persons and are listed, not changed.
package erase
