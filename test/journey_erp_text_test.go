package test_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/port"
)

// erpLongText makes the buyer's data longer than the ERP's fields.
func erpLongText(o map[string]any) {
	address, _ := o["shipping_address"].(map[string]any)
	address["address1"], address["phone"], address["last_name"] = strings.Repeat("street ", 25)+"end", strings.Repeat("7", 41), strings.Repeat("n", 84)
	customer, _ := o["customer"].(map[string]any)
	customer["last_name"], customer["phone"], customer["note"] = strings.Repeat("n", 34), strings.Repeat("7", 41), strings.Repeat("note ", 820)
}

// I7: text that only describes stops neither goods nor money, and the ledger says what was done.
func TestI7TextThatIsTooLongIsBookedWithANote(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		p := erpUsual(9871)
		p.Change = erpLongText
		order := erpBuy(w, p)
		if got := erpCustomer(w, order.Entity); !strings.HasSuffix(got.LastName, "…") || !strings.HasSuffix(got.Phone, "…") {
			t.Errorf("the customer is %+v", got)
		}
		said := func(words string) bool {
			return slices.ContainsFunc(w.entries(port.Sent), func(e port.Entry) bool { return strings.Contains(e.Outcome, words) })
		}
		for _, words := range []string{"shipping.line1 is continued in the next line", "shipping.phone is cut to 32", "last_name is cut to 32", "note is cut to 4000"} {
			if !said(words) {
				t.Errorf("the ledger does not say %q", words)
			}
		}
		erpQuiet(w)
	})
}

// I7: where the settings refuse long text, the order says at once why its customer is not there.
func TestI7ACustomerThatIsRefusedIsSaidByItsOrderAtOnce(t *testing.T) {
	t.Parallel()
	journey(t, setup{settings: map[string]string{"NETSUITE_TEXT": "refuse"}}, func(w *world) {
		p := erpUsual(9872)
		p.Change = erpLongText
		erpPlace(w, p)
		w.pass(5 * time.Minute)
		deferred := w.entries(port.Deferred)
		i := slices.IndexFunc(deferred, func(e port.Entry) bool { return e.Entity.Type == "order" })
		if i < 0 || !strings.Contains(deferred[i].Error.Message, "has a dead letter") || !strings.Contains(deferred[i].Error.Message, "holds at most 32 characters") {
			t.Errorf("the order waits because of %+v", deferred)
		}
	})
}

// I6, s51: a product without a SKU is booked on the stand-in item.
func TestI6S51AProductWithoutSKUIsBookedOnTheStandIn(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"NETSUITE_WITHOUT_SKU": "item", "NETSUITE_ITEM_WITHOUT_SKU": "store-no-sku"}
	journey(t, setup{settings: settings}, func(w *world) {
		p := erpUsual(9873)
		p.Change = func(o map[string]any) {
			lines, _ := o["line_items"].([]any)
			lines[0].(map[string]any)["sku"] = ""
		}
		if order := erpBuy(w, p); order.Lines[0].Item != "store-no-sku" || order.Total != "194.99" {
			t.Errorf("the order is %+v", order)
		}
		erpQuiet(w)
	})
}
