// Package port holds the ports of the pipeline: Bus, Queue, State, Ledger and Vault,
// the ledger entry, and what a dead letter carries.
//
// It is the contract between the stages (packages intake, pipeline, reconcile) and the
// backends (packages local and cloud). A backend proves that it keeps the contract by
// running the suites of porttest. Nothing here calls a port except CheckIn and CheckOut,
// the two halves of a Claim Check.
package port
