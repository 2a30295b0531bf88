package woocommerce

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
	"causeway.example/shared/webapi"
)

// api is the REST API of one store.
type api struct {
	client *webapi.Client // nil without a consumer key
	tenant string
	zone   *time.Location
}

// checker is the connector.Checker of one store's REST API.
type checker struct{ *api }

var _ connector.Checker = (*checker)(nil)

// openAPI returns a client with HTTP Basic, which WooCommerce accepts over https only. Over
// plain http it requires OAuth 1.0a, which is not implemented: webapi rejects plain http
// anyway, except to a fake on loopback.
func openAPI(s Settings, zone *time.Location, deps connector.Deps) (*api, error) {
	tenant, _ := tenantOf(s.Stores[0])
	a := &api{tenant: tenant, zone: zone}
	if s.ConsumerKey == "" {
		return a, nil
	}
	client, err := webapi.New(webapi.Config{
		BaseURL:   strings.TrimRight(strings.TrimSpace(cmp.Or(s.APIURL, s.Stores[0])), "/"),
		Transport: deps.HTTP,
		Now:       deps.Now,
		Timeout:   timeout,
		Authorize: func(r *http.Request) error {
			r.SetBasicAuth(s.ConsumerKey.Reveal(), s.ConsumerSecret.Reveal())
			return nil
		},
		Classify: classify,
	})
	if err != nil {
		return nil, configFault("WOOCOMMERCE_API_URL", "cannot be called", err)
	}
	a.client = client
	return a, nil
}

// Check lists one webhook, which proves that the address is a WooCommerce API and that the key
// can read. The error names the setting to check.
func (c *checker) Check(ctx context.Context) error {
	_, err := c.client.Do(ctx, webapi.Request{
		Method:   http.MethodGet,
		Path:     webhooksPath,
		Query:    url.Values{"per_page": {"1"}},
		Doing:    "listing the webhooks of " + Name,
		WantJSON: true,
	})
	if err == nil {
		return nil
	}
	named := *fault.As(err)
	named.Field = "WOOCOMMERCE_API_URL"
	if named.Kind == fault.Unauthorized && named.Class == fault.Auth {
		named.Field = "WOOCOMMERCE_CONSUMER_KEY"
	}
	return &named
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
