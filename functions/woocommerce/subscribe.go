package woocommerce

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
	"causeway/shared/webapi"
)

const webhooksPath = "/wp-json/wc/v3/webhooks"

// subscribed are the topics that are needed. The deleted ones carry an id alone, of
// which nothing is made.
var subscribed = []string{topicOrderCreated, topicOrderUpdated, "order.restored", "customer.created", topicCustomerUpdated}

// hook is what is used of the REST resource "webhook".
type hook struct {
	id, status, topic, address, name string
	modified                         stamp
}

// subscriber is the connector.Subscriber of one store.
type subscriber struct {
	*api
	address string // where the store has to deliver to
	secret  connector.Secret
}

var _ connector.Subscriber = (*subscriber)(nil)

// Subscriptions looks for the webhooks that lead to our address. A store has webhooks
// of others too: one that leads elsewhere is ours only if it bears the name that we give.
func (s *subscriber) Subscriptions(ctx context.Context) ([]connector.Subscription, error) {
	hooks, err := s.hooks(ctx)
	if err != nil {
		return nil, err
	}
	needed := make([]connector.Subscription, len(subscribed))
	for i, topic := range subscribed {
		needed[i] = s.best(topic, hooks)
	}
	return needed, nil
}

// best returns the state of the topic: that of the webhook that does most of its work. The
// store disables one itself, when deliveries failed; only a person pauses one.
func (s *subscriber) best(topic string, hooks []hook) connector.Subscription {
	found := connector.Subscription{Tenant: s.tenant, Topic: topic, Feed: topicOrderUpdated, State: connector.Missing}
	if strings.HasPrefix(topic, entityCustomer) {
		found.Feed = topicCustomerUpdated
	}
	for _, h := range hooks {
		switch {
		case h.topic != topic:
			continue
		case h.address == s.address && h.status == "active":
			found.State, found.ID, found.Since = connector.Active, h.id, time.Time{}
			return found
		case h.address == s.address && found.State != connector.Paused:
			c := converter{zone: s.zone}
			found.State, found.ID, found.Since = connector.Disabled, h.id, c.time(h.modified, "date_modified")
			if h.status == "paused" {
				found.State = connector.Paused
			}
		case h.name == hookName(topic) && found.State == connector.Missing:
			found.State = connector.Elsewhere
		}
	}
	return found
}

func hookName(topic string) string { return "Causeway " + topic }

// hooks lists all webhooks of the store.
func (s *subscriber) hooks(ctx context.Context) ([]hook, error) {
	doing := "listing the webhooks of " + s.tenant
	var all []hook
	for page := 1; ; page++ {
		response, err := s.client.Do(ctx, webapi.Request{
			Method: http.MethodGet, Path: webhooksPath, Doing: doing, WantJSON: true,
			Query: url.Values{"per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)}, "orderby": {"id"}, "order": {"asc"}},
		})
		if err != nil {
			return nil, err
		}
		some, err := readHooks(response.Body)
		if err != nil {
			return nil, fault.Doing(doing, err)
		}
		if all = append(all, some...); len(some) < pageSize {
			return all, nil
		}
	}
}

func readHooks(body []byte) ([]hook, error) {
	var all []hook
	d := newDecoder(body)
	for range d.Array() {
		all = append(all, d.hook())
	}
	if err := d.Finish(); err != nil {
		return nil, broken(fault.As(err).Field, fault.As(err).Detail)
	}
	return all, nil
}

func (d *decoder) hook() (h hook) {
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
			d.moment(&h.modified.local)
		case "date_modified_gmt":
			d.moment(&h.modified.gmt)
		}
	}
	d.need("id", h.id)
	return h
}

// Subscribe switches a webhook on again that is there, and makes a new one otherwise:
// the address of a webhook cannot be changed over the API.
func (s *subscriber) Subscribe(ctx context.Context, broken connector.Subscription) error {
	request := webapi.Request{
		Method: http.MethodPost, Path: webhooksPath, WantJSON: true, Body: s.definition(broken),
		Header: http.Header{"Content-Type": {"application/json"}}, Doing: "making the webhook " + broken.Topic + " of " + s.tenant,
	}
	if broken.State == connector.Disabled {
		request.Method, request.Path = http.MethodPut, webhooksPath+"/"+broken.ID
		request.Doing = "switching on the webhook " + broken.Topic + " of " + s.tenant
	}
	_, err := s.client.Do(ctx, request)
	return err
}

// definition states the secret anew, as the one that the door knows.
func (s *subscriber) definition(broken connector.Subscription) []byte {
	w := strictjson.NewWriter(nil)
	w.Obj()
	w.StrField("name", hookName(broken.Topic))
	w.StrField("topic", broken.Topic)
	w.StrField("status", "active")
	w.StrField("secret", s.secret.Reveal())
	if broken.State != connector.Disabled {
		w.StrField("delivery_url", s.address)
	}
	w.EndObj()
	return w.Bytes()
}
