package woocommerce

import (
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webhook"
)

// Name is the system's name in keys, queues and functions.
const Name = "woocommerce"

// bodyLimit allows an order of 10,000 lines, of about 600 bytes each as recorded. The limit of
// a Lambda function, 6 MB per request, is lower.
const bodyLimit = 8 << 20

const timeout = 15 * time.Second

// Settings are the connector's configuration keys.
type Settings struct {
	// Stores are the addresses that may send, as X-WC-Webhook-Source writes them.
	Stores []string `env:"WOOCOMMERCE_STORES" validate:"required,dive,required"`
	// WebhookSecrets are tried in turn, so that a secret can be replaced without a gap.
	WebhookSecrets []connector.Secret `env:"WOOCOMMERCE_WEBHOOK_SECRETS" validate:"required,dive,required"`
	// APIURL is the address of the REST API; "" is that of the first store.
	APIURL string `env:"WOOCOMMERCE_API_URL"`
	// ConsumerKey and ConsumerSecret are a REST API key with read permission. Without them
	// there is no connection check and no polling.
	ConsumerKey    connector.Secret `env:"WOOCOMMERCE_CONSUMER_KEY" validate:"required_with=ConsumerSecret"`
	ConsumerSecret connector.Secret `env:"WOOCOMMERCE_CONSUMER_SECRET" validate:"required_with=ConsumerKey"`
	// WebhookURL is the address of our webhook endpoint. If it is set, the webhooks are
	// checked and repaired, for which the key needs write permission.
	WebhookURL string `env:"WOOCOMMERCE_WEBHOOK_URL" validate:"omitempty,http_url"`
	// Timezone is the IANA name of the stores' zone, for deliveries without *_gmt fields.
	Timezone string `env:"WOOCOMMERCE_TIMEZONE" envDefault:"UTC"`
	// RoundingTolerance is the difference between an order's parts and its total, in
	// minor units, that becomes an explicit rounding.
	RoundingTolerance int64 `env:"WOOCOMMERCE_ROUNDING_TOLERANCE" envDefault:"5" validate:"gte=0"`
	// TestGateways are the payment methods that mark an order as a test.
	TestGateways []string `env:"WOOCOMMERCE_TEST_GATEWAYS"`
}

// Profile returns what the pipeline and the infrastructure need to know about WooCommerce.
func Profile() connector.Profile {
	settings, secrets := connector.Keys(Settings{})
	return connector.Profile{
		Name:        Name,
		Title:       "WooCommerce (REST v3)",
		Roles:       []connector.Role{connector.Receive, connector.Translate, connector.Poll},
		BodyLimit:   bodyLimit,
		MediaTypes:  []string{"application/json", formType},
		Concurrency: 2,
		Timeout:     timeout,
		Settings:    settings,
		Secrets:     secrets,
	}
}

// Open reads the settings and returns the connector: a Source and a Poller, a Checker and an
// Auditor if a consumer key is set, and a Subscriber if the webhook URL is set too. The error
// is a *fault.Error of class config that names the setting.
func Open(settings map[string]string, deps connector.Deps) (connector.System, error) {
	var s Settings
	if err := connector.ParseSettings(settings, &s); err != nil {
		return connector.System{}, err
	}
	source, err := openSource(s)
	if err != nil {
		return connector.System{}, err
	}
	api, err := openAPI(s, source.zone, deps)
	if err != nil {
		return connector.System{}, err
	}
	system := connector.System{Profile: Profile(), Source: source, Poller: api}
	if api.client == nil {
		return system, nil
	}
	system.Checker, system.Auditor = &checker{api}, &auditor{api, source}
	if s.WebhookURL != "" {
		system.Subscriber = &subscriber{api: api, address: s.WebhookURL, secret: s.WebhookSecrets[0]}
	}
	return system, nil
}

// source is the connector.Source of all configured stores.
type source struct {
	verifier     *webhook.Verifier
	tenants      []string
	zone         *time.Location
	tolerance    int64
	testGateways []string
}

var _ connector.Source = (*source)(nil)

func openSource(s Settings) (*source, error) {
	verifier, err := openVerifier(s.WebhookSecrets)
	if err != nil {
		return nil, configFault("WOOCOMMERCE_WEBHOOK_SECRETS", "cannot be used", err)
	}
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return nil, configFault("WOOCOMMERCE_TIMEZONE", "is not an IANA time zone", err)
	}
	opened := &source{verifier: verifier, zone: zone, tolerance: s.RoundingTolerance, testGateways: s.TestGateways}
	for _, store := range s.Stores {
		tenant, ok := tenantOf(store)
		if !ok {
			return nil, configFault("WOOCOMMERCE_STORES", "must be addresses such as https://shop.example", nil)
		}
		opened.tenants = append(opened.tenants, tenant)
	}
	opened.tenants = slices.Compact(slices.Sorted(slices.Values(opened.tenants)))
	return opened, nil
}

func configFault(key, rule string, err error) *fault.Error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: key,
		Doing: "opening " + Name, Detail: rule, Err: err,
	}
}
