// Package audit compares the records of a source with those at a target, per day by
// count and sum and then one by one, and names each difference. Package reconcile answers
// another question: it polls a source for changes that no delivery reported.
//
//   - auditor.go: configuration, pairs, and a run over the last days.
//   - calendar.go: business days.
//   - compare.go: one span by its totals, in halves, record by record.
//   - classify.go: a record that differs, looked up on the other side and in the ledger.
//   - result.go: sums, reasons, gaps and the balance.
//   - record.go: the result of a day in the State; closing a day, accepting a gap.
//   - emit.go: missing records as deliveries.
//
// For each day and currency holds
//
//	source = target + skipped + waiting + dead + unexplained
//
// Promises:
//
//   - A day on which both systems report equal totals costs two requests. A source that counts
//     but does not sum up also lists its records, and the target does not. Records are listed
//     on both sides only within the shortest span whose totals differ.
//   - Each unexplained difference is a named gap with its amount. The list of a source shows an
//     approximate amount of an order that was edited, so that a differing amount counts only
//     once the whole entity was fetched and translated.
//   - Memory is bounded: of a long list at most Plan.Held records are held, and it is read in
//     several passes.
//   - A gap is reported in the ledger once, and a closed day never changes. Differences that
//     cancel out within a span, in the count and in the sum of each currency, are seen when
//     the day is closed: that compares record by record.
//
// Nothing is written to a source or a target. A record that the target had confirmed and that
// is missing there is not emitted, because an operator may have deleted it.
package audit
