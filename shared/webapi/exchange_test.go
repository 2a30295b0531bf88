package webapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// mustHijack takes the connection away from the server, so that the test decides what
// goes over it.
func mustHijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	return conn
}

func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn := mustHijack(w)
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

func packed(text string) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

func respond(status int, contentType, coding string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		if coding != "" {
			w.Header().Set("Content-Encoding", coding)
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

// TestAmbiguity breaks the exchange after the request was sent: what may change
// something is ambiguous, what only reads is not.
func TestAmbiguity(t *testing.T) {
	t.Parallel()
	const asJSON = "application/json"
	zipped := packed(`{"id":"` + strings.Repeat("1", 500) + `"}`)
	badSum := bytes.Clone(zipped)
	badSum[len(badSum)-6] ^= 0xff
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		status  int // 0: no answer
		cause   error
	}{
		"closed without an answer": {raw(""), 0, io.EOF},
		"closed within the head":   {raw("HTTP/1.1 200 OK\r\nContent-Ty"), 0, nil},
		"malformed status line":    {raw("HTTP/1.1 canary\r\n\r\n"), 0, nil},
		"malformed header":         {raw("HTTP/1.1 200 OK\r\ncanary canary\r\n\r\n"), 0, nil},
		"body cut short":           {raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"canary\":1}"), 200, io.ErrUnexpectedEOF},
		"chunk malformed":          {raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\ncanary"), 200, nil},
		"gzip cut short":           {respond(200, asJSON, "gzip", zipped[:len(zipped)-9]), 200, io.ErrUnexpectedEOF},
		"gzip checksum":            {respond(200, asJSON, "gzip", badSum), 200, gzip.ErrChecksum},
		"gzip in name only":        {respond(200, asJSON, "gzip", []byte(`{"canary":"0123456789"}`)), 200, gzip.ErrHeader},
		"gzip, damaged inside":     {respond(200, asJSON, "gzip", append(bytes.Clone(zipped[:10]), "canary canary canary"...)), 200, nil},
		"unknown coding":           {respond(200, asJSON, "br", []byte("canary")), 200, nil},
		"HTML":                     {respond(200, "text/html; charset=utf-8", "", []byte("<p>canary</p>")), 200, nil},
		"HTML that says JSON":      {respond(200, asJSON, "", []byte("<p>canary</p>")), 200, nil},
		"JSON that says text":      {respond(200, "text/plain", "", []byte(`{"canary":1}`)), 200, nil},
		"no content type":          {raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), 200, nil},
		"empty":                    {respond(200, asJSON, "", nil), 200, nil},
		"no content":               {respond(204, asJSON, "", nil), 204, nil},
		"truncated JSON":           {respond(201, asJSON, "", []byte(`{"canary":`)), 201, nil},
		"two documents":            {respond(200, asJSON, "", []byte(`{} {}`)), 200, nil},
		"interim answer, then end": {raw("HTTP/1.1 102 Processing\r\n\r\n"), 0, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mustServe(t, tc.handler)
			for method, class := range map[string]fault.Class{
				http.MethodPost: fault.Ambiguous, http.MethodDelete: fault.Ambiguous, http.MethodGet: fault.Intermittent,
			} {
				client := mustNew(t, webapi.Config{BaseURL: server.URL})
				r := webapi.Request{Method: method, WantJSON: true, Doing: "calling target"}
				_, err := client.Do(t.Context(), r)
				wantFault(t, err, fault.Unavailable, class)
				if tc.cause != nil && !errors.Is(err, tc.cause) {
					t.Errorf("%s: %v does not lead back to %v", method, err, tc.cause)
				}
				if fault.As(err).Status != tc.status || strings.Contains(err.Error(), "canary") {
					t.Errorf("%s: status %d, error %v", method, fault.As(err).Status, err)
				}
			}
		})
	}
}

// TestGivenUpWhileWaiting ends the caller's patience at the moment when the target has
// the request, or the beginning of the answer is out.
func TestGivenUpWhileWaiting(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{"for the answer": "", "for its body": "{"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(w, begin)
				if begin != "" {
					_ = http.NewResponseController(w).Flush()
				}
				cancel()
				<-r.Context().Done()
			})
			_, err := mustNew(t, webapi.Config{BaseURL: server.URL}).Do(ctx, post("/"))
			wantFault(t, err, fault.Unavailable, fault.Ambiguous)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v does not lead back to the caller", err)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for configured, want := range map[time.Duration]time.Duration{0: webapi.DefaultTimeout, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			silent := roundTrip(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			begin := time.Now()
			config := webapi.Config{BaseURL: "https://api.example.com", Transport: silent, Timeout: configured}
			_, err := mustNew(t, config).Do(t.Context(), post("/"))
			if got := time.Since(begin); got != want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("gave up after %v with %v, want %v", got, err, want)
			}
		})
	}
}

// TestNeverReached breaks the exchange before the request is sent; the class says so
// even for a request that would change something.
func TestNeverReached(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, called *atomic.Int32) (baseURL string, transport *http.Transport)
	}{
		"port closed":           {closedPort},
		"name unknown":          {unknownName},
		"certificate of nobody": {func(t *testing.T, called *atomic.Int32) (string, *http.Transport) { return tlsServer(t, called, nil) }},
		"only TLS 1.1 offered": {func(t *testing.T, called *atomic.Int32) (string, *http.Transport) {
			return tlsServer(t, called, oldTLS)
		}},
		"certificate, other host": {otherHost},
		"no TLS where it is due":  {plainServer},
		"hangs while it connects": {hangingDial},
		"hangs in the handshake":  {hangingHandshake},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var called atomic.Int32
			base, transport := tc.prepare(t, &called)
			t.Cleanup(transport.CloseIdleConnections)
			client := mustNew(t, webapi.Config{BaseURL: base, Transport: transport, Timeout: 200 * time.Millisecond})
			_, err := client.Do(t.Context(), post("/orders"))
			wantFault(t, err, fault.Unavailable, fault.Connection)
			if called.Load() != 0 {
				t.Error("the target saw a request")
			}
		})
	}
}

func closedPort(t *testing.T, _ *atomic.Int32) (string, *http.Transport) {
	listener := mustListen(t)
	_ = listener.Close()
	return "http://" + listener.Addr().String(), webapi.NewTransport()
}

func mustListen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

func unknownName(*testing.T, *atomic.Int32) (string, *http.Transport) {
	transport := webapi.NewTransport()
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}}
	}
	return "https://api.example.com", transport
}

func oldTLS(config *tls.Config) { config.MaxVersion = tls.VersionTLS11 }

// tlsServer has a certificate that no client trusts.
func tlsServer(t *testing.T, called *atomic.Int32, change func(*tls.Config)) (string, *http.Transport) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	transport := webapi.NewTransport()
	if change != nil {
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10}
		change(server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	if change != nil {
		transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
	return server.URL, transport
}

// otherHost reaches a trusted server under a name that its certificate lacks.
func otherHost(t *testing.T, called *atomic.Int32) (string, *http.Transport) {
	base, transport := tlsServer(t, called, func(*tls.Config) {})
	address := strings.TrimPrefix(base, "https://")
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return "https://api.other.test", transport
}

func plainServer(t *testing.T, called *atomic.Int32) (string, *http.Transport) {
	server := mustServe(t, func(http.ResponseWriter, *http.Request) { called.Add(1) })
	return strings.Replace(server.URL, "http:", "https:", 1), webapi.NewTransport()
}

func hangingDial(*testing.T, *atomic.Int32) (string, *http.Transport) {
	transport := webapi.NewTransport()
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return "https://api.example.com", transport
}

// hangingHandshake accepts at the kernel and never says a word of TLS.
func hangingHandshake(t *testing.T, _ *atomic.Int32) (string, *http.Transport) {
	return "https://" + mustListen(t).Addr().String(), webapi.NewTransport()
}

func TestTLSThatIsInOrder(t *testing.T) {
	t.Parallel()
	var called atomic.Int32
	base, transport := tlsServer(t, &called, func(*tls.Config) {})
	t.Cleanup(transport.CloseIdleConnections)
	if _, err := mustNew(t, webapi.Config{BaseURL: base, Transport: transport}).Do(t.Context(), post("/")); err != nil || called.Load() != 1 {
		t.Errorf("err = %v after %d calls", err, called.Load())
	}
}

func TestCallerGaveUpBeforehand(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := mustNew(t, webapi.Config{BaseURL: "https://api.example.com"}).Do(ctx, post("/"))
	wantFault(t, err, fault.Unavailable, fault.Connection)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is lost: %v", err)
	}
}

// TestTransportThatTellsNothing must not be taken for one that sent nothing.
func TestTransportThatTellsNothing(t *testing.T) {
	t.Parallel()
	silent := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("canary") })
	_, err := mustNew(t, webapi.Config{BaseURL: "https://api.example.com", Transport: silent}).Do(t.Context(), post("/"))
	wantFault(t, err, fault.Unavailable, fault.Ambiguous)
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("an unknown error is repeated: %v", err)
	}
}

func TestBodySize(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status, size int
		coding       string
		kind         fault.Kind
		class        fault.Class
	}{
		"at the limit":         {200, webapi.ResponseLimit, "", 0, ""},
		"one byte over":        {200, webapi.ResponseLimit + 1, "", fault.Rejected, fault.TooLarge},
		"gzip bomb":            {200, webapi.ResponseLimit + 1, "gzip", fault.Rejected, fault.TooLarge},
		"a failure's own size": {503, webapi.ResponseLimit + 1, "", fault.Unavailable, fault.Intermittent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := make([]byte, tc.size)
			if tc.coding != "" {
				body = packed(string(body))
			}
			server := mustServe(t, respond(tc.status, "application/octet-stream", tc.coding, body))
			got, err := mustNew(t, webapi.Config{BaseURL: server.URL}).Do(t.Context(), post("/"))
			if tc.class == "" {
				if err != nil || len(got.Body) != tc.size {
					t.Errorf("%d bytes, %v", len(got.Body), err)
				}
				return
			}
			wantFault(t, err, tc.kind, tc.class)
			if len(got.Body) != 0 {
				t.Errorf("%d bytes of a body too large were returned", len(got.Body))
			}
		})
	}
}

func TestFailureWhoseBodyBreaksOff(t *testing.T) {
	t.Parallel()
	server := mustServe(t, raw("HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 99\r\n\r\ncut"))
	_, err := mustNew(t, webapi.Config{BaseURL: server.URL}).Do(t.Context(), post("/"))
	wantFault(t, err, fault.Throttled, fault.RateLimit)
	if fault.As(err).After != 3*time.Second || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("fault = %+v", fault.As(err))
	}
}

func TestJSONInOrder(t *testing.T) {
	t.Parallel()
	for i, contentType := range []string{
		"application/json", "application/json;charset=UTF-8", "application/vnd.oracle.resource+json; type=error",
		"application/problem+json", "Application/JSON; charset",
	} {
		server := mustServe(t, respond(200, contentType, "", []byte(strconv.Itoa(i))))
		got, err := mustNew(t, webapi.Config{BaseURL: server.URL}).Do(t.Context(), webapi.Request{Method: http.MethodPost, WantJSON: true})
		if err != nil || string(got.Body) != strconv.Itoa(i) {
			t.Errorf("%s: %q, %v", contentType, got.Body, err)
		}
	}
}

func TestErrorsHoldNoQuery(t *testing.T) {
	t.Parallel()
	base, transport := closedPort(t, nil)
	_, err := mustNew(t, webapi.Config{BaseURL: base, Transport: transport}).Do(t.Context(), webapi.Request{
		Method: http.MethodPost, Query: map[string][]string{"token": {"canary"}}, Doing: "posting",
	})
	wantFault(t, err, fault.Unavailable, fault.Connection)
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the query is in the error: %v", err)
	}
}
