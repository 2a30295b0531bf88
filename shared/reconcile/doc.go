// Package reconcile polls a source system for what changed, compares each change with what
// every target confirmed last, and hands on what a target does not have, as a raw message in
// the inbox, like any other delivery.
//
//   - poller.go: a run over all feeds, and the sweep through one feed.
//   - compare.go: one change against the targets, and the ledger entry about a difference.
//   - mark.go: the checkpoint of a feed.
//   - unread.go: changes that cannot be read.
//   - wait.go: throttling by the source.
//   - subscription.go: webhook subscriptions that stopped.
//   - backfill.go: a span of a source's history, read once.
//   - plan.go: how far back, how much and how long a run polls.
//
// Promises:
//
//   - A change reaches every target, however its webhook was lost, also if another change
//     was made within the same second.
//   - The comparison is one read of the State for each target and entity. The ledger is
//     read only to say whether a delivery had reported a state that a target lacks: a gap,
//     which rings an alarm, or a target that is late, which does not.
//   - An entity that cannot be read, compared or translated holds up no other.
//   - A change is handed on before the mark that covers it is stored. A run that crashes in
//     between hands it on once more under the same id, which Translate recognizes.
package reconcile
