package test_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// withKits is a setup with an ERP whose products go to both stores and to a ShipBob, which knows neither the
// kit that the shop's orders name nor its components.
func withKits(more map[string]string) (setup, *shipbobtest.Fake) {
	s, fake := withCatalog(map[string]string{
		"SHIPBOB_PRODUCT_ACCOUNTS": "netsuite=main", "WOOCOMMERCE_PRODUCT_STORES": "netsuite=" + woocommercetest.Store,
	})
	for name, value := range more {
		s.settings[name] = value
	}
	return s, fake
}

// erpKit saves an item of the ERP as a kit of members such as "2 TEE-NEW".
func (w *world) erpKit(sku string, members ...string) {
	w.Helper()
	w.erpItem(netsuitetest.Item{SKU: sku, Title: "Set " + sku})
	kit := netsuitetest.Kit{SKU: sku, Changed: time.Now().Add(-3 * time.Minute)}
	for _, text := range members {
		takes, of, _ := strings.Cut(text, " ")
		kit.Members = append(kit.Members, netsuitetest.Member{SKU: of, Quantity: takes})
	}
	if err := w.erp.SetKit(kit); err != nil {
		w.Fatal(err)
	}
}

// bundles are the bundles of ShipBob, such as "KIT: 2 TEE, 1 CAP".
func bundles(fake *shipbobtest.Fake) (all []string) {
	for _, b := range fake.Bundles() {
		var parts []string
		for _, c := range b.Components {
			parts = append(parts, strconv.Itoa(c.Quantity)+" "+c.SKU)
		}
		all = append(all, b.SKU+": "+strings.Join(parts, ", "))
	}
	return all
}

// productPosts is how often ShipBob was asked to make a product.
func productPosts(fake *shipbobtest.Fake) int { return fake.Calls()["POST /product"] }

// The kit comes before its components, and its order before the bundle. A kit in the kit is resolved, and what is
// not shipped of it is left out. Both stores have it at once.
func TestAKitOfTheERPIsABundleOfTheWarehouseOnceItsComponentsAreThere(t *testing.T) {
	t.Parallel()
	s, fake := withKits(nil)
	journey(t, s, func(w *world) {
		w.erpItem(netsuitetest.Item{SKU: "SET-UP", Type: "Service", Unshipped: true})
		w.erpKit("TEE-BLK-M", "1 INNER", "1 CAP", "1 SET-UP")
		if err := w.erp.SetKit(netsuitetest.Kit{SKU: "INNER", Changed: time.Now().Add(-time.Hour), Members: []netsuitetest.Member{{SKU: "TEE-NEW", Quantity: "2"}}}); err != nil {
			w.Fatal(err)
		}
		w.pollStock(s)
		if got := bundles(fake); len(got) > 0 || productPosts(fake) > 0 {
			w.Errorf("without its components ShipBob has %v\n%s", got, w.story())
		}
		if shop, woo := w.shop.Products(), w.wooStore.Products(); len(shop) != 2 || len(woo) != 2 {
			w.Errorf("the stores have %+v and %+v\n%s", shop, woo, w.story())
		}
		w.shopify("orders/create", ingestSale(42, 0, 2).Body())
		w.pass(time.Hour)
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.ImportReview})
		waits := slices.ContainsFunc(w.entries(port.Deferred), func(e port.Entry) bool {
			return e.Error != nil && e.Error.Class == fault.MissingRef && e.Error.Field == "components[0].sku" && strings.Contains(e.Error.Message, `"TEE-NEW"`)
		})
		if !waits {
			w.Errorf("nothing names the component\n%s", w.story())
		}
		w.erpItem(tee("25", "2500"))
		w.erpItem(netsuitetest.Item{SKU: "CAP", Title: "Cap"})
		w.pollStock(s)
		w.pass(time.Hour)
		if got := bundles(fake); !slices.Equal(got, []string{"TEE-BLK-M: 2 TEE-NEW, 1 CAP"}) {
			w.Errorf("with its components ShipBob has %v\n%s", got, w.story())
		}
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
		writes := productPosts(fake)
		w.erpKit("TEE-BLK-M", "1 INNER", "1 CAP", "1 SET-UP") // saved, and nothing changed
		w.pollStock(s)
		w.pass(5 * time.Minute)
		w.erpKit("TEE-BLK-M", "3 CAP") // which a person changes at ShipBob
		w.pollStock(s)
		w.pass(time.Hour)
		differs := slices.ContainsFunc(w.entries(port.Sent), func(e port.Entry) bool {
			return e.Route == "netsuite-products-to-shipbob" && strings.Contains(e.Outcome, "its components there are 2 × TEE-NEW, 1 × CAP")
		})
		if got := bundles(fake); productPosts(fake) != writes || len(got) != 1 || !differs {
			w.Errorf("then ShipBob has %v, %d writes more, and the difference shown is %v\n%s", got, productPosts(fake)-writes, differs, w.story())
		}
		w.warehouseLetters("import_review") // of the order, which a person would have looked at meanwhile
	})
}

// The answer to the bundle is lost, and in half of the cases the program ends then, while the search does not find
// new products yet.
func TestAKitOfTheWarehouseIsMadeOnceIfItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, hidden := range []bool{false, true} {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprint("hidden ", hidden, " crash ", crash), func(t *testing.T) {
				t.Parallel()
				s, fake := withKits(nil)
				fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: "TEE-NEW"})
				fake.HideNew(hidden)
				lost := false
				s.wrap = func(_ string, system http.Handler) http.Handler {
					return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
						if lost || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/2026-01/product") {
							system.ServeHTTP(rw, r)
							return
						}
						lost = true
						system.ServeHTTP(&discarded{header: http.Header{}}, r)
						panic(http.ErrAbortHandler)
					})
				}
				journey(t, s, func(w *world) {
					w.erpKit("TEE-BLK-M", "2 TEE-NEW")
					w.pollStock(s)
					if crash {
						w.restart(s)
					}
					fake.HideNew(false)
					w.pass(time.Hour)
					if got := bundles(fake); !lost || !slices.Equal(got, []string{"TEE-BLK-M: 2 TEE-NEW"}) {
						w.Errorf("lost %v, and ShipBob has %v\n%s", lost, got, w.story())
					}
					w.noneDead()
				})
			})
		}
	}
}

// A component that no source publishes is named when the time is over, and both stores have had the kit all along.
// A person makes it, and the kit goes on when it is saved again.
func TestAKitWhoseComponentNeverComesIsParkedWithItsName(t *testing.T) {
	t.Parallel()
	s, fake := withKits(nil)
	journey(t, s, func(w *world) {
		w.stop()
		w.config.Retry.Parent = time.Hour
		ctx, cancel := context.WithCancel(w.Context())
		var engines sync.WaitGroup
		engine := w.engine(w.config)
		engines.Go(func() { engine.Run(ctx) })
		w.stop = func() {
			cancel()
			engines.Wait()
		}
		w.erpKit("TEE-BLK-M", "2 NOBODY-SELLS-IT")
		w.pollStock(s)
		w.pass(90 * time.Minute)
		parked := w.entries(port.Parked)
		if len(parked) != 1 || parked[0].Route != "netsuite-products-to-shipbob" || !strings.Contains(parked[0].Outcome, `"NOBODY-SELLS-IT"`) || len(bundles(fake)) > 0 {
			w.Errorf("parked %+v, and ShipBob has %v\n%s", parked, bundles(fake), w.story())
		}
		p, _ := w.oneProduct()
		if woo := w.wooStore.Products(); p.Title != "Set TEE-BLK-M" || len(woo) != 1 || woo[0].SKU != "TEE-BLK-M" {
			w.Errorf("the stores have %+v and %+v\n%s", p, woo, w.story())
		}
		fake.AddToCatalog(shipbobtest.CatalogProduct{SKU: "NOBODY-SELLS-IT"})
		w.erpKit("TEE-BLK-M", "2 NOBODY-SELLS-IT") // saved again
		w.pollStock(s)
		w.pass(5 * time.Minute)
		if got := bundles(fake); !slices.Equal(got, []string{"TEE-BLK-M: 2 NOBODY-SELLS-IT"}) {
			w.Errorf("made by a person, and ShipBob has %v\n%s", got, w.story())
		}
	})
}

// A kit of itself is bad input of the ERP: it is a dead letter with the path, and no system has it.
func TestAKitOfItselfIsADeadLetterWithItsPath(t *testing.T) {
	t.Parallel()
	s, fake := withKits(nil)
	journey(t, s, func(w *world) {
		w.erpKit("TEE-BLK-M", "1 INNER")
		if err := w.erp.SetKit(netsuitetest.Kit{SKU: "INNER", Changed: time.Now().Add(-time.Hour), Members: []netsuitetest.Member{{SKU: "TEE-BLK-M", Quantity: "2"}}}); err != nil {
			w.Fatal(err)
		}
		w.erpItem(tee("25", "2500"))
		w.pollStock(s)
		w.pass(time.Hour)
		if dead := w.entries(port.Dead); len(dead) != 1 || !strings.Contains(dead[0].Outcome, `member "TEE-BLK-M" > "INNER" > "TEE-BLK-M" is a kit of itself`) {
			w.Errorf("dead letters %+v\n%s", dead, w.story())
		}
		if p, _ := w.oneProduct(); p.Title != "Merino Tee" || len(bundles(fake)) > 0 || len(fake.Catalog()) != 1 {
			w.Errorf("the shop has %+v, ShipBob %+v\n%s", p, fake.Catalog(), w.story())
		}
	})
}

// Goods of which nothing is shipped need no shipping in both stores, and ShipBob does not get them.
func TestDigitalGoodsOfTheERPAreNotShipped(t *testing.T) {
	t.Parallel()
	s, fake := withKits(map[string]string{"SHOPIFY_PRODUCT_SHOPS": "netsuite=" + shopifytest.Shop})
	journey(t, s, func(w *world) {
		w.erpItem(netsuitetest.Item{SKU: "E-BOOK", Title: "Knitting", Type: "DwnLdItem"})
		w.erpItem(netsuitetest.Item{SKU: "SET-UP", Title: "Fitting", Type: "Service", Unshipped: true})
		w.erpItem(netsuitetest.Item{SKU: "BAG", Title: "Bag", Type: "NonInvtPart"}) // is shipped, without a stock
		w.pollStock(s)
		want := map[string]bool{"E-BOOK": true, "SET-UP": true, "BAG": false}
		for _, p := range w.shop.Products() {
			if v := p.Variants[0]; v.Digital != want[v.SKU] {
				w.Errorf("the shop has %+v", v)
			}
		}
		for _, p := range w.wooStore.Products() {
			if p.Virtual != want[p.SKU] {
				w.Errorf("the store has %+v", p)
			}
		}
		if len(w.shop.Products()) != 3 || len(w.wooStore.Products()) != 3 {
			w.Errorf("the stores have %+v and %+v\n%s", w.shop.Products(), w.wooStore.Products(), w.story())
		}
		if got := fake.Catalog(); len(got) != 1 || got[0].SKU != "BAG" {
			w.Errorf("ShipBob has %+v\n%s", got, w.story())
		}
		said := 0
		for _, e := range w.entries(port.Sent) {
			if e.Route == "netsuite-products-to-shipbob" && strings.Contains(e.Outcome, "is shipped") {
				said++
			}
		}
		if said != 2 {
			w.Errorf("%d receipts say why\n%s", said, w.story())
		}
		w.noneDead()
	})
}
