package woocommerce

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/webapi"
	"causeway.example/shared/webhook"
)

// store is one configured store.
type store struct {
	tenant   string // host, with the path of a site below one
	address  string
	secrets  []connector.Secret // of its webhooks, in the order in which they are tried
	own      bool               // the secrets are of this store alone
	verifier *webhook.Verifier
	client   *webapi.Client // nil without a consumer key
}

// stores are the configured stores, in the order of the setting.
type stores []*store

// of returns the store of the tenant, nil if there is none.
func (s stores) of(tenant string) *store {
	i := slices.IndexFunc(s, func(one *store) bool { return one.tenant == tenant })
	if i < 0 {
		return nil
	}
	return s[i]
}

// tenants lists the stores by their names.
func (s stores) tenants() []string {
	names := make([]string, 0, len(s))
	for _, one := range s {
		names = append(names, one.tenant)
	}
	return names
}

// tenantOf returns a store's host, with its path if it has one: a site below a path is a store
// of its own. Scheme, default port, case of the host and a trailing slash are ignored.
func tenantOf(store string) (tenant string, ok bool) {
	address, err := url.Parse(strings.TrimSpace(store))
	if err != nil || address.Hostname() == "" || (address.Scheme != "https" && address.Scheme != "http") {
		return "", false
	}
	host := strings.ToLower(address.Host)
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
	return host + strings.TrimRight(address.EscapedPath(), "/"), true
}

func openStores(s Settings, deps connector.Deps) (stores, error) {
	var all stores
	for _, address := range s.Stores {
		tenant, ok := tenantOf(address)
		if !ok {
			return nil, configFault("WOOCOMMERCE_STORES", "must be addresses such as https://shop.example", nil)
		}
		if all.of(tenant) == nil {
			all = append(all, &store{tenant: tenant, address: address})
		}
	}
	if err := all.bindSecrets(s.WebhookSecrets); err != nil {
		return nil, err
	}
	return all, all.bindClients(s, deps)
}

// bindSecrets gives each store its secrets. A store with several secrets accepts each, so that
// one can be replaced.
func (s stores) bindSecrets(secrets []connector.Secret) error {
	bound := map[string][]connector.Secret{}
	for _, secret := range secrets {
		tenant, value, err := s.bound("WOOCOMMERCE_WEBHOOK_SECRETS", secret.Reveal())
		if err != nil {
			return err
		}
		bound[tenant] = append(bound[tenant], connector.Secret(value))
	}
	for _, one := range s {
		one.secrets, one.own = bound[one.tenant], len(bound[one.tenant]) > 0 || len(s) == 1
		if len(one.secrets) == 0 {
			one.secrets = bound[""]
		}
		var err error
		if one.verifier, err = openVerifier(one.secrets); err != nil {
			return err
		}
	}
	return nil
}

// bound splits "shop.example=value" into the store and the value. The tenant is "" for a value
// that names no store. A name that looks like a store's and is none of ours is an error.
func (s stores) bound(key, text string) (tenant, value string, err error) {
	name, value, found := strings.Cut(text, "=")
	if !found {
		return "", text, nil
	}
	tenant, ok := tenantOf(name)
	if !ok {
		tenant, ok = tenantOf("https://" + name)
	}
	switch {
	case ok && s.of(tenant) != nil && value != "":
		return tenant, value, nil
	case ok && strings.Contains(tenant, ".") && strings.Trim(value, "=") != "":
		return "", "", configFault(key, "binds a value to a store that is not in WOOCOMMERCE_STORES", nil)
	}
	return "", text, nil
}

// bindClients opens the REST API of each store that has a key.
func (s stores) bindClients(settings Settings, deps connector.Deps) error {
	addresses, err := s.eachValue("WOOCOMMERCE_API_URL", settings.APIURL)
	if err != nil {
		return err
	}
	keys, err := s.eachValue("WOOCOMMERCE_CONSUMER_KEY", reveal(settings.ConsumerKey))
	if err != nil {
		return err
	}
	secrets, err := s.eachValue("WOOCOMMERCE_CONSUMER_SECRET", reveal(settings.ConsumerSecret))
	if err != nil {
		return err
	}
	for _, one := range s {
		key, secret := keys[one.tenant], secrets[one.tenant]
		if key == "" && secret == "" {
			continue
		}
		if key == "" || secret == "" {
			return configFault("WOOCOMMERCE_CONSUMER_SECRET", "key and secret are not both set for "+one.tenant, nil)
		}
		if one.client, err = openClient(cmp.Or(addresses[one.tenant], one.address), key, secret, deps); err != nil {
			return err
		}
	}
	return nil
}

// eachValue returns the value of each store. One that is not bound is the first store's.
func (s stores) eachValue(key string, values []string) (map[string]string, error) {
	each := map[string]string{}
	for _, text := range values {
		tenant, value, err := s.bound(key, text)
		if err != nil {
			return nil, err
		}
		if tenant = cmp.Or(tenant, s[0].tenant); each[tenant] != "" {
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
