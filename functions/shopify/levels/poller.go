package levels

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
	"causeway.example/shared/wire"
)

var _ connector.Poller = (*Levels)(nil)

// Feeds returns the levels of each shop that has a master location.
func (l *Levels) Feeds() (feeds []connector.Feed) {
	for shop, locations := range l.Sites {
		if len(locations) > 0 {
			feeds = append(feeds, connector.Feed{Tenant: shop, Topic: Topic, Entity: payload.EntityLevel})
		}
	}
	slices.SortFunc(feeds, func(a, b connector.Feed) int { return cmp.Compare(a.Tenant, b.Tenant) })
	return feeds
}

// longest is how many seconds the first window has.
const longest = 365 * 24 * 60 * 60

// window is the part of the list that is read next. Its cursor is "from" or "from/to/whole", or, if a second has more
// than a page, "from/to/location/after" with the cursor of the location's page.
type window struct {
	from, to int64 // seconds, both included; to is 0 if it is still to be chosen
	whole    int64 // to, or the end of the window of which this is the first half
	paged    bool
	location int    // of those of the shop
	after    string // "" for the location's first page
}

func (w window) cursor() string {
	text := strconv.FormatInt(w.from, 10)
	if w.to == 0 {
		return text
	}
	text += "/" + strconv.FormatInt(w.to, 10)
	if w.paged {
		return text + "/" + strconv.Itoa(w.location) + "/" + w.after
	}
	return text + "/" + strconv.FormatInt(w.whole, 10)
}

// next is the window after this one: the other half, or one that is twice as long.
func (w window) next() window {
	end := w.whole
	if end <= w.to {
		end = w.to + 2*(w.to-w.from+1)
	}
	return window{from: w.to + 1, to: end, whole: end}
}

// parse reads a cursor. ok is false if it is none of this list.
func parse(cursor string) (w window, ok bool) {
	parts, errs := strings.SplitN(cursor, "/", 4), [3]error{}
	w.from, errs[0] = strconv.ParseInt(parts[0], 10, 64)
	if len(parts) > 1 {
		w.to, errs[1] = strconv.ParseInt(parts[1], 10, 64)
	}
	switch len(parts) {
	case 3:
		w.whole, errs[2] = strconv.ParseInt(parts[2], 10, 64)
	case 4:
		w.paged, w.after = true, parts[3]
		w.location, errs[2] = strconv.Atoi(parts[2])
	}
	return w, errors.Join(errs[:]...) == nil && len(parts) != 2
}

// Changes lists the levels that changed within a window, oldest first. A window with more than a page of a location
// has no changes: its first half is the next page, and a single second is read page by page. So each page costs at
// most one query for each location, and one for which the shop's points do not suffice is asked for again by itself.
func (l *Levels) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	shop := ask.Feed.Tenant
	w, err := l.begin(ask)
	switch {
	case err != nil:
		return connector.Page{}, err
	case w.paged:
		return l.second(ctx, shop, w)
	}
	now := l.Now().Unix()
	if w.to == 0 {
		w.to = w.from + longest
	}
	w.to = max(min(w.to, now), w.from)
	end := time.Unix(w.to, 0)
	if w.to >= now { // Shopify's clock may be ahead of ours
		end = time.Time{}
	}
	all, more, err := l.window(ctx, shop, time.Unix(w.from, 0), end)
	switch {
	case err != nil:
		return connector.Page{}, err
	case more && w.to == w.from:
		return connector.Page{Cursor: window{from: w.from, to: w.from, paged: true}.cursor()}, nil
	case more:
		return connector.Page{Cursor: window{from: w.from, to: w.from + (w.to-w.from)/2, whole: w.to}.cursor()}, nil
	}
	page := connector.Page{Changes: changes(all)}
	if w.to < now {
		page.Cursor = w.next().cursor()
	}
	return page, nil
}

// begin returns the window that is asked for.
func (l *Levels) begin(ask connector.Ask) (window, error) {
	if ask.Cursor == "" {
		return window{from: ask.Since.Unix()}, nil
	}
	w, ok := parse(ask.Cursor)
	if !ok || w.location < 0 || w.paged && w.location >= len(l.Sites[ask.Feed.Tenant]) {
		return window{}, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: "listing the stock of " + ask.Feed.Tenant, Detail: "is not a cursor of this list"}
	}
	return w, nil
}

// window returns the levels of all master locations of the shop that changed within the time, and whether they are
// too many: a location has more than a page of them, or the shop's points do not suffice for all.
func (l *Levels) window(ctx context.Context, shop string, from, to time.Time) (all []*level, more bool, err error) {
	for i, location := range l.Sites[shop] {
		found, next, err := l.page(ctx, shop, location, from, to, "")
		if more = next != "" || i > 0 && fault.KindOf(err) == fault.Throttled; more {
			return nil, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		all = append(all, found...)
	}
	return all, false, nil
}

// second returns a page of a window of one second, of one location after the other.
func (l *Levels) second(ctx context.Context, shop string, w window) (connector.Page, error) {
	at := time.Unix(w.from, 0)
	all, next, err := l.page(ctx, shop, l.Sites[shop][w.location], at, at, w.after)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Changes: changes(all)}
	switch {
	case next != "" && next != w.after:
		w.after = next
	case w.location+1 < len(l.Sites[shop]):
		w.location, w.after = w.location+1, ""
	default:
		w = window{from: w.from + 1}
	}
	page.Cursor = w.cursor()
	return page, nil
}

// changes returns the levels as changes, oldest first. A level that is left out is one too, so that the
// time of the list goes on.
func changes(all []*level) []connector.Change {
	listed := make([]connector.Change, 0, len(all))
	for _, one := range all {
		change := connector.Change{ID: one.id(), At: one.at}
		if change.Body, change.Err = one.encode(); one.sku == "" || !one.tracked {
			change.ID = "item " + one.item + "@" + one.location
		}
		listed = append(listed, change)
	}
	slices.SortStableFunc(listed, func(a, b connector.Change) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return listed
}

// Fetch returns the level as it is now, with the ids of the items that have its SKU.
func (l *Levels) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	named, body, err := listed(change)
	if err != nil {
		return nil, err
	}
	if named.sku != "" && named.tracked {
		found, err := l.now(ctx, feed.Tenant, &named)
		if err != nil || found == nil {
			return nil, err
		}
		if body, err = found.encode(); err != nil {
			return nil, err
		}
	}
	if body == nil {
		return nil, nil // the next poll lists it
	}
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, nil
}

// listed returns the level of a change, and its body. One that is asked for again later has its id alone.
func listed(change connector.Change) (l level, body []byte, err error) {
	if body = change.Body; body != nil {
		r := wire.NewReader(body, strictjson.Limits{})
		l = decode(r)
		return l, body, r.Finish()
	}
	if at := strings.LastIndexByte(change.ID, '@'); at >= 0 {
		l = level{sku: change.ID[:at], location: change.ID[at+1:], tracked: true}
	}
	return l, nil, nil
}

// now reads the level of the SKU, and, where the search does not find the SKU, that of the listed item.
func (l *Levels) now(ctx context.Context, shop string, named *level) (*level, error) {
	all, err := l.ofSKU(ctx, shop, named.sku, named.location)
	switch {
	case err != nil:
		return nil, err
	case len(all) > 0:
		return chosen(all), nil
	case named.item == "":
		return nil, nil
	}
	return l.ofItem(ctx, shop, payload.Level{Item: named.item, Location: named.location})
}
