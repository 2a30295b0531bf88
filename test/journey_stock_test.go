package test_test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
	"causeway.example/shared/routes"
)

// The location of the shop whose stock the ERP is master of at its location 5.
const stockPlace = "655441491"

// stockSetup is a setup with stock of the ERP's location 5 in the shop, and of 6 in none.
func stockSetup(more map[string]string) setup {
	settings := map[string]string{
		"NETSUITE_STOCK_LOCATIONS": "5,6", "SHOPIFY_STOCK_LOCATIONS": "netsuite/5=" + shopifytest.Shop + "/" + stockPlace + ",netsuite/6=none",
	}
	maps.Copy(settings, more)
	return setup{settings: settings, memory: true, line: onlyStock("netsuite-stock-to-shopify")}
}

// onlyStock leaves out the other flows of stock.
func onlyStock(flow string) func(routes.Route) (routes.Route, bool) {
	return func(r routes.Route) (routes.Route, bool) { return r, r.Flow != "stock" || r.Name() == flow }
}

// pollStock polls the ERP once and lets everything that follows happen.
func (w *world) pollStock(s setup) (sum reconcile.Report) {
	w.Helper()
	p := w.poller(w.openSystems(s)["netsuite"], w.config.Runtime, func(r reconcile.Report) {
		sum.Gaps, sum.Unconfirmed = sum.Gaps+r.Gaps, sum.Unconfirmed+r.Unconfirmed
	})
	if err := p.Run(w.Context()); err != nil {
		w.Fatalf("polling stock: %v\n%s", err, w.story())
	}
	w.pass(2 * time.Minute)
	return sum
}

// erpStock changes the stock of the ERP, long enough ago for a poll to look at it.
func (w *world) erpStock(sku, location, available string) {
	w.Helper()
	if err := w.erp.SetStock(sku, location, available, available, time.Now().Add(-3*time.Minute)); err != nil {
		w.Fatal(err)
	}
}

// stockIs fails unless the shop has exactly this stock.
func (w *world) stockIs(want map[string]int64) {
	w.Helper()
	if got := w.shop.Available(stockPlace); !maps.Equal(got, want) {
		w.Errorf("the shop has %v, want %v\n%s", got, want, w.story())
	}
}

// stockEnds returns how the messages of a level ended, oldest first, with what was done.
func (w *world) stockEnds(sku string) (ends []string) {
	w.Helper()
	found, err := w.ports.Ledger.Find(w.Context(), port.Query{Entity: message.Key{System: "netsuite", Tenant: "1234567_SB1", Type: "inventory", ID: sku}})
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range found {
		if e.Route == "netsuite-stock-to-shopify" && (e.Stage.Ends() || e.Stage == port.Sent) {
			ends = append(ends, string(e.Stage)+": "+e.Outcome)
		}
	}
	return ends
}

func TestE1ASaleBetweenReadAndWriteRejectsOnlyItsItem(t *testing.T) {
	t.Parallel()
	s := stockSetup(nil)
	journey(t, s, func(w *world) {
		want := map[string]int64{}
		for i := range 250 {
			sku := "STOCK-" + strconv.Itoa(i)
			w.shop.Stock(sku, stockPlace, 9)
			w.erpStock(sku, "5", "7")
			want[sku] = 7
		}
		w.shop.SellAfterRead("STOCK-100", stockPlace, 1)
		w.pollStock(s)
		w.stockIs(want)
		if got := w.shop.StockMutations(); !slices.Equal(got, []int{250, 249, 1}) {
			t.Errorf("mutations of %v quantities, want all, all but the stale one, and that one", got)
		}
		if dead := w.entries(port.Dead); len(dead) > 0 {
			t.Errorf("dead letters: %+v", dead)
		}
	})
}

func TestE1AnyOtherUserErrorIsADeadLetterWithItsCode(t *testing.T) {
	t.Parallel()
	s := stockSetup(nil)
	journey(t, s, func(w *world) {
		w.shop.Stock("TEE-BLK-M", stockPlace, 9)
		w.shop.Stock("HOOD-M", stockPlace, 9)
		w.erpStock("TEE-BLK-M", "5", "1000000001")
		w.erpStock("HOOD-M", "5", "7")
		w.erpStock("SKU-A", "5", "7") // the shop does not have it
		w.pollStock(s)
		w.stockIs(map[string]int64{"TEE-BLK-M": 9, "HOOD-M": 7})
		codes := map[string]string{}
		for _, e := range w.entries(port.Dead) {
			codes[e.Entity.ID] = e.Error.Code
		}
		if want := map[string]string{"TEE-BLK-M@5": "INVALID_QUANTITY_TOO_HIGH", "SKU-A@5": "unknown_sku"}; !maps.Equal(codes, want) {
			t.Errorf("dead letters %v, want %v\n%s", codes, want, w.story())
		}
	})
}

func TestE2StockIsClampedAndTheBufferIsKept(t *testing.T) {
	t.Parallel()
	s := stockSetup(map[string]string{"SHOPIFY_STOCK_BUFFER": "2"})
	journey(t, s, func(w *world) {
		for sku, available := range map[string]string{"SKU-A": "-3", "SKU-B": "7.9", "SKU-C": "1", "SKU-D": "40"} {
			w.shop.Stock(sku, stockPlace, 9)
			w.erpStock(sku, "5", available)
		}
		w.pollStock(s)
		w.stockIs(map[string]int64{"SKU-A": 0, "SKU-B": 5, "SKU-C": 0, "SKU-D": 38})
	})
}

func TestE3ThousandLevelsAreFourMutationsAndUnchangedOnesNone(t *testing.T) {
	t.Parallel()
	s := stockSetup(nil)
	journey(t, s, func(w *world) {
		want := map[string]int64{}
		for i := range 1000 {
			sku := "STOCK-" + strconv.Itoa(i)
			w.erpStock(sku, "5", "7")
			if i != 500 {
				w.shop.Stock(sku, stockPlace, 9)
				want[sku] = 7
			}
		}
		if r := w.pollStock(s); r.Gaps != 0 || r.Unconfirmed != 1000 {
			t.Errorf("the poll found %+v, want 1000 levels and no gap", r)
		}
		w.stockIs(want)
		if got := w.shop.StockMutations(); len(got) > 4 {
			t.Errorf("mutations of %v quantities, want at most four", got)
		}
		calls := len(w.shop.Asked())
		if r := w.pollStock(s); r.Unconfirmed != 0 {
			t.Errorf("the second poll found %+v", r)
		}
		if more := w.shop.Asked()[calls:]; len(more) > 0 {
			t.Errorf("unchanged levels cost %d calls: %s", len(more), more[0])
		}
		if dead := w.entries(port.Dead); len(dead) != 1 || dead[0].Entity.ID != "STOCK-500@5" {
			t.Errorf("dead letters: %+v", dead)
		}
	})
}

func TestE3NewestSnapshotWins(t *testing.T) {
	t.Parallel()
	s := stockSetup(nil)
	journey(t, s, func(w *world) {
		w.shop.Stock("TEE-BLK-M", stockPlace, 9)
		w.shop.AnswerTo("query inventoryLevels", slices.Repeat([]shopifytest.Answer{{Status: http.StatusServiceUnavailable}}, 3)...)
		w.erpStock("TEE-BLK-M", "5", "7")
		w.pollStock(s)
		w.pass(3 * time.Minute)
		w.erpStock("TEE-BLK-M", "5", "4")
		w.pollStock(s)
		w.pass(time.Hour)
		w.stockIs(map[string]int64{"TEE-BLK-M": 4})
		ends := w.stockEnds("TEE-BLK-M@5")
		if confirmed := slices.DeleteFunc(slices.Clone(ends), func(e string) bool { return !strings.HasPrefix(e, string(port.Confirmed)) }); len(confirmed) == 0 {
			t.Errorf("ends %q\n%s", ends, w.story())
		}
	})
}

func TestE4ItemIsActivatedAtItsLocationAndAnUntrackedOneSkipped(t *testing.T) {
	t.Parallel()
	s := stockSetup(nil)
	journey(t, s, func(w *world) {
		w.shop.Stock("TEE-BLK-M", "1", 3) // at another location only
		w.shop.Stock("HOOD-M", stockPlace, 5)
		w.shop.Untrack("HOOD-M")
		w.erpStock("TEE-BLK-M", "5", "7")
		w.erpStock("HOOD-M", "5", "7")
		w.erpStock("SKU-A", "6", "7") // whose stock goes to no shop
		w.pollStock(s)
		w.stockIs(map[string]int64{"TEE-BLK-M": 7, "HOOD-M": 5})
		for id, want := range map[string]string{"HOOD-M@5": "does not track the quantity of HOOD-M", "SKU-A@6": "the stock of location 6 of netsuite goes to no shop"} {
			if ends := w.stockEnds(id); !slices.ContainsFunc(ends, func(e string) bool { return strings.Contains(e, want) }) {
				t.Errorf("%s ends %q, want %q", id, ends, want)
			}
		}
	})
}

// TestStockWaitsForItsSetting has the level of a location without an entry wait, and go on when
// there is one.
func TestStockWaitsForItsSetting(t *testing.T) {
	t.Parallel()
	s := stockSetup(map[string]string{"SHOPIFY_STOCK_LOCATIONS": "netsuite/6=none"})
	journey(t, s, func(w *world) {
		w.shop.Stock("TEE-BLK-M", stockPlace, 9)
		w.erpStock("TEE-BLK-M", "5", "7")
		w.pollStock(s)
		w.stockIs(map[string]int64{"TEE-BLK-M": 9})
		if deferred := w.entries(port.Deferred); len(deferred) == 0 || deferred[0].Error.Class != fault.Config || deferred[0].Error.Field != "SHOPIFY_STOCK_LOCATIONS" {
			t.Errorf("deferred: %+v\n%s", deferred, w.story())
		}
		w.restart(stockSetup(nil))
		w.pass(2 * time.Hour)
		w.stockIs(map[string]int64{"TEE-BLK-M": 7})
	})
}
