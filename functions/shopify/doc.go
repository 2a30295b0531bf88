// Package shopify connects Shopify. As a source it authenticates deliveries of the configured shops and
// translates them into canonical events, and it publishes the shops' products and prices if they are master of
// them (SHOPIFY_MASTER_OF); as a target it fulfills orders with what a warehouse shipped, marks those that it
// holds, closes returns that came back, and sets stock, products and prices of an ERP or of another store. It
// uses version 2026-10 of the webhooks and of the Admin API.
//
// # Packages
//
//   - payload: the names of topics, headers and entities, and the documents that webhooks have.
//   - admin: the client of the Admin API. It fetches orders and customers in the form of payload.
//   - translation: a raw message becomes canonical events. Its documentation has the events, their
//     versions, and how an order, its payments and its refunds are booked.
//   - goods: a product of the shop becomes products and prices by SKU.
//   - fulfillment: a shipment becomes fulfillments of its order.
//   - inventory: a stock level becomes the quantity of an item at a location.
//   - product: an item becomes a product or a variant, and its price that of the variant.
//   - mark: what a warehouse has of an order becomes tags and a metafield.
//   - returning: what came back to a warehouse closes a return, and becomes a metafield.
//   - levels: the stock of locations that the shop is master of becomes stock levels.
//   - shipped: fulfillments of locations that ship by themselves become shipments.
//   - owner: whose shipment a fulfillment is, so that one that Causeway made is not published.
//   - site: the settings that name locations.
//   - shopify itself: settings and profile (system.go), the doors (verify.go, partner.go), and the
//     roles that are little more than queries: poll.go, audit.go, subscribe.go.
//
// admin imports payload; translation, goods, fulfillment, inventory, product, mark, returning, levels and
// shipped import both and do not know each other. A fulfillment, a return and a product have guarantee search,
// a stock level compare_and_set, a price and a mark external_id: their documentation says why.
//
// # Deliveries
//
// A webhook is signed with HMAC-SHA256 over its body, under the app's client secret. Two
// secrets may be configured while one is being replaced, and each may be bound to a shop.
// Headers are not signed, so the shop must be in SHOPIFY_SHOPS, and the body is held against
// the headers: an order's order_status_url names its shop, and admin_graphql_api_id the kind
// and the id of every entity. A customer's body does not name its shop, so shops that must not
// be confused need secrets of their own. No time is signed either, so a replay is recognized by its id
// only. That id is derived from shop, topic and webhook id, not from the event id: one action
// causes deliveries of several topics, and each of them is processed. A partner event of
// EventBridge gives the same raw message as the webhook.
//
// # Facts about Shopify
//
// It waits five seconds for an answer and retries a webhook eight times within four hours,
// with the payload of the first attempt. Then it deletes a subscription that was made over
// the API. Delivery is at least once and unordered: orders/updated often overtakes
// orders/create. Ids exceed 2^53. Times have the shop's offset.
//
// # Roles
//
// A poll lists orders, customers and products by updated_at, and fetches each order by itself, in the form of
// a webhook's body, so that one translation reads both. admin has the rules. A product is fetched with all its
// variants.
//
// An audit counts orders by ordersCount and lists them with total_price_set, 190 at a time. The
// API sums up nothing. Payments are not audited: their list in GraphQL, tenderTransactions, does
// not name the transactions by which payments are known.
//
// Subscriptions are the app's own. Those of stock and of fulfillments are needed only with the settings of
// their locations. One with another address is not changed; one with our address is created beside it.
//
// # One master
//
// A location has one master of its stock, and one system ships from it. A location that gets the stock of
// another system (SHOPIFY_STOCK_LOCATIONS) cannot be a master location, and one where a warehouse fulfills
// (SHOPIFY_LOCATIONS) cannot be a shipping location: the start rejects both and names the settings. What
// Causeway writes is therefore not published again, and two stores that exchange stock cannot answer each
// other. Nothing is marked for that, but fulfillments at a shipping location that no setting names (package
// owner).
package shopify
