package test_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// storeStock is a setup whose shop is master of the stock that the other store sells.
func storeStock(more map[string]string) setup {
	s := setup{memory: true, line: onlyStock("shopify-stock-to-woocommerce"), settings: map[string]string{
		"SHOPIFY_MASTER_LOCATIONS": stockPlace + "," + secondSite, "WOOCOMMERCE_STOCK_LOCATIONS": "shopify/" + stockPlace + "=shop.example,shopify/" + secondSite + "=shop.example",
	}}
	for key, value := range more {
		s.settings[key] = value
	}
	return s
}

// changesLevel gives the shop's SKU pieces at the location, and returns the webhook of it.
func (w *world) changesLevel(sku, location string, pieces int64) []byte {
	w.Helper()
	w.shop.Stock(sku, location, pieces)
	return w.shop.LevelBody(sku, location)
}

// wooSells fails unless the other store has so many pieces of the SKU.
func (w *world) wooSells(sku string, want int64) {
	w.Helper()
	if got := w.wooStore.Available()[sku]; got != want {
		w.Errorf("the other store has %d %s, want %d\n%s", got, sku, want, w.story())
	}
}

func TestStoreStockIsThatOfTheOtherStore(t *testing.T) {
	t.Parallel()
	journey(t, storeStock(map[string]string{"WOOCOMMERCE_STOCK_BUFFER": "1"}), func(w *world) {
		w.wooStore.Stock("TEE-BLK-M", 9)
		w.wooStore.Stock("HOOD-M", 9)
		body := w.changesLevel("TEE-BLK-M", stockPlace, 7)
		w.hearsBody("inventory_levels/update", body, time.Now())
		w.hearsBody("inventory_levels/update", body, time.Now()) // twice
		w.pass(time.Minute)
		w.wooSells("TEE-BLK-M", 6)
		w.hearsBody("inventory_levels/update", w.changesLevel("TEE-BLK-M", secondSite, 5), time.Now())
		w.hearsBody("inventory_levels/update", w.changesLevel("HOOD-M", otherSite, 3), time.Now()) // of which the shop is not master
		w.pass(time.Minute)
		w.wooSells("TEE-BLK-M", 11)
		w.wooSells("HOOD-M", 9)
		w.shop.Deactivate("TEE-BLK-M", secondSite)
		w.hearsBody("inventory_levels/disconnect", w.shop.LevelBody("TEE-BLK-M", secondSite), time.Now())
		w.pass(time.Minute)
		w.wooSells("TEE-BLK-M", 6)
		if writes := len(w.wooStore.StockWrites()); writes != 3 {
			t.Errorf("%d writes", writes)
		}
		if r := w.pollsShop("inventory_levels/read"); r.Gaps != 0 || r.Unconfirmed != 0 || r.Confirmed != 2 {
			t.Errorf("the poll found %+v\n%s", r, w.story())
		}
		w.noDead()
	})
}

// TestStoreStockWhoseWebhooksAreLateOrLostIsTheNewest: webhooks that arrive in the wrong order are read
// anew, and the poll has what none reported.
func TestStoreStockWhoseWebhooksAreLateOrLostIsTheNewest(t *testing.T) {
	t.Parallel()
	s := storeStock(map[string]string{"SHOPIFY_MASTER_LOCATIONS": stockPlace})
	journey(t, s, func(w *world) {
		w.wooStore.Stock("TEE-BLK-M", 9)
		first, at := w.changesLevel("TEE-BLK-M", stockPlace, 7), time.Now()
		w.pass(time.Minute)
		second := w.changesLevel("TEE-BLK-M", stockPlace, 4)
		w.hearsBody("inventory_levels/update", second, time.Now())
		w.pass(time.Minute)
		w.hearsBody("inventory_levels/update", first, at)
		w.pass(time.Minute)
		w.wooSells("TEE-BLK-M", 4)
		w.changesLevel("TEE-BLK-M", stockPlace, 2) // the webhook is lost
		if r := w.pollsShop("inventory_levels/read"); r.Gaps != 1 {
			t.Errorf("the poll found %+v\n%s", r, w.story())
		}
		w.wooSells("TEE-BLK-M", 2)
		w.wooStore.Answer(slices.Repeat([]woocommercetest.Answer{{Status: http.StatusServiceUnavailable, Body: "<html>"}}, 3)...)
		w.hearsBody("inventory_levels/update", w.changesLevel("TEE-BLK-M", stockPlace, 1), time.Now())
		w.pass(time.Second)
		w.restart(s)
		w.pass(10 * time.Minute)
		w.wooSells("TEE-BLK-M", 1)
		w.noDead()
	})
}

// TestStoreStockOfOneSecondEndsInTheLastState: two sales within a second, and the webhooks in either order.
func TestStoreStockOfOneSecondEndsInTheLastState(t *testing.T) {
	t.Parallel()
	for _, swapped := range []bool{false, true} {
		journey(t, storeStock(nil), func(w *world) {
			w.wooStore.Stock("TEE-BLK-M", 9)
			bodies, at := [][]byte{w.changesLevel("TEE-BLK-M", stockPlace, 7)}, []time.Time{time.Now()}
			if !swapped {
				w.hearsBody("inventory_levels/update", bodies[0], at[0])
				w.pass(10 * time.Millisecond)
			}
			bodies, at = append(bodies, w.changesLevel("TEE-BLK-M", stockPlace, 6)), append(at, time.Now())
			w.hearsBody("inventory_levels/update", bodies[1], at[1])
			w.pass(10 * time.Millisecond)
			if swapped {
				w.hearsBody("inventory_levels/update", bodies[0], at[0])
			}
			w.pass(time.Minute)
			w.wooSells("TEE-BLK-M", 6)
			w.noDead()
		})
	}
}

// TestStoreStockThatCannotBeToldIsLeftOut: no SKU, not tracked; and a SKU of two items is kept with its
// reason.
func TestStoreStockThatCannotBeToldIsLeftOut(t *testing.T) {
	t.Parallel()
	journey(t, storeStock(nil), func(w *world) {
		for _, sku := range []string{"FREE", "TWICE"} {
			w.wooStore.Stock(sku, 9)
		}
		w.shop.Untrack("FREE")
		w.hearsBody("inventory_levels/update", w.changesLevel("", stockPlace, 1), time.Now())
		free := w.changesLevel("FREE", stockPlace, 2)
		w.shop.Untrack("FREE")
		w.pass(time.Millisecond)
		w.hearsBody("inventory_levels/update", free, time.Now())
		twice := w.changesLevel("TWICE", stockPlace, 3)
		w.shop.StockSecond("TWICE", stockPlace, 5)
		w.pass(time.Millisecond)
		w.hearsBody("inventory_levels/update", twice, time.Now())
		w.pass(10 * time.Minute)
		w.wooSells("FREE", 9)
		w.wooSells("TWICE", 9)
		story := w.story()
		for _, words := range []string{"has no SKU", "does not track the quantity of FREE", "have this SKU"} {
			if !strings.Contains(story, words) {
				t.Errorf("the ledger does not say %q:\n%s", words, story)
			}
		}
	})
}

// TestStoreStockWaitsForItsLocation: the target has no entry yet.
func TestStoreStockWaitsForItsLocation(t *testing.T) {
	t.Parallel()
	s := storeStock(map[string]string{"WOOCOMMERCE_STOCK_LOCATIONS": "shopify/1=none"})
	journey(t, s, func(w *world) {
		w.wooStore.Stock("TEE-BLK-M", 9)
		w.hearsBody("inventory_levels/update", w.changesLevel("TEE-BLK-M", stockPlace, 7), time.Now())
		w.pass(10 * time.Minute)
		w.wooSells("TEE-BLK-M", 9)
		key := message.Key{System: "shopify", Tenant: shopifytest.Shop, Type: "inventory", ID: "TEE-BLK-M@" + stockPlace}
		found, err := w.ports.Ledger.Find(w.Context(), port.Query{Entity: key})
		if err != nil || !slices.ContainsFunc(found, func(e port.Entry) bool {
			return e.Stage == port.Deferred && e.Error != nil && e.Error.Field == "WOOCOMMERCE_STOCK_LOCATIONS"
		}) {
			t.Errorf("it does not wait: %+v, %v", found, err)
		}
		w.restart(storeStock(nil))
		w.pass(2 * time.Hour)
		w.wooSells("TEE-BLK-M", 7)
		w.noDead()
	})
}
