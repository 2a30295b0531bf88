// Package admission decides whether a message may call its target now. All workers share
// one record of a target in the State, so that together they keep what the target takes.
//
// A message passes Target.Gate before it is read, and Target.Enter before it calls the
// target. Enter returns a Passage, or when the message has to come back. Passage.Leave
// returns the permit and learns from the answer.
//
// Promises:
//
//   - Circuit (circuit.go): a target that fails for several entities is left alone, except for
//     one probe at a time. A failure of an operation opens the circuit of that operation only;
//     a failure of a record opens nothing until many records fail one after another. That is
//     an outage in the target's own words: Gate.Records says since when, and once it has
//     lasted for as long as a message may wait, it uses up no record's budget. A target that
//     accepts one write in each hour has no such outage, so that records which always fail
//     come to the end of theirs.
//   - Permits (permit.go): all workers together have at most Profile.Concurrency calls in flight.
//     The limit falls when the target throttles, and rises again with time.
//   - Rate and pause (rate.go): in no window of time are there more calls than Profile.Rate allows.
//     A time that the target names is honored by all workers.
//   - Lanes (lane.go): live traffic goes first, and backfill always has a share.
//   - Ledger (report.go): each opening and closing of a circuit is one line in the ledger.
//
// target.go holds the way of a call, record.go what is stored and how, policy.go the figures.
//
// No goroutine waits for a port, or for another goroutine at a port, beyond its own
// context. At most one goroutine of a process reads or stores the record at a time, so
// that a process never conflicts with itself. Most calls need neither: a worker keeps its
// permits for a while, and counts failures in memory until they open a circuit. Clocks
// may differ: see retry.Span and Target.adopt. The permits and the probe of a worker that
// is gone are free at once if retry.Worker knows it to be gone, and otherwise when their
// span is over.
//
// The package does not decide what a failure means for its message; package retry does.
package admission
