package woocommercetest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"

	"causeway.example/functions/woocommerce/woocommercetest"
)

// refunded is an order with a refund of a line and shipping, and one of an amount alone.
func refunded() woocommercetest.Order {
	order := woocommercetest.NewOrder(1001, 2)
	order.Returned = []woocommercetest.Refund{{
		ID: 2001, Created: order.Modified, Amount: 2500, Reason: "size", PaidBack: true, Shipping: 100, ShippingTax: 10,
		Lines: []woocommercetest.RefundLine{{Line: order.Lines[1].ID, Quantity: 1, Total: 2000, Tax: 160}},
	}}
	order.Refunds = []int64{300}
	order.Completed = order.Modified
	order.Lines[1].Restocked = 1
	order.Meta = map[string]any{"_po_number": "7", "_cards": map[string]any{"a": 1}}
	return order
}

// TestAnswersKeepToTheContract validates the fake's orders, refunds and products against the schemas that a
// running WooCommerce published.
func TestAnswersKeepToTheContract(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	fake := woocommercetest.New()
	fake.Put(refunded())
	fake.AddProduct(woocommercetest.Product{ID: 10, Name: "Hoodie", Type: "variable"})
	fake.AddProduct(woocommercetest.Product{ID: 11, Parent: 10, SKU: "HOOD-M", Options: []string{"M"}, Regular: "79.50", Sale: "60.00"})
	fake.Manage("HOOD-M", "parent")
	for _, path := range []string{
		"/wp-json/wc/v3/products/10", "/wp-json/wc/v3/products/9", "/wp-json/wc/v3/products/10/variations?per_page=100&orderby=id&order=asc", "/wp-json/wc/v3/products/10/variations/11",
		"/wp-json/wc/v3/products/9/variations/11", "/wp-json/wc/v3/variations?modified_after=2026-11-22T08:00:00&dates_are_gmt=true&orderby=modified&order=asc", "/wp-json/wc/v3/orders/1001", "/wp-json/wc/v3/orders/1001/refunds?per_page=100&orderby=id&order=asc", "/wp-json/wc/v3/orders/9", "/wp-json/wc/v3/orders/9/refunds",
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		request.SetBasicAuth(woocommercetest.Key, woocommercetest.KeySecret)
		recorder := httptest.NewRecorder()
		fake.ServeHTTP(recorder, request)
		route, parameters, err := router.FindRoute(request)
		if err != nil {
			t.Fatal(err)
		}
		err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route},
			Status:                 recorder.Code, Header: recorder.Header(), Body: io.NopCloser(bytes.NewReader(recorder.Body.Bytes())),
		})
		if err != nil {
			t.Errorf("%s answers %d %s: %v", path, recorder.Code, recorder.Body, err)
		}
	}
}

func TestRefundsAreListedAsTheStoreListsThem(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	fake.Put(refunded())
	var list []struct {
		ID       int64  `json:"id"`
		Amount   string `json:"amount"`
		PaidBack bool   `json:"refunded_payment"`
		Lines    []struct {
			Quantity int    `json:"quantity"`
			Total    string `json:"total"`
			Meta     []struct{ Key, Value string }
		} `json:"line_items"`
	}
	ask(t, fake, http.MethodGet, "/wp-json/wc/v3/orders/1001/refunds?order=asc", "", &list)
	if len(list) != 2 || list[0].ID != 2001 || list[0].Amount != "25.00" || !list[0].PaidBack || list[1].Amount != "3.00" {
		t.Fatalf("%+v", list)
	}
	if l := list[0].Lines[0]; l.Quantity != -1 || l.Total != "-20.00" {
		t.Errorf("%+v: refunds are below zero", l)
	}
	// A delivery that PutBody stores has refunds of an amount alone; those set are kept.
	fake.PutBody([]byte(`{"id":5,"status":"processing","date_modified_gmt":"2026-11-22T12:00:00","refunds":[{"id":51,"total":"-12.00"}]}`))
	ask(t, fake, http.MethodGet, "/wp-json/wc/v3/orders/5/refunds", "", &list)
	if len(list) != 1 || list[0].ID != 51 || list[0].Amount != "12.00" {
		t.Errorf("%+v", list)
	}
	fake.SetRefunds(5, []byte(`[{"id":51,"amount":"13.00"}]`))
	ask(t, fake, http.MethodGet, "/wp-json/wc/v3/orders/5/refunds", "", &list)
	if len(list) != 1 || list[0].Amount != "13.00" {
		t.Errorf("%+v", list)
	}
	if status := ask(t, fake, http.MethodGet, "/wp-json/wc/v3/orders/77/refunds", "", &list); status != http.StatusOK || len(list) != 0 {
		t.Errorf("an order that is not there: %d, %+v", status, list)
	}
	if status := ask(t, fake, http.MethodGet, "/wp-json/wc/v3/orders/77", "", &struct{}{}); status != http.StatusNotFound {
		t.Errorf("an order that is not there: %d", status)
	}
}

func TestTheTrashIsListedOnlyWhenItIsAskedFor(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	clock := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	fake.Now = func() time.Time { return clock }
	fake.Put(woocommercetest.NewOrder(1, 1), woocommercetest.NewOrder(2, 1))
	if got := string(fake.Trash(2)); got != `{"id":2}` {
		t.Errorf("delivered %s", got)
	}
	all, trash := listed(t, fake, url.Values{}), listed(t, fake, url.Values{"status": {"trash"}})
	if len(all) != 1 || all[0] != 1 || len(trash) != 1 || trash[0] != 2 {
		t.Errorf("listed %v, in the trash %v", all, trash)
	}
	var order struct {
		Status   string `json:"status"`
		Modified string `json:"date_modified_gmt"`
	}
	if err := json.Unmarshal(fake.Restore(2), &order); err != nil || order.Status != "processing" || order.Modified != "2026-11-22T12:00:00" {
		t.Errorf("restored as %+v, %v", order, err)
	}
	fake.Delete(2)
	if all = listed(t, fake, url.Values{}); len(all) != 1 {
		t.Errorf("listed %v", all)
	}
}
