package test_test

import (
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/routes"
)

// A store sells 200 orders within a minute while the poll has just found 250 older ones that no
// webhook reported. The warehouse takes 150 requests a minute: it never answers 429, the live orders
// are there as fast as its limit lets them, and the older ones follow.
func TestLiveOrdersPassTheWarehousesLimitBeforeABackfill(t *testing.T) {
	t.Parallel()
	fake := shipbobtest.New(time.Now)
	s := setup{warehouse: fake, memory: true, line: func(r routes.Route) (routes.Route, bool) { return r, r.To == shipbob.Name }}
	journey(t, s, func(w *world) {
		const older, live = 200, 200
		w.stop() // the poll finds all of them before the first is sent
		for id := range int64(older) {
			sale := ingestSale(5000+id, 0, 1)
			sale.Customer = 1
			w.shop.Put(sale.Body())
		}
		w.pass(12 * time.Hour)
		w.poll("shopify")
		w.openEngine(s)
		begun := time.Now()
		for id := range int64(live) {
			sale := ingestSale(1000+id, 0, 1)
			sale.Customer = 1
			w.ingestOK(w.shopify("orders/create", sale.Body()))
			w.pass(time.Minute / live)
		}
		w.pass(8 * time.Minute)
		made := fake.Orders()
		if n := fake.Calls()["429"]; n > 0 || len(made) != older+live {
			t.Errorf("%d of %d orders, and %d answers of 429", len(made), older+live, n)
		}
		var last, first time.Time // of the live orders, and of the older ones behind them
		before := 0
		for _, o := range made {
			if strings.HasPrefix(o.Reference, "shopify/"+shopifytest.Shop+"/order/1") {
				last = o.Created
			}
		}
		for _, o := range made {
			if isOlder := strings.HasPrefix(o.Reference, "shopify/"+shopifytest.Shop+"/order/5"); isOlder && o.Created.Before(last) {
				before++
			} else if isOlder && first.IsZero() {
				first = o.Created
			}
		}
		if took := last.Sub(begun); took > 3*time.Minute {
			t.Errorf("the last live order was there after %s", took)
		}
		if before > older/4 || first.IsZero() {
			t.Errorf("%d of %d older orders were sent before the live ones", before, older)
		}
	})
}
