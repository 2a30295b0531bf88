package shopify_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
)

// masterOf opens a shop that is master of the stock of the location place.
func masterOf(t testing.TB, changed overrides) *shop {
	t.Helper()
	all := overrides{"SHOPIFY_MASTER_LOCATIONS": place}
	for key, value := range changed {
		all[key] = value
	}
	return open(t, all)
}

// level returns what the webhook of the SKU's level becomes.
func (s *shop) level(t testing.TB, sku string) (connector.Translation, error) {
	t.Helper()
	return s.translate(t, "inventory_levels/update", s.fake.LevelBody(sku, place))
}

func TestALevelIsReadAnewWithItsSKU(t *testing.T) {
	t.Parallel()
	s := masterOf(t, nil)
	s.fake.Stock("TEE-BLK-M", place, 38)
	body := s.fake.LevelBody("TEE-BLK-M", place)
	s.fake.Stock("TEE-BLK-M", place, 36) // sold since
	for _, topic := range []string{"inventory_levels/update", "inventory_levels/disconnect"} {
		got, err := s.translate(t, topic, body)
		if err != nil || len(got.Events) != 1 {
			t.Fatalf("got %+v, %v", got, err)
		}
		e, level := got.Events[0], got.Events[0].Body.(*canonical.InventoryLevel)
		if e.Type != canonical.InventoryLevelSet || e.Entity.String() != "shopify/"+shopifytest.Shop+"/inventory/TEE-BLK-M@"+place || !e.UpdatedAt.Equal(shopifytest.Start) || e.Hint.IsZero() {
			t.Errorf("got %+v", e)
		}
		if level.SKU != "TEE-BLK-M" || level.Location != place || level.Available.Value.String() != "36" || level.OnHand != nil || !level.At.Equal(shopifytest.Start) || canonical.Validate(level) != nil {
			t.Errorf("got %+v", level)
		}
	}
}

func TestLevelsThatAreLeftOut(t *testing.T) {
	t.Parallel()
	s := masterOf(t, nil)
	s.fake.Stock("", place, 3)
	s.fake.Stock("FREE", place, 3)
	s.fake.Untrack("FREE")
	s.fake.Stock("GONE", place, 3)
	gone := s.fake.LevelBody("GONE", place)
	s.fake.RemoveItem("GONE")
	s.fake.Stock("ELSEWHERE", otherSite, 3)
	for want, body := range map[string][]byte{
		"has no SKU":                                s.fake.LevelBody("", place),
		"does not track the quantity of FREE":       s.fake.LevelBody("FREE", place),
		"has no inventory item":                     gone,
		otherSite + " is not in SHOPIFY_MASTER_LOC": s.fake.LevelBody("ELSEWHERE", otherSite),
	} {
		got, err := s.translate(t, "inventory_levels/update", body)
		if err != nil || len(got.Events) != 0 || !strings.Contains(got.Skip, want) {
			t.Errorf("got %+v, %v, want %q", got, err, want)
		}
	}
	changes, _ := s.all(t, "inventory", shopifytest.Start, nil)
	if len(changes) != 2 {
		t.Errorf("the poll lists %+v", changes)
	}
	for _, change := range changes {
		raw, err := s.Poller.Fetch(t.Context(), s.feed("inventory"), change)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Source.Translate(t.Context(), raw); err != nil || len(got.Events) != 0 || got.Skip == "" {
			t.Errorf("%s: %+v, %v", change.ID, got, err)
		}
	}
}

// Below zero is none, what is no longer stocked is none, and a new item is not in the search index yet.
func TestLevelsThatAreNone(t *testing.T) {
	t.Parallel()
	s := masterOf(t, nil)
	s.fake.Stock("SOLD", place, 2)
	s.fake.SellAfterRead("SOLD", place, 5)
	s.fake.Stock("CLOSED", place, 7)
	s.fake.Deactivate("CLOSED", place)
	if _, err := s.level(t, "CLOSED"); err != nil { // reads, after which the sale is made
		t.Fatal(err)
	}
	for sku, notes := range map[string]int{"SOLD": 1, "CLOSED": 0} {
		got, err := s.level(t, sku)
		if err != nil || len(got.Events) != 1 || got.Events[0].Body.(*canonical.InventoryLevel).Available.Value.String() != "0" || len(got.Events[0].Notes) != notes {
			t.Errorf("%s: %+v, %v", sku, got, err)
		}
		_, polled := s.polled(t, "inventory", sku+"@"+place)
		if len(polled) != 1 || polled[0].Body.(*canonical.InventoryLevel).Available.Value.String() != "0" {
			t.Errorf("%s: polled %+v", sku, polled)
		}
	}
}

func TestASKUOfTwoItemsIsRejectedWithBoth(t *testing.T) {
	t.Parallel()
	s := masterOf(t, nil)
	s.fake.Stock("TEE-BLK-M", place, 5)
	s.fake.Duplicate("TEE-BLK-M") // at no location: it does not matter
	if _, err := s.level(t, "TEE-BLK-M"); err != nil {
		t.Fatal(err)
	}
	s.fake.StockSecond("TEE-BLK-M", place, 9)
	check := func(err error) {
		t.Helper()
		f := fault.As(err)
		if f == nil || f.Kind != fault.Rejected || f.Class != fault.Conflict || f.Code != "ambiguous_sku" || f.Field != "sku" || !strings.Contains(f.Detail, "43729076, 43729078 have this SKU") {
			t.Errorf("got %v", err)
		}
	}
	_, err := s.level(t, "TEE-BLK-M")
	check(err)
	changes, _ := s.all(t, "inventory", shopifytest.Start, nil)
	raw, err := s.Poller.Fetch(t.Context(), s.feed("inventory"), changes[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Source.Translate(t.Context(), raw)
	check(err)
	s.fake.Deactivate("TEE-BLK-M", place) // both
	if got, err := s.level(t, "TEE-BLK-M"); err != nil || len(got.Events) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestALevelThatIsWrongIsRejected(t *testing.T) {
	t.Parallel()
	s := masterOf(t, nil)
	for body, field := range map[string]string{
		`{"location_id":655441491}`: "inventory_item_id",
		`{"inventory_item_id":1}`:   "location_id",
		`{"inventory_item_id":1,"location_id":655441491,"admin_graphql_api_id":"gid://shopify/InventoryLevel/655441491?inventory_item_id=2"}`: "admin_graphql_api_id",
	} {
		_, err := s.translate(t, "inventory_levels/update", []byte(body))
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Field != field {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A history of a year, of which most levels changed within two hours: how long a window was is not found out
// again for each.
func TestAWindowIsAboutAsLongAsTheOneBefore(t *testing.T) {
	t.Parallel()
	s := masterOf(t, nil)
	clock := now.Add(-3 * time.Hour)
	s.fake.Now = func() time.Time { return clock }
	const levels = 6000
	for i := range levels {
		clock = clock.Add(time.Second)
		s.fake.Stock("SKU-"+strconv.Itoa(i), place, 1)
	}
	s.fake.Now = nil // a bucket that is always full
	changes, _ := s.all(t, "inventory", now.AddDate(-1, 0, 0), nil)
	if asked := len(s.fake.Asked()); len(changes) != levels || asked > 350 {
		t.Errorf("%d levels by %d requests", len(changes), asked)
	}
}

// The list has no order of its own: a window with more than a page is halved, and each is sorted.
func TestThePollReadsWindowsWhole(t *testing.T) {
	t.Parallel()
	s := masterOf(t, overrides{"SHOPIFY_MASTER_LOCATIONS": place + "," + shopifytest.Shop + "/" + otherSite})
	clock := now.Add(-time.Hour)
	s.fake.Now = func() time.Time { return clock }
	s.fake.Stock("FIRST", otherSite, 1)
	for i := range 2100 {
		if i%1050 == 0 {
			clock = clock.Add(10 * time.Minute)
		}
		s.fake.Stock("SKU-"+strconv.Itoa(i), place, 1)
	}
	s.fake.Now = nil // a bucket that is always full
	changes, pages := s.all(t, "inventory", now.Add(-2*time.Hour), nil)
	if len(changes) != 2101 || pages < 2 || changes[0].ID != "FIRST@"+otherSite {
		t.Fatalf("%d changes in %d pages, first %+v", len(changes), pages, changes[0])
	}
	if !slices.IsSortedFunc(changes, func(a, b connector.Change) int { return a.At.Compare(b.At) }) {
		t.Error("the changes are not sorted")
	}
	_, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.feed("inventory"), Since: now, Cursor: "none of ours"})
	wantFault(t, err, fault.Rejected, fault.Value, "cursor")
	unknown := masterOf(t, nil)
	_, err = unknown.Poller.Changes(t.Context(), connector.Ask{Feed: unknown.feed("inventory"), Since: now})
	wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_MASTER_LOCATIONS")
}

func TestLocationsOfAnotherMasterAreRejectedAtTheStart(t *testing.T) {
	t.Parallel()
	const masters, shipping = "SHOPIFY_MASTER_LOCATIONS", "SHOPIFY_SHIPPING_LOCATIONS"
	two := shopifytest.Shop + ",second.myshopify.com"
	for name, c := range map[string]struct {
		changed overrides
		field   string
		words   []string
	}{
		"stock of an ERP":      {overrides{masters: place, "SHOPIFY_STOCK_LOCATIONS": stockMap}, masters, []string{"erp/5", "SHOPIFY_STOCK_LOCATIONS", place}},
		"a warehouse fulfills": {overrides{shipping: place, "SHOPIFY_LOCATIONS": "9=" + place}, shipping, []string{"location 9", "SHOPIFY_LOCATIONS", place}},
		"no id":                {overrides{masters: shopifytest.Shop + "/"}, masters, []string{"id of a location"}},
		"an id in words":       {overrides{shipping: "berlin"}, shipping, []string{`"berlin"`}},
		"twice":                {overrides{shipping: place + "," + shopifytest.Shop + "/" + place}, shipping, []string{"twice"}},
		"a shop that is not":   {overrides{masters: "third.myshopify.com/1"}, masters, []string{"SHOPIFY_SHOPS"}},
		"which of two shops":   {overrides{masters: place, "SHOPIFY_SHOPS": two}, masters, []string{"does not name its shop"}},
	} {
		settings := shopifytest.New().Settings("https://127.0.0.1:1")
		for key, value := range c.changed {
			settings[key] = value
		}
		_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
		if wantFault(t, err, fault.Rejected, fault.Config, c.field); err == nil {
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v, want %q", name, err, word)
			}
		}
	}
	open(t, overrides{masters: place, shipping: place, "SHOPIFY_STOCK_LOCATIONS": "erp/5=" + shopifytest.Shop + "/" + otherSite, "SHOPIFY_LOCATIONS": "9=" + otherSite})
}

func TestWithoutATokenALevelAndAFulfillmentWait(t *testing.T) {
	t.Parallel()
	s := masterOf(t, overrides{"SHOPIFY_SHIPPING_LOCATIONS": place, "SHOPIFY_ADMIN_TOKEN": ""})
	s.fake.Stock("TEE-BLK-M", place, 5)
	_, err := s.level(t, "TEE-BLK-M")
	wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_ADMIN_TOKEN")
	_, err = s.translate(t, "fulfillments/create", []byte(`{"id":1,"order_id":2,"location_id":`+place+`}`))
	wantFault(t, err, fault.Rejected, fault.Config, "SHOPIFY_ADMIN_TOKEN")
}

func TestTopicsAreSubscribedToBySettings(t *testing.T) {
	t.Parallel()
	s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor, "SHOPIFY_MASTER_LOCATIONS": place, "SHOPIFY_SHIPPING_LOCATIONS": otherSite})
	all, err := s.Subscriber.Subscriptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	feeds := map[string]string{}
	for _, one := range all {
		feeds[one.Topic] = one.Feed
		if err := s.Subscriber.Subscribe(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	for topic, feed := range map[string]string{
		"inventory_levels/update": "inventory_levels/read", "inventory_levels/disconnect": "inventory_levels/read",
		"fulfillments/create": "fulfillments/read", "fulfillments/update": "fulfillments/read",
	} {
		if feeds[topic] != feed || !slices.ContainsFunc(s.Poller.Feeds(), func(f connector.Feed) bool { return f.Topic == feed }) {
			t.Errorf("%s has the feed %q, want %q", topic, feeds[topic], feed)
		}
	}
	for topic, state := range s.states(t) {
		if state != connector.Active {
			t.Errorf("%s is %s", topic, state)
		}
	}
	if off := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor}); len(off.states(t)) != len(feeds)-4 || len(off.Poller.Feeds()) != 2 {
		t.Errorf("without settings: %v, %v", off.states(t), off.Poller.Feeds())
	}
}

func TestThePollersOfStockAndShipmentsConform(t *testing.T) {
	t.Parallel()
	t.Run("levels", func(t *testing.T) {
		t.Parallel()
		connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 120, Open: func(t *testing.T) connectortest.PolledSystem {
			s := masterOf(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor})
			s.fake.AddLocation(place)
			return connectortest.PolledSystem{
				System: s.System, Feed: s.feed("inventory"), At: shopifytest.Start, Prefix: "SKU-", Suffix: "@" + place,
				Change: func(id int64, at time.Time) { s.fake.StockAt("SKU-"+strconv.FormatInt(id, 10), place, 1, at) },
				End:    func(_ *testing.T, topic string) { s.fake.Unsubscribe(topic) },
			}
		}})
	})
	t.Run("shipments", func(t *testing.T) {
		t.Parallel()
		connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 60, Open: func(t *testing.T) connectortest.PolledSystem {
			s := open(t, overrides{"SHOPIFY_WEBHOOK_URL": ourDoor, "SHOPIFY_SHIPPING_LOCATIONS": place})
			return connectortest.PolledSystem{
				System: s.System, Feed: s.feed("shipment"), At: shopifytest.Start,
				Change: func(id int64, at time.Time) {
					order := strconv.FormatInt(id, 10)
					if s.fake.Put(shopifytest.Purchase{ID: id, UpdatedAt: at}.Body()); len(s.fake.Fulfillments(order)) == 0 {
						s.fake.Ship(shopifytest.Fulfillment{ID: id, Order: order, Location: place, Lines: map[string]int64{"466157049": 1}})
					}
				},
				End: func(_ *testing.T, topic string) { s.fake.Unsubscribe(topic) },
			}
		}})
	})
}

// The search does not find the SKU, because it is late or takes it for something else: the item is read by its id.
func TestALevelThatTheSearchDoesNotFindIsPolled(t *testing.T) {
	t.Parallel()
	s := masterOf(t, nil)
	s.fake.Stock("NEW", place, 7)
	none := shopifytest.Answer{Status: http.StatusOK, Body: `{"data":{"inventoryItems":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}`}
	s.fake.AnswerTo("query levelsOf", none, none)
	_, polled := s.polled(t, "inventory", "NEW@"+place)
	if len(polled) != 1 || polled[0].Body.(*canonical.InventoryLevel).Available.Value.String() != "7" {
		t.Errorf("polled %+v", polled)
	}
}

// TestManyLevelsAreListedThroughTheSmallestBucket has more levels than the bucket pays for at once, some of them of
// one second, as after an import, and some of the second at which the poll asks.
func TestManyLevelsAreListedThroughTheSmallestBucket(t *testing.T) {
	t.Parallel()
	p := openPaid(t, overrides{"SHOPIFY_MASTER_LOCATIONS": place + "," + otherSite})
	begun := p.clock.Now()
	stock := func(n int, at func(i int) time.Time) {
		for i := range n {
			p.fake.StockAt("SKU-"+strconv.Itoa(n)+"-"+strconv.Itoa(i), place, 1, at(i))
		}
	}
	stock(450, func(i int) time.Time { return begun.Add(-2*time.Hour + time.Duration(i)*time.Second) })
	stock(550, func(int) time.Time { return begun.Add(-time.Hour) })
	stock(350, func(int) time.Time { return begun })
	p.fake.StockAt("OTHER", otherSite, 1, begun.Add(-time.Hour))
	for _, since := range []time.Time{begun.Add(-24 * time.Hour), begun} {
		ask, found, asked := connector.Ask{Feed: p.feed("inventory"), Since: since}, []connector.Change{}, p.asked
		for more := true; more; more = ask.Cursor != "" {
			var page connector.Page
			p.patiently(t, func() (err error) {
				if p.asked-asked > 200 {
					t.Fatalf("%d levels after %d queries", len(found), p.asked-asked)
				}
				page, err = p.Poller.Changes(t.Context(), ask)
				return err
			})
			ask.Cursor, found = page.Cursor, append(found, page.Changes...)
		}
		ids := map[string]bool{}
		for _, one := range found {
			ids[one.ID] = true
		}
		if want := map[bool]int{true: 350, false: 1351}[since.Equal(begun)]; len(ids) != want || len(found) != want {
			t.Errorf("since %s: %d levels in %d changes, want %d", since, len(ids), len(found), want)
		}
		if !slices.IsSortedFunc(found, func(a, b connector.Change) int { return a.At.Compare(b.At) }) {
			t.Error("the changes are not sorted")
		}
	}
	if p.refused > 5 {
		t.Errorf("Shopify refused %d of %d queries", p.refused, p.asked)
	}
}
