package rest

import (
	"bytes"
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

// The paths of the API's lists.
const (
	OrdersPath    = "/wp-json/wc/v3/orders"
	CustomersPath = "/wp-json/wc/v3/customers"
	ProductsPath  = "/wp-json/wc/v3/products"
	WebhooksPath  = "/wp-json/wc/v3/webhooks"
)

// PageSize is the largest page of the API.
const PageSize = 100

var _ connector.Checker = Stores(nil)

// Check lists one webhook of each store, which proves that the address is a WooCommerce API and
// that the key can read. The error names the setting to check.
func (s Stores) Check(ctx context.Context) error {
	for _, one := range s {
		if err := one.check(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) check(ctx context.Context) error {
	_, err := s.Get(ctx, WebhooksPath, "listing the webhooks of "+s.Tenant, url.Values{"per_page": {"1"}})
	if err == nil {
		return nil
	}
	named := *fault.As(err)
	named.Field = "WOOCOMMERCE_API_URL"
	if named.Class == fault.Config && s.client == nil || named.Kind == fault.Unauthorized && named.ClassOrDefault() == fault.Auth {
		named.Field = KeySetting
	}
	return &named
}

// KeySetting is the setting that has the consumer keys.
const KeySetting = "WOOCOMMERCE_CONSUMER_KEY"

// Do calls the store's REST API. Without a consumer key the error is of class config.
func (s *Store) Do(ctx context.Context, request webapi.Request) (webapi.Response, error) {
	if s.client == nil {
		return webapi.Response{}, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Field: KeySetting, Doing: request.Doing,
			Detail: "is not set for " + s.Tenant + ", and the store's REST API is needed",
		}
	}
	return s.client.Do(ctx, request)
}

// Get reads a resource of the store's REST API, as Do does.
func (s *Store) Get(ctx context.Context, path, doing string, query url.Values) (webapi.Response, error) {
	return s.Do(ctx, webapi.Request{Method: http.MethodGet, Path: path, Doing: doing, WantJSON: true, Query: query})
}

// Write sends a body of JSON to the store's REST API, as Do does. An answer that is not WooCommerce's
// own says nothing about the effect: a proxy gives up before the store does.
func (s *Store) Write(ctx context.Context, method, path, doing string, body []byte) (webapi.Response, error) {
	answer, err := s.Do(ctx, webapi.Request{Method: method, Path: path, Doing: doing, WantJSON: true, Body: body, Header: http.Header{"Content-Type": {"application/json"}}})
	if e := fault.As(err); e != nil && e.Code == "" && e.Kind == fault.Unavailable && e.Class == fault.Intermittent {
		unknown := *e
		unknown.Class = fault.Ambiguous
		return answer, Denied(&unknown)
	}
	return answer, err
}

// Denied returns a 401 of a proxy in front of the store as what it is for a target: it asks for
// credentials that the connector does not have, and no retry helps.
func Denied(err error) error {
	e := fault.As(err)
	if e == nil || e.Status != http.StatusUnauthorized {
		return err
	}
	refused := *e
	refused.Kind, refused.Class = fault.Unauthorized, fault.Auth
	return &refused
}

// Each calls read with a decoder at each element of a list of the REST API, page by page by id.
// The error of an answer that cannot be read is of class intermittent, and names the field.
func (s *Store) Each(ctx context.Context, path, doing string, read func(Decoder)) error {
	for page := 1; ; page++ {
		answer, err := s.Get(ctx, path, doing, url.Values{
			"per_page": {strconv.Itoa(PageSize)}, "page": {strconv.Itoa(page)}, "orderby": {"id"}, "order": {"asc"},
		})
		if err != nil {
			return err
		}
		n, d := 0, NewDecoder(answer.Body)
		for range d.Array() {
			read(d)
			n++
		}
		if err := d.Finish(); err != nil {
			return fault.Doing(doing, Broken(fault.As(err).Field, fault.As(err).Detail))
		}
		if n < PageSize {
			return nil
		}
	}
}

// The bounds of one search: how many SKUs it names, each of which may be found twice in a page, and how many bytes they
// have in its address, which web servers take up to 8,000 of.
const (
	skusAtOnce = 50
	skuBytes   = 7000
)

// Searches returns the SKUs in the lists that one search each names. A SKU with a comma is searched for alone,
// because a comma separates SKUs.
func Searches(skus []string) (lists [][]string) {
	var list []string
	size := 0
	for _, sku := range skus {
		if strings.Contains(sku, ",") {
			lists = append(lists, []string{sku})
			continue
		}
		n := len(url.QueryEscape(sku + ","))
		if len(list) == skusAtOnce || len(list) > 0 && size+n > skuBytes {
			lists, list, size = append(lists, list), nil, 0
		}
		list, size = append(list, sku), size+n
	}
	if len(list) > 0 {
		lists = append(lists, list)
	}
	return lists
}

// classify reads WooCommerce's own code. An answer without one is from a proxy or firewall in
// front of the store and is retried, unless it throttles or redirects.
func classify(answer webapi.Response, verdict *fault.Error) *fault.Error {
	verdict.Code = ErrorCode(answer.Body)
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

// ErrorCode returns the member "code" of an error body, "" if the body is not one.
func ErrorCode(body []byte) (code string) {
	d := NewDecoder(body)
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

// errorMost is the length up to which a body may be an error object.
const errorMost = 1024

// IsError reports whether the body of a delivery is the error object that WooCommerce signs and
// sends when it cannot build the body. It has no id of the order or customer.
func IsError(body []byte) bool {
	return len(body) <= errorMost && bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte(`{"code":`))
}

// Broken returns the fault of an answer that does not match the API's schema. It is retried.
func Broken(field, rule string) *fault.Error {
	return &fault.Error{
		Kind: fault.Unavailable, Class: fault.Intermittent, Field: field,
		Detail: "the answer does not match the API's schema: " + strings.TrimSpace(rule),
	}
}

// Number parses an id, 0 if it is not a number.
func Number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
