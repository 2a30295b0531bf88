package woocommerce_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// shop is a connector opened against a fake that is served.
type shop struct {
	connector.System
	*testing.T
	fake *woocommercetest.Fake
}

const ourDoor = "https://causeway.example/hooks/woocommerce"

func openShop(t *testing.T, changes map[string]string) *shop {
	t.Helper()
	fake := woocommercetest.New()
	fake.Now = func() time.Time { return noon }
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	settings := map[string]string{"WOOCOMMERCE_API_URL": server.URL, "WOOCOMMERCE_WEBHOOK_URL": ourDoor}
	for key, value := range changes {
		settings[key] = value
	}
	return &shop{mustOpen(t, settings), t, fake}
}

// put stores an order that was changed so many seconds after noon.
func (s *shop) put(id int64, seconds int) woocommercetest.Order {
	order := woocommercetest.NewOrder(id, 1)
	order.Modified = noon.Add(time.Duration(seconds) * time.Second)
	s.fake.Put(order)
	return order
}

// all reads all pages; between is called after each.
func (s *shop) all(since time.Time, between func(page int)) (ids []string, pages int) {
	s.Helper()
	ask := connector.Ask{Feed: s.Poller.Feeds()[0], Since: since}
	for {
		page, err := s.Poller.Changes(s.Context(), ask)
		if err != nil {
			s.Fatal(err)
		}
		for _, change := range page.Changes {
			ids = append(ids, change.ID)
		}
		pages++
		if between != nil {
			between(pages)
		}
		if page.Cursor == "" {
			return ids, pages
		}
		if pages > 50 {
			s.Fatal("the list does not end")
		}
		ask.Cursor = page.Cursor
	}
}

func TestPollerConforms(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 130, Open: func(t *testing.T) connectortest.PolledSystem {
		s := openShop(t, nil)
		return connectortest.PolledSystem{
			System: s.System, Feed: s.Poller.Feeds()[0], At: noon,
			Change: func(id int64, at time.Time) { s.put(id, int(at.Sub(noon).Seconds())) },
			End: func(_ *testing.T, topic string) {
				hooks := s.fake.Webhooks()
				for i := range hooks {
					if hooks[i].Topic == topic {
						hooks[i].Status = "disabled"
					}
				}
				s.fake.SetWebhooks(hooks...)
			},
		}
	}})
}

func TestOrdersAreListedByTheirLastChange(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	for id, second := range map[int64]int{1: 5, 2: 4, 3: 6, 4: 3} {
		s.put(id, second)
	}
	if feeds := s.Poller.Feeds(); len(feeds) != 3 || feeds[0] != (connector.Feed{Tenant: "shop.example", Topic: "order.updated", Entity: "order"}) {
		t.Fatalf("feeds %+v", feeds)
	}
	page, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.Poller.Feeds()[0], Since: noon.Add(4 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, change := range page.Changes {
		got = append(got, change.ID+"@"+change.At.Format(time.RFC3339)+" "+change.Name)
	}
	want := []string{"2@2026-11-22T12:00:04Z 2", "1@2026-11-22T12:00:05Z 1", "3@2026-11-22T12:00:06Z 3"}
	if !slices.Equal(got, want) || page.Cursor != "" {
		t.Errorf("got %q, cursor %q, want %q: the second of the time itself is included", got, page.Cursor, want)
	}
	asked := s.fake.Asked()[0]
	if asked.Get("modified_after") != "2026-11-22T12:00:03" || asked.Get("dates_are_gmt") != "true" || asked.Get("per_page") != "100" {
		t.Errorf("asked %v", asked)
	}
}

// TestNothingIsMissedWhileOrdersChangeUnderThePages changes an order of every page that was
// read, which moves all later ones up by one.
func TestNothingIsMissedWhileOrdersChangeUnderThePages(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	for i := range 350 {
		s.put(int64(1000+i), i/3) // three a second
	}
	ids, pages := s.all(noon, func(page int) {
		if page < 4 {
			s.put(int64(1000+page*40), 500)
		}
	})
	for i := range 350 {
		if id := fmt.Sprint(1000 + i); !slices.Contains(ids, id) {
			t.Errorf("order %s was missed in %d pages", id, pages)
		}
	}
}

func TestASecondThatFillsPagesIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"just a page": 100, "two and a half": 250, "three": 300} {
		s := openShop(t, nil)
		s.put(1, 0)
		for i := range n {
			s.put(int64(1000+i), 10)
		}
		s.put(2, 11)
		ids, _ := s.all(noon, nil)
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) != n+2 {
			t.Errorf("%s: %d orders of %d", name, len(ids), n+2)
		}
	}
}

func TestAnAnswerThatIsTooLargeIsAskedForInSmallerPages(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	for i := range 25 {
		s.put(int64(100+i), i)
	}
	s.fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: "[" + strings.Repeat(" ", 10<<20) + "]"})
	ids, pages := s.all(noon, nil)
	slices.Sort(ids)
	if pages != 2 || len(slices.Compact(ids)) != 25 {
		t.Errorf("%d orders in %d pages", len(ids), pages)
	}
}

// TestAPolledOrderEqualsItsWebhook, byte by byte.
func TestAPolledOrderEqualsItsWebhook(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	order := s.put(77, 0)
	page, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.Poller.Feeds()[0], Since: noon})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Poller.Fetch(t.Context(), s.Poller.Feeds()[0], page.Changes[0])
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Body) != string(order.Body()) || got.Trigger != message.Poll || got.Topic != "order.updated" || got.Tenant != "shop.example" {
		t.Errorf("raw %s %s %s", got.Trigger, got.Topic, got.Body)
	}
	polled, err := s.Source.Translate(t.Context(), got)
	if err != nil {
		t.Fatal(err)
	}
	if kinds := types(polled); kinds != "customer.upserted order.changed payment.captured" {
		t.Errorf("its events are %s", kinds)
	}
	delivered := mustTranslate(t, s.Source, "order.created", order.Body())
	for i, w := range delivered.Events {
		if p := polled.Events[i]; !p.UpdatedAt.Equal(w.UpdatedAt) || p.Entity != w.Entity || !p.Hint.IsZero() {
			t.Errorf("polled %+v, by webhook %+v", p, w)
		}
	}
	cancelled := mustEdit(t, order.Body(), map[string]any{"status": "cancelled"})
	got.Body = cancelled
	if polled, err = s.Source.Translate(t.Context(), got); err != nil || types(polled) != "customer.upserted order.cancelled payment.captured" {
		t.Errorf("cancelled, its events are %s, %v", types(polled), err)
	}
}

func TestPollingNamesTheSettingThatIsMissing(t *testing.T) {
	t.Parallel()
	system := mustOpen(t, map[string]string{"WOOCOMMERCE_CONSUMER_KEY": "", "WOOCOMMERCE_CONSUMER_SECRET": ""})
	_, err := system.Poller.Changes(t.Context(), connector.Ask{Feed: system.Poller.Feeds()[0], Since: noon})
	checkFault(t, err, fault.Rejected, fault.Config, "WOOCOMMERCE_CONSUMER_KEY")
	if system.Subscriber != nil {
		t.Error("there is a subscriber without a key")
	}
}

func TestAListThatIsBrokenIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, field string }{
		"no list":   {`{}`, ""},
		"cut off":   {`[{"id":1,`, ""},
		"no id":     {`[{"number":"1","date_modified_gmt":"2026-11-22T12:00:00"}]`, "id"},
		"no number": {`[{"id":"one","number":"1","date_modified_gmt":"2026-11-22T12:00:00"}]`, "id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, nil)
			s.fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: c.body})
			_, err := s.Poller.Changes(t.Context(), connector.Ask{Since: noon})
			checkFault(t, err, fault.Unavailable, fault.Intermittent, c.field)
		})
	}
	s := openShop(t, nil)
	for _, cursor := range []string{"elsewhere", "1/2", "1/2/x", "1/-2/3", "1/2/3/4", "12+0"} {
		_, err := s.Poller.Changes(t.Context(), connector.Ask{Since: noon, Cursor: cursor})
		checkFault(t, err, fault.Rejected, fault.Value, "cursor")
	}
	s.fake.Answer(woocommercetest.Answer{Status: http.StatusTooManyRequests, Body: `{"code":"slow"}`})
	_, err := s.Poller.Changes(t.Context(), connector.Ask{Since: noon})
	if fault.KindOf(err) != fault.Throttled {
		t.Errorf("429 gave %v", err)
	}
}

// TestALocalDateIsReadInTheStoresZone is for stores without the UTC twin.
func TestALocalDateIsReadInTheStoresZone(t *testing.T) {
	t.Parallel()
	s := openShop(t, map[string]string{"WOOCOMMERCE_TIMEZONE": "America/New_York"})
	s.fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: `[{"id":1,"number":"1","date_modified":"2026-11-22T07:00:00"}]`})
	page, err := s.Poller.Changes(t.Context(), connector.Ask{Since: noon})
	if err != nil || !page.Changes[0].At.Equal(noon) {
		t.Errorf("%+v, %v", page.Changes, err)
	}
}

func FuzzChanges(f *testing.F) {
	f.Add(append(append([]byte("["), woocommercetest.NewOrder(1, 2).Body()...), ']'))
	f.Add([]byte(`[{"id":1,"number":"1","date_modified_gmt":"2026-11-22T12:00:00"}]`))
	settings := woocommercetest.New().Settings("https://shop.example")
	f.Fuzz(func(t *testing.T, body []byte) {
		system, err := woocommerce.Open(settings, deps(answered{status: 200, body: string(body)}))
		if err != nil {
			t.Fatal(err)
		}
		page, err := system.Poller.Changes(t.Context(), connector.Ask{Since: noon})
		if err != nil && fault.As(err).Doing == "" {
			t.Errorf("%v does not say what was attempted", err)
		}
		for _, change := range page.Changes {
			if change.ID == "" || change.At.IsZero() || (len(change.Body) == 0) != (change.Err != nil) {
				t.Errorf("half a change: %+v", change)
			}
		}
	})
}
