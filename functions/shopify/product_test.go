package shopify_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var productSettings = overrides{
	"SHOPIFY_PRODUCT_SHOPS": "erp=" + shopifytest.Shop, "SHOPIFY_PRICE_LISTS": "erp/1=none,erp/5=" + shopifytest.Shop,
}

// openProducts is a shop with the settings of products, and more.
func openProducts(t *testing.T, more overrides) *shop {
	t.Helper()
	all := overrides{}
	for _, each := range []overrides{productSettings, more} {
		for key, value := range each {
			all[key] = value
		}
	}
	return open(t, all)
}

func mustDecimal(t testing.TB, text string) canonical.Decimal {
	t.Helper()
	d, err := canonical.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// item is a product of the ERP.
func item(sku string) *canonical.Product {
	return &canonical.Product{
		ID: sku, SKU: sku, Title: "Merino Tee", Description: canonical.NewText("Warm & light\nAll <seasons>"), Barcode: canonical.NewText("4006381333931"),
		Weight: &canonical.Quantity{Value: canonical.NewDecimal(18, 2), Unit: canonical.Kilogram},
		Prices: []canonical.Price{{List: "5", Currency: "USD", Amount: canonical.NewDecimal(25, 0)}}, Active: true, UpdatedAt: now,
	}
}

func changed(p *canonical.Product, change func(*canonical.Product)) *canonical.Product {
	change(p)
	return p
}

func productMessage(t testing.TB, p *canonical.Product) *message.Message {
	t.Helper()
	body, err := canonical.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "product-" + p.SKU + p.Title, Source: message.SourcePrefix + "erp", Type: p.EventType(), Subject: "product/" + p.SKU, Tenant: "main",
		Schema: "product/1", Time: now, Sequence: message.NewSequence(now, true, now), Body: body,
	}
}

// priceMessage is the event of a price in list 5 and USD, with another one in list 1.
func priceMessage(t testing.TB, sku, amount, before string) *message.Message {
	t.Helper()
	one := canonical.Price{List: "5", Currency: "USD", Amount: mustDecimal(t, amount)}
	if before != "" {
		one.CompareAt = mustDecimal(t, before)
	}
	return pricesMessage(t, sku, one, canonical.Price{List: "1", Currency: "USD", Amount: mustDecimal(t, "99")}, canonical.Price{List: "5", Currency: "EUR", Amount: mustDecimal(t, "88")})
}

func pricesMessage(t testing.TB, sku string, prices ...canonical.Price) *message.Message {
	t.Helper()
	body, err := canonical.Encode(&canonical.PriceList{SKU: sku, Prices: prices, UpdatedAt: now})
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		ID: "price-" + sku, Source: message.SourcePrefix + "erp", Type: canonical.PriceChanged, Subject: "price/" + sku, Tenant: "main",
		Schema: "price/1", Time: now, Sequence: message.NewSequence(now, true, now), Body: body,
		Parents: []message.Key{{System: "erp", Tenant: "main", Type: "product", ID: sku}},
	}
}

// productState describes what the shop has of a product or a price.
func productState(fake *shopifytest.Fake, k message.Key) (state string) {
	for _, p := range fake.Products() {
		for _, v := range p.Variants {
			if v.SKU == k.ID && k.Type == "product" {
				state += fmt.Sprintf("%s %s %s %s %s %s|", p.Title, p.Description, p.Status, v.Barcode, v.Weight, v.Unit)
			}
			if v.SKU == k.ID && k.Type == "price" {
				state += v.Price + " " + v.CompareAt + "|"
			}
		}
	}
	return state
}

// write delivers without a memory of earlier confirmations.
func (s *shop) write(t testing.TB, m *message.Message) (connector.Receipt, error) {
	t.Helper()
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	return s.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: body, Attempt: 1})
}

func (s *shop) mustWrite(t testing.TB, m *message.Message) connector.Receipt {
	t.Helper()
	receipt, err := s.write(t, m)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// writesProducts sends every query of products: a product that is created, found by its custom id,
// changed, priced, and found by its id.
func (s *shop) writesProducts(t *testing.T) {
	t.Helper()
	s.fake.DelayIndex(true)
	first := s.mustWrite(t, productMessage(t, item("NEW-1"))) // search, shop, definition, create
	s.mustWrite(t, productMessage(t, item("NEW-1")))          // search, shop, custom id
	s.fake.DelayIndex(false)
	renamed := changed(item("NEW-1"), func(p *canonical.Product) { p.Title, p.Barcode = "Renamed", canonical.NullText() })
	s.mustWrite(t, productMessage(t, renamed)) // search, product, variant
	body := &canonical.PriceList{SKU: "NEW-1", Prices: []canonical.Price{{List: "5", Currency: "USD", Amount: mustDecimal(t, "7")}}}
	m := priceMessage(t, "NEW-1", "7", "")
	if _, err := s.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: body, Parents: map[string]string{m.Parents[0].String(): first.Ref}}); err != nil {
		t.Fatal(err) // id, variant
	}
	s.mustWrite(t, priceMessage(t, "NEW-1", "7", "")) // search
}

func TestNewProductIsCreatedAsADraftWithItsPrice(t *testing.T) {
	t.Parallel()
	s := openProducts(t, nil)
	receipt := s.mustWrite(t, productMessage(t, item("NEW-1")))
	made := s.fake.Products()
	if len(made) != 1 || len(made[0].Variants) != 1 {
		t.Fatalf("got %+v", made)
	}
	p, v := made[0], made[0].Variants[0]
	if p.Title != "Merino Tee" || p.Description != "Warm &amp; light<br>All &lt;seasons&gt;" || p.Status != "DRAFT" || p.CustomID != "NEW-1" {
		t.Errorf("got %+v", p)
	}
	if v.SKU != "NEW-1" || v.Barcode != "4006381333931" || v.Price != "25.00" || v.CompareAt != "" || v.Weight != "0.18" || v.Unit != "KILOGRAMS" {
		t.Errorf("got %+v", v)
	}
	if receipt.Linked || receipt.Ref != fmt.Sprint(v.ID) || !strings.Contains(receipt.Detail, "as a draft") {
		t.Errorf("got %+v", receipt)
	}
}

// A kit is a product like any other: its stock comes as levels.
func TestDigitalProductIsCreatedWithoutShipping(t *testing.T) {
	t.Parallel()
	s := openProducts(t, nil)
	s.mustWrite(t, productMessage(t, changed(item("E-BOOK"), func(p *canonical.Product) { p.Digital, p.Barcode = true, canonical.NullText() })))
	kit := []canonical.Component{{SKU: "TEE", Quantity: canonical.Pieces(canonical.NewDecimal(2, 0))}}
	s.mustWrite(t, productMessage(t, changed(item("KIT"), func(p *canonical.Product) { p.Components = kit })))
	for i, digital := range []bool{true, false} {
		if v := s.fake.Products()[i].Variants[0]; v.Digital != digital || v.Tracked() == digital {
			t.Errorf("got %+v", v)
		}
	}
}

func TestProductIsActiveOnlyIfTheSettingSaysSoAndItHasAPrice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prices []canonical.Price
		status string
	}{
		"with a price":               {item("").Prices, "ACTIVE"},
		"without a price":            {nil, "DRAFT"},
		"with one of 0":              {[]canonical.Price{{List: "5", Currency: "USD"}}, "DRAFT"},
		"with one in other currency": {[]canonical.Price{{List: "5", Currency: "EUR", Amount: canonical.NewDecimal(5, 0)}}, "DRAFT"},
		"with one of another list":   {[]canonical.Price{{List: "1", Currency: "USD", Amount: canonical.NewDecimal(5, 0)}}, "DRAFT"},
	} {
		s := openProducts(t, overrides{"SHOPIFY_PRODUCT_STATUS": "active"})
		s.mustWrite(t, productMessage(t, changed(item("NEW-1"), func(p *canonical.Product) { p.Prices = c.prices })))
		if got := s.fake.Products()[0].Status; got != c.status {
			t.Errorf("%s: %s, want %s", name, got, c.status)
		}
	}
}

// merchants is a product that the merchant made and cares for.
func merchants(variants ...string) shopifytest.Product {
	p := shopifytest.Product{Title: "The Merchant's Tee", Description: "<p>Words of the merchant</p>", Status: "ACTIVE", Tags: []string{"sale"}, Images: []string{"front.jpg"}, SEO: "tee, merino"}
	for _, sku := range variants {
		p.Variants = append(p.Variants, shopifytest.Variant{SKU: sku, Price: "25.00", Barcode: "4006381333931", Weight: "0.18", Unit: "KILOGRAMS"})
	}
	return p
}

func TestOnlyFieldsOfTheSettingAreWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields    string
		variants  []string
		want      []string // mutations
		title     string
		described bool
	}{
		"title and variant fields by default": {"title,barcode,weight", []string{"TEE"}, []string{"productUpdate"}, "Merino Tee", false},
		"description too":                     {"title,description", []string{"TEE"}, []string{"productUpdate"}, "Merino Tee", true},
		"nothing of the product":              {"barcode", []string{"TEE"}, nil, "The Merchant's Tee", false},
		"nothing of a product of several":     {"title,description,barcode,weight", []string{"TEE", "TEE-L"}, nil, "The Merchant's Tee", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openProducts(t, overrides{"SHOPIFY_PRODUCT_FIELDS": c.fields})
			before := s.fake.AddProduct(merchants(c.variants...))
			s.mustWrite(t, productMessage(t, item("TEE")))
			if got := s.fake.ProductMutations(); !slices.Equal(got, c.want) {
				t.Errorf("sent %v, want %v", got, c.want)
			}
			after := s.fake.Products()
			if len(after) != 1 || after[0].Title != c.title || (after[0].Description != before.Description) != c.described {
				t.Errorf("got %+v", after)
			}
			if p := after[0]; p.Status != "ACTIVE" || p.SEO != before.SEO || !slices.Equal(p.Images, before.Images) || !slices.Equal(p.Tags, before.Tags) || len(p.Variants) != len(c.variants) {
				t.Errorf("got %+v, want the merchant's fields of %+v", p, before)
			}
			if again := s.mustWrite(t, productMessage(t, item("TEE"))); !again.Linked || len(s.fake.ProductMutations()) != len(c.want) {
				t.Errorf("unchanged, and sent: %v (%+v)", s.fake.ProductMutations(), again)
			}
		})
	}
}

func TestVariantOfSeveralGetsItsOwnFields(t *testing.T) {
	t.Parallel()
	s := openProducts(t, nil)
	s.fake.AddProduct(merchants("TEE", "TEE-L"))
	s.mustWrite(t, productMessage(t, changed(item("TEE-L"), func(p *canonical.Product) {
		p.Parent, p.Barcode, p.Weight.Value = "812", canonical.NewText(""), mustDecimal(t, "0.2")
	})))
	s.mustWrite(t, priceMessage(t, "TEE-L", "30", ""))
	v := s.fake.Products()[0].Variants
	if v[0].Barcode == "" || v[0].Price != "25.00" || v[1].Barcode != "" || v[1].Weight != "0.2" || v[1].Price != "30.00" {
		t.Errorf("got %+v", v)
	}
}

func TestPriceIsThatOfTheShop(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		currency, amount, before  string
		wantPrice, wantBefore     string
		mutations, notes          int
		detail                    string
		currentPrice, currentOver string
	}{
		"set":                          {"USD", "19.9", "", "19.90", "", 1, 0, "from 25.00 to 19.90 USD", "25.00", ""},
		"with a price before":          {"USD", "19.9", "29.90", "19.90", "29.90", 1, 0, "19.90 USD, before 29.90 USD", "25.00", ""},
		"the price before is taken":    {"USD", "25", "", "25.00", "", 1, 0, "25.00 USD", "25.00", "29.90"},
		"finer than the currency":      {"USD", "19.995", "", "20.00", "", 1, 1, "20.00 USD", "25.00", ""},
		"finer and the same":           {"USD", "24.996", "", "25.00", "", 0, 0, "costs 25.00 USD already", "25.00", ""},
		"in a currency of no decimals": {"JPY", "4100.5", "", "4101", "", 1, 1, "4101 JPY", "2500", ""},
		"unchanged":                    {"USD", "25.000", "", "25.00", "", 0, 0, "already", "25.00", ""},
		"for nothing":                  {"USD", "0", "", "0.00", "", 1, 0, "0.00 USD", "25.00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openProducts(t, nil)
			s.fake.SetCurrency(c.currency)
			p := merchants("TEE")
			p.Variants[0].Price, p.Variants[0].CompareAt = c.currentPrice, c.currentOver
			s.fake.AddProduct(p)
			one := canonical.Price{List: "5", Currency: c.currency, Amount: mustDecimal(t, c.amount)}
			if c.before != "" {
				one.CompareAt = mustDecimal(t, c.before)
			}
			receipt := s.mustWrite(t, pricesMessage(t, "TEE", one, canonical.Price{List: "1", Currency: c.currency, Amount: mustDecimal(t, "1")}))
			v := s.fake.Products()[0].Variants[0]
			if v.Price != c.wantPrice || v.CompareAt != c.wantBefore || len(s.fake.ProductMutations()) != c.mutations {
				t.Errorf("the shop has %+v after %v", v, s.fake.ProductMutations())
			}
			if receipt.Linked != (c.mutations == 0) || len(receipt.Notes) != c.notes || !strings.Contains(receipt.Detail, c.detail) {
				t.Errorf("got %+v, want %q", receipt, c.detail)
			}
		})
	}
}

func TestPriceBeforeAReductionIsTheMerchantsUnlessTheSettingSaysOtherwise(t *testing.T) {
	t.Parallel()
	s := openProducts(t, overrides{"SHOPIFY_PRODUCT_FIELDS": "title"})
	p := merchants("TEE")
	p.Variants[0].CompareAt = "49.00"
	s.fake.AddProduct(p)
	s.mustWrite(t, priceMessage(t, "TEE", "19.90", "29.90"))
	if v := s.fake.Products()[0].Variants[0]; v.Price != "19.90" || v.CompareAt != "49.00" {
		t.Errorf("got %+v", v)
	}
	if again := s.mustWrite(t, priceMessage(t, "TEE", "19.90", "")); !again.Linked || len(s.fake.ProductMutations()) != 1 {
		t.Errorf("unchanged, and sent: %+v", again)
	}
}

func TestRetiredProductIsArchived(t *testing.T) {
	t.Parallel()
	retired := func(sku string) *message.Message {
		return productMessage(t, changed(item(sku), func(p *canonical.Product) { p.Active = false }))
	}
	s := openProducts(t, nil)
	s.fake.AddProduct(merchants("TEE"))
	s.mustWrite(t, retired("TEE"))
	if p := s.fake.Products()[0]; p.Status != "ARCHIVED" || p.Title != "The Merchant's Tee" {
		t.Errorf("got %+v", p)
	}
	if again := s.mustWrite(t, retired("TEE")); !again.Linked || len(s.fake.ProductMutations()) != 1 {
		t.Errorf("archived again: %+v", again)
	}
	if back := s.mustWrite(t, productMessage(t, item("TEE"))); s.fake.Products()[0].Status != "ARCHIVED" || !strings.Contains(back.Detail, "a person activates it") {
		t.Errorf("an active item came out of the archive: %+v", back)
	}
	if gone := s.mustWrite(t, retired("NO-SUCH")); !gone.Linked || gone.Ref != "none" || len(s.fake.Products()) != 1 {
		t.Errorf("of one that is not there: %+v", gone)
	}
	s.fake.AddProduct(merchants("HOOD-M", "HOOD-L"))
	if _, err := s.write(t, retired("HOOD-M")); fault.As(err) == nil || fault.As(err).Code != "variant_retired" || s.fake.Products()[1].Status != "ACTIVE" {
		t.Errorf("one of two variants: %v", err)
	}
	kept := openProducts(t, overrides{"SHOPIFY_PRODUCT_RETIRE": "keep"})
	kept.fake.AddProduct(merchants("TEE"))
	if receipt := kept.mustWrite(t, retired("TEE")); !receipt.Linked || kept.fake.Products()[0].Status != "ACTIVE" {
		t.Errorf("with keep: %+v", receipt)
	}
}

func TestProductThatIsNotWrittenSaysWhy(t *testing.T) {
	t.Parallel()
	of := func(system string, m *message.Message) *message.Message {
		m.Source = message.SourcePrefix + system
		return m
	}
	for name, c := range map[string]struct {
		message *message.Message
		want    string
		class   fault.Class
		kind    fault.Kind
	}{
		"no entry for the source":     {of("pim", productMessage(t, item("NEW-1"))), `SHOPIFY_PRODUCT_SHOPS: has no entry for "pim"`, fault.Config, fault.Rejected},
		"no entry for the list":       {pricesMessage(t, "TEE", canonical.Price{List: "7", Currency: "USD"}), `SHOPIFY_PRICE_LISTS: has no entry for "erp/7"`, fault.Config, fault.Rejected},
		"no entry, and it is new":     {productMessage(t, changed(item("NEW-1"), func(p *canonical.Product) { p.Prices[0].List = "7" })), `"erp/7"`, fault.Config, fault.Rejected},
		"a variant that is not there": {productMessage(t, changed(item("NEW-1"), func(p *canonical.Product) { p.Parent = "812" })), "unknown_variant", fault.MissingRef, fault.Rejected},
		"a price of an unknown SKU":   {priceMessage(t, "NEW-1", "5", ""), "unknown_sku", fault.MissingRef, fault.Rejected},
		"a SKU of two variants":       {priceMessage(t, "TWICE", "5", ""), "ambiguous_sku", fault.MissingRef, fault.Rejected},
		"the case of a SKU counts":    {priceMessage(t, "tee", "5", ""), "unknown_sku", fault.MissingRef, fault.Rejected},
		"a title that is too long":    {productMessage(t, changed(item("TEE"), func(p *canonical.Product) { p.Title = strings.Repeat("long ", 52) })), "title: Shopify rejects the value: 200 user_error", fault.Value, fault.Rejected},
		"a new one that is too long":  {productMessage(t, changed(item("NEW-1"), func(p *canonical.Product) { p.Title = strings.Repeat("long ", 52) })), "INVALID_PRODUCT", fault.Value, fault.Rejected},
		"a barcode that is too long":  {productMessage(t, changed(item("TEE"), func(p *canonical.Product) { p.Barcode = canonical.NewText(strings.Repeat("7", 256)) })), "TOO_LONG", fault.Value, fault.Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openProducts(t, nil)
			s.fake.AddProduct(merchants("TEE"))
			s.fake.AddProduct(merchants("TWICE", "TWICE"))
			_, err := s.write(t, c.message)
			if f := fault.As(err); f == nil || f.Class != c.class || f.Kind != c.kind || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q of class %s", err, c.want, c.class)
			}
			if len(s.fake.Products()) != 2 {
				t.Errorf("a product was created: %+v", s.fake.Products())
			}
		})
	}
}

func TestPriceThatGoesNowhereIsSkipped(t *testing.T) {
	t.Parallel()
	s := openProducts(t, overrides{"SHOPIFY_PRODUCT_SHOPS": "erp=none"})
	s.fake.AddProduct(merchants("TEE"))
	for want, m := range map[string]*message.Message{
		"no price of TEE goes to a shop":    pricesMessage(t, "TEE", canonical.Price{List: "1", Currency: "USD"}),
		"list 5 has no price of TEE in USD": pricesMessage(t, "TEE", canonical.Price{List: "5", Currency: "EUR"}),
		"products of erp go to no shop":     productMessage(t, item("TEE")),
		"no price of TEE-2 goes to a shop":  pricesMessage(t, "TEE-2"),
	} {
		if receipt := s.mustWrite(t, m); !receipt.Linked || !strings.Contains(receipt.Detail, want) {
			t.Errorf("got %+v, want %q", receipt, want)
		}
	}
	if got := s.fake.ProductMutations(); len(got) > 0 {
		t.Errorf("sent %v", got)
	}
}

// TestLostAnswerMakesNoSecondProduct loses the answer of the creation while the search does not find
// the product yet: the custom id does.
func TestLostAnswerMakesNoSecondProduct(t *testing.T) {
	t.Parallel()
	s := openProducts(t, nil)
	s.fake.DelayIndex(true)
	s.fake.LoseAnswer("mutation createProduct")
	if _, err := s.write(t, productMessage(t, item("NEW-1"))); fault.As(err) == nil || fault.As(err).Class != fault.Ambiguous {
		t.Fatalf("got %v, want an unknown outcome", err)
	}
	s.mustWrite(t, productMessage(t, item("NEW-1")))
	s.fake.DelayIndex(false)
	s.mustWrite(t, productMessage(t, item("NEW-1")))
	if made := s.fake.Products(); len(made) != 1 {
		t.Errorf("got %+v", made)
	}
	s.fake.EditProduct("NEW-1", func(p *shopifytest.Product) { p.Variants[0].SKU = "RENAMED" })
	if _, err := s.write(t, productMessage(t, item("NEW-1"))); fault.As(err) == nil || fault.As(err).Code != "sku_changed" || len(s.fake.Products()) != 1 {
		t.Errorf("a product whose SKU the merchant changed: %v", err)
	}
}

func TestTwoMastersOfAProductAreAnError(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]string{
		"SHOPIFY_PRODUCT_SHOPS":  "erp=" + shopifytest.Shop + ",pim=" + shopifytest.Shop,
		"SHOPIFY_PRICE_LISTS":    "erp/1=" + shopifytest.Shop + ",erp/5=" + shopifytest.Shop,
		"SHOPIFY_PRODUCT_FIELDS": "title,images",
		"SHOPIFY_PRODUCT_STATUS": "published",
		"SHOPIFY_PRODUCT_RETIRE": "delete",
	} {
		settings := shopifytest.New().Settings("https://shop.example")
		settings[key] = value
		_, err := shopify.Open(settings, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
		if f := fault.As(err); f == nil || f.Class != fault.Config || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
