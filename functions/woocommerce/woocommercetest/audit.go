package woocommercetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"time"
)

// placedWithin reports whether the order was placed within the query's bounds, which leave
// their own second out. The error is the name of a parameter.
func placedWithin(order held, query url.Values) (bool, error) {
	if query.Get("after") == "" && query.Get("before") == "" {
		return true, nil
	}
	var dates struct {
		Site string `json:"date_created"`
		UTC  string `json:"date_created_gmt"`
	}
	if err := json.Unmarshal(order.body, &dates); err != nil {
		return false, errors.New("after")
	}
	written := dates.Site
	if query.Get("dates_are_gmt") == "true" {
		written = dates.UTC
	}
	after, wrong := time.Parse(layout, cmp.Or(query.Get("after"), "1970-01-01T00:00:00"))
	before, wrongToo := time.Parse(layout, cmp.Or(query.Get("before"), "9999-12-31T00:00:00"))
	at, none := time.Parse(layout, written)
	switch {
	case wrong != nil:
		return false, errors.New("after")
	case wrongToo != nil:
		return false, errors.New("before")
	}
	return none == nil && at.After(after) && at.Before(before), nil
}
