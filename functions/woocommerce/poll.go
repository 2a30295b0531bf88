package woocommerce

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
	"causeway/shared/message"
	"causeway/shared/webapi"
)

// The largest page that the API gives, and one for stores whose orders are so long
// that an answer of that many is too large.
const (
	pageSize  = 100
	smallPage = 10
)

const topicOrderUpdated = "order.updated"

// orders is where the API lists orders.
const ordersPath = "/wp-json/wc/v3/orders"

var _ connector.Poller = (*api)(nil)

// Feeds names the orders of the one store that the REST API belongs to. The list of
// customers takes no time to begin at.
func (a *api) Feeds() []connector.Feed {
	return []connector.Feed{{Tenant: a.tenant, Topic: topicOrderUpdated, Entity: entityOrder}}
}

// Changes lists orders by their last change. Pages by number would shift while orders
// change under them: an order that is changed leaves its place, and one that nobody saw
// moves up into a page that was read already. So each page begins at the second in
// which the one before ended, and only within one second is it counted.
func (a *api) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	doing := "listing the orders of " + a.tenant
	if a.client == nil {
		return connector.Page{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: "WOOCOMMERCE_CONSUMER_KEY", Doing: doing,
			Detail: "is not set, and the store's REST API has to be asked",
		}
	}
	from, err := parseCursor(ask)
	if err != nil {
		return connector.Page{}, fault.Doing(doing, err)
	}
	page, err := a.list(ctx, doing, from, pageSize)
	if fault.As(err) != nil && fault.As(err).Class == fault.TooLarge {
		page, err = a.list(ctx, doing, from, smallPage)
	}
	return page, err
}

// cursor is a place in the list: the first second of the page, and how many orders of
// that second came before.
type cursor struct{ second, offset int64 }

func parseCursor(ask connector.Ask) (c cursor, err error) {
	if ask.Cursor == "" {
		return cursor{second: ask.Since.Unix()}, nil
	}
	if _, err := fmt.Sscanf(ask.Cursor, "%d+%d", &c.second, &c.offset); err != nil {
		return c, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Detail: "is none of ours"}
	}
	return c, nil
}

func (c cursor) String() string {
	return strconv.FormatInt(c.second, 10) + "+" + strconv.FormatInt(c.offset, 10)
}

// bound is the exclusive bound that still includes the second.
func (c cursor) bound() string {
	return time.Unix(c.second-1, 0).UTC().Format("2006-01-02T15:04:05")
}

// after returns where the next page begins.
func (c cursor) after(changes []connector.Change) cursor {
	last := changes[len(changes)-1].At.Unix()
	if last > c.second {
		return cursor{second: last}
	}
	return cursor{c.second, c.offset + int64(len(changes))}
}

func (a *api) list(ctx context.Context, doing string, from cursor, size int) (connector.Page, error) {
	response, err := a.client.Do(ctx, webapi.Request{
		Method: http.MethodGet, Path: ordersPath, Doing: doing, WantJSON: true,
		Query: url.Values{
			"modified_after": {from.bound()}, "dates_are_gmt": {"true"}, "orderby": {"modified"}, "order": {"asc"},
			"per_page": {strconv.Itoa(size)}, "offset": {strconv.FormatInt(from.offset, 10)},
		},
	})
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{}
	if page.Changes, err = a.changes(response.Body); err != nil {
		return connector.Page{}, fault.Doing(doing, err)
	}
	if len(page.Changes) >= size {
		page.Cursor = from.after(page.Changes).String()
	}
	return page, nil
}

// changes reads a list of orders, each kept whole: it is what a delivery would carry.
func (a *api) changes(body []byte) ([]connector.Change, error) {
	var all []connector.Change
	r := strictjson.NewReader(body, strictjson.Limits{Number: maxNumber, Elements: listElements})
	for range r.Array() {
		order := r.Raw()
		if r.Err() != nil {
			break
		}
		change, err := a.change(order)
		if err != nil {
			return nil, err
		}
		all = append(all, change)
	}
	if err := r.End(); err != nil {
		return nil, broken(err.Path, err.Rule)
	}
	return all, nil
}

// listElements leaves room for a hundred orders of many lines.
const listElements = 2_000_000

// change reads of an order what tells it apart.
func (a *api) change(body []byte) (connector.Change, error) {
	change := connector.Change{Body: body}
	var modified stamp
	d := newDecoder(body)
	for key := range d.Object() {
		switch key {
		case "id":
			change.ID = d.ID()
		case "number":
			change.Name = d.ID()
		case "date_modified":
			d.moment(&modified.local)
		case "date_modified_gmt":
			d.moment(&modified.gmt)
		}
	}
	d.need("id", change.ID)
	if err := d.Finish(); err != nil {
		return change, broken(fault.As(err).Field, fault.As(err).Detail)
	}
	c := converter{zone: a.zone}
	if change.At = c.needTime(modified, "date_modified"); c.err != nil {
		return change, broken(c.err.Field, c.err.Detail)
	}
	return change, nil
}

// broken is an answer of the API that is not as it promises: asked again it may be.
func broken(field, rule string) *fault.Error {
	return &fault.Error{
		Kind: fault.Unavailable, Class: fault.Intermittent, Field: field,
		Detail: "the answer is not what the API promises: " + strings.TrimSpace(rule),
	}
}

// Fetch wraps what the list told.
func (a *api) Fetch(_ context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	return &message.Raw{
		Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: change.Body,
	}, nil
}
