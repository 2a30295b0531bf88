package cloudtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ErrConnection is what a client sees of an answer that was lost.
var ErrConnection = errors.New("cloudtest: connection reset by peer")

// Transport returns a transport that calls the server without a network, so that
// clients work inside a synctest bubble. A cancelled request ends as over a socket.
func (s *Server) Transport() http.RoundTripper { return transport{handler: s} }

type transport struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	defer inner.Body.Close() //nolint:errcheck // as a transport does; the request is done with
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, broken(p)
		}
	}()
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, inner)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.response(r), nil
}

// broken turns the handler's way to cut a connection into the client's error.
func broken(p any) error {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return ErrConnection
	}
	panic(p)
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header            { return w.header }
func (w *recorder) WriteHeader(status int)         { w.status = status }
func (w *recorder) Write(data []byte) (int, error) { return w.body.Write(data) }

func (w *recorder) response(r *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Request: r,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
}
