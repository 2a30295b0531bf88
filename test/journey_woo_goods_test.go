package test_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
)

// wooGoodsSetup is a WooCommerce store that is master of products, prices and stock of a Shopify shop, and of the
// products of a ShipBob that knows no SKU.
func wooGoodsSetup(more map[string]string) setup {
	settings := map[string]string{
		"WOOCOMMERCE_MASTER_OF": "products,prices,stock", "WOOCOMMERCE_CURRENCY": "USD",
		"SHOPIFY_PRODUCT_SHOPS": "woocommerce=" + shopifytest.Shop, "SHOPIFY_PRICE_LISTS": "woocommerce/shop.example=" + shopifytest.Shop,
		"SHOPIFY_STOCK_LOCATIONS": "woocommerce/shop.example=" + shopifytest.Shop + "/" + stockPlace, "SHIPBOB_PRODUCT_ACCOUNTS": "woocommerce=main",
	}
	maps.Copy(settings, more)
	return setup{settings: settings, memory: true, warehouse: shipbobtest.New(time.Now)}
}

// wooGoods plays a journey of a store's goods.
func wooGoods(t *testing.T, more map[string]string, play func(w *world)) {
	t.Helper()
	s := wooGoodsSetup(more)
	journey(t, s, play)
}

// wooReports delivers the product's webhook as the store sends it, and lets everything that follows happen.
func (w *world) wooReports(topic string, id int64) {
	w.Helper()
	w.ingestOK(w.woo(topic, w.wooStore.ProductBody(id)))
	w.pass(2 * time.Minute)
}

// wooPolls polls the store once, when its last change is old enough to be looked at.
func (w *world) wooPolls() (sum reconcile.Report) {
	w.Helper()
	w.pass(3 * time.Minute)
	p := w.poller(w.config.Systems["woocommerce"], w.config.Runtime, func(r reconcile.Report) {
		sum.Gaps, sum.Unconfirmed, sum.Failed = sum.Gaps+r.Gaps, sum.Unconfirmed+r.Unconfirmed, sum.Failed+r.Failed
	})
	if err := p.Run(w.Context()); err != nil {
		w.Fatalf("polling the store: %v\n%s", err, w.story())
	}
	w.pass(2 * time.Minute)
	return sum
}

// wooTee puts a product into the store, with five pieces.
func (w *world) wooTee() {
	w.wooStore.AddProduct(woocommercetest.Product{ID: 9, SKU: "TEE-NEW", Name: "Merino Tee", Regular: "25.00", Barcode: "4006381333931"})
	w.wooStore.Manage("TEE-NEW", true)
	w.wooStore.Stock("TEE-NEW", 5)
}

// wooShopText describes what the shop has of a SKU: title, status, price, price before and stock.
func (w *world) wooShopText(sku string) string {
	for _, p := range w.shop.Products() {
		for _, v := range p.Variants {
			if v.SKU == sku {
				return fmt.Sprintf("%s %s %s before %q, %d", p.Title, p.Status, v.Price, v.CompareAt, w.shop.Available(stockPlace)[sku])
			}
		}
	}
	return "nothing"
}

func (w *world) wooShopHas(sku, want string) {
	w.Helper()
	if got := w.wooShopText(sku); got != want {
		w.Errorf("the shop has of %s: %s, want %s\n%s", sku, got, want, w.story())
	}
}

// wooCatalogIs compares the titles by SKU that the warehouse has.
func (w *world) wooCatalogIs(want map[string]string) {
	w.Helper()
	got := map[string]string{}
	for _, p := range w.warehouse.Catalog() {
		if _, twice := got[p.SKU]; twice {
			w.Errorf("ShipBob has %s twice", p.SKU)
		}
		got[p.SKU] = p.Title
	}
	if !maps.Equal(got, want) {
		w.Errorf("ShipBob has %v, want %v\n%s", got, want, w.story())
	}
}

func TestWooGoodsAProductReachesTheOtherStoreAndTheWarehouse(t *testing.T) {
	t.Parallel()
	wooGoods(t, nil, func(w *world) {
		w.wooTee()
		w.wooStore.EditProduct(9, func(p *woocommercetest.Product) { p.Status = "draft" })
		w.wooReports("product.created", 9)
		w.wooShopHas("TEE-NEW", "nothing")
		w.wooCatalogIs(map[string]string{})
		w.wooStore.EditProduct(9, func(p *woocommercetest.Product) { p.Status = "publish" })
		w.wooReports("product.updated", 9)
		w.pass(time.Hour)
		w.wooShopHas("TEE-NEW", `Merino Tee DRAFT 25.00 before "", 5`)
		w.wooCatalogIs(map[string]string{"TEE-NEW": "Merino Tee"})
		w.wooStore.EditProduct(9, func(p *woocommercetest.Product) { p.Name, p.Sale = "Merino Tee 2", "19.90" })
		w.wooReports("product.updated", 9)
		w.wooShopHas("TEE-NEW", `Merino Tee 2 DRAFT 19.90 before "25.00", 5`)
		w.wooCatalogIs(map[string]string{"TEE-NEW": "Merino Tee 2"})
		trashed := w.wooStore.TrashProduct(9)
		w.ingestOK(w.woo("product.deleted", trashed))
		w.pass(2 * time.Minute)
		w.wooShopHas("TEE-NEW", `Merino Tee 2 ARCHIVED 19.90 before "25.00", 5`)
		w.wooCatalogIs(map[string]string{"TEE-NEW": "Merino Tee 2"})
		w.noneDead()
	})
}

// A sale in the store lowers its quantity, and the level follows. Neither name nor price is asked for again.
func TestWooGoodsASaleOfTheStoreLowersTheStockOfTheOther(t *testing.T) {
	t.Parallel()
	wooGoods(t, nil, func(w *world) {
		w.wooTee()
		w.wooReports("product.created", 9)
		w.pass(3 * time.Hour)
		asked := w.warehouse.Calls()["GET /product"]
		written := len(w.shop.ProductMutations())
		for left := int64(4); left >= 2; left-- {
			w.wooStore.Stock("TEE-NEW", left)
			w.wooReports("product.updated", 9)
			w.wooShopHas("TEE-NEW", `Merino Tee DRAFT 25.00 before "", `+strconv.FormatInt(left, 10))
		}
		w.wooStore.Stock("TEE-NEW", -2) // sold on backorder
		w.wooReports("product.updated", 9)
		w.wooShopHas("TEE-NEW", `Merino Tee DRAFT 25.00 before "", 0`)
		if more := w.warehouse.Calls()["GET /product"] - asked; more > 0 {
			w.Errorf("ShipBob is asked %d times for a product that only sold\n%s", more, w.story())
		}
		if r := w.wooPolls(); r != (reconcile.Report{}) {
			w.Errorf("a poll finds %+v of what was delivered\n%s", r, w.story())
		}
		if more := w.warehouse.Calls()["GET /product"] - asked + len(w.shop.ProductMutations()) - written; more > 0 {
			w.Errorf("after a poll %d requests about a product that only sold\n%s", more, w.story())
		}
		w.noneDead()
	})
}

// A delivery that comes twice, or after a newer one, has what the store has by then.
func TestWooGoodsDeliveriesAreHintsInAnyOrder(t *testing.T) {
	t.Parallel()
	wooGoods(t, nil, func(w *world) {
		w.wooTee()
		first := w.wooStore.ProductBody(9)
		w.pass(time.Minute)
		w.wooStore.EditProduct(9, func(p *woocommercetest.Product) { p.Name, p.Regular = "Newest", "30.00" })
		newest := w.wooStore.ProductBody(9)
		for _, body := range [][]byte{newest, first, newest, first} {
			w.ingestOK(w.woo("product.updated", body))
			w.pass(time.Second)
		}
		w.pass(time.Hour)
		w.wooShopHas("TEE-NEW", `Newest DRAFT 30.00 before "", 5`)
		w.wooCatalogIs(map[string]string{"TEE-NEW": "Newest"})
		made := 0
		for _, name := range w.shop.ProductMutations() {
			if name == "productSet" {
				made++
			}
		}
		if made != 1 {
			w.Errorf("created %d times: %v", made, w.shop.ProductMutations())
		}
		w.noneDead()
	})
}

// A product with variations: each is a variant of the other store, and a product of the warehouse.
func TestWooGoodsAVariationThatChangesAloneReachesBoth(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{"delivered": true, "polled": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wooGoods(t, nil, func(w *world) {
				w.shop.AddProduct(shopifytest.Product{Title: "Hoodie", Status: "ACTIVE", Variants: []shopifytest.Variant{{SKU: "HOOD-M", Price: "1.00"}, {SKU: "HOOD-L", Price: "1.00"}}})
				w.wooStore.AddProduct(woocommercetest.Product{ID: 10, Name: "Hoodie", Type: "variable"})
				for i, size := range []string{"M", "L"} {
					w.wooStore.AddProduct(woocommercetest.Product{ID: int64(11 + i), Parent: 10, SKU: "HOOD-" + size, Options: []string{size}, Regular: "79.50"})
					w.shop.Stock("HOOD-"+size, stockPlace, 1)
					w.wooStore.Manage("HOOD-"+size, true)
					w.wooStore.Stock("HOOD-"+size, 7)
				}
				w.wooReports("product.created", 10)
				w.wooShopHas("HOOD-M", `Hoodie ACTIVE 79.50 before "", 7`)
				w.wooShopHas("HOOD-L", `Hoodie ACTIVE 79.50 before "", 7`)
				w.wooCatalogIs(map[string]string{"HOOD-M": "Hoodie - M", "HOOD-L": "Hoodie - L"})
				w.pass(time.Minute)
				w.wooStore.EditProduct(12, func(p *woocommercetest.Product) { p.Sale = "60.00" })
				w.wooStore.Stock("HOOD-L", 3)
				if told {
					w.wooReports("product.updated", 12)
				} else if r := w.wooPolls(); r.Gaps == 0 {
					w.Errorf("the poll finds %+v", r)
				}
				w.wooShopHas("HOOD-M", `Hoodie ACTIVE 79.50 before "", 7`)
				w.wooShopHas("HOOD-L", `Hoodie ACTIVE 60.00 before "79.50", 3`)
				w.noneDead()
			})
		})
	}
}

// What no webhook reported is found by the polls: a new product, a change, and one in the trash.
func TestWooGoodsThatNoWebhookReportedArePolled(t *testing.T) {
	t.Parallel()
	wooGoods(t, nil, func(w *world) {
		w.wooTee()
		if r := w.wooPolls(); r.Gaps != 1 || r.Failed > 0 {
			w.Errorf("the poll finds %+v, want one gap", r)
		}
		w.wooShopHas("TEE-NEW", `Merino Tee DRAFT 25.00 before "", 5`)
		w.wooCatalogIs(map[string]string{"TEE-NEW": "Merino Tee"})
		w.wooStore.EditProduct(9, func(p *woocommercetest.Product) { p.Name = "Merino Tee 2" })
		w.wooPolls()
		w.wooShopHas("TEE-NEW", `Merino Tee 2 DRAFT 25.00 before "", 5`)
		if r := w.wooPolls(); r != (reconcile.Report{}) {
			w.Errorf("unchanged, a poll finds %+v", r)
		}
		w.wooStore.TrashProduct(9)
		w.wooPolls()
		w.wooShopHas("TEE-NEW", `Merino Tee 2 ARCHIVED 25.00 before "", 5`)
		w.noneDead()
	})
}

// A SKU that changes leaves the old one: it is retired, and one that another product has by now is not.
func TestWooGoodsARenamedSKUIsRetiredUnlessAnotherProductHasIt(t *testing.T) {
	t.Parallel()
	for name, taken := range map[string]bool{"free": false, "taken": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wooGoods(t, nil, func(w *world) {
				w.wooTee()
				w.wooReports("product.created", 9)
				w.wooStore.EditProduct(9, func(p *woocommercetest.Product) { p.SKU, p.Barcode = "TEE-2027", "" })
				want := `Merino Tee ARCHIVED 25.00 before "", 5`
				if taken {
					w.wooStore.AddProduct(woocommercetest.Product{ID: 30, SKU: "TEE-NEW", Name: "Another Tee", Regular: "12.00"})
					w.wooReports("product.created", 30)
					want = `Another Tee DRAFT 12.00 before "", 5`
				}
				w.wooReports("product.updated", 9)
				w.wooShopHas("TEE-NEW", want)
				w.wooShopHas("TEE-2027", `Merino Tee DRAFT 25.00 before "", 5`)
				w.wooPolls()
				w.wooShopHas("TEE-NEW", want)
				w.noneDead()
			})
		})
	}
}

// TestWooGoodsAreWrittenOnceOverACrash loses the answer of a target's write, kills the program, and has the
// delivery come again.
func TestWooGoodsAreWrittenOnceOverACrash(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"mutation createProduct", "mutation updateVariant", "POST /product", "reading the store"} {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprint(lost, " crash ", crash), func(t *testing.T) {
				t.Parallel()
				s := wooGoodsSetup(nil)
				gone := false
				s.wrap = func(address string, system http.Handler) http.Handler {
					return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
						made := address == warehouseAddress && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/product")
						if gone || lost != "POST /product" || !made {
							system.ServeHTTP(rw, r)
							return
						}
						gone = true
						system.ServeHTTP(&discarded{header: http.Header{}}, r)
						panic(http.ErrAbortHandler)
					})
				}
				journey(t, s, func(w *world) {
					w.wooTee()
					switch lost {
					case "POST /product":
					case "reading the store":
						w.wooStore.LoseAnswer("get_wp_json_wc_v3_products_id")
					default:
						w.shop.LoseAnswer(lost)
					}
					w.ingestOK(w.woo("product.created", w.wooStore.ProductBody(9)))
					w.pass(time.Second)
					if crash {
						w.restart(s)
					}
					w.wooStore.EditProduct(9, func(p *woocommercetest.Product) { p.Regular = "26.00" })
					w.wooReports("product.updated", 9)
					w.pass(2 * time.Hour)
					w.wooShopHas("TEE-NEW", `Merino Tee DRAFT 26.00 before "", 5`)
					if all := w.shop.Products(); len(all) != 1 {
						w.Errorf("the shop has %+v", all)
					}
					w.wooCatalogIs(map[string]string{"TEE-NEW": "Merino Tee"})
					w.noneDead()
				})
			})
		}
	}
}

// TestWooGoodsWaitForEachSetting leaves one setting out: what needs it waits under its name, and goes on with it.
func TestWooGoodsWaitForEachSetting(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{"WOOCOMMERCE_CURRENCY", "SHOPIFY_PRODUCT_SHOPS", "SHOPIFY_PRICE_LISTS", "SHOPIFY_STOCK_LOCATIONS", "SHIPBOB_PRODUCT_ACCOUNTS"} {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			s := wooGoodsSetup(map[string]string{missing: ""})
			journey(t, s, func(w *world) {
				w.wooTee()
				w.wooReports("product.created", 9)
				waits := slices.ContainsFunc(w.entries(port.Deferred), func(e port.Entry) bool {
					return e.Error != nil && e.Error.Class == fault.Config && e.Error.Field == missing
				})
				if !waits {
					w.Errorf("nothing waits under the name: %+v\n%s", w.entries(port.Deferred), w.story())
				}
				whole := wooGoodsSetup(nil)
				whole.warehouse = w.warehouse
				w.restart(whole)
				w.pass(3 * time.Hour)
				w.wooShopHas("TEE-NEW", `Merino Tee DRAFT 25.00 before "", 5`)
				w.wooCatalogIs(map[string]string{"TEE-NEW": "Merino Tee"})
				w.noneDead()
			})
		})
	}
}

// Two variations with one SKU are kept with both ids, and go on when one is renamed.
func TestWooGoodsTwoVariationsWithOneSKUAreKeptWithBothIDs(t *testing.T) {
	t.Parallel()
	wooGoods(t, nil, func(w *world) {
		w.wooStore.AddProduct(woocommercetest.Product{ID: 10, Name: "Hoodie", Type: "variable"})
		for id := int64(11); id <= 12; id++ {
			w.wooStore.AddProduct(woocommercetest.Product{ID: id, Parent: 10, SKU: "HOOD-M", Regular: "79.50"})
		}
		w.wooReports("product.created", 10)
		if dead := w.entries(port.Dead); len(dead) != 1 || dead[0].Error.Code != "ambiguous_sku" || !strings.Contains(dead[0].Error.Message, "variations 11 and 12 of product 10") {
			w.Errorf("dead letters: %+v\n%s", dead, w.story())
		}
		w.wooCatalogIs(map[string]string{})
		w.wooStore.EditProduct(12, func(p *woocommercetest.Product) { p.SKU = "HOOD-L" })
		w.wooReports("product.updated", 10)
		w.wooCatalogIs(map[string]string{"HOOD-M": "Hoodie", "HOOD-L": "Hoodie"})
	})
}
