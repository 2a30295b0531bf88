package woocommercetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// held is an order in the store.
type held struct {
	id       int64
	modified time.Time
	status   string
	before   string // the status before the trash
	body     []byte
	refunds  []json.RawMessage
}

// Put stores the orders.
func (f *Fake) Put(orders ...Order) {
	for _, order := range orders {
		f.hold(held{
			id: order.ID, modified: order.Modified.UTC().Truncate(time.Second), status: order.Status,
			body: order.Body(), refunds: order.refundBodies(),
		})
	}
}

// PutBody stores the order of a delivery, unless the store has a newer one. It panics if the
// body is not an order.
func (f *Fake) PutBody(body []byte) {
	var order struct {
		ID       int64  `json:"id"`
		Modified string `json:"date_modified_gmt"`
		Status   string `json:"status"`
		Refunds  []summary
	}
	if err := json.Unmarshal(body, &order); err != nil {
		panic("woocommercetest: " + err.Error())
	}
	modified, err := time.Parse(layout, order.Modified)
	if err != nil {
		panic("woocommercetest: " + err.Error())
	}
	f.mu.Lock()
	newer := f.orders[order.ID].modified.After(modified)
	f.mu.Unlock()
	if !newer {
		f.hold(held{id: order.ID, modified: modified, status: order.Status, body: body, refunds: derived(order.Refunds, order.Modified)})
	}
}

// Trash puts the order in the trash at the store's time, and returns the body of the delivery
// order.deleted. Lists leave it out then, unless they are asked for the trash. It panics if
// there is no such order.
func (f *Fake) Trash(id int64) []byte {
	f.setStatus(id, func(held) string { return trashed })
	return must(json.Marshal(member{"id": id}))
}

const trashed = "trash"

// Restore takes the order out of the trash, and returns the body of the delivery order.restored.
func (f *Fake) Restore(id int64) []byte {
	return f.setStatus(id, func(order held) string { return order.before })
}

// Delete deletes the order for good. The store delivers nothing then.
func (f *Fake) Delete(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.orders, id)
}

func (f *Fake) setStatus(id int64, to func(held) string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	order, ok := f.orders[id]
	if !ok {
		panic("woocommercetest: there is no order " + strconv.FormatInt(id, 10))
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(order.body, &body); err != nil {
		panic("woocommercetest: " + err.Error())
	}
	order.before, order.status = order.status, to(order)
	order.modified = f.Now().UTC().Truncate(time.Second)
	body["status"] = must(json.Marshal(order.status))
	body["date_modified"], body["date_modified_gmt"] = must(json.Marshal(site(order.modified))), must(json.Marshal(utc(order.modified)))
	order.body = must(json.Marshal(body))
	f.orders[id] = order
	return order.body
}

func (f *Fake) hold(order held) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders[order.id] = order
}

// listOrders answers as WordPress does: dates have whole seconds, the bounds leave their
// own second out, and orders of one second come in no promised order unless they are
// sorted by id; here the newest comes first.
func (f *Fake) listOrders(w http.ResponseWriter, query url.Values) {
	found, err := f.within(query)
	if err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): "+err.Error())
		return
	}
	slices.SortFunc(found, func(a, b held) int {
		if query.Get("orderby") == "id" {
			return cmp.Compare(a.id, b.id)
		}
		return cmp.Or(a.modified.Compare(b.modified), cmp.Compare(b.id, a.id))
	})
	if query.Get("order") != "asc" {
		slices.Reverse(found)
	}
	bodies := make([]json.RawMessage, 0, len(found))
	for _, order := range pageOf(found, query) {
		bodies = append(bodies, order.body)
	}
	count(w, len(found), query)
	answer(w, http.StatusOK, bodies)
}

// within returns the orders that the query's bounds and ids let through. The error is the
// name of a parameter.
func (f *Fake) within(query url.Values) (found []held, err error) {
	between, err := bounds(query)
	if err != nil {
		return nil, err
	}
	include, exclude := query.Get("include"), query.Get("exclude")
	for _, order := range f.orders {
		if (order.status == trashed) != (query.Get("status") == trashed) {
			continue
		}
		if placed, err := placedWithin(order, query); err != nil || !placed {
			if err != nil {
				return nil, err
			}
			continue
		}
		if between(order.modified) && (include == "" || names(include, order.id)) && !names(exclude, order.id) {
			found = append(found, order)
		}
	}
	return found, nil
}

// bounds returns what reports whether a date of change lies within the query's bounds, which leave their own
// second out. The error is the name of a parameter.
func bounds(query url.Values) (func(time.Time) bool, error) {
	zone := -5 * time.Hour
	if query.Get("dates_are_gmt") == "true" {
		zone = 0
	}
	after, wrong := time.Parse(layout, cmp.Or(query.Get("modified_after"), "1970-01-01T00:00:00"))
	before, wrongToo := time.Parse(layout, cmp.Or(query.Get("modified_before"), "9999-12-31T00:00:00"))
	switch {
	case wrong != nil:
		return nil, errors.New("modified_after")
	case wrongToo != nil:
		return nil, errors.New("modified_before")
	}
	return func(at time.Time) bool {
		at = at.UTC().Truncate(time.Second).Add(zone)
		return at.After(after) && at.Before(before)
	}, nil
}

// names reports whether the id is in a list parameter.
func names(list string, id int64) bool {
	return slices.Contains(strings.Split(list, ","), strconv.FormatInt(id, 10))
}

const layout = "2006-01-02T15:04:05"

// number reads a parameter that the contract has found to be a number.
func number(query url.Values, name string, otherwise int) int {
	n, err := strconv.Atoi(query.Get(name))
	if err != nil {
		return otherwise
	}
	return n
}

// pageOf returns the page that was asked for; an offset counts instead of the page.
func pageOf[T any](all []T, query url.Values) []T {
	size := number(query, "per_page", 10)
	from := number(query, "offset", (number(query, "page", 1)-1)*size)
	from = min(from, len(all))
	return all[from:min(from+size, len(all))]
}

func count(w http.ResponseWriter, total int, query url.Values) {
	size := number(query, "per_page", 10)
	w.Header().Set("X-WP-Total", strconv.Itoa(total))
	w.Header().Set("X-WP-TotalPages", strconv.Itoa((total+size-1)/size))
}
