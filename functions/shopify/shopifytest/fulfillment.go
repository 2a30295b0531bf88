package shopifytest

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fulfillment is one that was created over the API, or by a person.
type Fulfillment struct {
	ID       int64
	Order    string
	Location string
	Status   string // such as "SUCCESS"
	Company  string
	Numbers  []string
	URLs     []string
	Notified bool             // the customer got an e-mail of the fulfillment
	Mails    int              // that the customer got of it
	Events   []string         // its events, such as "DELIVERED"
	Lines    map[string]int64 // pieces by the id of the order line
	Method   string           // of the delivery: "" is SHIPPING
	At       time.Time
	Changed  time.Time
	Arrived  time.Time // zero until it was delivered
}

// shipping is what the shop has to fulfill and has fulfilled.
type shipping struct {
	made     []*Fulfillment
	assigned map[string]map[string]map[string]int64 // order, line, location: pieces that are not at the first one
	states   map[string]string                      // by order: of fulfillment orders that are not open
}

// firstLocation is where an order's pieces are unless they are assigned elsewhere.
const firstLocation = "1"

// Fulfillments returns the order's fulfillments, oldest first.
func (f *Fake) Fulfillments(order string) (all []Fulfillment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, made := range f.shipping.made {
		if made.Order == order {
			one := *made
			one.Lines, one.Numbers, one.URLs, one.Events = maps.Clone(one.Lines), slices.Clone(one.Numbers), slices.Clone(one.URLs), slices.Clone(one.Events)
			all = append(all, one)
		}
	}
	return all
}

// Assign moves pieces of an order line to another location: they are in a fulfillment order of
// their own.
func (f *Fake) Assign(order, line, location string, pieces int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &f.shipping
	if s.assigned == nil {
		s.assigned = map[string]map[string]map[string]int64{}
	}
	if s.assigned[order] == nil {
		s.assigned[order] = map[string]map[string]int64{}
	}
	if s.assigned[order][line] == nil {
		s.assigned[order][line] = map[string]int64{}
	}
	s.assigned[order][line][location] += pieces
}

// Hold puts the order's open fulfillment orders into the state, such as "ON_HOLD"; "" releases
// them.
func (f *Fake) Hold(order, state string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shipping.states == nil {
		f.shipping.states = map[string]string{}
	}
	f.shipping.states[order] = state
}

// Webhook returns the order as a webhook shows it now, with its fulfillments; nil if the shop does
// not have it.
func (f *Fake) Webhook(order string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	held, known := f.held[order]
	if !known {
		return nil
	}
	body, err := json.Marshal(f.withFulfillments(held))
	if err != nil {
		panic("shopifytest: " + err.Error())
	}
	return body
}

// madeOf returns the fulfillments of the order that its body does not list yet.
func (f *Fake) madeOf(id string, body object) []*Fulfillment {
	listed := map[string]bool{}
	for _, one := range elements(body["fulfillments"]) {
		listed[idOf(one.(object))] = true
	}
	return slices.DeleteFunc(slices.Clone(f.shipping.made), func(made *Fulfillment) bool {
		return made.Order != id || listed[strconv.FormatInt(made.ID, 10)] || made.Status != "SUCCESS"
	})
}

// withFulfillments returns a copy of a webhook's order with the fulfillments that were made.
func (f *Fake) withFulfillments(body object) object {
	made := f.madeOf(idOf(body), body)
	if len(made) == 0 && !f.touches(body) {
		return body
	}
	data, err := json.Marshal(body)
	if err != nil {
		panic("shopifytest: " + err.Error())
	}
	o := decode(data)
	all := elements(o["fulfillments"])
	for _, one := range made {
		lines := []any{}
		for _, id := range slices.Sorted(maps.Keys(one.Lines)) {
			lines = append(lines, object{"id": json.Number(id), "quantity": json.Number(strconv.FormatInt(one.Lines[id], 10))})
		}
		all = append(all, object{
			"id": json.Number(strconv.FormatInt(one.ID, 10)), "order_id": o["id"], "status": "success", "created_at": stamp(one.At),
			"tracking_company": one.Company, "tracking_numbers": one.Numbers, "tracking_urls": one.URLs, "line_items": lines,
			"location_id": one.locationID(), "updated_at": stamp(one.Changed),
		})
	}
	f.touchedBy(o)
	if len(made) == 0 {
		return o
	}
	o["fulfillments"] = all
	open := int64(0)
	for _, one := range elements(o["line_items"]) {
		l := one.(object)
		left := fulfillable(l) - pieces(made, idOf(l))
		l["fulfillable_quantity"] = json.Number(strconv.FormatInt(max(left, 0), 10))
		if l["fulfillment_status"] = "partial"; left <= 0 {
			l["fulfillment_status"] = "fulfilled"
		} else if pieces(made, idOf(l)) == 0 {
			l["fulfillment_status"] = nil
		}
		open += max(left, 0)
	}
	if o["fulfillment_status"] = "partial"; open == 0 {
		o["fulfillment_status"] = "fulfilled"
	}
	return o
}

// fulfillable returns the pieces of a webhook's line that are to be fulfilled.
func fulfillable(l object) int64 {
	if l["gift_card"] == true {
		return 0
	}
	if n, given := l["fulfillable_quantity"]; given && n != nil {
		return whole(n)
	}
	return whole(l["quantity"])
}

func pieces(made []*Fulfillment, line string) (n int64) {
	for _, one := range made {
		n += one.Lines[line]
	}
	return n
}

// placedOrder is a part of an order's lines at one location: a fulfillment order.
type placedOrder struct {
	id, location, status string
	lines                []placedLine
}

type placedLine struct {
	line, sku   string
	total, left int64
}

// fulfillmentOrdersOf returns the order's fulfillment orders, one per location.
func (f *Fake) fulfillmentOrdersOf(id string) []*placedOrder {
	body, known := f.held[id]
	if !known {
		return nil
	}
	made := f.madeOf(id, body)
	at := map[string]*placedOrder{}
	put := func(location string, l placedLine) {
		if at[location] == nil {
			at[location] = &placedOrder{id: id + "0" + location + f.reopened(id, location), location: location}
		}
		for _, one := range made {
			if one.Location == location {
				l.left -= one.Lines[l.line]
			}
		}
		at[location].lines = append(at[location].lines, l)
	}
	for _, one := range elements(body["line_items"]) {
		l := one.(object)
		line, rest := idOf(l), fulfillable(l)
		sku, _ := l["sku"].(string)
		if rest == 0 {
			continue
		}
		for _, location := range slices.Sorted(maps.Keys(f.shipping.assigned[id][line])) {
			n := min(f.shipping.assigned[id][line][location], rest)
			put(location, placedLine{line, sku, n, n})
			rest -= n
		}
		if rest > 0 {
			put(firstLocation, placedLine{line, sku, rest, rest})
		}
	}
	all := slices.SortedFunc(maps.Values(at), func(a, b *placedOrder) int { return cmp.Compare(a.location, b.location) })
	for _, o := range all {
		o.status = f.stateOf(id, body, o)
	}
	return all
}

// reopened is the part of a fulfillment order's id that changes when a fulfillment is cancelled: its
// pieces are in a new one.
func (f *Fake) reopened(id, location string) (suffix string) {
	for _, one := range f.shipping.made {
		if one.Order == id && one.Location == location && one.Status == statusCancelled {
			suffix += "9"
		}
	}
	return suffix
}

const statusCancelled = "CANCELLED"

func (f *Fake) stateOf(id string, body object, o *placedOrder) string {
	left, total := int64(0), int64(0)
	for _, l := range o.lines {
		left, total = left+l.left, total+l.total
	}
	switch {
	case left == 0 || body["cancelled_at"] != nil:
		return "CLOSED"
	case f.shipping.states[id] != "":
		return f.shipping.states[id]
	case left < total:
		return "IN_PROGRESS"
	}
	return "OPEN"
}

func (f *Fake) fulfillmentOrders(order string) []any {
	shown := []any{}
	for _, o := range f.fulfillmentOrdersOf(order) {
		shown = append(shown, o.show())
	}
	return shown
}

// isFulfillable reports whether something of the order can be fulfilled.
func (f *Fake) isFulfillable(order string) bool {
	return slices.ContainsFunc(f.fulfillmentOrdersOf(order), func(o *placedOrder) bool { return o.status != "CLOSED" })
}

func (o *placedOrder) show() object {
	lines := []any{}
	for _, l := range o.lines {
		lines = append(lines, object{
			"id": "gid://shopify/FulfillmentOrderLineItem/" + l.line + "0" + o.location, "remainingQuantity": l.left, "totalQuantity": l.total,
			"sku": l.sku, "lineItem": object{"id": "gid://shopify/LineItem/" + l.line, "sku": l.sku},
		})
	}
	return object{
		"id": "gid://shopify/FulfillmentOrder/" + o.id, "status": o.status, "lineItems": lines,
		"assignedLocation": object{"name": "Location " + o.location, "location": object{"id": "gid://shopify/Location/" + o.location, "name": "Location " + o.location}},
	}
}

func (f *Fake) shownFulfillments(order string) []any {
	shown := []any{}
	for _, one := range f.shipping.made {
		if one.Order == order {
			shown = append(shown, one.show(f.held[order]))
		}
	}
	return shown
}

func (m *Fulfillment) show(order object) object {
	of := map[string]object{}
	for _, one := range elements(order["line_items"]) {
		of[idOf(one.(object))] = one.(object)
	}
	lines := []any{}
	for _, line := range slices.Sorted(maps.Keys(m.Lines)) {
		lines = append(lines, object{
			"id": "gid://shopify/FulfillmentLineItem/" + line, "quantity": m.Lines[line],
			"lineItem": object{
				"id": "gid://shopify/LineItem/" + line, "sku": of[line]["sku"], "isGiftCard": of[line]["gift_card"] == true, "requiresShipping": of[line]["requires_shipping"] != false,
			},
		})
	}
	tracking := []any{}
	for i, number := range m.Numbers {
		t := object{"number": number, "company": m.Company}
		if i < len(m.URLs) {
			t["url"] = m.URLs[i]
		}
		tracking = append(tracking, t)
	}
	id := strconv.FormatInt(m.ID, 10)
	shown := object{
		"id": "gid://shopify/Fulfillment/" + id, "legacyResourceId": id, "status": m.Status, "createdAt": m.At.UTC().Format(time.RFC3339),
		"updatedAt": m.Changed.UTC().Format(time.RFC3339), "location": m.place(), "order": object{"id": "gid://shopify/Order/" + m.Order, "legacyResourceId": m.Order},
		"trackingInfo": tracking, "fulfillmentLineItems": lines, "displayStatus": "FULFILLED", "deliveredAt": nil,
		"fulfillmentOrders": []any{object{"id": "gid://shopify/FulfillmentOrder/" + m.Order + "0" + m.Location, "deliveryMethod": object{"methodType": cmp.Or(m.Method, "SHIPPING")}}},
	}
	switch {
	case m.Status == statusCancelled:
		shown["displayStatus"] = "CANCELED"
	case !m.Arrived.IsZero():
		shown["displayStatus"], shown["deliveredAt"] = "DELIVERED", m.Arrived.UTC().Format(time.RFC3339)
	}
	return shown
}

// shipped adds the fulfillment, the fulfillment order or the return of the id to what can be selected.
func (f *Fake) shipped(id string, root object) {
	if number, named := strings.CutPrefix(id, "gid://shopify/Fulfillment/"); named {
		for _, one := range f.shipping.made {
			if strconv.FormatInt(one.ID, 10) == number {
				root["fulfillment"] = one.show(f.held[one.Order])
			}
		}
	}
	if o, _ := f.fulfillmentOrder(id); o != nil {
		root["fulfillmentOrder"] = o.show()
	}
	if r := f.returnOf(id); r != nil {
		root["return"] = r.show(f.held[r.Order])
	}
}

// fulfillmentOrder returns the fulfillment order of the id and the order that it belongs to.
func (f *Fake) fulfillmentOrder(id string) (*placedOrder, string) {
	number, named := strings.CutPrefix(id, "gid://shopify/FulfillmentOrder/")
	for order := range f.held {
		if !named || !strings.HasPrefix(number, order) {
			continue
		}
		for _, o := range f.fulfillmentOrdersOf(order) {
			if o.id == number {
				return o, order
			}
		}
	}
	return nil, ""
}

// mostFulfilledLines is how many lines one fulfillment has at most.
const mostFulfilledLines = 250

// fulfill answers fulfillmentCreate. Its user errors have no codes.
func (f *Fake) fulfill(input object) object {
	made := &Fulfillment{ID: f.nextFulfillment(), Status: "SUCCESS", Lines: map[string]int64{}, At: f.clock(), Changed: f.clock()}
	lines := 0
	for _, one := range elements(input["lineItemsByFulfillmentOrder"]) {
		part := one.(object)
		o, order := f.fulfillmentOrder(toText(part["fulfillmentOrderId"]))
		switch {
		case o == nil:
			return unfulfilled("Fulfillment order does not exist.")
		case made.Order != "" && (made.Order != order || made.Location != o.location):
			return unfulfilled("All fulfillment orders must be assigned to the same location.")
		case o.status != "OPEN" && o.status != "IN_PROGRESS":
			return unfulfilled("Fulfillment order " + o.id + " has an unfulfillable status= " + strings.ToLower(o.status) + ".")
		}
		made.Order, made.Location = order, o.location
		given := elements(part["fulfillmentOrderLineItems"])
		if lines += len(given); lines > mostFulfilledLines {
			return unfulfilled("Too many line items.")
		}
		if !o.take(given, made) {
			return unfulfilled("Invalid fulfillment order line item quantity requested.")
		}
	}
	if len(made.Lines) == 0 {
		return unfulfilled("Fulfillment line items can't be blank.")
	}
	if made.Notified, _ = input["notifyCustomer"].(bool); made.Notified {
		made.Mails++
	}
	if tracking, given := input["trackingInfo"].(object); given {
		made.track(tracking)
	}
	f.shipping.made = append(f.shipping.made, made)
	return object{"fulfillment": made.show(f.held[made.Order]), "userErrors": []any{}}
}

func (m *Fulfillment) track(tracking object) {
	m.Company, m.Numbers, m.URLs = toText(tracking["company"]), texts(tracking["numbers"]), texts(tracking["urls"])
}

// made returns the fulfillment of the id, nil if there is none that was not cancelled, with the
// answer that says so.
func (f *Fake) made(id string) (*Fulfillment, object) {
	number := strings.TrimPrefix(id, "gid://shopify/Fulfillment/")
	i := slices.IndexFunc(f.shipping.made, func(m *Fulfillment) bool { return strconv.FormatInt(m.ID, 10) == number })
	switch {
	case i < 0:
		return nil, unfulfilled("Fulfillment not found.")
	case f.shipping.made[i].Status == statusCancelled:
		return nil, unfulfilled("Fulfillment has already been canceled.")
	}
	return f.shipping.made[i], nil
}

// cancelFulfillment answers fulfillmentCancel.
func (f *Fake) cancelFulfillment(id string) object {
	m, refused := f.made(id)
	if m == nil {
		return refused
	}
	m.Status, m.Changed = statusCancelled, f.clock()
	return object{"fulfillment": m.show(f.held[m.Order]), "userErrors": []any{}}
}

// CancelFulfillment cancels a fulfillment as a person does in Shopify's admin.
func (f *Fake) CancelFulfillment(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelFulfillment(strconv.FormatInt(id, 10))
}

// track answers fulfillmentTrackingInfoUpdate.
func (f *Fake) track(id string, tracking object, notify bool) object {
	m, refused := f.made(id)
	if m == nil {
		return refused
	}
	m.Changed = f.clock()
	if m.track(tracking); notify {
		m.Mails++
	}
	return object{"fulfillment": m.show(f.held[m.Order]), "userErrors": []any{}}
}

// happen answers fulfillmentEventCreate, which makes a second event of a repeated request.
func (f *Fake) happen(input object) object {
	m, refused := f.made(toText(input["fulfillmentId"]))
	if m == nil {
		return object{"fulfillmentEvent": nil, "userErrors": refused["userErrors"]}
	}
	m.Events, m.Changed = append(m.Events, toText(input["status"])), f.clock()
	if toText(input["status"]) == "DELIVERED" && m.Arrived.IsZero() {
		m.Arrived = f.clock()
		if at, err := time.Parse(time.RFC3339, toText(input["happenedAt"])); err == nil {
			m.Arrived = at
		}
	}
	return object{"fulfillmentEvent": object{"id": "gid://shopify/FulfillmentEvent/" + strconv.FormatInt(m.ID, 10) + strconv.Itoa(len(m.Events))}, "userErrors": []any{}}
}

// take adds the given lines to the fulfillment, and reports whether all of them are open.
func (o *placedOrder) take(given []any, made *Fulfillment) bool {
	for _, one := range given {
		line := one.(object)
		i := slices.IndexFunc(o.lines, func(l placedLine) bool {
			return line["id"] == "gid://shopify/FulfillmentOrderLineItem/"+l.line+"0"+o.location
		})
		n, err := strconv.ParseInt(toText(line["quantity"]), 10, 64)
		if number, ok := line["quantity"].(json.Number); ok {
			n, err = number.Int64()
		}
		if i < 0 || err != nil || n <= 0 || n > o.lines[i].left {
			return false
		}
		o.lines[i].left -= n
		made.Lines[o.lines[i].line] += n
	}
	return true
}

func texts(value any) (all []string) {
	for _, one := range elements(value) {
		all = append(all, toText(one))
	}
	return all
}

func unfulfilled(why string) object {
	return object{"fulfillment": nil, "userErrors": []any{object{"field": []any{"fulfillment"}, "message": why}}}
}
