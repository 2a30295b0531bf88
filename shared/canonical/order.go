package canonical

import "time"

// Order is a sale as the store knows it, in one locked currency. Schema order/1.
type Order struct {
	ID            string         `json:"id" validate:"required,max=128"`
	Name          string         `json:"name" validate:"required,max=128"` // the number people use, such as "#1001"; not unique across stores
	Status        OrderStatus    `json:"status" validate:"oneof=draft open cancelled closed"`
	Financial     FinancialState `json:"financial" validate:"oneof=pending authorized partially_paid paid partially_refunded refunded voided"`
	Fulfillment   string         `json:"fulfillment,omitempty"` // the store's own value; only describes
	PlacedAt      time.Time      `json:"placed_at" validate:"required"`
	UpdatedAt     time.Time      `json:"updated_at" validate:"required"`
	CancelledAt   *time.Time     `json:"cancelled_at,omitempty"`
	CancelReason  Text           `json:"cancel_reason,omitzero"`
	Test          bool           `json:"test"`
	Channel       string         `json:"channel,omitempty"` // "web", "pos", …: the store's own value
	NeedsShipping bool           `json:"needs_shipping"`    // false for an order of digital goods only
	Fulfilled     bool           `json:"fulfilled"`         // everything was handed over before the order was reported, as at a till
	Currency      string         `json:"currency" validate:"currency"`
	Presentment   *Presentment   `json:"presentment,omitempty"`
	TaxIncluded   bool           `json:"tax_included"` // prices contain the tax
	Buyer         Buyer          `json:"buyer"`
	Billing       *Address       `json:"billing,omitempty"`
	Shipping      *Address       `json:"shipping,omitempty"`
	Lines         []OrderLine    `json:"lines" validate:"max=20000,dive"`
	Deliveries    []DeliveryLine `json:"deliveries,omitempty" validate:"dive"`
	Charges       []Charge       `json:"charges,omitempty" validate:"dive"`
	Tax           Money          `json:"tax"`                   // all tax of the order, whether included in prices or added
	ChannelTax    *Money         `json:"channel_tax,omitempty"` // part of Tax that the sales channel pays over itself, such as a marketplace
	Rounding      Money          `json:"rounding"`              // explicit difference that Round found within its tolerance
	Total         Money          `json:"total"`
	Note          Text           `json:"note,omitzero"`
	Tags          []string       `json:"tags,omitempty"`
	Discounts     []Discount     `json:"discounts,omitempty"`      // the codes that were used; the amounts are on the lines
	PurchaseOrder string         `json:"purchase_order,omitempty"` // the buyer's own number of the order
	Company       *Company       `json:"company,omitempty" pii:"name"`
	Terms         *PaymentTerms  `json:"terms,omitempty"`
}

// Company is the business that a buyer buys for. Ids are the store's.
type Company struct {
	ID           string `json:"id,omitempty"`
	Name         string `json:"name,omitempty"`
	Location     string `json:"location,omitempty"`
	LocationName string `json:"location_name,omitempty"`
}

// PaymentTerms is when an order has to be paid that is not paid at once.
type PaymentTerms struct {
	Name  string     `json:"name,omitempty"` // the store's own words, such as "Net 30"
	DueAt *time.Time `json:"due_at,omitempty"`
}

// OrderStatus is the state of an order as a whole. An unknown value is rejected.
type OrderStatus string

// The states of an order.
const (
	OrderDraft     OrderStatus = "draft"
	OrderOpen      OrderStatus = "open"
	OrderCancelled OrderStatus = "cancelled"
	OrderClosed    OrderStatus = "closed"
)

// FinancialState is how far an order is paid. An unknown value is rejected.
type FinancialState string

// The financial states of an order.
const (
	Pending           FinancialState = "pending"
	Authorized        FinancialState = "authorized"
	PartiallyPaid     FinancialState = "partially_paid"
	Paid              FinancialState = "paid"
	PartiallyRefunded FinancialState = "partially_refunded"
	Refunded          FinancialState = "refunded"
	Voided            FinancialState = "voided"
)

// Presentment is the amount in the currency of the two (shop's and buyer's) that
// was not chosen for the order.
type Presentment struct {
	Basis string `json:"basis" validate:"oneof=shop presentment"` // which of both the order is locked to
	Total Money  `json:"total"`                                   // total in the other one
}

// Buyer is the buyer of an order. Customer is the id of the customer entity that the order
// waits for. For a guest it is derived from the e-mail address, and empty without one.
type Buyer struct {
	Customer string `json:"customer,omitempty"`
	Guest    bool   `json:"guest"`
	Email    Text   `json:"email,omitzero" pii:"email"`
	Phone    Text   `json:"phone,omitzero" pii:"phone"`
}

// LineKind is the kind of a line: liabilities and revenue are booked separately.
type LineKind string

// The kinds of an order line.
const (
	ProductLine  LineKind = "product"
	GiftCardLine LineKind = "gift_card" // a gift card that was sold: a liability, no revenue, nothing to ship
	CustomLine   LineKind = "custom"    // no product behind it, or one that was deleted
)

// OrderLine is one line of an order.
type OrderLine struct {
	ID        string   `json:"id" validate:"required,max=128"`
	Kind      LineKind `json:"kind" validate:"oneof=product gift_card custom"`
	SKU       string   `json:"sku,omitempty" validate:"max=128"`
	Product   string   `json:"product,omitempty"` // ids in the store
	Variant   string   `json:"variant,omitempty"`
	Title     string   `json:"title,omitempty"`
	Quantity  Quantity `json:"quantity"`
	UnitPrice Decimal  `json:"unit_price" validate:"min=-999999999999999999,max=999999999999999999"` // in the order's currency; may have more decimals than it
	Discount  Money    `json:"discount"`                                                             // sum of line and order discounts on this line
	Tax       Money    `json:"tax"`
	Ships     bool     `json:"ships"`
}

// Quantity is an exact count with its unit.
type Quantity struct {
	Value Decimal `json:"value" validate:"notnegative,max=999999999999999999"`
	Unit  string  `json:"unit" validate:"required"` // UN/ECE Recommendation 20 code; "C62" is one piece
}

// Pieces returns a quantity in pieces.
func Pieces(value Decimal) Quantity { return Quantity{value, "C62"} }

// DeliveryLine is the charge for one method of delivery.
type DeliveryLine struct {
	ID       string `json:"id,omitempty"`
	Code     string `json:"code,omitempty"`
	Title    string `json:"title,omitempty"`
	Price    Money  `json:"price"`
	Discount Money  `json:"discount"`
	Tax      Money  `json:"tax"`
}

// ChargeKind is the kind of a charge. Each is booked to an account of its own.
type ChargeKind string

// The kinds of a charge.
const (
	Tip          ChargeKind = "tip"
	Duty         ChargeKind = "duty"
	Fee          ChargeKind = "fee"
	CashRounding ChargeKind = "cash_rounding" // may be negative
)

// Charge is an amount on the order that is neither a line nor a delivery.
type Charge struct {
	Kind   ChargeKind `json:"kind" validate:"oneof=tip duty fee cash_rounding"`
	Title  string     `json:"title,omitempty"`
	Amount Money      `json:"amount"`
	Tax    Money      `json:"tax"`
}

// Discount names a code or promotion that was applied.
type Discount struct {
	Code  string `json:"code,omitempty"`
	Title string `json:"title,omitempty"`
}

// Amount returns the line's price × quantity less its discount, in minor units.
func (l *OrderLine) Amount(currency string) (Money, error) {
	gross, err := Extend(l.UnitPrice, l.Quantity.Value, currency)
	if err != nil {
		return Money{}, err
	}
	return gross.Sub(l.Discount), nil
}
