// Package cloud is the pipeline on AWS: its ports on EventBridge, SQS, DynamoDB, S3
// and Secrets Manager (Backend, Secrets), and the entry points of Lambda functions
// (Start). It and its room api are the only packages that see the AWS SDK, of which
// they use the core and no service's client: api says why.
//
// What the ports promise: a call that returned without an error is durable at AWS.
// Where AWS answers success and hides what failed in it (PutEvents, SendMessageBatch,
// BatchWriteItem), what failed is sent again by itself, and an error is returned while
// any is open. Each call is tried three times by the SDK; what is left fails with a
// fault that says whether it passes (throttle, 5xx, network), is a matter of the
// installation (missing, closed) or our own defect.
//
// What they do not do: they create nothing, they keep no message in memory, and they
// write no ledger entry of their own. In contrast to one machine nothing tells that an
// event lies in a route's queue (stage queued) or that no route wanted it: EventBridge
// decides that, and its own metrics and dead letters show it.
//
// # Table
//
// One table, on demand, keys pk and sk (text), TTL attribute ttl, no secondary index.
//
//	pk                    sk          holds
//	S#<key>               -           state: v value, r revision, x expiry in ms, w write token
//	L#<trace>             <id>        entries of one Append: e packed entries, t latest of them in ms
//	E#<event>             L#<trace>   pointer: the event's entries lie in that trace
//	K#<entity>            L#<trace>   pointer: the entity's entries lie in that trace
//	D#<stage>#<yyyymmdd>  <id>        one entry of stage dead, parked or deferred: e
//
// A key's part that is too long for DynamoDB is replaced by its hash. Pointers are
// items because an entry of a secondary index costs the same write unit, is read
// later than it was written, and can name one event or entity only.
//
// The expiry of a state is compared in the condition of each write and at each read;
// TTL only clears up. A condition that fails returns the item that stands there: its
// token tells whether that is our own write, whose answer was lost.
//
// An entry on a route has no pointer of its own: Translate published its event before,
// with both pointers, under the same trace. What bears the trace's own id (the raw
// message, the delivery) needs none. A query by trace, event or entity reads what
// belongs to that; one by stage dead, parked or deferred reads the lists of the days
// since; any other (a route alone, a time alone, no filter) reads the whole table.
//
// # Write units of a webhook that becomes one event
//
//	to the bus         state: claim, done                                2
//	                   ledger: received; translated and published        2
//	                   ledger: pointers to event and entity              2
//	for each target    state: claim, done                                2
//	                   ledger: sent and confirmed                        1
//
// With three targets that is 15 write units and seven consistent reads: a delivery reads
// its own record and, at most once a second per process, the record of the target's
// connection, which is written only where its permits are short. Entries are
// compressed with a dictionary so that an item stays within one unit (1 KB): a
// delivery's two take about 200 bytes. An attempt that is deferred adds two of state
// and three of the ledger (sent, deferred, its day's list), a dead letter the same.
// At $0.625 per million units and $0.125 per million reads, three targets cost $10.25
// per million webhooks; provisioned capacity with scaling costs less where load is steady.
//
// # Archive
//
// Every raw message is restorable byte for byte: Translate's batch runner writes each
// batch of an inbox to S3, one object per batch, before it handles any of it
// (Backend.Archive). Until then the message lies in the inbox queue, which is durable,
// so that the door need not wait for S3, and the price is that of a tenth of a PUT
// per message under load ($0.50 per million) instead of one ($5). A body above the
// inline limit is copied from claims/ to archive/, which is kept for longer.
//
// # Decisions
//
// Clients are made when first used, from a hand-built configuration: the SDK's own
// loader, and a client that is not needed, cost milliseconds at each cold start.
// Credentials come from the environment only; AWS says how a profile gets there.
//
// Requests are signed by Config.Now, corrected by what AWS answers if that is off. It is
// also the time of our own rules: expiry, revisions, deferrals, retention.
//
// A deferral is one ChangeMessageVisibility. SQS hides a message for twelve hours from
// its receipt at most; one that is to wait longer comes back early and is deferred again.
//
// Secrets asks at most every five minutes and goes on with what it has while AWS is out
// of reach. AWS's caching library does the same, and brings the SDK's loader of profiles
// with SSO and STS into every function: 1.6 MB.
//
// A function reads its secret when it starts and when credentials are refused, past
// that cache: a signature counts as wrong only when it was checked against the newest
// secret, and until that can be had the door answers 503.
package cloud
