package woocommerce

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
)

// checker is the connector.Checker of all stores that have a key.
type checker struct{ stores }

var _ connector.Checker = (*checker)(nil)

// Check lists one webhook of each store, which proves that the address is a WooCommerce API and
// that the key can read. The error names the setting to check.
func (c *checker) Check(ctx context.Context) error {
	for _, one := range c.stores {
		if err := one.check(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) check(ctx context.Context) error {
	_, err := s.get(ctx, webhooksPath, "listing the webhooks of "+s.tenant, url.Values{"per_page": {"1"}})
	if err == nil {
		return nil
	}
	named := *fault.As(err)
	named.Field = "WOOCOMMERCE_API_URL"
	if named.Class == fault.Config && s.client == nil || named.Kind == fault.Unauthorized && named.ClassOrDefault() == fault.Auth {
		named.Field = keySetting
	}
	return &named
}

const keySetting = "WOOCOMMERCE_CONSUMER_KEY"

// get calls the store's REST API. Without a consumer key the error is of class config.
func (s *store) get(ctx context.Context, path, doing string, query url.Values) (webapi.Response, error) {
	if s.client == nil {
		return webapi.Response{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: keySetting, Doing: doing,
			Detail: "is not set for " + s.tenant + ", and the store's REST API is needed",
		}
	}
	return s.client.Do(ctx, webapi.Request{Method: http.MethodGet, Path: path, Doing: doing, WantJSON: true, Query: query})
}

// each calls read with a decoder at each element of a list of the REST API, page by page by id.
// The error of an answer that cannot be read is of class intermittent, and names the field.
func (s *store) each(ctx context.Context, path, doing string, read func(*decoder)) error {
	for page := 1; ; page++ {
		answer, err := s.get(ctx, path, doing, url.Values{
			"per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)}, "orderby": {"id"}, "order": {"asc"},
		})
		if err != nil {
			return err
		}
		n, d := 0, newDecoder(answer.Body)
		for range d.Array() {
			read(d)
			n++
		}
		if err := d.Finish(); err != nil {
			return fault.Doing(doing, broken(fault.As(err).Field, fault.As(err).Detail))
		}
		if n < pageSize {
			return nil
		}
	}
}

// classify reads WooCommerce's own code. An answer without one is from a proxy or firewall in
// front of the store and is retried, unless it throttles or redirects.
func classify(answer webapi.Response, verdict *fault.Error) *fault.Error {
	verdict.Code = errorCode(answer.Body)
	switch {
	case verdict.Code == "rest_no_route":
		verdict.Kind, verdict.Class = fault.Unauthorized, fault.Config
		verdict.Detail = "there is no WooCommerce REST API v3 at this address"
	case verdict.Code == "" && verdict.Kind != fault.Throttled && verdict.Class != fault.Config:
		verdict.Kind, verdict.Class = fault.Unavailable, fault.Intermittent
		verdict.Detail = "the answer is not from WooCommerce but from a proxy or firewall in front of it"
	}
	return verdict
}

// errorCode returns the member "code" of an error body, "" if the body is not one.
func errorCode(body []byte) (code string) {
	d := newDecoder(body)
	for member := range d.Object() {
		if member == "code" && d.Kind() == strictjson.StringKind {
			code = d.String()
		}
	}
	if d.End() != nil || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return ""
	}
	return code
}
