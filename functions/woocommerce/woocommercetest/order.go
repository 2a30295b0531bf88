package woocommercetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
)

// Order is an order of the store, in minor units of its currency. Body computes the totals, so
// that the order always balances.
type Order struct {
	ID       int64
	Number   string // "" means the id
	Status   string
	Currency string
	Customer int64 // 0 for a guest
	Buyer    Address
	Gateway  string // payment_method
	Created  time.Time
	Modified time.Time
	Paid     time.Time // zero if unpaid
	Lines    []Line
	Shipping int64 // 0 means that nothing is shipped
	Fee      int64 // 0 means none; below zero it is a discount
	Tax      int64 // on shipping and fee together
	Coupon   string
	Refunds  []int64 // each above zero: an amount without lines
	Returned []Refund
	// Completed is when the order was completed last, zero if never.
	Completed   time.Time
	Transaction string // transaction_id; "" means one of the number
	Store       string // address of the store; "" means Store
	// Members are members that plugins add, or replace, and Meta is the meta data.
	Members map[string]any
	Meta    map[string]any
}

// Line is one line of an Order.
type Line struct {
	ID       int64
	SKU      string
	Name     string
	Product  int64
	Quantity int64
	Subtotal int64 // before discount, of the whole quantity, without tax
	Discount int64
	Tax      int64
	// Restocked is how many pieces refunds put back into stock.
	Restocked int64
}

// Address is a billing or shipping address.
type Address struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Company   string `json:"company"`
	Line1     string `json:"address_1"`
	Line2     string `json:"address_2"`
	City      string `json:"city"`
	State     string `json:"state"`
	Postcode  string `json:"postcode"`
	Country   string `json:"country"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone"`
}

// NewOrder returns a paid order of a registered customer with as many lines, of one
// to three pieces each, two seconds old when it is first changed.
func NewOrder(id int64, lines int) Order {
	created := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).Add(time.Duration(id) * time.Second)
	order := Order{
		ID: id, Status: "processing", Currency: "USD", Customer: 1 + id%500, Gateway: "stripe",
		Created: created, Modified: created.Add(2 * time.Second), Paid: created.Add(time.Second),
		Shipping: 750, Tax: 67,
	}
	order.Buyer = NewAddress(order.Customer)
	for i := range int64(lines) {
		quantity := 1 + (id+i)%3
		subtotal := quantity * (1990 + 10*(i%40))
		order.Lines = append(order.Lines, Line{
			ID: id*1000 + i, SKU: fmt.Sprintf("SKU-%05d", 1+i), Name: fmt.Sprintf("Article %d", 1+i), Product: 100 + i,
			Quantity: quantity, Subtotal: subtotal, Tax: subtotal * 8 / 100,
		})
	}
	return order
}

// NewAddress returns the address of the customer with the number.
func NewAddress(customer int64) Address {
	return Address{
		FirstName: "Ada", LastName: fmt.Sprintf("Byron %d", customer), Line1: fmt.Sprintf("%d Main St", customer),
		City: "New York", State: "NY", Postcode: "10001", Country: "US",
		Email: fmt.Sprintf("customer%d@example.com", customer), Phone: "+12125550100",
	}
}

// Total returns the order's total in minor units, which WooCommerce keeps when it is
// refunded.
func (o Order) Total() int64 {
	total := o.Shipping + o.Fee + o.tax()
	for _, line := range o.Lines {
		total += line.Subtotal - line.Discount
	}
	return total
}

func (o Order) tax() int64 {
	tax := o.Tax
	for _, line := range o.Lines {
		tax += line.Tax
	}
	return tax
}

// Body returns the order as the REST API and deliveries write it.
func (o Order) Body() []byte {
	number := cmp.Or(o.Number, strconv.FormatInt(o.ID, 10))
	body := member{
		"id": o.ID, "parent_id": 0, "number": number, "status": o.Status, "currency": o.Currency,
		"version": "10.9.1", "prices_include_tax": false, "created_via": "checkout",
		"date_created": site(o.Created), "date_created_gmt": utc(o.Created),
		"date_modified": site(o.Modified), "date_modified_gmt": utc(o.Modified),
		"date_paid": site(o.Paid), "date_paid_gmt": utc(o.Paid),
		"date_completed": site(o.Completed), "date_completed_gmt": utc(o.Completed),
		"total": o.text(o.Total()), "total_tax": o.text(o.tax()),
		"shipping_total": o.text(o.Shipping), "discount_total": o.text(o.discount()),
		"customer_id": o.Customer, "customer_note": "", "billing": o.Buyer, "shipping": o.shippingAddress(),
		"payment_method": o.Gateway, "payment_method_title": o.Gateway, "transaction_id": cmp.Or(o.Transaction, "txn_"+number),
		"line_items": o.lines(), "shipping_lines": o.shippingLines(), "fee_lines": o.feeLines(),
		"coupon_lines": o.couponLines(), "refunds": o.refunds(), "tax_lines": []member{},
		"meta_data": metaOf(o.Meta), "needs_processing": o.Shipping > 0, "needs_payment": o.Paid.IsZero(),
		"_links": links(cmp.Or(o.Store, Store), "orders/"+strconv.FormatInt(o.ID, 10)),
	}
	for key, value := range o.Members {
		body[key] = value
	}
	return must(json.Marshal(body))
}

// links are what WordPress adds to each resource.
func links(store, resource string) member {
	return member{"self": []member{{"href": strings.TrimRight(store, "/") + "/wp-json/wc/v3/" + resource}}}
}

// metaOf returns meta data in the order of its keys.
func metaOf(values map[string]any) []member {
	entries := []member{}
	for i, key := range slices.Sorted(maps.Keys(values)) {
		entries = append(entries, member{"id": 1 + i, "key": key, "value": values[key]})
	}
	return entries
}

type member map[string]any

func (o Order) text(minor int64) string {
	return canonical.Money{Minor: minor, Currency: o.Currency}.Decimal().String()
}

func (o Order) discount() int64 {
	var discount int64
	for _, line := range o.Lines {
		discount += line.Discount
	}
	return discount
}

func (o Order) shippingAddress() Address {
	if o.Shipping == 0 {
		return Address{}
	}
	address := o.Buyer
	address.Email = ""
	return address
}

func (o Order) lines() []member {
	lines := make([]member, len(o.Lines))
	for i, line := range o.Lines {
		total := line.Subtotal - line.Discount
		lines[i] = member{
			"id": line.ID, "name": line.Name, "product_id": line.Product, "variation_id": 0, "quantity": line.Quantity,
			"sku": line.SKU, "tax_class": "", "subtotal": o.text(line.Subtotal), "subtotal_tax": o.text(line.Tax),
			"total": o.text(total), "total_tax": o.text(line.Tax), "price": price(o.text(total), line.Quantity),
			"taxes":     []member{{"id": 1, "total": o.text(line.Tax), "subtotal": o.text(line.Tax)}},
			"meta_data": []member{}, "image": member{"id": "", "src": ""}, "parent_name": nil,
		}
		if line.Restocked > 0 {
			lines[i]["meta_data"] = metaOf(map[string]any{"_restock_refunded_items": strconv.FormatInt(line.Restocked, 10)})
		}
	}
	return lines
}

// price is total ÷ quantity with more digits than money has, as the store gives it.
func price(total string, quantity int64) json.Number {
	amount, ok := new(big.Rat).SetString(total)
	if !ok || quantity == 0 {
		return "0"
	}
	quotient := amount.Quo(amount, big.NewRat(quantity, 1))
	decimals, exact := quotient.FloatPrec()
	if !exact {
		decimals = 14
	}
	return json.Number(quotient.FloatString(decimals))
}

func (o Order) shippingLines() []member {
	if o.Shipping == 0 {
		return []member{}
	}
	return []member{{
		"id": o.ID*1000 + 998, "method_id": "flat_rate", "method_title": "Ground", "total": o.text(o.Shipping), "total_tax": o.text(o.Tax),
	}}
}

func (o Order) feeLines() []member {
	if o.Fee == 0 {
		return []member{}
	}
	tax := o.Tax
	if o.Shipping != 0 {
		tax = 0
	}
	return []member{{"id": o.ID*1000 + 999, "name": "Fee", "total": o.text(o.Fee), "total_tax": o.text(tax)}}
}

func (o Order) couponLines() []member {
	if o.Coupon == "" {
		return []member{}
	}
	return []member{{"id": o.ID*1000 + 997, "code": o.Coupon, "discount": o.text(o.discount()), "discount_tax": "0.00"}}
}

func (o Order) refunds() []member {
	refunds := []member{}
	for _, r := range o.everyRefund() {
		refunds = append(refunds, member{"id": r.ID, "reason": r.Reason, "total": o.text(-r.Amount)})
	}
	return refunds
}

// utc and site format a time as WooCommerce does, without offset. The site's zone is New York
// in winter.
func utc(at time.Time) any { return unzoned(at, 0) }

func site(at time.Time) any { return unzoned(at, -5*time.Hour) }

func unzoned(at time.Time, offset time.Duration) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Add(offset).Format("2006-01-02T15:04:05")
}

// must panics on an error that no value of these types can cause.
func must(body []byte, err error) []byte {
	if err != nil {
		panic("woocommercetest: " + err.Error())
	}
	return body
}
