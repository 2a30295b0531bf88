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
// How it is done: one record in the State per (target, entity) holds the lease of
// whoever is writing, the version that the target last confirmed, and the target's
// id. Claim, version fence, cross-reference and failure budget are thus one
// conditional write before the effect and one after it (record.go). A fault's kind
// is turned into what happens next by one table (disposition.go).
//
// A write whose answer was lost may still take effect later. Its own event is tried
// again at once, because that writes the same; newer ones of the entity wait until
// nothing can come any more (Profile.Linger), so that the late one cannot land on them.
//
// A source that can be polled is reconciled (poll.go): its changes are held against the
// ledger, and what no delivery told comes in by the same inbox. Nothing is skipped but what
// the ledger shows as published in that content; everything else may be told twice, and is
// recognised where every message is.
//
// The package owns its ports (Bus, Queue, State, Ledger, Vault) and knows neither
// AWS nor SQLite; both implementations pass pipelinetest. It may import webhook for
// the rules of the door that hold for every system, which the first house plan did
// not foresee: the alternative was a copy in each carrier of HTTP.
package pipeline
