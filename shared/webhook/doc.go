// Package webhook is the kit with which a door decides whether an inbound request
// is genuine and fit to be stored.
//
// A system picks the Scheme its vendor signs with, builds a Verifier from its
// secrets and hands it the raw request. The door bounds and unpacks the body with
// Content and MediaType, and turns any error into an HTTP status with
// Status.
//
// It promises:
//   - The signature is taken over the bytes as they came over the wire, before
//     Content-Encoding is undone and before anything is parsed.
//   - Every secret is tried against every signature sent, so that rotation on either
//     side refuses nothing valid, and all are compared in constant time as raw
//     digests. A digest in another encoding or of another length is malformed.
//   - A signature, timestamp or id header that comes twice is refused, however its
//     name is spelt: two readers could otherwise choose differently.
//   - Where a vendor signs a time, it must lie within Tolerance of the clock, before
//     or after. The digest is checked first, so "timestamp_old" in a ledger always
//     speaks of a genuine request that came late, never of a forgery.
//   - A Verifier without a usable secret cannot be built.
//   - No error repeats anything that the sender wrote.
//
// It does not remember deliveries. BodyHMAC and the legacy HubSpot schemes sign no
// time, so a recorded request stays valid for ever: the door's store of delivery ids
// is their only guard against replay.
//
// Compressed bodies: none of the vendors compresses. A door therefore inflates gzip
// within its limit, answers 413 for a bomb and 415 for any other coding, verifies the
// wire bytes and stores the inflated ones. Refusing every coding outright would be
// shorter, but would answer a bomb as an unknown format and hide the attempt.
package webhook
