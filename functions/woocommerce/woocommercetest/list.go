package woocommercetest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Put makes the store hold the orders as they stand now.
func (f *Fake) Put(orders ...Order) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, order := range orders {
		f.orders[order.ID] = order
	}
}

// listOrders answers as WordPress does: dates have whole seconds, modified_after leaves
// its own second out, and orders of one second come in no promised order; here the
// newest comes first.
func (f *Fake) listOrders(w http.ResponseWriter, query url.Values) {
	zone := -5 * time.Hour
	if query.Get("dates_are_gmt") == "true" {
		zone = 0
	}
	after, err := time.Parse(layout, cmp.Or(query.Get("modified_after"), "1970-01-01T00:00:00"))
	if err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): modified_after")
		return
	}
	var found []Order
	for _, order := range f.orders {
		if order.Modified.UTC().Add(zone).Truncate(time.Second).After(after) {
			found = append(found, order)
		}
	}
	slices.SortFunc(found, func(a, b Order) int {
		byTime := a.Modified.Truncate(time.Second).Compare(b.Modified.Truncate(time.Second))
		return cmp.Or(byTime, cmp.Compare(b.ID, a.ID))
	})
	if query.Get("order") != "asc" {
		slices.Reverse(found)
	}
	bodies := make([]json.RawMessage, 0, len(found))
	for _, order := range pageOf(found, query) {
		bodies = append(bodies, order.Body())
	}
	count(w, len(found), query)
	answer(w, http.StatusOK, bodies)
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
