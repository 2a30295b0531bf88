package hubspot

import (
	"cmp"
	"net/url"
	"strconv"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// The states of an order, in HUBSPOT_ORDER_STAGES and in the property causeway_state.
const (
	stateOpen      = "open"
	statePaid      = "paid"
	stateShipped   = "shipped"
	stateRefunded  = "refunded"
	stateCancelled = "cancelled"
)

var states = []string{stateOpen, statePaid, stateShipped, stateRefunded, stateCancelled}

// stateOf returns the state of the order: the first of these that holds. A partial refund shows in
// the property causeway_payment and changes no state.
func stateOf(o *canonical.Order) string {
	switch {
	case o.Status == canonical.OrderCancelled:
		return stateCancelled
	case o.Financial == canonical.Refunded:
		return stateRefunded
	case o.Fulfilled || o.Status == canonical.OrderClosed:
		return stateShipped
	case isPaid(o):
		return statePaid
	}
	return stateOpen
}

func isPaid(o *canonical.Order) bool {
	return o.Financial == canonical.Paid || o.Financial == canonical.PartiallyRefunded
}

// hasBought reports whether the order makes its buyer a customer.
func hasBought(o *canonical.Order) bool {
	return o.Status != canonical.OrderCancelled && (isPaid(o) || o.Financial == canonical.PartiallyPaid)
}

// orderFields are the canonical fields by the property that they set.
var orderFields = map[string]string{
	"hs_order_name": "name", "hs_currency_code": "currency", "hs_total_price": "total", "hs_external_created_date": "placed_at",
	"hs_fulfillment_status": "fulfillment", "hs_shipping_address_street": "shipping.line1", "hs_shipping_address_city": "shipping.city",
	"hs_shipping_address_state": "shipping.region", propPayment: "financial", propState: "status", propOrder: "id",
}

// orderProperties returns the properties that the order's events set. Those of its shipments and
// refunds are not among them, so that neither overwrites the other.
func (s *Settings) orderProperties(key message.Key, o *canonical.Order) []property {
	state := stateOf(o)
	all := []property{
		{propOrder, key.String()},
		{"hs_order_name", o.Name},
		{"hs_currency_code", o.Currency},
		{"hs_total_price", o.Total.Decimal().String()},
		{"hs_external_created_date", millis(o.PlacedAt)},
		{"hs_source_store", key.System + "/" + key.Tenant},
		{"hs_fulfillment_status", clean(o.Fulfillment)},
		{propState, state},
		{propPayment, string(o.Financial)},
	}
	if a := o.Shipping; a != nil {
		all = append(all, property{"hs_shipping_address_street", street(a)}, property{"hs_shipping_address_city", clean(a.City.String())},
			property{"hs_shipping_address_state", clean(a.Region.String())})
	}
	if stage := s.OrderStages[state]; stage != "" {
		if s.OrderPipeline != "" {
			all = append(all, property{"hs_pipeline", s.OrderPipeline})
		}
		all = append(all, property{"hs_pipeline_stage", stage})
	}
	return all
}

// millis returns the time as HubSpot writes one: milliseconds since 1970.
func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// lineFields are the canonical fields of a line by the property that they set.
var lineFields = map[string]string{
	"name": "title", "quantity": "quantity", "price": "unit_price", "discount": "discount", "hs_sku": "sku",
	"hs_line_item_currency_code": "currency", propLine: "id",
}

// discountDecimals are the decimals of a discount per piece.
const discountDecimals = 6

// lineInputs returns the line items of the order, and the index of each one's line. A line of
// which nothing is owed has none.
func lineInputs(key message.Key, o *canonical.Order) (inputs []input, index []int) {
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Quantity.Value.IsZero() {
			continue
		}
		fields := []property{
			{propLine, lineKey(key, l.ID)},
			{"name", cmp.Or(clean(l.Title), l.SKU, l.ID)},
			{"quantity", l.Quantity.Value.String()},
			{"price", l.UnitPrice.String()},
			{"hs_line_item_currency_code", o.Currency},
			{"hs_sku", l.SKU},
		}
		if discount, ok := l.Discount.Decimal().Quo(l.Quantity.Value, discountDecimals); ok {
			fields = append(fields, property{"discount", discount.Normal().String()})
		}
		inputs, index = append(inputs, input{lineKey(key, l.ID), fields}), append(index, i)
	}
	return inputs, index
}

// lineKey is the unique value of a line: the order's key, and the line's id.
func lineKey(order message.Key, id string) string { return lineKeys(order) + url.PathEscape(id) }

// lineKeys is how the unique value of every line of the order begins.
func lineKeys(order message.Key) string { return order.String() + "/" }
