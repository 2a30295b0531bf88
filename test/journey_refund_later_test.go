package test_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
)

// laterBack is a refund as Shopify makes it: pieces that came back, money, and the adjustment by
// which the money exceeds them.
type laterBack struct{ tees, paid, adjusted int64 }

// laterRefunds are returns whose money goes back by a later refund, in each form, and what stands
// at the ERP in the end: what was credited, paid out, and is still open as credit.
var laterRefunds = map[string]struct {
	back                 []laterBack
	credited, paid, open int64 // minor units
}{
	"the whole":                    {[]laterBack{{tees: 1}, {paid: 5000}}, 5000, 5000, 0},
	"the whole, as an adjustment":  {[]laterBack{{tees: 1}, {paid: 5000, adjusted: 5000}}, 5000, 5000, 0},
	"in two parts":                 {[]laterBack{{tees: 2}, {paid: 6000}, {paid: 4000, adjusted: 4000}}, 10000, 10000, 0},
	"a part":                       {[]laterBack{{tees: 1}, {paid: 3000}}, 5000, 3000, 2000},
	"two returns by one":           {[]laterBack{{tees: 1}, {tees: 1}, {paid: 10000}}, 10000, 10000, 0},
	"with goodwill beside it":      {[]laterBack{{tees: 1}, {paid: 5700, adjusted: 700}}, 5700, 5700, 0},
	"and goodwill after it":        {[]laterBack{{tees: 1}, {paid: 5000}, {paid: 700, adjusted: 700}}, 5700, 5700, 0},
	"with another return":          {[]laterBack{{tees: 1}, {tees: 1, paid: 10000}}, 10000, 10000, 0},
	"with another return, in part": {[]laterBack{{tees: 1}, {tees: 1, paid: 8000}}, 10000, 8000, 2000},
	"goodwill before the return":   {[]laterBack{{paid: 700, adjusted: 700}, {tees: 1}, {paid: 5000}}, 5700, 5700, 0},
}

// laterBody is the state of the order with so many of the refunds.
func laterBody(back []laterBack) []byte {
	var refunds []any
	gone, worth, returned := int64(0), int64(0), int64(0)
	for i, b := range back {
		refund := payBack{tees: b.tees, status: "success", paid: b.paid}.shopify(i)
		refund["order_adjustments"] = []any{}
		if b.adjusted > 0 {
			refund["order_adjustments"] = []any{map[string]any{
				"id": i + 1, "kind": "refund_discrepancy", "amount": backText(-b.adjusted), "amount_set": backBag(-b.adjusted), "tax_amount": "0.00", "tax_amount_set": backBag(0),
			}}
		}
		refunds = append(refunds, refund)
		gone, worth, returned = gone+b.tees, worth+b.tees*5000, returned+b.paid
	}
	return shopifytest.Purchase{
		ID: 42, Number: 1042, Customer: 77, Email: "buyer@example.com", Shipping: backShipping, UpdatedAt: backTime(len(back)), Items: backItems(),
		Change: func(o map[string]any) {
			tee, _ := o["line_items"].([]any)[0].(map[string]any)
			tee["current_quantity"], tee["fulfillable_quantity"] = 2-gone, 0
			o["fulfillments"] = []any{map[string]any{"id": 1, "status": "success", "line_items": []any{map[string]any{"id": 1, "quantity": 2}}}}
			o["refunds"], o["current_total_price_set"], o["total_outstanding"] = refunds, backBag(15000+backShipping-worth), backText(returned-worth)
			if returned > 0 {
				o["financial_status"] = "partially_refunded"
			}
		},
	}.Body()
}

// TestF1ARefundThatIsPaidLaterIsCreditedOnce plays each of them with one delivery for each state,
// with the last one alone, backwards and doubled, and with the poll alone.
func TestF1ARefundThatIsPaidLaterIsCreditedOnce(t *testing.T) {
	t.Parallel()
	ways := map[string]func(w *world, states [][]byte){
		"in order": func(w *world, states [][]byte) { laterSend(w, states...) },
		"the last": func(w *world, states [][]byte) { laterSend(w, states[len(states)-1]) },
		"backwards and doubled": func(w *world, states [][]byte) {
			slices.Reverse(states)
			laterSend(w, slices.Concat(states, states)...)
		},
		"polled": func(w *world, _ [][]byte) { w.pass(13 * time.Hour); w.poll("shopify") },
	}
	for name, c := range laterRefunds {
		for way, send := range ways {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				journey(t, setup{memory: true}, func(w *world) {
					backCharge(w)
					laterSend(w, laterBody(nil))
					if _, err := w.erp.Invoice(w.order("shopify", "42").ExternalID); err != nil {
						t.Fatal(err)
					}
					var states [][]byte
					for i := range c.back {
						states = append(states, laterBody(c.back[:i+1]))
					}
					w.shop.Put(states[len(states)-1])
					send(w, states)
					w.pass(2 * time.Hour)
					laterCheck(w, c.credited, c.paid, c.open)
				})
			})
		}
	}
}

func laterSend(w *world, states ...[]byte) {
	w.Helper()
	for i, state := range states {
		w.shop.PutLater(state)
		w.ingestOK(w.deliver(shopifytest.Delivery{Topic: "orders/updated", Body: state, WebhookID: fmt.Sprint(len(w.log.String()), i)}))
		w.pass(10 * time.Minute)
	}
}

func laterCheck(w *world, credited, paid, open int64) {
	w.Helper()
	sum := func(total *int64, text string) {
		amount, err := canonical.ParseMoney(text, "USD")
		if err != nil {
			w.Fatal(err)
		}
		*total += amount.Minor
	}
	var got [3]int64
	for _, c := range w.erp.CreditMemos() {
		sum(&got[0], c.Total)
		sum(&got[2], c.Unused)
	}
	for _, p := range w.erp.Payouts() {
		sum(&got[1], p.Total)
	}
	if want := [3]int64{credited, paid, open}; got != want {
		w.Errorf("credited, paid out and open are %v, want %v: %s\n%s", got, want, backDocuments(w), w.story())
	}
	backDead(w, "")
}

// TestF2MoneyForAPieceThatWasTakenOffEarlier: a piece that never left is taken off without money,
// the rest is invoiced, and the money goes back later: it comes out of the deposit, and nothing is
// credited.
func TestF2MoneyForAPieceThatWasTakenOffEarlier(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		backCharge(w)
		shopifyBack(w, payBack{tees: 1, off: true})
		order := w.order("shopify", "42")
		if _, err := w.erp.Invoice(order.ExternalID); err != nil || order.Total != "105.00" {
			t.Fatalf("the order is %s: %v", order.Total, err)
		}
		shopifyBack(w, payBack{tees: 1, off: true}, payBack{paid: 5000, status: "success"})
		if got, want := backDocuments(w), "payout 50.00 of deposits [50.00] and credits []"; got != want {
			t.Errorf("booked %s, want %s\n%s", got, want, w.story())
		}
		backDead(w, "")
	})
}
