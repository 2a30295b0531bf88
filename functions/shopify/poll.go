package shopify

import (
	"context"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/goods"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// poller is the connector.Poller of all shops.
type poller struct {
	api   *admin.Client
	shops []string
	goods *goods.Source // nil if the shops are master of no products
}

var _ connector.Poller = (*poller)(nil)

// Feeds returns customers and orders of each shop, and its products if it is master of them. Customers come
// first, because orders wait for them.
func (p *poller) Feeds() []connector.Feed {
	var feeds []connector.Feed
	for _, shop := range p.shops {
		feeds = append(feeds,
			connector.Feed{Tenant: shop, Topic: payload.TopicCustomerUpdate, Entity: payload.EntityCustomer},
			connector.Feed{Tenant: shop, Topic: payload.TopicOrderUpdated, Entity: payload.EntityOrder})
		if p.goods != nil {
			feeds = append(feeds, connector.Feed{Tenant: shop, Topic: payload.TopicProductUpdate, Entity: payload.EntityProduct})
		}
	}
	return feeds
}

// Changes lists the orders, customers or products of the feed's shop by the time of their last change.
func (p *poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	if ask.Feed.Entity == payload.EntityProduct {
		return p.goods.Changes(ctx, ask)
	}
	return p.api.Changes(ctx, ask)
}

// Fetch returns an order with all its lines, or a product with all its variants. A customer was listed whole,
// unless it was unreadable.
func (p *poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (raw *message.Raw, err error) {
	body, doing := change.Body, "fetching "+feed.Entity+" "+change.ID+" of "+feed.Tenant
	switch {
	case body != nil:
	case feed.Entity == payload.EntityCustomer:
		body, err = p.api.Customer(ctx, feed.Tenant, change.ID, doing)
	case feed.Entity == payload.EntityProduct:
		body, err = p.goods.Fetch(ctx, feed.Tenant, change.ID, doing)
	default:
		body, err = p.api.Order(ctx, feed.Tenant, change.ID, doing)
	}
	if err != nil || body == nil {
		return nil, fault.Doing(doing, err)
	}
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, nil
}
