// Package pipeline is the journey of a message: through the door (Receive), into the
// canonical model and onto the bus (Translate), and from a route's queue into the
// target (Deliver). Systems translate and classify; everything that makes a journey
// reliable is here, once.
//
// What it promises, whatever crashes, repeats, or arrives in another order:
//
//   - A sender gets its 2xx only when its bytes lie durable in the inbox queue.
//   - A message ends in exactly one of confirmed, superseded, skipped, parked or dead,
//     and the ledger says why.
//   - A target never gets an entity's older version after a newer one, nor one event twice.
//   - What has to wait (a parent, a lease, a throttle) waits without using up attempts.
//   - A known failure is dead-lettered by us, with its reason; the queue's own redrive
//     policy is only the net for crashes.
//
// Where to read what; each pattern is a page:
//
//	the journey    receive.go → translate.go → deliver.go; handling.go is claim, work and end of one message
//	what a target offers, weakest last (connector.Guarantee)
//	               externalid.go, key.go, compareandset.go, search.go, none.go
//	unknown outcomes
//	               journal.go: crashes, lost answers, and how an attempt ended
//	whose turn     turn.go: who waits for whom at an entity, and for how long
//	order          record.go: the version fence, confirmations, cross-reference; parents.go
//	who may write  lease.go: leases that a wrong clock can neither take nor lose
//	failures       disposition.go: the one table from fault.Kind to what happens; policy.go: how long;
//	               policy_settings.go: what of that an installation may set
//	a 429          throttle.go: all that happens on one, from the message to the circuit
//	the target     connection.go: what all workers share of it, and when it is written
//	               breaker.go: the circuit; budget.go: calls at once; lanes.go: live before backfill; rate.go
//	long waits     renew.go: a message outlives what its queue keeps
//	dead letters   dead.go: what stands on one; redrives and their loops
//	polling        poll.go; poll_mark.go: how far it got; poll_wait.go, poll_unread.go: what a source
//	               does not give at once, or at all; poll_repair.go: webhooks that had stopped
//	evidence       ledger.go: every hop; news.go: each change of a connection
//
// How it is done: one record in the State per (target, entity) holds the lease of
// whoever is writing, the version that the target last confirmed, and the target's
// id. Claim, version fence, cross-reference and failure budget are thus one
// conditional write before the effect and one after it, whatever the guarantee. One
// more record per target holds its circuit and its permits; it is written when they
// change and read about once a second by each worker, so that a delivery costs one
// read and two writes of the State.
//
// Waiting is not failing. A lease, a parent, another message's unknown outcome, a
// throttle, a permit, an open circuit and a request that may come late defer the message
// to the time at which it can go on, or where that is not known to a part of how long it
// has waited already (Patience), and use up nothing. Budgets are time spent failing, each
// kind of failure by itself.
//
// The State out of reach means that delivery stops: whatever cannot be claimed is not
// written to a target. Doors go on, because they do not need it.
//
// Access tokens are fetched once at a time by each process (webapi.TokenSource), and a
// refusal after a fresh token opens the circuit for all of them. Where a vendor takes a
// refresh token only once, one process has to do the refreshing for all; nothing here
// does.
//
// A source that can be polled is reconciled (poll.go): its changes are held against the
// ledger, and what no delivery told comes in by the same inbox. Nothing is skipped but what
// the ledger shows as published in that content; everything else may be told twice, and is
// recognised where every message is. A source that throttles is waited for (poll_wait.go);
// what cannot be read is kept by name and asked for again (poll_unread.go).
//
// The package owns its ports (Bus, Queue, State, Ledger, Vault) and knows neither
// AWS nor SQLite; both implementations pass porttest. It may import webhook for
// the rules of the door that hold for every system, which the first house plan did
// not foresee: the alternative was a copy in each carrier of HTTP.
package pipeline
