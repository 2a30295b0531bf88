package woocommerce_test

import (
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
)

var itemTime = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var productSettings = map[string]string{
	"WOOCOMMERCE_PRODUCT_STORES": "erp=shop.example", "WOOCOMMERCE_PRICE_LISTS": "erp/1=none,erp/5=" + woocommercetest.Store, "WOOCOMMERCE_CURRENCY": "USD",
}

// withProducts opens a store with the settings of products, and more.
func withProducts(t *testing.T, more map[string]string) (connector.System, *woocommercetest.Fake) {
	t.Helper()
	fake, settings := woocommercetest.New(), maps.Clone(productSettings)
	maps.Copy(settings, more)
	return mustOpenWith(t, fake, settings), fake
}

func goods(sku string) *canonical.Product {
	return &canonical.Product{
		ID: sku, SKU: sku, Title: "Merino Tee", Description: canonical.NewText("Warm & light\nsoft"), Barcode: canonical.NewText("4006381333931"),
		Prices: []canonical.Price{{List: "5", Currency: "USD", Amount: canonical.NewDecimal(25, 0)}}, Active: true, UpdatedAt: itemTime,
	}
}

func changed(p *canonical.Product, change func(*canonical.Product)) *canonical.Product {
	change(p)
	return p
}

func itemEvent(t testing.TB, kind, entity, sku, schema string, body any) *message.Message {
	t.Helper()
	data, err := canonical.Encode(body)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: kind + sku, Source: message.SourcePrefix + "erp", Type: kind, Subject: entity + "/" + sku, Tenant: "main",
		Schema: schema, Time: itemTime, Sequence: message.NewSequence(itemTime, true, itemTime), Body: data,
	}
}

func productEvent(t testing.TB, p *canonical.Product) *message.Message {
	t.Helper()
	return itemEvent(t, p.EventType(), "product", p.SKU, "product/1", p)
}

// priceEvent is the event of a price in list 5 and USD, with another one in list 1.
func priceEvent(t testing.TB, sku, amount, before string) *message.Message {
	t.Helper()
	one := canonical.Price{List: "5", Currency: "USD", Amount: mustAmount(t, amount)}
	if before != "" {
		one.CompareAt = mustAmount(t, before)
	}
	return pricesEvent(t, sku, one, canonical.Price{List: "1", Currency: "USD", Amount: mustAmount(t, "99")}, canonical.Price{List: "5", Currency: "EUR", Amount: mustAmount(t, "88")})
}

func pricesEvent(t testing.TB, sku string, prices ...canonical.Price) *message.Message {
	t.Helper()
	m := itemEvent(t, canonical.PriceChanged, "price", sku, "price/1", &canonical.PriceList{SKU: sku, Prices: prices, UpdatedAt: itemTime})
	m.Parents = []message.Key{{System: "erp", Tenant: "main", Type: "product", ID: sku}}
	return m
}

func mustAmount(t testing.TB, text string) canonical.Decimal {
	t.Helper()
	d, err := canonical.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// productState describes what the store has of a product or a price.
func productState(fake *woocommercetest.Fake, k message.Key) (state string) {
	for _, p := range fake.Products() {
		if p.SKU == k.ID && k.Type == "product" {
			state += fmt.Sprintf("%s %s %s %s|", p.Name, p.Text, p.Status, p.Barcode)
		}
		if p.SKU == k.ID && k.Type == "price" && p.Regular+p.Sale != "" {
			state += p.Regular + " " + p.Sale + "|"
		}
	}
	return state
}

func TestNewItemIsCreatedAsADraftWithItsPrice(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	if _, err := ship(t, system, productEvent(t, goods("NEW-1"))); err != nil {
		t.Fatal(err)
	}
	made := fake.Products()
	if len(made) != 1 || made[0].SKU != "NEW-1" || made[0].Name != "Merino Tee" || made[0].Text != "Warm &amp; light<br>soft" || made[0].Status != "draft" || made[0].Barcode != "4006381333931" || made[0].Regular != "25.00" || made[0].Sale != "" {
		t.Errorf("got %+v", made)
	}
	published, fake := withProducts(t, map[string]string{"WOOCOMMERCE_PRODUCT_STATUS": "publish"})
	for sku, want := range map[string]string{"PRICED": "publish", "FREE": "draft"} {
		p := changed(goods(sku), func(p *canonical.Product) { p.Barcode = canonical.NullText() })
		if sku == "FREE" {
			p.Prices = nil
		}
		if _, err := ship(t, published, productEvent(t, p)); err != nil {
			t.Fatal(err)
		}
		if all := fake.Products(); all[len(all)-1].Status != want {
			t.Errorf("%s is %s, want %s", sku, all[len(all)-1].Status, want)
		}
	}
}

// A kit is a product like any other: its stock comes as levels.
func TestDigitalItemIsCreatedAsVirtual(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	kit := []canonical.Component{{SKU: "TEE", Quantity: canonical.Pieces(canonical.NewDecimal(2, 0))}}
	for _, p := range []*canonical.Product{
		changed(goods("E-BOOK"), func(p *canonical.Product) { p.Digital, p.Barcode = true, canonical.NullText() }), changed(goods("KIT"), func(p *canonical.Product) { p.Components = kit }),
	} {
		if _, err := ship(t, system, productEvent(t, p)); err != nil {
			t.Fatal(err)
		}
	}
	if made := fake.Products(); len(made) != 2 || !made[0].Virtual || made[1].Virtual {
		t.Errorf("got %+v", made)
	}
}

func TestMerchantsFieldsOfAProductSurvive(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	fake.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE", Name: "Old & good", Text: "Words", Images: []string{"a.jpg"}, Regular: "30.00"})
	fake.AddProduct(woocommercetest.Product{ID: 11, Parent: 10, SKU: "HOOD-M", Name: "M", Text: "Of M"})
	for range 2 {
		for _, p := range []*canonical.Product{goods("TEE"), changed(goods("HOOD-M"), func(p *canonical.Product) { p.Parent, p.Barcode = "812", canonical.NewText("5901234123457") })} {
			if _, err := ship(t, system, productEvent(t, p)); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := fake.Products()
	if p := all[0]; p.Name != "Merino Tee" || p.Text != "Words" || !slices.Equal(p.Images, []string{"a.jpg"}) || p.Status != "publish" || p.Regular != "30.00" || p.Barcode != "4006381333931" || p.Writes != 1 {
		t.Errorf("got %+v", p)
	}
	if v := all[1]; v.Name != "M" || v.Text != "Of M" || v.Barcode != "5901234123457" || v.Writes != 1 || len(all) != 2 {
		t.Errorf("got %+v", all)
	}
}

func TestPriceIsRegularOrOneOfASale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		currency, fields, amount, before string
		had                              woocommercetest.Product
		regular, sale                    string
		writes                           int
	}{
		"regular":                     {"USD", "sale_price", "19.9", "", woocommercetest.Product{}, "19.90", "", 1},
		"a sale":                      {"USD", "sale_price", "19.9", "29.90", woocommercetest.Product{Regular: "25"}, "29.90", "19.90", 1},
		"a sale that is over":         {"USD", "sale_price", "25", "", woocommercetest.Product{Regular: "29.90", Sale: "19.90"}, "25.00", "", 1},
		"unchanged":                   {"USD", "sale_price", "19.900", "29.9", woocommercetest.Product{Regular: "29.9", Sale: "19.9"}, "29.9", "19.9", 0},
		"finer than the currency":     {"USD", "sale_price", "19.995", "", woocommercetest.Product{}, "20.00", "", 1},
		"of no decimals":              {"JPY", "sale_price", "4100.5", "", woocommercetest.Product{Regular: "2500"}, "4101", "", 1},
		"the merchant's sale stays":   {"USD", "title", "19.9", "29.90", woocommercetest.Product{Regular: "25", Sale: "5"}, "19.90", "5", 1},
		"of a variation":              {"USD", "sale_price", "19.9", "", woocommercetest.Product{ID: 11, Parent: 10}, "19.90", "", 1},
		"unchanged, beside that sale": {"USD", "title", "25", "", woocommercetest.Product{Regular: "25", Sale: "5"}, "25", "5", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			system, fake := withProducts(t, map[string]string{"WOOCOMMERCE_CURRENCY": c.currency, "WOOCOMMERCE_PRODUCT_FIELDS": c.fields})
			c.had.SKU = "TEE"
			fake.AddProduct(c.had)
			one := canonical.Price{List: "5", Currency: c.currency, Amount: mustAmount(t, c.amount)}
			if c.before != "" {
				one.CompareAt = mustAmount(t, c.before)
			}
			receipt, err := ship(t, system, pricesEvent(t, "TEE", one))
			if err != nil {
				t.Fatal(err)
			}
			if p := fake.Products()[0]; p.Regular != c.regular || p.Sale != c.sale || p.Writes != c.writes || receipt.Linked != (c.writes == 0) {
				t.Errorf("got %+v, %+v", p, receipt)
			}
		})
	}
}

func TestRetiredItemLeavesTheStore(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	fake.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE", Name: "Merino Tee", Barcode: "4006381333931"})
	fake.AddProduct(woocommercetest.Product{ID: 11, Parent: 10, SKU: "HOOD-M"})
	for range 2 {
		for _, sku := range []string{"TEE", "HOOD-M", "NO-SUCH"} {
			if _, err := ship(t, system, productEvent(t, changed(goods(sku), func(p *canonical.Product) { p.Active = false }))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if all := fake.Products(); len(all) != 2 || all[0].Status != "draft" || all[1].Status != "private" || all[0].Writes != 1 || all[1].Writes != 1 {
		t.Errorf("got %+v", all)
	}
	receipt, err := ship(t, system, productEvent(t, goods("TEE")))
	if err != nil || fake.Products()[0].Status != "draft" || !strings.Contains(receipt.Detail, "a person publishes it") {
		t.Errorf("active again: %+v, %v", receipt, err)
	}
}

func TestItemThatIsNotWrittenSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		message  *message.Message
		settings map[string]string
		want     string
		class    fault.Class
	}{
		"no entry for the source":       {productEvent(t, goods("NEW-1")), map[string]string{"WOOCOMMERCE_PRODUCT_STORES": ""}, `WOOCOMMERCE_PRODUCT_STORES: has no entry for "erp"`, fault.Config},
		"no entry for the list":         {pricesEvent(t, "TEE", canonical.Price{List: "7", Currency: "USD"}), nil, `WOOCOMMERCE_PRICE_LISTS: has no entry for "erp/7"`, fault.Config},
		"no currency":                   {priceEvent(t, "TEE", "5", ""), map[string]string{"WOOCOMMERCE_CURRENCY": ""}, "WOOCOMMERCE_CURRENCY: is not set", fault.Config},
		"a variation that is not there": {productEvent(t, changed(goods("NEW-1"), func(p *canonical.Product) { p.Parent = "812" })), nil, "unknown_variation", fault.MissingRef},
		"a price of an unknown SKU":     {priceEvent(t, "NEW-1", "5", ""), nil, "unknown_sku", fault.MissingRef},
		"a SKU of two products":         {priceEvent(t, "TWICE", "5", ""), nil, "ambiguous_sku", fault.MissingRef},
		"a SKU with a comma":            {productEvent(t, goods("A,B")), nil, "has a comma", fault.Value},
		"a barcode that is no GTIN":     {productEvent(t, changed(goods("NEW-1"), func(p *canonical.Product) { p.Barcode = canonical.NewText("none") })), nil, "product_invalid_global_unique_id", fault.Value},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			system, fake := withProducts(t, c.settings)
			fake.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE"})
			fake.AddProduct(woocommercetest.Product{ID: 21, SKU: "TWICE"})
			fake.AddProduct(woocommercetest.Product{ID: 22, SKU: "TWICE"})
			_, err := ship(t, system, c.message)
			if f := fault.As(err); f == nil || f.ClassOrDefault() != c.class || f.Kind != fault.Rejected || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q of class %s", err, c.want, c.class)
			}
			if len(fake.Products()) != 3 {
				t.Errorf("a product was created: %+v", fake.Products())
			}
		})
	}
}

// TestLostAnswerMakesNoSecondProduct loses the answer of a creation, and lets another one come in
// between the search and the creation.
func TestLostAnswerMakesNoSecondProduct(t *testing.T) {
	t.Parallel()
	system, fake := withProducts(t, nil)
	fake.LoseAnswer(http.MethodPost)
	if _, err := ship(t, system, productEvent(t, goods("NEW-1"))); fault.As(err) == nil || fault.As(err).Kind != fault.Unavailable {
		t.Fatalf("got %v", err)
	}
	m := productEvent(t, goods("NEW-1"))
	fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: "[]"}) // a search that does not find it yet
	if _, err := system.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: goods("NEW-1")}); fault.As(err) == nil || fault.As(err).Kind != fault.Unavailable || fault.As(err).Code != "product_invalid_sku" {
		t.Errorf("got %v, want that it is tried again", err)
	}
	if _, err := ship(t, system, m); err != nil || len(fake.Products()) != 1 {
		t.Errorf("got %+v, %v", fake.Products(), err)
	}
}

func TestTwoMastersOfAProductAreAnError(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]string{
		"WOOCOMMERCE_PRODUCT_STORES": "erp=shop.example,pim=https://shop.example/",
		"WOOCOMMERCE_PRICE_LISTS":    "erp/1=shop.example,erp/5=shop.example",
		"WOOCOMMERCE_PRODUCT_FIELDS": "title,images",
		"WOOCOMMERCE_CURRENCY":       "dollar",
	} {
		settings := woocommercetest.New().Settings(inProcessURL)
		settings[key] = value
		_, err := woocommerce.Open(settings, deps(http.DefaultTransport))
		if f := fault.As(err); f == nil || f.Class != fault.Config || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
