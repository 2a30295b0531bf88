package netsuite

import (
	"context"
	"slices"

	"causeway.example/functions/netsuite/item"
	"causeway.example/functions/netsuite/orderstate"
	"causeway.example/functions/netsuite/payback"
	"causeway.example/functions/netsuite/shipped"
	"causeway.example/functions/netsuite/stock"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// source is the connector.Source of what the polls found: stock levels, items, sales orders, refunds and item
// fulfillments have packages of their own.
type source struct {
	stock.Source
	items   *item.Source
	orders  *orderstate.Source
	refunds *payback.Source
	parcels *shipped.Source
}

// poller is the connector.Poller of stock levels, items, sales orders, refunds and item fulfillments.
type poller struct {
	levels  *stock.Poller
	items   *item.Poller
	orders  *orderstate.Poller
	refunds *payback.Poller
	parcels *shipped.Poller
}

var (
	_ connector.Source = (*source)(nil)
	_ connector.Poller = (*poller)(nil)
)

func (s *source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	switch raw.Topic {
	case item.Topic:
		return s.items.Translate(ctx, raw)
	case orderstate.TopicEnded, orderstate.TopicAll:
		return s.orders.Translate(ctx, raw)
	case payback.Topic:
		return s.refunds.Translate(ctx, raw)
	case shipped.TopicChanged, shipped.TopicDeleted:
		return s.parcels.Translate(ctx, raw)
	}
	return s.Source.Translate(ctx, raw)
}

func (p *poller) Feeds() []connector.Feed {
	return slices.Concat(p.levels.Feeds(), p.items.Feeds(), p.orders.Feeds(), p.refunds.Feeds(), p.parcels.Feeds())
}

func (p *poller) of(feed connector.Feed) connector.Poller {
	switch feed.Topic {
	case item.Topic:
		return p.items
	case orderstate.TopicEnded, orderstate.TopicAll:
		return p.orders
	case payback.Topic:
		return p.refunds
	case shipped.TopicChanged, shipped.TopicDeleted:
		return p.parcels
	}
	return p.levels
}

func (p *poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	return p.of(ask.Feed).Changes(ctx, ask)
}

func (p *poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	return p.of(feed).Fetch(ctx, feed, change)
}
