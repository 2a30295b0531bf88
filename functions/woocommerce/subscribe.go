package woocommerce

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/functions/woocommerce/translator"
	"causeway.example/shared/connector"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
)

// subscribed are the topics that need a webhook. customer.deleted changes nothing elsewhere, so
// it needs none.
var subscribed = []string{translator.TopicOrderCreated, translator.TopicOrderUpdated, translator.TopicOrderDeleted, translator.TopicOrderRestored, translator.TopicCustomerCreated, translator.TopicCustomerUpdated, translator.TopicRefundDeleted}

// subscribedGoods need one too where a store publishes products, prices or stock.
var subscribedGoods = []string{translator.TopicProductCreated, translator.TopicProductUpdated, translator.TopicProductDeleted, translator.TopicProductRestored}

// hook is the part of the REST resource "webhook" that is used.
type hook struct {
	id, status, topic, address, name string
	modified                         rest.Stamp
}

// subscriber is the connector.Subscriber of all stores that have a key.
type subscriber struct {
	stores  rest.Stores
	zone    *rest.Zone
	address string // delivery address of the webhooks
	goods   bool   // the stores publish products, prices or stock
}

var _ connector.Subscriber = (*subscriber)(nil)

// Subscriptions returns the state of the webhooks with our address. A store has webhooks of
// other programs too: one with another address is ours only if it has the name that we give.
func (s *subscriber) Subscriptions(ctx context.Context) ([]connector.Subscription, error) {
	var needed []connector.Subscription
	topics := subscribed
	if s.goods {
		topics = slices.Concat(subscribed, subscribedGoods)
	}
	for _, one := range s.stores {
		if !one.HasKey() {
			continue
		}
		hooks, err := hooksOf(ctx, one)
		if err != nil {
			return nil, err
		}
		for _, topic := range topics {
			needed = append(needed, s.best(one.Tenant, topic, hooks))
		}
	}
	return needed, nil
}

// best returns the best state among the topic's webhooks. The store disables a webhook itself
// after failed deliveries; only a person pauses one.
func (s *subscriber) best(tenant, topic string, hooks []hook) connector.Subscription {
	found := connector.Subscription{Tenant: tenant, Topic: topic, Feed: feedOf(topic), State: connector.Missing}
	for _, h := range hooks {
		switch {
		case h.topic != topic:
			continue
		case h.address == s.address && h.status == "active":
			found.State, found.ID, found.Since = connector.Active, h.id, time.Time{}
			return found
		case h.address == s.address && found.State != connector.Paused:
			since, _, _ := h.modified.Time(s.zone, "date_modified")
			found.State, found.ID, found.Since = connector.Disabled, h.id, since
			if h.status == "paused" {
				found.State = connector.Paused
			}
		case h.name == hookName(topic) && found.State == connector.Missing:
			found.State = connector.Elsewhere
		}
	}
	return found
}

// feedOf returns the topic of the feed that finds what a webhook of the topic missed, "" if none
// does: no list shows a refund that was deleted.
func feedOf(topic string) string {
	switch {
	case topic == translator.TopicRefundDeleted:
		return ""
	case topic == translator.TopicOrderDeleted, topic == translator.TopicProductDeleted:
		return topic
	case strings.HasPrefix(topic, translator.EntityProduct):
		return translator.TopicProductUpdated
	case strings.HasPrefix(topic, translator.EntityCustomer):
		return translator.TopicCustomerUpdated
	}
	return translator.TopicOrderUpdated
}

func hookName(topic string) string { return "Causeway " + topic }

// hooksOf lists all webhooks of the store.
func hooksOf(ctx context.Context, one *rest.Store) ([]hook, error) {
	doing := "listing the webhooks of " + one.Tenant
	var all []hook
	err := one.Each(ctx, rest.WebhooksPath, doing, func(d rest.Decoder) { all = append(all, readHook(d)) })
	return all, err
}

func readHook(d rest.Decoder) (h hook) {
	for key := range d.Object() {
		switch key {
		case "id":
			h.id = d.ID()
		case "name":
			h.name = d.Word()
		case "status":
			h.status = d.Word()
		case "topic":
			h.topic = d.Word()
		case "delivery_url":
			h.address = d.Word()
		case "date_modified":
			d.Moment(&h.modified.Local)
		case "date_modified_gmt":
			d.Moment(&h.modified.GMT)
		}
	}
	d.Need("id", h.id)
	return h
}

// Subscribe activates a disabled webhook, and creates a new one otherwise: the address of a
// webhook cannot be changed over the API.
func (s *subscriber) Subscribe(ctx context.Context, broken connector.Subscription) error {
	one := s.stores.Of(broken.Tenant)
	if one == nil {
		one = s.stores[0]
	}
	request := webapi.Request{
		Method: http.MethodPost, Path: rest.WebhooksPath, WantJSON: true, Body: s.definition(broken, one.Secrets[0]),
		Header: http.Header{"Content-Type": {"application/json"}}, Doing: "creating the webhook " + broken.Topic + " of " + one.Tenant,
	}
	if broken.State == connector.Disabled {
		request.Method, request.Path = http.MethodPut, rest.WebhooksPath+"/"+broken.ID
		request.Doing = "activating the webhook " + broken.Topic + " of " + one.Tenant
	}
	_, err := one.Do(ctx, request)
	return err
}

// definition returns the webhook's definition, with the secret that Receive verifies first.
func (s *subscriber) definition(broken connector.Subscription, secret connector.Secret) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("name", hookName(broken.Topic))
	w.StrField("topic", broken.Topic)
	w.StrField("status", "active")
	w.StrField("secret", secret.Reveal())
	if broken.State != connector.Disabled {
		w.StrField("delivery_url", s.address)
	}
	w.EndObj()
	return w.Bytes()
}
