package shopify

import (
	"context"
	"errors"
	"slices"
	"strings"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

const (
	queryWebhooks = `query webhooks($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}`
	mutationSubscribe = `mutation subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    webhookSubscription { id }
    userErrors { field message }
  }
}`
)

// subscribed are the topics that each shop needs a subscription of.
var subscribed = []string{
	payload.TopicOrderCreate, payload.TopicOrderUpdated, payload.TopicOrderPaid, payload.TopicOrderCancelled, payload.TopicOrderEdited, payload.TopicRefundCreate,
	payload.TopicCustomerCreate, payload.TopicCustomerUpdate,
}

// enum returns the API's name of a topic: ORDERS_CREATE for orders/create.
func enum(topic string) string { return strings.ToUpper(strings.ReplaceAll(topic, "/", "_")) }

// subscriber is the connector.Subscriber of all shops.
type subscriber struct {
	parts
	api     *admin.Client
	shops   []string
	address string // of the subscriptions: https, or the ARN of a partner event source
}

var _ connector.Subscriber = (*subscriber)(nil)

// Subscriptions returns the state of the app's own subscriptions; Shopify does not show those
// of other apps. Shopify deletes a subscription that failed for hours, so that none is ever
// disabled and the time of its end is unknown. An error of one shop does not stop the others.
func (s *subscriber) Subscriptions(ctx context.Context) ([]connector.Subscription, error) {
	var all []connector.Subscription
	var failures []error
	for _, shop := range s.shops {
		found, err := s.list(ctx, shop)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		for _, topic := range slices.Concat(subscribed, s.topics(shop)) {
			all = append(all, s.state(shop, topic, found))
		}
	}
	return all, errors.Join(failures...)
}

func (s *subscriber) state(shop, topic string, found []webhookSubscription) connector.Subscription {
	state := connector.Subscription{Tenant: shop, Topic: topic, Feed: feedOf(topic), State: connector.Missing}
	for _, one := range found {
		switch {
		case one.topic != enum(topic):
			continue
		case one.uri == s.address:
			state.ID, state.State = one.id, connector.Active
			return state
		}
		state.ID, state.State = one.id, connector.Elsewhere
	}
	return state
}

// webhookSubscription is the part of the API's type of that name that is used.
type webhookSubscription struct{ id, topic, uri string }

func (s *subscriber) list(ctx context.Context, shop string) ([]webhookSubscription, error) {
	c := admin.Call{Shop: shop, Query: queryWebhooks, Doing: "listing the webhooks of " + shop}
	var all []webhookSubscription
	for {
		cursor := ""
		c.Read = func(r *strictjson.Reader) { all, cursor = readSubscriptions(r, all) }
		if _, err := s.api.Query(ctx, c); err != nil || cursor == "" {
			return all, err
		}
		c.Variables = []admin.Variable{{Name: "after", Value: cursor}}
	}
}

func readSubscriptions(r *strictjson.Reader, all []webhookSubscription) (_ []webhookSubscription, cursor string) {
	for key := range r.Object() {
		if key == "webhookSubscriptions" {
			cursor = admin.Connection(r, func(r *strictjson.Reader) { all = append(all, readSubscription(r)) })
		}
	}
	return all, cursor
}

func readSubscription(r *strictjson.Reader) (w webhookSubscription) {
	for key := range r.Object() {
		switch key {
		case "id":
			w.id = r.ID()
		case "topic":
			w.topic = r.String()
		case "uri":
			w.uri = r.String()
		}
	}
	return w
}

// Subscribe creates a subscription with our address. One with another address is not changed,
// because its purpose is unknown.
func (s *subscriber) Subscribe(ctx context.Context, broken connector.Subscription) error {
	doing := "creating the webhook " + broken.Topic + " of " + broken.Tenant
	made, field := false, ""
	_, err := s.api.Query(ctx, admin.Call{
		Shop: broken.Tenant, Query: mutationSubscribe, Doing: doing,
		Variables: []admin.Variable{{Name: "topic", Value: enum(broken.Topic)}, {Name: "uri", Value: s.address}},
		Read:      func(r *strictjson.Reader) { made, field = readCreated(r) },
	})
	if err != nil || made {
		return err
	}
	// Another poller may have created it meanwhile: Shopify takes an address once per topic.
	if found, err := s.list(ctx, broken.Tenant); err == nil && s.state(broken.Tenant, broken.Topic, found).State == connector.Active {
		return nil
	}
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Field: field, Doing: doing,
		Detail: "Shopify rejected the subscription; check SHOPIFY_WEBHOOK_URL",
	}
}

// readCreated reports whether the subscription was created, and otherwise the rejected field.
func readCreated(r *strictjson.Reader) (made bool, field string) {
	for key := range r.Object() {
		if key != "webhookSubscriptionCreate" || r.Null() {
			continue
		}
		for key := range r.Object() {
			switch key {
			case "webhookSubscription":
				if made = !r.Null(); made {
					r.Skip()
				}
			case "userErrors":
				field = readUserErrors(r)
			}
		}
	}
	return made, field
}

// readUserErrors returns the path of the first error's field. The message is dropped: it may
// repeat the input.
func readUserErrors(r *strictjson.Reader) (field string) {
	for i := range r.Array() {
		for key := range r.Object() {
			if key != "field" || i > 0 || r.Null() {
				continue
			}
			var path []string
			for range r.Array() {
				path = append(path, r.String())
			}
			field = strings.Join(path, ".")
		}
	}
	return field
}
