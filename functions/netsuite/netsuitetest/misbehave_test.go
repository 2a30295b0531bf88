package netsuitetest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// call puts a customer over a real connection and says how it ended: the status with
// what the body begins with, or "cut" and "gave up" where there was no answer.
func call(t *testing.T, f *Fake, patience time.Duration) string {
	t.Helper()
	server := httptest.NewServer(f)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, server.URL+recordPath+"customer/eid:c1", strings.NewReader(person))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer let-me-in")
	answer, err := server.Client().Do(r)
	if errors.Is(err, context.DeadlineExceeded) {
		return "gave up"
	}
	if err != nil {
		return "cut"
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(answer.Status + " " + answer.Header.Get("Retry-After") + string(body[:min(len(body), 6)]))
}

func TestEachMisbehaviour(t *testing.T) {
	t.Parallel()
	open := make(chan struct{})
	close(open)
	for name, tc := range map[string]struct {
		do      Act
		answer  string
		effects int
	}{
		"throttle":             {Throttle("7"), `429 Too Many Requests 7{"o:er`, 0},
		"throttle without":     {Throttle(""), `429 Too Many Requests {"o:er`, 0},
		"error":                {Answer(400, "USER_ERROR", "email"), `400 Bad Request {"o:er`, 0},
		"down":                 {Down(), "503 Service Unavailable <html>", 0},
		"HTML":                 {HTML(), "200 OK <html>", 0},
		"truncated":            {Truncated(), `200 OK {"id":`, 0},
		"changed":              {Changed(), `409 Conflict {"o:er`, 0},
		"logged out":           {LoggedOut(), `401 Unauthorized {"o:er`, 0},
		"fails after applying": {FailAfter(), `500 Internal Server Error {"o:er`, 1},
		"hangs after applying": {HangAfter(), "gave up", 1},
		"applies late":         {Late(open), "gave up", 1},
		"slow":                 {Slow(open), "204 No Content", 1},
		"never":                {Slow(nil), "gave up", 0},
		"reset before":         {ResetBefore(), "cut", 0},
		"reset after":          {ResetAfter(), "cut", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newAccount(t)
			f.Plan(Fault{Do: tc.do})
			patience := time.Minute
			if tc.answer == "gave up" {
				patience = 50 * time.Millisecond
			}
			if got := call(t, f, patience); got != tc.answer && !(strings.HasPrefix(tc.answer, "200 OK {") && strings.HasPrefix(got, tc.answer)) {
				t.Errorf("got %q, want %q", got, tc.answer)
			}
			if got := len(f.Customers()); got != tc.effects {
				t.Errorf("%d effects, want %d", got, tc.effects)
			}
			if calls := f.Calls(); len(calls) != 1 || calls[0] != "PUT "+recordPath+"customer/eid:c1" {
				t.Errorf("the calls are %v", calls)
			}
		})
	}
}

func TestSumIsExactAndKeepsDecimals(t *testing.T) {
	t.Parallel()
	for want, texts := range map[string][]string{
		"0":                     nil,
		"0.30":                  {"0.10", "0.2"},
		"-0.01":                 {"5", "-5.01"},
		"7091":                  {"7091", ""},
		"1.851":                 {"1.851"},
		"99999999999999999.999": {"99999999999999999", "0.999"},
	} {
		s := newSum()
		for _, text := range texts {
			s.add(text)
		}
		if got := s.String(); got != want {
			t.Errorf("%v add up to %s, want %s", texts, got, want)
		}
	}
}

func TestRefusesSaysWhatTheContractSays(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		person:              "",
		`{"phone":null}`:    "",
		`{"phone":1}`:       "phone",
		`{"subsidiary":1}`:  "subsidiary",
		`{"entityId":null}`: "entityId",
		`[]`:                "INVALID_CONTENT",
	} {
		err := Refuses(customerRecord, []byte(body))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
	if Refuses("vendor", []byte("{}")) == nil {
		t.Error("a record outside the contract is allowed")
	}
}

func TestSeedsAreThereOnce(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	before := len(f.Books())
	if err := f.AddItem("tee"); err != nil { // as an external id, the same as TEE
		t.Fatal(err)
	}
	if got := len(f.Books()); got != before {
		t.Errorf("%d records, want %d", got, before)
	}
	first, err := f.AddCustomer("", "a@example.com", "A")
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.AddCustomer("", "a@example.com", "A")
	if err != nil || first == second {
		t.Errorf("customers without external id are %s and %s: %v", first, second, err)
	}
	if f.Writes(customerRecord, "nobody") != 0 || f.Writes(itemRecord, "TEE") != 1 {
		t.Error("the writes are counted wrongly")
	}
}

func TestClosedOrderIsShownAsClosed(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	customer := mustPut(t, f, customerRecord, "c1", person)
	closed := strings.Replace(tee, "}", `},"isClosed":true`, 1)
	status := strings.Replace(order(customer, "m", closed, tee), `"memo"`, `"orderStatus":{"id":"B"},"memo"`, 1)
	mustPut(t, f, orderRecord, "o1", status)
	if got := f.Orders()[0]; got.Status != "B" || !got.Lines[0].Closed || got.Lines[1].Closed {
		t.Errorf("with one line closed: %+v", got)
	}
	mustPut(t, f, orderRecord, "o1?replace=item", order(customer, "m", closed, closed))
	if got := f.Orders()[0].Status; got != "closed" {
		t.Errorf("with every line closed the status is %q", got)
	}
	mustPut(t, f, orderRecord, "o1?replace=item", order(customer, "m", tee))
	if got := f.Orders()[0].Status; got != "B" {
		t.Errorf("opened again the status is %q", got)
	}
}

func TestDepositTakesTheOrdersCustomer(t *testing.T) {
	t.Parallel()
	f := newAccount(t)
	customer := mustPut(t, f, customerRecord, "c1", person)
	sales := mustPut(t, f, orderRecord, "o1", order(customer, "m", tee))
	mustPut(t, f, depositRecord, "d1", `{"salesOrder":{"externalId":"O1"},"currency":{"id":1},"payment":85.50,"memo":"p"}`)
	mustPut(t, f, depositRecord, "d2", `{"salesOrder":{"id":`+sales+`},"currency":{"id":"1"},"payment":1}`)
	got := f.Deposits()
	if len(got) != 2 || got[0].Customer != customer || got[0].Amount != "85.50" || got[1].Order != sales {
		t.Errorf("deposits are %+v", got)
	}
}

func FuzzBodiesNeverBreakTheBooks(f *testing.F) {
	f.Add(customerRecord, person)
	f.Add(orderRecord, order("609", "m", tee))
	f.Add(orderRecord, `{"item":{"items":[null]},"entity":null}`)
	f.Add(depositRecord, `{"salesOrder":{"id":"1"},"payment":1e400}`)
	f.Fuzz(func(t *testing.T, record, body string) {
		if record != customerRecord && record != orderRecord && record != depositRecord {
			return
		}
		account := newAccount(t)
		mustPut(t, account, customerRecord, "c1", person)
		code := put(account, record, "x", body).Code
		if stands := account.Writes(record, "x") > 0; stands != (code == http.StatusNoContent) {
			t.Errorf("answered %d, stands: %v", code, stands)
		}
		if _, err := json.Marshal(account.Books()); err != nil {
			t.Error(err)
		}
		_, _, _ = account.Orders(), account.Customers(), account.Deposits()
	})
}
