package shopifytest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Subscription is a webhook subscription of the app.
type Subscription struct {
	ID    int64
	Topic string // as in deliveries: "orders/create"
	URI   string
}

// retries is how often a webhook is tried again, within four hours. If the last fails
// too, a subscription that was made over the API is deleted.
const retries = 8

// Subscribe makes the app subscribe to the topics, all leading to the address.
func (f *Fake) Subscribe(uri string, topics ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, topic := range topics {
		f.subscribe(topic, uri)
	}
}

// Unsubscribe ends every subscription of the topic.
func (f *Fake) Unsubscribe(topic string) {
	for _, s := range f.Subscriptions() {
		if s.Topic == topic {
			f.drop(s.ID)
		}
	}
}

func (f *Fake) subscribe(topic, uri string) Subscription {
	made := Subscription{int64(1_000_000 + len(f.subscriptions) + f.deleted), topic, uri}
	f.subscriptions = append(f.subscriptions, made)
	return made
}

// Subscriptions returns the app's subscriptions.
func (f *Fake) Subscriptions() []Subscription {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.subscriptions)
}

// Emit delivers to every subscription of the delivery's topic that leads to an address
// on the web, as often as Shopify tries, calling pause between. A subscription whose
// delivery never succeeded is deleted. It returns how many deliveries succeeded.
func (f *Fake) Emit(ctx context.Context, client *http.Client, d Delivery, pause func()) int {
	delivered := 0
	for _, s := range f.Subscriptions() {
		if s.Topic != d.Topic || !strings.HasPrefix(s.URI, "http") {
			continue
		}
		if attempt(ctx, client, d, s.URI, pause) {
			delivered++
			continue
		}
		f.drop(s.ID)
	}
	return delivered
}

func attempt(ctx context.Context, client *http.Client, d Delivery, uri string, pause func()) bool {
	for try := range 1 + retries {
		if try > 0 {
			pause()
		}
		request, err := d.Sign(ctx, uri)
		if err != nil {
			return false
		}
		response, err := client.Do(request)
		if err != nil {
			continue
		}
		_ = response.Body.Close() // nothing of it is read but the status
		if response.StatusCode/100 == 2 {
			return true
		}
	}
	return false
}

func (f *Fake) drop(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deleted++
	f.subscriptions = slices.DeleteFunc(f.subscriptions, func(s Subscription) bool { return s.ID == id })
}

func enum(topic string) string { return strings.ToUpper(strings.ReplaceAll(topic, "/", "_")) }

// topicOf undoes enum for topics whose event has one word.
func topicOf(name string) string {
	name = strings.ToLower(name)
	i := strings.LastIndexByte(name, '_')
	return name[:i] + "/" + name[i+1:]
}

func (s Subscription) show() object {
	return object{
		"id": "gid://shopify/WebhookSubscription/" + strconv.FormatInt(s.ID, 10), "topic": enum(s.Topic), "uri": s.URI,
		"format": "JSON", "createdAt": utc(stamp(Start)),
	}
}

func (f *Fake) shownSubscriptions() []any {
	shown := make([]any, len(f.subscriptions))
	for i, s := range f.subscriptions {
		shown[i] = s.show()
	}
	return shown
}

// create answers webhookSubscriptionCreate: an address is taken once for each topic, and
// must be https or that of a bus.
func (f *Fake) create(topic, uri string) object {
	topic = topicOf(topic)
	address, err := url.Parse(uri)
	taken := slices.ContainsFunc(f.subscriptions, func(s Subscription) bool { return s.Topic == topic && s.URI == uri })
	switch {
	case err != nil || !slices.Contains([]string{"https", "arn", "pubsub"}, address.Scheme):
		return refused("Address is invalid")
	case taken:
		return refused("Address for this topic has already been taken")
	}
	return object{"webhookSubscription": f.subscribe(topic, uri).show(), "userErrors": []any{}}
}

func refused(why string) object {
	return object{"webhookSubscription": nil, "userErrors": []any{object{"field": []any{"webhookSubscription", "uri"}, "message": why}}}
}
