package record

import (
	"strings"
	"time"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Settings has the settings that decide what is written, and the choices of the rules for
// the message at hand.
type Settings struct {
	Timezone *time.Location `env:"NETSUITE_TIMEZONE" envDefault:"UTC"` // of the business date

	Subsidiaries  map[string]string `env:"NETSUITE_SUBSIDIARIES" envKeyValSeparator:"=" validate:"required" keys:"store"`                    // "shopify/brand.myshopify.com" -> internal id
	Currencies    map[string]string `env:"NETSUITE_CURRENCIES" envKeyValSeparator:"=" validate:"required" keys:"currency"`                   // ISO 4217 -> internal id
	Location      string            `env:"NETSUITE_LOCATION"`                                                                                // internal id, where NETSUITE_LOCATIONS has none
	Departments   map[string]string `env:"NETSUITE_DEPARTMENTS" envKeyValSeparator:"="`                                                      // "system/tenant/channel", "system/tenant" or "*" -> internal id
	Classes       map[string]string `env:"NETSUITE_CLASSES" envKeyValSeparator:"="`                                                          // the same
	Locations     map[string]string `env:"NETSUITE_LOCATIONS" envKeyValSeparator:"="`                                                        // the same
	Channels      map[string]string `env:"NETSUITE_CHANNELS" envKeyValSeparator:"="`                                                         // the store's channel, or "*" -> internal id of the sales channel
	Terms         map[string]string `env:"NETSUITE_TERMS" envKeyValSeparator:"="`                                                            // the store's payment terms, or "*" -> internal id
	ShipMethods   map[string]string `env:"NETSUITE_SHIP_METHODS" envKeyValSeparator:"=" for:"orders with a delivery code that has no entry"` // delivery code, or "*" -> internal id
	Payments      map[string]string `env:"NETSUITE_PAYMENT_METHODS" envKeyValSeparator:"=" for:"payments with a tender that has no entry"`   // tender, or "*" -> internal id of the payment option
	ShipLocations map[string]string `env:"NETSUITE_SHIP_LOCATIONS" envKeyValSeparator:"="`                                                   // the warehouse's location -> internal id of the location that goods leave from and come back to
	TaxCode       string            `env:"NETSUITE_TAX_CODE"`                                                                                // internal id of a code that computes no tax

	// External ids of the items of lines that have no SKU.
	ItemTax          string `env:"NETSUITE_ITEM_TAX" for:"orders with tax"`
	ItemGiftCard     string `env:"NETSUITE_ITEM_GIFT_CARD" for:"orders of gift cards"`
	ItemTip          string `env:"NETSUITE_ITEM_TIP" for:"orders with a tip"`
	ItemDuty         string `env:"NETSUITE_ITEM_DUTY" for:"orders with import duties"`
	ItemFee          string `env:"NETSUITE_ITEM_FEE" for:"orders with other charges"`
	ItemRounding     string `env:"NETSUITE_ITEM_ROUNDING" for:"orders with a rounding difference"`
	ItemCashRounding string `env:"NETSUITE_ITEM_CASH_ROUNDING" for:"orders rounded for cash"`
	ItemCustom       string `env:"NETSUITE_ITEM_CUSTOM" for:"orders with a line that has no product"`           // for lines without a product
	ItemAdjustment   string `env:"NETSUITE_ITEM_ADJUSTMENT" for:"refunds of more or less than their lines"`     // of refunds: goodwill, a fee that is kept
	ItemNotRestocked string `env:"NETSUITE_ITEM_NOT_RESTOCKED"`                                                 // of refunds: goods that do not come back; "" for NETSUITE_ITEM_ADJUSTMENT
	ItemChannelTax   string `env:"NETSUITE_ITEM_CHANNEL_TAX" for:"orders with tax that the sales channel pays"` // tax that the sales channel pays over itself

	// Rules choose where brands differ by more than one value; without an opinion the settings
	// above count.
	RuleSubsidiary connector.Expression `env:"NETSUITE_RULE_SUBSIDIARY" rule:"id" over:"order customer"`
	RuleItem       connector.Expression `env:"NETSUITE_RULE_ITEM" rule:"text" over:"order.lines refund.lines"`     // external id
	RuleCharge     connector.Expression `env:"NETSUITE_RULE_CHARGE" rule:"text" over:"order.charges refund.parts"` // external id of the item
	RuleDepartment connector.Expression `env:"NETSUITE_RULE_DEPARTMENT" rule:"id" over:"order payment refund"`
	RuleClass      connector.Expression `env:"NETSUITE_RULE_CLASS" rule:"id" over:"order payment refund"`
	RuleLocation   connector.Expression `env:"NETSUITE_RULE_LOCATION" rule:"id" over:"order payment refund"`
	RuleStatus     connector.Expression `env:"NETSUITE_RULE_STATUS" rule:"pending_approval pending_fulfillment" over:"order"`
	RuleAccount    connector.Expression `env:"NETSUITE_RULE_ACCOUNT" rule:"id" over:"payment refund.transactions"`        // of the bank
	RulePayment    connector.Expression `env:"NETSUITE_RULE_PAYMENT_METHOD" rule:"id" over:"payment refund.transactions"` // payment option

	// WithoutSKU is what becomes of a product without a SKU: a dead letter, the stand-in item, or
	// the id of its variant or product in the store as the item's external id.
	WithoutSKU string `env:"NETSUITE_WITHOUT_SKU" envDefault:"refuse" validate:"oneof=refuse item variant product"`
	ItemNoSKU  string `env:"NETSUITE_ITEM_WITHOUT_SKU" validate:"required_if=WithoutSKU item"`

	ClosedPeriod   string `env:"NETSUITE_CLOSED_PERIOD" envDefault:"wait" validate:"oneof=wait next"` // a payment, refund or movement of a closed accounting period
	Text           string `env:"NETSUITE_TEXT" envDefault:"fit" validate:"oneof=fit refuse"`          // text that is too long for its field
	DefaultCountry string `env:"NETSUITE_DEFAULT_COUNTRY" validate:"omitempty,len=2"`                 // of addresses without one; "" leaves it to the subsidiary

	// Orders is which sales orders are published: none (false), those that are cancelled or closed in
	// NetSuite, so that their stores cancel them (true), or all with their state (all). With true and
	// all an order that was closed there stays closed, and with all so do the lines that a person
	// changed there.
	Orders string `env:"NETSUITE_ORDERS" envDefault:"false" validate:"oneof=false true all"`

	// Refunds is whether money that people pay back in NetSuite is published, so that the stores of the
	// orders refund it. Then a refund of a store is looked for among what people paid back.
	Refunds bool `env:"NETSUITE_REFUNDS" envDefault:"false"`

	// Returns is which document puts goods that come back into stock: the refund's credit, or the item
	// receipt of the warehouse's return.
	Returns string `env:"NETSUITE_RETURNS" envDefault:"credit" validate:"oneof=credit receipt"`

	// WarehouseField is the custom body field of sales orders that shows what a warehouse has of them; "" if
	// none does.
	WarehouseField string `env:"NETSUITE_WAREHOUSE_FIELD" validate:"omitempty,startswith=custbody,lowercase,max=40"`

	// Invoice is when the connector bills a sales order: never, or with each shipment what was shipped.
	Invoice       string `env:"NETSUITE_INVOICE" envDefault:"never" validate:"oneof=never shipped"`
	PackageWeight string `env:"NETSUITE_PACKAGE_WEIGHT" envDefault:"1" validate:"numeric"` // of each package of a shipment, in the account's unit; NetSuite demands one

	DefaultCustomer   string            `env:"NETSUITE_DEFAULT_CUSTOMER" for:"orders that name no customer"`       // internal id, for orders without any identity
	CustomerOverrides map[string]string `env:"NETSUITE_CUSTOMER_OVERRIDES" envKeyValSeparator:"=" keys:"customer"` // "system/tenant/customer/id" -> internal id
	Companies         map[string]string `env:"NETSUITE_COMPANIES" envKeyValSeparator:"="`                          // "system/tenant/company/id", also with "/location" behind it -> internal id of the customer
	MatchByEmail      bool              `env:"NETSUITE_MATCH_BY_EMAIL" envDefault:"true"`                          // link a customer that NetSuite has under the same address

	chosen connector.Choices // of the rules for the message at hand; nil without rules
}

// ReturnsByReceipt reports whether item receipts put goods that come back into stock.
func (s *Settings) ReturnsByReceipt() bool { return s.Returns == "receipt" }

// Choice returns the choice of a rule for the message at hand, about the part with the path; ""
// if there is no rule, or it has no opinion.
func (s *Settings) Choice(rule, field string) string {
	if s.chosen == nil {
		return ""
	}
	return s.chosen.Of(rule, field)
}

// PublishesEnded reports whether sales orders that end in NetSuite are published.
func (s *Settings) PublishesEnded() bool { return s.Orders == "true" || s.PublishesAll() }

// PublishesAll reports whether all sales orders are published.
func (s *Settings) PublishesAll() bool { return s.Orders == "all" }

// StandIns are the external ids of items that stand for no product, in lower case: of charges, tax,
// rounding, gift cards and lines without a SKU.
func (s *Settings) StandIns() map[string]bool {
	all := map[string]bool{}
	for _, item := range []string{
		s.ItemTax, s.ItemGiftCard, s.ItemTip, s.ItemDuty, s.ItemFee, s.ItemRounding, s.ItemCashRounding, s.ItemCustom,
		s.ItemAdjustment, s.ItemNotRestocked, s.ItemChannelTax, s.ItemNoSKU,
	} {
		all[strings.ToLower(item)] = item != ""
	}
	return all
}

// Day returns the business day, which decides the accounting period.
func (s *Settings) Day(at time.Time) string {
	return at.In(s.Timezone).Format(suitetalk.DateLayout)
}

// Complete rejects a map entry without an id.
func (s *Settings) Complete() error {
	for key, entries := range map[string]map[string]string{
		"NETSUITE_SUBSIDIARIES": s.Subsidiaries, "NETSUITE_CURRENCIES": s.Currencies, "NETSUITE_SHIP_METHODS": s.ShipMethods,
		"NETSUITE_PAYMENT_METHODS": s.Payments, "NETSUITE_CUSTOMER_OVERRIDES": s.CustomerOverrides, "NETSUITE_COMPANIES": s.Companies,
		"NETSUITE_DEPARTMENTS": s.Departments, "NETSUITE_CLASSES": s.Classes, "NETSUITE_LOCATIONS": s.Locations,
		"NETSUITE_CHANNELS": s.Channels, "NETSUITE_TERMS": s.Terms, "NETSUITE_SHIP_LOCATIONS": s.ShipLocations,
	} {
		for _, id := range entries {
			if id == "" {
				return fault.Doing("reading settings", NotSet(key, "an entry has no id"))
			}
		}
	}
	return nil
}
