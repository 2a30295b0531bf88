package shopify

import (
	"context"
	"slices"

	"causeway.example/functions/shopify/goods"
	"causeway.example/functions/shopify/levels"
	"causeway.example/functions/shopify/payload"
	"causeway.example/functions/shopify/shipped"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// parts are the sources of what shops are masters of, beside orders and customers.
type parts struct {
	goods   *goods.Source // nil if the shops are master of no products
	levels  *levels.Levels
	shipped *shipped.Fulfillments
}

// part is one of them: it lists what changed and translates it.
type part interface {
	connector.Poller
	Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error)
}

// of returns the part of the topic, nil for that of orders and customers.
func (p *parts) of(topic string) part {
	switch {
	case p.goods != nil && goods.Is(topic):
		return p.goods
	case levels.Is(topic):
		return p.levels
	case shipped.Is(topic):
		return p.shipped
	}
	return nil
}

// feeds returns what is polled of the shops.
func (p *parts) feeds() (feeds []connector.Feed) {
	if p.goods != nil {
		feeds = p.goods.Feeds()
	}
	return slices.Concat(feeds, p.levels.Feeds(), p.shipped.Feeds())
}

// topics returns the topics that the shop needs a subscription of, beside those of orders and customers.
func (p *parts) topics(shop string) (topics []string) {
	if p.goods != nil {
		topics = append(topics, goods.Topics[:]...)
	}
	if len(p.levels.Sites[shop]) > 0 {
		topics = append(topics, levels.Topics[:]...)
	}
	if len(p.shipped.Sites[shop]) > 0 {
		topics = append(topics, shipped.Topics[:]...)
	}
	return topics
}

// feedOf returns the topic of the feed that has what a subscription of the topic missed, "" if no list has it.
func feedOf(topic string) string {
	switch {
	case topic == payload.TopicCustomerCreate || topic == payload.TopicCustomerUpdate:
		return payload.TopicCustomerUpdate
	case topic == payload.TopicProductDelete:
		return ""
	case goods.Is(topic):
		return payload.TopicProductUpdate
	case levels.Is(topic):
		return levels.Topic
	case shipped.Is(topic):
		return shipped.Topic
	}
	return payload.TopicOrderUpdated
}
