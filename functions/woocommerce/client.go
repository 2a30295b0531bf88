package woocommerce

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/formats/strictjson"
	"causeway/shared/webapi"
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

// openAPI prepares calls with HTTP Basic. WooCommerce takes it over https only;
// over plain http it demands OAuth 1.0a, which is not spoken here: webapi refuses
// plain http anyway, except to a fake on loopback.
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

// Check lists one webhook: it shows that the address is a WooCommerce API and that the
// key may read. The error names the setting to look at.
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

// classify reads WooCommerce's own code. An answer without one comes from a proxy or
// firewall in front of the store and passes, unless it asks to slow down or redirects.
func classify(answer webapi.Response, verdict *fault.Error) *fault.Error {
	verdict.Code = errorCode(answer.Body)
	switch {
	case verdict.Code == "rest_no_route":
		verdict.Kind, verdict.Class = fault.Unauthorized, fault.Config
		verdict.Detail = "there is no WooCommerce REST API v3 at this address"
	case verdict.Code == "" && verdict.Kind != fault.Throttled && verdict.Class != fault.Config:
		verdict.Kind, verdict.Class = fault.Unavailable, fault.Intermittent
		verdict.Detail = "the answer is not WooCommerce's own"
	}
	return verdict
}

// errorCode returns the member "code" of an error body, "" if it is none.
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
