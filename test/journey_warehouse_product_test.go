package test_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// withCatalog is a setup with an ERP that is master of the products of a ShipBob, which knows none of two.
func withCatalog(more map[string]string) (setup, *shipbobtest.Fake) {
	s := productSetup(more)
	s.warehouse = shipbobtest.New(time.Now)
	s.warehouse.Unknown("TEE-BLK-M", "TEE-NEW")
	return s, s.warehouse
}

// erpTee is an item of the ERP that the shop's orders name.
func erpTee(title string) netsuitetest.Item {
	return netsuitetest.Item{SKU: "TEE-BLK-M", Title: title, Barcode: "4006381333931", Weight: "0.5", Unit: "lb"}
}

func TestAProductOfTheERPIsKnownToTheWarehouseBeforeItsOrder(t *testing.T) {
	t.Parallel()
	s, fake := withCatalog(map[string]string{"SHIPBOB_PRODUCT_ACCOUNTS": "netsuite=main"})
	journey(t, s, func(w *world) {
		w.erpItem(erpTee("Merino Tee"))
		w.pollStock(s)
		want := shipbobtest.CatalogProduct{SKU: "TEE-BLK-M", Title: "Merino Tee", Name: "Merino Tee", GTIN: "4006381333931", Ounces: "8"}
		if got := fake.Catalog(); !slices.Equal(got, []shipbobtest.CatalogProduct{want}) {
			w.Fatalf("ShipBob has %+v, want %+v\n%s", got, want, w.story())
		}
		w.shopify("orders/create", ingestSale(42, 0, 2).Body())
		w.pass(time.Hour)
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
		w.warehouseLetters()
		writes := fake.Calls()["PATCH /product/{productId}"]
		w.erpItem(erpTee("Merino Tee")) // saved, and nothing changed
		w.pollStock(s)
		renamed := erpTee("Merino Tee 2")
		if more := fake.Calls()["PATCH /product/{productId}"] - writes; more > 0 {
			w.Errorf("unchanged, and written %d times\n%s", more, w.story())
		}
		w.pass(5 * time.Minute)
		w.erpItem(renamed)
		w.pollStock(s)
		w.pass(5 * time.Minute)
		renamed.Inactive = true
		w.erpItem(renamed)
		w.pollStock(s)
		want.Title, want.Name = "Merino Tee 2", "Merino Tee 2"
		if got := fake.Catalog(); !slices.Equal(got, []shipbobtest.CatalogProduct{want}) {
			w.Errorf("renamed and retired, ShipBob has %+v, want %+v\n%s", got, want, w.story())
		}
		w.noneDead()
	})
}

// A product whose master has no entry waits for it, and its order is in import review meanwhile. With the
// entry both go on.
func TestAProductOfTheWarehouseWaitsForItsSetting(t *testing.T) {
	t.Parallel()
	s, fake := withCatalog(nil)
	journey(t, s, func(w *world) {
		w.erpItem(erpTee("Merino Tee"))
		w.pollStock(s)
		w.shopify("orders/create", ingestSale(42, 0, 2).Body())
		w.pass(time.Hour)
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.ImportReview})
		waits := slices.ContainsFunc(w.entries(port.Deferred), func(e port.Entry) bool {
			return e.Error.Class == fault.Config && e.Error.Field == "SHIPBOB_PRODUCT_ACCOUNTS"
		})
		if !waits || len(fake.Catalog()) > 0 {
			w.Errorf("nothing names the setting, or ShipBob has %+v\n%s", fake.Catalog(), w.story())
		}
		configured, _ := withCatalog(map[string]string{"SHIPBOB_PRODUCT_ACCOUNTS": "netsuite=main"})
		configured.warehouse = fake
		w.restart(configured)
		w.pass(3 * time.Hour)
		if got := fake.Catalog(); len(got) != 1 || got[0].SKU != "TEE-BLK-M" {
			w.Errorf("with the setting ShipBob has %+v\n%s", got, w.story())
		}
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
	})
}

// The answer to the creation is lost, while the search does not find new products yet.
func TestAProductOfTheWarehouseIsMadeOnceIfItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, hidden := range map[string]bool{"found at once": false, "found late": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, fake := withCatalog(map[string]string{"SHIPBOB_PRODUCT_ACCOUNTS": "netsuite=main"})
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
				w.erpItem(erpTee("Merino Tee"))
				w.pollStock(s)
				fake.HideNew(false)
				w.pass(time.Hour)
				if got := fake.Catalog(); !lost || len(got) != 1 || got[0].Title != "Merino Tee" {
					w.Errorf("ShipBob has %+v\n%s", got, w.story())
				}
				w.noneDead()
			})
		})
	}
}

// discarded throws an answer away.
type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }
func (d *discarded) WriteHeader(int)             {}

// The token has no scope to write products: they wait under its name, and orders go on.
func TestAProductOfTheWarehouseWaitsForTheTokensScope(t *testing.T) {
	t.Parallel()
	s, fake := withCatalog(map[string]string{"SHIPBOB_PRODUCT_ACCOUNTS": "netsuite=main"})
	fake.TokenScope("products_write", false)
	fake.Match("TEE-BLK-M")
	journey(t, s, func(w *world) {
		w.erpItem(tee("25", "2500"))
		w.pollStock(s)
		w.shopify("orders/create", ingestSale(42, 0, 2).Body())
		w.pass(10 * time.Minute)
		w.warehouseBooks(map[string]string{referenceOf(42): shipbobtest.Processing})
		waits := slices.ContainsFunc(w.entries(port.Deferred), func(e port.Entry) bool {
			return e.Error != nil && e.Error.Field == "SHIPBOB_TOKEN" && strings.Contains(e.Outcome+e.Error.Message, "products_write")
		})
		if !waits || len(fake.Catalog()) > 0 {
			w.Errorf("nothing names the scope, or ShipBob has %+v\n%s", fake.Catalog(), w.story())
		}
		fake.TokenScope("products_write", true)
		w.pass(3 * time.Hour)
		if got := fake.Catalog(); len(got) != 1 || got[0].SKU != "TEE-NEW" {
			w.Errorf("with the scope ShipBob has %+v\n%s", got, w.story())
		}
		w.noneDead()
	})
}
