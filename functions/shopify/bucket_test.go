package shopify_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port/porttest"
)

// paid is a shop whose queries are paid from a bucket. Its clock advances with each query and
// with each wait.
type paid struct {
	*shop
	clock   *porttest.Clock
	takes   time.Duration // each query
	asked   int
	refused int // by Shopify
}

// RoundTrip passes the query to the fake, and advances the clock by its duration.
func (p *paid) RoundTrip(r *http.Request) (*http.Response, error) {
	p.clock.Advance(p.takes)
	recorder := httptest.NewRecorder()
	p.fake.ServeHTTP(recorder, r)
	p.asked++
	if strings.Contains(recorder.Body.String(), `"THROTTLED"`) {
		p.refused++
	}
	response := recorder.Result()
	response.Request, response.Proto, response.ProtoMajor, response.ProtoMinor = r, "HTTP/1.1", 1, 1
	return response, nil
}

func openPaid(t *testing.T, changed overrides) *paid {
	t.Helper()
	p := &paid{clock: porttest.NewClock(shopifytest.Start.Add(24 * time.Hour)), takes: 300 * time.Millisecond, shop: &shop{fake: shopifytest.New()}}
	p.fake.Now = p.clock.Now
	settings := p.fake.Settings("https://shop.example")
	maps.Copy(settings, changed)
	var err error
	p.System, err = shopify.Open(settings, connector.Deps{HTTP: p, Now: p.clock.Now, CrossRef: &memory{bound: map[string]string{}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// patiently repeats a call until it is not throttled, and waits as long as the fault says.
func (p *paid) patiently(t *testing.T, call func() error) {
	t.Helper()
	for {
		err := call()
		if err == nil {
			return
		}
		if fault.KindOf(err) != fault.Throttled || fault.As(err).After <= 0 {
			t.Fatal(err)
		}
		p.clock.Advance(fault.As(err).After)
	}
}

// TestManyOrdersAreFetchedThroughTheSmallestBucket expects hardly any refusal: a query
// is sent only once the bucket holds its points.
func TestManyOrdersAreFetchedThroughTheSmallestBucket(t *testing.T) {
	t.Parallel()
	p := openPaid(t, nil)
	const orders = 150
	begun := p.clock.Now()
	for i := range int64(orders) {
		p.fake.Put(shopifytest.Purchase{ID: 1000 + i, UpdatedAt: begun.Add(-5*time.Hour + time.Duration(i)*36*time.Second)}.Body())
	}
	ask, fetched := connector.Ask{Feed: p.feed("order"), Since: begun.Add(-6 * time.Hour)}, 0
	for more := true; more; more = ask.Cursor != "" {
		var page connector.Page
		p.patiently(t, func() (err error) {
			page, err = p.Poller.Changes(t.Context(), ask)
			return err
		})
		for _, change := range page.Changes {
			p.patiently(t, func() error {
				_, err := p.Poller.Fetch(t.Context(), ask.Feed, change)
				return err
			})
			fetched++
		}
		ask.Cursor = page.Cursor
	}
	if took := p.clock.Now().Sub(begun); fetched != orders || took > 5*time.Minute {
		t.Errorf("%d of %d orders fetched in %v", fetched, orders, took)
	}
	if p.refused > 2 {
		t.Errorf("Shopify refused %d of %d queries", p.refused, p.asked)
	}
}

// TestAQueryWaitsUntilTheBucketHoldsIt expects a throttled fault before Shopify rejects a query.
func TestAQueryWaitsUntilTheBucketHoldsIt(t *testing.T) {
	t.Parallel()
	p := openPaid(t, nil)
	p.fake.Put(shopifytest.Sample())
	fetch := func() error {
		_, err := p.Poller.Fetch(t.Context(), p.feed("order"), connector.Change{ID: "820982911946154508"})
		return err
	}
	var err error
	for n := 0; err == nil && n < 100; n++ {
		err = fetch()
	}
	slowly := fault.As(err)
	if slowly == nil || slowly.Kind != fault.Throttled || slowly.After < time.Second || slowly.After > 7*time.Second || p.refused != 0 {
		t.Fatalf("%+v after %d queries, of which %d were refused", slowly, p.asked, p.refused)
	}
	if !strings.HasPrefix(err.Error(), "fetching order 820982911946154508 of ") {
		t.Errorf("%v does not say what was attempted", err)
	}
	p.clock.Advance(slowly.After)
	if err := fetch(); err != nil || p.refused != 0 {
		t.Errorf("after the wait: %v", err)
	}
}

// TestAnotherProgramMayEmptyTheBucket: then Shopify throttles, and the fault has the time to wait.
func TestAnotherProgramMayEmptyTheBucket(t *testing.T) {
	t.Parallel()
	p := openPaid(t, nil)
	p.fake.Put(shopifytest.Sample())
	other := openPaid(t, nil)
	other.fake, other.clock, other.takes, p.takes = p.fake, p.clock, 0, 0
	var err error
	if other.System, err = shopify.Open(p.fake.Settings("https://shop.example"), connector.Deps{HTTP: other, Now: p.clock.Now}); err != nil {
		t.Fatal(err)
	}
	fetch := func(who *paid) error {
		_, err := who.Poller.Fetch(t.Context(), p.feed("order"), connector.Change{ID: "820982911946154508"})
		return err
	}
	if err := fetch(p); err != nil {
		t.Fatal(err)
	}
	for fetch(other) == nil {
	}
	err = fetch(p)
	if p.refused != 1 || fault.KindOf(err) != fault.Throttled {
		t.Fatalf("%v, %d refused", err, p.refused)
	}
	if asked := p.asked; fetch(p) == nil || p.asked != asked {
		t.Error("the query was sent again at once")
	}
	p.clock.Advance(fault.As(err).After)
	if err := fetch(p); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// TestAnAnswerWithoutACostIsNotCharged, and neither is a call without an answer.
func TestAnAnswerWithoutACostIsNotCharged(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(shopifytest.Sample())
	for range 10 {
		if _, err := s.Poller.Fetch(t.Context(), s.feed("order"), connector.Change{ID: "820982911946154508"}); err != nil {
			t.Fatal(err)
		}
		s.fake.Answer(answer(`{"data":{"order":null}}`), shopifytest.Answer{Status: http.StatusBadGateway, Body: "{}"})
		for range 2 {
			if _, err := s.Poller.Fetch(t.Context(), s.feed("order"), connector.Change{ID: "820982911946154508"}); fault.KindOf(err) == fault.Throttled {
				t.Fatal(err)
			}
		}
	}
}

// TestAnUnreadableCustomerDoesNotStopTheList has one that is fetched by itself later.
func TestAnUnreadableCustomerDoesNotStopTheList(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Answer(answer(`{"data":{"shop":{"ianaTimezone":"UTC"},"customers":{"nodes":[` +
		`{"id":"1","updated_at":"2026-11-22T21:05:44Z","email":7},{"id":"2","updated_at":"2026-11-22T21:05:45Z","email":null}],"pageInfo":{"hasNextPage":false}}}}`))
	page, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.feed("customer"), Since: now})
	if err != nil || len(page.Changes) != 2 || page.Changes[1].Err != nil || page.Changes[1].Body == nil {
		t.Fatalf("%+v, %v", page.Changes, err)
	}
	wantFault(t, page.Changes[0].Err, fault.Unavailable, fault.Intermittent, "email")
	if page.Changes[0].ID != "1" || page.Changes[0].At.IsZero() {
		t.Errorf("the unreadable customer has no id or date: %+v", page.Changes[0])
	}
	body := mustRead(t, "customers-create.sample", "in.json")
	s.fake.PutCustomer(body)
	listed, _ := s.polled(t, "customer", "706405506930370084")
	again, err := s.Poller.Fetch(t.Context(), s.feed("customer"), connector.Change{ID: "706405506930370084"})
	if err != nil || string(again.Body) != string(listed.Body) {
		t.Errorf("listed %s, fetched %s, %v", listed.Body, again.Body, err)
	}
	if gone, err := s.Poller.Fetch(t.Context(), s.feed("customer"), connector.Change{ID: "5"}); gone != nil || err != nil {
		t.Errorf("one that is gone: %+v, %v", gone, err)
	}
}
