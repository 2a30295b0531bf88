package test_test

import (
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
)

// erpMonthEnd is the last half hour of January in California, which is February in UTC.
var erpMonthEnd = time.Date(2026, 1, 31, 23, 30, 0, 0, time.FixedZone("PST", -8*60*60))

// erpDated is the usual order, placed and paid then.
func erpDated(id int64) shopifytest.Purchase {
	p := erpUsual(id)
	p.PlacedAt = erpMonthEnd
	return p
}

func TestB12TheBusinessDayDecidesTheDate(t *testing.T) {
	t.Parallel()
	for zone, day := range map[string]string{"America/Los_Angeles": "2026-01-31", "UTC": "2026-02-01", "Asia/Tokyo": "2026-02-01"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{settings: map[string]string{"NETSUITE_TIMEZONE": zone}}, func(w *world) {
				order := erpBuy(w, erpDated(9861))
				if deposits := w.erp.Deposits(); len(deposits) != 1 || order.Date != day || deposits[0].Date != day {
					t.Errorf("the order is of %s, the deposits %+v, want %s", order.Date, deposits, day)
				}
				erpQuiet(w)
			})
		})
	}
}

// TestB12AClosedPeriodIsWaitedFor: a sales order posts nothing, so it is booked. The deposit waits,
// with an alarm, and keeps its day.
func TestB12AClosedPeriodIsWaitedFor(t *testing.T) {
	t.Parallel()
	journey(t, setup{settings: map[string]string{"NETSUITE_TIMEZONE": "America/Los_Angeles"}}, func(w *world) {
		w.erp.ClosePeriod("2026-01-31")
		order := erpBuy(w, erpDated(9861))
		w.pass(24 * time.Hour)
		if len(w.erp.Deposits()) != 0 || order.Date != "2026-01-31" {
			t.Errorf("the order is of %s, the deposits are %+v", order.Date, w.erp.Deposits())
		}
		if log := w.log.String(); !strings.Contains(log, "a message waits for our configuration") || !strings.Contains(w.story(), "NETSUITE_CLOSED_PERIOD=next") {
			t.Errorf("no alarm says that the deposit waits, and for what\n%s", w.story())
		}
		w.erp.ClosePeriod("")
		w.pass(24 * time.Hour)
		if d := w.erp.Deposits(); len(d) != 1 || d[0].Date != "2026-01-31" || d[0].Amount != "194.99" {
			t.Errorf("the deposits are %+v after the period was opened\n%s", d, w.story())
		}
		erpQuiet(w)
	})
}

// TestB12AClosedPeriodIsPassedOver: with NETSUITE_CLOSED_PERIOD=next each document of money is
// booked on the first day of the next open period, with a note; one that is in time is not moved.
func TestB12AClosedPeriodIsPassedOver(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"NETSUITE_TIMEZONE": "America/Los_Angeles", "NETSUITE_CLOSED_PERIOD": "next"}
	for closed, day := range map[string]string{"2025-12-31": "2026-01-31", "2026-01-31": "2026-02-01", "2026-02-28": "2026-03-01"} {
		t.Run(closed, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{settings: settings}, func(w *world) {
				w.erp.ClosePeriod(closed)
				order := erpBuy(w, erpDated(9861))
				deposits := w.erp.Deposits()
				if len(deposits) != 1 || deposits[0].Date != day || order.Date != "2026-01-31" {
					t.Errorf("the order is of %s, the deposits are %+v, want %s\n%s", order.Date, deposits, day, w.story())
				}
				note := "the accounting period of 2026-01-31 is closed, so it is booked on " + day
				if moved := day != "2026-01-31"; strings.Contains(w.story(), note) != moved {
					t.Errorf("the ledger has the note: %v, want %v\n%s", !moved, moved, w.story())
				}
				erpQuiet(w)
			})
		})
	}
}

// TestB12ARefundOfAClosedPeriod: a credit memo and its payout have one date.
func TestB12ARefundOfAClosedPeriod(t *testing.T) {
	t.Parallel()
	journey(t, setup{settings: map[string]string{"NETSUITE_CLOSED_PERIOD": "next"}}, func(w *world) {
		order := erpBuy(w, erpUsual(9862))
		if _, err := w.erp.Invoice(order.ExternalID); err != nil {
			t.Fatal(err)
		}
		w.erp.ClosePeriod("2026-11-30")
		erpGiveBack(w, "1", 9862, 1400)
		w.pass(time.Minute)
		memos, payouts := w.erp.CreditMemos(), w.erp.Payouts()
		if len(memos) != 1 || len(payouts) != 1 || memos[0].Date != "2026-12-01" || payouts[0].Date != "2026-12-01" {
			t.Errorf("credit memos %+v, payouts %+v, want them on 2026-12-01\n%s", memos, payouts, w.story())
		}
		if !strings.Contains(w.story(), "is closed, so it is booked on 2026-12-01") {
			t.Errorf("the ledger does not say that it was moved\n%s", w.story())
		}
		erpQuiet(w)
	})
}

// TestB12NoPeriodIsOpen waits as without the setting.
func TestB12NoPeriodIsOpen(t *testing.T) {
	t.Parallel()
	journey(t, setup{settings: map[string]string{"NETSUITE_CLOSED_PERIOD": "next"}}, func(w *world) {
		w.erp.ClosePeriod("2030-12-31")
		erpBuy(w, erpDated(9861))
		if len(w.erp.Deposits()) != 0 || !strings.Contains(w.story(), "finds no later open period") {
			t.Errorf("the deposits are %+v\n%s", w.erp.Deposits(), w.story())
		}
		w.erp.ClosePeriod("2026-11-30")
		w.pass(24 * time.Hour)
		if d := w.erp.Deposits(); len(d) != 1 || d[0].Date != "2026-12-01" {
			t.Errorf("the deposits are %+v\n%s", d, w.story())
		}
		erpQuiet(w)
	})
}
