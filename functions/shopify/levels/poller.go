package levels

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
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

const (
	longest = 365 * 24 * 60 * 60 // seconds of a window
	pages   = 10                 // most pages of a location in a window
)

// Changes lists the levels that changed within a window, oldest first. The cursor is the second at which
// the next window begins, and how many seconds it has: twice those of the window before.
func (l *Levels) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	from, long, err := begin(ask)
	if err != nil {
		return connector.Page{}, err
	}
	now := l.Now().Unix()
	to := max(min(from+long, now), from)
	for {
		end := time.Unix(to, 0)
		if to >= now { // Shopify's clock may be ahead of ours
			end = time.Time{}
		}
		all, more, err := l.window(ctx, ask.Feed.Tenant, time.Unix(from, 0), end)
		switch {
		case err != nil:
			return connector.Page{}, err
		case more:
			to = from + (to-from)/2
			continue
		}
		page := connector.Page{Changes: changes(all)}
		if to < now {
			page.Cursor = fmt.Sprintf("%d+%d", to+1, min(2*(to-from)+1, longest))
		}
		return page, nil
	}
}

// begin returns the second at which the window of the page begins, and the most seconds that it has.
func begin(ask connector.Ask) (from, long int64, err error) {
	if ask.Cursor == "" {
		return ask.Since.Unix(), longest, nil
	}
	begins, length, sized := strings.Cut(ask.Cursor, "+")
	from, err = strconv.ParseInt(begins, 10, 64)
	if long = longest; err == nil && sized {
		long, err = strconv.ParseInt(length, 10, 64)
	}
	if err != nil || long < 1 || long > longest {
		return 0, 0, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Doing: "listing the stock of " + ask.Feed.Tenant, Detail: "is not a cursor of this list"}
	}
	return from, long, nil
}

// window returns the levels of all master locations of the shop that changed within the time, and whether a
// location has more of them than a window may.
func (l *Levels) window(ctx context.Context, shop string, from, to time.Time) (all []*level, more bool, err error) {
	most := pages
	if from.Equal(to) {
		most = 0
	}
	for _, location := range l.Sites[shop] {
		found, more, err := l.changed(ctx, shop, location, from, to, most)
		if err != nil || more {
			return nil, more, err
		}
		all = append(all, found...)
	}
	return all, false, nil
}

// changes returns the levels as changes, oldest first. A level that is left out is one too, so that the
// time of the list goes on.
func changes(all []*level) []connector.Change {
	listed := make([]connector.Change, 0, len(all))
	for _, one := range all {
		change := connector.Change{ID: one.id(), At: one.at}
		if one.sku == "" || !one.tracked {
			change.ID = "item " + one.item + "@" + one.location
			change.Body, change.Err = one.encode()
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
	body := change.Body
	if body == nil {
		at := strings.LastIndexByte(change.ID, '@')
		if at < 0 {
			return nil, nil // the next poll lists it
		}
		all, err := l.ofSKU(ctx, feed.Tenant, change.ID[:at], change.ID[at+1:])
		if err != nil || len(all) == 0 {
			return nil, err
		}
		if body, err = chosen(all).encode(); err != nil {
			return nil, err
		}
	}
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, nil
}
