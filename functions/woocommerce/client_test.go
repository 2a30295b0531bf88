package woocommerce_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"causeway.example/functions/woocommerce"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// answered is a transport that always gives the same answer.
type answered struct {
	status int
	header map[string]string
	body   string
}

func (a answered) RoundTrip(r *http.Request) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json; charset=UTF-8"}}
	for name, value := range a.header {
		header.Set(name, value)
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

func serve(t *testing.T) (base string) {
	t.Helper()
	server := httptest.NewServer(woocommercetest.New())
	t.Cleanup(server.Close)
	return server.URL
}

func TestCheckReachesTheStore(t *testing.T) {
	t.Parallel()
	base := serve(t)
	for name, address := range map[string]string{"plain": base, "with a slash": base + "/"} {
		if err := mustOpen(t, map[string]string{"WOOCOMMERCE_API_URL": address}).Checker.Check(t.Context()); err != nil {
			t.Errorf("%s: Check = %v", name, err)
		}
	}
}

func TestCheckNamesTheSettingToLookAt(t *testing.T) {
	t.Parallel()
	base := serve(t)
	for name, tc := range map[string]struct {
		key, value string
		kind       fault.Kind
		class      fault.Class
		field      string
	}{
		"wrong key":     {"WOOCOMMERCE_CONSUMER_KEY", "ck_wrong", fault.Unauthorized, fault.Auth, "WOOCOMMERCE_CONSUMER_KEY"},
		"wrong secret":  {"WOOCOMMERCE_CONSUMER_SECRET", "cs_wrong", fault.Unauthorized, fault.Auth, "WOOCOMMERCE_CONSUMER_KEY"},
		"wrong path":    {"WOOCOMMERCE_API_URL", base + "/shop", fault.Unauthorized, fault.Config, "WOOCOMMERCE_API_URL"},
		"nobody there":  {"WOOCOMMERCE_API_URL", "http://127.0.0.1:1", fault.Unavailable, fault.Connection, "WOOCOMMERCE_API_URL"},
		"no TLS there":  {"WOOCOMMERCE_API_URL", "https://127.0.0.1:1", fault.Unavailable, fault.Connection, "WOOCOMMERCE_API_URL"},
		"path too long": {"WOOCOMMERCE_API_URL", base + "/wp-json/wc/v3", fault.Unauthorized, fault.Config, "WOOCOMMERCE_API_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"WOOCOMMERCE_API_URL": base}
			settings[tc.key] = tc.value
			err := mustOpen(t, settings).Checker.Check(t.Context())
			checkFault(t, err, tc.kind, tc.class, tc.field)
		})
	}
}

func TestCheckClassifiesWhatTheStoreAnswers(t *testing.T) {
	t.Parallel()
	html := map[string]string{"Content-Type": "text/html"}
	for name, tc := range map[string]struct {
		answer answered
		kind   fault.Kind
		class  fault.Class
		code   string
	}{
		"key refused":            {answered{status: 401, body: `{"code":"woocommerce_rest_cannot_view","message":"x","data":{"status":401}}`}, fault.Unauthorized, fault.Auth, "woocommerce_rest_cannot_view"},
		"key may not read":       {answered{status: 403, body: `{"code":"rest_forbidden","message":"x"}`}, fault.Unauthorized, fault.Auth, "rest_forbidden"},
		"no such API":            {answered{status: 404, body: `{"code":"rest_no_route","message":"x"}`}, fault.Unauthorized, fault.Config, "rest_no_route"},
		"parameter refused":      {answered{status: 400, body: `{"code":"rest_invalid_param","message":"x"}`}, fault.Rejected, fault.Value, "rest_invalid_param"},
		"slow down":              {answered{status: 429, header: map[string]string{"Retry-After": "3"}, body: "busy"}, fault.Throttled, fault.RateLimit, ""},
		"proxy has no page":      {answered{status: 404, header: html, body: "<html>404</html>"}, fault.Unavailable, fault.Intermittent, ""},
		"firewall says no":       {answered{status: 403, header: html, body: "<html>403</html>"}, fault.Unavailable, fault.Intermittent, ""},
		"under maintenance":      {answered{status: 503, header: html, body: "<html>503</html>"}, fault.Unavailable, fault.Intermittent, ""},
		"page instead of a list": {answered{status: 200, header: html, body: "<html></html>"}, fault.Unavailable, fault.Intermittent, ""},
		"sent elsewhere":         {answered{status: 301, header: map[string]string{"Location": "https://other.example/"}}, fault.Unauthorized, fault.Config, ""},
		"code that is no word":   {answered{status: 500, body: `{"code":"ada@example.com"}`}, fault.Unavailable, fault.Intermittent, ""},
		"code of another type":   {answered{status: 500, body: `{"code":[1]}`}, fault.Unavailable, fault.Intermittent, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := fault.As(mustOpenOver(t, tc.answer).Check(t.Context()))
			if got == nil || got.Kind != tc.kind || got.ClassOrDefault() != tc.class || got.Code != tc.code || got.Field == "" {
				t.Errorf("Check = %+v; want %v, %s, code %q and a setting", got, tc.kind, tc.class, tc.code)
			}
		})
	}
}

// mustOpenOver opens the checker of a store that always gives the one answer.
func mustOpenOver(t *testing.T, answer answered) connector.Checker {
	t.Helper()
	system, err := woocommerce.Open(woocommercetest.New().Settings("https://shop.example"), deps(answer))
	if err != nil {
		t.Fatal(err)
	}
	return system.Checker
}
