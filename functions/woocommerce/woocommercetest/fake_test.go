package woocommercetest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector/connectortest"
)

var _ connectortest.Fake = (*woocommercetest.Fake)(nil)

const listing = "/wp-json/wc/v3/webhooks"

// call sends a request to the fake and returns its status and the code of its error.
func call(t *testing.T, method, path string, query url.Values, key, secret string) (status int, code string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path+"?"+query.Encode(), nil)
	if key != "" {
		request.SetBasicAuth(key, secret)
	}
	recorder := httptest.NewRecorder()
	woocommercetest.New().ServeHTTP(recorder, request)
	var body struct{ Code string }
	if recorder.Code != http.StatusOK {
		if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
			t.Fatalf("the answer %s is no error of WooCommerce's form: %v", recorder.Body, err)
		}
	}
	return recorder.Code, body.Code
}

func TestFakeListsWebhooks(t *testing.T) {
	t.Parallel()
	status, _ := call(t, http.MethodGet, listing, url.Values{"per_page": {"1"}}, woocommercetest.Key, woocommercetest.KeySecret)
	if status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
}

func TestFakeRefusesWhatTheContractForbids(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, path string
		query        url.Values
		status       int
		code         string
	}{
		"too many per page": {http.MethodGet, listing, url.Values{"per_page": {"500"}}, 400, "rest_invalid_param"},
		"unknown parameter": {http.MethodGet, listing, url.Values{"perpage": {"1"}}, 400, "rest_invalid_param"},
		"unknown status":    {http.MethodGet, listing, url.Values{"status": {"on"}}, 400, "rest_invalid_param"},
		"method not in it":  {http.MethodDelete, listing, nil, 404, "rest_no_route"},
		"path not in it":    {http.MethodGet, "/wp-json/wc/v3/coupons", nil, 404, "rest_no_route"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, code := call(t, tc.method, tc.path, tc.query, woocommercetest.Key, woocommercetest.KeySecret)
			if status != tc.status || code != tc.code {
				t.Errorf("answer %d %s, want %d %s", status, code, tc.status, tc.code)
			}
		})
	}
}

func TestFakeRefusesAnotherKey(t *testing.T) {
	t.Parallel()
	for name, key := range map[string][2]string{
		"none":         {},
		"wrong key":    {"ck_other", woocommercetest.KeySecret},
		"wrong secret": {woocommercetest.Key, "cs_other"},
	} {
		status, code := call(t, http.MethodGet, listing, nil, key[0], key[1])
		if status != http.StatusUnauthorized || code != "woocommerce_rest_cannot_view" {
			t.Errorf("%s: answer %d %s, want 401 woocommerce_rest_cannot_view", name, status, code)
		}
	}
}
