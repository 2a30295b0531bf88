package netsuitetest

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestReturnsFollowTheirStates plays a return at an order of two lines of two tees, of which the first is
// fulfilled. A request that is rejected changes nothing.
func TestReturnsFollowTheirStates(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "books")
	f, err := Open(journal, clock)
	if err != nil {
		t.Fatal(err)
	}
	mustSeed(t, f)
	f.Vary(OwnCodes)
	orderPath := newOrder(t, f)
	authorize := orderPath + "/!transform/" + returnRecord + "?replace=item"
	back := func(quantity string) string {
		return strings.Replace(itemLines(`{"item":{"externalId":"TEE"},"orderLine":1,"quantity":`+quantity+`}`), `{"item"`, `{"externalId":"r1","orderStatus":"B","item"`, 1)
	}
	if got := errorOf(t, do(f, http.MethodPost, authorize, back("2"))); got != "400 INVALID_INITIALIZE_REF" {
		t.Errorf("without a fulfillment: %s", got)
	}
	mustFulfill(t, f, 1, "2", "0")
	for _, step := range []struct{ method, path, body, answer, want string }{
		{"POST", authorize, itemLines(`{"item":{"externalId":"TEE"},"orderLine":9,"quantity":1}`), "400 INVALID_VALUE item.items[0].orderLine", ""},
		{"POST", authorize, itemLines(""), "400 USER_ERROR item", ""},
		{"POST", authorize, back("0"), "400 USER_ERROR item.items[0].quantity", ""},
		{"POST", authorize, back("2"), "204", "B 0 of 2"},
		{"POST", authorize, back("2"), "400 USER_ERROR externalId", "B 0 of 2"},
		{"receive", "", itemLines(`{"orderLine":1,"itemReceive":true,"quantity":3}`), "400 USER_ERROR item.items[0].quantity", "B 0 of 2"},
		{"receive", "", itemLines(`{"orderLine":1,"itemReceive":false}`), "400 USER_ERROR item", "B 0 of 2"},
		{"receive", "", itemLines(`{"orderLine":1,"itemReceive":true,"quantity":1,"restock":true}`), "400 INVALID_CONTENT item.items[0]", "B 0 of 2"},
		{"receive", "", itemLines(`{"orderLine":1,"itemReceive":true,"quantity":1}`), "204", "D 1 of 2"},
		{"PATCH", "", itemLines(`{"line":1,"quantity":0.5}`), "400 CANT_UPDATE_LINKED_TRANS_LINES item.items[0]", "D 1 of 2"},
		{"PATCH", "", itemLines(`{"line":1,"quantityReceived":0}`), "400 INVALID_CONTENT item.items[0].quantityReceived", "D 1 of 2"},
		{"PATCH", "", itemLines(`{"line":1,"isClosed":true}`), "204", "H 1 of 2"},
		{"receive", "", itemLines(`{"orderLine":1,"itemReceive":true,"quantity":1}`), "400 INVALID_INITIALIZE_REF", "H 1 of 2"},
		{"PATCH", "", itemLines(`{"line":1,"isClosed":false}`), "204", "D 1 of 2"},
		{"receive", "", "{}", "204", "F 2 of 2"},
	} {
		method, path := step.method, step.path
		if path == "" {
			path = recordPath + returnRecord + "/eid:r1"
		}
		if method == "receive" {
			method, path = http.MethodPost, recordPath+returnRecord+"/"+f.ReturnAuthorizations()[0].ID+"/!transform/"+receiptRecord+"?replace="+map[bool]string{true: "", false: itemSublist}[step.body == "{}"]
		}
		if got := errorOf(t, do(f, method, path, step.body)); got != step.answer {
			t.Errorf("%s %s: %s, want %s", step.method, step.body, got, step.answer)
		}
		if got := returnsOf(f); got != step.want {
			t.Errorf("%s %s leaves %q, want %q", step.method, step.body, got, step.want)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(journal, clock)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.BackInStock()["TEE"]; got != "2" || len(again.ItemReceipts()) != 2 || returnsOf(again) != "F 2 of 2" {
		t.Errorf("opened again, %s are in stock, and the return is %s", got, returnsOf(again))
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func returnsOf(f *Fake) string {
	for _, a := range f.ReturnAuthorizations() {
		return a.Status + " " + max(a.Lines[0].Received, "0") + " of " + a.Lines[0].Quantity
	}
	return ""
}
