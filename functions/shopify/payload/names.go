package payload

import (
	"strings"

	"causeway.example/shared/message"
)

// Name is the system's name in keys.
const Name = "shopify"

// The topics that are translated. Webhook topics are lower case with a slash; the API's
// enum values (ORDERS_CREATE) do not appear in deliveries.
const (
	TopicOrderCreate    = "orders/create"
	TopicOrderUpdated   = "orders/updated"
	TopicOrderPaid      = "orders/paid"
	TopicOrderCancelled = "orders/cancelled"
	TopicOrderEdited    = "orders/edited"
	TopicRefundCreate   = "refunds/create"
	TopicTransaction    = "order_transactions/create"
	TopicCustomerCreate = "customers/create"
	TopicCustomerUpdate = "customers/update"
	TopicProductCreate  = "products/create"
	TopicProductUpdate  = "products/update"
	TopicProductDelete  = "products/delete"

	TopicFulfillmentCreate = "fulfillments/create"
	TopicFulfillmentUpdate = "fulfillments/update"
	TopicLevelUpdate       = "inventory_levels/update"
	TopicLevelDisconnect   = "inventory_levels/disconnect"
)

// The headers of a delivery, in the spelling of Shopify's documentation.
const (
	HeaderSignature = "X-Shopify-Hmac-Sha256"
	HeaderTopic     = "X-Shopify-Topic"
	HeaderShop      = "X-Shopify-Shop-Domain"
	HeaderWebhook   = "X-Shopify-Webhook-Id"
	HeaderEvent     = "X-Shopify-Event-Id"
	HeaderTriggered = "X-Shopify-Triggered-At"
	HeaderVersion   = "X-Shopify-Api-Version"
)

// Entity types, as in keys.
const (
	EntityOrder       = "order"
	EntityCustomer    = "customer"
	EntityPayment     = "payment"
	EntityRefund      = "refund"
	EntityFulfillment = "fulfillment" // of which it is remembered whose it is
	EntityShipment    = "shipment"    // a fulfillment that is published
	EntityLevel       = "inventory"
	EntityProduct     = "product"
	EntityPrice       = "price"
)

// Key returns the key of an entity of the shop, such as
// "shopify/example-brand.myshopify.com/order/820982911946154508". The shop is its domain in lower
// case; a payment's id may be one of our own.
func Key(shop, entity, id string) message.Key {
	return message.Key{System: Name, Tenant: shop, Type: entity, ID: id}
}

// GID returns the global id that the Admin API gives to an object of the kind, such as
// "gid://shopify/Order/820982911946154508".
func GID(kind, id string) string { return "gid://shopify/" + kind + "/" + id }

// ID returns the number at the end of a global id: 389404469 of
// "gid://shopify/OrderTransaction/389404469". It is the id in webhooks.
func ID(gid string) string { return gid[strings.LastIndexByte(gid, '/')+1:] }
