package test_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// pricedAt is a setup whose ERP is master of the products and prices of WooCommerce alone, and counts the requests that
// change a product there.
func pricedAt(writes *atomic.Int64) setup {
	s := productSetup(map[string]string{
		"SHOPIFY_PRODUCT_SHOPS": "netsuite=none", "SHOPIFY_PRICE_LISTS": "netsuite/1=none,netsuite/5=none", "WOOCOMMERCE_CURRENCY": "USD",
		"WOOCOMMERCE_PRODUCT_STORES": "netsuite=" + woocommercetest.Store, "WOOCOMMERCE_PRICE_LISTS": "netsuite/1=none,netsuite/5=" + woocommercetest.Store,
	})
	s.line = func(r routes.Route) (routes.Route, bool) { return r, r.Name() == "netsuite-products-to-woocommerce" }
	s.wrap = func(_ string, system http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/wc/v3/products") {
				writes.Add(1)
			}
			system.ServeHTTP(rw, r)
		})
	}
	return s
}

// price is the price of article i after the change.
func price(i int) string { return fmt.Sprintf("%d.00", 20+i) }

// saves saves so many articles in the ERP, which the store has, and lets the prices reach it.
func (w *world) saves(s setup, articles int, price func(i int) string) {
	w.Helper()
	for i := range articles {
		w.erpItem(netsuitetest.Item{SKU: fmt.Sprintf("ART-%04d", i), Title: "Article", Prices: []netsuitetest.ItemPrice{{Level: "5", Currency: "1", Price: price(i)}}})
	}
	w.pollStock(s)
	w.pass(10 * time.Minute)
}

// priced fills the store with the articles at the ERP's price of ten dollars.
func (w *world) priced(s setup, articles int) {
	w.Helper()
	for i := range articles {
		w.wooStore.AddProduct(woocommercetest.Product{SKU: fmt.Sprintf("ART-%04d", i), Name: "Article", Regular: "10.00"})
	}
	w.saves(s, articles, func(int) string { return "10" })
}

// A thousand prices change in the ERP at once. They reach the store in ten requests, and saved once more they cost none.
func TestAThousandPricesOfTheERPReachWooCommerceInTenWrites(t *testing.T) {
	t.Parallel()
	const articles = 1000
	var writes atomic.Int64
	s := pricedAt(&writes)
	journey(t, s, func(w *world) {
		w.priced(s, articles)
		if n := writes.Load(); n != 0 {
			w.Fatalf("unchanged, and %d writes", n)
		}
		w.saves(s, articles, price)
		for i, p := range w.wooStore.Products() {
			if p.Regular != price(i) || p.Writes != 1 {
				w.Fatalf("%s costs %s after %d writes", p.SKU, p.Regular, p.Writes)
			}
		}
		if n := writes.Load(); n > 10 {
			w.Errorf("%d writes, of %v products", n, w.wooStore.StockWrites())
		}
		before := writes.Load()
		w.saves(s, articles, price)
		if n := writes.Load() - before; n != 0 {
			w.Errorf("saved again, and %d writes", n)
		}
		w.noneDead()
	})
}

// The answer to a batch is lost, in half of the cases the program ends then, and the store rejects one of its products: that
// one is a dead letter, and each other has its price, written once.
func TestABatchOfPricesWhoseAnswerIsLostIsWrittenOnce(t *testing.T) {
	t.Parallel()
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprint("crash ", crash), func(t *testing.T) {
			t.Parallel()
			var writes atomic.Int64
			s := pricedAt(&writes)
			journey(t, s, func(w *world) {
				w.priced(s, 150)
				w.wooStore.Break("ART-0007", "woocommerce_rest_invalid_price")
				w.wooStore.LoseAnswer(http.MethodPost)
				for i := range 150 {
					w.erpItem(netsuitetest.Item{SKU: fmt.Sprintf("ART-%04d", i), Title: "Article", Prices: []netsuitetest.ItemPrice{{Level: "5", Currency: "1", Price: price(i)}}})
				}
				w.pollStock(s)
				if crash {
					w.restart(s)
				}
				w.pass(2 * time.Hour)
				for i, p := range w.wooStore.Products() {
					if p.SKU == "ART-0007" {
						continue
					}
					if p.Regular != price(i) || p.Writes != 1 {
						w.Errorf("%s costs %s after %d writes", p.SKU, p.Regular, p.Writes)
					}
				}
				dead := w.entries(port.Dead)
				if len(dead) != 1 || dead[0].Entity.ID != "ART-0007" || dead[0].Error.Code != "woocommerce_rest_invalid_price" {
					w.Errorf("dead letters %+v", dead)
				}
			})
		})
	}
}
