// Package woocommercetest is a WooCommerce store for tests and for the local run: the part of
// its REST API that the connector calls, deliveries signed as the store signs them, and bodies
// of orders and customers that balance.
//
// The fake validates every request against a part of the contract that a running WooCommerce
// 10.9.1 published. It is stricter in one point: it rejects an unknown query parameter, which
// the store ignores. It accepts HTTP Basic over plain http on loopback, where the store would
// require OAuth 1.0a.
//
// It lists orders as WordPress does, with bounds that exclude their own second and pages that
// shift when something changes, and disables a webhook after six failed deliveries in a row.
// Wrong answers are queued with Answer.
//
// A refund of an amount is made as measured: the gateway pays it unless the request says otherwise or
// DeclineRefunds was called, and one of more than the order has left is rejected.
//
// Everything is deterministic: the same call gives the same bytes.
package woocommercetest
