package woocommercetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Customer is a registered customer of the store.
type Customer struct {
	ID       int64
	Created  time.Time
	Modified time.Time // zero if never changed
	Billing  Address   // its names and e-mail address are the customer's own
}

// Body returns the customer as the REST API and deliveries write it.
func (c Customer) Body() []byte {
	return must(json.Marshal(member{
		"id": c.ID, "role": "customer", "email": c.Billing.Email,
		"first_name": c.Billing.FirstName, "last_name": c.Billing.LastName,
		"date_created": site(c.Created), "date_created_gmt": utc(c.Created),
		"date_modified": site(c.Modified), "date_modified_gmt": utc(c.Modified),
		"billing": c.Billing, "shipping": Address{}, "is_paying_customer": false, "meta_data": []member{},
		"_links": links(Store, "customers/"+strconv.FormatInt(c.ID, 10)),
	}))
}

// PutCustomer stores the customers.
func (f *Fake) PutCustomer(customers ...Customer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range customers {
		f.buyers[c.ID] = c
	}
}

// RemoveCustomer removes the customer from the store.
func (f *Fake) RemoveCustomer(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.buyers, id)
}

// listCustomers answers in the order of ids if the query asks for it, otherwise newest first. Like
// the API, it has no order by change, and ignores a start time.
func (f *Fake) listCustomers(w http.ResponseWriter, query url.Values) {
	include, exclude := query.Get("include"), query.Get("exclude")
	found := slices.DeleteFunc(slices.Collect(maps.Values(f.buyers)), func(c Customer) bool {
		return include != "" && !names(include, c.ID) || names(exclude, c.ID)
	})
	slices.SortFunc(found, func(a, b Customer) int { return cmp.Compare(a.ID, b.ID) })
	if query.Get("order") == "desc" || query.Get("orderby") != "id" {
		slices.Reverse(found)
	}
	bodies := make([]json.RawMessage, 0, len(found))
	for _, c := range pageOf(found, query) {
		bodies = append(bodies, c.Body())
	}
	count(w, len(found), query)
	answer(w, http.StatusOK, bodies)
}
