package webapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"causeway.example/shared/fault"
)

// UserAgent is sent with every request.
const UserAgent = "causeway/1"

// DefaultTimeout bounds one request, its answer's body included, unless Config names
// another time.
const DefaultTimeout = 30 * time.Second

// Config says whom a Client calls and how. BaseURL, Transport and Now are required.
type Config struct {
	BaseURL   string            // scheme, host and an optional path that every request's path is appended to; http only for loopback
	Transport http.RoundTripper // usually one of NewTransport, shared by all clients
	Now       func() time.Time  // the clock against which a Retry-After date is read
	Timeout   time.Duration     // for one request; 0 means DefaultTimeout

	// Authorize puts credentials on a request that is otherwise complete, such as an
	// OAuth 1.0a signature. It must not change the host, and its error, which operators
	// read, must not hold a secret. Nil if there is nothing to add.
	Authorize func(*http.Request) error

	// Tokens supplies access tokens; it is applied before Authorize. Nil if the system
	// uses none.
	Tokens *TokenSource

	// Classify refines the fault that the status alone led to, by reading the vendor's
	// own error body: its code, the field at fault, another kind. It is called for every
	// answer outside 200 to 299 and must not put the body's text into the fault. Nil
	// returned means that the answer is a success; a nil Classify changes nothing.
	Classify func(Response, *fault.Error) *fault.Error
}

// Client calls one host. It is safe for concurrent use if the functions of its Config
// are.
type Client struct {
	config Config
	base   *url.URL
}

// New checks the configuration and returns a Client. It opens no connection.
func New(config Config) (*Client, error) {
	base, err := parseBase(config.BaseURL)
	if err != nil {
		return nil, err
	}
	if config.Now == nil {
		return nil, misconfigured("Now", "a clock is needed", nil)
	}
	if config.Timeout < 0 {
		return nil, misconfigured("Timeout", "it must not be negative", nil)
	}
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	if err := checkTransport(config.Transport); err != nil {
		return nil, err
	}
	return &Client{config: config, base: base}, nil
}

func misconfigured(field, detail string, err error) *fault.Error {
	return &fault.Error{
		Kind: fault.Invalid, Class: fault.Config, Field: field,
		Doing: "preparing a web API client", Detail: detail, Err: err,
	}
}

// Do sends the request once and returns the target's answer. An answer outside 200 to
// 299 is returned together with its fault, so that the caller may look into it. A 401
// is tried a second time with a fresh token if the client has a TokenSource.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	got, token, err := c.attempt(ctx, r)
	if err == nil && got.Status == http.StatusUnauthorized && c.config.Tokens != nil {
		c.config.Tokens.Invalidate(token)
		got, _, err = c.attempt(ctx, r)
	}
	if err == nil {
		err = c.judge(r, got)
	}
	note(ctx, r, got.Response, err)
	return got.Response, fault.Doing(r.Doing, err)
}

func (c *Client) attempt(ctx context.Context, r Request) (answer, string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	req, err := c.build(ctx, r)
	if err != nil {
		return answer{}, "", err
	}
	token, err := c.authorize(req)
	if err != nil {
		return answer{}, "", err
	}
	got, err := exchange(c.config.Transport, req)
	return got, token, err
}

func (c *Client) authorize(req *http.Request) (token string, err error) {
	if c.config.Tokens != nil {
		if token, err = c.config.Tokens.apply(req); err != nil {
			return "", credentialFault(err)
		}
	}
	if c.config.Authorize != nil {
		if err := c.config.Authorize(req); err != nil {
			return "", credentialFault(err)
		}
	}
	if req.URL.Scheme != c.base.Scheme || req.URL.Host != c.base.Host || req.Host != c.base.Host {
		return "", &fault.Error{Kind: fault.Unauthorized, Class: fault.Config, Detail: "authorizing changed the host"}
	}
	return token, checkHeader(req.Header, fault.Unauthorized, fault.Config)
}

// credentialFault keeps what is wrong with our credentials from being held against the
// message: a token endpoint answers 400 for a wrong secret (RFC 6749 section 5.2),
// which would otherwise dead-letter every message. The request itself was not sent, so
// nothing is ambiguous.
func credentialFault(err error) error {
	inner := fault.As(err)
	e := &fault.Error{Kind: fault.Unauthorized, Class: fault.Auth, After: inner.After, Detail: "no credentials to send", Err: err}
	switch inner.Kind {
	case fault.Unauthorized, fault.Throttled, fault.Unavailable:
		e.Kind, e.Class = inner.Kind, inner.ClassOrDefault()
	}
	if e.Class == fault.Ambiguous {
		e.Class = fault.Intermittent
	}
	return e
}
