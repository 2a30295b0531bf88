package shopify_test

import (
	"fmt"
	"slices"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

const ourDoor = "https://causeway.example/hooks/shopify"

func (s *shop) states(t *testing.T) map[string]connector.SubscriptionState {
	t.Helper()
	all, err := s.Subscriber.Subscriptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]connector.SubscriptionState{}
	for _, one := range all {
		states[one.Topic] = one.State
	}
	return states
}

func TestSubscriptionsReportMissingAndMisdirectedOnes(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor})
	s.fake.Subscribe(ourDoor, "orders/create", "orders/paid", "orders/fulfilled")
	s.fake.Subscribe("https://old.example/", "orders/paid", "orders/updated")
	want := map[string]connector.SubscriptionState{
		"orders/create": connector.Active, "orders/paid": connector.Active, "orders/updated": connector.Elsewhere,
		"orders/cancelled": connector.Missing, "orders/edited": connector.Missing, "refunds/create": connector.Missing, "customers/create": connector.Missing, "customers/update": connector.Missing,
	}
	got := s.states(t)
	for topic, state := range want {
		if got[topic] != state {
			t.Errorf("%s is %q, want %q", topic, got[topic], state)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
}

func TestEachSubscriptionNamesItsFeed(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor})
	all, err := s.Subscriber.Subscriptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if want := map[bool]string{true: "orders/updated", false: "customers/update"}[one.Topic[:3] != "cus"]; one.Feed != want {
			t.Errorf("%s has the feed %q", one.Topic, one.Feed)
		}
	}
}

func TestMissingSubscriptionsAreCreated(t *testing.T) {
	t.Parallel()
	for _, address := range []string{ourDoor, "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/580111/connectors"} {
		s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": address})
		s.fake.Subscribe("https://old.example/", "orders/updated")
		all, err := s.Subscriber.Subscriptions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			if err := s.Subscriber.Subscribe(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		for topic, state := range s.states(t) {
			if state != connector.Active {
				t.Errorf("%s: %s is %s", address, topic, state)
			}
		}
		if err := s.Subscriber.Subscribe(t.Context(), all[0]); err != nil { // as a second poller would
			t.Errorf("again: %v", err)
		}
		if n := len(s.fake.Subscriptions()); n != 9 { // the one that leads elsewhere stays
			t.Errorf("%d subscriptions", n)
		}
	}
}

func TestASubscriptionThatIsRefusedNamesTheField(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": "http://plain.example/"})
	err := s.Subscriber.Subscribe(t.Context(), connector.Subscription{Tenant: shopifytest.Shop, Topic: "orders/create"})
	wantFault(t, err, fault.Rejected, fault.Config, "webhookSubscription.uri")
}

func TestEveryPageOfSubscriptionsIsRead(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor})
	for i := range 230 {
		s.fake.Subscribe(fmt.Sprintf("https://other.example/%d", i), "orders/fulfilled")
	}
	s.fake.Subscribe(ourDoor, "orders/create")
	if got := s.states(t)["orders/create"]; got != connector.Active {
		t.Errorf("orders/create is %s", got)
	}
}

// TestAShopThatCannotBeAskedDoesNotHideTheOthers: the token belongs to one of two shops.
func TestAShopThatCannotBeAskedDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor, "SHOPIFY_SHOPS": "other.myshopify.com," + shopifytest.Shop})
	s.fake.Answer(shopifytest.Answer{Status: 401, Body: `{"errors":"[API] Invalid API key or access token"}`})
	all, err := s.Subscriber.Subscriptions(t.Context())
	if fault.KindOf(err) != fault.Unauthorized || len(all) != 8 || all[0].Tenant != shopifytest.Shop {
		t.Errorf("%v, %+v", err, all)
	}
}

func TestTheTopicsOfASubscriptionAreThoseThatAreTranslated(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor})
	for topic := range s.states(t) {
		body := shopifytest.Sample()
		if slices.Contains([]string{"customers/create", "customers/update"}, topic) {
			body = mustRead(t, "customers-create.sample", "in.json")
		}
		switch topic {
		case "orders/edited":
			body = []byte(`{"order_edit":{"id":1,"order_id":820982911946154508}}`)
		case "refunds/create":
			body = []byte(`{"id":1,"order_id":820982911946154508}`)
		}
		s.fake.Put(shopifytest.Sample())
		s.mustTranslate(t, topic, body)
	}
}
