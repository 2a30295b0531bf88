// Package netsuitetest is a NetSuite account that keeps books, for tests and the local run.
//
// A Fake answers as SuiteTalk REST does, and refuses what it refuses: a request that does
// not fit the contract in testdata (route, parameters, body), one whose OAuth 1.0a
// signature or OAuth 2.0 token is wrong, a reference to an item, customer, order,
// subsidiary or currency that is not there, more requests at once than the account may
// have. A sublist that is not replaced is appended to. SuiteQL is understood as far as the
// connector uses it.
//
// Plan makes it misbehave, request by request and deterministically: it throttles, fails,
// hangs, cuts connections, before or after the effect.
//
// The books (Books, Orders, Customers, Deposits) say what stands in the account and how
// often each record was written. Duplicates finds the same thing booked twice under two
// external ids. With Open they outlive the process: each effect is a line of JSON that is
// on the disk before the answer leaves, and a line torn by a kill is passed over.
//
// It does not know: record types other than these three, custom fields, scripts,
// permissions, accounting periods, taxes. Orders that are closed may be changed again:
// NetSuite reopens a line whose isClosed is cleared.
package netsuitetest
