package test_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// withPaybacks is a world in which people pay back in the ERP, and stores act on it by their mode.
func withPaybacks(mode string, more map[string]string) setup {
	all := map[string]string{"NETSUITE_REFUNDS": "true", "WOOCOMMERCE_ERP_REFUNDS": mode, "SHOPIFY_ERP_REFUNDS": mode}
	if mode == "record" {
		all["SHOPIFY_ERP_REFUNDS"] = "pay"
	}
	for key, value := range more {
		all[key] = value
	}
	return setup{settings: all}
}

// soldPaid places order 42 in the store, paid: of three shirts, and of the ERP's deposit.
func (w *world) soldPaid(system string) {
	w.Helper()
	w.sold(system)
	if deposits := w.erp.Deposits(); len(deposits) != 1 {
		w.Fatalf("the ERP has %+v as deposits\n%s", deposits, w.story())
	}
}

// paysBack has a person pay an amount of order 42 back in the ERP, and returns the id of the refund there.
func (w *world) paysBack(system, amount string) string {
	w.Helper()
	id, err := w.erp.PayBack(w.order(system, "42").ExternalID, amount)
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// polledERP polls the ERP some minutes later, without what the stores then report.
func (w *world) polledERP() {
	w.Helper()
	w.pass(10 * time.Minute)
	if err := w.poller(w.config.Systems["netsuite"], w.config.Runtime, nil).Run(w.Context()); err != nil {
		w.Fatalf("polling the ERP: %v\n%s", err, w.story())
	}
	w.pass(5 * time.Minute)
}

// storeRefunds returns the amounts that the store has refunded of order 42, and what it shows of other requests.
func (w *world) storeRefunds(system string) (amounts, shown []string) {
	w.Helper()
	if system == "woocommerce" {
		for _, r := range w.wooStore.RefundsOf(42) {
			amounts = append(amounts, r.Amount+map[bool]string{true: " paid", false: " recorded"}[r.PaidBack])
		}
		for _, note := range w.wooStore.Notes(42) {
			if strings.HasPrefix(note.Text, "ERP refund ") {
				shown = append(shown, note.Text)
			}
		}
		return amounts, shown
	}
	for _, r := range w.shop.RefundsOf("42") {
		for _, amount := range r.Amounts {
			amount, _, _ = strings.Cut(amount, " of ")
			amounts = append(amounts, amount+" paid")
		}
	}
	for id := range w.erpRefunds() {
		if words := w.shop.Metafield("42", "causeway.erp_refund_"+id); words != "" {
			shown = append(shown, words)
		}
	}
	return amounts, shown
}

// erpRefunds returns the refunds that the ERP has, by their ids there: amount, and whether ours is the
// external id.
func (w *world) erpRefunds() map[string]string {
	all := map[string]string{}
	for _, p := range w.erp.Payouts() {
		all[p.ID] = p.Total + map[bool]string{true: "", false: " ours"}[p.ExternalID == ""]
	}
	for _, r := range w.erp.CashRefunds() {
		all[r.ID] = r.Total + map[bool]string{true: "", false: " ours"}[r.ExternalID == ""]
	}
	return all
}

// booked fails unless the store has refunded these amounts and the ERP has the refunds, each exactly once,
// also after all of it was delivered and polled again.
func (w *world) booked(system string, want []string, erp map[string]string) {
	w.Helper()
	for range 2 {
		w.storesReport()
		w.polledERP()
		w.storesReport()
		got, _ := w.storeRefunds(system)
		if !slices.Equal(got, want) || fmt.Sprint(w.erpRefunds()) != fmt.Sprint(erp) {
			w.Errorf("the store has refunded %q, want %q; the ERP has %v, want %v\n%s", got, want, w.erpRefunds(), erp, w.story())
		}
	}
	w.noDead()
}

// modes are those of a store, by its system.
var modes = map[string]map[string]string{
	"woocommerce": {"pay": "10.00 paid", "record": "10.00 recorded", "show": ""},
	"shopify":     {"pay": "10.00 paid", "show": ""},
}

// TestERPRefundMoneyThatAPersonPaidBackInTheERPReachesTheStore, once, and its echo is booked no second time:
// of a deposit, an invoice and a cash sale.
func TestERPRefundMoneyThatAPersonPaidBackInTheERPReachesTheStore(t *testing.T) {
	t.Parallel()
	for system, all := range modes {
		for mode, refunded := range all {
			for _, how := range []string{"deposit", "invoice", "cash sale"} {
				t.Run(system+" "+mode+" "+how, func(t *testing.T) {
					t.Parallel()
					journey(t, withPaybacks(mode, nil), func(w *world) {
						w.soldPaid(system)
						w.bills(system, how)
						id := w.paysBack(system, "10.00")
						w.polledERP()
						want, erp := []string{refunded}, map[string]string{id: "10.00 ours"}
						if refunded == "" {
							want, erp = nil, map[string]string{id: "10.00"}
						}
						w.booked(system, want, erp)
						if _, shown := w.storeRefunds(system); (len(shown) == 1) != (refunded == "") || len(shown) > 1 {
							t.Errorf("the store shows %q", shown)
						}
					})
				})
			}
		}
	}
}

// bills has the ERP bill order 42.
func (w *world) bills(system, how string) {
	w.Helper()
	var err error
	switch external := w.order(system, "42").ExternalID; how {
	case "invoice":
		_, err = w.erp.Invoice(external)
	case "cash sale":
		_, err = w.erp.CashSale(external)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// refundsByHand has a person refund 10.00 of order 42 in the store.
func (w *world) refundsByHand(system string) {
	if system == "woocommerce" {
		w.wooStore.RefundByHand(42, "10.00", "sorry")
		return
	}
	w.shop.RefundByHand("42", "10.00", "sorry")
}

// TestERPRefundTheEchoIsBookedOnceInEitherOrder: the store's refund, made by hand, reaches the ERP before the
// poll looks, after it, or between the poll and the store's turn, with every mode. The second of two equal
// ones is a refund of its own.
func TestERPRefundTheEchoIsBookedOnceInEitherOrder(t *testing.T) {
	t.Parallel()
	for system, all := range modes {
		for mode := range all {
			for _, first := range []string{"echo", "poll"} {
				t.Run(system+" "+mode+" "+first+" first", func(t *testing.T) {
					t.Parallel()
					journey(t, withPaybacks(mode, nil), func(w *world) {
						w.soldPaid(system)
						id := w.paysBack(system, "10.00")
						w.refundsByHand(system)
						if first == "poll" {
							w.polledERP()
						}
						w.storesReport()
						w.polledERP()
						word := map[bool]string{true: " paid", false: " recorded"}[system == "shopify"]
						w.booked(system, []string{"10.00" + word}, map[string]string{id: "10.00 ours"})
						w.refundsByHand(system)
						w.storesReport()
						if amounts, _ := w.storeRefunds(system); len(amounts) != 2 || len(w.erpRefunds()) != 2 {
							t.Errorf("the store has %q, the ERP %v\n%s", amounts, w.erpRefunds(), w.story())
						}
						w.noDead()
					})
				})
			}
		}
	}
}

// eachPayback plays a journey for each store, which pays what is asked for.
func eachPayback(t *testing.T, play func(w *world, system string)) {
	t.Helper()
	for system := range modes {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			journey(t, withPaybacks("pay", nil), func(w *world) { play(w, system) })
		})
	}
}

// TestERPRefundTwoEqualRefundsAreTwo in both books, and each is matched with one.
func TestERPRefundTwoEqualRefundsAreTwo(t *testing.T) {
	t.Parallel()
	eachPayback(t, func(w *world, system string) {
		w.soldPaid(system)
		one, two := w.paysBack(system, "10.00"), w.paysBack(system, "10.00")
		w.polledERP()
		w.booked(system, []string{"10.00 paid", "10.00 paid"}, map[string]string{one: "10.00 ours", two: "10.00 ours"})
	})
}

// TestERPRefundAWholeOrderIsPaidBackOnce: the store's order is refunded then, and the sales order has no more
// than that.
func TestERPRefundAWholeOrderIsPaidBackOnce(t *testing.T) {
	t.Parallel()
	eachPayback(t, func(w *world, system string) {
		w.soldPaid(system)
		total := w.erp.Deposits()[0].Amount
		id := w.paysBack(system, total)
		w.polledERP()
		w.booked(system, []string{w.order(system, "42").Total + " paid"}, map[string]string{id: w.order(system, "42").Total + " ours"})
		if w.erp.Deposits()[0].Unused != "0.00" {
			w.Errorf("the deposit is %+v", w.erp.Deposits()[0])
		}
	})
}

// TestERPRefundWhatTheStoreHasNotLeftIsShown: a person refunded most of it in the store, and that is not in
// the ERP yet; or the ERP paid back more than the store has of the order.
func TestERPRefundWhatTheStoreHasNotLeftIsShown(t *testing.T) {
	t.Parallel()
	eachPayback(t, func(w *world, system string) {
		w.soldPaid(system)
		w.refundsByHand(system)
		id := w.paysBack(system, "25.00")
		w.polledERP()
		amounts, shown := w.storeRefunds(system)
		if len(amounts) != 1 || len(shown) != 1 || !strings.Contains(shown[0], "of it is refunded here, and 25.00 in netsuite with this amount") {
			w.Errorf("the store has %q and shows %q\n%s", amounts, shown, w.story())
		}
		if got := w.erpRefunds(); len(got) != 1 || got[id] != "25.00" {
			w.Errorf("the ERP has %v", got)
		}
		w.noDead()
	})
}

// TestERPRefundARefundIsMadeOnceOverACrash: the store's answer is lost, or the ERP's to the adoption, and the
// program is killed then.
func TestERPRefundARefundIsMadeOnceOverACrash(t *testing.T) {
	t.Parallel()
	for system := range modes {
		for _, lost := range []string{"store", "ERP"} {
			for _, crash := range []bool{false, true} {
				t.Run(fmt.Sprint(system, " ", lost, " crash ", crash), func(t *testing.T) {
					t.Parallel()
					s := withPaybacks("pay", nil)
					journey(t, s, func(w *world) {
						w.soldPaid(system)
						id := w.paysBack(system, "10.00")
						switch {
						case lost == "ERP":
							w.erp.Plan(netsuitetest.Fault{Method: "PATCH", PathContains: "customerRefund", Do: netsuitetest.ResetAfter()})
						case system == "shopify":
							w.shop.LoseAnswer("refundCreate(")
						default:
							w.wooStore.LoseAnswer("POST")
						}
						w.pass(10 * time.Minute)
						if err := w.poller(w.config.Systems["netsuite"], w.config.Runtime, nil).Run(w.Context()); err != nil {
							t.Fatal(err)
						}
						w.pass(time.Second)
						if lost == "ERP" {
							w.reportsOnce(system)
						}
						if crash {
							w.restart(s)
						}
						w.pass(time.Hour)
						w.booked(system, []string{"10.00 paid"}, map[string]string{id: "10.00 ours"})
					})
				})
			}
		}
	}
}

// reportsOnce sends the webhook of order 42, and does not wait.
func (w *world) reportsOnce(system string) {
	w.Helper()
	if system == "shopify" {
		w.ingestOK(w.shopify("orders/updated", w.shop.Webhook("42")))
	} else {
		w.ingestOK(w.woo("order.updated", w.wooStore.Body(42)))
	}
	w.pass(time.Second)
}

// TestERPRefundAnOrderThatTheStoreDoesNotHaveIsDeadWithItsReason.
func TestERPRefundAnOrderThatTheStoreDoesNotHaveIsDeadWithItsReason(t *testing.T) {
	t.Parallel()
	eachPayback(t, func(w *world, system string) {
		w.soldPaid(system)
		w.paysBack(system, "10.00")
		w.wooStore.Delete(42)
		w.shop.Remove("42")
		w.polledERP()
		dead := w.entries(port.Dead)
		if len(dead) != 1 || dead[0].Type != canonical.RefundRequested || dead[0].Error.Class != "missing_ref" || !strings.Contains(dead[0].Error.Message, "has no order 42") {
			w.Errorf("dead are %+v\n%s", dead, w.story())
		}
	})
}

// TestERPRefundARefundWaitsForAMissingSetting: the ERP's currency has no entry, or the store is not
// configured, until it is.
func TestERPRefundARefundWaitsForAMissingSetting(t *testing.T) {
	t.Parallel()
	for setting, missing := range map[string]map[string]string{
		"NETSUITE_CURRENCIES":      {"NETSUITE_CURRENCIES": "EUR=4"},
		"WOOCOMMERCE_CONSUMER_KEY": {"WOOCOMMERCE_CONSUMER_KEY": "", "WOOCOMMERCE_CONSUMER_SECRET": ""},
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			whole := withPaybacks("pay", nil)
			journey(t, whole, func(w *world) {
				w.soldPaid("woocommerce")
				id := w.paysBack("woocommerce", "10.00")
				w.restart(withPaybacks("pay", missing))
				w.polledERP()
				w.pass(26 * time.Hour)
				if amounts, _ := w.storeRefunds("woocommerce"); len(amounts) != 0 {
					t.Errorf("the store has %q", amounts)
				}
				w.restart(whole)
				w.pass(time.Hour)
				w.booked("woocommerce", []string{"10.00 paid"}, map[string]string{id: "10.00 ours"})
			})
		})
	}
}

// TestERPRefundWithoutTheSettingNothingIsAskedFor, and a store's refund is booked beside what a person paid
// back.
func TestERPRefundWithoutTheSettingNothingIsAskedFor(t *testing.T) {
	t.Parallel()
	journey(t, withPaybacks("pay", map[string]string{"NETSUITE_REFUNDS": "false"}), func(w *world) {
		w.soldPaid("woocommerce")
		id := w.paysBack("woocommerce", "10.00")
		w.polledERP()
		w.refundsByHand("woocommerce")
		w.storesReport()
		if amounts, shown := w.storeRefunds("woocommerce"); len(amounts) != 1 || len(shown) != 0 || len(w.erpRefunds()) != 2 || w.erpRefunds()[id] != "10.00" {
			t.Errorf("the store has %q, shows %q, the ERP has %v", amounts, shown, w.erpRefunds())
		}
		w.noDead()
	})
}

// TestERPRefundARefundIsAskedOfItsStoreOnly: the other one skips it, and a deliverer that gets it twice acts
// once.
func TestERPRefundARefundIsAskedOfItsStoreOnly(t *testing.T) {
	t.Parallel()
	journey(t, withPaybacks("pay", nil), func(w *world) {
		w.soldPaid("shopify")
		id := w.paysBack("shopify", "10.00")
		w.polledERP()
		for _, e := range w.entries(port.Published) {
			if e.Type != canonical.RefundRequested {
				continue
			}
			if e.Entity != (message.Key{System: "netsuite", Tenant: "1234567_SB1", Type: "refund", ID: id}) {
				t.Errorf("published %+v", e)
			}
		}
		if reasons := w.ingestReasons(port.Skipped, id); len(reasons) != 1 || !strings.Contains(reasons[0], "another store") {
			t.Errorf("skipped with %q\n%s", reasons, w.story())
		}
		w.booked("shopify", []string{"10.00 paid"}, map[string]string{id: "10.00 ours"})
	})
}
