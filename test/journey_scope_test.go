package test_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
)

// TestF70OrdersThatTheERPFailsOnEndAtTheirBudget: NetSuite answers its own error document
// with status 500 to two orders, always. They die after their three days, also without any
// other traffic, and hold up none of the orders beside them.
func TestF70OrdersThatTheERPFailsOnEndAtTheirBudget(t *testing.T) {
	t.Parallel()
	for name, beside := range map[string]bool{"no other traffic": false, "an order every six hours": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{memory: true}, func(w *world) {
				poison := []int64{7001, 7002}
				for _, id := range poison {
					erpWatchPath(w, "order__"+erpID(id), func(int) netsuitetest.Act {
						return netsuitetest.Answer(http.StatusInternalServerError, "UNEXPECTED_ERROR", "")
					})
					erpPlace(w, erpUsual(id))
				}
				next := int64(7100)
				for range 13 {
					w.pass(6 * time.Hour)
					if beside {
						erpBuy(w, erpUsual(next)) // fails unless it is there within a minute
						next++
					}
				}
				for _, id := range poison {
					if got := w.ends("shopify", "order", erpID(id)); !slices.Equal(got, []string{"order.placed dead"}) {
						t.Errorf("order %d ended as %q after 78 hours", id, got)
					}
				}
				erpBuy(w, erpUsual(7999))
				if n := len(w.entries(port.Degraded)); n != 0 {
					t.Errorf("the connection was called degraded %d times for the sake of two orders", n)
				}
			})
		})
	}
}

// TestF71AMissingPermissionForDepositsDelaysDepositsOnly: an alarm names the permission, and
// the deposits follow once the role has it.
func TestF71AMissingPermissionForDepositsDelaysDepositsOnly(t *testing.T) {
	t.Parallel()
	journey(t, setup{memory: true}, func(w *world) {
		w.erp.Forbid("customerDeposit", true)
		for id := int64(7200); id < 7260; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(30 * time.Minute)
		if orders, deposits := len(w.erp.Orders()), len(w.erp.Deposits()); orders != 60 || deposits != 0 {
			t.Errorf("%d orders and %d deposits after half an hour, want 60 and none", orders, deposits)
		}
		if e := w.entries(port.AuthExpired); len(e) != 1 || !strings.Contains(e[0].Outcome, "customer deposit") {
			t.Errorf("reported %d times that a permission is missing: %+v", len(e), e)
		}
		for id := int64(7260); id < 7270; id++ { // while it is missing
			erpBuy(w, erpUsual(id))
		}
		w.erp.Forbid("customerDeposit", false)
		w.pass(time.Hour)
		for id := int64(7200); id < 7270; id++ {
			erpOnce(w, id, "without and with the permission")
		}
		erpQuiet(w)
	})
}

// TestF72AMissingMapEntryWaits: the order waits, with an alarm that names the setting and the
// entry, and goes on after a restart with it.
func TestF72AMissingMapEntryWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ setting, without, missing string }{
		"a currency":   {"NETSUITE_CURRENCIES", "USD=1", "EUR"},
		"a subsidiary": {"NETSUITE_SUBSIDIARIES", "woocommerce/shop.example=2", "shopify/" + shopifytest.Shop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{settings: map[string]string{c.setting: c.without}}, func(w *world) {
				sale := erpUsual(7301)
				sale.Currency = "EUR"
				erpPlace(w, sale)
				w.pass(26 * time.Hour)
				w.noOrder("7301")
				w.missesEntry(c.setting, c.missing)
				erpQuiet(w)
				w.restart(setup{})
				w.pass(16 * time.Minute) // the longest pause between two looks
				if order := erpOrder(w, 7301); order.Total != "194.99" {
					t.Errorf("total %s", order.Total)
				}
				w.pass(16 * time.Minute)
				erpOnce(w, 7301, "once the setting is complete")
				erpQuiet(w)
			})
		})
	}
}

// missesEntry fails unless ledger and log name the setting and what is missing in it.
func (w *world) missesEntry(setting, missing string) {
	w.Helper()
	named := func(e port.Entry) bool {
		return e.Error != nil && e.Error.Class == "config" && strings.Contains(e.Outcome, setting) && strings.Contains(e.Outcome, missing)
	}
	if !slices.ContainsFunc(w.entries(port.Deferred), named) {
		w.Errorf("the ledger does not say that %s has no entry for %s\n%s", setting, missing, w.story())
	}
	if !strings.Contains(w.log.String(), `level=WARN msg="a message waits for our configuration" key=`+setting) {
		w.Errorf("the log has no warning that names %s", setting)
	}
}
