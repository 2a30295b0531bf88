package shipped

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/message"
)

var _ connector.Poller = (*Fulfillments)(nil)

// Feeds returns the fulfillments of each shop that has a shipping location.
func (f *Fulfillments) Feeds() (feeds []connector.Feed) {
	for shop, locations := range f.Sites {
		if len(locations) > 0 {
			feeds = append(feeds, connector.Feed{Tenant: shop, Topic: Topic, Entity: payload.EntityShipment})
		}
	}
	slices.SortFunc(feeds, func(a, b connector.Feed) int { return cmp.Compare(a.Tenant, b.Tenant) })
	return feeds
}

// listed is an order of the list, with its fulfillments.
type listed struct {
	id, name     string
	updated      time.Time
	fulfillments []fulfillment // id and location alone
}

// listedFulfillments is how many fulfillments the list has of an order. The rest is asked for.
const listedFulfillments = 10

// Changes lists the fulfillments of orders by the time of the order's last change. An order without one that
// is published is a change too, so that the time of the list goes on.
func (f *Fulfillments) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	shop := ask.Feed.Tenant
	c := admin.Call{
		Shop: shop, Query: queryChanged, Doing: "listing the fulfillments of " + shop,
		Variables: []admin.Variable{{Name: "search", Value: "updated_at:>='" + ask.Since.UTC().Format(time.RFC3339) + "'"}},
	}
	if ask.Cursor != "" {
		c.Variables = append(c.Variables, admin.Variable{Name: "after", Value: ask.Cursor})
	}
	var page connector.Page
	var orders []listed
	c.Read = func(r *strictjson.Reader) {
		for key := range r.Object() {
			if key == "orders" {
				page.Cursor = admin.Connection(r, func(r *strictjson.Reader) { orders = append(orders, readOrder(r)) })
			}
		}
	}
	if _, err := f.API.Query(ctx, c); err != nil {
		return connector.Page{}, err
	}
	for _, o := range orders {
		if len(o.fulfillments) >= listedFulfillments {
			var err error
			if o.fulfillments, err = f.ofOrder(ctx, shop, o.id); err != nil {
				return connector.Page{}, err
			}
		}
		page.Changes = append(page.Changes, f.changes(shop, o)...)
	}
	return page, nil
}

// unpublishedPrefix precedes the id of an order without a fulfillment that is published.
const unpublishedPrefix = "order "

// changes returns the order's fulfillments of shipping locations.
func (f *Fulfillments) changes(shop string, o listed) (all []connector.Change) {
	for _, one := range o.fulfillments {
		if f.elsewhere(shop, one.id, one.location) == "" {
			all = append(all, connector.Change{ID: one.id, Name: o.name, At: o.updated})
		}
	}
	if len(all) == 0 {
		all = append(all, connector.Change{ID: unpublishedPrefix + o.id, Name: o.name, At: o.updated, Body: []byte(`{"order_id":"` + o.id + `"}`)})
	}
	return all
}

// ofOrder returns all fulfillments of an order.
func (f *Fulfillments) ofOrder(ctx context.Context, shop, id string) (all []fulfillment, err error) {
	_, err = f.API.Query(ctx, admin.Call{
		Shop: shop, Query: queryAll, Doing: "listing the fulfillments of order " + id + " of " + shop,
		Variables: []admin.Variable{{Name: "id", Value: payload.GID("Order", id)}},
		Read: func(r *strictjson.Reader) {
			for key := range r.Object() {
				if key == "order" && !r.Null() {
					all = readOrder(r).fulfillments
				}
			}
		},
	})
	return all, err
}

func readOrder(r *strictjson.Reader) (o listed) {
	for key := range r.Object() {
		switch key {
		case "id":
			o.id = payload.ID(r.ID())
		case "name":
			o.name = r.String()
		case "updatedAt":
			o.updated = readTime(r)
		case "fulfillments":
			for range r.Array() {
				var one fulfillment
				for key := range r.Object() {
					switch key {
					case "id":
						one.id = payload.ID(r.ID())
					case "location":
						one.location = readID(r)
					}
				}
				o.fulfillments = append(o.fulfillments, one)
			}
		}
	}
	return o
}

// Fetch returns the fulfillment as it is now, nil if it is gone.
func (f *Fulfillments) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	body := change.Body
	if body == nil && !strings.HasPrefix(change.ID, unpublishedPrefix) {
		var err error
		if body, err = f.read(ctx, feed.Tenant, change.ID); err != nil {
			return nil, err
		}
	}
	if body == nil {
		return nil, nil
	}
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, nil
}
