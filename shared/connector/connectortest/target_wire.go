package connectortest

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// targetAct answers a request in place of the target, or passes it on.
type targetAct func(inner http.RoundTripper, req *http.Request) (*http.Response, error)

// targetWire is the way to a target, on which things can go wrong.
type targetWire struct {
	inner *http.Transport
	mu    sync.Mutex
	act   targetAct
	wrote bool // a request was none of GET
}

func newTargetWire(t *testing.T) *targetWire {
	t.Helper()
	w := &targetWire{inner: &http.Transport{}}
	t.Cleanup(w.inner.CloseIdleConnections)
	return w
}

// set makes all requests from now on meet the act; nil lets them pass.
func (w *targetWire) set(a targetAct) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.act = a
}

// takeWrote reports whether a request since the last call was none of GET.
func (w *targetWire) takeWrote() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrote := w.wrote
	w.wrote = false
	return wrote
}

// RoundTrip implements http.RoundTripper.
func (w *targetWire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	a := w.act
	w.wrote = w.wrote || req.Method != http.MethodGet
	w.mu.Unlock()
	if a == nil {
		return w.inner.RoundTrip(req)
	}
	return a(w.inner, req)
}

// answerWith gives every request an answer of the status, without a body that the system
// would understand. A redirect leads to a host that must not be called.
func answerWith(status int, retryAfter string) targetAct {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		header := http.Header{"Content-Type": {"text/plain"}}
		if retryAfter != "" {
			header.Set("Retry-After", retryAfter)
		}
		if status/100 == 3 {
			header.Set("Location", "https://elsewhere.invalid/")
		}
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return &http.Response{
			StatusCode: status, Header: header, Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Body: io.NopCloser(strings.NewReader("refused")),
		}, nil
	}
}

// refuseConnection sends every request to a closed port.
func refuseConnection(inner http.RoundTripper, req *http.Request) (*http.Response, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	astray := req.Clone(req.Context())
	astray.URL.Host = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return nil, err
	}
	return inner.RoundTrip(astray)
}

// cutAnswer lets every request take effect and loses the answer to the n-th.
func cutAnswer(n int) targetAct {
	var mu sync.Mutex
	seen := 0
	return func(inner http.RoundTripper, req *http.Request) (*http.Response, error) {
		mu.Lock()
		seen++
		cut := seen == n
		mu.Unlock()
		res, err := inner.RoundTrip(req)
		if err != nil || !cut {
			return res, err
		}
		_ = res.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
}
