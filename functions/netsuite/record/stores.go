package record

import (
	"strconv"
	"strings"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Stores are the stores whose sales orders a poll publishes something of: keys of orders without an id.
type Stores []message.Key

// StoresOf returns the stores that have a subsidiary, written "shopify/brand.myshopify.com".
func StoresOf(names []string) Stores {
	stores := make(Stores, len(names))
	for i, name := range names {
		system, tenant, _ := strings.Cut(name, "/")
		stores[i] = message.Key{System: system, Tenant: tenant, Type: "order"}
	}
	return stores
}

// Condition is that of a column with the external id, in lower case, of an order of one of the stores.
func (s Stores) Condition(column string) string {
	all := make([]string, len(s))
	for i, store := range s {
		all[i] = suitetalk.Begins(column, StorePrefix(store))
	}
	return strings.Join(all, " OR ")
}

// OrderOf returns the store's order of the sales order. An id that an external id cannot hold is in the
// memo, where the order's own number and ClosedNote may follow.
func (s Stores) OrderOf(external, memo string) (order message.Key, found bool) {
	for _, store := range s {
		id, ours := strings.CutPrefix(external, StorePrefix(store))
		if !ours {
			continue
		}
		order = store
		if order.ID = strings.ReplaceAll(id, "_", "."); strings.HasPrefix(id, "-") {
			order.ID, _, _ = strings.Cut(strings.TrimPrefix(memo, MemoOf(store)), ",")
		}
		return order, ExternalID(order) == external
	}
	return message.Key{}, false
}

// UnknownOrder is the external id of a sales order, in the field of a raw message, that OrderOf finds no order
// for.
func UnknownOrder(field, external, remedy string) error {
	return Rejected(fault.MissingRef, field, strconv.Quote(external)+" names no order of a store in NETSUITE_SUBSIDIARIES, and neither does the sales order's memo; "+remedy)
}
