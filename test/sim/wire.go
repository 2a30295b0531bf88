package sim

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strconv"
	"time"

	"causeway.example/shared/fault"
)

// wire carries the requests of one process to the vendor. Everything that can go wrong on the
// way goes wrong here, with each request of a delivery.
type wire struct{ client *vendorClient }

// RoundTrip implements http.RoundTripper.
func (t wire) RoundTrip(r *http.Request) (*http.Response, error) {
	c, w := t.client, t.client.target.world
	p, now := c.p, c.now
	switch {
	case p.dead || now == nil:
		return nil, errDead
	case !p.now.Before(now.until):
		return nil, context.DeadlineExceeded
	}
	serve, err := c.request(r)
	if err != nil {
		return nil, err
	}
	f := w.fate(call{p: p, op: now.op, name: now.name, event: now.event, attempt: now.attempt, kind: now.kind(), number: now.number()})
	c.nap(w.between(5*time.Millisecond, 100*time.Millisecond))
	if f.crash == before {
		return nil, c.dies()
	}
	c.hear(f)
	res, err := c.exchange(r, f, serve)
	w.note(p, "request", r.Method+" "+r.URL.Path+" "+answerText(res, err))
	if f.crash == after {
		return nil, c.dies()
	}
	return res, err
}

// exchange sends the request and returns the answer, as its fate says.
func (c *vendorClient) exchange(r *http.Request, f fate, serve func(late bool) *http.Response) (*http.Response, error) {
	slow := c.late(f)
	left := c.now.until.Sub(c.p.now)
	switch {
	case f.err != nil && !f.applied:
		c.nap(min(slow, left))
		return c.answer(r, f)
	case f.hang || slow >= left: // the request may arrive after its time is over
		wrote(r)
		if f.applied || !f.hang {
			c.target.world.after(slow, func() { serve(true) })
		}
		c.nap(left)
		return nil, context.DeadlineExceeded
	}
	c.nap(slow)
	wrote(r)
	res := serve(false)
	c.nap(c.target.world.between(5*time.Millisecond, 30*time.Millisecond))
	if f.err != nil {
		return c.answer(r, f)
	}
	return res, nil
}

// late is how long the request takes. One that takes effect after its caller gave up does so
// within the vendor's own timeout and linger instead of the model's.
func (c *vendorClient) late(f fate) time.Duration {
	if !f.hang {
		return f.slow
	}
	return time.Duration(float64(f.slow) * float64(c.profile.Timeout+c.profile.Linger) / float64(timeout+linger))
}

// request returns the request as the vendor gets it; serve has it take effect.
func (c *vendorClient) request(r *http.Request) (serve func(late bool) *http.Response, err error) {
	var body []byte
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	message, method, target, host, header := c.now.message, r.Method, r.URL.RequestURI(), r.URL.Host, http.Header{}
	for name, values := range r.Header { // as a server reads them
		header[http.CanonicalHeaderKey(name)] = values
	}
	return func(late bool) *http.Response {
		request := httptest.NewRequest(method, target, bytes.NewReader(body))
		request.Header, request.Host = header, host
		recorder := httptest.NewRecorder()
		c.target.world.stand.ServeHTTP(recorder, request)
		c.target.observe(message, late)
		return recorder.Result()
	}, nil
}

// hear notes the first request of a delivery, and that one which was asked to wait did wait.
func (c *vendorClient) hear(f fate) {
	now := c.now
	if now.op == opDeliver && !now.heard {
		c.target.hear(c.p, now.message, f)
	}
	now.heard = true
}

// nap lets virtual time pass, in any goroutine of the process.
func (c *vendorClient) nap(pause time.Duration) {
	p := c.p
	p.push(&event{at: p.now.Add(pause), process: p})
	if !p.advance(p) {
		<-p.resume
	}
}

// dies kills the process: its goroutine ends once the connector returns.
func (c *vendorClient) dies() error {
	c.p.dead = true
	return errDead
}

// answer is the failure of a fate as it comes over the wire.
func (c *vendorClient) answer(r *http.Request, f fate) (*http.Response, error) {
	failure := fault.As(f.err)
	if failure.Class == fault.Connection {
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
			trace.GetConn(r.URL.Host)
		}
		return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
	}
	wrote(r)
	if failure.Status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	c.p.named = c.p.now.Add(f.quiet)
	header := http.Header{"Content-Type": {"application/json"}}
	if failure.After > 0 {
		header.Set("Retry-After", strconv.Itoa(int((failure.After+time.Second-1)/time.Second)))
	}
	return &http.Response{StatusCode: failure.Status, Header: header, Body: io.NopCloser(bytes.NewReader([]byte("{}"))), Request: r}, nil
}

// wrote reports to the caller that the request has left.
func wrote(r *http.Request) {
	trace := httptrace.ContextClientTrace(r.Context())
	if trace == nil {
		return
	}
	if trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
}

func (e *errand) kind() string {
	if e.message == nil {
		return ""
	}
	return e.message.Type
}

func (e *errand) number() int {
	if e.message == nil {
		return 0
	}
	return numberOf(e.message)
}

func answerText(res *http.Response, err error) string {
	if err != nil {
		return err.Error()
	}
	return res.Status
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
