package shipbobtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Token and Secret are the fake's own: the access token that it accepts, and the secret that
// it signs webhooks with.
const (
	Token  = "pat-for-tests"
	Secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
)

// channels are the channels of the fake, by the store that each belongs to.
var channels = map[string]int{"shopify/example-brand.myshopify.com": 100001, "woocommerce/shop.example": 100002}

// perMinute is ShipBob's limit of requests.
const perMinute = 150

const version = "/2026-01"

//go:embed testdata/contract.json
var contractJSON []byte

// loadContract stops on an error that only a wrong file in testdata can cause.
var loadContract = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(contractJSON)
	if err != nil {
		panic("shipbobtest: reading the contract: " + err.Error())
	}
	return doc
})

// Fake answers as ShipBob's API. It is safe for concurrent use.
type Fake struct {
	now func() time.Time

	mu          sync.Mutex
	orders      []*Order
	returns     []*Return
	unknown     map[string]bool // reference ids of products that ShipBob does not have
	limit       int
	calls       []time.Time // within the last minute
	counts      map[string]int
	answers     []Answer
	products    map[string]int // ids by reference id
	stock       []*inventoryItem
	inventories int // made so far
	bundles     []*bundle
	movements   []movement
	denied      []string // scopes that the token does not have
	bare        bool     // a taken SKU is rejected without a field
	lost        string   // the operation whose next answer is lost
	hidden      bool     // the search of products misses those that are made
}

// Answer replaces an answer of the Fake.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

var _ http.Handler = (*Fake)(nil)

// New returns a Fake without orders. It has every product but those that Unknown names.
func New(now func() time.Time) *Fake {
	loadContract()
	return &Fake{now: now, unknown: map[string]bool{}, limit: perMinute, counts: map[string]int{}, products: map[string]int{}}
}

// Settings returns the settings that point the connector at the fake served at base, such as
// "http://127.0.0.1:4604". Orders are released at once.
func (f *Fake) Settings(base string) map[string]string {
	var pairs []string
	for store, channel := range channels {
		pairs = append(pairs, store+"="+strconv.Itoa(channel))
	}
	slices.Sort(pairs)
	return map[string]string{
		"SHIPBOB_TOKEN": Token, "SHIPBOB_WEBHOOK_SECRETS": Secret, "SHIPBOB_API_URL": base,
		"SHIPBOB_CHANNELS": strings.Join(pairs, ","), "SHIPBOB_RELEASE_DELAY": "0s",
	}
}

// Limit sets the number of requests a minute.
func (f *Fake) Limit(perMinute int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = perMinute
}

// Answer queues answers that come before the Fake's own, one for each request.
func (f *Fake) Answer(answers ...Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, answers...)
}

// LoseAnswer executes the next request of the operation that succeeds, such as "POST /product", and answers
// with a gateway's error.
func (f *Fake) LoseAnswer(operation string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = operation
}

// Calls returns the number of requests so far by method and path template, and of those that
// the limit rejected as "429".
func (f *Fake) Calls() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := map[string]int{}
	for name, n := range f.counts {
		counts[name] = n
	}
	return counts
}

// reply is an answer before it is sent.
type reply struct {
	status int
	header http.Header
	body   any  // nil: none
	asTold bool // a test gave it, which may break the contract
}

func refused(status int, field, text string) reply {
	return reply{status: status, body: map[string][]string{field: {text}}}
}

// ServeHTTP answers a request: 404 without a route, 401 without the token, 429 above the limit,
// 400 against the contract, 403 for another's channel.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	route, params := route(r)
	if route == nil {
		http.Error(w, "Resource not found", http.StatusNotFound)
		return
	}
	operation := r.Method + " " + strings.TrimPrefix(route.Path, version)
	f.counts[operation]++
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	w.Header().Set("Date", f.now().UTC().Format(http.TimeFormat))
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	answer := f.answer(input, body)
	if f.lost == operation && answer.status/100 == 2 {
		f.lost, answer = "", reply{status: http.StatusBadGateway}
	}
	send(w, input, answer)
}

func (f *Fake) answer(input *openapi3filter.RequestValidationInput, body []byte) reply {
	r := input.Request
	if r.Header.Get("Authorization") != "Bearer "+Token {
		return reply{status: http.StatusUnauthorized}
	}
	if wait := f.wait(); wait > 0 {
		f.counts["429"]++
		seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
		return reply{status: http.StatusTooManyRequests, header: http.Header{"X-Retry-After": {seconds}, "X-Remaining-Calls": {"0"}}, body: map[string]any{
			"statusCode": http.StatusTooManyRequests, "message": "Rate limit is exceeded. Try again in " + seconds + " seconds.",
		}}
	}
	if len(f.answers) > 0 {
		planned := f.answers[0]
		f.answers = f.answers[1:]
		return reply{planned.Status, planned.Header, json.RawMessage(planned.Body), true}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := check(input); err != nil {
		return refused(http.StatusBadRequest, "$", err.Error())
	}
	channel, err := channelOf(r)
	if err != nil {
		return reply{status: http.StatusForbidden}
	}
	switch name := r.Method + " " + strings.TrimPrefix(input.Route.Path, version); name {
	case "GET /inventory-level/locations":
		return f.listLevels(r.URL.Query())
	case "GET /inventory-level/{inventoryId}/locations":
		return f.getLevels(input.PathParams["inventoryId"])
	case "POST /inventory/history:query":
		return f.history(body, r.URL.Query().Get("cursor"))
	case "GET /product":
		return f.listProducts(r.URL.Query())
	case "POST /product":
		return f.createProduct(body)
	case "PATCH /product/{productId}":
		return f.updateProduct(input.PathParams["productId"], body)
	case "GET /channel":
		return f.listChannels()
	case "GET /order":
		return f.list(r.URL.Query(), channel)
	case "POST /order":
		return f.create(body, channel)
	case "GET /order/{orderId}":
		return f.get(input.PathParams["orderId"])
	case "GET /return":
		return f.listReturns(r.URL.Query())
	case "GET /return/{id}":
		return f.getReturn(input.PathParams["id"])
	case "GET /shipment/{shipmentId}":
		return f.getShipment(input.PathParams["shipmentId"])
	default:
		return f.cancel(input.PathParams["orderId"])
	}
}

// wait returns how long the caller has to wait for the next request, 0 if it may be made now.
func (f *Fake) wait() time.Duration {
	now := f.now()
	f.calls = slices.DeleteFunc(f.calls, func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if len(f.calls) >= f.limit {
		return f.calls[len(f.calls)-f.limit].Add(time.Minute).Sub(now)
	}
	f.calls = append(f.calls, now)
	return 0
}

func check(input *openapi3filter.RequestValidationInput) error {
	for name := range input.Request.URL.Query() {
		// The address of the next page has a parameter that the contract does not list.
		if name == "Cursor" && (strings.HasPrefix(input.Route.Path, version+"/inventory-level") || input.Route.Path == version+"/product") {
			continue
		}
		if input.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return errors.New("unknown parameter " + name)
		}
	}
	return openapi3filter.ValidateRequest(input.Request.Context(), input)
}

// route finds the operation, nil if there is none.
func route(r *http.Request) (*routers.Route, map[string]string) {
	doc, template, params := loadContract(), r.URL.Path, map[string]string{}
	if rest, ok := strings.CutPrefix(template, version+"/inventory-level/"); ok && rest != "locations" {
		params["inventoryId"], _, _ = strings.Cut(rest, "/")
		template = strings.Replace(template, params["inventoryId"], "{inventoryId}", 1)
	}
	for kind, name := range map[string]string{"order": "orderId", "product": "productId", "return": "id", "shipment": "shipmentId"} {
		if rest, ok := strings.CutPrefix(template, version+"/"+kind+"/"); ok {
			id, action, found := strings.Cut(rest, ":")
			template, params[name] = version+"/"+kind+"/{"+name+"}", id
			if found {
				template += ":" + action
			}
		}
	}
	item := doc.Paths.Value(template)
	if item == nil || item.GetOperation(r.Method) == nil {
		return nil, nil
	}
	return &routers.Route{Spec: doc, Path: template, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method)}, params
}

// channelOf returns the channel that the request names, 0 for none.
func channelOf(r *http.Request) (int, error) {
	text := r.Header.Get("shipbob_channel_id")
	if text == "" {
		return 0, nil
	}
	id, err := strconv.Atoi(text)
	for _, known := range channels {
		if err == nil && id == known {
			return id, nil
		}
	}
	return 0, errors.New("no such channel")
}

// send writes the answer. One of 2xx that does not match the contract is answered with 500.
func send(w http.ResponseWriter, input *openapi3filter.RequestValidationInput, a reply) {
	var body []byte
	if a.body != nil {
		var err error
		if body, err = json.Marshal(a.body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status/100 == 2 && !a.asTold {
		err := openapi3filter.ValidateResponse(input.Request.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: input, Status: a.status, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(body)),
		})
		if err != nil {
			http.Error(w, "the answer breaks the contract: "+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // an error means that the caller has gone
}

func (f *Fake) listChannels() reply {
	var items []map[string]any
	for store, id := range channels {
		items = append(items, map[string]any{"id": id, "name": store, "application_name": "Causeway", "scopes": []string{"orders_read", "orders_write"}})
	}
	slices.SortFunc(items, func(a, b map[string]any) int { return a["id"].(int) - b["id"].(int) })
	return reply{status: http.StatusOK, body: map[string]any{"items": items, "next": nil, "prev": nil}}
}
