package payload

import (
	"slices"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// UnknownOrder is the error of an order that its shop does not show.
func UnknownOrder(order message.Key) error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.MissingRef, Field: "order",
		Detail: "shop " + order.Tenant + " has no order " + order.ID + ", or the app may not read it (read_all_orders for orders older than 60 days)",
	}
}

// OrderOf returns the order of the id that the message names as a parent, which has to be one of the
// shops. The error is a fault that names the field "order", or SHOPIFY_SHOPS if the shop is missing there.
func OrderOf(m *message.Message, id string, shops []string, doing string) (message.Key, error) {
	i := slices.IndexFunc(m.Parents, func(k message.Key) bool { return k.Type == EntityOrder && k.ID == id })
	if i < 0 {
		return message.Key{}, &fault.Error{Kind: fault.Invalid, Class: fault.MissingRef, Field: "order", Doing: doing, Detail: "the event does not name the store of order " + id}
	}
	order := m.Parents[i]
	switch {
	case order.System != Name:
		return order, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Field: "order", Doing: doing, Detail: "order " + order.ID + " is one of " + order.System + ", not of Shopify"}
	case !slices.Contains(shops, order.Tenant):
		return order, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: "SHOPIFY_SHOPS", Doing: doing, Detail: "does not name the shop " + order.Tenant + " of order " + order.ID}
	}
	return order, nil
}
