// Package shopifytest is a Shopify to test against: a Fake of the Admin API, signed
// deliveries as webhooks and as partner events, and orders that balance.
//
// The Fake validates every query against a cut of the published schema and answers
// what the query selects, so that a misspelt field fails as it would at Shopify. It
// knows the shop's name and the transactions it was given, nothing else; anything it
// shall say wrongly is queued with Answer.
//
// A Purchase becomes the body of an orders/… webhook: the published sample with the
// fields changed that the purchase names and all totals computed anew. The same
// purchase always gives the same bytes.
package shopifytest
