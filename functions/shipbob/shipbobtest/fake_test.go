package shipbobtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob/shipbobtest"
)

// caller calls a fake whose clock only the test moves.
type caller struct {
	*testing.T
	fake *shipbobtest.Fake
	now  time.Time
}

func newCaller(t *testing.T) *caller {
	c := &caller{T: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	c.fake = shipbobtest.New(func() time.Time { return c.now })
	return c
}

func (c *caller) call(method, path, body, channel string) (int, http.Header, string) {
	c.Helper()
	r := httptest.NewRequestWithContext(c.Context(), method, "http://api.shipbob.com"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+shipbobtest.Token)
	r.Header.Set("Content-Type", "application/json")
	if channel != "" {
		r.Header.Set("shipbob_channel_id", channel)
	}
	recorder := httptest.NewRecorder()
	c.fake.ServeHTTP(recorder, r)
	text, err := io.ReadAll(recorder.Body)
	if err != nil {
		c.Fatal(err)
	}
	return recorder.Code, recorder.Header(), string(text)
}

// order is a request that the contract allows.
func order(reference string) string {
	return `{"reference_id":"` + reference + `","shipping_method":"Standard","type":"DTC","recipient":{"name":"Ada","address":{"address1":"12 Main St","city":"New York","country":"US"}},` +
		`"products":[{"reference_id":"TEE","name":"Tee","quantity":2}]}`
}

func (c *caller) want(status int, method, path, body, channel string) string {
	c.Helper()
	got, _, text := c.call(method, path, body, channel)
	if got != status {
		c.Fatalf("%s %s %s: %d %s, want %d", method, path, body, got, text, status)
	}
	return text
}

const channel = "100001"

func TestRequestsAreHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"no products":         {`"products":[{"reference_id":"TEE","name":"Tee","quantity":2}]`, `"products":[]`},
		"no name":             {`"name":"Tee",`, ``},
		"quantity as text":    {`"quantity":2`, `"quantity":"2"`},
		"a broken quantity":   {`"quantity":2`, `"quantity":1.5`},
		"no country":          {`,"country":"US"`, ``},
		"an unknown member":   {`"type":"DTC"`, `"type":"DTC","color":"red"`},
		"an unknown type":     {`"type":"DTC"`, `"type":"B2C"`},
		"an empty reference":  {`"reference_id":"A"`, `"reference_id":""`},
		"a too long one":      {`"reference_id":"A"`, `"reference_id":"` + strings.Repeat("A", 301) + `"`},
		"no shipping method":  {`"shipping_method":"Standard",`, ``},
		"a recipient no name": {`"recipient":{"name":"Ada",`, `"recipient":{`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(order("A"), change[0], change[1], 1)
			if body == order("A") {
				t.Fatal("the case changes nothing")
			}
			c := newCaller(t)
			c.want(http.StatusBadRequest, "POST", "/2026-01/order", body, channel)
			c.want(http.StatusCreated, "POST", "/2026-01/order", order("A"), channel)
		})
	}
	c := newCaller(t)
	c.want(http.StatusBadRequest, "POST", "/2026-01/order", order("A"), "")
	c.want(http.StatusForbidden, "POST", "/2026-01/order", order("A"), "999")
	c.want(http.StatusBadRequest, "GET", "/2026-01/order?Limit=251", "", channel)
	c.want(http.StatusBadRequest, "GET", "/2026-01/order?Color=red", "", channel)
	c.want(http.StatusNotFound, "GET", "/2026-01/nothing", "", channel)
	c.want(http.StatusNotFound, "GET", "/2026-01/order/1", "", channel)
	c.want(http.StatusNotFound, "GET", "/2026-01/return/1", "", "")
	c.want(http.StatusNotFound, "GET", "/2026-01/shipment/1", "", "")
	c.want(http.StatusBadRequest, "GET", "/2026-01/return?Color=red", "", "")
	c.want(http.StatusBadRequest, "GET", "/2026-01/return?SortOrder=Oldest", "", "")
	c.want(http.StatusBadRequest, "GET", "/2026-01/return?Cursor=0", "", "")
}

func TestReferencesAreUniqueWithinAChannel(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.want(http.StatusCreated, "POST", "/2026-01/order", order("A"), channel)
	c.want(http.StatusUnprocessableEntity, "POST", "/2026-01/order", order("A"), channel)
	c.want(http.StatusCreated, "POST", "/2026-01/order", order("A"), "100002")
	id := strconv.Itoa(c.fake.Orders()[0].ID)
	c.want(http.StatusOK, "POST", "/2026-01/order/"+id+":cancel", "", channel)
	c.want(http.StatusUnprocessableEntity, "POST", "/2026-01/order", order("A"), channel)
	c.want(http.StatusUnprocessableEntity, "POST", "/2026-01/order/"+id+":cancel", "", channel)
}

// Every answer is held against the contract before it is sent: a wrong one is a 500.
func TestOrdersGoThroughTheirStates(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.fake.Unknown("TEE")
	state := func(want string) {
		c.Helper()
		var found []struct {
			Status    string
			Shipments []struct{ Status string }
		}
		if err := json.Unmarshal([]byte(c.want(http.StatusOK, "GET", "/2026-01/order?ReferenceIds=A", "", channel)), &found); err != nil {
			t.Fatal(err)
		}
		got := found[0].Status
		for _, s := range found[0].Shipments {
			got += " " + s.Status
		}
		if got != want {
			t.Errorf("the order is %q, want %q", got, want)
		}
	}
	c.want(http.StatusCreated, "POST", "/2026-01/order", order("A"), channel)
	state("ImportReview ImportReview")
	if err := c.fake.Pick("A"); err == nil {
		t.Error("an order in import review was picked")
	}
	c.fake.Match("TEE")
	state("Processing Processing")
	if _, err := c.fake.Ship("A", map[string]int{"TEE": 3}); err == nil {
		t.Error("more left than was ordered")
	}
	if _, err := c.fake.Ship("A", map[string]int{"TEE": 1}); err != nil {
		t.Fatal(err)
	}
	state("PartiallyFulfilled Completed Processing")
	if text := c.want(http.StatusOK, "POST", "/2026-01/order/"+strconv.Itoa(c.fake.Orders()[0].ID)+":cancel", "", channel); !strings.Contains(text, `"PartialSuccess"`) {
		t.Errorf("cancelled after a part had left: %s", text)
	}
	state("Fulfilled Completed Cancelled")
}

func TestTheLimitIsASlidingWindow(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	ask := func() (int, string) {
		status, header, _ := c.call("GET", "/2026-01/channel", "", "")
		return status, header.Get("X-Retry-After")
	}
	for i := range 150 {
		c.now = c.now.Add(200 * time.Millisecond) // 30 s in sum
		if status, _ := ask(); status != http.StatusOK {
			t.Fatalf("request %d got %d", i, status)
		}
	}
	if status, wait := ask(); status != http.StatusTooManyRequests || wait != "31" {
		t.Errorf("request 151 got %d, to wait %s s", status, wait)
	}
	c.now = c.now.Add(31 * time.Second)
	if status, _ := ask(); status != http.StatusOK {
		t.Errorf("after the wait: %d", status)
	}
}

func TestPagesFollowEachOther(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	for _, reference := range []string{"A", "B", "C"} {
		c.want(http.StatusCreated, "POST", "/2026-01/order", order(reference), channel)
	}
	status, header, text := c.call("GET", "/2026-01/order?Limit=2&Page=2&SortOrder=Oldest", "", channel)
	if status != http.StatusOK || header.Get("Total-Pages") != "2" || !strings.Contains(text, `"reference_id":"C"`) || strings.Contains(text, `"reference_id":"B"`) {
		t.Errorf("page 2: %d %s %s", status, header.Get("Total-Pages"), text)
	}
}

func TestRequestsForStockAreHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.fake.Stock("TEE", shipbobtest.Level{Center: 9, OnHand: 40, Fulfillable: 38})
	c.fake.Stock("HOOD")
	for _, query := range []string{"?PageSize=251", "?Limit=10", "?IsActive=perhaps"} {
		c.want(http.StatusBadRequest, "GET", "/2026-01/inventory-level/locations"+query, "", "")
	}
	first := c.want(http.StatusOK, "GET", "/2026-01/inventory-level/locations?PageSize=1&IsActive=true", "", "")
	var page struct{ Next string }
	if err := json.Unmarshal([]byte(first), &page); err != nil || !strings.Contains(first, `"fulfillable_quantity":38`) {
		t.Fatalf("%v: %s", err, first)
	}
	if second := c.want(http.StatusOK, "GET", strings.TrimPrefix(page.Next, "https://api.shipbob.com"), "", ""); !strings.Contains(second, `"HOOD"`) || strings.Contains(second, `"TEE"`) {
		t.Errorf("page 2: %s", second)
	}
	c.want(http.StatusOK, "GET", "/2026-01/inventory-level/20101001/locations", "", "")
	c.want(http.StatusNotFound, "GET", "/2026-01/inventory-level/99/locations", "", "")
}

func TestRequestsForProductsAreHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.fake.Stock("TEE", shipbobtest.Level{Center: 9, OnHand: 40, Fulfillable: 38})
	c.fake.Bundle("KIT", shipbobtest.Component{SKU: "TEE", Quantity: 2})
	for _, query := range []string{"?PageSize=251", "?Limit=10", "?IsActive=true"} {
		c.want(http.StatusBadRequest, "GET", "/2026-01/product"+query, "", "")
	}
	first := c.want(http.StatusOK, "GET", "/2026-01/product?PageSize=1", "", "")
	var page struct{ Next string }
	if err := json.Unmarshal([]byte(first), &page); err != nil || strings.Contains(first, `"KIT"`) {
		t.Fatalf("%v: %s", err, first)
	}
	if second := c.want(http.StatusOK, "GET", strings.TrimPrefix(page.Next, "https://api.shipbob.com"), "", ""); !strings.Contains(second, `"quantity":2`) || strings.Contains(second, `"next":"`) {
		t.Errorf("page 2: %s", second)
	}
	c.fake.Scope(false)
	c.want(http.StatusForbidden, "GET", "/2026-01/product", "", "")
}

func TestRequestsForMovementsAreHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	const path = "/2026-01/inventory/history:query"
	c := newCaller(t)
	c.fake.Stow("TEE", 9, 40, "115316", "7")
	c.fake.Adjust("TEE", 9, -1)
	for _, body := range []string{
		`{}`, `{"facility_id":"9"}`, `{"facility_id":9,"category":"ReceivingStow"}`, `{"facility_id":9,"start_date":"2026-08-01T00:00:00Z"}`, `{"facility_id":9,"cursor":"x"}`,
	} {
		c.want(http.StatusBadRequest, "POST", path, body, "")
	}
	for body, want := range map[string]int{
		`{"facility_id":9}`:  2,
		`{"facility_id":12}`: 0,
		`{"facility_id":9,"event_category":"ReceivingStow"}`:                                        1,
		`{"facility_id":9,"start_date":"2026-11-22T23:00:00Z"}`:                                     2, // by day
		`{"facility_id":9,"start_date":"2026-11-23T00:00:00Z","end_date":"2026-11-24T00:00:00Z"}`:   0,
		`{"facility_id":9,"cursor":32204}`:                                                          1,
		`{"facility_id":9,"start_date":"2026-08-24T00:00:00Z","end_date":"2026-11-22T00:00:00Z"}`:   2,
		`{"facility_id":9,"event_category":"OrderPicked","start_date":"2026-11-22T00:00:00.0000Z"}`: 0,
	} {
		if text := c.want(http.StatusOK, "POST", path, body, ""); strings.Count(text, "inventory_audit_event_id") != want {
			t.Errorf("%s: %s, want %d", body, text, want)
		}
	}
	if n := c.fake.OnHand("TEE", 9); n != 39 {
		t.Errorf("%d on hand, want 39", n)
	}
}
