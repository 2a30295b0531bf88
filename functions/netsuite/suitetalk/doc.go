// Package suitetalk is the client of NetSuite's SuiteTalk REST: record service v1 and SuiteQL,
// release 2026.1. It knows records, not what a store's order becomes.
//
// A request is signed by one of two logins (see Login). A write names the record's type and
// external id (see Place); NetSuite answers it without a body, with the internal id in Location. A
// record that is read is a Document of text, whose amounts are decimal text.
//
//	login.go      the settings of an account and its credentials
//	oauth2.go     OAuth 2.0 client credentials with a signed assertion
//	token.go      token-based authentication (OAuth 1.0a)
//	client.go     records: upsert, patch, transform, read
//	query.go      SuiteQL, and what is asked with it
//	listing.go    lists of changed rows, page by page
//	detail.go     rows that belong to listed ones, such as lines
//	check.go      the test of a connection
//	wire.go       answers: records, rows, refusals
//	classify.go   what an error answer means
//	verdict.go    the table of causes
//
// # Failures
//
// REST gives most causes one code, USER_ERROR; the text decides, and the fault has the
// cause's own code. NetSuite's error document is about one record, even with status 500; a 503 and
// an answer without a document are about the connection, and a missing permission is about the
// operation. A fault has the cause's code and NetSuite's name of the field; nothing else of the
// answer is copied, because its text quotes values.
package suitetalk
