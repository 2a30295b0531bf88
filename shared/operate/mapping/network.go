package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"

	"causeway.example/shared/webapi"
)

// Request is a request that would change something at a system. It was not sent.
type Request struct {
	Method string
	Path   string // with the query, as it would be sent
	Body   []byte
}

// network is the network of a connector that is studied. A request that only reads is sent, the
// first time; the same or a similar one gets the same answer in experiments. A request that
// would change something is recorded and never sent: its answer is 204.
type network struct {
	inner http.RoundTripper

	mu       sync.Mutex
	closed   bool              // nothing is sent any more: experiments
	answers  map[string]answer // by method, address and body
	similar  map[string]answer // by method and path, and without the last part of the path
	found    map[string]answer // by path
	requests []Request
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

var errNotAsked = errors.New("an experiment asks for what was not read before")

func newNetwork(inner http.RoundTripper) *network {
	return &network{inner: inner, answers: map[string]answer{}, similar: map[string]answer{}, found: map[string]answer{}}
}

// experiments ends the sending.
func (n *network) experiments() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
}

// recorded returns the requests since the last call.
func (n *network) recorded() []Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.requests
	n.requests = nil
	return all
}

// has returns the value of a field of a record that was read beside the one that a request is
// made to, "" if there is none.
func (n *network) has(request, field string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	request, _, _ = strings.Cut(request, "?")
	for at, got := range n.found {
		if path.Dir(at) != path.Dir(request) {
			continue
		}
		if record, err := read(got.body); err == nil && record.text[field] != "" {
			return record.text[field]
		}
	}
	return ""
}

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !webapi.OnlyReads(r) {
		n.requests = append(n.requests, Request{r.Method, r.URL.RequestURI(), body})
		return answer{status: http.StatusNoContent}.response(r), nil
	}
	exact, similar := r.Method+" "+r.URL.String()+"\n"+string(body), r.Method+" "+r.URL.Host+r.URL.Path
	if known, ok := n.answers[exact]; ok {
		return known.response(r), nil
	}
	for _, alike := range []string{similar, path.Dir(similar)} {
		if known, ok := n.similar[alike]; ok && n.closed {
			return known.response(r), nil
		}
	}
	if n.closed {
		return nil, errNotAsked
	}
	got, err := n.ask(r, body)
	if err != nil {
		return nil, err
	}
	n.answers[exact], n.similar[similar], n.similar[path.Dir(similar)] = got, got, got
	if got.status == http.StatusOK {
		n.found[r.URL.Path] = got
	}
	return got.response(r), nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer func() { _ = r.Body.Close() }() // it is in memory
	return io.ReadAll(r.Body)
}

func (n *network) ask(r *http.Request, body []byte) (answer, error) {
	asked := r.Clone(r.Context())
	asked.Body = io.NopCloser(bytes.NewReader(body))
	response, err := n.inner.RoundTrip(asked)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // what was read counts
	text, err := io.ReadAll(io.LimitReader(response.Body, webapi.ResponseLimit+1))
	if err != nil {
		return answer{}, fmt.Errorf("reading the answer: %w", err)
	}
	return answer{response.StatusCode, response.Header, text}, nil
}

func (a answer) response(r *http.Request) *http.Response {
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
}
