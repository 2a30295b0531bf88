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

// firstFulfillment is the id of the shop's first fulfillment.
const firstFulfillment = 255_858_000

func (f *Fake) nextFulfillment() int64 { return firstFulfillment + int64(len(f.shipping.made)) }

// Ship fulfills pieces of an order as a person does in the admin, or Shopify by itself, and returns the
// fulfillment with its id. Without an id, a status or a time it gets one. It panics if the shop does not have
// the order or a line of it.
func (f *Fake) Ship(made Fulfillment) Fulfillment {
	f.mu.Lock()
	defer f.mu.Unlock()
	held, known := f.held[made.Order]
	for line := range made.Lines {
		known = known && slices.ContainsFunc(elements(held["line_items"]), func(one any) bool { return idOf(one.(object)) == line })
	}
	if !known || len(made.Lines) == 0 {
		panic("shopifytest: the shop has no such lines of order " + made.Order)
	}
	at := made.At
	if at.IsZero() {
		at = f.clock()
	}
	made.ID, made.Status, made.At, made.Changed = cmp.Or(made.ID, f.nextFulfillment()), cmp.Or(made.Status, "SUCCESS"), at, at
	made.Lines = maps.Clone(made.Lines)
	f.shipping.made = append(f.shipping.made, &made)
	return made
}

// Latest returns the newest time of a change of an order, or when the shop's clock begins.
func (f *Fake) Latest() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	newest := Start
	for _, order := range f.held {
		text, _ := utc(order["updated_at"]).(string)
		if at, err := time.Parse(time.RFC3339, text); err == nil && at.After(newest) {
			newest = at
		}
	}
	return newest
}

// ChangeFulfillment changes a fulfillment as a person, an app or a carrier does: its tracking, its status,
// or that it arrived.
func (f *Fake) ChangeFulfillment(id int64, change func(*Fulfillment)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, made := range f.shipping.made {
		if made.ID == id {
			change(made)
			made.Changed = f.clock()
		}
	}
}

// place is the location of a fulfillment, nil if it has none.
func (m *Fulfillment) place() any {
	if m.Location == "" {
		return nil
	}
	return object{"id": "gid://shopify/Location/" + m.Location, "legacyResourceId": m.Location, "name": "Location " + m.Location}
}

// locationID is the location's id in a webhook, nil if it has none.
func (m *Fulfillment) locationID() any {
	if m.Location == "" {
		return nil
	}
	return json.Number(m.Location)
}

// touches reports whether a fulfillment of the order changed later than the order.
func (f *Fake) touches(order object) bool {
	before, _ := utc(order["updated_at"]).(string)
	return slices.ContainsFunc(f.shipping.made, func(m *Fulfillment) bool {
		return m.Order == idOf(order) && before < m.Changed.UTC().Format(time.RFC3339)
	})
}

// touchedBy sets the time of the order's last change to that of its fulfillments, if it is later.
func (f *Fake) touchedBy(order object) {
	for _, made := range f.shipping.made {
		before, _ := utc(order["updated_at"]).(string)
		if made.Order == idOf(order) && before < made.Changed.UTC().Format(time.RFC3339) {
			order["updated_at"] = stamp(made.Changed)
		}
	}
}

// FulfillmentBody returns the fulfillment as the body of a fulfillments/… webhook, with the members of the
// published sample; nil if there is none.
func (f *Fake) FulfillmentBody(id int64) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.shipping.made, func(m *Fulfillment) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	made := f.shipping.made[i]
	lines := []any{}
	for _, one := range elements(f.held[made.Order]["line_items"]) {
		if n := made.Lines[idOf(one.(object))]; n > 0 {
			line := maps.Clone(one.(object))
			line["quantity"] = n
			lines = append(lines, line)
		}
	}
	number := strconv.FormatInt(id, 10)
	body := object{
		"id": json.Number(number), "order_id": json.Number(made.Order), "status": strings.ToLower(made.Status), "created_at": stamp(made.At), "updated_at": stamp(made.Changed),
		"service": "manual", "tracking_company": optional(made.Company), "shipment_status": nil, "location_id": made.locationID(), "origin_address": nil, "line_items": lines,
		"tracking_number": first(made.Numbers), "tracking_numbers": list(made.Numbers), "tracking_url": first(made.URLs), "tracking_urls": list(made.URLs),
		"receipt": object{}, "name": "#" + made.Order + "." + strconv.Itoa(i+1), "admin_graphql_api_id": "gid://shopify/Fulfillment/" + number,
	}
	if !made.Arrived.IsZero() {
		body["shipment_status"] = "delivered"
	}
	data, err := json.Marshal(body)
	if err != nil {
		panic("shopifytest: " + err.Error())
	}
	return data
}

func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func first(texts []string) any {
	if len(texts) == 0 {
		return nil
	}
	return texts[0]
}

func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
