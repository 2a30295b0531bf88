package netsuite

import (
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// Name is the system's name in keys, settings and cloud resources.
const Name = "netsuite"

// Settings is the connector's configuration. Maps are written "key=value,key=value".
type Settings struct {
	Account string `env:"NETSUITE_ACCOUNT" validate:"required,max=40,excludesall=/.:@?#%"` // such as 1234567_SB1
	APIURL  string `env:"NETSUITE_API_URL"`                                                // "" for the account's own host

	Auth           string           `env:"NETSUITE_AUTH" envDefault:"oauth2" validate:"oneof=oauth2 token"`
	ConsumerKey    string           `env:"NETSUITE_CONSUMER_KEY" validate:"required_if=Auth token"`
	ConsumerSecret connector.Secret `env:"NETSUITE_CONSUMER_SECRET" validate:"required_if=Auth token"`
	TokenID        string           `env:"NETSUITE_TOKEN_ID" validate:"required_if=Auth token"`
	TokenSecret    connector.Secret `env:"NETSUITE_TOKEN_SECRET" validate:"required_if=Auth token"`
	ClientID       string           `env:"NETSUITE_CLIENT_ID" validate:"required_if=Auth oauth2"`
	CertificateID  string           `env:"NETSUITE_CERTIFICATE_ID" validate:"required_if=Auth oauth2"`
	PrivateKey     connector.Secret `env:"NETSUITE_PRIVATE_KEY" validate:"required_if=Auth oauth2"` // PEM; "\n" may be written out

	Concurrency int            `env:"NETSUITE_CONCURRENCY" envDefault:"5" validate:"min=1,max=100"` // requests at once
	Timeout     time.Duration  `env:"NETSUITE_TIMEOUT" envDefault:"1m" validate:"min=1s,max=15m"`   // of one request; NetSuite itself ends it after 15 min
	Linger      time.Duration  `env:"NETSUITE_LINGER" envDefault:"15m" validate:"min=0s,max=15m"`   // for how long a request that was given up may still take effect
	Timezone    *time.Location `env:"NETSUITE_TIMEZONE" envDefault:"UTC"`                           // of the business date

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
	ShipLocations map[string]string `env:"NETSUITE_SHIP_LOCATIONS" envKeyValSeparator:"="`                                                   // the warehouse's location -> internal id of the location that goods leave from
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

	ClosedPeriod   string `env:"NETSUITE_CLOSED_PERIOD" envDefault:"wait" validate:"oneof=wait next"` // a payment or refund of a closed accounting period
	Text           string `env:"NETSUITE_TEXT" envDefault:"fit" validate:"oneof=fit refuse"`          // text that is too long for its field
	DefaultCountry string `env:"NETSUITE_DEFAULT_COUNTRY" validate:"omitempty,len=2"`                 // of addresses without one; "" leaves it to the subsidiary

	// Invoice is when the connector bills a sales order: never, or with each shipment what was shipped.
	Invoice       string `env:"NETSUITE_INVOICE" envDefault:"never" validate:"oneof=never shipped"`
	PackageWeight string `env:"NETSUITE_PACKAGE_WEIGHT" envDefault:"1" validate:"numeric"` // of each package of a shipment, in the account's unit; NetSuite demands one

	DefaultCustomer   string            `env:"NETSUITE_DEFAULT_CUSTOMER" for:"orders that name no customer"`       // internal id, for orders without any identity
	CustomerOverrides map[string]string `env:"NETSUITE_CUSTOMER_OVERRIDES" envKeyValSeparator:"=" keys:"customer"` // "system/tenant/customer/id" -> internal id
	Companies         map[string]string `env:"NETSUITE_COMPANIES" envKeyValSeparator:"="`                          // "system/tenant/company/id", also with "/location" behind it -> internal id of the customer
	MatchByEmail      bool              `env:"NETSUITE_MATCH_BY_EMAIL" envDefault:"true"`                          // link a customer that NetSuite has under the same address

	chosen connector.Choices // of the rules for the message at hand; nil without rules
}

// Profile describes NetSuite to the pipeline and the infrastructure. Concurrency is the
// smallest pool that an account has; an opened system has its own, and its own timeout and
// linger. Every order event sets the same sales order from the same body.
func Profile() connector.Profile {
	all, secrets := connector.Keys(Settings{})
	order := connector.Operation{Name: "upsert sales order", Guarantee: connector.ExternalID, Effect: "sales order"}
	return connector.Profile{
		Name:        Name,
		Title:       "NetSuite (SuiteTalk REST 2026.1)",
		Roles:       []connector.Role{connector.Deliver, connector.Audit},
		Concurrency: 5,
		Timeout:     time.Minute,
		Linger:      15 * time.Minute, // the longest that NetSuite lets a request run
		Settings:    all,
		Secrets:     secrets,
		Purposes:    connector.Purposes(Settings{}),
		Rules:       connector.Expressions(Settings{}),
		Operations: map[string]connector.Operation{
			canonical.CustomerUpserted:    {Name: "upsert customer", Guarantee: connector.ExternalID},
			canonical.OrderPlaced:         order,
			canonical.OrderChanged:        order,
			canonical.OrderCancelledEvent: order,
			canonical.PaymentCaptured:     {Name: "customer deposit", Guarantee: connector.ExternalID},
			canonical.RefundSettled:       {Name: "refund", Guarantee: connector.ExternalID},
			canonical.ShipmentShipped:     {Name: "item fulfillment", Guarantee: connector.ExternalID},
		},
	}
}

// Open reads the settings and returns the system, which is a Target, a Checker and an Auditor. It sends
// no request. Errors are fault.Rejected of class config and name the setting.
func Open(settings map[string]string, deps connector.Deps) (connector.System, error) {
	var s Settings
	if err := connector.ParseSettings(settings, &s); err != nil {
		return connector.System{}, err
	}
	if err := s.complete(); err != nil {
		return connector.System{}, err
	}
	profile := Profile()
	profile.Concurrency, profile.Timeout, profile.Linger = s.Concurrency, s.Timeout, s.Linger
	client, err := open(s, deps, profile.Timeout)
	if err != nil {
		return connector.System{}, err
	}
	t := &target{settings: s, client: client}
	if t.rules, err = connector.OpenRules(deps.Rules, Name, s); err != nil {
		return connector.System{}, err
	}
	return connector.System{Profile: profile, Target: t, Checker: t, Auditor: &auditor{t}, Rules: t.rules}, nil
}

// complete finds a map entry without an id.
func (s *Settings) complete() error {
	for key, entries := range map[string]map[string]string{
		"NETSUITE_SUBSIDIARIES": s.Subsidiaries, "NETSUITE_CURRENCIES": s.Currencies, "NETSUITE_SHIP_METHODS": s.ShipMethods,
		"NETSUITE_PAYMENT_METHODS": s.Payments, "NETSUITE_CUSTOMER_OVERRIDES": s.CustomerOverrides, "NETSUITE_COMPANIES": s.Companies,
		"NETSUITE_DEPARTMENTS": s.Departments, "NETSUITE_CLASSES": s.Classes, "NETSUITE_LOCATIONS": s.Locations,
		"NETSUITE_CHANNELS": s.Channels, "NETSUITE_TERMS": s.Terms, "NETSUITE_SHIP_LOCATIONS": s.ShipLocations,
	} {
		for _, id := range entries {
			if id == "" {
				return badSetting(key, "an entry has no id", nil)
			}
		}
	}
	return nil
}

func badSetting(key, rule string, cause error) error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: key, Detail: rule, Err: cause,
	}
}

// baseURL is the account's own host, where hyphens stand for the underscores of its id.
func (s *Settings) baseURL() string {
	if s.APIURL != "" {
		return s.APIURL
	}
	return "https://" + strings.ReplaceAll(strings.ToLower(s.Account), "_", "-") + ".suitetalk.api.netsuite.com"
}

func open(s Settings, deps connector.Deps, timeout time.Duration) (*webapi.Client, error) {
	config := webapi.Config{
		BaseURL: s.baseURL(), Transport: deps.HTTP, Now: deps.Now, Timeout: timeout, Classify: classify,
	}
	if s.Auth == "oauth2" {
		tokens, err := openTokens(s, deps)
		if err != nil {
			return nil, err
		}
		config.Tokens = tokens
	} else {
		signer := tokenSigner{settings: s, now: deps.Now, random: deps.Random}
		config.Authorize = signer.authorize
	}
	client, err := webapi.New(config)
	if err != nil {
		return nil, badSetting("NETSUITE_API_URL", "does not lead to NetSuite", err)
	}
	return client, nil
}
