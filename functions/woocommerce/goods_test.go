package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port/porttest"
)

// goodsStore is a store that is master of everything, with a clock that a test moves.
type goodsStore struct {
	*testing.T
	*woocommercetest.Fake
	system connector.System
	now    time.Time
}

var masterOfAll = map[string]string{"WOOCOMMERCE_MASTER_OF": "products,prices,stock", "WOOCOMMERCE_CURRENCY": "EUR"}

func openGoods(t *testing.T, settings map[string]string) *goodsStore {
	t.Helper()
	g := &goodsStore{T: t, Fake: woocommercetest.New(), now: arrival}
	clock := func() time.Time { return g.now }
	g.Now = clock
	all := g.Settings(inProcessURL)
	maps.Copy(all, settings)
	var err error
	g.system, err = woocommerce.Open(all, connector.Deps{HTTP: inProcess{g.Fake}, Now: clock, CrossRef: pipeline.Memory{State: porttest.NewMemory(clock), Now: clock}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// hoodie has a product with the variations 11 and 12, of which the second is reduced.
func (g *goodsStore) hoodie() {
	g.AddProduct(woocommercetest.Product{ID: 10, Name: "Hoodie & Co", Type: "variable"})
	g.AddProduct(woocommercetest.Product{ID: 11, Parent: 10, SKU: "HOOD-M", Options: []string{"M", "Red"}, Regular: "79.50"})
	g.AddProduct(woocommercetest.Product{ID: 12, Parent: 10, SKU: "HOOD-L", Options: []string{"L"}, Regular: "79.50", Sale: "60.00", Barcode: "4006381333931"})
}

// raw returns a delivery, or what a poll hands on.
func (g *goodsStore) raw(trigger message.Trigger, topic string, body []byte) *message.Raw {
	return &message.Raw{System: woocommerce.Name, Tenant: "shop.example", Topic: topic, Trigger: trigger, ReceivedAt: g.now, Body: body}
}

func (g *goodsStore) translate(trigger message.Trigger, topic string, body []byte) connector.Translation {
	g.Helper()
	translation, err := g.system.Source.Translate(g.Context(), g.raw(trigger, topic, body))
	if err != nil {
		g.Fatal(err)
	}
	return translation
}

// updated translates the delivery product.updated.
func (g *goodsStore) updated(id int64) connector.Translation {
	g.Helper()
	return g.translate(message.Webhook, "product.updated", g.ProductBody(id))
}

// described returns the events in words: type, id and the body's fields that matter.
func described(translation connector.Translation) (all []string) {
	for _, e := range translation.Events {
		text := e.Type + " " + e.Entity.ID
		switch body := e.Body.(type) {
		case *canonical.Product:
			text += fmt.Sprintf(" %q parent=%s barcode=%s", body.Title, body.Parent, body.Barcode.String())
		case *canonical.PriceList:
			for _, p := range body.Prices {
				text += fmt.Sprintf(" %s %s %s before %s", p.List, p.Amount, p.Currency, p.CompareAt)
			}
		case *canonical.InventoryLevel:
			text += " " + body.Location + " " + body.Available.Value.String()
		}
		all = append(all, text)
	}
	return all
}

func (g *goodsStore) want(translation connector.Translation, want ...string) {
	g.Helper()
	if got := described(translation); !slices.Equal(got, want) {
		g.Errorf("got\n\t%s\nwant\n\t%s\n(skip %q)", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"), translation.Skip)
	}
}

func TestGoodsAProductIsReadWithAllItsVariations(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.hoodie()
	g.Manage("HOOD-M", true)
	g.Stock("HOOD-M", 7)
	got := g.updated(10)
	g.want(got,
		`product.upserted HOOD-M "Hoodie & Co - M, Red" parent=10 barcode=`, "price.changed HOOD-M shop.example 79.5 EUR before 0", "inventory.level HOOD-M@shop.example shop.example 7",
		`product.upserted HOOD-L "Hoodie & Co - L" parent=10 barcode=4006381333931`, "price.changed HOOD-L shop.example 60 EUR before 79.5",
	)
	product := message.Key{System: "woocommerce", Tenant: "shop.example", Type: "product", ID: "HOOD-M"}
	for _, e := range got.Events[1:3] {
		if !slices.Equal(e.Parents, []message.Key{product}) {
			t.Errorf("%s waits for %v", e.Type, e.Parents)
		}
	}
	if body, _ := got.Events[0].Body.(*canonical.Product); len(body.Prices) != 1 || !body.UpdatedAt.Equal(arrival) {
		t.Errorf("got %+v", body)
	}
	g.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE", Name: "Tee", Status: "private"})
	g.Manage("TEE", true)
	g.Stock("TEE", 7)
	g.want(g.updated(9), `product.retired TEE "Tee" parent= barcode=`, "price.changed TEE")
}

// A delivery of a variation has the form of a product's, and publishes the variation alone, dated by itself.
func TestGoodsAVariationThatChangesAloneIsPublishedAlone(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.hoodie()
	g.updated(10)
	g.now = g.now.Add(time.Minute)
	g.EditProduct(12, func(p *woocommercetest.Product) { p.Sale = "" })
	asked := len(g.Asked())
	got := g.updated(12)
	if n := len(g.Asked()) - asked; n != 2 {
		t.Errorf("%d requests, want one for the product and one for the variation", n)
	}
	g.want(got, `product.upserted HOOD-L "Hoodie & Co - L" parent=10 barcode=4006381333931`, "price.changed HOOD-L shop.example 79.5 EUR before 0")
	if !got.Events[0].UpdatedAt.Equal(g.now) {
		t.Errorf("the version is %s", got.Events[0].UpdatedAt)
	}
	g.now = g.now.Add(time.Minute)
	g.EditProduct(10, func(p *woocommercetest.Product) { p.Status = "draft" })
	got = g.updated(12)
	if got.Events[0].Type != canonical.ProductRetired || !got.Events[0].UpdatedAt.Equal(g.now) {
		t.Errorf("of a product that is a draft: %v at %s", described(got), got.Events[0].UpdatedAt)
	}
}

func TestGoodsThatAreNoneAreLeftOutWithANote(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.AddProduct(woocommercetest.Product{ID: 10, SKU: "HOOD", Name: "Hoodie", Type: "variable", Barcode: "4006381333931"})
	g.AddProduct(woocommercetest.Product{ID: 11, Parent: 10})
	g.AddProduct(woocommercetest.Product{ID: 12, Parent: 10, SKU: "HOOD-L", Regular: "1", Barcode: "4006381333931"})
	g.Manage("HOOD-L", "parent")
	g.AddProduct(woocommercetest.Product{ID: 20, SKU: "BUNCH", Name: "Bunch", Type: "grouped"})
	g.AddProduct(woocommercetest.Product{ID: 21, SKU: "LINK", Name: "Link", Type: "external"})
	g.AddProduct(woocommercetest.Product{ID: 22, Name: "No SKU"})
	got := g.updated(10)
	g.want(got, `product.upserted HOOD-L "Hoodie" parent=10 barcode=`, "price.changed HOOD-L shop.example 1 EUR before 0")
	if notes := fmt.Sprint(got.Events[0].Notes); !strings.Contains(notes, "variation 11 of product 10 is left out: it has no SKU of its own") || !strings.Contains(notes, "the stock of variation 12 of product 10 is left out: its product manages it") || !strings.Contains(notes, "the barcode of variation 12") {
		t.Errorf("notes: %s", notes)
	}
	for id, want := range map[int64]string{20: "product 20 is left out: a product of the type grouped is no goods", 21: "type external is no goods", 22: "product 22 is left out: it has no SKU"} {
		if got := g.updated(id); len(got.Events) > 0 || !strings.Contains(got.Skip, want) {
			t.Errorf("%d: %v, skip %q", id, described(got), got.Skip)
		}
	}
}

func TestGoodsTwoVariationsWithOneSKUAreRejected(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.hoodie()
	g.EditProduct(12, func(p *woocommercetest.Product) { p.SKU = "HOOD-M" })
	_, err := g.system.Source.Translate(t.Context(), g.raw(message.Webhook, "product.updated", g.ProductBody(10)))
	checkFault(t, err, fault.Rejected, fault.Conflict, "sku")
	if text := err.Error(); !strings.Contains(text, "variations 11 and 12 of product 10") {
		t.Error(text)
	}
}

func TestGoodsASKUThatAProductLostIsRetired(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*goodsStore)
		ask    int64
		topic  string
		want   []string // that are retired
	}{
		"a variation is renamed":      {ask: 11, change: func(g *goodsStore) { g.EditProduct(11, func(p *woocommercetest.Product) { p.SKU = "HOOD-S" }) }, want: []string{"HOOD-M"}},
		"a variation is deleted":      {ask: 10, change: func(g *goodsStore) { g.DeleteProduct(11) }, want: []string{"HOOD-M"}},
		"the product is in the trash": {ask: 10, topic: "product.deleted", change: func(g *goodsStore) { g.TrashProduct(10) }, want: []string{"HOOD-M", "HOOD-L"}},
		"it is deleted for good":      {ask: 10, topic: "product.deleted", change: func(g *goodsStore) { g.DeleteProduct(10) }, want: []string{"HOOD-M", "HOOD-L"}},
		"another product has the SKU by now": {ask: 10, topic: "product.deleted", change: func(g *goodsStore) {
			g.DeleteProduct(10)
			g.AddProduct(woocommercetest.Product{ID: 30, SKU: "HOOD-M"})
		}, want: []string{"HOOD-L"}},
		"a simple product gets variations": {ask: 20, change: func(g *goodsStore) {
			g.EditProduct(20, func(p *woocommercetest.Product) { p.Type = "variable" })
			g.AddProduct(woocommercetest.Product{ID: 21, Parent: 20, SKU: "TEE-M"})
		}, want: []string{"TEE"}},
		"it becomes a group": {ask: 10, change: func(g *goodsStore) {
			g.EditProduct(10, func(p *woocommercetest.Product) { p.Type = "grouped" })
			g.DeleteProduct(11)
			g.DeleteProduct(12)
		}, want: []string{"HOOD-M", "HOOD-L"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := openGoods(t, masterOfAll)
			g.hoodie()
			g.AddProduct(woocommercetest.Product{ID: 20, SKU: "TEE", Name: "Tee"})
			g.updated(10)
			g.updated(20)
			g.now = g.now.Add(time.Minute)
			c.change(g)
			topic, body := "product.updated", []byte(fmt.Sprintf(`{"id":%d}`, c.ask))
			if c.topic != "" {
				topic = c.topic
			}
			got := g.translate(message.Webhook, topic, body)
			var retired []string
			for _, e := range got.Events {
				if e.Type == canonical.ProductRetired {
					retired = append(retired, e.Entity.ID)
					if !e.UpdatedAt.Equal(g.now) {
						t.Errorf("%s is retired at %s, which is not newer than what was published of it", e.Entity.ID, e.UpdatedAt)
					}
				}
			}
			if slices.Sort(retired); !slices.Equal(retired, slices.Sorted(slices.Values(c.want))) {
				t.Errorf("retired are %v, want %v (%v, %q)", retired, c.want, described(got), got.Skip)
			}
		})
	}
}

// A product that was never published is not retired, and one that comes back is published whole.
func TestGoodsOfTheTrashComeBack(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.hoodie()
	if got := g.translate(message.Webhook, "product.deleted", g.TrashProduct(10)); got.Skip != "product 10 is gone, and no SKU of it is published" {
		t.Errorf("got %v, %q", described(got), got.Skip)
	}
	g.RestoreProduct(10)
	g.updated(10)
	g.now = g.now.Add(2 * time.Hour)
	if got := g.translate(message.Webhook, "product.deleted", g.TrashProduct(10)); len(got.Events) != 2 {
		t.Errorf("got %v", described(got))
	}
	g.now = g.now.Add(2 * time.Hour)
	asked := len(g.Asked())
	if got := g.translate(message.Webhook, "product.deleted", []byte(`{"id":10}`)); len(got.Events) > 0 || len(g.Asked()) != asked+1 {
		t.Errorf("told again hours later: %v, with %d requests, want the one for the product", described(got), len(g.Asked())-asked)
	}
	if got := g.translate(message.Poll, "product.deleted", []byte(`{"id":10}`)); len(got.Events) != 2 {
		t.Errorf("polled hours later: %v", described(got))
	}
	g.RestoreProduct(10)
	if got := g.translate(message.Webhook, "product.restored", g.ProductBody(10)); len(got.Events) != 4 {
		t.Errorf("restored: got %v", described(got))
	}
}

// A sale moves the date of its product. Name and price stay of the first state that had them, and after an hour
// a delivery says them no more; a poll always does.
func TestGoodsASaleIsALevelAlone(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	g.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE", Name: "Tee", Regular: "39.00"})
	g.Manage("TEE", true)
	g.Stock("TEE", 5)
	first := g.updated(9)
	bodies := func(translation connector.Translation) string {
		data, err := json.Marshal([]any{translation.Events[0].Body, translation.Events[1].Body})
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	g.now = g.now.Add(59 * time.Minute)
	g.Stock("TEE", 4)
	if second := g.updated(9); len(second.Events) != 3 || bodies(second) != bodies(first) || !second.Events[0].UpdatedAt.Equal(g.now) {
		t.Errorf("within the hour: %v, %s, want %s", described(second), bodies(second), bodies(first))
	}
	g.now = g.now.Add(time.Minute)
	g.Stock("TEE", 3)
	g.want(g.updated(9), "inventory.level TEE@shop.example shop.example 3")
	if polled := g.translate(message.Poll, "product.updated", []byte(`{"id":9}`)); len(polled.Events) != 3 || bodies(polled) != bodies(first) {
		t.Errorf("polled: %v", described(polled))
	}
	g.now = g.now.Add(2 * time.Hour)
	if again := g.updated(9); len(again.Events) > 0 || again.Skip != "product 9 has the content that was published of it" {
		t.Errorf("again: %v, %q", described(again), again.Skip)
	}
}

func TestGoodsQuantitiesAndPricesAreReadAsTheyAre(t *testing.T) {
	t.Parallel()
	answer := func(members string) woocommercetest.Answer {
		return woocommercetest.Answer{Status: http.StatusOK, Body: `{"id":9,"type":"simple","status":"publish","sku":"TEE","name":"Tee","date_modified_gmt":"2026-11-22T20:00:00",` + members + `}`}
	}
	for members, want := range map[string]string{
		`"manage_stock":true,"stock_quantity":-3`:                                       "0",
		`"manage_stock":true,"stock_quantity":2.50`:                                     "2.5",
		`"manage_stock":true,"stock_quantity":0`:                                        "0",
		`"manage_stock":true,"stock_quantity":null`:                                     "noted",
		`"manage_stock":false,"stock_quantity":5`:                                       "",
		`"regular_price":"10","sale_price":"8","on_sale":false`:                         "10 before 0",
		`"regular_price":"10","sale_price":"8","on_sale":true`:                          "8 before 10",
		`"regular_price":"8","sale_price":"8","on_sale":true`:                           "8 before 0",
		`"regular_price":"0.125","sale_price":"","on_sale":false`:                       "0.125 before 0",
		`"regular_price":"","sale_price":"","on_sale":false,"global_unique_id":"4-006"`: "none",
	} {
		g := openGoods(t, masterOfAll)
		g.Answer(answer(members))
		got := ""
		for _, e := range g.translate(message.Webhook, "product.updated", []byte(`{"id":9}`)).Events {
			for _, n := range e.Notes {
				if n.Field == "stock_quantity" && strings.HasSuffix(n.What, "has no quantity") {
					got = "noted"
				}
			}
			switch body := e.Body.(type) {
			case *canonical.InventoryLevel:
				got = body.Available.Value.String()
			case *canonical.PriceList:
				if strings.Contains(members, "price") {
					got = "none"
				}
				for _, p := range body.Prices {
					got = p.Amount.String() + " before " + p.CompareAt.String()
				}
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", members, got, want)
		}
	}
	for members, field := range map[string]string{`"regular_price":"9,50"`: "regular_price", `"regular_price":"-1"`: "regular_price", `"sale_price":"free"`: "sale_price"} {
		g := openGoods(t, masterOfAll)
		g.Answer(answer(members))
		_, err := g.system.Source.Translate(t.Context(), g.raw(message.Webhook, "product.updated", []byte(`{"id":9}`)))
		checkFault(t, err, fault.Invalid, fault.Value, field)
		if _, value, _ := strings.Cut(members, ":"); !strings.Contains(err.Error(), value) || !strings.Contains(err.Error(), "of product 9 is not an amount of 0 or more") {
			t.Errorf("%s: %v", members, err)
		}
	}
}

func TestGoodsADeliveryThatNamesNoProductIsRejected(t *testing.T) {
	t.Parallel()
	g := openGoods(t, masterOfAll)
	for body, want := range map[string]fault.Class{
		`{"name":"Tee"}`: fault.Schema, `{"id":"1/../../orders"}`: fault.Value, `{"id":11,"type":"variation","parent_id":"x"}`: fault.Value, `[]`: fault.Schema,
		`{"id":9,"_links":{"self":[{"href":"https://other.example/wp-json/wc/v3/products/9"}]}}`: fault.Conflict,
		`{"id":9,"_links":{"self":[{"href":"https://shop.example/wp-json/wc/v3/orders/9"}]}}`:    fault.Conflict,
	} {
		_, err := g.system.Source.Translate(t.Context(), g.raw(message.Webhook, "product.updated", []byte(body)))
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.ClassOrDefault() != want {
			t.Errorf("%s: %v, want class %s", body, err, want)
		}
	}
	for _, c := range []struct {
		code string
		want string
	}{{"woocommerce_rest_product_invalid_id", "product deleted before it was sent"}, {"rest_no_route", "the poll finds what it missed"}} {
		got := g.translate(message.Webhook, "product.updated", []byte(`{"code":"`+c.code+`","message":"x","data":{"status":404}}`))
		if !strings.Contains(got.Skip, c.want) {
			t.Errorf("%s: skip %q", c.code, got.Skip)
		}
	}
}
