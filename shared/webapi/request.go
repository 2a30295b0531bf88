package webapi

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"causeway.example/shared/fault"
)

// Request is one call.
type Request struct {
	Method string // one of net/http's Method constants
	Path   string // appended to the base URL, already escaped, beginning with "/"; or empty. No query, no "." or ".." segments
	Query  url.Values
	Header http.Header // Content-Type, Idempotency-Key and the like; never credentials
	Body   []byte
	Doing  string // what is being attempted, with ids: "posting order 1001 to netsuite"

	// Reads says of a POST that it changes nothing, as a query in its body.
	Reads bool

	// WantJSON demands that an answer of 200 to 299 holds valid JSON and says so in its
	// Content-Type. A 204 then counts as no answer.
	WantJSON bool
}

// Response is the target's answer with its whole body, inflated.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // at most ResponseLimit
}

func (r Request) reads() bool {
	return r.Reads || r.Method == http.MethodGet || r.Method == http.MethodHead
}

type readsKey struct{}

// OnlyReads reports whether a request, as a transport gets it, changes nothing: by its method,
// or because its Request said so.
func OnlyReads(req *http.Request) bool {
	return Request{Method: req.Method, Reads: req.Context().Value(readsKey{}) != nil}.reads()
}

func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil {
		return nil, misconfigured("BaseURL", "it is not a URL", withoutURL(err))
	}
	switch {
	case base.Hostname() == "":
		return nil, misconfigured("BaseURL", "it names no host", nil)
	case base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())):
		return nil, misconfigured("BaseURL", "it must be https, or http on loopback", nil)
	case base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, misconfigured("BaseURL", "only scheme, host and path belong there", nil)
	}
	base.Host = strings.TrimSuffix(base.Host, ":") // net/http drops an empty port too
	return base, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// withoutURL drops the address that a *url.Error repeats, which may hold a secret.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// target puts the path behind the base's. Only the path and query of a copy of the
// base are set, so that no text in them can reach another host.
func (c *Client) target(r Request) (*url.URL, error) {
	path, err := url.PathUnescape(r.Path)
	if err != nil {
		return nil, badPath("it is wrongly escaped", err)
	}
	switch {
	case r.Path != "" && r.Path[0] != '/', strings.HasPrefix(path, "//"):
		return nil, badPath("it must begin with one slash", nil)
	case strings.ContainsAny(r.Path, "?#"):
		return nil, badPath("query and fragment do not belong there", nil)
	case slices.ContainsFunc(strings.Split(path, "/"), dots):
		return nil, badPath("it must not step out of the base URL", nil)
	}
	u := *c.base
	u.Path = strings.TrimSuffix(c.base.Path, "/") + path
	u.RawPath = strings.TrimSuffix(c.base.EscapedPath(), "/") + r.Path
	u.RawQuery = r.Query.Encode()
	return &u, nil
}

func dots(segment string) bool { return segment == "." || segment == ".." }

func badPath(detail string, err error) *fault.Error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Value, Field: "path", Detail: detail, Err: err}
}

func (c *Client) build(ctx context.Context, r Request) (*http.Request, error) {
	target, err := c.target(r)
	if err != nil {
		return nil, err
	}
	if err := checkHeader(r.Header, fault.Rejected, fault.Value); err != nil {
		return nil, err
	}
	if r.Reads {
		ctx = context.WithValue(ctx, readsKey{}, true)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unknown, Detail: "the request cannot be built", Err: withoutURL(err)}
	}
	addHeader(req.Header, r)
	return req, nil
}

func addHeader(header http.Header, r Request) {
	if r.WantJSON {
		header.Set("Accept", "application/json")
	}
	maps.Copy(header, r.Header.Clone())
	header.Set("User-Agent", UserAgent)
}

// checkHeader finds what net/http would refuse later and less clearly: an id with a
// line break in it is the message's fault, a credential with one is ours.
func checkHeader(header http.Header, kind fault.Kind, class fault.Class) error {
	for name, values := range header {
		if slices.ContainsFunc(values, hasControl) {
			return &fault.Error{Kind: kind, Class: class, Field: "header " + name, Detail: "it holds a control character"}
		}
	}
	return nil
}

func hasControl(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
