package woocommerce

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/functions/woocommerce/goods"
	"causeway.example/functions/woocommerce/rest"
	"causeway.example/functions/woocommerce/translator"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// smallPage is the page for stores whose orders are so long that an answer with the largest page
// is too large.
const smallPage = 10

// poller is the connector.Poller of all configured stores.
type poller struct {
	stores rest.Stores
	zone   *rest.Zone
	goods  bool // the stores publish products, prices or stock
}

var _ connector.Poller = (*poller)(nil)

// Feeds returns the orders, the customers and the orders in the trash of each store, and the products, their
// variations and the products in the trash of one that publishes goods. The list of customers can neither
// begin at a time nor be sorted by one.
func (p *poller) Feeds() []connector.Feed {
	var feeds []connector.Feed
	for _, one := range p.stores {
		feeds = append(feeds,
			connector.Feed{Tenant: one.Tenant, Topic: translator.TopicOrderUpdated, Entity: translator.EntityOrder},
			connector.Feed{Tenant: one.Tenant, Topic: translator.TopicCustomerUpdated, Entity: translator.EntityCustomer, Whole: true},
			connector.Feed{Tenant: one.Tenant, Topic: translator.TopicOrderDeleted, Entity: translator.EntityOrder},
		)
		if !p.goods {
			continue
		}
		for _, topic := range []string{translator.TopicProductUpdated, translator.TopicVariationUpdated, translator.TopicProductDeleted} {
			feeds = append(feeds, connector.Feed{Tenant: one.Tenant, Topic: topic, Entity: translator.EntityProduct})
		}
	}
	return feeds
}

// api is the REST API of the store of a feed.
type api struct {
	*rest.Store
	zone   *rest.Zone
	path   string // of the feed's list
	fields string // members of its entries that are asked for; "" for all
	trash  bool   // the feed lists the trash
}

func (p *poller) open(feed connector.Feed) *api {
	one := p.stores.Of(feed.Tenant)
	if one == nil {
		one = p.stores[0]
	}
	a := &api{Store: one, zone: p.zone, path: rest.OrdersPath, trash: feed.Topic == translator.TopicOrderDeleted || feed.Topic == translator.TopicProductDeleted}
	switch {
	case feed.Entity == translator.EntityCustomer:
		a.path = rest.CustomersPath
	case feed.Topic == translator.TopicVariationUpdated:
		a.path, a.fields = goods.VariationsPath, goods.Listed
	case feed.Entity == translator.EntityProduct:
		a.path, a.fields = rest.ProductsPath, goods.Listed
	}
	return a
}

// query returns the query with the part that all queries of the feed's list have. WooCommerce lists the
// trash only if it is asked for.
func (a *api) query(query url.Values) url.Values {
	if a.trash {
		query.Set("status", "trash")
	}
	if a.fields != "" {
		query.Set("_fields", a.fields)
	}
	return query
}

// Changes lists orders by their last change. Pages by number shift while orders change: an
// order that changes leaves its place, and an unread one moves up into a page that was read
// already. Each page therefore begins at the second in which the one before ended. A second
// that fills a page is read by the ids of its orders, which do not change. Customers are
// always read by id.
func (p *poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	a := p.open(ask.Feed)
	doing := "listing the " + ask.Feed.Entity + "s of " + a.Tenant
	if a.trash {
		doing += " in the trash"
	}
	from, err := parseCursor(ask)
	if err != nil {
		return connector.Page{}, fault.Doing(doing, err)
	}
	read := a.bySecond
	switch {
	case ask.Feed.Entity == translator.EntityCustomer:
		read = a.customers
	case from.inside:
		read = a.byID
	}
	page, err := read(ctx, doing, from, rest.PageSize)
	if fault.As(err) != nil && fault.As(err).Class == fault.TooLarge {
		page, err = read(ctx, doing, from, smallPage)
	}
	if a.path == goods.VariationsPath {
		err = goods.Unlisted(err)
	}
	return page, fault.Doing(doing, err)
}

// cursor is a position in the list: the first second of the page, and if that second is read by
// ids the last one that was read.
type cursor struct {
	second int64
	inside bool
	walk   walk
}

func parseCursor(ask connector.Ask) (c cursor, err error) {
	if ask.Cursor == "" {
		return cursor{second: ask.Since.Unix()}, nil
	}
	parts := strings.Split(ask.Cursor, "/")
	for i, into := range []*int64{&c.second, &c.walk.offset, &c.walk.last} {
		if i < len(parts) && err == nil {
			*into, err = strconv.ParseInt(parts[i], 10, 64)
		}
	}
	c.inside = len(parts) == 3
	if err != nil || len(parts) != 1 && !c.inside || c.walk.offset < 0 {
		return c, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "cursor", Detail: "is not a cursor of this list"}
	}
	return c, nil
}

func (c cursor) String() string {
	text := strconv.FormatInt(c.second, 10)
	if c.inside {
		text += "/" + strconv.FormatInt(c.walk.offset, 10) + "/" + strconv.FormatInt(c.walk.last, 10)
	}
	return text
}

// bound formats a time as an exclusive bound of the API.
func bound(second int64) string { return time.Unix(second, 0).UTC().Format("2006-01-02T15:04:05") }

// bySecond reads a page that begins at a second.
func (a *api) bySecond(ctx context.Context, doing string, from cursor, size int) (connector.Page, error) {
	changes, err := a.list(ctx, listing{doing, a.path, from.second, a.query(url.Values{
		"modified_after": {bound(from.second - 1)}, "dates_are_gmt": {"true"}, "orderby": {"modified"}, "order": {"asc"},
	})}, size)
	page := connector.Page{Changes: changes}
	if err != nil || len(changes) < size {
		return page, err
	}
	next := cursor{second: changes[len(changes)-1].At.Unix()}
	next.inside = next.second == from.second
	page.Cursor = next.String()
	return page, nil
}

// byID reads a page of one second by ids. After the last page it continues with the next second.
func (a *api) byID(ctx context.Context, doing string, from cursor, size int) (connector.Page, error) {
	changes, walked, more, err := a.behind(ctx, listing{doing, a.path, from.second, a.query(url.Values{
		"modified_after": {bound(from.second - 1)}, "modified_before": {bound(from.second + 1)}, "dates_are_gmt": {"true"},
	})}, from.walk, size)
	next := cursor{second: from.second, inside: true, walk: walked}
	if !more {
		next = cursor{second: from.second + 1}
	}
	return connector.Page{Changes: changes, Cursor: next.String()}, err
}

// customers reads a page of all customers by ids, and drops those that did not change since the
// requested time.
func (a *api) customers(ctx context.Context, doing string, from cursor, size int) (connector.Page, error) {
	changes, walked, more, err := a.behind(ctx, listing{doing, a.path, from.second, a.query(url.Values{})}, from.walk, size)
	page := connector.Page{Changes: slices.DeleteFunc(changes, func(c connector.Change) bool { return c.Err == nil && c.At.Unix() < from.second })}
	if more {
		page.Cursor = cursor{second: from.second, inside: true, walk: walked}.String()
	}
	return page, err
}

// Fetch returns the entity from the list, or fetches it if its entry was unreadable.
func (p *poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	body := change.Body
	if body == nil {
		a := p.open(feed)
		l := listing{"fetching " + feed.Entity + " " + change.ID + " of " + a.Tenant, a.path, change.At.Unix(), a.query(url.Values{"include": {change.ID}})}
		found, err := a.list(ctx, l, 1)
		switch {
		case err != nil || len(found) == 0:
			return nil, fault.Doing(l.doing, err)
		case found[0].Err != nil:
			return nil, found[0].Err
		}
		body = found[0].Body
	}
	return &message.Raw{
		Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body,
	}, nil
}
