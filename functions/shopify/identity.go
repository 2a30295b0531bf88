package shopify

import (
	"net/url"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// The headers of a delivery are not signed, its body is. A body therefore has to agree with
// the headers that say of which shop it is and of which kind: otherwise one shop's signed order
// could be booked at another by changing a header.

// own checks that the body is of the topic's kind. Bodies name themselves:
// "gid://shopify/Order/820982911946154508". A body without that name passes.
func (t *translator) own(kind, gid, id string) error {
	if gid == "" || gid == "gid://shopify/"+kind+"/"+id {
		return nil
	}
	return t.foreign("admin_graphql_api_id", "must name the "+kind+" "+id+": the body is not of the topic that its header names")
}

// ownOrder also holds the shop of order_status_url against the shop's header. Its host is the
// shop's domain, or a domain of the brand's own, which proves nothing.
func (t *translator) ownOrder(o *order) error {
	if err := t.own("Order", o.gid, o.head.ID); err != nil || o.statusURL == "" {
		return err
	}
	address, err := url.Parse(o.statusURL)
	if err != nil {
		return t.foreign("order_status_url", "is not an address")
	}
	host := strings.ToLower(address.Hostname())
	if strings.HasSuffix(host, ".myshopify.com") && host != t.raw.Tenant {
		return t.foreign("order_status_url", "is of another shop than the header "+headerShop+" names")
	}
	return nil
}

func (t *translator) foreign(field, rule string) error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Conflict, Field: field, Doing: t.doing, Detail: rule}
}

// named is the part of orders/edited or order_transactions/create that is used.
type named struct {
	id, gid, order string
	moves          bool // a sale, capture or refund that has ended
}

func readNamed(r *reader) (n named, bad *strictjson.Error) {
	kind, status := "", ""
	for key := range r.Object() {
		switch key {
		case "id":
			n.id = r.digits()
		case "admin_graphql_api_id":
			n.gid = r.Word()
		case "order_id":
			n.order = r.id()
		case "kind":
			kind = strings.ToUpper(r.Word())
		case "status":
			status = strings.ToUpper(r.Word())
		case "order_edit":
			for key := range r.Object() {
				if key == "order_id" {
					n.order = r.id()
				}
			}
		}
	}
	r.require(n.order != "", "order_id")
	n.moves = (kind == "SALE" || kind == "CAPTURE" || kind == kindRefund) && status == success
	return n, r.End()
}
