package webapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

var clock = time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)

func now() time.Time { return clock }

// mustServe starts a quiet server on loopback that ends with the test.
func mustServe(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// mustNew fills in what the test does not care about.
func mustNew(t testing.TB, config webapi.Config) *webapi.Client {
	t.Helper()
	if config.Transport == nil {
		transport := webapi.NewTransport()
		t.Cleanup(transport.CloseIdleConnections)
		config.Transport = transport
	}
	if config.Now == nil {
		config.Now = now
	}
	client, err := webapi.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func post(path string) webapi.Request {
	return webapi.Request{Method: http.MethodPost, Path: path, Body: []byte(`{"id":1}`), Doing: "posting order 1 to target"}
}

func TestRequestAsTheTargetSeesIt(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	var body []byte
	server := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Clone(r.Context())
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/vnd.api+json; charset=utf-8")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"ok":true}`)
	})
	client := mustNew(t, webapi.Config{
		BaseURL: server.URL + "/api/v1/",
		Authorize: func(r *http.Request) error {
			r.Header.Set("Authorization", "OAuth "+r.Method)
			r.Header["Idempotency-Key"][0] += "\tsigned"
			return nil
		},
	})
	header := http.Header{"Idempotency-Key": {"k1"}}
	got, err := client.Do(t.Context(), webapi.Request{
		Method: http.MethodPut, Path: "/salesOrder/eid:shop%2F1001", Query: url.Values{"q": {"a b&c"}},
		Header: header, Body: []byte("{}"), WantJSON: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != 201 || string(got.Body) != `{"ok":true}` || got.Header.Get("Content-Type") == "" {
		t.Errorf("response = %+v", got)
	}
	for what, pair := range map[string][2]string{
		"method":          {seen.Method, "PUT"},
		"target":          {seen.RequestURI, "/api/v1/salesOrder/eid:shop%2F1001?q=a+b%26c"},
		"user agent":      {seen.UserAgent(), "causeway/1"},
		"authorization":   {seen.Header.Get("Authorization"), "OAuth PUT"},
		"idempotency key": {seen.Header.Get("Idempotency-Key"), "k1\tsigned"},
		"accept":          {seen.Header.Get("Accept"), "application/json"},
		"body":            {string(body), "{}"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %q, want %q", what, pair[0], pair[1])
		}
	}
	if len(header) != 1 || header.Get("Idempotency-Key") != "k1" {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	insecure, old := webapi.NewTransport(), webapi.NewTransport()
	insecure.TLSClientConfig.InsecureSkipVerify = true
	old.TLSClientConfig.MinVersion = 0x0301
	good := webapi.Config{BaseURL: "https://api.example.com/v1", Transport: webapi.NewTransport(), Now: now}
	for name, change := range map[string]func(*webapi.Config){
		"plain http":            func(c *webapi.Config) { c.BaseURL = "http://api.example.com" },
		"http to a private net": func(c *webapi.Config) { c.BaseURL = "http://10.0.0.1" },
		"a host like loopback":  func(c *webapi.Config) { c.BaseURL = "http://localhost.example.com" },
		"other scheme":          func(c *webapi.Config) { c.BaseURL = "ftp://localhost" },
		"no scheme":             func(c *webapi.Config) { c.BaseURL = "api.example.com" },
		"no host":               func(c *webapi.Config) { c.BaseURL = "https:///v1" },
		"port without a host":   func(c *webapi.Config) { c.BaseURL = "https://:443/v1" },
		"password in the URL":   func(c *webapi.Config) { c.BaseURL = "https://u:canary@api.example.com" },
		"query in the URL":      func(c *webapi.Config) { c.BaseURL = "https://api.example.com?key=canary" },
		"unreadable":            func(c *webapi.Config) { c.BaseURL = "https://canary:x y@[" },
		"empty":                 func(c *webapi.Config) { c.BaseURL = "" },
		"no clock":              func(c *webapi.Config) { c.Now = nil },
		"no transport":          func(c *webapi.Config) { c.Transport = nil },
		"certificates unproven": func(c *webapi.Config) { c.Transport = insecure },
		"TLS 1.0":               func(c *webapi.Config) { c.Transport = old },
		"negative timeout":      func(c *webapi.Config) { c.Timeout = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := good
			change(&config)
			_, err := webapi.New(config)
			if err == nil || fault.As(err).Class != fault.Config || strings.Contains(err.Error(), "canary") {
				t.Errorf("New = %v, want an error of class config without the secret", err)
			}
		})
	}
	for _, base := range []string{
		"https://api.example.com", "https://api.example.com:/v1/", "http://127.0.0.1:80", "http://[::1]:80", "http://localhost:8080/x",
	} {
		config := good
		config.BaseURL = base
		if _, err := webapi.New(config); err != nil {
			t.Errorf("New(%s) = %v", base, err)
		}
	}
}

func TestRequestsThatAreNeverSent(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := mustServe(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	for name, tc := range map[string]struct {
		request   webapi.Request
		authorize func(*http.Request) error
		kind      fault.Kind
		class     fault.Class
	}{
		"absolute URL":         {post("https://evil.example/x"), nil, fault.Rejected, fault.Value},
		"other authority":      {post("//evil.example/x"), nil, fault.Rejected, fault.Value},
		"escaped authority":    {post("/%2Fevil.example/x"), nil, fault.Rejected, fault.Value},
		"user info trick":      {post("@evil.example/x"), nil, fault.Rejected, fault.Value},
		"host suffix trick":    {post(".evil.example/x"), nil, fault.Rejected, fault.Value},
		"step out of the base": {post("/orders/../admin"), nil, fault.Rejected, fault.Value},
		"escaped step out":     {post("/orders/%2e%2E%2fadmin"), nil, fault.Rejected, fault.Value},
		"query in the path":    {post("/orders?token=x"), nil, fault.Rejected, fault.Value},
		"fragment":             {post("/orders#x"), nil, fault.Rejected, fault.Value},
		"bad escape":           {post("/orders/%zz"), nil, fault.Rejected, fault.Value},
		"line break in an id": {
			webapi.Request{Method: http.MethodPost, Header: http.Header{"Idempotency-Key": {"1\r\nX: y"}}, Doing: "x"},
			nil, fault.Rejected, fault.Value,
		},
		"delete character in an id": {
			webapi.Request{Method: http.MethodPost, Header: http.Header{"Idempotency-Key": {"1", "\x7f"}}, Doing: "x"},
			nil, fault.Rejected, fault.Value,
		},
		"impossible method": {webapi.Request{Method: "GE T", Doing: "x"}, nil, fault.Unknown, fault.Bug},
		"line break in a secret": {
			post("/"), func(r *http.Request) error { r.Header.Set("Authorization", "s\n"); return nil },
			fault.Unauthorized, fault.Config,
		},
		"authorizing moves the URL":  {post("/"), func(r *http.Request) error { r.URL.Host = "evil.example"; return nil }, fault.Unauthorized, fault.Config},
		"authorizing leaves http":    {post("/"), func(r *http.Request) error { r.URL.Scheme = "https"; return nil }, fault.Unauthorized, fault.Config},
		"authorizing moves the host": {post("/"), func(r *http.Request) error { r.Host = "evil.example"; return nil }, fault.Unauthorized, fault.Config},
		"authorizing fails":          {post("/"), func(*http.Request) error { return errors.New("no key") }, fault.Unauthorized, fault.Auth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := mustNew(t, webapi.Config{BaseURL: server.URL + "/v1", Authorize: tc.authorize})
			_, err := client.Do(t.Context(), tc.request)
			wantFault(t, err, tc.kind, tc.class)
			if calls.Load() != 0 {
				t.Error("the request was sent")
			}
		})
	}
}

func wantFault(t *testing.T, err error, kind fault.Kind, class fault.Class) {
	t.Helper()
	e := fault.As(err)
	if e == nil {
		t.Fatalf("no error, want %v/%s", kind, class)
	}
	if e.Kind != kind || e.ClassOrDefault() != class || e.Doing == "" {
		t.Errorf("fault = %v/%s doing %q (%v), want %v/%s", e.Kind, e.ClassOrDefault(), e.Doing, e, kind, class)
	}
}

func TestPathsThatStayUnderTheBase(t *testing.T) {
	t.Parallel()
	server := mustServe(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) })
	for path, want := range map[string]string{
		"":                               "/a%2Fb",
		"/":                              "/a%2Fb/",
		"/salesOrders(1f)/lines":         "/a%2Fb/salesOrders(1f)/lines",
		"/!transform/salesOrder":         "/a%2Fb/!transform/salesOrder",
		"/eid:x%2Fy":                     "/a%2Fb/eid:x%2Fy",
		"/..hidden/v1...":                "/a%2Fb/..hidden/v1...",
		"/" + url.PathEscape("Ü 50 %?#"): "/a%2Fb/%C3%9C%2050%20%25%3F%23",
	} {
		client := mustNew(t, webapi.Config{BaseURL: server.URL + "/a%2Fb"})
		got, err := client.Do(t.Context(), webapi.Request{Method: http.MethodGet, Path: path})
		if err != nil || string(got.Body) != want {
			t.Errorf("path %q reached %q (%v), want %q", path, got.Body, err, want)
		}
	}
}

func FuzzPath(f *testing.F) {
	var host, uri atomic.Value
	client := mustNew(f, webapi.Config{
		BaseURL: "https://api.example.com:/v1", // an empty port is none
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			host.Store(r.URL.Host + " " + r.Host)
			uri.Store(r.URL.RequestURI())
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		}),
	})
	for _, seed := range []string{"/orders/1", "//evil", "%2f", "@evil", "/..", "/%2e%2e/", "/%2f%2f", "\\evil", "/?#", "/a\x00b"} {
		f.Add(seed)
	}
	if _, err := client.Do(f.Context(), webapi.Request{Method: http.MethodGet}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if _, err := client.Do(t.Context(), webapi.Request{Method: http.MethodGet, Path: path}); err != nil {
			return
		}
		sent := uri.Load().(string)
		if host.Load() != "api.example.com api.example.com" || sent != "/v1" && !strings.HasPrefix(sent, "/v1/") {
			t.Errorf("path %q went to %s %s", path, host.Load(), sent)
		}
		if strings.ContainsAny(sent, "?# \r\n") || strings.Contains(sent, "/../") || strings.HasSuffix(sent, "/..") {
			t.Errorf("path %q was sent as %q", path, sent)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func ExampleClient_Do() {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"code":"CONCURRENCY_LIMIT_EXCEEDED"}`)
	}))
	defer target.Close()
	client, err := webapi.New(webapi.Config{
		BaseURL: target.URL, Transport: webapi.NewTransport(), Now: time.Now,
		Classify: func(r webapi.Response, e *fault.Error) *fault.Error {
			if strings.Contains(string(r.Body), "CONCURRENCY_LIMIT_EXCEEDED") {
				e.Code = "CONCURRENCY_LIMIT_EXCEEDED"
			}
			return e
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Do(context.Background(), webapi.Request{Method: http.MethodPost, Path: "/orders", Doing: "posting order 1001 to netsuite"})
	fmt.Println(err)
	fmt.Println(fault.KindOf(err), fault.As(err).After)
	// Output:
	// posting order 1001 to netsuite: 429 CONCURRENCY_LIMIT_EXCEEDED
	// throttled 30s
}

func TestATransportMayBeInUseWhenAClientIsMade(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	transport := &http.Transport{ForceAttemptHTTP2: true} // no TLS settings: it makes them at its first request
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			client, err := webapi.New(webapi.Config{BaseURL: server.URL, Transport: transport, Now: time.Now})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := client.Do(t.Context(), webapi.Request{Method: http.MethodGet, Path: "/", Doing: "asking"}); err != nil {
				t.Error(err)
			}
		})
	}
	users.Wait()
}
