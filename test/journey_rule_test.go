package test_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/port"
)

// ruleSettings are the rules of an installation with two brands: the shop books to subsidiary 1
// and sells sets, the store books to 3 and has its sales approved.
var ruleSettings = map[string]string{
	"NETSUITE_RULE_SUBSIDIARY":     `{"woocommerce/shop.example": "3"}[$store]`,
	"NETSUITE_RULE_ITEM":           `if $part.sku == "TEE-BLK-M" then {"shopify/example-brand.myshopify.com": "SKU-A", "woocommerce/shop.example": "SKU-B"}[$store] else null end`,
	"NETSUITE_RULE_CHARGE":         `if $part.kind == "tip" then "SKU-T" else null end`,
	"NETSUITE_RULE_STATUS":         `if $store | startswith("woocommerce/") then "pending_approval" else null end`,
	"NETSUITE_RULE_DEPARTMENT":     `if $type == "order" and .currency == "USD" then "11" else "12" end`,
	"NETSUITE_RULE_CLASS":          `null`,
	"NETSUITE_RULE_LOCATION":       `if $type == "order" and .channel == "web" then "21" else null end`,
	"NETSUITE_RULE_ACCOUNT":        `if ((.gateway // "") | contains("shopify")) or $part.method == "card" then "601" else "602" end`,
	"NETSUITE_RULE_PAYMENT_METHOD": `if $store | startswith("woocommerce/") then "8" else null end`,
}

func ruleWoo(id int64) woocommercetest.Order { return ingestWooSale(id, 0, 3) }

// ruleBody returns the first body that was written of the record with the memo.
func ruleBody(w *world, kind, memo string) string {
	w.Helper()
	for _, r := range w.erp.Books() {
		if len(r.Bodies) > 0 && r.Type == kind && strings.Contains(string(r.Bodies[0]), memo) {
			return string(r.Bodies[0])
		}
	}
	w.Fatalf("no %s of %s\n%s", kind, memo, w.story())
	return ""
}

func wantParts(w *world, what, text string, parts ...string) {
	w.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.Errorf("%s has not %s: %s", what, part, text)
		}
	}
}

// TestTwoBrandsAreBookedByTheirRules: each order, deposit and refund has at the books what the
// rules chose, the amounts are the stores', and the ledger names each rule that decided.
func TestTwoBrandsAreBookedByTheirRules(t *testing.T) {
	t.Parallel()
	journey(t, setup{settings: ruleSettings}, func(w *world) {
		order := erpBuy(w, erpUsual(9701))
		w.ingestOK(w.woo("order.created", ruleWoo(42).Body()))
		w.pass(time.Minute)
		woo := w.order("woocommerce", "42")
		if order.Subsidiary != "1" || woo.Subsidiary != "3" || order.Total != "194.99" || woo.Total != "30.00" {
			t.Errorf("subsidiaries %s and %s, totals %s and %s", order.Subsidiary, woo.Subsidiary, order.Total, woo.Total)
		}
		if order.Status != "B" || woo.Status != "A" {
			t.Errorf("statuses %s and %s: both orders are paid, and one brand's have to be approved", order.Status, woo.Status)
		}
		if got := erpLines(woo); !slices.Equal(got, []string{"SKU-B 3 30.00"}) {
			t.Errorf("the store's lines are %q", got)
		}
		if got := strings.Join(erpLines(order), ", "); !strings.HasPrefix(got, "SKU-A ") || strings.Contains(got, "TEE-BLK-M") {
			t.Errorf("the shop's lines are %q", got)
		}
		wantParts(w, "the order", ruleBody(w, "salesOrder", "order 9701"), `"department":{"id":"11"}`, `"location":{"id":"21"}`)
		wantParts(w, "the deposit", ruleBody(w, "customerDeposit", "payment 9701"),
			`"department":{"id":"12"}`, `"undepFunds":{"id":"F"}`, `"account":{"id":"601"}`, `"paymentOption":{"id":"1"}`)
		wantParts(w, "the store's deposit", ruleBody(w, "customerDeposit", "payment 42"), `"account":{"id":"602"}`, `"paymentOption":{"id":"8"}`)
		erpGiveBack(w, "1", 9701, 1400)
		w.pass(10 * time.Minute)
		wantParts(w, "the refund", ruleBody(w, "customerRefund", "refund 1"), `"account":{"id":"601"}`, `"department":{"id":"12"}`)
		var notes []string
		for _, e := range w.entries(port.Sent) {
			for _, note := range e.Notes {
				notes = append(notes, e.Entity.Type+" "+e.Entity.ID+" {"+note.Field+": "+note.What+"}")
			}
		}
		wantParts(w, "the ledger", strings.Join(notes, "\n"), "order 42 {subsidiary: 3, by NETSUITE_RULE_SUBSIDIARY}",
			"order 42 {item of lines[0]: SKU-B, by NETSUITE_RULE_ITEM}", "order 42 {status: pending_approval, by NETSUITE_RULE_STATUS}",
			"payment 9701-paid {account: 601, by NETSUITE_RULE_ACCOUNT}", "refund 1 {account of transactions[0]: 601, by NETSUITE_RULE_ACCOUNT}")
		erpQuiet(w)
		// The state again, and a change of it: nothing is booked twice, and the chosen items stay.
		changed := erpUsual(9701)
		changed.UpdatedAt, changed.Change = time.Now(), func(o map[string]any) { o["note"] = "leave it at the door" }
		w.ingestOK(w.shopify("orders/updated", changed.Body()))
		w.pass(10 * time.Minute)
		if after := erpOrder(w, 9701); after.Total != "194.99" || !slices.Equal(erpLines(after), erpLines(order)) {
			t.Errorf("after a change the lines are %q, total %s", erpLines(after), after.Total)
		}
		erpQuiet(w)
	})
}

// TestARuleThatFailsWaitsForItsCorrection: it is our configuration, so the order neither dies
// nor is booked by the plain setting, and it goes on once the rule is corrected.
func TestARuleThatFailsWaitsForItsCorrection(t *testing.T) {
	t.Parallel()
	broken := map[string]string{"NETSUITE_RULE_SUBSIDIARY": `if .name == "#9711" then .currency + 1 else null end`}
	journey(t, setup{settings: broken}, func(w *world) {
		erpPlace(w, erpUsual(9711))
		w.pass(30 * time.Minute)
		w.noOrder("9711")
		erpUnset(w, "9711", "NETSUITE_RULE_SUBSIDIARY", "cannot add string and number")
		for _, e := range w.entries(port.Deferred) {
			if strings.Contains(e.Outcome+e.Error.Message, "buyer9711") {
				t.Errorf("the ledger quotes the buyer: %s", e.Outcome)
			}
		}
		w.restart(setup{settings: map[string]string{"NETSUITE_RULE_SUBSIDIARY": `if .name == "#9711" then "1" else null end`}})
		w.pass(30 * time.Minute)
		erpOnce(w, 9711, "after the correction")
		erpQuiet(w)
	})
}

func TestAnUnknownChoiceIsRejectedWithItsRule(t *testing.T) {
	t.Parallel()
	journey(t, setup{settings: map[string]string{"NETSUITE_RULE_ITEM": `"NO-SUCH-ITEM"`}}, func(w *world) {
		erpPlace(w, erpUsual(9721))
		w.pass(10 * time.Minute)
		reasons, told := erpDead(w, erpOrders)
		if len(reasons) != 1 || !strings.HasPrefix(reasons[0], "missing_ref") || !strings.Contains(told[0], "NO-SUCH-ITEM") {
			t.Errorf("dead %q: %q", reasons, told)
		}
	})
}

// TestARuleSkipsAndHolds: what is skipped for good takes its payments along, what is held waits
// for a state that passes.
func TestARuleSkipsAndHolds(t *testing.T) {
	t.Parallel()
	given := map[string]string{
		"CAUSEWAY_RULE_SKIP": `if (.tags // [] | index("wholesale")) and $target == "netsuite" then "wholesale is booked elsewhere" else null end`,
		"CAUSEWAY_RULE_HOLD": `if $type == "order" and (.tags // [] | index("check")) then "an operator checks it first" else null end`,
	}
	journey(t, setup{settings: given}, func(w *world) {
		tagged := func(id int64, tags string) shopifytest.Purchase {
			p := erpUsual(id)
			p.Change = func(o map[string]any) { o["tags"] = tags }
			return p
		}
		for id, tags := range map[int64]string{9731: "wholesale", 9732: "check", 9733: "vip"} {
			erpPlace(w, tagged(id, tags))
		}
		w.pass(30 * time.Minute)
		w.noOrder("9731")
		w.noOrder("9732")
		erpOnce(w, 9733, "an order that passes")
		reasons := map[string]string{}
		for _, e := range w.entries(port.Skipped) {
			reasons[e.Entity.Type+" "+e.Entity.ID] = e.Outcome
		}
		for who, want := range map[string]string{
			"order 9731": "wholesale is booked elsewhere, by CAUSEWAY_RULE_SKIP", "payment 9731-paid": "its order was skipped: wholesale is booked elsewhere, by CAUSEWAY_RULE_SKIP",
			"order 9732": "an operator checks it first, by CAUSEWAY_RULE_HOLD", "payment 9732-paid": "",
		} {
			if reasons[who] != want {
				t.Errorf("%s was skipped with %q, want %q", who, reasons[who], want)
			}
		}
		released := tagged(9732, "checked")
		released.UpdatedAt = time.Now()
		w.ingestOK(w.shopify("orders/updated", released.Body()))
		w.pass(time.Hour)
		erpOnce(w, 9732, "an order that was released")
		erpQuiet(w)
	})
}

func TestASkippingRuleThatFailsWaits(t *testing.T) {
	t.Parallel()
	journey(t, setup{settings: map[string]string{"CAUSEWAY_RULE_SKIP": `if .id == "9741" then error("x") else null end`}}, func(w *world) {
		erpPlace(w, erpUsual(9741))
		w.pass(10 * time.Minute)
		w.noOrder("9741")
		erpUnset(w, "9741", "CAUSEWAY_RULE_SKIP", "it calls error")
		w.restart(setup{})
		w.pass(30 * time.Minute)
		erpOnce(w, 9741, "without the rule")
		erpQuiet(w)
	})
}

// TestRulesNeverChangeMoney: whatever the rules choose, the books have the amounts that they
// have without any.
func TestRulesNeverChangeMoney(t *testing.T) {
	t.Parallel()
	amounts := func(given map[string]string) string {
		var books []string
		journey(t, setup{settings: given}, func(w *world) {
			for i, p := range ruleOrders() {
				erpPlace(w, p)
				w.ingestOK(w.woo("order.created", ruleWoo(int64(50+i)).Body()))
			}
			w.pass(10 * time.Minute)
			erpGiveBack(w, "1", ruleOrders()[0].ID, 777)
			w.pass(10 * time.Minute)
			for _, o := range w.erp.Orders() {
				var lines []string
				for _, l := range o.Lines {
					lines = append(lines, l.Quantity+" × "+l.Amount)
				}
				books = append(books, fmt.Sprintf("%s %s %s %s", o.Memo, o.Total, o.Shipping, lines))
			}
			for _, d := range w.erp.Deposits() {
				books = append(books, d.Memo+" "+d.Amount)
			}
			for _, p := range w.erp.Payouts() {
				books = append(books, p.Memo+" "+p.Total)
			}
			erpQuiet(w)
		})
		slices.Sort(books)
		return strings.Join(books, "\n")
	}
	plain := amounts(nil)
	other := maps.Clone(ruleSettings)
	other["NETSUITE_RULE_ITEM"] = `if .total.minor > 5000 then "SKU-C" else "SKU-D" end`
	other["NETSUITE_RULE_CHARGE"] = `if $part.amount.minor > 0 then "SKU-E" else "SKU-F" end`
	for _, given := range []map[string]string{ruleSettings, other} {
		if with := amounts(given); with != plain || !strings.Contains(plain, "refund 1") {
			t.Errorf("with rules the books have\n%s\nand without\n%s", with, plain)
		}
	}
}

// ruleOrders are orders with several lines, tips, discounts, taxes added and included.
func ruleOrders() []shopifytest.Purchase {
	var all []shopifytest.Purchase
	for i := range int64(4) {
		p := erpUsual(9751 + i)
		p.TaxPercent = 7 * i
		p.TaxIncluded = i%2 == 1
		for n := range i {
			p.Items = append(p.Items, shopifytest.Item{ID: 100 + n, SKU: "HOOD-M", Title: "Hoodie", Quantity: n + 1, Price: 1999 + n, Discount: 33 * n})
		}
		all = append(all, p)
	}
	return all
}
