package shopify

import (
	"context"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// poller is the connector.Poller of all shops.
type poller struct {
	parts
	api   *admin.Client
	shops []string
}

var _ connector.Poller = (*poller)(nil)

// Feeds returns customers and orders of each shop. Customers come first, because orders wait
// for them. Products, stock and shipments are more if the settings make the shops their master.
func (p *poller) Feeds() []connector.Feed {
	var feeds []connector.Feed
	for _, shop := range p.shops {
		feeds = append(feeds,
			connector.Feed{Tenant: shop, Topic: payload.TopicCustomerUpdate, Entity: payload.EntityCustomer},
			connector.Feed{Tenant: shop, Topic: payload.TopicOrderUpdated, Entity: payload.EntityOrder})
	}
	return append(feeds, p.feeds()...)
}

// Changes lists what changed in the feed's shop by the time of its last change.
func (p *poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	if part := p.of(ask.Feed.Topic); part != nil {
		return part.Changes(ctx, ask)
	}
	return p.api.Changes(ctx, ask)
}

// Fetch returns an order with all its lines. A customer was listed whole, unless it was
// unreadable.
func (p *poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (raw *message.Raw, err error) {
	if part := p.of(feed.Topic); part != nil {
		return part.Fetch(ctx, feed, change)
	}
	body, doing := change.Body, "fetching "+feed.Entity+" "+change.ID+" of "+feed.Tenant
	switch {
	case body != nil:
	case feed.Entity == payload.EntityCustomer:
		body, err = p.api.Customer(ctx, feed.Tenant, change.ID, doing)
	default:
		body, err = p.api.Order(ctx, feed.Tenant, change.ID, doing)
	}
	if err != nil || body == nil {
		return nil, fault.Doing(doing, err)
	}
	return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, nil
}
