package netsuite

import (
	"context"

	"causeway.example/functions/netsuite/item"
	"causeway.example/functions/netsuite/stock"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// source is the connector.Source of what the polls found: stock levels and items have packages of
// their own.
type source struct {
	stock.Source
	items *item.Source
}

// poller is the connector.Poller of stock levels and items.
type poller struct {
	levels *stock.Poller
	items  *item.Poller
}

var (
	_ connector.Source = (*source)(nil)
	_ connector.Poller = (*poller)(nil)
)

func (s *source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	if raw.Topic == item.Topic {
		return s.items.Translate(ctx, raw)
	}
	return s.Source.Translate(ctx, raw)
}

func (p *poller) Feeds() []connector.Feed { return append(p.levels.Feeds(), p.items.Feeds()...) }

func (p *poller) of(feed connector.Feed) connector.Poller {
	if feed.Topic == item.Topic {
		return p.items
	}
	return p.levels
}

func (p *poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	return p.of(ask.Feed).Changes(ctx, ask)
}

func (p *poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	return p.of(feed).Fetch(ctx, feed, change)
}
