package woocommerce_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// bookedAtERP returns the sales order of order 42, which has 3 of A and 1 of B, with so many of A.
func bookedAtERP(a int64) *canonical.ERPOrder {
	line := func(sku string, n int64) canonical.ERPLine {
		count := canonical.Pieces(canonical.NewDecimal(n, 0))
		return canonical.ERPLine{SKU: sku, Ordered: count, Fulfilled: canonical.Pieces(canonical.NewDecimal(0, 0)), Billed: canonical.Pieces(canonical.NewDecimal(0, 0))}
	}
	return &canonical.ERPOrder{
		ID: "4711", Number: "SO-1042", Order: "42", Status: "pending fulfillment", Comparable: true, UpdatedAt: time.Now(),
		Lines: []canonical.ERPLine{line("A", a), line("B", 1)},
	}
}

func erpEvent(t testing.TB, o *canonical.ERPOrder) *message.Message {
	t.Helper()
	m := cancelEvent(t, closedAtERP())
	body, err := canonical.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	m.Type, m.Subject, m.Schema, m.Body = canonical.OrderAcknowledged, "erp_order/external", "erp_order/1", body
	return m
}

// erpShown says what order 42 shows of the ERP, and the notes of differences.
func erpShown(fake *woocommercetest.Fake) (shown string, notes []string) {
	meta := fake.Meta(42)
	for _, key := range []string{"_causeway_erp_number", "_causeway_erp_status", "_causeway_erp_difference"} {
		text, _ := meta[key].(string)
		shown += text + "; "
	}
	for _, note := range fake.Notes(42) {
		if text, ours := strings.CutPrefix(note.Text, "ERP difference: "); ours && !note.Customer {
			notes = append(notes, text)
		}
	}
	return shown, notes
}

const fewer = "A: 3 in the store, 2 in books (SO-1042)"

// TestWhatAnERPHasIsShown: a life of a sales order, each state twice, of which the second writes nothing.
func TestWhatAnERPHasIsShown(t *testing.T) {
	t.Parallel()
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	const settled = "none any more (SO-1042)"
	for _, c := range []struct {
		change func(*canonical.ERPOrder)
		a      int64
		want   string
		notes  []string
		linked bool
	}{
		{func(*canonical.ERPOrder) {}, 3, "SO-1042; pending fulfillment; ; ", nil, false},
		{func(*canonical.ERPOrder) {}, 2, "SO-1042; pending fulfillment; " + fewer + "; ", []string{fewer}, false},
		{func(o *canonical.ERPOrder) { o.Status = "billed" }, 2, "SO-1042; billed; " + fewer + "; ", []string{fewer}, false},
		{func(o *canonical.ERPOrder) { o.Status = "billed" }, 3, "SO-1042; billed; none; ", []string{fewer, settled}, false},
		{func(o *canonical.ERPOrder) { o.Status, o.Comparable = "billed", false }, 1, "SO-1042; billed; none; ", []string{fewer, settled}, true},
		{func(o *canonical.ERPOrder) { o.Status = "billed" }, 2, "SO-1042; billed; " + fewer + "; ", []string{fewer, settled, fewer}, false},
		{func(o *canonical.ERPOrder) { o.Status, o.Ended = "closed", true }, 0, "SO-1042; closed; none; ", []string{fewer, settled, fewer, settled}, false},
	} {
		order := bookedAtERP(c.a)
		c.change(order)
		for i := range 2 {
			before := string(fake.Body(42))
			receipt, err := ship(t, system, erpEvent(t, order))
			if err != nil {
				t.Fatal(err)
			}
			shown, notes := erpShown(fake)
			wrote := string(fake.Body(42)) != before
			if shown != c.want || !slices.Equal(notes, c.notes) || receipt.Linked != (c.linked || i > 0) || wrote == receipt.Linked || receipt.Ref != "42-erp-order" {
				t.Errorf("time %d: %q, notes %q, want %q, %q; receipt %+v, wrote %v", i+1, shown, notes, c.want, c.notes, receipt, wrote)
			}
		}
	}
}

// TestADifferenceIsJudgedByTheOrderAsItIs, with what was refunded before and after it left.
func TestADifferenceIsJudgedByTheOrderAsItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(*woocommercetest.Order)
		settings map[string]string
		status   string
		a        int64
		want     string
	}{
		"alike": {a: 3},
		"refunded before it left, in both": {change: func(o *woocommercetest.Order) {
			o.Returned = []woocommercetest.Refund{{ID: 900, Created: o.Modified, Lines: []woocommercetest.RefundLine{{Line: o.Lines[0].ID, Quantity: 1, Total: 100}}}}
		}, a: 2},
		"refunded before it left, in the store": {change: func(o *woocommercetest.Order) {
			o.Returned = []woocommercetest.Refund{{ID: 900, Created: o.Modified, Lines: []woocommercetest.RefundLine{{Line: o.Lines[0].ID, Quantity: 1, Total: 100}}}}
		}, a: 3, want: "A: 2 in the store, 3 in books (SO-1042)"},
		"a product that was deleted": {change: func(o *woocommercetest.Order) { o.Lines[1].SKU, o.Lines[1].Product = "", 0 }, a: 3},
		"cancelled":                  {status: "cancelled", a: 1},
		"in the trash":               {status: "trash", a: 1},
		"ignored":                    {status: "packed", settings: map[string]string{"WOOCOMMERCE_STATUSES": "packed=ignore"}, a: 1},
		"unknown":                    {status: "packed", a: 1},
	} {
		fake := storeWith()
		if c.change != nil {
			order := woocommercetest.NewOrder(42, 2)
			order.Lines[0].SKU, order.Lines[0].Quantity = "A", 3
			order.Lines[1].SKU, order.Lines[1].Quantity = "B", 1
			c.change(&order)
			fake.Put(order)
		}
		if c.status != "" {
			fake.SetStatus(42, c.status)
		}
		if _, err := ship(t, mustOpenWith(t, fake, c.settings), erpEvent(t, bookedAtERP(c.a))); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, _ := fake.Meta(42)["_causeway_erp_difference"].(string); got != c.want {
			t.Errorf("%s: the order shows %q, want %q", name, got, c.want)
		}
	}
}

// TestAnAnswerThatWasLostShowsTheSame, and has one note, whichever write it is of.
func TestAnAnswerThatWasLostShowsTheSame(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "PUT"} {
		fake := storeWith()
		system := mustOpenWith(t, fake, nil)
		fake.LoseAnswer(method)
		if _, err := ship(t, system, erpEvent(t, bookedAtERP(2))); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", method, err)
		}
		_, err := ship(t, system, erpEvent(t, bookedAtERP(2)))
		if shown, notes := erpShown(fake); err != nil || shown != "SO-1042; pending fulfillment; "+fewer+"; " || !slices.Equal(notes, []string{fewer}) {
			t.Errorf("%s: %v, %q, notes %q", method, err, shown, notes)
		}
	}
	without := mustOpenWith(t, storeWith(), map[string]string{"WOOCOMMERCE_CONSUMER_KEY": "", "WOOCOMMERCE_CONSUMER_SECRET": ""})
	_, err := ship(t, without, erpEvent(t, bookedAtERP(2)))
	checkFault(t, err, fault.Rejected, fault.Config, "WOOCOMMERCE_CONSUMER_KEY")
	fake := storeWith()
	system := mustOpenWith(t, fake, nil)
	fake.Delete(42)
	_, err = ship(t, system, erpEvent(t, bookedAtERP(2)))
	if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "order" {
		t.Errorf("of an order that is gone: %v", err)
	}
}
