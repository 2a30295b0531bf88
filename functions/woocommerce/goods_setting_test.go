package woocommerce_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func TestGoodsAFieldHasOneMaster(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		want     string // of the error; "" for none
	}{
		"prices alone":      {map[string]string{"WOOCOMMERCE_MASTER_OF": "prices"}, "prices without products"},
		"products twice":    {map[string]string{"WOOCOMMERCE_MASTER_OF": "products", "WOOCOMMERCE_PRODUCT_STORES": "netsuite=shop.example"}, "WOOCOMMERCE_PRODUCT_STORES makes netsuite master of the products of shop.example"},
		"prices twice":      {map[string]string{"WOOCOMMERCE_MASTER_OF": "products,prices", "WOOCOMMERCE_PRICE_LISTS": "netsuite/5=shop.example"}, "WOOCOMMERCE_PRICE_LISTS makes netsuite/5 master of the prices"},
		"stock twice":       {map[string]string{"WOOCOMMERCE_MASTER_OF": "stock", "WOOCOMMERCE_STOCK_LOCATIONS": "shipbob/9=shop.example"}, "WOOCOMMERCE_STOCK_LOCATIONS makes shipbob/9 master of the stock"},
		"another's stock":   {map[string]string{"WOOCOMMERCE_MASTER_OF": "products,prices", "WOOCOMMERCE_STOCK_LOCATIONS": "shipbob/9=shop.example"}, ""},
		"entries with none": {map[string]string{"WOOCOMMERCE_MASTER_OF": "products,stock", "WOOCOMMERCE_PRODUCT_STORES": "netsuite=none", "WOOCOMMERCE_STOCK_LOCATIONS": "netsuite/5=none"}, ""},
	} {
		settings := woocommercetest.New().Settings(inProcessURL)
		maps.Copy(settings, c.settings)
		_, err := woocommerce.Open(settings, deps(inProcess{woocommercetest.New()}))
		switch f := fault.As(err); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == "":
		case f == nil || f.Class != fault.Config || f.Field != "WOOCOMMERCE_MASTER_OF" || !strings.Contains(f.Detail, c.want):
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// Without the setting a delivery of a product is rejected, nothing is polled and no webhook is set up.
func TestGoodsArePublishedOnlyBySetting(t *testing.T) {
	t.Parallel()
	topics := func(settings map[string]string) (subscribed, feeds []string) {
		g := openGoods(t, settings)
		all, err := g.system.Subscriber.Subscriptions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if strings.HasPrefix(s.Topic, "product.") {
				subscribed = append(subscribed, s.Topic+">"+s.Feed)
			}
		}
		for _, f := range g.system.Poller.Feeds() {
			if f.Entity == "product" {
				feeds = append(feeds, f.Topic)
			}
		}
		return subscribed, feeds
	}
	hook := map[string]string{"WOOCOMMERCE_WEBHOOK_URL": "https://causeway.example/woocommerce"}
	if subscribed, feeds := topics(hook); len(subscribed)+len(feeds) > 0 {
		t.Errorf("subscribed %v, polled %v", subscribed, feeds)
	}
	hook["WOOCOMMERCE_MASTER_OF"] = "stock"
	subscribed, feeds := topics(hook)
	if want := []string{"product.created>product.updated", "product.updated>product.updated", "product.deleted>product.deleted", "product.restored>product.updated"}; !slices.Equal(subscribed, want) {
		t.Errorf("subscribed %v, want %v", subscribed, want)
	}
	if want := []string{"product.updated", "variation.updated", "product.deleted"}; !slices.Equal(feeds, want) {
		t.Errorf("polled %v, want %v", feeds, want)
	}
	_, err := openGoods(t, nil).system.Source.Translate(t.Context(), raw("product.updated", []byte(`{"id":9}`)))
	checkFault(t, err, fault.Invalid, fault.Schema, "topic")
	g := openGoods(t, hook)
	g.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE", Name: "Tee", Regular: "39.00"})
	g.Manage("TEE", true)
	g.Stock("TEE", 5)
	got := g.updated(9)
	if g.want(got, "inventory.level TEE@shop.example shop.example 5"); len(got.Events) == 1 && got.Events[0].Parents != nil {
		t.Error("a level waits for a product that is not published")
	}
}

func TestGoodsWithPricesWaitForTheirCurrency(t *testing.T) {
	t.Parallel()
	g := openGoods(t, map[string]string{"WOOCOMMERCE_MASTER_OF": "products,prices"})
	_, err := g.system.Source.Translate(t.Context(), raw("product.updated", []byte(`{"id":9}`)))
	checkFault(t, err, fault.Rejected, fault.Config, "WOOCOMMERCE_CURRENCY")
	g = openGoods(t, map[string]string{"WOOCOMMERCE_MASTER_OF": "products", "WOOCOMMERCE_CONSUMER_KEY": "", "WOOCOMMERCE_CONSUMER_SECRET": ""})
	_, err = g.system.Source.Translate(t.Context(), raw("product.updated", []byte(`{"id":9}`)))
	checkFault(t, err, fault.Rejected, fault.Config, "WOOCOMMERCE_CONSUMER_KEY")
}

// polled returns what a poll of the topic finds, and hands on.
func (g *goodsStore) polled(topic string, since time.Time) (ids []string, raws []*message.Raw) {
	g.Helper()
	feed := connector.Feed{Tenant: "shop.example", Topic: topic, Entity: "product"}
	ask := connector.Ask{Feed: feed, Since: since}
	for range 20 {
		page, err := g.system.Poller.Changes(g.Context(), ask)
		if err != nil {
			g.Fatal(err)
		}
		for _, change := range page.Changes {
			found, err := g.system.Poller.Fetch(g.Context(), feed, change)
			if err != nil || found == nil {
				g.Fatalf("fetching %s: %v, %v", change.ID, found, err)
			}
			if !slices.Contains(ids, change.ID) {
				ids, raws = append(ids, change.ID), append(raws, found)
			}
		}
		if ask.Cursor = page.Cursor; ask.Cursor == "" {
			return ids, raws
		}
	}
	g.Fatal("the list does not end")
	return nil, nil
}

// A variation that changed alone is found in a list of its own, a product in the trash in that of the trash.
func TestGoodsAreFoundByPolls(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.hoodie()
	g.AddProduct(woocommercetest.Product{ID: 20, SKU: "OLD", Name: "Old"})
	g.updated(20)
	for i := range 150 {
		g.AddProduct(woocommercetest.Product{ID: int64(1000 + i), Name: "Bulk", SKU: "BULK-" + strings.Repeat("I", i+1), Modified: arrival.Add(30 * time.Second)})
	}
	g.now = g.now.Add(time.Minute)
	g.EditProduct(12, func(p *woocommercetest.Product) { p.Sale = "50" })
	g.TrashProduct(20)
	for topic, want := range map[string][]string{"variation.updated": {"12"}, "product.deleted": {"20"}} {
		ids, raws := g.polled(topic, g.now)
		if !slices.Equal(ids, want) {
			t.Errorf("%s finds %v, want %v", topic, ids, want)
			continue
		}
		raws[0].ReceivedAt = g.now
		got, err := g.system.Source.Translate(t.Context(), raws[0])
		if err != nil {
			t.Fatal(err)
		}
		if first := described(got)[0]; !strings.Contains(first, "HOOD-L") && !strings.Contains(first, "product.retired OLD") {
			t.Errorf("%s: %v", topic, described(got))
		}
	}
	if ids, _ := g.polled("product.updated", arrival.Add(30*time.Second)); len(ids) != 150 {
		t.Errorf("of a second with 150 products %d are found", len(ids))
	}
	for _, query := range g.Asked() {
		if query.Get("modified_after") != "" && query.Get("dates_are_gmt") != "true" {
			t.Errorf("asked in local time: %v", query)
		}
	}
}

// A WooCommerce older than 10.3 has no list of variations.
func TestGoodsAnOldStoreSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.Answer(woocommercetest.Answer{Status: http.StatusNotFound, Body: `{"code":"rest_no_route","message":"No route.","data":{"status":404}}`})
	_, err := g.system.Poller.Changes(t.Context(), connector.Ask{Feed: connector.Feed{Tenant: "shop.example", Topic: "variation.updated", Entity: "product"}, Since: g.now})
	if f := fault.As(err); f == nil || f.Class != fault.Config || !strings.Contains(f.Detail, "since 10.3") {
		t.Errorf("got %v", err)
	}
}
