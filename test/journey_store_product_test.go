package test_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// masterSetup is a setup whose shop is master of products and prices, which go to the store and the warehouse.
func masterSetup(more map[string]string) setup {
	settings := map[string]string{
		"SHOPIFY_MASTER_OF": "products,prices", "SHIPBOB_PRODUCT_ACCOUNTS": "shopify=main",
		"WOOCOMMERCE_PRODUCT_STORES": "shopify/" + shopifytest.Shop + "=shop.example", "WOOCOMMERCE_PRICE_LISTS": "shopify/" + shopifytest.Shop + "=shop.example",
		"WOOCOMMERCE_CURRENCY": "USD",
	}
	maps.Copy(settings, more)
	warehouse := shipbobtest.New(time.Now)
	warehouse.Unknown("CAP", "TEE-BLK-M", "TEE-BLK-L")
	return setup{settings: settings, memory: true, warehouse: warehouse}
}

// listed makes a product in the shop, which sends its webhook.
func (w *world) listed(p shopifytest.Product) shopifytest.Product {
	w.Helper()
	p = w.shop.AddProduct(p)
	w.ingestOK(w.deliver(w.shop.ProductDelivery("products/create", p)))
	w.pass(2 * time.Minute)
	return p
}

// edits changes a product of the shop, which sends its webhook.
func (w *world) edits(id int64, edit func(*shopifytest.Product)) shopifytest.Delivery {
	w.Helper()
	w.pass(time.Minute)
	var edited shopifytest.Product
	w.shop.EditProductByID(id, func(p *shopifytest.Product) {
		edit(p)
		edited = *p
	})
	d := w.shop.ProductDelivery("products/update", edited)
	w.ingestOK(w.deliver(d))
	w.pass(2 * time.Minute)
	return d
}

// aCap is a product without options.
func aCap(title, price string) shopifytest.Product {
	return shopifytest.Product{Title: title, Description: "<p>Warm &amp; light</p>", Variants: []shopifytest.Variant{
		{SKU: "CAP", Barcode: "4006381333931", Price: price, Weight: "0.5", Unit: "POUNDS"},
	}}
}

// twoSizes is a product with two variants, of 39 and 41.50.
func twoSizes() shopifytest.Product {
	return shopifytest.Product{Title: "Merino Tee", Variants: []shopifytest.Variant{
		{Title: "M", SKU: "TEE-BLK-M", Price: "39.00", CompareAt: "49.00"}, {Title: "L", SKU: "TEE-BLK-L", Price: "41.50"},
	}}
}

// stored fails unless the store has exactly these products, each as "SKU name regular sale status".
func (w *world) stored(want ...string) {
	w.Helper()
	var got []string
	for _, p := range w.wooStore.Products() {
		got = append(got, strings.Join(strings.Fields(fmt.Sprint(p.SKU, " ", p.Name, " ", p.Regular, " ", p.Sale, " ", p.Status)), " "))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.Errorf("the store has %q, want %q\n%s", got, want, w.story())
	}
}

// catalogued fails unless the warehouse has exactly these products, each as "SKU name".
func (w *world) catalogued(want ...string) {
	w.Helper()
	var got []string
	for _, p := range w.warehouse.Catalog() {
		got = append(got, p.SKU+" "+p.Name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.Errorf("the warehouse has %q, want %q\n%s", got, want, w.story())
	}
}

func TestStoreProductAppearsAtStoreAndWarehouseAndFollowsTheShop(t *testing.T) {
	t.Parallel()
	journey(t, masterSetup(nil), func(w *world) {
		p := w.listed(aCap("Cap", "9.00"))
		w.stored("CAP Cap 9.00 draft")
		w.catalogued("CAP Cap")
		if got := w.wooStore.Products()[0]; got.Barcode != "4006381333931" || got.Text != "Warm &amp; light" {
			w.Errorf("the store has %+v", got)
		}
		if got := w.warehouse.Catalog()[0]; got.GTIN != "4006381333931" || got.Ounces != "8" {
			w.Errorf("the warehouse has %+v", got)
		}
		last := w.edits(p.ID, func(p *shopifytest.Product) {
			p.Title, p.Variants[0].Price, p.Variants[0].CompareAt = "Cap 2", "7.50", "9.00"
		})
		w.stored("CAP Cap 2 9.00 7.50 draft")
		w.catalogued("CAP Cap 2")
		writes, calls := w.wooStore.Products()[0].Writes, w.warehouse.Calls()
		w.ingestOK(w.deliver(last)) // delivered twice
		again := last
		again.WebhookID = "another"
		w.ingestOK(w.deliver(again))
		w.shop.Stock("CAP", stockPlace, 5) // a sale, which moves updated_at
		w.ingestOK(w.deliver(w.shop.ProductDelivery("products/update", w.shop.ProductOf("CAP"))))
		w.pollsShop("products/update")
		if got := w.wooStore.Products()[0].Writes; got != writes || !maps.Equal(w.warehouse.Calls(), calls) {
			w.Errorf("unchanged, and the store was written %d times, and the warehouse asked %v\n%s", got-writes, w.warehouse.Calls(), w.story())
		}
		w.edits(p.ID, func(p *shopifytest.Product) { p.Status = "ARCHIVED" })
		w.edits(p.ID, func(p *shopifytest.Product) { p.Status = "ACTIVE" })
		w.stored("CAP Cap 2 9.00 7.50 draft")
		w.noneDead()
	})
}

// The webhooks of two states come the wrong way round, and one of them is lost.
func TestStoreProductOutOfOrderEndsAsTheShopHasIt(t *testing.T) {
	t.Parallel()
	journey(t, masterSetup(nil), func(w *world) {
		p := w.shop.AddProduct(aCap("Cap", "9.00"))
		first := w.shop.ProductDelivery("products/create", p)
		w.pass(time.Minute)
		w.shop.EditProduct("CAP", func(p *shopifytest.Product) { p.Title = "Cap 2" })
		second := w.shop.ProductDelivery("products/update", w.shop.ProductOf("CAP"))
		w.ingestOK(w.deliver(second))
		w.pass(time.Minute)
		w.ingestOK(w.deliver(first))
		w.pass(2 * time.Minute)
		w.stored("CAP Cap 2 9.00 draft")
		w.shop.EditProduct("CAP", func(p *shopifytest.Product) { p.Title, p.Variants[0].Price = "Cap 3", "8.00" }) // its webhook is lost
		w.pollsShop("products/update")
		w.stored("CAP Cap 3 8.00 draft")
		w.catalogued("CAP Cap 3")
		w.noneDead()
	})
}

// A variant is a product of its own at the warehouse. At a store it has to be there, with its options.
func TestStoreProductVariantsReachTheWarehouseAndVariationsThatAreThere(t *testing.T) {
	t.Parallel()
	journey(t, masterSetup(nil), func(w *world) {
		parent := w.wooStore.AddProduct(woocommercetest.Product{Name: "Merino", Status: "publish"})
		w.wooStore.AddProduct(woocommercetest.Product{Parent: parent, SKU: "TEE-BLK-M", Name: "M", Regular: "1.00", Status: "publish"})
		p := w.listed(twoSizes())
		w.catalogued("TEE-BLK-L Merino Tee - L", "TEE-BLK-M Merino Tee - M")
		w.stored("Merino publish", "TEE-BLK-M M 49.00 39.00 publish")
		dead := w.entries(port.Dead)
		if len(dead) != 1 || dead[0].Entity.ID != "TEE-BLK-L" || dead[0].Error.Code != "unknown_variation" || dead[0].Error.Field != "parent" {
			w.Errorf("dead letters: %+v\n%s", dead, w.story())
		}
		w.edits(p.ID, func(p *shopifytest.Product) { p.Variants = p.Variants[1:] })
		w.stored("Merino publish", "TEE-BLK-L Merino Tee - L 41.50 draft", "TEE-BLK-M M 49.00 39.00 private") // the last one has no options to choose
		w.catalogued("TEE-BLK-L Merino Tee - L", "TEE-BLK-M Merino Tee - M")                                  // the warehouse may have stock of it
	})
}

// A deleted product leaves the store, and one that no target ever had leaves no trace.
func TestStoreProductThatIsDeletedIsRetired(t *testing.T) {
	t.Parallel()
	journey(t, masterSetup(nil), func(w *world) {
		w.wooStore.AddProduct(woocommercetest.Product{SKU: "CAP", Name: "Cap", Regular: "9.00", Status: "publish"})
		w.listed(aCap("Cap", "9.00"))
		w.stored("CAP Cap 9.00 publish")
		w.pass(time.Minute)
		gone := w.shop.ProductDelivery("products/delete", w.shop.DeleteProduct("CAP"))
		w.ingestOK(w.deliver(gone))
		w.ingestOK(w.deliver(gone))
		w.pass(2 * time.Minute)
		w.stored("CAP Cap 9.00 draft")
		draft := twoSizes()
		draft.Status = "DRAFT"
		w.listed(draft)
		w.ingestOK(w.deliver(w.shop.ProductDelivery("products/delete", shopifytest.Product{ID: 4711})))
		w.pass(2 * time.Minute)
		w.stored("CAP Cap 9.00 draft")
		w.catalogued("CAP Cap")
		w.noneDead()
	})
}

// The program is killed, or an answer is lost, between the write and its confirmation.
func TestStoreProductIsMadeOnceOverACrash(t *testing.T) {
	t.Parallel()
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprint("crash ", crash), func(t *testing.T) {
			t.Parallel()
			s := masterSetup(nil)
			lost := false
			s.wrap = func(address string, system http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if lost || address != warehouseAddress || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/product") {
						system.ServeHTTP(rw, r)
						return
					}
					lost = true
					system.ServeHTTP(&discarded{header: http.Header{}}, r)
					panic(http.ErrAbortHandler)
				})
			}
			journey(t, s, func(w *world) {
				w.wooStore.LoseAnswer(http.MethodPost)
				p := w.shop.AddProduct(aCap("Cap", "9.00"))
				w.ingestOK(w.deliver(w.shop.ProductDelivery("products/create", p)))
				w.pass(time.Second)
				if crash {
					w.restart(s)
				}
				w.pass(time.Hour)
				w.stored("CAP Cap 9.00 draft")
				w.catalogued("CAP Cap")
				if !lost {
					w.Error("no answer was lost")
				}
				w.noneDead()
			})
		})
	}
}

func TestStoreProductWaitsForItsSettings(t *testing.T) {
	t.Parallel()
	s := masterSetup(map[string]string{"SHIPBOB_PRODUCT_ACCOUNTS": "netsuite=main", "WOOCOMMERCE_PRODUCT_STORES": "", "WOOCOMMERCE_PRICE_LISTS": ""})
	journey(t, s, func(w *world) {
		w.listed(aCap("Cap", "9.00"))
		w.stored()
		w.catalogued()
		for _, setting := range []string{"SHIPBOB_PRODUCT_ACCOUNTS", "WOOCOMMERCE_PRODUCT_STORES"} {
			if !slices.ContainsFunc(w.entries(port.Deferred), func(e port.Entry) bool {
				return e.Error != nil && e.Error.Class == fault.Config && e.Error.Field == setting && strings.Contains(e.Outcome+e.Error.Message, "shopify")
			}) {
				w.Errorf("nothing names %s\n%s", setting, w.story())
			}
		}
		configured := masterSetup(nil)
		configured.warehouse = w.warehouse
		w.restart(configured)
		w.pass(3 * time.Hour)
		w.stored("CAP Cap 9.00 draft")
		w.catalogued("CAP Cap")
		w.noneDead()
	})
}

// A product with one SKU twice is kept with both ids, and goes on once that is put right.
func TestStoreProductWithOneSKUTwiceIsKept(t *testing.T) {
	t.Parallel()
	journey(t, masterSetup(nil), func(w *world) {
		p := twoSizes()
		p.Variants[1].SKU = "TEE-BLK-M"
		p = w.listed(p)
		w.catalogued()
		dead := w.entries(port.Dead)
		if len(dead) != 1 || dead[0].Error.Field != "variants[1].sku" || !strings.Contains(dead[0].Error.Message, fmt.Sprint(p.Variants[0].ID)) || !strings.Contains(dead[0].Error.Message, fmt.Sprint(p.Variants[1].ID)) {
			w.Errorf("kept: %+v\n%s", dead, w.story())
		}
		w.edits(p.ID, func(p *shopifytest.Product) { p.Variants[1].SKU = "TEE-BLK-L" })
		w.catalogued("TEE-BLK-L Merino Tee - L", "TEE-BLK-M Merino Tee - M")
	})
}

// The app has no scope to read products: they wait under the token's name, and orders go on.
func TestStoreProductWithoutItsScopeHoldsUpNoOrder(t *testing.T) {
	t.Parallel()
	journey(t, masterSetup(nil), func(w *world) {
		denied := shopifytest.Answer{Status: http.StatusOK, Body: `{"errors":[{"message":"x","extensions":{"code":"ACCESS_DENIED"}}]}`}
		w.shop.AnswerTo("query goods", slices.Repeat([]shopifytest.Answer{denied}, 5)...)
		w.listed(aCap("Cap", "9.00"))
		w.stored()
		w.shopify("orders/create", ingestSale(42, 0, 2).Body())
		w.pass(2 * time.Minute)
		w.order("shopify", "42")
		w.stored()
		if !slices.ContainsFunc(w.entries(port.Deferred), func(e port.Entry) bool {
			return e.Error != nil && e.Error.Field == "SHOPIFY_ADMIN_TOKEN" && strings.Contains(e.Error.Message, "read_products")
		}) {
			w.Errorf("nothing names the scope\n%s", w.story())
		}
		w.pass(6 * time.Hour)
		w.stored("CAP Cap 9.00 draft")
	})
}
