package shopify_test

import (
	"slices"
	"strings"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// refundOf returns a refund of one of the sample's tees after it was fulfilled; with replaces
// parts of it, given as pairs.
func refundOf(order string, with ...string) string {
	body := `{"id":31,"created_at":"2026-11-23T10:00:00-05:00","processed_at":"2026-11-23T10:00:00-05:00","note":"size","return":null,` +
		`"refund_shipping_lines":[],"order_adjustments":[],"duties":[],` +
		`"refund_line_items":[{"id":1,"line_item_id":466157049,"quantity":1,"restock_type":"return","subtotal":39.0,"total_tax":3.46}],` +
		`"transactions":[{"id":32,"kind":"refund","status":"success","gateway":"shopify_payments","parent_id":21,"amount":"42.46","currency":"USD","processed_at":"2026-11-23T10:00:00-05:00"}]}`
	if order != "" {
		body = strings.Replace(body, `{"id":31,`, `{"id":31,"order_id":`+order+`,`, 1)
	}
	return strings.NewReplacer(with...).Replace(body)
}

func refunds(events []connector.Event) []*canonical.Refund {
	var all []*canonical.Refund
	for _, event := range events {
		if refund, ok := event.Body.(*canonical.Refund); ok {
			all = append(all, refund)
		}
	}
	return all
}

const sampleOrder = "820982911946154508"

// TestF1F3Refunds has each form of a refund, first in an order's webhook and then polled: both
// give the same document.
func TestF1F3Refunds(t *testing.T) {
	t.Parallel()
	const transaction = `"status":"success","gateway":"shopify_payments","parent_id":21,"amount":"42.46"`
	paid := func(amount string) []string {
		return []string{transaction, strings.Replace(transaction, "42.46", amount, 1)}
	}
	noLine := []string{`{"id":1,"line_item_id":466157049,"quantity":1,"restock_type":"return","subtotal":39.0,"total_tax":3.46}`, ``}
	none := []string{`"transactions":[{`, `"transactions":[],"was":[{`}
	bag := func(minor string) string {
		return `{"shop_money":{"amount":"` + minor + `","currency_code":"USD"},"presentment_money":{"amount":"` + minor + `","currency_code":"USD"}}`
	}
	for name, c := range map[string]struct {
		with  []string
		kind  string // "" for no event
		want  int64
		parts map[canonical.RefundPartKind]int64
	}{
		"a line that came back":    {nil, "refund.settled", 4246, nil},
		"pending":                  {[]string{`"success"`, `"pending"`}, "refund.issued", 4246, nil},
		"failed":                   {[]string{`"success"`, `"failure"`}, "", 0, nil},
		"ended in an error":        {[]string{`"success"`, `"error"`}, "", 0, nil},
		"goodwill":                 {append(append(paid("10.00"), noLine...), `"order_adjustments":[]`, `"order_adjustments":[{"id":1,"amount":"-10.00","tax_amount":"0.00","kind":"refund_discrepancy"}]`), "refund.settled", 1000, map[canonical.RefundPartKind]int64{"adjustment": 1000}},
		"6.00 kept back":           {append(paid("36.46"), `"order_adjustments":[]`, `"order_adjustments":[{"id":1,"amount":"6.00","tax_amount":"0.00","kind":"refund_discrepancy"}]`), "refund.settled", 3646, map[canonical.RefundPartKind]int64{"adjustment": -600}},
		"shipping alone":           {append(append(paid("8.17"), noLine...), `"refund_shipping_lines":[]`, `"refund_shipping_lines":[{"id":1,"subtotal_amount_set":`+bag("7.50")+`,"tax_amount_set":`+bag("0.67")+`}]`), "refund.settled", 817, map[canonical.RefundPartKind]int64{"shipping": 750}},
		"not explained":            {append(paid("50.00"), noLine...), "refund.settled", 5000, map[canonical.RefundPartKind]int64{"adjustment": 5000}},
		"22.46 for an exchange":    {paid("20.00"), "refund.settled", 4246, map[canonical.RefundPartKind]int64{"adjustment": 0}},
		"two duties":               {append(append(paid("3.00"), noLine...), `"duties":[]`, `"duties":[{"duty_id":1,"amount_set":`+bag("1.00")+`},{"duty_id":2,"amount_set":`+bag("2.00")+`}]`), "refund.settled", 300, map[canonical.RefundPartKind]int64{"duty": 300}},
		"goods without money":      {none, "refund.settled", 4246, nil},
		"removed without money":    {append([]string{`"return","subtotal"`, `"cancel","subtotal"`}, none...), "", 0, nil},
		"a piece that was removed": {[]string{`"return","subtotal"`, `"cancel","subtotal"`}, "refund.settled", 4246, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			s.fake.Pay(sampleOrder, sale(21, "SALE", "SUCCESS", "shopify_payments", 17965))
			body := edit(t, `"refunds":[]`, `"refunds":[`+refundOf("", c.with...)+`]`)
			reported := s.report(t, "orders/updated", body)
			_, polled := s.polled(t, "order", sampleOrder)
			for how, events := range map[string][]connector.Event{"reported": reported, "polled": polled} {
				checkRefund(t, how, events, c.kind, c.want, c.parts)
			}
		})
	}
}

func checkRefund(t *testing.T, how string, events []connector.Event, kind string, want int64, parts map[canonical.RefundPartKind]int64) {
	t.Helper()
	all := refunds(events)
	if kind == "" {
		if len(all) != 0 {
			t.Errorf("%s: %+v, want no refund", how, all[0])
		}
		return
	}
	if len(all) != 1 || !slices.Contains(types(events), kind) {
		t.Fatalf("%s: %v, want %s", how, types(events), kind)
	}
	got := all[0]
	if err := canonical.Validate(got); err != nil || got.Amount != usd(want) || got.Rounding != usd(0) || got.Order != sampleOrder || got.ID != "31" {
		t.Errorf("%s: %+v, %v", how, got, err)
	}
	sums := map[canonical.RefundPartKind]int64{}
	for _, part := range got.Parts {
		sums[part.Kind] += part.Amount.Minor
	}
	for part, minor := range parts {
		if sums[part] != minor {
			t.Errorf("%s: the parts are %v, want %v", how, sums, parts)
		}
	}
	for _, tx := range got.Transactions {
		if tx.Parent != sampleOrder+"-paid" || tx.ID != "32" {
			t.Errorf("%s: the money went back as %+v", how, tx)
		}
	}
}

// TestARefundNamesThePaymentThatWasReportedAtTheCheckout: that payment had no transaction yet.
func TestARefundNamesThePaymentThatWasReportedAtTheCheckout(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.memory.forgets = ""
	first := payments(s.mustTranslate(t, "orders/create", shopifytest.Sample()))
	s.fake.Pay(sampleOrder, sale(21, "SALE", "SUCCESS", "shopify_payments", 17965))
	events := s.report(t, "orders/updated", edit(t, `"refunds":[]`, `"refunds":[`+refundOf("")+`]`))
	if got := refunds(events); len(got) != 1 || got[0].Transactions[0].Parent != first[0].ID {
		t.Errorf("the refund is of %+v, the payment %+v", got[0].Transactions, first[0])
	}
	if again := payments(events); len(again) != 1 || again[0].ID != first[0].ID {
		t.Errorf("the payment is reported as %+v, and was %+v", again, first[0])
	}
}

func TestRefundsCreate(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.memory.forgets = ""
	body := []byte(refundOf(sampleOrder))
	_, err := s.translate(t, "refunds/create", body)
	wantFault(t, err, fault.NotReady, fault.MissingRef, "")
	other := open(t, nil)
	other.memory.forgets = ""
	other.mustTranslate(t, "orders/create", shopifytest.Sample())
	if got := refunds(other.mustTranslate(t, "refunds/create", body)); len(got) != 1 || got[0].Amount != usd(4246) || got[0].Name != "#1001" {
		t.Errorf("of an order that cannot be asked for: %+v", got)
	}
	other.fake.Put(edit(t, `"refunds":[]`, `"refunds":[`+refundOf("")+`]`))
	events := other.mustTranslate(t, "refunds/create", body)
	if !slices.Contains(types(events), "order.changed") || len(refunds(events)) != 1 {
		t.Errorf("of an order that can be asked for: %v", types(events))
	}
}

func TestATransactionIsAReasonToAsk(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.fake.Put(shopifytest.Sample())
	translate := func(kind, status string) connector.Translation {
		translation, err := s.translate(t, "order_transactions/create", []byte(`{"id":9,"order_id":`+sampleOrder+`,"kind":"`+kind+`","status":"`+status+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		return translation
	}
	if got := translate("authorization", "success"); got.Skip == "" || len(got.Events) > 0 {
		t.Errorf("an authorization gives %+v", got)
	}
	if got := translate("capture", "success"); len(payments(got.Events)) != 1 {
		t.Errorf("a capture gives %v", types(got.Events))
	}
}
