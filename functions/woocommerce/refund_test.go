package woocommerce_test

import (
	"net/http"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

// twoLines is a paid order of 3 × 10.00 + 3.00 tax and 1 × 20.00 + 2.00 tax, with shipping
// 7.50 + 0.67 tax: 63.17 USD.
func twoLines() woocommercetest.Order {
	order := woocommercetest.NewOrder(1001, 0)
	order.Lines = []woocommercetest.Line{
		{ID: 1, SKU: "CUP", Name: "Cup", Product: 11, Quantity: 3, Subtotal: 3000, Tax: 300},
		{ID: 2, SKU: "PLATE", Name: "Plate", Product: 12, Quantity: 1, Subtotal: 2000, Tax: 200},
	}
	order.Modified = noon
	return order
}

// translated returns the books of the order's order.updated at a store that holds it.
func translated(t *testing.T, order woocommercetest.Order, changes map[string]string) []string {
	t.Helper()
	fake := woocommercetest.New()
	fake.Put(order)
	return books(t, mustTranslate(t, mustOpenWith(t, fake, changes).Source, "order.updated", order.Body()))
}

func TestF1RefundsAreDocumentsOfTheirOwn(t *testing.T) {
	t.Parallel()
	const paid = "payment.captured 1001-paid card 63.17 USD"
	whole := "open partially_refunded 63.17 USD, product 3×CUP, product 1×PLATE"
	cup := woocommercetest.RefundLine{Line: 1, Quantity: 1, Total: 1000, Tax: 100}
	for name, tc := range map[string]struct {
		change func(*woocommercetest.Order)
		want   []string
	}{
		"F2 a piece before it was fulfilled is off the order": {
			func(o *woocommercetest.Order) {
				o.Returned = []woocommercetest.Refund{{ID: 2001, Created: noon, Amount: 1100, Lines: []woocommercetest.RefundLine{cup}}}
			},
			[]string{
				"order.changed open partially_refunded 52.17 USD, product 2×CUP, product 1×PLATE", paid,
				"refund.settled 2001 11.00 USD, 1×CUP 10.00 USD+1.00 USD unfulfilled",
			},
		},
		"a piece after the order was completed is a return": {
			func(o *woocommercetest.Order) {
				o.Status, o.Completed, o.Lines[0].Restocked = "completed", noon.Add(-time.Hour), 1
				o.Returned = []woocommercetest.Refund{{ID: 2001, Created: noon, Amount: 1100, Lines: []woocommercetest.RefundLine{cup}}}
			},
			[]string{
				"order.changed closed partially_refunded 63.17 USD, product 3×CUP, product 1×PLATE", paid,
				"refund.settled 2001 11.00 USD, 1×CUP 10.00 USD+1.00 USD restock",
			},
		},
		"one before and one after": {
			func(o *woocommercetest.Order) {
				o.Status, o.Completed = "completed", noon.Add(-time.Hour)
				o.Returned = []woocommercetest.Refund{
					{ID: 2001, Created: noon.Add(-2 * time.Hour), Amount: 1100, Lines: []woocommercetest.RefundLine{cup}},
					{ID: 2002, Created: noon, Amount: 2200, Lines: []woocommercetest.RefundLine{{Line: 2, Quantity: 1, Total: 2000, Tax: 200}}},
				}
			},
			[]string{
				"order.changed closed partially_refunded 52.17 USD, product 2×CUP, product 1×PLATE", paid,
				"refund.settled 2001 11.00 USD, 1×CUP 10.00 USD+1.00 USD unfulfilled", "refund.settled 2002 22.00 USD, 1×PLATE 20.00 USD+2.00 USD",
			},
		},
		"money for a line that the buyer keeps": {
			func(o *woocommercetest.Order) {
				o.Returned = []woocommercetest.Refund{{ID: 2001, Created: noon, Amount: 550, Lines: []woocommercetest.RefundLine{{Line: 2, Total: 500, Tax: 50}}}}
			},
			[]string{"order.changed " + whole, paid, "refund.settled 2001 5.50 USD, 0×PLATE 5.00 USD+0.50 USD"},
		},
		"shipping alone": {
			func(o *woocommercetest.Order) {
				o.Returned = []woocommercetest.Refund{{ID: 2001, Created: noon, Amount: 817, Shipping: 750, ShippingTax: 67}}
			},
			[]string{"order.changed " + whole, paid, "refund.settled 2001 8.17 USD, shipping 7.50 USD+0.67 USD"},
		},
		"an amount alone, however small": {
			func(o *woocommercetest.Order) { o.Refunds = []int64{3, 1200} },
			[]string{
				"order.changed " + whole, paid, "refund.settled 1001900 0.03 USD, adjustment 0.03 USD+0.00 USD",
				"refund.settled 1001901 12.00 USD, adjustment 12.00 USD+0.00 USD",
			},
		},
		"more and less than the lines": {
			func(o *woocommercetest.Order) {
				o.Returned = []woocommercetest.Refund{
					{ID: 2001, Created: noon, Amount: 1400, Lines: []woocommercetest.RefundLine{cup}},
					{ID: 2002, Created: noon, Amount: 900, Lines: []woocommercetest.RefundLine{cup}},
				}
			},
			[]string{
				"order.changed open partially_refunded 41.17 USD, product 1×CUP, product 1×PLATE", paid,
				"refund.settled 2001 14.00 USD, 1×CUP 10.00 USD+1.00 USD unfulfilled, adjustment 3.00 USD+0.00 USD",
				"refund.settled 2002 9.00 USD, 1×CUP 10.00 USD+1.00 USD unfulfilled, adjustment -2.00 USD+0.00 USD",
			},
		},
		"a line without all of its money leaves what was kept": {
			func(o *woocommercetest.Order) {
				o.Returned = []woocommercetest.Refund{{ID: 2001, Created: noon, Amount: 1500, Lines: []woocommercetest.RefundLine{{Line: 2, Quantity: 1, Total: 1500}}}}
			},
			[]string{
				"order.changed open partially_refunded 48.17 USD, product 3×CUP", paid,
				"refund.settled 2001 15.00 USD, 1×PLATE 15.00 USD+0.00 USD unfulfilled",
			},
		},
		"everything": {
			func(o *woocommercetest.Order) {
				o.Status = "refunded"
				o.Returned = []woocommercetest.Refund{{ID: 2001, Created: noon, Amount: 6317, Shipping: 750, ShippingTax: 67, Lines: []woocommercetest.RefundLine{
					{Line: 1, Quantity: 3, Total: 3000, Tax: 300}, {Line: 2, Quantity: 1, Total: 2000, Tax: 200},
				}}}
			},
			[]string{
				"order.changed closed refunded 8.17 USD", paid,
				"refund.settled 2001 63.17 USD, 3×CUP 30.00 USD+3.00 USD unfulfilled, 1×PLATE 20.00 USD+2.00 USD unfulfilled, shipping 7.50 USD+0.67 USD",
			},
		},
		"F3 nothing was paid, so nothing went back": {
			func(o *woocommercetest.Order) { o.Paid, o.Refunds = time.Time{}, []int64{500} },
			[]string{
				"order.changed open pending 63.17 USD, product 3×CUP, product 1×PLATE", "refund.issued 1001900 5.00 USD, adjustment 5.00 USD+0.00 USD",
			},
		},
		"I4 of a cancelled order, in part": {
			func(o *woocommercetest.Order) { o.Status, o.Refunds = "cancelled", []int64{5000} },
			[]string{
				"order.cancelled cancelled partially_refunded 63.17 USD, product 3×CUP, product 1×PLATE", paid,
				"refund.settled 1001900 50.00 USD, adjustment 50.00 USD+0.00 USD",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := twoLines()
			tc.change(&order)
			checkBooks(t, translated(t, order, nil), tc.want)
		})
	}
}

// refundOf returns the one refund of an order at a store that holds it.
func refundOf(t *testing.T, order woocommercetest.Order) *canonical.Refund {
	t.Helper()
	fake := woocommercetest.New()
	fake.Put(order)
	found := event(mustTranslate(t, mustOpenWith(t, fake, nil).Source, "order.updated", order.Body()), canonical.RefundSettled)
	refund, ok := found.Body.(*canonical.Refund)
	if !ok || found.Entity.String() != "woocommerce/shop.example/refund/2001" || found.Parents[0].String() != "woocommerce/shop.example/order/1001" {
		t.Fatalf("%+v", found)
	}
	return refund
}

func TestARefundSaysHowItWasPaidBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		gateway  string
		paidBack bool
		cards    any
		want     canonical.RefundTransaction
	}{
		"by the gateway":          {"stripe", true, nil, canonical.RefundTransaction{Parent: "1001-paid", Method: canonical.Card, Gateway: "stripe"}},
		"a card's by hand":        {"stripe", false, nil, canonical.RefundTransaction{Parent: "1001-paid", Method: canonical.OtherPayment}},
		"a transfer's by hand":    {"bacs", false, nil, canonical.RefundTransaction{Parent: "1001-paid", Method: canonical.Bank}},
		"by hand, of two tenders": {"bacs", false, []any{map[string]any{"id": 3, "amount": 10}}, canonical.RefundTransaction{Method: canonical.OtherPayment}},
		"by gateway, of two too":  {"stripe", true, []any{map[string]any{"id": 3, "amount": 10}}, canonical.RefundTransaction{Parent: "1001-paid", Method: canonical.Card, Gateway: "stripe"}},
	} {
		order := twoLines()
		order.Gateway = tc.gateway
		order.Returned = []woocommercetest.Refund{{ID: 2001, Created: noon, Amount: 500, PaidBack: tc.paidBack, Reason: "broken &amp; late"}}
		if tc.cards != nil {
			order.Members = map[string]any{"gift_cards": tc.cards, "total": "53.17"}
		}
		refund := refundOf(t, order)
		want := tc.want
		want.ID, want.Amount, want.At = "2001", canonical.Money{Minor: 500, Currency: "USD"}, noon
		if len(refund.Transactions) != 1 || refund.Transactions[0] != want || !refund.Settled || refund.Reason.String() != "broken & late" {
			t.Errorf("%s: %+v, want %+v", name, refund, want)
		}
	}
}

func TestARefundThatTheStoreNoLongerListsIsJudgedByItsOrder(t *testing.T) {
	t.Parallel()
	order := twoLines()
	order.Refunds = []int64{1200}
	delivered := order.Body()
	refunded := "refund.settled 1001900 12.00 USD, adjustment 12.00 USD+0.00 USD"
	for name, tc := range map[string]struct {
		store func(*woocommercetest.Fake)
		want  string
	}{
		"the order was deleted for good": {func(*woocommercetest.Fake) {}, refunded},
		"the refund was deleted alone": {func(f *woocommercetest.Fake) {
			corrected := order
			corrected.Refunds = nil
			f.Put(corrected)
		}, ""},
	} {
		fake := woocommercetest.New()
		tc.store(fake)
		translation := mustTranslate(t, mustOpenWith(t, fake, nil).Source, "order.updated", delivered)
		got := books(t, translation)
		if last := got[len(got)-1]; (last == refunded) != (tc.want != "") || len(orderEvent(t, translation).Notes) != 1 {
			t.Errorf("%s: booked %q with notes %v", name, got, orderEvent(t, translation).Notes)
		}
	}
}

func TestI17RefundsWaitForTheKeyAndForTheStore(t *testing.T) {
	t.Parallel()
	order := twoLines()
	order.Refunds = []int64{1200}
	none := mustOpen(t, map[string]string{"WOOCOMMERCE_CONSUMER_KEY": "", "WOOCOMMERCE_CONSUMER_SECRET": ""}).Source
	_, err := none.Translate(t.Context(), raw("order.updated", order.Body()))
	checkFault(t, err, fault.Rejected, fault.Config, "WOOCOMMERCE_CONSUMER_KEY")
	for status, kind := range map[int]fault.Kind{503: fault.Unavailable, 429: fault.Throttled, 401: fault.Unauthorized} {
		fake := woocommercetest.New()
		fake.Put(order)
		fake.Answer(woocommercetest.Answer{Status: status, Body: `{"code":"x"}`})
		_, err := mustOpenWith(t, fake, nil).Source.Translate(t.Context(), raw("order.updated", order.Body()))
		if fault.KindOf(err) != kind {
			t.Errorf("%d gave %v", status, err)
		}
	}
	fake := woocommercetest.New()
	fake.Put(order)
	fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: `[{"amount":"1"}]`})
	_, err = mustOpenWith(t, fake, nil).Source.Translate(t.Context(), raw("order.updated", order.Body()))
	checkFault(t, err, fault.Unavailable, fault.Intermittent, "[0].id")
}

func TestMoreRefundsThanAPageAreAllRead(t *testing.T) {
	t.Parallel()
	order := twoLines()
	order.Lines[0].Subtotal = 1_000_000
	for range 230 {
		order.Refunds = append(order.Refunds, 10)
	}
	got := translated(t, order, nil)
	if len(got) != 232 {
		t.Errorf("%d events", len(got))
	}
}

func TestOnlyAnOrderWithRefundsCostsACall(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	source := mustOpenWith(t, fake, nil).Source
	for refunds, calls := range map[int]int{0: 0, 1: 1} {
		order := twoLines()
		order.Refunds = make([]int64, 0, 1)
		if refunds > 0 {
			order.Refunds = append(order.Refunds, 100)
		}
		fake.Put(order)
		before := len(fake.Asked())
		mustTranslate(t, source, "order.updated", order.Body())
		if got := len(fake.Asked()) - before; got != calls {
			t.Errorf("%d refunds: %d calls, want %d", refunds, got, calls)
		}
	}
}
