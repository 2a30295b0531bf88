package woocommerce

import (
	"time"

	"causeway.example/functions/woocommerce/inventory"
	"causeway.example/functions/woocommerce/product"
	"causeway.example/functions/woocommerce/rest"
	"causeway.example/functions/woocommerce/shipment"
	"causeway.example/functions/woocommerce/translator"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webhook"
)

// Name is the system's name in keys, queues and functions.
const Name = rest.Name

// bodyLimit allows an order of 10,000 lines, of about 600 bytes each as recorded. The limit of
// a Lambda function, 6 MB per request, is lower.
const bodyLimit = 8 << 20

// attempt bounds one delivery of a shipment, which takes five calls.
const attempt = 45 * time.Second

// Settings are the connector's configuration keys. A secret, an address and a key belong to one
// store: "shop.example=value" binds one to it.
type Settings struct {
	// Stores are the addresses that may send, as X-WC-Webhook-Source writes them.
	Stores []string `env:"WOOCOMMERCE_STORES" validate:"required,dive,required"`
	// WebhookSecrets of a store are tried in turn, so that a secret can be replaced without a
	// gap. One that is not bound is of every store that has none of its own.
	WebhookSecrets []connector.Secret `env:"WOOCOMMERCE_WEBHOOK_SECRETS" validate:"required,dive,required"`
	// APIURL are addresses of REST APIs; one that is not bound is the first store's. A store
	// without one is asked at its own address.
	APIURL []string `env:"WOOCOMMERCE_API_URL"`
	// ConsumerKey and ConsumerSecret are REST API keys with read permission; one that is not
	// bound is the first store's. Without them there is no connection check and no polling,
	// and orders with refunds and deleted orders wait.
	ConsumerKey    []connector.Secret `env:"WOOCOMMERCE_CONSUMER_KEY" validate:"required_with=ConsumerSecret"`
	ConsumerSecret []connector.Secret `env:"WOOCOMMERCE_CONSUMER_SECRET" validate:"required_with=ConsumerKey"`
	// WebhookURL is the address of our webhook endpoint. If it is set, the webhooks are
	// checked and repaired, for which the key needs write permission.
	WebhookURL string `env:"WOOCOMMERCE_WEBHOOK_URL" validate:"omitempty,http_url" needs:"WOOCOMMERCE_CONSUMER_KEY,WOOCOMMERCE_CONSUMER_SECRET" public:"true"`
	// Timezone is the IANA name of the stores' zone, for deliveries without *_gmt fields. Without
	// it their times are read as UTC, with a note.
	Timezone string `env:"WOOCOMMERCE_TIMEZONE"`
	// RoundingTolerance is the difference between an order's parts and its total, in
	// minor units, that becomes an explicit rounding.
	RoundingTolerance int64 `env:"WOOCOMMERCE_ROUNDING_TOLERANCE" envDefault:"5" validate:"gte=0"`
	// TestGateways are the payment methods that mark an order as a test.
	TestGateways []string `env:"WOOCOMMERCE_TEST_GATEWAYS"`
	// Statuses say what a status means: open, paid, closed, cancelled or ignore. They come
	// before WooCommerce's own.
	Statuses map[string]string `env:"WOOCOMMERCE_STATUSES" validate:"dive,oneof=open paid closed cancelled ignore"`
	// GiftCards name the members of an order, the keys of its meta data and the fees below
	// zero that hold redeemed gift cards, beside those of the common plugins.
	GiftCards []string `env:"WOOCOMMERCE_GIFT_CARDS"`
	// PurchaseOrders are keys of meta data that hold the buyer's number of the order, beside
	// those of the common plugins.
	PurchaseOrders []string `env:"WOOCOMMERCE_PURCHASE_ORDERS"`
	// Tags are keys of meta data whose values become tags of the order: "key:value".
	Tags []string `env:"WOOCOMMERCE_TAGS"`
	// Complete is whether an order becomes completed once everything of it is shipped.
	Complete bool `env:"WOOCOMMERCE_COMPLETE" envDefault:"true"`
	// ShipmentNote is for whom the note of a shipment is. WooCommerce mails a note for the customer;
	// none of lane backfill is.
	ShipmentNote string `env:"WOOCOMMERCE_SHIPMENT_NOTE" envDefault:"customer" validate:"oneof=customer internal none"`
	// ShipmentTracking is whether shipments are also written for the plugins WooCommerce Shipment
	// Tracking and Advanced Shipment Tracking.
	ShipmentTracking bool `env:"WOOCOMMERCE_SHIPMENT_TRACKING" envDefault:"false"`
	// Cancellations is what becomes of an order that an ERP cancelled or closed: it is cancelled if
	// nothing of it was shipped or billed, or only shown to a person by a note. No money moves.
	Cancellations string `env:"WOOCOMMERCE_CANCELLATIONS" envDefault:"carry_out" validate:"oneof=carry_out show"`
	// Refunds is what becomes of money that an ERP paid back of an order: it is shown to a person by a note,
	// recorded as a refund without the gateway, or paid by the order's gateway.
	Refunds string `env:"WOOCOMMERCE_ERP_REFUNDS" envDefault:"show" validate:"oneof=show record pay"`
	// ProductStores are the stores of products, by the source that is their master, or none.
	ProductStores map[string]string `env:"WOOCOMMERCE_PRODUCT_STORES" envKeyValSeparator:"="`
	// ProductFields are the fields of a product that its source is master of.
	ProductFields []string `env:"WOOCOMMERCE_PRODUCT_FIELDS" envDefault:"title,barcode,sale_price" validate:"unique,dive,oneof=title barcode sale_price"`
	// ProductStatus is that of a product that is created.
	ProductStatus string `env:"WOOCOMMERCE_PRODUCT_STATUS" envDefault:"draft" validate:"oneof=draft publish"`
	// ProductRetire is what becomes of a retired product.
	ProductRetire string `env:"WOOCOMMERCE_PRODUCT_RETIRE" envDefault:"hide" validate:"oneof=hide keep"`
	// PriceLists are the stores of prices, by source and price list, or none.
	PriceLists map[string]string `env:"WOOCOMMERCE_PRICE_LISTS" envKeyValSeparator:"="`
	// Currency is the stores' currency, by which prices are chosen.
	Currency string `env:"WOOCOMMERCE_CURRENCY" validate:"omitempty,len=3,uppercase"`
	// StockLocations are the stores whose stock is set, by the locations of its master: of an ERP or
	// a warehouse. What is available at all locations of a store is added up. An entry is the
	// store's host, or none.
	StockLocations map[string]string `env:"WOOCOMMERCE_STOCK_LOCATIONS" envKeyValSeparator:"="`
	// StockBuffer is how many pieces of each SKU are kept back.
	StockBuffer int64 `env:"WOOCOMMERCE_STOCK_BUFFER" envDefault:"0" validate:"min=0,max=1000000"`
	// StockUnknownSKU is what becomes of the stock of a SKU that the store does not have: a dead
	// letter, or nothing.
	StockUnknownSKU string `env:"WOOCOMMERCE_STOCK_UNKNOWN_SKU" envDefault:"refuse" validate:"oneof=refuse skip"`
}

// Profile returns what the pipeline and the infrastructure need to know about WooCommerce.
func Profile() connector.Profile {
	settings, secrets := connector.Keys(Settings{})
	shipped := connector.Operation{Name: "shipment of order", Guarantee: connector.Search, Effect: "shipment", Lag: 5 * time.Second}
	noted := connector.Operation{Name: "warehouse note of order", Guarantee: connector.Search, Effect: "warehouse note", Lag: 5 * time.Second}
	returned := connector.Operation{Name: "return note of order", Guarantee: connector.Search, Effect: "return note", Lag: 5 * time.Second}
	return connector.Profile{
		Name:        Name,
		Title:       "WooCommerce (REST v3)",
		Roles:       []connector.Role{connector.Receive, connector.Translate, connector.Poll, connector.Deliver},
		BodyLimit:   bodyLimit,
		MediaTypes:  []string{"application/json", formType},
		Concurrency: 2,
		Timeout:     attempt,
		Linger:      2 * time.Minute, // longer than hosts let a script of PHP run
		Settings:    settings,
		Secrets:     secrets,
		Purposes:    connector.Purposes(Settings{}),
		Version:     connector.Version{Name: "wc/v3"}, // WooCommerce has announced no end
		Operations: map[string]connector.Operation{
			canonical.ShipmentShipped:        shipped,
			canonical.ShipmentUpdated:        shipped,
			canonical.ShipmentDelivered:      shipped,
			canonical.ShipmentCancelledEvent: shipped,
			canonical.ProductUpserted:        {Name: "set product", Guarantee: connector.Search, Effect: product.Entity, Lag: 5 * time.Second, Batch: product.Most},
			canonical.ProductRetired:         {Name: "retire product", Guarantee: connector.Search, Effect: product.Entity, Lag: 5 * time.Second, Batch: product.Most},
			canonical.PriceChanged:           {Name: "set price", Guarantee: connector.Search, Lag: 5 * time.Second, Batch: product.Most},
			canonical.OrderCancelRequested:   {Name: "cancel order", Guarantee: connector.Search, Effect: "order cancellation", Lag: 5 * time.Second},
			canonical.OrderAcknowledged:      {Name: "show sales order", Guarantee: connector.Search, Effect: "order mark", Lag: 5 * time.Second},
			canonical.RefundRequested:        {Name: "refund order", Guarantee: connector.Search, Effect: "order refund", Lag: 5 * time.Second},
			canonical.OrderReleased:          noted,
			canonical.OrderHeld:              noted,
			canonical.ShipmentDiscrepancy:    noted,
			canonical.FulfillmentCancelled:   noted,
			canonical.ReturnRequested:        returned,
			canonical.ReturnReceived:         returned,
			canonical.InventoryLevelSet:      {Name: "set stock", Guarantee: connector.ExternalID, Batch: inventory.Most},
		},
	}
}

// Open reads the settings and returns the connector: a Source and a Poller, a Checker and an
// Auditor if a consumer key is set, and a Subscriber if the webhook URL is set too. The error
// is a *fault.Error of class config that names the setting.
func Open(settings map[string]string, deps connector.Deps) (connector.System, error) {
	o, err := open(settings, deps)
	if err != nil {
		return connector.System{}, err
	}
	if o.system.Target, err = o.target(deps); err != nil {
		return connector.System{}, fault.Doing("opening woocommerce", err)
	}
	return o.system, nil
}

// OpenAuditor returns the connector without a Target, so that a program that only compares does not have its code.
func OpenAuditor(settings map[string]string, deps connector.Deps) (connector.System, error) {
	o, err := open(settings, deps)
	return o.system, err
}

// opened is a connector whose Target is not made yet.
type opened struct {
	Settings
	stores rest.Stores
	source *source
	system connector.System
}

func open(settings map[string]string, deps connector.Deps) (o opened, err error) {
	if err := connector.ParseSettings(settings, &o.Settings); err != nil {
		return opened{}, err
	}
	s := o.Settings
	o.stores, err = rest.Open(rest.Config{
		Stores: s.Stores, WebhookSecrets: s.WebhookSecrets, APIURL: s.APIURL, ConsumerKey: s.ConsumerKey, ConsumerSecret: s.ConsumerSecret,
	}, deps)
	if err != nil {
		return opened{}, err
	}
	zone, err := rest.OpenZone(s.Timezone)
	if err != nil {
		return opened{}, err
	}
	if o.source, err = openSource(s, o.stores, zone); err != nil {
		return opened{}, err
	}
	poller := &poller{stores: o.stores, zone: zone}
	o.system = connector.System{Profile: Profile(), Stores: o.stores.Tenants(), Source: o.source, Poller: poller}
	if len(s.ConsumerKey) == 0 {
		return o, nil
	}
	o.system.Checker, o.system.Auditor = o.stores, &auditor{poller, o.source}
	if s.WebhookURL != "" {
		o.system.Subscriber = &subscriber{stores: o.stores, zone: zone, address: s.WebhookURL}
	}
	return o, nil
}

// target makes the Target.
func (o opened) target(deps connector.Deps) (*target, error) {
	products, err := o.openProducts(o.stores)
	if err != nil {
		return nil, err
	}
	if err := inventory.Places(o.StockLocations, o.stores); err != nil {
		return nil, err
	}
	return &target{
		Target: &shipment.Target{
			Stores: o.stores, Complete: o.Complete, Statuses: o.Statuses, Note: o.ShipmentNote, Plugin: o.ShipmentTracking, Refunds: o.Refunds,
			Show: o.Cancellations == "show", Owed: o.source.Owed,
		},
		products: products,
		stock: inventory.New(inventory.Config{
			Stores: o.stores, Memory: deps.CrossRef, Locations: o.StockLocations, Buffer: o.StockBuffer, Skip: o.StockUnknownSKU == "skip",
		}),
	}, nil
}

// source is the connector.Source of all configured stores.
type source struct {
	*translator.Translator
	stores  rest.Stores
	unknown *webhook.Verifier // of all secrets: for a delivery that names no store of ours
}

var _ connector.Source = (*source)(nil)

func openSource(s Settings, stores rest.Stores, zone *rest.Zone) (*source, error) {
	unknown, err := stores.Verifier()
	if err != nil {
		return nil, err
	}
	return &source{stores: stores, unknown: unknown, Translator: translator.New(translator.Config{
		Stores: stores, Zone: zone, Tolerance: s.RoundingTolerance, TestGateways: s.TestGateways, Statuses: s.Statuses,
		GiftCards: s.GiftCards, PurchaseOrders: s.PurchaseOrders, Tags: s.Tags,
	})}, nil
}
