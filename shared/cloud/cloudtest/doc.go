// Package cloudtest is a stand-in for the AWS services that Causeway runs on: SQS,
// EventBridge, DynamoDB, S3, Secrets Manager, of Lambda the event source mappings and the
// configuration of functions, and of CloudWatch metrics, alarms and the search of logs. It is
// an http.Handler that speaks their wire protocols to the real SDK, in one process and over a
// clock that is passed in. It is strict: it refuses everything that AWS refuses, and also
// everything that it does not know (an operation, a parameter, a header).
//
// # Why our own
//
// There are good emulators, but each needs a runtime (Python, Node, a container)
// that a build machine without the public package registries cannot get, and none
// lets a test move the clock. Nothing here is a back door: resources are created
// through the API calls themselves, so the tests that use this package run against
// any endpoint, such as moto, LocalStack or AWS itself, by AWS_ENDPOINT_URL. Only
// tests that use Fail or a clock of their own are tied to it.
//
// # Time
//
// All times come from the clock given to New. A long poll waits with a timer, which
// is virtual inside a synctest bubble (use Transport there, for a socket is not);
// with any other clock call Wake after moving it.
//
// # Faults
//
// Fail throttles calls, takes a service down, loses the answer of a call that took
// effect, or fails chosen entries of a batch; see Throttle, Unavailable, LoseAnswer
// and FailEntries.
//
// # Where it differs from AWS
//
//   - A request must be signed for its service and the scope is read, but neither
//     signature nor date is verified, and there are no identity policies. Of
//     resource policies only those of queues count, and only for EventBridge.
//   - Everything is consistent at once: no read of an index or a GetItem is stale,
//     and a rule works as soon as it is there.
//   - SQS has standard queues only, gives messages in the order of their visibility
//     and never twice by itself. A receipt handle of an earlier receive deletes
//     nothing, where SQS might delete. There are no message move tasks.
//   - EventBridge matches with routes.ParsePattern, the matcher that the local
//     engine uses too: that the two agree proves nothing about AWS. The proof that
//     the matcher is right are the tests of package routes, which are independent.
//     Events are delivered at once, without retries; an event goes to the target's
//     dead-letter queue with NO_PERMISSIONS, NO_RESOURCE or INVALID_PARAMETER.
//     PutEvents refuses an entry for an unknown bus. Schedules are kept but do not
//     fire. White space in a detail is removed.
//   - DynamoDB never deletes an item whose time to live is over: AWS may take days,
//     and that is the case to test. Capacity is not counted, a page has at most
//     1 MiB, a hash key has no order, and there is no UpdateItem, parallel scan or
//     nested projection.
//   - S3 keeps versions in every bucket, expires none, has no ranges, multipart uploads or
//     notifications, and keeps objects of at most 32 MiB in memory.
//   - Lambda keeps the configuration of functions, runs none and polls no queue: a mapping is kept, and takes five seconds
//     of the clock to be created, enabled or disabled. Only its state can be changed.
//   - An archive of events has its settings only, and none of its days passes.
//   - CloudWatch has the values that Observe and Log add, as AWS's services and functions do.
//     It computes no expressions and evaluates no alarm. A search of logs knows terms in quotes
//     only, and reads a hundred lines in a call, so that it has to be continued.
//   - Secrets Manager has no rotation, no deletion and no KMS keys.
package cloudtest
