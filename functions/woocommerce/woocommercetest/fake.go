package woocommercetest

import (
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Store, Secret, Key and KeySecret are the fake's own: its address as deliveries name
// it, the secret that it signs them with, and the REST API key that it accepts.
const (
	Store     = "https://shop.example/"
	Secret    = "s3cret-for-tests"
	Key       = "ck_for_tests"
	KeySecret = "cs_for_tests"
)

//go:embed testdata/openapi.json
var contract []byte

// Fake answers as the store's REST API. It is safe for concurrent use.
type Fake struct{ router routers.Router }

var _ http.Handler = (*Fake)(nil)

// New returns a Fake. It panics if the contract that it carries cannot be read.
func New() *Fake {
	document, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		panic("woocommercetest: reading the contract: " + err.Error())
	}
	router, err := legacy.NewRouter(document)
	if err != nil {
		panic("woocommercetest: reading the contract: " + err.Error())
	}
	return &Fake{router}
}

// Settings returns the settings that point the connector at the fake served at base,
// such as "http://127.0.0.1:4602".
func (f *Fake) Settings(base string) map[string]string {
	return map[string]string{
		"WOOCOMMERCE_STORES":          Store,
		"WOOCOMMERCE_WEBHOOK_SECRETS": Secret,
		"WOOCOMMERCE_API_URL":         base,
		"WOOCOMMERCE_CONSUMER_KEY":    Key,
		"WOOCOMMERCE_CONSUMER_SECRET": KeySecret,
	}
}

// ServeHTTP answers a call: 404 without a route, 400 against the contract, 401 without
// the key, in the order in which WordPress looks.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, parameters, err := f.router.FindRoute(r)
	if err != nil {
		refuse(w, http.StatusNotFound, "rest_no_route", "No route was found matching the URL and request method.")
		return
	}
	if err := validate(r, route, parameters); err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): "+err.Error())
		return
	}
	key, secret, _ := r.BasicAuth()
	if !same(key, Key) || !same(secret, KeySecret) {
		refuse(w, http.StatusUnauthorized, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
		return
	}
	answer(w, http.StatusOK, webhooks())
}

func validate(r *http.Request, route *routers.Route, parameters map[string]string) error {
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return errors.New(name)
		}
	}
	return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func webhooks() any {
	return []map[string]any{{
		"id": 1, "name": "Causeway", "status": "active", "topic": "order.created",
		"resource": "order", "event": "created", "delivery_url": "https://causeway.example/woocommerce",
	}}
}

func refuse(w http.ResponseWriter, status int, code, text string) {
	answer(w, status, map[string]any{"code": code, "message": text, "data": map[string]any{"status": status}})
}

// answer writes JSON. The error is left out: it means that the caller has gone.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
