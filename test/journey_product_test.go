package test_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// productSetup is a setup in which the items of the ERP and the prices of its level 5 go to the shop.
// Level 1 has the prices before a reduction.
func productSetup(more map[string]string) setup {
	settings := map[string]string{
		"NETSUITE_ITEMS": "all", "NETSUITE_PRICE_LEVELS": "1,5", "NETSUITE_COMPARE_AT": "5=1",
		"SHOPIFY_PRODUCT_SHOPS": "netsuite=" + shopifytest.Shop, "SHOPIFY_PRICE_LISTS": "netsuite/1=none,netsuite/5=" + shopifytest.Shop,
		"WOOCOMMERCE_PRODUCT_STORES": "netsuite=none", "WOOCOMMERCE_PRICE_LISTS": "netsuite/1=none,netsuite/5=none",
	}
	maps.Copy(settings, more)
	return setup{settings: settings, memory: true}
}

// erpItem saves an item in the ERP, long enough ago for a poll to look at it.
func (w *world) erpItem(i netsuitetest.Item) {
	w.Helper()
	i.Changed = time.Now().Add(-3 * time.Minute)
	if err := w.erp.SetItem(i); err != nil {
		w.Fatal(err)
	}
}

// tee is an item that costs so much in dollars and yen.
func tee(dollars, yen string) netsuitetest.Item {
	return netsuitetest.Item{SKU: "TEE-NEW", Title: "Merino Tee", Description: "Warm", Barcode: "4006381333931", Weight: "0.18", Unit: "kg", Prices: []netsuitetest.ItemPrice{
		{Level: "5", Currency: "1", Price: dollars}, {Level: "5", Currency: "5", Price: yen},
	}}
}

// oneProduct returns the only product of the shop, with its only variant.
func (w *world) oneProduct() (shopifytest.Product, shopifytest.Variant) {
	w.Helper()
	all := w.shop.Products()
	if len(all) != 1 || len(all[0].Variants) != 1 {
		w.Fatalf("the shop has %+v, want one product\n%s", all, w.story())
	}
	return all[0], all[0].Variants[0]
}

// noneDead fails if there is a dead letter or a parked message.
func (w *world) noneDead() {
	w.Helper()
	for _, stage := range []port.Stage{port.Dead, port.Parked} {
		if found := w.entries(stage); len(found) > 0 {
			w.Errorf("%s: %+v", stage, found)
		}
	}
}

func TestProductOfTheERPAppearsOnceAndFollowsIt(t *testing.T) {
	t.Parallel()
	s := productSetup(nil)
	journey(t, s, func(w *world) {
		w.erpItem(tee("24.995", "2500"))
		w.pollStock(s)
		p, v := w.oneProduct()
		if p.Title != "Merino Tee" || p.Description != "Warm" || p.Status != "DRAFT" || v.SKU != "TEE-NEW" || v.Barcode != "4006381333931" || v.Price != "25.00" || v.CompareAt != "" || v.Weight != "0.18" {
			w.Errorf("got %+v\n%s", p, w.story())
		}
		w.shop.EditProduct("TEE-NEW", func(p *shopifytest.Product) {
			p.Status, p.Description, p.Images, p.SEO, p.Tags = "ACTIVE", "<p>Words</p>", []string{"front.jpg"}, "merino", []string{"sale"}
		})
		sent := len(w.shop.ProductMutations())
		w.pass(5 * time.Minute)
		w.erpItem(tee("24.995", "2500")) // saved, and nothing changed
		w.pollStock(s)
		if more := w.shop.ProductMutations()[sent:]; len(more) > 0 {
			w.Errorf("unchanged, and sent %v\n%s", more, w.story())
		}
		w.pass(5 * time.Minute)
		renamed := tee("19.90", "2500")
		renamed.Title = "Merino Tee 2"
		renamed.Prices = append(renamed.Prices, netsuitetest.ItemPrice{Level: "1", Currency: "1", Price: "25"})
		w.erpItem(renamed)
		w.pollStock(s)
		p, v = w.oneProduct()
		if p.Title != "Merino Tee 2" || v.Price != "19.90" || v.CompareAt != "25.00" {
			w.Errorf("renamed and repriced: %+v\n%s", p, w.story())
		}
		w.pass(5 * time.Minute)
		renamed.Inactive = true
		w.erpItem(renamed)
		w.pollStock(s)
		p, _ = w.oneProduct()
		if p.Status != "ARCHIVED" || p.Description != "<p>Words</p>" || p.SEO != "merino" || !slices.Equal(p.Images, []string{"front.jpg"}) || !slices.Equal(p.Tags, []string{"sale"}) {
			w.Errorf("retired: %+v, want the merchant's fields as they were\n%s", p, w.story())
		}
		w.noneDead()
	})
}

func TestPriceIsInTheDecimalsOfTheShopsCurrency(t *testing.T) {
	t.Parallel()
	s := productSetup(nil)
	journey(t, s, func(w *world) {
		w.shop.SetCurrency("JPY")
		w.erpItem(tee("24.995", "2500"))
		w.pollStock(s)
		w.pass(5 * time.Minute)
		w.erpItem(tee("24.995", "4100.5"))
		w.pollStock(s)
		if _, v := w.oneProduct(); v.Price != "4101" {
			w.Errorf("the shop has %+v\n%s", v, w.story())
		}
		w.noneDead()
	})
}

// TestProductIsWrittenOnceWhateverGetsLost loses the answer of each mutation once, while the search
// does not find new variants.
func TestProductIsWrittenOnceWhateverGetsLost(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"mutation defineProductID", "mutation createProduct", "query variants", "query newProduct", "mutation updateVariant", "mutation updateProduct"} {
		t.Run(lost, func(t *testing.T) {
			t.Parallel()
			s := productSetup(nil)
			journey(t, s, func(w *world) {
				w.shop.DelayIndex(true)
				w.shop.LoseAnswer(lost)
				w.erpItem(tee("25", "2500"))
				w.pollStock(s)
				w.pass(30 * time.Minute)
				w.shop.DelayIndex(false)
				renamed := tee("19.90", "2500")
				renamed.Title = "Renamed"
				w.erpItem(renamed)
				w.pollStock(s)
				w.pass(30 * time.Minute)
				if p, v := w.oneProduct(); p.Title != "Renamed" || v.Price != "19.90" {
					w.Errorf("got %+v\n%s", p, w.story())
				}
				w.noneDead()
			})
		})
	}
}

// TestOlderStateOfAProductIsNotWrittenOverANewerOne has the first version fail while a second one
// arrives.
func TestOlderStateOfAProductIsNotWrittenOverANewerOne(t *testing.T) {
	t.Parallel()
	s := productSetup(nil)
	journey(t, s, func(w *world) {
		w.shop.AddProduct(shopifytest.Product{Title: "Old", Variants: []shopifytest.Variant{{SKU: "TEE-NEW", Price: "9.00"}}})
		w.shop.AnswerTo("query variants", slices.Repeat([]shopifytest.Answer{{Status: http.StatusServiceUnavailable}}, 3)...)
		w.erpItem(tee("25", "2500"))
		w.pollStock(s)
		w.pass(3 * time.Minute)
		renamed := tee("19.90", "2500")
		renamed.Title = "Newest"
		w.erpItem(renamed)
		w.pollStock(s)
		w.pass(2 * time.Hour)
		if p, v := w.oneProduct(); p.Title != "Newest" || v.Price != "19.90" || p.Status != "ACTIVE" {
			w.Errorf("got %+v\n%s", p, w.story())
		}
		w.noneDead()
	})
}

// TestPriceWaitsForItsSetting has a price list without an entry wait, under the name of the setting,
// and go on when there is one.
func TestPriceWaitsForItsSetting(t *testing.T) {
	t.Parallel()
	s := productSetup(map[string]string{"SHOPIFY_PRICE_LISTS": "netsuite/1=none"})
	journey(t, s, func(w *world) {
		w.shop.AddProduct(shopifytest.Product{Title: "Merino Tee", Variants: []shopifytest.Variant{{SKU: "TEE-NEW", Price: "9.00"}}})
		w.erpItem(tee("25", "2500"))
		w.pollStock(s)
		if _, v := w.oneProduct(); v.Price != "9.00" || v.Barcode == "" {
			w.Errorf("the shop has %+v, want the product but not its price", v)
		}
		waits := slices.ContainsFunc(w.entries(port.Deferred), func(e port.Entry) bool {
			return e.Error.Class == fault.Config && e.Error.Field == "SHOPIFY_PRICE_LISTS" && strings.Contains(e.Outcome+e.Error.Message, `"netsuite/5"`)
		})
		if !waits {
			w.Errorf("nothing names the setting: %+v\n%s", w.entries(port.Deferred), w.story())
		}
		w.restart(productSetup(nil))
		w.pass(2 * time.Hour)
		if _, v := w.oneProduct(); v.Price != "25.00" {
			w.Errorf("then the shop has %+v\n%s", v, w.story())
		}
		w.noneDead()
	})
}

// TestPriceWaitsForItsProduct has a price whose product cannot be created yet: the shop has no entry.
func TestPriceWaitsForItsProduct(t *testing.T) {
	t.Parallel()
	s := productSetup(map[string]string{"SHOPIFY_PRODUCT_SHOPS": ""})
	journey(t, s, func(w *world) {
		w.erpItem(tee("25", "2500"))
		w.pollStock(s)
		if made := w.shop.Products(); len(made) > 0 || len(w.shop.ProductMutations()) > 0 {
			w.Errorf("the shop has %+v", made)
		}
		w.restart(productSetup(nil))
		w.pass(3 * time.Hour)
		if _, v := w.oneProduct(); v.Price != "25.00" {
			w.Errorf("then the shop has %+v\n%s", v, w.story())
		}
		w.noneDead()
	})
}

// TestProductThatTheShopRejectsIsADeadLetterWithItsCode has one bad item beside a good one.
func TestProductThatTheShopRejectsIsADeadLetterWithItsCode(t *testing.T) {
	t.Parallel()
	s := productSetup(nil)
	journey(t, s, func(w *world) {
		bad := netsuitetest.Item{SKU: "BAD", Title: strings.Repeat("long ", 60)}
		w.erpItem(bad)
		w.erpItem(tee("25", "2500"))
		w.pollStock(s)
		if _, v := w.oneProduct(); v.SKU != "TEE-NEW" {
			w.Errorf("got %+v", v)
		}
		dead := w.entries(port.Dead)
		if len(dead) != 1 || dead[0].Entity.ID != "BAD" || dead[0].Error.Code != "INVALID_PRODUCT" || dead[0].Error.Field != "input.title" {
			w.Errorf("dead letters: %+v\n%s", dead, w.story())
		}
		bad.Title = "Short"
		w.pass(5 * time.Minute)
		w.erpItem(bad)
		w.pollStock(s)
		if len(w.shop.Products()) != 2 {
			w.Errorf("put right, the shop has %+v\n%s", w.shop.Products(), w.story())
		}
	})
}

// TestProductOfTheERPAppearsInBothStores has the same item in Shopify and in WooCommerce, one of which
// loses the answer of the creation.
func TestProductOfTheERPAppearsInBothStores(t *testing.T) {
	t.Parallel()
	s := productSetup(map[string]string{
		"WOOCOMMERCE_PRODUCT_STORES": "netsuite=shop.example", "WOOCOMMERCE_PRICE_LISTS": "netsuite/1=none,netsuite/5=shop.example", "WOOCOMMERCE_CURRENCY": "JPY",
	})
	journey(t, s, func(w *world) {
		w.wooStore.LoseAnswer(http.MethodPost)
		w.erpItem(tee("24.995", "2500"))
		w.pollStock(s)
		w.pass(time.Hour)
		renamed := tee("24.995", "4100.5")
		renamed.Title = "Merino Tee 2"
		w.erpItem(renamed)
		w.pollStock(s)
		w.pass(time.Hour)
		if p, v := w.oneProduct(); p.Title != "Merino Tee 2" || v.Price != "25.00" {
			w.Errorf("Shopify has %+v\n%s", p, w.story())
		}
		all := w.wooStore.Products()
		if len(all) != 1 || all[0].SKU != "TEE-NEW" || all[0].Name != "Merino Tee 2" || all[0].Regular != "4101" || all[0].Sale != "" || all[0].Status != "draft" {
			w.Errorf("WooCommerce has %+v\n%s", all, w.story())
		}
		renamed.Inactive = true
		w.erpItem(renamed)
		w.pollStock(s)
		if p, _ := w.oneProduct(); p.Status != "ARCHIVED" {
			w.Errorf("retired, Shopify has %+v\n%s", p, w.story())
		}
		w.noneDead()
	})
}

// TestPriceOfAnItemThatIsActiveAgainWaitsForItsProduct: the item was retired before the stores had it, so that nothing
// was written for it, and is created now; the stores fail for some minutes.
func TestPriceOfAnItemThatIsActiveAgainWaitsForItsProduct(t *testing.T) {
	t.Parallel()
	s := productSetup(map[string]string{
		"WOOCOMMERCE_PRODUCT_STORES": "netsuite=shop.example", "WOOCOMMERCE_PRICE_LISTS": "netsuite/1=none,netsuite/5=shop.example", "WOOCOMMERCE_CURRENCY": "JPY",
	})
	journey(t, s, func(w *world) {
		retired := tee("25", "2500")
		retired.Inactive = true
		w.erpItem(retired)
		w.pollStock(s)
		if len(w.shop.Products())+len(w.wooStore.Products()) != 0 {
			t.Fatalf("the shop has %+v, and the store %+v", w.shop.Products(), w.wooStore.Products())
		}
		w.noneDead()
		w.pass(time.Hour)
		w.shop.AnswerTo("mutation createProduct", slices.Repeat([]shopifytest.Answer{{Status: http.StatusServiceUnavailable}}, 3)...)
		w.wooStore.LoseAnswer(http.MethodPost)
		w.erpItem(tee("19.90", "1990"))
		w.pollStock(s)
		w.pass(2 * time.Hour)
		all := w.wooStore.Products()
		if _, v := w.oneProduct(); v.Price != "19.90" || len(all) != 1 || all[0].Regular != "1990" {
			w.Errorf("the shop has %+v, and the store %+v\n%s", v, all, w.story())
		}
		w.noneDead()
	})
}
