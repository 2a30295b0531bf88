package canonical

import (
	"strings"
	"time"
)

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

// Refund is money that goes back for an order: a document of its own. Lines and parts say for
// what, transactions how. A refund whose Amount is 0 only takes back goods.
//
// Amount and transactions are two facts. Amount is the credit: what lines and parts are worth.
// The sum of the transactions is the payout: what went back to the buyer, at most the Amount.
// A source has a transaction for all money that went back. The rest of Amount was not paid out:
// it is a credit of the buyer, such as for an exchange. Schema refund/1.
type Refund struct {
	ID           string              `json:"id" validate:"required,max=128"`
	Order        string              `json:"order" validate:"required,max=128"` // id of the order in the same store
	Name         string              `json:"name,omitempty"`                    // the order's number, for people
	Test         bool                `json:"test"`
	Customer     string              `json:"customer,omitempty"` // id of the customer entity
	TaxIncluded  bool                `json:"tax_included"`       // amounts contain the tax
	Lines        []RefundLine        `json:"lines,omitempty" validate:"dive"`
	Parts        []RefundPart        `json:"parts,omitempty" validate:"dive"`
	Tax          Money               `json:"tax"`      // all tax that goes back, whether included in amounts or added
	Rounding     Money               `json:"rounding"` // explicit difference that Round found within its tolerance
	Amount       Money               `json:"amount"`   // what lines and parts are worth, in the order's currency
	Transactions []RefundTransaction `json:"transactions,omitempty" validate:"dive"`
	Reason       Text                `json:"reason,omitzero"`
	Settled      bool                `json:"settled"` // false while the provider has not paid it out
	At           time.Time           `json:"at" validate:"required"`
}

// RefundLine is a quantity of an order line that is refunded. Its quantity may be 0: money
// back for a line that the buyer keeps.
type RefundLine struct {
	Line     string   `json:"line" validate:"required,max=128"` // id of the order line
	SKU      string   `json:"sku,omitempty" validate:"max=128"`
	Title    string   `json:"title,omitempty"`
	Quantity Quantity `json:"quantity"`
	Amount   Money    `json:"amount"` // after discounts
	Tax      Money    `json:"tax"`
	// Unfulfilled is true of goods that had not left: they are off the order, and nothing
	// comes back.
	Unfulfilled bool `json:"unfulfilled"`
	Restock     bool `json:"restock"` // the goods go back into stock
}

// RefundPart is an amount of a refund that belongs to no line. A negative amount keeps money
// back, such as a restocking fee.
type RefundPart struct {
	Kind   RefundPartKind `json:"kind" validate:"oneof=shipping duty tip fee adjustment credited"`
	Title  string         `json:"title,omitempty"`
	Amount Money          `json:"amount"`
	Tax    Money          `json:"tax"`
}

// RefundPartKind is the kind of a refund's part. Each is booked to an account of its own.
type RefundPartKind string

// The kinds of a refund's part.
const (
	RefundedShipping   RefundPartKind = "shipping"
	RefundedDuty       RefundPartKind = "duty"
	RefundedTip        RefundPartKind = "tip"
	RefundedFee        RefundPartKind = "fee"
	RefundedAdjustment RefundPartKind = "adjustment" // what explains the rest: goodwill, a restocking fee
	// RefundedCredit pays out what the buyer has as credit already: an earlier refund credited it
	// without paying it, or it was paid for what is off the order. It is not credited again.
	RefundedCredit RefundPartKind = "credited"
)

// RefundTransaction is one payment back to the buyer.
type RefundTransaction struct {
	ID     string        `json:"id" validate:"required,max=128"`
	Parent string        `json:"parent,omitempty"` // id of the payment that is paid back
	Method PaymentMethod `json:"method" validate:"oneof=card gift_card cash bank other"`
	// Gateway and Reference are the provider's. They only describe, and help to match a payout.
	Gateway   string    `json:"gateway,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Amount    Money     `json:"amount"`
	At        time.Time `json:"at" validate:"required"`
}

// InventoryLevel is the stock of one SKU at one location. At is when it changed last, and is missing
// if the source has no time of it. Schema inventory/1.
type InventoryLevel struct {
	SKU       string    `json:"sku" validate:"required,max=128"`
	Location  string    `json:"location" validate:"required,max=128"`
	OnHand    *Quantity `json:"on_hand,omitempty"`
	Available *Quantity `json:"available,omitempty"`
	At        time.Time `json:"at,omitzero"`
}

// InventoryMovement is a change of what a location has of a SKU that no order caused: goods that arrived, were
// found, were lost, or went to another location. It never changes. Schema movement/1.
type InventoryMovement struct {
	ID        string    `json:"id" validate:"required,max=128"`
	SKU       string    `json:"sku" validate:"required,max=128"`
	Location  string    `json:"location" validate:"required,max=128"`
	Change    Decimal   `json:"change" validate:"required,min=-999999999999999999,max=999999999999999999"` // pieces, below 0 if they are gone
	Reason    string    `json:"reason" validate:"required,max=128"`                                        // in the system's own words
	Reference string    `json:"reference,omitempty" validate:"max=256"`                                    // document that the movement is of
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

// Shipment is a parcel, or several, that left a warehouse, in its newest state. Goods and time of
// leaving are facts; tracking and status may change later. All events of a shipment carry the whole
// state. A cancelled shipment did not leave after all, whatever was reported before, and nothing of
// it stays shipped; its lines may be missing if the warehouse no longer names them. Schema shipment/1.
type Shipment struct {
	ID        string         `json:"id" validate:"required,max=128"`
	Order     string         `json:"order" validate:"required,max=128"`
	Status    ShipmentStatus `json:"status" validate:"oneof=shipped delivered cancelled"`
	Location  string         `json:"location,omitempty"`
	Carrier   string         `json:"carrier,omitempty"`
	Service   string         `json:"service,omitempty"`
	Tracking  []Tracking     `json:"tracking,omitempty" validate:"dive"`
	Lines     []ShipmentLine `json:"lines,omitempty" validate:"required_unless=Status cancelled,dive"`
	ShippedAt time.Time      `json:"shipped_at" validate:"required"`
	// DeliveredAt is when the customer got it, and zero before.
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
}

// ShipmentStatus is how far a shipment is. A body without one, of before there were states, is of a
// shipped one.
type ShipmentStatus string

// The states of a shipment.
const (
	Shipped           ShipmentStatus = "shipped"
	Delivered         ShipmentStatus = "delivered"
	ShipmentCancelled ShipmentStatus = "cancelled"
)

// EventType returns the type of the event that reports the state: shipment.shipped, .delivered or
// .cancelled. A source that knows of a correction reports shipment.updated instead of the first.
func (s *Shipment) EventType() string {
	switch s.Status {
	case Delivered:
		return ShipmentDelivered
	case ShipmentCancelled:
		return ShipmentCancelledEvent
	}
	return ShipmentShipped
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

// Return is goods on their way back, or those that came. Schema return/1.
type Return struct {
	ID     string       `json:"id" validate:"required,max=128"`
	Order  string       `json:"order" validate:"required,max=128"`
	Lines  []ReturnLine `json:"lines" validate:"min=1,dive"`
	Reason Text         `json:"reason,omitzero"`
	// Location is the warehouse's location that they come to, as that of a Shipment.
	Location string    `json:"location,omitempty"`
	At       time.Time `json:"at" validate:"required"` // when it was requested, or received
}

// ReturnLine is a quantity of one order line that comes back, or came.
type ReturnLine struct {
	Line     string   `json:"line,omitempty"` // id of the order line, if the warehouse knows it
	SKU      string   `json:"sku" validate:"required,max=128"`
	Quantity Quantity `json:"quantity"`
	// Restocked is how many of them the warehouse put back into stock; nil until it has received them.
	Restocked *Quantity `json:"restocked,omitempty"`
}

// Words says the goods as a person reads them: "2 TEE-BLK-M (1 restocked)".
func (r *Return) Words() string {
	parts := make([]string, 0, len(r.Lines))
	for _, l := range r.Lines {
		part := l.Quantity.Value.Normal().String() + " " + l.SKU
		if l.Restocked != nil {
			part += " (" + l.Restocked.Value.Normal().String() + " restocked)"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
