// Package sim tries to break the delivery pipeline and the connectors. It plays the faults of the
// reliability design, one at a time and mixed, against the real code of packages intake,
// pipeline, admission and reconcile, and compares the answers that the sender got with the
// target's state and the ledger. A short day is also played once for each of its calls, with
// that call failing or its process killed (everycall.go).
//
// Everything runs in one loop under a virtual clock (loop.go): workers, doors, pollers and
// operators are goroutines of which exactly one runs at a time, and each call of a port or
// of the target is a point at which another may go on, at which the call may fail, or at
// which its process is killed. A case, that is fault and seed, is therefore always the same
// run: a failure is reported with the command that plays it again, and with its timeline.
//
// The ports (store.go, queue.go) keep the contract of porttest; faults break it on purpose
// (inject.go, fault*.go). The target (target.go) keeps its guarantee honestly and is read by
// the checker (check.go), which believes no log alone. The checker knows the number of each
// state in the order in which the shop had them, and never trusts the versions that the
// pipeline made. The ledger's lines about the target's circuits are compared with what the
// workers agreed on (circuit.go), and their calls after a rejection with what the target
// sees of them (limit.go). The checker itself is tested with histories made by hand, and
// package mutants shows that the removal of each guard is noticed.
//
// A case may also play a connector against the fake of its vendor (vendor.go, wire.go; the vendors
// are in package vendors). Faults then befall each of the connector's requests on the wire, and what
// changes in the fake's books are the effects. Each state is known again by a text that a reader of
// the vendor sees.
//
// It does not show real processes, disks and networks. Those are killed for real by the
// tests of scripts/local, and the cloud's own services are used by test/aws.
package sim
