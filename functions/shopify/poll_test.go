package shopify_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// feed returns the feed of the entity.
func (s *shop) feed(entity string) connector.Feed {
	for _, feed := range s.Poller.Feeds() {
		if feed.Entity == entity {
			return feed
		}
	}
	return connector.Feed{}
}

// all lists every change since the time; between is called after each page.
func (s *shop) all(t testing.TB, entity string, since time.Time, between func(page int)) (all []connector.Change, pages int) {
	t.Helper()
	ask := connector.Ask{Feed: s.feed(entity), Since: since}
	for {
		page, err := s.Poller.Changes(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		all, pages = append(all, page.Changes...), pages+1
		if between != nil {
			between(pages)
		}
		if ask.Cursor = page.Cursor; ask.Cursor == "" {
			return all, pages
		}
	}
}

// polled returns the raw message and the events of a polled entity.
func (s *shop) polled(t testing.TB, entity, id string) (*message.Raw, []connector.Event) {
	t.Helper()
	changes, _ := s.all(t, entity, shopifytest.Start.AddDate(-10, 0, 0), nil)
	i := slices.IndexFunc(changes, func(c connector.Change) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("%s %s is not among %+v", entity, id, changes)
	}
	raw, err := s.Poller.Fetch(t.Context(), s.feed(entity), changes[i])
	if err != nil {
		t.Fatal(err)
	}
	translation, err := s.Source.Translate(t.Context(), raw)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw.Body)
	}
	return raw, translation.Events
}

// TestPolledOrderEqualsItsWebhook polls every recorded and built order, and compares it with
// the translation of its webhook, byte by byte in the canonical form.
func TestPolledOrderEqualsItsWebhook(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join("testdata", "orders-*"))
	if err != nil || len(folders) < 10 {
		t.Fatalf("%d cases, %v", len(folders), err)
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			s.memory.forgets = ""
			body := mustRead(t, name, "in.json")
			s.fake.Put(body)
			if strings.HasSuffix(name, "split-tender") {
				s.fake.Pay("4242", sale(1, "SALE", "SUCCESS", "gift_card", 5000), sale(2, "SALE", "SUCCESS", "shopify_payments", 10750))
			}
			delivered := s.mustTranslate(t, "orders/updated", body)
			want := order(t, delivered)
			_, got := s.polled(t, "order", want.ID)
			if diff := cmp.Diff(encoded(t, want), encoded(t, order(t, got))); diff != "" {
				t.Errorf("webhook -, polled +\n%s", diff)
			}
			if !slices.EqualFunc(delivered, got, func(a, b connector.Event) bool {
				return a.Type == b.Type && a.Entity == b.Entity && a.UpdatedAt.Equal(b.UpdatedAt) && b.Hint.IsZero()
			}) {
				t.Errorf("the webhook gives %+v, the poll %+v", delivered, got)
			}
		})
	}
}

func encoded(t testing.TB, body any) string {
	t.Helper()
	if err := canonical.Validate(body); err != nil {
		t.Fatal(err)
	}
	data, err := canonical.Encode(body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), ",", ",\n")
}

func TestPollerConforms(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 260, Open: func(t *testing.T) connectortest.PolledSystem {
		s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor})
		return connectortest.PolledSystem{
			System: s.System, Feed: s.feed("order"), At: shopifytest.Start,
			Change: func(id int64, at time.Time) { s.fake.Put(shopifytest.Purchase{ID: id, UpdatedAt: at}.Body()) },
			End:    func(_ *testing.T, topic string) { s.fake.Unsubscribe(topic) },
		}
	}})
}

func TestAPolledOrderIsChangedOrCancelled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		purchase shopifytest.Purchase
		want     []string
	}{
		"open":      {shopifytest.Purchase{ID: 42}, []string{"customer.upserted", "order.changed", "payment.captured"}},
		"cancelled": {shopifytest.Purchase{ID: 42, CancelledAt: shopifytest.Start, Financial: "pending"}, []string{"customer.upserted", "order.cancelled"}},
	} {
		s := open(t, nil)
		s.fake.Put(c.purchase.Body())
		raw, events := s.polled(t, "order", "42")
		if got := types(events); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if raw.Trigger != message.Poll || raw.Topic != "orders/updated" || raw.Tenant != shopifytest.Shop {
			t.Errorf("%s: raw %+v", name, raw)
		}
	}
}

func TestAPolledPaymentIsDatedByItsTransaction(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	placed := shopifytest.Start
	s.fake.Put(shopifytest.Purchase{ID: 42, UpdatedAt: placed.AddDate(0, 0, 9)}.Body())
	later := sale(2, "CAPTURE", "SUCCESS", "shopify_payments", 100)
	later.At = placed.AddDate(0, 0, 3)
	failed := sale(3, "CAPTURE", "FAILURE", "shopify_payments", 100)
	failed.At = placed.AddDate(0, 0, 5)
	s.fake.Pay("42", sale(1, "AUTHORIZATION", "SUCCESS", "shopify_payments", 100), later, failed)
	_, events := s.polled(t, "order", "42")
	if paid := payments(events); len(paid) != 1 || !paid[0].At.Equal(later.At) {
		t.Errorf("paid %+v, want at %v", paid, later.At)
	}
}

func TestALineThatIsATipIsNoGoods(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	tipped := shopifytest.Purchase{ID: 42, Tip: 500, Items: []shopifytest.Item{
		{ID: 1, SKU: "TEE", Title: "Tee", Quantity: 1, Price: 2000},
		{ID: 2, Title: "Tip", Quantity: 1, Price: 500, Custom: true, Digital: true},
	}, Change: func(order map[string]any) { // the sum counts the tip twice: as a line, and as received
		for _, name := range []string{"total_price", "current_total_price"} {
			order[name+"_set"] = map[string]any{
				"shop_money":        map[string]any{"amount": "25.00", "currency_code": "USD"},
				"presentment_money": map[string]any{"amount": "25.00", "currency_code": "USD"},
			}
		}
	}}
	s.fake.Put(tipped.Body())
	_, events := s.polled(t, "order", "42")
	if o := order(t, events); len(o.Lines) != 1 || len(o.Charges) != 1 || o.Charges[0].Amount.Minor != 500 {
		t.Errorf("lines %+v, charges %+v", o.Lines, o.Charges)
	}
	goods := shopifytest.Purchase{ID: 43, Items: []shopifytest.Item{{ID: 2, Title: "Tip", Quantity: 1, Price: 500, Custom: true}}}
	s.fake.Put(goods.Body())
	_, events = s.polled(t, "order", "43")
	if o := order(t, events); len(o.Lines) != 1 || len(o.Charges) != 0 {
		t.Errorf("lines %+v, charges %+v", o.Lines, o.Charges)
	}
}

func TestPolledCustomerEqualsItsWebhook(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	body := mustRead(t, "customers-create.sample", "in.json")
	s.fake.PutCustomer(body)
	want := bodyOf[*canonical.Customer](t, s.mustTranslate(t, "customers/create", body), canonical.CustomerUpserted)
	raw, events := s.polled(t, "customer", want.ID)
	if diff := cmp.Diff(encoded(t, want), encoded(t, bodyOf[*canonical.Customer](t, events, canonical.CustomerUpserted))); diff != "" {
		t.Errorf("webhook -, polled +\n%s", diff)
	}
	if raw.Topic != "customers/update" || raw.Trigger != message.Poll {
		t.Errorf("raw %+v", raw)
	}
	if changes, _ := s.all(t, "customer", shopifytest.Start.AddDate(-10, 0, 0), nil); changes[0].Name != "" {
		t.Error("the change has the customer's name, which the ledger would show")
	}
}

func TestEveryLineOfALongOrderIsRead(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	body := shopifytest.Order(130)
	s.fake.Put(body)
	want := order(t, s.mustTranslate(t, "orders/create", body))
	_, events := s.polled(t, "order", want.ID)
	if got := order(t, events); len(got.Lines) != 130 || got.Total != want.Total || got.Lines[129].ID != want.Lines[129].ID {
		t.Errorf("%d lines, total %v, want 130 and %v", len(got.Lines), got.Total, want.Total)
	}
}

// TestAnOrderThatChangesBetweenItsPagesIsNotMixed from lines of two versions.
func TestAnOrderThatChangesBetweenItsPagesIsNotMixed(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	changes := func(id string) connector.Change { return connector.Change{ID: id, At: shopifytest.Start} }
	const page = `{"data":{"shop":{"ianaTimezone":"UTC"},"order":{"id":"42","updated_at":"%s","line_items":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"%s"}}}}}`
	for name, second := range map[string]string{
		"changed":      fmt.Sprintf(page, "2026-11-22T21:05:45Z", "b"),
		"same page":    fmt.Sprintf(page, "2026-11-22T21:05:44Z", "a"),
		"gone":         `{"data":{"order":null}}`,
		"out of shape": `{"data":{"order":{"line_items":7}}}`,
	} {
		s.fake.Answer(answer(fmt.Sprintf(page, "2026-11-22T21:05:44Z", "a")), answer(second))
		raw, err := s.Poller.Fetch(t.Context(), s.feed("order"), changes("42"))
		if fault.KindOf(err) != fault.Unavailable || raw != nil {
			t.Errorf("%s: %v, %v", name, raw, err)
		}
	}
	if raw, err := s.Poller.Fetch(t.Context(), s.feed("order"), changes("404")); raw != nil || err != nil {
		t.Errorf("an order that is gone: %v, %v", raw, err)
	}
}

func answer(body string) shopifytest.Answer { return shopifytest.Answer{Status: 200, Body: body} }

// TestNothingIsMissedWhileOrdersChangeUnderThePages changes orders of pages that were read,
// and of pages that were not.
func TestNothingIsMissedWhileOrdersChangeUnderThePages(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	put := func(id int64, seconds int) {
		at := shopifytest.Start.Add(time.Duration(seconds) * time.Second)
		s.fake.Put(shopifytest.Purchase{ID: id, UpdatedAt: at}.Body())
	}
	for i := range int64(520) {
		put(1000+i, int(i/100)) // a hundred a second
	}
	changes, pages := s.all(t, "order", shopifytest.Start, func(page int) {
		if page < 3 {
			put(int64(1000+page), 900)      // seen
			put(int64(1249), 901)           // the one that the first cursor names
			put(int64(1500+page), 900+page) // not seen yet
		}
	})
	seen := map[string]bool{}
	for _, change := range changes {
		seen[change.ID] = true
	}
	if len(seen) != 520 || pages != 3 {
		t.Errorf("%d of 520 orders in %d pages", len(seen), pages)
	}
}

func TestTheTimeItselfIsIncluded(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(shopifytest.Purchase{ID: 42, Number: 1001}.Body())
	changes, _ := s.all(t, "order", shopifytest.Start, nil)
	if len(changes) != 1 || changes[0].Name != "#1001" || !changes[0].At.Equal(shopifytest.Start) {
		t.Errorf("changes %+v", changes)
	}
	if changes, _ = s.all(t, "order", shopifytest.Start.Add(time.Second), nil); len(changes) != 0 {
		t.Errorf("changes %+v", changes)
	}
}

func TestPollingWithoutATokenNamesTheSetting(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_ADMIN_TOKEN": "", "SHOPIFY_WEBHOOK_URL": "https://causeway.example/hooks/shopify"})
	if len(s.Poller.Feeds()) != 2 || s.Subscriber != nil {
		t.Errorf("feeds %+v, subscriber %v", s.Poller.Feeds(), s.Subscriber)
	}
	_, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.feed("order"), Since: now})
	wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_ADMIN_TOKEN")
}

func TestPollingClassifiesAsEverywhere(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for name, c := range map[string]struct {
		body  string
		kind  fault.Kind
		after time.Duration
	}{
		"throttled": {`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":252,"throttleStatus":{"currentlyAvailable":52,"restoreRate":100}}}}`, fault.Throttled, 2 * time.Second},
		"denied":    {`{"errors":[{"message":"x","extensions":{"code":"ACCESS_DENIED"}}]}`, fault.Unauthorized, 0},
		"no id":     {`{"data":{"orders":{"nodes":[{"updated_at":"2026-11-22T21:05:44Z"}],"pageInfo":{"hasNextPage":false}}}}`, fault.Unavailable, 0},
		"no time":   {`{"data":{"orders":{"nodes":[{"id":"1"}],"pageInfo":{"hasNextPage":false}}}}`, fault.Unavailable, 0},
	} {
		s.fake.Answer(answer(c.body))
		_, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.feed("order"), Since: now})
		if fault.KindOf(err) != c.kind || fault.As(err).After != c.after || fault.As(err).Doing == "" {
			t.Errorf("%s: %+v", name, fault.As(err))
		}
	}
	for _, zone := range []string{"", "Mars/Olympus"} {
		s.fake.Answer(answer(`{"data":{"shop":{"ianaTimezone":"` + zone + `"},"order":{"id":"42","updated_at":"2026-11-22T21:05:44Z","line_items":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}}`))
		_, err := s.Poller.Fetch(t.Context(), s.feed("order"), connector.Change{ID: "42"})
		wantFault(t, err, fault.Unavailable, fault.Config, "ianaTimezone")
	}
	_, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.feed("order"), Since: now, Cursor: "none of Shopify's"})
	if fault.KindOf(err) != fault.Rejected {
		t.Errorf("a rejected cursor: %v", err)
	}
}

func FuzzPolledOrder(f *testing.F) {
	s := open(f, nil)
	s.fake.Put(shopifytest.Sample())
	raw, _ := s.polled(f, "order", "820982911946154508")
	f.Add([]byte(`{"data":{"order":` + string(raw.Body) + `}}`))
	f.Add([]byte(`{"data":{"shop":{"ianaTimezone":"UTC"},"order":{"id":"1","updated_at":"x","tags":["a"],"line_items":{"nodes":[{"id":"gid://shopify/LineItem/1","product_id":null}],"pageInfo":{"hasNextPage":false}}}}}`))
	settings := s.fake.Settings("https://shop.example")
	f.Fuzz(func(t *testing.T, body []byte) {
		system, err := shopify.Open(settings, connector.Deps{HTTP: always(body), Now: func() time.Time { return now }, CrossRef: &memory{bound: map[string]string{}}})
		if err != nil {
			t.Fatal(err)
		}
		one := &shop{System: system}
		raw, err := one.Poller.Fetch(t.Context(), one.feed("order"), connector.Change{ID: "1", At: now})
		if err != nil && fault.As(err).Doing == "" {
			t.Errorf("%v does not say what was attempted", err)
		}
		if err != nil || raw == nil {
			return
		}
		if _, err := one.Source.Translate(t.Context(), raw); err != nil && fault.KindOf(err) == fault.Unknown {
			t.Errorf("translating the composed body: %v", err)
		}
	})
}

// always is a transport with one answer.
type always []byte

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(a)), ContentLength: int64(len(a)), Request: r,
	}, nil
}

func Example_polling() {
	profile := shopify.Profile()
	fmt.Println(slices.Contains(profile.Roles, connector.Poll))
	// Output: true
}
