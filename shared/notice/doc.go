// Package notice writes the log lines that an operator should see without asking: one for
// each message that died or was parked, and for each change of a target's connection.
//
// The lines derive from the ledger: both engines hand Observer every entry once it is
// recorded, so that no stage of the pipeline writes such a line itself, and no line
// contradicts the ledger. Lines with one cause (stage, route and fingerprint) are limited:
// Burst of them pass per Window, and the rest are counted in a line of their own.
//
// A line ends with the command to run next. Command is the one place that knows its form.
package notice
