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

// register stores a customer who was changed so many seconds after noon.
func (s *shop) register(id int64, seconds int) woocommercetest.Customer {
	c := woocommercetest.Customer{
		ID: id, Created: noon.AddDate(-1, 0, 0), Modified: noon.Add(time.Duration(seconds) * time.Second), Billing: woocommercetest.NewAddress(id),
	}
	s.fake.PutCustomer(c)
	return c
}

// customers reads all pages of the customers who changed since noon.
func (s *shop) customers(between func(page int)) (ids []string) {
	s.Helper()
	ask := connector.Ask{Feed: s.Poller.Feeds()[1], Since: noon}
	for page := 1; page < 20; page++ {
		got, err := s.Poller.Changes(s.Context(), ask)
		if err != nil {
			s.Fatal(err)
		}
		for _, change := range got.Changes {
			ids = append(ids, change.ID)
		}
		if between != nil {
			between(page)
		}
		if ask.Cursor = got.Cursor; ask.Cursor == "" {
			return ids
		}
	}
	s.Fatal("the list does not end")
	return nil
}

func TestTheCustomerListReturnsThoseThatChanged(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	s.register(1, -1)
	s.register(2, 0)
	created := woocommercetest.Customer{ID: 3, Created: noon.Add(time.Minute), Billing: woocommercetest.NewAddress(3)}
	s.fake.PutCustomer(created, woocommercetest.Customer{ID: 4, Created: noon.Add(-time.Minute), Billing: woocommercetest.NewAddress(4)})
	if got := s.customers(nil); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("changed are %q", got)
	}
	feed := s.Poller.Feeds()[1]
	if want := (connector.Feed{Tenant: "shop.example", Topic: "customer.updated", Entity: "customer", Whole: true}); feed != want {
		t.Errorf("feed %+v", feed)
	}
	raw, err := s.Poller.Fetch(t.Context(), feed, connector.Change{ID: "3", At: noon})
	if err != nil || string(raw.Body) != string(created.Body()) || raw.Topic != "customer.updated" {
		t.Errorf("%+v, %v", raw, err)
	}
	polled, err := s.Source.Translate(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	delivered := mustTranslate(t, s.Source, "customer.created", created.Body())
	if p, w := polled.Events[0], delivered.Events[0]; !p.UpdatedAt.Equal(w.UpdatedAt) || p.Entity != w.Entity {
		t.Errorf("polled %+v, by webhook %+v", p, w)
	}
}

// TestNoCustomerIsMissedWhileOthersAreDeleted, which moves all later ones up.
func TestNoCustomerIsMissedWhileOthersAreDeleted(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	for i := range 250 {
		s.register(int64(1000+i), i)
	}
	got := s.customers(func(page int) {
		for i := range 40 {
			s.fake.RemoveCustomer(int64(1000 + 40*(page-1) + i))
		}
	})
	if lost := missing(got, 250); len(lost) > 0 {
		t.Errorf("missed %v", lost)
	}
}

func TestAnUnreadableCustomerDoesNotStopTheList(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	s.fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: fmt.Sprintf(`[%s,{"id":8,"email":"ada@example.com"}]`, s.register(7, 5).Body())})
	page, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.Poller.Feeds()[1], Since: noon})
	if err != nil || len(page.Changes) != 2 || page.Changes[0].Err != nil || page.Changes[0].Name != "" {
		t.Fatalf("%+v, %v", page, err)
	}
	checkFault(t, page.Changes[1].Err, fault.Invalid, fault.Schema, "date_modified_gmt")
}

func TestEachWebhookNamesItsFeed(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	topics := map[string]bool{}
	for _, feed := range s.Poller.Feeds() {
		topics[feed.Topic] = true
	}
	for topic, one := range s.states() {
		if topic == refundDeleted && one.Feed == "" {
			continue // no list shows what was deleted
		}
		if !topics[one.Feed] || topic[:5] != one.Feed[:5] {
			t.Errorf("%s has the feed %q", topic, one.Feed)
		}
	}
}

// TestAPausedWebhookIsNotRepaired, because only a person pauses one: the store disables it.
func TestAPausedWebhookIsNotRepaired(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	s.fake.SetWebhooks(
		hook(1, "order.created", "paused", ourDoor), hook(2, "order.updated", "paused", "https://old.example/"),
		hook(3, "customer.created", "disabled", ourDoor), hook(4, "customer.created", "paused", ourDoor), hook(5, "customer.created", "disabled", ourDoor),
		hook(6, "customer.updated", "paused", ourDoor), hook(7, "customer.updated", "active", ourDoor),
	)
	for topic, want := range map[string]connector.SubscriptionState{
		"order.created": connector.Paused, "order.updated": connector.Elsewhere,
		"customer.created": connector.Paused, "customer.updated": connector.Active,
	} {
		if got := s.states()[topic]; got.State != want {
			t.Errorf("%s is %s, want %s", topic, got.State, want)
		}
	}
}

// TestA6AnUnreadableCustomerIsReportedAfterAnUnchangedOne, although it has the date of that one.
func TestA6AnUnreadableCustomerIsReportedAfterAnUnchangedOne(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	s.fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: fmt.Sprintf(`[%s,{"id":8,"email":"ada@example.com"}]`, s.register(7, -5000).Body())})
	page, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.Poller.Feeds()[1], Since: noon})
	if err != nil || len(page.Changes) != 1 || page.Changes[0].ID != "8" || page.Changes[0].Err == nil {
		t.Fatalf("%+v, %v", page, err)
	}
}
