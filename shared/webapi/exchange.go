package webapi

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// ResponseLimit is how many bytes of an answer's body are read at most, inflated.
const ResponseLimit = 10 << 20

// answer is a Response and what kept its body from being complete.
type answer struct {
	Response
	broken error
}

var (
	errTooLarge = errors.New("the body passes the limit")
	errNetwork  = errors.New("the connection broke")
)

func exchange(transport http.RoundTripper, req *http.Request) (answer, error) {
	if err := req.Context().Err(); err != nil {
		return answer{}, unsent(err)
	}
	var p progress
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), p.trace()))
	res, err := transport.RoundTrip(req)
	if err != nil {
		return answer{}, p.fault(req.Method, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, ResponseLimit+1))
	if len(body) > ResponseLimit {
		body, err = nil, errTooLarge
	}
	return answer{Response{Status: res.StatusCode, Header: res.Header, Body: body}, err}, nil
}

// progress records how far a request got. Its hooks run on the transport's
// goroutines.
type progress struct {
	started atomic.Bool // the transport reports its steps at all
	written atomic.Bool // the headers were handed to a connection
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { p.started.Store(true) },
		WroteHeaders: func() { p.written.Store(true) },
	}
}

// fault takes a request for never sent only if the transport reports its steps and
// did not come to writing.
func (p *progress) fault(method string, err error) *fault.Error {
	if p.started.Load() && !p.written.Load() {
		return unsent(cause(err))
	}
	return unanswered(method, "no answer came", cause(err))
}

func unsent(err error) *fault.Error {
	return &fault.Error{
		Kind: fault.Unavailable, Class: fault.Connection,
		Detail: "the request did not reach the target", Err: err,
	}
}

// requestIDs are the headers in which vendors name a request, for their support.
var requestIDs = []string{"X-Request-Id", "X-N-Operationid", "X-Amzn-Requestid", "Cf-Ray"}

// note notes the call where the context says, if it wrote or failed. Only bodies that are JSON
// are kept of a request: a form may hold credentials.
func note(ctx context.Context, r Request, got Response, err error) {
	x := connector.ExchangeOf(ctx)
	if x == nil || err == nil && r.reads() {
		return
	}
	*x = connector.Exchange{Method: r.Method, Path: r.Path, Status: got.Status}
	for _, name := range requestIDs {
		if x.RequestID = got.Header.Get(name); x.RequestID != "" {
			break
		}
	}
	if err == nil {
		return
	}
	x.Answer = string(got.Body[:min(len(got.Body), mostNoted)])
	if len(r.Body) <= mostNoted && isJSON(r.Header.Get("Content-Type")) {
		x.Request = string(r.Body)
	}
}

// mostNoted bounds the bodies that are noted of a failure, which are shortened further.
const mostNoted = 256 << 10

// unanswered is the fault of a request that was sent and not answered in full.
func unanswered(method, detail string, err error) *fault.Error {
	class := fault.Ambiguous
	if method == http.MethodGet || method == http.MethodHead {
		class = fault.Intermittent
	}
	return &fault.Error{Kind: fault.Unavailable, Class: class, Detail: detail, Err: err}
}

// cause reduces a transport's error to what is known to repeat nothing of the answer:
// net/http quotes a malformed status line, header or chunk in its own errors.
func cause(err error) error {
	for _, typed := range []func(error) error{
		as[*net.DNSError], as[*tls.CertificateVerificationError], as[*net.OpError], as[flate.CorruptInputError],
	} {
		if e := typed(err); e != nil {
			return e
		}
	}
	for _, known := range []error{
		context.DeadlineExceeded, context.Canceled, io.ErrUnexpectedEOF, io.EOF, gzip.ErrHeader, gzip.ErrChecksum,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errNetwork
}

func as[E error](err error) error {
	if e, ok := errors.AsType[E](err); ok {
		return e
	}
	return nil
}

func (c *Client) judge(r Request, got answer) error {
	if got.Status < 200 || got.Status > 299 {
		return c.refused(r.Method, got)
	}
	if e := incomplete(r, got); e != nil {
		e.Status = got.Status
		return e
	}
	return nil
}

func (c *Client) refused(method string, got answer) error {
	e := classify(method, got.Response, c.config.Now())
	if got.broken != nil && !errors.Is(got.broken, errTooLarge) {
		e.Err = cause(got.broken)
	}
	if c.config.Classify != nil {
		e = c.config.Classify(got.Response, e)
	}
	if e == nil {
		return nil
	}
	return e
}

// incomplete says what an answer of 200 to 299 lacks. One too large to read is not
// sent for again: it would be as large, and a write has taken effect.
func incomplete(r Request, got answer) *fault.Error {
	switch {
	case errors.Is(got.broken, errTooLarge):
		return &fault.Error{Kind: fault.Rejected, Class: fault.TooLarge, Detail: "the answer's body passes 10 MiB"}
	case got.broken != nil:
		return unanswered(r.Method, "the answer broke off", cause(got.broken))
	case !r.WantJSON:
		return nil
	case !isJSON(got.Header.Get("Content-Type")):
		return unanswered(r.Method, "the answer's content type is not JSON", nil)
	case !json.Valid(got.Body):
		return unanswered(r.Method, "the answer's body is not valid JSON", nil)
	}
	return nil
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}
