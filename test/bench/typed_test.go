package bench_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/go-playground/validator/v10"
)

// What follows is the same translation as anyone would write it with encoding/json: a
// struct with the members of the payload, as client libraries have it, another for the
// target, and amounts handed through as text. It checks no name twice, no balance and no currency, computes
// nothing, and has no model in between: it is the least that there is to do.

// typedOrder is a Shopify order webhook.
type typedOrder struct {
	ID                json.Number     `json:"id" validate:"required"`
	Name              string          `json:"name" validate:"required,max=128"`
	Email             string          `json:"email" validate:"omitempty,email"`
	ContactEmail      string          `json:"contact_email"`
	Phone             *string         `json:"phone"`
	Note              *string         `json:"note"`
	Tags              string          `json:"tags"`
	SourceName        string          `json:"source_name"`
	Test              bool            `json:"test"`
	CreatedAt         string          `json:"created_at" validate:"required,datetime=2006-01-02T15:04:05Z07:00"`
	UpdatedAt         string          `json:"updated_at" validate:"required,datetime=2006-01-02T15:04:05Z07:00"`
	ProcessedAt       string          `json:"processed_at"`
	ClosedAt          *string         `json:"closed_at"`
	CancelledAt       *string         `json:"cancelled_at"`
	CancelReason      *string         `json:"cancel_reason"`
	FinancialStatus   string          `json:"financial_status" validate:"oneof=pending authorized partially_paid paid partially_refunded refunded voided"`
	FulfillmentStatus *string         `json:"fulfillment_status"`
	Currency          string          `json:"currency" validate:"required,iso4217"`
	Presentment       string          `json:"presentment_currency" validate:"iso4217"`
	TaxesIncluded     bool            `json:"taxes_included"`
	DutiesIncluded    bool            `json:"duties_included"`
	Total             typedBag        `json:"total_price_set"`
	Tax               typedBag        `json:"total_tax_set"`
	Fees              *typedBag       `json:"original_total_additional_fees_set"`
	Duties            *typedBag       `json:"original_total_duties_set"`
	CashRounding      *typedBag       `json:"total_cash_rounding_payment_adjustment_set"`
	Tip               string          `json:"total_tip_received"`
	Outstanding       string          `json:"total_outstanding"`
	Gateways          []string        `json:"payment_gateway_names"`
	DiscountCodes     []typedDiscount `json:"discount_codes"`
	Applications      []typedDiscount `json:"discount_applications"`
	Customer          *typedCustomer  `json:"customer"`
	Billing           *typedAddress   `json:"billing_address"`
	Shipping          *typedAddress   `json:"shipping_address"`
	Lines             []typedLine     `json:"line_items" validate:"required,dive"`
	Deliveries        []typedDelivery `json:"shipping_lines" validate:"dive"`

	AdminGraphqlAPIID                    string            `json:"admin_graphql_api_id"`
	AppID                                json.Number       `json:"app_id"`
	BrowserIP                            string            `json:"browser_ip"`
	BuyerAcceptsMarketing                bool              `json:"buyer_accepts_marketing"`
	CartToken                            string            `json:"cart_token"`
	CheckoutID                           json.Number       `json:"checkout_id"`
	CheckoutToken                        string            `json:"checkout_token"`
	ClientDetails                        *typedClient      `json:"client_details"`
	Company                              *string           `json:"company"`
	ConfirmationNumber                   string            `json:"confirmation_number"`
	Confirmed                            bool              `json:"confirmed"`
	CurrentShippingPriceSet              *typedBag         `json:"current_shipping_price_set"`
	CurrentSubtotalPrice                 string            `json:"current_subtotal_price"`
	CurrentSubtotalPriceSet              *typedBag         `json:"current_subtotal_price_set"`
	CurrentTotalAdditionalFeesSet        *typedBag         `json:"current_total_additional_fees_set"`
	CurrentTotalDiscounts                string            `json:"current_total_discounts"`
	CurrentTotalDiscountsSet             *typedBag         `json:"current_total_discounts_set"`
	CurrentTotalDutiesSet                *typedBag         `json:"current_total_duties_set"`
	CurrentTotalPrice                    string            `json:"current_total_price"`
	CurrentTotalPriceSet                 *typedBag         `json:"current_total_price_set"`
	CurrentTotalTax                      string            `json:"current_total_tax"`
	CurrentTotalTaxSet                   *typedBag         `json:"current_total_tax_set"`
	CustomerLocale                       string            `json:"customer_locale"`
	DeviceID                             json.Number       `json:"device_id"`
	EstimatedTaxes                       bool              `json:"estimated_taxes"`
	Fulfillments                         []json.RawMessage `json:"fulfillments"`
	LandingSite                          string            `json:"landing_site"`
	LandingSiteRef                       *string           `json:"landing_site_ref"`
	LineItemGroups                       []json.RawMessage `json:"line_item_groups"`
	LocationID                           json.Number       `json:"location_id"`
	MerchantBusinessEntityID             string            `json:"merchant_business_entity_id"`
	MerchantOfRecordAppID                json.Number       `json:"merchant_of_record_app_id"`
	NoteAttributes                       []typedAttribute  `json:"note_attributes"`
	Number                               int64             `json:"number"`
	OrderNumber                          int64             `json:"order_number"`
	OrderStatusURL                       string            `json:"order_status_url"`
	PaymentTerms                         *string           `json:"payment_terms"`
	PONumber                             *string           `json:"po_number"`
	Reference                            *string           `json:"reference"`
	ReferringSite                        *string           `json:"referring_site"`
	Refunds                              []json.RawMessage `json:"refunds"`
	Returns                              []json.RawMessage `json:"returns"`
	SourceIdentifier                     *string           `json:"source_identifier"`
	SourceURL                            *string           `json:"source_url"`
	SubtotalPrice                        string            `json:"subtotal_price"`
	SubtotalPriceSet                     *typedBag         `json:"subtotal_price_set"`
	TaxExempt                            bool              `json:"tax_exempt"`
	TaxLines                             []typedTax        `json:"tax_lines"`
	Token                                string            `json:"token"`
	TotalCashRoundingRefundAdjustmentSet *typedBag         `json:"total_cash_rounding_refund_adjustment_set"`
	TotalDiscounts                       string            `json:"total_discounts"`
	TotalDiscountsSet                    *typedBag         `json:"total_discounts_set"`
	TotalLineItemsPrice                  string            `json:"total_line_items_price"`
	TotalLineItemsPriceSet               *typedBag         `json:"total_line_items_price_set"`
	TotalPrice                           string            `json:"total_price"`
	TotalShippingPriceSet                *typedBag         `json:"total_shipping_price_set"`
	TotalTax                             string            `json:"total_tax"`
	TotalWeight                          int64             `json:"total_weight"`
	UserID                               json.Number       `json:"user_id"`
}

type typedMoney struct {
	Amount   string `json:"amount" validate:"required,numeric"`
	Currency string `json:"currency_code" validate:"required,iso4217"`
}

type typedBag struct {
	Shop        typedMoney `json:"shop_money"`
	Presentment typedMoney `json:"presentment_money"`
}

type typedDiscount struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

type typedCustomer struct {
	ID        json.Number   `json:"id" validate:"required"`
	Email     string        `json:"email" validate:"omitempty,email"`
	FirstName string        `json:"first_name"`
	LastName  string        `json:"last_name"`
	Phone     *string       `json:"phone"`
	Note      *string       `json:"note"`
	UpdatedAt string        `json:"updated_at"`
	Address   *typedAddress `json:"default_address"`

	AdminGraphqlAPIID   string            `json:"admin_graphql_api_id"`
	CreatedAt           string            `json:"created_at"`
	Currency            string            `json:"currency"`
	MultipassIdentifier *string           `json:"multipass_identifier"`
	State               string            `json:"state"`
	TaxExempt           bool              `json:"tax_exempt"`
	TaxExemptions       []json.RawMessage `json:"tax_exemptions"`
	VerifiedEmail       bool              `json:"verified_email"`
}

type typedAddress struct {
	FirstName    string  `json:"first_name"`
	LastName     string  `json:"last_name"`
	Company      *string `json:"company"`
	Line1        string  `json:"address1"`
	Line2        *string `json:"address2"`
	City         string  `json:"city"`
	Province     string  `json:"province"`
	ProvinceCode string  `json:"province_code"`
	Zip          string  `json:"zip"`
	CountryCode  string  `json:"country_code" validate:"omitempty,iso3166_1_alpha2"`
	Phone        *string `json:"phone"`

	Country     string      `json:"country"`
	CountryName string      `json:"country_name"`
	CustomerID  json.Number `json:"customer_id"`
	Default     bool        `json:"default"`
	ID          json.Number `json:"id"`
	Name        string      `json:"name"`
	Latitude    json.Number `json:"latitude"`
	Longitude   json.Number `json:"longitude"`
}

type typedLine struct {
	ID               json.Number       `json:"id" validate:"required"`
	SKU              string            `json:"sku" validate:"max=128"`
	ProductID        json.Number       `json:"product_id"`
	VariantID        json.Number       `json:"variant_id"`
	Title            string            `json:"title"`
	Name             string            `json:"name"`
	Quantity         int64             `json:"quantity" validate:"min=0"`
	Price            typedBag          `json:"price_set"`
	GiftCard         bool              `json:"gift_card"`
	ProductExists    bool              `json:"product_exists"`
	RequiresShipping bool              `json:"requires_shipping"`
	Discounts        []typedAllocation `json:"discount_allocations" validate:"dive"`
	Taxes            []typedTax        `json:"tax_lines" validate:"dive"`
	Duties           []typedBag        `json:"duties" validate:"dive"`

	AdminGraphqlAPIID          string            `json:"admin_graphql_api_id"`
	AttributedStaffs           []json.RawMessage `json:"attributed_staffs"`
	CurrentQuantity            int64             `json:"current_quantity"`
	FulfillableQuantity        int64             `json:"fulfillable_quantity"`
	FulfillmentService         string            `json:"fulfillment_service"`
	FulfillmentStatus          *string           `json:"fulfillment_status"`
	Grams                      int64             `json:"grams"`
	PriceText                  string            `json:"price"`
	Properties                 []typedAttribute  `json:"properties"`
	SalesLineItemGroupID       json.Number       `json:"sales_line_item_group_id"`
	Taxable                    bool              `json:"taxable"`
	TotalDiscount              string            `json:"total_discount"`
	TotalDiscountSet           *typedBag         `json:"total_discount_set"`
	VariantInventoryManagement string            `json:"variant_inventory_management"`
	VariantTitle               string            `json:"variant_title"`
	Vendor                     string            `json:"vendor"`
}

type typedAllocation struct {
	Amount typedBag `json:"amount_set"`

	AmountText               string `json:"amount"`
	DiscountApplicationIndex int64  `json:"discount_application_index"`
}

type typedTax struct {
	Price typedBag `json:"price_set"`

	ChannelLiable bool        `json:"channel_liable"`
	PriceText     string      `json:"price"`
	Rate          json.Number `json:"rate"`
	Title         string      `json:"title"`
}

type typedDelivery struct {
	ID        json.Number       `json:"id"`
	Code      string            `json:"code"`
	Title     string            `json:"title"`
	Price     typedBag          `json:"price_set"`
	Discounts []typedAllocation `json:"discount_allocations" validate:"dive"`
	Taxes     []typedTax        `json:"tax_lines" validate:"dive"`
	Removed   bool              `json:"is_removed"`

	CarrierIdentifier             *string   `json:"carrier_identifier"`
	CurrentDiscountedPriceSet     *typedBag `json:"current_discounted_price_set"`
	DiscountedPrice               string    `json:"discounted_price"`
	DiscountedPriceSet            *typedBag `json:"discounted_price_set"`
	Phone                         *string   `json:"phone"`
	PriceText                     string    `json:"price"`
	RequestedFulfillmentServiceID *string   `json:"requested_fulfillment_service_id"`
	Source                        string    `json:"source"`
}

type typedAttribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type typedClient struct {
	AcceptLanguage string  `json:"accept_language"`
	BrowserHeight  *int64  `json:"browser_height"`
	BrowserIP      string  `json:"browser_ip"`
	BrowserWidth   *int64  `json:"browser_width"`
	SessionHash    *string `json:"session_hash"`
	UserAgent      string  `json:"user_agent"`
}

// typedSalesOrder is a NetSuite sales order.
type typedSalesOrder struct {
	Entity       typedRef         `json:"entity"`
	Subsidiary   typedRef         `json:"subsidiary"`
	Currency     typedRef         `json:"currency"`
	TranDate     string           `json:"tranDate"`
	OtherRefNum  string           `json:"otherRefNum"`
	Memo         string           `json:"memo"`
	Email        string           `json:"email"`
	OrderStatus  typedRef         `json:"orderStatus"`
	ShipMethod   typedRef         `json:"shipMethod"`
	ShippingCost json.Number      `json:"shippingCost"`
	ShippingTax  typedRef         `json:"shippingTaxCode"`
	Billing      *typedERPAddress `json:"billingAddress,omitempty"`
	Shipping     *typedERPAddress `json:"shippingAddress,omitempty"`
	Item         struct {
		Items []typedItem `json:"items"`
	} `json:"item"`
}

type typedRef struct {
	ID         string `json:"id,omitempty"`
	ExternalID string `json:"externalId,omitempty"`
}

type typedItem struct {
	Item        typedRef    `json:"item"`
	Description string      `json:"description,omitempty"`
	Quantity    json.Number `json:"quantity"`
	Rate        json.Number `json:"rate"`
	Amount      json.Number `json:"amount"`
	TaxCode     typedRef    `json:"taxCode"`
}

type typedERPAddress struct {
	Addressee string   `json:"addressee"`
	Line1     string   `json:"addr1"`
	City      string   `json:"city"`
	State     string   `json:"state"`
	Zip       string   `json:"zip"`
	Country   typedRef `json:"country"`
}

// typedTranslation is bytes to bytes over the two structs; the validator is nil where
// nothing is to be validated.
func typedTranslation(b *testing.B, order []byte, validate *validator.Validate) []byte {
	var in typedOrder
	if err := json.Unmarshal(order, &in); err != nil {
		b.Fatal(err)
	}
	if validate != nil {
		if err := validate.Struct(&in); err != nil {
			b.Fatal(err)
		}
	}
	out, err := json.Marshal(in.salesOrder())
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func (o *typedOrder) salesOrder() *typedSalesOrder {
	out := &typedSalesOrder{
		Entity: typedRef{ID: "601"}, Subsidiary: typedRef{ID: "1"}, Currency: typedRef{ID: "1"}, TranDate: o.CreatedAt[:10],
		OtherRefNum: o.Name, Memo: "shopify order " + o.ID.String(), Email: o.Email, OrderStatus: typedRef{ID: "B"},
		ShipMethod: typedRef{ID: "92"}, ShippingCost: json.Number(o.Deliveries[0].Price.Shop.Amount), ShippingTax: typedRef{ID: "-7"},
		Billing: o.Billing.forERP(), Shipping: o.Shipping.forERP(),
	}
	out.Item.Items = make([]typedItem, len(o.Lines), len(o.Lines)+1)
	for i := range o.Lines {
		price := json.Number(o.Lines[i].Price.Shop.Amount)
		out.Item.Items[i] = typedItem{
			Item: typedRef{ExternalID: o.Lines[i].SKU}, Quantity: json.Number(fmt.Sprint(o.Lines[i].Quantity)),
			Rate: price, Amount: price, TaxCode: typedRef{ID: "-7"},
		}
	}
	tax := json.Number(o.Tax.Shop.Amount)
	out.Item.Items = append(out.Item.Items, typedItem{Item: typedRef{ExternalID: "store-tax"}, Quantity: "1", Rate: tax, Amount: tax, TaxCode: typedRef{ID: "-7"}})
	return out
}

func (a *typedAddress) forERP() *typedERPAddress {
	if a == nil {
		return nil
	}
	return &typedERPAddress{
		Addressee: a.FirstName + " " + a.LastName, Line1: a.Line1, City: a.City, State: a.ProvinceCode, Zip: a.Zip,
		Country: typedRef{ID: a.CountryCode},
	}
}
