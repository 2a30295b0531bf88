// Package admin calls Shopify's Admin API, which is GraphQL: a client for each shop, which waits
// for the shop's bucket (bucket.go) and classifies each failure (answer.go), and the queries
// (queries.go) by which orders, customers, products and transactions are listed (list.go) and fetched
// (fetch.go). compose.go gives them the form of a webhook's body. Callers with queries of their own
// pass a Call.
//
// # Limits
//
// The Admin API is called with X-Shopify-Access-Token. A version is supported for twelve
// months. After that the API silently answers in a later one, which Checker detects. Queries
// are paid in points from a bucket per app and shop. The bucket must hold the requested cost,
// or the answer is THROTTLED with status 200; the actual cost is charged. The client keeps
// what each answer reports of the bucket, and sends a query only once the bucket holds enough
// (bucket.go). SHOPIFY_ADMIN_TOKEN belongs to one shop; stores with tokens of their own are
// connected one by one.
//
// # Errors
//
// Errors of the API have three layers: the HTTP status, the errors of the answer (THROTTLED
// among them, with the time that the bucket needs), and userErrors, which only mutations
// have. A mutation without an answer has an unknown outcome.
//
// # Orders and customers
//
// Orders and customers are listed by updated_at, whose search includes the second itself,
// and paged by cursors that name the last entity of a page. Each order is fetched by itself,
// 25 lines at a time, because a list of whole orders would exceed the cost limit of a query, and
// so is each of its refunds. The order's query requests some 800 points and is charged some 80
// for a usual order, a refund's 830 and 20. The difference
// stays in the bucket for other callers, such as an order paid with several tenders; smaller
// pages would only make long orders cost more. An order is fetched even if a delivery already
// reported the same second, since one second can have two states. The query asks for the
// fields under the names that webhooks have, and compose.go rewrites the rest into the
// webhook's form, times in the shop's zone included. The package payload reads both, and the same
// state gives the same canonical content. A polled order is order.changed or order.cancelled.
// Without the scope read_all_orders the API shows orders of the last 60 days only.
//
// Not available in GraphQL: which line is a tip (a line called "Tip" without a product is
// read as one if a tip was received), and the product of a line that was deleted since.
// Available only there: an order's transactions, and tips in the buyer's currency.
package admin
