package canonical

import (
	"strings"
	"time"
)

// WarehouseOrder is what a warehouse has of a store's order, in its newest state: what it was asked to ship,
// whether it works on it, and what is wrong. Goods that left are shipments of their own. Schema
// warehouse_order/1.
type WarehouseOrder struct {
	ID      string          `json:"id" validate:"required,max=128"`    // the warehouse's id
	Order   string          `json:"order" validate:"required,max=128"` // id of the order in its store
	Status  WarehouseStatus `json:"status" validate:"oneof=released held discrepancy cancelled"`
	Service string          `json:"service,omitempty"` // the shipping method that was asked for
	Lines   []WarehouseLine `json:"lines,omitempty" validate:"dive"`
	Holds   []Hold          `json:"holds,omitempty" validate:"required_if=Status held,dive"`
	// ReleasedAt is when the warehouse took the order in.
	ReleasedAt time.Time `json:"released_at" validate:"required"`
}

// WarehouseStatus is how a warehouse stands to an order.
type WarehouseStatus string

// The states of a warehouse's order. One that left as it was asked for stays released.
const (
	WarehouseReleased    WarehouseStatus = "released"    // nothing keeps it
	WarehouseHeld        WarehouseStatus = "held"        // it ships nothing more until a person acts
	WarehouseDiscrepancy WarehouseStatus = "discrepancy" // all has left that will, and it is not what was asked for
	WarehouseCancelled   WarehouseStatus = "cancelled"   // it ships nothing of it
)

// WarehouseLine is what a warehouse was asked to ship of a SKU.
type WarehouseLine struct {
	SKU     string   `json:"sku" validate:"required,max=128"`
	Ordered Quantity `json:"ordered"`
	// Shipped is what left of it, once nothing more will and it is another quantity.
	Shipped *Quantity `json:"shipped,omitempty"`
}

// Hold is a reason for which a warehouse does not ship, in its own words.
type Hold struct {
	Reason string `json:"reason" validate:"required"`
	SKU    string `json:"sku,omitempty" validate:"max=128"` // of the article at fault, "" if it is none
}

// EventType returns the type of the event that reports the state: order.released, order.held,
// shipment.discrepancy or fulfillment.cancelled.
func (w *WarehouseOrder) EventType() string {
	switch w.Status {
	case WarehouseHeld:
		return OrderHeld
	case WarehouseDiscrepancy:
		return ShipmentDiscrepancy
	case WarehouseCancelled:
		return FulfillmentCancelled
	}
	return OrderReleased
}

// Words says the state as a person reads it: "held: OutOfStock (TEE-BLK-M)", or "discrepancy: 2 of 3
// TEE-BLK-M left".
func (w *WarehouseOrder) Words() string {
	var parts []string
	for _, h := range w.Holds {
		part := h.Reason
		if h.SKU != "" {
			part += " (" + h.SKU + ")"
		}
		parts = append(parts, part)
	}
	for _, l := range w.Lines {
		if l.Shipped != nil {
			parts = append(parts, l.Shipped.Value.Normal().String()+" of "+l.Ordered.Value.Normal().String()+" "+l.SKU+" left")
		}
	}
	if len(parts) == 0 {
		return string(w.Status)
	}
	return string(w.Status) + ": " + strings.Join(parts, ", ")
}

// CancelRequest is an order that another system than its store ended. The store is asked to cancel it. Schema
// cancel_request/1.
type CancelRequest struct {
	ID          string    `json:"id" validate:"required,max=128"`           // of the system's own record
	Number      string    `json:"number" validate:"required,max=64"`        // by which people know the record
	Order       string    `json:"order" validate:"required,max=128"`        // id of the order in its store
	Status      string    `json:"status" validate:"oneof=cancelled closed"` // cancelled before it was approved, closed after
	Fulfilled   bool      `json:"fulfilled"`                                // something of it was, in the system that asks
	Billed      bool      `json:"billed"`                                   // the same
	RequestedAt time.Time `json:"requested_at" validate:"required"`         // when the record was last changed
}

// ERPOrder is the sales order that an ERP has of a store's order, in its newest state. Schema erp_order/1.
type ERPOrder struct {
	ID     string    `json:"id" validate:"required,max=128"`     // of the ERP's own record
	Number string    `json:"number" validate:"required,max=64"`  // by which people know the record
	Order  string    `json:"order" validate:"required,max=128"`  // id of the order in its store
	Status string    `json:"status" validate:"required,max=128"` // in the ERP's words: "pending fulfillment"
	Ended  bool      `json:"ended"`                              // nothing more of it is fulfilled or billed
	Lines  []ERPLine `json:"lines" validate:"dive"`              // of goods
	// Comparable says that the lines' SKUs and quantities can be compared with the store's.
	Comparable bool      `json:"comparable"`
	UpdatedAt  time.Time `json:"updated_at" validate:"required"`
}

// ERPLine is what a sales order has of a SKU.
type ERPLine struct {
	SKU       string   `json:"sku" validate:"required,max=128"`
	Ordered   Quantity `json:"ordered"`
	Fulfilled Quantity `json:"fulfilled"`
	Billed    Quantity `json:"billed"`
	Closed    bool     `json:"closed"` // what is not fulfilled stays so
}

// RefundRequest is money that another system than the store of the order paid back. The store is asked to
// refund it. Schema refund_request/1.
type RefundRequest struct {
	ID       string    `json:"id" validate:"required,max=128"`    // of the system's own record
	Number   string    `json:"number" validate:"required,max=64"` // by which people know the record
	Order    string    `json:"order" validate:"required,max=128"` // id of the order in its store
	Amount   Money     `json:"amount"`                            // that went back
	Refunded Money     `json:"refunded"`                          // of the order in all, in the system that asks, with this amount
	At       time.Time `json:"at" validate:"required"`            // when the record was last changed
}
