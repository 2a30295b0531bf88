package netsuitetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func clock() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// newAccount is an account with one item and one customer (609) that lets a bearer in.
func newAccount(t *testing.T) *Fake {
	t.Helper()
	f := New(clock)
	mustSeed(t, f)
	return f
}

func mustSeed(t *testing.T, f *Fake) {
	t.Helper()
	f.tokens["let-me-in"] = clock().Add(time.Hour)
	if err := f.AddItem("TEE"); err != nil {
		t.Fatal(err)
	}
}

// do sends a request to the handler.
func do(f http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer let-me-in")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Prefer", "transient")
	if !strings.Contains(path, "suiteql") {
		r.Header.Del("Prefer")
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func put(f http.Handler, record, external, body string) *httptest.ResponseRecorder {
	return do(f, http.MethodPut, recordPath+record+"/eid:"+external, body)
}

// mustPut upserts a record and returns its internal id.
func mustPut(t *testing.T, f http.Handler, record, external, body string) string {
	t.Helper()
	w := put(f, record, external, body)
	if w.Code != http.StatusNoContent {
		t.Fatalf("PUT %s: %d %s", external, w.Code, w.Body)
	}
	location := w.Header().Get("Location")
	return location[strings.LastIndex(location, "/")+1:]
}

const person = `{"isPerson":true,"lastName":"Byron","subsidiary":{"id":"1"},"email":"ada@example.com"}`

func order(entity, memo string, lines ...string) string {
	return fmt.Sprintf(`{"entity":{"id":%q},"subsidiary":{"id":"1"},"currency":{"id":"1"},"tranDate":"2026-11-22","memo":%q,"shippingCost":7.50,"item":{"items":[%s]}}`,
		entity, memo, strings.Join(lines, ","))
}

const tee = `{"item":{"externalId":"TEE"},"quantity":2,"rate":39.00,"amount":78.00}`

// errorOf returns the code and the path of an error answer.
func errorOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var answer struct {
		Details []map[string]string `json:"o:errorDetails"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Details) != 1 {
		return fmt.Sprintf("%d", w.Code)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", w.Code, answer.Details[0]["o:errorCode"], answer.Details[0]["o:errorPath"]))
}

func TestFakeRefusesWhatNetSuiteRefuses(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	customer := mustPut(t, f, customerRecord, "c1", person)
	sales := mustPut(t, f, orderRecord, "o1", order(customer, "m1", tee))
	other := mustPut(t, f, customerRecord, "c2", person)
	deposit := func(fields string) string {
		return `{"salesOrder":{"id":"` + sales + `"},"currency":{"id":"1"},"payment":5` + fields + `}`
	}
	for _, tc := range []struct{ name, record, body, want string }{
		{"no such field", customerRecord, `{"isPerson":true,"surname":"B","subsidiary":{"id":"1"}}`, "400 INVALID_CONTENT"},
		{"a number in quotes", orderRecord, order(customer, "m", strings.Replace(tee, "2", `"2"`, 1)), "400 INVALID_CONTENT item.items[0].quantity"},
		{"an id in the open", orderRecord, strings.Replace(order(customer, "m", tee), `{"id":"1"}`, `"1"`, 1), "400 INVALID_CONTENT subsidiary"},
		{"a date with a time", orderRecord, strings.Replace(order(customer, "m", tee), "2026-11-22", "2026-11-22T10:00:00Z", 1), "400 INVALID_CONTENT tranDate"},
		{"no JSON", customerRecord, `{"isPerson":`, "400 INVALID_CONTENT"},
		{"customer without subsidiary", customerRecord, `{"isPerson":true,"lastName":"B"}`, "400 USER_ERROR subsidiary"},
		{"customer of no subsidiary", customerRecord, `{"isPerson":true,"lastName":"B","subsidiary":{"id":"77"}}`, "400 INVALID_VALUE subsidiary"},
		{"person without a name", customerRecord, `{"isPerson":true,"subsidiary":{"id":"1"}}`, "400 USER_ERROR lastName"},
		{"company without a name", customerRecord, `{"isPerson":false,"subsidiary":{"id":"1"}}`, "400 USER_ERROR companyName"},
		{"no e-mail address", customerRecord, strings.Replace(person, "@", ".", 1), "400 USER_ERROR email"},
		{"name too long", customerRecord, strings.Replace(person, "Byron", strings.Repeat("B", 33), 1), "400 USER_ERROR lastName"},
		{"street too long", customerRecord, strings.Replace(person, "}", `},"addressBook":{"items":[{"addressBookAddress":{"addr1":"`+strings.Repeat("x", 151)+`"}}]}`, 1), "400 USER_ERROR addressBook.items[0].addressBookAddress.addr1"},
		{"order of nobody", orderRecord, strings.Replace(order(customer, "m", tee), `"entity":{"id":"`+customer+`"},`, "", 1), "400 USER_ERROR entity"},
		{"order of somebody unknown", orderRecord, order("9999", "m", tee), "400 INVALID_VALUE entity"},
		{"order in no currency", orderRecord, strings.Replace(order(customer, "m", tee), `"currency":{"id":"1"}`, `"currency":{"id":"99"}`, 1), "400 INVALID_VALUE currency"},
		{"order of no subsidiary", orderRecord, strings.Replace(order(customer, "m", tee), `"subsidiary":{"id":"1"},`, "", 1), "400 INVALID_VALUE subsidiary"},
		{"order without lines", orderRecord, order(customer, "m"), "400 USER_ERROR item"},
		{"unknown item", orderRecord, order(customer, "m", tee, strings.Replace(tee, "TEE", "HAT", 1)), "400 INVALID_VALUE item.items[1].item"},
		{"line without item", orderRecord, order(customer, "m", `{"quantity":1,"amount":1}`), "400 USER_ERROR item.items[0].item"},
		{"rate and amount apart", orderRecord, order(customer, "m", strings.Replace(tee, "78.00", "78.01", 1)), "400 USER_ERROR item.items[0].amount"},
		{"number too long", orderRecord, strings.Replace(order(customer, "m", tee), `"memo"`, `"otherRefNum":"`+strings.Repeat("1", 46)+`","memo"`, 1), "400 USER_ERROR otherRefNum"},
		{"city too long", orderRecord, strings.Replace(order(customer, "m", tee), `"memo"`, `"shippingAddress":{"city":"`+strings.Repeat("x", 51)+`"},"memo"`, 1), "400 USER_ERROR shippingAddress.city"},
		{"deposit without an order", depositRecord, `{"payment":5,"currency":{"id":"1"}}`, "400 INVALID_VALUE salesOrder"},
		{"deposit of nothing", depositRecord, strings.Replace(deposit(""), ":5", ":0", 1), "400 USER_ERROR payment"},
		{"deposit in another currency", depositRecord, strings.Replace(deposit(""), `"currency":{"id":"1"}`, `"currency":{"id":"2"}`, 1), "400 USER_ERROR currency"},
		{"deposit of somebody unknown", depositRecord, deposit(`,"customer":{"id":"9999"}`), "400 INVALID_VALUE customer"},
		{"deposit of somebody else", depositRecord, deposit(`,"customer":{"id":"` + other + `"}`), "400 USER_ERROR customer"},
	} {
		if got := errorOf(t, put(f, tc.record, "new", tc.body)); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
	if got := len(f.Orders()) + len(f.Deposits()) + len(f.Customers()); got != 3 {
		t.Errorf("a refused request took effect: %+v", f.Books())
	}
	changed := strings.Replace(order(customer, "m1", tee), `"currency":{"id":"1"}`, `"currency":{"id":"2"}`, 1)
	if got := errorOf(t, put(f, orderRecord, "o1", changed)); got != "400 USER_ERROR currency" {
		t.Errorf("another currency for a saved order: %s", got)
	}
}

func TestFakeKnowsItsRoutes(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	for _, tc := range []struct{ method, path, want string }{
		{"GET", "/", "404 NOT_FOUND"},
		{"GET", recordPath + "vendor/1", "404 NOT_FOUND"},
		{"GET", recordPath + "customer/", "404 NOT_FOUND"},
		{"DELETE", recordPath + "customer/609", "404 NOT_FOUND"},
		{"GET", queryPath, "404 NOT_FOUND"},
		{"GET", recordPath + "customer/eid:nobody", "404 NONEXISTENT_ID"},
		{"GET", recordPath + "customer/eid:nobody?expand=all", "400 INVALID_PARAMETER"},
		{"PUT", recordPath + "customer/12345", "404 NONEXISTENT_ID"},
	} {
		if got := errorOf(t, do(f, tc.method, tc.path, person)); got != tc.want {
			t.Errorf("%s %s: got %s, want %s", tc.method, tc.path, got, tc.want)
		}
	}
}

func TestSublistIsAppendedToUnlessReplaced(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	body := order(mustPut(t, f, customerRecord, "c1", person), "m1", tee)
	mustPut(t, f, orderRecord, "O1", body)
	mustPut(t, f, orderRecord, "o1", body) // external ids do not tell case apart
	if got := f.Orders(); len(got) != 1 || len(got[0].Lines) != 2 || got[0].Total != "163.50" {
		t.Fatalf("without replace: %+v", got)
	}
	mustPut(t, f, orderRecord, "o1?replace=item", body)
	if got := f.Orders(); len(got[0].Lines) != 1 || got[0].Total != "85.50" || got[0].Writes != 3 {
		t.Errorf("with replace: %+v", got)
	}
}

func TestNullDeletesAndAbsenceLeaves(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	id := mustPut(t, f, customerRecord, "c1", strings.Replace(person, "}", `},"phone":"1"`, 1))
	mustPut(t, f, customerRecord, "c1", `{"phone":null}`)
	if got := f.Customers()[0]; got.Phone != "" || got.Email != "ada@example.com" || got.ID != id {
		t.Errorf("after null: %+v", got)
	}
	w := do(f, http.MethodGet, recordPath+"customer/"+id+"?fields=email", "")
	if !strings.Contains(w.Body.String(), `"email":"ada@example.com"`) || strings.Contains(w.Body.String(), "Byron") {
		t.Errorf("fields=email gives %s", w.Body)
	}
}

func TestBooksFindWhatWasBookedTwice(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	customer := mustPut(t, f, customerRecord, "c1", person)
	mustPut(t, f, orderRecord, "o1", order(customer, "store order 1", tee))
	if got := f.Duplicates(); len(got) != 0 {
		t.Errorf("duplicates of one: %v", got)
	}
	mustPut(t, f, orderRecord, "o1-again", order(customer, "store order 1", tee))
	if got := f.Duplicates(); len(got) != 1 || got[0] != "salesOrder store order 1" {
		t.Errorf("duplicates of two: %v", got)
	}
}

func TestQueryUnderstandsTheConnectorOnly(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	if _, err := f.AddCustomer("", "O'Brien@example.com", "O'Brien"); err != nil {
		t.Fatal(err)
	}
	mustPut(t, f, customerRecord, "c1", person)
	const customers = "SELECT c.id, c.externalid FROM customer c JOIN customersubsidiaryrelationship r ON r.entity = c.id" +
		" WHERE r.subsidiary = 1 AND c.isinactive = 'F' AND LOWER(c.email) = "
	for sql, want := range map[string]string{
		customers + "'o''brien@example.com' ORDER BY c.id": `"count":1`,
		customers + "'ada@example.com' ORDER BY c.id":      `"externalid":"c1"`,
		customers + "'x' OR '1'='1' ORDER BY c.id":         "INVALID_PARAMETER",
		"SELECT id FROM customer WHERE id = 0":             `"count":0`,
		"SELECT 1":                                         "INVALID_PARAMETER",
	} {
		body, err := json.Marshal(map[string]string{"q": sql})
		if err != nil {
			t.Fatal(err)
		}
		if got := do(f, http.MethodPost, queryPath+"?limit=1000", string(body)).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s\ngave %s, want %s", sql, got, want)
		}
	}
}

func TestAccountTakesSoManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	gate := make(chan struct{})
	entered := make(chan struct{}, DefaultConcurrency)
	f.Plan(Fault{Times: DefaultConcurrency, Do: func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		entered <- struct{}{}
		Slow(gate)(w, r, serve)
	}})
	var group sync.WaitGroup
	for i := range DefaultConcurrency {
		group.Go(func() { put(f, customerRecord, fmt.Sprint("c", i), person) })
	}
	for range DefaultConcurrency {
		<-entered
	}
	if got := errorOf(t, put(f, customerRecord, "one-more", person)); got != "429 CONCURRENCY_LIMIT_EXCEEDED" {
		t.Errorf("one more got %s", got)
	}
	close(gate)
	group.Wait()
	if len(f.Customers()) != DefaultConcurrency || f.HighestConcurrency() != DefaultConcurrency+1 {
		t.Errorf("%d customers, highest %d", len(f.Customers()), f.HighestConcurrency())
	}
}

func TestFaultsBefallWhatTheyWerePlannedFor(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	f.Plan(Fault{Method: http.MethodPut, PathContains: "customer/", BodyContains: "Byron", Times: 2, Do: Down()})
	f.Plan(Fault{PathContains: "eid:late", Do: Answer(500, "UNEXPECTED_ERROR", "memo")})
	other := strings.Replace(person, "Byron", "Lee", 1)
	got := []int{
		put(f, customerRecord, "a", other).Code, put(f, customerRecord, "a", person).Code, put(f, customerRecord, "b", person).Code,
		put(f, customerRecord, "a", person).Code, put(f, customerRecord, "late", other).Code, put(f, customerRecord, "late", other).Code,
	}
	if want := []int{204, 503, 503, 204, 500, 204}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("answers are %v, want %v", got, want)
	}
}

func TestBooksOutliveTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "books.jsonl")
	f := mustOpenBooks(t, path)
	customer := mustPut(t, f, customerRecord, "c1", person)
	mustPut(t, f, orderRecord, "o1", order(customer, "m1", tee))
	mustPut(t, f, orderRecord, "o1?replace=item", order(customer, "m1", tee, tee))
	want := fmt.Sprintf("%+v", f.Orders())

	// Killed while the next effect was being written.
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	torn, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := torn.WriteString(`{"type":"salesOrder","id":"7`); err != nil {
		t.Fatal(err)
	}
	if err := torn.Close(); err != nil {
		t.Fatal(err)
	}

	again := mustOpenBooks(t, path)
	if got := fmt.Sprintf("%+v", again.Orders()); got != want {
		t.Errorf("read back %s\nwant      %s", got, want)
	}
	next := mustPut(t, again, customerRecord, "c2", person)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	third := mustOpenBooks(t, path)
	if got := third.Customers(); len(got) != 2 || got[1].ID != next || next == customer {
		t.Errorf("after the torn line: %+v", got)
	}
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustOpenBooks(t *testing.T, path string) *Fake {
	t.Helper()
	f, err := Open(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	mustSeed(t, f)
	return f
}

func TestBrokenBooksAreNotOpened(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "books.jsonl")
	if err := os.WriteFile(path, []byte("{\"type\":\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, clock); err == nil {
		t.Error("a broken line in the middle was passed over")
	}
}

func TestNothingTakesEffectThatIsNotOnDisk(t *testing.T) {
	t.Parallel()
	f := mustOpenBooks(t, filepath.Join(t.TempDir(), "books.jsonl"))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := errorOf(t, put(f, customerRecord, "c1", person)); got != "500 UNEXPECTED_ERROR" || len(f.Customers()) != 0 {
		t.Errorf("got %s with %+v", got, f.Customers())
	}
}

func TestAccountCanTakeAnyItem(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	customer := mustPut(t, f, customerRecord, "c1", person)
	body := func(sku string) string { return order(customer, "m", strings.Replace(tee, "TEE", sku, 1)) }
	if w := put(f, orderRecord, "o1", body("NEW")); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown item is %d", w.Code)
	}
	f.TakeAnyItem("NEVER")
	for range 2 {
		mustPut(t, f, orderRecord, "o1", body("NEW"))
	}
	if w := put(f, orderRecord, "o2", body("NEVER")); w.Code != http.StatusBadRequest {
		t.Errorf("an item that is excepted is %d", w.Code)
	}
	if n := f.Writes(itemRecord, "NEW"); n != 1 {
		t.Errorf("the item was made %d times", n)
	}
}
