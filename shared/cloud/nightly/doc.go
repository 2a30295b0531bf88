// Package nightly is the Lambda function of the role audit: every night it compares the stores
// of an installation with one target, as the local engine does, and counts what an alarm has to
// ring for. It is a function of its own, because it alone opens several systems; no other
// function contains package audit.
//
// The environment names the secret of each system of the installation (CAUSEWAY_SECRETS), and
// has the settings of all of them. A run reads the secrets and opens the systems anew, so that
// a rotated secret needs nothing.
//
// A run ends by itself before the function's timeout, and the next night continues with the days
// that were not audited for longest. A day that cannot be audited fails the invocation after
// the others: Lambda retries twice, and then the event is a dead letter, which rings. The
// results are those of package audit: gaps in the ledger, days in the state table, where
// `causeway reconcile` shows, accepts and closes them. A run emits nothing and writes to no
// system.
//
// Metrics, of the target: Gaps is the number of gaps that are not accepted, over the days of the
// run, and PrivacyDue the number of requests about personal data that nobody has carried out and
// whose term ends within a week.
package nightly
