// Package shopifytest is a Shopify to test against: a Fake of the Admin API, signed
// deliveries as webhooks and as partner events, and orders that balance.
//
// The Fake validates every query against a cut of the published schema and answers
// what the query selects, so that a misspelt field fails as it would at Shopify. So do
// pages of more than 250 nodes and queries of more than 1,000 points. With a clock it keeps
// the bucket of the smallest plan: what a query asks for must be in it or the answer is
// THROTTLED, what the answer holds is charged, and each answer tells what is left. It knows
// the shop's name, the orders, customers and transactions it was given, and the app's webhook
// subscriptions, which it deletes when a delivery has failed nine times. Anything it shall
// say wrongly is queued with Answer.
//
// A Purchase becomes the body of an orders/… webhook: the published sample with the
// fields changed that the purchase names and all totals computed anew. The same
// purchase always gives the same bytes.
package shopifytest
