// Package webapi is the kit with which a connector calls its target's HTTP API.
//
// A Client calls one configured host, authorizes each request, bounds it in time and
// its answer in size, and returns every failure as a *fault.Error whose kind follows
// from one table (see status.go). A connector refines that table with its vendor's own
// codes through Config.Classify.
//
// What a failed call means for the target is said by the class:
//   - Connection: the request never left us (address, dial, TLS), so nothing can have
//     happened.
//   - Ambiguous: a request that may change something was on its way and no complete
//     answer came: connection lost, timeout, an answer of 200 cut short, empty or not
//     of the form demanded. The caller must look before it writes again. Where it is
//     not certain that a request never left, it counts as ambiguous.
//   - Intermittent: the same for GET and HEAD, which change nothing, and any 5xx.
//
// It promises that no error holds a word of an answer's body, a query or a
// credential; that no redirect is followed; that no other host than the configured one
// is called; and that TLS is verified and at least 1.2.
//
// A call that wrote or failed is noted in the connector.Exchange of its context, if it has one:
// without headers and query, and with bodies only if it failed. A fetch of a token is not noted.
// OnlyReads reports whether a request, as a transport gets it, changes nothing.
//
// It does not retry: retries, pauses and circuits live in the pipeline. There are two
// exceptions. A 401 is followed by one more try with a fresh token where the client has
// a TokenSource, since a 401 says that nothing was done. And net/http itself repeats a
// request on a new connection when an idle one turns out closed; it does so only if
// nothing was written, or for a request that is safe to repeat by its method or by an
// Idempotency-Key header.
package webapi
