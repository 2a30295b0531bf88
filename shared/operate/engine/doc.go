// Package engine is what the operator's tools need of the place where Causeway runs, as
// small interfaces with one implementation per engine. Everything above (groups, plans,
// redrives, traces) is written once against them.
//
// The tools use two of the pipeline's ports as they are: port.Ledger, searched by
// Query.Key, Since and Until, and port.State for plans, the journal and the lease of an
// operation, with its conditional put. The vault keeps what is large: plans, exports, and
// the letters of a purge.
//
// # How each maps to an engine
//
//	interface  local engine (SQLite)              AWS
//	Meter      counters and item indexes          GetQueueAttributes per queue and its
//	                                              dead-letter queue, ApproximateAge from CloudWatch;
//	                                              Totals from the metrics of a route
//	Browser    a read of the queue's rows         ReceiveMessage over the whole queue with a
//	                                              visibility timeout that outlasts the walk, then
//	                                              ChangeMessageVisibility 0 for each
//	Letters    an update of the rows by id        ReceiveMessage until the wanted ids are found; what
//	                                              is not wanted stays hidden until Close, which
//	                                              returns it
//	Sender     one transaction                    SendMessageBatch, failed members sent again
//	Valve      a row that Receive obeys           UpdateEventSourceMapping Enabled=false, with who and
//	                                              why in the state table
//	Archive    rows written when a translated     objects archive/<system>/<yyyy/mm/dd/hh>/ in S3
//	           delivery leaves its inbox
//
// An implementation is proved by enginetest. It keeps the promise of each method and
// nothing more: the rules of an operation (order, rates, guards) are above.
//
// # Why these cuts
//
// SQS cannot read one message by its id, nor look without receiving. So a dead letter is
// identified by the queue's message id, is found by walking, and is held in a Hand while it
// is worked on. The local engine could do better, and gains nothing that an operator sees.
//
// A move is not among the methods, although SQLite could make it atomic: SQS cannot. It is
// send, then journal, then delete, in one place for both.
package engine
