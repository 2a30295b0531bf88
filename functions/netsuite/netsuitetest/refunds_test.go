package netsuitetest

import (
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// newInvoice is an account with an order of 156 that is paid by a deposit and invoiced, and
// the internal ids of customer, deposit and invoice.
func newInvoice(t *testing.T, f *Fake) (customer, deposit, invoice string) {
	t.Helper()
	newOrder(t, f)
	o := f.Orders()[0]
	deposit = mustPut(t, f, depositRecord, "d1", `{"customer":{"id":"`+o.Entity+`"},"salesOrder":{"id":"`+o.ID+`"},"currency":{"id":"1"},"payment":200,"memo":"d"}`)
	invoice, err := f.Invoice("o1")
	if err != nil {
		t.Fatal(err)
	}
	return o.Entity, deposit, invoice
}

func credit(amount string) string {
	return `{"externalId":"c1","memo":"m","shippingCost":0,"item":{"items":[{"item":{"externalId":"TEE"},"quantity":1,"amount":` + amount + `}]}}`
}

func creditPath(invoice string) string {
	return recordPath + invoiceRecord + "/" + invoice + "/!transform/" + creditMemoRecord + "?replace=item"
}

func TestAnInvoiceTakesItsDeposits(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	newInvoice(t, f)
	if d, l := f.Deposits()[0], f.Orders()[0].Lines; d.Unused != "36.50" || l[0].Billed != "2" || l[1].Fulfilled != "2" {
		t.Errorf("the deposit is %+v, the lines %+v", d, l)
	}
}

func TestTheSecondCreditMemoOfOneExternalIDIsRefused(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	_, _, invoice := newInvoice(t, f)
	for i, want := range []string{"204", "400 USER_ERROR externalId"} {
		if got := errorOf(t, do(f, http.MethodPost, creditPath(invoice), credit("39"))); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	if memos := f.CreditMemos(); len(memos) != 1 || memos[0].Total != "39.00" || memos[0].From != invoice || memos[0].ExternalID != "c1" || len(memos[0].Lines) != 1 {
		t.Errorf("the credit memos are %+v", memos)
	}
	if got := errorOf(t, do(f, http.MethodPost, creditPath("9999"), credit("39"))); got != "400 USER_ERROR" {
		t.Errorf("of no invoice: %s", got)
	}
}

func TestNoMoreIsPaidOutThanThereIs(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	customer, deposit, invoice := newInvoice(t, f)
	other := mustPut(t, f, customerRecord, "c2", person)
	if got := errorOf(t, do(f, http.MethodPost, creditPath(invoice), credit("39"))); got != "204" {
		t.Fatal(got)
	}
	memo := f.CreditMemos()[0].ID
	path := recordPath + customerRefundRecord + "/eid:r"
	refund := func(customer, list, doc, amount string) string {
		return `{"customer":{"id":"` + customer + `"},"` + list + `":{"items":[{"doc":{"id":"` + doc + `"},"apply":true,"amount":` + amount + `}]}}`
	}
	for i, tc := range []struct{ body, want string }{
		{refund(customer, "deposit", deposit, "36.51"), "400 USER_ERROR deposit.items[0].amount"},
		{refund(customer, "deposit", deposit, "0"), "400 USER_ERROR deposit.items[0].amount"},
		{refund(customer, "apply", memo, "39.01"), "400 USER_ERROR apply.items[0].amount"},
		{refund(customer, "apply", deposit, "1"), "400 INVALID_VALUE apply.items[0].doc"},
		{refund(other, "apply", memo, "1"), "400 USER_ERROR apply.items[0].doc"},
		{refund("9999", "apply", memo, "1"), "400 INVALID_VALUE customer"},
		{`{"customer":{"id":"` + customer + `"}}`, "400 USER_ERROR"},
		{refund(customer, "deposit", deposit, "36.5"), "204"},
		{refund(customer, "deposit", deposit, "1"), "400 USER_ERROR deposit.items[0].amount"},
		{refund(customer, "apply", memo, "39"), "204"},
	} {
		if got := errorOf(t, do(f, http.MethodPut, path+string(rune('a'+i)), tc.body)); got != tc.want {
			t.Errorf("%d: %s, want %s", i, got, tc.want)
		}
	}
	if p := f.Payouts(); len(p) != 2 || p[0].Deposits[deposit] != "36.50" || p[1].Credits[memo] != "39.00" || f.CreditMemos()[0].Unused != "0.00" || f.Deposits()[0].Unused != "0.00" {
		t.Errorf("paid out %+v", p)
	}
}

func TestACashSaleIsRefundedOnce(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	newOrder(t, f)
	sale, err := f.CashSale("o1", 1)
	if err != nil {
		t.Fatal(err)
	}
	path := recordPath + cashSaleRecord + "/" + sale + "/!transform/" + cashRefundRecord + "?replace=item"
	for i, want := range []string{"204", "400 USER_ERROR"} {
		body := strings.Replace(credit("77"), `"c1"`, `"c`+string(rune('1'+i))+`"`, 1)
		if got := errorOf(t, do(f, http.MethodPost, path, body)); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
}

func TestTheTransactionsOfAnOrderByQuery(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	newInvoice(t, f)
	order := f.Orders()[0]
	for name, c := range map[string]struct {
		id, source, length, prefix string
		want                       []string
	}{
		"by id and source":          {order.ID, order.ID, "4", "none", []string{"SalesOrd", "CustDep", "CustInvc"}},
		"by id alone":               {order.ID, "0", "4", "none", []string{"SalesOrd"}},
		"by memo":                   {"0", "0", strconv.Itoa(len(order.Memo)), order.Memo, []string{"SalesOrd"}},
		"by memo of another length": {"0", "0", strconv.Itoa(len(order.Memo) + 1), order.Memo, nil},
		"by a memo that none has":   {"0", "0", "4", "none", nil},
	} {
		var types []string
		for _, row := range f.transactionsOf(c.id, c.source, c.length, c.prefix, "") {
			types = append(types, text(row.(map[string]any), "type"))
		}
		if !slices.Equal(types, c.want) {
			t.Errorf("%s: the types are %v, want %v", name, types, c.want)
		}
	}
}

func TestRefundsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "books")
	f, err := Open(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	mustSeed(t, f)
	_, _, invoice := newInvoice(t, f)
	if got := errorOf(t, do(f, http.MethodPost, creditPath(invoice), credit("39"))); got != "204" {
		t.Fatal(got)
	}
	before := f.CreditMemos()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	if after := again.CreditMemos(); len(after) != 1 || after[0].Total != before[0].Total || again.Deposits()[0].Unused != "36.50" {
		t.Errorf("the credit memos are %+v, were %+v", after, before)
	}
}

func TestAnUnusableCustomerIsRefusedByItsReason(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	own := mustPut(t, f, customerRecord, "c1", person)
	if err := f.Deactivate(own, true); err != nil {
		t.Fatal(err)
	}
	inactive := do(f, http.MethodPut, recordPath+orderRecord+"/eid:o1", order(own, "m", tee)).Body.String()
	if err := f.Deactivate(own, false); err != nil {
		t.Fatal(err)
	}
	foreign := do(f, http.MethodPut, recordPath+orderRecord+"/eid:o1", strings.Replace(order(own, "m", tee), `"currency":{"id":"1"}`, `"currency":{"id":"4"}`, 1)).Body.String()
	elsewhere := do(f, http.MethodPut, recordPath+orderRecord+"/eid:o1", strings.Replace(order(own, "m", tee), `"subsidiary":{"id":"1"}`, `"subsidiary":{"id":"2"}`, 1)).Body.String()
	for got, want := range map[string]string{
		inactive: "Invalid entity reference key " + own + ".", foreign: "Invalid currency reference key 4 for entity " + own,
		elsewhere: "Invalid entity reference key " + own + " for subsidiary 2",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
