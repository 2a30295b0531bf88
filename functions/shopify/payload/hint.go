package payload

import (
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// Level is the part of inventory_levels/update or inventory_levels/disconnect that is used: ids. The body
// has no SKU.
type Level struct{ Item, Location, GID string }

// ReadLevel reads such a body, which must name the item and the location.
func ReadLevel(r *Reader) (l Level, bad *strictjson.Error) {
	for key := range r.Object() {
		switch key {
		case "inventory_item_id":
			l.Item = r.id()
		case "location_id":
			l.Location = r.id()
		case "admin_graphql_api_id":
			l.GID = r.Word()
		}
	}
	r.require(l.Item != "", "inventory_item_id")
	r.require(l.Location != "", "location_id")
	return l, r.End()
}

// Fulfillment is the part of fulfillments/create or fulfillments/update that is used: ids. The location is
// "" of a fulfillment that has none.
type Fulfillment struct{ ID, Order, Location, GID string }

// ReadFulfillment reads such a body, which must name the fulfillment and its order.
func ReadFulfillment(r *Reader) (f Fulfillment, bad *strictjson.Error) {
	for key := range r.Object() {
		switch key {
		case "id":
			f.ID = r.digits()
		case "order_id":
			f.Order = r.id()
		case "location_id":
			f.Location = r.id()
		case "admin_graphql_api_id":
			f.GID = r.Word()
		}
	}
	r.require(f.ID != "", "id")
	r.require(f.Order != "", "order_id")
	return f, r.End()
}

// CheckGID holds the name that a body gives itself against its ids: the header with the topic is not signed.
// A body without a name passes.
func CheckGID(given, want, doing string) error {
	if given == "" || given == want {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Class: fault.Conflict, Field: "admin_graphql_api_id", Doing: doing,
		Detail: "must be " + want + ": the body is not of the topic that its header names",
	}
}
