package woocommercetest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Refund is a refund of an Order, in minor units, each above zero.
type Refund struct {
	ID          int64
	Created     time.Time
	Amount      int64
	Reason      string
	PaidBack    bool // the gateway paid it back; otherwise the shop does so by hand
	Lines       []RefundLine
	Shipping    int64
	ShippingTax int64
}

// RefundLine is what a Refund has of a line of the order.
type RefundLine struct {
	Line     int64
	Quantity int64
	Total    int64
	Tax      int64
}

// everyRefund returns the refunds with lines and those that are an amount alone.
func (o Order) everyRefund() []Refund {
	all := slices.Clone(o.Returned)
	for i, minor := range o.Refunds {
		all = append(all, Refund{ID: o.ID*1000 + 900 + int64(i), Created: o.Modified, Amount: minor})
	}
	return all
}

// refundBodies returns the order's refunds as /orders/{id}/refunds writes them.
func (o Order) refundBodies() []json.RawMessage {
	bodies := []json.RawMessage{}
	for _, r := range o.everyRefund() {
		bodies = append(bodies, must(json.Marshal(member{
			"id": r.ID, "date_created": site(r.Created), "date_created_gmt": utc(r.Created), "amount": o.text(r.Amount),
			"reason": r.Reason, "refunded_by": 1, "refunded_payment": r.PaidBack, "meta_data": []member{},
			"line_items": o.refundLines(r), "shipping_lines": o.refundShipping(r), "tax_lines": []member{}, "fee_lines": []member{},
		})))
	}
	return bodies
}

// refundLines writes amounts and quantities below zero, and the order's line into the meta data,
// as the store does.
func (o Order) refundLines(r Refund) []member {
	lines := []member{}
	for i, l := range r.Lines {
		at := slices.IndexFunc(o.Lines, func(of Line) bool { return of.ID == l.Line })
		if at < 0 {
			panic("woocommercetest: the refund's line is none of the order's")
		}
		of := o.Lines[at]
		lines = append(lines, member{
			"id": r.ID*100 + int64(i), "name": of.Name, "product_id": of.Product, "variation_id": 0, "quantity": -l.Quantity,
			"tax_class": "", "subtotal": o.text(-l.Total), "subtotal_tax": o.text(-l.Tax), "total": o.text(-l.Total), "total_tax": o.text(-l.Tax),
			"taxes": []member{}, "sku": of.SKU, "price": 0,
			"meta_data": metaOf(map[string]any{"_refunded_item_id": strconv.FormatInt(l.Line, 10)}),
		})
	}
	return lines
}

func (o Order) refundShipping(r Refund) []member {
	if r.Shipping == 0 && r.ShippingTax == 0 {
		return []member{}
	}
	return []member{{
		"id": r.ID*100 + 99, "method_id": "flat_rate", "method_title": "Ground", "total": o.text(-r.Shipping), "total_tax": o.text(-r.ShippingTax),
		"taxes": []member{}, "meta_data": []member{},
	}}
}

// SetRefunds makes the JSON array the refunds of an order that the store holds. It panics if it is
// none.
func (f *Fake) SetRefunds(order int64, list []byte) {
	var bodies []json.RawMessage
	if err := json.Unmarshal(list, &bodies); err != nil {
		panic("woocommercetest: " + err.Error())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := f.orders[order]
	kept.refunds = bodies
	f.orders[order] = kept
}

// DeleteRefund deletes a refund of an order, as staff do, and returns the body of the delivery
// action.woocommerce_refund_deleted. The order's date stays, so that no list shows it as changed. It
// panics if there is no such refund.
func (f *Fake) DeleteRefund(order, refund int64) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := f.orders[order]
	var body map[string]json.RawMessage
	var summaries []json.RawMessage
	if json.Unmarshal(kept.body, &body) != nil || json.Unmarshal(body["refunds"], &summaries) != nil {
		panic("woocommercetest: there is no order " + strconv.FormatInt(order, 10) + " with refunds")
	}
	of := func(entry json.RawMessage) bool {
		var s summary
		return json.Unmarshal(entry, &s) == nil && s.ID == refund
	}
	before := len(kept.refunds)
	kept.refunds = slices.DeleteFunc(slices.Clone(kept.refunds), of)
	if len(kept.refunds) == before {
		panic("woocommercetest: order " + strconv.FormatInt(order, 10) + " has no refund " + strconv.FormatInt(refund, 10))
	}
	body["refunds"] = must(json.Marshal(slices.DeleteFunc(summaries, of)))
	kept.body = must(json.Marshal(body))
	f.orders[order] = kept
	return RefundDeleted(refund)
}

// RefundDeleted returns the body of the delivery action.woocommerce_refund_deleted: arg is the
// refund's id, or the name that a gateway gives instead.
func RefundDeleted(arg any) []byte {
	return must(json.Marshal(member{"action": "woocommerce_refund_deleted", "arg": arg}))
}

// derived returns the refunds that a delivery names, each an amount alone.
func derived(summaries []summary, modified string) []json.RawMessage {
	bodies := make([]json.RawMessage, len(summaries))
	for i, r := range summaries {
		amount := r.Total
		if amount != "" && amount[0] == '-' {
			amount = amount[1:]
		}
		bodies[i] = must(json.Marshal(member{
			"id": r.ID, "date_created": modified, "date_created_gmt": modified, "amount": amount, "reason": r.Reason,
			"refunded_by": 1, "refunded_payment": false, "meta_data": []member{},
			"line_items": []member{}, "shipping_lines": []member{}, "tax_lines": []member{}, "fee_lines": []member{},
		}))
	}
	return bodies
}

// summary is the entry that an order has of a refund.
type summary struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason"`
	Total  string `json:"total"`
}

// listRefunds answers for an order that is not there with an empty list, as the store does: it
// searches refunds by their parent.
func (f *Fake) listRefunds(w http.ResponseWriter, id string, query url.Values) {
	n, _ := strconv.ParseInt(id, 10, 64)
	bodies := slices.Clone(f.orders[n].refunds)
	if bodies == nil {
		bodies = []json.RawMessage{}
	}
	if query.Get("order") != "asc" {
		slices.Reverse(bodies)
	}
	count(w, len(bodies), query)
	answer(w, http.StatusOK, pageOf(bodies, query))
}

func (f *Fake) getOrder(w http.ResponseWriter, id string) {
	n, _ := strconv.ParseInt(id, 10, 64)
	found, ok := f.orders[n]
	if !ok {
		refuse(w, http.StatusNotFound, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
		return
	}
	answer(w, http.StatusOK, json.RawMessage(found.body))
}
