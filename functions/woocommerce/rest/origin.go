package rest

import (
	"net/url"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Named returns the store of an address, nil if it is none of ours.
func (s Stores) Named(address string) *Store {
	tenant, _ := tenantOf(address)
	return s.Of(tenant)
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

// SentBy checks that the body is of the store that signed it, and of the kind that the topic
// names: neither the header of the store nor that of the topic is signed. WordPress adds to each
// resource its own address, which is. A body without one proves nothing where several stores
// share a secret.
func (s Stores) SentBy(raw *message.Raw, link, list string) error {
	rule := ""
	named, ok := tenantOf(link)
	switch sender := s.Of(raw.Tenant); {
	case link == "" && raw.Trigger == message.Webhook && sender != nil && !sender.own:
		rule = "is missing, and several stores share a secret: bind each secret in WOOCOMMERCE_WEBHOOK_SECRETS to its store"
	case link == "":
		return nil
	case !ok || host(named) != host(raw.Tenant) || sender != nil && s.nearest(named) != sender:
		rule = "the body is of another store than the delivery's source"
	case !strings.Contains(strings.ReplaceAll(link, "%2F", "/"), "/"+list+"/"):
		rule = "the body is of another kind than the topic " + raw.Topic
	}
	if rule == "" {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Class: fault.Conflict, Code: "foreign_body", Field: "_links.self[0].href", Detail: rule}
}

func host(tenant string) string {
	name, _, _ := strings.Cut(tenant, "/")
	return name
}

// nearest returns the store below whose address the link is, nil if there is none. A site below
// a path of another one is the nearer. The link has a tenant's form: host and path.
func (s Stores) nearest(link string) (found *Store) {
	for _, one := range s {
		below := link == one.Tenant || strings.HasPrefix(link, one.Tenant+"/")
		if below && (found == nil || len(one.Tenant) > len(found.Tenant)) {
			found = one
		}
	}
	return found
}
