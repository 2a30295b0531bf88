package shopifytest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Put stores the order, given as the body of an orders/… webhook.
func (f *Fake) Put(body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	order := decode(body)
	f.held[idOf(order)] = order
}

// PutNewer is Put unless the shop has a newer version of the order.
func (f *Fake) PutNewer(body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	order := decode(body)
	before, _ := utc(f.held[idOf(order)]["updated_at"]).(string)
	if now, _ := utc(order["updated_at"]).(string); now >= before {
		f.held[idOf(order)] = order
	}
}

// PutLater is PutNewer, but the shop's own state of the same second stays.
func (f *Fake) PutLater(body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	order := decode(body)
	before, _ := utc(f.held[idOf(order)]["updated_at"]).(string)
	if now, _ := utc(order["updated_at"]).(string); now > before {
		f.held[idOf(order)] = order
	}
}

// PutCustomer stores the customer, given as the body of a customers/… webhook.
func (f *Fake) PutCustomer(body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	customer := decode(body)
	f.customers[idOf(customer)] = customer
}

// Remove makes the shop forget the order.
func (f *Fake) Remove(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.held, id)
}

func idOf(entity object) string {
	id, _ := entity["id"].(json.Number)
	return id.String()
}

// camel returns the GraphQL name of a member: "first_name" is firstName there.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

// graph returns the value with all its members under their GraphQL names.
func graph(value any) any {
	switch v := value.(type) {
	case object:
		renamed := object{}
		for name, member := range v {
			renamed[camel(name)] = graph(member)
		}
		return renamed
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = graph(element)
		}
		return all
	}
	return value
}

// order returns a webhook's order as the API shows it.
func (f *Fake) order(body object) object {
	id := idOf(body)
	o := graph(f.withFulfillments(body)).(object)
	o["id"], o["legacyResourceId"] = "gid://shopify/Order/"+id, id
	for _, name := range []string{"createdAt", "updatedAt", "processedAt", "closedAt", "cancelledAt"} {
		o[name] = utc(o[name])
	}
	o["currencyCode"], o["presentmentCurrencyCode"] = o["currency"], o["presentmentCurrency"]
	o["cancelReason"], o["displayFinancialStatus"] = upper(o["cancelReason"]), upper(o["financialStatus"])
	o["displayFulfillmentStatus"] = fulfillment(o["fulfillmentStatus"])
	o["tags"], o["metafield"] = split(o["tags"]), f.shownMetafields(id)
	o["totalCashRoundingAdjustment"] = object{"paymentSet": o["totalCashRoundingPaymentAdjustmentSet"]}
	o["totalTipReceivedSet"] = f.shopBag(o, "totalTipReceived")
	o["totalOutstandingSet"] = f.shopBag(o, "totalOutstanding")
	otherwise(o, "currentTotalPriceSet", o["totalPriceSet"])
	otherwise(o, "currentTotalTaxSet", o["totalTaxSet"])
	o["additionalFees"] = fees(o["additionalFees"])
	o["purchasingEntity"], o["paymentTerms"] = purchaser(o["company"]), terms(o["paymentTerms"])
	o["fulfillmentOrders"], o["fulfillable"] = f.fulfillmentOrders(id), f.isFulfillable(id)
	left := fulfilledPieces(o)
	o["fulfillments"], o["returns"] = f.shownFulfillments(id), f.shownReturns(id)
	o["refunds"] = refunds(o["refunds"], o)
	o["transactions"] = f.shownTransactions(id, o)
	o["discountCodes"] = codes(o["discountCodes"])
	o["discountApplications"] = applications(o["discountApplications"])
	o["customer"], o["billingAddress"], o["shippingAddress"] = customer(o["customer"]), address(o["billingAddress"]), address(o["shippingAddress"])
	o["lineItems"], o["shippingLines"] = lines(o["lineItems"], left), shippingLines(o["shippingLines"])
	current := int64(0)
	for _, one := range elements(o["lineItems"]) {
		current += whole(one.(object)["currentQuantity"])
	}
	o["currentSubtotalLineItemsQuantity"] = current
	return o
}

// shownTransactions are those that the order was given, or one of its total if it was paid.
func (f *Fake) shownTransactions(id string, o object) []any {
	if given := f.orders[id]; len(given) > 0 {
		shown := make([]any, len(given))
		for i, t := range given {
			shown[i] = t.show()
		}
		return shown
	}
	if state := o["displayFinancialStatus"]; state != "PAID" && state != "PARTIALLY_PAID" && state != "PARTIALLY_REFUNDED" && state != "REFUNDED" {
		return []any{}
	}
	gateway := any(nil)
	if names := elements(o["paymentGatewayNames"]); len(names) > 0 {
		gateway = names[0]
	}
	return []any{object{
		"id": "gid://shopify/OrderTransaction/" + id, "kind": "SALE", "status": "SUCCESS", "gateway": gateway,
		"processedAt": o["processedAt"], "createdAt": o["processedAt"], "amountSet": o["totalPriceSet"],
		"amountRoundingSet": o["totalCashRoundingPaymentAdjustmentSet"],
	}}
}

// utc writes a time as the API does, whatever the shop's zone.
func utc(value any) any {
	written, _ := value.(string)
	at, err := time.Parse(time.RFC3339, written)
	if err != nil {
		return nil
	}
	return at.UTC().Format(time.RFC3339)
}

func upper(value any) any {
	word, ok := value.(string)
	if !ok {
		return nil
	}
	return strings.ToUpper(word)
}

func fulfillment(value any) string {
	switch value {
	case "fulfilled":
		return "FULFILLED"
	case "partial":
		return "PARTIALLY_FULFILLED"
	}
	return "UNFULFILLED"
}

func split(value any) []any {
	tags := []any{}
	text, _ := value.(string)
	for tag := range strings.SplitSeq(text, ", ") {
		if tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

func (f *Fake) shopBag(o object, name string) object {
	otherwise(o, name, "0.00")
	amount := object{"amount": o[name], "currencyCode": o["currency"]}
	return object{"shopMoney": amount, "presentmentMoney": amount}
}

func elements(value any) []any {
	all, _ := value.([]any)
	return all
}

func codes(value any) []any {
	names := []any{}
	for _, one := range elements(value) {
		names = append(names, one.(object)["code"])
	}
	return names
}

func applications(value any) []any {
	kinds := map[any]string{
		"discount_code": "DiscountCodeApplication", "manual": "ManualDiscountApplication",
		"automatic": "AutomaticDiscountApplication", "script": "ScriptDiscountApplication",
	}
	for _, one := range elements(value) {
		one.(object)["__typename"] = kinds[one.(object)["type"]]
	}
	return elements(value)
}

func address(value any) any {
	a, given := value.(object)
	if !given {
		return nil
	}
	a["countryCodeV2"] = a["countryCode"]
	return a
}

func customer(value any) any {
	c, given := value.(object)
	if !given {
		return nil
	}
	id := idOf(c)
	c["id"], c["legacyResourceId"], c["updatedAt"] = "gid://shopify/Customer/"+id, id, utc(c["updatedAt"])
	c["defaultAddress"] = address(c["defaultAddress"])
	c["defaultEmailAddress"], c["defaultPhoneNumber"] = wrap("emailAddress", c["email"]), wrap("phoneNumber", c["phone"])
	return c
}

func wrap(name string, value any) any {
	if value == nil {
		return nil
	}
	return object{name: value}
}

// lines drops the member that marks a tip, as the API does.
func lines(value any, left map[string]int64) []any {
	for _, one := range elements(value) {
		l := one.(object)
		count(l, left[idOf(l)])
		gid(l, "LineItem")
		l["isGiftCard"], l["originalUnitPriceSet"] = l["giftCard"], l["priceSet"]
		l["product"], l["variant"] = related("Product", l["productId"]), related("ProductVariant", l["variantId"])
		if l["productExists"] == false {
			l["product"], l["variant"] = nil, nil
		}
		allocate(l)
		for _, duty := range elements(l["duties"]) {
			d := duty.(object)
			d["price"] = object{"shopMoney": d["shopMoney"], "presentmentMoney": d["presentmentMoney"]}
			d["taxLines"] = elements(d["taxLines"])
		}
	}
	return elements(value)
}

func shippingLines(value any) []any {
	for _, one := range elements(value) {
		l := one.(object)
		gid(l, "ShippingLine")
		l["originalPriceSet"] = l["priceSet"]
		allocate(l)
	}
	return elements(value)
}

func gid(entity object, kind string) { entity["id"] = "gid://shopify/" + kind + "/" + idOf(entity) }

func related(kind string, id any) any {
	number, known := id.(json.Number)
	if !known {
		return nil
	}
	return object{"id": "gid://shopify/" + kind + "/" + number.String(), "legacyResourceId": number.String()}
}

func allocate(l object) {
	for _, one := range elements(l["discountAllocations"]) {
		one.(object)["allocatedAmountSet"] = one.(object)["amountSet"]
	}
}

// changed returns the entities that the search asks for, the one changed first before all.
func changed(all []object, search string) []any {
	since, _ := time.Parse(time.RFC3339, strings.Trim(strings.TrimPrefix(search, "updated_at:>="), "'"))
	var found []object
	for _, entity := range all {
		if at, err := time.Parse(time.RFC3339, entity["updatedAt"].(string)); err == nil && !at.Before(since) {
			found = append(found, entity)
		}
	}
	slices.SortFunc(found, func(a, b object) int {
		return cmp.Or(cmp.Compare(a["updatedAt"].(string), b["updatedAt"].(string)), cmp.Compare(sortID(a), sortID(b)))
	})
	plain := make([]any, len(found))
	for i, entity := range found {
		plain[i] = entity
	}
	return plain
}

func sortID(entity object) int64 {
	id, err := strconv.ParseInt(entity["legacyResourceId"].(string), 10, 64)
	if err != nil {
		return 0 // no id of Shopify's
	}
	return id
}
