// Package engine has the interfaces that the operator's tools need, with one implementation
// per engine. Groups, plans, redrives and traces are written once against them.
//
// The tools use two of the pipeline's ports as they are: port.Ledger, searched by
// Query.Key, Since and Until, and port.State for plans, the journal and the lease of an
// operation, with its conditional put. The vault keeps plans, exports, and the letters of a
// purge: they are too large for the State.
//
// # How each maps to an engine
//
//	interface  local engine (SQLite)              AWS
//	Meter      counters and item indexes          GetQueueAttributes per queue and its
//	                                              dead-letter queue; Oldest and Totals from
//	                                              CloudWatch, bad ends from the ledger
//	Browser    a read of the queue's rows         ReceiveMessage over the whole queue with a
//	                                              visibility timeout that outlasts the walk, then
//	                                              ChangeMessageVisibility 0 for each
//	Letters    an update of the rows by id        ReceiveMessage until the wanted ids are found; other
//	                                              messages stay hidden until Close, which
//	                                              returns them
//	Sender     one transaction                    SendMessageBatch, failed members sent again
//	Valve      a row that Receive obeys           UpdateEventSourceMapping Enabled=false, with who and
//	                                              why in the state table
//	Log        files beside the store             FilterLogEvents over each function's log group
//	Archive    rows written when a translated     objects archive/<system>/<yyyy/mm/dd/hh>/ in S3
//	           delivery leaves its inbox
//
// enginetest tests an implementation. It implements only these methods: the rules of an
// operation (order, rates, guards) are in package redrive.
//
// # Why these cuts
//
// SQS cannot read one message by its id, nor read without receiving. So a dead letter is
// identified by the queue's message id, is found by reading the queue, and is held in a Hand
// during work on it. The local engine could do better, without a difference for an operator.
//
// A move is not among the methods, although SQLite could make it atomic: SQS cannot. It is
// send, then journal, then delete, in one place for both.
package engine
