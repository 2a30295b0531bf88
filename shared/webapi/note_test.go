package webapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/webapi"
)

// The last call that wrote or failed is noted: no header, no query, and no body of a success.
func TestCallsAreNoted(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "r-"+r.Method)
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"detail":"no"}`))
		}
	}))
	defer server.Close()
	client, err := webapi.New(webapi.Config{
		BaseURL: server.URL, Transport: server.Client().Transport, Now: time.Now,
		Authorize: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer canary"); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	var x connector.Exchange
	ctx := connector.WithExchange(t.Context(), &x)
	asJSON, asForm := http.Header{"Content-Type": {"application/json"}}, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, c := range []struct {
		request webapi.Request
		want    connector.Exchange
	}{
		{webapi.Request{Method: http.MethodGet, Path: "/yes"}, connector.Exchange{}},
		{webapi.Request{Method: http.MethodPost, Path: "/yes", Reads: true}, connector.Exchange{}},
		{webapi.Request{Method: http.MethodPut, Path: "/yes", Query: map[string][]string{"q": {"canary"}}, Header: asJSON, Body: []byte(`{"a":1}`)}, connector.Exchange{Method: "PUT", Path: "/yes", Status: 200, RequestID: "r-PUT"}},
		{webapi.Request{Method: http.MethodPut, Path: "/no", Header: asJSON, Body: []byte(`{"a":1}`)}, connector.Exchange{Method: "PUT", Path: "/no", Status: 400, RequestID: "r-PUT", Request: `{"a":1}`, Answer: `{"detail":"no"}`}},
		{webapi.Request{Method: http.MethodPost, Path: "/no", Header: asForm, Body: []byte("secret=canary")}, connector.Exchange{Method: "POST", Path: "/no", Status: 400, RequestID: "r-POST", Answer: `{"detail":"no"}`}},
		{webapi.Request{Method: http.MethodGet, Path: "/no"}, connector.Exchange{Method: "GET", Path: "/no", Status: 400, RequestID: "r-GET", Answer: `{"detail":"no"}`}},
	} {
		x = connector.Exchange{}
		_, _ = client.Do(ctx, c.request)
		if x != c.want || strings.Contains(x.Request+x.Answer+x.Path, "canary") {
			t.Errorf("%s %s is noted as %+v", c.request.Method, c.request.Path, x)
		}
	}
	if _, err := client.Do(t.Context(), webapi.Request{Method: http.MethodPut, Path: "/yes"}); err != nil {
		t.Errorf("without an exchange: %v", err)
	}
}

// A request for a token holds credentials, and its answer the token: it is never noted.
func TestTokensAreNotNoted(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	defer server.Close()
	var x connector.Exchange
	ctx := connector.WithExchange(t.Context(), &x)
	inner, err := webapi.New(webapi.Config{BaseURL: server.URL, Transport: server.Client().Transport, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	source, err := webapi.NewTokenSource(webapi.TokenConfig{Now: time.Now, Fetch: func(ctx context.Context) (webapi.Token, error) {
		_, err := inner.Do(ctx, webapi.Request{Method: http.MethodPost, Path: "/token", Body: []byte("canary")})
		return webapi.Token{}, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(ctx); err == nil || x != (connector.Exchange{}) {
		t.Errorf("%v, noted %+v", err, x)
	}
}

func TestOnlyReads(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]bool{http.MethodGet: true, http.MethodHead: true, http.MethodPost: false, http.MethodPut: false, http.MethodDelete: false} {
		if r := httptest.NewRequest(method, "/", nil); webapi.OnlyReads(r) != want {
			t.Errorf("%s only reads: %v", method, !want)
		}
	}
	seen := false
	client, err := webapi.New(webapi.Config{BaseURL: "https://erp.example", Now: time.Now, Transport: transport(func(r *http.Request) { seen = webapi.OnlyReads(r) })})
	if err != nil {
		t.Fatal(err)
	}
	if _, _ = client.Do(t.Context(), webapi.Request{Method: http.MethodPost, Reads: true}); !seen {
		t.Error("a query is taken for a write")
	}
}

type transport func(*http.Request)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t(r)
	return httptest.NewRecorder().Result(), nil
}
