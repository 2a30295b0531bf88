package netsuite_test

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// catalog is a rig that publishes all items with the prices of levels 1 and 5, of which 1 is the
// price before a reduction.
func catalog(t *testing.T, items string) *rig {
	t.Helper()
	return newRig(t, map[string]string{"NETSUITE_ITEMS": items, "NETSUITE_PRICE_LEVELS": "1,5", "NETSUITE_COMPARE_AT": "5=1"})
}

func (r *rig) setItem(i netsuitetest.Item) {
	r.t.Helper()
	if err := r.fake.SetItem(i); err != nil {
		r.t.Fatal(err)
	}
}

func decimal(t *testing.T, text string) canonical.Decimal {
	t.Helper()
	d, err := canonical.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestItemsKeepThePromisesOfAPoller(t *testing.T) {
	t.Parallel()
	connectortest.TestPoller(t, connectortest.PollerHarness{Pages: 1001, Open: func(t *testing.T) connectortest.PolledSystem {
		t.Helper()
		r := catalog(t, "all")
		r.fake.LimitConcurrency(100)
		return connectortest.PolledSystem{
			System: r.system, Feed: r.system.Poller.Feeds()[0], At: noon.Add(-time.Hour),
			Change: func(id int64, at time.Time) {
				r.setItem(netsuitetest.Item{SKU: strconv.FormatInt(id, 10), Changed: at, Prices: []netsuitetest.ItemPrice{
					{Level: "1", Currency: "1", Price: "10"}, {Level: "5", Currency: "1", Price: "9"},
				}})
			},
		}
	}})
}

func TestItemBecomesAProductWithItsPrices(t *testing.T) {
	t.Parallel()
	r := catalog(t, "all")
	r.setItem(netsuitetest.Item{
		SKU: "00-TEE", Name: "TEES : 00-TEE", Title: "Merino Tee", Description: "Heavy & warm\r\nAll \u0007seasons", Barcode: "4006381333931", Weight: "0.180", Unit: "kg",
		Matrix: "CHILD", Parent: "812", Changed: noon, Prices: []netsuitetest.ItemPrice{
			{Level: "1", Currency: "1", Price: "29.90"},
			{Level: "5", Currency: "1", Price: "24.995"},
			{Level: "5", Currency: "1", From: 1, Price: "20"},
			{Level: "5", Currency: "5", Price: "4100"},
			{Level: "7", Currency: "1", Price: "1"},
			{Level: "5", Currency: "99", Price: "2"},
		},
	})
	events, _ := r.levels(noon)
	if len(events) != 2 {
		t.Fatalf("got %d events: %+v", len(events), events)
	}
	prices := []canonical.Price{
		{List: "1", Currency: "USD", Amount: decimal(t, "29.9")},
		{List: "5", Currency: "USD", Amount: decimal(t, "24.995"), CompareAt: decimal(t, "29.9")},
		{List: "5", Currency: "JPY", Amount: decimal(t, "4100")},
	}
	want := []any{
		&canonical.Product{
			ID: "00-TEE", SKU: "00-TEE", Title: "Merino Tee", Description: canonical.NewText("Heavy & warm\nAll seasons"), Barcode: canonical.NewText("4006381333931"),
			Weight: &canonical.Quantity{Value: decimal(t, "0.18"), Unit: canonical.Kilogram}, Parent: "812", Prices: prices, Active: true, UpdatedAt: noon,
		},
		&canonical.PriceList{SKU: "00-TEE", Prices: prices, UpdatedAt: noon},
	}
	for i, kind := range []string{"product", "price"} {
		e := events[i]
		if key := (message.Key{System: "netsuite", Tenant: "1234567_SB1", Type: kind, ID: "00-TEE"}); e.Entity != key || !e.UpdatedAt.Equal(noon) {
			t.Errorf("got %+v, want %+v", e.Entity, key)
		}
		if !reflect.DeepEqual(e.Body, want[i]) {
			t.Errorf("got  %#v\nwant %#v", e.Body, want[i])
		}
		if err := canonical.Validate(e.Body); err != nil {
			t.Error(err)
		}
	}
	if events[0].Type != canonical.ProductUpserted || events[1].Type != canonical.PriceChanged {
		t.Errorf("got %s and %s", events[0].Type, events[1].Type)
	}
}

func TestItemOfFewFields(t *testing.T) {
	t.Parallel()
	r := newRig(t, map[string]string{"NETSUITE_ITEMS": "all"})
	r.setItem(netsuitetest.Item{SKU: "TEE", Weight: "3", Unit: "stone", Inactive: true, Changed: noon, Prices: []netsuitetest.ItemPrice{{Level: "1", Currency: "1", Price: "5"}}})
	events, _ := r.levels(noon)
	if len(events) != 1 || events[0].Type != canonical.ProductRetired {
		t.Fatalf("got %+v, want that it is retired and no prices", events)
	}
	p := events[0].Body.(*canonical.Product)
	if p.Title != "TEE" || p.Active || p.Weight != nil || p.Parent != "" || p.Prices != nil || !p.Barcode.IsNull() || !p.Description.IsNull() {
		t.Errorf("got %#v", p)
	}
	if notes := events[0].Notes; len(notes) != 1 || !strings.Contains(notes[0].What, `"stone" is no unit of weight`) {
		t.Errorf("got notes %+v", notes)
	}
}

func TestItemsOfTheSettingArePublished(t *testing.T) {
	t.Parallel()
	r := catalog(t, "custitem_web")
	r.setItem(netsuitetest.Item{SKU: "TICKED", Ticked: "custitem_web", Changed: noon})
	r.setItem(netsuitetest.Item{SKU: "OTHER", Ticked: "custitem_b2b", Changed: noon})
	r.setItem(netsuitetest.Item{SKU: "PLAIN", Changed: noon})
	r.setItem(netsuitetest.Item{SKU: "PARENT", Ticked: "custitem_web", Matrix: "PARENT", Changed: noon})
	_, changes := r.levels(noon)
	if len(changes) != 1 || changes[0].ID != "TICKED" {
		t.Errorf("got %+v", changes)
	}
	feed := r.system.Poller.Feeds()[0]
	if raw, err := r.system.Poller.Fetch(t.Context(), feed, connector.Change{ID: "PLAIN"}); raw != nil || err != nil {
		t.Errorf("an item that is not chosen is fetched: %+v, %v", raw, err)
	}
	if events := r.translated(feed, connector.Change{ID: "TICKED"}); len(events) != 2 {
		t.Errorf("got %+v", events)
	}
}

// TestPricesThatFillAPageAreAskedForInHalves has 400 items with three prices each.
func TestPricesThatFillAPageAreAskedForInHalves(t *testing.T) {
	t.Parallel()
	r := catalog(t, "all")
	for i := range 400 {
		r.setItem(netsuitetest.Item{SKU: "SKU-" + strconv.Itoa(i), Changed: noon, Prices: []netsuitetest.ItemPrice{
			{Level: "1", Currency: "1", Price: "10"}, {Level: "5", Currency: "1", Price: "9"}, {Level: "5", Currency: "4", Price: "8"},
		}})
	}
	events, _ := r.levels(noon)
	if len(events) != 800 {
		t.Fatalf("got %d events", len(events))
	}
	for _, e := range events {
		if list, ok := e.Body.(*canonical.PriceList); ok && len(list.Prices) != 3 {
			t.Errorf("%s has %+v", list.SKU, list.Prices)
		}
	}
}

// TestAnItemWithMorePricesThanAPageHidesNoOther has one item with a price for each of 1,000 quantities.
func TestAnItemWithMorePricesThanAPageHidesNoOther(t *testing.T) {
	t.Parallel()
	r := catalog(t, "all")
	many := make([]netsuitetest.ItemPrice, 1000)
	for i := range many {
		many[i] = netsuitetest.ItemPrice{Level: "1", Currency: "1", From: i, Price: "10"}
	}
	r.setItem(netsuitetest.Item{SKU: "MANY", Changed: noon, Prices: many})
	r.setItem(netsuitetest.Item{SKU: "FEWER", Changed: noon, Prices: many[:999]})
	r.setItem(netsuitetest.Item{SKU: "GOOD", Changed: noon, Prices: many[:1]})
	products, failed := r.products(noon)
	if len(products) != 2 || products["FEWER"] == nil || products["GOOD"] == nil {
		t.Errorf("got %v", products)
	}
	for sku, p := range products {
		if len(p.Prices) != 1 {
			t.Errorf("%s has the prices %+v", sku, p.Prices)
		}
	}
	if len(failed) != 1 || !strings.Contains(failed["MANY"], "item MANY of netsuite: pricing: the item has more prices than one page") {
		t.Errorf("failed: %v", failed)
	}
	page, err := r.system.Poller.Changes(t.Context(), connector.Ask{Feed: r.system.Poller.Feeds()[0], Since: noon})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range page.Changes {
		if f := fault.As(c.Err); (f != nil) != (c.ID == "MANY") || f != nil && f.Class != fault.TooLarge {
			t.Errorf("%s is listed with %v", c.ID, c.Err)
		}
	}
}

func TestUnreadableItemHidesNoOther(t *testing.T) {
	t.Parallel()
	for field, bad := range map[string]netsuitetest.Item{
		"weight":              {SKU: "BAD", Weight: "heavy", Unit: "kg", Changed: noon},
		"prices[0].unitprice": {SKU: "BAD", Changed: noon, Prices: []netsuitetest.ItemPrice{{Level: "1", Currency: "1", Price: "-1"}}},
	} {
		r := catalog(t, "all")
		r.setItem(bad)
		r.setItem(netsuitetest.Item{SKU: "GOOD", Changed: noon})
		feed := r.system.Poller.Feeds()[0]
		page, err := r.system.Poller.Changes(t.Context(), connector.Ask{Feed: feed, Since: noon})
		if err != nil || len(page.Changes) != 2 {
			t.Fatalf("got %+v, %v", page, err)
		}
		for _, change := range page.Changes {
			raw, err := r.system.Poller.Fetch(t.Context(), feed, change)
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.system.Source.Translate(t.Context(), raw)
			if f := fault.As(err); change.ID == "BAD" && (f == nil || f.Kind != fault.Invalid || f.Field != field) || change.ID == "GOOD" && err != nil {
				t.Errorf("%s: got %v, want an error that names %s", change.ID, err, field)
			}
		}
	}
}

func TestItemsWithoutTheSettingAreNotPolled(t *testing.T) {
	t.Parallel()
	if feeds := newRig(t, nil).system.Poller.Feeds(); len(feeds) != 0 {
		t.Errorf("without a setting the feeds are %+v", feeds)
	}
	for key, wrong := range map[string][]string{
		"NETSUITE_ITEMS":        {"some", "custitem_a OR 1=1", "custitem'", "custitemX"},
		"NETSUITE_PRICE_LEVELS": {"base", "5,5", "05", "5) OR (1=1"},
		"NETSUITE_COMPARE_AT":   {"5=2", "2=5"},
	} {
		for _, value := range wrong {
			r := newRig(t, nil)
			settings := r.fake.Settings(r.url)
			settings["NETSUITE_PRICE_LEVELS"] = "5"
			settings[key] = value
			_, err := netsuite.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: clock})
			if f := fault.As(err); f == nil || f.Class != fault.Config || !strings.Contains(err.Error(), key) {
				t.Errorf("%s %q: got %v", key, value, err)
			}
		}
	}
}
