package woocommercetest

import (
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

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
type Fake struct {
	router routers.Router
	// Now is the store's clock, by which its webhooks are dated; set it before use.
	Now func() time.Time

	mu       sync.Mutex
	orders   map[int64]held
	buyers   map[int64]Customer
	webhooks []*Webhook
	asked    []url.Values
	answers  []Answer
	notes    map[int64][]Note
	products []*Product
	declines bool   // the gateway pays nothing back
	lost     string // method of a request whose answer is lost
	items    []*item
	batches  []int    // quantities of each batch of products
	sales    []func() // after the next read of products
}

// Answer replaces an answer of the Fake.
type Answer struct {
	Status int
	Body   string
}

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
	return &Fake{
		router: router, orders: map[int64]held{}, buyers: map[int64]Customer{}, Now: func() time.Time { return start },
		webhooks: []*Webhook{{ID: 1, Name: "Causeway", Status: "active", Topic: "order.created", URL: "https://causeway.example/woocommerce", Secret: Secret}},
	}
}

// start is the time of a store whose clock is not set.
var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

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

// mostAddress is the length of an address that web servers in front of a store take: 8 KB, with the rest of the line
// (Apache's LimitRequestLine, nginx' large_client_header_buffers).
const mostAddress = 8000

// ServeHTTP answers a call: 404 without a route, 400 against the contract, 401 without
// the key, in the order in which WordPress looks.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RequestURI()) > mostAddress {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusRequestURITooLong)
		return
	}
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
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.URL.Query())
	if len(f.answers) > 0 {
		planned := f.answers[0]
		f.answers = f.answers[1:]
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(planned.Status)
		_, _ = w.Write([]byte(planned.Body))
		return
	}
	w = f.loses(w, r, route.Operation.OperationID)
	switch route.Operation.OperationID {
	case "get_wp_json_wc_v3_orders":
		f.listOrders(w, r.URL.Query())
	case "get_wp_json_wc_v3_orders_id":
		f.getOrder(w, parameters["id"])
	case "put_wp_json_wc_v3_orders_id":
		f.updateOrder(w, r, parameters["id"])
	case "get_wp_json_wc_v3_orders_order_id_notes":
		f.listNotes(w, parameters["order_id"])
	case "post_wp_json_wc_v3_orders_order_id_notes":
		f.createNote(w, r, parameters["order_id"])
	case "get_wp_json_wc_v3_orders_order_id_refunds":
		f.listRefunds(w, parameters["order_id"], r.URL.Query())
	case "post_wp_json_wc_v3_orders_order_id_refunds":
		f.createRefund(w, r, parameters["order_id"])
	case "get_wp_json_wc_v3_customers":
		f.listCustomers(w, r.URL.Query())
	case "get_wp_json_wc_v3_products":
		f.listProducts(w, r.URL.Query())
	case "get_wp_json_wc_v3_products_id":
		f.getProduct(w, parameters["id"], r.URL.Query())
	case "get_wp_json_wc_v3_products_product_id_variations", "get_wp_json_wc_v3_variations":
		f.listVariations(w, parameters["product_id"], r.URL.Query())
	case "get_wp_json_wc_v3_products_product_id_variations_id":
		f.getVariation(w, parameters["product_id"], parameters["id"], r.URL.Query())
	case "post_wp_json_wc_v3_products_batch", "post_wp_json_wc_v3_products_product_id_variations_batch":
		f.updateProducts(w, r, parameters["product_id"])
	case "post_wp_json_wc_v3_products":
		f.createProduct(w, r)
	case "put_wp_json_wc_v3_products_id":
		f.updateProduct(w, r, "0", parameters["id"])
	case "put_wp_json_wc_v3_products_product_id_variations_id":
		f.updateProduct(w, r, parameters["product_id"], parameters["id"])
	case "get_wp_json_wc_v3_webhooks":
		f.listWebhooks(w, r.URL.Query())
	case "post_wp_json_wc_v3_webhooks":
		f.createWebhook(w, r)
	default:
		f.updateWebhook(w, r, parameters["id"])
	}
}

// Answer queues answers that come before the Fake's own, one for each request.
func (f *Fake) Answer(answers ...Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, answers...)
}

// Asked returns the queries of all calls that were let in so far.
func (f *Fake) Asked() []url.Values {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]url.Values(nil), f.asked...)
}

func validate(r *http.Request, route *routers.Route, parameters map[string]string) error {
	for name := range r.URL.Query() {
		if name == "_fields" { // WordPress takes it for every route (REST API handbook, "Global parameters")
			continue
		}
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

func refuse(w http.ResponseWriter, status int, code, text string) {
	answer(w, status, map[string]any{"code": code, "message": text, "data": map[string]any{"status": status}})
}

// answer writes JSON. The error is left out: it means that the caller has gone.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
