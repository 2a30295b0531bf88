// Package woocommercetest is a WooCommerce store for tests and for the local run: the
// part of its REST API that the connector calls, deliveries signed as the store signs
// them, and bodies of orders and customers that add up.
//
// The fake holds every request against a cut of the contract that a running
// WooCommerce 10.9.1 published, and is stricter in one point: a query parameter that
// the contract does not know is refused, where the store passes over it. It takes HTTP
// Basic over plain http on loopback, where the store would demand OAuth 1.0a.
//
// Everything is deterministic: the same call gives the same bytes. The package keeps
// no books, as the connector writes nothing.
package woocommercetest
