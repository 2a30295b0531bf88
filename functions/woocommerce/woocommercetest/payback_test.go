package woocommercetest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
)

// TestRefundsAreMadeAsMeasured: of what is left, by the gateway unless the request says otherwise, and with
// the status refunded at last.
func TestRefundsAreMadeAsMeasured(t *testing.T) {
	t.Parallel()
	fake := woocommercetest.New()
	order := woocommercetest.NewOrder(7, 1)
	order.Lines[0].Subtotal, order.Lines[0].Tax, order.Shipping, order.Tax = 1000, 0, 0, 0
	fake.Put(order)
	refund := func(path, body string) (int, string) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/wp-json/wc/v3/orders/"+path+"/refunds", strings.NewReader(body))
		request.SetBasicAuth(woocommercetest.Key, woocommercetest.KeySecret)
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		fake.ServeHTTP(recorder, request)
		return recorder.Code, recorder.Body.String()
	}
	for _, c := range []struct {
		path, body, code string
		status           int
	}{
		{"7", `{"amount":"4.00","reason":"a"}`, `"refunded_payment":true`, http.StatusCreated},
		{"7", `{"amount":"6.01","api_refund":false}`, "woocommerce_rest_cannot_create_order_refund", http.StatusInternalServerError},
		{"7", `{"amount":"0.00"}`, "woocommerce_rest_invalid_order_refund", http.StatusBadRequest},
		{"7", `{"amount":6}`, "rest_invalid_param", http.StatusBadRequest},
		{"8", `{"amount":"1.00"}`, "woocommerce_rest_invalid_order", http.StatusNotFound},
		{"7", `{"amount":"6.00","api_refund":false}`, `"refunded_payment":false`, http.StatusCreated},
	} {
		if status, body := refund(c.path, c.body); status != c.status || !strings.Contains(body, c.code) {
			t.Errorf("%s: %d %s, want %d %s", c.body, status, body, c.status, c.code)
		}
	}
	if refunds := fake.RefundsOf(7); len(refunds) != 2 || fake.Status(7) != "refunded" || !refunds[0].PaidBack || refunds[0].Reason != "a" {
		t.Errorf("the order is %s with %+v", fake.Status(7), refunds)
	}
}
