package shopifytest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Return is a return of an order, as the store made it.
type Return struct {
	ID     int64
	Order  string
	Name   string         // such as "#1001-R1"
	Status string         // such as "OPEN"
	Pieces map[string]int // by SKU of the order; "" is an article that is not of the order
	At     time.Time
	Closed int // how often it was closed over the API
}

// The states of a return that the Fake knows the rules of.
const (
	returnOpen   = "OPEN"
	returnClosed = "CLOSED"
)

// Return makes a return of the order, and returns its id.
func (f *Fake) Return(order, status string, pieces map[string]int) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 1
	for _, r := range f.returns {
		if r.Order == order {
			n++
		}
	}
	made := &Return{
		ID: 7_000_000 + int64(len(f.returns)), Order: order, Name: "#" + order + "-R" + strconv.Itoa(n), Status: status, Pieces: maps.Clone(pieces),
		At: Start.Add(time.Duration(len(f.returns)) * time.Second),
	}
	f.returns = append(f.returns, made)
	return made.ID
}

// SetReturn gives the return a state, as a person does in Shopify's admin.
func (f *Fake) SetReturn(id int64, status string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.returnOf(returnGID + strconv.FormatInt(id, 10)); r != nil {
		r.Status = status
	}
}

// Returns returns the returns of the order, oldest first.
func (f *Fake) Returns(order string) (all []Return) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.returns {
		if r.Order == order {
			all = append(all, *r)
		}
	}
	return all
}

const returnGID = "gid://shopify/Return/"

// returnOf returns the return of the global id, nil if there is none.
func (f *Fake) returnOf(gid string) *Return {
	number, named := strings.CutPrefix(gid, returnGID)
	for _, r := range f.returns {
		if named && strconv.FormatInt(r.ID, 10) == number {
			return r
		}
	}
	return nil
}

// closeReturn answers returnClose, which closes a return that is open.
func (f *Fake) closeReturn(gid string) object {
	refused := func(code string) object {
		return object{"return": nil, "userErrors": []any{object{"field": []any{"id"}, "message": "Return cannot be closed", "code": code}}}
	}
	r := f.returnOf(gid)
	switch {
	case r == nil:
		return refused("NOT_FOUND")
	case r.Status != returnOpen:
		return refused("INVALID_STATE")
	}
	r.Status = returnClosed
	r.Closed++
	f.touch(f.held[r.Order])
	return object{"return": r.show(f.held[r.Order]), "userErrors": []any{}}
}

// shownReturns are the order's returns.
func (f *Fake) shownReturns(order string) []any {
	shown := []any{}
	for _, r := range f.returns {
		if r.Order == order {
			shown = append(shown, r.show(f.held[order]))
		}
	}
	return shown
}

// show returns the return as the API shows it. Its lines name the line of the order with the SKU.
func (r *Return) show(order object) object {
	lines := map[string]string{}
	for _, one := range elements(order["line_items"]) {
		l := one.(object)
		lines[toText(l["sku"])] = idOf(l)
	}
	id, shown, total := strconv.FormatInt(r.ID, 10), []any{}, 0
	for i, sku := range slices.Sorted(maps.Keys(r.Pieces)) {
		line := object{
			"__typename": "UnverifiedReturnLineItem", "id": "gid://shopify/UnverifiedReturnLineItem/" + id + strconv.Itoa(i),
			"quantity": r.Pieces[sku], "processedQuantity": 0,
		}
		if sku != "" {
			line["__typename"], line["id"] = "ReturnLineItem", "gid://shopify/ReturnLineItem/"+id+strconv.Itoa(i)
			line["fulfillmentLineItem"] = object{
				"id": "gid://shopify/FulfillmentLineItem/" + lines[sku], "quantity": r.Pieces[sku],
				"lineItem": object{"id": "gid://shopify/LineItem/" + lines[sku], "sku": sku},
			}
		}
		shown, total = append(shown, line), total+r.Pieces[sku]
	}
	return object{
		"id": returnGID + id, "name": r.Name, "status": r.Status, "createdAt": r.At.UTC().Format(time.RFC3339), "totalQuantity": total, "returnLineItems": shown,
	}
}
