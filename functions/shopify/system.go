package shopify

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/fulfillment"
	"causeway.example/functions/shopify/inventory"
	"causeway.example/functions/shopify/mark"
	"causeway.example/functions/shopify/payload"
	"causeway.example/functions/shopify/product"
	"causeway.example/functions/shopify/returning"
	"causeway.example/functions/shopify/translation"
	"causeway.example/shared/assortment"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/webhook"
)

// Name is the system's name in folders, queues and keys.
const Name = payload.Name

// Settings is the configuration of the connector, read by connector.ParseSettings.
type Settings struct {
	// Shops are the domains that may send, such as example-brand.myshopify.com.
	Shops []string `env:"SHOPIFY_SHOPS" validate:"required,dive,lowercase,endswith=.myshopify.com,hostname_rfc1123"`
	// Secrets are the app's client secrets; two while one is being replaced. A secret is bound to
	// a shop by example-brand.myshopify.com=secret; one without a shop is of every shop.
	Secrets []connector.Secret `env:"SHOPIFY_WEBHOOK_SECRETS" validate:"required,dive,required"`
	// AdminToken is required for polling, and for the payments of an order that its webhook does
	// not prove. It belongs to one shop.
	AdminToken connector.Secret `env:"SHOPIFY_ADMIN_TOKEN" for:"orders whose webhook does not prove their payments"`
	// APIURL is the address of the Admin API; {shop} is replaced by the shop's domain.
	APIURL string `env:"SHOPIFY_API_URL" envDefault:"https://{shop}"`
	// WebhookURL is the address of the subscriptions: our webhook endpoint, or the ARN of a
	// partner event source. If it is set, the subscriptions are checked and repaired.
	WebhookURL string `env:"SHOPIFY_WEBHOOK_URL" validate:"omitempty,uri" needs:"SHOPIFY_ADMIN_TOKEN" public:"true"`
	// Currency chooses between an order's two currencies, where they differ.
	Currency string `env:"SHOPIFY_CURRENCY" envDefault:"shop" validate:"oneof=shop presentment"`
	// Tolerance is the difference in minor units that becomes an explicit rounding.
	Tolerance int64 `env:"SHOPIFY_ROUNDING_TOLERANCE" envDefault:"5" validate:"min=0,max=1000"`
	// Notify is whether Shopify writes to the customer about a fulfillment. It never does about
	// shipments of lane backfill.
	Notify bool `env:"SHOPIFY_NOTIFY_CUSTOMER" envDefault:"true"`
	// Carriers are Shopify's names of carriers that a warehouse names otherwise: "dhl_de=DHL".
	Carriers map[string]string `env:"SHOPIFY_CARRIERS" envKeyValSeparator:"="`
	// Locations are Shopify's ids of a warehouse's locations, "9" or "netsuite/5". Where an order has pieces
	// at several locations, those of the shipment's location are fulfilled first.
	Locations map[string]string `env:"SHOPIFY_LOCATIONS" envKeyValSeparator:"="`
	// StockLocations are the locations whose stock is set, by the location of its master: of an ERP
	// or a warehouse. An entry is a shop with Shopify's id of the location, or none.
	StockLocations map[string]string `env:"SHOPIFY_STOCK_LOCATIONS" envKeyValSeparator:"="`
	// StockBuffer is how many pieces of each SKU are kept back at each location.
	StockBuffer int64 `env:"SHOPIFY_STOCK_BUFFER" envDefault:"0" validate:"min=0,max=1000000"`
	// StockUnknownSKU is what becomes of the stock of a SKU that the shop does not have: a dead
	// letter, or nothing.
	StockUnknownSKU string `env:"SHOPIFY_STOCK_UNKNOWN_SKU" envDefault:"refuse" validate:"oneof=refuse skip"`
	// ProductShops are the shops of products, by the source that is their master, or none.
	ProductShops map[string]string `env:"SHOPIFY_PRODUCT_SHOPS" envKeyValSeparator:"="`
	// ProductFields are the fields of a product that its source is master of.
	ProductFields []string `env:"SHOPIFY_PRODUCT_FIELDS" envDefault:"title,barcode,weight,compare_at" validate:"unique,dive,oneof=title description barcode weight compare_at"`
	// ProductStatus is that of a product that is created.
	ProductStatus string `env:"SHOPIFY_PRODUCT_STATUS" envDefault:"draft" validate:"oneof=draft active"`
	// ProductRetire is what becomes of a retired product.
	ProductRetire string `env:"SHOPIFY_PRODUCT_RETIRE" envDefault:"archive" validate:"oneof=archive keep"`
	// PriceLists are the shops of prices, by source and price list, or none.
	PriceLists map[string]string `env:"SHOPIFY_PRICE_LISTS" envKeyValSeparator:"="`
	// HoldTag is the tag of an order that a warehouse holds, DiscrepancyTag of one of which something
	// else left than was asked for. A tag that keeps orders from the warehouse must be another.
	HoldTag        string `env:"SHOPIFY_HOLD_TAG" envDefault:"warehouse-hold" validate:"max=255"`
	DiscrepancyTag string `env:"SHOPIFY_DISCREPANCY_TAG" envDefault:"warehouse-discrepancy" validate:"max=255"`
	// Cancellations is what becomes of an order that an ERP cancelled or closed: it is cancelled if
	// nothing of it was shipped or billed, or only shown to a person. No money moves.
	Cancellations string `env:"SHOPIFY_CANCELLATIONS" envDefault:"carry_out" validate:"oneof=carry_out show"`
	// CancelTag is the tag of an order that an ERP ended.
	CancelTag string `env:"SHOPIFY_CANCEL_TAG" envDefault:"erp-cancelled" validate:"max=255"`
	// ERPChangedTag is the tag of an order of which an ERP's sales order has other pieces.
	ERPChangedTag string `env:"SHOPIFY_ERP_CHANGED_TAG" envDefault:"erp-changed" validate:"max=255"`
	// Refunds is what becomes of money that an ERP paid back of an order: it is only shown to a person, or
	// the gateways of the order's payments pay it.
	Refunds string `env:"SHOPIFY_ERP_REFUNDS" envDefault:"show" validate:"oneof=show pay"`
	// RefundTag is the tag of an order of which an ERP paid something back that is only shown.
	RefundTag string `env:"SHOPIFY_REFUND_TAG" envDefault:"erp-refund" validate:"max=255"`
}

// attempt bounds one delivery, which takes three queries of at most ten seconds or more.
const attempt = 30 * time.Second

// versionEnds is the last day on which Shopify supports admin.Version: each version is supported
// for twelve months at least (shopify.dev, "API versioning", read November 2026).
var versionEnds = time.Date(2027, 9, 30, 0, 0, 0, 0, time.UTC)

// effectProduct is what the events of a product write.
const effectProduct = "product"

// Profile returns what the pipeline and the infrastructure need to know about Shopify. Eight
// calls at once leave room for the shop's other apps: the bucket of the smallest plan restores
// 100 points a second, and a query for transactions costs about three.
func Profile() connector.Profile {
	settings, secrets := connector.Keys(Settings{})
	marked := connector.Operation{Name: "mark order", Guarantee: connector.ExternalID, Effect: "order mark"}
	returned := connector.Operation{Name: "return of order", Guarantee: connector.Search, Effect: "order return", Lag: 10 * time.Second}
	shipment := connector.Operation{Name: "fulfillment", Guarantee: connector.Search, Effect: "fulfillment", Lag: 10 * time.Second}
	return connector.Profile{
		Name:        payload.Name,
		Title:       "Shopify (Admin API " + admin.Version + ")",
		Roles:       []connector.Role{connector.Receive, connector.Translate, connector.Poll, connector.Deliver},
		BodyLimit:   webhook.BodyLimit,
		Concurrency: 8,
		Timeout:     attempt,
		Linger:      time.Minute, // longer than Shopify lets a request run
		Settings:    settings,
		Secrets:     secrets,
		Purposes:    connector.Purposes(Settings{}),
		Version:     connector.Version{Name: admin.Version, Ends: versionEnds, Remedy: "upgrade Causeway to a release that speaks a newer version of the Admin API"},
		Operations: map[string]connector.Operation{
			canonical.ShipmentShipped:        shipment,
			canonical.ShipmentUpdated:        shipment,
			canonical.ShipmentDelivered:      shipment,
			canonical.ShipmentCancelledEvent: shipment,
			canonical.ProductUpserted:        {Name: "set product", Guarantee: connector.Search, Effect: effectProduct},
			canonical.ProductRetired:         {Name: "archive product", Guarantee: connector.Search, Effect: effectProduct},
			canonical.PriceChanged:           {Name: "set price", Guarantee: connector.ExternalID},
			canonical.OrderCancelRequested:   {Name: "cancel order", Guarantee: connector.Search, Effect: "order cancellation", Lag: 30 * time.Second},
			canonical.OrderAcknowledged:      {Name: "show sales order", Guarantee: connector.ExternalID, Effect: "order mark"},
			canonical.RefundRequested:        {Name: "refund order", Guarantee: connector.Search, Effect: "order refund", Lag: 10 * time.Second},
			canonical.OrderReleased:          marked,
			canonical.OrderHeld:              marked,
			canonical.ShipmentDiscrepancy:    marked,
			canonical.FulfillmentCancelled:   marked,
			canonical.ReturnRequested:        returned,
			canonical.ReturnReceived:         returned,
			canonical.InventoryLevelSet:      {Name: "set inventory", Guarantee: connector.CompareAndSet, Batch: inventory.Most},
		},
	}
}

// Open returns the connector. The keys of settings are those of Settings. It opens no
// connection. Errors are of class config and name the key.
func Open(settings map[string]string, deps connector.Deps) (connector.System, error) {
	var s Settings
	if err := connector.ParseSettings(settings, &s); err != nil {
		return connector.System{}, err
	}
	verifiers, err := s.verifiers()
	if err != nil {
		return connector.System{}, configFault("SHOPIFY_WEBHOOK_SECRETS", err)
	}
	api, err := admin.New(s.Shops, s.APIURL, s.AdminToken, deps)
	if err != nil {
		return connector.System{}, configFault("SHOPIFY_API_URL", err)
	}
	places, err := inventory.Places(s.StockLocations, s.Shops)
	if err != nil {
		return connector.System{}, fault.Doing("opening shopify", err)
	}
	products, err := s.openProducts(api)
	if err != nil {
		return connector.System{}, fault.Doing("opening shopify", err)
	}
	if err := s.checkTags(); err != nil {
		return connector.System{}, err
	}
	opened := &store{
		Translator: &translation.Translator{API: api, Memory: deps.CrossRef, Currency: s.Currency, Tolerance: s.Tolerance},
		shops:      s.Shops, verifiers: verifiers, api: api,
	}
	system := connector.System{
		Profile: Profile(), Stores: s.Shops, Source: opened, Poller: &poller{api: api, shops: s.Shops},
		Target: &target{
			Target: fulfillment.New(fulfillment.Config{
				API: api, Shops: s.Shops, Memory: deps.CrossRef, Carriers: s.Carriers, Locations: s.Locations, Notify: s.Notify,
			}),
			returns:  returning.New(returning.Config{API: api, Shops: s.Shops}),
			marks:    mark.New(s.marks(api)),
			stock:    inventory.New(inventory.Config{API: api, Locations: places, Buffer: s.StockBuffer, Skip: s.StockUnknownSKU == "skip"}),
			products: products,
		},
	}
	if s.AdminToken != "" {
		system.Checker, system.Auditor = opened, &auditor{api: api, shops: s.Shops, currency: s.Currency}
	}
	if s.AdminToken != "" && s.WebhookURL != "" {
		system.Subscriber = &subscriber{api: api, shops: s.Shops, address: s.WebhookURL}
	}
	return system, nil
}

// checkTags rejects a tag that has two meanings.
func (s Settings) checkTags() error {
	tags := []struct{ setting, tag string }{
		{"SHOPIFY_HOLD_TAG", s.HoldTag},
		{"SHOPIFY_DISCREPANCY_TAG", s.DiscrepancyTag},
		{"SHOPIFY_CANCEL_TAG", s.CancelTag},
		{"SHOPIFY_ERP_CHANGED_TAG", s.ERPChangedTag},
		{"SHOPIFY_REFUND_TAG", s.RefundTag},
	}
	for i, one := range tags {
		for _, other := range tags[:i] {
			if strings.EqualFold(one.tag, other.tag) {
				return configFault(one.setting, errors.New("is the same tag as "+other.setting))
			}
		}
	}
	return nil
}

// marks returns what the target of marks needs.
func (s Settings) marks(api *admin.Client) mark.Config {
	return mark.Config{
		API: api, Shops: s.Shops, Hold: s.HoldTag, Discrepancy: s.DiscrepancyTag, Cancelled: s.CancelTag, Show: s.Cancellations == "show", Changed: s.ERPChangedTag,
		Refunded: s.RefundTag, Pay: s.Refunds == "pay",
		Owed: func(ctx context.Context, order message.Key, doing string) ([]canonical.OrderLine, error) {
			return translation.Owed(ctx, api, order.Tenant, order.ID, doing)
		},
	}
}

// openProducts returns the target of products and prices.
func (s Settings) openProducts(api *admin.Client) (*product.Target, error) {
	shop := func(name string) (string, bool) { return name, slices.Contains(s.Shops, name) }
	shops, err := assortment.Parse(product.KeyShops, s.ProductShops, shop)
	if err != nil {
		return nil, err
	}
	lists, err := assortment.Parse(product.KeyLists, s.PriceLists, shop)
	if err != nil {
		return nil, err
	}
	return &product.Target{
		API: api, Shops: shops, Lists: lists, Fields: s.ProductFields, Active: s.ProductStatus == "active", Archive: s.ProductRetire == "archive",
	}, nil
}

// verifiers returns the signature check of each shop: under the secrets that are bound to it and
// those without a shop.
func (s Settings) verifiers() (map[string]*webhook.Verifier, error) {
	of := map[string][]string{}
	for i, secret := range s.Secrets {
		shop, bound, found := strings.Cut(secret.Reveal(), "=")
		switch {
		case !found || !strings.HasSuffix(shop, ".myshopify.com"):
			for _, shop := range s.Shops {
				of[shop] = append(of[shop], secret.Reveal())
			}
		case !slices.Contains(s.Shops, shop):
			return nil, errors.New("secret " + strconv.Itoa(i+1) + " is of a shop that is not in SHOPIFY_SHOPS")
		default:
			of[shop] = append(of[shop], bound)
		}
	}
	verifiers := make(map[string]*webhook.Verifier, len(s.Shops))
	for _, shop := range s.Shops {
		verifier, err := webhook.New(webhook.BodyHMAC(payload.HeaderSignature), of[shop]...)
		if err != nil {
			return nil, fault.Doing("the secrets of "+shop, err)
		}
		verifiers[shop] = verifier
	}
	return verifiers, nil
}

func configFault(key string, err error) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: key, Doing: "opening shopify", Err: err}
}

// store is the opened connector. It has no state between calls, and no secret in a field that
// a log line could print.
type store struct {
	*translation.Translator
	shops     []string
	verifiers map[string]*webhook.Verifier // by shop
	api       *admin.Client
}

var (
	_ connector.Source  = (*store)(nil)
	_ connector.Partner = (*store)(nil)
	_ connector.Checker = (*store)(nil)
)

const queryShop = `query shop { shop { name } }`

// Check queries the name of every shop, and compares the version of the answer with the
// requested one: Shopify silently answers in a later one when a version has ended.
func (s *store) Check(ctx context.Context) error {
	for _, shop := range s.shops {
		doing := "checking the Admin API of " + shop
		header, err := s.api.Query(ctx, admin.Call{Shop: shop, Doing: doing, Query: queryShop, Read: (*strictjson.Reader).Skip})
		if err != nil {
			return err
		}
		if err := checkVersion(doing, header); err != nil {
			return err
		}
	}
	return nil
}

func checkVersion(doing string, header http.Header) error {
	if header.Get(payload.HeaderVersion) == admin.Version {
		return nil
	}
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: payload.HeaderVersion, Doing: doing,
		Detail: "the answer is not in version " + admin.Version + " of the API: the version has ended, or SHOPIFY_API_URL is not Shopify's",
	}
}

func (s *store) allows(shop string) bool {
	return slices.Contains(s.shops, shop)
}
