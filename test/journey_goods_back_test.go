package test_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// withReceipts is a world with a warehouse and a CRM, whose returns the ERP receives.
func withReceipts(settings map[string]string) setup {
	all := map[string]string{"NETSUITE_RETURNS": "receipt", "NETSUITE_INVOICE": "shipped", "NETSUITE_SHIP_LOCATIONS": "9=5"}
	maps.Copy(all, settings)
	return withHolds(all)
}

// erpReturns describes the ERP's return authorizations and item receipts, and the pieces that are back in
// stock: "H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; back 1".
func (w *world) erpReturns() string {
	w.Helper()
	var all []string
	for _, a := range w.erp.ReturnAuthorizations() {
		for _, l := range a.Lines {
			all = append(all, fmt.Sprintf("%s %s of %s %s", a.Status, max(l.Received, "0"), l.Quantity, l.Item))
		}
	}
	for _, r := range w.erp.ItemReceipts() {
		for _, l := range r.Lines {
			all = append(all, "receipt "+l.Quantity+" "+l.Item+" at "+l.Location)
		}
	}
	return strings.Join(append(all, "back "+max(w.erp.BackInStock()["TEE-BLK-M"], "0")), "; ")
}

func (w *world) wantERPReturns(want string) {
	w.Helper()
	if got := w.erpReturns(); got != want || len(w.erp.Duplicates()) != 0 {
		w.Errorf("the ERP has %s, want %s; twice %v\n%s", got, want, w.erp.Duplicates(), w.story())
	}
}

// TestF1GoodsThatComeBackAreReceivedAtTheERP: whichever webhook comes first, each twice.
func TestF1GoodsThatComeBackAreReceivedAtTheERP(t *testing.T) {
	t.Parallel()
	for _, order := range permutations(3) {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			s := withReceipts(nil)
			journey(t, s, func(w *world) {
				states := w.returnLife()
				for i, at := range order {
					w.tells("msg_"+strconv.Itoa(i), states[at])
					w.tells("msg_"+strconv.Itoa(i), states[at])
					if i == 1 {
						w.restart(s)
					}
					w.pass(5 * time.Minute)
				}
				w.wantERPReturns("H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; back 1")
				w.pollsLater()
				w.wantERPReturns("H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; back 1")
				if made := w.erp.ReturnAuthorizations()[0]; made.Order != w.order("shopify", "42").ID || made.ExternalID != "shipbob__main__return__445001" {
					t.Errorf("the ERP has %+v", made)
				}
				w.noDead()
			})
		})
	}
}

// TestF1AReturnIsAuthorizedBeforeItComes: the ERP shows what is expected, also of a return that no
// webhook reported, and of a store of the other kind.
func TestF1AReturnIsAuthorizedBeforeItComes(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"shopify", "woocommerce"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			journey(t, withReceipts(nil), func(w *world) {
				w.sold(system)
				shipment := w.shippedFor(message.Key{System: system, Tenant: tenants[system], Type: "order", ID: "42"}.String())
				id := w.warehouse.Expect(shipment, map[string]int{"TEE-BLK-M": 2})
				w.pollsLater()
				w.pass(5 * time.Minute)
				w.wantERPReturns("B 0 of 2 TEE-BLK-M; back 0")
				if err := w.warehouse.CompleteReturn(id, map[string]map[string]int{"TEE-BLK-M": {"Restock": 2}}); err != nil {
					t.Fatal(err)
				}
				w.pollsLater()
				w.pass(5 * time.Minute)
				w.wantERPReturns("H 2 of 2 TEE-BLK-M; receipt 2 TEE-BLK-M at 5; back 2")
				w.noDead()
			})
		})
	}
}

// refunds publishes a refund of two tees of order 42, which the store puts back into its stock.
func (w *world) refunds() {
	w.Helper()
	usd := func(minor int64) canonical.Money { return canonical.Money{Minor: minor, Currency: "USD"} }
	now, order := time.Now().UTC(), w.order("shopify", "42")
	at := slices.IndexFunc(order.Lines, func(l netsuitetest.Line) bool { return l.Item == "TEE-BLK-M" })
	whole, err := canonical.ParseMoney(order.Lines[at].Amount, "USD")
	if err != nil {
		w.Fatal(err)
	}
	worth := whole.Minor * 2 / 3
	refund := canonical.Refund{
		ID: "7", Order: "42", Tax: usd(0), Rounding: usd(0), Amount: usd(worth), Settled: true, At: now,
		Lines: []canonical.RefundLine{{
			Line: "1", SKU: "TEE-BLK-M", Title: "Tee", Quantity: canonical.Pieces(canonical.NewDecimal(2, 0)), Amount: usd(worth), Tax: usd(0), Restock: true,
		}},
	}
	if err := canonical.Validate(&refund); err != nil {
		w.Fatal(err)
	}
	body, err := json.Marshal(refund)
	if err != nil {
		w.Fatal(err)
	}
	for i := range 2 {
		if err := w.ports.Bus.Publish(w.Context(), []*message.Message{{
			ID: message.DeriveID("refund", "7", strconv.Itoa(i)), Source: message.SourcePrefix + "shopify", Type: canonical.RefundSettled, Subject: "refund/7", Time: now,
			Tenant: erpShop, Schema: "refund/1", Sequence: message.NewSequence(now, false, now), CorrelationID: "c", Origin: "shopify",
			Parents: []message.Key{{System: "shopify", Tenant: erpShop, Type: "order", ID: "42"}}, Body: body,
		}}); err != nil {
			w.Fatal(err)
		}
	}
	w.pass(30 * time.Minute)
}

// TestF1GoodsComeIntoStockOnceWhateverIsRefundedWhen: before, between and after the states of the return,
// and under either setting. The credit is the same.
func TestF1GoodsComeIntoStockOnceWhateverIsRefundedWhen(t *testing.T) {
	t.Parallel()
	var totals [2][]string
	for at := range 3 {
		for k, by := range []string{"receipt", "credit"} {
			journey(t, withReceipts(map[string]string{"NETSUITE_RETURNS": by}), func(w *world) {
				states := w.returnLife()
				for i, state := range []told{states[0], states[2], {}} {
					if i == at {
						w.refunds()
					}
					if i < 2 {
						w.tells("msg_"+strconv.Itoa(i), state)
						w.pass(30 * time.Minute)
					}
				}
				credits := w.erp.CreditMemos()
				if len(credits) != 1 || len(credits[0].Lines) != 1 {
					t.Fatalf("the ERP has %+v\n%s", credits, w.story())
				}
				line, want, item := credits[0].Lines[0], "H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; back 1", "store-adjustment"
				if by == "credit" {
					want, item = "back 2", "TEE-BLK-M"
				}
				w.wantERPReturns(want)
				if line.Item != item || line.Amount != credits[0].Total {
					t.Errorf("with %s, refunded at %d: the credit is %+v", by, at, credits[0])
				}
				totals[k] = append(totals[k], credits[0].Total)
				w.noDead()
			})
		}
	}
	if !slices.Equal(totals[0], totals[1]) || len(totals[0]) != 3 || totals[0][0] == "0.00" {
		t.Errorf("the credits are %v with receipts and %v without", totals[0], totals[1])
	}
}

// TestF1AnAnswerThatWasLostReceivesOnce, also over a crash, of each document.
func TestF1AnAnswerThatWasLostReceivesOnce(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]netsuitetest.Fault{
		"authorization":           {Method: "POST", PathContains: "!transform/returnAuthorization", Do: netsuitetest.FailAfter()},
		"receipt":                 {Method: "POST", PathContains: "!transform/itemReceipt", Do: netsuitetest.FailAfter()},
		"receipt, no answer":      {Method: "POST", PathContains: "!transform/itemReceipt", Do: netsuitetest.HangAfter()},
		"end":                     {Method: "PATCH", PathContains: "returnAuthorization", Do: netsuitetest.FailAfter()},
		"authorization, not done": {Method: "POST", PathContains: "!transform/returnAuthorization", Do: netsuitetest.ResetBefore()},
		"receipt, not done":       {Method: "POST", PathContains: "!transform/itemReceipt", Do: netsuitetest.ResetBefore()},
	} {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " crash ", crash), func(t *testing.T) {
				t.Parallel()
				s := withReceipts(nil)
				journey(t, s, func(w *world) {
					states := w.returnLife()
					w.erp.Plan(lost)
					for i, at := range []int{0, 2} {
						w.tells("msg_"+strconv.Itoa(i), states[at])
						w.pass(time.Second)
						if crash {
							w.restart(s)
						}
						w.pass(time.Hour)
					}
					w.wantERPReturns("H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; back 1")
					w.noDead()
				})
			})
		}
	}
}

// TestF1AReturnBeforeItsShipmentWaitsForIt: the item fulfillment is late, and the authorization follows it.
func TestF1AReturnBeforeItsShipmentWaitsForIt(t *testing.T) {
	t.Parallel()
	journey(t, withReceipts(nil), func(w *world) {
		w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
		w.pass(time.Minute)
		shipment, err := w.warehouse.Ship(referenceOf(42), nil)
		if err != nil {
			t.Fatal(err)
		}
		w.goodsReturn(shipment, 2, 2, false)
		if w.wantERPReturns("back 0"); len(w.erp.ItemFulfillments()) != 0 {
			t.Fatalf("the ERP has %+v", w.erp.ItemFulfillments())
		}
		w.warehouseTells("msg_late", "order.shipped", referenceOf(42))
		w.pass(6 * time.Hour)
		w.wantERPReturns("H 2 of 2 TEE-BLK-M; receipt 2 TEE-BLK-M at 5; back 2")
		w.noDead()
	})
}

// TestF1MoreThanLeftIsRejected with the numbers; all that left is received, in two returns.
func TestF1MoreThanLeftIsRejected(t *testing.T) {
	t.Parallel()
	for pieces, dead := range map[int]string{
		1: "",
		2: `lines[0].quantity: "TEE-BLK-M": 2 come back, and sales order %s has 3 of 3 fulfilled, of which 2 are in its other returns`,
	} {
		t.Run(strconv.Itoa(pieces), func(t *testing.T) {
			t.Parallel()
			journey(t, withReceipts(nil), func(w *world) {
				w.ingestOK(w.shopify("orders/create", ingestSale(42, 0, 3).Body()))
				shipment := w.shippedFor(referenceOf(42))
				w.goodsReturn(shipment, 2, 1, true)
				w.goodsReturn(shipment, pieces, pieces, true)
				first := "H 1 of 2 TEE-BLK-M; "
				if dead == "" {
					w.wantERPReturns(first + "H 1 of 1 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; receipt 1 TEE-BLK-M at 5; back 2")
					w.noDead()
					return
				}
				w.wantERPReturns(first + "receipt 1 TEE-BLK-M at 5; back 1")
				letters := w.entries(port.Dead)
				if len(letters) == 0 || !strings.Contains(letters[0].Error.Message, fmt.Sprintf(dead, w.order("shopify", "42").ID)) {
					t.Errorf("dead are %+v\n%s", letters, w.story())
				}
			})
		})
	}
}

// TestF1WithoutTheSettingAReturnIsConfirmedWithItsReason, and the ERP is not asked.
func TestF1WithoutTheSettingAReturnIsConfirmedWithItsReason(t *testing.T) {
	t.Parallel()
	journey(t, withReceipts(map[string]string{"NETSUITE_RETURNS": "credit"}), func(w *world) {
		states := w.returnLife()
		asked := len(w.erp.Calls())
		for i, state := range states {
			w.tells("msg_"+strconv.Itoa(i), state)
			w.pass(10 * time.Minute)
		}
		w.returnShown(asked)
		outcomes := map[string]int{}
		for _, e := range w.entries(port.Sent) {
			if e.Route == "shipbob-returns-to-netsuite" {
				outcomes[e.Outcome]++
			}
		}
		if len(outcomes) != 1 || outcomes["item receipt: not booked: NETSUITE_RETURNS is credit, so the credit of the refund moves the stock"]+
			outcomes["not booked: NETSUITE_RETURNS is credit, so the credit of the refund moves the stock"] == 0 {
			t.Errorf("the returns ended as %v\n%s", outcomes, w.story())
		}
	})
}

// TestF1ARefundWaitsForAnItemWithoutStock: with item receipts, the item of goods that came back is a setting.
func TestF1ARefundWaitsForAnItemWithoutStock(t *testing.T) {
	t.Parallel()
	s := withReceipts(map[string]string{"NETSUITE_ITEM_ADJUSTMENT": ""})
	journey(t, s, func(w *world) {
		states := w.returnLife()
		w.tells("msg_0", states[2])
		w.refunds()
		if len(w.erp.CreditMemos()) != 0 || !strings.Contains(w.story(), "NETSUITE_ITEM_ADJUSTMENT is not set, and lines[0] needs an item") {
			t.Errorf("the ERP has %+v\n%s", w.erp.CreditMemos(), w.story())
		}
		w.wantERPReturns("H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; back 1")
		s.settings["NETSUITE_ITEM_NOT_RESTOCKED"] = "store-no-sku"
		w.restart(s)
		w.pass(12 * time.Hour)
		if credits := w.erp.CreditMemos(); len(credits) != 1 || credits[0].Lines[0].Item != "store-no-sku" {
			t.Errorf("the ERP has %+v\n%s", credits, w.story())
		}
		w.wantERPReturns("H 1 of 2 TEE-BLK-M; receipt 1 TEE-BLK-M at 5; back 1")
		w.noDead()
	})
}
