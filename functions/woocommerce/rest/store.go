package rest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
	"causeway.example/shared/webhook"
)

// Name is the system's name in keys, queues and functions.
const Name = "woocommerce"

// timeout bounds one call.
const timeout = 15 * time.Second

// SignatureHeader is the header of a delivery that has its signature, as WooCommerce writes it.
const SignatureHeader = "X-WC-Webhook-Signature"

// Store is one configured store.
type Store struct {
	Tenant   string             // host, with the path of a site below one
	Secrets  []connector.Secret // of its webhooks, in the order in which they are tried
	Verifier *webhook.Verifier  // of deliveries, under its secrets
	own      bool               // the secrets are of this store alone
	address  string
	client   *webapi.Client // nil without a consumer key
}

// HasKey reports whether the store has a consumer key, without which its API cannot be called.
func (s *Store) HasKey() bool { return s.client != nil }

// Stores are the configured stores, in the order of the setting.
type Stores []*Store

// Of returns the store of the tenant, nil if there is none.
func (s Stores) Of(tenant string) *Store {
	i := slices.IndexFunc(s, func(one *Store) bool { return one.Tenant == tenant })
	if i < 0 {
		return nil
	}
	return s[i]
}

// Configured returns the tenant of a configured store by its address or its host, and false for another one.
func (s Stores) Configured(name string) (tenant string, known bool) {
	if one := s.Of(name); one != nil {
		return name, true
	}
	tenant, known = tenantOf(name)
	return tenant, known && s.Of(tenant) != nil
}

// Tenants lists the stores by their names.
func (s Stores) Tenants() []string {
	names := make([]string, 0, len(s))
	for _, one := range s {
		names = append(names, one.Tenant)
	}
	return names
}

// Verifier returns the verifier of all secrets, for a delivery that names no store of ours. The
// error is a *fault.Error of class config.
func (s Stores) Verifier() (*webhook.Verifier, error) {
	var secrets []connector.Secret
	for _, one := range s {
		secrets = append(secrets, one.Secrets...)
	}
	return openVerifier(secrets)
}

func openVerifier(secrets []connector.Secret) (*webhook.Verifier, error) {
	const key = "WOOCOMMERCE_WEBHOOK_SECRETS"
	if len(secrets) == 0 {
		return nil, configFault(key, "has no secret for one of the stores", nil)
	}
	verifier, err := webhook.New(webhook.BodyHMAC(SignatureHeader), reveal(secrets)...)
	if err != nil {
		return nil, configFault(key, "cannot be used", err)
	}
	return verifier, nil
}

// Config has the settings of the stores. A secret, an address and a key belong to one store:
// "shop.example=value" binds one to it.
type Config struct {
	Stores                      []string           // addresses, as X-WC-Webhook-Source writes them
	WebhookSecrets              []connector.Secret // one that is not bound is of every store that has none of its own
	APIURL                      []string           // one that is not bound is the first store's; without one a store is called at its own address
	ConsumerKey, ConsumerSecret []connector.Secret // one that is not bound is the first store's
}

// Open returns the configured stores. The error is a *fault.Error of class config that names the
// setting.
func Open(config Config, deps connector.Deps) (Stores, error) {
	var all Stores
	for _, address := range config.Stores {
		tenant, ok := tenantOf(address)
		if !ok {
			return nil, configFault("WOOCOMMERCE_STORES", "must be addresses such as https://shop.example", nil)
		}
		if all.Of(tenant) == nil {
			all = append(all, &Store{Tenant: tenant, address: address})
		}
	}
	if err := all.bindSecrets(config.WebhookSecrets); err != nil {
		return nil, err
	}
	return all, all.bindClients(config, deps)
}

// bindSecrets gives each store its secrets. A store with several secrets accepts each, so that
// one can be replaced.
func (s Stores) bindSecrets(secrets []connector.Secret) error {
	bound := map[string][]connector.Secret{}
	for _, secret := range secrets {
		tenant, value, err := s.bound("WOOCOMMERCE_WEBHOOK_SECRETS", secret.Reveal())
		if err != nil {
			return err
		}
		bound[tenant] = append(bound[tenant], connector.Secret(value))
	}
	for _, one := range s {
		one.Secrets, one.own = bound[one.Tenant], len(bound[one.Tenant]) > 0 || len(s) == 1
		if len(one.Secrets) == 0 {
			one.Secrets = bound[""]
		}
		var err error
		if one.Verifier, err = openVerifier(one.Secrets); err != nil {
			return err
		}
	}
	return nil
}

// bound splits "shop.example=value" into the store and the value. The tenant is "" for a value
// that names no store. A name that looks like a store's and is none of ours is an error.
func (s Stores) bound(key, text string) (tenant, value string, err error) {
	name, value, found := strings.Cut(text, "=")
	if !found {
		return "", text, nil
	}
	tenant, ok := tenantOf(name)
	if !ok {
		tenant, ok = tenantOf("https://" + name)
	}
	switch {
	case ok && s.Of(tenant) != nil && value != "":
		return tenant, value, nil
	case ok && strings.Contains(tenant, ".") && strings.Trim(value, "=") != "":
		return "", "", configFault(key, "binds a value to a store that is not in WOOCOMMERCE_STORES", nil)
	}
	return "", text, nil
}

// bindClients opens the REST API of each store that has a key.
func (s Stores) bindClients(config Config, deps connector.Deps) error {
	addresses, err := s.eachValue("WOOCOMMERCE_API_URL", config.APIURL)
	if err != nil {
		return err
	}
	keys, err := s.eachValue("WOOCOMMERCE_CONSUMER_KEY", reveal(config.ConsumerKey))
	if err != nil {
		return err
	}
	secrets, err := s.eachValue("WOOCOMMERCE_CONSUMER_SECRET", reveal(config.ConsumerSecret))
	if err != nil {
		return err
	}
	for _, one := range s {
		key, secret := keys[one.Tenant], secrets[one.Tenant]
		if key == "" && secret == "" {
			continue
		}
		if key == "" || secret == "" {
			return configFault("WOOCOMMERCE_CONSUMER_SECRET", "key and secret are not both set for "+one.Tenant, nil)
		}
		if one.client, err = openClient(cmp.Or(addresses[one.Tenant], one.address), key, secret, deps); err != nil {
			return err
		}
	}
	return nil
}

// eachValue returns the value of each store. One that is not bound is the first store's.
func (s Stores) eachValue(key string, values []string) (map[string]string, error) {
	each := map[string]string{}
	for _, text := range values {
		tenant, value, err := s.bound(key, text)
		if err != nil {
			return nil, err
		}
		if tenant = cmp.Or(tenant, s[0].Tenant); each[tenant] != "" {
			return nil, configFault(key, "has two values for "+tenant, nil)
		}
		each[tenant] = value
	}
	return each, nil
}

func reveal(secrets []connector.Secret) []string {
	texts := make([]string, len(secrets))
	for i, secret := range secrets {
		texts[i] = secret.Reveal()
	}
	return texts
}

// openClient returns a client with HTTP Basic, which WooCommerce accepts over https only. A plain
// http address is rejected, because key and orders would travel unencrypted; only a fake on
// loopback may have one.
func openClient(address, key, secret string, deps connector.Deps) (*webapi.Client, error) {
	client, err := webapi.New(webapi.Config{
		BaseURL:   strings.TrimRight(strings.TrimSpace(address), "/"),
		Transport: deps.HTTP,
		Now:       deps.Now,
		Timeout:   timeout,
		Authorize: func(r *http.Request) error {
			r.SetBasicAuth(key, secret)
			return nil
		},
		Classify: classify,
	})
	if err != nil {
		return nil, configFault("WOOCOMMERCE_API_URL", "cannot be called", err)
	}
	return client, nil
}

func configFault(key, rule string, err error) *fault.Error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: key,
		Doing: "opening " + Name, Detail: rule, Err: err,
	}
}
