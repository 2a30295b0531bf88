// Package payload reads the documents of Shopify's webhooks, in the version of the package admin: orders
// (order.go, line.go), refunds and transactions (refund.go), customers and addresses (party.go),
// deliveries that only name an order, and requests about personal data (named.go). The names of
// topics, headers, entities and ids are in names.go. parent.go finds the order of a message that is
// delivered to Shopify.
//
// Members that do not depend on a choice are read into the canonical model's types. Every amount is
// kept in both of its currencies (money.go), because the choice between them is stored for the
// order, and nothing is computed of it here. Members may be absent, because a subscription can
// exclude them; null is read as absent. A body that breaks a rule gives the strict reader's error
// with the member's path, and a value that is normalized gives a note.
//
// The Admin API's answers are read by the same functions, once their members have the webhooks'
// names and forms; amounts may have GraphQL's spelling.
package payload
