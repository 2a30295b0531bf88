package payload

import (
	"strings"

	"causeway.example/shared/formats/strictjson"
)

// Named is the part of orders/edited or order_transactions/create that is used.
type Named struct {
	ID, GID string // of the transaction, "" of an edit
	Order   string // id
	Moves   bool   // a sale, capture or refund that succeeded
}

// ReadNamed reads the payload of orders/edited or order_transactions/create, which must name its
// order.
func ReadNamed(r *Reader) (n Named, bad *strictjson.Error) {
	kind, status := "", ""
	for key := range r.Object() {
		switch key {
		case "id":
			n.ID = r.digits()
		case "admin_graphql_api_id":
			n.GID = r.Word()
		case "order_id":
			n.Order = r.id()
		case "kind":
			kind = strings.ToUpper(r.Word())
		case "status":
			status = strings.ToUpper(r.Word())
		case "order_edit":
			for key := range r.Object() {
				if key == "order_id" {
					n.Order = r.id()
				}
			}
		}
	}
	r.require(n.Order != "", "order_id")
	n.Moves = (kind == "SALE" || kind == "CAPTURE" || kind == kindRefund) && status == success
	return n, r.End()
}

// ReadProduct reads the id of a product from the payload of a products/… topic, and its global id, "" if the
// payload has none: products/delete has nothing but the id.
func ReadProduct(r *Reader) (id, gid string, bad *strictjson.Error) {
	for key := range r.Object() {
		switch key {
		case "id":
			id = r.digits()
		case "admin_graphql_api_id":
			gid = r.Word()
		}
	}
	r.require(id != "", "id")
	return id, gid, r.End()
}

// Privacy is the part of customers/redact, customers/data_request or shop/redact that is used.
type Privacy struct {
	Customer *Customer // nil if the request names none; of its members only the id is for use
	Orders   []string  // ids
}

// ReadPrivacy reads such a request.
func ReadPrivacy(r *Reader) (p Privacy, bad *strictjson.Error) {
	for key := range r.Object() {
		switch key {
		case "customer":
			p.Customer = r.customer()
		case "orders_to_redact", "orders_requested":
			for range r.Array() {
				p.Orders = append(p.Orders, r.id())
			}
		}
	}
	return p, r.End()
}
