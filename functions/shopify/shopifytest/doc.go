// Package shopifytest is a Shopify to test against: a Fake of the Admin API, signed
// deliveries as webhooks and as partner events, and orders that balance.
//
// The Fake validates every query against a part of the published schema and answers the
// selected fields, so that a misspelt field fails as it would at Shopify. So do pages of more
// than 250 nodes and queries of more than 1,000 points. With a clock it has the bucket of the
// smallest plan: the bucket must hold the requested cost or the answer is THROTTLED, the actual
// cost is charged, and each answer reports the rest. It has the shop's name, the orders,
// customers and transactions that were stored, and the app's webhook subscriptions, which it
// deletes after nine failed deliveries. Wrong answers are queued with Answer.
//
// A Purchase becomes the body of an orders/… webhook: the published sample with the fields of
// the purchase, and all totals computed. The same purchase always gives the same bytes.
package shopifytest
