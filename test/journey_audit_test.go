package test_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/netsuite/record"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/audit"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// auditDay is the day on which every journey begins, in the ERP's zone.
const auditDay = "2026-11-22"

// auditor returns the auditor of the world's systems.
func (w *world) auditor() *audit.Auditor {
	w.Helper()
	a, err := audit.New(audit.Config{Runtime: w.config.Runtime, Systems: w.config.Systems, Routes: w.table})
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// audited returns the day's result of the book.
func (w *world) audited(a *audit.Auditor, system, kind string) audit.Day {
	w.Helper()
	for _, pair := range a.Pairs() {
		if pair.Book.System == system && pair.Book.Type == kind {
			day, err := a.Audit(w.Context(), pair, auditDay)
			if err != nil {
				w.Fatal(err)
			}
			return day
		}
	}
	w.Fatalf("%s %ss are not audited: %+v", system, kind, a.Pairs())
	return audit.Day{}
}

func auditPurchase(id int64) shopifytest.Purchase {
	return shopifytest.Purchase{
		ID: id, Number: int(id - 6000), Customer: 100 + id%3, Financial: "paid", TaxPercent: 20, Shipping: 499,
		Items: []shopifytest.Item{{ID: id*10 + 1, SKU: "SKU-A", Quantity: 3, Price: 700}, {ID: id*10 + 2, SKU: "SKU-B", Quantity: 1, Price: 2941}},
	}
}

// TestH8NightlyReconciliation is scenario H8 over the real connectors and their fakes: three
// orders that no webhook reported, a cent that was changed in the ERP, and what is explained.
func TestH8NightlyReconciliation(t *testing.T) {
	t.Parallel()
	journey(t, setup{memory: true}, func(w *world) {
		auditTrade(w)
		w.pass(5 * time.Hour) // the day is over
		a := w.auditor()
		before := len(w.erp.Calls()) + len(w.shop.Asked())
		day := w.audited(a, "shopify", "order")
		if requests := len(w.erp.Calls()) + len(w.shop.Asked()) - before; requests != day.Requests || requests > 10 {
			t.Errorf("%d requests, %d are reported", requests, day.Requests)
		}
		want := []string{"amount 6003", "missing 6020", "missing 6021", "missing 6022", "twice 6004", "unexpected 404"}
		if got := auditGaps(day); !slices.Equal(got, want) {
			t.Errorf("gaps %q, want %q", got, want)
		}
		auditBalance(t, day)
		if day.Skipped.Count != 1 || day.Dead.Count != 1 || day.Waiting.Count != 0 || day.Source.Count != 23 {
			t.Errorf("%+v", day.Result)
		}
		parts := day.Gaps[0].Parts
		if len(parts) != 1 || parts[0].Name != "SKU-A, quantity 3" || parts[0].Target.Sub(parts[0].Source) != (canonical.Money{Minor: 1, Currency: "USD"}) {
			t.Errorf("the cent is in %+v", parts)
		}
		auditEmitted(w, a, day)
		woo := w.audited(a, "woocommerce", "order")
		if got := auditGaps(woo); !slices.Equal(got, []string{"missing 30"}) || woo.Source.Count != 11 {
			t.Errorf("woocommerce: gaps %q of %s", got, woo.Source)
		}
		auditBalance(t, woo)
		payments := w.audited(a, "woocommerce", "payment")
		if got := auditGaps(payments); !slices.Equal(got, []string{"missing 30-paid", "missing 5-paid"}) {
			t.Errorf("payments: gaps %q of %s", got, payments.Source)
		}
		auditBalance(t, payments)
	})
}

// auditTrade plays a day of both stores, and changes the ERP's books.
func auditTrade(w *world) {
	w.Helper()
	for id := int64(6000); id < 6023; id++ {
		p := auditPurchase(id)
		switch id {
		case 6010:
			p.Test = true
		case 6011:
			p.Items[0].SKU = "UNKNOWN"
		}
		w.shop.Put(p.Body())
		if id < 6020 { // the webhooks of the last three are lost
			w.shopify("orders/create", p.Body())
		}
	}
	for id := int64(1); id <= 10; id++ {
		order := auditWoo(id)
		w.wooStore.Put(order)
		w.woo("order.created", order.Body())
	}
	w.wooStore.Put(auditWoo(30))
	w.pass(10 * time.Minute)
	order := w.order("shopify", "6003")
	var lines []any
	for i, line := range order.Lines {
		lines = append(lines, map[string]any{"line": line.Number})
		if i == 0 {
			lines[0] = map[string]any{"line": line.Number, "amount": json.Number(strings.TrimSuffix(line.Amount, "0") + "1")}
		}
	}
	auditEnter(w, order.ExternalID, map[string]any{"item": map[string]any{"items": lines}})
	for memo, amount := range map[string]string{"6004": "59.99", "404": "149.00"} { // the memo of an order, entered by hand
		auditEnter(w, "", map[string]any{
			"memo": "shopify " + shopifytest.Shop + " order " + memo, "tranDate": auditDay, "currency": map[string]any{"id": "1"},
			"item": map[string]any{"items": []any{map[string]any{"quantity": 1, "amount": json.Number(amount)}}},
		})
	}
	w.erp.Delete("customerDeposit", record.ExternalID(message.Key{System: "woocommerce", Tenant: "shop.example", Type: "payment", ID: "5-paid"}))
}

func auditWoo(id int64) woocommercetest.Order {
	order := woocommercetest.NewOrder(id, 1)
	order.Lines[0].SKU = "SKU-A"
	return order
}

func auditEnter(w *world, external string, fields map[string]any) {
	w.Helper()
	if _, err := w.erp.Enter("salesOrder", external, fields); err != nil {
		w.Fatal(err)
	}
}

func auditGaps(day audit.Day) (all []string) {
	for _, gap := range day.Gaps {
		all = append(all, string(gap.Kind)+" "+gap.Entity)
	}
	slices.Sort(all)
	return all
}

// auditBalance wants the gaps to be what is unexplained.
func auditBalance(t *testing.T, day audit.Day) {
	t.Helper()
	var named audit.Sum
	for _, gap := range day.Gaps {
		named = named.Plus(gap.Effect)
	}
	sum := day.Target.Plus(day.Skipped).Plus(day.Waiting).Plus(day.Dead)
	if !named.Equal(day.Unexplained) || !day.Source.Equal(sum.Plus(named)) {
		t.Errorf("%s does not balance: %+v", day.Pair, day.Result)
	}
}

// auditEmitted hands on what is missing, and wants it in the ERP.
func auditEmitted(w *world, a *audit.Auditor, day audit.Day) {
	w.Helper()
	n, err := a.Emit(w.Context(), day)
	if err != nil || n != 3 {
		w.Fatalf("%d orders were handed on: %v", n, err)
	}
	w.pass(10 * time.Minute)
	for id := 6020; id < 6023; id++ {
		w.order("shopify", strconv.Itoa(id))
	}
	if got := auditGaps(w.audited(a, "shopify", "order")); !slices.Equal(got, []string{"amount 6003", "twice 6004", "unexpected 404"}) {
		w.Errorf("gaps after handing on: %q", got)
	}
}
