package test_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/port"
)

// payBack is a refund of an order of two tees and a hoodie of 50.00 each, paid by card.
type payBack struct {
	tees     int64 // pieces
	off      bool  // they had not left
	paid     int64 // minor units that went back
	shipping int64 // minor units of shipping
	status   string
}

// backStore is what a journey of refunds does with either store.
type backStore struct {
	system string
	// send delivers the order with these refunds.
	send func(w *world, back ...payBack)
}

var backStores = []backStore{{"shopify", shopifyBack}, {"woocommerce", wooBack}}

const backShipping = 500

// backTime returns when the order has so many refunds: one a minute.
func backTime(states int) time.Time {
	return shopifytest.Start.Add(time.Duration(states) * time.Minute)
}

func backText(minor int64) string {
	return canonical.Money{Minor: minor, Currency: "USD"}.Decimal().String()
}

func backBag(minor int64) map[string]any {
	money := map[string]any{"amount": backText(minor), "currency_code": "USD"}
	return map[string]any{"shop_money": money, "presentment_money": money}
}

// worth is what goods and shipping are worth.
func (b payBack) worth() int64 { return b.tees*5000 + b.shipping }

// shopify returns the i-th refund of the order as its webhook has it. A difference between its
// payment and its worth is an adjustment.
func (b payBack) shopify(i int) map[string]any {
	id, at := int64(100*(i+1)), backTime(i+1).Format(time.RFC3339)
	refund := map[string]any{
		"id": id, "created_at": at, "processed_at": at, "refund_line_items": []any{}, "refund_shipping_lines": []any{},
		"order_adjustments": []any{}, "transactions": []any{},
	}
	if b.tees > 0 {
		restock := map[bool]string{true: "cancel", false: "return"}[b.off]
		refund["refund_line_items"] = []any{map[string]any{
			"id": id, "line_item_id": 1, "quantity": b.tees, "restock_type": restock, "subtotal_set": backBag(b.tees * 5000), "total_tax_set": backBag(0),
		}}
	}
	if b.shipping > 0 {
		refund["refund_shipping_lines"] = []any{map[string]any{"id": id, "subtotal_amount_set": backBag(b.shipping), "tax_amount_set": backBag(0)}}
	}
	if rest := b.worth() - b.paid; rest != 0 && b.paid > 0 {
		refund["order_adjustments"] = []any{map[string]any{
			"id": id, "kind": "refund_discrepancy", "amount": backText(rest), "amount_set": backBag(rest), "tax_amount": "0.00", "tax_amount_set": backBag(0),
		}}
	}
	if b.paid > 0 {
		refund["transactions"] = []any{map[string]any{
			"id": id + 1, "kind": "refund", "status": b.status, "gateway": "shopify_payments", "parent_id": 21,
			"amount": backText(b.paid), "currency": "USD", "processed_at": at,
		}}
	}
	return refund
}

func shopifyBack(w *world, back ...payBack) {
	w.Helper()
	var refunds []any
	gone, off, returned, explained := int64(0), int64(0), int64(0), int64(0)
	for i, b := range back {
		refunds = append(refunds, b.shopify(i))
		gone, explained = gone+b.tees, explained+max(b.paid, 0)
		if b.off {
			off += b.tees
		}
		if b.status == "success" {
			returned += b.paid
		}
	}
	body := shopifytest.Purchase{
		ID: 42, Number: 1042, Customer: 77, Email: "buyer@example.com", Shipping: backShipping, UpdatedAt: backTime(len(back)), Items: backItems(),
		Change: func(o map[string]any) {
			o["refunds"] = refunds
			tee, _ := o["line_items"].([]any)[0].(map[string]any)
			tee["current_quantity"], tee["fulfillable_quantity"] = 2-gone, 0
			o["fulfillments"] = []any{map[string]any{"id": 1, "status": "success", "line_items": []any{map[string]any{"id": 1, "quantity": 2 - off}}}}
			o["current_total_price_set"], o["total_outstanding"] = backBag(15000+backShipping-explained), backText(returned-explained)
			if returned > 0 {
				o["financial_status"] = "partially_refunded"
			}
		},
	}.Body()
	w.shop.Put(body)
	w.ingestOK(w.shopify("orders/updated", body))
	w.pass(10 * time.Minute)
}

func backItems() []shopifytest.Item {
	return []shopifytest.Item{{ID: 1, SKU: "TEE-BLK-M", Title: "Tee", Quantity: 2, Price: 5000}, {ID: 2, SKU: "HOOD-M", Title: "Hoodie", Quantity: 1, Price: 5000}}
}

// backCharge has the shop's order be paid by card.
func backCharge(w *world) {
	w.shop.Pay("42", shopifytest.Transaction{
		ID: 21, Kind: "SALE", Status: "SUCCESS", Gateway: "shopify_payments", Amount: canonical.Money{Minor: 15000 + backShipping, Currency: "USD"}, At: shopifytest.Start,
	})
}

// wooBack has no refund that failed: the store makes none then. One of an unpaid order is
// pending.
func wooBack(w *world, back ...payBack) {
	w.Helper()
	order := woocommercetest.NewOrder(42, 0)
	order.Created, order.Modified, order.Paid = shopifytest.Start, backTime(len(back)), shopifytest.Start
	order.Shipping, order.Tax, order.Status, order.Completed = backShipping, 0, "completed", shopifytest.Start.Add(time.Second)
	order.Lines = []woocommercetest.Line{
		{ID: 1, SKU: "TEE-BLK-M", Name: "Tee", Product: 1, Quantity: 2, Subtotal: 10000, Restocked: 2},
		{ID: 2, SKU: "HOOD-M", Name: "Hoodie", Product: 2, Quantity: 1, Subtotal: 5000},
	}
	for i, b := range back {
		if b.off {
			order.Status, order.Completed = "processing", time.Time{}
		}
		if b.status == "pending" {
			order.Status, order.Paid = "on-hold", time.Time{}
		}
		if b.status == "failure" {
			continue
		}
		refund := woocommercetest.Refund{ID: int64(100 * (i + 1)), Created: backTime(i + 1), Amount: b.paid, PaidBack: true, Shipping: b.shipping}
		if b.tees > 0 {
			refund.Lines = []woocommercetest.RefundLine{{Line: 1, Quantity: b.tees, Total: b.tees * 5000}}
		}
		order.Returned = append(order.Returned, refund)
	}
	w.wooStore.Put(order)
	w.ingestOK(w.woo("order.updated", order.Body()))
	w.pass(10 * time.Minute)
}

// backDocuments describes what the refunds became at the ERP, sorted by kind.
func backDocuments(w *world) string {
	var all []string
	describe := func(kind string, c netsuitetest.Reversal) {
		words := []string{}
		for _, l := range c.Lines {
			words = append(words, l.Item+" "+l.Quantity+" "+l.Amount)
		}
		all = append(all, kind+" "+c.Total+" ("+strings.Join(append(words, "shipping "+c.Shipping), ", ")+")")
	}
	for _, c := range w.erp.CreditMemos() {
		describe("credit memo", c)
	}
	for _, c := range w.erp.CashRefunds() {
		describe("cash refund", c)
	}
	for _, p := range w.erp.Payouts() {
		all = append(all, fmt.Sprintf("payout %s of deposits %v and credits %v", p.Total, slices.Sorted(maps.Values(p.Deposits)), slices.Sorted(maps.Values(p.Credits))))
	}
	return strings.Join(all, "; ")
}

// moneyBack are refunds of both stores, by scenario, and what they become at the ERP.
var moneyBack = map[string]struct {
	back           []payBack
	sell           func(f *netsuitetest.Fake, externalID string, lines ...int) (string, error)
	want, deposits string // of deposits what is left
	dead           string // part of the reason, "" for none
}{
	"F1 a line before the invoice":   {[]payBack{{tees: 1, paid: 5000, status: backOK}}, nil, "payout 50.00 of deposits [50.00] and credits []", "105.00", ""},
	"F1 goodwill before the invoice": {[]payBack{{paid: 1400, status: backOK}}, nil, "payout 14.00 of deposits [14.00] and credits []", "141.00", ""},
	"F1 a line after the invoice": {
		[]payBack{{tees: 1, paid: 5000, status: backOK}},
		(*netsuitetest.Fake).Invoice,
		"credit memo 50.00 (TEE-BLK-M 1 50.00, shipping 0.00); payout 50.00 of deposits [] and credits [50.00]", "0.00", "",
	},
	"F1 part of a line is kept back": {
		[]payBack{{tees: 1, paid: 3600, status: backOK}},
		(*netsuitetest.Fake).Invoice,
		"credit memo 36.00 (TEE-BLK-M 1 50.00, store-adjustment 1 -14.00, shipping 0.00); payout 36.00 of deposits [] and credits [36.00]", "0.00", "",
	},
	"F1 shipping after the invoice": {
		[]payBack{{shipping: 500, paid: 500, status: backOK}},
		(*netsuitetest.Fake).Invoice,
		"credit memo 5.00 (store-adjustment 1 0.00, shipping 5.00); payout 5.00 of deposits [] and credits [5.00]", "0.00", "",
	},
	"F1 after a cash sale": {
		[]payBack{{tees: 1, paid: 5000, status: backOK}}, (*netsuitetest.Fake).CashSale, "cash refund 50.00 (TEE-BLK-M 1 50.00, shipping 0.00)", "155.00", "",
	},
	"F3 pending": {[]payBack{{tees: 1, paid: 5000, status: "pending"}}, (*netsuitetest.Fake).Invoice, "", "0.00", ""},
	"F3 failed":  {[]payBack{{tees: 1, paid: 5000, status: "failure"}}, (*netsuitetest.Fake).Invoice, "", "0.00", ""},
	"F5 a second adds": {
		[]payBack{{tees: 1, paid: 5000, status: backOK}, {paid: 1400, status: backOK}},
		(*netsuitetest.Fake).Invoice,
		"credit memo 50.00 (TEE-BLK-M 1 50.00, shipping 0.00); credit memo 14.00 (store-adjustment 1 14.00, shipping 0.00); " +
			"payout 50.00 of deposits [] and credits [50.00]; payout 14.00 of deposits [] and credits [14.00]", "0.00", "",
	},
	"F5 more than was captured": {
		[]payBack{{tees: 1, paid: 5000, status: backOK}, {paid: 10600, status: backOK}},
		nil,
		"payout 50.00 of deposits [50.00] and credits []", "105.00", "add up to 156.00 USD, and NetSuite has 155.00 USD as received",
	},
}

// backOK is the status of a transaction that moved money.
const backOK = "success"

// TestF1MoneyThatGoesBack has the right document and effect on stock for each kind of refund.
func TestF1MoneyThatGoesBack(t *testing.T) { goesBack(t, "F1") }

// TestF3MoneyIsBookedOnceItMoved: pending waits, failed books nothing.
func TestF3MoneyIsBookedOnceItMoved(t *testing.T) { goesBack(t, "F3") }

// TestF5NoMoreGoesBackThanCameIn: the second refund adds, and more than was captured is blocked.
func TestF5NoMoreGoesBackThanCameIn(t *testing.T) { goesBack(t, "F5") }

// goesBack plays the refunds of the scenario through the whole chain, and reads what they became
// at the ERP.
func goesBack(t *testing.T, scenario string) {
	t.Helper()
	t.Parallel()
	for name, c := range moneyBack {
		if !strings.HasPrefix(name, scenario) {
			continue
		}
		for _, s := range backStores {
			t.Run(name+" "+s.system, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{}, func(w *world) {
					backCharge(w)
					s.send(w)
					if c.sell != nil {
						if _, err := c.sell(w.erp, w.order(s.system, "42").ExternalID); err != nil {
							t.Fatal(err)
						}
					}
					for i := range c.back {
						s.send(w, c.back[:i+1]...)
					}
					if got := backDocuments(w); got != c.want {
						t.Errorf("booked %s\nwant %s\n%s", got, c.want, w.story())
					}
					if d := w.erp.Deposits(); len(d) != 1 || d[0].Unused != c.deposits {
						t.Errorf("the deposits are %+v, want %s left", d, c.deposits)
					}
					backDead(w, c.dead)
				})
			})
		}
	}
}

// backDead fails unless one message is dead for the reason, or none if it is "".
func backDead(w *world, reason string) {
	w.Helper()
	dead := w.entries(port.Dead)
	if reason == "" && len(dead) > 0 || reason != "" && (len(dead) != 1 || !strings.Contains(dead[0].Error.Message, reason)) {
		w.Errorf("dead are %+v, want %q", dead, reason)
	}
	if twice := w.erp.Duplicates(); len(twice) > 0 {
		w.Errorf("booked twice: %v", twice)
	}
}

// TestF2APieceThatNeverLeftBeforeTheOrderIsAtTheERP is off the order, and its money comes out of
// the deposit; nothing is credited, whether or not the rest is invoiced.
func TestF2APieceThatNeverLeftBeforeTheOrderIsAtTheERP(t *testing.T) {
	t.Parallel()
	for _, s := range backStores {
		t.Run(s.system, func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				backCharge(w)
				w.erp.Plan(netsuitetest.Fault{Method: http.MethodPut, PathContains: "salesOrder", Do: netsuitetest.Down(), Times: 3})
				s.send(w, payBack{tees: 1, off: true, paid: 5000, status: "success"})
				w.pass(time.Hour)
				order := w.order(s.system, "42")
				if got := strings.Join(erpLines(order), ", "); got != "TEE-BLK-M 1 50.00, HOOD-M 1 50.00" || order.Total != "105.00" {
					t.Errorf("the order has %s, in all %s\n%s", got, order.Total, w.story())
				}
				if got, want := backDocuments(w), "payout 50.00 of deposits [50.00] and credits []"; got != want || w.erp.Deposits()[0].Unused != "105.00" {
					t.Errorf("booked %s, want %s; the deposits are %+v", got, want, w.erp.Deposits())
				}
				backDead(w, "")
			})
		})
	}
}

// TestF4AReturnForAnExchangePaysNothingOut: its credit stays open for the article that is sent
// instead. Money that goes back beside it is paid out of the credit.
func TestF4AReturnForAnExchangePaysNothingOut(t *testing.T) {
	t.Parallel()
	for _, paid := range []int64{0, 2000} {
		t.Run(fmt.Sprint(paid), func(t *testing.T) {
			t.Parallel()
			journey(t, setup{}, func(w *world) {
				backCharge(w)
				shopifyBack(w)
				if _, err := w.erp.Invoice(w.order("shopify", "42").ExternalID); err != nil {
					t.Fatal(err)
				}
				shopifyExchange(w, paid)
				memos, want := w.erp.CreditMemos(), canonical.Money{Minor: 5000 - paid, Currency: "USD"}
				if len(memos) != 1 || memos[0].Total != "50.00" || memos[0].Unused != want.Decimal().String() || len(w.erp.Payouts()) != int(min(paid, 1)) {
					t.Errorf("the books are %s, of the credit %+v is open\n%s", backDocuments(w), memos, w.story())
				}
				if !strings.Contains(w.story(), "the store did not pay back "+want.String()+", which stays open as credit") {
					t.Errorf("the ledger does not say what is open\n%s", w.story())
				}
				backDead(w, "")
			})
		})
	}
}

// shopifyExchange has one tee come back for another article of its price less what is paid back.
func shopifyExchange(w *world, paid int64) {
	w.Helper()
	transactions := []any{}
	if paid > 0 {
		transactions = append(transactions, map[string]any{
			"id": 101, "kind": "refund", "status": "success", "gateway": "shopify_payments", "parent_id": 21, "amount": backText(paid), "currency": "USD",
		})
	}
	body := shopifytest.Purchase{
		ID: 42, Number: 1042, Customer: 77, Email: "buyer@example.com", Shipping: backShipping, UpdatedAt: backTime(5),
		Items: append(backItems(), shopifytest.Item{ID: 3, SKU: "SKU-A", Title: "Cap", Quantity: 1, Price: 5000 - paid}),
		Change: func(o map[string]any) {
			tee, _ := o["line_items"].([]any)[0].(map[string]any)
			tee["current_quantity"], tee["fulfillable_quantity"] = 1, 0
			o["fulfillments"] = []any{map[string]any{"id": 1, "status": "success", "line_items": []any{map[string]any{"id": 1, "quantity": 2}, map[string]any{"id": 2, "quantity": 1}}}}
			o["refunds"] = []any{map[string]any{
				"id": 100, "created_at": backTime(5).Format(time.RFC3339), "order_adjustments": []any{}, "transactions": transactions,
				"refund_line_items": []any{map[string]any{"id": 1, "line_item_id": 1, "quantity": 1, "restock_type": "return", "subtotal": 50.0, "total_tax": 0.0}},
			}}
			o["current_total_price_set"] = backBag(15000 + backShipping - paid)
		},
	}.Body()
	w.shop.Put(body)
	w.ingestOK(w.shopify("orders/updated", body))
	w.pass(10 * time.Minute)
}
