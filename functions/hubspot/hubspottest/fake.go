package hubspottest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"maps"
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

// Token is the access token that the fake accepts.
const Token = "pat-na1-for-tests"

// perTenSeconds is the limit of requests of a small subscription.
const perTenSeconds = 100

//go:embed testdata/contract.json
var contractJSON []byte

// loadContract stops on an error that only a wrong file in testdata can cause.
var loadContract = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(contractJSON)
	if err != nil {
		panic("hubspottest: reading the contract: " + err.Error())
	}
	return doc
})

// Fake answers as HubSpot's API. It is safe for concurrent use.
type Fake struct {
	now func() time.Time

	mu      sync.Mutex
	schema  map[string]map[string]definition // by object and name
	records map[string][]*Record             // by object
	last    int                              // the last id
	lacking map[string]bool                  // scopes that the token does not have
	limit   int
	calls   []time.Time // within the last ten seconds
	daily   int         // requests a day; 0: any number
	zone    *time.Location
	day     string // in the zone, of the requests that are counted
	today   int
	counts  map[string]int
	answers []Answer
	whole   bool           // an input that fails, fails its batch
	stumble map[string]int // how often an input of the id fails
}

// Answer replaces an answer of the Fake.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

var _ http.Handler = (*Fake)(nil)

// New returns a Fake without records, with the connector's custom properties.
func New(now func() time.Time) *Fake {
	loadContract()
	return &Fake{
		now: now, schema: schema(), records: map[string][]*Record{}, last: 100, lacking: map[string]bool{}, limit: perTenSeconds, zone: time.UTC,
		counts: map[string]int{}, stumble: map[string]int{},
	}
}

// Settings returns the settings that point the connector at the fake served at base, such as
// "http://127.0.0.1:4605".
func (f *Fake) Settings(base string) map[string]string {
	return map[string]string{"HUBSPOT_TOKEN": Token, "HUBSPOT_API_URL": base}
}

// Limit sets the number of requests in ten seconds.
func (f *Fake) Limit(perTenSeconds int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = perTenSeconds
}

// Daily sets the number of requests a day, which ends at midnight of the zone. 0 is any number.
func (f *Fake) Daily(requests int, zone *time.Location) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.daily, f.zone, f.today = requests, zone, 0
}

// Withdraw takes a scope from the token, and Grant gives it back.
func (f *Fake) Withdraw(scope string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lacking[scope] = true
}

// Grant gives the token a scope.
func (f *Fake) Grant(scope string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.lacking, scope)
}

// Whole makes an input that fails fail its whole batch, as HubSpot does without multi-status.
func (f *Fake) Whole() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.whole = true
}

// Stumble makes the next inputs with the id fail with an internal error.
func (f *Fake) Stumble(id string, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stumble[id] = times
}

// Answer queues answers that come before the Fake's own, one for each request.
func (f *Fake) Answer(answers ...Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, answers...)
}

// Calls returns the number of requests so far by action, such as "orders/batch/upsert", and of
// those that a limit rejected by its policy.
func (f *Fake) Calls() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.counts)
}

// reply is an answer before it is sent.
type reply struct {
	status    int
	header    http.Header
	body      any  // nil: none
	isPlanned bool // a test gave it, which may break the contract
}

// ServeHTTP answers a request: 404 without a route, 401 without the token, 429 above a limit, 403
// without the scope, 400 against the contract.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	route, params := route(r)
	if route == nil {
		http.Error(w, "Resource not found", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	send(w, input, f.answer(input, body))
}

func (f *Fake) answer(input *openapi3filter.RequestValidationInput, body []byte) reply {
	r, params := input.Request, input.PathParams
	if r.Header.Get("Authorization") != "Bearer "+Token {
		return (&failure{http.StatusUnauthorized, "INVALID_AUTHENTICATION", "Authentication credentials not found", "", ""}).reply()
	}
	if policy := f.limited(); policy != "" {
		f.counts[policy]++
		return limitReply(policy)
	}
	if len(f.answers) > 0 {
		planned := f.answers[0]
		f.answers = f.answers[1:]
		return reply{planned.Status, planned.Header, []byte(planned.Body), true}
	}
	action := f.count(input)
	if scope := scopeOf(params, action); f.lacking[scope] {
		return lacks(scope)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := check(input); err != nil {
		return (&failure{http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON: " + err.Error(), "", ""}).reply()
	}
	return f.act(action, params, r, body)
}

// count counts the request and returns its action.
func (f *Fake) count(input *openapi3filter.RequestValidationInput) string {
	params, path := input.PathParams, input.Route.Path
	action := path[strings.LastIndex(path, "}/")+1:]
	action = strings.Trim(action, "/")
	switch {
	case strings.HasPrefix(path, "/crm/properties/"):
		action = "properties"
	case input.Request.Method == http.MethodGet:
		action = "associations"
	case params["fromObjectType"] != "":
		f.counts[params["fromObjectType"]+"/"+params["toObjectType"]+"/associate"]++
		return action
	}
	f.counts[params["objectType"]+"/"+action]++
	return action
}

// scopeOf is the scope that the action needs.
func scopeOf(params map[string]string, action string) string {
	object, right := params["objectType"], "write"
	if object == "" {
		object = params["fromObjectType"]
	}
	switch action {
	case "properties":
		return "crm.schemas." + object + ".read"
	case "batch/read", "associations":
		right = "read"
	}
	return "crm.objects." + object + "." + right
}

func lacks(scope string) reply {
	return reply{status: http.StatusForbidden, body: map[string]any{
		"status": "error", "category": "MISSING_SCOPES", "correlationId": "0a1b2c3d-0000-4000-8000-000000000000",
		"message": "This app hasn't been granted all required scopes to make this call.",
		"errors":  []any{map[string]any{"message": "One or more of the following scopes are required.", "context": map[string][]string{"requiredGranularScopes": {scope}}}},
	}}
}

// limited returns the policy of the limit that the request passes, "" if it may be made.
func (f *Fake) limited() string {
	now := f.now()
	if day := now.In(f.zone).Format(time.DateOnly); day != f.day {
		f.day, f.today = day, 0
	}
	if f.daily > 0 && f.today >= f.daily {
		return "DAILY"
	}
	f.calls = slices.DeleteFunc(f.calls, func(at time.Time) bool { return now.Sub(at) >= 10*time.Second })
	if len(f.calls) >= f.limit {
		return "TEN_SECONDLY_ROLLING"
	}
	f.calls, f.today = append(f.calls, now), f.today+1
	return ""
}

func limitReply(policy string) reply {
	return reply{
		status: http.StatusTooManyRequests, header: http.Header{"X-Hubspot-Ratelimit-Interval-Milliseconds": {"10000"}},
		body: map[string]any{
			"status": "error", "message": "You have reached your " + strings.ToLower(policy) + " limit.", "errorType": "RATE_LIMIT",
			"correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24", "policyName": policy, "requestId": "3d3e35b7-0dae-4b9f-a6e3-9c230cbcf8dd",
		},
	}
}

// act carries the request out, which matches the contract.
func (f *Fake) act(action string, params map[string]string, r *http.Request, body []byte) reply {
	object := params["objectType"]
	var in struct {
		Inputs     []json.RawMessage `json:"inputs"`
		IDProperty string            `json:"idProperty"`
		Properties []string          `json:"properties"`
	}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &in); err != nil {
			return (&failure{http.StatusBadRequest, "VALIDATION_ERROR", err.Error(), "", ""}).reply()
		}
	}
	switch action {
	case "properties":
		return f.listProperties(object)
	case "associations":
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > 500 {
			limit = 500
		}
		return f.associations(object, params["objectId"], params["toObjectType"], r.URL.Query().Get("after"), limit)
	case "batch/upsert", "batch/update":
		return f.write(object, decodeAll[given](in.Inputs), action == "batch/upsert")
	case "batch/read":
		return f.read(object, in.IDProperty, ids(in.Inputs), in.Properties)
	case "batch/archive":
		for _, id := range ids(in.Inputs) {
			f.archiveOne(object, id)
		}
		return reply{status: http.StatusNoContent}
	}
	var pairs [][2]string
	for _, pair := range decodeAll[struct{ From, To struct{ ID string } }](in.Inputs) {
		pairs = append(pairs, [2]string{pair.From.ID, pair.To.ID})
	}
	return f.associate(params["fromObjectType"], params["toObjectType"], pairs)
}

// decodeAll decodes what the contract has checked.
func decodeAll[T any](inputs []json.RawMessage) []T {
	all := make([]T, len(inputs))
	for i, each := range inputs {
		if err := json.Unmarshal(each, &all[i]); err != nil {
			panic("hubspottest: an input that matches the contract: " + err.Error())
		}
	}
	return all
}

func ids(inputs []json.RawMessage) (all []string) {
	for _, each := range decodeAll[struct{ ID string }](inputs) {
		all = append(all, each.ID)
	}
	return all
}

func check(input *openapi3filter.RequestValidationInput) error {
	for name := range input.Request.URL.Query() {
		if input.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return errors.New("unknown parameter " + name)
		}
	}
	return openapi3filter.ValidateRequest(input.Request.Context(), input)
}

// templates are the paths of the contract, each as its parts.
var templates = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for path := range loadContract().Paths.Map() {
		all[path] = strings.Split(path, "/")
	}
	return all
})

// objects are those that the fake has, in the order of their scopes.
var objects = []string{"contacts", "orders", "line_items"}

// route finds the operation, nil if there is none.
func route(r *http.Request) (*routers.Route, map[string]string) {
	parts := strings.Split(r.URL.Path, "/")
	for template, names := range templates() {
		params, matches := match(names, parts)
		if !matches {
			continue
		}
		item := loadContract().Paths.Value(template)
		if op := item.GetOperation(r.Method); op != nil {
			return &routers.Route{Spec: loadContract(), Path: template, PathItem: item, Method: r.Method, Operation: op}, params
		}
	}
	return nil, nil
}

func match(template, parts []string) (params map[string]string, ok bool) {
	if len(template) != len(parts) {
		return nil, false
	}
	params = map[string]string{}
	for i, name := range template {
		if !strings.HasPrefix(name, "{") {
			if name != parts[i] {
				return nil, false
			}
			continue
		}
		name = strings.Trim(name, "{}")
		params[name] = parts[i]
		if strings.HasSuffix(name, "Type") && !slices.Contains(objects, parts[i]) {
			return nil, false
		}
	}
	return params, true
}

// send writes the answer. One that does not match the contract is answered with 500.
func send(w http.ResponseWriter, input *openapi3filter.RequestValidationInput, a reply) {
	body, isRaw := a.body.([]byte)
	if a.body != nil && !isRaw {
		var err error
		if body, err = json.Marshal(a.body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if !a.isPlanned {
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
