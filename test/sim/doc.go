// Package sim tries to break the delivery pipeline. It plays the faults of the
// reliability design, one at a time and mixed, against the real code of
// shared/pipeline, and compares what the sender was told, what the target holds and
// what the ledger says.
//
// Everything runs in one loop under a virtual clock (loop.go): workers, doors and
// operators are goroutines of which exactly one runs at a time, and each call of a
// port or of the target is a point at which another may go on, at which the call may
// fail, or at which its process is killed for good. A case, that is fault and seed,
// is therefore always the same run: a failure is told with the command that plays it
// again, and with its timeline.
//
// The ports (store.go, queue.go) keep the contract of porttest; what breaks it,
// the faults do on purpose (inject.go, fault.go). The target (target.go) keeps its
// guarantee honestly and is read by the checker (check.go), which believes nobody's
// log alone. What the ledger tells of the target's connection is held against what the
// workers agreed on (circuit.go), and how they go on after a refusal against what the
// target sees of it (limit.go). The checker itself is proven with histories made by hand.
//
// What it does not show: real processes, disks and networks. Those are killed for
// real by the tests of scripts/local, and the cloud's own services by test/aws.
package sim
