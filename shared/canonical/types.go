package canonical

import (
	"encoding/json"
	"errors"
	"slices"
)

// Type describes one event type: a past fact and the schema of its body.
type Type struct {
	Name   string // such as "order.placed"
	Schema string // such as "order/1"
	// Once is true of a fact that happens once to its entity, such as a payment's capture:
	// a target gets it once, however often and in how many versions it is reported. The
	// other types carry the state of their entity: a target gets the newest.
	Once bool
	new  func() any
}

// The event types that systems exchange now. The full list of the model is longer;
// a type is added together with the first flow that carries it.
const (
	OrderPlaced            = "order.placed"
	OrderChanged           = "order.changed"
	OrderCancelledEvent    = "order.cancelled"
	OrderAcknowledged      = "order.acknowledged"
	OrderCancelRequested   = "order.cancel_requested"
	OrderReleased          = "order.released"
	OrderHeld              = "order.held"
	PaymentAuthorized      = "payment.authorized"
	PaymentCaptured        = "payment.captured"
	RefundIssued           = "refund.issued"
	RefundRequested        = "refund.requested"
	RefundSettled          = "refund.settled"
	FulfillmentRequested   = "fulfillment.requested"
	FulfillmentCancelled   = "fulfillment.cancelled"
	ShipmentShipped        = "shipment.shipped"
	ShipmentUpdated        = "shipment.updated"
	ShipmentDelivered      = "shipment.delivered"
	ShipmentCancelledEvent = "shipment.cancelled"
	ShipmentDiscrepancy    = "shipment.discrepancy"
	ReturnRequested        = "return.requested"
	ReturnReceived         = "return.received"
	InventoryLevelSet      = "inventory.level"
	InventoryAdjusted      = "inventory.adjusted"
	InventoryReceived      = "inventory.received"
	PriceChanged           = "price.changed"
	ProductRetired         = "product.retired"
	ProductUpserted        = "product.upserted"
	CustomerUpserted       = "customer.upserted"
)

// Types returns every event type, sorted by name.
func Types() []Type { return slices.Clone(types) }

var types = []Type{
	{CustomerUpserted, "customer/1", false, empty[Customer]},
	{FulfillmentCancelled, "warehouse_order/1", false, empty[WarehouseOrder]},
	{FulfillmentRequested, "fulfillment/1", true, empty[FulfillmentRequest]},
	{InventoryAdjusted, "movement/1", true, empty[InventoryMovement]},
	{InventoryLevelSet, "inventory/1", false, empty[InventoryLevel]},
	{InventoryReceived, "movement/1", true, empty[InventoryMovement]},
	{OrderAcknowledged, "erp_order/1", false, empty[ERPOrder]},
	{OrderCancelRequested, "cancel_request/1", false, empty[CancelRequest]},
	{OrderCancelledEvent, "order/1", false, empty[Order]},
	{OrderChanged, "order/1", false, empty[Order]},
	{OrderHeld, "warehouse_order/1", false, empty[WarehouseOrder]},
	{OrderPlaced, "order/1", false, empty[Order]},
	{OrderReleased, "warehouse_order/1", false, empty[WarehouseOrder]},
	{PaymentAuthorized, "payment/1", true, empty[Payment]},
	{PaymentCaptured, "payment/1", true, empty[Payment]},
	{PriceChanged, "price/1", false, empty[PriceList]},
	{ProductRetired, "product/1", false, empty[Product]},
	{ProductUpserted, "product/1", false, empty[Product]},
	{RefundIssued, "refund/1", true, empty[Refund]},
	{RefundRequested, "refund_request/1", true, empty[RefundRequest]},
	{RefundSettled, "refund/1", true, empty[Refund]},
	{ReturnReceived, "return/1", true, empty[Return]},
	{ReturnRequested, "return/1", true, empty[Return]},
	{ShipmentCancelledEvent, "shipment/1", false, empty[Shipment]},
	{ShipmentDelivered, "shipment/1", false, empty[Shipment]},
	{ShipmentDiscrepancy, "warehouse_order/1", false, empty[WarehouseOrder]},
	{ShipmentShipped, "shipment/1", false, empty[Shipment]},
	{ShipmentUpdated, "shipment/1", false, empty[Shipment]},
}

func empty[T any]() any { return new(T) }

// New returns a pointer to an empty body of the type.
func (t Type) New() any { return t.new() }

// TypeNamed returns the event type, and false if there is none of the name.
func TypeNamed(name string) (Type, bool) {
	i := slices.IndexFunc(types, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return types[i], true
}

// Encode returns the body as JSON.
func Encode(entity any) ([]byte, error) { return json.Marshal(entity) }

// Decode reads the body of an event of the type, into a pointer such as *Order.
// Unknown fields are passed over, so that the next version of the schema can be read.
func Decode(eventType string, body []byte) (any, error) {
	t, ok := TypeNamed(eventType)
	if !ok {
		return nil, &Error{Field: "type", Rule: "no such event type: " + eventType}
	}
	entity := t.new()
	if err := json.Unmarshal(body, entity); err != nil {
		return nil, &Error{Field: wrongField(err), Rule: "not a body of schema " + t.Schema, Err: err}
	}
	return entity, nil
}

// wrongField returns the path that encoding/json knows for a value of a wrong type,
// "body" if it knows none. List indexes are not in it.
func wrongField(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return wrong.Field
	}
	return "body"
}
