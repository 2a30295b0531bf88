// Package combine joins the calls of messages that one process received together, so that a
// target that takes many records in one request gets few requests. It needs no clock and no
// window: a Party knows how many of its messages can still call, and a batch goes out when it is
// full, or when every message of its party that has not ended waits in a batch.
//
//	worker     receives n messages ── NewParty(n) ── each is handled at once, in Party.Join
//	connector  Combiner.Ask ── waits ── one Do for up to Most of them ── each gets its own result
//
// The wait for a batch to fill is the queue's, before the party is received: Lambda's batching
// window, or the local worker's. A message without a party, such as one that a test delivers by
// itself, is a batch of one.
package combine
