// Package retry decides what happens after a failure, how long it may go on, and how long
// something that was taken stays taken.
//
//   - disposition.go: the one table from a failure to what happens next, and how long until
//     then: budgets, backoff, patience.
//   - policy.go: the figures. policy_settings.go: those of them that an installation may set.
//   - pacer.go: a call repeated while a system throttles, within the time of a run.
//   - lease.go: spans, such as leases and permits, that a wrong clock can neither take nor lose.
//
// Waiting is not failing. A missing parent, a missing setting and an unknown outcome have a
// deadline; a throttle, an outage and refused credentials have a budget of time in which an
// open circuit does not count; only unclassified failures are counted. A service of ours
// that is out of reach has no budget: the message waits for as long as that lasts.
package retry
