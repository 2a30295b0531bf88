package canonical

import "time"

// Payment is money that a payer has authorized, paid, or failed to pay for an order.
// Schema payment/1.
type Payment struct {
	ID     string        `json:"id" validate:"required,max=128"`
	Order  string        `json:"order" validate:"required,max=128"` // id of the order in the same store
	Name   string        `json:"name,omitempty"`                    // the order's number, for people
	Test   bool          `json:"test"`
	Method PaymentMethod `json:"method" validate:"oneof=card gift_card cash bank other"`
	// Gateway and Reference are the provider's. They only describe, and help to match a payout.
	Gateway   string    `json:"gateway,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Amount    Money     `json:"amount"`
	Customer  string    `json:"customer,omitempty"` // id of the customer entity
	At        time.Time `json:"at" validate:"required"`
}

// PaymentMethod is the tender. A redeemed gift card is a tender, never a discount.
type PaymentMethod string

// The tenders.
const (
	Card         PaymentMethod = "card"
	GiftCard     PaymentMethod = "gift_card"
	Cash         PaymentMethod = "cash"
	Bank         PaymentMethod = "bank"
	OtherPayment PaymentMethod = "other"
)

// Refund is money that goes back for an order. Schema refund/1.
type Refund struct {
	ID      string       `json:"id" validate:"required,max=128"`
	Order   string       `json:"order" validate:"required,max=128"`
	Lines   []RefundLine `json:"lines,omitempty" validate:"dive"`
	Amount  Money        `json:"amount"`
	Reason  Text         `json:"reason,omitzero"`
	Settled bool         `json:"settled"` // false while the provider has not paid it out
	At      time.Time    `json:"at" validate:"required"`
}

// RefundLine is a part of a refund that belongs to an order line.
type RefundLine struct {
	Line     string   `json:"line" validate:"required"`
	Quantity Quantity `json:"quantity"`
	Amount   Money    `json:"amount"`
	Tax      Money    `json:"tax"`
	Restock  bool     `json:"restock"`
}

// Product is one thing that can be sold and stocked, by its SKU. Schema product/1.
type Product struct {
	ID        string    `json:"id" validate:"required,max=128"`
	SKU       string    `json:"sku" validate:"required,max=128"`
	Title     string    `json:"title,omitempty"`
	Barcode   Text      `json:"barcode,omitzero"`
	Price     *Money    `json:"price,omitempty"`
	Active    bool      `json:"active"`
	UpdatedAt time.Time `json:"updated_at" validate:"required"`
}

// InventoryLevel is the stock of one SKU at one location. Schema inventory/1.
type InventoryLevel struct {
	SKU       string    `json:"sku" validate:"required,max=128"`
	Location  string    `json:"location" validate:"required,max=128"`
	OnHand    *Quantity `json:"on_hand,omitempty"`
	Available *Quantity `json:"available,omitempty"`
	At        time.Time `json:"at" validate:"required"`
}

// FulfillmentRequest asks a warehouse to ship. Schema fulfillment/1.
type FulfillmentRequest struct {
	ID       string         `json:"id" validate:"required,max=128"`
	Order    string         `json:"order" validate:"required,max=128"`
	Location string         `json:"location,omitempty"`
	Service  string         `json:"service,omitempty"`
	Shipping *Address       `json:"shipping" validate:"required"`
	Lines    []ShipmentLine `json:"lines" validate:"min=1,dive"`
}

// Shipment is a parcel, or several, that left a warehouse. Schema shipment/1.
type Shipment struct {
	ID        string         `json:"id" validate:"required,max=128"`
	Order     string         `json:"order" validate:"required,max=128"`
	Location  string         `json:"location,omitempty"`
	Carrier   string         `json:"carrier,omitempty"`
	Service   string         `json:"service,omitempty"`
	Tracking  []Tracking     `json:"tracking,omitempty" validate:"dive"`
	Lines     []ShipmentLine `json:"lines" validate:"min=1,dive"`
	ShippedAt time.Time      `json:"shipped_at" validate:"required"`
}

// ShipmentLine is a quantity of one order line.
type ShipmentLine struct {
	Line     string   `json:"line,omitempty"` // id of the order line, if the warehouse knows it
	SKU      string   `json:"sku" validate:"required,max=128"`
	Quantity Quantity `json:"quantity"`
}

// Tracking is a parcel's number and where to look it up.
type Tracking struct {
	Number string `json:"number" validate:"required"`
	URL    string `json:"url,omitempty"`
}

// Return is goods on their way back. Schema return/1.
type Return struct {
	ID     string         `json:"id" validate:"required,max=128"`
	Order  string         `json:"order" validate:"required,max=128"`
	Lines  []ShipmentLine `json:"lines" validate:"min=1,dive"`
	Reason Text           `json:"reason,omitzero"`
	At     time.Time      `json:"at" validate:"required"`
}
