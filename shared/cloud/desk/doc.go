// Package desk is the operator's side of an installation on AWS: engine.Engine on SQS,
// DynamoDB, S3 and the event source mappings of Lambda. Ledger, state, vault, archive and
// sending are those of cloud.Backend. No function imports this package.
//
// # Letters
//
// SQS has no read by id and no look without receiving. Browse receives the whole queue, each
// message hidden for ten minutes, and makes all of them visible again at the end. Another
// operator who browses at the same time sees the rest only. Receiving counts: a letter's
// ReceiveCount includes the looks, and a dead-letter queue has no limit of receives. Eight
// receives run at a time, because one takes ten messages and a round trip. SQS lets 120,000
// messages be in flight, so that a longer queue cannot be browsed whole: the error has the
// code OverLimit.
//
// A Hand keeps what it received on its way to a wanted letter, hidden, for the next call of
// Take: otherwise each letter of a long queue would cost a walk over all of it. It gives
// everything back when a wanted letter is not found, and at Close. A process that is killed
// leaves letters hidden until their time has passed. They are never lost.
//
// # Figures
//
// Depths are the approximate numbers of GetQueueAttributes. A deferred message is one that a
// worker has hidden, which SQS counts as in flight: Depth.Deferred is what was sent with a
// delay. Depth.Oldest is read from CloudWatch: the age of the message that the queue's function
// began last, within the last hour, or the queue's own metric if that is greater. It is 0 for an
// empty queue, and as old as the metric, which is a minute or two. Depth.OldestDead is taken
// from the ledger: of n letters in a dead-letter queue, the oldest is as old as the n-th
// newest entry of stage dead or parked. The age is exact if letters leave in the order in which
// they came, and too short if newer ones left first.
//
// Totals are those of the last fourteen days, as long as SQS keeps a letter: Total.In is what
// the bus put into a route's queue (Invocations of its rule), the good ends are what the
// functions counted, both by CloudWatch, and the bad ends are entries of the ledger. A total
// needs one call of CloudWatch. Credentials that may not read metrics get 0.
//
// # Log
//
// The lines of a message are searched in the log group of each function, in twenty parts at
// most of each.
//
// # Valve
//
// A queue is paused if the event source mappings that take from it are disabled: by Pause,
// which notes who and why in the state table, or by other means, as in Lambda's console or by
// a stage file that has the flow off. A mapping takes seconds to change, and cannot be changed
// meanwhile: Pause and Resume wait for up to a minute.
package desk
