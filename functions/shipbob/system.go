package shipbob

import (
	"context"
	"time"

	"causeway.example/functions/shipbob/movement"
	products "causeway.example/functions/shipbob/product"
	"causeway.example/functions/shipbob/rest"
	"causeway.example/functions/shipbob/stock"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
	"causeway.example/shared/webhook"
)

// Name is the system's name in keys, queues and functions.
const Name = "shipbob"

// bodyLimit allows an order of several hundred shipments; timeout is of one request, and lag a margin of
// our own for a search of products that misses a new one.
const bodyLimit, timeout, lag = 4 << 20, 30 * time.Second, 30 * time.Second

// Settings is the connector's configuration. Maps are written "key=value,key=value".
type Settings struct {
	// Token is a personal access token with the scopes orders_read, orders_write, channels_read,
	// returns_read, inventory_read, products_read and products_write. Without it nothing is delivered or
	// polled; the door works.
	Token connector.Secret `env:"SHIPBOB_TOKEN"`
	// WebhookSecrets are the signing secrets of the webhook subscriptions, "whsec_…". Each is
	// tried, so that one can be replaced without a gap.
	WebhookSecrets []connector.Secret `env:"SHIPBOB_WEBHOOK_SECRETS" validate:"required,dive,required"`
	// Channels are the ids of ShipBob's channels: "shopify/brand.myshopify.com" -> "100001".
	// Reference ids are unique within a channel.
	Channels map[string]string `env:"SHIPBOB_CHANNELS" envKeyValSeparator:"=" validate:"required,dive,number" keys:"store" for:"orders of a store without a channel"`
	// Account names the ShipBob account in the keys of its entities.
	Account string `env:"SHIPBOB_ACCOUNT" envDefault:"main" validate:"max=64,excludesall=/%"`
	// Version is the version of the API, which is a part of each path.
	Version string `env:"SHIPBOB_VERSION" envDefault:"2026-01" validate:"oneof=2026-01 2026-07"`
	APIURL  string `env:"SHIPBOB_API_URL" envDefault:"https://api.shipbob.com"`
	// ReleaseDelay is the time after an order was placed before which it is not sent, so that
	// an early cancellation never reaches the warehouse.
	ReleaseDelay time.Duration `env:"SHIPBOB_RELEASE_DELAY" envDefault:"1h" validate:"min=0s,max=72h"`
	// HoldTags are tags of an order in the store. An order with one of them is not sent, and is
	// cancelled at ShipBob if it was sent before; without them it is sent again.
	HoldTags []string `env:"SHIPBOB_HOLD_TAGS"`
	// Rate is the number of deliveries a minute. ShipBob's limit is of all that a user's application
	// does, so that another program with the same token needs its part.
	Rate int `env:"SHIPBOB_RATE" envDefault:"110" validate:"min=1,max=6000"`
	// StockLocations are the ids of the fulfillment centers whose stock ShipBob is master of.
	StockLocations []string `env:"SHIPBOB_STOCK_LOCATIONS" validate:"unique,dive,number"`
	// StockBundles is whether bundles have levels too, which takes a request for each 100 products and
	// the token's scope products_read.
	StockBundles bool `env:"SHIPBOB_STOCK_BUNDLES" envDefault:"true"`
	// Movements are the ids of the fulfillment centers whose movements of stock are published.
	Movements []string `env:"SHIPBOB_MOVEMENTS" validate:"unique,dive,number"`
	// Choice are the settings of products.
	products.Choice
	// ShippingMethods are ShipBob's shipping methods by the store's delivery code or title; "*"
	// is for all others. Without an entry the title is sent as it is, or "Standard" if there is none.
	ShippingMethods map[string]string `env:"SHIPBOB_SHIPPING_METHODS" envKeyValSeparator:"="`
}

// Profile describes ShipBob to the pipeline and the infrastructure. ShipBob takes 150 requests
// a minute by a sliding window, in sum over all that a user's application does
// (developer.shipbob.com, "Rate Limit"). The rate leaves some for polls and for deliveries of
// several requests. Every order event sets the same order from the same body.
func Profile() connector.Profile {
	settings, secrets := connector.Keys(Settings{})
	order := connector.Operation{Name: "set warehouse order", Guarantee: connector.ExternalID, Effect: "warehouse order"}
	return connector.Profile{
		Name:        Name,
		Title:       "ShipBob (API 2026-01)",
		Roles:       []connector.Role{connector.Receive, connector.Translate, connector.Deliver, connector.Poll},
		BodyLimit:   bodyLimit,
		Concurrency: 4,
		RefForm:     `^[1-9][0-9]{0,18}$`,
		Rate:        rate(110),
		Timeout:     timeout,
		Linger:      time.Minute,
		Settings:    settings,
		Secrets:     secrets,
		Purposes:    connector.Purposes(Settings{}),
		Version:     rest.VersionOf("2026-01"),
		Operations: map[string]connector.Operation{
			canonical.OrderPlaced:         order,
			canonical.OrderChanged:        order,
			canonical.OrderCancelledEvent: order,
			canonical.ProductUpserted:     {Name: "set product", Guarantee: connector.Search, Effect: products.Entity, Lag: lag},
			canonical.ProductRetired:      {Name: "keep product", Guarantee: connector.Search, Effect: products.Entity, Lag: lag},
		},
	}
}

// rate returns a rate of deliveries a minute, of which nearly a fifth may come at once.
func rate(perMinute int) connector.Rate {
	return connector.Rate{Calls: perMinute, Per: time.Minute, Burst: max(1, perMinute*2/11)}
}

// Open reads the settings and returns the connector: a Target, a Source, a Poller and a
// Checker. It sends no request. Errors are fault.Rejected of class config and name the setting.
func Open(settings map[string]string, deps connector.Deps) (connector.System, error) {
	var s Settings
	if err := connector.ParseSettings(settings, &s); err != nil {
		return connector.System{}, err
	}
	verifier, err := openVerifier(s.WebhookSecrets)
	if err != nil {
		return connector.System{}, err
	}
	profile := Profile()
	profile.Version, profile.Rate = rest.VersionOf(s.Version), rate(s.Rate)
	a := &api{settings: s}
	if a.Client, err = rest.Open(rest.Config{Token: s.Token, Version: s.Version, Address: s.APIURL, Channels: s.Channels, Timeout: timeout}, deps); err != nil {
		return connector.System{}, configFault("SHIPBOB_API_URL", "cannot be called", err)
	}
	call := func(ctx context.Context, r webapi.Request) (webapi.Response, error) { return a.Call(ctx, r, "") } // in no channel
	to, err := products.Open(s.Choice, s.Account, call, &target{api: a, now: deps.Now, memory: deps.CrossRef})
	if err != nil {
		return connector.System{}, err
	}
	return connector.System{
		Profile: profile,
		Source:  movement.Source{Source: &source{api: a, memory: deps.CrossRef, account: s.Account, verifier: verifier}},
		Target:  to,
		Checker: a,
		Poller: &movement.Poller{Account: s.Account, Centers: s.Movements, Call: call, Now: deps.Now, Poller: &poller{
			api: a, now: deps.Now, stock: stock.Poller{Account: s.Account, Locations: s.StockLocations, Bundles: s.StockBundles, Call: call},
		}},
	}, nil
}

func openVerifier(secrets []connector.Secret) (*webhook.Verifier, error) {
	texts := make([]string, len(secrets))
	for i, secret := range secrets {
		texts[i] = secret.Reveal()
	}
	verifier, err := webhook.New(webhook.StandardWebhooks(), texts...)
	if err != nil {
		return nil, configFault("SHIPBOB_WEBHOOK_SECRETS", "cannot be used", err)
	}
	return verifier, nil
}

func configFault(key, rule string, err error) *fault.Error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: key, Doing: "opening " + Name, Detail: rule, Err: err,
	}
}
