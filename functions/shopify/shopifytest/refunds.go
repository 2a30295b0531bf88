package shopifytest

import (
	"encoding/json"
	"strings"
)

// otherwise sets a member that the body left out.
func otherwise(o object, name string, value any) {
	if o[name] == nil {
		o[name] = value
	}
}

// fulfilledPieces returns how many pieces of each line left. Without a list of fulfillments the
// order's status decides.
func fulfilledPieces(o object) map[string]int64 {
	left := map[string]int64{}
	if o["fulfillments"] == nil || len(elements(o["fulfillments"])) == 0 {
		for _, one := range elements(o["lineItems"]) {
			if o["fulfillmentStatus"] == "fulfilled" {
				left[idOf(one.(object))] = whole(one.(object)["quantity"])
			}
		}
		return left
	}
	for _, one := range elements(o["fulfillments"]) {
		if one.(object)["status"] == "cancelled" {
			continue
		}
		for _, line := range elements(one.(object)["lineItems"]) {
			left[idOf(line.(object))] += whole(line.(object)["quantity"])
		}
	}
	return left
}

// count sets the quantities of a line that only the API has. Pieces that were removed before
// they were fulfilled, and tips, cannot be fulfilled.
func count(l object, left int64) {
	sold := whole(l["quantity"])
	otherwise(l, "currentQuantity", l["quantity"])
	otherwise(l, "fulfillableQuantity", sold-left)
	open := whole(l["fulfillableQuantity"])
	if left >= sold {
		open = 0
	}
	l["unfulfilledQuantity"], l["nonFulfillableQuantity"] = open, max(sold-left-open, 0)
}

func whole(value any) int64 {
	switch v := value.(type) {
	case json.Number:
		n, err := v.Int64()
		if err == nil {
			return n
		}
	case int64:
		return v
	}
	return 0
}

func fees(value any) []any {
	for _, one := range elements(value) {
		one.(object)["price"] = one.(object)["priceSet"]
	}
	return elements(value)
}

// purchaser returns the company that bought, with its location; a person's order has none.
func purchaser(value any) any {
	c, given := value.(object)
	if !given {
		return nil
	}
	text := func(name string) string { n, _ := c[name].(json.Number); return n.String() }
	return object{
		"__typename": "PurchasingCompany",
		"company":    object{"id": "gid://shopify/Company/" + text("id")},
		"location":   object{"id": "gid://shopify/CompanyLocation/" + text("locationId")},
	}
}

func terms(value any) any {
	t, given := value.(object)
	if !given {
		return nil
	}
	for _, one := range elements(t["paymentSchedules"]) {
		one.(object)["dueAt"] = utc(one.(object)["dueAt"])
	}
	return t
}

// refunds returns the refunds of a webhook's order as the API shows them.
func refunds(value any, order object) []any {
	for _, one := range elements(value) {
		r := one.(object)
		id := idOf(r)
		r["id"], r["legacyResourceId"] = "gid://shopify/Refund/"+id, id
		for _, name := range []string{"createdAt", "processedAt"} {
			r[name] = utc(r[name])
		}
		otherwise(r, "processedAt", order["updatedAt"])
		r["updatedAt"] = order["updatedAt"]
		for _, line := range elements(r["refundLineItems"]) {
			refundedLine(line.(object), order)
		}
		r["orderAdjustments"], r["refundShippingLines"] = adjustments(r["orderAdjustments"], order), elements(r["refundShippingLines"])
		r["transactions"] = refundTransactions(r["transactions"], order)
		r["totalRefundedSet"] = totalRefunded(elements(r["transactions"]), order)
	}
	return elements(value)
}

func refundedLine(l, order object) {
	id, _ := l["lineItemId"].(json.Number)
	l["lineItem"] = object{"id": "gid://shopify/LineItem/" + id.String()}
	word, _ := l["restockType"].(string)
	l["restockType"] = strings.ToUpper(word)
	if word == "" {
		l["restockType"] = "NO_RESTOCK"
	}
	otherwise(l, "subtotalSet", bagOf(l["subtotal"], order))
	otherwise(l, "totalTaxSet", bagOf(l["totalTax"], order))
}

// adjustments drops the amounts of shipping, which the API shows as refundShippingLines.
func adjustments(value any, order object) []any {
	all := []any{}
	for _, one := range elements(value) {
		a := one.(object)
		a["reason"] = "REFUND_DISCREPANCY"
		otherwise(a, "amountSet", bagOf(a["amount"], order))
		otherwise(a, "taxAmountSet", bagOf(a["taxAmount"], order))
		all = append(all, a)
	}
	return all
}

func refundTransactions(value any, order object) []any {
	for _, one := range elements(value) {
		tx := one.(object)
		tx["id"] = "gid://shopify/OrderTransaction/" + idOf(tx)
		tx["kind"], tx["status"] = upper(tx["kind"]), upper(tx["status"])
		tx["createdAt"], tx["processedAt"] = utc(tx["createdAt"]), utc(tx["processedAt"])
		otherwise(tx, "processedAt", order["updatedAt"])
		otherwise(tx, "amountSet", bagOf(tx["amount"], order))
		if parent, known := tx["parentId"].(json.Number); known {
			tx["parentTransaction"] = object{"id": "gid://shopify/OrderTransaction/" + parent.String()}
		}
	}
	return elements(value)
}

// bagOf returns a plain amount in the shop's currency as a bag. A body with two currencies has
// bags of its own.
func bagOf(value any, order object) object {
	text := "0.00"
	switch v := value.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	money := object{"amount": text, "currencyCode": order["currencyCode"]}
	return object{"shopMoney": money, "presentmentMoney": money}
}

// refund returns the refund of any order.
func (f *Fake) refund(id string) (object, bool) {
	for _, body := range f.held {
		for _, one := range elements(f.order(body)["refunds"]) {
			if one.(object)["legacyResourceId"] == id {
				return one.(object), true
			}
		}
	}
	return nil, false
}
