package hubspottest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/hubspot/hubspottest"
)

// caller calls a fake whose clock only the test moves.
type caller struct {
	*testing.T
	fake *hubspottest.Fake
	now  time.Time
}

func newCaller(t *testing.T) *caller {
	c := &caller{T: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	c.fake = hubspottest.New(func() time.Time { return c.now })
	return c
}

// want calls the fake and fails unless it answers with the status. Every answer is held against
// the contract before it is sent: a wrong one is a 500.
func (c *caller) want(status int, method, path, body string) string {
	c.Helper()
	r := httptest.NewRequestWithContext(c.Context(), method, "https://api.hubapi.com"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+hubspottest.Token)
	r.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	c.fake.ServeHTTP(recorder, r)
	text, err := io.ReadAll(recorder.Body)
	if err != nil {
		c.Fatal(err)
	}
	if recorder.Code != status {
		c.Fatalf("%s %s %s: %d %s, want %d", method, path, body, recorder.Code, text, status)
	}
	return string(text)
}

func object(name, action string) string { return "/crm/objects/2026-09/" + name + "/" + action }

const (
	contactInput = `{"id":"a/1","idProperty":"causeway_customer","objectWriteTraceId":"0","properties":{"email":"ada@example.com"}}`
	orderInput   = `{"id":"o/1","idProperty":"causeway_order","objectWriteTraceId":"0","properties":{"hs_order_name":"#1001","hs_total_price":"1.00"}}`
)

func inputs(all ...string) string { return `{"inputs":[` + strings.Join(all, ",") + `]}` }

func TestRequestsAreHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"no id":              {`"id":"o/1",`, ``},
		"no properties":      {`,"properties":{"hs_order_name":"#1001","hs_total_price":"1.00"}`, ``},
		"a number":           {`"1.00"`, `1.00`},
		"null":               {`"1.00"`, `null`},
		"an unknown member":  {`"id":"o/1"`, `"id":"o/1","color":"red"`},
		"an unknown one":     {`hs_order_name`, `hs_order_title`},
		"no key":             {`"idProperty":"causeway_order",`, ``},
		"an unknown key":     {`"causeway_order"`, `"shop_order_id"`},
		"a key that repeats": {`"causeway_order"`, `"hs_order_name"`},
		"no inputs":          {orderInput, ``},
		"the id twice":       {orderInput, orderInput + "," + orderInput},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(inputs(orderInput), change[0], change[1], 1)
			if body == inputs(orderInput) {
				t.Fatal("the case changes nothing")
			}
			c := newCaller(t)
			c.want(http.StatusBadRequest, "POST", object("orders", "batch/upsert"), body)
			c.want(http.StatusOK, "POST", object("orders", "batch/upsert"), inputs(orderInput))
		})
	}
	c := newCaller(t)
	many := make([]string, 101)
	for i := range many {
		many[i] = strings.Replace(orderInput, "o/1", fmt.Sprint("o/", i), 1)
	}
	c.want(http.StatusBadRequest, "POST", object("orders", "batch/upsert"), inputs(many...))
	c.want(http.StatusOK, "POST", object("orders", "batch/upsert"), inputs(many[:100]...))
	c.want(http.StatusBadRequest, "POST", object("orders", "batch/read"), `{"inputs":[{"id":"1"}]}`)
	c.want(http.StatusBadRequest, "POST", object("orders", "batch/archive"), `{"inputs":["1"]}`)
	c.want(http.StatusBadRequest, "POST", "/crm/associations/2026-09/orders/contacts/batch/associate/default", `{"inputs":[{"from":{"id":"1"}}]}`)
	c.want(http.StatusBadRequest, "GET", object("orders", "x/associations/line_items"), "")
	c.want(http.StatusBadRequest, "GET", object("orders", "1/associations/line_items?color=red"), "")
	c.want(http.StatusNotFound, "POST", object("orders", "search"), `{}`)
	c.want(http.StatusNotFound, "POST", "/crm/v3/objects/orders/batch/upsert", inputs(orderInput))
	c.want(http.StatusNotFound, "POST", object("boats", "batch/upsert"), inputs(orderInput))
}

func TestInputsFailOneByOne(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	bad := strings.NewReplacer("o/1", "o/2", "1.00", "cheap", `"0"`, `"1"`).Replace(orderInput)
	var answer struct {
		NumErrors int
		Results   []struct {
			New                bool
			ObjectWriteTraceID string
		}
		Errors []struct {
			Category string
			Context  map[string][]string
			Errors   []struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(c.want(http.StatusMultiStatus, "POST", object("orders", "batch/upsert"), inputs(bad, orderInput))), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.NumErrors != 1 || len(answer.Results) != 1 || !answer.Results[0].New || answer.Results[0].ObjectWriteTraceID != "0" ||
		answer.Errors[0].Context["objectWriteTraceId"][0] != "1" || answer.Errors[0].Errors[0].Code != "INVALID_DOUBLE" {
		t.Errorf("answer %+v", answer)
	}
	if n := len(c.fake.Records("orders")); n != 1 {
		t.Errorf("%d orders", n)
	}
}

func TestUniqueValues(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	upsert := object("contacts", "batch/upsert")
	c.want(http.StatusOK, "POST", upsert, inputs(contactInput))
	c.want(http.StatusOK, "POST", upsert, inputs(contactInput))
	other := strings.Replace(contactInput, "a/1", "a/2", 1)
	if text := c.want(http.StatusMultiStatus, "POST", upsert, inputs(strings.Replace(other, "ada@", "ADA@", 1))); !strings.Contains(text, `"CONFLICT"`) || !strings.Contains(text, "Existing ID: 101") {
		t.Errorf("answered %s", text)
	}
	id := c.fake.Put("contacts", map[string]string{"email": "grace@example.com"})
	take := `{"id":"` + id + `","properties":{"causeway_customer":"a/1"}}`
	if text := c.want(http.StatusMultiStatus, "POST", object("contacts", "batch/update"), inputs(take)); !strings.Contains(text, "CONFLICTING_UNIQUE_VALUE") {
		t.Errorf("answered %s", text)
	}
	c.fake.Delete("contacts", "101")
	c.want(http.StatusOK, "POST", object("contacts", "batch/update"), inputs(take))
	c.want(http.StatusMultiStatus, "POST", object("contacts", "batch/update"), inputs(`{"id":"101","properties":{}}`))
}

func TestAssociationsNeedBothRecords(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	order, other, line := c.fake.Put("orders", nil), c.fake.Put("orders", nil), c.fake.Put("line_items", nil)
	path := "/crm/associations/2026-09/orders/line_items/batch/associate/default"
	pair := func(from, to string) string {
		return inputs(`{"from":{"id":"` + from + `"},"to":{"id":"` + to + `"}}`)
	}
	c.want(http.StatusNotFound, "POST", path, pair(order, "999"))
	c.want(http.StatusNotFound, "POST", path, pair("999", line))
	c.want(http.StatusOK, "POST", path, pair(order, line))
	c.want(http.StatusOK, "POST", path, pair(order, line))
	c.want(http.StatusBadRequest, "POST", path, pair(other, line))
	if text := c.want(http.StatusOK, "GET", object("orders", order+"/associations/line_items"), ""); strings.Count(text, `"toObjectId":"`+line+`"`) != 1 {
		t.Errorf("answered %s", text)
	}
	second := c.fake.Put("line_items", nil)
	c.fake.Link("orders", order, "line_items", second)
	text := c.want(http.StatusOK, "GET", object("orders", order+"/associations/line_items?limit=1"), "")
	if !strings.Contains(text, `"after":"1"`) || strings.Contains(text, second) {
		t.Errorf("page 1: %s", text)
	}
	if text := c.want(http.StatusOK, "GET", object("orders", order+"/associations/line_items?limit=1&after=1"), ""); !strings.Contains(text, second) || strings.Contains(text, "after") {
		t.Errorf("page 2: %s", text)
	}
	c.want(http.StatusNoContent, "POST", object("line_items", "batch/archive"), inputs(`{"id":"`+line+`"}`))
	if text := c.want(http.StatusOK, "GET", object("orders", order+"/associations/line_items"), ""); strings.Contains(text, line) {
		t.Errorf("an archived line is linked: %s", text)
	}
	c.want(http.StatusNotFound, "GET", object("orders", "999/associations/line_items"), "")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.fake.Daily(150, time.FixedZone("", -5*3600))
	ask := func(status int) string { return c.want(status, "GET", "/crm/properties/2026-09/orders", "") }
	for i := range 100 {
		c.now = c.now.Add(50 * time.Millisecond)
		if text := ask(http.StatusOK); i == 0 && !strings.Contains(text, `"hasUniqueValue":true`) {
			t.Errorf("answered %s", text)
		}
	}
	if text := ask(http.StatusTooManyRequests); !strings.Contains(text, `"TEN_SECONDLY_ROLLING"`) {
		t.Errorf("answered %s", text)
	}
	c.now = c.now.Add(time.Minute)
	for range 50 {
		ask(http.StatusOK)
	}
	if text := ask(http.StatusTooManyRequests); !strings.Contains(text, `"DAILY"`) {
		t.Errorf("answered %s", text)
	}
	c.now = time.Date(2026, 11, 23, 4, 59, 0, 0, time.UTC)
	ask(http.StatusTooManyRequests)
	c.now = c.now.Add(time.Minute) // midnight of the account
	ask(http.StatusOK)
}

func TestScopes(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.fake.Withdraw("crm.objects.contacts.read")
	if text := c.want(http.StatusForbidden, "POST", object("contacts", "batch/read"), `{}`); !strings.Contains(text, `"crm.objects.contacts.read"`) {
		t.Errorf("answered %s", text)
	}
	c.want(http.StatusOK, "POST", object("contacts", "batch/upsert"), inputs(contactInput))
	c.fake.Grant("crm.objects.contacts.read")
	read := `{"inputs":[{"id":"ada@example.com"},{"id":"nobody@example.com"}],"idProperty":"email","properties":["causeway_customer"],"propertiesWithHistory":[]}`
	if text := c.want(http.StatusMultiStatus, "POST", object("contacts", "batch/read"), read); !strings.Contains(text, `"a/1"`) || !strings.Contains(text, "OBJECT_NOT_FOUND") {
		t.Errorf("answered %s", text)
	}
}
