package woocommerce_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func (s *shop) states() map[string]connector.Subscription {
	s.Helper()
	all, err := s.Subscriber.Subscriptions(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	states := map[string]connector.Subscription{}
	for _, one := range all {
		states[one.Topic] = one
	}
	return states
}

func hook(id int64, topic, status, address string) woocommercetest.Webhook {
	return woocommercetest.Webhook{ID: id, Name: "Causeway " + topic, Topic: topic, Status: status, URL: address, Modified: noon.Add(-time.Hour)}
}

func TestSubscriptionsReportMissingAndDisabledWebhooks(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	foreign := hook(6, "order.restored", "active", "https://mailer.example/hook")
	foreign.Name = "Newsletter"
	s.fake.SetWebhooks(
		hook(1, "order.created", "active", ourDoor), hook(2, "order.updated", "disabled", ourDoor),
		hook(3, "customer.created", "active", "https://old.example/hooks/woocommerce"),
		hook(4, "customer.updated", "paused", ourDoor), hook(5, "customer.updated", "active", ourDoor), foreign,
	)
	got := s.states()
	for topic, want := range map[string]connector.SubscriptionState{
		"order.created": connector.Active, "order.updated": connector.Disabled, "order.restored": connector.Missing, "order.deleted": connector.Missing,
		"customer.created": connector.Elsewhere, "customer.updated": connector.Active, refundDeleted: connector.Missing,
	} {
		if got[topic].State != want || got[topic].Tenant != "shop.example" {
			t.Errorf("%s is %+v, want %s", topic, got[topic], want)
		}
	}
	if len(got) != 7 || !got["order.updated"].Since.Equal(noon.Add(-time.Hour)) || got["order.updated"].ID != "2" {
		t.Errorf("got %+v", got)
	}
}

func TestWebhooksAreSetUpAgain(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	s.fake.SetWebhooks(hook(2, "order.updated", "disabled", ourDoor), hook(3, "customer.created", "active", "https://old.example/"))
	for _, broken := range s.states() {
		if err := s.Subscriber.Subscribe(t.Context(), broken); err != nil {
			t.Fatal(err)
		}
	}
	for topic, one := range s.states() {
		if one.State != connector.Active {
			t.Errorf("%s is %s", topic, one.State)
		}
	}
	hooks := s.fake.Webhooks()
	if len(hooks) != 8 { // the one that leads elsewhere stays
		t.Errorf("%d webhooks: %+v", len(hooks), hooks)
	}
	for _, made := range hooks {
		if made.URL == ourDoor && made.Secret != woocommercetest.Secret {
			t.Errorf("%s signs with %q, which the door does not know", made.Topic, made.Secret)
		}
	}
}

func TestEveryPageOfWebhooksIsRead(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	var hooks []woocommercetest.Webhook
	for i := range int64(230) {
		hooks = append(hooks, hook(i+1, "product.updated", "active", fmt.Sprintf("https://other.example/%d", i)))
	}
	s.fake.SetWebhooks(append(hooks, hook(231, "order.created", "active", ourDoor))...)
	if got := s.states()["order.created"]; got.State != connector.Active {
		t.Errorf("order.created is %s", got.State)
	}
}

func TestWebhooksAreNotLookedAfterWithoutOurAddress(t *testing.T) {
	t.Parallel()
	if s := openShop(t, map[string]string{"WOOCOMMERCE_WEBHOOK_URL": ""}); s.Subscriber != nil {
		t.Error("webhooks are looked after, with nowhere to lead")
	}
}

func TestAKeyThatMayOnlyReadIsNamed(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	s.fake.Answer(woocommercetest.Answer{Status: http.StatusUnauthorized, Body: `{"code":"woocommerce_rest_cannot_create","message":"x","data":{"status":401}}`})
	err := s.Subscriber.Subscribe(t.Context(), connector.Subscription{Topic: "order.created", State: connector.Missing})
	checkFault(t, err, fault.Unauthorized, fault.Auth, "")
	s.fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: `[{"name":"no id"}]`})
	_, err = s.Subscriber.Subscriptions(t.Context())
	checkFault(t, err, fault.Unavailable, fault.Intermittent, "[0].id")
}

func TestSubscribedTopicsAreThoseThatAreTranslated(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	for topic := range s.states() {
		body := woocommercetest.NewOrder(1, 1).Body()
		if slices.Contains([]string{"customer.created", "customer.updated"}, topic) {
			body = woocommercetest.Customer{ID: 7, Created: noon, Billing: woocommercetest.NewAddress(7)}.Body()
		}
		if topic == "order.deleted" {
			s.fake.Put(woocommercetest.NewOrder(1, 1))
			body = s.fake.Trash(1)
		}
		if topic == refundDeleted {
			_, err := s.Source.Translate(t.Context(), raw(topic, woocommercetest.RefundDeleted(200)))
			checkFault(t, err, fault.Rejected, fault.Conflict, "arg")
			continue
		}
		mustTranslate(t, s.Source, topic, body)
	}
}
