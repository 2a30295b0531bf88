package woocommerce

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"time"

	"causeway.example/functions/woocommerce/rest"
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
		if offset > 0 && (len(page) == 0 || rest.Number(page[0].ID) > from.last) {
			continue
		}
		to = walk{offset + int64(len(page)), from.last}
		for _, change := range page {
			if id := rest.Number(change.ID); id > from.last {
				changes, to.last = append(changes, change), id
			}
		}
		return changes, to, len(page) >= size, nil
	}
}

// list reads one page. Each entry is kept whole, as a delivery would have it. An unreadable one
// is dated by the one before it.
func (a *api) list(ctx context.Context, l listing, size int) ([]connector.Change, error) {
	response, err := a.Get(ctx, l.path, l.doing, l.with("per_page", strconv.Itoa(size)).query)
	if err != nil {
		return nil, err
	}
	var all []connector.Change
	before := time.Unix(l.second, 0).UTC()
	r := strictjson.NewReader(response.Body, strictjson.Limits{Number: rest.MaxNumber, Elements: listElements})
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
		return nil, rest.Broken(err.Path, err.Rule)
	}
	return all, nil
}

// listElements allows a hundred orders of many lines.
const listElements = 2_000_000

// change reads id, number and date of an entry. A customer that never changed has the date of
// its creation. An entry without an id makes the whole answer invalid.
func (a *api) change(body []byte, before time.Time, l listing) (connector.Change, error) {
	change := connector.Change{Body: body}
	d := rest.NewDecoder(body)
	created, modified := listed(d, &change)
	err := d.Finish()
	if rest.Number(change.ID) <= 0 {
		return change, rest.Broken("id", "is not a number")
	}
	if modified == (rest.Stamp{}) && l.path == rest.CustomersPath {
		modified = created
	}
	if err == nil {
		at, _, undated := modified.NeedTime(a.zone, "date_modified")
		if undated == nil {
			change.At = at
			return change, nil
		}
		err = undated
	}
	change.At, change.Body, change.Err = before, nil, fault.Doing(l.doing+", number "+change.ID, err)
	return change, nil
}

// listed reads id and number into the change and returns the dates.
func listed(d rest.Decoder, change *connector.Change) (created, modified rest.Stamp) {
	for key := range d.Object() {
		switch key {
		case "id":
			change.ID = d.ID()
		case "number":
			change.Name = d.ID()
		case "date_created":
			d.Moment(&created.Local)
		case "date_created_gmt":
			d.Moment(&created.GMT)
		case "date_modified":
			d.Moment(&modified.Local)
		case "date_modified_gmt":
			d.Moment(&modified.GMT)
		}
	}
	d.Need("id", change.ID)
	return created, modified
}
