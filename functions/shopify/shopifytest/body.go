package shopifytest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"strconv"
	"time"

	"causeway.example/shared/canonical"
)

//go:embed testdata/order.json
var sample []byte

// Sample returns the published body of an orders/create webhook, byte for byte.
func Sample() []byte { return bytes.Clone(sample) }

type object = map[string]any

// Body returns the purchase as the body of an orders/… webhook. It panics if Change
// leaves something that is no JSON.
func (p Purchase) Body() []byte {
	order := decode(sample)
	p = p.withDefaults()
	p.identify(order)
	p.date(order)
	p.sum(order)
	p.detail(order)
	if p.Change != nil {
		p.Change(order)
	}
	body, err := json.Marshal(order)
	if err != nil {
		panic("shopifytest: " + err.Error())
	}
	return body
}

func decode(data []byte) object {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var order object
	if err := decoder.Decode(&order); err != nil {
		panic("shopifytest: " + err.Error())
	}
	return order
}

func (p Purchase) withDefaults() Purchase {
	if p.Currency == "" {
		p.Currency = "USD"
	}
	if p.Presentment == "" {
		p.Presentment, p.Factor = p.Currency, 1
	}
	if p.Items == nil {
		p.Items = []Item{
			{ID: 466157049, SKU: "TEE-BLK-M", Title: "Merino Tee", Quantity: 2, Price: 3900},
			{ID: 518995019, SKU: "HOOD-M", Title: "Hoodie", Quantity: 1, Price: 7950},
		}
	}
	if p.PlacedAt.IsZero() {
		p.PlacedAt = Start
	}
	if p.UpdatedAt.IsZero() {
		p.UpdatedAt = p.PlacedAt
	}
	return p
}

func (p Purchase) identify(order object) {
	if p.ID != 0 {
		order["id"], order["admin_graphql_api_id"] = p.ID, "gid://shopify/Order/"+strconv.FormatInt(p.ID, 10)
	}
	if p.Number != 0 {
		order["name"], order["order_number"], order["number"] = "#"+strconv.Itoa(p.Number), p.Number, p.Number-1000
	}
	customer := order["customer"].(object)
	if p.Customer != 0 {
		customer["id"] = p.Customer
	}
	if p.Email != "" {
		order["email"], order["contact_email"], customer["email"] = p.Email, p.Email, p.Email
	}
	if p.Guest {
		order["customer"] = nil
	}
}

func (p Purchase) date(order object) {
	order["created_at"], order["processed_at"] = stamp(p.PlacedAt), stamp(p.PlacedAt)
	order["updated_at"] = stamp(p.UpdatedAt)
	if customer, known := order["customer"].(object); known {
		customer["updated_at"] = stamp(p.PlacedAt)
	}
	if !p.CancelledAt.IsZero() {
		order["cancelled_at"], order["cancel_reason"] = stamp(p.CancelledAt), "customer"
	}
}

func stamp(at time.Time) string { return at.Format(time.RFC3339) }

func (p Purchase) sum(order object) {
	t := p.totals()
	order["currency"], order["presentment_currency"] = p.Currency, p.Presentment
	order["taxes_included"], order["test"] = p.TaxIncluded, p.Test
	for name, minor := range map[string]int64{
		"total_price": t.total, "current_total_price": t.total, "total_tax": t.tax, "current_total_tax": t.tax,
		"total_discounts": t.discount, "current_total_discounts": t.discount, "total_line_items_price": t.goods,
		"subtotal_price": t.goods - t.discount, "current_subtotal_price": t.goods - t.discount,
	} {
		order[name], order[name+"_set"] = p.text(minor), p.bag(minor)
	}
	order["total_tip_received"] = p.text(p.Tip)
	order["total_shipping_price_set"], order["current_shipping_price_set"] = p.bag(p.Shipping), p.bag(p.Shipping)
	order["total_cash_rounding_payment_adjustment_set"] = p.bag(p.CashRounded)
	if p.Fee != 0 {
		order["original_total_additional_fees_set"], order["current_total_additional_fees_set"] = p.bag(p.Fee), p.bag(p.Fee)
	}
	if p.Duty != 0 {
		order["original_total_duties_set"], order["current_total_duties_set"] = p.bag(p.Duty), p.bag(p.Duty)
	}
	order["tax_lines"] = []any{p.taxLine(t.tax)}
}

func (p Purchase) detail(order object) {
	if p.Financial != "" {
		order["financial_status"] = p.Financial
	}
	if p.Gateways != nil {
		order["payment_gateway_names"] = p.Gateways
	}
	lines := order["line_items"].([]any)
	items := make([]any, len(p.Items))
	for i, item := range p.Items {
		items[i] = p.line(lines[0].(object), item, i)
	}
	order["line_items"] = items
	shipping := order["shipping_lines"].([]any)[0].(object)
	for _, name := range []string{"price", "discounted_price"} {
		shipping[name], shipping[name+"_set"] = p.text(p.Shipping), p.bag(p.Shipping)
	}
	shipping["current_discounted_price_set"] = p.bag(p.Shipping)
	shipping["tax_lines"] = []any{p.taxLine(p.taxOn(p.Shipping))}
}

func (p Purchase) line(like object, item Item, i int) object {
	line := make(object, len(like))
	for name, value := range like {
		line[name] = value
	}
	line["id"], line["sku"], line["title"], line["name"] = item.ID, item.SKU, item.Title, item.Title
	line["quantity"], line["current_quantity"], line["fulfillable_quantity"] = item.Quantity, item.Quantity, item.Quantity
	line["price"], line["price_set"] = p.text(item.Price), p.bag(item.Price)
	line["tax_lines"] = []any{p.taxLine(p.taxOn(item.Price*item.Quantity - item.Discount))}
	line["gift_card"], line["requires_shipping"] = item.GiftCard, !item.Digital && !item.GiftCard
	if item.Custom {
		line["product_exists"], line["product_id"], line["variant_id"] = false, nil, nil
	}
	if item.Discount != 0 {
		line["discount_allocations"] = []any{object{
			"amount": p.text(item.Discount), "amount_set": p.bag(item.Discount), "discount_application_index": 0,
		}}
	}
	if i == 0 && p.Duty != 0 {
		duty := p.bag(p.Duty)
		duty["id"], duty["harmonized_system_code"], duty["country_code_of_origin"] = "2", "520300", "CA"
		line["duties"] = []any{duty}
	}
	return line
}

func (p Purchase) taxLine(minor int64) object {
	return object{
		"channel_liable": false, "price": p.text(minor), "price_set": p.bag(minor),
		"rate": json.Number(canonical.NewDecimal(p.TaxPercent, 2).String()), "title": "Tax",
	}
}

func (p Purchase) text(minor int64) string { return decimal(minor, p.Currency) }

func (p Purchase) bag(minor int64) object {
	return object{
		"shop_money":        object{"amount": p.text(minor), "currency_code": p.Currency},
		"presentment_money": object{"amount": decimal(minor*p.Factor, p.Presentment), "currency_code": p.Presentment},
	}
}

func decimal(minor int64, currency string) string {
	return canonical.Money{Minor: minor, Currency: currency}.Decimal().String()
}
