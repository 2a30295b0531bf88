package woocommerce

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// walk is a position in a list that is sorted by id. The API knows offsets only, and an offset
// shifts when an entry before it leaves the list. The id shows that.
type walk struct {
	offset int64 // number of entries up to the last one, inclusive
	last   int64 // id of the last one
}

// listing is a query of a list.
type listing struct {
	doing, path string
	second      int64 // date of an entry that has none, if it is the first
	query       url.Values
}

// with returns the listing with a parameter set.
func (l listing) with(name, value string) listing {
	l.query = maps.Clone(l.query)
	l.query.Set(name, value)
	return l
}

// behind reads the page after the last id. It begins with the last entry itself. If that is
// missing, it goes back until it finds an id that was read, so that an entry that moved up is
// not skipped.
func (a *api) behind(ctx context.Context, l listing, from walk, size int) (changes []connector.Change, to walk, more bool, err error) {
	l = l.with("orderby", "id").with("order", "asc")
	for offset := max(from.offset-1, 0); ; offset = max(offset-int64(size)+1, 0) {
		page, err := a.list(ctx, l.with("offset", strconv.FormatInt(offset, 10)), size)
		if err != nil {
			return nil, walk{}, false, err
		}
		if offset > 0 && (len(page) == 0 || number(page[0].ID) > from.last) {
			continue
		}
		to = walk{offset + int64(len(page)), from.last}
		for _, change := range page {
			if id := number(change.ID); id > from.last {
				changes, to.last = append(changes, change), id
			}
		}
		return changes, to, len(page) >= size, nil
	}
}

// number parses an id, 0 if it is not a number.
func number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// list reads one page. Each entry is kept whole, as a delivery would have it. An unreadable one
// is dated by the one before it.
func (a *api) list(ctx context.Context, l listing, size int) ([]connector.Change, error) {
	response, err := a.get(ctx, l.path, l.doing, l.with("per_page", strconv.Itoa(size)).query)
	if err != nil {
		return nil, err
	}
	var all []connector.Change
	before := time.Unix(l.second, 0).UTC()
	r := strictjson.NewReader(response.Body, strictjson.Limits{Number: maxNumber, Elements: listElements})
	for range r.Array() {
		entry := r.Raw()
		if r.Err() != nil {
			break
		}
		change, err := a.change(entry, before, l)
		if err != nil {
			return nil, err
		}
		all, before = append(all, change), change.At
	}
	if err := r.End(); err != nil {
		return nil, broken(err.Path, err.Rule)
	}
	return all, nil
}

// listElements allows a hundred orders of many lines.
const listElements = 2_000_000

// change reads id, number and date of an entry. A customer that never changed has the date of
// its creation. An entry without an id makes the whole answer invalid.
func (a *api) change(body []byte, before time.Time, l listing) (connector.Change, error) {
	change := connector.Change{Body: body}
	d := newDecoder(body)
	created, modified := d.listed(&change)
	err := d.Finish()
	if number(change.ID) <= 0 {
		return change, broken("id", "is not a number")
	}
	if modified == (stamp{}) && l.path == customersPath {
		modified = created
	}
	c := converter{zone: a.zone}
	if at := c.needTime(modified, "date_modified"); err == nil && c.err == nil {
		change.At = at
		return change, nil
	}
	if err == nil {
		err = c.err
	}
	change.At, change.Body, change.Err = before, nil, fault.Doing(l.doing+", number "+change.ID, err)
	return change, nil
}

// listed reads id and number into the change and returns the dates.
func (d *decoder) listed(change *connector.Change) (created, modified stamp) {
	for key := range d.Object() {
		switch key {
		case "id":
			change.ID = d.ID()
		case "number":
			change.Name = d.ID()
		case "date_created":
			d.moment(&created.local)
		case "date_created_gmt":
			d.moment(&created.gmt)
		case "date_modified":
			d.moment(&modified.local)
		case "date_modified_gmt":
			d.moment(&modified.gmt)
		}
	}
	d.need("id", change.ID)
	return created, modified
}

// broken returns the fault of an answer that does not match the API's schema. It is retried.
func broken(field, rule string) *fault.Error {
	return &fault.Error{
		Kind: fault.Unavailable, Class: fault.Intermittent, Field: field,
		Detail: "the answer does not match the API's schema: " + strings.TrimSpace(rule),
	}
}
