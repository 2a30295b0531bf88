package netsuitetest

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// newOrder is an account with an order of two lines, and the order's address.
func newOrder(t *testing.T, f *Fake) string {
	t.Helper()
	customer := mustPut(t, f, customerRecord, "c1", person)
	approved := strings.Replace(order(customer, "m", tee, tee), `"memo"`, `"orderStatus":"B","memo"`, 1)
	return recordPath + orderRecord + "/" + mustPut(t, f, orderRecord, "o1", approved)
}

func patch(t *testing.T, f *Fake, path, body string) string {
	t.Helper()
	return errorOf(t, do(f, http.MethodPatch, path, body))
}

func itemLines(lines string) string { return `{"item":{"items":[` + lines + `]}}` }

func mustFulfill(t *testing.T, f *Fake, line int, fulfilled, billed string) {
	t.Helper()
	if err := f.Fulfill("o1", line, fulfilled); err != nil {
		t.Fatal(err)
	}
	if err := f.Bill("o1", line, billed); err != nil {
		t.Fatal(err)
	}
}

func TestLinesHaveNumbers(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	path := newOrder(t, f)
	for _, tc := range []struct{ query, body, want string }{
		{"", itemLines(`{"line":2,"quantity":1,"amount":39}`), "1:2 2:1"},
		{"", itemLines(strings.Replace(tee, `"quantity"`, `"description":"new","quantity"`, 1)), "1:2 2:1 3:2"},
		{"?replace=item", itemLines(`{"line":3},{"line":1,"quantity":4,"amount":156}`), "3:2 1:4"},
		{"?replace=item", itemLines(`{"line":1},` + tee), "1:4 4:2"},
		{"?replace=item", itemLines(tee), "5:2"},
		{"", itemLines(strings.Replace(tee, `"item"`, `"line":77,"item"`, 1)), "5:2 6:2"}, // a number that no line has
		{"", `{"memo":"x"}`, "5:2 6:2"},
	} {
		if code := patch(t, f, path+tc.query, tc.body); code != "204" {
			t.Fatalf("%s %s: %s", tc.query, tc.body, code)
		}
		var got []string
		for _, l := range f.Orders()[0].Lines {
			got = append(got, string(rune('0'+l.Number))+":"+l.Quantity)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s %s leaves %v, want %s", tc.query, tc.body, got, tc.want)
		}
	}
	if got := patch(t, f, path+"?replace=item", itemLines("")); got != "400 USER_ERROR item" {
		t.Errorf("without lines: %s", got)
	}
}

func TestLinkedLinesAreProtected(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, query, body, want string }{
		{"kept by their number", "?replace=item", itemLines(`{"line":1}`), "204"},
		{"removed", "?replace=item", itemLines(`{"line":2}`), "400 USER_ERROR item"},
		{"made again", "?replace=item", itemLines(tee + "," + tee), "400 USER_ERROR item"},
		{"added to", "", itemLines(tee), "204"},
		{"exactly what is fulfilled", "", itemLines(`{"line":1,"quantity":1,"amount":39}`), "204"},
		{"less than fulfilled", "", itemLines(`{"line":1,"quantity":0.5,"amount":39}`), "400 USER_ERROR item.items[0]"},
		{"the rest is closed", "", itemLines(`{"line":1,"isClosed":true},{"line":2,"isClosed":true}`), "204"},
		{"approval taken back", "", `{"orderStatus":"A"}`, "400 USER_ERROR orderStatus"},
		{"a field of NetSuite's own", "", itemLines(`{"line":2,"quantityFulfilled":2}`), "400 INVALID_CONTENT item.items[0].quantityFulfilled"},
	} {
		f := newAccount(t)
		path := newOrder(t, f)
		mustFulfill(t, f, 1, "1", "1")
		if got := patch(t, f, path+tc.query, tc.body); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestClosingAndOpening(t *testing.T) {
	t.Parallel()
	shut := itemLines(`{"line":1,"isClosed":true},{"line":2,"isClosed":true}`)
	open := itemLines(`{"line":1,"isClosed":false}`)
	f := newAccount(t)
	path := newOrder(t, f)
	for _, body := range []string{shut, open, shut, itemLines(tee)} { // a new line opens the order
		if got := patch(t, f, path, body); got != "204" {
			t.Fatalf("%s: %s", body, got)
		}
	}
	if got := f.Orders()[0]; got.Status != "B" || !got.Lines[0].Closed {
		t.Errorf("after a new line: %+v", got)
	}
	f = newAccount(t)
	path = newOrder(t, f)
	mustFulfill(t, f, 1, "2", "2")
	if got := patch(t, f, path, shut); got != "400 USER_ERROR item.items[0].isClosed" {
		t.Errorf("closing what is billed: %s", got)
	}
	if err := f.CloseLine("o1", 1, true); err != nil {
		t.Fatal(err)
	}
	if got := patch(t, f, path, itemLines(`{"line":2,"isClosed":true}`)); got != "204" {
		t.Errorf("closing the rest: %s", got)
	}
	for name, body := range map[string]string{"cleared": open, "added to": itemLines(tee)} {
		if got := patch(t, f, path, body); got != "400 USER_ERROR item" {
			t.Errorf("opened although it is billed, %s: %s", name, got)
		}
	}
}

func TestWaysChangeTheAnswers(t *testing.T) {
	t.Parallel()
	newDeposit := `{"salesOrder":{"id":"99"},"currency":{"id":"1"},"payment":5,"tranDate":"2026-10-31"}`
	for _, tc := range []struct {
		way    Way
		method string
		path   string
		body   string
		want   string
		other  string // without the way
	}{
		{ContentCode, "PATCH", "", `{"entity":{"id":"9999"}}`, "400 INVALID_CONTENT entity", "400 INVALID_VALUE entity"},
		{WithoutPath, "PATCH", "", `{"entity":{"id":"9999"}}`, "400 INVALID_VALUE", "400 INVALID_VALUE entity"},
		{OwnCodes, "PATCH", "?replace=item", itemLines(`{"line":2}`), "400 CANT_DELETE_TRAN_LINE item", "400 USER_ERROR item"},
		{ApprovalIgnored, "PATCH", "", `{"orderStatus":{"id":"A"}}`, "204", "400 USER_ERROR orderStatus"},
		{BilledFrozen, "PATCH", "", itemLines(`{"line":1,"amount":70}`), "400 USER_ERROR item.items[0]", "204"},
		{CustomerFrozen, "PATCH", "", `{"entity":{"externalId":"c2"}}`, "400 USER_ERROR entity", "204"},
		{WrongType, "GET", recordPath + orderRecord + "/eid:none", "", "400 USER_ERROR", "404 NONEXISTENT_ID"},
		{OwnCodes, "PUT", recordPath + depositRecord + "/eid:d1", newDeposit, "400 VALID_PRD_REQD tranDate", "400 USER_ERROR tranDate"},
	} {
		for way, want := range map[Way]string{tc.way: tc.want, 0: tc.other} {
			f := newAccount(t)
			f.Vary(way)
			f.ClosePeriod("2026-10-31")
			path := newOrder(t, f)
			mustPut(t, f, customerRecord, "c2", person)
			mustFulfill(t, f, 1, "1", "1")
			if tc.path == "" || tc.path[0] == '?' {
				path += tc.path
			} else {
				path = tc.path
			}
			if got := errorOf(t, do(f, tc.method, path, tc.body)); got != want {
				t.Errorf("way %b, %s %s: got %s, want %s", way, tc.path, tc.body, got, want)
			}
			if got := f.Orders()[0].Status; got != "B" {
				t.Errorf("way %b: the status became %s", way, got)
			}
		}
	}
}

func TestTransactionIDsOfAnotherType(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	for path, want := range map[string]string{
		"salesOrder/9999": "400 USER_ERROR", "salesOrder/eid:none": "404 NONEXISTENT_ID", "customerDeposit/9999": "400 USER_ERROR", "customer/9999": "404 NONEXISTENT_ID",
	} {
		if got := errorOf(t, do(f, http.MethodGet, recordPath+path, "")); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestLocksAndPermissions(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	path := newOrder(t, f)
	f.LockByWorkflow(orderRecord, "o1", true)
	f.LockByWorkflow(orderRecord, "none", true)
	for _, method := range []string{"GET", "PATCH"} {
		if got := errorOf(t, do(f, method, path, `{"memo":"x"}`)); got != "400 USER_ERROR" {
			t.Errorf("%s of a locked order: %s", method, got)
		}
	}
	f.LockByWorkflow(orderRecord, "o1", false)
	f.Forbid(orderRecord, true)
	if got := errorOf(t, do(f, http.MethodGet, path, "")); got != "403 INSUFFICIENT_PERMISSION" {
		t.Errorf("without the permission: %s", got)
	}
	f.Forbid(orderRecord, false)
	if got := errorOf(t, do(f, http.MethodGet, path, "")); got != "200" {
		t.Errorf("with the permission again: %s", got)
	}
}

func TestReadingShowsSublistsOnRequest(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	path := newOrder(t, f)
	if got := do(f, http.MethodGet, path, "").Body.String(); strings.Contains(got, "quantity") || !strings.Contains(got, `"memo":"m"`) {
		t.Errorf("without sublists: %s", got)
	}
	got := do(f, http.MethodGet, path+"?expandSubResources=true", "").Body.String()
	if !strings.Contains(got, `"line":2`) || !strings.Contains(got, `"refName":"Shop : TEE"`) || strings.Contains(got, "externalId") {
		t.Errorf("with sublists: %s", got)
	}
}

func TestItemsAreSearchedByTheirExternalIDs(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	if err := f.AddItem("O'Neill"); err != nil {
		t.Fatal(err)
	}
	sql := `{"q":"SELECT id, externalid FROM item WHERE LOWER(externalid) IN ('tee', 'o''neill', 'NOT LOWER', 'store-tax') ORDER BY id"}`
	got := do(f, http.MethodPost, queryPath, sql).Body.String()
	if !strings.Contains(got, `"count":3`) || !strings.Contains(got, `"externalid":"O'Neill"`) {
		t.Errorf("found %s", got)
	}
}

func TestWhatHappensInsideOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "books.jsonl")
	f := mustOpenBooks(t, path)
	newOrder(t, f)
	mustFulfill(t, f, 2, "1", "1")
	if err := f.Rename(orderRecord, "o1", "o2"); err != nil {
		t.Fatal(err)
	}
	if f.Rename(orderRecord, "o1", "o3") == nil || f.Fulfill("o2", 3, "1") == nil || f.Fulfill("o1", 1, "1") == nil {
		t.Error("something happened to what does not exist")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again := mustOpenBooks(t, path)
	got := again.Orders()[0]
	if got.ExternalID != "o2" || got.Writes != 1 || got.Lines[1].Fulfilled != "1" || got.Lines[1].Billed != "1" || again.Writes(orderRecord, "o1") != 0 {
		t.Errorf("read back %+v", got)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// An item fulfillment of an order's second line is of that line after a start too, and can be deleted.
func TestWhatIsMadeOfAnOrderKeepsItsLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "books.jsonl")
	f := mustOpenBooks(t, path)
	order := newOrder(t, f)
	body := itemLines(`{"orderLine":2,"itemReceive":true,"quantity":1}`)
	if got := errorOf(t, do(f, http.MethodPost, order+"/!transform/"+fulfillmentRecord+"?replace=item", body)); got != "204" {
		t.Fatal(got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again := mustOpenBooks(t, path)
	made := again.books.sorted(fulfillmentRecord)
	if len(made) != 1 || lineNumber(items(made[0].state[itemSublist])[0]) != 2 {
		t.Fatalf("read back %+v", again.ItemFulfillments())
	}
	if bad := again.unship(made[0].ID); bad != nil || again.Orders()[0].Lines[1].Fulfilled != "0" {
		t.Errorf("deleted: %v, and the order has %+v", bad, again.Orders()[0].Lines)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
