// Package cloud is the pipeline's ports on AWS: on EventBridge, SQS, DynamoDB, S3 and
// Secrets Manager (Backend, Secrets). Package function has the Lambda functions that run on
// them. No other package that a function contains imports the SDK's clients of AWS's services.
//
//	open.go       the Backend, which has every port
//	bus.go        events: PutEvents of EventBridge
//	queue.go      messages: SQS
//	state.go      state in the table; table.go: keys, attributes and limits of the table
//	ledger.go     writing the ledger in the table; entries.go: how its entries are packed
//	find.go       reading the ledger; find_read.go: queries and scans
//	vault.go      large bodies and files in the bucket; archive.go: the archive of raw messages
//	secrets.go    settings in Secrets Manager; address.go: the secret of the ledger
//	classify.go   what an error of AWS means; backoff.go, chunk.go: members of a batch again
//	desk.go       access of the operator's packages to the same resources; record.go: its list of the state
//
// A port's call that returned without an error is durable at AWS. Where AWS answers success
// and reports failures in the body (PutEvents, SendMessageBatch, BatchWriteItem), the failed
// members are sent again, and an error is returned while any has failed. The SDK tries each
// call three times; what fails then is a fault that is retryable (throttling, 5xx, network),
// an error of the installation (a resource is missing or access is denied) or a defect.
//
// The ports create nothing, keep no message in memory, and write no ledger entry of their
// own. Unlike the local engine, they do not record that an event is in a route's queue
// (stage queued) or that no route matched it: EventBridge decides that, and its metrics and
// dead letters show it.
//
// # Table
//
// One table, on demand, keys pk and sk (text), TTL attribute ttl, no secondary index.
//
//	pk                           sk                 holds
//	S#<key>                      -                  state: v value, r revision, x expiry in ms, w write token
//	L#<trace>                    <time><id>         entries of one Append: e packed entries, t latest of them in ms
//	E#<event>                    <time>L#<trace>    pointer: the event's entries are in that trace
//	K#<entity>                   <time>L#<trace>    pointer: the entity's entries are in that trace
//	F#<search key>               <time>L#<trace>    pointer: that trace has an entry with the key, such as number:1001
//	D#<stage>#<yyyymmdd>#<0..3>  <time><id><index>  one entry of stage dead or parked: e
//
// A key's part that is too long for DynamoDB is replaced by its hash. Pointers are
// items because an entry of a secondary index costs the same write unit, is read
// later than it was written, and can name one event or entity only.
//
// Sort keys begin with the time of the (first) entry, so that a query with a limit reads the
// oldest or the newest and stops. The list of a day is spread over four partitions, because
// one takes a thousand writes a second and a target that rejects everything can exceed that.
// Waiting messages (stage deferred) have no list: no command looks for them by day.
//
// An entry that is appended again after a kill is stored twice and found once: both have the
// same identity and are in the same trace. Preventing the second write would cost a write
// unit for every entry.
//
// The expiry of a state is compared in the condition of each write and at each read; TTL
// only removes expired items later. A condition that fails returns the stored item: its
// token shows whether that is our own write, whose answer was lost.
//
// An entry on a route has no pointer of its own: Translate published its event before,
// with both pointers, under the same trace. An entry whose event has the trace's own id
// (the raw message, the delivery) needs none. Search keys (port.Entry.SearchKeys) always have
// pointers: a query by one costs as much as one by entity. A query by trace, event, entity or
// search key reads the partitions of that; one by stage dead or parked reads the lists of the days since; any
// other (a route alone, a time alone, no filter) reads the whole table.
//
// # Addresses in the ledger
//
// The search key of an e-mail address is a hash under the secret <prefix>/ledger, which
// CloudFormation generates. The first address that a process publishes reads it: 10 to 30 ms, and
// later once in five minutes, during which a message is translated; the start of a function does
// not grow. Only the roles that translate, and operators, may read it. While it cannot be read,
// deliveries with an address wait in their inbox.
//
// Rotation: put {"current": new, "previous": old} into the secret. New entries have the new hash
// within five minutes, and a search tries both. When the retention of the ledger has passed, take
// the previous one out. A secret that is lost leaves its entries to be found by every other key.
//
// # Write units of a webhook that becomes one event
//
//	to the bus         state: claim, done                                2
//	                   ledger: received; translated and published        2
//	                   ledger: pointers to event and entity              2
//	                   ledger: pointer for each search key               1 or more
//	for each target    state: claim, done                                2
//	                   ledger: sent and confirmed                        1
//	                   ledger: pointer for the target's id               1
//
// Search keys are the sender's ids of the delivery and, of an order, its number, id, e-mail
// hash and each SKU. With three targets and six of them that is 24 write units and seven
// consistent reads: a delivery reads
// its own record and, at most once a second per process, the record of the target's
// connection, which is written only where its permits are short. Entries are
// compressed with a dictionary so that an item stays within one unit (1 KB): a
// delivery's two take about 200 bytes. An attempt that is deferred adds two of state
// and one of the ledger, a dead letter one more of the ledger for its day's list.
// At $0.625 per million units and $0.125 per million reads, three targets cost $15.88
// per million webhooks; provisioned capacity with scaling costs less where load is steady.
//
// # Archive
//
// Every raw message is restorable byte for byte: Translate's batch runner writes each
// batch of an inbox to S3, one object per batch, before it handles any of it
// (Backend.Archive). Until then the message is in the inbox queue, which is durable, so
// that the door does not wait for S3, at the price of a tenth of a PUT per message under
// load ($0.50 per million) instead of one ($5). A body above the inline limit is copied
// from claims/ to archive/, which is kept for longer. A message that cannot be archived
// fails alone. It is not handled, and is re-sent before its queue would drop it.
//
// # Decisions
//
// The clients are the SDK's own, one per service, made when first used from a hand-built
// configuration; package account gives the reasons.
//
// go.mod keeps four of them below the versions that describe each shape of a service in memory
// before main runs (dynamodb 1.69, eventbridge 1.49, sqs 1.49, secretsmanager 1.50): those add a
// sixth to the time of a start, 2 MiB of memory and 0.6 MB to each program, which then is over the
// budget of make size. make check looks for known vulnerabilities in what is pinned.
//
// The SDK alone retries a call: three attempts with jittered backoff, of 10 s each (a long
// poll 30 s). This package retries only what a call that succeeded left undone. A body of S3
// that breaks off is not read again, because its message is retried anyway. The SDK checks
// the MD5 of each message, the CRC-32 of each item and the checksums of objects, corrects its
// clock by AWS's answer, and sends the invocation's X-Amzn-Trace-Id, by which Lambda stops
// loops of functions and queues. All five clients share one transport, which keeps connections
// and speaks HTTP/1.1.
//
// Signatures have the SDK's own time. Config.Now is the time of our own rules: expiry,
// revisions, deferrals, retention.
//
// AWS_ENDPOINT_URL, for all services or for one, sends the calls to another engine. The
// bucket is a part of the path there. Resources have the same names in every installation of a
// stage, so that such an engine serves one at a time.
//
// A deferral is one ChangeMessageVisibility. SQS hides a message for twelve hours from
// its receipt at most; one that is to wait longer is visible early and is deferred again.
//
// Secrets reads at most every five minutes and uses its last values while AWS is not
// reachable. AWS's caching library does the same, and brings the SDK's loader.
package cloud
