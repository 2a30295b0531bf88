package translation

import (
	"net/url"
	"strings"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/fault"
)

// The headers of a delivery are not signed, its body is. A body therefore has to agree with
// the headers that say of which shop it is and of which kind: otherwise one shop's signed order
// could be booked at another by changing a header.

// own checks that the body is of the topic's kind. Bodies name themselves:
// "gid://shopify/Order/820982911946154508". A body without that name passes.
func (t *translating) own(kind, gid, id string) error {
	if gid == "" || gid == payload.GID(kind, id) {
		return nil
	}
	return t.foreign("admin_graphql_api_id", "must name the "+kind+" "+id+": the body is not of the topic that its header names")
}

// ownOrder also holds the shop of order_status_url against the shop's header. Its host is the
// shop's domain, or a domain of the brand's own, which proves nothing.
func (t *translating) ownOrder(o *order) error {
	if err := t.own("Order", o.GID, o.Head.ID); err != nil || o.StatusURL == "" {
		return err
	}
	address, err := url.Parse(o.StatusURL)
	if err != nil {
		return t.foreign("order_status_url", "is not an address")
	}
	host := strings.ToLower(address.Hostname())
	if strings.HasSuffix(host, ".myshopify.com") && host != t.raw.Tenant {
		return t.foreign("order_status_url", "is of another shop than the header "+payload.HeaderShop+" names")
	}
	return nil
}

func (t *translating) foreign(field, rule string) error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Conflict, Field: field, Doing: t.doing, Detail: rule}
}
