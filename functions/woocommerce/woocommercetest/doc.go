// Package woocommercetest is a WooCommerce store for tests and for the local run: the
// part of its REST API that the connector calls, deliveries signed as the store signs
// them, and bodies of orders and customers that add up.
//
// The fake holds every request against a cut of the contract that a running
// WooCommerce 10.9.1 published, and is stricter in one point: a query parameter that
// the contract does not know is refused, where the store passes over it. It takes HTTP
// Basic over plain http on loopback, where the store would demand OAuth 1.0a.
//
// It lists orders as WordPress does, with bounds that exclude their own second and pages
// that shift when something changes, and disables a webhook whose deliveries failed six
// times in a row. What shall be answered wrongly is queued with Answer.
//
// Everything is deterministic: the same call gives the same bytes.
package woocommercetest
